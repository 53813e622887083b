//! Working days in China: weekends, public holidays, and the weekend days worked in their place.
//!
//! ```text
//! year,off,work
//! 2026,01-01..01-03 02-15..02-23 ...,01-04 02-14 ...
//! ```
//! In scope: is a day a working day; how many lie between two days; which day is the nth after one.
//! Out of scope: which deadlines there are (`core::standing`); hours of the day.
//!
//! The days of a year are announced in the autumn before it. Years that the table does not have are
//! counted with plain weekends, and every answer says by how much it may be off for that reason: a
//! reminder can be given all the same, and nobody is refused on a guess.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use jiff::civil::{Date, Weekday};

/// The table that ships: see `config/calendar/README.md`.
const SHIPPED: &str = include_str!("../../../config/calendar/china.csv");

const HEADING: &str = "year,off,work";

/// How far a count within one year may be off when its holidays are not known: the most by which any
/// stretch of any year from 2004 to 2026 differs from plain weekends. A test holds the table to it.
const MOST_DOUBT_IN_A_YEAR: u32 = 14;

/// From this day of December on, days belong to the announcement of the next year.
const NEXT_YEARS_FROM: i8 = 29;

/// Which days are worked.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Calendar {
    years: BTreeSet<i16>,
    special: BTreeMap<Date, Special>,
}

/// A day that is not what its weekday says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Special {
    Off,
    Work,
}

/// A count of working days.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Count {
    /// Working days, unknown years with plain weekends.
    pub days: u32,
    /// By how many the true count may differ; 0 when every year is known.
    pub doubt: u32,
}

impl Count {
    /// May it be off?
    pub fn is_uncertain(self) -> bool {
        self.doubt > 0
    }

    /// Fewer it cannot be.
    pub fn at_least(self) -> u32 {
        self.days.saturating_sub(self.doubt)
    }
}

/// What is known of one day.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Workday {
    /// Is it worked, by the table or else by its weekday?
    pub is_working: bool,
    /// Does the table know?
    pub is_known: bool,
}

/// A day reached by counting.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Reached {
    pub day: Date,
    /// May it be off, because a year on the way is not known?
    pub is_uncertain: bool,
}

/// A table that cannot be used. Lines count from 1.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CalendarError {
    /// A day is no day of its year.
    #[error("line {line}: `{text}` is no day or stretch of days of the year")]
    Day { line: usize, text: String },
    /// The first line is not the heading.
    #[error("the first line is not `{HEADING}`")]
    Heading,
    /// A line has not three columns.
    #[error("line {line}: not three columns")]
    Columns { line: usize },
    /// A day stands twice, or a day to be worked is no weekend.
    #[error("line {line}: `{day}` stands twice, or is worked without being a weekend")]
    Twice { line: usize, day: Date },
    /// The year is none, or does not follow the one before.
    #[error("line {line}: the year is none, or not later than the one before")]
    Year { line: usize },
}

impl Calendar {
    /// The table that ships.
    pub fn shipped() -> Self {
        // A calendar without years still counts and says that it may be off; a test reads the table.
        Self::parse(SHIPPED).unwrap_or_default()
    }

    pub fn parse(text: &str) -> Result<Self, CalendarError> {
        let mut lines = text.trim_start_matches('\u{feff}').lines().zip(1..);
        if lines.next().map(|(line, _)| line.trim()) != Some(HEADING) {
            return Err(CalendarError::Heading);
        }
        let mut calendar = Self::default();
        for (row, line) in lines.filter(|(row, _)| !row.trim().is_empty()) {
            calendar.take(row.trim(), line)?;
        }
        Ok(calendar)
    }

    fn take(&mut self, row: &str, line: usize) -> Result<(), CalendarError> {
        let mut columns = row.split(',');
        let (Some(year), Some(off), Some(work), None) = (
            columns.next(),
            columns.next(),
            columns.next(),
            columns.next(),
        ) else {
            return Err(CalendarError::Columns { line });
        };
        let year: i16 = match year.trim().parse() {
            Ok(year) if (1949..=9998).contains(&year) && self.years.last() < Some(&year) => year,
            _ => return Err(CalendarError::Year { line }),
        };
        self.years.insert(year);
        for (days, special) in [(off, Special::Off), (work, Special::Work)] {
            for stretch in days.split_whitespace() {
                self.mark(year, line, stretch, special)?;
            }
        }
        Ok(())
    }

