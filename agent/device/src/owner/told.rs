//! What an owner is told, and what comes of it.

use std::time::Duration;

use tokio::sync::oneshot;

/// Resolves when the port is closed. An error: the owner has stopped.
pub type PendingLoan = oneshot::Receiver<()>;

/// Longest time a port is lent at once: whoever forgets to resume must not silence the device.
pub const LONGEST_LOAN: Duration = Duration::from_secs(600);

/// What an owner is told.
pub(super) enum Told<R> {
    Asked(R),
    Lend(Loan),
    Resume,
    /// There is news elsewhere, such as the flag to stop.
    Wake,
}

pub(super) struct Loan {
    pub(super) duration: Duration,
    pub(super) closed: oneshot::Sender<()>,
}

/// Why a request was not taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Refusal {
    Full,
    /// The owner has stopped.
    Stopped,
}
