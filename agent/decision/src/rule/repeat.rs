//! Repeat: the same article settled for the same insured and taken back, again and again.
//!
//! In scope: counting what was taken back. Out of scope: whether a reversal may be (the platform's
//! matter: a customer's money is never held up).
//!
//! LAW: R20, R28: settling and taking back in loops is how cash is drawn and limits are probed.

use crate::day::days_between;
use crate::rule::{Seen, Truth};
use crate::scene::{LineView, Scene};

/// Settlements of an article were not taken back so often within some days.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Repeated {
    pub days: u32,
    /// From so many on it is said.
    pub times: u32,
}

impl Repeated {
    pub(crate) fn judge(&self, scene: &Scene<'_>, line: &LineView<'_>) -> Truth {
        let today = scene.facts.today;
        let is_recent = |day: &&jiff::civil::Date| {
            // A day that is yet to come: a clock was wrong, and nothing follows from it.
            let ago = days_between(**day, today);
            (0..i64::from(self.days)).contains(&ago)
        };
        let count = line.line.taken_back.iter().filter(is_recent).count();
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        if count < self.times.max(1) {
            return Truth::Holds;
        }
        let allowed = self.times.saturating_sub(1);
        Truth::broken(Seen::Number(count), Seen::Number(allowed))
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::rule::testing::{facts, on_line};

    #[test]
    fn what_was_taken_back_counts_for_some_days() {
        let rule = Repeated { days: 30, times: 3 };
        let mut facts = facts();
        facts.today = date(2026, 11, 22);
        let mut judged = |days: &[jiff::civil::Date]| {
            facts.lines[0].taken_back = days.to_vec();
            on_line(&facts, |scene, line| rule.judge(scene, line))
        };
        let (today, first, before) = (date(2026, 11, 22), date(2026, 10, 24), date(2026, 10, 23));
        // A wrong box, given back twice: honest.
        assert_eq!(judged(&[]), Truth::Holds);
        assert_eq!(judged(&[today, first]), Truth::Holds);
        assert_eq!(judged(&[today, first, before]), Truth::Holds);
        assert_eq!(
            judged(&[today, today, first]),
            Truth::broken(Seen::Number(3), Seen::Number(2))
        );
        let tomorrow = date(2026, 11, 23);
        assert_eq!(judged(&[tomorrow, today, first]), Truth::Holds);
    }
}
