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

/// Runs the command that was asked for.
pub fn run() -> ExitCode {
    let checked = match Arguments::parse().command {
        Command::Slip(arguments) => {
            slip::run(&arguments).map(|checked| (checked.text(), checked.is_proved()))
        }
        Command::Verify(arguments) => verify::run(&arguments).map(|outcome| {
            let shown = match arguments.json {
                true => format!("{:#}\n", outcome.json()),
                false => outcome.text(),
            };
            (shown, outcome.is_clean())
        }),
    };
    match checked {
        Ok((shown, is_right)) => {
            say(&shown);
            ExitCode::from(if is_right { 0 } else { FOUND })
        }
        Err(error) => {
            complain(error.code(), text::stopped(&error), &error);
            ExitCode::from(NOT_VERIFIED)
        }
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
