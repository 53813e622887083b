//! Entries that are recorded and not yet delivered, in their order.

use pharmacy_protocol::term::EntryIndex;

use super::{Reader, StoreError, Transaction, column, unsigned};

/// An entry to be delivered.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OutboxItem {
    /// Its place in the queue; grows, and is never given out twice.
    pub position: u64,
    /// Where it is to go.
    pub destination: String,
    /// What is to be delivered.
    pub entry: EntryIndex,
}

impl Reader<'_> {
    /// Up to `limit` items for a destination behind a position, in order.
    pub fn outbox_after(
        &self,
        destination: &str,
        position: u64,
        limit: u32,
    ) -> Result<Vec<OutboxItem>, StoreError> {
        let values = (destination, column("position", position)?, limit);
        self.many(include_str!("query/list_outbox_items.sql"), values, |row| {
            Ok(OutboxItem {
                position: unsigned(row, 0)?,
                destination: row.get(1)?,
                entry: EntryIndex::new(unsigned(row, 2)?),
            })
        })
    }
}

impl Transaction<'_> {
    /// Queues an entry for a destination and returns its place.
    pub fn add_outbox_item(&self, destination: &str, entry: EntryIndex) -> Result<u64, StoreError> {
        let values = (destination, column("entry", entry.value())?);
        self.one(include_str!("query/add_outbox_item.sql"), values, |row| {
            unsigned(row, 0)
        })?
        .ok_or(StoreError::Row(None))
    }

    /// Takes a delivered item out; says whether it was there.
    pub fn remove_outbox_item(&self, position: u64) -> Result<bool, StoreError> {
        let values = [column("position", position)?];
        Ok(self.change(include_str!("query/remove_outbox_item.sql"), values)? == 1)
    }
}
