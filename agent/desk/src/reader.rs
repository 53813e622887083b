//! Card readers as tills show them: which are the store's, and how many are new.
//!
//! ```text
//! the first few new ones of a till's day   an entry each
//! further ones                             counted; one finding when the day is over
//! ```
//! A device that says a new number each time it is asked must not fill the log. Whatever is recorded of a
//! reader, it counts for nothing until somebody answers for it. Out of scope: enrolling one (`counter`).

use pharmacy_decision::facts::{Enrolment, Stage};
use pharmacy_protocol::record::finding::Finding;
use pharmacy_protocol::record::store::{ReaderKnown, ReaderSeen};
use pharmacy_protocol::term::TillNumber;

use crate::memory::Staged;
use crate::{Desk, DeskError, ReadCard};
use pharmacy_journal::Draft;

/// Settings that hold the entry in which a reader was first seen, by its security module.
pub(crate) const READER_SETTING: &str = "reader.";

/// Settings that hold the entry by which a reader was enrolled.
const ENROLLED_SETTING: &str = "reader-enrolled.";

/// The setting that names the first reader of a store that was being commissioned.
const FIRST_READER: &str = "reader-first";

/// The setting that counts new readers; no entry tells of it.
const NEW_SETTING: &str = "readers-new";

/// More new readers at a till than are recorded one by one.
const MANY_NEW: &str = "reader.many-new";

impl Desk {
    /// Takes up how many were counted.
    pub(crate) fn load_new_readers(&mut self) -> Result<(), DeskError> {
        if let Some(kept) = self.journal.reader().setting(NEW_SETTING)? {
            self.memory.readers = serde_json::from_str(&kept)?;
        }
        Ok(())
    }

    /// Records a card reader's security module when it is seen for the first time.
    ///
    /// A reader that appears overnight is what an inspector wants to know of. The first one of a store
    /// that is being commissioned is the store's; every other one somebody has to answer for.
    pub(crate) fn meet_reader(
        &mut self,
        till: &TillNumber,
        card: &ReadCard,
    ) -> Result<(), DeskError> {
        let Some(sam) = &card.sam else { return Ok(()) };
        let name = seen_name(sam);
        let is_met = self.journal.reader().setting(&name)?.is_some();
        if is_met || self.is_enrolled_reader(sam)? {
            return Ok(());
        }
        self.report_new_readers()?;
        let mut readers = self.memory.readers.clone();
        let further = readers.count(till, self.clock.today());
        let counted = readers.serialize()?;
        if further > 0 {
            if further == 1 {
                tracing::warn!(code = MANY_NEW, %till, "ever new card readers");
            }
            self.journal.change(|transaction| {
                Ok::<_, DeskError>(transaction.put_setting(NEW_SETTING, &counted)?)
            })?;
            self.memory.readers = readers;
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
        let _ = self.record(Draft::of(&record)?.at(till), |transaction, index| {
            transaction.put_setting(&name, &index.to_string())?;
            transaction.put_setting(NEW_SETTING, &counted)?;
            if is_first {
                transaction.put_setting(FIRST_READER, sam)?;
                transaction.put_setting(&enrolled_name(sam), &index.to_string())?;
            }
            Ok(Staged::new(()).then(|memory| memory.readers = readers))
        })?;
        Ok(())
    }

    /// Records what was only counted on days that are over.
    pub(crate) fn report_new_readers(&mut self) -> Result<(), DeskError> {
        let today = self.clock.today();
        loop {
            let mut readers = self.memory.readers.clone();
            let Some((till, of_day)) = readers.take_over(today) else {
                return Ok(());
            };
            let counted = readers.serialize()?;
            let record = Finding::Readers {
                finding: MANY_NEW.to_owned(),
                day: of_day.day,
                count: of_day.further,
            };
            self.record_finding(&till, &record, |transaction, _| {
                transaction.put_setting(NEW_SETTING, &counted)?;
                Ok(Staged::new(()).then(|memory| memory.readers = readers))
            })?;
        }
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

/// The setting that holds the entry in which a reader was first seen.
pub(crate) fn seen_name(sam: &str) -> String {
    format!("{READER_SETTING}{sam}")
}

/// The setting that holds the entry by which a reader was enrolled.
pub(crate) fn enrolled_name(sam: &str) -> String {
    format!("{ENROLLED_SETTING}{sam}")
}
