//! What every part of the agent stands on: the clock, working days, the catalogue of texts.
//!
//! Out of scope: anything that knows what a pharmacy is.

pub mod calendar;
pub mod clock;
pub mod digest;
pub mod text;
