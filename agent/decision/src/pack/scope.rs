//! Where and when a row applies.

use jiff::civil::Date;
use pharmacy_protocol::term::RegionCode;

/// A region and a range of days, both ends included.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Scope {
    /// First digits of the region codes; empty for the whole country.
    prefix: String,
    from: Option<Date>,
    until: Option<Date>,
}

/// The word for the whole country.
const NATIONAL: &str = "全国";

impl Scope {
    /// None when the last day lies before the first, or the region is neither `全国` nor digits.
    pub(crate) fn new(region: &str, from: Option<Date>, until: Option<Date>) -> Option<Self> {
        let is_inverted = from.zip(until).is_some_and(|(from, until)| until < from);
        if is_inverted || !Self::is_region(region) {
            return None;
        }
        let prefix = if region == NATIONAL {
            String::new()
        } else {
            region.to_owned()
        };
        Some(Self {
            prefix,
            from,
            until,
        })
    }

    /// `全国`, or the first 1 to 6 digits of region codes.
    pub(crate) fn is_region(region: &str) -> bool {
        let is_prefix = matches!(region.len(), 1..=6) && region.bytes().all(|b| b.is_ascii_digit());
        region == NATIONAL || is_prefix
    }

    /// How closely it fits the region, if it applies there on that day: the digits that agree.
    pub(crate) fn reach(&self, region: &RegionCode, today: Date) -> Option<usize> {
        let applies = region.as_str().starts_with(&self.prefix)
            && self.from.is_none_or(|from| from <= today)
            && self.until.is_none_or(|until| today <= until);
        applies.then_some(self.prefix.len())
    }
}

/// Rows that differ by region and date. Rows for the closest region replace wider ones.
#[derive(Clone, Debug)]
pub(crate) struct Regional<T>(Vec<(Scope, T)>);

impl<T> Regional<T> {
    pub(crate) fn new(rows: Vec<(Scope, T)>) -> Self {
        Self(rows)
    }

    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.0.iter_mut().map(|(_, value)| value)
    }

    pub(crate) fn in_force(
        &self,
        region: &RegionCode,
        today: Date,
        concerns: impl Fn(&T) -> bool,
    ) -> Vec<&T> {
        let reach = |(scope, value): &(Scope, T)| {
            if concerns(value) {
                scope.reach(region, today)
            } else {
                None
            }
        };
        let closest = self.0.iter().filter_map(reach).max();
        let rows = self
            .0
            .iter()
            .filter(|row| closest.is_some() && reach(row) == closest);
        rows.map(|(_, value)| value).collect()
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn the_closest_region_in_force_replaces_the_wider_ones() {
        let scope = |region, from, until| Scope::new(region, from, until).unwrap();
        let rows = Regional::new(vec![
            (scope("全国", None, None), 'a'),
            (scope("44", Some(date(2026, 1, 1)), None), 'b'),
            (scope("4407", None, Some(date(2025, 12, 31))), 'c'),
        ]);
        let region: RegionCode = "440700".parse().unwrap();
        let on = |today, region: &RegionCode| {
            rows.in_force(region, today, |_| true)
                .into_iter()
                .collect::<String>()
        };
        assert_eq!(on(date(2025, 12, 31), &region), "c");
        assert_eq!(on(date(2026, 1, 1), &region), "b");
        assert_eq!(on(date(2026, 1, 1), &"310000".parse().unwrap()), "a");
        assert_eq!(
            rows.in_force(&region, date(2026, 1, 1), |c| *c == 'a'),
            [&'a']
        );
    }

    #[test]
    fn inverted_days_and_words_are_no_scope() {
        assert_eq!(
            Scope::new("全国", Some(date(2026, 1, 2)), Some(date(2026, 1, 1))),
            None
        );
        assert_eq!(Scope::new("广东", None, None), None);
    }
}
