//! What a transaction takes back, and how much of the write-ahead file is still to be copied back.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use rusqlite::{Connection, TransactionBehavior};

use super::error::StoreError;

/// How many pages the write-ahead file holds, as of the last commit.
#[derive(Clone, Debug, Default)]
pub(super) struct Backlog(Arc<AtomicU32>);

impl Backlog {
    pub(super) fn pages(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn set(&self, pages: u32) {
        self.0.store(pages, Ordering::Relaxed);
    }
}

/// What a transaction takes back when it is dropped.
#[derive(Debug)]
pub(super) enum Scope<'c> {
    Whole(rusqlite::Transaction<'c>),
    Within(Within<'c>),
}

/// One event of a group.
#[derive(Debug)]
pub(super) struct Within<'c> {
    connection: &'c Connection,
    is_kept: bool,
}

impl Drop for Within<'_> {
    fn drop(&mut self) {
        if !self.is_kept {
            // Refused where the whole group is gone already.
            let undone = execute(self.connection, "ROLLBACK TO event");
            let _ = undone.and_then(|()| execute(self.connection, "RELEASE event"));
        }
    }
}

impl<'c> Scope<'c> {
    pub(super) fn begin(connection: &'c Connection) -> Result<Self, StoreError> {
        if connection.is_autocommit() {
            let behavior = TransactionBehavior::Immediate;
            let whole = rusqlite::Transaction::new_unchecked(connection, behavior)?;
            return Ok(Self::Whole(whole));
        }
        execute(connection, "SAVEPOINT event")?;
        Ok(Self::Within(Within {
            connection,
            is_kept: false,
        }))
    }

    pub(super) fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Whole(whole) => Ok(whole.commit()?),
            Self::Within(mut within) => {
                execute(within.connection, "RELEASE event")?;
                within.is_kept = true;
                Ok(())
            }
        }
    }
}

pub(super) fn execute(connection: &Connection, statement: &str) -> Result<(), StoreError> {
    connection.prepare_cached(statement)?.execute([])?;
    Ok(())
}
