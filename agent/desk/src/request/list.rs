//! Purchase lists at the local API.

use pharmacy_protocol::part::PartClass;
use pharmacy_protocol::term::{EntryIndex, SaleId};

use crate::list::list_page;
use crate::{Caller, Desk, DeskError, DeskHandle, PurchaseList, Reply};

impl Desk {
    /// The same for a caller who sees the sales of one till only.
    pub(crate) fn list_entry_for(
        &self,
        caller: &Caller,
        sale: &SaleId,
    ) -> Result<EntryIndex, DeskError> {
        self.load(caller, sale)?.0.list.ok_or(DeskError::NoList)
    }
}

impl DeskHandle {
    /// The purchase list as JSON: the recorded bytes, which are what a slip's proof verifies.
    pub async fn purchase_list(&self, caller: Caller, sale: SaleId) -> Result<Reply, DeskError> {
        self.run(move |desk| {
            let entry = desk.list_entry_for(&caller, &sale)?;
            let list = desk.journal.open_part(entry, PartClass::List)?;
            desk.look_as_program(&caller, (&sale, entry))?;
            Ok(Reply {
                status: 200,
                content_type: "application/json",
                body: list.to_vec(),
            })
        })
        .await
    }

    /// The purchase list as a page.
    pub async fn purchase_list_page(
        &self,
        caller: Caller,
        sale: SaleId,
    ) -> Result<Reply, DeskError> {
        self.run(move |desk| {
            let entry = desk.list_entry_for(&caller, &sale)?;
            let (list, proof) = desk.journal.prove_list(entry)?;
            let list: PurchaseList = serde_json::from_slice(&list)?;
            desk.look_as_program(&caller, (&sale, entry))?;
            Ok(Reply {
                status: 200,
                content_type: "text/html; charset=utf-8",
                body: list_page(&list, Some(&proof.serialize())).into_bytes(),
            })
        })
        .await
    }
}
