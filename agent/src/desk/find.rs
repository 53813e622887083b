//! The inspector's questions (R68): sales by number, person, drug, pack, pharmacist, release.

use super::{Caller, DeskError, DeskHandle, Found, Query};

impl DeskHandle {
    /// Sales that answer a question, the newest first; asking is an entry.
    pub async fn find(&self, caller: Caller, query: Query) -> Result<Vec<Found>, DeskError> {
        todo!()
    }
}
