//! The bureau's command.
fn main() {}
