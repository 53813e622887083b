//! A scanner whose port is open: what comes over the wire, cut into codes, told apart and passed on.
//!
//! In scope: which scans are passed on, and counting them. Out of scope: opening the port again and again,
//! lending it ([`crate::owner`]); what a scan means (whoever receives it).
//!
//! GAP: a driver that answers an unplugged port with silence looks like a scanner that nobody uses:
//! a scanner cannot be asked whether it is there. Plugging it in again then takes a loan or a start.

use std::convert::Infallible;
use std::io;
use std::time::{Duration, Instant};

use pharmacy_base::machine::Machine;
use pharmacy_base::pace::Pace;
use tokio::sync::mpsc as scans;
use zeroize::Zeroizing;

use super::error::ScannerError;
use super::frame::{Event, Frame, Framer, IDLE_GAP};
use super::repeat::{Mode, Repeats};
use crate::back_off;
use crate::owner::{self, Call, Driver, Fault, Handle, Opening, Owner, Post, Want};
use crate::port::{Opener, Port, PortError};
use crate::scan::{Kind, Symbology};

/// A scanner's owner.
pub type Scanner = Owner<ScannerDriver>;

/// Asks a scanner's owner.
pub type ScannerHandle = Handle<ScannerDriver>;

/// What is known of a scanner at a moment.
pub type Snapshot = owner::Snapshot<Counts>;

/// How a scanner is used.
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

/// What came so far, by kind.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Counts {
    /// Codes that can be read in two ways.
    pub ambiguous: u64,
    /// Cards of the till that say who is here.
    pub badges: u64,
    /// Frames that were cut by the end of a connection.
    pub broken: u64,
    /// Codes of the insured and payment codes.
    pub credentials: u64,
    /// Scans that nobody fetched in time.
    pub lost: u64,
    /// Frames without an end.
    pub overlong: u64,
    pub products: u64,
    /// Repeats that were dropped.
    pub repeated: u64,
    pub traces: u64,
    /// Codes that nobody recognised.
    pub unknown: u64,
}

impl Counts {
    fn of(&mut self, kind: &Kind) -> &mut u64 {
        match kind {
            Kind::Ambiguous => &mut self.ambiguous,
            Kind::Badge(_) => &mut self.badges,
            Kind::InsuredCode | Kind::PaymentCode(_) => &mut self.credentials,
            Kind::Product(_) => &mut self.products,
            Kind::Trace(_) | Kind::Traces(_) => &mut self.traces,
            Kind::Unknown(_) => &mut self.unknown,
        }
    }
}

/// One scan.
#[derive(Debug)]
pub struct Scan {
    pub kind: Kind,
    /// Which symbol carried it, if the scanner says so.
    pub symbology: Option<Symbology>,
    /// In which opening of the port.
    pub generation: u64,
    /// When it was complete.
    pub at: Instant,
}

/// How many scans may wait for whoever receives them: half a minute of a quick cashier.
pub const WAITING_SCANS: usize = 64;

/// How long a request may go unnoticed while the line is quiet.
const SLICE: Duration = Duration::from_millis(100);

/// A port that held so long is no flapping one.
const STEADY: Duration = Duration::from_secs(10);

impl Scanner {
    /// Starts the thread and begins to open the port. Scans come out of the receiver.
    pub fn start(
        opener: Box<dyn Opener>,
        settings: Settings,
        machine: &Machine,
    ) -> io::Result<(Self, scans::Receiver<Scan>)> {
        let (sender, receiver) = scans::channel(WAITING_SCANS);
        let opening = Opening {
            limit: settings.open,
            back_off: settings.back_off,
        };
        let driver = ScannerDriver {
            idle_gap: settings.idle_gap,
            repeats: Repeats::new(settings.mode),
            scans: sender,
            told: Told::default(),
        };
        let scanner = Self::own(driver, opener, opening, machine)?;
        Ok((scanner, receiver))
    }
}

/// Drives a scanner.
pub struct ScannerDriver {
    idle_gap: Duration,
    repeats: Repeats,
    scans: scans::Sender<Scan>,
    told: Told,
}

