//! The journal from outside: one data directory, one clock that stands still.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use pharmacy_protocol::Secret;
use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::log::succession::{Succession, SuccessionReason};
use pharmacy_protocol::log::tree::{Head, verify_inclusion};
use pharmacy_protocol::log::{checkpoint, leaf_hash, verify};
use pharmacy_protocol::part::PartClass;
use pharmacy_protocol::term::EntryIndex;
use tempfile::TempDir;

use super::place::{DATABASE_FILE, JOURNAL_DIRECTORY, UNFINISHED_DIRECTORY};
#[cfg(unix)]
use super::sole::LOCK_FILE;
use super::*;
use crate::store::StoreError;
use pharmacy_base::clock::TestClock;

/// 2025-11-22 12:00 at the store.
const NOON_MS: i64 = 1_763_784_000_000;

fn identity() -> Identity {
    Identity {
        region: "440300".parse().unwrap(),
        store: "P44030000001".parse().unwrap(),
        till: "01".parse().unwrap(),
    }
}

fn clock() -> Arc<TestClock> {
    Arc::new(TestClock::new(NOON_MS))
}

pub(super) fn fresh() -> (TempDir, Journal) {
    let data = tempfile::tempdir().unwrap();
    let journal = Journal::create(data.path(), &identity(), None, clock()).unwrap();
    (data, journal)
}

pub(super) fn reopen(data: &Path) -> Result<Journal, JournalError> {
    Journal::open(data, clock())
}

pub(super) fn draft(classes: &[PartClass]) -> Draft {
    let part = |class: &PartClass| DraftPart::new(*class, format!("{class} bytes").into_bytes());
    Draft {
        kind: EntryKind::Sale,
        till: Some("01".parse().unwrap()),
        refs: vec![EntryIndex::new(0)],
        parts: classes.iter().map(part).collect(),
    }
}

pub(super) fn append(journal: &mut Journal, count: usize) {
    for _ in 0..count {
        let _ = journal
            .note(draft(&[PartClass::Goods, PartClass::List]))
            .unwrap();
    }
}

pub(super) fn code<T>(result: Result<T, JournalError>) -> &'static str {
    result.err().map_or("ok", |error| error.code())
}

fn file(data: &TempDir, name: &str) -> std::path::PathBuf {
    data.path().join(JOURNAL_DIRECTORY).join(name)
}

#[test]
fn an_entry_names_its_run_and_how_long_that_goes_on() {
    let data = tempfile::tempdir().unwrap();
    let clock = clock();
    drop(Journal::create(data.path(), &identity(), None, clock.clone()).unwrap());
    let boot_of = |journal: &Journal, index| journal.entry(EntryIndex::new(index)).unwrap().boot;
    clock.advance(1_000);
    let mut journal = Journal::open(data.path(), clock.clone()).unwrap();
    clock.advance(500);
    append(&mut journal, 1);
    // Set back: the run does not notice.
    clock.set(0);
    clock.advance(200);
    append(&mut journal, 1);
    let [first, one, two] = [0, 1, 2].map(|index| boot_of(&journal, index).unwrap());
    assert_eq!((first.mono_ms, one.mono_ms, two.mono_ms), (0, 500, 700));
    assert!(one.id == two.id && one.id != first.id);
    drop(journal);
    let mut journal = Journal::open(data.path(), clock).unwrap();
    append(&mut journal, 1);
    let again = boot_of(&journal, 3).unwrap();
    assert!(again.id != one.id && again.mono_ms == 0);
}

