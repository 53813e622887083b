//! Support for black-box tests: the programs under test, a place to run them in, a way to talk to
//! them, and the repository as text for the tests that read it.
//!
//! In scope: what more than one test needs. Out of scope: anything a till or a bureau would ship,
//! and anything the programs could be asked directly; scenarios use only what an integrator has.

pub mod browser;
pub mod counter;
pub mod device;
pub mod gateway_till;
pub mod http;
pub mod paper;
pub mod platform;
pub mod program;
pub mod scratch;
pub mod shop;
pub mod till;
pub mod tree;

pub use browser::Browser;
pub use program::{agent, bureau, demo};
pub use scratch::Scratch;
pub use shop::{Daemon, Shop};
pub use till::Till;
