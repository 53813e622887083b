//! Wrong PINs, and how long they lock: never for ever, and by a clock that nobody sets.

use serde::{Deserialize, Serialize};

use crate::core::moment::Moment;

/// By which door a PIN comes. Each locks for itself: whoever types nonsense at another PC closes neither
/// the till nor, from the till, the chain's reviews.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Side {
    /// At a till, or a command at the machine.
    Counter,
    /// At the reviewers' door.
    Review,
}

/// The wrong PINs of a member.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", from = "Stored")]
pub struct Locks {
    counter: Lock,
    review: Lock,
}

/// A row's locks, and the one lock of rows from before.
#[derive(Deserialize)]
#[serde(untagged)]
enum Stored {
    Sides {
        counter: Lock,
        review: Lock,
    },
    #[serde(rename_all = "kebab-case")]
    Before {
        wrong: u32,
    },
}

impl From<Stored> for Locks {
    fn from(stored: Stored) -> Self {
        match stored {
            Stored::Sides { counter, review } => Self { counter, review },
            Stored::Before { wrong } => Self {
                counter: Lock { wrong, since: None },
                review: Lock::default(),
            },
        }
    }
}

impl Locks {
    /// Until when every door is open again.
    pub fn locked_until(&self, now: Moment) -> Option<i64> {
        let [counter, review] = [&self.counter, &self.review].map(|lock| lock.locked_until(now));
        counter.max(review)
    }

    pub fn at(&self, side: Side) -> &Lock {
        match side {
            Side::Counter => &self.counter,
            Side::Review => &self.review,
        }
    }

    pub fn at_mut(&mut self, side: Side) -> &mut Lock {
        match side {
            Side::Counter => &mut self.counter,
            Side::Review => &mut self.review,
        }
    }
}

/// Wrong PINs at one door, and what they lead to.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Lock {
    /// Wrong ones since the last right one.
    wrong: u32,
    /// When the last was counted.
    since: Option<Since>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Since {
    /// In which run.
    boot: [u8; 8],
    /// How far into it, milliseconds.
    mono_ms: u64,
    at_ms: i64,
}

impl Lock {
    /// Wrong PINs since the last right one.
    pub fn wrong(&self) -> u32 {
        self.wrong
    }

    /// Have there been more wrong PINs than mistyping explains?
    pub fn is_suspicious(&self) -> bool {
        self.wrong > FREE_TRIES
    }

    /// Until when it is locked, by the wall clock as it stands, if it is now.
    ///
    /// Within a run the wall clock decides nothing. Another run counts what the wall clock says has passed,
    /// or its own length if that is more: no clock set back locks longer than the lock was, from the
    /// start of that run at the latest.
    pub fn locked_until(&self, now: Moment) -> Option<i64> {
        let since = self.since?;
        let passed_ms = if &since.boot == now.run.id.as_bytes() {
            now.run.mono_ms.saturating_sub(since.mono_ms)
        } else {
            let by_wall = now.now_ms.saturating_sub(since.at_ms);
            now.run.mono_ms.max(u64::try_from(by_wall).unwrap_or(0))
        };
        let left_ms = delay_ms(self.wrong).saturating_sub_unsigned(passed_ms);
        (left_ms > 0).then(|| now.now_ms.saturating_add(left_ms))
    }

    /// Counts a PIN as wrong; [`Lock::reset`] takes it back.
    pub fn count(&mut self, now: Moment) {
        self.wrong = self.wrong.saturating_add(1);
        self.since = Some(Since {
            boot: *now.run.id.as_bytes(),
            mono_ms: now.run.mono_ms,
            at_ms: now.now_ms,
        });
    }

    /// A right PIN forgives the wrong ones.
    pub fn reset(&mut self) {
        *self = Self::default();
    }
}

/// How long the `wrong`th wrong PIN locks.
fn delay_ms(wrong: u32) -> i64 {
    let Some(doublings) = wrong.checked_sub(FREE_TRIES + 1) else {
        return 0;
    };
    let factor = 1_i64.checked_shl(doublings.min(32)).unwrap_or(i64::MAX);
    FIRST_DELAY_MS.saturating_mul(factor).min(LONGEST_DELAY_MS)
}

/// Wrong PINs that cost nothing: everybody mistypes.
pub const FREE_TRIES: u32 = 2;

