//! One step of a sale: entry, parts, rows and answer in one transaction.
//!
//! In scope: what every step has. Out of scope: which rows follow from which step: each topic brings
//! its own as a [`Write`].

use jiff::civil::Date;
use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::record::Record;
use pharmacy_protocol::term::{EntryIndex, SaleId};
use zeroize::Zeroizing;

use crate::core::attempt::AttemptState;
use crate::core::basket::Basket;
use crate::core::sale::{Phase, Sale};
use crate::memory::{Memory, Staged};
use crate::{Caller, Desk, DeskError};
use pharmacy_base::clock::day_of;
use pharmacy_journal::store::{self, PackDigest, SaleRow, Transaction};
use pharmacy_journal::{Draft, DraftPart, JournalError, Keys, Recorded, RowName};

pub(crate) use crate::note::{bytes, part};

/// Where a step is written.
pub(crate) struct At<'a> {
    pub(crate) transaction: &'a Transaction<'a>,
    /// The sale with what it learnt from the step.
    pub(crate) sale: &'a Sale,
    pub(crate) keys: &'a Keys,
    pub(crate) index: EntryIndex,
    pub(crate) now_ms: i64,
    pub(crate) today: Date,
}

/// Rows that follow from a step, written in its transaction.
pub(crate) trait Write {
    fn write(self: Box<Self>, at: &At<'_>) -> Result<(), DeskError>;
}

impl<F: FnOnce(&At<'_>) -> Result<(), DeskError>> Write for F {
    fn write(self: Box<Self>, at: &At<'_>) -> Result<(), DeskError> {
        self(at)
    }
}

type Apply = Box<dyn FnOnce(&mut Sale, EntryIndex)>;

type Effect = Box<dyn FnOnce(&mut Memory, &Sale, EntryIndex)>;

/// What a step records, and what follows from it.
pub(crate) struct Step {
    draft: Draft,
    apply: Option<Apply>,
    writes: Vec<Box<dyn Write>>,
    effects: Vec<Effect>,
}

impl Step {
    pub(crate) fn new(kind: EntryKind, part: DraftPart) -> Self {
        Self::of(Draft::new(kind, part))
    }

    /// The step that one record tells, of the kind that this record belongs to.
    pub(crate) fn telling<R: Record>(record: &R) -> Result<Self, DeskError> {
        Ok(Self::of(Draft::of(record)?))
    }

    /// The step that an event is.
    pub(crate) fn of(draft: Draft) -> Self {
        Self {
            draft,
            apply: None,
            writes: Vec::new(),
            effects: Vec::new(),
        }
    }

    /// Who the step names, if it names anybody.
    pub(crate) fn naming(self, identity: Option<DraftPart>) -> Self {
        match identity {
            Some(part) => self.with(part),
            None => self,
        }
    }

    pub(crate) fn with(mut self, part: DraftPart) -> Self {
        self.draft = self.draft.with(part);
        self
    }

    /// What the sale learns from the entry's own index.
    pub(crate) fn then(mut self, apply: impl FnOnce(&mut Sale, EntryIndex) + 'static) -> Self {
        self.apply = Some(Box::new(apply));
        self
    }

    /// Adds entries that the step rests on.
    pub(crate) fn resting_on(mut self, entries: impl IntoIterator<Item = EntryIndex>) -> Self {
        self.draft = self.draft.resting_on(entries);
        self
    }

    /// Rows that are written in the same transaction.
    pub(crate) fn writing(mut self, rows: impl Write + 'static) -> Self {
        self.writes.push(Box::new(rows));
        self
    }

