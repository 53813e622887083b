//! Many events in one commit: how our benches get a log of a million entries in a minute.
//!
//! Not for a shop: nothing is durable until all of it is, and only the last head is signed.

use pharmacy_protocol::log::leaf_hash;
use pharmacy_protocol::log::tree;
use pharmacy_protocol::term::EntryIndex;

use super::super::{Draft, Journal, JournalError};
use super::{Sealer, current_edge, entry_bytes, month_of, move_head, sign};
use crate::store::{StoreError, Transaction};

impl Journal {
    /// Records all drafts in one commit, each with the caller's own rows.
    pub fn dangerous_record_many(
        &mut self,
        drafts: impl IntoIterator<Item = Draft>,
        mut change: impl FnMut(&Transaction<'_>, EntryIndex) -> Result<(), StoreError>,
    ) -> Result<(), JournalError> {
        let now_ms = self.clock.now_ms();
        let transaction = self.view.store.begin()?;
        let keys = &self.view.keys;
        let month = month_of(now_ms);
        let sealer = Sealer { keys, month };
        let mut edge = current_edge(&transaction, &self.edge, &self.view.verifier)?;
        let first = EntryIndex::new(edge.head.size);
        for draft in drafts {
            let index = EntryIndex::new(edge.head.size);
            let parts = sealer.write_parts(&transaction, index, &draft.parts)?;
            let bytes = entry_bytes(&transaction, draft, parts, now_ms)?;
            transaction.add_entry(index, &bytes)?;
            let (grown, completed) = edge.append(leaf_hash(&bytes))?;
            for (node, hash) in completed {
                transaction.add_hash(tree::stored_position(node), hash.as_bytes())?;
            }
            change(&transaction, index)?;
            edge = grown;
        }
        let note = sign(&self.view.origin, edge.head, &self.signer)?;
        move_head(&transaction, first, edge.head, note)?;
        transaction.commit()?;
        self.edge = edge;
        Ok(())
    }
}
