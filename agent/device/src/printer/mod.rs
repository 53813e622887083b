//! The slip printer: ESC/POS over a serial port or TCP.
//!
//! ```text
//! paper::Page ─► command ─► bytes ─► driver: a queue of jobs ─► port, by its owner
//!                                      └ status: paper, cover, where the printer answers
//! ```
//! In scope: receipt printers with a Chinese font, 58 and 80 mm; and the command that prints a test slip
//! ([`print_test`]). Out of scope: what stands on a slip ([`crate::paper`]), when one is printed, label
//! printers, USB without a virtual COM port.

pub mod command;
pub mod driver;
pub mod error;
pub mod print_test;
pub mod status;

pub use command::{Cut, encode};
pub use driver::{Printer, PrinterHandle, Settings, Slips, Snapshot, WAITING_JOBS};
pub use error::PrinterError;
