//! What is shown of a device.

use pharmacy_decision::facts::Transport;

/// Where an owner stands.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum State {
    /// Nothing could be opened.
    Absent,
    /// Nobody needs the port.
    #[default]
    Closed,
    /// It was there and failed.
    Faulted,
    /// Lent to another program.
    Lent,
    Opening,
    Ready,
    Stopped,
}

impl State {
    /// The word by which it is known outside.
    pub fn word(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Closed => "closed",
            Self::Faulted => "faulted",
            Self::Lent => "yielded",
            Self::Opening => "opening",
            Self::Ready => "ready",
            Self::Stopped => "stopped",
        }
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
