//! Lines about what may happen a thousand times a second: one at once, then a count per minute.

use std::num::NonZeroU64;
use std::time::{Duration, Instant};

/// How long nothing more is said of the same thing.
const QUIET: Duration = Duration::from_secs(60);

/// One thing that may happen often.
#[derive(Debug, Default)]
pub struct Pace {
    said: Option<Instant>,
    unsaid: u64,
}

impl Pace {
    /// It happens. Returns how often it has since it was last told of, if that is to be told now; the first
    /// time is told at once.
    pub fn happened(&mut self, now: Instant) -> Option<NonZeroU64> {
        self.unsaid = self.unsaid.saturating_add(1);
        let since = |said| now.saturating_duration_since(said);
        if self.said.is_some_and(|said| since(said) < QUIET) {
            return None;
        }
        self.said = Some(now);
        NonZeroU64::new(std::mem::take(&mut self.unsaid))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_and_then_a_count_per_minute() {
        let mut pace = Pace::default();
        let begin = Instant::now();
        let said: Vec<_> = (0..=180_u64)
            .filter_map(|second| {
                let now = begin + Duration::from_secs(second);
                Some((second, pace.happened(now)?.get()))
            })
            .collect();
        assert_eq!(said, [(0, 1), (60, 60), (120, 60), (180, 60)]);
    }

    #[test]
    fn nothing_is_lost_over_a_pause() {
        let mut pace = Pace::default();
        let (mut told, begin) = (0, Instant::now());
        for second in [0, 1, 2, 3, 500, 501, 900] {
            let now = begin + Duration::from_secs(second);
            told += pace.happened(now).map_or(0, NonZeroU64::get);
        }
        assert_eq!(told, 7);
    }
}
