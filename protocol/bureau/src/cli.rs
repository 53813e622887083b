//! The command line: arguments in, report and exit code out. The only module that prints.
//!
//! ```text
//! 0   the log is what its checkpoint says; the list stands in the log
//! 1   it is not, or does not: the findings say where
//! 2   nothing was verified: wrong arguments, or files that cannot be read
//! ```

use std::error::Error;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::report::Outcome;
use crate::slip::{self, SlipArgs};
use crate::stop::chain;
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
    /// 核验小票上的清单 Check the list behind a slip
    Slip(SlipArgs),
    /// 核验导出的日志 Verify an exported log
    Verify(VerifyArgs),
}

const FOUND: u8 = 1;
const NOT_VERIFIED: u8 = 2;

/// Runs the command that the arguments name.
pub fn run() -> ExitCode {
    match Arguments::parse().command {
        Command::Slip(arguments) => run_slip(&arguments),
        Command::Verify(arguments) => run_verify(&arguments),
    }
}

fn run_slip(arguments: &SlipArgs) -> ExitCode {
    match slip::run(arguments) {
        Ok(checked) => {
            say(&checked.text());
            answer(checked.is_proved())
        }
        Err(error) => {
            complain(error.code(), text::slip_stopped(&error), &error);
            ExitCode::from(NOT_VERIFIED)
        }
    }
}

fn run_verify(arguments: &VerifyArgs) -> ExitCode {
    match verify::run(arguments) {
        Ok(outcome) => {
            print(&outcome, arguments);
            answer(outcome.is_clean())
        }
        Err(error) => {
            complain(error.code(), text::stopped(&error), &error);
            ExitCode::from(NOT_VERIFIED)
        }
    }
}

fn answer(is_right: bool) -> ExitCode {
    if is_right {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(FOUND)
    }
}

fn print(outcome: &Outcome, arguments: &VerifyArgs) {
    if arguments.json {
        say(&format!("{:#}\n", outcome.json()));
    } else {
        say(&outcome.text());
    }
}

#[expect(clippy::print_stdout, reason = "the report is the command's answer")]
fn say(text: &str) {
    print!("{text}");
}

#[expect(
    clippy::print_stderr,
    reason = "the operator reads why nothing was verified"
)]
fn complain(code: &str, zh: &str, error: &dyn Error) {
    eprintln!("{code} {zh} / {}", chain(error));
}
