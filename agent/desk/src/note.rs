//! Recording what is no step of a sale.

use pharmacy_protocol::record::Record;
use pharmacy_protocol::record::finding::Finding;
use pharmacy_protocol::record::store::ReaderSeen;
use pharmacy_protocol::term::{EntryIndex, TillNumber};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::memory::Staged;
use crate::{Desk, DeskError, ReadCard};
use pharmacy_journal::store::Transaction;
use pharmacy_journal::{Draft, DraftPart, Recorded};

/// Settings that hold the entry in which a reader was first seen, by its security module.
const READER_SETTING: &str = "reader.";

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

    /// Records a card reader's security module when it is seen for the first time.
    ///
    /// A reader that appears overnight is what an inspector wants to know of.
    pub(crate) fn meet_reader(&mut self, card: &ReadCard) -> Result<(), DeskError> {
        let Some(sam) = &card.sam else { return Ok(()) };
        let name = format!("{READER_SETTING}{sam}");
        if self.journal.reader().setting(&name)?.is_some() {
            return Ok(());
        }
        let record = ReaderSeen {
            sam: sam.clone(),
            transport: card.transport,
        };
        let _ = self.record(Draft::of(&record)?, |transaction, index| {
            transaction.put_setting(&name, &index.to_string())?;
            Ok(Staged::new(()))
        })?;
        Ok(())
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
