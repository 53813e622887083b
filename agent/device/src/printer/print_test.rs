//! Prints a test slip: what an installer tries first at a new printer.
//!
//! In scope: one page, and what the printer says of itself. Out of scope: options of the command line,
//! exit codes (the caller).

use std::io::{self, Write};

use pharmacy_base::timer::{SystemTimer, Timer};

use super::command::{Cut, encode};
use super::driver::Settings;
use super::error::PrinterError;
use super::status::{self, Condition};
use crate::address::Address;
use crate::paper::{Charset, Paper, test_page};
use crate::port::Opener;

/// What to print on.
#[derive(Clone, Debug)]
pub struct PrintTestOptions {
    /// Where the printer is attached.
    pub device: Address,
    pub paper: Paper,
    pub charset: Charset,
    pub cut: Cut,
}

/// Why no test slip was printed.
#[derive(Debug, thiserror::Error)]
pub enum PrintTestError {
    /// What it says could not be written.
    #[error("cannot write the result")]
    Output(#[source] io::Error),
    #[error("cannot print")]
    Printer(#[source] PrinterError),
}

impl PrintTestError {
    /// Stable code, a key of the text catalogue.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Output(_) => "print-test.output",
            Self::Printer(error) => error.code(),
        }
    }
}

/// Prints a test slip once.
pub fn run(options: &PrintTestOptions, out: &mut dyn Write) -> Result<(), PrintTestError> {
    let settings = Settings::default();
    let absent = |error| PrintTestError::Printer(PrinterError::Absent(error));
    let mut opener = options.device.clone();
    let mut port = opener.open(settings.open).map_err(absent)?;
    let before = status::ask(port.as_mut(), &SystemTimer, settings.answer);
    let before = before.map_err(PrintTestError::Printer)?;
    let page = test_page(options.paper, options.charset);
    let bytes = encode(&page, options.charset, options.cut);
    let deadline = SystemTimer.now() + settings.print + port.wire_time(bytes.len());
    port.write_all(&bytes, deadline)
        .map_err(|error| PrintTestError::Printer(error.into()))?;
    let said = match before {
        Condition::Ready => {
            "已打印；打印机会报告状态 / printed; the printer reports paper and cover"
        }
        Condition::Unknown => {
            "已发送；打印机不报告状态，缺纸时无法得知 / sent; the printer reports no status"
        }
    };
    writeln!(out, "{said}")
        .and_then(|()| out.flush())
        .map_err(PrintTestError::Output)
}
