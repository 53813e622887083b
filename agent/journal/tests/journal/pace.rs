//! How long an event takes, against a bare commit of the same bytes in the same run, and whether
//! that grows with the log. `PACE_ENTRIES` sets the log's length; run with `--release` to measure.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "an integration test may"
)]

use std::env;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pharmacy_base::clock::SystemClock;
use pharmacy_journal::{Draft, DraftPart, Identity, Journal};
use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::part::PartClass;
use rusqlite::Connection;

const CLASSES: [PartClass; 3] = [PartClass::Answer, PartClass::Facts, PartClass::Goods];
const PART_BYTES: usize = 2_000;
const PAGE: u64 = 4_096;

fn draft() -> Draft {
    Draft {
        kind: EntryKind::Verdict,
        till: Some("01".parse().unwrap()),
        refs: Vec::new(),
        parts: CLASSES
            .map(|class| DraftPart::new(class, vec![b'x'; PART_BYTES]))
            .into(),
    }
}

fn record(journal: &mut Journal) -> Duration {
    let draft = draft();
    let since = Instant::now();
    let _ = journal.note(draft).unwrap();
    since.elapsed()
}

/// One row with as many bytes as the event's parts, entry and hashes have.
fn bare_commit(floor: &Connection, bytes: &[u8]) -> Duration {
    let since = Instant::now();
    floor
        .prepare_cached("INSERT INTO row (bytes) VALUES (?1)")
        .unwrap()
        .execute([bytes])
        .unwrap();
    since.elapsed()
}

fn open_floor(path: &Path) -> Connection {
    let floor = Connection::open(path).unwrap();
    floor
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
             CREATE TABLE row (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;",
        )
        .unwrap();
    floor
}

fn middle(times: &mut [Duration]) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn wal_pages(path: &Path) -> u64 {
    fs::metadata(path).unwrap().len() / PAGE
}

/// Measures both in turn, so that a slow disk is slow for both; returns the pages per event.
fn measure(
    mut journal: Journal,
    floor: &Connection,
    directory: &Path,
    rounds: usize,
) -> (Journal, f64) {
    let bytes = vec![b'x'; CLASSES.len() * (PART_BYTES + 150) + 600];
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        ours.push(record(&mut journal));
        bare.push(bare_commit(floor, &bytes));
    }
    let (ours, bare) = (middle(&mut ours), middle(&mut bare));
    let ratio = ours.as_secs_f64() / bare.as_secs_f64();

    // Opening copies the write-ahead file back and empties it: what is in it then is these events.
    drop(journal);
    let mut journal = Journal::open(&directory.join("data"), Arc::new(SystemClock)).unwrap();
    let events = 40;
    for _ in 0..events {
        record(&mut journal);
    }
    let pages = wal_pages(&directory.join("data/journal/log.db-wal")) as f64 / f64::from(events);
    let size = journal.size().unwrap();
    println!("{size} entries: p50 {ours:?}, bare {bare:?}, ratio {ratio:.2}, {pages:.1} pages");
    (journal, pages)
}

#[test]
fn an_event_writes_as_many_pages_in_a_long_log_as_in_a_short_one() {
    let length: u64 = env::var("PACE_ENTRIES")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(1_000);
    let rounds = if length > 1_000 { 500 } else { 50 };
    let directory = tempfile::tempdir().unwrap();
    let identity = Identity {
        region: "440300".parse().unwrap(),
        store: "P44030000001".parse().unwrap(),
        till: "01".parse().unwrap(),
    };
    let data = directory.path().join("data");
    let mut journal = Journal::create(&data, &identity, None, Arc::new(SystemClock)).unwrap();
    let floor = open_floor(&directory.path().join("floor.db"));
    while journal.size().unwrap() < length.min(1_000) / 4 {
        record(&mut journal);
    }
    let (mut journal, short) = measure(journal, &floor, directory.path(), rounds);
    while journal.size().unwrap() < length {
        record(&mut journal);
    }
    let (mut journal, long) = measure(journal, &floor, directory.path(), rounds);
    assert!(long <= short * 1.1, "{short} pages, then {long}");

    let since = Instant::now();
    let report = journal.verify().unwrap();
    println!(
        "verified {} entries and {} parts in {:?}",
        report.entries,
        report.parts,
        since.elapsed()
    );
    assert!(report.is_clean());
    journal.publish().unwrap();
    drop(journal);
    let since = Instant::now();
    let journal = Journal::open(&data, Arc::new(SystemClock)).unwrap();
    println!("opened in {:?}", since.elapsed());
    let since = Instant::now();
    let summary = journal.export(&directory.path().join("export")).unwrap();
    println!(
        "exported {} files, {} bytes in {:?}",
        summary.files,
        summary.bytes,
        since.elapsed()
    );
}
