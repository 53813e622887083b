//! Why a slip is not printed.

use crate::port::{OpenError, PortError};

/// Why a slip is not printed. Carries nothing of the slip.
#[derive(Debug, thiserror::Error)]
pub enum PrinterError {
    /// The printer is not there, or another program holds it.
    #[error("printer is absent")]
    Absent(#[from] OpenError),
    /// Its cover is open.
    #[error("printer's cover is open")]
    CoverOpen,
    /// It says that it cannot print, and not why.
    #[error("printer reports a fault")]
    Fault,
    /// The wire broke; what was printed is not known.
    #[error("printer was disconnected")]
    Gone(#[source] PortError),
    /// Too many slips wait.
    #[error("too many slips wait for the printer")]
    QueueFull,
    /// It is switched off-line.
    #[error("printer is off-line")]
    OffLine,
    /// It has no paper.
    #[error("printer has no paper")]
    PaperOut,
    #[error("printer's owner has stopped")]
    Stopped,
    /// It takes no more bytes.
    #[error("printer took no more bytes in time")]
    Stuck,
}

impl PrinterError {
    /// Stable code, a key of the text catalogue.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Absent(_) => "printer.absent",
            Self::CoverOpen => "printer.cover-open",
            Self::Fault => "printer.fault",
            Self::Gone(_) => "printer.gone",
            Self::QueueFull => "printer.queue-full",
            Self::OffLine => "printer.off-line",
            Self::PaperOut => "printer.paper-out",
            Self::Stopped => "printer.stopped",
            Self::Stuck => "printer.stuck",
        }
    }
}

impl From<PortError> for PrinterError {
    fn from(error: PortError) -> Self {
        match error {
            PortError::Gone(_) => Self::Gone(error),
            PortError::Late => Self::Stuck,
        }
    }
}
