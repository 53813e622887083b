//! The gate over a real log: what becomes of a till's calls, without sockets. The clock stands still
//! until a test moves it; the rules are the shipped ones, the goods the sample catalogue's.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "an integration test may"
)]

#[path = "gate/back.rs"]
mod back;
#[path = "gate/counter.rs"]
mod counter;
#[path = "gate/double.rs"]
mod double;
#[path = "gate/kit.rs"]
mod kit;
#[path = "gate/message.rs"]
mod message;
#[path = "gate/observed.rs"]
mod observed;
#[path = "gate/outcome.rs"]
mod outcome;
#[path = "gate/remedy.rs"]
mod remedy;
#[path = "gate/verdict.rs"]
mod verdict;
