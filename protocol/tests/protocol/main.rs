//! Frozen bytes, and other people's verifiers.

mod golden;
mod golden_log;
mod verify;
