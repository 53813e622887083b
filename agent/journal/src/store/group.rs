//! Several events in one transaction, and what of the write-ahead file is still to be copied back.
//!
//! ```text
//! gather ─► (begin ─► commit: stays in the group │ dropped: taken back alone)* ─► land: one sync for all
//! ```
//! Disk full, an error of the disk or no memory may end the whole transaction: whoever sees an event fail
//! asks whether the group still stands.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use rusqlite::{Connection, TransactionBehavior};

use super::{Store, StoreError};

/// From how many pages of the write-ahead file on they are copied back between two groups.
const COPY_BACK_PAGES: u32 = 1000;

/// From how many on a commit copies back itself, whoever waits: nobody looked between the groups.
const MOST_PAGES: u32 = 8000;

/// How many pages the write-ahead file holds, as of the last commit.
#[derive(Clone, Debug, Default)]
pub(super) struct Backlog(Arc<AtomicU32>);

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

fn execute(connection: &Connection, statement: &str) -> Result<(), StoreError> {
    connection.prepare_cached(statement)?.execute([])?;
    Ok(())
}

impl Store {
    /// Takes the write lock for several events.
    pub fn gather(&self) -> Result<(), StoreError> {
        execute(&self.connection, "BEGIN IMMEDIATE")
    }

    /// Does a group stand?
    pub fn is_gathering(&self) -> bool {
        !self.connection.is_autocommit()
    }

    /// Makes a group last. After an error it is unknown whether it does.
    pub fn land(&self) -> Result<(), StoreError> {
        execute(&self.connection, "COMMIT")
    }

    /// Takes a group back.
    pub fn scatter(&self) {
        if self.is_gathering() {
            // Refused where it is gone already.
            let _ = execute(&self.connection, "ROLLBACK");
        }
    }

    /// Lets no commit copy pages back before its caller has the answer.
    pub(super) fn count_backlog(&mut self) -> Result<(), StoreError> {
        let backlog = self.backlog.clone();
        Ok(self
            .connection
            .wal_hook(Some(move |wal: &mut rusqlite::hooks::Wal, pages| {
                let pages = u32::try_from(pages).unwrap_or(0);
                backlog.0.store(pages, Ordering::Relaxed);
                match pages >= MOST_PAGES {
                    true => wal.checkpoint(),
                    false => Ok(()),
                }
            }))?)
    }

    /// Copies back what has gathered in the write-ahead file, as far as no reader is in the way.
    pub fn copy_back_backlog(&self) -> Result<(), StoreError> {
        if self.backlog.0.load(Ordering::Relaxed) < COPY_BACK_PAGES {
            return Ok(());
        }
        let statement = "PRAGMA wal_checkpoint(PASSIVE)";
        self.connection.query_row(statement, [], |_| Ok(()))?;
        self.backlog.0.store(0, Ordering::Relaxed);
        Ok(())
    }
}
