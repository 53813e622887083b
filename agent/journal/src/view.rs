//! Reading the log: entries, parts, proofs.
//!
//! A view reads what is committed and writes nothing. The journal has one; the bureau's edge and the
//! `verify` and `export` commands open their own beside a running agent.

use std::path::{Path, PathBuf};

use pharmacy_protocol::Secret;
use pharmacy_protocol::entry::Entry;
use pharmacy_protocol::log::note::{SigningKey, VerifierKey};
use pharmacy_protocol::log::tree::{self, Head, NodeId};
use pharmacy_protocol::log::{Hash, Origin, Proof, checkpoint};
use pharmacy_protocol::part::{self, PartClass, SALT_BYTES, Salt};
use pharmacy_protocol::slip::SlipProof;
use pharmacy_protocol::term::EntryIndex;
use zeroize::Zeroizing;

use super::key::{self, Keys};
use super::place::{DATABASE_FILE, JOURNAL_DIRECTORY, UNFINISHED_DIRECTORY};
use super::{JournalError, seal};
use crate::store::{Access, HeadRow, PartRow, Reader, Snapshot, Store, StoreError};

/// The log, to be read.
#[derive(Debug)]
pub struct LogView {
    pub(super) directory: PathBuf,
    pub(super) store: Store,
    pub(super) keys: Keys,
    pub(super) origin: Origin,
    pub(super) verifier: VerifierKey,
}

impl LogView {
    /// Opens the log in a data directory for reading; another process may be writing it.
    pub fn open(data: &Path) -> Result<Self, JournalError> {
        let directory = Self::directory_in(data)?;
        Self::load_from(directory, Access::Read).map(|(view, _)| view)
    }

    /// The same log once more, to be read on another thread; shares the keys.
    pub fn another(&self) -> Result<Self, JournalError> {
        let path = self.directory.join(DATABASE_FILE);
        Ok(Self {
            directory: self.directory.clone(),
            store: Store::open(&path, Access::Read)?,
            keys: self.keys.clone(),
            origin: self.origin.clone(),
            verifier: self.verifier.clone(),
        })
    }

    /// Where the log of a data directory lies, if there is one.
    pub(super) fn directory_in(data: &Path) -> Result<PathBuf, JournalError> {
        let directory = data.join(JOURNAL_DIRECTORY);
        if directory.exists() {
            Ok(directory)
        } else if data.join(UNFINISHED_DIRECTORY).exists() {
            Err(JournalError::HalfMade)
        } else {
            Err(StoreError::Missing.into())
        }
    }

