//! Recording what is no step of a sale.

use pharmacy_protocol::record::Record;
use pharmacy_protocol::record::finding::Finding;
use pharmacy_protocol::term::{EntryIndex, TillNumber};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::memory::Staged;
use crate::{Desk, DeskError};
use pharmacy_journal::store::{NameKind, Transaction};
use pharmacy_journal::{Draft, DraftPart, Recorded};

impl Desk {
    /// Records an event with the rows that follow from it. What memory is to learn of it, it learns
    /// when the commit has returned.
    pub(crate) fn record<T>(
        &mut self,
        draft: Draft,
        change: impl FnOnce(&Transaction<'_>, EntryIndex) -> Result<Staged<T>, DeskError>,
    ) -> Result<Recorded<T>, DeskError> {
        // Also when it fails: the page shows that the journal is closed.
        self.memory.touch();
        let staged = self.journal.record(draft, change)?;
        Ok(staged.map(|staged| staged.take_effect(&mut self.memory)))
    }

    /// Records an event that has no rows beside it.
    pub(crate) fn note(&mut self, draft: Draft) -> Result<EntryIndex, DeskError> {
        let recorded = self.record(draft, |_, _| Ok(Staged::new(())))?;
        Ok(recorded.index())
    }

    /// Records a finding about a till.
    pub(crate) fn note_finding(
        &mut self,
        till: &TillNumber,
        record: &Finding,
    ) -> Result<EntryIndex, DeskError> {
        self.record_finding(till, record, |_, _| Ok(Staged::new(())))
    }

    /// The same at most once for what a mark names: a till that asks again would tell it again.
    pub(crate) fn note_finding_once(
        &mut self,
        till: &TillNumber,
        mark: &str,
        record: &Finding,
    ) -> Result<bool, DeskError> {
        let mark = self.name(NameKind::Finding, mark);
        if self.bearer(NameKind::Finding, &mark)?.is_some() {
            return Ok(false);
        }
        self.record_finding(till, record, |transaction, _| {
            transaction.put_sale_name(NameKind::Finding, &mark, 0)?;
            Ok(Staged::new(()))
        })?;
        Ok(true)
    }

    /// The same with rows that follow from it.
    pub(crate) fn record_finding(
        &mut self,
        till: &TillNumber,
        record: &Finding,
        rows: impl FnOnce(&Transaction<'_>, EntryIndex) -> Result<Staged<()>, DeskError>,
    ) -> Result<EntryIndex, DeskError> {
        let draft = Draft::of(record)?.at(till);
        Ok(self.record(draft, rows)?.index())
    }
}

/// What is kept of a row, before it is sealed.
pub(crate) fn bytes(row: &impl Serialize) -> Result<Zeroizing<Vec<u8>>, DeskError> {
    Ok(Zeroizing::new(serde_json::to_vec(row)?))
}

/// A record as a part, of the class that it belongs to.
pub(crate) fn part<R: Record>(record: &R) -> Result<DraftPart, DeskError> {
    Ok(DraftPart::of(record)?)
}
