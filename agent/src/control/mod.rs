//! The control door: how a command has something recorded while the agent runs.
//!
//! ```text
//! command ─► the writer's lock ─ free ─► the journal, opened, written, closed again
//!                              └ taken ─► <data directory>/control ─► agent ─► the desk, in turn
//! ```
//! One store has one writer. A command that finds the lock taken asks the agent that has it, through a
//! Unix socket of mode 0600, on Windows a named pipe; both ways run the same [`carry_out`]. What takes
//! its time (a table read, a key derived from a PIN, a document loaded) is done in the command's process
//! before it asks, so that no till waits for it; neither PIN nor token passes the door.
//!
//! In scope: the closed set of requests, what they record, the conversation. Out of scope: what the
//! commands ask of people and print (`cli`), commands that only read (they open the log themselves), and
//! outsiders: both ends are this program, and the conversation changes with it.

mod carry;
mod client;
mod door;
mod frame;
#[cfg(windows)]
mod pipe;
mod place;
mod request;
#[cfg(unix)]
mod socket;

use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crate::failure::Failure;
use pharmacy_base::clock::{Clock, SystemClock};
use pharmacy_journal::{Journal, JournalError};

use carry::carry_out;
use client::AskError;
pub(crate) use door::ControlDoor;
pub(crate) use request::{Amendment, Answer, CatalogueFile, Request};

/// How long somebody else may hold the lock without listening: starting, stopping, or recording for
/// another command.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long `run` waits for the lock: what a command takes to record. A second agent waits in vain.
const START_PATIENCE: Duration = Duration::from_secs(2);

/// Between two looks at the lock.
const PAUSE: Duration = Duration::from_millis(50);

/// Opens the journal for as long as the agent runs.
pub(crate) fn open_journal(data: &Path, clock: Arc<dyn Clock>) -> Result<Journal, JournalError> {
    let deadline = Instant::now() + START_PATIENCE;
    loop {
        match Journal::open(data, Arc::clone(&clock)) {
            Err(JournalError::InUse) if Instant::now() < deadline => thread::sleep(PAUSE),
            opened => return opened,
        }
    }
}

/// Has a request carried out: by the agent if one runs, else here.
pub(crate) fn ask(data: &Path, request: Request) -> Result<Answer, Failure> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match Journal::open(data, Arc::new(SystemClock)) {
            Ok(mut journal) => {
                let answer = carry_out(&mut journal, data, &SystemClock, request);
                return answer.map_err(|error| Failure::of(error.code(), &error));
            }
            Err(JournalError::InUse) => {}
            Err(error) => return Err(error.into()),
        }
        match client::ask(data, &request) {
            Ok(answered) => {
                return answered.map_err(|refused| Failure::told(refused.code, refused.detail));
            }
            Err(AskError::NotThere(_)) if Instant::now() < deadline => thread::sleep(PAUSE),
            Err(error) => return Err(Failure::of(error.code(), &error)),
        }
    }
}
