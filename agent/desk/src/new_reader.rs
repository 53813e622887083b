//! How many card readers each till showed today that nobody knew.

use std::collections::BTreeMap;

use jiff::civil::Date;
use pharmacy_protocol::term::TillNumber;
use serde::{Deserialize, Serialize};

use crate::DeskError;

/// New readers of a till's day that have an entry of their own: more than any shop tries out.
const RECORDED_A_DAY: u32 = 8;

/// New readers of the tills, of the day on which each saw some last.
#[derive(Clone, Default, Deserialize, Serialize)]
pub(crate) struct NewReaders(BTreeMap<TillNumber, OfDay>);

#[derive(Clone, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct OfDay {
    pub(crate) day: Date,
    recorded: u32,
    /// How often others were shown.
    pub(crate) further: u64,
}

impl NewReaders {
    /// Counts one more. How many came after those that are recorded?
    pub(crate) fn count(&mut self, till: &TillNumber, day: Date) -> u64 {
        let of_day = OfDay {
            day,
            recorded: 0,
            further: 0,
        };
        let known = self.0.entry(till.clone()).or_insert_with(|| of_day.clone());
        if known.day != day {
            *known = of_day;
        }
        match known.recorded < RECORDED_A_DAY {
            true => known.recorded = known.recorded.saturating_add(1),
            false => known.further = known.further.saturating_add(1),
        }
        known.further
    }

    /// Takes out a till with more than its share on a day that is over.
    pub(crate) fn take_over(&mut self, today: Date) -> Option<(TillNumber, OfDay)> {
        let is_over = |of: &OfDay| of.day != today && of.further > 0;
        let till = self.0.iter().find(|(_, of)| is_over(of))?.0.clone();
        self.0.remove_entry(&till)
    }

    pub(crate) fn serialize(&self) -> Result<String, DeskError> {
        Ok(serde_json::to_string(self)?)
    }
}
