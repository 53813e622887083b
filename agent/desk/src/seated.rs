//! The sale in front of a cashier, as recorded.

use pharmacy_protocol::term::{SaleId, TillNumber};

use crate::core::sale::{Phase, Sale};
use crate::{Desk, DeskError};

impl Desk {
    /// The sale in front of a till's cashier, if it can still be completed.
    pub(crate) fn find_seated(&mut self, till: &TillNumber) -> Result<Option<Sale>, DeskError> {
        let now_ms = self.clock.now_ms();
        let seated = self.counter.seat(till).sale.clone();
        let sale = match seated {
            Some(seated) => self.load_counter(seated.counter)?,
            None => None,
        };
        Ok(sale.filter(|sale| sale.till == *till && sale.is_continued(now_ms)))
    }

    /// Takes a sale that is over from in front of the cashier.
    pub(crate) fn leave_if_over(&mut self, id: &SaleId) -> Result<(), DeskError> {
        let now_ms = self.clock.now_ms();
        match self.load_counter(id.counter())? {
            Some(sale) if sale.settlement().is_some() => {
                self.counter.settle(&sale.till, id.counter(), now_ms);
            }
            Some(sale) if matches!(sale.phase, Phase::Open | Phase::Assessed(_)) => {}
            Some(_) | None => self.counter.clear(id.counter()),
        }
        self.counter.tell();
        Ok(())
    }
}
