//! The pharmacy agent's command.

use std::process::ExitCode;

fn main() -> ExitCode {
    pharmacy_agent::cli::main()
}
