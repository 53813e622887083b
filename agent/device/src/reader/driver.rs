//! The one thread that owns a reader's port.
//!
//! ```text
//!             open fails                      read fails on the wire, ping fails
//!           ┌────────────► Absent             ┌────────────► Faulted
//!  start ─► Opening ──────────────────► Ready ┤
//!           ▲    back-off 0.5 1 2 5 10 s, or at once when a read is asked for
//!           └──── Absent, Faulted             └── lend ────► Yielded ── time over ──► Opening
//! ```
//! In scope: opening again and again, one read at a time, lending the port to another program.
//! Out of scope: what is asked over the port ([`super::driver`]).
//!
//! A port is dropped before it is opened anew: a held handle keeps a replugged device's name taken.
//! Each opening has a new generation, and no reply crosses from one to the next.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender, TrySendError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use std::{io, thread};

use pharmacy_decision::facts::Transport;
use tokio::sync::oneshot;

use super::card::{Card, Fingerprint, ReaderIdentity};
use super::driver::{Driver, Patience, Pause};
use super::error::ReadError;
use super::sam::SamId;
use super::status::Status;
use super::timing::Timing;
use crate::back_off;
use crate::port::Opener;

/// How an owner behaves.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Settings {
    /// Waiting times of the conversation.
    pub timing: Timing,
    /// Waits between attempts to open; the last one repeats.
    pub back_off: Vec<Duration>,
    /// How often an idle reader is asked whether it is still there.
    pub ping: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            timing: Timing::default(),
            back_off: back_off::WAITS.to_vec(),
            ping: Duration::from_secs(10),
        }
    }
}

/// Where an owner stands.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum State {
    /// Nothing could be opened.
    Absent,
    /// It was there and failed.
    Faulted,
    /// Being opened.
    Opening,
    /// Waiting for a read.
    Ready,
    /// Stopped for good.
    Stopped,
    /// Lent to another program.
    Yielded,
}

/// What is known of a reader at a moment.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Snapshot {
    /// Where the owner stands.
    pub state: State,
    /// The last status that the reader gave.
    pub last_status: Option<Status>,
    /// Number of its security module.
    pub sam: Option<SamId>,
    /// How it is attached.
    pub transport: Option<Transport>,
    /// Counts the openings.
    pub generation: u64,
}

/// A card, and how it came.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The card, still to be checked on the day.
    pub card: Card,
    /// The reader that read it.
    pub reader: ReaderIdentity,
    /// In which opening of the port.
    pub generation: u64,
    /// When.
    pub at: Instant,
}

/// The answer to a read, to be awaited, or received blocking. Closed without an answer: stopped.
pub type PendingRead = oneshot::Receiver<Result<Reading, ReadError>>;

/// How many requests may wait: a till has one cashier.
const WAITING_REQUESTS: usize = 4;

enum Request {
    Cancel,
    Lend(Duration),
    Read(ReadRequest),
    Wake,
}

struct ReadRequest {
    fingerprint: Fingerprint,
    deadline: Instant,
    reply: oneshot::Sender<Result<Reading, ReadError>>,
}

/// Asks an owner. Cheap to clone; usable from async code.
#[derive(Clone, Debug)]
pub struct ReaderHandle {
    requests: SyncSender<Request>,
    snapshot: Arc<Mutex<Snapshot>>,
}

impl ReaderHandle {
    /// Asks for one card, to be presented within the time given.
    ///
    /// Dropping the answer cancels the read at the next look for a card.
    pub fn read(&self, fingerprint: Fingerprint, within: Duration) -> PendingRead {
        let (reply, pending) = oneshot::channel();
        let request = Request::Read(ReadRequest {
            fingerprint,
            deadline: Instant::now() + within,
            reply,
        });
        if let Err(refused) = self.requests.try_send(request) {
            let (request, error) = match refused {
                TrySendError::Full(request) => (request, ReadError::Busy),
                TrySendError::Disconnected(request) => (request, ReadError::Stopped),
            };
            if let Request::Read(request) = request {
                answer(request.reply, Err(error));
            }
        }
        pending
    }

    /// Ends the read that waits for a card, if any.
    pub fn cancel(&self) {
        self.tell(Request::Cancel);
    }

    /// Closes the port for a time, so that another program can use the reader.
    pub fn lend(&self, duration: Duration) {
        self.tell(Request::Lend(duration));
    }

    /// What is known of the reader now.
    pub fn snapshot(&self) -> Snapshot {
        lock(&self.snapshot).clone()
    }

