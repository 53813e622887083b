//! Rows beside the log against what the log says of them: compared, made so again, carried over.
//!
//! ```text
//! entries ─► parts `rows`, `state` ─► Fold ─┐
//! tables ──► rows as cells, states opened ──┴─► Difference ─► Journal::repair ─► entry `repair`
//! ```
//! Rows are compared a share at a time, so that a long history fits into a small memory; the last
//! entries are folded, and the tables read, at one moment.
//! Out of scope: the fold itself (`pharmacy-protocol`), when rows are compared (the desk).

use std::collections::BTreeSet;

use pharmacy_protocol::digest::{hex, sha256};
use pharmacy_protocol::entry::{Entry, EntryKind};
use pharmacy_protocol::history::word::RegisterKind;
use pharmacy_protocol::history::{
    Carried, CarriedRow, CarryReason, Cell, Check, Fold, Keep, Key, Row, Rows, Scope, Table,
};
use pharmacy_protocol::part::PartClass;
use pharmacy_protocol::record::store::{Repaired, RepairedRow, RowFault};
use pharmacy_protocol::term::EntryIndex;
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use super::draft::{Draft, Recorded};
use super::pin::{lose_key, lost_key};
use super::view::head_row;
use super::{Journal, JournalError, Keys, LogView, RowName};
use crate::store::{Column, Opener, Reader, Sealed, StoreError, Transaction};

/// Rows of a share: some tens of megabytes.
pub const SHARE_ROWS: u64 = 500_000;

/// Entries folded at a time.
const BATCH: u64 = 256;

/// Most differences that one repair names; the rest is repaired by the next.
const MAX_DIFFERENCES: usize = 1_000;

/// The setting that says that rows of before are to be carried.
const TO_CARRY: &str = "rows";

/// A row that is not as the log says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Difference {
    pub table: Table,
    /// By what it is named: its own key may be a person's.
    pub key: Key,
    /// The entry that changed it last; none where no entry did.
    pub entry: Option<EntryIndex>,
    pub fault: RowFault,
    /// The columns of its key, where the row is there.
    found: Vec<Cell>,
}

/// Rows beside the log, or a share of them, against what the log says.
#[derive(Clone, Debug, Eq, PartialEq)]
#[must_use]
pub struct Compared {
    /// How many rows the log tells of.
    pub rows: u64,
    /// Those that are not so; none where that cannot be told.
    pub differences: Vec<Difference>,
    /// The entry since which nothing can be told, because what it says of rows is gone or damaged.
    pub gap: Option<EntryIndex>,
}

/// The state of a register's row as an entry tells it: without what a PIN opens and what counts wrong ones.
///
/// A sealed key is told by its digest, and a lock not at all: wrong PINs are counted between entries.
pub fn told_register(kind: RegisterKind, state: &[u8]) -> Result<Box<RawValue>, serde_json::Error> {
    let mut told: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(state)?;
    if kind == RegisterKind::Staff {
        told.remove(LOCK);
        if let Some(sealed) = told.remove(SEALED_KEY) {
            let sealed: Vec<u8> = serde_json::from_value(sealed)?;
            let lost = lost_key(&sealed).map(str::to_owned);
            let digest = lost.unwrap_or_else(|| hex(&sha256(&sealed)));
            told.insert(SEALED_KEY.to_owned(), digest.into());
        }
    }
    serde_json::value::to_raw_value(&told)
}

const LOCK: &str = "lock";
const SEALED_KEY: &str = "sealed-key";

/// By what the state of a row is sealed; none of a table whose rows have none that is told.
fn row_name(table: Table, key: &[Cell]) -> Option<RowName<'_>> {
    let number = |number: &i64| u64::try_from(*number).ok();
    match (table, key) {
        (Table::Sale, [Cell::Number(sale)]) => Some(RowName::Sale(number(sale)?)),
        (Table::Prescription, [Cell::Number(id)]) => Some(RowName::Prescription(number(id)?)),
        (Table::Register, [Cell::Text(kind), Cell::Text(name)]) => {
            Some(RowName::Register(kind.parse().ok()?, name))
        }
        _ => None,
    }
}

