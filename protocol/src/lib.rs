//! What the till, the agent and the bureau say to each other, and how it is proved.
//!
//! In scope: the nouns of the trade ([`term`]), persons and their numbers ([`person`]), log entries
//! and their parts, canonical bytes, signed notes, the transparency log and its verification.
//! Out of scope: deciding (`pharmacy-decision`), storing and serving (`pharmacy-agent`), clocks,
//! sockets, files.

pub mod person;
pub mod secret;
pub mod term;

pub use secret::Secret;
