//! Supply: how long a sale lasts, and whether an earlier supply lasts still.
//!
//! In scope: days of one line, and the patient's earlier supplies of the same medicine.
//! Out of scope: payment courses (`limit`), numbers of packs (`amount`, `ephedrine`).

use crate::day::days_between;
use crate::fact::Fact;
use crate::facts::{Supply, SupplyException};
use crate::rule::{Breach, Missing, Seen, Truth};
use crate::scene::{LineView, Scene};

/// A line lasts no longer than usual, or than a long prescription where one is recorded.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SupplyDays {
    pub usual_days: u32,
    pub long_days: u32,
}

/// The same medicine is not supplied again while more than `overlap_days` of it are left.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SupplyEarly {
    pub overlap_days: u32,
}

impl SupplyDays {
    pub(crate) fn judge(&self, _scene: &Scene<'_>, line: &LineView<'_>) -> Truth {
        if !line.is_drug() {
            return Truth::Holds;
        }
        let Fact::Known(days) = line.line.days else {
            return Truth::Undetermined(Missing::SupplyDays);
        };
        // LAW: draft detailed rules: age, disability, travel are no 超量开药 when recorded; even
        // so nobody gets more than a long prescription.
        let over = |allowed| Breach {
            found: Seen::Days(days),
            allowed: Seen::Days(allowed),
        };
        if days <= self.usual_days {
            return Truth::Holds;
        }
        match line.line.exception {
            None => Truth::Broken(over(self.usual_days)),
            Some(
                exception @ (SupplyException::Age
                | SupplyException::Disability
                | SupplyException::LongPrescription
                | SupplyException::Travel),
            ) if days <= self.long_days => Truth::Excused(over(self.usual_days), exception.into()),
            Some(SupplyException::Resettlement) => {
                Truth::Excused(over(self.usual_days), SupplyException::Resettlement.into())
            }
            Some(_) => Truth::Broken(over(self.long_days)),
        }
    }
}

impl SupplyEarly {
    pub(crate) fn judge(&self, scene: &Scene<'_>, line: &LineView<'_>) -> Truth {
        if !line.is_drug() {
            return Truth::Holds;
        }
        match (self.judge_history(scene, line), line.line.exception) {
            (truth, None) => truth,
            // LAW: R17: age, disability, travel, a long prescription lift the rule; they are noted
            // where it would have spoken.
            (Truth::Broken(breach), Some(exception)) => Truth::Excused(breach, exception.into()),
            (Truth::Excused(..) | Truth::Holds | Truth::Undetermined(_), Some(_)) => Truth::Holds,
        }
    }

    fn judge_history(&self, scene: &Scene<'_>, line: &LineView<'_>) -> Truth {
        let Fact::Known(history) = &scene.facts.history else {
            return Truth::Undetermined(Missing::History);
        };
        let Some(earlier) = Course::of(scene, line, history, 0) else {
            return Truth::Undetermined(Missing::History);
        };
        let allowed = i64::from(self.overlap_days);
        if earlier.days_left() > allowed {
            let left = u32::try_from(earlier.days_left()).unwrap_or(u32::MAX);
            return Truth::broken(Seen::Days(left), Seen::Days(self.overlap_days));
        }
        if earlier.has_unknown_days {
            return Truth::Undetermined(Missing::History);
        }
        Truth::Holds
    }
}

/// The patient's earlier supplies of one medicine, laid end to end.
pub(crate) struct Course {
    /// The day after the last one covered, counted from today.
    end: i64,
    /// Days supplied in the run of supplies that reaches today.
    pub(crate) days_in_run: u32,
    /// Is a supply among them whose days nobody knows?
    pub(crate) has_unknown_days: bool,
}

impl Course {
    /// Lays out the supplies of the line's medicine; a pause of more than `gap` days begins a new
    /// run. None when the history holds a day that is yet to come: then a clock was wrong, and
    /// nothing follows from it.
    pub(crate) fn of(
        scene: &Scene<'_>,
        line: &LineView<'_>,
        history: &[Supply],
        gap: u32,
    ) -> Option<Self> {
        let today = scene.facts.today;
        let mut supplies: Vec<(i64, &Supply)> = history
            .iter()
            .filter(|supply| line.is_same_treatment(supply))
            .map(|supply| (days_between(today, supply.on), supply))
            .collect();
        supplies.sort_by_key(|(start, _)| *start);
        let gap = i64::from(gap);
        let mut course = Self {
            end: i64::MIN,
            days_in_run: 0,
            has_unknown_days: false,
        };
        for (start, supply) in supplies {
            if start > 0 {
                return None;
            }
            let Fact::Known(days) = supply.days else {
                course.has_unknown_days = true;
                continue;
            };
            course.begin(start, gap);
            // LAW: the day of sale is a day of treatment: seven days bought on the 1st end with
            // the 7th, and a supply bought early is used after the one before it.
            course.end = course.end.max(start).saturating_add(i64::from(days));
            course.days_in_run = course.days_in_run.saturating_add(days);
        }
        course.begin(0, gap);
        Some(course)
    }

