//! The one thread that owns a scanner's port.
//!
//! ```text
//!             open fails                      read fails
//!           ┌────────────► Absent             ┌────────────► Faulted
//!  start ─► Opening ──────────────────► Ready ┤
//!           ▲    back-off 0.5 1 2 5 10 s      └── yield ───► Yielded ── time over, resume ──┐
//!           └──── Absent, Faulted ◄──────────────────────────────────── Opening ◄───────────┘
//! ```
//! In scope: opening again and again, passing scans on, yielding the port: the insurer's own library
//! opens the scanner that this agent listens to, and a settlement fails if it finds it taken.
//! Out of scope: what a scan means ([`super::kind`] and whoever receives it).
//!
//! A port is dropped before it is opened anew. Each opening has a new generation, and no part of a
//! frame crosses from one to the next.
//!
//! GAP: a driver that answers an unplugged port with silence looks like a scanner that nobody uses:
//! a scanner cannot be asked whether it is there. Plugging it in again then takes a yield or a start.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender, TryRecvError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use std::{io, thread};

use pharmacy_decision::facts::Transport;
use tokio::sync::mpsc as scans;
use tokio::sync::oneshot;
use zeroize::Zeroizing;

use super::error::ScannerError;
use super::frame::{Event, Frame, Framer, IDLE_GAP};
use super::repeat::{Mode, Repeats};
use crate::back_off;
use crate::port::{Opener, Port, PortError};
use crate::scan::Kind;
use crate::scan::Symbology;

/// How an owner behaves.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Settings {
    /// How long an attempt to open may take.
    pub open: Duration,
    /// Waits between attempts to open; the last one repeats.
    pub back_off: Vec<Duration>,
    /// How long the line is quiet after a code without terminator.
    pub idle_gap: Duration,
    /// How the scanner is used.
    pub mode: Mode,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            open: Duration::from_secs(3),
            back_off: back_off::WAITS.to_vec(),
            idle_gap: IDLE_GAP,
            mode: Mode::default(),
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
    /// Listening.
    Ready,
    /// Stopped for good.
    Stopped,
    /// Left to another program.
    Yielded,
}

/// What came so far, by kind.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Counts {
    /// Codes that can be read in two ways.
    pub ambiguous: u64,
    /// Frames that were cut by the end of a connection.
    pub broken: u64,
    /// Codes of the insured and payment codes.
    pub credentials: u64,
    /// Scans that nobody fetched in time.
    pub lost: u64,
    /// Frames without an end.
    pub overlong: u64,
    /// Products' codes.
    pub products: u64,
    /// Repeats that were dropped.
    pub repeated: u64,
    /// Packs' codes.
    pub traces: u64,
    /// Codes that nobody recognised.
    pub unknown: u64,
}

/// What is known of a scanner at a moment.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Snapshot {
    /// Where the owner stands.
    pub state: State,
    /// Why it is not ready, a key of the text catalogue.
    pub problem: Option<&'static str>,
    /// How the scanner is attached.
    pub transport: Option<Transport>,
    /// Counts the openings.
    pub generation: u64,
    /// What came so far.
    pub counts: Counts,
}

/// One scan.
#[derive(Debug)]
pub struct Scan {
    /// What it is.
    pub kind: Kind,
    /// Which symbol carried it, if the scanner says so.
    pub symbology: Option<Symbology>,
    /// In which opening of the port.
    pub generation: u64,
    /// When it was complete.
    pub at: Instant,
}

/// Resolves when the port is closed. An error: the scanner has stopped.
pub type PendingYield = oneshot::Receiver<()>;

/// How many requests may wait.
const WAITING_REQUESTS: usize = 8;

/// How many scans may wait for whoever receives them: half a minute of a quick cashier.
pub const WAITING_SCANS: usize = 64;

/// Longest time a port is yielded at once: whoever forgets to resume must not silence the scanner.
pub const LONGEST_YIELD: Duration = Duration::from_secs(600);

/// How long a request may go unnoticed while the line is quiet.
const SLICE: Duration = Duration::from_millis(100);

/// A port that held so long is no flapping one.
const STEADY: Duration = Duration::from_secs(10);

enum Request {
    Resume,
    Wake,
    Yield(Duration, oneshot::Sender<()>),
}

/// Asks an owner. Cheap to clone; usable from async code.
#[derive(Clone, Debug)]
pub struct ScannerHandle {
    requests: SyncSender<Request>,
    snapshot: Arc<Mutex<Snapshot>>,
}

