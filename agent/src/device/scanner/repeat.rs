//! Repeats: a scanner on a stand reads what lies before it again and again.
//!
//! In scope: which repeat is dropped. Out of scope: a pack's code, whose repeat is passed on always:
//! the same pack twice in one sale is a finding, not noise.

use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::frame::Frame;
use super::kind::Kind;

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
        if self.mode == Mode::Hand || matches!(kind, Kind::Trace(_)) {
            return false;
        }
        let hash = self.hasher.hash_one(frame.data());
        let last = self.last.replace((hash, now));
        last.is_some_and(|(seen, at)| seen == hash && now.saturating_duration_since(at) < REPEAT)
    }
}
