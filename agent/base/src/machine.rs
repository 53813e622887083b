//! The machine that the agent runs on, as far as it decides what the agent does next.
//!
//! In scope: clock, timer and workers, handed in together; a simulator hands in its own. Random bytes
//! are the process's ([`crate::random`]). Out of scope: files, sockets, ports of devices.

use std::sync::Arc;

use crate::clock::{Clock, SystemClock};
use crate::timer::{SystemTimer, Timer};
use crate::worker::{SystemWorkers, Workers};

/// What the agent runs by.
#[derive(Clone)]
pub struct Machine {
    /// Tells the time of day.
    pub clock: Arc<dyn Clock>,
    pub timer: Arc<dyn Timer>,
    pub workers: Arc<dyn Workers>,
}

/// The one that this process runs on.
impl Default for Machine {
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            timer: Arc::new(SystemTimer),
            workers: Arc::new(SystemWorkers),
        }
    }
}
