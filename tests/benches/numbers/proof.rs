//! Verification: the bureau's, over an exported tree, and the agent's own, parts included.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Instant;

use pharmacy_journal::LogView;
use pharmacy_protocol::log::verify::{Scope, Tree, verify};

use crate::shop::{Shop, folder, memory};
use crate::table::{Row, Table, short};

/// The bar of DESIGN §8.
const ENTRIES_A_SECOND: f64 = 1_000_000.0;

/// An exported tree.
struct Folder(PathBuf);

impl Tree for Folder {
    type Error = std::io::Error;
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, std::io::Error> {
        match std::fs::read(self.0.join(path)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

pub fn run(table: &mut Table, (short_log, long): (&Shop, &Shop)) {
    // Thousands of files, each synced: where a sync is free, if there is such a place.
    let place = memory().map_or_else(std::env::temp_dir, Path::to_owned);
    let scratch = folder(&place);
    let out = scratch.path().join("log");
    let journal = long.journal();
    let key = journal.verifier().clone();
    let begun = Instant::now();
    let summary = journal.export(&out).unwrap();
    table.note(format!(
        "export of {} entries: {} files, {} MB in {}",
        summary.entries,
        summary.files,
        summary.bytes >> 20,
        short(begun.elapsed())
    ));
    for threads in [1, 2] {
        let scope = Scope {
            minimum_index: 0,
            threads: NonZeroUsize::new(threads).unwrap(),
        };
        let mut best = f64::MAX;
        for _ in 0..3 {
            let begun = Instant::now();
            let report = verify(&Folder(out.clone()), &key, &scope).unwrap();
            assert!(report.is_clean());
            best = best.min(begun.elapsed().as_secs_f64());
        }
        let rate = summary.entries as f64 / best;
        let row = Row::new(format!(
            "verification of {} entries, {threads} threads",
            summary.entries
        ))
        .measured(format!("{:.2} million entries/s", rate / 1e6));
        table.add(match threads {
            2 => row.bar("≥ 1 million/s on 2 cores", rate >= ENTRIES_A_SECOND),
            _ => row,
        });
    }
    let begun = Instant::now();
    let report = LogView::verify_at(&short_log.data()).unwrap();
    assert!(report.is_clean(), "{:?}", report.findings);
    let took = begun.elapsed();
    table.add(
        Row::new(format!(
            "the agent's own verification, {} entries with {} parts opened",
            report.entries, report.parts
        ))
        .measured(format!(
            "{}, {:.0} entries/s",
            short(took),
            report.entries as f64 / took.as_secs_f64()
        )),
    );
}
