//! Making a new log.
//!
//! Everything is made in `journal.new` beside the journal's place and renamed when it is complete
//! and synced. An `init` that dies on the way leaves `journal.new` only: no log, nothing signed that
//! anybody saw, and the next `init` and `run` say so.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::log::Origin;
use pharmacy_protocol::log::succession::Succession;
use pharmacy_protocol::log::tree::{Head, empty_root};
use pharmacy_protocol::record::store::Founded;
use pharmacy_protocol::term::LogId;

use super::draft::{Draft, DraftPart, Identity};
use super::error::io_error;
use super::key::{self, Keys};
use super::place::{DATABASE_FILE, JOURNAL_DIRECTORY, UNFINISHED_DIRECTORY};
use super::sole::Sole;
use super::view::signing_key;
use super::{Journal, JournalError, fault, published, record, reserve, seal};
use crate::store::{HeadRow, LogRow, Store, StoreError};
use pharmacy_base::clock::Clock;
use pharmacy_protocol::digest::hex;

impl Journal {
    /// Makes the log in a data directory that has none, and records its first entry: what it
    /// succeeds, or else what it is.
    pub fn create(
        data: &Path,
        identity: &Identity,
        succeeds: Option<Succession>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, JournalError> {
        if data.join(JOURNAL_DIRECTORY).exists() {
            return Err(StoreError::Exists.into());
        }
        fs::create_dir_all(data).map_err(io_error("making the data directory"))?;
        let sole = Sole::take(data)?;
        let unfinished = data.join(UNFINISHED_DIRECTORY);
        match private_directory(&unfinished) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(JournalError::HalfMade);
            }
            Err(error) => return Err(io_error("making the journal's directory")(error)),
        }
        let made = make_files(&unfinished, identity, &*clock)
            .and_then(|()| Self::load(sole, unfinished.clone(), Arc::clone(&clock)))
            .and_then(|journal| journal.record_first(identity, succeeds));
        let sole = made.inspect_err(|_| {
            // An error on the way leaves nothing that anybody relies on.
            let _ = fs::remove_dir_all(&unfinished);
        })?;
        fs::rename(&unfinished, data.join(JOURNAL_DIRECTORY))
            .and_then(|()| published::sync_directory(data))
            .map_err(io_error("putting the journal in its place"))?;
        Self::load(sole, data.join(JOURNAL_DIRECTORY), clock)
    }

    /// Completes what is renamed afterwards, and closes it.
    fn record_first(
        mut self,
        identity: &Identity,
        succeeds: Option<Succession>,
    ) -> Result<Sole, JournalError> {
        let draft = match succeeds {
            Some(succession) => Draft::of(&succession),
            None => {
                let founded = Founded {
                    origin: self.origin().clone(),
                    verifier: self.verifier().serialize(),
                };
                DraftPart::of(&founded).map(|part| Draft::new(EntryKind::Configuration, part))
            }
        };
        let draft = draft.map_err(|_| StoreError::Row(None))?.at(&identity.till);
        let _ = self.record_any(draft, |_, _| Ok::<_, JournalError>(()))?;
        self.publish()?;
        self.view.store.copy_back()?;
        published::sync_directory(&self.view.directory).map_err(io_error("syncing the journal"))?;
        Ok(self.sole)
    }
}

/// Makes a directory that only its owner enters, where the system knows such a thing; on Windows the
/// access list of the data directory is inherited.
#[cfg(unix)]
fn private_directory(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().mode(0o700).create(path)
}

#[cfg(not(unix))]
fn private_directory(path: &Path) -> io::Result<()> {
    fs::create_dir(path)
}

/// Key, database with an empty tree, its checkpoint, reserve.
fn make_files(
    directory: &Path,
    identity: &Identity,
    clock: &dyn Clock,
) -> Result<(), JournalError> {
    let log_id = mint_log_id()?;
    let Identity {
        region,
        store,
        till,
    } = identity;
    let origin = Origin::new(region, store, till, &log_id);
    let keys = Keys::grow(&key::create_master(directory)?, log_id.clone())?;
    let seed = seal::random()?;
    let signer = signing_key(&origin, &seed)?;
    let head = Head {
        size: 0,
        root: empty_root(),
    };
    let checkpoint = record::sign(&origin, head, &signer)?;
    let row = LogRow {
        log_id: log_id.as_str().to_owned(),
        origin: origin.as_str().to_owned(),
        verifier: signer.verifier_key().serialize(),
        key_check: keys.check_value(),
        sealed_seed: keys.seal_seed(&seed)?,
        created_ms: clock.now_ms(),
    };
    let mut store = Store::create(&directory.join(DATABASE_FILE))?;
    let transaction = store.begin()?;
    transaction.add_log(&row)?;
    transaction.add_head(&HeadRow {
        size: 0,
        root: head.root.0,
        checkpoint: checkpoint.clone(),
    })?;
    transaction.commit()?;
    drop(store);
    published::write(directory, &checkpoint, &fault::Faults::default())?;
    reserve::fill(directory)
}

fn mint_log_id() -> Result<LogId, JournalError> {
    let bytes = seal::random::<8>()?;
    hex(bytes.as_slice())
        .parse()
        .map_err(|_| JournalError::Random)
}
