//! How often rules were released this month, against what the pack foresees (R07).
//!
//! Counted are the figures of releases, which the log tells: what is released counts when it is signed,
//! and a reversal gives nothing back. Months are the store's.

use jiff::civil::Date;
use pharmacy_decision::Pack;
use pharmacy_decision::record::release::Beyond;
use pharmacy_journal::store::{FigureKind, Reader};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Desk, DeskError};

/// A rule that was released more often this month than the pack foresees.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize, ToSchema)]
pub struct OverBudget {
    /// The rule.
    pub rule: String,
    /// Its releases of this month.
    pub released: u64,
    /// How many the pack foresees.
    pub budget: u32,
}

/// Every rule that was released more often this month than the pack foresees.
pub fn over_budget(
    reader: &Reader<'_>,
    pack: &Pack,
    today: Date,
) -> Result<Vec<OverBudget>, DeskError> {
    let mut over = Vec::new();
    for rule in pack.rules() {
        let Some(budget) = pack.release_budget(rule.id()) else {
            continue;
        };
        let released = released(reader, rule.id(), today)?;
        if released > u64::from(budget) {
            let rule = rule.id().to_owned();
            over.push(OverBudget {
                rule,
                released,
                budget,
            });
        }
    }
    Ok(over)
}

fn released(reader: &Reader<'_>, rule: &str, today: Date) -> Result<u64, DeskError> {
    let month = (today.first_of_month(), today.last_of_month());
    Ok(reader.count_figures(FigureKind::Release, rule, month)?)
}

impl Desk {
    /// Whether one more release of a rule is beyond what the pack foresees for this month.
    pub(crate) fn beyond_budget(&self, rule: &str) -> Result<Option<Beyond>, DeskError> {
        let Some(budget) = self.pack.release_budget(rule) else {
            return Ok(None);
        };
        let before = released(&self.journal.reader(), rule, self.clock.today())?;
        let released = before.saturating_add(1);
        let beyond = Beyond { released, budget };
        Ok((released > u64::from(budget)).then_some(beyond))
    }
}
