//! The one thread that owns a device's port, whatever the device.
//!
//! ```text
//!                 cannot be opened, breaks
//!               ┌──────────────────────────► Absent, Faulted ── back-off, or asked for ──┐
//!  start ─► Opening ─► Ready ── nothing left to do ──► Closed ───────────── asked for ───┤
//!               ▲        └───── lend ────────────────► Lent ────── time over, resume ────┤
//!               └────────────────────────────────────────────────────────────────────────┘
//!                        any ── stop ──► Stopped
//! ```
//! In scope: opening again and again, lending the port to another program (the insurer's own library
//! opens the devices that this agent uses, and a settlement fails if it finds them taken), stopping.
//! Out of scope: what is done with an open port, which its [`Driver`] says; bytes on it ([`crate::port`]).
//!
//! A port is dropped before it is opened anew: a held handle keeps a replugged device's name taken.
//! Each opening has a new generation, and nothing crosses from one to the next.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender, TrySendError};
use std::time::{Duration, Instant};

use pharmacy_base::machine::Machine;
use pharmacy_base::timer::Timer;
use pharmacy_base::worker::Worker;
use pharmacy_decision::facts::Transport;
use tokio::sync::{oneshot, watch};

use crate::back_off;
use crate::port::{OpenError, Opener, Port};

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
    /// Being opened.
    Opening,
    /// In use.
    Ready,
    /// Stopped for good.
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
    /// Counts the openings.
    pub generation: u64,
    /// What only this kind of device has.
    pub device: S,
}

/// How an owner treats its port.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Opening {
    /// How long an attempt to open may take.
    pub limit: Duration,
    /// Waits between attempts; the last one repeats.
    pub back_off: Vec<Duration>,
}

/// Resolves when the port is closed. An error: the owner has stopped.
pub type PendingLoan = oneshot::Receiver<()>;

/// Longest time a port is lent at once: whoever forgets to resume must not silence the device.
pub const LONGEST_LOAN: Duration = Duration::from_secs(600);

/// Nobody waits longer at once; then they look again.
const LONG: Duration = Duration::from_secs(3600);

/// What an owner is told.
enum Told<R> {
    Asked(R),
    Lend(Loan),
    Resume,
    /// There is news elsewhere, such as the flag to stop.
    Wake,
}

struct Loan {
    duration: Duration,
    closed: oneshot::Sender<()>,
}

/// Why a request was not taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Refusal {
    /// Too many wait.
    Full,
    /// The owner has stopped.
    Stopped,
}

/// Asks an owner. Cheap to clone; usable from async code.
pub struct Handle<D: Driver> {
    told: SyncSender<Told<D::Request>>,
    shown: Arc<watch::Sender<Snapshot<D::Seen>>>,
    timer: Arc<dyn Timer>,
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

    fn tell(&self, told: Told<D::Request>) {
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

/// An owner. Dropping it stops the thread and closes the port.
pub struct Owner<D: Driver> {
    handle: Handle<D>,
    stop: Arc<AtomicBool>,
    worker: Option<Worker>,
}

impl<D: Driver> Owner<D> {
    /// Starts the thread.
    pub(crate) fn own(
        driver: D,
        opener: Box<dyn Opener>,
        opening: Opening,
        machine: &Machine,
    ) -> io::Result<Self> {
        let (told, waiting) = mpsc::sync_channel(D::QUEUE);
        let snapshot = Snapshot {
            state: match D::FIRST {
                Want::Now => State::Opening,
                Want::InTime | Want::WhenAsked => State::Closed,
            },
            ..Snapshot::default()
        };
        let handle = Handle {
            told,
            shown: Arc::new(watch::Sender::new(snapshot)),
            timer: Arc::clone(&machine.timer),
        };
        let stop = Arc::new(AtomicBool::new(false));
        let post = Post {
            waiting,
            loan: None,
            stop: Arc::clone(&stop),
            shown: Arc::clone(&handle.shown),
            timer: Arc::clone(&machine.timer),
        };
        let keeper = Keeper {
            driver,
            opener,
            opening,
            post,
            failures: 0,
        };
        let worker = machine
            .workers
            .start(D::NAME, Box::new(move || keeper.run()))?;
        Ok(Self {
            handle,
            stop,
            worker: Some(worker),
        })
    }

    /// A handle to ask it with.
    pub fn handle(&self) -> Handle<D> {
        self.handle.clone()
    }

    /// Stops the thread and waits until the port is closed.
    pub fn shut_down(self) {
        drop(self);
    }
}

impl<D: Driver> Drop for Owner<D> {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // If the queue is full the thread is about to wake by itself.
        self.handle.tell(Told::Wake);
        if let Some(worker) = self.worker.take()
            && let Err(error) = worker.join()
        {
            tracing::error!(device = D::NAME, "{error}");
        }
    }
}

/// What a driver stands on: who calls, what time it is, where it shows what it sees.
pub struct Post<D: Driver> {
    waiting: Receiver<Told<D::Request>>,
    /// The port is wanted elsewhere.
    loan: Option<Loan>,
    stop: Arc<AtomicBool>,
    shown: Arc<watch::Sender<Snapshot<D::Seen>>>,
    timer: Arc<dyn Timer>,
}

/// What a driver with an open port hears.
pub enum Call<R> {
    /// Somebody asks.
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

