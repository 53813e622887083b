//! What a sale that passes through the gateway is known by.

use pharmacy_decision::facts::{Bill, Fund};
use pharmacy_protocol::term::{EntryIndex, SaleId};
use serde::{Deserialize, Serialize};

/// What a sale that passes through the gateway is known by.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Relay {
    /// The insured, as a digest of the insurer's number.
    pub person: Option<String>,
    /// What is bought, as a digest: another one is another basket.
    pub fingerprint: String,
    /// The sale that was taken back and that this one settles anew, in part.
    pub follows: Option<SaleId>,
    /// The entry that took that one back.
    pub follows_entry: Option<EntryIndex>,
    /// When somebody last did something for it, milliseconds since 1970.
    pub touched_ms: i64,
    /// Which fund the platform's calculation of this basket named, other than the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calculated: Option<Fund>,
    /// Serials (`feedetl_sn`) of the lines, by line number: a later call may name lines by them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub serials: Vec<(u32, String)>,
    /// The fingerprint of a basket of which somebody of the staff said that it is another purchase than
    /// one that was settled minutes before. Good for this sale, hence for one settlement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub another: Option<String>,
    /// What the head of the latest message that has one says of its sums.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bill: Option<Bill>,
}

/// How long what was done at the counter stays good for a person and a basket.
pub const REMEDY_MS: i64 = 10 * 60 * 1000;

/// Is what was done at a moment still good? A clock that was set back makes everything look lapsed.
pub fn is_fresh(at_ms: i64, now_ms: i64) -> bool {
    (0..=REMEDY_MS).contains(&now_ms.saturating_sub(at_ms))
}

impl Relay {
    /// Was something done for the sale lately?
    pub(super) fn is_fresh(&self, now_ms: i64) -> bool {
        is_fresh(self.touched_ms, now_ms)
    }
}
