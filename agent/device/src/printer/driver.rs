//! A printer: slips one after the other.
//!
//! ```text
//!  job ─► queue ─► open ─► ask ─► write ─► ask ─► done
//!                   │       │       │       └ no paper, cover: failed, part of it may be on paper
//!                   │       │       └ stuck, gone: failed likewise
//!                   └───────┴ not now: waits, 0.5 1 2 5 10 s, tries again; failed after a minute
//! ```
//! In scope: jobs one after the other, each with an answer for whoever asked: none is lost silently. A
//! job is tried again only while no byte of it has left: half a slip twice is worse than a slip that the
//! cashier prints again. Out of scope: opening the port ([`crate::owner`]), what the bytes mean, who is
//! told.
//!
//! The port is opened for a run of jobs and closed once the queue is empty: a printer on the network
//! serves one connection at a time, and other tills print on it too.
//!
//! GAP: a printer that answers no questions and has no paper swallows a slip, and nobody here knows.

use std::collections::VecDeque;
use std::io;
use std::time::{Duration, Instant};

use pharmacy_base::machine::Machine;
use tokio::sync::oneshot;

use super::error::PrinterError;
use super::status::{self, ANSWER, Condition};
use crate::back_off;
use crate::owner::{self, Call, Driver, Fault, Handle, Opening, Owner, Post, Refusal, Want};
use crate::port::{Opener, Port};

/// A printer's owner. Jobs that still wait when it is dropped fail.
pub type Printer = Owner<PrinterDriver>;

/// Asks a printer's owner.
pub type PrinterHandle = Handle<PrinterDriver>;

/// What is known of a printer at a moment.
pub type Snapshot = owner::Snapshot<Slips>;

/// How a printer is used.
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

/// How many jobs may wait or be under way.
pub const WAITING_JOBS: usize = 64;

/// What became of a job.
pub type Outcome = oneshot::Receiver<Result<(), PrinterError>>;

/// What became of slips so far.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Slips {
    /// Whether the printer answers questions; none while it was never asked.
    pub answers: Option<bool>,
    /// Jobs that wait or are being printed.
    pub waiting: usize,
    /// Jobs that were printed.
    pub printed: u64,
    pub failed: u64,
}

/// Bytes to be printed.
pub struct Job {
    bytes: Vec<u8>,
    asked: Instant,
    done: oneshot::Sender<Result<(), PrinterError>>,
}

impl Printer {
    /// Starts the thread. Nothing is opened before there is something to print.
    pub fn start(
        opener: Box<dyn Opener>,
        settings: Settings,
        machine: &Machine,
    ) -> io::Result<Self> {
        let opening = Opening {
            limit: settings.open,
            back_off: settings.back_off.clone(),
        };
        let driver = PrinterDriver {
            settings,
            queue: VecDeque::new(),
            hindrance: None,
            has_begun: false,
        };
        Self::own(driver, opener, opening, machine)
    }
}

impl PrinterHandle {
    /// Puts bytes into the queue. The answer comes when they are printed, or cannot be.
    pub fn print(&self, bytes: Vec<u8>) -> Outcome {
        let mut has_room = false;
        self.show(|snapshot| {
            let slips = &mut snapshot.device;
            has_room = slips.waiting < WAITING_JOBS;
            slips.waiting += usize::from(has_room);
            slips.failed += u64::from(!has_room);
        });
        if !has_room {
            return owner::answered(Err(PrinterError::QueueFull));
        }
        let (done, outcome) = oneshot::channel();
        let asked = self.now();
        let Err(refusal) = self.ask(Job { bytes, asked, done }) else {
            return outcome;
        };
        self.show(|snapshot| {
            snapshot.device.waiting = snapshot.device.waiting.saturating_sub(1);
            snapshot.device.failed += 1;
        });
        owner::answered(Err(match refusal {
            Refusal::Full => PrinterError::QueueFull,
            Refusal::Stopped => PrinterError::Stopped,
        }))
    }
}

/// Drives a printer.
pub struct PrinterDriver {
    settings: Settings,
    /// The first one is being printed, or tried.
    queue: VecDeque<Job>,
    /// Why the first one was not printed when it was tried last.
    hindrance: Option<PrinterError>,
    /// Whether some of the first one may be on paper.
    has_begun: bool,
}