    /// Begins a new run where the last one ended more than `gap` days before `start`.
    fn begin(&mut self, start: i64, gap: i64) {
        if self.end.saturating_add(gap) < start {
            self.days_in_run = 0;
        }
    }

    fn days_left(&self) -> i64 {
        self.end.max(0)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::{Date, date};
    use pharmacy_protocol::term::Quantity;

    use super::*;
    use crate::Why;
    use crate::rule::Word;
    use crate::rule::testing::{facts, on_line};

    fn supply(facts: &crate::Facts, on: Date, days: Fact<u32>) -> Supply {
        Supply {
            code: facts.lines[0].offered.code.clone(),
            sku: None,
            on,
            quantity: Quantity::whole(1),
            days,
        }
    }

    fn early(facts: &crate::Facts) -> Truth {
        on_line(facts, |scene, line| {
            SupplyEarly { overlap_days: 0 }.judge(scene, line)
        })
    }

    #[test]
    fn a_sale_on_the_day_after_the_supply_ends_holds() {
        let mut facts = facts();
        facts.history = Fact::Known(vec![supply(&facts, date(2026, 3, 1), Fact::Known(7))]);
        facts.today = date(2026, 3, 7);
        assert_eq!(early(&facts), Truth::broken(Seen::Days(1), Seen::Days(0)));
        facts.today = date(2026, 3, 8);
        assert_eq!(early(&facts), Truth::Holds);
    }

    #[test]
    fn an_early_refill_is_used_after_the_supply_before_it() {
        let mut facts = facts();
        facts.today = date(2026, 3, 10);
        facts.history = Fact::Known(vec![
            supply(&facts, date(2026, 3, 5), Fact::Known(7)),
            supply(&facts, date(2026, 3, 1), Fact::Known(7)),
        ]);
        // 14 days from the 1st: the 10th to the 14th are left.
        assert_eq!(early(&facts), Truth::broken(Seen::Days(5), Seen::Days(0)));
        facts.lines[0].exception = Some(SupplyException::Travel);
        let breach = Breach {
            found: Seen::Days(5),
            allowed: Seen::Days(0),
        };
        let excused = Truth::Excused(breach, Word::ExceptionTravel);
        assert_eq!(early(&facts), excused);
        facts.history = Fact::Missing(Why::NotKnown);
        assert_eq!(early(&facts), Truth::Holds);
    }

    #[test]
    fn unknown_history_is_undetermined_not_broken() {
        let mut facts = facts();
        facts.history = Fact::Missing(Why::NotKnown);
        assert_eq!(early(&facts), Truth::Undetermined(Missing::History));
        facts.history = Fact::Known(vec![supply(&facts, facts.today, Fact::default())]);
        assert_eq!(early(&facts), Truth::Undetermined(Missing::History));
    }

    #[test]
    fn a_supply_that_is_yet_to_come_proves_nothing() {
        let mut facts = facts();
        let tomorrow = facts.today.tomorrow().unwrap();
        facts.history = Fact::Known(vec![supply(&facts, tomorrow, Fact::Known(90))]);
        assert_eq!(early(&facts), Truth::Undetermined(Missing::History));
    }

    #[test]
    fn reasons_allow_a_long_supply_but_not_any_supply() {
        let rule = SupplyDays {
            usual_days: 30,
            long_days: 84,
        };
        let mut facts = facts();
        let judged = |facts: &crate::Facts| on_line(facts, |scene, line| rule.judge(scene, line));
        let broken = |days, allowed| Truth::broken(Seen::Days(days), Seen::Days(allowed));
        let excused = |days, word| {
            let (found, allowed) = (Seen::Days(days), Seen::Days(30));
            Truth::Excused(Breach { found, allowed }, word)
        };
        use SupplyException::{Age, Disability, LongPrescription, Resettlement, Travel};
        for (days, exception, expected) in [
            (30, None, Truth::Holds),
            (30, Some(Travel), Truth::Holds),
            (31, None, broken(31, 30)),
            (31, Some(Age), excused(31, Word::ExceptionAge)),
            (60, Some(Disability), excused(60, Word::ExceptionDisability)),
            (84, Some(LongPrescription), excused(84, Word::ExceptionLong)),
            (84, Some(Travel), excused(84, Word::ExceptionTravel)),
            (85, Some(Travel), broken(85, 84)),
            (
                200,
                Some(Resettlement),
                excused(200, Word::ExceptionResettlement),
            ),
        ] {
            facts.lines[0].days = Fact::Known(days);
            facts.lines[0].exception = exception;
            assert_eq!(judged(&facts), expected, "{days}");
        }
        facts.lines[0].days = Fact::default();
        assert_eq!(judged(&facts), Truth::Undetermined(Missing::SupplyDays));
    }
}
