//! Facts in, verdict out: the rules of a designated pharmacy's till.
//!
//! In scope: what a sale's facts are ([`facts`]), what a rule pack says, whether an article may be
//! paid from the insured's account, and the verdict with its reasons.
//! Out of scope: gathering facts (the agent's desk), recording verdicts (the journal), clocks,
//! sockets, files, logs. The bureau links this crate to replay what a till decided.

#![warn(missing_docs)]
#![deny(clippy::arithmetic_side_effects)]

mod day;
pub mod decide;
pub mod eligibility;
pub mod fact;
pub mod facts;
mod medicine;
pub mod pack;
pub mod record;
pub mod rule;
mod scene;
mod stance;
pub mod verdict;

pub use decide::decide;
pub use fact::{Fact, Why};
pub use facts::Facts;
pub use pack::Pack;
pub use verdict::{Decision, Verdict};

/// Version of the decision's meaning. It grows whenever the same facts and the same pack can lead
/// to another verdict, or the same verdict to other bytes; recorded with every verdict, so that a
/// replay uses the right meaning. What each version changed: `protocol/spec/verdict.md`.
pub const SEMANTICS: u32 = 3;