/// An open port.
pub struct Open {
    port: Box<dyn Port>,
    has_printed: bool,
}

impl Driver for PrinterDriver {
    const NAME: &'static str = "printer";
    const QUEUE: usize = WAITING_JOBS;
    const FIRST: Want = Want::WhenAsked;

    type Request = Job;
    type Error = PrinterError;
    type Session = Open;
    type Seen = Slips;

    fn begin(&mut self, port: Box<dyn Port>, _: &mut Post<Self>) -> Result<Open, PrinterError> {
        Ok(Open {
            port,
            has_printed: false,
        })
    }

    fn serve(&mut self, open: &mut Open, post: &mut Post<Self>) -> Result<Want, PrinterError> {
        if self.queue.is_empty() {
            match post.next(post.now()) {
                Call::Asked(job) => self.queue.push_back(job),
                Call::LetGo | Call::Silence => return Ok(Want::WhenAsked),
            }
        }
        let condition = self.print(open.port.as_mut(), post)?;
        open.has_printed = true;
        post.show(|snapshot| {
            snapshot.problem = None;
            snapshot.device.answers = Some(condition == Condition::Ready);
        });
        self.answer(Ok(()), post);
        Ok(Want::Now)
    }

    fn ask(&mut self, job: Job, post: &mut Post<Self>) -> Want {
        self.queue.push_back(job);
        // One that waits for the back-off is the first of those behind it.
        if self.queue.len() == 1 && !post.is_lent() {
            Want::Now
        } else {
            Want::InTime
        }
    }

    fn failed(&mut self, error: PrinterError, again: Instant, post: &mut Post<Self>) -> Want {
        let until = self
            .queue
            .front()
            .map(|job| job.asked + self.settings.patience);
        if !self.has_begun && until.is_some_and(|until| again < until) {
            self.hindrance = Some(error);
            return Want::InTime;
        }
        self.answer(Err(error), post);
        if self.queue.is_empty() {
            Want::WhenAsked
        } else {
            Want::Now
        }
    }

    fn end(&mut self, mut open: Open, _: &mut Post<Self>) -> bool {
        // A connection that is closed over unread bytes is reset, and what was sent is thrown away.
        let _ = open.port.discard_input();
        open.has_printed
    }

    fn stop(&mut self, post: &mut Post<Self>) {
        if let Some(error) = self.hindrance.take() {
            self.answer(Err(error), post);
        }
        while let Some(job) = post.rest() {
            self.queue.push_back(job);
        }
        while !self.queue.is_empty() {
            self.answer(Err(PrinterError::Stopped), post);
        }
    }
}

impl PrinterDriver {
    /// Prints the first job.
    fn print(&mut self, port: &mut dyn Port, post: &Post<Self>) -> Result<Condition, PrinterError> {
        let Some(job) = self.queue.front() else {
            return Ok(Condition::Unknown);
        };
        let (timer, settings) = (&**post.timer(), &self.settings);
        let before = status::ask(port, timer, settings.answer)?;
        self.has_begun = true;
        let on_wire = port.wire_time(job.bytes.len());
        port.write_all(&job.bytes, timer.now() + settings.print + on_wire)?;
        if before == Condition::Unknown {
            return Ok(before);
        }
        // It answered before; what it says now is about this slip. A slow printer is still printing:
        // the question passes its queue.
        status::ask(port, timer, settings.answer + on_wire)
    }

    /// Tells what became of the first job.
    fn answer(&mut self, result: Result<(), PrinterError>, post: &Post<Self>) {
        self.hindrance = None;
        self.has_begun = false;
        let Some(job) = self.queue.pop_front() else {
            return;
        };
        let code = result.as_ref().err().map(PrinterError::code);
        post.show(|snapshot| {
            let slips = &mut snapshot.device;
            slips.waiting = slips.waiting.saturating_sub(1);
            match code {
                Some(_) => {
                    slips.failed += 1;
                    snapshot.problem = code;
                }
                None => slips.printed += 1,
            }
        });
        if let Some(code) = code {
            tracing::warn!(code, "a slip was not printed");
        }
        // Nobody may wait any more; the counts say it all the same.
        let _ = job.done.send(result);
    }
}

impl Fault for PrinterError {
    fn code(&self) -> &'static str {
        PrinterError::code(self)
    }
}
