//! A slip, from the moment its list is recorded until its bytes could go to the printer (R40).
//!
//! Every slip is of a list that was recorded a moment ago, so its proof needs a checkpoint that nobody
//! published yet: a file replaced and synced. The daemon mostly has done that by then.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use pharmacy_desk::{PurchaseList, slip_content};
use pharmacy_device::paper::{Charset, Code, Page, Paper, Row as SlipRow, layout};
use pharmacy_device::printer::{Cut, encode};
use pharmacy_journal::store::{ListRow, ListState};
use pharmacy_journal::{Draft, DraftPart, Journal, JournalError};
use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::part::PartClass;
use pharmacy_protocol::term::{EntryIndex, Fen, SaleId};
use serde_json::{Value, json};

use crate::Effort;
use crate::goods::Dice;
use crate::measure::{Samples, stagger};
use crate::shop::{Shop, folder};
use crate::table::{Row, Table, times};

/// The bar of the issue.
const BAR: Duration = Duration::from_millis(20);

/// Sales of lists that nobody else's numbers meet.
const FIRST_SALE: u64 = 1 << 40;

/// Bytes of a checkpoint, about.
const CHECKPOINT: usize = 300;

pub fn run(table: &mut Table, (near, far): (&Shop, &Shop), effort: &Effort) {
    for shop in [near, far] {
        for lines in [1, 20] {
            measure(table, shop, (lines, effort.slips));
        }
    }
}

/// How long each step took.
#[derive(Default)]
struct Steps {
    whole: Samples,
    proof: Samples,
    layout: Samples,
    bytes: Samples,
    floor: Samples,
}

fn measure(table: &mut Table, shop: &Shop, (lines, slips): (usize, usize)) {
    let mut journal = shop.journal();
    let entries = journal.size().unwrap();
    let beside = folder(&shop.place());
    let mut steps = Steps::default();
    let mut dice = Dice::new(10);
    let mut printed = 0;
    for _ in 0..slips {
        let entry = settle(&mut journal, lines);
        stagger(&mut dice);
        printed = steps.print(&mut journal, entry).0;
        let text = journal.prove_list(entry).unwrap().1.serialize();
        stagger(&mut dice);
        steps.floor.time(|| {
            replace(beside.path());
            let list = journal.open_part(entry, PartClass::List).unwrap();
            (list.len(), Code::raster(&text, Paper::Narrow.dots()))
        });
    }
    let (ours, floor) = (steps.whole.timing(), steps.floor.timing());
    let s = if lines == 1 { "" } else { "s" };
    let what = format!("slip of {lines} line{s}, log of {entries}");
    table.add(
        Row::new(format!(
            "{what} (floor: file synced, part opened, code drawn)"
        ))
        .measured(ours.text())
        .floor(floor.text())
        .ratio(times(ours.p50, floor.p50))
        .bar("≤ 20 ms", ours.p50 <= BAR),
    );
    table.note(format!(
        "{what}: {printed} bytes for the printer; list and proof {}, layout and code {}, bytes {}",
        steps.proof.timing().text(),
        steps.layout.timing().text(),
        steps.bytes.timing().text(),
    ));
}

impl Steps {
    /// What the desk and the task beside the printer do for a slip.
    fn print(&mut self, journal: &mut Journal, entry: EntryIndex) -> (usize, Page) {
        let begun = Instant::now();
        let content = self.proof.time(|| {
            let (bytes, proof) = journal.prove_list(entry).unwrap();
            let list: PurchaseList = serde_json::from_slice(&bytes).unwrap();
            slip_content(&list, entry, Some(proof.serialize()))
        });
        let page = self
            .layout
            .time(|| layout(&content, Paper::Narrow, Charset::default()));
        let bytes = self
            .bytes
            .time(|| encode(&page, Charset::default(), Cut::Knife));
        self.whole.push(begun.elapsed());
        let has_code = page
            .rows
            .iter()
            .any(|row| matches!(row, SlipRow::Picture(_)));
        assert!(has_code, "the proof did not fit the paper");
        (bytes.len(), page)
    }
}

/// Records a list, with the row by which it waits for its signature.
fn settle(journal: &mut Journal, lines: usize) -> EntryIndex {
    let sale = FIRST_SALE + journal.size().unwrap();
    let bytes = serde_json::to_vec(&list(journal, sale, lines)).unwrap();
    let draft = Draft {
        kind: EntryKind::Outcome,
        till: Some("01".parse().unwrap()),
        refs: Vec::new(),
        parts: vec![DraftPart::new(PartClass::List, bytes)],
    };
    let recorded = journal.record(draft, |transaction, entry| {
        transaction.add_list(&ListRow {
            sale,
            entry,
            settled_ms: 0,
            state: ListState::Open,
            confirmation: None,
            taken_back: None,
        })?;
        Ok::<_, JournalError>(())
    });
    recorded.unwrap().index()
}

fn list(journal: &Journal, sale: u64, lines: usize) -> PurchaseList {
    let line = |number: usize| -> Value {
        json!({
            "number": number, "sku": "100057", "code": "ZA99ZZZ9999010199901",
            "name": "板蓝根颗粒", "spec": "10g*20袋", "lot": "A2505018",
            "trace_codes": [format!("8900057{:013}", sale % 1_000_000_000 * 100 + number as u64)],
            "quantity": "1", "price": "19.10", "amount": "19.10", "tender": "insurance",
        })
    };
    let total = Fen::new(1_910 * i64::try_from(lines).unwrap());
    let list = json!({
        "sale": SaleId::new(journal.keys().log().clone(), sale), "store": "P44030000001",
        "store_name": "某某大药房", "till": "01", "operator": "001", "pharmacists": ["YS07"],
        "receipt": format!("R{sale:020}"), "settled_ms": 1_764_000_000_000_i64, "fund": "account",
        "holder": {"name": "李**", "number": "1****************X"}, "patient": null, "buyer": null,
        "lines": (1..=lines).map(line).collect::<Vec<_>>(),
        "total": total, "insurance": total, "cash": "0.00",
        "settlement": format!("44000020260701{sale:016}"), "msgid": format!("P44030000001{sale:018}"),
        "origin": journal.origin().to_string(), "verdict": 1,
    });
    serde_json::from_value(list).unwrap()
}

/// Replaces a file as durably as a checkpoint is published.
fn replace(directory: &Path) {
    let temporary = directory.join("checkpoint.new");
    let mut file = File::create(&temporary).unwrap();
    file.write_all(&[b'x'; CHECKPOINT]).unwrap();
    file.sync_all().unwrap();
    std::fs::rename(&temporary, directory.join("checkpoint")).unwrap();
    if cfg!(unix) {
        File::open(directory).unwrap().sync_all().unwrap();
    }
}
