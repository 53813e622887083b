//! A printer that is none: reads what a printer reads, and keeps what would be on the paper.
//!
//! In scope: the commands that the agent's printer sends, questions about its status, and everything
//! that can go wrong ([`Script`]); bytes that it does not know are counted. It is reached over TCP, or
//! in memory through [`Simulator::opener`]. Out of scope: fonts (a test draws the paper), other
//! commands.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use encoding_rs::GB18030;
use pharmacy_decision::facts::Transport;
use pharmacy_device::paper::Raster;
use pharmacy_device::port::{OpenError, Opener, Port, PortError};

use super::served::{Simulated, is_silence};

// SPEC: ESC/POS as printers in China speak it; written down apart from what the agent sends.
const BEGIN: &[u8] = b"\x1b\x40\x1c\x26";
const ORDINARY: &[u8] = b"\x1b\x21\x00\x1c\x21\x00";
const DOUBLE: &[u8] = b"\x1b\x21\x30\x1c\x21\x0c";
const LEFT: &[u8] = b"\x1b\x61\x00";
const CENTRED: &[u8] = b"\x1b\x61\x01";
const DOTS: &[u8] = b"\x1d\x76\x30\x00";

/// What is on the paper.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Printed {
    /// The paper was cut.
    Cut,
    /// So many empty lines.
    Feed(u8),
    /// Dots, centred or at the left edge.
    Picture {
        /// The dots.
        raster: Raster,
        /// Are they centred?
        is_centred: bool,
    },
    /// A line.
    Text {
        /// Its text.
        text: String,
        /// Double width and height?
        is_double: bool,
    },
}

/// How a printer behaves.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Script {
    /// Its cover is open.
    pub is_open: bool,
    /// It has no paper.
    pub is_empty: bool,
    /// It is switched off-line.
    pub is_off_line: bool,
    /// It answers no question.
    pub is_silent: bool,
    /// It is switched off: nothing can be opened.
    pub is_absent: bool,
    /// It takes so many bytes and no more.
    pub takes: Option<usize>,
    /// The wire breaks after so many bytes.
    pub breaks_after: Option<usize>,
    /// The paper ends after so many bytes.
    pub empties_after: Option<usize>,
}

#[derive(Default)]
struct Paper {
    script: Script,
    pending: Vec<u8>,
    answers: VecDeque<u8>,
    printed: Vec<Printed>,
    taken: usize,
    unknown: usize,
    is_double: bool,
    is_centred: bool,
    openings: usize,
}

/// A simulated printer. Clones are the same printer.
#[derive(Clone, Default)]
pub struct Simulator(Arc<Mutex<Paper>>);

impl Simulator {
    /// A printer that is ready, with paper.
    pub fn new() -> Self {
        Self::default()
    }

    /// Behaves otherwise from now on.
    pub fn set(&self, script: Script) {
        self.paper().script = script;
    }

    /// What is on the paper so far.
    pub fn printed(&self) -> Vec<Printed> {
        self.paper().printed.clone()
    }

    /// The texts on the paper so far.
    pub fn texts(&self) -> Vec<String> {
        let printed = self.printed().into_iter();
        let texts = printed.filter_map(|row| match row {
            Printed::Text { text, .. } => Some(text),
            Printed::Cut | Printed::Feed(_) | Printed::Picture { .. } => None,
        });
        texts.collect()
    }

    /// How many bytes it did not know.
    pub fn unknown(&self) -> usize {
        self.paper().unknown
    }

    /// How many bytes it took.
    pub fn taken(&self) -> usize {
        self.paper().taken
    }

    /// How often it was opened.
    pub fn openings(&self) -> usize {
        self.paper().openings
    }

    /// A way to it without any wire.
    pub fn opener(&self) -> Box<dyn Opener> {
        Box::new(InMemory(self.clone()))
    }

    fn paper(&self) -> MutexGuard<'_, Paper> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Simulated for Simulator {
    const NAME: &'static str = "simulated-printer";
    const SLICE: Duration = Duration::from_millis(2);

    fn serve(&self, mut wire: impl Read + Write, stop: &AtomicBool) -> io::Result<()> {
        self.paper().openings += 1;
        let mut chunk = [0; 4096];
        while !stop.load(Ordering::Relaxed) {
            let room = match self.paper().room() {
                Room::Break => return Ok(()),
                Room::Bytes(room) => room.min(chunk.len()),
            };
            if room == 0 {
                thread::sleep(Self::SLICE);
                continue;
            }
            let part = chunk.get_mut(..room).unwrap_or_default();
            match wire.read(part) {
                Ok(0) => return Ok(()),
                Ok(length) => {
                    let bytes = part.get(..length).unwrap_or_default();
                    self.paper().take(bytes);
                }
                Err(error) if is_silence(&error) => {}
                Err(error) => return Err(error),
            }
            let answers: Vec<u8> = self.paper().answers.drain(..).collect();
            wire.write_all(&answers)?;
        }
        Ok(())
    }
}

enum Room {
    Break,
    Bytes(usize),
}

