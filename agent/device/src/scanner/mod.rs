//! The barcode scanner: from bytes on a wire to what was scanned.
//!
//! ```text
//! address ─► port ─► frame ─► kind ─► repeat ─► Scan
//!            bytes   codes    told apart        to whoever listens
//!                    └ owner: one thread per port, reopens, yields the port on request
//! ```
//! In scope: scanners on RS-232 or a virtual COM port (USB-CDC), or behind TCP; and the command that waits
//! for one scan ([`read_scan`]). Out of scope: scanners that type as a keyboard (the counter page takes
//! those), HID-POS, what a scan means for a sale.
//!
//! The same scanner reads customers' credentials. Those are told by their form, counted, wiped, and
//! never passed on; no scanned text reaches a log line, an error or `Debug`.

pub mod error;
pub mod frame;
pub mod owner;
pub mod read_scan;
pub mod repeat;

use std::time::Duration;

use crate::address::{Address, AddressError, Baud};
use crate::port::{self, OpenError, Opener, Port, Terminal};

pub use crate::scan::{Kind, Pack, Symbology};
pub use error::ScannerError;
pub use frame::{Frame, Framer};
pub use owner::{Scan, Scanner, ScannerHandle};
pub use repeat::Mode;

/// The speed that scanners leave the factory with; a virtual COM port takes any.
pub const FACTORY_BAUD: Baud = Baud::B9600;

/// Where a scanner is attached.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Line(Address);

impl Line {
    /// Reads an address: `serial:COM4`, `serial:/dev/ttyACM0?baud=115200`, `tcp:host:port`.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        Address::parse(text, FACTORY_BAUD).map(Self)
    }

    /// The address.
    pub fn address(&self) -> &Address {
        &self.0
    }
}

impl Opener for Line {
    fn open(&mut self, timeout: Duration) -> Result<Box<dyn Port>, OpenError> {
        // Some scanners hold their codes back from a computer that does not seem to listen.
        port::open(&self.0, timeout, Terminal::Ready)
    }
}
