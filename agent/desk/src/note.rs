//! Recording what is no step of a sale.

use pharmacy_decision::facts::{Enrolment, Stage};
use pharmacy_protocol::record::Record;
use pharmacy_protocol::record::finding::Finding;
use pharmacy_protocol::record::store::{ReaderKnown, ReaderSeen};
use pharmacy_protocol::term::{EntryIndex, TillNumber};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::memory::Staged;
use crate::{Desk, DeskError, ReadCard};
use pharmacy_journal::store::{NameKind, Transaction};
use pharmacy_journal::{Draft, DraftPart, Recorded};

/// Settings that hold the entry in which a reader was first seen, by its security module.
pub(crate) const READER_SETTING: &str = "reader.";

/// Settings that hold the entry by which a reader was enrolled.
const ENROLLED_SETTING: &str = "reader-enrolled.";

/// The setting that names the first reader of a store that was being commissioned.
const FIRST_READER: &str = "reader-first";

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

    /// Records a card reader's security module when it is seen for the first time.
    ///
    /// A reader that appears overnight is what an inspector wants to know of. The first one of a store
    /// that is being commissioned is the store's; every other one somebody has to answer for.
    pub(crate) fn meet_reader(&mut self, card: &ReadCard) -> Result<(), DeskError> {
        let Some(sam) = &card.sam else { return Ok(()) };
        let name = format!("{READER_SETTING}{sam}");
        if self.journal.reader().setting(&name)?.is_some() {
            return Ok(());
        }
        let is_first = self.stage(self.clock.now_ms()) == Stage::Commissioning
            && self.journal.reader().setting(FIRST_READER)?.is_none();
        let known = match is_first {
            true => ReaderKnown::First,
            false => ReaderKnown::Seen,
        };
        let record = ReaderSeen {
            sam: sam.clone(),
            transport: card.transport,
            known,
        };
        let _ = self.record(Draft::of(&record)?, |transaction, index| {
            transaction.put_setting(&name, &index.to_string())?;
            if is_first {
                transaction.put_setting(FIRST_READER, sam)?;
                transaction.put_setting(&enrolled_name(sam), &index.to_string())?;
            }
            Ok(Staged::new(()))
        })?;
        Ok(())
    }

    /// Is a reader one of the store's? One that does not say which it is can be none of them.
    pub(crate) fn reader_standing(&self, sam: Option<&str>) -> Result<Enrolment, DeskError> {
        let is_known = match sam {
            Some(sam) => self.is_enrolled_reader(sam)?,
            None => false,
        };
        Ok(match is_known {
            true => Enrolment::Enrolled,
            false => Enrolment::NotEnrolled,
        })
    }

    pub(crate) fn is_enrolled_reader(&self, sam: &str) -> Result<bool, DeskError> {
        let setting = self.journal.reader().setting(&enrolled_name(sam))?;
        Ok(setting.is_some())
    }
}

/// The setting that holds the entry by which a reader was enrolled.
pub(crate) fn enrolled_name(sam: &str) -> String {
    format!("{ENROLLED_SETTING}{sam}")
}

/// What is kept of a row, before it is sealed.
pub(crate) fn bytes(row: &impl Serialize) -> Result<Zeroizing<Vec<u8>>, DeskError> {
    Ok(Zeroizing::new(serde_json::to_vec(row)?))
}

/// A record as a part, of the class that it belongs to.
pub(crate) fn part<R: Record>(record: &R) -> Result<DraftPart, DeskError> {
    Ok(DraftPart::of(record)?)
}