#[test]
fn what_is_recorded_is_there_after_opening_again() {
    let (data, mut journal) = fresh();
    let recorded = journal
        .record(
            draft(&[PartClass::Goods, PartClass::Identity]),
            |transaction, index| {
                transaction.put_setting("seen", &index.to_string())?;
                Ok::<_, JournalError>(7)
            },
        )
        .unwrap();
    assert_eq!(
        (*recorded.value(), recorded.index()),
        (7, EntryIndex::new(1))
    );
    drop(journal);

    let journal = reopen(data.path()).unwrap();
    let index = recorded.index();
    assert_eq!(
        leaf_hash(&journal.entry_bytes(index).unwrap()),
        recorded.leaf()
    );
    assert_eq!(
        journal.reader().setting("seen").unwrap().as_deref(),
        Some("1")
    );
    let part = journal.open_part(index, PartClass::Identity).unwrap();
    assert_eq!(part.as_slice(), b"identity bytes");
    assert_eq!(
        code(journal.open_part(index, PartClass::Staff)),
        "log.no-part"
    );
    assert_eq!(code(journal.entry(EntryIndex::new(2))), "log.no-entry");
    let report = journal.verify().unwrap();
    assert!(report.is_clean(), "{report:?}");
    // The entry's own parts, and what it says of the setting.
    assert_eq!((report.entries, report.parts), (2, 4));
}

#[test]
fn every_entry_is_proved_under_the_published_checkpoint() {
    let (_data, mut journal) = fresh();
    append(&mut journal, 20);
    let note = journal.publish().unwrap();
    let head: Head = checkpoint::open(note.as_bytes(), journal.verifier())
        .unwrap()
        .get()
        .head();
    assert_eq!(head.size, 21);
    for index in 0..21 {
        let at = EntryIndex::new(index);
        let leaf = leaf_hash(&journal.entry_bytes(at).unwrap());
        let proof = journal.inclusion_proof(at).unwrap();
        verify_inclusion(&head, index, &leaf, &proof).unwrap();
    }
}

#[test]
fn a_refused_change_leaves_nothing_and_the_journal_open() {
    let (_data, mut journal) = fresh();
    let refused = journal.record(draft(&[PartClass::Goods]), |transaction, _| {
        transaction.put_setting("seen", "1")?;
        Err::<(), JournalError>(StoreError::OutOfRange { what: "test" }.into())
    });
    assert_eq!(code(refused), "store.out-of-range");
    assert_eq!(journal.size().unwrap(), 1);
    assert_eq!(journal.reader().setting("seen").unwrap(), None);
    append(&mut journal, 1);
    assert!(journal.verify().unwrap().is_clean());
}

