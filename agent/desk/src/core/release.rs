//! A release as a sale holds it. Whether it is still good says `cover`.

use pharmacy_decision::record::release::Covered;
use pharmacy_protocol::term::StaffId;
use serde::{Deserialize, Serialize};

/// A release as a sale holds it.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct HeldRelease {
    /// The rule.
    pub rule: String,
    /// The line that bore it when it was signed.
    pub line: Option<u32>,
    /// Who released it.
    pub by: StaffId,
    /// What it was signed for; none of one that was kept before that was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub covers: Option<Covered>,
}