    /// What memory learns when the step is recorded.
    pub(crate) fn staging(
        mut self,
        effect: impl FnOnce(&mut Memory, &Sale, EntryIndex) + 'static,
    ) -> Self {
        self.effects.push(Box::new(effect));
        self
    }
}

impl Desk {
    /// Loads a sale that the caller may see, and the entry of its latest change.
    pub(crate) fn load(
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
    pub(crate) fn load_counter(&self, counter: u64) -> Result<Option<Sale>, DeskError> {
        let row = self.journal.reader().load_sale(counter)?;
        let sale = row.map(|row| self.open_row(&row)).transpose()?;
        Ok(sale.map(|(sale, _)| sale))
    }

    pub(crate) fn open_row(&self, row: &SaleRow) -> Result<(Sale, EntryIndex), DeskError> {
        let bytes = self
            .journal
            .keys()
            .open_row(&RowName::Sale(row.counter), &row.state)?;
        let sale: Sale = serde_json::from_slice(&bytes)?;
        let latest = sale.latest;
        Ok((sale, latest))
    }

    /// A sale of a caller's till, as yet unrecorded.
    pub(crate) fn new_sale(&self, caller: &Caller) -> Sale {
        let at = (caller.till.clone(), caller.client.clone());
        Sale::open(self.journal.keys().log(), at, self.clock.now_ms())
    }

    /// Records a step, and says the sale's counter.
    pub(crate) fn record_step(
        &mut self,
        sale: Sale,
        step: Step,
    ) -> Result<Recorded<u64>, DeskError> {
        self.record_with(sale, step, |at| Ok(at.sale.id.counter()))
    }

    /// Records a step: one transaction for entry, sale, rows and what `finish` adds.
    pub(crate) fn record_with<T>(
        &mut self,
        mut sale: Sale,
        step: Step,
        finish: impl FnOnce(&At<'_>) -> Result<T, DeskError>,
    ) -> Result<Recorded<T>, DeskError> {
        let now_ms = self.clock.now_ms();
        let keys = self.journal.keys().clone();
        let is_new = sale.id.counter() == 0;
        let draft = step.draft.at(&sale.till);
        let draft = draft.resting_on((!is_new).then_some(sale.entry));
        let (apply, writes, effects) = (step.apply, step.writes, step.effects);
        self.record(draft, |transaction, index| {
            if is_new {
                let counter = transaction.next_sale_counter()?;
                sale.id = SaleId::new(sale.id.log().clone(), counter);
            }
            if let Some(apply) = apply {
                apply(&mut sale, index);
            }
            sale.latest = index;
            let at = At {
                transaction,
                sale: &sale,
                keys: &keys,
                index,
                now_ms,
                today: day_of(now_ms),
            };
            for rows in writes {
                rows.write(&at)?;
            }
            put_sale(&at)?;
            let value = finish(&at)?;
            Ok(Staged::new(value).then(move |memory| {
                for effect in effects {
                    effect(memory, &sale, index);
                }
            }))
        })
    }

    /// The digests of a basket's packs.
    pub(crate) fn digests(&self, basket: &Basket) -> Vec<PackDigest> {
        let packs = basket.lines().iter().flat_map(|line| &line.packs);
        packs
            .map(|code| self.journal.keys().trace_digest(code))
            .collect()
    }
}

/// Writes a sale's row; what of its state changed, the entry tells.
fn put_sale(at: &At<'_>) -> Result<(), DeskError> {
    let sale = at.sale;
    let state = Zeroizing::new(serde_json::to_string(sale)?);
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
    let name = RowName::Sale(counter);
    let before = match at.transaction.load_sale(counter)? {
        Some(row) => Some(at.keys.open_row(&name, &row.state)?),
        None => None,
    };
    let before = before.as_deref().map(|before| str::from_utf8(before));
    let before = before.transpose().map_err(|_| JournalError::RowDamaged)?;
    let row = SaleRow {
        counter,
        phase,
        till: sale.till.clone(),
        client: sale.client.clone(),
        created_ms: sale.opened_ms,
        updated_ms: at.now_ms,
        state: at.keys.seal_row(&name, state.as_bytes())?,
    };
    Ok(at.transaction.put_sale(&row, before, &state)?)
}
