//! What the head of a bill says of its sums.

use pharmacy_protocol::term::Fen;
use serde::{Deserialize, Serialize};

/// What the head of a bill says of its sums; nothing of it is computed here.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Bill {
    /// The whole amount (`medfee_sumamt`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<Fen>,
    /// What the tenders come to that it names (account, fund, cash); none where it names none, or not
    /// all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenders: Option<Fen>,
}
