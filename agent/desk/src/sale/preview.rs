//! What is shown of a sale in front of a cashier: its verdict, or what the rules say of it as it stands.

use pharmacy_decision::Decision;
use pharmacy_protocol::term::{EntryIndex, TillNumber};

use crate::core::sale::Sale;
use crate::memory::Memory;
use crate::seat::Said;
use crate::{Desk, DeskError};

/// Shows a sale with a verdict, once that is recorded.
pub(crate) fn show(decision: Decision) -> impl FnOnce(&mut Memory, &Sale, EntryIndex) {
    say(Said::Judged(Box::new(decision)))
}

/// Shows a sale with what is said of it, once that is recorded.
pub(crate) fn say(said: Said) -> impl FnOnce(&mut Memory, &Sale, EntryIndex) {
    move |memory, sale, _| memory.seats.show(&sale.till, sale.id.counter(), said)
}

impl Desk {
    /// Sees to what a job stirred up: shows sales as the rules see them now. May the page have something
    /// else to show?
    ///
    /// The job is done and answered; what goes wrong here is the next one's to hear of.
    pub(crate) fn touch(&mut self) -> bool {
        let stirred = self.memory.take_stirred();
        let mut sales = stirred.sales;
        if stirred.all {
            let seats = self.memory.seats.iter();
            let seated = seats.filter_map(|(till, seat)| Some((till, seat.sale.as_ref()?.counter)));
            sales.extend(seated.map(|(till, counter)| (till.clone(), counter)));
        }
        sales.dedup();
        for (till, counter) in &sales {
            if let Err(error) = self.preview(till, *counter) {
                let chain = pharmacy_base::text::chain(&error);
                tracing::error!(code = error.code(), %till, "no preview: {chain}");
            }
        }
        stirred.page || !sales.is_empty()
    }

    /// Shows a sale with what the rules say of it, if it can still be completed.
    fn preview(&mut self, till: &TillNumber, counter: u64) -> Result<(), DeskError> {
        let now_ms = self.clock.now_ms();
        let sale = self.load_counter(counter)?;
        let Some(sale) = sale.filter(|sale| sale.is_continued(now_ms)) else {
            return Ok(());
        };
        self.refresh_catalogue()?;
        let (facts, _) = self.gather(&sale, now_ms)?;
        let decision = pharmacy_decision::decide(&facts, &self.pack);
        let said = Said::Judged(Box::new(decision));
        self.memory.seats.show(till, counter, said);
        Ok(())
    }
}
