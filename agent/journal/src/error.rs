//! What can go wrong with the log of record, and whose fault it is.

use std::io;

use pharmacy_protocol::entry::{EntryError, EntryKind};
use pharmacy_protocol::part::PartClass;
use pharmacy_protocol::term::EntryIndex;

use crate::store::{Fault, StoreError};

/// A log that could not be made, opened, written, read or exported.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The published checkpoint is not one of this log.
    #[error("published checkpoint cannot be believed")]
    CheckpointDamaged,
    /// The published checkpoint is gone, so nobody can tell whether the log was rolled back.
    #[error("published checkpoint is missing")]
    CheckpointMissing,
    /// The disk failed earlier in this process.
    #[error("journal is closed since the disk failed; a fresh process must recover it")]
    Closed,
    /// A key could not be derived from a PIN: no memory for it.
    #[error("no key can be derived from a pin")]
    Derivation,
    /// The entry would not have its form.
    #[error("entry cannot be recorded")]
    Entry(#[source] EntryError),
    /// The export directory holds something else.
    #[error("export directory holds something that is not an earlier export of this log")]
    ExportForeign,
    /// An earlier `init` ended before it was done.
    #[error("a half-made journal lies in `journal.new`; nothing was recorded in it, remove it")]
    HalfMade,
    /// Another process writes this store.
    #[error("another process writes this store")]
    InUse,
    /// A file beside the database could not be read or written.
    #[error("{doing} failed")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The master key's file is not there.
    #[error("master key is missing")]
    KeyMissing,
    /// The master key is not the one under which this store was made.
    #[error("master key is not the one of this store")]
    KeyWrong,
    /// The file of the writer's lock cannot be opened or locked.
    #[error("`writer.lock` cannot be opened or locked")]
    Lock(#[source] io::Error),
    #[error("there is no entry `{0}`")]
    NoEntry(EntryIndex),
    /// The part was erased, or the entry never had it.
    #[error("entry `{index}` has no part of class `{class}`, or no longer")]
    NoPart { index: EntryIndex, class: PartClass },
    /// Nothing that was to be erased is there.
    #[error("nothing of what was to be erased is there")]
    NothingToErase,
    /// A part does not open, or is not what its entry commits to.
    #[error("part of class `{class}` of entry `{index}` is damaged")]
    PartDamaged { index: EntryIndex, class: PartClass },
    /// A part is longer than we keep.
    #[error("part of class `{class}` is too long")]
    PartTooLong { class: PartClass },
    /// The system gave no random bytes.
    #[error("the system gave no random bytes")]
    Random,
    /// A kind of entry that the journal writes itself.
    #[error("entries of kind `{0}` are written by the journal only")]
    ReservedKind(EntryKind),
    /// The database is behind what was published, or tells another history.
    #[error("log holds {found} entries and does not continue the {published} that were published")]
    RolledBack {
        /// How many entries the database has.
        found: u64,
        /// How many were published.
        published: u64,
    },
    /// A sealed row does not open.
    #[error("a sealed row does not open")]
    RowDamaged,
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A row that the log tells of was to change without an entry.
    #[error("a row that the log tells of was to change without an entry")]
    Untold,
    /// The tree in the database does not fit its entries or its signed head.
    #[error("log does not fit its own tree at entry `{0}`")]
    TreeDamaged(EntryIndex),
}

impl JournalError {
    /// The stable code of the error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::CheckpointDamaged => "log.checkpoint-damaged",
            Self::CheckpointMissing => "log.checkpoint-missing",
            Self::Closed => "journal.closed",
            Self::Derivation => "journal.derivation",
            Self::Entry(_) => "journal.entry",
            Self::ExportForeign => "export.foreign",
            Self::HalfMade => "store.half-made",
            Self::InUse => "store.in-use",
            Self::Io { source, .. } if source.kind() == io::ErrorKind::StorageFull => "store.full",
            Self::Io { .. } => "store.io",
            Self::KeyMissing => "store.key-missing",
            Self::KeyWrong => "store.key-wrong",
            Self::Lock(_) => "store.lock",
            Self::NoEntry(_) => "log.no-entry",
            Self::NoPart { .. } => "log.no-part",
            Self::NothingToErase => "log.nothing-to-erase",
            Self::PartDamaged { .. } => "log.part-damaged",
            Self::PartTooLong { .. } => "journal.part-too-long",
            Self::Random => "journal.random",
            Self::ReservedKind(_) => "journal.reserved-kind",
            Self::RolledBack { .. } => "log.rolled-back",
            Self::RowDamaged => "store.row-damaged",
            Self::Store(error) => error.code(),
            Self::TreeDamaged(_) => "log.tree-damaged",
            Self::Untold => "journal.untold",
        }
    }

    /// Whose fault it is.
    pub fn fault(&self) -> Fault {
        match self {
            Self::CheckpointDamaged
            | Self::CheckpointMissing
            | Self::Closed
            | Self::Derivation
            | Self::HalfMade
            | Self::InUse
            | Self::Io { .. }
            | Self::KeyMissing
            | Self::KeyWrong
            | Self::Lock(_)
            | Self::PartDamaged { .. }
            | Self::Random
            | Self::RolledBack { .. }
            | Self::RowDamaged
            | Self::TreeDamaged(_) => Fault::Environment,
            Self::ExportForeign | Self::NoEntry(_) | Self::NoPart { .. } | Self::NothingToErase => {
                Fault::CallerMistake
            }
            Self::Entry(_) | Self::PartTooLong { .. } | Self::ReservedKind(_) | Self::Untold => {
                Fault::Invariant
            }
            Self::Store(error) => error.fault(),
        }
    }

    /// After such an error nobody knows what the disk holds, or the history is not ours to go on
    /// with: this process writes no more.
    pub(super) fn is_fatal(&self) -> bool {
        match self {
            Self::CheckpointDamaged
            | Self::CheckpointMissing
            | Self::Closed
            | Self::Io { .. }
            | Self::RolledBack { .. }
            | Self::TreeDamaged(_) => true,
            Self::Store(error) => error.is_fatal(),
            Self::Derivation
            | Self::Entry(_)
            | Self::ExportForeign
            | Self::HalfMade
            | Self::InUse
            | Self::KeyMissing
            | Self::KeyWrong
            | Self::Lock(_)
            | Self::NoEntry(_)
            | Self::NoPart { .. }
            | Self::NothingToErase
            | Self::PartDamaged { .. }
            | Self::PartTooLong { .. }
            | Self::Random
            | Self::ReservedKind(_)
            | Self::RowDamaged
            | Self::Untold => false,
        }
    }
}

/// Says what was being done when the system refused.
pub(super) fn io_error(doing: &'static str) -> impl FnOnce(io::Error) -> JournalError {
    move |source| JournalError::Io { doing, source }
}
