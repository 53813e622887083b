//! The time of day, as a thing that is passed in.
//!
//! In scope: the system's clock in the store's own time, and a clock that tests set.
//! Out of scope: whether the clock is right. It can be set back or forward by whoever owns the
//! till, so order in the log is the index and erasure waits for attested time.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};

/// China has one time, eight hours ahead, without daylight saving since 1991.
pub const STORE_OFFSET: Offset = Offset::constant(8);

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Milliseconds since 1970 began, UTC.
    fn now_ms(&self) -> i64;

    /// Milliseconds since some moment of this process, by a clock that nobody sets: it only runs
    /// forward. Differences count, the number itself says nothing.
    fn mono_ms(&self) -> u64;

    /// The day in the store's own time.
    fn today(&self) -> Date {
        day_of(self.now_ms())
    }
}

/// The day on which a moment falls in the store's own time.
pub fn day_of(now_ms: i64) -> Date {
    let moment = Timestamp::from_millisecond(now_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    moment.to_zoned(TimeZone::fixed(STORE_OFFSET)).date()
}

/// A moment as the clock on the store's wall shows it.
pub fn shown(at_ms: i64) -> String {
    let moment = Timestamp::from_millisecond(at_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    let there = moment.to_zoned(TimeZone::fixed(STORE_OFFSET));
    there.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// When the day of a moment began in the store's own time, milliseconds since 1970.
pub fn midnight_ms(now_ms: i64) -> i64 {
    let midnight = day_of(now_ms).to_zoned(TimeZone::fixed(STORE_OFFSET));
    // The end of the calendar; no shop lives to see it.
    midnight.map_or(now_ms, |midnight| midnight.timestamp().as_millisecond())
}

/// The machine's own clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now_ms(&self) -> i64 {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }

    fn mono_ms(&self) -> u64 {
        static FIRST_ASKED: LazyLock<Instant> = LazyLock::new(Instant::now);
        u64::try_from(FIRST_ASKED.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// A clock that stands still until it is set; clones share the time.
#[derive(Clone, Debug)]
pub struct TestClock {
    now_ms: Arc<AtomicI64>,
    mono_ms: Arc<AtomicU64>,
}

impl TestClock {
    /// A clock that shows `now_ms`.
    pub fn new(now_ms: i64) -> Self {
        Self {
            now_ms: Arc::new(AtomicI64::new(now_ms)),
            mono_ms: Arc::default(),
        }
    }

    /// Sets the clock, forward or back; what only runs forward stands still.
    pub fn set(&self, now_ms: i64) {
        self.now_ms.store(now_ms, Ordering::SeqCst);
    }

    /// Lets time pass.
    pub fn advance(&self, by_ms: i64) {
        self.now_ms.fetch_add(by_ms, Ordering::SeqCst);
        let passed = u64::try_from(by_ms).unwrap_or(0);
        self.mono_ms.fetch_add(passed, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now_ms(&self) -> i64 {
        self.now_ms.load(Ordering::SeqCst)
    }

    fn mono_ms(&self) -> u64 {
        self.mono_ms.load(Ordering::SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn the_day_changes_at_midnight_of_the_store() {
        // 2025-11-21T16:00:00Z is midnight at the store.
        let midnight_ms = 1_763_740_800_000;
        for moment in [midnight_ms, midnight_ms + 1, midnight_ms + 86_399_999] {
            assert_eq!(super::midnight_ms(moment), midnight_ms);
        }
        let clock = TestClock::new(midnight_ms - 1);
        assert_eq!(clock.today(), date(2025, 11, 21));
        clock.advance(1);
        assert_eq!(clock.today(), date(2025, 11, 22));
        clock.set(0);
        assert_eq!(clock.today(), date(1970, 1, 1));
    }

    #[test]
    fn what_only_runs_forward_is_not_set() {
        let clock = TestClock::new(0);
        clock.advance(5);
        clock.set(-1_000);
        assert_eq!((clock.now_ms(), clock.mono_ms()), (-1_000, 5));
        let earlier = SystemClock.mono_ms();
        assert!(SystemClock.mono_ms() >= earlier);
    }

    #[test]
    fn the_system_clock_runs_after_this_was_written() {
        assert!(SystemClock.now_ms() > 1_763_000_000_000);
    }
}