/// An error of a caller, as the desk has one.
#[derive(Debug, thiserror::Error)]
enum Callers {
    #[error("cannot record")]
    Journal(#[from] JournalError),
    #[error("cannot read or write a row")]
    Store(#[from] StoreError),
    #[error("changed its mind")]
    Mind,
}

#[test]
fn a_caller_ends_with_an_error_of_its_own_and_a_failing_disk_shows_through_it() {
    let (_data, mut journal) = fresh();
    let refused = journal.record(draft(&[]), |_, _| Err::<(), _>(Callers::Mind));
    assert!(matches!(refused, Err(Callers::Mind)), "{refused:?}");
    assert!(!journal.is_closed());
    let row = journal.record(draft(&[]), |_, _| {
        Err::<(), _>(Callers::from(StoreError::Row(None)))
    });
    assert!(row.is_err() && !journal.is_closed());
    let damaged = journal.record(draft(&[]), |_, _| {
        Err::<(), _>(Callers::from(StoreError::Damaged(None)))
    });
    assert!(matches!(damaged, Err(Callers::Store(_))), "{damaged:?}");
    assert!(journal.is_closed());
    let closed = journal.record(draft(&[]), |_, _| Ok::<_, Callers>(()));
    assert!(matches!(
        closed,
        Err(Callers::Journal(JournalError::Closed))
    ));
}

#[test]
fn drafts_that_no_verifier_would_read_are_refused() {
    let (_data, mut journal) = fresh();
    let twice = draft(&[PartClass::Goods, PartClass::Goods]);
    assert_eq!(code(journal.note(twice)), "journal.entry");
    for kind in [EntryKind::Erasure, EntryKind::Succession] {
        let reserved = Draft { kind, ..draft(&[]) };
        assert_eq!(code(journal.note(reserved)), "journal.reserved-kind");
    }
    assert_eq!(journal.size().unwrap(), 1);
}

#[test]
fn erased_parts_are_gone_and_the_log_still_verifies() {
    let (data, mut journal) = fresh();
    let secret = b"a name that must not stay".to_vec();
    let mut with_secret = draft(&[PartClass::Goods]);
    with_secret
        .parts
        .push(DraftPart::new(PartClass::Identity, secret));
    let index = journal.note(with_secret).unwrap().index();
    let sealed = journal
        .store
        .reader()
        .find_part(index, "identity")
        .unwrap()
        .unwrap()
        .sealed;

    let erased = journal
        .erase_parts(index, &[PartClass::Identity, PartClass::Staff])
        .unwrap();
    assert_eq!(*erased.value(), 1);
    assert_eq!(
        code(journal.open_part(index, PartClass::Identity)),
        "log.no-part"
    );
    assert_eq!(
        journal
            .open_part(index, PartClass::Goods)
            .unwrap()
            .as_slice(),
        b"goods bytes"
    );
    assert_eq!(
        code(journal.erase_parts(index, &[PartClass::Identity])),
        "log.nothing-to-erase"
    );
    let entry = journal.entry(erased.index()).unwrap();
    assert_eq!((entry.kind, entry.refs), (EntryKind::Erasure, vec![index]));
    let said = journal.open_part(erased.index(), PartClass::Store).unwrap();
    assert_eq!(said.as_slice(), br#"{"erased":{"identity":1}}"#);
    let report = journal.verify().unwrap();
    assert!(report.is_clean(), "{report:?}");
    assert_eq!(report.erased, 1);
    drop(journal);
    for name in ["log.db", "log.db-wal"] {
        let bytes = fs::read(file(&data, name)).unwrap_or_default();
        assert!(
            !bytes.windows(32).any(|window| window == &sealed[..32]),
            "{name}"
        );
    }
}

#[test]
fn a_succession_is_entry_0_and_tells_what_it_succeeds() {
    let (_old_data, mut old) = fresh();
    let succession = Succession {
        old_origin: old.origin().clone(),
        old_checkpoint: Some(old.publish().unwrap()),
        reason: SuccessionReason::Damaged,
    };
    let data = tempfile::tempdir().unwrap();
    let journal =
        Journal::create(data.path(), &identity(), Some(succession.clone()), clock()).unwrap();
    assert_ne!(journal.origin(), old.origin());
    let first = EntryIndex::new(0);
    assert_eq!(journal.entry(first).unwrap().kind, EntryKind::Succession);
    let part = journal.open_part(first, PartClass::Store).unwrap();
    assert_eq!(Succession::parse(&part), Ok(succession));
}

#[test]
fn only_creating_makes_a_store_and_never_twice() {
    let data = tempfile::tempdir().unwrap();
    assert_eq!(code(reopen(data.path())), "store.missing");
    assert_eq!(fs::read_dir(data.path()).unwrap().count(), 0);

    fs::create_dir(data.path().join(UNFINISHED_DIRECTORY)).unwrap();
    assert_eq!(code(reopen(data.path())), "store.half-made");
    let again = Journal::create(data.path(), &identity(), None, clock());
    assert_eq!(code(again), "store.half-made");

    let (data, _journal) = fresh();
    let again = Journal::create(data.path(), &identity(), None, clock());
    assert_eq!(code(again), "store.exists");
}

/// Every file of the journal's directory, byte for byte, apart from the shared-memory index.
fn bytes_of(data: &TempDir) -> Vec<(std::ffi::OsString, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(data.path().join(JOURNAL_DIRECTORY))
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| !entry.file_name().to_string_lossy().ends_with("-shm"))
        .map(|entry| (entry.file_name(), fs::read(entry.path()).unwrap()))
        .filter(|(name, bytes)| !name.to_string_lossy().ends_with("-wal") || !bytes.is_empty())
        .collect();
    files.sort();
    files
}

#[track_caller]
fn refuses_and_changes_nothing(data: &TempDir, expected: &str) {
    let before = bytes_of(data);
    assert_eq!(code(reopen(data.path())), expected);
    assert!(bytes_of(data) == before, "files changed");
}

#[test]
fn refuses_a_missing_a_wrong_and_a_cut_key() {
    let (data, mut journal) = fresh();
    append(&mut journal, 3);
    drop(journal);
    let key = file(&data, "master.key");
    let right = fs::read(&key).unwrap();
    fs::remove_file(&key).unwrap();
    refuses_and_changes_nothing(&data, "store.key-missing");
    for wrong in [vec![1; 32], right[..31].to_vec(), Vec::new()] {
        fs::write(&key, wrong).unwrap();
        refuses_and_changes_nothing(&data, "store.key-wrong");
    }
    fs::write(&key, right).unwrap();
    assert_eq!(reopen(data.path()).unwrap().size().unwrap(), 4);
}

#[cfg(unix)]
#[test]
fn the_master_key_is_readable_by_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let (data, _journal) = fresh();
    let mode = fs::metadata(file(&data, "master.key"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn refuses_a_damaged_a_cut_a_foreign_and_a_newer_database() {
    let (data, mut journal) = fresh();
    append(&mut journal, 40);
    drop(journal);
    let database = file(&data, DATABASE_FILE);
    let good = fs::read(&database).unwrap();

    fs::write(&database, &good[..good.len() / 2]).unwrap();
    refuses_and_changes_nothing(&data, "store.damaged");
    fs::write(&database, &good[..100]).unwrap();
    refuses_and_changes_nothing(&data, "store.damaged");
    fs::write(
        &database,
        [b"not a database, ".as_slice(), &good[16..]].concat(),
    )
    .unwrap();
    refuses_and_changes_nothing(&data, "store.damaged");

    // SPEC: SQLite file format, header offsets 60 (user version) and 68 (application id).
    let mut newer = good.clone();
    newer[60..64].copy_from_slice(&99_u32.to_be_bytes());
    fs::write(&database, newer).unwrap();
    refuses_and_changes_nothing(&data, "store.schema");
    let mut foreign = good.clone();
    foreign[68..72].fill(0);
    fs::write(&database, foreign).unwrap();
    refuses_and_changes_nothing(&data, "store.foreign");
    fs::remove_file(&database).unwrap();
    refuses_and_changes_nothing(&data, "store.missing");

    fs::write(&database, good).unwrap();
    assert_eq!(reopen(data.path()).unwrap().size().unwrap(), 41);
}

#[test]
fn any_flipped_byte_is_refused_found_or_harmless() {
    let (data, mut journal) = fresh();
    append(&mut journal, 12);
    drop(journal);
    let database = file(&data, DATABASE_FILE);
    let good = fs::read(&database).unwrap();
    let parts_before = LogView::open(data.path()).unwrap().verify().unwrap();
    let (mut refused, mut found) = (0, 0);
    for at in (0..good.len()).step_by(good.len() / 300) {
        let mut bad = good.clone();
        bad[at] ^= 0x55;
        fs::write(&database, bad).unwrap();
        match LogView::verify_at(data.path()) {
            Err(_) => refused += 1,
            Ok(report) if !report.is_clean() => found += 1,
            Ok(report) => assert_eq!(report, parts_before, "byte {at}"),
        }
        let _ = fs::remove_file(file(&data, "log.db-wal"));
        let _ = fs::remove_file(file(&data, "log.db-shm"));
    }
    assert!(refused > 0 && found > 0, "{refused} refused, {found} found");
}

#[test]
fn a_database_behind_the_published_checkpoint_is_refused() {
    let (data, mut journal) = fresh();
    append(&mut journal, 5);
    drop(journal);
    let database = file(&data, DATABASE_FILE);
    let older = fs::read(&database).unwrap();
    let mut journal = reopen(data.path()).unwrap();
    append(&mut journal, 5);
    journal.publish().unwrap();
    drop(journal);

    fs::write(&database, older).unwrap();
    refuses_and_changes_nothing(&data, "log.rolled-back");
    assert_eq!(code(reopen(data.path())), "log.rolled-back");
}

#[test]
fn another_history_of_the_same_length_is_refused() {
    let (data, mut journal) = fresh();
    append(&mut journal, 2);
    drop(journal);
    let database = file(&data, DATABASE_FILE);
    let fork = fs::read(&database).unwrap();
    let published = fs::read(file(&data, "checkpoint")).unwrap();
    let mut journal = reopen(data.path()).unwrap();
    append(&mut journal, 2);
    let ours = journal.publish().unwrap();
    drop(journal);

    // The same keys tell another story from entry 3 on.
    fs::write(&database, fork).unwrap();
    fs::write(file(&data, "checkpoint"), published).unwrap();
    let mut journal = reopen(data.path()).unwrap();
    append(&mut journal, 3);
    drop(journal);
    fs::write(file(&data, "checkpoint"), ours).unwrap();
    refuses_and_changes_nothing(&data, "log.rolled-back");
}

#[test]
fn a_published_checkpoint_that_is_gone_or_not_ours_is_refused() {
    let (data, mut journal) = fresh();
    append(&mut journal, 2);
    drop(journal);
    let path = file(&data, "checkpoint");
    let good = fs::read(&path).unwrap();
    fs::remove_file(&path).unwrap();
    refuses_and_changes_nothing(&data, "log.checkpoint-missing");
    let (_other_data, mut other) = fresh();
    fs::write(&path, other.publish().unwrap()).unwrap();
    refuses_and_changes_nothing(&data, "log.checkpoint-damaged");
    fs::write(&path, &good[..good.len() - 9]).unwrap();
    refuses_and_changes_nothing(&data, "log.checkpoint-damaged");
    fs::write(&path, good).unwrap();
    assert!(reopen(data.path()).is_ok());
}

#[test]
fn nobody_writes_beside_a_journal_and_everybody_reads() {
    let (data, mut journal) = fresh();
    for _ in 0..3 {
        assert_eq!(code(reopen(data.path())), "store.in-use");
        append(&mut journal, 2);
        let view = LogView::open(data.path()).unwrap();
        assert!(view.verify().unwrap().is_clean());
    }
    let again = Journal::create(data.path(), &identity(), None, clock());
    assert_eq!(code(again), "store.exists");
    drop(journal);
    assert_eq!(reopen(data.path()).unwrap().size().unwrap(), 7);
}

#[test]
fn a_lock_file_that_is_gone_is_made_anew_and_one_that_is_none_is_told() {
    let (data, journal) = fresh();
    drop(journal);
    let lock = data.path().join("writer.lock");
    assert_eq!(fs::metadata(&lock).unwrap().len(), 0);
    fs::remove_file(&lock).unwrap();
    drop(reopen(data.path()).unwrap());
    assert!(lock.is_file());
    fs::remove_file(&lock).unwrap();
    fs::create_dir(&lock).unwrap();
    refuses_and_changes_nothing(&data, "store.lock");
}

/// Whoever may do everything is not refused by a file's mode, so only others can see this.
#[cfg(unix)]
#[test]
fn a_lock_file_that_may_not_be_written_is_told() {
    use std::os::unix::fs::PermissionsExt as _;
    let (data, journal) = fresh();
    drop(journal);
    let lock = data.path().join("writer.lock");
    let mode = fs::metadata(&lock).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    fs::set_permissions(&lock, fs::Permissions::from_mode(0o400)).unwrap();
    if fs::File::options().write(true).open(&lock).is_err() {
        refuses_and_changes_nothing(&data, "store.lock");
    } else {
        drop(reopen(data.path()).unwrap());
    }
}

/// A file that is locked cannot be taken away on Windows.
#[cfg(unix)]
#[test]
fn two_journals_on_a_log_whose_lock_was_taken_away_take_turns() {
    let (data, mut first) = fresh();
    fs::remove_file(data.path().join(LOCK_FILE)).unwrap();
    let mut second = reopen(data.path()).unwrap();
    for _ in 0..10 {
        append(&mut first, 2);
        append(&mut second, 3);
    }
    first.publish().unwrap();
    assert_eq!(second.size().unwrap(), 51);
    assert!(second.verify().unwrap().is_clean());
}

#[test]
fn the_attested_time_only_moves_forward() {
    let (_data, mut journal) = fresh();
    for (attested_ms, expected) in [(500, 500), (400, 500), (900, 900)] {
        journal.attest(attested_ms).unwrap();
        let index = journal.note(draft(&[])).unwrap().index();
        assert_eq!(journal.entry(index).unwrap().attested_ms, Some(expected));
    }
}

#[test]
fn a_key_made_in_a_rolled_back_event_is_not_used_again() {
    let (data, mut journal) = fresh();
    let refused = journal.record(draft(&[PartClass::Staff]), |_, _| {
        Err::<(), JournalError>(StoreError::OutOfRange { what: "test" }.into())
    });
    assert!(refused.is_err());
    let index = journal.note(draft(&[PartClass::Staff])).unwrap().index();
    drop(journal);
    let journal = reopen(data.path()).unwrap();
    assert_eq!(
        journal
            .open_part(index, PartClass::Staff)
            .unwrap()
            .as_slice(),
        b"staff bytes"
    );
}

#[test]
fn the_reserve_is_really_written_and_can_be_given_up_and_refilled() {
    let (data, journal) = fresh();
    assert_eq!(
        fs::metadata(file(&data, "reserve.bin")).unwrap().len(),
        RESERVE_BYTES
    );
    assert_eq!(journal.reserve_state(), ReserveState::Held);
    release_reserve(data.path()).unwrap();
    journal.release_reserve().unwrap();
    assert_eq!(journal.reserve_state(), ReserveState::Released);
    journal.refill_reserve().unwrap();
    assert_eq!(journal.reserve_state(), ReserveState::Held);
}

fn exported_bytes(out: &Path) -> u64 {
    fs::read_dir(out)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| match entry.file_type().unwrap().is_dir() {
            true => exported_bytes(&entry.path()),
            false => entry.metadata().unwrap().len(),
        })
        .sum()
}

/// An export as the bureau reads it.
struct Exported<'a>(&'a Path);

impl verify::Tree for Exported<'_> {
    type Error = std::io::Error;
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, std::io::Error> {
        match fs::read(self.0.join(path)) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            result => result.map(Some),
        }
    }
}

