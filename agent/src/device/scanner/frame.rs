//! Frames: what a scanner sends for one symbol, cut out of a stream of bytes.
//!
//! ```text
//! [STX] []cm] data [CR | LF | CR LF | TAB | ETX]        ends at a terminator
//! []cm] data ........ idle gap                          ends when the line stays quiet
//! ```
//! Which of these a scanner uses is set by scanning codes of its manual, so all are understood at once.
//! GS (1D) belongs to GS1 data and stays; other control characters are dropped. `]cm` is the AIM id of
//! the symbol, kept beside the data. The data are opaque: GB 18030 and UTF-8 pass alike.
//!
//! In scope: ends, limits, what belongs to no code. Pure: the time is told, nothing is read here. Out
//! of scope: what a frame means ([`super::kind`]).
//!
//! SPEC: ISO/IEC 15424 for AIM ids; the rest is what scanners' manuals offer.

use std::fmt;
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

/// Most bytes of a frame. The largest QR code holds 2953; a longer one is a broken line.
pub const LONGEST_FRAME: usize = 4096;

/// How long a line stays quiet after a code that has no terminator: virtual COM ports deliver one
/// code in several pieces, some tens of milliseconds apart.
pub const IDLE_GAP: Duration = Duration::from_millis(80);

const STX: u8 = 0x02;
const ETX: u8 = 0x03;
const TAB: u8 = 0x09;
const LF: u8 = 0x0A;
const CR: u8 = 0x0D;
const GS: u8 = 0x1D;

/// Which symbol carried a code, as the scanner says (`]cm`, ISO/IEC 15424).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Symbology {
    /// The letter: `E` for EAN, `C` for Code 128, `d` for Data Matrix, `Q` for QR.
    pub code: char,
    /// The modifier.
    pub modifier: char,
}

impl Symbology {
    /// Whether the symbol holds GS1 element strings. Such a scanner passes separators on: the id
    /// exists for that.
    pub fn is_gs1(self) -> bool {
        matches!(
            (self.code, self.modifier),
            ('C' | 'J', '1') | ('Q', '3') | ('d', '2') | ('e', '0'..='2')
        )
    }

    /// Whether the symbol is an EAN or UPC code with a second, smaller one beside it.
    pub fn has_add_on(self) -> bool {
        (self.code, self.modifier) == ('E', '3')
    }

    fn of(first: [u8; 3]) -> Option<Self> {
        let [b']', code, modifier] = first else {
            return None;
        };
        (code.is_ascii_alphabetic() && modifier.is_ascii_alphanumeric()).then(|| Self {
            code: char::from(code),
            modifier: char::from(modifier),
        })
    }
}

impl fmt::Display for Symbology {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "]{}{}", self.code, self.modifier)
    }
}

/// The data of one symbol. Wiped when dropped; `Debug` shows the length only.
pub struct Frame {
    symbology: Option<Symbology>,
    data: Zeroizing<Vec<u8>>,
}

impl Frame {
    /// Takes one leading AIM id off what was received; `None` when nothing is left.
    fn of(mut received: Zeroizing<Vec<u8>>) -> Option<Self> {
        let symbology = received
            .first_chunk()
            .and_then(|first| Symbology::of(*first));
        if symbology.is_some() {
            // In place, so that no copy stays behind unwiped.
            received.drain(..3);
        }
        (!received.is_empty()).then_some(Self {
            symbology,
            data: received,
        })
    }

    /// Which symbol carried it, if the scanner says so.
    pub fn symbology(&self) -> Option<Symbology> {
        self.symbology
    }

    /// The data.
    pub fn data(&self) -> &[u8] {
        &self.data
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frame")
            .field("symbology", &self.symbology)
            .field("length", &self.data.len())
            .finish_non_exhaustive()
    }
}

/// What a stream of bytes held.
#[derive(Debug)]
pub enum Event {
    /// A whole frame.
    Frame(Frame),
    /// More than [`LONGEST_FRAME`] bytes without an end. A part of a code is another code, so all of
    /// it is dropped.
    Overlong {
        /// How many bytes there were.
        length: usize,
    },
}

/// Cuts a stream into frames.
pub struct Framer {
    idle_gap: Duration,
    received: Zeroizing<Vec<u8>>,
    /// Bytes beyond the longest frame.
    excess: usize,
    /// When the last byte came; none while no frame is open.
    last: Option<Instant>,
}

impl fmt::Debug for Framer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Framer")
            .field("pending", &self.pending())
            .finish_non_exhaustive()
    }
}

impl Framer {
    /// A framer over which nothing came yet.
    pub fn new(idle_gap: Duration) -> Self {
        Self {
            idle_gap,
            received: buffer(),
            excess: 0,
            last: None,
        }
    }

    /// Takes what came and tells what it completed.
    ///
    /// The time between two calls ends no frame: a thread that was held up would cut a code in two
    /// that arrived in one. Only [`Self::settle`] does, after a read that found nothing.
    pub fn receive(&mut self, bytes: &[u8], now: Instant) -> Vec<Event> {
        let mut events = Vec::new();
        for byte in bytes {
            match *byte {
                STX | ETX | TAB | LF | CR => events.extend(self.end()),
                GS | 0x20.. => self.push(*byte, now),
                _ => {}
            }
        }
        events
    }

    /// When the line has been quiet for long enough to end what is open.
    pub fn due(&self) -> Option<Instant> {
        self.last.map(|last| last + self.idle_gap)
    }

    /// Ends what is open if the line has been quiet until now for an idle gap.
    pub fn settle(&mut self, now: Instant) -> Option<Event> {
        self.due()
            .filter(|due| *due <= now)
            .and_then(|_| self.end())
    }

    /// How many bytes of an open frame have come.
    pub fn pending(&self) -> usize {
        self.received.len() + self.excess
    }

    fn push(&mut self, byte: u8, now: Instant) {
        self.last = Some(now);
        if self.received.len() < LONGEST_FRAME {
            self.received.push(byte);
        } else {
            self.excess += 1;
        }
    }

    fn end(&mut self) -> Option<Event> {
        self.last = None;
        let received = std::mem::replace(&mut self.received, buffer());
        match std::mem::take(&mut self.excess) {
            0 => Frame::of(received).map(Event::Frame),
            excess => Some(Event::Overlong {
                length: received.len() + excess,
            }),
        }
    }
}

/// All the room at once: a vector that grows leaves its old bytes in memory unwiped.
fn buffer() -> Zeroizing<Vec<u8>> {
    Zeroizing::new(Vec::with_capacity(LONGEST_FRAME))
}
