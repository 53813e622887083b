//! The bureau's end of the wire: verifies what a pharmacy's log hands over.
//!
//! In scope: a log exported as static files, and the purchase list behind a slip, both offline. Out of
//! scope: fetching them, other parts, what entries mean.

use std::process::ExitCode;

mod cli;
mod folder;
mod report;
mod slip;
mod stop;
mod text;
mod verify;

fn main() -> ExitCode {
    cli::run()
}
