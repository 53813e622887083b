//! What is known, and why something is not.

use serde::{Deserialize, Serialize};

/// A value that a source gave, or the reason why there is none.
///
/// "We did not ask" must never read as "no": a rule that needs a missing fact is undetermined.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fact<T> {
    /// A source gave it.
    Known(T),
    /// No source gave it.
    Missing(Why),
}

/// Why a fact is missing.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// Nobody asked yet.
    NotAsked,
    /// The source was asked and does not know.
    NotKnown,
    /// The source gave something that could not be read.
    Unreadable,
}

impl<T> Fact<T> {
    /// The value, if known.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Missing(_) => None,
        }
    }

    /// A fact from a source that may not know.
    pub fn from_option(value: Option<T>) -> Self {
        value.map_or(Self::Missing(Why::NotKnown), Self::Known)
    }
}

impl<T> Default for Fact<T> {
    fn default() -> Self {
        Self::Missing(Why::NotAsked)
    }
}
