//! How long the conversation with a reader may take.

use std::time::Duration;

use super::frame::Command;
use crate::port::Port;

/// How long to wait for what, and how often to try.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Timing {
    pub open: Duration,
    /// A reply to commands that do not touch a card.
    pub control: Duration,
    /// A reply to find and select.
    pub card: Duration,
    /// A reply to reading; the time on a slow wire is added.
    pub read: Duration,
    /// A reply to reading the added address, which must not keep the customer.
    pub address: Duration,
    /// How long the wire must be quiet after damage.
    pub settle: Duration,
    /// Between two finds. Vendors advise more than 300 ms.
    pub poll: Duration,
    /// How often to begin again when the card moved.
    pub restarts: u32,
    /// Most bytes in one radio frame, where a reader needs it set (61 FF).
    pub radio_bytes: Option<u8>,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            open: Duration::from_secs(3),
            control: Duration::from_millis(1500),
            card: Duration::from_millis(1500),
            read: Duration::from_secs(3),
            address: Duration::from_millis(1000),
            settle: Duration::from_millis(150),
            poll: Duration::from_millis(310),
            restarts: 3,
            radio_bytes: None,
        }
    }
}

/// Longest frame of each kind, for the time on the wire (SPEC: read with two fingerprints is 2321).
const LONGEST_READ: usize = 2321;
const LONGEST_OTHER: usize = 128;

impl Timing {
    /// How long a command's reply may take over this wire.
    pub fn limit(&self, command: Command, port: &dyn Port) -> Duration {
        let (limit, bytes) = match command {
            Command::Find | Command::Select => (self.card, LONGEST_OTHER),
            Command::ReadAddress => (self.address, LONGEST_OTHER),
            Command::ReadCard | Command::ReadCardWithFingerprint => (self.read, LONGEST_READ),
            Command::ReadSamId
            | Command::ResetSam
            | Command::SamStatus
            | Command::SetRadioBytes(_) => (self.control, LONGEST_OTHER),
        };
        limit + port.wire_time(bytes)
    }
}
