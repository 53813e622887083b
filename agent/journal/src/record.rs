//! Recording: one event, one transaction.
//!
//! | | step | a crash here leaves |
//! |-|-|-|
//! | 1 | take the write lock | nothing |
//! | 2 | read the head; it must be the one known, or continue it under our own signature | nothing |
//! | 3 | write the caller's rows; what changed becomes the part `rows` | nothing: the transaction was not committed |
//! | 4 | seal the parts, write their rows | nothing |
//! | 5 | write the entry's bytes | nothing |
//! | 6 | write the leaf and the nodes that it completes | nothing |
//! | 7 | sign the new checkpoint, move the head by compare-and-set | nothing; the signature never left the process |
//! | 8 | commit: the write-ahead file is synced | all of it or nothing; nobody was told either way |
//! | 9 | hand out `Recorded` | all of it |
//! | 10 | now and then, and whenever a checkpoint leaves: publish it | all of it; the published one is older |
//!
//! Steps 3 to 6 may be done for several events before 7 and 8 are done once for all of them ([`super::group`]):
//! what is written before the commit is no more than written (`Written`), whoever wrote it.
//!
//! An error at 8 is not a refusal: the commit may have landed. The caller hears the error, nothing
//! is acknowledged, the journal closes, and the next process finds out. Any error of the disk before
//! 8 closes the journal too: what the page cache holds is no longer what the disk holds.

mod bulk;

use std::error::Error;

use pharmacy_protocol::entry::{Boot, Entry, EntryKind, PartRef};
use pharmacy_protocol::log::note::{SigningKey, VerifierKey};
use pharmacy_protocol::log::tree::{self, Head};
use pharmacy_protocol::log::{Checkpoint, Hash, Origin, leaf_hash};
use pharmacy_protocol::part::{self, PartClass, SALT_BYTES, Salt};
use pharmacy_protocol::record::Record;
use pharmacy_protocol::slip::SlipProof;
use pharmacy_protocol::term::EntryIndex;
use zeroize::Zeroizing;

use super::draft::{Draft, DraftPart, MAX_PART_BYTES, Recorded};
use super::edge::Edge;
use super::fault::{Faults, Moment, Step};
use super::view::{PART, PART_KEY, checked_head, head_row, stored_hash};
use super::{Journal, JournalError, Keys, LogView, seal};
use crate::store::{HeadRow, MonthKeyId, PartRow, Reader, StoreError, Transaction};
use pharmacy_base::clock::day_of;

/// The published checkpoint is renewed at the latest after this many entries.
const PUBLISH_EVERY: u64 = 256;

/// The setting that keeps the last attested time.
pub(super) const ATTESTED: &str = "attested-ms";

/// An entry with its rows, written in a transaction that can still be rolled back.
struct Written<T> {
    value: T,
    index: EntryIndex,
    leaf: Hash,
}

/// A transaction under the write lock, and the tree as it grows in it. One commit makes all that was
/// written last, under one signature.
struct Open<'j> {
    transaction: Transaction<'j>,
    sealer: Sealer<'j>,
    origin: &'j Origin,
    faults: &'j Faults,
    now_ms: i64,
    boot: Boot,
    /// How many entries there were before.
    before: u64,
    edge: Edge,
}

impl<'j> Open<'j> {
    /// Begins on the tree that is known, or within a group on what it has grown to.
    fn begin(
        view: &'j mut LogView,
        (known, gathered): (&Edge, Option<Edge>),
        faults: &'j Faults,
        now_ms: i64,
        boot: Boot,
    ) -> Result<Self, JournalError> {
        let LogView {
            store,
            keys,
            origin,
            verifier,
            ..
        } = view;
        let (transaction, edge) = match gathered {
            Some(edge) => (store.begin()?, edge),
            None => {
                let transaction = faults.step(Step::Begin, || store.begin())?;
                let edge = faults.step(Step::ReadHead, || {
                    current_edge(&transaction, known, verifier)
                })?;
                (transaction, edge)
            }
        };
        let month = month_of(now_ms);
        Ok(Self {
            transaction,
            sealer: Sealer { keys, month },
            origin,
            faults,
            now_ms,
            boot,
            before: edge.head.size,
            edge,
        })
    }