    fn mark(
        &mut self,
        year: i16,
        line: usize,
        stretch: &str,
        special: Special,
    ) -> Result<(), CalendarError> {
        let wrong = || CalendarError::Day {
            line,
            text: stretch.chars().take(32).collect(),
        };
        let (first, last) = stretch.split_once("..").unwrap_or((stretch, stretch));
        let first = day_of_year(year, first).ok_or_else(wrong)?;
        let last = day_of_year(year, last).ok_or_else(wrong)?;
        if last < first {
            return Err(wrong());
        }
        let mut day = first;
        loop {
            let is_needless = special == Special::Work && !is_weekend(day);
            if is_needless || self.special.insert(day, special).is_some() {
                return Err(CalendarError::Twice { line, day });
            }
            match day.tomorrow() {
                Ok(next) if next <= last => day = next,
                _ => return Ok(()),
            }
        }
    }

    /// This calendar with another's years; the other's word counts for a year that both have.
    #[must_use]
    pub fn with(mut self, other: Self) -> Self {
        self.special
            .retain(|day, _| !other.years.contains(&day.year()));
        self.years.extend(other.years);
        self.special.extend(other.special);
        self
    }

    /// First and last year that the calendar knows.
    pub fn known_years(&self) -> Option<(i16, i16)> {
        Some((*self.years.first()?, *self.years.last()?))
    }

    /// Is a day worked?
    pub fn workday(&self, day: Date) -> Workday {
        let is_working = match self.special.get(&day) {
            Some(Special::Off) => false,
            Some(Special::Work) => true,
            None => !is_weekend(day),
        };
        Workday {
            is_working,
            is_known: self.is_known(day),
        }
    }

    fn is_known(&self, day: Date) -> bool {
        let is_next_years = day.month() == 12 && day.day() >= NEXT_YEARS_FROM;
        let knows = |year| self.years.contains(&year);
        knows(day.year()) && (!is_next_years || knows(day.year().saturating_add(1)))
    }

    /// Working days after one day, up to and including another.
    ///
    /// LAW: a period counted in days begins on the day after the one that sets it off (民法典 art. 201).
    pub fn working_days(&self, after: Date, until: Date) -> Count {
        if until <= after {
            return Count::default();
        }
        let range = (Bound::Excluded(after), Bound::Included(until));
        let mut days = plain_weekdays(after, until);
        for (day, special) in self.special.range(range) {
            match special {
                Special::Work => days = days.saturating_add(1),
                Special::Off if !is_weekend(*day) => days = days.saturating_sub(1),
                Special::Off => {}
            }
        }
        Count {
            days,
            doubt: self.doubt(after, until),
        }
    }

    /// By how much a count may be off.
    fn doubt(&self, after: Date, until: Date) -> u32 {
        let years = after.year()..=until.year();
        let of_year = |year: i16| {
            let from = if self.years.contains(&year) {
                if self.years.contains(&year.saturating_add(1)) {
                    return 0;
                }
                jiff::civil::date(year, 12, NEXT_YEARS_FROM)
            } else {
                jiff::civil::date(year, 1, 1)
            };
            let before = from.yesterday().unwrap_or(Date::MIN).max(after);
            let last = jiff::civil::date(year, 12, 31).min(until);
            days_between(before, last).min(MOST_DOUBT_IN_A_YEAR)
        };
        years
            .map(of_year)
            .fold(0, |sum: u32, doubt| sum.saturating_add(doubt))
    }

    /// The nth working day after a day; the day itself for 0.
    pub fn after(&self, start: Date, working_days: u16) -> Reached {
        let mut reached = Reached {
            day: start,
            is_uncertain: false,
        };
        let mut left = working_days;
        while left > 0 {
            let Ok(next) = reached.day.tomorrow() else {
                return reached;
            };
            let workday = self.workday(next);
            reached.day = next;
            reached.is_uncertain |= !workday.is_known;
            left = left.saturating_sub(u16::from(workday.is_working));
        }
        reached
    }
}

fn is_weekend(day: Date) -> bool {
    matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
}

fn days_between(after: Date, until: Date) -> u32 {
    let days = after.duration_until(until).as_hours() / 24;
    u32::try_from(days).unwrap_or(0)
}

/// Days from Monday to Friday after one day, up to and including another.
fn plain_weekdays(after: Date, until: Date) -> u32 {
    let days = days_between(after, until);
    let mut day = until;
    let mut rest: u32 = 0;
    for _ in 0..days % 7 {
        rest = rest.saturating_add(u32::from(!is_weekend(day)));
        day = day.yesterday().unwrap_or(day);
    }
    (days / 7).saturating_mul(5).saturating_add(rest)
}

