//! What a printer says of itself.
//!
//! ```text
//! 10 04 n   →   one byte 0xx1xx10
//! n = 1     bit 3 off-line
//! n = 2     bit 2 cover open, bit 5 stopped by the end of the paper, bit 6 error
//! n = 4     bits 5 and 6 no paper
//! ```
//! SPEC: ESC/POS DLE EOT. Many cheap printers never answer: that is "unknown", not "faulty", and they
//! are not asked again before each slip.

use std::time::{Duration, Instant};

use pharmacy_base::timer::Timer;

use super::error::PrinterError;
use crate::port::{Port, PortError};

/// How long a printer is waited for; those that answer at all do within a tenth of it.
pub const ANSWER: Duration = Duration::from_millis(400);

/// What a printer answered.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Condition {
    Ready,
    /// It does not answer.
    Unknown,
}

/// The questions, in the order of what a cashier should hear first.
const QUESTIONS: [u8; 3] = [2, 4, 1];

/// Asks a printer how it is. An error is what keeps it from printing.
pub fn ask(
    port: &mut dyn Port,
    timer: &dyn Timer,
    answer: Duration,
) -> Result<Condition, PrinterError> {
    port.discard_input()?;
    let mut is_off_line = false;
    for question in QUESTIONS {
        let deadline = timer.now() + answer + port.wire_time(4);
        port.write_all(&[0x10, 0x04, question], deadline)?;
        let Some(status) = read(port, timer, deadline)? else {
            return Ok(Condition::Unknown);
        };
        match (question, status) {
            (2, status) if status & 0x04 != 0 => return Err(PrinterError::CoverOpen),
            (2, status) if status & 0x20 != 0 => return Err(PrinterError::PaperOut),
            (2, status) if status & 0x40 != 0 => return Err(PrinterError::Fault),
            (4, status) if status & 0x60 != 0 => return Err(PrinterError::PaperOut),
            (1, status) => is_off_line = status & 0x08 != 0,
            _ => {}
        }
    }
    if is_off_line {
        Err(PrinterError::OffLine)
    } else {
        Ok(Condition::Ready)
    }
}

/// The next byte that has the form of a status; others are noise, and what a printer sends unasked.
fn read(
    port: &mut dyn Port,
    timer: &dyn Timer,
    deadline: Instant,
) -> Result<Option<u8>, PrinterError> {
    let mut byte = [0];
    loop {
        match port.read(&mut byte, deadline) {
            Ok(_) => {
                let [status] = byte;
                if status & 0b1001_0011 == 0b0001_0010 {
                    return Ok(Some(status));
                }
            }
            Err(PortError::Late) => return Ok(None),
            Err(error @ PortError::Gone(_)) => return Err(error.into()),
        }
        if timer.now() >= deadline {
            return Ok(None);
        }
    }
}
