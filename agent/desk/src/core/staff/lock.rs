//! Wrong PINs, and how long they lock: never for ever.

use serde::{Deserialize, Serialize};

/// Wrong PINs, and what they lead to.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Lock {
    /// Wrong ones since the last right one.
    wrong: u32,
    /// No further one is tried before.
    until_ms: i64,
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

    /// Until when it is locked, if it is now.
    pub fn locked_until(&self, now_ms: i64) -> Option<i64> {
        let left_ms = self.until_ms.saturating_sub(now_ms);
        // More than it was ever locked for: the clock was set back, and that must lock nobody out.
        let is_locked = (1..=delay_ms(self.wrong)).contains(&left_ms);
        is_locked.then_some(self.until_ms)
    }

    /// Counts a PIN as wrong; [`Lock::reset`] takes it back.
    pub fn count(&mut self, now_ms: i64) {
        self.wrong = self.wrong.saturating_add(1);
        self.until_ms = now_ms.saturating_add(delay_ms(self.wrong));
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
