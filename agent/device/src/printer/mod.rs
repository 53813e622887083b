//! The slip printer: ESC/POS over a serial port or TCP.
//!
//! ```text
//! slip::Page ─► command ─► bytes ─► owner: one thread, a queue of jobs ─► port
//!                                     └ status: paper, cover, where the printer answers
//! ```
//! In scope: receipt printers with a Chinese font, 58 and 80 mm; and the command that prints a test slip
//! ([`print_test`]). Out of scope: what stands on a slip (`crate::paper`), when one is printed (the
//! service), label printers, USB without a virtual COM port.

pub mod command;
pub mod error;
pub mod owner;
pub mod print_test;
pub mod status;

pub use command::{Cut, encode};
pub use error::PrinterError;
pub use owner::{Job, Printer, PrinterHandle};
