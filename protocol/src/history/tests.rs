use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::date;
use serde_json::value::RawValue;

use super::word::{
    DueKind, FigureKind, ListState, MappingSource, MarkKind, NameKind, PackEventKind, Phase,
    PrescriptionNameKind, PrescriptionStatus, RegisterKind,
};
use super::*;
use crate::digest::sha256;
use crate::person::PersonRef;
use crate::term::{EntryIndex, Fen, Quantity};

/// Numbers that look random and are always the same.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

fn digest(of: &str, number: u64) -> Digest {
    Digest(sha256(format!("{of}/{number}").as_bytes()))
}

fn person(number: u64) -> PersonRef {
    serde_json::from_str(&format!("\"{number:032x}\"")).unwrap()
}

fn raw(text: String) -> Box<RawValue> {
    RawValue::from_string(text).unwrap()
}

fn state(members: &[(&str, String)]) -> BTreeMap<Box<str>, Box<RawValue>> {
    let members = members.iter();
    members
        .map(|(name, text)| (Box::from(*name), raw(text.clone())))
        .collect()
}

fn pack(number: u64, event: PackEventKind, sale: u64) -> PackChange {
    let is_held = matches!(event, PackEventKind::Claimed | PackEventKind::Released);
    PackChange {
        pack: digest("pack", number),
        event,
        sale,
        quantity: if is_held {
            Quantity::default()
        } else {
            Quantity::whole(1)
        },
    }
}

/// What the entries of a shop's years say: sales of three lines, some taken back, names, days, staff.
fn years(sales: u64) -> Vec<Rows> {
    let mut dice = Dice(20_251_122);
    let mut told = Vec::new();
    let first = date(2025, 1, 1);
    for sale in 1..=sales {
        let at = i64::try_from(sale).unwrap() * 28_800_000;
        let day = first + i64::try_from(sale / 3).unwrap().days();
        let packs = [sale * 3, sale * 3 + 1, sale * 3 + 2];
        let who = dice.below(5_000);
        let kept = |phase, made, at, members: &[(&str, String)]| {
            SaleChange::Kept(SaleKept {
                sale,
                phase,
                made,
                at,
                state: state(members),
                without: Vec::new(),
            })
        };
        let made = SaleMade {
            till: "01".parse().unwrap(),
            client: "till".into(),
            at,
        };
        told.push(Rows {
            sales: vec![kept(
                Phase::Assessed,
                Some(made),
                at,
                &[
                    ("basket", format!("[{}]", "1,".repeat(40) + "1")),
                    ("phase", "\"assessed\"".to_owned()),
                ],
            )],
            packs: packs
                .iter()
                .map(|number| pack(*number, PackEventKind::Claimed, sale))
                .collect(),
            names: vec![Named {
                kind: NameKind::Open,
                name: digest("open", who),
                sale,
            }],
            calls: vec![CallChange::Kept {
                call: digest("call", sale),
                body: digest("body", sale),
                sale,
                entry: None,
                at,
                answer: None,
            }],
            ..Rows::default()
        });
        let mut by = BTreeMap::new();
        for kind in [MarkKind::Holder, MarkKind::Article, MarkKind::Trace] {
            let marks = (0..3).map(|mark| (digest("mark", dice.below(900) + mark), Fen::new(990)));
            by.insert(kind, marks.collect());
        }
        told.push(Rows {
            sales: vec![kept(
                Phase::Closed,
                None,
                at + 900,
                &[
                    ("phase", "\"closed\"".to_owned()),
                    ("list", format!("{}", told.len())),
                ],
            )],
            packs: packs
                .iter()
                .map(|number| pack(*number, PackEventKind::Sold, sale))
                .collect(),
            supplies: (1..=3)
                .map(|line| SupplyChange::Supplied {
                    person: person(who),
                    on: day,
                    sale,
                    line,
                    code: None,
                    sku: Some("120".parse().unwrap()),
                    quantity: Quantity::whole(1),
                    days: Some(7),
                    until: day + 800.days(),
                })
                .collect(),
            mappings: vec![MappingChange::Learnt {
                sku: format!("{}", dice.below(2_000)).parse().unwrap(),
                code: "XA01ABD075A002010100483".parse().unwrap(),
                source: MappingSource::Settled,
            }],
            lists: vec![ListChange::Listed { sale, settled: at }],
            dues: vec![DueChange::Due {
                kind: DueKind::TraceCodes,
                sale,
                until: at + 1,
            }],
            marks: vec![Marked {
                list: None,
                sale,
                at,
                by,
            }],
            figures: vec![Counted {
                day,
                kind: FigureKind::Sale,
                rule: "".into(),
                amount: Fen::new(2_970),
            }],
            calls: vec![CallChange::Kept {
                call: digest("call", sale),
                body: digest("other", sale),
                sale,
                entry: Some(EntryIndex::new(7)),
                at: at + 900,
                answer: Some(digest("answer", sale)),
            }],
            ..Rows::default()
        });
        told.push(afterwards(sale, at, who, &packs, dice.below(20)));
    }
    told
}

