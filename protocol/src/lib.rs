//! What the till, the agent and the bureau say to each other, and how it is proved.
//!
//! In scope: the nouns of the trade ([`term`]), persons and their numbers ([`person`]), log entries
//! ([`entry`]), their parts ([`part`]) and what these hold ([`record`]), the rows that follow from them
//! ([`history`]), canonical bytes, signed notes, the transparency log and its verification ([`log`]),
//! digests ([`digest`]), and the proof that something was checked ([`verified`]).
//! Out of scope: deciding (`pharmacy-decision`), storing and serving (`pharmacy-agent`), clocks,
//! sockets, files.

#![warn(missing_docs)]

pub mod act;
pub mod digest;
pub mod entry;
pub mod history;
pub mod log;
pub mod part;
pub mod person;
pub mod record;
pub mod secret;
pub mod slip;
pub mod term;
pub mod verified;

pub use entry::Entry;
pub use secret::Secret;
pub use verified::{Unverified, Verified};
