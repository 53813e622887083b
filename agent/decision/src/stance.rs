//! How hard the store takes a broken rule: the pack's word, and the store's own.

use serde::{Deserialize, Serialize};

/// What the store does when a rule is broken.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stance {
    /// Record.
    Observe,
    /// Warn.
    Advise,
    /// Refuse.
    Enforce,
}

impl Stance {
    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Observe => "observe",
            Self::Advise => "advise",
            Self::Enforce => "enforce",
        }
    }
}
