//! The desk over a real log, without sockets: what becomes of calls, questions, slips, staff and standing.
//!
//! The clock stands still until a test moves it; the rules are the shipped ones, the goods the sample
//! catalogue's.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "an integration test may"
)]

mod api;
mod find;
mod gate;
mod group;
mod history;
mod kit;
mod message;
mod prescription;
mod prescription_electronic;
mod prescription_known;
mod slip;
mod staff;
mod standing;