impl Opener for Keys {
    fn open(&self, table: Table, key: &[Cell], state: &Sealed) -> Option<String> {
        let name = row_name(table, key)?;
        let bytes = self.open_row(&name, state).ok()?;
        match name {
            RowName::Register(kind, _) => {
                let told = told_register(kind, &bytes).ok()?;
                Some(told.get().to_owned())
            }
            _ => String::from_utf8(bytes.to_vec()).ok(),
        }
    }
}

/// What an entry says of rows goes into the fold.
pub(super) fn fold_part(
    fold: &mut Fold,
    index: EntryIndex,
    class: PartClass,
    bytes: &[u8],
) -> Result<(), serde_json::Error> {
    match class {
        PartClass::Rows => fold.apply(index, &serde_json::from_slice::<Rows>(bytes)?),
        PartClass::State => fold.carry(index, &serde_json::from_slice::<Carried>(bytes)?),
        _ => {}
    }
    Ok(())
}

/// In how many shares the rows of a store are compared.
pub(super) fn shares(reader: &Reader<'_>, of_rows: u64) -> Result<u32, StoreError> {
    let mut rows = 0_u64;
    for table in Table::ALL {
        rows = rows.saturating_add(reader.count_rows(table)?);
    }
    let shares = rows.checked_div(of_rows).unwrap_or(0).saturating_add(1);
    Ok(u32::try_from(shares).unwrap_or(u32::MAX))
}

/// Compares the tables as they stand with a fold up to the head of the same moment.
pub(super) fn compare(
    reader: &Reader<'_>,
    keys: &Keys,
    mut fold: Fold,
) -> Result<Compared, StoreError> {
    let rows = u64::try_from(fold.len()).unwrap_or(u64::MAX);
    let gap = fold.gap();
    if gap.is_some() {
        let differences = Vec::new();
        return Ok(Compared {
            rows,
            differences,
            gap,
        });
    }
    let mut differences: Vec<Difference> = fold
        .impossible()
        .iter()
        .map(|change| Difference {
            table: change.table,
            key: change.key,
            entry: Some(change.entry),
            fault: RowFault::Impossible,
            found: Vec::new(),
        })
        .collect();
    for table in Table::ALL {
        reader.visit_rows(table, keys, |row: Row| {
            let (entry, fault) = match fold.check(&row) {
                Check::Same | Check::Skipped => return Ok::<_, StoreError>(()),
                Check::Differs(entry) => (Some(entry), RowFault::Differs),
                Check::Unexplained => (None, RowFault::Unexplained),
            };
            differences.push(Difference {
                table,
                key: Key::of(table, &row.key),
                entry,
                fault,
                found: row.key,
            });
            Ok(())
        })?;
    }
    differences.extend(fold.missing().into_iter().map(|row| Difference {
        table: row.table,
        key: row.key,
        entry: Some(row.entry),
        fault: RowFault::Missing,
        found: Vec::new(),
    }));
    Ok(Compared {
        rows,
        differences,
        gap,
    })
}

impl LogView {
    /// Compares one of so many shares of the rows beside the log with what the log says.
    pub fn compare_rows(&self, which: u32, of: u32) -> Result<Compared, JournalError> {
        let mut fold = Fold::new(Scope::Share { which, of }, Keep::Digests);
        let mut next = 0;
        loop {
            let snapshot = self.store.snapshot()?;
            let size = head_row(&snapshot)?.size;
            next = self.fold_some(&snapshot, &mut fold, next, size)?;
            if next >= size {
                return Ok(compare(&snapshot, &self.keys, fold)?);
            }
        }
    }

    /// How many shares of rows there are, of a number of rows each.
    pub fn row_shares(&self, of_rows: u64) -> Result<u32, JournalError> {
        Ok(shares(&self.reader(), of_rows)?)
    }

