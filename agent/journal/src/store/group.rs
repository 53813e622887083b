//! Several events in one transaction, and what of the write-ahead file is still to be copied back.
//!
//! ```text
//! gather ─► (begin ─► commit: stays in the group │ dropped: taken back alone)* ─► land: one sync for all
//! ```
//! Disk full, an error of the disk or no memory may end the whole transaction: whoever sees an event fail
//! asks whether the group still stands.

use super::scope::execute;
use super::{Store, StoreError};

/// From how many pages of the write-ahead file on they are copied back between two groups.
const COPY_BACK_PAGES: u32 = 1000;

/// From how many on a commit copies back itself, whoever waits: nobody looked between the groups.
const MOST_PAGES: u32 = 8000;

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
                backlog.set(pages);
                match pages >= MOST_PAGES {
                    true => wal.checkpoint(),
                    false => Ok(()),
                }
            }))?)
    }

    /// Copies back what has gathered in the write-ahead file, as far as no reader is in the way.
    pub fn copy_back_backlog(&self) -> Result<(), StoreError> {
        if self.backlog.pages() < COPY_BACK_PAGES {
            return Ok(());
        }
        let statement = "PRAGMA wal_checkpoint(PASSIVE)";
        self.connection.query_row(statement, [], |_| Ok(()))?;
        self.backlog.set(0);
        Ok(())
    }
}
