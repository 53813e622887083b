//! Many events in one commit: how our benches get a log of a million entries in a minute.
//!
//! Not for a shop: nothing is durable until all of it is, and only the last head is signed.

use pharmacy_protocol::term::EntryIndex;

use super::super::{Draft, Journal, JournalError};
use super::Open;
use crate::store::{StoreError, Transaction};

impl Journal {
    /// Records all drafts in one commit, each with the caller's own rows.
    pub fn dangerous_record_many(
        &mut self,
        drafts: impl IntoIterator<Item = Draft>,
        mut change: impl FnMut(&Transaction<'_>, EntryIndex) -> Result<(), StoreError>,
    ) -> Result<(), JournalError> {
        let (now_ms, boot) = (self.clock.now_ms(), self.run());
        let mut open = Open::begin(
            &mut self.view,
            (&self.edge, None),
            &self.faults,
            now_ms,
            boot,
        )?;
        for draft in drafts {
            open.write(draft, |transaction, index| {
                change(transaction, index).map_err(JournalError::from)
            })?;
        }
        self.edge = open.commit(&self.signer, &mut self.committing)?;
        Ok(())
    }
}
