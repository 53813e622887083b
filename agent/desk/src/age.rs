//! How long ago an entry was written, by clocks that can be set and one that cannot.

use pharmacy_protocol::term::EntryIndex;

use crate::core::attempt::AttemptState;
use crate::{Desk, DeskError};

impl Desk {
    /// How long ago an entry was written at least: within its run by the clock that nobody sets; of an
    /// entry of an earlier run no more is certain than how long this one has gone on.
    pub(crate) fn passed_since(&self, entry: EntryIndex) -> Result<i64, DeskError> {
        let run = self.journal.run();
        let written = self.journal.entry(entry)?.boot;
        let before = written.filter(|written| written.id == run.id);
        let before = before.map_or(0, |written| written.mono_ms);
        let passed = run.mono_ms.saturating_sub(before);
        Ok(i64::try_from(passed).unwrap_or(i64::MAX))
    }

    /// Did an attempt leave so long ago, and is its connection closed, that nothing of it is on its way any
    /// more? Neither a clock that is set nor a restart shortens the time that the pack demands.
    pub(crate) fn is_nothing_under_way(&self, sale: u64, msgid: &str) -> Result<bool, DeskError> {
        let today = self.clock.today();
        let doubles = self.pack.doubles(&self.setup.store.region, today);
        let (Some(sale), Some(needed_ms)) = (self.load_counter(sale)?, doubles.unknown_ms) else {
            return Ok(false);
        };
        let Some(attempt) = sale.attempt(msgid) else {
            return Ok(false);
        };
        if attempt.state != AttemptState::InDoubt {
            // Intended: it is still waited for.
            return Ok(false);
        }
        let call = self.journal.keys().name_digest("call", msgid);
        let passed_ms = match self.journal.reader().relayed_call(&call)? {
            Some(row) => self.passed_since(row.entry)?,
            // Calls are kept for days: this one left before that, or through no gateway.
            None => self.clock.now_ms().saturating_sub(attempt.at_ms),
        };
        Ok(passed_ms >= needed_ms)
    }

    /// How long ago an entry was probably written: within its run as certain as above, else by the wall,
    /// where a clock that was set back makes it new.
    pub(crate) fn age_of(&self, entry: EntryIndex) -> Result<i64, DeskError> {
        let written = self.journal.entry(entry)?;
        let is_of_this_run = written
            .boot
            .is_some_and(|boot| boot.id == self.journal.run().id);
        if is_of_this_run {
            return self.passed_since(entry);
        }
        Ok(self.clock.now_ms().saturating_sub(written.at_ms).max(0))
    }
}
