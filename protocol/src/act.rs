//! Acts of the staff: what a person signed with a key that only their PIN unlocks.
//!
//! In scope: the signed record and its verification. Out of scope: PINs and keeping keys (the agent).

use serde::{Deserialize, Serialize};

/// What a member of staff signs.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ActKind {
    /// Approves a prescription.
    Approve,
    /// Says what stands on a box.
    Classify,
    /// Begins a shift.
    SignIn,
    /// Rejects a prescription.
    Reject,
    /// Releases a reason, or answers for a question.
    Release,
    /// Resolves an attempt in doubt.
    Resolve,
}
