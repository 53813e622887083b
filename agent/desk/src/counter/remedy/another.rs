//! A purchase that looks like one of minutes ago, and is another: said by whoever is signed in.

use pharmacy_decision::record::evidence::EvidenceStep;

use crate::core::double::{LIKELY, LIKELY_HERE};
use crate::seat::Said;
use crate::{Caller, Desk, DeskError, Done, RemedyError};

impl Desk {
    /// Says of the sale in front of the cashier that it is another purchase than the one that it looks
    /// like. Good for this basket, once: the settlement closes the sale.
    pub(crate) fn confirm_another(&mut self, caller: &Caller) -> Result<Done, DeskError> {
        let mut sale = self.seated_sale(caller)?;
        let seat = self.memory.seats.seat(&caller.till);
        let said = seat.sale.as_ref().map(|seated| &seated.said);
        if !matches!(said, Some(Said::Turned(LIKELY | LIKELY_HERE))) {
            return Err(RemedyError::NoReason.into());
        }
        if self.has_in_charge()? {
            self.attesting(caller)?;
        }
        sale.reopen()?;
        let basket = sale.say_another();
        let told = EvidenceStep::Another { basket };
        let step = self.supplied(caller, &told)?;
        self.record_remedy(caller, sale, step)?;
        Ok(Done::new("counter.another-confirmed"))
    }
}
