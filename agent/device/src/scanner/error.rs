//! Why no scan comes.

use crate::port::{OpenError, PortError};

/// Why no scan comes. Carries no part of a code.
#[derive(Debug, thiserror::Error)]
pub enum ScannerError {
    /// The scanner is not there, or another program holds its port.
    #[error("scanner is absent")]
    Absent(#[from] OpenError),
    #[error("scanner was disconnected")]
    Gone(#[source] PortError),
}

impl ScannerError {
    /// Stable code, a key of the text catalogue.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Absent(_) => "scanner.absent",
            Self::Gone(_) => "scanner.gone",
        }
    }
}
