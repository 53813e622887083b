//! Plain functions and enums: no async, no clock, no log, no SQL.

pub mod basket;
pub mod presence;
pub mod sale;
