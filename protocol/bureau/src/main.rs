//! The bureau's end of the wire: verifies what a pharmacy's log hands over.
//!
//! In scope: a log exported as static files, offline. Out of scope: fetching it, its parts, what its
//! entries mean.

use std::process::ExitCode;

mod cli;
mod folder;
mod report;
mod text;
mod verify;

fn main() -> ExitCode {
    cli::run()
}
