//! The sale in front of a cashier, as recorded.

use pharmacy_protocol::term::TillNumber;

use crate::core::sale::Sale;
use crate::{Desk, DeskError};

impl Desk {
    /// The sale in front of a till's cashier, if it can still be completed.
    pub(crate) fn find_seated(&self, till: &TillNumber) -> Result<Option<Sale>, DeskError> {
        let seat = self.memory.seats.find_seat(till);
        let Some(seated) = seat.and_then(|seat| seat.sale.as_ref()) else {
            return Ok(None);
        };
        let now_ms = self.clock.now_ms();
        let sale = self.load_counter(seated.counter)?;
        Ok(sale.filter(|sale| sale.till == *till && sale.is_continued(now_ms)))
    }
}
