//! Reasons that were released, and refusals that staff call wrong (R07).

use serde::{Deserialize, Serialize};

use crate::verdict::Reason;

/// What was done about a reason. Who did it is in the part `staff`: a signed act where it was released.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Released {
    /// What was done.
    pub what: ReleaseKind,
    /// The reason as it was shown.
    pub reason: Reason,
}

/// What was done about a reason.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReleaseKind {
    /// It was marked as wrong; it stands.
    MarkedWrong,
    /// It was set aside.
    Released,
}
