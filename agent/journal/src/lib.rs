//! The log of record: the one writer.
//!
//! ```text
//! <data directory>/writer.lock   held by the one writer; see [`sole`]
//! <data directory>/journal/      made as `journal.new`, renamed when it is complete
//!     log.db  (+ -wal, -shm)     entries, hashes, sealed parts, the rows beside them
//!     master.key                 what unseals; see [`key`]
//!     checkpoint                 the last published checkpoint; see [`published`]
//!     reserve.bin                space kept back for recording an outage; see [`reserve`]
//! ```
//! In scope: making and opening the log, recording an event in one transaction, reading and proving,
//! erasing parts, verifying, exporting. Out of scope: what the events mean (`desk`), which parts are
//! due for erasure, sending anything anywhere.
//!
//! INVARIANT: a [`Journal`] exists once for a store, in whatever process. INVARIANT: `Recorded` exists
//! for what is on the disk only, or will be when its group has landed, before which nobody is told. INVARIANT: no checkpoint is signed that
//! does not continue the last published one. After an error of the disk the journal stays closed in
//! this process; [`Journal::open`] in a fresh one recovers.

mod create;
mod draft;
mod edge;
mod erase;
mod error;
mod export;
mod fault;
mod group;
mod history;
mod key;
mod pin;
mod place;
mod published;
mod record;
mod recover;
mod reserve;
mod seal;
mod sole;
pub mod store;
mod verify;
mod view;

use std::ops::Deref;
use std::sync::Arc;

use pharmacy_protocol::entry::BootId;
use pharmacy_protocol::log::note::SigningKey;

use pharmacy_base::clock::Clock;

pub use draft::{Draft, DraftPart, Identity, MAX_PART_BYTES, Recorded};
pub use error::JournalError;
pub use export::ExportSummary;
pub use fault::{DangerousHook, Injection, Moment, Step};
pub use history::{Compared, Difference, Repair, SHARE_ROWS, told_register};
pub use key::{Keys, RowName};
pub use pin::PinCost;
pub use reserve::{RESERVE_BYTES, ReserveState, release_reserve};
pub use verify::{Finding, Report};
pub use view::LogView;

/// The one writer of the log. Reads are those of [`LogView`].
pub struct Journal {
    view: LogView,
    signer: SigningKey,
    clock: Arc<dyn Clock>,
    /// This run, as its entries name it.
    boot: BootId,
    /// When it began, by the clock that only runs forward.
    begun_mono_ms: u64,
    faults: fault::Faults,
    /// What this process knows of the tree.
    edge: edge::Edge,
    /// Events that are to share a commit.
    group: Option<edge::Group>,
    /// How many entries the published checkpoint covers.
    published: u64,
    /// A commit is under way; stays set when it did not return.
    committing: bool,
    /// The disk failed.
    closed: bool,
    /// Nobody else writes. Last: what it guards is closed before it.
    sole: sole::Sole,
}

impl std::fmt::Debug for Journal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Journal({}, {} entries)",
            self.view.origin, self.edge.head.size
        )
    }
}

impl Deref for Journal {
    type Target = LogView;
    fn deref(&self) -> &LogView {
        &self.view
    }
}

impl Journal {
    /// Has the disk failed in this process?
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// How many entries the published checkpoint covers.
    pub fn published_size(&self) -> u64 {
        self.published
    }

    /// Makes steps fail; for our own tests.
    pub fn dangerous_fail_at(&mut self, hook: DangerousHook) {
        self.faults.hook = Some(hook);
    }
}

#[cfg(test)]
mod tests;