    /// Opens the files and checks that key and database belong together.
    pub(super) fn load_from(
        directory: PathBuf,
        access: Access,
    ) -> Result<(Self, SigningKey), JournalError> {
        let store = Store::open(&directory.join(DATABASE_FILE), access)?;
        let log = store.reader().find_log()?.ok_or(StoreError::Row(None))?;
        let origin: Origin = log.origin.parse().map_err(|_| StoreError::Row(None))?;
        let master = key::load_master(&directory)?;
        let keys = Keys::grow(&master, origin.log().clone())?;
        if !keys.is_right(&log.key_check) {
            return Err(JournalError::KeyWrong);
        }
        let signer = signing_key(&origin, &keys.open_seed(&log.sealed_seed)?)?;
        let verifier = signer.verifier_key().clone();
        if verifier.serialize() != log.verifier {
            return Err(JournalError::KeyWrong);
        }
        Ok((
            Self {
                directory,
                store,
                keys,
                origin,
                verifier,
            },
            signer,
        ))
    }

    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The key that verifies the log's checkpoints.
    pub fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// The rows beside the log as they stand now. While it lives, [`Self::reader`] sees the same.
    pub fn snapshot(&self) -> Result<Snapshot<'_>, JournalError> {
        Ok(self.store.snapshot()?)
    }

    /// The rows beside the log.
    pub fn reader(&self) -> Reader<'_> {
        self.store.reader()
    }

    /// How many entries there are.
    pub fn size(&self) -> Result<u64, JournalError> {
        Ok(head_row(&self.reader())?.size)
    }

    /// The newest signed checkpoint. Whatever leaves the shop goes through
    /// [`super::Journal::publish`] instead, so that the log never falls behind it unnoticed.
    pub fn checkpoint(&self) -> Result<String, JournalError> {
        Ok(head_row(&self.reader())?.checkpoint)
    }

    pub fn entry(&self, index: EntryIndex) -> Result<Entry, JournalError> {
        Entry::parse(&self.entry_bytes(index)?).map_err(|_| JournalError::TreeDamaged(index))
    }

    /// An entry's bytes: the leaf.
    pub fn entry_bytes(&self, index: EntryIndex) -> Result<Vec<u8>, JournalError> {
        self.reader()
            .find_entry(index)?
            .ok_or(JournalError::NoEntry(index))
    }

    /// The hashes that lead from an entry to the root of the newest checkpoint.
    pub fn inclusion_proof(&self, index: EntryIndex) -> Result<Vec<Hash>, JournalError> {
        let snapshot = self.store.snapshot()?;
        let size = head_row(&snapshot)?.size;
        tree::inclusion_proof(index.value(), size, |node| stored_hash(&snapshot, node))
            .map_err(|error| prove_error(error, index))
    }

    /// The hashes that show an older tree to be the beginning of the newest.
    pub fn consistency_proof(&self, old: u64) -> Result<Vec<Hash>, JournalError> {
        let snapshot = self.store.snapshot()?;
        let size = head_row(&snapshot)?.size;
        tree::consistency_proof(old, size, |node| stored_hash(&snapshot, node))
            .map_err(|error| prove_error(error, EntryIndex::new(old)))
    }

    /// A part's bytes, checked against what the entry commits to.
    pub fn open_part(
        &self,
        index: EntryIndex,
        class: PartClass,
    ) -> Result<Zeroizing<Vec<u8>>, JournalError> {
        let no_part = JournalError::NoPart { index, class };
        let row = self
            .reader()
            .find_part(index, class.name())?
            .ok_or(no_part)?;
        self.open_part_of(&self.reader(), &self.entry(index)?, index, &row)
    }

    /// Opens a part's row and checks it against its entry.
    pub(super) fn open_part_of(
        &self,
        reader: &Reader<'_>,
        entry: &Entry,
        index: EntryIndex,
        row: &PartRow,
    ) -> Result<Zeroizing<Vec<u8>>, JournalError> {
        let (_, bytes) = self.open_with_salt(reader, entry, index, row)?;
        Ok(bytes)
    }

    fn open_with_salt(
        &self,
        reader: &Reader<'_>,
        entry: &Entry,
        index: EntryIndex,
        row: &PartRow,
    ) -> Result<(Salt, Zeroizing<Vec<u8>>), JournalError> {
        let class: PartClass = row.class.parse().map_err(|_| StoreError::Row(None))?;
        let damaged = JournalError::PartDamaged { index, class };
        let Some(part) = entry.parts.iter().find(|part| part.class == class) else {
            return Err(damaged);
        };
        let month_key =
            reader
                .load_month_key(row.month_key)?
                .and_then(|(month, class, wrapped)| {
                    self.keys.unwrap_month_key(month, &class, &wrapped)
                });
        let opened = month_key.and_then(|month_key| {
            let binding = self.keys.part_binding(PART_KEY, index, class);
            let key = seal::open_key(&month_key, &binding, &row.wrapped_key).ok()?;
            let binding = self.keys.part_binding(PART, index, class);
            seal::open(&key, &binding, &row.sealed).ok()
        });
        let Some((salt, bytes)) = opened
            .as_ref()
            .and_then(|o| o.split_first_chunk::<SALT_BYTES>())
        else {
            return Err(damaged);
        };
        let salt = Salt::new(*salt);
        part::check(class, &salt, bytes, &part.commitment).map_err(|_| damaged)?;
        Ok((salt, Zeroizing::new(bytes.to_vec())))
    }

    /// The purchase list that an entry records, and the proof of it for a slip, in the tree of a
    /// checkpoint. The salt of the list leaves with it, and no other.
    pub(super) fn list_in(
        &self,
        index: EntryIndex,
        checkpoint_note: String,
    ) -> Result<(Zeroizing<Vec<u8>>, SlipProof), JournalError> {
        let class = PartClass::List;
        let reader = self.reader();
        let row = reader.find_part(index, class.name())?;
        let row = row.ok_or(JournalError::NoPart { index, class })?;
        let (salt, list) = self.open_with_salt(&reader, &self.entry(index)?, index, &row)?;
        let opened = checkpoint::open(checkpoint_note.as_bytes(), &self.verifier);
        let size = opened
            .map_err(|_| JournalError::CheckpointDamaged)?
            .get()
            .size;
        let hashes = tree::inclusion_proof(index.value(), size, |node| stored_hash(&reader, node));
        let proof = Proof {
            extra: None,
            index,
            hashes: hashes.map_err(|error| prove_error(error, index))?,
            checkpoint: checkpoint_note,
        };
        let entry = self.entry_bytes(index)?;
        let slip = SlipProof::new(salt, &entry, &proof, &self.verifier)
            .map_err(|_| JournalError::TreeDamaged(index))?;
        Ok((list, slip))
    }

    /// The head, if its signature and the tree below it bear it out.
    pub(super) fn checked_head(&self, reader: &Reader<'_>) -> Result<Head, JournalError> {
        checked_head(reader, &self.verifier)
    }
}

