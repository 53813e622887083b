//! Repeats: a scanner on a stand reads what lies before it again and again.
//!
//! In scope: which repeat is dropped. Out of scope: a pack's code, whose repeat is passed on always:
//! the same pack twice in one sale is a finding, not noise.

use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::frame::Frame;
use crate::scan::Kind;

/// How a scanner is used.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Somebody pulls the trigger for each code: a repeat is meant.
    #[default]
    Hand,
    /// On a stand, always reading: a repeat within [`REPEAT`] is the same code still lying there.
    Presentation,
}

/// How soon the same code again is a repeat.
pub const REPEAT: Duration = Duration::from_secs(1);

/// Remembers the last code, not by its text: it may be a credential.
#[derive(Debug)]
pub struct Repeats {
    mode: Mode,
    hasher: RandomState,
    last: Option<(u64, Instant)>,
}

impl Repeats {
    /// Nothing was seen yet.
    pub fn new(mode: Mode) -> Self {
        Self {
            mode,
            hasher: RandomState::new(),
            last: None,
        }
    }

    /// Whether this code is a repeat to be dropped. A code that stays before the scanner stays one.
    pub fn is_repeat(&mut self, frame: &Frame, kind: &Kind, now: Instant) -> bool {
        if self.mode == Mode::Hand || matches!(kind, Kind::Trace(_) | Kind::Traces(_)) {
            return false;
        }
        let hash = self.hasher.hash_one(frame.data());
        let last = self.last.replace((hash, now));
        last.is_some_and(|(seen, at)| seen == hash && now.saturating_duration_since(at) < REPEAT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scanner::frame::{Event, Framer, IDLE_GAP};

    fn frame(code: &str) -> Frame {
        let mut framer = Framer::new(IDLE_GAP);
        let stream = format!("{code}\r");
        match framer.receive(stream.as_bytes(), Instant::now()).pop() {
            Some(Event::Frame(frame)) => frame,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn only_a_standing_scanner_has_repeats_and_packs_never_are() {
        const EAN: &str = "6901234567892";
        const PACK: &str = "81234567890123456789";
        const INSURED: &str = "4241234567890123456799330000";
        for (mode, script) in [
            (
                Mode::Hand,
                &[
                    (0, EAN, false),
                    (1, EAN, false),
                    (2, PACK, false),
                    (3, PACK, false),
                ][..],
            ),
            (
                Mode::Presentation,
                &[
                    (0, EAN, false),
                    (999, EAN, true),
                    // Still lying there.
                    (1998, EAN, true),
                    (2998, EAN, false),
                    (3000, PACK, false),
                    (3001, PACK, false),
                    (3002, EAN, true),
                    (3003, INSURED, false),
                    (3004, INSURED, true),
                    (3005, EAN, false),
                ],
            ),
        ] {
            let start = Instant::now();
            let mut repeats = Repeats::new(mode);
            for (ms, code, wanted) in script {
                let frame = frame(code);
                let now = start + Duration::from_millis(*ms);
                let found =
                    repeats.is_repeat(&frame, &Kind::of(frame.data(), frame.symbology()), now);
                assert_eq!(found, *wanted, "{mode:?} at {ms}");
            }
            assert!(!format!("{repeats:?}").contains("690123"));
        }
    }
}
