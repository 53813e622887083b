//! A log's files below one folder.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use pharmacy_protocol::log::tile::{MAX_BUNDLE_ENTRY_BYTES, WIDTH};
use pharmacy_protocol::log::verify::Tree;

/// The longest file that a log has: a full bundle of the longest entries.
pub const MAX_FILE_BYTES: u64 = WIDTH as u64 * (MAX_BUNDLE_ENTRY_BYTES as u64 + 2);

/// A file that is there and cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// What the system said.
    #[error("the system refuses")]
    Io(#[from] io::Error),
    /// A folder, a pipe, a device.
    #[error("not a file")]
    NotAFile,
    /// Longer than [`MAX_FILE_BYTES`].
    #[error("longer than any file of a log")]
    TooLong,
}

/// An exported log.
pub struct Folder {
    root: PathBuf,
}

impl Folder {
    /// The log below `root`.
    pub fn new(root: &Path) -> Self {
        let root = root.to_owned();
        Self { root }
    }
}

impl Tree for Folder {
    type Error = FolderError;
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, FolderError> {
        let path = path
            .split('/')
            .fold(self.root.clone(), |to, part| to.join(part));
        read_file(&path)
    }
}

/// The bytes of a file, or none if there is no such file.
pub fn read_file(path: &Path) -> Result<Option<Vec<u8>>, FolderError> {
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) => return Err(error.into()),
    };
    // A stranger packed this folder: a pipe in it would be waited for without end.
    if !metadata.is_file() {
        return Err(FolderError::NotAFile);
    }
    let mut bytes = Vec::new();
    File::open(path)?
        .take(MAX_FILE_BYTES + 1)
        .read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MAX_FILE_BYTES {
        return Err(FolderError::TooLong);
    }
    Ok(Some(bytes))
}
