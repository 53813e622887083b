//! The platform's time: it goes on by a fixed step with every call, so that the same calls in the same
//! order get the same bytes.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The first moment, 2026-07-01 10:30:00 in China.
pub const START_MS: i64 = 1_782_873_000_000;
/// What a call takes; field samples show about this.
const STEP_MS: i64 = 150;

/// A counter that reads as a time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clock {
    calls: i64,
}

impl Clock {
    /// Goes on by one call.
    pub(super) fn tick(&mut self) {
        self.calls += 1;
    }

    /// The moment, in milliseconds since 1970.
    pub fn now_ms(&self) -> i64 {
        START_MS + self.calls * STEP_MS
    }

    /// The number of the call.
    pub fn serial(&self) -> i64 {
        self.calls
    }

    pub(super) fn is_near(&self, at_ms: i64, skew_ms: i64) -> bool {
        (at_ms - self.now_ms()).abs() <= skew_ms
    }

    /// The moment as one of `strftime`'s patterns says, in China's time.
    pub(super) fn text(&self, pattern: &str) -> String {
        text(self.now_ms(), pattern)
    }

    /// `yyyyMMddHHmmssSSS`, this much later.
    pub(super) fn compact(&self, later_ms: i64) -> String {
        let at_ms = self.now_ms() + later_ms;
        format!("{}{:03}", text(at_ms, "%Y%m%d%H%M%S"), at_ms % 1000)
    }
}

/// A moment as one of `strftime`'s patterns says, in China's time.
pub fn text(at_ms: i64, pattern: &str) -> String {
    zoned(at_ms, 8).strftime(pattern).to_string()
}

/// A moment as HTTP writes dates.
pub(super) fn http_date(at_ms: i64) -> String {
    let date = zoned(at_ms, 0);
    date.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

fn zoned(at_ms: i64, hours: i8) -> jiff::Zoned {
    let at = Timestamp::from_millisecond(at_ms).expect("a moment of this century");
    at.to_zoned(TimeZone::fixed(jiff::tz::offset(hours)))
}

#[cfg(test)]
mod tests {
    use super::{Clock, START_MS, http_date, text};

    #[test]
    fn clock_starts_when_it_says_and_moves_by_calls_only() {
        let mut clock = Clock::default();
        assert_eq!(clock.text("%Y-%m-%d %H:%M:%S"), "2026-07-01 10:30:00");
        clock.tick();
        assert_eq!(clock.compact(12), "20260701103000162");
        assert_eq!(http_date(START_MS), "Wed, 01 Jul 2026 02:30:00 GMT");
        assert_eq!(text(START_MS, "%Y%m%d"), "20260701");
    }
}
