//! What of the tills and of what is opened again lies in memory, taken up from settings at a start.

use crate::core::moment::Moment;
use crate::elapsed::moment;
use crate::reopened::{REOPENED_SETTING, Reopenings};
use crate::understood::{Understood, setting_of};
use crate::{Desk, DeskError};

impl Desk {
    /// A moment by both clocks.
    pub(crate) fn moment(&self) -> Moment {
        moment(&self.journal, self.clock.now_ms())
    }

    /// Takes up what the log says is opened.
    pub(crate) fn load_reopened(&mut self) -> Result<(), DeskError> {
        if let Some(kept) = self.journal.reader().setting(REOPENED_SETTING)? {
            self.memory.reopened = Reopenings::parse(&kept)?;
        }
        Ok(())
    }

    /// What is opened now.
    pub(crate) fn reopened(&mut self) -> &Reopenings {
        let at = self.moment();
        let _ = self.memory.reopened.pass(at, self.pack.unread());
        &self.memory.reopened
    }

    /// Takes up what the log says of the tills.
    pub(crate) fn load_understood(&mut self) -> Result<(), DeskError> {
        let till = self.setup.till.clone();
        for till in std::iter::once(till.number).chain(till.enrolled) {
            if let Some(kept) = self.journal.reader().setting(&setting_of(&till))? {
                self.memory.seats.seat(&till).understood = Understood::parse(&kept)?;
            }
        }
        Ok(())
    }
}
