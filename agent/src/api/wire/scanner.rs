//! The scanner's port, lent to another program.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::parse::{Parsed, wrong};

/// Longest time for which the port is left to another program, in seconds.
const MAX_YIELD_S: u32 = 600;

/// Leaves the scanner's port to another program.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct YieldBody {
    /// For how long, in seconds, 1 to 600.
    pub seconds: u32,
}

/// The scanner.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScannerView {
    /// `absent`, `opening`, `ready`, `faulted`, `yielded` or `stopped`.
    pub state: String,
}

impl YieldBody {
    pub(in crate::api) fn parse(self) -> Parsed<Duration> {
        if (1..=MAX_YIELD_S).contains(&self.seconds) {
            Ok(Duration::from_secs(u64::from(self.seconds)))
        } else {
            Err(wrong("seconds"))
        }
    }
}
