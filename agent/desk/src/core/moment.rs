//! A moment by both clocks: one that is set, and one that only runs forward.

use pharmacy_protocol::entry::Boot;

/// A moment by both clocks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Moment {
    /// The agent's run, and how long it has been going on.
    pub run: Boot,
    /// What the clock on the wall shows, milliseconds since 1970.
    pub now_ms: i64,
}
