//! Why a command stopped before it could say yes or no.
//!
//! Out of scope: what is wrong with a log or a list (`report`, `slip`); words for people (`text`).

use std::error::Error;
use std::iter;
use std::path::{Path, PathBuf};

use pharmacy_protocol::log::note::KeyError;
use pharmacy_protocol::slip::SlipError;

use crate::folder::{FolderError, read_file};

/// Why nothing was verified.
#[derive(Debug, thiserror::Error)]
pub enum StopError {
    /// The photograph has no code of a slip.
    #[error("no slip's code can be read in `{}`", path.display())]
    Code {
        /// The photograph.
        path: PathBuf,
    },
    /// The photograph is no image, or too large.
    #[error("`{}` is no jpeg or png of bearable size", path.display())]
    Image {
        /// The photograph.
        path: PathBuf,
    },
    /// The key is no key.
    #[error("verifier key cannot be used")]
    Key(#[source] KeyError),
    /// What was read as a key is none.
    #[error("verifier key `{}` cannot be used", path.display())]
    KeyFile {
        /// Where it was read.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        cause: KeyError,
    },
    /// There is no such file.
    #[error("`{}` is missing", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The code's text is no proof.
    #[error("the code's text is no proof of a slip")]
    Proof(#[source] SlipError),
    /// A file is there and cannot be read.
    #[error("cannot read `{}`", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        cause: FolderError,
    },
}

impl StopError {
    /// The permanent code of this kind of stop.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Code { .. } => "image.no-code",
            Self::Image { .. } => "image.refused",
            Self::Key(_) | Self::KeyFile { .. } => "key.refused",
            Self::Missing { .. } => "file.missing",
            Self::Proof(error) => error.code(),
            Self::Unreadable { .. } => "file.unreadable",
        }
    }
}

/// Reads a file that has to be there.
pub fn require(path: &Path) -> Result<Vec<u8>, StopError> {
    let path = path.to_owned();
    match read_file(&path) {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => Err(StopError::Missing { path }),
        Err(cause) => Err(StopError::Unreadable { path, cause }),
    }
}

/// An error and its causes on one line.
pub fn chain(error: &dyn Error) -> String {
    let causes = iter::successors(Some(error), |&error| error.source());
    let texts: Vec<String> = causes.map(ToString::to_string).collect();
    texts.join(": ")
}
