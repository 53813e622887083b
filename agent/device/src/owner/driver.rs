//! What is done with one kind of device, and what it is done by.
//!
//! ```text
//! owner ─► begin ─► serve, again and again ─► end
//!           ask, while there is no port        failed, if it was an error that ended it
//! ```

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Instant;

use pharmacy_base::timer::Timer;
use tokio::sync::watch;

use super::snapshot::{Snapshot, State};
use super::told::{Loan, Told};
use crate::port::{OpenError, Port};

/// What is done with one kind of device.
pub trait Driver: Sized + Send + 'static {
    /// Its thread, and what the log calls it.
    const NAME: &'static str;
    /// Why it is not ready while its port is lent, a key of the text catalogue.
    const LENT: Option<&'static str> = None;
    /// How many requests may wait.
    const QUEUE: usize;
    /// When it wants its port first.
    const FIRST: Want;

    /// What it is asked.
    type Request: Send;
    /// Why its port cannot be used.
    type Error: Fault;
    /// An open port, and what belongs to this opening alone.
    type Session;
    /// What is known of such a device beside its port.
    type Seen: Clone + Default + Send + Sync;

    /// Greets the device behind a port that was just opened.
    fn begin(
        &mut self,
        port: Box<dyn Port>,
        post: &mut Post<Self>,
    ) -> Result<Self::Session, Self::Error>;

    /// One step with the open port: a request, or what comes over the wire.
    fn serve(
        &mut self,
        session: &mut Self::Session,
        post: &mut Post<Self>,
    ) -> Result<Want, Self::Error>;

    /// Takes a request while there is no port, and says whether it wants one for it.
    fn ask(&mut self, request: Self::Request, post: &mut Post<Self>) -> Want;

    /// The port is closed over an error; it is opened again at this moment unless the driver wants
    /// something else.
    fn failed(&mut self, error: Self::Error, again: Instant, post: &mut Post<Self>) -> Want {
        let _ = (error, again, post);
        Want::InTime
    }

    /// Ends a session, whatever ended it. Says whether the device behind it was well: then the waits
    /// before the next openings are short again.
    fn end(&mut self, session: Self::Session, post: &mut Post<Self>) -> bool {
        let _ = (session, post);
        true
    }

    /// The owner stops, and no port is open any more.
    fn stop(&mut self, post: &mut Post<Self>) {
        let _ = post;
    }
}

/// Why a port cannot be used.
pub trait Fault: From<OpenError> {
    /// Stable code, a key of the text catalogue.
    fn code(&self) -> &'static str;
}

/// When a driver wants its port.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Want {
    /// At once, and as long as it says so.
    Now,
    /// When its time comes: after the back-off, after it was lent.
    InTime,
    /// Not before something is asked of it.
    WhenAsked,
}

/// What a driver stands on: who calls, what time it is, where it shows what it sees.
pub struct Post<D: Driver> {
    pub(super) waiting: Receiver<Told<D::Request>>,
    /// The port is wanted elsewhere.
    pub(super) loan: Option<Loan>,
    pub(super) stop: Arc<AtomicBool>,
    pub(super) shown: Arc<watch::Sender<Snapshot<D::Seen>>>,
    pub(super) timer: Arc<dyn Timer>,
}

/// What a driver with an open port hears.
pub enum Call<R> {
    Asked(R),
    /// The port is wanted elsewhere, or the owner stops: let go of it.
    LetGo,
    /// Nobody did until the moment.
    Silence,
}

impl<D: Driver> Post<D> {
    /// Waits for a call until a moment.
    pub fn next(&mut self, until: Instant) -> Call<D::Request> {
        loop {
            if self.is_stopped() || self.loan.is_some() {
                return Call::LetGo;
            }
            match self.timer.receive(&self.waiting, until) {
                Ok(Told::Asked(request)) => return Call::Asked(request),
                Ok(Told::Lend(loan)) => self.loan = Some(loan),
                Ok(Told::Resume | Told::Wake) => {}
                Err(RecvTimeoutError::Timeout) => return Call::Silence,
                Err(RecvTimeoutError::Disconnected) => self.stop(),
            }
        }
    }

    /// A call that nobody heard before the owner stopped.
    pub fn rest(&mut self) -> Option<D::Request> {
        self.waiting.try_iter().find_map(|told| match told {
            Told::Asked(request) => Some(request),
            Told::Lend(_) | Told::Resume | Told::Wake => None,
        })
    }

    pub fn now(&self) -> Instant {
        self.timer.now()
    }

    /// The timer, for what waits elsewhere.
    pub fn timer(&self) -> &Arc<dyn Timer> {
        &self.timer
    }

    /// Set once the owner stops.
    pub fn stop_flag(&self) -> &Arc<AtomicBool> {
        &self.stop
    }

    /// Whether another program has the port.
    pub fn is_lent(&self) -> bool {
        self.shown.borrow().state == State::Lent
    }

    /// Changes what is shown of the device.
    pub fn show(&self, change: impl FnOnce(&mut Snapshot<D::Seen>)) {
        self.shown.send_modify(change);
    }

    /// Which opening of the port this is.
    pub fn generation(&self) -> u64 {
        self.shown.borrow().generation
    }

    pub(super) fn show_state(&self, state: State) {
        self.show(|snapshot| snapshot.state = state);
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    pub(super) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}
