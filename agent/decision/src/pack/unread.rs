//! Tables of `pack.toml`: when settlements that cannot be read are refused and how their shape is opened
//! again; for how long a stance may be lowered; how soon a return of goods paid in cash is reported.
//!
//! Out of scope: what counts as unread, and counting (the desk).

use jiff::civil::{Date, Time};
use pharmacy_protocol::term::Fen;
use serde::Deserialize;

/// `[unread]` of `pack.toml`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Unread {
    /// Accepted settlements of one call number of one till that were read: from then on it can be read.
    pub reads: u32,
    /// The day from which none passes any more, however few were read.
    pub refused_from: Option<Date>,
    /// Hours for which the person in charge opens a shape again.
    pub hours: u32,
    /// Hours for which whoever is on duty does so, alone at night.
    pub alone_hours: u32,
    /// Settlements that may pass then.
    pub alone_calls: u32,
    /// Yuan that they may come to, as far as the platform's answers tell.
    pub alone_yuan: u32,
    /// Hours in which nobody opens one alone again.
    pub alone_rest_hours: u32,
    /// When the night begins at the store.
    pub night_from: Time,
    /// When it ends.
    pub night_until: Time,
}

impl Default for Unread {
    /// For packs from before there was such a table.
    fn default() -> Self {
        Self {
            reads: 50,
            refused_from: None,
            hours: 24,
            alone_hours: 2,
            alone_calls: 10,
            alone_yuan: 2000,
            alone_rest_hours: 12,
            night_from: Time::constant(21, 0, 0, 0),
            night_until: Time::constant(8, 0, 0, 0),
        }
    }
}

impl Unread {
    /// Has the day come from which what cannot be read is refused?
    pub fn is_refused_on(&self, today: Date) -> bool {
        self.refused_from.is_some_and(|from| from <= today)
    }

    /// Is it night at the store?
    pub fn is_night(&self, time: Time) -> bool {
        let (from, until) = (self.night_from, self.night_until);
        match from <= until {
            true => (from..until).contains(&time),
            false => time >= from || time < until,
        }
    }

    /// What may pass alone, in fen.
    pub fn alone_sum(&self) -> Fen {
        Fen::new(i64::from(self.alone_yuan).saturating_mul(100))
    }
}

/// `[lowering]` of `pack.toml`: how long a stance or the stage may be lower than it was in force.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Lowering {
    /// Days for which a reason is enough.
    pub days: u32,
    /// Days, from its beginning, before which the same is not lowered again.
    pub rest_days: u32,
}

impl Default for Lowering {
    /// For packs from before there was such a table.
    fn default() -> Self {
        Self {
            days: 7,
            rest_days: 90,
        }
    }
}

/// `[cash-return]` of `pack.toml`: goods that were paid in cash and are settled instead (退现改医保).
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct CashReturn {
    /// Hours within which the till reports (3506) that they came back.
    pub hours: u32,
}

impl Default for CashReturn {
    /// For packs from before there was such a table.
    fn default() -> Self {
        Self { hours: 24 }
    }
}

impl CashReturn {
    /// The same in milliseconds.
    pub fn within_ms(self) -> i64 {
        i64::from(self.hours).saturating_mul(60 * 60 * 1000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_night_goes_over_midnight() {
        let unread = Unread::default();
        let at = |hour| Time::constant(hour, 0, 0, 0);
        let is_night = [0, 7, 8, 12, 20, 21, 23].map(|hour| unread.is_night(at(hour)));
        assert_eq!(is_night, [true, true, false, false, false, true, true]);
        let day = Unread {
            night_from: at(1),
            night_until: at(5),
            ..unread
        };
        assert_eq!(
            [0, 1, 4, 5].map(|hour| day.is_night(at(hour))),
            [false, true, true, false]
        );
    }
}
