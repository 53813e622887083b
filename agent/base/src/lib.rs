//! What every part of the agent stands on: time, threads and random bytes, each at the one place where
//! another can be handed in; working days, the catalogue of texts.
//!
//! Out of scope: anything that knows what a pharmacy is.

pub mod calendar;
pub mod clock;
pub mod machine;
pub mod pace;
pub mod random;
pub mod text;
pub mod timer;
pub mod worker;
