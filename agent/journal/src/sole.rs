//! The one writer's claim on a data directory: a lock of the system on an empty file of its own.
//!
//! The system lets go of the lock when its process ends, however it ends: nothing stale is left, and
//! nobody decides by a process number whether somebody still lives. The file stays, is made anew where
//! a restored directory lacks it, and belongs into no backup.
//!
//! In scope: taking the claim. Out of scope: readers, which need none; who else writes through the one
//! that has it (the agent's `control`).
//!
//! Never a lock on the database: to close any other handle of that file would drop the locks that the
//! database library holds on it (POSIX). Whoever removes the file of a running agent gets a second
//! writer; the head's compare-and-set still keeps their log from forking.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;

use super::JournalError;

/// The lock's file within the data directory.
pub(super) const LOCK_FILE: &str = "writer.lock";

/// Proof that nobody else writes the store, for as long as it lives.
#[derive(Debug)]
pub(super) struct Sole(File);

impl Sole {
    /// Takes the claim on a data directory that is there, unless somebody has it.
    pub(super) fn take(data: &Path) -> Result<Self, JournalError> {
        let file = open(&data.join(LOCK_FILE)).map_err(JournalError::Lock)?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(JournalError::InUse),
            Err(TryLockError::Error(source)) => Err(JournalError::Lock(source)),
        }
    }
}

impl Drop for Sole {
    fn drop(&mut self) {
        // By name, not by closing the file: a child that another thread starts at this moment has it
        // open, too, until it becomes its own program.
        let _ = self.0.unlock();
    }
}

/// Opened for writing: some network file systems lock nothing else.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
