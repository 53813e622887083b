//! The way to an owner.

use std::sync::Arc;
use std::sync::mpsc::{SyncSender, TrySendError};
use std::time::{Duration, Instant};

use pharmacy_base::timer::Timer;
use tokio::sync::{oneshot, watch};

use super::driver::Driver;
use super::snapshot::Snapshot;
use super::told::{LONGEST_LOAN, Loan, PendingLoan, Refusal, Told};

/// Asks an owner. Cheap to clone; usable from async code.
pub struct Handle<D: Driver> {
    pub(super) told: SyncSender<Told<D::Request>>,
    pub(super) shown: Arc<watch::Sender<Snapshot<D::Seen>>>,
    pub(super) timer: Arc<dyn Timer>,
}

impl<D: Driver> Clone for Handle<D> {
    fn clone(&self) -> Self {
        Self {
            told: self.told.clone(),
            shown: Arc::clone(&self.shown),
            timer: Arc::clone(&self.timer),
        }
    }
}

impl<D: Driver> Handle<D> {
    /// Closes the port for a time, [`LONGEST_LOAN`] at most, so that another program can use the
    /// device. Lending again begins the time anew.
    pub fn lend(&self, duration: Duration) -> PendingLoan {
        let (closed, pending) = oneshot::channel();
        let duration = duration.min(LONGEST_LOAN);
        self.tell(Told::Lend(Loan { duration, closed }));
        pending
    }

    /// Opens the port now, whatever it waits for.
    pub fn resume(&self) {
        self.tell(Told::Resume);
    }

    /// What is known of the device now.
    pub fn snapshot(&self) -> Snapshot<D::Seen> {
        self.shown.borrow().clone()
    }

    /// Every change of it from now on.
    pub fn changes(&self) -> watch::Receiver<Snapshot<D::Seen>> {
        self.shown.subscribe()
    }

    /// The moment by the owner's timer.
    pub(crate) fn now(&self) -> Instant {
        self.timer.now()
    }

    /// Puts a request into the queue; one that is refused is dropped.
    pub(crate) fn ask(&self, request: D::Request) -> Result<(), Refusal> {
        let told = self.told.try_send(Told::Asked(request));
        told.map_err(|error| match error {
            TrySendError::Full(_) => Refusal::Full,
            TrySendError::Disconnected(_) => Refusal::Stopped,
        })
    }

    pub(crate) fn show(&self, change: impl FnOnce(&mut Snapshot<D::Seen>)) {
        self.shown.send_modify(change);
    }

    pub(super) fn tell(&self, told: Told<D::Request>) {
        if self.told.try_send(told).is_err() {
            tracing::debug!(device = D::NAME, "requests are full, one was dropped");
        }
    }
}

/// An answer that is there already.
pub(crate) fn answered<T>(answer: T) -> oneshot::Receiver<T> {
    let (reply, pending) = oneshot::channel();
    // The other end is held here.
    let _ = reply.send(answer);
    pending
}
