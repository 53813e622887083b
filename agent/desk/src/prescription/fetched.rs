//! Electronic prescriptions that the till fetched from the centre: kept like any other, and written off by
//! the till's own call. Until that passes, the page says that it waits.
//!
//! ```text
//! fetched ─► waiting (a sale used it) ─► written off (7206 passed)
//!    └───────────◄── reversal            a further dispensing waits again
//! ```

use pharmacy_decision::record::prescription::PrescriptionStep;
use pharmacy_journal::store::PrescriptionNameKind as NameKind;
use pharmacy_protocol::term::{EntryIndex, TillNumber};

use super::change::{Bond, Change};
use super::known::Completion;
use super::row::{KeptRow, number_name, write_off_name};
use crate::core::prescription::Kept;
use crate::{Desk, DeskError, PrescriptionTold};

/// Most prescriptions of one number that are looked at.
const MOST_NAMED: usize = 20;

impl Desk {
    /// Keeps a prescription that a till fetched, and attaches it to the sale in front of it.
    pub(crate) fn take_in_fetched(
        &mut self,
        till: &TillNumber,
        told: PrescriptionTold,
    ) -> Result<(), DeskError> {
        let mut taken = self.take_in_today(told)?;
        let sale = self.find_seated(till)?;
        taken.is_fetched = true;
        let Some(id) = self.known_as(&taken.written)? else {
            self.receive(till, taken, Vec::new(), sale)?;
            return Ok(());
        };
        self.demand_left(id)?;
        if let Some(change) = self.completing(id, taken, Completion::IfMore)? {
            self.record_kept(till, None, change)?;
        }
        if let Some(sale) = sale.filter(|sale| !sale.attached.contains(&id)) {
            let change = self.attaching(&sale, id)?;
            self.record_kept(till, Some((sale, Bond::Attach)), change)?;
        }
        Ok(())
    }

    /// The till told the centre that a prescription was dispensed; one that is not known here, or was
    /// written off before, changes nothing.
    pub(crate) fn write_off(&mut self, till: &TillNumber, number: &str) -> Result<(), DeskError> {
        let name = number_name(self.journal.keys(), number);
        for kept in self.kept_named(NameKind::Number, &name, MOST_NAMED)? {
            if kept.centre.is_none() {
                continue;
            }
            let id = kept.id;
            let Ok(kept) = kept.write_off() else { continue };
            let change = self.written_off(kept)?;
            self.record_kept(till, None, change.resting_on([EntryIndex::new(id)]))?;
        }
        Ok(())
    }

    fn written_off(&self, kept: Kept) -> Result<Change, DeskError> {
        let record = PrescriptionStep::WrittenOff {
            prescription: kept.id,
            status: kept.life.status(),
        };
        Change::new(KeptRow::changed(self.journal.keys(), kept), &record)
    }

    /// Does any wait for the centre to be told?
    pub(crate) fn is_any_to_write_off(&self) -> Result<bool, DeskError> {
        let name = write_off_name(self.journal.keys());
        let reader = self.journal.reader();
        let first = reader.prescriptions_named(NameKind::WriteOff, &name, 1)?;
        Ok(!first.is_empty())
    }
}
