//! What a failed command prints: code, Chinese, English, and the chain of causes in one line.

use std::error::Error;
use std::fmt;

use crate::config::ConfigError;
use crate::door::BindError;
use crate::gateway::GatewayError;
use pharmacy_base::text;
use pharmacy_desk::DeskError;
use pharmacy_desk::core::staff::StaffError;
use pharmacy_desk::core::standing::StandingError;
use pharmacy_device::printer::print_test::PrintTestError;
use pharmacy_device::scanner::read_scan::ReadScanError;
use pharmacy_journal::JournalError;
use pharmacy_journal::store::StoreError;

/// A command that could not be carried out.
#[derive(Debug)]
pub struct Failure {
    code: String,
    detail: String,
}

impl Failure {
    /// A failure with its cause.
    pub fn of(code: &str, error: &dyn Error) -> Self {
        Self {
            code: code.to_owned(),
            detail: text::chain(error),
        }
    }

    /// A failure that the code says completely.
    pub fn plain(code: &str) -> Self {
        Self {
            code: code.to_owned(),
            detail: String::new(),
        }
    }

    /// A failure that the running agent told.
    pub(crate) fn told(code: String, detail: String) -> Self {
        Self { code, detail }
    }

    /// A failure with a list of findings, one a line.
    pub fn listed(code: &str, lines: impl IntoIterator<Item = String>) -> Self {
        let detail = lines
            .into_iter()
            .map(|line| format!("\n  {line}"))
            .collect();
        Self {
            code: code.to_owned(),
            detail,
        }
    }

    pub fn code(&self) -> &str {
        &self.code
    }
}

/// Of errors that bear their own code.
macro_rules! from_coded {
    ($($error:ty),+ $(,)?) => {$(
        impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Self::of(error.code(), &error)
            }
        }
    )+};
}

from_coded!(
    BindError,
    ConfigError,
    DeskError,
    GatewayError,
    JournalError,
    PrintTestError,
    ReadScanError,
    StaffError,
    StandingError,
    StoreError,
);

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let message = text::message(&self.code);
        write!(
            f,
            "错误 [{}] {}\nerror [{}] {}",
            self.code, message.zh, self.code, message.en
        )?;
        match self.detail.as_str() {
            "" => Ok(()),
            list if list.starts_with('\n') => f.write_str(list),
            detail => write!(f, "\n  {detail}"),
        }
    }
}
