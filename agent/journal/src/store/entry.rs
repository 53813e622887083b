//! Rows of the log itself: which log, its entries, its hashes, its head.

use pharmacy_protocol::term::EntryIndex;

use super::{Reader, StoreError, Transaction, column, unsigned};

/// Which log the store holds, and its signing key as it was sealed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LogRow {
    /// The log's random id.
    pub log_id: String,
    /// The origin line of its checkpoints.
    pub origin: String,
    /// The text form of the key that verifies its checkpoints.
    pub verifier: String,
    /// Tells the right master key from a wrong one.
    pub key_check: Vec<u8>,
    /// The signing key's seed, sealed under the master.
    pub sealed_seed: Vec<u8>,
    /// When the log was made.
    pub created_ms: i64,
}

/// The head of the tree.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HeadRow {
    /// How many entries it covers.
    pub size: u64,
    pub root: [u8; 32],
    /// The signed checkpoint that says so.
    pub checkpoint: String,
}

impl Reader<'_> {
    /// Which log this is.
    pub fn find_log(&self) -> Result<Option<LogRow>, StoreError> {
        self.one(include_str!("query/find_log.sql"), [], |row| {
            Ok(LogRow {
                log_id: row.get(0)?,
                origin: row.get(1)?,
                verifier: row.get(2)?,
                key_check: row.get(3)?,
                sealed_seed: row.get(4)?,
                created_ms: row.get(5)?,
            })
        })
    }

    /// The head, once there is one.
    pub fn find_head(&self) -> Result<Option<HeadRow>, StoreError> {
        self.one(include_str!("query/find_head.sql"), [], |row| {
            Ok(HeadRow {
                size: unsigned(row, 0)?,
                root: row.get(1)?,
                checkpoint: row.get(2)?,
            })
        })
    }

    pub fn find_entry(&self, index: EntryIndex) -> Result<Option<Vec<u8>>, StoreError> {
        let position = column("entry", index.value())?;
        self.one(include_str!("query/find_entry.sql"), [position], |row| {
            row.get(0)
        })
    }

    /// Up to `limit` entries from `from` on, in order.
    pub fn list_entries(&self, from: u64, limit: u64) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        let values = [column("entry", from)?, column("limit", limit)?];
        self.many(include_str!("query/list_entries.sql"), values, |row| {
            Ok((unsigned(row, 0)?, row.get(1)?))
        })
    }

    /// How many entries there are, whatever the head says; reads them all.
    pub fn count_entries(&self) -> Result<u64, StoreError> {
        self.count(include_str!("query/count_entries.sql"))
    }

    /// The hash at a stored position.
    pub fn find_hash(&self, position: u64) -> Result<Option<[u8; 32]>, StoreError> {
        let position = column("hash", position)?;
        self.one(include_str!("query/find_hash.sql"), [position], |row| {
            row.get(0)
        })
    }

    /// How many hashes there are; reads them all.
    pub fn count_hashes(&self) -> Result<u64, StoreError> {
        self.count(include_str!("query/count_hashes.sql"))
    }

    /// The number that a counting statement returns.
    pub(super) fn count(&self, statement: &str) -> Result<u64, StoreError> {
        self.one(statement, [], |row| unsigned(row, 0))?
            .ok_or(StoreError::Row(None))
    }
}

impl Transaction<'_> {
    /// Writes down which log this is; once.
    pub fn add_log(&self, log: &LogRow) -> Result<(), StoreError> {
        self.change(
            include_str!("query/add_log.sql"),
            (
                &log.log_id,
                &log.origin,
                &log.verifier,
                &log.key_check,
                &log.sealed_seed,
                log.created_ms,
            ),
        )?;
        Ok(())
    }

    pub fn add_entry(&self, index: EntryIndex, bytes: &[u8]) -> Result<(), StoreError> {
        let position = column("entry", index.value())?;
        self.change(include_str!("query/add_entry.sql"), (position, bytes))?;
        Ok(())
    }

    pub fn add_hash(&self, position: u64, value: &[u8; 32]) -> Result<(), StoreError> {
        let position = column("hash", position)?;
        self.change(include_str!("query/add_hash.sql"), (position, value))?;
        Ok(())
    }

    /// Writes the first head.
    pub fn add_head(&self, head: &HeadRow) -> Result<(), StoreError> {
        let size = column("size", head.size)?;
        self.change(
            include_str!("query/add_head.sql"),
            (size, head.root, &head.checkpoint),
        )?;
        Ok(())
    }

    /// Moves the head, if it still stands at `old_size`; says whether it did.
    pub fn move_head(&self, old_size: u64, head: &HeadRow) -> Result<bool, StoreError> {
        let values = (
            column("size", old_size)?,
            column("size", head.size)?,
            head.root,
            &head.checkpoint,
        );
        Ok(self.change(include_str!("query/move_head.sql"), values)? == 1)
    }
}
