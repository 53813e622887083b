//! The counter page as people at a till meet it: the real routes behind a real socket, in a real
//! browser, with a scripted desk behind them.
//!
//! In scope: what the page shows of a board, what reaches the desk from keys and forms, who may call,
//! and that it holds together at the sizes of real screens. Out of scope: what a board says (the
//! desk's own tests).
//!
//! Tests with a browser are passed over, and say so, where there is no Chromium; `REQUIRE_BROWSER=1`
//! makes that a failure.

mod asked;
mod fit;
mod form;
mod key;
mod kit;
mod sender;
mod shown;
mod wire;
