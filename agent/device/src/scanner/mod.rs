//! The barcode scanner: from bytes on a wire to what was scanned.
//!
//! ```text
//! address ─► port ─► frame ─► kind ─► repeat ─► Scan
//!            bytes   codes    told apart        to whoever listens
//!                    └ driver: what the port's owner does with it
//! ```
//! In scope: scanners on RS-232 or a virtual COM port (USB-CDC), or behind TCP; and the command that waits
//! for one scan ([`read_scan`]). Out of scope: scanners that type as a keyboard (the counter page takes
//! those), HID-POS, what a scan means for a sale.
//!
//! The same scanner reads customers' credentials. Those are told by their form, counted, wiped, and
//! never passed on; no scanned text reaches a log line, an error or `Debug`.

pub mod driver;
pub mod error;
pub mod frame;
mod line;
pub mod read_scan;
pub mod repeat;

pub use crate::scan::{Kind, Pack, Symbology};
pub use driver::{Counts, Scan, Scanner, ScannerHandle, Settings, Snapshot, WAITING_SCANS};
pub use error::ScannerError;
pub use frame::{Frame, Framer};
pub use line::{FACTORY_BAUD, Line};
pub use repeat::Mode;