/// How long the first wrong PIN after those locks; each further one locks twice as long.
pub const FIRST_DELAY_MS: i64 = 30_000;

/// The longest lock. Never forever: whoever could lock the person in charge out for good, by typing
/// nonsense, could close the counter (R07).
pub const LONGEST_DELAY_MS: i64 = 30 * 60_000;

#[cfg(test)]
mod tests {
    use pharmacy_protocol::entry::{Boot, BootId};

    use super::*;

    const NOON_MS: i64 = 1_764_000_000_000;

    fn moment(run: u8, mono_ms: u64, now_ms: i64) -> Moment {
        let run = Boot {
            id: BootId::new([run; 8]),
            mono_ms,
        };
        Moment { run, now_ms }
    }

    fn locked(wrong: u32, at: Moment) -> Lock {
        let mut lock = Lock::default();
        for _ in 0..wrong {
            lock.count(at);
        }
        lock
    }

    // R07: nobody is locked out for good.
    #[test]
    fn wrong_pins_lock_ever_longer_but_never_longer_than_half_an_hour() {
        let mut lock = Lock::default();
        let now = moment(1, 5, NOON_MS);
        let locks_s: Vec<i64> = (0..12)
            .map(|_| {
                lock.count(now);
                let until_ms = lock.locked_until(now);
                until_ms.map_or(0, |until_ms| (until_ms - NOON_MS) / 1000)
            })
            .collect();
        let expected = [0, 0, 30, 60, 120, 240, 480, 960, 1800, 1800, 1800, 1800];
        assert_eq!(locks_s, expected);
        let longest = u64::try_from(LONGEST_DELAY_MS).unwrap();
        let later = |by: u64| moment(1, 5 + by, NOON_MS + i64::try_from(by).unwrap());
        assert!(lock.locked_until(later(longest - 1)).is_some());
        assert_eq!(lock.locked_until(later(longest)), None);
        lock.reset();
        lock.count(now);
        assert_eq!(lock.locked_until(now), None);
        assert!(!lock.is_suspicious());
    }

    #[test]
    fn no_clock_that_is_set_shortens_or_lengthens_a_lock() {
        let day_ms = 24 * 3_600_000;
        let lock = locked(3, moment(1, 0, NOON_MS));
        for set_ms in [NOON_MS - day_ms, NOON_MS, NOON_MS + day_ms] {
            let until_ms = lock.locked_until(moment(1, 29_999, set_ms));
            assert_eq!(until_ms, Some(set_ms + 1));
            assert_eq!(lock.locked_until(moment(1, 30_000, set_ms)), None);
        }
    }

    #[test]
    fn a_restart_neither_ends_a_lock_nor_makes_it_last() {
        let lock = locked(3, moment(1, 700_000, NOON_MS));
        // At once after the restart, the wall clock goes on.
        assert!(lock.locked_until(moment(2, 0, NOON_MS + 10_000)).is_some());
        assert_eq!(lock.locked_until(moment(2, 0, NOON_MS + 30_000)), None);
        // Set back meanwhile: as long as the lock was, from the restart.
        let back_ms = NOON_MS - 3_600_000;
        assert!(lock.locked_until(moment(2, 29_999, back_ms)).is_some());
        assert_eq!(lock.locked_until(moment(2, 30_000, back_ms)), None);
    }

    #[test]
    fn each_door_locks_for_itself() {
        let mut locks = Locks::default();
        let now = moment(1, 0, NOON_MS);
        for _ in 0..5 {
            locks.at_mut(Side::Review).count(now);
        }
        assert!(locks.at(Side::Review).locked_until(now).is_some());
        assert_eq!(locks.at(Side::Counter).locked_until(now), None);
        let kept = serde_json::to_vec(&locks).unwrap();
        assert_eq!(serde_json::from_slice::<Locks>(&kept).unwrap(), locks);
    }

    #[test]
    fn rows_of_before_keep_what_was_counted() {
        let before = r#"{"wrong":4,"until-ms":1764000000000}"#;
        let mut locks: Locks = serde_json::from_str(before).unwrap();
        assert_eq!(locks.at(Side::Counter).wrong(), 4);
        let now = moment(1, 0, NOON_MS);
        locks.at_mut(Side::Counter).count(now);
        let until_ms = locks.at(Side::Counter).locked_until(now);
        assert_eq!(until_ms, Some(NOON_MS + 120_000));
    }
}
