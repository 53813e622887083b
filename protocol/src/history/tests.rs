use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::{Date, date};
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

/// A sale of three packs.
struct Bought {
    sale: u64,
    at: i64,
    day: Date,
    who: u64,
}

/// What the entries of a shop's years say: sales of three lines, some taken back, names, days, staff.
fn years(sales: u64) -> Vec<Rows> {
    let mut dice = Dice(20_251_122);
    let mut told = Vec::new();
    for sale in 1..=sales {
        let bought = Bought {
            sale,
            at: i64::try_from(sale).unwrap() * 28_800_000,
            day: date(2025, 1, 1) + i64::try_from(sale / 3).unwrap().days(),
            who: dice.below(5_000),
        };
        told.push(bought.judged());
        told.push(bought.settled(&mut dice));
        told.push(match dice.below(20) {
            0 => bought.taken_back(),
            1 => bought.prescribed(),
            2 => bought.signed_in(),
            3 => bought.forgotten(),
            4 => bought.enrolled(),
            _ => Rows::default(),
        });
    }
    told
}

impl Bought {
    fn packs(&self, event: PackEventKind) -> Vec<PackChange> {
        let numbers = self.sale * 3..self.sale * 3 + 3;
        numbers
            .map(|number| pack(number, event, self.sale))
            .collect()
    }

    fn kept(&self, phase: Phase, made: Option<SaleMade>, members: &[(&str, String)]) -> SaleChange {
        SaleChange::Kept(SaleKept {
            sale: self.sale,
            phase,
            made,
            at: self.at,
            state: state(members),
            without: Vec::new(),
        })
    }

    fn call(&self, entry: Option<EntryIndex>, answer: Option<Digest>) -> CallChange {
        CallChange::Kept {
            call: digest("call", self.sale),
            body: digest("body", self.sale),
            sale: self.sale,
            entry,
            at: self.at,
            answer,
        }
    }

    fn judged(&self) -> Rows {
        let made = SaleMade {
            till: "01".parse().unwrap(),
            client: "till".into(),
            at: self.at,
        };
        let members = [
            ("basket", format!("[{}]", "1,".repeat(40) + "1")),
            ("phase", "\"assessed\"".to_owned()),
        ];
        Rows {
            sales: vec![self.kept(Phase::Assessed, Some(made), &members)],
            packs: self.packs(PackEventKind::Claimed),
            names: vec![Named {
                kind: NameKind::Open,
                name: digest("open", self.who),
                sale: self.sale,
            }],
            calls: vec![self.call(None, None)],
            ..Rows::default()
        }
    }

    fn settled(&self, dice: &mut Dice) -> Rows {
        let (sale, at) = (self.sale, self.at);
        let mut by = BTreeMap::new();
        for kind in [MarkKind::Holder, MarkKind::Article, MarkKind::Trace] {
            let marks = (0..3).map(|mark| (digest("mark", dice.below(900) + mark), Fen::new(990)));
            by.insert(kind, marks.collect());
        }
        let members = [
            ("phase", "\"closed\"".to_owned()),
            ("list", format!("{sale}")),
        ];
        let supplied = |line| SupplyChange::Supplied {
            person: person(self.who),
            on: self.day,
            sale,
            line,
            code: None,
            sku: Some("120".parse().unwrap()),
            quantity: Quantity::whole(1),
            days: Some(7),
            until: self.day + 800.days(),
        };
        Rows {
            sales: vec![self.kept(Phase::Closed, None, &members)],
            packs: self.packs(PackEventKind::Sold),
            supplies: (1..=3).map(supplied).collect(),
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
                day: self.day,
                kind: FigureKind::Sale,
                rule: "".into(),
                amount: Fen::new(2_970),
            }],
            calls: vec![self.call(Some(EntryIndex::new(7)), Some(digest("answer", sale)))],
            ..Rows::default()
        }
    }

    fn taken_back(&self) -> Rows {
        let sale = self.sale;
        Rows {
            packs: self.packs(PackEventKind::Returned),
            supplies: vec![SupplyChange::TakenBack {
                person: person(self.who),
                sale,
            }],
            lists: vec![ListChange::TakenBack { sale }],
            dues: vec![DueChange::Over {
                kind: DueKind::TraceCodes,
                sale,
            }],
            ..Rows::default()
        }
    }

    fn prescribed(&self) -> Rows {
        let (prescription, at) = (self.sale, self.at);
        Rows {
            prescriptions: vec![
                PrescriptionChange::Kept {
                    prescription,
                    status: PrescriptionStatus::Received,
                    valid_until: None,
                    received: at,
                    at,
                    state: raw(format!(r#"{{"id":{prescription}}}"#)),
                },
                PrescriptionChange::Named {
                    prescription,
                    kind: PrescriptionNameKind::Number,
                    name: digest("number", prescription),
                    at,
                },
            ],
            ..Rows::default()
        }
    }

    fn signed_in(&self) -> Rows {
        Rows {
            registers: vec![RegisterKept {
                kind: RegisterKind::Staff,
                name: format!("S{:02}", self.sale % 9).into(),
                entry: None,
                state: raw(format!(r#"{{"shift":{}}}"#, self.at)),
            }],
            ..Rows::default()
        }
    }

    fn forgotten(&self) -> Rows {
        Rows {
            calls: vec![CallChange::Gone {
                before: self.at - 604_800_000,
            }],
            supplies: vec![SupplyChange::Gone {
                before: date(2027, 6, 1),
            }],
            ..Rows::default()
        }
    }

    fn enrolled(&self) -> Rows {
        Rows {
            settings: vec![SettingKept {
                name: "pack".into(),
                value: format!("{}", self.sale).into(),
            }],
            tokens: vec![TokenChange::Issued {
                id: i64::try_from(self.sale).unwrap(),
                client: "till".into(),
                till: "02".parse().unwrap(),
                token: digest("token", self.sale),
                at: self.at,
            }],
            ..Rows::default()
        }
    }
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
        let count = u32::try_from(chunks.len().max(1)).unwrap();
        let mut fold = Fold::new(Scope::All, Keep::Rows);
        fold.skip(EntryIndex::new(0));
        for (chunk, rows) in (0..count).zip(chunks.iter().copied().chain([[].as_slice()])) {
            let text = serde_json::to_string(&Carried {
                reason: CarryReason::Erasure,
                chunk,
                last: chunk + 1 == count,
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
        last: true,
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
