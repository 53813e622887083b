//! The one thread that owns a printer.
//!
//! ```text
//!  job ─► queue ─► open ─► ask ─► write ─► ask ─► done
//!                   │       │       │       └ no paper, cover: failed, part of it may be on paper
//!                   │       │       └ stuck, gone: failed likewise
//!                   └───────┴ not now: waits, 0.5 1 2 5 10 s, tries again; failed after a minute
//! ```
//! In scope: jobs one after the other, each with an answer for whoever asked: none is lost silently. A
//! job is tried again only while no byte of it has left: half a slip twice is worse than a slip that the
//! cashier prints again. Out of scope: what the bytes mean, who is told.
//!
//! The port is opened for a run of jobs and closed once the queue is empty: a printer on the network
//! serves one connection at a time, and other tills print on it too.
//!
//! GAP: a printer that answers no questions and has no paper swallows a slip, and nobody here knows.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender, TrySendError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use std::{fmt, io};

use tokio::sync::{oneshot, watch};

use super::PrinterError;
use super::status::{self, ANSWER, Condition};
use crate::back_off;
use crate::port::{Opener, Port};

/// How an owner behaves.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Settings {
    /// How long an attempt to open may take.
    pub open: Duration,
    /// How long the answer to a question is waited for.
    pub answer: Duration,
    /// How long the printer may take for a slip, beyond what the wire needs.
    pub print: Duration,
    /// How long a job waits for a printer that is absent or has no paper.
    pub patience: Duration,
    /// Waits between attempts; the last one repeats.
    pub back_off: Vec<Duration>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            open: Duration::from_secs(3),
            answer: ANSWER,
            print: Duration::from_secs(20),
            patience: Duration::from_secs(60),
            back_off: back_off::WAITS.to_vec(),
        }
    }
}

/// How many jobs may wait.
pub const WAITING_JOBS: usize = 64;

/// How long a request to stop may go unnoticed while a job waits for its printer.
const SLICE: Duration = Duration::from_millis(50);

/// What became of a job.
pub type Outcome = oneshot::Receiver<Result<(), PrinterError>>;

/// Bytes to be printed. Prints nothing of them.
pub struct Job {
    bytes: Vec<u8>,
    /// Until when it waits for a printer that cannot print.
    until: Instant,
    done: oneshot::Sender<Result<(), PrinterError>>,
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Job({} bytes)", self.bytes.len())
    }
}

/// What is known of a printer at a moment.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Snapshot {
    /// Why it does not print, a key of the text catalogue.
    pub problem: Option<&'static str>,
    /// Whether it answers questions; none while it was never asked.
    pub answers: Option<bool>,
    /// Jobs that wait or are being printed.
    pub waiting: usize,
    /// Jobs that were printed.
    pub printed: u64,
    /// Jobs that failed.
    pub failed: u64,
}

/// Asks an owner. Cheap to clone; usable from async code.
#[derive(Clone, Debug)]
pub struct PrinterHandle {
    jobs: SyncSender<Job>,
    patience: Duration,
    shown: Arc<Mutex<watch::Sender<Snapshot>>>,
}

impl PrinterHandle {
    /// Puts bytes into the queue. The answer comes when they are printed, or cannot be.
    pub fn print(&self, bytes: Vec<u8>) -> Outcome {
        let (done, outcome) = oneshot::channel();
        self.count(|snapshot| snapshot.waiting += 1);
        let until = Instant::now() + self.patience;
        if let Err(error) = self.jobs.try_send(Job { bytes, until, done }) {
            let (job, why) = match error {
                TrySendError::Full(job) => (job, PrinterError::QueueFull),
                TrySendError::Disconnected(job) => (job, PrinterError::Stopped),
            };
            self.count(|snapshot| {
                snapshot.waiting -= 1;
                snapshot.failed += 1;
            });
            // Whoever asked holds the other end.
            let _ = job.done.send(Err(why));
        }
        outcome
    }

    /// What is known of the printer now.
    pub fn snapshot(&self) -> Snapshot {
        *lock(&self.shown).borrow()
    }

    /// Every change of it from now on.
    pub fn changes(&self) -> watch::Receiver<Snapshot> {
        lock(&self.shown).subscribe()
    }

    fn count(&self, change: impl FnOnce(&mut Snapshot)) {
        lock(&self.shown).send_modify(change);
    }
}

/// An owner. Dropping it stops the thread; jobs that still wait fail.
#[derive(Debug)]
pub struct Printer {
    handle: PrinterHandle,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Printer {
    /// Starts the thread. Nothing is opened before there is something to print.
    pub fn start(opener: Box<dyn Opener>, settings: Settings) -> io::Result<Self> {
        let (jobs, waiting) = mpsc::sync_channel(WAITING_JOBS);
        let (shown, _) = watch::channel(Snapshot::default());
        let handle = PrinterHandle {
            jobs,
            patience: settings.patience,
            shown: Arc::new(Mutex::new(shown)),
        };
        let stop = Arc::new(AtomicBool::new(false));
        let owner = Owner {
            opener,
            settings,
            waiting,
            queue: VecDeque::new(),
            shown: Arc::clone(&handle.shown),
            stop: Arc::clone(&stop),
        };
        let thread = thread::Builder::new()
            .name("printer".into())
            .spawn(move || owner.run())?;
        Ok(Self {
            handle,
            stop,
            thread: Some(thread),
        })
    }

    /// A handle to ask it with.
    pub fn handle(&self) -> PrinterHandle {
        self.handle.clone()
    }
}

impl Drop for Printer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("printer's thread ended by a panic");
        }
    }
}

