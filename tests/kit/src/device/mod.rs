//! What stands at a counter, and is none of it: card reader, barcode scanner, slip printer.
//!
//! In scope: the same bytes over the same wires, faults by script. Out of scope: being evidence;
//! whatever a simulated reader is attached to, it counts as simulated or loopback.

pub mod printer;
pub mod reader;
pub mod scanner;
mod served;

#[cfg(unix)]
pub use served::PtyServer;
pub use served::{Simulated, TcpServer};
