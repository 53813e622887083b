//! How long something lasts already, whatever is done to the clock.
//!
//! A clock that was set back lengthens nothing that is counted: while the agent runs, what only runs forward
//! counts as well, and from one run to the next the time that the clock shows to have passed. Where the clock
//! was set forward, more counts: what is counted here ends early rather than late.

use serde::{Deserialize, Serialize};

use crate::core::moment::Moment;
use pharmacy_journal::Journal;

/// The moment, by a log's run and what the clock shows.
pub(crate) fn moment(journal: &Journal, now_ms: i64) -> Moment {
    let run = journal.run();
    Moment { run, now_ms }
}

/// Time that passed since something began.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Elapsed {
    spent_ms: u64,
    /// When it was counted last, by the clock that can be set.
    counted_ms: i64,
    /// The same by the clock of this run; none before it was counted in this run.
    #[serde(skip)]
    counted_mono_ms: Option<u64>,
}

impl Elapsed {
    /// It begins now.
    pub(crate) fn since(at: Moment) -> Self {
        Self {
            spent_ms: 0,
            counted_ms: at.now_ms,
            counted_mono_ms: Some(at.run.mono_ms),
        }
    }

    /// The same, counted up to now.
    #[must_use]
    pub(crate) fn until(self, at: Moment) -> Self {
        let shown = at.now_ms.saturating_sub(self.counted_ms);
        let shown = u64::try_from(shown).unwrap_or(0);
        let ran = self
            .counted_mono_ms
            .map_or(0, |counted| at.run.mono_ms.saturating_sub(counted));
        Self {
            spent_ms: self.spent_ms.saturating_add(shown.max(ran)),
            counted_ms: at.now_ms,
            counted_mono_ms: Some(at.run.mono_ms),
        }
    }

    /// How long it has lasted when it was counted last.
    pub(crate) fn spent_ms(&self) -> u64 {
        self.spent_ms
    }
}

#[cfg(test)]
mod tests {
    use pharmacy_protocol::entry::{Boot, BootId};

    use super::*;

    fn at(now_ms: i64, mono_ms: u64) -> Moment {
        let id = BootId::new([1; 8]);
        let run = Boot { id, mono_ms };
        Moment { run, now_ms }
    }

    #[test]
    fn a_clock_that_is_set_back_lengthens_nothing() {
        let begun = Elapsed::since(at(1_000_000, 0));
        let back = begun.until(at(10_000, 5_000));
        assert_eq!(back.spent_ms(), 5_000);
        let later = back.until(at(20_000, 15_000));
        assert_eq!(later.spent_ms(), 15_000);
        // The next run begins its own count; the clock shows what passed between.
        let kept: Elapsed = serde_json::from_str(&serde_json::to_string(&later).unwrap()).unwrap();
        assert_eq!(kept.until(at(50_000, 3)).spent_ms(), 45_000);
        assert_eq!(kept.until(at(0, 3)).spent_ms(), 15_000);
    }
}
