//! The counter page as people at a till meet it: the real routes behind a real socket, in a real
//! browser, with a scripted desk behind them.
//!
//! In scope: what the page shows of a board, what reaches the desk from keys and forms, who may call,
//! and that it holds together at the sizes of real screens. Out of scope: what a board says (the
//! desk's own tests).
//!
//! Tests with a browser are passed over, and say so, where there is no Chromium; `REQUIRE_BROWSER=1`
//! makes that a failure.

#[path = "counter/asked.rs"]
mod asked;
#[path = "counter/desk.rs"]
mod desk;
#[path = "counter/fit.rs"]
mod fit;
#[path = "counter/form.rs"]
mod form;
#[path = "counter/key.rs"]
mod key;
#[path = "counter/kit.rs"]
mod kit;
#[path = "counter/sender.rs"]
mod sender;
#[path = "counter/shown.rs"]
mod shown;
#[path = "counter/wire.rs"]
mod wire;
