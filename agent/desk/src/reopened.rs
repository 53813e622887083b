//! Shapes of settlements that cannot be read and are let through for a while: who signed for it is in the
//! entry, here is what is left of it.
//!
//! ```text
//! in charge    a day
//! alone        at night, where nobody in charge is on duty: two hours, so many, and so much money
//! ```
//! It ends by itself. It is a setting that entries tell of, so that neither another start nor a clock that was
//! set back opens anything for longer. Out of scope: signing for it (`counter`).

use pharmacy_decision::pack::Unread;
use pharmacy_protocol::record::finding::UnreadShape;
use pharmacy_protocol::term::{EntryIndex, Fen};
use serde::{Deserialize, Serialize};

use crate::DeskError;
use crate::core::moment::Moment;
use crate::elapsed::Elapsed;

/// The setting that holds them.
pub(crate) const REOPENED_SETTING: &str = "reopened";

const HOUR_MS: u64 = 60 * 60 * 1000;

/// Most that are kept: more shapes than a shop meets in a day.
const MOST: usize = 32;

/// All of the store.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Reopenings {
    open: Vec<Reopening>,
    /// Since somebody last opened one alone.
    alone: Option<Elapsed>,
}

/// One of them.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Reopening {
    shape: UnreadShape,
    entry: EntryIndex,
    is_alone: bool,
    since: Elapsed,
    /// What passed by it.
    calls: u32,
    /// What that came to, as far as the platform told.
    amount: Fen,
}

impl Reopening {
    fn lasts(&self, unread: &Unread) -> bool {
        let hours = match self.is_alone {
            true => unread.alone_hours,
            false => unread.hours,
        };
        self.since.spent_ms() < u64::from(hours).saturating_mul(HOUR_MS)
    }

    /// Has it room for one more beside those that are on their way?
    fn has_room(&self, unread: &Unread, on_way: usize) -> bool {
        let on_way = u32::try_from(on_way).unwrap_or(u32::MAX);
        let calls = self.calls.saturating_add(on_way);
        !self.is_alone || (calls < unread.alone_calls && self.amount < unread.alone_sum())
    }
}

impl Reopenings {
    pub(crate) fn parse(kept: &str) -> Result<Self, DeskError> {
        Ok(serde_json::from_str(kept)?)
    }

    pub(crate) fn serialize(&self) -> Result<String, DeskError> {
        Ok(serde_json::to_string(self)?)
    }

    /// Counts the time up to now, and lets go of what is over. Is there anything to count?
    pub(crate) fn pass(&mut self, at: Moment, unread: &Unread) -> bool {
        for reopening in &mut self.open {
            reopening.since = reopening.since.until(at);
        }
        self.open.retain(|reopening| reopening.lasts(unread));
        let rest_ms = u64::from(unread.alone_rest_hours).saturating_mul(HOUR_MS);
        self.alone = self.alone.map(|since| since.until(at));
        self.alone = self.alone.filter(|since| since.spent_ms() < rest_ms);
        !self.open.is_empty() || self.alone.is_some()
    }

    /// May somebody open one alone?
    pub(crate) fn is_rested(&self) -> bool {
        self.alone.is_none()
    }

    /// A shape is opened from now on.
    pub(crate) fn open(
        &mut self,
        shape: UnreadShape,
        (entry, is_alone): (EntryIndex, bool),
        at: Moment,
    ) {
        self.open
            .retain(|known| known.shape != shape || (is_alone && !known.is_alone));
        if self.open.len() >= MOST {
            self.open.remove(0);
        }
        if is_alone {
            self.alone = Some(Elapsed::since(at));
        }
        self.open.push(Reopening {
            shape,
            entry,
            is_alone,
            since: Elapsed::since(at),
            calls: 0,
            amount: Fen::ZERO,
        });
    }

    /// The entry that lets one more settlement of a shape through; `on_way` says how many it lets already.
    pub(crate) fn permit(
        &self,
        shape: &UnreadShape,
        unread: &Unread,
        on_way: impl Fn(EntryIndex) -> usize,
    ) -> Option<EntryIndex> {
        let mut fitting = self.open.iter().filter(|known| known.shape == *shape);
        let room = |known: &&Reopening| known.has_room(unread, on_way(known.entry));
        fitting.find(room).map(|known| known.entry)
    }

    /// One passed by it that the platform accepted, or may have.
    pub(crate) fn passed(&mut self, entry: EntryIndex, amount: Option<Fen>) {
        if let Some(known) = self.open.iter_mut().find(|known| known.entry == entry) {
            known.calls = known.calls.saturating_add(1);
            let sum = known.amount.checked_add(amount.unwrap_or(Fen::ZERO));
            // What cannot be counted any more is more than enough.
            known.amount = sum.unwrap_or(Fen::new(i64::MAX));
        }
    }
}

#[cfg(test)]
mod tests {
    use pharmacy_protocol::entry::{Boot, BootId};

    use super::*;

    fn shape(reason: &str) -> UnreadShape {
        UnreadShape {
            infno: None,
            path: "/csb".to_owned(),
            media: String::new(),
            coding: String::new(),
            reason: reason.to_owned(),
        }
    }

    fn after(hours: u64) -> Moment {
        let mono_ms = hours * HOUR_MS;
        let id = BootId::new([1; 8]);
        Moment {
            run: Boot { id, mono_ms },
            now_ms: i64::try_from(mono_ms).unwrap(),
        }
    }

    #[test]
    fn one_opened_alone_ends_with_its_hours_its_number_or_its_sum() {
        let pack = Unread::default();
        let entry = EntryIndex::new(7);
        let opened = || {
            let mut all = Reopenings::default();
            all.open(shape("a"), (entry, true), after(0));
            all
        };
        let mut all = opened();
        assert_eq!(all.permit(&shape("a"), &pack, |_| 9), Some(entry));
        assert_eq!(all.permit(&shape("a"), &pack, |_| 10), None);
        assert_eq!(all.permit(&shape("b"), &pack, |_| 0), None);
        for _ in 0..10 {
            assert!(all.permit(&shape("a"), &pack, |_| 0).is_some());
            all.passed(entry, Some(Fen::new(100)));
        }
        assert_eq!(all.permit(&shape("a"), &pack, |_| 0), None);
        let mut all = opened();
        all.passed(entry, Some(Fen::new(200_000)));
        assert_eq!(all.permit(&shape("a"), &pack, |_| 0), None);
        let mut all = opened();
        assert!(all.pass(after(1), &pack));
        assert_eq!(all.permit(&shape("a"), &pack, |_| 0), Some(entry));
        assert!(all.pass(after(2), &pack));
        assert_eq!(all.permit(&shape("a"), &pack, |_| 0), None);
        assert!(!all.is_rested());
        assert!(!all.pass(after(12), &pack) && all.is_rested());
    }

    #[test]
    fn one_opened_by_the_person_in_charge_lasts_a_day_and_has_no_sum() {
        let pack = Unread::default();
        let entry = EntryIndex::new(7);
        let mut all = Reopenings::default();
        all.open(shape("a"), (entry, false), after(0));
        all.passed(entry, Some(Fen::new(9_999_999)));
        let _ = all.pass(after(23), &pack);
        assert_eq!(all.permit(&shape("a"), &pack, |_| 99), Some(entry));
        let _ = all.pass(after(24), &pack);
        assert_eq!(all.permit(&shape("a"), &pack, |_| 0), None);
    }
}
