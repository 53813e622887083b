//! Space kept back, so that the outage of a full disk can itself be recorded.
//!
//! The file is really written, with bytes that no file system can compress or leave out. When the
//! disk is full, the agent gives it up in a fresh process, records that it cannot record much longer,
//! and refuses account settlements; see DESIGN §6.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use super::error::io_error;
use super::place::JOURNAL_DIRECTORY;
use super::{JournalError, LogView, published, seal};

/// How much is kept back: some hundreds of events.
pub const RESERVE_BYTES: u64 = 4 * 1024 * 1024;

const RESERVE_FILE: &str = "reserve.bin";

/// Whether the space is still kept back.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ReserveState {
    Held,
    /// It was given up, wholly or in part.
    Released,
}

/// Writes the reserve.
pub(super) fn fill(directory: &Path) -> Result<(), JournalError> {
    let block = seal::random::<{ 64 * 1024 }>()?;
    let length = u64::try_from(block.len()).unwrap_or(u64::MAX);
    let write = || {
        let mut file = File::create(directory.join(RESERVE_FILE))?;
        for _ in 0..RESERVE_BYTES.div_ceil(length) {
            file.write_all(block.as_slice())?;
        }
        file.sync_all()?;
        published::sync_directory(directory)
    };
    write().map_err(io_error("writing the reserve"))
}

/// Gives the reserve of a data directory up. Works when the log cannot even be opened.
pub fn release_reserve(data: &Path) -> Result<(), JournalError> {
    release(&data.join(JOURNAL_DIRECTORY))
}

fn release(directory: &Path) -> Result<(), JournalError> {
    match fs::remove_file(directory.join(RESERVE_FILE)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result
            .and_then(|()| published::sync_directory(directory))
            .map_err(io_error("giving up the reserve")),
    }
}

impl LogView {
    /// Is space still kept back?
    pub fn reserve_state(&self) -> ReserveState {
        let file = fs::metadata(self.directory.join(RESERVE_FILE));
        if file.is_ok_and(|file| file.len() >= RESERVE_BYTES) {
            ReserveState::Held
        } else {
            ReserveState::Released
        }
    }

    /// Gives the reserve up.
    pub fn release_reserve(&self) -> Result<(), JournalError> {
        release(&self.directory)
    }

    /// Keeps space back again, once there is some.
    pub fn refill_reserve(&self) -> Result<(), JournalError> {
        fill(&self.directory)
    }
}
