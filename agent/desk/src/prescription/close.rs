//! What the day closes without: prescriptions that a sale used and of which something is still to be told.

use pharmacy_base::clock::day_of;
use pharmacy_journal::store::PrescriptionNameKind as NameKind;

use super::row::incomplete_name;
use crate::core::prescription::Kept;
use crate::{Desk, DeskError};

/// Most of them that are counted: more than a busy day has.
const MOST: usize = 1_000;

impl Desk {
    /// Those that wait for what else stands on them.
    pub(super) fn incomplete(&self) -> Result<Vec<Kept>, DeskError> {
        let name = incomplete_name(self.journal.keys());
        self.kept_named(NameKind::Incomplete, &name, MOST)
    }

    /// Does any of them wait for what else stands on it?
    pub(crate) fn is_any_incomplete(&self) -> Result<bool, DeskError> {
        let name = incomplete_name(self.journal.keys());
        let reader = self.journal.reader();
        let first = reader.prescriptions_named(NameKind::Incomplete, &name, 1)?;
        Ok(!first.is_empty())
    }

    /// Records, once for each, those that an earlier day closed without.
    pub(crate) fn report_incomplete_prescriptions(&mut self) -> Result<(), DeskError> {
        let today = day_of(self.clock.now_ms());
        let till = self.setup.till.number.clone();
        for kept in self.incomplete()? {
            if kept.used_on.is_some_and(|on| on < today) {
                let finding = "prescription.day-closed";
                self.report_prescriptions(&till, finding, &kept.id.to_string(), vec![kept.id])?;
            }
        }
        Ok(())
    }
}