/// What the log has been told of, which whoever holds the cable may make happen without end.
#[derive(Default)]
struct Told {
    broken: Pace,
    lost: Pace,
    overlong: Pace,
}

/// An open port and what came over it.
pub struct Open {
    port: Box<dyn Port>,
    framer: Framer,
    since: Instant,
    has_heard: bool,
}

impl Driver for ScannerDriver {
    const NAME: &'static str = "scanner";
    const LENT: Option<&'static str> = Some("scanner.yielded");
    const QUEUE: usize = 8;
    const FIRST: Want = Want::Now;

    /// Scans come by themselves.
    type Request = Infallible;
    type Error = ScannerError;
    type Session = Open;
    type Seen = Counts;

    fn begin(
        &mut self,
        mut port: Box<dyn Port>,
        post: &mut Post<Self>,
    ) -> Result<Open, ScannerError> {
        // What was scanned while the port was another program's is not for this one.
        port.discard_input().map_err(ScannerError::Gone)?;
        post.show(|snapshot| snapshot.problem = None);
        Ok(Open {
            port,
            framer: Framer::new(self.idle_gap),
            since: post.now(),
            has_heard: false,
        })
    }

    /// One look for a request, one read.
    fn serve(&mut self, open: &mut Open, post: &mut Post<Self>) -> Result<Want, ScannerError> {
        let now = post.now();
        if let Call::LetGo = post.next(now) {
            return Ok(Want::Now);
        }
        let mut chunk = Zeroizing::new([0; 256]);
        let slice = now + SLICE;
        let deadline = open.framer.due().map_or(slice, |due| due.min(slice));
        match open.port.read(chunk.as_mut_slice(), deadline) {
            Ok(length) => {
                open.has_heard = true;
                let bytes = chunk.get(..length).unwrap_or_default();
                for event in open.framer.receive(bytes, post.now()) {
                    self.pass(event, post);
                }
            }
            Err(PortError::Late) => {
                if let Some(event) = open.framer.settle(post.now()) {
                    self.pass(event, post);
                }
            }
            Err(error @ PortError::Gone(_)) => return Err(ScannerError::Gone(error)),
        }
        Ok(Want::Now)
    }

    fn ask(&mut self, request: Infallible, _: &mut Post<Self>) -> Want {
        match request {}
    }

    /// Half a code is none.
    fn end(&mut self, open: Open, post: &mut Post<Self>) -> bool {
        let pending = open.framer.pending();
        if pending > 0 {
            post.show(|snapshot| snapshot.device.broken += 1);
            if let Some(times) = self.told.broken.happened(post.now()) {
                tracing::warn!(times, "a scan was cut by the end of the connection");
            }
        }
        open.has_heard || post.now().saturating_duration_since(open.since) >= STEADY
    }
}

impl ScannerDriver {
    fn pass(&mut self, event: Event, post: &Post<Self>) {
        match event {
            Event::Frame(frame) => self.pass_frame(&frame, post),
            Event::Overlong { length } => {
                post.show(|snapshot| snapshot.device.overlong += 1);
                if let Some(times) = self.told.overlong.happened(post.now()) {
                    tracing::warn!(times, length, "bytes without an end came from the scanner");
                }
            }
        }
    }

    fn pass_frame(&mut self, frame: &Frame, post: &Post<Self>) {
        let (kind, at) = (Kind::of(frame.data(), frame.symbology()), post.now());
        if self.repeats.is_repeat(frame, &kind, at) {
            post.show(|snapshot| snapshot.device.repeated += 1);
            return;
        }
        post.show(|snapshot| *snapshot.device.of(&kind) += 1);
        let scan = Scan {
            kind,
            symbology: frame.symbology(),
            generation: post.generation(),
            at,
        };
        if self.scans.try_send(scan).is_err() {
            post.show(|snapshot| snapshot.device.lost += 1);
            if let Some(times) = self.told.lost.happened(post.now()) {
                tracing::warn!(times, "scans were lost: nobody fetches them");
            }
        }
    }
}

impl Fault for ScannerError {
    fn code(&self) -> &'static str {
        ScannerError::code(self)
    }
}