/// Verifies an export as the bureau does, and tells its size.
fn check_export(journal: &Journal, out: &Path) -> u64 {
    let scope = verify::Scope {
        minimum_index: 0,
        threads: std::num::NonZeroUsize::MIN,
    };
    let report = verify::verify(&Exported(out), journal.verifier(), &scope).unwrap();
    assert!(report.is_clean(), "{report:?}");
    report.checkpoint.get().size
}

#[test]
fn an_export_is_a_log_of_its_own_and_is_carried_on() {
    let (_data, mut journal) = fresh();
    append(&mut journal, 259);
    journal.publish().unwrap();
    // What is not published yet does not leave.
    append(&mut journal, 3);
    let place = tempfile::tempdir().unwrap();
    let out = place.path().join("export");
    let summary = journal.export(&out).unwrap();
    assert_eq!((summary.entries, summary.entries_before), (260, 0));
    assert_eq!(check_export(&journal, &out), 260);
    assert_eq!(exported_bytes(&out), summary.bytes);
    let key = fs::read_to_string(out.join("vkey")).unwrap();
    assert_eq!(key, format!("{}\n", journal.verifier().serialize()));

    append(&mut journal, 297);
    journal.publish().unwrap();
    let summary = journal.export(&out).unwrap();
    assert_eq!((summary.entries, summary.entries_before), (560, 260));
    assert_eq!(check_export(&journal, &out), 560);
    assert!(!out.join("tile/entries/001.p/4").exists());
    assert!(!out.join("unfinished").exists());

    let (_other_data, other) = fresh();
    assert_eq!(code(other.export(&out)), "export.foreign");
    fs::write(place.path().join("letter.txt"), "dear").unwrap();
    assert_eq!(code(journal.export(place.path())), "export.foreign");
    assert!(place.path().join("letter.txt").exists());
}

