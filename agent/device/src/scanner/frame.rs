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
//! of scope: what a frame means ([`crate::scan`]).
//!
//! SPEC: ISO/IEC 15424 for AIM ids; the rest is what scanners' manuals offer.

use std::fmt;
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use crate::scan::Symbology;

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
                // Noise is dropped, but the line is not quiet.
                _ => self.last = self.last.map(|_| now),
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What a stream yields, told as text: symbology and data, or `overlong N`.
    fn told(events: impl IntoIterator<Item = Event>) -> Vec<String> {
        let tell = |event| match event {
            Event::Frame(frame) => {
                let id = frame.symbology().map(|id| id.to_string());
                let data = String::from_utf8_lossy(frame.data()).into_owned();
                format!("{}{data}", id.map_or(String::new(), |id| id + " "))
            }
            Event::Overlong { length } => format!("overlong {length}"),
        };
        events.into_iter().map(tell).collect()
    }

    /// All of a stream that came at once, and what was open when it went quiet.
    fn frames(stream: &[u8]) -> Vec<String> {
        let now = Instant::now();
        let mut framer = Framer::new(IDLE_GAP);
        let mut events = framer.receive(stream, now);
        events.extend(framer.settle(now + IDLE_GAP));
        assert_eq!((framer.pending(), framer.due()), (0, None));
        told(events)
    }

    #[test]
    fn every_terminator_ends_a_frame_and_empty_ones_are_dropped() {
        for (stream, wanted) in [
            (&b"AB\r"[..], &["AB"][..]),
            (b"AB\n", &["AB"]),
            (b"AB\r\n", &["AB"]),
            (b"AB\t", &["AB"]),
            (b"\x02AB\x03", &["AB"]),
            (b"\x02AB\x03\r\n", &["AB"]),
            (b"\x02AB\x02CD\x03", &["AB", "CD"]),
            (b"AB\r\nCD\r\n", &["AB", "CD"]),
            (b"AB\rCD\nEF\tGH", &["AB", "CD", "EF", "GH"]),
            (b"AB\r\rCD", &["AB", "CD"]),
            (b"\r\n\r\n\t\x02\x03", &[]),
            (b"", &[]),
        ] {
            assert_eq!(frames(stream), wanted, "{stream:?}");
        }
    }

    #[test]
    fn separators_stay_and_other_control_characters_go() {
        for (stream, wanted) in [
            (&b"A\x1dB\r"[..], "A\u{1d}B"),
            (b"\x00A\x01\x04\x07\x1b\x1c\x1e\x1fB\r", "AB"),
            (b" A B \r", " A B "),
            (b"A\x7fB\r", "A\u{7f}B"),
            ("药品\r".as_bytes(), "药品"),
        ] {
            assert_eq!(frames(stream), [wanted], "{stream:?}");
        }
        // GB 18030 of the same, opaque: no byte of it is taken for a terminator or dropped.
        let mut framer = Framer::new(IDLE_GAP);
        let events = framer.receive(b"\xd2\xa9\xc6\xb7\x81\x30\x84\x36\r", Instant::now());
        let [Event::Frame(frame)] = &events[..] else {
            panic!("{events:?}");
        };
        assert_eq!(frame.data(), b"\xd2\xa9\xc6\xb7\x81\x30\x84\x36");
    }

    #[test]
    fn one_leading_aim_id_is_kept_beside_the_data() {
        for (stream, wanted) in [
            (&b"]C1010690\r"[..], &["]C1 010690"][..]),
            (b"]E06901234567892\r", &["]E0 6901234567892"]),
            (b"]d2]d2X\r", &["]d2 ]d2X"]),
            (b"X]C1\r", &["X]C1"]),
            (b"]1CX\r", &["]1CX"]),
            (b"]C-X\r", &["]C-X"]),
            (b"]C\r", &["]C"]),
            (b"]C1\r", &[]),
            (b"\x02]Q1X\x03", &["]Q1 X"]),
        ] {
            assert_eq!(frames(stream), wanted, "{stream:?}");
        }
    }

    #[test]
    fn only_quiet_ends_a_frame_without_terminator() {
        let start = Instant::now();
        let ms = |ms| start + Duration::from_millis(ms);
        let mut framer = Framer::new(Duration::from_millis(80));
        assert_eq!(framer.due(), None);
        assert!(framer.settle(ms(1000)).is_none());
        assert!(framer.receive(b"8123", ms(0)).is_empty());
        assert_eq!(framer.due(), Some(ms(80)));
        assert!(framer.settle(ms(79)).is_none());
        // The next piece begins the gap anew.
        assert!(framer.receive(b"4567", ms(79)).is_empty());
        assert!(framer.settle(ms(158)).is_none());
        assert_eq!(told(framer.settle(ms(159))), ["81234567"]);
        assert!(framer.settle(ms(500)).is_none());
        // A thread that was held up reads late what came in time: that is one code, not two.
        assert!(framer.receive(b"AB", ms(600)).is_empty());
        assert_eq!(told(framer.receive(b"CD\r", ms(900))), ["ABCD"]);
        assert_eq!(framer.due(), None);
        // Bytes that are dropped keep no frame open.
        assert!(framer.receive(b"\x00\x00", ms(950)).is_empty());
        assert_eq!(framer.due(), None);
    }

    #[test]
    fn an_overlong_frame_is_dropped_up_to_its_end() {
        let longest = "7".repeat(LONGEST_FRAME);
        let fits = format!("{longest}\rAB\r");
        assert_eq!(frames(fits.as_bytes()), [longest.as_str(), "AB"]);
        for more in [1, 2, 10_000] {
            let stream = format!("{longest}{}\rAB\r", "7".repeat(more));
            let told = format!("overlong {}", LONGEST_FRAME + more);
            assert_eq!(frames(stream.as_bytes()), [told.as_str(), "AB"]);
            // Or to where the line goes quiet.
            let stream = format!("{longest}{}", "7".repeat(more));
            assert_eq!(frames(stream.as_bytes()), [told.as_str()]);
        }
    }

    #[test]
    fn noise_within_a_code_keeps_it_open() {
        let began = Instant::now();
        let mut framer = Framer::new(IDLE_GAP);
        assert!(framer.receive(b"8123", began).is_empty());
        let noisy = began + IDLE_GAP - Duration::from_millis(1);
        assert!(framer.receive(b"\x00", noisy).is_empty());
        assert!(framer.settle(began + IDLE_GAP).is_none());
        assert!(framer.settle(noisy + IDLE_GAP).is_some());
    }

    #[test]
    fn a_buffer_never_grows() {
        let mut framer = Framer::new(IDLE_GAP);
        framer.receive(&[b'7'; 3 * LONGEST_FRAME], Instant::now());
        assert_eq!(framer.received.capacity(), LONGEST_FRAME);
    }

    #[test]
    fn debug_shows_lengths_only() {
        let mut framer = Framer::new(IDLE_GAP);
        let events = framer.receive(b"]Q14241234567890123456799330000\r424", Instant::now());
        for shown in [format!("{events:?}"), format!("{framer:?}")] {
            assert!(!shown.contains("424") && !shown.contains("52"), "{shown}");
        }
        assert!(format!("{events:?}").contains("length: 28"));
    }

    #[test]
    fn gs1_symbols_are_told_by_their_id() {
        let id = |text: &str| Symbology::of(text.as_bytes().try_into().unwrap()).unwrap();
        for text in ["]C1", "]d2", "]Q3", "]e0", "]J1"] {
            assert!(id(text).is_gs1(), "{text}");
        }
        for text in ["]C0", "]d1", "]Q1", "]E0", "]A0", "]C2"] {
            assert!(!id(text).is_gs1(), "{text}");
        }
    }

    /// Streams that are mostly codes and terminators.
    fn streams() -> impl Strategy<Value = Vec<u8>> {
        let byte = prop_oneof![
            4 => b'0'..=b'9',
            2 => prop::sample::select(vec![b'\r', b'\n', b'\t', 2, 3, 0x1d, b']', b'C', b'1']),
            1 => any::<u8>(),
        ];
        prop::collection::vec(byte, 0..200)
    }

    proptest! {
        #[test]
        fn split_anywhere_gives_the_same_frames(
            stream in streams(),
            cuts in prop::collection::vec(0_usize..200, 0..20),
            pauses in prop::collection::vec(0_u64..80, 21),
        ) {
            let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(stream.len())).collect();
            cuts.extend([0, stream.len()]);
            cuts.sort_unstable();
            cuts.dedup();
            let mut now = Instant::now();
            let mut framer = Framer::new(IDLE_GAP);
            let mut events = Vec::new();
            for (cut, pause) in cuts.windows(2).zip(pauses) {
                // A read that found nothing, before the gap was over, ends nothing.
                prop_assert!(framer.settle(now).is_none());
                events.extend(framer.receive(&stream[cut[0]..cut[1]], now));
                now += Duration::from_millis(pause);
            }
            events.extend(framer.settle(now + IDLE_GAP));
            prop_assert_eq!(told(events), frames(&stream));
        }

        #[test]
        fn frames_hold_no_control_character_but_the_separator(stream in prop::collection::vec(any::<u8>(), 0..300)) {
            let now = Instant::now();
            let mut framer = Framer::new(IDLE_GAP);
            let mut events = framer.receive(&stream, now);
            events.extend(framer.settle(now + IDLE_GAP));
            for event in events {
                let Event::Frame(frame) = event else { continue };
                prop_assert!(!frame.data().is_empty());
                prop_assert!(frame.data().iter().all(|byte| *byte >= 0x20 || *byte == 0x1d));
            }
        }
    }
}
