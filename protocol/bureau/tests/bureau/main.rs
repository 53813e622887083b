//! The bureau's program, on what shops hand over.

mod slip;
mod verify;
