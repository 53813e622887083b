//! The verdict in memory: facts ready, nothing recorded.

use std::path::Path;

use pharmacy_catalogue::file::Catalogue;
use pharmacy_decision::facts::{
    Agreement, Article, Buyer, CareSetting, Carried, Competence, Credential, Enrolment, Evidence,
    EvidenceKind, Facts, Fund, HospitalLevel, Institution, Insurance, Line, Mapping, Offered, Pack,
    PackProduct, PackState, Patient, Payer, People, Person, Physician, Premises, PrescribedDrug,
    Prescription, PrescriptionForm, Review, ReviewPlace, Stage, Store, Supply, Tender,
};
use pharmacy_decision::pack::{Pack as RulePack, PackSource, shipped_source};
use pharmacy_decision::{Fact, decide};
use pharmacy_protocol::Unverified;
use pharmacy_protocol::person::{PersonRef, Sex};
use pharmacy_protocol::term::Quantity;

use crate::Effort;
use crate::goods::{Dice, Goods, Item, Sort, Till};
use crate::measure::{Samples, Timing, middle};
use crate::table::{Row, Table, short, times};

/// Lines of the basket that DESIGN §8 speaks of.
const LINES: usize = 20;

/// Earlier supplies of the patient.
const SUPPLIES: usize = 40;

pub fn run(table: &mut Table, goods: &Goods, catalogue: &Path, effort: &Effort) {
    let catalogue = Catalogue::open(catalogue).unwrap();
    let pack = pharmacy_decision::pack::shipped().unwrap();
    let scene = Scene {
        catalogue: &catalogue,
        goods,
    };
    let baskets = |draw: &dyn Fn(&mut Till<'_>) -> Vec<Facts>| draw(&mut Till::new(goods, 1));

    let mixed = baskets(&|till| {
        (0..effort.baskets)
            .map(|_| scene.facts(&till.basket(LINES)))
            .collect()
    });
    let (verdict, copy) = measure(&mixed, &pack, effort);
    let per_line = verdict.p50 / u32::try_from(LINES).unwrap();
    let worst_line = verdict.p99 / u32::try_from(LINES).unwrap();
    table.add(
        Row::new("verdict, 20 mixed lines, facts ready (floor: copying the facts)")
            .measured(verdict.text())
            .floor(copy.text())
            .ratio(times(verdict.p50, copy.p50))
            .bar("p99 ≤ 1 ms", verdict.p99.as_micros() <= 1_000),
    );
    table.add(
        Row::new("verdict, per line")
            .measured(format!("{} / {}", short(per_line), short(worst_line)))
            .bar("≤ 10 µs a line", per_line.as_nanos() <= 10_000),
    );

    // Ten times the national table, and every line with a limit: matches cost, rules do not.
    let large = tenfold();
    let (with_large, _) = measure(&mixed, &large, effort);
    table.add(
        Row::new("  the same, national table tenfold (138,000 rows); floor: as shipped")
            .measured(with_large.text())
            .floor(verdict.text())
            .ratio(times(with_large.p50, verdict.p50)),
    );
    for (what, sort) in [
        ("  20 lines without a limit", Sort::Drug),
        ("  20 lines with a limit each", Sort::Limited),
        ("  20 lines of goods without code", Sort::Other),
    ] {
        let facts = baskets(&|till| {
            (0..effort.baskets)
                .map(|_| scene.facts(&till.basket_of(sort, LINES)))
                .collect()
        });
        let (of_sort, _) = measure(&facts, &pack, effort);
        let reasons: usize = facts.iter().map(|facts| reasons(facts, &pack)).sum();
        table.add(Row::new(what).measured(of_sort.text()).floor(format!(
            "{:.1} reasons a basket",
            reasons as f64 / facts.len() as f64
        )));
    }
}

fn reasons(facts: &Facts, pack: &RulePack) -> usize {
    use pharmacy_decision::verdict::Verdict;
    match decide(facts, pack).verdict {
        Verdict::Allow { notes } => notes.len(),
        Verdict::Ask { questions, notes } => questions.len() + notes.len(),
        Verdict::Refuse {
            reasons,
            questions,
            notes,
        } => reasons.len() + questions.len() + notes.len(),
    }
}

fn measure(facts: &[Facts], pack: &RulePack, effort: &Effort) -> (Timing, Timing) {
    let mut verdicts = Vec::new();
    let mut copies = Vec::new();
    for _ in 0..effort.runs {
        let (mut verdict, mut copy) = (Samples::default(), Samples::default());
        for facts in facts.iter().cycle().take(effort.verdicts) {
            let _ = verdict.time(|| decide(facts, pack));
            copy.time(|| facts.clone());
        }
        verdicts.push(verdict);
        copies.push(copy);
    }
    (middle(&verdicts), middle(&copies))
}

/// The shipped pack with nine more rows for each of the national table, under codes of other makers.
fn tenfold() -> RulePack {
    let mut source: PackSource = shipped_source().unwrap().get().clone();
    let table = source.files.get_mut("limits.csv").unwrap();
    let text = String::from_utf8(table.clone()).unwrap();
    let mut more = text.clone();
    for (number, row) in text.lines().skip(1).enumerate() {
        let cells: Vec<&str> = row.split(',').collect();
        let [file, name, code, kind, value] = cells[..] else {
            continue;
        };
        let kept = &code[..code.len() - 5];
        for other in 0..9 {
            let maker = (number * 9 + other) % 100_000;
            more.push_str(&format!("{file},{name},{kept}{maker:05},{kind},{value}\n"));
        }
    }
    *table = more.into_bytes();
    let source = Unverified::new(source.archive())
        .match_digest(&source.digest())
        .unwrap()
        .try_map(|archive| PackSource::parse(&archive))
        .unwrap();
    RulePack::compile(&source).unwrap()
}

/// Where facts come from.
struct Scene<'a> {
    catalogue: &'a Catalogue,
    goods: &'a Goods,
}

