//! A person's records among many sales, as an inspector asks for them (R68).

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use pharmacy_base::clock::SystemClock;
use pharmacy_desk::{PurchaseList, Query, Question, search};
use pharmacy_journal::store::{
    ListRow, ListState, Mark, MarkDigest, MarkKind, Marked, StoreError, Transaction,
};
use pharmacy_journal::{Draft, DraftPart, Identity, Journal, LogView};
use pharmacy_kit::till::person;
use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::part::PartClass;
use pharmacy_protocol::person::IdentityNumber;
use pharmacy_protocol::term::{EntryIndex, Fen, SaleId, TraceCode};
use serde_json::json;

use crate::Effort;
use crate::measure::Samples;
use crate::shop::folder;
use crate::table::{Row, Table, short, times};

/// Sales that one commit takes.
const BATCH: u64 = 20_000;

/// How often one person bought.
const EACH: u64 = 200;

/// Persons asked for.
const ASKED: u64 = 50;

/// The bar of the issue.
const BAR: Duration = Duration::from_millis(50);

/// Sales of a store, every one of one pack for one of its customers.
struct Sales {
    persons: Vec<IdentityNumber>,
    list: PurchaseList,
    begun_ms: i64,
}

pub fn run(table: &mut Table, effort: &Effort) {
    let scratch = folder(&std::env::temp_dir());
    let identity = Identity {
        region: "440300".parse().unwrap(),
        store: "P44030000001".parse().unwrap(),
        till: "01".parse().unwrap(),
    };
    let clock = Arc::new(SystemClock);
    let mut journal = Journal::create(scratch.path(), &identity, None, clock).unwrap();
    let begun = Instant::now();
    let sales = Sales::make(&journal, effort.sales);
    let mut made = 0;
    while made < effort.sales {
        let count = BATCH.min(effort.sales - made);
        sales.sell(&mut journal, made, count);
        made += count;
    }
    table.note(format!(
        "search: {made} sales with their marks made in {}",
        short(begun.elapsed())
    ));
    let view = LogView::open(scratch.path()).unwrap();
    drop(journal);
    let (mut found, mut floor) = (Samples::default(), Samples::default());
    for turn in 0..ASKED {
        let number = &sales.persons[usize::try_from(turn).unwrap()];
        let question = Question::from(Query {
            person: Some(number.clone()),
            limit: 1_000,
            ..Query::default()
        });
        let answers = found.time(|| search(&view, &question).unwrap());
        assert!(answers.is_complete);
        assert_eq!(answers.found.len() as u64, EACH);
        // Somebody else's: who asks second finds the pages in the cache.
        let other = &sales.persons[usize::try_from(turn + ASKED).unwrap()];
        let read = floor.time(|| read_plainly(&view, other));
        assert_eq!(read as u64, EACH);
    }
    let (found, floor) = (found.timing(), floor.timing());
    table.add(
        Row::new(format!("a person's {EACH} records among {made} sales"))
            .measured(found.text())
            .floor(floor.text())
            .ratio(times(found.p50, floor.p50))
            .bar("≤ 50 ms", found.p50 <= BAR),
    );
    table.note(
        "search floor: one indexed read of the same rows and the opening of as many sealed lists",
    );
}

/// What cannot be saved: the rows of the index, and the lists.
fn read_plainly(view: &LogView, number: &IdentityNumber) -> usize {
    let mark = holder(view, number);
    let after_all = Marked {
        at_ms: i64::MAX,
        entry: EntryIndex::new(0),
        sale: 0,
    };
    let rows = view
        .reader()
        .marked(mark, (i64::MIN, after_all), 1_000)
        .unwrap();
    for row in &rows {
        std::hint::black_box(view.open_part(row.entry, PartClass::List).unwrap());
    }
    rows.len()
}

fn holder(view: &LogView, number: &IdentityNumber) -> Mark {
    let person = view.keys().person_ref(number);
    named(view, MarkKind::Holder, person.as_str())
}

