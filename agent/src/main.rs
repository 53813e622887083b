//! The pharmacy agent's command.
fn main() {}
