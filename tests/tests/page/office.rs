//! The pages beside the counter page as people meet them, at a till and at another PC: the real
//! routes behind a real socket, in a real browser, with a scripted desk behind them.
//!
//! In scope: what the pages show and take, the pad, and what the listener for reviewers serves and
//! to whom. Out of scope: what the desk makes of it (its own tests).
//!
//! Tests with a browser are passed over, and say so, where there is no Chromium; `REQUIRE_BROWSER=1`
//! makes that a failure.

mod kit;
mod pages;
mod review;
mod reviewers;
mod signature;