    /// Writes an entry and the caller's own rows.
    fn write<T, E: From<JournalError>>(
        &mut self,
        draft: Draft,
        change: impl FnOnce(&Transaction<'_>, EntryIndex) -> Result<T, E>,
    ) -> Result<Written<T>, E> {
        let (transaction, faults) = (&self.transaction, self.faults);
        let index = EntryIndex::new(self.edge.head.size);
        faults.reach(Step::Change, Moment::Before)?;
        let value = change(transaction, index)?;
        faults.reach(Step::Change, Moment::After)?;
        let told = transaction.take_told();
        let mut draft = draft;
        if !told.is_empty() {
            let part = DraftPart::of(&told).map_err(|_| StoreError::Row(None));
            draft = draft.with(part.map_err(JournalError::from)?);
        }
        let parts = faults.step(Step::WriteParts, || {
            self.sealer.write_parts(transaction, index, &draft.parts)
        })?;
        let leaf = faults.step(Step::WriteEntry, || {
            let bytes = entry_bytes(transaction, draft, parts, self.now_ms, self.boot)?;
            transaction.add_entry(index, &bytes)?;
            Ok::<_, JournalError>(leaf_hash(&bytes))
        })?;
        let grown = faults.step(Step::WriteHashes, || {
            let (grown, completed) = self.edge.append(leaf)?;
            for (node, hash) in completed {
                transaction.add_hash(tree::stored_position(node), hash.as_bytes())?;
            }
            Ok::<_, JournalError>(grown)
        })?;
        self.edge = grown;
        Ok(Written { value, index, leaf })
    }

    /// Leaves what was written to the group.
    fn keep(self) -> Result<Edge, JournalError> {
        self.transaction.commit()?;
        Ok(self.edge)
    }

    /// Makes what was written last. While `committing` is set, nobody knows whether it does.
    fn commit(self, signer: &SigningKey, committing: &mut bool) -> Result<Edge, JournalError> {
        let (transaction, faults, head) = (self.transaction, self.faults, self.edge.head);
        faults.step(Step::MoveHead, || {
            let note = sign(self.origin, head, signer)?;
            move_head(&transaction, EntryIndex::new(self.before), head, note)
        })?;
        // INVARIANT: whatever goes wrong from here on leaves open whether it is on the disk.
        *committing = true;
        faults.step(Step::Commit, || transaction.commit())?;
        *committing = false;
        Ok(self.edge)
    }
}

/// Several events of the journal's own that share a commit.
pub(super) struct Together<'j>(Open<'j>);

impl Together<'_> {
    /// Writes an event that one record tells.
    pub(super) fn add<R: Record>(&mut self, record: &R) -> Result<(), JournalError> {
        let draft = Draft::of(record).map_err(|_| StoreError::Row(None))?;
        check_draft(&draft)?;
        self.0.write(draft, |_, _| Ok::<_, JournalError>(()))?;
        Ok(())
    }

    /// Where rows are written.
    pub(super) fn transaction(&self) -> &Transaction<'_> {
        &self.0.transaction
    }
}

impl Journal {
    /// Records one event together with the caller's own rows; returns once it is on the disk.
    ///
    /// The change may end with any error that can be made of ours; it leaves nothing behind.
    pub fn record<T, E: Error + From<JournalError> + 'static>(
        &mut self,
        draft: Draft,
        change: impl FnOnce(&Transaction<'_>, EntryIndex) -> Result<T, E>,
    ) -> Result<Recorded<T>, E> {
        match draft.kind {
            EntryKind::Carried | EntryKind::Erasure | EntryKind::Repair | EntryKind::Succession => {
                Err(JournalError::ReservedKind(draft.kind).into())
            }
            _ => self.record_any(draft, change),
        }
    }