#[test]
fn tokens_packs_and_people_are_known_by_digest_only() {
    let (data, mut journal) = fresh();
    let keys = journal.keys().clone();
    let token = keys.token_digest(&Secret::new("token-text-of-a-client".into()));
    let pack = keys.trace_digest(&"81234567890123456789".parse().unwrap());
    let state = keys
        .seal_row(&RowName::Sale(1), b"state-with-a-name-in-it")
        .unwrap();
    let _ = journal
        .record(draft(&[PartClass::Goods]), |transaction, index| {
            transaction.add_token("client", &"01".parse().unwrap(), &token, NOON_MS)?;
            let _ = transaction.claim_pack(&pack, 1, index)?;
            let row = crate::store::SaleRow {
                counter: transaction.next_sale_counter()?,
                phase: crate::store::Phase::Open,
                till: "01".parse().unwrap(),
                client: "client".into(),
                created_ms: NOON_MS,
                updated_ms: NOON_MS,
                state,
            };
            transaction.put_sale(&row, None, "{}")?;
            Ok::<_, JournalError>(())
        })
        .unwrap();
    journal.store.copy_back().unwrap();
    let bytes = fs::read(file(&data, DATABASE_FILE)).unwrap();
    for text in [
        "token-text",
        "81234567890123456789",
        "with-a-name",
        "goods bytes",
    ] {
        assert!(
            !bytes
                .windows(text.len())
                .any(|window| window == text.as_bytes()),
            "{text}"
        );
    }
    let sale = journal.reader().load_sale(1).unwrap().unwrap();
    let state = keys.open_row(&RowName::Sale(1), &sale.state).unwrap();
    assert_eq!(state.as_slice(), b"state-with-a-name-in-it");
    assert_eq!(
        journal.reader().find_token(&token).unwrap().unwrap().client,
        "client"
    );
}

