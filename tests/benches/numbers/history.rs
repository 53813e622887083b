//! One history: what entries of real settlements say of rows, folded; and the agent's own verification, every
//! part opened and every row compared.

use std::hint::black_box;
use std::time::Instant;

use pharmacy_journal::LogView;
use pharmacy_protocol::history::{Fold, Keep, Rows, Scope};
use pharmacy_protocol::part::PartClass;
use pharmacy_protocol::term::EntryIndex;

use crate::shop::Shop;
use crate::table::{Row, Table, short};

/// The bars of the fold, in records a second and core, and of verification, in MB of plain parts.
const RECORDS_A_SECOND: f64 = 200_000.0;
const MEGABYTES_A_SECOND: f64 = 60.0;

/// The same entries once more, as another shop's: rows never meet.
const ROUNDS: u64 = 20;

pub fn run(table: &mut Table, shop: &Shop) {
    let log = LogView::open(&shop.data()).unwrap();
    let mut told: Vec<(EntryIndex, Vec<u8>)> = Vec::new();
    for index in 0..log.size().unwrap() {
        let index = EntryIndex::new(index);
        if let Ok(bytes) = log.open_part(index, PartClass::Rows) {
            told.push((index, bytes.to_vec()));
        }
    }
    let bytes: usize = told.iter().map(|(_, bytes)| bytes.len()).sum();
    let begun = Instant::now();
    let mut rows = 0;
    for _ in 0..ROUNDS {
        let mut fold = Fold::new(Scope::All, Keep::Digests);
        for (index, bytes) in &told {
            fold.apply(*index, &serde_json::from_slice::<Rows>(bytes).unwrap());
        }
        rows = black_box(fold).len();
    }
    let took = begun.elapsed().as_secs_f64();
    let records: u64 = u64::try_from(told.len()).unwrap() * ROUNDS;
    let changes = count(&told) * ROUNDS;
    let rate = changes as f64 / took;
    table.add(
        Row::new(format!(
            "fold: {} entries of settlements that change {rows} rows, {} bytes each",
            told.len(),
            bytes / told.len().max(1)
        ))
        .measured(format!(
            "{:.0} changes/s, {:.0} entries/s",
            rate,
            records as f64 / took
        ))
        .bar("≥ 200,000 records/s a core", rate >= RECORDS_A_SECOND),
    );
    let begun = Instant::now();
    let report = LogView::verify_at(&shop.data()).unwrap();
    let took = begun.elapsed();
    assert!(report.is_clean(), "{:?}", report.findings);
    let rate = report.bytes as f64 / 1e6 / took.as_secs_f64();
    table.add(
        Row::new(format!(
            "the agent's own verification of settlements: {} entries, {} parts, {} rows",
            report.entries, report.parts, report.rows
        ))
        .measured(format!("{}, {rate:.0} MB/s of parts", short(took)))
        .bar("≥ 60 MB/s a core", rate >= MEGABYTES_A_SECOND),
    );
}

/// How many changes of rows the entries tell.
fn count(told: &[(EntryIndex, Vec<u8>)]) -> u64 {
    let of = |bytes: &[u8]| {
        let tables: serde_json::Map<String, serde_json::Value> =
            serde_json::from_slice(bytes).unwrap();
        let lists = tables.values().filter_map(|table| table.as_array());
        lists.map(Vec::len).sum::<usize>()
    };
    let changes: usize = told.iter().map(|(_, bytes)| of(bytes)).sum();
    u64::try_from(changes).unwrap()
}
