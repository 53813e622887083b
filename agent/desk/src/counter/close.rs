//! Closing the sale in front of a cashier: the customer left, or will not buy.

use pharmacy_decision::record::sale::{SaleStep, Why};

use crate::core::sale::SaleError;
use crate::sale::goods::releasing;
use crate::step::{Step, part};
use crate::{Caller, Desk, DeskError, Done, RemedyError};

impl Desk {
    /// Gives the sale in front of a cashier up, and lets its packs go. Not while nobody knows what became of
    /// what was sent: those goods may be sold.
    pub(crate) fn close_sale(&mut self, caller: &Caller) -> Result<Done, DeskError> {
        let seat = self.memory.seats.find_seat(&caller.till);
        let counter = seat
            .and_then(|seat| seat.sale.as_ref())
            .map(|sale| sale.counter);
        let sale = match counter {
            Some(counter) => self.load_counter(counter)?,
            None => None,
        };
        let sale = sale.filter(|sale| sale.till == caller.till);
        let mut sale = sale.ok_or(RemedyError::NoOpenSale)?;
        if sale.has_open_attempt() {
            return Err(SaleError::InDoubt.into());
        }
        sale.abandon().map_err(|_| RemedyError::NoOpenSale)?;
        let unsigned = self.unsigned(caller, None)?;
        let step = Step::telling(&SaleStep::GivenUp { why: Why::Closed })?
            .with(part(&unsigned)?)
            .writing(releasing(self.digests(&sale.basket)))
            .staging(|memory, sale, _| memory.seats.clear(sale.id.counter()));
        let _ = self.record_step(sale, step)?;
        Ok(Done::new("counter.sale-closed"))
    }
}