/// Why a job was not printed, and whether it may be tried again.
enum Failed {
    /// Nothing of it left.
    Untouched(PrinterError),
    /// Some of it may be on paper.
    Begun(PrinterError),
}

struct Owner {
    opener: Box<dyn Opener>,
    settings: Settings,
    waiting: Receiver<Job>,
    /// The job that is next: it was taken out of the channel and not printed yet.
    queue: VecDeque<Job>,
    shown: Arc<Mutex<watch::Sender<Snapshot>>>,
    stop: Arc<AtomicBool>,
}

impl Owner {
    fn run(mut self) {
        while !self.is_stopped() {
            match self.waiting.recv_timeout(SLICE) {
                Ok(job) => self.queue.push_back(job),
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => break,
            }
            self.serve();
        }
        self.queue.extend(self.waiting.try_iter());
        for job in std::mem::take(&mut self.queue) {
            self.answer(job, Err(PrinterError::Stopped));
        }
    }

    /// Prints until nothing waits; the port lives as long.
    fn serve(&mut self) {
        let mut port = None;
        while let Some(job) = self.next() {
            let result = self.print(&mut port, &job);
            if result.is_err() {
                port = None;
            }
            self.answer(job, result);
        }
        // A connection that is closed over unread bytes is reset, and what was sent is thrown away.
        if let Some(mut port) = port {
            let _ = port.discard_input();
        }
    }

    fn next(&mut self) -> Option<Job> {
        if self.is_stopped() {
            return None;
        }
        self.queue
            .pop_front()
            .or_else(|| self.waiting.try_recv().ok())
    }

    /// Prints one job, trying again while nothing of it has left and there is patience.
    fn print(&mut self, port: &mut Option<Box<dyn Port>>, job: &Job) -> Result<(), PrinterError> {
        for attempt in 0.. {
            match self.try_print(port, &job.bytes) {
                Ok(condition) => {
                    self.show(None, Some(condition == Condition::Ready));
                    return Ok(());
                }
                Err(Failed::Begun(error)) => return Err(error),
                Err(Failed::Untouched(error)) => {
                    *port = None;
                    self.show(Some(error.code()), None);
                    let wait = back_off::wait_after(attempt, &self.settings.back_off);
                    if Instant::now() + wait >= job.until || !self.sleep(wait) {
                        return Err(error);
                    }
                    tracing::warn!(code = error.code(), "a slip waits for its printer");
                }
            }
        }
        Err(PrinterError::Stopped)
    }

    fn try_print(
        &mut self,
        slot: &mut Option<Box<dyn Port>>,
        bytes: &[u8],
    ) -> Result<Condition, Failed> {
        let settings = &self.settings;
        let port = match slot {
            Some(port) => port,
            None => {
                let opened = self.opener.open(settings.open);
                let opened = opened.map_err(|error| Failed::Untouched(PrinterError::Absent(error)));
                slot.insert(opened?)
            }
        };
        let before = status::ask(port.as_mut(), settings.answer).map_err(Failed::Untouched)?;
        let deadline = Instant::now() + settings.print + port.wire_time(bytes.len());
        let written = port.write_all(bytes, deadline);
        written.map_err(|error| Failed::Begun(error.into()))?;
        if before == Condition::Unknown {
            return Ok(before);
        }
        // It answered before; what it says now is about this slip. A slow printer is still printing:
        // the question passes its queue.
        let patient = settings.answer + port.wire_time(bytes.len());
        status::ask(port.as_mut(), patient).map_err(Failed::Begun)
    }

    fn answer(&self, job: Job, result: Result<(), PrinterError>) {
        let code = result.as_ref().err().map(PrinterError::code);
        lock(&self.shown).send_modify(|snapshot| {
            snapshot.waiting = snapshot.waiting.saturating_sub(1);
            match code {
                Some(_) => {
                    snapshot.failed += 1;
                    snapshot.problem = code;
                }
                None => snapshot.printed += 1,
            }
        });
        if let Some(code) = code {
            tracing::warn!(code, "a slip was not printed");
        }
        // Nobody may wait any more; the counts say it all the same.
        let _ = job.done.send(result);
    }

    fn show(&self, problem: Option<&'static str>, answers: Option<bool>) {
        lock(&self.shown).send_if_modified(|snapshot| {
            let before = *snapshot;
            snapshot.problem = problem;
            snapshot.answers = answers.or(snapshot.answers);
            *snapshot != before
        });
    }

    /// Waits; says whether the owner still runs.
    fn sleep(&self, wait: Duration) -> bool {
        let until = Instant::now() + wait;
        while !self.is_stopped() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return true;
            }
            thread::sleep(left.min(SLICE));
        }
        false
    }

    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
