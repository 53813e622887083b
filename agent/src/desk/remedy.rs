//! What people supply for the open sale: persons, documents, registrations, reasons, releases.

use pharmacy_decision::verdict::Reason;

use super::{Action, Caller, DeskError, DeskHandle, Done, Place, Remedy};

/// Where the page takes the answer to a reason, the likeliest first.
pub(super) fn remedies(reason: &Reason) -> Vec<Remedy> {
    let _ = reason;
    Vec::new()
}

impl DeskHandle {
    /// Does something for the open sale of the caller's till: everything of [`Action`] that no other
    /// method does.
    pub async fn remedy(
        &self,
        (caller, place): (Caller, Place),
        action: Action,
    ) -> Result<Done, DeskError> {
        todo!()
    }
}
