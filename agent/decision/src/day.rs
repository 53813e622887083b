//! Counting days and years between two days of the calendar.

use jiff::civil::Date;

/// Whole days from one day to another; negative when `to` is earlier.
pub(crate) fn days_between(from: Date, to: Date) -> i64 {
    from.duration_until(to)
        .as_hours()
        .checked_div(24)
        .unwrap_or_default()
}

/// Completed years of age on a day; none before birth.
pub(crate) fn years_between(birth: Date, on: Date) -> Option<u32> {
    let is_completed = (on.month(), on.day()) >= (birth.month(), birth.day());
    let years = i32::from(on.year()).checked_sub(i32::from(birth.year()))?;
    let years = if is_completed {
        years
    } else {
        years.checked_sub(1)?
    };
    u32::try_from(years).ok()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn years_are_complete_on_the_birthday() {
        let birth = date(2012, 11, 22);
        assert_eq!(years_between(birth, date(2026, 11, 21)), Some(13));
        assert_eq!(years_between(birth, date(2026, 11, 22)), Some(14));
        assert_eq!(years_between(birth, birth), Some(0));
        assert_eq!(years_between(birth, date(2012, 11, 21)), None);
    }

    #[test]
    fn days_count_both_ways() {
        assert_eq!(days_between(date(2026, 2, 27), date(2026, 3, 1)), 2);
        assert_eq!(days_between(date(2026, 3, 1), date(2026, 2, 27)), -2);
    }
}