impl Scene<'_> {
    fn facts(&self, basket: &[Item<'_>]) -> Facts {
        let holder = holder();
        Facts {
            today: jiff::civil::date(2026, 7, 1),
            store: store(),
            fund: Fact::Known(Fund::Pooled),
            insurance: Fact::Known(Insurance::Employee),
            evidence: vec![Evidence {
                person: holder.reference.clone(),
                kind: EvidenceKind::CredentialAccepted {
                    credential: Credential::InsuranceCode,
                },
                age_s: 20,
                held_s: 0,
                carried: Carried::default(),
                reader: Fact::default(),
            }],
            spent_today: Fact::default(),
            prescriptions: vec![prescription(&holder, basket)],
            history: Fact::Known(self.history()),
            lines: basket
                .iter()
                .zip(1..)
                .map(|(item, number)| self.line(item, number))
                .collect(),
            people: People {
                holder,
                patient: Patient::Holder,
                buyer: Buyer::Holder,
                payer: Payer::Holder,
            },
            releases: Vec::new(),
            bill: None,
        }
    }

    fn line(&self, item: &Item<'_>, number: u32) -> Line {
        let good = item.good;
        let found = self
            .catalogue
            .by_sku(&good.sku.parse().unwrap())
            .unwrap()
            .unwrap();
        let packs = item.packs.iter().map(|code| Pack {
            code: code.parse().unwrap(),
            state: Fact::Known(PackState::Available),
            product: Fact::Known(PackProduct::Same),
            sold: None,
        });
        let fen = 1280 * item.quantity;
        Line {
            number,
            tender: Tender::Insurance,
            quantity: Quantity::whole(u32::try_from(item.quantity).unwrap()),
            price: "12.80".parse().unwrap(),
            amount: format!("{}.{:02}", fen / 100, fen % 100).parse().unwrap(),
            offered: Offered {
                sku: Some(good.sku.parse().unwrap()),
                code: good.code.as_ref().map(|code| code.parse().unwrap()),
                name: Some(good.name.clone()),
                barcode: Some(good.barcode.parse().unwrap()),
            },
            catalogue: Fact::Known(Article {
                posted: found.posted(),
                ..found.article
            }),
            mapping: Fact::Known(Mapping::Agrees),
            packs: packs.collect(),
            days: Fact::Known(7),
            registration: Fact::default(),
            exception: None,
            class: Fact::default(),
            photos: 0,
            no_code: Vec::new(),
            taken_back: Vec::new(),
            split: None,
        }
    }

    fn history(&self) -> Vec<Supply> {
        let drugs = self.goods.of(Sort::Limited);
        let mut dice = Dice::new(7);
        let supplies = (0..SUPPLIES).map(|number| {
            let good = drugs[dice.below(drugs.len())];
            Supply {
                code: good.code.as_ref().map(|code| code.parse().unwrap()),
                sku: Some(good.sku.parse().unwrap()),
                on: jiff::civil::date(2026, 6, 1 + i8::try_from(number % 28).unwrap()),
                quantity: Quantity::whole(1),
                days: Fact::Known(7),
            }
        });
        supplies.collect()
    }
}

fn holder() -> Person {
    let reference = PersonRef::try_from("0123456789abcdef".repeat(2)).unwrap();
    Person {
        reference: Fact::Known(reference),
        sex: Fact::Known(Sex::Female),
        birth: Fact::Known(jiff::civil::date(1949, 12, 31)),
    }
}

fn store() -> Store {
    Store {
        region: "440300".parse().unwrap(),
        stage: Stage::Operating,
        agreement: Fact::Known(Agreement::InForce),
        agreement_until: Fact::Known(jiff::civil::date(2027, 12, 31)),
        licence_until: Fact::Known(jiff::civil::date(2029, 6, 30)),
        business_licence_until: Fact::Known(jiff::civil::date(2039, 6, 30)),
        premises: Fact::Known(Premises::AsApproved),
        unfiled_change_days: Fact::Known(0),
        insurance_managers: Fact::Known(2),
        pharmacists: Fact::Known(1),
        till: Fact::Known(Enrolment::Enrolled),
        fetches: false,
        trace_arrives: None,
        stances: std::collections::BTreeMap::new(),
    }
}

fn prescription(patient: &Person, basket: &[Item<'_>]) -> Prescription {
    let drugs = basket.iter().filter(|item| item.is_prescribed);
    let drugs = drugs.map(|item| PrescribedDrug {
        code: item.good.code.as_ref().map(|code| code.parse().unwrap()),
        name: item.good.name.clone(),
        quantity: Fact::Known(Quantity::whole(u32::try_from(item.quantity).unwrap())),
        days: Fact::Known(7),
        dispensed: Quantity::default(),
        matched_by: None,
    });
    Prescription {
        number: Some("RX1".to_owned()),
        form: PrescriptionForm::Electronic,
        patient: patient.reference.clone(),
        institution: Fact::Known(Institution::Designated),
        level: Fact::Known(HospitalLevel::Second),
        setting: Fact::Known(CareSetting::Outpatient),
        issued: Fact::Known(jiff::civil::date(2026, 6, 30)),
        valid_until: Fact::Known(jiff::civil::date(2026, 7, 3)),
        reviewed_by: Fact::Known("PH01".parse().unwrap()),
        review: Fact::Known(Review {
            competence: Competence::Competent,
            from: ReviewPlace::Store,
        }),
        physician: Fact::Known(Physician::Entitled),
        sheet: Fact::default(),
        area: Fact::default(),
        again_on: None,
        drugs: drugs.collect(),
    }
}
