//! Attempts to move money, and what is told of them.
//!
//! In scope: the nouns. Out of scope: which step may follow which ([`super::sale`]).

use pharmacy_protocol::term::Fen;
use serde::{Deserialize, Serialize};

/// One attempt to move money, keyed by the till's message id.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Attempt {
    /// The message id (`msgid`) under which the platform knows it.
    pub msgid: String,
    pub direction: Direction,
    /// What became of it.
    pub state: AttemptState,
    /// When it left or was told of, milliseconds since 1970.
    #[serde(default)]
    pub at_ms: i64,
}

/// Which way the money goes.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// Undoes the settlement of another attempt.
    Reversal {
        /// That attempt's message id.
        of: String,
    },
    Settlement,
    /// Undoes another attempt, whatever became of it (冲正, 2601).
    Undo {
        /// That attempt's message id.
        of: String,
    },
}

impl Direction {
    /// The message id of the attempt that it takes back.
    pub fn takes_back(&self) -> Option<&str> {
        match self {
            Self::Reversal { of } | Self::Undo { of } => Some(of),
            Self::Settlement => None,
        }
    }
}

/// What became of an attempt.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AttemptState {
    /// The platform said no.
    Declined,
    /// No answer came; it may have been settled.
    InDoubt,
    /// About to be sent.
    Intended,
    NotSent,
    /// The platform said yes.
    Settled(Settled),
}

/// A settlement that the platform confirmed.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Settled {
    /// The platform's settlement id (`setl_id`).
    pub settlement: String,
    /// What the insurance paid.
    pub insurance: Fen,
    /// What was paid in cash.
    pub cash: Fen,
}

/// What the till reports of an attempt.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Report {
    pub msgid: String,
    pub direction: Direction,
    /// What became of it.
    pub state: AttemptState,
}
