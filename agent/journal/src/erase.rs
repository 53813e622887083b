//! Erasing parts: bytes, salt and key go, the entry and the tree stay.
//!
//! The rows are overwritten with zeros (`secure_delete`), and the write-ahead file, which still has
//! them, is copied back and emptied. What the disk's own firmware keeps of them is sealed under keys
//! that are gone.
//! Out of scope: which parts are due, legal holds, attested time.

use pharmacy_protocol::part::PartClass;
use pharmacy_protocol::term::EntryIndex;

use super::draft::{Draft, Recorded};
use super::record::month_of;
use super::{Journal, JournalError};
use crate::store::StoreError;

pub(super) use pharmacy_protocol::record::store::Erasure;

impl Journal {
    /// Destroys the parts of these classes of an entry, and records how many of which class.
    pub fn erase_parts(
        &mut self,
        entry: EntryIndex,
        classes: &[PartClass],
    ) -> Result<Recorded<usize>, JournalError> {
        let targets: Vec<_> = classes.iter().map(|class| (entry, *class)).collect();
        self.erase(&targets)
    }

    /// Destroys parts of up to [`pharmacy_protocol::entry::MAX_REFS`] entries as one event.
    pub fn erase(
        &mut self,
        targets: &[(EntryIndex, PartClass)],
    ) -> Result<Recorded<usize>, JournalError> {
        self.apart(|journal| journal.erase_at_once(targets))?
    }

    fn erase_at_once(
        &mut self,
        targets: &[(EntryIndex, PartClass)],
    ) -> Result<Recorded<usize>, JournalError> {
        let mut targets = targets.to_vec();
        targets.sort_unstable();
        targets.dedup();
        let present = self.present(&targets)?;
        // Once for a run of erasures.
        let tells = |class: PartClass| matches!(class, PartClass::Rows | PartClass::State);
        if present.iter().any(|(_, class)| tells(*class)) {
            self.carry_before_erasure()?;
        }
        let mut erasure = Erasure::default();
        for (_, class) in &present {
            let count = erasure.erased.entry(*class).or_default();
            *count = count.saturating_add(1);
        }
        let mut refs: Vec<_> = present.iter().map(|(entry, _)| *entry).collect();
        refs.dedup();
        let draft = Draft::of(&erasure).map_err(|_| StoreError::Row(None))?;
        let draft = draft.resting_on(refs);
        let month = month_of(self.clock.now_ms());
        let recorded = self.record_any(draft, |transaction, _| {
            for (entry, class) in &present {
                // Counted above; gone since means that another process erased it, and the count
                // would be wrong.
                if !transaction.remove_part(*entry, class.name())? {
                    return Err(JournalError::from(StoreError::Locked(None)));
                }
            }
            transaction.remove_empty_month_keys(month)?;
            Ok(present.len())
        })?;
        // The erasure is on the disk and is acknowledged. If another process is in the way, the
        // write-ahead file is emptied by the next one that opens the log; a failing disk closes it.
        if let Err(error) = self.view.store.copy_back() {
            let _ = self.close_if_fatal(JournalError::from(error));
        }
        Ok(recorded)
    }

    fn present(
        &self,
        targets: &[(EntryIndex, PartClass)],
    ) -> Result<Vec<(EntryIndex, PartClass)>, JournalError> {
        let reader = self.reader();
        let mut present = Vec::new();
        for (entry, class) in targets {
            if reader.find_part(*entry, class.name())?.is_some() {
                present.push((*entry, *class));
            }
        }
        if present.is_empty() {
            Err(JournalError::NothingToErase)
        } else {
            Ok(present)
        }
    }
}
