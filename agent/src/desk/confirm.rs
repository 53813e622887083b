//! Confirming purchase lists (R40): drawn on a screen, or on paper that is scanned.

use pharmacy_protocol::term::SaleId;

use super::{
    Caller, Desk, DeskError, DeskHandle, Done, Drawing, Image, ListItem, PurchaseList, Role,
};

impl Desk {
    /// How many lists wait for a confirmation.
    pub(super) fn unsigned_lists(&self) -> Result<u64, DeskError> {
        Ok(0)
    }

    /// Confirms the lists of these sales by a scanned page that shows their slips.
    pub(super) fn confirm_on_paper(
        &mut self,
        caller: &Caller,
        page: &Image,
        sales: &[SaleId],
    ) -> Result<u64, DeskError> {
        todo!()
    }
}

impl DeskHandle {
    /// Confirms a list by what was drawn; `signer` says whether the insured or the proxy drew it.
    pub async fn sign_list(
        &self,
        caller: Caller,
        sale: SaleId,
        drawing: Drawing,
        signer: Role,
    ) -> Result<Done, DeskError> {
        todo!()
    }

    /// Lists of the store: those not confirmed first, then the newest.
    pub async fn lists(&self) -> Result<Vec<ListItem>, DeskError> {
        todo!()
    }

    /// A list of any till of the store.
    pub async fn list_of(&self, sale: SaleId) -> Result<PurchaseList, DeskError> {
        todo!()
    }
}