/// `MM-DD` of a year.
fn day_of_year(year: i16, text: &str) -> Option<Date> {
    let (month, day) = text.split_once('-')?;
    if month.len() != 2 || day.len() != 2 {
        return None;
    }
    Date::new(year, month.parse().ok()?, day.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    /// The same, one day after the other.
    fn counted(calendar: &Calendar, after: Date, until: Date) -> u32 {
        let days = after.series(1.day()).skip(1);
        let days = days.take_while(|day| *day <= until);
        days.filter(|day| calendar.workday(*day).is_working)
            .count()
            .try_into()
            .unwrap()
    }

    /// Of each year days off, and days of work.
    const SWAPS: [(i16, &str, &str); 9] = [
        // Spring Festival, with the Sundays before and after.
        (2024, "02-10 02-12 02-16 02-17", "02-04 02-09 02-18"),
        (2025, "01-28 02-03 02-04", "01-26 01-27 02-05 02-08"),
        (2026, "02-16 02-20 02-23", "02-13 02-14 02-24 02-28"),
        // National Day.
        (2024, "10-01 10-04 10-07", "09-29 10-08 10-12"),
        (2025, "10-01 10-07 10-08", "09-28 09-30 10-09 10-11"),
        (2026, "10-01 10-07 10-11", "09-20 09-30 10-08 10-10"),
        // Labour Day and the Dragon Boat Festival.
        (2024, "05-01 05-03 06-10", "04-28 05-06 05-11"),
        (2025, "05-01 05-05 06-02", "04-27 05-06 06-03"),
        (2026, "01-02 05-05 06-19 09-25", "01-04 05-06 05-09"),
    ];

    /// The announced swaps: days on which a plain calendar is wrong, and some on which it is right.
    #[test]
    fn the_announced_swaps_are_known() {
        let calendar = Calendar::shipped();
        assert_eq!(calendar.known_years(), Some((2004, 2026)));
        for (year, off, work) in SWAPS {
            for (days, is_working) in [(off, false), (work, true)] {
                for day in days.split(' ') {
                    let day = day_of_year(year, day).unwrap();
                    let workday = calendar.workday(day);
                    assert_eq!(workday.is_working, is_working, "{day}");
                    assert!(workday.is_known, "{day}");
                }
            }
        }
    }

    /// R33: counted by hand from the announcements.
    #[test]
    fn deadlines_fall_on_known_days() {
        let calendar = Calendar::shipped();
        let cases = [
            (date(2025, 9, 30), 1, date(2025, 10, 9)),
            (date(2025, 9, 30), 3, date(2025, 10, 11)),
            (date(2025, 9, 26), 1, date(2025, 9, 28)),
            (date(2025, 1, 24), 10, date(2025, 2, 13)),
            (date(2026, 2, 13), 1, date(2026, 2, 14)),
            (date(2026, 2, 13), 2, date(2026, 2, 24)),
            (date(2025, 10, 10), 30, date(2025, 11, 20)),
        ];
        for (start, count, day) in cases {
            let reached = calendar.after(start, count);
            assert_eq!(reached.day, day, "{count} after {start}");
            assert!(!reached.is_uncertain);
            let back = calendar.working_days(start, day);
            assert_eq!((back.days, back.doubt), (count.into(), 0));
        }
        assert_eq!(calendar.after(date(2025, 10, 5), 0).day, date(2025, 10, 5));
    }

    /// R33: a year that nobody announced is counted with plain weekends, and says so.
    #[test]
    fn unknown_years_are_counted_and_marked() {
        let calendar = Calendar::shipped();
        let into_2027 = calendar.working_days(date(2026, 12, 25), date(2027, 1, 8));
        assert_eq!(into_2027.days, 10);
        // 29 to 31 December and 1 to 8 January.
        assert_eq!(into_2027.doubt, 11);
        assert_eq!(into_2027.at_least(), 0);
        assert!(calendar.after(date(2026, 12, 20), 10).is_uncertain);
        assert!(!calendar.after(date(2026, 12, 18), 5).is_uncertain);
        assert!(!calendar.workday(date(2003, 6, 2)).is_known);
        assert!(calendar.workday(date(2003, 6, 2)).is_working);
        assert!(!calendar.workday(date(2026, 12, 31)).is_known);
        assert!(calendar.workday(date(2025, 12, 31)).is_known);
        let long = calendar.working_days(date(2026, 1, 1), date(2029, 12, 31));
        assert_eq!(long.doubt, 3 + 3 * MOST_DOUBT_IN_A_YEAR);
    }

    #[test]
    fn an_added_year_replaces_and_makes_known() {
        let added = Calendar::parse("year,off,work\n2027,01-01..01-03 02-05..02-11,01-30\n");
        let calendar = Calendar::shipped().with(added.unwrap());
        assert!(calendar.workday(date(2027, 1, 30)).is_working);
        assert!(!calendar.workday(date(2027, 2, 8)).is_working);
        assert!(calendar.workday(date(2026, 12, 31)).is_known);
        let replaced = calendar.with(Calendar::parse("year,off,work\r\n2026,,\r\n").unwrap());
        assert!(replaced.workday(date(2026, 10, 1)).is_working);
        assert!(!replaced.workday(date(2025, 10, 1)).is_working);
    }

    #[test]
    fn a_wrong_table_is_refused_with_its_line() {
        let day = |text: &str| CalendarError::Day {
            line: 2,
            text: text.to_owned(),
        };
        let cases = [
            ("", CalendarError::Heading),
            ("2027,,\n", CalendarError::Heading),
            (
                "year,off,work\n2027,01-01\n",
                CalendarError::Columns { line: 2 },
            ),
            (
                "year,off,work\n2027,,,\n",
                CalendarError::Columns { line: 2 },
            ),
            ("year,off,work\nnext,,\n", CalendarError::Year { line: 2 }),
            (
                "year,off,work\n2027,,\n2027,,\n",
                CalendarError::Year { line: 3 },
            ),
            ("year,off,work\n2027,02-30,\n", day("02-30")),
            ("year,off,work\n2027,2-3,\n", day("2-3")),
            ("year,off,work\n2027,01-03..01-01,\n", day("01-03..01-01")),
            (
                "year,off,work\n2027,,01-04\n",
                CalendarError::Twice {
                    line: 2,
                    day: date(2027, 1, 4),
                },
            ),
            (
                "year,off,work\n2027,01-01..01-03,01-02\n",
                CalendarError::Twice {
                    line: 2,
                    day: date(2027, 1, 2),
                },
            ),
        ];
        for (text, error) in cases {
            assert_eq!(Calendar::parse(text), Err(error), "{text}");
        }
    }

    fn any_day() -> impl Strategy<Value = Date> {
        (2003_i16..=2029, 1_i16..=365)
            .prop_map(|(year, day)| date(year, 1, 1).checked_add((day - 1).days()).unwrap())
    }

    proptest! {
        #[test]
        fn a_count_is_the_days_one_by_one(after in any_day(), until in any_day()) {
            let calendar = Calendar::shipped();
            let count = calendar.working_days(after, until);
            prop_assert_eq!(count.days, counted(&calendar, after, until));
            let mut days = after.series(1.day()).skip(1).take_while(|day| *day <= until);
            let has_unknown = days.any(|day| !calendar.workday(day).is_known);
            prop_assert_eq!(count.is_uncertain(), has_unknown);
        }

        #[test]
        fn the_nth_day_after_has_n_working_days_before_it(start in any_day(), n in 1_u16..300) {
            let calendar = Calendar::shipped();
            let reached = calendar.after(start, n);
            let count = calendar.working_days(start, reached.day);
            prop_assert_eq!(count.days, u32::from(n));
            prop_assert_eq!(count.is_uncertain(), reached.is_uncertain);
            prop_assert!(calendar.workday(reached.day).is_working);
        }

        /// What is said of the doubt: a calendar that knows no year is never further off than that.
        #[test]
        fn a_count_without_the_table_is_off_by_the_doubt_at_most(
            after in any_day(), until in any_day(),
        ) {
            let until = until.min(date(2026, 12, 28));
            let after = after.max(date(2004, 1, 1));
            let known = Calendar::shipped().working_days(after, until);
            let guessed = Calendar::default().working_days(after, until);
            prop_assert!(known.days.abs_diff(guessed.days) <= guessed.doubt);
            prop_assert!(guessed.at_least() <= known.days);
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".{0,80}") {
            let _ = Calendar::parse(&format!("year,off,work\n{text}"));
        }
    }

    /// The bound itself, over every stretch within every year.
    #[test]
    fn no_stretch_of_a_year_is_further_off_than_the_bound() {
        let calendar = Calendar::shipped();
        let mut most = 0;
        for year in 2004..=2026 {
            let (mut off, mut least, mut greatest) = (0_i32, 0_i32, 0_i32);
            for day in date(year, 1, 1)
                .series(1.day())
                .take_while(|day| day.year() == year)
            {
                off += i32::from(!is_weekend(day)) - i32::from(calendar.workday(day).is_working);
                most = most.max(off - least).max(greatest - off);
                (least, greatest) = (least.min(off), greatest.max(off));
            }
        }
        assert_eq!(most.unsigned_abs(), MOST_DOUBT_IN_A_YEAR);
    }
}
