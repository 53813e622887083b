//! One step of a sale: entry, parts, rows and answer in one transaction.

use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::part::PartClass;
use pharmacy_protocol::term::{EntryIndex, SaleId};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::core::attempt::AttemptState;
use crate::core::basket::Basket;
use crate::core::sale::{Finding, Phase, Sale};
use crate::list::record::Records;
use crate::prescription::row::KeptRow;
use crate::sale::goods::{Rows, Sold};
use crate::{Caller, Desk, DeskError};
use pharmacy_journal::store::{
    self, NameDigest, NameKind, PackDigest, SaleRow, StoreError, Transaction,
};
use pharmacy_journal::{Draft, DraftPart, Keys, Recorded, RowName};

type Apply = Box<dyn FnOnce(&mut Sale, EntryIndex)>;

/// Rows of another part of the desk that follow from a step.
type Also = Box<dyn FnOnce(&Transaction<'_>, &Sale, EntryIndex) -> Result<(), StoreError>>;

/// What a step records and which rows follow from it.
pub(super) struct Step {
    kind: EntryKind,
    parts: Vec<DraftPart>,
    refs: Vec<EntryIndex>,
    pub(crate) findings: Vec<Finding>,
    apply: Option<Apply>,
    pub(crate) rows: Rows,
    also: Vec<Also>,
    kept: Vec<KeptRow>,
}

/// A record as the bytes of a part.
pub(super) fn bytes(record: &impl Serialize) -> Result<Zeroizing<Vec<u8>>, DeskError> {
    Ok(Zeroizing::new(serde_json::to_vec(record)?))
}

/// A record as a part.
pub(super) fn part(class: PartClass, record: &impl Serialize) -> Result<DraftPart, DeskError> {
    Ok(DraftPart {
        class,
        bytes: bytes(record)?,
    })
}

impl Step {
    pub(super) fn new(kind: EntryKind, part: DraftPart) -> Self {
        Self {
            kind,
            parts: vec![part],
            refs: Vec::new(),
            findings: Vec::new(),
            apply: None,
            rows: Rows::default(),
            also: Vec::new(),
            kept: Vec::new(),
        }
    }

    /// Who the step names, if it names anybody.
    pub(super) fn naming(self, identity: Option<Zeroizing<Vec<u8>>>) -> Self {
        match identity {
            Some(bytes) => self.with(PartClass::Identity, bytes),
            None => self,
        }
    }

    pub(super) fn with(mut self, class: PartClass, bytes: Zeroizing<Vec<u8>>) -> Self {
        self.parts.push(DraftPart { class, bytes });
        self
    }

    /// What the sale learns from the entry's own index.
    pub(super) fn then(mut self, apply: impl FnOnce(&mut Sale, EntryIndex) + 'static) -> Self {
        self.apply = Some(Box::new(apply));
        self
    }

    pub(super) fn finding(mut self, findings: Vec<Finding>) -> Self {
        self.findings = findings;
        self
    }

    pub(super) fn referring(mut self, entry: Option<EntryIndex>) -> Self {
        self.refs.extend(entry);
        self
    }

    /// Adds entries that the step rests on.
    pub(super) fn resting_on(mut self, entries: impl IntoIterator<Item = EntryIndex>) -> Self {
        self.refs.extend(entries);
        self
    }

    /// Names the sale from this step on.
    pub(super) fn naming_sale(mut self, kind: NameKind, name: NameDigest) -> Self {
        self.rows.names.push((kind, name));
        self
    }

    /// Leads the inspector's questions and the day's figures to what the step records.
    pub(super) fn recording(mut self, records: Records) -> Self {
        self.rows.records = records;
        self
    }

    /// Packs that left the basket are let go, those in it are held.
    pub(super) fn reclaiming(mut self, before: Vec<PackDigest>, after: Vec<PackDigest>) -> Self {
        self.rows.released = before
            .into_iter()
            .filter(|pack| !after.contains(pack))
            .collect();
        self.rows.claimed = after;
        self
    }

    /// Lets go of packs that the sale holds.
    pub(super) fn releasing(mut self, packs: Vec<PackDigest>) -> Self {
        self.rows.released.extend(packs);
        self
    }

    /// Writes a prescription that changed with the step.
    pub(super) fn keeping(mut self, row: KeptRow) -> Self {
        self.kept.push(row);
        self
    }

    pub(super) fn selling(mut self, sold: Sold) -> Self {
        self.rows.sold = Some(sold);
        self
    }

    pub(super) fn returning(mut self, returned: Sold) -> Self {
        self.rows.returned = Some(returned);
        self
    }

    /// Rows that are written in the same transaction.
    pub(super) fn also(
        mut self,
        rows: impl FnOnce(&Transaction<'_>, &Sale, EntryIndex) -> Result<(), StoreError> + 'static,
    ) -> Self {
        self.also.push(Box::new(rows));
        self
    }
}

impl Desk {
    /// Loads a sale that the caller may see, and the entry of its latest change.
    pub(super) fn load(
        &self,
        caller: &Caller,
        id: &SaleId,
    ) -> Result<(Sale, EntryIndex), DeskError> {
        if id.log() != self.journal.keys().log() {
            return Err(DeskError::UnknownSale);
        }
        let row = self.journal.reader().load_sale(id.counter())?;
        // Another till's sale is as good as none: tills see their own customers only.
        let row = row
            .filter(|row| row.till == caller.till)
            .ok_or(DeskError::UnknownSale)?;
        self.open_row(&row)
    }

    /// Loads a sale of any till by its counter.
    pub(super) fn load_counter(&self, counter: u64) -> Result<Option<Sale>, DeskError> {
        let row = self.journal.reader().load_sale(counter)?;
        let sale = row.map(|row| self.open_row(&row)).transpose()?;
        Ok(sale.map(|(sale, _)| sale))
    }

    pub(super) fn open_row(&self, row: &SaleRow) -> Result<(Sale, EntryIndex), DeskError> {
        let bytes = self
            .journal
            .keys()
            .open_row(&RowName::Sale(row.counter), &row.state)?;
        Ok(serde_json::from_slice(&bytes)?)
    }

    /// A sale of a caller's till, as yet unrecorded.
    pub(super) fn new_sale(&self, caller: &Caller) -> Sale {
        let at = (caller.till.clone(), caller.client.clone());
        Sale::open(self.journal.keys().log(), at, self.clock.now_ms())
    }

    /// Records a step: one transaction for entry, sale, packs, supplies and what `finish` adds.
    pub(super) fn record_step<T>(
        &mut self,
        mut sale: Sale,
        step: Step,
        finish: impl FnOnce(&Transaction<'_>, &Sale, EntryIndex) -> Result<T, DeskError>,
    ) -> Result<Recorded<T>, DeskError> {
        let now_ms = self.clock.now_ms();
        let today = pharmacy_base::clock::day_of(now_ms);
        let keys = self.journal.keys().clone();
        let is_new = sale.id.counter() == 0;
        let mut refs = step.refs;
        if !is_new {
            refs.insert(0, sale.entry);
        }
        refs.sort_unstable();
        refs.dedup();
        let draft = Draft {
            kind: step.kind,
            till: Some(sale.till.clone()),
            refs,
            parts: step.parts,
        };
        let (apply, rows) = (step.apply, step.rows);
        let (also, kept) = (step.also, step.kept);
        let listed = sale.list;
        let recorded = self.journal.record(draft, |transaction, index| {
            if is_new {
                let counter = transaction.next_sale_counter()?;
                sale.id = SaleId::new(sale.id.log().clone(), counter);
            }
            if let Some(apply) = apply {
                apply(&mut sale, index);
            }
            rows.write(transaction, &sale, index, today)?;
            for rows in also {
                rows(transaction, &sale, index)?;
            }
            for row in &kept {
                let _ = row.write(transaction, &keys, (index, now_ms))?;
            }
            transaction.put_sale(&sale_row(&keys, &sale, index, now_ms)?)?;
            finish(transaction, &sale, index)
        })?;
        if sale.list != listed {
            self.counter.slips.settled(&sale.id);
        }
        Ok(recorded)
    }

    /// The digests of a basket's packs.
    pub(super) fn digests(&self, basket: &Basket) -> Vec<PackDigest> {
        let packs = basket.lines().iter().flat_map(|line| &line.packs);
        packs
            .map(|code| self.journal.keys().trace_digest(code))
            .collect()
    }
}

/// A sale's row; state and latest entry are sealed together.
pub(super) fn sale_row(
    keys: &Keys,
    sale: &Sale,
    index: EntryIndex,
    now_ms: i64,
) -> Result<SaleRow, DeskError> {
    let bytes = bytes(&(sale, index))?;
    let is_waiting = |state| sale.attempts.iter().any(|attempt| attempt.state == state);
    let phase = if is_waiting(AttemptState::Intended) {
        store::Phase::Settling
    } else if is_waiting(AttemptState::InDoubt) {
        store::Phase::InDoubt
    } else {
        match sale.phase {
            Phase::Abandoned => store::Phase::Abandoned,
            Phase::Assessed(_) => store::Phase::Assessed,
            Phase::Closed => store::Phase::Closed,
            Phase::Open => store::Phase::Open,
        }
    };
    let counter = sale.id.counter();
    Ok(SaleRow {
        counter,
        phase,
        till: sale.till.clone(),
        client: sale.client.clone(),
        created_ms: sale.opened_ms,
        updated_ms: now_ms,
        state: keys.seal_row(&RowName::Sale(counter), &bytes)?,
    })
}