/// The head, if its signature and the tree below it bear it out.
pub(super) fn checked_head(
    reader: &Reader<'_>,
    verifier: &VerifierKey,
) -> Result<Head, JournalError> {
    let row = head_row(reader)?;
    let damaged = JournalError::TreeDamaged(EntryIndex::new(row.size));
    let note = checkpoint::open(row.checkpoint.as_bytes(), verifier);
    let Ok(head) = note.map(|checkpoint| checkpoint.get().head()) else {
        return Err(damaged);
    };
    let root = tree::root(row.size, |node| stored_hash(reader, node))?;
    if head.size != row.size || head.root.0 != row.root || head.root != root {
        return Err(damaged);
    }
    Ok(head)
}

/// Seals salt and bytes of a part.
pub(super) const PART: &str = "pharmacy/part-seal/v1";

/// Seals the key of a part.
pub(super) const PART_KEY: &str = "pharmacy/part-key/v1";

pub(super) fn signing_key(origin: &Origin, seed: &seal::Key) -> Result<SigningKey, JournalError> {
    SigningKey::from_seed(origin.as_str(), &Secret::new(**seed)).map_err(|_| JournalError::KeyWrong)
}

pub(super) fn head_row(reader: &Reader<'_>) -> Result<HeadRow, JournalError> {
    Ok(reader.find_head()?.ok_or(StoreError::Row(None))?)
}

/// A node's hash. Every node that the tree asks for is stored, unless the file is damaged.
pub(super) fn stored_hash(reader: &Reader<'_>, node: NodeId) -> Result<Hash, JournalError> {
    let first_leaf = node
        .index
        .checked_shl(node.level.into())
        .unwrap_or(u64::MAX);
    reader
        .find_hash(tree::stored_position(node))?
        .map(Hash)
        .ok_or(JournalError::TreeDamaged(EntryIndex::new(first_leaf)))
}

fn prove_error(error: tree::ProveError<JournalError>, index: EntryIndex) -> JournalError {
    match error {
        tree::ProveError::Outside { .. } => JournalError::NoEntry(index),
        tree::ProveError::Read(error) => error,
    }
}
