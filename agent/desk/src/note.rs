//! Entries that are no step of a sale, and steps that no caller asked for.

use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::part::PartClass;
use pharmacy_protocol::term::{EntryIndex, TillNumber};
use serde::Serialize;

use crate::core::sale::Sale;
use crate::step::{self, part, sale_row};
use crate::{Desk, DeskError, ReadCard};
use pharmacy_journal::Draft;
use pharmacy_journal::store::{StoreError, Transaction};

impl Desk {
    /// Records a finding, and the rows that follow from it.
    pub(crate) fn record_finding(
        &mut self,
        till: &TillNumber,
        record: &impl Serialize,
        rows: impl FnOnce(&Transaction<'_>, EntryIndex) -> Result<(), StoreError>,
    ) -> Result<EntryIndex, DeskError> {
        self.record_note(EntryKind::Finding, till, (PartClass::Answer, record), rows)
    }

    /// Records an entry about a till that is no step of a sale.
    pub(crate) fn record_note(
        &mut self,
        kind: EntryKind,
        till: &TillNumber,
        (class, record): (PartClass, &impl Serialize),
        rows: impl FnOnce(&Transaction<'_>, EntryIndex) -> Result<(), StoreError>,
    ) -> Result<EntryIndex, DeskError> {
        let draft = Draft {
            kind,
            till: Some(till.clone()),
            refs: Vec::new(),
            parts: vec![step::part(class, record)?],
        };
        let recorded = self.journal.record(draft, |transaction, index| {
            Ok::<_, DeskError>(rows(transaction, index)?)
        })?;
        Ok(recorded.index())
    }
}

/// Settings that hold the entry in which a reader was first seen, by its security module.
pub(crate) const READER_SETTING: &str = "reader.";

impl Desk {
    /// Records a card reader's security module when it is seen for the first time.
    ///
    /// A reader that appears overnight is what an inspector wants to know of.
    pub(crate) fn meet_reader(&mut self, card: &ReadCard) -> Result<(), DeskError> {
        let Some(sam) = &card.sam else { return Ok(()) };
        let name = format!("{READER_SETTING}{sam}");
        if self.journal.reader().setting(&name)?.is_some() {
            return Ok(());
        }
        let record = serde_json::json!({"sam": sam, "transport": card.transport});
        let parts = vec![part(PartClass::Store, &record)?];
        let draft = Draft {
            kind: EntryKind::Reader,
            till: None,
            refs: Vec::new(),
            parts,
        };
        let _ = self.journal.record(draft, |transaction, index| {
            Ok::<_, DeskError>(transaction.put_setting(&name, &index.to_string())?)
        })?;
        Ok(())
    }

    pub(crate) fn record_plain(
        &mut self,
        kind: EntryKind,
        record: &impl Serialize,
    ) -> Result<(), DeskError> {
        let draft = Draft {
            kind,
            till: None,
            refs: Vec::new(),
            parts: vec![part(PartClass::Store, record)?],
        };
        let _ = self.journal.note(draft)?;
        Ok(())
    }

    /// Records a change of a sale that no caller asked for.
    pub(crate) fn record_change(
        &mut self,
        kind: EntryKind,
        sale: Sale,
        record: pharmacy_journal::DraftPart,
    ) -> Result<EntryIndex, DeskError> {
        let now_ms = self.clock.now_ms();
        let keys = self.journal.keys().clone();
        let is_over = matches!(sale.phase, crate::core::sale::Phase::Abandoned);
        let released = if is_over {
            self.digests(&sale.basket)
        } else {
            Vec::new()
        };
        let draft = Draft {
            kind,
            till: Some(sale.till.clone()),
            refs: vec![sale.entry],
            parts: vec![record],
        };
        let recorded = self.journal.record(draft, |transaction, index| {
            for pack in &released {
                let _ = transaction.release_pack(pack, sale.id.counter(), index)?;
            }
            transaction.put_sale(&sale_row(&keys, &sale, index, now_ms)?)?;
            Ok::<_, DeskError>(())
        })?;
        Ok(recorded.index())
    }
}
