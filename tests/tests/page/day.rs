//! A day at the counter: the real agent, a till that speaks the national interface, the platform, a
//! slip printer, and a real browser in which people work by keyboard alone.
//!
//! In scope: every scene from the till's first call to what is left in the log, and how many keys it
//! takes besides typing. Out of scope: each form by itself (`counter.rs`, `office.rs`), what the light
//! does with each call (`counter_live.rs`).
//!
//! Tests with a browser are passed over, and say so, where there is no Chromium; `REQUIRE_BROWSER=1`
//! makes that a failure. `UPDATE_PICTURES=1` writes the pictures of `docs/pictures` anew.

mod kit;
mod line;
mod pace;
mod people;
mod prescription;
mod release;
