//! What the rules say of a sale as it stands; nothing of that is a verdict.

use pharmacy_protocol::term::TillNumber;

use crate::seat::Said;
use crate::{Desk, DeskError};

impl Desk {
    /// Shows a sale with what the rules say of it as it stands; nothing of that is a verdict.
    pub(crate) fn preview(&mut self, till: &TillNumber, counter: u64) -> Result<(), DeskError> {
        let Some(sale) = self.load_counter(counter)? else {
            return Ok(());
        };
        self.refresh_catalogue()?;
        let facts = self.gather(&sale, self.clock.now_ms())?;
        let decision = pharmacy_decision::decide(&facts, &self.pack);
        let said = Said::Judged(Box::new(decision));
        self.counter.show(till, counter, said);
        Ok(())
    }

    /// Shows every open sale with what the rules say of it now: a prescription may be any patient's.
    pub(crate) fn judge_seats_anew(&mut self) -> Result<(), DeskError> {
        let now_ms = self.clock.now_ms();
        let seats: Vec<(TillNumber, u64)> = self
            .counter
            .seats_mut()
            .filter_map(|(till, seat)| {
                let sale = seat.sale.as_ref()?;
                Some((till.clone(), sale.counter))
            })
            .collect();
        for (till, counter) in seats {
            let sale = self.load_counter(counter)?;
            if sale.is_some_and(|sale| sale.is_continued(now_ms)) {
                self.preview(&till, counter)?;
            }
        }
        Ok(())
    }
}