    /// Records one event that has no rows beside it.
    pub fn note(&mut self, draft: Draft) -> Result<Recorded<()>, JournalError> {
        self.record(draft, |_, _| Ok(()))
    }

    pub(super) fn record_any<T, E: Error + From<JournalError> + 'static>(
        &mut self,
        draft: Draft,
        change: impl FnOnce(&Transaction<'_>, EntryIndex) -> Result<T, E>,
    ) -> Result<Recorded<T>, E> {
        if self.closed {
            return Err(JournalError::Closed.into());
        }
        check_draft(&draft)?;
        let recorded = match self.commit(draft, change) {
            Ok(recorded) => recorded,
            Err(error) => return Err(self.close_if_fatal(error)),
        };
        if self.group.is_none() {
            self.publish_if_long_ago();
        }
        Ok(recorded)
    }

    /// What was recorded is on the disk, so it is acknowledged; if publishing fails, the journal has closed
    /// itself and the next call says so.
    pub(super) fn publish_if_long_ago(&mut self) {
        if self.edge.head.size.saturating_sub(self.published) >= PUBLISH_EVERY {
            let _ = self.publish();
        }
    }

    fn commit<T, E: From<JournalError>>(
        &mut self,
        draft: Draft,
        change: impl FnOnce(&Transaction<'_>, EntryIndex) -> Result<T, E>,
    ) -> Result<Recorded<T>, E> {
        let (now_ms, boot) = (self.clock.now_ms(), self.run());
        self.join()?;
        let edges = (&self.edge, self.gathered().cloned());
        let mut open = Open::begin(&mut self.view, edges, &self.faults, now_ms, boot)?;
        let Written { value, index, leaf } = open.write(draft, change)?;
        match &mut self.group {
            Some(group) => group.edge = Some(open.keep()?),
            None => self.edge = open.commit(&self.signer, &mut self.committing)?,
        }
        Ok(Recorded::new(value, index, leaf))
    }

    /// Records several events of the journal's own in one commit, with rows that no entry tells of.
    pub(super) fn record_together(
        &mut self,
        work: impl FnOnce(&mut Together<'_>) -> Result<(), JournalError>,
    ) -> Result<(), JournalError> {
        self.flush()?;
        if self.closed {
            return Err(JournalError::Closed);
        }
        let (now_ms, boot) = (self.clock.now_ms(), self.run());
        let committed = (|| {
            let edges = (&self.edge, None);
            let open = Open::begin(&mut self.view, edges, &self.faults, now_ms, boot)?;
            let mut together = Together(open);
            work(&mut together)?;
            together.0.commit(&self.signer, &mut self.committing)
        })();
        match committed {
            Ok(edge) => {
                self.edge = edge;
                Ok(())
            }
            Err(error) => Err(self.close_if_fatal(error)),
        }
    }

    /// What the clock shows by which entries are dated, milliseconds since 1970.
    pub fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    /// This run, and how long it has been going on.
    pub fn run(&self) -> Boot {
        Boot {
            id: self.boot,
            mono_ms: self.clock.mono_ms().saturating_sub(self.begun_mono_ms),
        }
    }

    /// Shows the newest checkpoint: makes it the published one, durably, and hands it out.
    ///
    /// Every checkpoint that leaves the shop comes from here. The daemon also calls this after it
    /// has answered the till, so that the published one is never long behind.
    pub fn publish(&mut self) -> Result<String, JournalError> {
        self.flush()?;
        if self.closed {
            return Err(JournalError::Closed);
        }
        match self.publish_under_lock() {
            Ok((note, size)) => {
                self.published = size;
                Ok(note)
            }
            Err(error) => Err(self.close_if_fatal(error)),
        }
    }

    /// The purchase list that an entry records, and the proof of it for a slip. A slip leaves the shop:
    /// the checkpoint on it was published before.
    pub fn prove_list(
        &mut self,
        index: EntryIndex,
    ) -> Result<(Zeroizing<Vec<u8>>, SlipProof), JournalError> {
        self.flush()?;
        let newest = head_row(&self.view.reader())?;
        let note = if newest.size == self.published {
            newest.checkpoint
        } else {
            self.publish()?
        };
        self.view.list_in(index, note)
    }

    fn publish_under_lock(&mut self) -> Result<(String, u64), JournalError> {
        let lock = self.view.store.begin()?;
        let row = head_row(&lock)?;
        if row.size < self.published {
            let (found, published) = (row.size, self.published);
            return Err(JournalError::RolledBack { found, published });
        }
        super::published::write(&self.view.directory, &row.checkpoint, &self.faults)?;
        Ok((row.checkpoint, row.size))
    }

    /// Keeps the time that somebody outside attested; it only ever moves forward.
    pub fn attest(&mut self, attested_ms: i64) -> Result<(), JournalError> {
        self.change(|transaction| {
            let before = attested(transaction)?;
            if before.is_none_or(|before| before < attested_ms) {
                transaction.put_setting(ATTESTED, &attested_ms.to_string())?;
            }
            Ok(())
        })
    }

    /// Changes rows that belong to no event: settings, tokens, what was delivered.
    pub fn change<T, E: Error + From<JournalError> + 'static>(
        &mut self,
        change: impl FnOnce(&Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        if self.closed {
            return Err(JournalError::Closed.into());
        }
        match self.commit_change(change) {
            Ok(value) => Ok(value),
            Err(error) => Err(self.close_if_fatal(error)),
        }
    }

    fn commit_change<T, E: From<JournalError>>(
        &mut self,
        change: impl FnOnce(&Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.join()?;
        let transaction = self.view.store.begin().map_err(JournalError::from)?;
        let value = change(&transaction)?;
        if !transaction.take_told().is_empty() {
            return Err(JournalError::Untold.into());
        }
        // Within a group nothing is on the disk yet, and nothing in doubt.
        self.committing = self.group.is_none();
        transaction.commit().map_err(JournalError::from)?;
        self.committing = false;
        Ok(value)
    }

    pub(super) fn close_if_fatal<E: Error + 'static>(&mut self, error: E) -> E {
        if is_fatal(&error) || self.committing {
            self.closed = true;
            self.view.store.leave_files_alone();
        }
        self.close_if_lost();
        error
    }
}

/// Is the disk's failure among the causes of an error? The caller's own may have wrapped ours.
fn is_fatal(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        let of_journal = error.downcast_ref().is_some_and(JournalError::is_fatal);
        if of_journal || error.downcast_ref().is_some_and(StoreError::is_fatal) {
            return true;
        }
        cause = error.source();
    }
    false
}

fn check_draft(draft: &Draft) -> Result<(), JournalError> {
    match draft
        .parts
        .iter()
        .find(|part| part.bytes.len() > MAX_PART_BYTES)
    {
        Some(part) => Err(JournalError::PartTooLong { class: part.class }),
        None => Ok(()),
    }
}

/// The edge as it is in the database now. Nobody else appends unless somebody took the lock away.
pub(super) fn current_edge(
    reader: &Reader<'_>,
    known: &Edge,
    verifier: &VerifierKey,
) -> Result<Edge, JournalError> {
    let row = head_row(reader)?;
    if row.size == known.head.size && row.root == known.head.root.0 {
        return Ok(known.clone());
    }
    let rolled_back = JournalError::RolledBack {
        found: row.size,
        published: known.head.size,
    };
    if row.size <= known.head.size {
        return Err(rolled_back);
    }
    let head = checked_head(reader, verifier)?;
    let old = tree::root(known.head.size, |node| stored_hash(reader, node))?;
    if old != known.head.root {
        return Err(rolled_back);
    }
    Edge::load(reader, head)
}

pub(super) fn sign(
    origin: &Origin,
    head: Head,
    signer: &SigningKey,
) -> Result<String, JournalError> {
    let checkpoint = Checkpoint {
        origin: origin.clone(),
        size: head.size,
        root: head.root,
    };
    checkpoint.sign(signer).map_err(|_| JournalError::KeyWrong)
}

pub(super) fn move_head(
    transaction: &Transaction<'_>,
    index: EntryIndex,
    head: Head,
    checkpoint: String,
) -> Result<(), JournalError> {
    let row = HeadRow {
        size: head.size,
        root: head.root.0,
        checkpoint,
    };
    if transaction.move_head(index.value(), &row)? {
        Ok(())
    } else {
        // The write lock makes this impossible; a head that moved anyway is not ours.
        Err(JournalError::TreeDamaged(index))
    }
}

fn entry_bytes(
    transaction: &Transaction<'_>,
    draft: Draft,
    parts: Vec<PartRef>,
    now_ms: i64,
    boot: Boot,
) -> Result<Vec<u8>, JournalError> {
    let entry = Entry {
        kind: draft.kind,
        at_ms: now_ms,
        attested_ms: attested(transaction)?,
        boot: Some(boot),
        till: draft.till,
        refs: draft.refs,
        parts,
    };
    entry.check().map_err(JournalError::Entry)?;
    Ok(entry.serialize())
}

fn attested(reader: &Reader<'_>) -> Result<Option<i64>, StoreError> {
    let text = reader.setting(ATTESTED)?;
    text.map(|text| text.parse().map_err(|_| StoreError::Row(None)))
        .transpose()
}

/// Year and month of a moment in the store's own time, written `202511`.
pub(super) fn month_of(now_ms: i64) -> u32 {
    let day = day_of(now_ms);
    let month = i32::from(day.year())
        .saturating_mul(100)
        .saturating_add(i32::from(day.month()));
    u32::try_from(month).unwrap_or(0)
}

/// Seals the parts of one entry.
struct Sealer<'a> {
    keys: &'a Keys,
    month: u32,
}