    /// Folds the next entries, and says how far it came.
    fn fold_some(
        &self,
        reader: &Reader<'_>,
        fold: &mut Fold,
        next: u64,
        size: u64,
    ) -> Result<u64, JournalError> {
        let end = next.saturating_add(BATCH).min(size);
        let mut expected = next;
        for (position, bytes) in reader.list_entries(next, end.saturating_sub(next))? {
            let index = EntryIndex::new(position);
            let entry = Entry::parse(&bytes);
            let Some(entry) = entry.ok().filter(|_| position == expected) else {
                fold.skip(index);
                continue;
            };
            expected = expected.saturating_add(1);
            for class in [PartClass::Rows, PartClass::State] {
                if !entry.parts.iter().any(|part| part.class == class) {
                    continue;
                }
                if !self.fold_class(reader, fold, (index, &entry), class)? {
                    fold.skip(index);
                }
            }
        }
        if expected < end {
            fold.skip(EntryIndex::new(expected));
        }
        Ok(end)
    }

    /// Folds what an entry says in a part; says whether that is there and whole.
    fn fold_class(
        &self,
        reader: &Reader<'_>,
        fold: &mut Fold,
        (index, entry): (EntryIndex, &Entry),
        class: PartClass,
    ) -> Result<bool, JournalError> {
        let Some(row) = reader.find_part(index, class.name())? else {
            return Ok(false);
        };
        match self.open_part_of(reader, entry, index, &row) {
            Ok(bytes) => Ok(fold_part(fold, index, class, &bytes).is_ok()),
            Err(JournalError::PartDamaged { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// Rows as they are to be made again, up to where the log had come.
pub struct Repair {
    differences: Vec<Difference>,
    fold: Fold,
    next: u64,
}

impl LogView {
    /// Prepares a repair beside the writer; what the log says meanwhile, the writer adds.
    pub fn prepare_repair(&self, differences: Vec<Difference>) -> Result<Repair, JournalError> {
        let mut differences = differences;
        differences.retain(|row| row.fault != RowFault::Impossible);
        differences.truncate(MAX_DIFFERENCES);
        let only: BTreeSet<Key> = differences.iter().map(|row| row.key).collect();
        let mut repair = Repair {
            differences,
            fold: Fold::new(Scope::Only(only), Keep::Rows),
            next: 0,
        };
        self.go_on(&mut repair)?;
        Ok(repair)
    }

    fn go_on(&self, repair: &mut Repair) -> Result<(), JournalError> {
        let size = self.size()?;
        while repair.next < size {
            let snapshot = self.store.snapshot()?;
            repair.next = self.fold_some(&snapshot, &mut repair.fold, repair.next, size)?;
        }
        Ok(())
    }
}

impl Journal {
    /// Makes rows as the log says they are, and records which were not; nothing where none is named.
    ///
    /// What only its digest is known of is forgotten instead: an answer to a call, whom the platform named
    /// today.
    pub fn repair(&mut self, mut repair: Repair) -> Result<Option<Recorded<()>>, JournalError> {
        self.view.go_on(&mut repair)?;
        let Repair {
            differences, fold, ..
        } = repair;
        if differences.is_empty() || fold.gap().is_some() {
            return Ok(None);
        }
        let repaired = Repaired {
            rows: differences
                .iter()
                .map(|row| RepairedRow {
                    table: row.table,
                    key: row.key.to_string(),
                    fault: row.fault,
                    entry: row.entry,
                })
                .collect(),
        };
        let draft = Draft::of(&repaired).map_err(|_| StoreError::Row(None))?;
        let keys = self.view.keys.clone();
        let recorded = self.record_any(draft, |transaction, _| {
            for row in &differences {
                match fold.row(row.key) {
                    Some(row) => write_row(transaction, &keys, &row)?,
                    None => transaction.remove_row(row.table, &row.found)?,
                }
            }
            Ok::<_, JournalError>(())
        })?;
        Ok(Some(recorded))
    }

    /// Records all rows as they stand, so that the fold can start here: in one commit, a part at a time.
    pub fn carry_rows(&mut self, reason: CarryReason) -> Result<(), JournalError> {
        let before = self.view.another()?;
        self.record_together(|open| {
            let snapshot = before.store.snapshot()?;
            let mut chunk = Chunk::default();
            for table in Table::ALL {
                snapshot.visit_rows(table, &before.keys, |row: Row| {
                    if chunk.is_full() {
                        open.add(&chunk.take(reason, false))?;
                    }
                    chunk.push(row);
                    Ok::<_, JournalError>(())
                })?;
            }
            open.add(&chunk.take(reason, true))?;
            Ok(open.transaction().put_setting(TO_CARRY, "carried")?)
        })
    }

    /// Carries the rows before parts are destroyed that they were made from: what differs is made right
    /// first, or whatever stands there by then would be all that is known.
    pub(super) fn carry_before_erasure(&mut self) -> Result<(), JournalError> {
        if self.is_carried_last()? {
            return Ok(());
        }
        let shares = self.row_shares(SHARE_ROWS)?;
        for which in 0..shares {
            let differences = self.compare_rows(which, shares)?.differences;
            for some in differences.chunks(MAX_DIFFERENCES) {
                let repair = self.prepare_repair(some.to_vec())?;
                let _ = self.repair(repair)?;
            }
        }
        self.carry_rows(CarryReason::Erasure)
    }

    /// Whether nothing that changes rows was recorded since they were carried.
    fn is_carried_last(&self) -> Result<bool, JournalError> {
        let mut index = self.size()?;
        while index > 0 {
            index = index.saturating_sub(1);
            match self.entry(EntryIndex::new(index))?.kind {
                EntryKind::Carried => return Ok(true),
                EntryKind::Erasure => {}
                _ => return Ok(false),
            }
        }
        Ok(false)
    }

    /// Carries the rows of a store whose entries did not say what followed from them.
    pub(super) fn carry_rows_of_before(&mut self) -> Result<(), JournalError> {
        let setting = self.reader().setting(TO_CARRY)?;
        if setting.as_deref() == Some("to-carry") && !self.tells_of_rows()? {
            self.rename_states()?;
            self.carry_rows(CarryReason::Migration)?;
        }
        Ok(())
    }

    /// Whether any entry tells of rows. The log says so: a setting or a schema's number can be put back by
    /// whoever wants rows carried as they made them.
    fn tells_of_rows(&self) -> Result<bool, JournalError> {
        let (mut next, size) = (0, self.size()?);
        while next < size {
            for (position, bytes) in self.reader().list_entries(next, BATCH)? {
                let damaged = JournalError::TreeDamaged(EntryIndex::new(position));
                let entry = Entry::parse(&bytes).map_err(|_| damaged)?;
                let mut classes = entry.parts.iter().map(|part| part.class);
                if classes.any(|class| matches!(class, PartClass::Rows | PartClass::State)) {
                    return Ok(true);
                }
            }
            next = next.saturating_add(BATCH);
        }
        Ok(false)
    }

    /// A sale's state was sealed as a pair with the entry of its latest change, which is a member now.
    fn rename_states(&mut self) -> Result<(), JournalError> {
        let keys = self.view.keys.clone();
        self.change(|transaction| {
            let mut pairs: Vec<Row> = Vec::new();
            transaction.visit_rows(Table::Sale, &keys, |row: Row| {
                pairs.push(row);
                Ok::<_, StoreError>(())
            })?;
            for mut row in pairs {
                let Some(Cell::Text(state)) = row.values.last_mut() else {
                    continue;
                };
                let Ok((sale, latest)) = serde_json::from_str::<(&RawValue, u64)>(state) else {
                    continue;
                };
                let members = sale.get().trim_start_matches('{');
                *state = format!(r#"{{"latest":{latest},{members}"#).into();
                write_row(transaction, &keys, &row)?;
            }
            Ok(())
        })
    }
}

/// Bytes of a part of carried rows, about.
const CHUNK_BYTES: usize = 1 << 20;

/// Rows on their way into a part.
#[derive(Default)]
struct Chunk {
    number: u32,
    bytes: usize,
    rows: Vec<CarriedRow>,
}

impl Chunk {
    fn is_full(&self) -> bool {
        self.bytes >= CHUNK_BYTES
    }

    fn push(&mut self, row: Row) {
        let cells = row.key.iter().chain(&row.values);
        let length = |cell: &Cell| match cell {
            Cell::Text(text) => text.len().saturating_add(8),
            _ => 48,
        };
        self.bytes = self.bytes.saturating_add(cells.map(length).sum());
        self.rows.push(row.into());
    }

    fn take(&mut self, reason: CarryReason, last: bool) -> Carried {
        let chunk = self.number;
        self.number = chunk.saturating_add(1);
        self.bytes = 0;
        Carried {
            reason,
            chunk,
            last,
            rows: std::mem::take(&mut self.rows),
        }
    }
}

fn write_row(transaction: &Transaction<'_>, keys: &Keys, row: &Row) -> Result<(), JournalError> {
    let mut values: Vec<Column> = row.values.iter().cloned().map(Column::Cell).collect();
    let sealed = match (row_name(row.table, &row.key), row.values.last()) {
        (Some(name), Some(Cell::Text(state))) => {
            let state = match name {
                RowName::Register(kind, _) => {
                    let known = transaction.sealed_column(row.table, &row.key, "state")?;
                    let known = known.and_then(|known| keys.open_row(&name, &known).ok());
                    whole_register(kind, state, known.as_deref().map(Vec::as_slice))
                        .map_err(|_| StoreError::Row(None))?
                }
                _ => state.as_bytes().to_vec(),
            };
            Some(keys.seal_row(&name, &Zeroizing::new(state))?)
        }
        (_, Some(told)) if *told != Cell::NULL && is_digest_only(row.table) => {
            let (_, columns) = row.table.columns();
            let column = columns.last().copied().unwrap_or_default();
            let known = transaction.sealed_column(row.table, &row.key, column)?;
            match known.filter(|known| Cell::from(known.digest()) == *told) {
                Some(known) => Some(known),
                // Whom it was, or what was answered, is known to nobody any more.
                None => return Ok(transaction.lose_row(row)?),
            }
        }
        _ => None,
    };
    if let Some(sealed) = sealed {
        values.pop();
        values.push(Column::Sealed(sealed));
    }
    Ok(transaction.put_row(row.table, &row.key, values)?)
}

/// Is the last column of a table's rows sealed, and told by its digest?
fn is_digest_only(table: Table) -> bool {
    matches!(table, Table::Insured | Table::RelayedCall | Table::Request)
}

/// A register's state made whole again. Where the sealed key that was there is not the one that was told,
/// none is left: whoever's it is gets a new PIN.
fn whole_register(
    kind: RegisterKind,
    told: &str,
    known: Option<&[u8]>,
) -> Result<Vec<u8>, serde_json::Error> {
    let mut state: serde_json::Map<String, serde_json::Value> = serde_json::from_str(told)?;
    if kind == RegisterKind::Staff {
        let known: serde_json::Map<String, serde_json::Value> = match known {
            Some(known) => serde_json::from_slice(known)?,
            None => serde_json::Map::new(),
        };
        let told = state.get(SEALED_KEY).and_then(|told| told.as_str());
        let told = told.unwrap_or_default().to_owned();
        let sealed: Vec<u8> = match known.get(SEALED_KEY) {
            Some(sealed) => serde_json::from_value(sealed.clone())?,
            None => Vec::new(),
        };
        let is_same = hex(&sha256(&sealed)) == told || lost_key(&sealed) == Some(told.as_str());
        let sealed = if is_same { sealed } else { lose_key(&told) };
        state.insert(SEALED_KEY.to_owned(), sealed.into());
        if let Some(lock) = known.get(LOCK) {
            state.insert(LOCK.to_owned(), lock.clone());
        }
    }
    serde_json::to_vec(&state)
}
