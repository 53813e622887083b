//! Why a command stopped before it could say yes or no.
//!
//! Out of scope: what is wrong with a log or a list (`report`, `slip`); words for people (`text`).

use std::error::Error;
use std::iter;
use std::path::PathBuf;

use pharmacy_protocol::log::note::KeyError;
use pharmacy_protocol::slip::SlipError;

use crate::folder::FolderError;

/// Why nothing was verified.
#[derive(Debug, thiserror::Error)]
pub enum StopError {
    /// The key is no key.
    #[error("verifier key `{}` cannot be used", path.display())]
    Key {
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
            Self::Key { .. } => "key.refused",
            Self::Missing { .. } => "file.missing",
            Self::Unreadable { .. } => "file.unreadable",
        }
    }
}

/// Why nothing was checked.
#[derive(Debug, thiserror::Error)]
pub enum SlipStop {
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

impl SlipStop {
    /// The permanent code of this kind of stop.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Code { .. } => "image.no-code",
            Self::Image { .. } => "image.refused",
            Self::Key(_) => "key.refused",
            Self::Missing { .. } => "file.missing",
            Self::Proof(error) => error.code(),
            Self::Unreadable { .. } => "file.unreadable",
        }
    }
}

/// An error and its causes on one line.
pub fn chain(error: &dyn Error) -> String {
    let causes = iter::successors(Some(error), |&error| error.source());
    let texts: Vec<String> = causes.map(ToString::to_string).collect();
    texts.join(": ")
}