impl Sealer<'_> {
    fn write_parts(
        &self,
        transaction: &Transaction<'_>,
        index: EntryIndex,
        parts: &[DraftPart],
    ) -> Result<Vec<PartRef>, JournalError> {
        let mut references = Vec::with_capacity(parts.len());
        for (place, part) in parts.iter().enumerate() {
            let (row, reference) = self.seal(transaction, index, part)?;
            transaction.add_part(index, place, &row)?;
            references.push(reference);
        }
        Ok(references)
    }

    fn seal(
        &self,
        transaction: &Transaction<'_>,
        index: EntryIndex,
        part: &DraftPart,
    ) -> Result<(PartRow, PartRef), JournalError> {
        let class = part.class;
        let (month_key_id, month_key) = self.month_key(transaction, class)?;
        let salt = Salt::new(*seal::random::<SALT_BYTES>()?);
        let key = seal::random()?;
        let binding = self.keys.part_binding(PART_KEY, index, class);
        let wrapped_key = seal::seal(&month_key, &binding, &[key.as_slice()])?;
        let binding = self.keys.part_binding(PART, index, class);
        let sealed = seal::seal(&key, &binding, &[salt.expose(), &part.bytes])?;
        let commitment = part::commit(class, &salt, &part.bytes);
        let class_name = class.name().to_owned();
        let row = PartRow {
            class: class_name,
            month_key: month_key_id,
            wrapped_key,
            sealed,
        };
        Ok((row, PartRef { class, commitment }))
    }

    /// The key of this month and class, made when it is first needed.
    ///
    /// Read anew each time: a key kept in memory could belong to a transaction that was rolled back,
    /// and everything sealed under it would be lost.
    fn month_key(
        &self,
        transaction: &Transaction<'_>,
        class: PartClass,
    ) -> Result<(MonthKeyId, seal::Key), JournalError> {
        if let Some((id, wrapped)) = transaction.find_month_key(self.month, class.name())? {
            let key = self
                .keys
                .unwrap_month_key(self.month, class.name(), &wrapped);
            return Ok((id, key.ok_or(JournalError::KeyWrong)?));
        }
        let key = seal::random()?;
        let wrapped = self.keys.wrap_month_key(self.month, class, &key)?;
        Ok((
            transaction.add_month_key(self.month, class.name(), &wrapped)?,
            key,
        ))
    }
}
