//! Attempts to move money, and what is told of them.
//!
//! In scope: the nouns. Out of scope: which step may follow which ([`super::sale`]).

pub use pharmacy_protocol::record::outcome::{Attempt, AttemptState, Direction, Settled};

/// What the till reports of an attempt.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Report {
    pub msgid: String,
    pub direction: Direction,
    /// What became of it.
    pub state: AttemptState,
}
