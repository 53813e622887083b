//! How many settlements of the tills could be read, kept from one run to the next.
//!
//! For people: what rules follow from is in [`crate::understood`], and entries tell of it.

use pharmacy_protocol::term::TillNumber;

use crate::{Desk, DeskError};

/// The setting that keeps how many of a till's settlements could be read.
pub(crate) const TALLY_SETTING: &str = "gateway.tally.";

impl Desk {
    /// Counts a settlement that the platform accepted.
    pub(crate) fn count_settlement(&mut self, till: &TillNumber, is_readable: bool) {
        self.memory.seats.seat(till).tally.count(is_readable);
    }

    /// Takes up what an earlier run of the agent knew of its tills.
    pub(crate) fn load_tallies(&mut self) -> Result<(), DeskError> {
        let till = self.setup.till.clone();
        for till in std::iter::once(till.number).chain(till.enrolled) {
            let name = format!("{TALLY_SETTING}{till}");
            if let Some(kept) = self.journal.reader().setting(&name)? {
                self.memory.seats.seat(&till).tally = serde_json::from_str(&kept)?;
            }
        }
        Ok(())
    }

    /// Keeps the tallies that changed, for the next run and for `status` beside this one.
    pub(crate) fn keep_tallies(&mut self) -> Result<(), DeskError> {
        let mut kept = Vec::new();
        for (till, seat) in self.memory.seats.iter() {
            if seat.tally.is_changed {
                let name = format!("{TALLY_SETTING}{till}");
                kept.push((name, serde_json::to_string(&seat.tally)?));
            }
        }
        if kept.is_empty() {
            return Ok(());
        }
        self.journal.change(|transaction| {
            for (name, tally) in &kept {
                transaction.put_setting(name, tally)?;
            }
            Ok::<_, DeskError>(())
        })?;
        for (_, seat) in self.memory.seats.iter_mut() {
            seat.tally.is_changed = false;
        }
        Ok(())
    }
}