impl ScannerHandle {
    /// Closes the port for a time, [`LONGEST_YIELD`] at most, so that another program can use the
    /// scanner. Yielding again begins the time anew.
    pub fn yield_port(&self, duration: Duration) -> PendingYield {
        let (closed, pending) = oneshot::channel();
        self.tell(Request::Yield(duration.min(LONGEST_YIELD), closed));
        pending
    }

    /// Opens the port now, whatever it waits for.
    pub fn resume(&self) {
        self.tell(Request::Resume);
    }

    /// What is known of the scanner now.
    pub fn snapshot(&self) -> Snapshot {
        lock(&self.snapshot).clone()
    }

    fn tell(&self, request: Request) {
        if self.requests.try_send(request).is_err() {
            tracing::debug!("scanner's requests are full, one was dropped");
        }
    }
}

/// An owner. Dropping it stops the thread and closes the port.
#[derive(Debug)]
pub struct Scanner {
    handle: ScannerHandle,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Scanner {
    /// Starts the thread and begins to open the port. Scans come out of the receiver.
    pub fn start(
        opener: Box<dyn Opener>,
        settings: Settings,
    ) -> io::Result<(Self, scans::Receiver<Scan>)> {
        let (requests, waiting) = mpsc::sync_channel(WAITING_REQUESTS);
        let (sender, receiver) = scans::channel(WAITING_SCANS);
        let stop = Arc::new(AtomicBool::new(false));
        let snapshot = Arc::new(Mutex::new(Snapshot {
            state: State::Opening,
            problem: None,
            transport: None,
            generation: 0,
            counts: Counts::default(),
        }));
        let owner = Owner {
            opener,
            repeats: Repeats::new(settings.mode),
            settings,
            waiting,
            scans: sender,
            stop: Arc::clone(&stop),
            snapshot: Arc::clone(&snapshot),
            failures: 0,
        };
        let thread = thread::Builder::new()
            .name("scanner".into())
            .spawn(move || owner.run())?;
        let scanner = Self {
            handle: ScannerHandle { requests, snapshot },
            stop,
            thread: Some(thread),
        };
        Ok((scanner, receiver))
    }

    /// A handle to ask it with.
    pub fn handle(&self) -> ScannerHandle {
        self.handle.clone()
    }
}

impl Drop for Scanner {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // If the channel is full the thread is about to wake by itself.
        self.handle.tell(Request::Wake);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("scanner's thread ended by a panic");
        }
    }
}

/// Each phase owns what it needs; a port exists in `Ready` only.
enum Phase {
    Closed { state: State, until: Instant },
    Opening,
    Ready(Open),
}

/// An open port and what came over it.
struct Open {
    port: Box<dyn Port>,
    framer: Framer,
    since: Instant,
}

