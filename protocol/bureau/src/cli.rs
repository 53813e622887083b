//! The command line: arguments in, report and exit code out. The only module that prints.
//!
//! ```text
//! 0   the log is what its checkpoint says
//! 1   it is not: the findings say where
//! 2   nothing was verified: wrong arguments, or files that cannot be read
//! ```

use std::error::Error;
use std::iter;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::report::Outcome;
use crate::text;
use crate::verify::{self, VerifyArgs};

/// 医保局端工具 The bureau's tool.
#[derive(Parser)]
#[command(name = "pharmacy-bureau", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// 核验导出的日志 Verify an exported log
    Verify(VerifyArgs),
}

const FOUND: u8 = 1;
const NOT_VERIFIED: u8 = 2;

/// Runs the command that the arguments name.
pub fn run() -> ExitCode {
    let Command::Verify(arguments) = Arguments::parse().command;
    match verify::run(&arguments) {
        Ok(outcome) => {
            print(&outcome, &arguments);
            if outcome.is_clean() {
                ExitCode::SUCCESS
            } else {
                ExitCode::from(FOUND)
            }
        }
        Err(error) => {
            complain(error.code(), text::stopped(&error), &error);
            ExitCode::from(NOT_VERIFIED)
        }
    }
}

#[expect(clippy::print_stdout, reason = "the report is the command's answer")]
fn print(outcome: &Outcome, arguments: &VerifyArgs) {
    if arguments.json {
        println!("{:#}", outcome.json());
    } else {
        print!("{}", outcome.text());
    }
}

#[expect(
    clippy::print_stderr,
    reason = "the operator reads why nothing was verified"
)]
fn complain(code: &str, zh: &str, error: &dyn Error) {
    eprintln!("{code} {zh} / {}", chain(error));
}

/// An error and its causes on one line.
pub fn chain(error: &dyn Error) -> String {
    let causes = iter::successors(Some(error), |&error| error.source());
    let texts: Vec<String> = causes.map(ToString::to_string).collect();
    texts.join(": ")
}