/// What may follow a settlement.
fn afterwards(sale: u64, at: i64, who: u64, packs: &[u64], which: u64) -> Rows {
    let mut rows = Rows::default();
    match which {
        0 => {
            rows.packs = packs
                .iter()
                .map(|number| pack(*number, PackEventKind::Returned, sale))
                .collect();
            rows.supplies = vec![SupplyChange::TakenBack {
                person: person(who),
                sale,
            }];
            rows.lists = vec![ListChange::TakenBack { sale }];
            rows.dues = vec![DueChange::Over {
                kind: DueKind::TraceCodes,
                sale,
            }];
        }
        1 => {
            rows.prescriptions = vec![
                PrescriptionChange::Kept {
                    prescription: sale,
                    status: PrescriptionStatus::Received,
                    valid_until: None,
                    received: at,
                    at,
                    state: raw(format!(r#"{{"id":{sale}}}"#)),
                },
                PrescriptionChange::Named {
                    prescription: sale,
                    kind: PrescriptionNameKind::Number,
                    name: digest("number", sale),
                    at,
                },
            ];
        }
        2 => {
            rows.registers = vec![RegisterKept {
                kind: RegisterKind::Staff,
                name: format!("S{:02}", sale % 9).into(),
                entry: None,
                state: raw(format!(r#"{{"shift":{at}}}"#)),
            }];
        }
        3 => {
            rows.calls = vec![CallChange::Gone {
                before: at - 604_800_000,
            }];
            rows.supplies = vec![SupplyChange::Gone {
                before: date(2027, 6, 1),
            }];
        }
        4 => {
            rows.settings = vec![SettingKept {
                name: "pack".into(),
                value: format!("{sale}").into(),
            }];
            rows.tokens = vec![TokenChange::Issued {
                id: i64::try_from(sale).unwrap(),
                client: "till".into(),
                till: "02".parse().unwrap(),
                token: digest("token", sale),
                at,
            }];
        }
        _ => {}
    }
    rows
}

fn folded(told: &[Rows], scope: Scope, keep: Keep) -> Fold {
    let mut fold = Fold::new(scope, keep);
    for (index, rows) in (1..).zip(told) {
        fold.apply(EntryIndex::new(index), rows);
    }
    fold
}

#[test]
fn rows_are_read_back_as_they_were_told() {
    for rows in years(40) {
        let text = serde_json::to_string(&rows).unwrap();
        let again: Rows = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_string(&again).unwrap(), text);
    }
    let unknown = r#"{"packs":[],"pax":[]}"#;
    assert!(serde_json::from_str::<Rows>(unknown).is_err());
}

#[test]
fn shares_are_compared_as_the_whole_is() {
    let told = years(400);
    let whole = folded(&told, Scope::All, Keep::Rows).all_rows();
    let mut all = 0;
    for which in 0..5 {
        let mut share = folded(&told, Scope::Share { which, of: 5 }, Keep::Digests);
        assert_eq!(share.impossible(), []);
        for row in whole.values() {
            match share.check(row) {
                Check::Same => all += 1,
                Check::Skipped => {}
                other => panic!("{row:?}: {other:?}"),
            }
        }
        assert_eq!(share.missing(), []);
    }
    assert_eq!(all, whole.len());
}

/// Erasure destroys what rows were made from; the fold goes on from what was carried before it.
#[test]
fn carried_state_stands_for_the_years_before_it() {
    let told = years(1_200);
    let whole = folded(&told, Scope::All, Keep::Rows).all_rows();
    for cut in [0, 1, told.len() / 2, told.len()] {
        let (before, after) = told.split_at(cut);
        let kept = folded(before, Scope::All, Keep::Rows).all_rows();
        let kept: Vec<Row> = kept.into_values().collect();
        let chunks: Vec<&[Row]> = kept.chunks(1_000).collect();
        let of = u32::try_from(chunks.len().max(1)).unwrap();
        let mut fold = Fold::new(Scope::All, Keep::Rows);
        fold.skip();
        for (chunk, rows) in (0..of).zip(chunks.iter().copied().chain([[].as_slice()])) {
            let text = serde_json::to_string(&Carried {
                reason: CarryReason::Erasure,
                chunk,
                of,
                rows: rows.iter().cloned().map(CarriedRow::from).collect(),
            });
            fold.carry(
                EntryIndex::new(0),
                &serde_json::from_str(&text.unwrap()).unwrap(),
            );
        }
        let first = u64::try_from(cut).unwrap() + 1;
        for (index, rows) in (first..).zip(after) {
            fold.apply(EntryIndex::new(index), rows);
        }
        assert_eq!(fold.impossible(), []);
        assert_eq!(fold.all_rows(), whole, "cut at {cut}");
    }
}

#[test]
fn carried_state_that_is_not_what_was_folded_is_found() {
    let told = years(50);
    let mut fold = folded(&told, Scope::All, Keep::Rows);
    let mut rows: Vec<Row> = fold.all_rows().into_values().collect();
    let sold = rows
        .iter_mut()
        .find(|row| row.values.contains(&Cell::text("sold")));
    sold.unwrap().values[0] = Cell::text("available");
    let carried = Carried {
        reason: CarryReason::Erasure,
        chunk: 0,
        of: 1,
        rows: rows.into_iter().map(CarriedRow::from).collect(),
    };
    fold.carry(EntryIndex::new(9_000), &carried);
    let found: Vec<Table> = fold.impossible().iter().map(|found| found.table).collect();
    assert_eq!(found, [Table::Pack]);
}

#[test]
fn a_change_that_the_row_before_it_does_not_allow_is_named() {
    let mut fold = Fold::new(Scope::All, Keep::Digests);
    let changes = [
        (PackEventKind::Released, 0),
        (PackEventKind::Claimed, 1),
        (PackEventKind::Sold, 1),
        (PackEventKind::Sold, 2),
        (PackEventKind::Returned, 2),
        (PackEventKind::Returned, 3),
    ];
    for (index, (event, impossible)) in (1..).zip(changes) {
        let rows = Rows {
            packs: vec![pack(1, event, 1)],
            ..Rows::default()
        };
        fold.apply(EntryIndex::new(index), &rows);
        assert_eq!(fold.impossible().len(), impossible.max(1), "{event:?}");
    }
    let rows = Rows {
        lists: vec![ListChange::Confirmed {
            sale: 9,
            list: EntryIndex::new(1),
            how: ListState::Drawn,
        }],
        ..Rows::default()
    };
    fold.apply(EntryIndex::new(99), &rows);
    let last = fold.impossible().last().unwrap();
    assert_eq!(last.table, Table::PurchaseList);
}
