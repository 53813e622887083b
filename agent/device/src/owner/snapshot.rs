//! What is shown of a device.

use pharmacy_decision::facts::Transport;
use pharmacy_protocol::words;

words! {
    /// Where an owner stands, with the word by which it is known outside.
    #[derive(Default)]
    pub enum State as word {
        /// Nothing could be opened.
        Absent = "absent",
        /// Nobody needs the port.
        #[default]
        Closed = "closed",
        /// It was there and failed.
        Faulted = "faulted",
        /// Lent to another program.
        Lent = "yielded",
        Opening = "opening",
        Ready = "ready",
        Stopped = "stopped",
    }
}

/// What is known of a device at a moment.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Snapshot<S> {
    /// Where the owner stands.
    pub state: State,
    /// Why the device is of no use, a key of the text catalogue.
    pub problem: Option<&'static str>,
    /// How it is attached.
    pub transport: Option<Transport>,
    pub generation: u64,
    /// What only this kind of device has.
    pub device: S,
}