    fn tell(&self, request: Request) {
        if self.requests.try_send(request).is_err() {
            tracing::debug!("reader's requests are full, one was dropped");
        }
    }
}

/// An owner. Dropping it stops the thread and closes the port.
#[derive(Debug)]
pub struct Reader {
    handle: ReaderHandle,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Reader {
    /// Starts the thread and begins to open the port.
    pub fn start(opener: Box<dyn Opener>, settings: Settings) -> io::Result<Self> {
        let (requests, waiting) = mpsc::sync_channel(WAITING_REQUESTS);
        let stop = Arc::new(AtomicBool::new(false));
        let snapshot = Arc::new(Mutex::new(Snapshot {
            state: State::Opening,
            last_status: None,
            sam: None,
            transport: None,
            generation: 0,
        }));
        let owner = Owner {
            opener,
            settings,
            waiting,
            stop: Arc::clone(&stop),
            snapshot: Arc::clone(&snapshot),
            failures: 0,
        };
        let thread = thread::Builder::new()
            .name("id-reader".into())
            .spawn(move || owner.run())?;
        Ok(Self {
            handle: ReaderHandle { requests, snapshot },
            stop,
            thread: Some(thread),
        })
    }

    /// A handle to ask it with.
    pub fn handle(&self) -> ReaderHandle {
        self.handle.clone()
    }

    /// Stops the thread and waits until the port is closed.
    pub fn shut_down(self) {
        drop(self);
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // If the channel is full the thread is about to wake by itself.
        self.handle.tell(Request::Wake);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("reader's thread ended by a panic");
        }
    }
}

/// Each phase owns what it needs; a port exists in `Ready` only.
enum Phase {
    Closed { state: State, until: Instant },
    Opening,
    Ready(Driver),
}

struct Owner {
    opener: Box<dyn Opener>,
    settings: Settings,
    waiting: Receiver<Request>,
    stop: Arc<AtomicBool>,
    snapshot: Arc<Mutex<Snapshot>>,
    /// Failures in a row, for the back-off.
    failures: usize,
}

impl Owner {
    fn run(mut self) {
        let mut phase = Phase::Opening;
        while !self.stop.load(Ordering::Relaxed) {
            phase = match phase {
                Phase::Closed { state, until } => self.wait(state, until),
                Phase::Opening => match self.open() {
                    Ok(driver) => Phase::Ready(driver),
                    Err(error) => self.closed_after(&error),
                },
                Phase::Ready(driver) => self.serve(driver),
            };
        }
        drop(phase);
        self.show(State::Stopped, None);
    }

    fn open(&mut self) -> Result<Driver, ReadError> {
        self.show(State::Opening, None);
        let port = self
            .opener
            .open(self.settings.timing.open)
            .map_err(ReadError::Absent)?;
        let mut driver = Driver::stoppable(port, self.settings.timing, Arc::clone(&self.stop));
        driver.init()?;
        self.failures = 0;
        lock(&self.snapshot).generation += 1;
        self.show(State::Ready, Some(&driver));
        Ok(driver)
    }

    fn closed_after(&mut self, error: &ReadError) -> Phase {
        let state = match error {
            ReadError::Absent(_) => State::Absent,
            _ => State::Faulted,
        };
        self.show(state, None);
        let wait = back_off::wait_after(self.failures, &self.settings.back_off);
        self.failures = self.failures.saturating_add(1);
        tracing::warn!(code = error.message().code, ?wait, "reader is not usable");
        Phase::Closed {
            state,
            until: Instant::now() + wait,
        }
    }

    /// No port: waits for the time to open again, or for somebody who wants a card now.
    fn wait(&mut self, state: State, until: Instant) -> Phase {
        match self.waiting.recv_timeout(left(until)) {
            Err(RecvTimeoutError::Timeout) => Phase::Opening,
            Err(RecvTimeoutError::Disconnected) => self.stopped(),
            Ok(Request::Lend(duration)) => self.lent(duration),
            Ok(Request::Read(request)) if state == State::Yielded => {
                answer(request.reply, Err(ReadError::Yielded));
                Phase::Closed { state, until }
            }
            Ok(Request::Read(request)) => match self.open() {
                Ok(driver) => self.read(driver, request),
                Err(error) => {
                    let phase = self.closed_after(&error);
                    answer(request.reply, Err(error));
                    phase
                }
            },
            Ok(Request::Cancel | Request::Wake) => Phase::Closed { state, until },
        }
    }