    /// The moment.
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

    fn show_state(&self, state: State) {
        self.show(|snapshot| snapshot.state = state);
    }

    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// Each phase owns what it needs; a port exists in `Ready` only.
enum Phase<S> {
    /// Until a moment, or until something is asked.
    Closed(State, Option<Instant>),
    Opening,
    Ready(S),
}

/// The thread.
struct Keeper<D: Driver> {
    driver: D,
    opener: Box<dyn Opener>,
    opening: Opening,
    post: Post<D>,
    /// Failures in a row, for the back-off.
    failures: usize,
}

impl<D: Driver> Keeper<D> {
    fn run(mut self) {
        let mut phase = match D::FIRST {
            Want::Now => Phase::Opening,
            Want::InTime | Want::WhenAsked => Phase::Closed(State::Closed, None),
        };
        while !self.post.is_stopped() {
            phase = match phase {
                Phase::Closed(state, until) => self.wait(state, until),
                Phase::Opening => self.open(),
                Phase::Ready(session) => self.serve(session),
            };
        }
        if let Phase::Ready(session) = phase {
            let _ = self.driver.end(session, &mut self.post);
        }
        self.driver.stop(&mut self.post);
        self.post.show_state(State::Stopped);
    }

    /// No port: waits for the time to open it, or for somebody who asks.
    fn wait(&mut self, state: State, until: Option<Instant>) -> Phase<D::Session> {
        let moment = until.unwrap_or_else(|| self.post.now() + LONG);
        match self.post.timer.receive(&self.post.waiting, moment) {
            Ok(Told::Asked(request)) => match self.driver.ask(request, &mut self.post) {
                Want::Now => Phase::Opening,
                Want::InTime | Want::WhenAsked => Phase::Closed(state, until),
            },
            Ok(Told::Lend(loan)) => self.lend(loan),
            Ok(Told::Resume) => Phase::Opening,
            Err(RecvTimeoutError::Timeout) if until.is_some() => Phase::Opening,
            Ok(Told::Wake) | Err(RecvTimeoutError::Timeout) => Phase::Closed(state, until),
            Err(RecvTimeoutError::Disconnected) => {
                self.post.stop();
                Phase::Closed(state, until)
            }
        }
    }

    fn open(&mut self) -> Phase<D::Session> {
        self.post.show_state(State::Opening);
        let port = match self.opener.open(self.opening.limit) {
            Ok(port) => port,
            Err(error) => return self.closed_after(State::Absent, error.into()),
        };
        let transport = port.transport();
        match self.driver.begin(port, &mut self.post) {
            Ok(session) => {
                self.post.show(|snapshot| {
                    snapshot.state = State::Ready;
                    snapshot.transport = Some(transport);
                    snapshot.generation += 1;
                });
                Phase::Ready(session)
            }
            Err(error) => self.closed_after(State::Faulted, error),
        }
    }

    fn serve(&mut self, mut session: D::Session) -> Phase<D::Session> {
        let served = self.driver.serve(&mut session, &mut self.post);
        let loan = self.post.loan.take();
        if let (Ok(Want::Now), None) = (&served, &loan) {
            return Phase::Ready(session);
        }
        if self.driver.end(session, &mut self.post) {
            self.failures = 0;
        }
        let phase = match served {
            Ok(_) => {
                self.post.show_state(State::Closed);
                Phase::Closed(State::Closed, None)
            }
            Err(error) => self.closed_after(State::Faulted, error),
        };
        loan.map_or(phase, |loan| self.lend(loan))
    }

    fn closed_after(&mut self, state: State, error: D::Error) -> Phase<D::Session> {
        let code = error.code();
        self.post.show(|snapshot| {
            snapshot.state = state;
            snapshot.problem = Some(code);
        });
        let wait = back_off::wait_after(self.failures, &self.opening.back_off);
        self.failures = self.failures.saturating_add(1);
        tracing::warn!(device = D::NAME, code, ?wait, "device is not usable");
        let again = self.post.now() + wait;
        match self.driver.failed(error, again, &mut self.post) {
            Want::InTime => Phase::Closed(state, Some(again)),
            Want::Now => {
                self.failures = 0;
                Phase::Opening
            }
            Want::WhenAsked => {
                self.failures = 0;
                Phase::Closed(state, None)
            }
        }
    }

    fn lend(&self, loan: Loan) -> Phase<D::Session> {
        self.post.show(|snapshot| {
            snapshot.state = State::Lent;
            snapshot.problem = D::LENT;
        });
        if loan.closed.send(()).is_err() {
            tracing::debug!(device = D::NAME, "nobody waits for the port any more");
        }
        Phase::Closed(State::Lent, Some(self.post.now() + loan.duration))
    }
}
