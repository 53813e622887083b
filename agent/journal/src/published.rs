//! The published checkpoint: a file beside the database that says how far the log has been shown.
//!
//! It is replaced as a whole (temporary file, sync, rename, sync of the directory). A database that is
//! behind it, or tells another history, was restored from somewhere: nothing is signed on it.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use pharmacy_protocol::log::checkpoint;
use pharmacy_protocol::log::note::VerifierKey;
use pharmacy_protocol::log::tree::Head;

use super::JournalError;
use super::error::io_error;
use super::fault::{Faults, Step};

/// The published checkpoint's file.
pub(super) const CHECKPOINT_FILE: &str = "checkpoint";

/// Reads what was published: the note, and the head that it signs.
pub(super) fn read(directory: &Path, key: &VerifierKey) -> Result<(Vec<u8>, Head), JournalError> {
    let note = match fs::read(directory.join(CHECKPOINT_FILE)) {
        Ok(note) => note,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(JournalError::CheckpointMissing);
        }
        Err(error) => return Err(io_error("reading the published checkpoint")(error)),
    };
    let checkpoint = checkpoint::open(&note, key).map_err(|_| JournalError::CheckpointDamaged)?;
    let head = checkpoint.get().head();
    Ok((note, head))
}

/// Replaces what was published.
pub(super) fn write(directory: &Path, note: &str, faults: &Faults) -> Result<(), JournalError> {
    let temporary = directory.join("checkpoint.new");
    faults.step(Step::WriteCheckpoint, || {
        write_synced(&temporary, note.as_bytes()).map_err(io_error("writing a checkpoint"))
    })?;
    faults.step(Step::RenameCheckpoint, || {
        fs::rename(&temporary, directory.join(CHECKPOINT_FILE))
            .and_then(|()| sync_directory(directory))
            .map_err(io_error("publishing a checkpoint"))
    })
}

/// Writes a file whose bytes are on the disk when this returns.
pub(super) fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Makes names in a directory last.
#[cfg(unix)]
pub(super) fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

/// Makes names in a directory last. Windows journals them itself and lets nobody sync a directory.
#[cfg(not(unix))]
pub(super) fn sync_directory(_directory: &Path) -> io::Result<()> {
    Ok(())
}
