//! Where a scanner is attached.
//!
//! In scope: what its wire needs beside that of other devices. Out of scope: addresses ([`crate::address`]).

use std::time::Duration;

use crate::address::{Address, AddressError, Baud};
use crate::port::{self, OpenError, Opener, Port, Terminal};

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
