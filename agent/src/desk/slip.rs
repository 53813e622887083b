//! Slips: a purchase list on paper, with a proof that it stands in the log.

use pharmacy_protocol::term::SaleId;

use super::{Caller, DeskError, DeskHandle, Done, Image};

impl DeskHandle {
    /// Prints the slip of a sale.
    pub async fn print_slip(&self, caller: Caller, sale: SaleId) -> Result<Done, DeskError> {
        todo!()
    }

    /// Confirms the lists whose slips stand on scanned pages.
    pub async fn confirm_slips(
        &self,
        caller: Caller,
        pages: Vec<Image>,
    ) -> Result<Done, DeskError> {
        todo!()
    }
}