/// A store of schema 3: its entries tell of no rows, a sale's state is a pair with its latest entry.
#[test]
fn the_rows_of_a_store_of_before_are_carried_once_and_compared_from_then_on() {
    let (data, mut journal) = fresh();
    append(&mut journal, 3);
    let pair = br#"[{"id":"0123456789abcdef-1","phase":"closed"},3]"#;
    let state = journal.keys().seal_row(&RowName::Sale(1), pair).unwrap();
    let pack = journal
        .keys()
        .trace_digest(&"81234567890123456789".parse().unwrap());
    drop(journal);
    let path = file(&data, DATABASE_FILE);
    let shell = rusqlite::Connection::open(&path).unwrap();
    shell
        .execute_batch(
            "CREATE TABLE pack_event (code_digest BLOB NOT NULL, entry INTEGER NOT NULL);
             INSERT INTO counter VALUES ('sale', 1);
             INSERT INTO mapping VALUES ('120', 'XA01ABD075A002010100483', 'settled');
             PRAGMA user_version = 3;",
        )
        .unwrap();
    let pack_row = "INSERT INTO pack VALUES (?1, 'sold', 1, 3, 10000)";
    shell.execute(pack_row, [pack.as_bytes()]).unwrap();
    let sale_row = "INSERT INTO sale VALUES (1, 'closed', '01', 'till', 5, 6, ?1)";
    shell.execute(sale_row, [state.as_bytes()]).unwrap();
    drop(shell);

    for _ in 0..2 {
        let journal = reopen(data.path()).unwrap();
        assert_eq!(journal.size().unwrap(), 5);
        let carried = journal.entry(EntryIndex::new(4)).unwrap();
        assert_eq!(carried.kind, EntryKind::Carried);
        let report = journal.verify().unwrap();
        assert!(report.is_clean(), "{report:?}");
        assert_eq!(report.rows, 4);
        let sale = journal.reader().load_sale(1).unwrap().unwrap();
        let state = journal.keys().open_row(&RowName::Sale(1), &sale.state);
        let state: serde_json::Value = serde_json::from_slice(&state.unwrap()).unwrap();
        assert_eq!(
            (&state["latest"], &state["phase"]),
            (&3.into(), &"closed".into())
        );
    }
    let shell = rusqlite::Connection::open(&path).unwrap();
    shell
        .execute("UPDATE pack SET state = 'available'", [])
        .unwrap();
    drop(shell);
    let compared = reopen(data.path()).unwrap().compare_rows(0, 1).unwrap();
    let tables: Vec<_> = compared.differences.iter().map(|row| row.table).collect();
    assert_eq!(tables, [pharmacy_protocol::history::Table::Pack]);
}
