//! Sealed parts of entries and the month-and-class keys that wrap their keys.

use pharmacy_protocol::term::EntryIndex;
use rusqlite::Row;

use super::{Reader, StoreError, Transaction, column, unsigned};

/// Most parts an entry can have: their places share a row number with the entry's index.
pub const MAX_PARTS: usize = 16;

/// The row number of a month-and-class key.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct MonthKeyId(i64);

/// A part as it lies in the file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PartRow {
    /// What kind of content it is.
    pub class: String,
    /// The key that wraps the part's own key.
    pub month_key: MonthKeyId,
    /// The part's own key, wrapped.
    pub wrapped_key: Vec<u8>,
    /// Salt and bytes, sealed under the part's own key.
    pub sealed: Vec<u8>,
}

fn read_part(row: &Row<'_>) -> rusqlite::Result<PartRow> {
    Ok(PartRow {
        class: row.get(0)?,
        month_key: MonthKeyId(row.get(1)?),
        wrapped_key: row.get(2)?,
        sealed: row.get(3)?,
    })
}

impl Reader<'_> {
    /// A part of an entry, unless it was erased or never was.
    pub fn find_part(&self, entry: EntryIndex, class: &str) -> Result<Option<PartRow>, StoreError> {
        let values = (column("entry", entry.value())?, class);
        self.one(include_str!("query/find_part.sql"), values, read_part)
    }

    /// The parts of an entry that are still there.
    pub fn list_parts(&self, entry: EntryIndex) -> Result<Vec<PartRow>, StoreError> {
        let values = [column("entry", entry.value())?];
        self.many(include_str!("query/list_parts.sql"), values, read_part)
    }

    /// The wrapped key of a month and class.
    pub fn find_month_key(
        &self,
        month: u32,
        class: &str,
    ) -> Result<Option<(MonthKeyId, Vec<u8>)>, StoreError> {
        self.one(
            include_str!("query/find_month_key.sql"),
            (month, class),
            |row| Ok((MonthKeyId(row.get(0)?), row.get(1)?)),
        )
    }

    /// Month, class and wrapped key by row number.
    pub fn load_month_key(
        &self,
        id: MonthKeyId,
    ) -> Result<Option<(u32, String, Vec<u8>)>, StoreError> {
        self.one(include_str!("query/load_month_key.sql"), [id.0], |row| {
            let month = u32::try_from(unsigned(row, 0)?).unwrap_or(0);
            Ok((month, row.get(1)?, row.get(2)?))
        })
    }
}

impl Transaction<'_> {
    /// Adds a month-and-class key.
    pub fn add_month_key(
        &self,
        month: u32,
        class: &str,
        wrapped: &[u8],
    ) -> Result<MonthKeyId, StoreError> {
        self.change(
            include_str!("query/add_month_key.sql"),
            (month, class, wrapped),
        )?;
        Ok(MonthKeyId(self.connection.last_insert_rowid()))
    }

    /// Destroys the keys of months before `month` that wrap nothing any more, and counts them.
    pub fn remove_empty_month_keys(&self, month: u32) -> Result<usize, StoreError> {
        self.change(include_str!("query/remove_empty_month_keys.sql"), [month])
    }

    /// Adds the part at `place` of an entry.
    pub fn add_part(
        &self,
        entry: EntryIndex,
        place: usize,
        part: &PartRow,
    ) -> Result<(), StoreError> {
        let out_of_range = StoreError::OutOfRange { what: "part" };
        let slot = u64::try_from(place)
            .ok()
            .filter(|_| place < MAX_PARTS)
            .and_then(|place| entry.value().checked_mul(16)?.checked_add(place))
            .ok_or(out_of_range)?;
        let values = (
            column("part", slot)?,
            &part.class,
            part.month_key.0,
            &part.wrapped_key,
            &part.sealed,
        );
        self.change(include_str!("query/add_part.sql"), values)?;
        Ok(())
    }

    /// Destroys a part with its key; says whether it was there.
    pub fn remove_part(&self, entry: EntryIndex, class: &str) -> Result<bool, StoreError> {
        let values = (column("entry", entry.value())?, class);
        Ok(self.change(include_str!("query/remove_part.sql"), values)? > 0)
    }
}
