//! Purchase lists and how they were confirmed (R40); the lists themselves are parts of their entries.

use pharmacy_protocol::term::EntryIndex;
use rusqlite::Row;

use pharmacy_protocol::history::ListChange;
use pharmacy_protocol::history::word::ListState;

use super::{Reader, StoreError, Transaction, column, parsed, unsigned};

/// A list's row.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ListRow {
    pub sale: u64,
    /// The entry that holds the list.
    pub entry: EntryIndex,
    /// When it was settled, milliseconds since 1970.
    pub settled_ms: i64,
    /// How it was confirmed.
    pub state: ListState,
    /// The entry that confirmed it; the newest of several.
    pub confirmation: Option<EntryIndex>,
    /// The entry that took its sale back: such a list needs no confirmation.
    pub taken_back: Option<EntryIndex>,
}

fn read_list(row: &Row<'_>) -> rusqlite::Result<ListRow> {
    Ok(ListRow {
        sale: unsigned(row, 0)?,
        entry: EntryIndex::new(unsigned(row, 1)?),
        settled_ms: row.get(2)?,
        state: parsed(row, 3)?,
        confirmation: entry_option(row, 4)?,
        taken_back: entry_option(row, 5)?,
    })
}

fn entry_option(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<EntryIndex>> {
    match row.get_ref(at)? {
        rusqlite::types::ValueRef::Null => Ok(None),
        _ => unsigned(row, at).map(|entry| Some(EntryIndex::new(entry))),
    }
}

impl Reader<'_> {
    /// A list of a sale.
    pub fn find_list(&self, sale: u64, entry: EntryIndex) -> Result<Option<ListRow>, StoreError> {
        let values = (column("sale", sale)?, column("entry", entry.value())?);
        self.one(include_str!("query/find_list.sql"), values, read_list)
    }

    /// The newest list of a sale.
    pub fn newest_list(&self, sale: u64) -> Result<Option<ListRow>, StoreError> {
        let statement = include_str!("query/find_newest_list.sql");
        self.one(statement, [column("sale", sale)?], read_list)
    }

    /// Lists settled before a moment that nobody confirmed, the newest first.
    pub fn open_lists(&self, before_ms: i64, limit: u32) -> Result<Vec<ListRow>, StoreError> {
        let statement = include_str!("query/list_open_lists.sql");
        self.many(statement, (before_ms, limit), read_list)
    }

    /// All lists, the newest first.
    pub fn newest_lists(&self, limit: u32) -> Result<Vec<ListRow>, StoreError> {
        let statement = include_str!("query/list_newest_lists.sql");
        self.many(statement, [limit], read_list)
    }

    /// How many lists settled before a moment nobody confirmed; counts no further than `most`.
    pub fn count_open_lists(&self, before_ms: i64, most: u32) -> Result<u64, StoreError> {
        let statement = include_str!("query/count_open_lists.sql");
        let count = self.one(statement, (before_ms, most), |row| unsigned(row, 0))?;
        Ok(count.unwrap_or_default())
    }
}

impl Transaction<'_> {
    pub fn add_list(&self, list: &ListRow) -> Result<(), StoreError> {
        let entry = |index: Option<EntryIndex>| {
            index
                .map(|index| column("entry", index.value()))
                .transpose()
        };
        let values = (
            column("sale", list.sale)?,
            column("entry", list.entry.value())?,
            list.settled_ms,
            list.state.as_str(),
            entry(list.confirmation)?,
            entry(list.taken_back)?,
        );
        self.change(include_str!("query/add_list.sql"), values)?;
        let (sale, settled) = (list.sale, list.settled_ms);
        self.tell(|rows| rows.lists.push(ListChange::Listed { sale, settled }));
        Ok(())
    }

    /// Notes how a list was confirmed; says whether there is one that could be.
    pub fn confirm_list(
        &self,
        (sale, entry): (u64, EntryIndex),
        state: ListState,
        confirmation: EntryIndex,
    ) -> Result<bool, StoreError> {
        let values = (
            column("sale", sale)?,
            column("entry", entry.value())?,
            state.as_str(),
            column("entry", confirmation.value())?,
        );
        let changed = self.change(include_str!("query/confirm_list.sql"), values)?;
        if changed > 0 {
            let (list, how) = (entry, state);
            self.tell(|rows| rows.lists.push(ListChange::Confirmed { sale, list, how }));
        }
        Ok(changed > 0)
    }

    /// Notes that a sale was taken back, and counts its lists.
    pub fn take_lists_back(&self, sale: u64, by: EntryIndex) -> Result<usize, StoreError> {
        let values = (column("sale", sale)?, column("entry", by.value())?);
        let changed = self.change(include_str!("query/take_lists_back.sql"), values)?;
        if changed > 0 {
            self.tell(|rows| rows.lists.push(ListChange::TakenBack { sale }));
        }
        Ok(changed)
    }

    /// Notes that a sale stands after all: what took it back was itself undone.
    pub fn restore_lists(&self, sale: u64) -> Result<usize, StoreError> {
        let values = [column("sale", sale)?];
        let changed = self.change(include_str!("query/restore_lists.sql"), values)?;
        if changed > 0 {
            self.tell(|rows| rows.lists.push(ListChange::Restored { sale }));
        }
        Ok(changed)
    }
}