struct Owner {
    opener: Box<dyn Opener>,
    repeats: Repeats,
    settings: Settings,
    waiting: Receiver<Request>,
    scans: scans::Sender<Scan>,
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
                    Ok(open) => Phase::Ready(open),
                    Err(error) => self.closed_after(&error),
                },
                Phase::Ready(open) => self.listen(open),
            };
        }
        drop(phase);
        self.show(State::Stopped, None);
    }

    fn open(&mut self) -> Result<Open, ScannerError> {
        self.show(State::Opening, None);
        let mut port = self
            .opener
            .open(self.settings.open)
            .map_err(ScannerError::Absent)?;
        // What was scanned while the port was another program's is not for this one.
        port.discard_input().map_err(ScannerError::Gone)?;
        let mut snapshot = lock(&self.snapshot);
        snapshot.generation += 1;
        snapshot.transport = Some(port.transport());
        drop(snapshot);
        self.show(State::Ready, None);
        Ok(Open {
            port,
            framer: Framer::new(self.settings.idle_gap),
            since: Instant::now(),
        })
    }

    fn closed_after(&mut self, error: &ScannerError) -> Phase {
        let state = match error {
            ScannerError::Absent(_) => State::Absent,
            ScannerError::Gone(_) => State::Faulted,
        };
        self.show(state, Some(error.code()));
        let wait = back_off::wait_after(self.failures, &self.settings.back_off);
        self.failures = self.failures.saturating_add(1);
        tracing::warn!(code = error.code(), ?wait, "scanner is not usable");
        Phase::Closed {
            state,
            until: Instant::now() + wait,
        }
    }

    /// No port: waits for the time to open again.
    fn wait(&mut self, state: State, until: Instant) -> Phase {
        match self.waiting.recv_timeout(left(until)) {
            Err(RecvTimeoutError::Timeout) | Ok(Request::Resume) => Phase::Opening,
            Err(RecvTimeoutError::Disconnected) => self.stopped(),
            Ok(Request::Yield(duration, closed)) => self.yielded(duration, closed),
            Ok(Request::Wake) => Phase::Closed { state, until },
        }
    }

    /// An open port: one read, or one request.
    fn listen(&mut self, mut open: Open) -> Phase {
        match self.waiting.try_recv() {
            Ok(Request::Yield(duration, closed)) => {
                self.close(open);
                return self.yielded(duration, closed);
            }
            Err(TryRecvError::Disconnected) => return self.stopped(),
            Ok(Request::Resume | Request::Wake) | Err(TryRecvError::Empty) => {}
        }
        let mut chunk = Zeroizing::new([0; 256]);
        let slice = Instant::now() + SLICE;
        let deadline = open.framer.due().map_or(slice, |due| due.min(slice));
        match open.port.read(chunk.as_mut_slice(), deadline) {
            Ok(length) => {
                let bytes = chunk.get(..length).unwrap_or_default();
                for event in open.framer.receive(bytes, Instant::now()) {
                    self.pass(event);
                }
                self.failures = 0;
            }
            Err(PortError::Late) => {
                if let Some(event) = open.framer.settle(Instant::now()) {
                    self.pass(event);
                }
            }
            Err(error @ PortError::Gone(_)) => {
                self.close(open);
                return self.closed_after(&ScannerError::Gone(error));
            }
        }
        Phase::Ready(open)
    }

    /// Closes a port; half a code is none.
    fn close(&mut self, open: Open) {
        let pending = open.framer.pending();
        if pending > 0 {
            lock(&self.snapshot).counts.broken += 1;
            tracing::warn!(
                length = pending,
                "a scan was cut by the end of the connection"
            );
        }
        if open.since.elapsed() >= STEADY {
            self.failures = 0;
        }
    }

    fn yielded(&self, duration: Duration, closed: oneshot::Sender<()>) -> Phase {
        self.show(State::Yielded, Some("scanner.yielded"));
        if closed.send(()).is_err() {
            tracing::debug!("nobody waits for the scanner's port any more");
        }
        Phase::Closed {
            state: State::Yielded,
            until: Instant::now() + duration,
        }
    }

    fn stopped(&self) -> Phase {
        self.stop.store(true, Ordering::Relaxed);
        Phase::Opening
    }

    fn pass(&mut self, event: Event) {
        match event {
            Event::Frame(frame) => self.pass_frame(&frame),
            Event::Overlong { length } => {
                lock(&self.snapshot).counts.overlong += 1;
                tracing::warn!(length, "bytes without an end came from the scanner");
            }
        }
    }

    fn pass_frame(&mut self, frame: &Frame) {
        let (kind, at) = (Kind::of(frame.data(), frame.symbology()), Instant::now());
        let is_repeat = self.repeats.is_repeat(frame, &kind, at);
        let generation = {
            let mut snapshot = lock(&self.snapshot);
            let count = if is_repeat {
                &mut snapshot.counts.repeated
            } else {
                snapshot.counts.of(&kind)
            };
            *count += 1;
            snapshot.generation
        };
        if is_repeat {
            return;
        }
        let scan = Scan {
            kind,
            symbology: frame.symbology(),
            generation,
            at,
        };
        if self.scans.try_send(scan).is_err() {
            lock(&self.snapshot).counts.lost += 1;
            tracing::warn!("a scan was lost: nobody fetches them");
        }
    }

    fn show(&self, state: State, problem: Option<&'static str>) {
        let mut snapshot = lock(&self.snapshot);
        snapshot.state = state;
        snapshot.problem = problem;
    }
}

impl Counts {
    fn of(&mut self, kind: &Kind) -> &mut u64 {
        match kind {
            Kind::Ambiguous => &mut self.ambiguous,
            Kind::InsuredCode | Kind::PaymentCode(_) => &mut self.credentials,
            Kind::Product(_) => &mut self.products,
            Kind::Trace(_) => &mut self.traces,
            Kind::Unknown(_) => &mut self.unknown,
        }
    }
}

fn left(until: Instant) -> Duration {
    until.saturating_duration_since(Instant::now())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
