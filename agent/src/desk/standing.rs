//! The store's standing with the bureau: agreement, licences, filed facts, staffing, and what is due.

use pharmacy_decision::facts::Store;

use super::{Desk, DeskError, DeskHandle, StandingItem};

impl Desk {
    /// Fills what the registers say of the store's standing today.
    pub(super) fn fill_standing(&self, store: &mut Store, now_ms: i64) -> Result<(), DeskError> {
        let _ = (store, now_ms);
        Ok(())
    }
}

impl DeskHandle {
    /// The standing, as the page shows it, what is due first.
    pub async fn standing(&self) -> Result<Vec<StandingItem>, DeskError> {
        todo!()
    }
}