    fn serve(&mut self, mut driver: Driver) -> Phase {
        match self.waiting.recv_timeout(self.settings.ping) {
            Err(RecvTimeoutError::Timeout) => match driver.ping() {
                Ok(()) => Phase::Ready(driver),
                Err(error) => {
                    drop(driver);
                    self.closed_after(&error)
                }
            },
            Err(RecvTimeoutError::Disconnected) => self.stopped(),
            Ok(Request::Lend(duration)) => {
                drop(driver);
                self.lent(duration)
            }
            Ok(Request::Read(request)) => self.read(driver, request),
            Ok(Request::Cancel | Request::Wake) => Phase::Ready(driver),
        }
    }

    fn read(&mut self, mut driver: Driver, request: ReadRequest) -> Phase {
        if request.reply.is_closed() {
            return Phase::Ready(driver);
        }
        let mut interruptions = Interruptions {
            waiting: &self.waiting,
            stop: &self.stop,
            reply: &request.reply,
            lend: None,
        };
        let outcome = driver.read_card(request.fingerprint, request.deadline, &mut interruptions);
        let lend = interruptions.lend;
        self.show(State::Ready, Some(&driver));
        let error = match outcome {
            Ok(card) => {
                let reading = self.reading(card, &driver);
                answer(request.reply, Ok(reading));
                return Phase::Ready(driver);
            }
            Err(error) => error,
        };
        let phase = if let Some(duration) = lend {
            drop(driver);
            self.lent(duration)
        } else if is_port_lost(&error) {
            drop(driver);
            self.closed_after(&error)
        } else {
            Phase::Ready(driver)
        };
        answer(request.reply, Err(error));
        phase
    }

    fn reading(&self, card: Card, driver: &Driver) -> Reading {
        Reading {
            card,
            reader: ReaderIdentity {
                sam: driver.sam().map(ToString::to_string),
                transport: driver.transport(),
            },
            generation: lock(&self.snapshot).generation,
            at: Instant::now(),
        }
    }

    fn lent(&mut self, duration: Duration) -> Phase {
        self.show(State::Yielded, None);
        Phase::Closed {
            state: State::Yielded,
            until: Instant::now() + duration,
        }
    }

    fn stopped(&mut self) -> Phase {
        self.stop.store(true, Ordering::Relaxed);
        Phase::Opening
    }

    fn show(&self, state: State, driver: Option<&Driver>) {
        let mut snapshot = lock(&self.snapshot);
        snapshot.state = state;
        if let Some(driver) = driver {
            snapshot.last_status = driver.last_status();
            snapshot.sam = driver.sam().cloned();
            snapshot.transport = Some(driver.transport());
        }
    }
}

/// Whether the port must be opened anew after this.
fn is_port_lost(error: &ReadError) -> bool {
    match error {
        ReadError::Absent(_)
        | ReadError::DeviceFault(_)
        | ReadError::Gone(_)
        | ReadError::Link(_)
        | ReadError::Stopped => true,
        ReadError::Busy
        | ReadError::Cancelled
        | ReadError::Card(_)
        | ReadError::CardMoved(_)
        | ReadError::CardNotLifted
        | ReadError::CardRefused(_)
        | ReadError::NoCard
        | ReadError::NotAnIdCard
        | ReadError::Unexpected(_)
        | ReadError::Yielded => false,
    }
}

/// What can call a read away while it waits for a card.
struct Interruptions<'a> {
    waiting: &'a Receiver<Request>,
    stop: &'a AtomicBool,
    reply: &'a oneshot::Sender<Result<Reading, ReadError>>,
    lend: Option<Duration>,
}

impl Patience for Interruptions<'_> {
    fn pause(&mut self, duration: Duration) -> Pause {
        let until = Instant::now() + duration;
        loop {
            if self.reply.is_closed() || self.stop.load(Ordering::Relaxed) {
                return Pause::Cancelled;
            }
            match self.waiting.recv_timeout(left(until)) {
                Ok(Request::Read(other)) => answer(other.reply, Err(ReadError::Busy)),
                Ok(Request::Lend(duration)) => {
                    self.lend = Some(duration);
                    return Pause::Cancelled;
                }
                Ok(Request::Cancel) | Err(RecvTimeoutError::Disconnected) => {
                    return Pause::Cancelled;
                }
                Ok(Request::Wake) => {}
                Err(RecvTimeoutError::Timeout) => return Pause::Over,
            }
        }
    }
}

fn answer(reply: oneshot::Sender<Result<Reading, ReadError>>, outcome: Result<Reading, ReadError>) {
    if reply.send(outcome).is_err() {
        tracing::debug!("nobody waits for this read any more");
    }
}

fn left(until: Instant) -> Duration {
    until.saturating_duration_since(Instant::now())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
