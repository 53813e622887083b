//! A scanner that is none: the same bytes, codes that nobody owns, faults by script.
//!
//! In scope: what a scanner sends for a code under every setting of its terminator, and everything
//! that can go wrong on the wire ([`Fault`]). It can be reached over TCP and, on Unix, over a
//! pseudo-terminal. What is scanned while nobody is connected waits, unlike with a real scanner, so
//! that a test needs no luck. Out of scope: the scanner's own settings codes.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::served::{Simulated, is_silence};

/// What a scanner puts around a code.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Ending {
    /// CR behind it.
    #[default]
    Cr,
    /// CR and LF behind it.
    CrLf,
    /// STX before and ETX behind it.
    Framed,
    /// LF behind it.
    Lf,
    /// Nothing: the line goes quiet.
    Nothing,
    /// TAB behind it.
    Tab,
}

impl Ending {
    /// Every one.
    pub const ALL: [Self; 6] = [
        Self::Cr,
        Self::CrLf,
        Self::Framed,
        Self::Lf,
        Self::Nothing,
        Self::Tab,
    ];

    fn around(self) -> (&'static [u8], &'static [u8]) {
        match self {
            Self::Cr => (b"", b"\r"),
            Self::CrLf => (b"", b"\r\n"),
            Self::Framed => (b"\x02", b"\x03"),
            Self::Lf => (b"", b"\n"),
            Self::Nothing => (b"", b""),
            Self::Tab => (b"", b"\t"),
        }
    }
}

/// What goes wrong with one scan.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Fault {
    /// The plug is pulled after so many bytes.
    CutAfter(usize),
    /// The code is read twice.
    Double,
    /// These bytes come before it.
    Garbage(Vec<u8>),
    /// The terminator is lost.
    NoTerminator,
    /// So many more bytes come before the terminator.
    Overlong(usize),
    /// It comes byte by byte.
    SplitEverywhere,
}

/// One piece of what a scanner sends.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Output {
    /// Bytes that are written at once.
    Bytes(Vec<u8>),
    /// The end of the connection.
    Unplug,
}

/// What a scanner sends for one code.
pub fn outputs(code: &[u8], ending: Ending, fault: Option<Fault>) -> Vec<Output> {
    let (before, behind) = ending.around();
    let around = |code: &[u8], behind: &[u8]| [before, code, behind].concat();
    let right = around(code, behind);
    match fault {
        None => vec![Output::Bytes(right)],
        Some(Fault::CutAfter(length)) => {
            let begin = right.get(..length).unwrap_or(&right).to_vec();
            vec![Output::Bytes(begin), Output::Unplug]
        }
        Some(Fault::Double) => vec![Output::Bytes(right.clone()), Output::Bytes(right)],
        Some(Fault::Garbage(bytes)) => vec![Output::Bytes([bytes, right].concat())],
        Some(Fault::NoTerminator) => vec![Output::Bytes(around(code, b""))],
        Some(Fault::Overlong(more)) => {
            vec![Output::Bytes(around(
                &[code, &vec![b'7'; more]].concat(),
                behind,
            ))]
        }
        Some(Fault::SplitEverywhere) => right
            .into_iter()
            .map(|byte| Output::Bytes(vec![byte]))
            .collect(),
    }
}

/// A simulated scanner. Clones are the same scanner.
#[derive(Clone, Debug)]
pub struct Simulator {
    ending: Ending,
    queue: Arc<Mutex<VecDeque<Output>>>,
}

impl Simulator {
    /// A scanner that is set to a terminator.
    pub fn new(ending: Ending) -> Self {
        Self {
            ending,
            queue: Arc::new(Mutex::new(VecDeque::new())),
        }
    }

    /// Reads a code.
    pub fn scan(&self, code: &[u8]) {
        self.queue().extend(outputs(code, self.ending, None));
    }

    /// Reads a code, and something goes wrong.
    pub fn scan_with(&self, code: &[u8], fault: Fault) {
        self.queue().extend(outputs(code, self.ending, Some(fault)));
    }

    /// Pulls the plug.
    pub fn unplug(&self) {
        self.queue().push_back(Output::Unplug);
    }

    fn queue(&self) -> MutexGuard<'_, VecDeque<Output>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Simulated for Simulator {
    const NAME: &'static str = "simulated-scanner";
    const SLICE: Duration = Duration::from_millis(2);

    fn serve(&self, mut wire: impl Read + Write, stop: &AtomicBool) -> io::Result<()> {
        let mut chunk = [0; 64];
        while !stop.load(Ordering::Relaxed) {
            let has_next = !self.queue().is_empty();
            // Looked at after the queue and before every write: who scans once a connection has ended
            // means the next one.
            match wire.read(&mut chunk) {
                Ok(0) => return Ok(()),
                Ok(_) => {}
                Err(error) if is_silence(&error) => {}
                Err(error) => return Err(error),
            }
            let next = has_next.then(|| self.queue().pop_front()).flatten();
            match next {
                Some(Output::Unplug) => return Ok(()),
                Some(Output::Bytes(bytes)) => wire.write_all(&bytes)?,
                None => {}
            }
        }
        Ok(())
    }
}
