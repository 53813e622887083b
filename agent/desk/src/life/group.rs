//! Jobs that wait at the same time share a commit: the sync is what each of them waits for.
//!
//! ```text
//! job 1 ─► what it has to tell ─┐
//! job 2 ─► what it has to tell ─┼─► commit ─► told to all     failed ─► told to none, the journal is closed
//! job 3 ─► what it has to tell ─┘
//! ```
//! Nobody is waited for: a group is whoever came while the one before it was under way.

use pharmacy_base::text::chain;
use tokio::sync::mpsc;

use crate::Desk;
use crate::job::{Job, Landed};

/// Most jobs of a group.
const MOST_JOBS: usize = 64;

/// No further job joins a group that has gone on for so long: those before it wait.
const LONGEST_MS: u64 = 5;

impl Desk {
    /// Runs a job and those that have come meanwhile. May the page have something else to show?
    pub(crate) fn run_group(&mut self, first: Job, jobs: &mut mpsc::Receiver<Job>) -> bool {
        let began_ms = self.clock.mono_ms();
        let (mut tellings, mut is_touched, mut next) = (Vec::new(), false, Some(first));
        self.journal.gather();
        while let Some(job) = next {
            tellings.push(job(self));
            is_touched |= self.touch();
            let gone_on_ms = self.clock.mono_ms().saturating_sub(began_ms);
            let is_full = tellings.len() >= MOST_JOBS || gone_on_ms >= LONGEST_MS;
            next = if is_full { None } else { jobs.try_recv().ok() };
        }
        let landed = match self.journal.land() {
            Ok(()) => Landed::OnDisk,
            Err(error) => {
                tracing::error!(code = error.code(), "{}", chain(&error));
                Landed::InDoubt
            }
        };
        for tell in tellings {
            tell(landed);
        }
        if let Err(error) = self.journal.tidy() {
            tracing::error!(code = error.code(), "{}", chain(&error));
        }
        is_touched
    }
}