fn named(view: &LogView, kind: MarkKind, text: &str) -> Mark {
    Mark {
        kind,
        digest: view.keys().name_digest(kind.name_kind(), text).into(),
    }
}

impl Sales {
    fn make(view: &LogView, sales: u64) -> Self {
        let persons = (0..(sales / EACH).max(1)).map(|count| person(count).parse().unwrap());
        let list = json!({
            "sale": SaleId::new(view.keys().log().clone(), 0), "store": "P44030000001",
            "store_name": "某某大药房", "till": "01", "operator": "001", "settled_ms": 0,
            "fund": "account", "holder": {"name": "李**", "number": "1****************X"},
            "patient": null, "buyer": null, "lines": [{
                "number": 1, "sku": "100057", "code": "ZA99ZZZ9999010199901",
                "name": "板蓝根颗粒", "spec": "10g*20袋", "trace_codes": ["89000570000000000001"],
                "quantity": "1", "price": "19.10", "amount": "19.10", "tender": "insurance",
            }],
            "total": "19.10", "insurance": "19.10", "cash": "0.00", "settlement": "SETL",
            "msgid": "M", "origin": view.origin().to_string(), "verdict": 1,
        });
        Self {
            persons: persons.collect(),
            list: serde_json::from_value(list).unwrap(),
            begun_ms: Timestamp::now().as_millisecond() - 2 * 365 * 24 * 3_600_000,
        }
    }

    fn count(&self) -> u64 {
        self.persons.len() as u64
    }

    fn sell(&self, journal: &mut Journal, first: u64, count: u64) {
        let log = journal.keys().log().clone();
        let drafts = (first..first + count).map(|sale| {
            let list = PurchaseList {
                sale: SaleId::new(log.clone(), sale + 1),
                settlement: format!("SETL-{sale}"),
                ..self.list.clone()
            };
            Draft {
                kind: EntryKind::Outcome,
                till: Some("01".parse().unwrap()),
                refs: Vec::new(),
                parts: vec![DraftPart::new(
                    PartClass::List,
                    serde_json::to_vec(&list).unwrap(),
                )],
            }
        });
        let drafts: Vec<Draft> = drafts.collect();
        let view = journal.another().unwrap();
        let mut sale = first;
        let write = |transaction: &Transaction<'_>, entry: EntryIndex| {
            self.mark(&view, transaction, (sale, entry))?;
            sale += 1;
            Ok(())
        };
        journal.dangerous_record_many(drafts, write).unwrap();
        journal.publish().unwrap();
    }

    /// The rows that a settlement leaves.
    fn mark(
        &self,
        view: &LogView,
        transaction: &Transaction<'_>,
        (sale, entry): (u64, EntryIndex),
    ) -> Result<(), StoreError> {
        let list = ListRow {
            sale: sale + 1,
            entry,
            settled_ms: self.begun_ms + i64::try_from(sale).unwrap() * 120_000,
            state: ListState::Drawn,
            confirmation: None,
            taken_back: None,
        };
        transaction.add_list(&list)?;
        // Customers come in no order that the index would like.
        let who = sale.wrapping_mul(7_919) % self.count();
        let number = &self.persons[usize::try_from(who).unwrap()];
        let code: TraceCode = format!("7{sale:019}").parse().unwrap();
        let marks = [
            holder(view, number),
            Mark {
                kind: MarkKind::Moment,
                digest: MarkDigest::ZERO,
            },
            Mark {
                kind: MarkKind::Trace,
                digest: view.keys().trace_digest(&code).into(),
            },
            named(view, MarkKind::Settlement, &format!("SETL-{sale}")),
            named(view, MarkKind::Receipt, &format!("R-{sale}")),
            named(view, MarkKind::Article, "100057"),
            named(view, MarkKind::Code, "ZA99ZZZ9999010199901"),
        ];
        let at = Marked {
            at_ms: list.settled_ms,
            entry,
            sale: list.sale,
        };
        for mark in marks {
            transaction.add_mark(mark, at, Fen::new(1_910))?;
        }
        Ok(())
    }
}