impl Paper {
    fn room(&self) -> Room {
        let left = |limit: Option<usize>| limit.map(|limit| limit.saturating_sub(self.taken));
        match (left(self.script.breaks_after), left(self.script.takes)) {
            (Some(0), _) => Room::Break,
            (breaks, takes) => {
                let room = breaks.into_iter().chain(takes).min();
                Room::Bytes(room.unwrap_or(usize::MAX))
            }
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        self.taken += bytes.len();
        self.pending.extend(bytes);
        while let Some(used) = self.step() {
            self.pending.drain(..used);
        }
        let is_over = |limit: usize| self.taken >= limit;
        if self.script.empties_after.is_some_and(is_over) {
            self.script.is_empty = true;
        }
    }

    /// Carries one command out; none while it is not whole. Says how many bytes it was.
    fn step(&mut self) -> Option<usize> {
        let pending = std::mem::take(&mut self.pending);
        let used = self.command(&pending);
        self.pending = pending;
        used
    }

    fn command(&mut self, bytes: &[u8]) -> Option<usize> {
        let first = *bytes.first()?;
        for (known, act) in MODES {
            if bytes.starts_with(known) {
                act(self);
                return Some(known.len());
            }
        }
        match first {
            0x10 => {
                let [_, _, question] = *bytes.first_chunk()?;
                self.question(question);
                Some(3)
            }
            0x1b => {
                let [_, command, number] = *bytes.first_chunk()?;
                match command {
                    b'd' => self.printed.push(Printed::Feed(number)),
                    _ => self.unknown += 3,
                }
                Some(3)
            }
            0x1c => {
                bytes.first_chunk::<3>()?;
                self.unknown += 3;
                Some(3)
            }
            0x1d => self.dots_or_cut(bytes),
            _ => {
                let end = bytes.iter().position(|byte| *byte == b'\n')?;
                let (text, _, is_lost) = GB18030.decode(bytes.get(..end).unwrap_or_default());
                self.unknown += usize::from(is_lost);
                self.printed.push(Printed::Text {
                    text: text.into_owned(),
                    is_double: self.is_double,
                });
                Some(end + 1)
            }
        }
    }

    fn dots_or_cut(&mut self, bytes: &[u8]) -> Option<usize> {
        if bytes.starts_with(b"\x1dV") {
            bytes.first_chunk::<4>()?;
            self.printed.push(Printed::Cut);
            return Some(4);
        }
        let [_, _, _, _, a, b, c, d] = *bytes.first_chunk()?;
        if !bytes.starts_with(DOTS) {
            self.unknown += 4;
            return Some(4);
        }
        let stride = usize::from(u16::from_le_bytes([a, b]));
        let height = usize::from(u16::from_le_bytes([c, d]));
        let bits = bytes.get(8..8 + stride * height)?;
        self.picture(stride, height, bits);
        Some(8 + bits.len())
    }

    /// Bands of one picture follow one another without a gap.
    fn picture(&mut self, stride: usize, height: usize, bits: &[u8]) {
        if let Some(Printed::Picture { raster, is_centred }) = self.printed.last_mut()
            && raster.stride() == stride
            && *is_centred == self.is_centred
        {
            raster.height += height;
            raster.bits.extend(bits);
            return;
        }
        self.printed.push(Printed::Picture {
            raster: Raster {
                width: stride * 8,
                height,
                bits: bits.to_vec(),
            },
            is_centred: self.is_centred,
        });
    }

    fn question(&mut self, question: u8) {
        let Script {
            is_open,
            is_empty,
            is_off_line,
            is_silent,
            ..
        } = self.script;
        if is_silent {
            return;
        }
        let bit = |is_set: bool, mask: u8| if is_set { mask } else { 0 };
        let status = match question {
            1 => bit(is_open || is_empty || is_off_line, 0x08),
            2 => bit(is_open, 0x04) | bit(is_empty, 0x20),
            4 => bit(is_empty, 0x60),
            _ => 0,
        };
        self.answers.push_back(0x12 | status);
    }
}

/// What a command does to what follows.
type Mode = fn(&mut Paper);

/// Commands that change how what follows is printed.
const MODES: [(&[u8], Mode); 5] = [
    (BEGIN, |paper| {
        paper.is_double = false;
        paper.is_centred = false;
    }),
    (DOUBLE, |paper| paper.is_double = true),
    (ORDINARY, |paper| paper.is_double = false),
    (LEFT, |paper| paper.is_centred = false),
    (CENTRED, |paper| paper.is_centred = true),
];

struct InMemory(Simulator);

impl Opener for InMemory {
    fn open(&mut self, _timeout: Duration) -> Result<Box<dyn Port>, OpenError> {
        let mut paper = self.0.paper();
        if paper.script.is_absent {
            let error = io::Error::from(io::ErrorKind::ConnectionRefused);
            return Err(OpenError::Connect(error));
        }
        paper.openings += 1;
        paper.pending.clear();
        drop(paper);
        Ok(Box::new(Wire(self.0.clone())))
    }
}

struct Wire(Simulator);

impl Port for Wire {
    fn read(&mut self, buffer: &mut [u8], _deadline: Instant) -> Result<usize, PortError> {
        let (byte, place) = match (self.0.paper().answers.pop_front(), buffer.first_mut()) {
            (Some(byte), Some(place)) => (byte, place),
            // Whoever reads waits for what was asked before: nothing will come.
            _ => return Err(PortError::Late),
        };
        *place = byte;
        Ok(1)
    }

    fn write_all(&mut self, bytes: &[u8], _deadline: Instant) -> Result<(), PortError> {
        let mut paper = self.0.paper();
        let room = match paper.room() {
            Room::Break => return Err(PortError::Gone(io::ErrorKind::BrokenPipe)),
            Room::Bytes(room) => room,
        };
        match bytes.get(..room) {
            Some(part) if part.len() < bytes.len() => {
                paper.take(part);
                match paper.script.breaks_after {
                    Some(_) => Err(PortError::Gone(io::ErrorKind::BrokenPipe)),
                    None => Err(PortError::Late),
                }
            }
            _ => {
                paper.take(bytes);
                Ok(())
            }
        }
    }

    fn discard_input(&mut self) -> Result<(), PortError> {
        self.0.paper().answers.clear();
        Ok(())
    }

    fn transport(&self) -> Transport {
        Transport::Simulated
    }

    fn wire_time(&self, _bytes: usize) -> Duration {
        Duration::ZERO
    }
}
