//! Opening the log after whatever happened before.
//!
//! | | step | why |
//! |-|-|-|
//! | 0 | the writer's lock | nobody writes while we look |
//! | 1 | schema, key, signing key belong together | nothing is touched before that is certain |
//! | 2 | copy the whole write-ahead file back, sync, empty it | after a failed sync the page cache may show what the disk does not hold; only what was written and synced again counts |
//! | 3 | the head's signature, the root above its peaks, the last entries' leaves | a commit that landed although it failed is complete or not there |
//! | 4 | the published checkpoint lies in this history, not ahead of it | a restored database is not gone on with |
//! | 5 | publish what is newer | |
//!
//! Nothing is acknowledged or signed before 4 is done. An error leaves the files as they are.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use pharmacy_protocol::entry::BootId;
use pharmacy_protocol::log::leaf_hash;
use pharmacy_protocol::log::tree::{self, Head, NodeId};
use pharmacy_protocol::term::EntryIndex;

use super::edge::Edge;
use super::sole::Sole;
use super::view::{LogView, stored_hash};
use super::{Journal, JournalError, fault, published, seal};
use crate::store::{Access, Reader};
use pharmacy_base::clock::Clock;

/// How many of the last entries are hashed again when the log is opened; `verify` hashes all.
const TAIL: u64 = 64;

impl Journal {
    /// Opens the log in a data directory and recovers it, or refuses and changes nothing. While it is
    /// open, nobody else writes the store.
    pub fn open(data: &Path, clock: Arc<dyn Clock>) -> Result<Self, JournalError> {
        // First, so that a directory without a log stays as it is.
        let directory = LogView::directory_in(data)?;
        Self::load(Sole::take(data)?, directory, clock)
    }

    pub(super) fn load(
        sole: Sole,
        directory: PathBuf,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, JournalError> {
        let (view, signer) = LogView::load_from(directory, Access::Write)?;
        view.store.copy_back()?;
        let (edge, published) = check_history(&view)?;
        let mut journal = Self {
            view,
            signer,
            boot: BootId::new(*seal::random()?),
            begun_mono_ms: clock.mono_ms(),
            clock,
            faults: fault::Faults::default(),
            edge,
            published,
            committing: false,
            group: None,
            closed: false,
            sole,
        };
        journal.carry_rows_of_before()?;
        if journal.published < journal.edge.head.size {
            journal.publish()?;
        }
        Ok(journal)
    }
}

/// Checks head, tail and published checkpoint as they stand at one moment.
fn check_history(view: &LogView) -> Result<(Edge, u64), JournalError> {
    let (_, published) = published::read(&view.directory, &view.verifier)?;
    let snapshot = view.store.snapshot()?;
    let head = view.checked_head(&snapshot)?;
    check_tail(&snapshot, head)?;
    check_published(&snapshot, head, published)?;
    Ok((Edge::load(&snapshot, head)?, published.size))
}

/// The last entries are the ones whose leaves the tree has, and nothing lies behind them.
fn check_tail(reader: &Reader<'_>, head: Head) -> Result<(), JournalError> {
    let from = head.size.saturating_sub(TAIL);
    let entries = reader.list_entries(from, TAIL.saturating_add(1))?;
    for (expected, (position, bytes)) in (from..).zip(&entries) {
        let index = EntryIndex::new(expected);
        let leaf = stored_hash(
            reader,
            NodeId {
                level: 0,
                index: expected,
            },
        )?;
        if *position != expected || expected >= head.size || leaf != leaf_hash(bytes) {
            return Err(JournalError::TreeDamaged(index));
        }
    }
    let found = u64::try_from(entries.len()).unwrap_or(u64::MAX);
    if found == head.size.saturating_sub(from) {
        Ok(())
    } else {
        Err(JournalError::TreeDamaged(EntryIndex::new(head.size)))
    }
}

pub(super) fn check_published(
    reader: &Reader<'_>,
    head: Head,
    published: Head,
) -> Result<(), JournalError> {
    let rolled_back = JournalError::RolledBack {
        found: head.size,
        published: published.size,
    };
    if published.size > head.size {
        return Err(rolled_back);
    }
    let root = tree::root(published.size, |node| stored_hash(reader, node))?;
    if root == published.root {
        Ok(())
    } else {
        Err(rolled_back)
    }
}
