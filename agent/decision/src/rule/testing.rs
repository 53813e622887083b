//! Facts and scenes for the unit tests of the rules.

use std::sync::OnceLock;

use jiff::civil::date;
use pharmacy_protocol::person::{PersonRef, Sex};
use pharmacy_protocol::term::{Fen, Quantity, UnitPrice};

use crate::eligibility::{Category, Eligibility, ItemEvidence};
use crate::fact::Fact;
use crate::facts::*;
use crate::pack;
use crate::scene::{LineView, Scene};
use crate::verdict::EligibilityAnswer;

/// The shipped pack, compiled once.
pub(crate) fn pack() -> pack::Pack {
    static PACK: OnceLock<pack::Pack> = OnceLock::new();
    PACK.get_or_init(|| pack::shipped().unwrap()).clone()
}

pub(crate) fn person(letter: char) -> PersonRef {
    PersonRef::try_from(letter.to_string().repeat(32)).unwrap()
}

pub(crate) fn answered(answer: EligibilityAnswer) -> Eligibility {
    Eligibility {
        answer,
        category: Category::Unknown,
        findings: Vec::new(),
    }
}

pub(crate) fn payable() -> Eligibility {
    answered(EligibilityAnswer::Payable)
}

pub(crate) fn code_scanned(who: char) -> Evidence {
    Evidence {
        person: Fact::Known(person(who)),
        kind: EvidenceKind::CredentialAccepted {
            credential: Credential::InsuranceCode,
        },
        age_s: 30,
        held_s: 0,
        carried: Carried::default(),
        reader: Fact::default(),
    }
}

pub(crate) fn scanned(code: &str) -> Pack {
    Pack {
        code: code.parse().unwrap(),
        state: Fact::Known(PackState::Available),
        product: Fact::Known(PackProduct::Same),
        sold: None,
    }
}

/// A prescription without objection.
pub(crate) fn prescribed(name: &str, packs: u32) -> Prescription {
    Prescription {
        number: None,
        form: PrescriptionForm::Electronic,
        patient: Fact::Known(person('a')),
        institution: Fact::Known(Institution::Designated),
        level: Fact::Known(HospitalLevel::Second),
        setting: Fact::Known(CareSetting::Outpatient),
        issued: Fact::Known(date(2026, 11, 20)),
        valid_until: Fact::Known(date(2026, 12, 20)),
        reviewed_by: Fact::Known("ph-1".parse().unwrap()),
        review: Fact::Known(Review {
            competence: Competence::Competent,
            from: ReviewPlace::Store,
        }),
        physician: Fact::Known(Physician::Entitled),
        sheet: Fact::default(),
        area: Fact::default(),
        again_on: None,
        drugs: vec![PrescribedDrug {
            code: None,
            name: name.to_owned(),
            quantity: Fact::Known(Quantity::whole(packs)),
            days: Fact::Known(7),
            dispensed: Quantity::default(),
            matched_by: None,
        }],
    }
}

/// A plain sale of one over-the-counter drug, account money, nothing amiss.
pub(crate) fn facts() -> Facts {
    coded("XN02BEA030A001010100001")
}

/// The same with another insurance code.
pub(crate) fn coded(code: &str) -> Facts {
    Facts {
        today: date(2026, 11, 22),
        store: store(),
        fund: Fact::Known(Fund::Account),
        insurance: Fact::Known(Insurance::Employee),
        people: People {
            holder: Person {
                reference: Fact::Known(person('a')),
                sex: Fact::Known(Sex::Female),
                birth: Fact::Known(date(1980, 1, 1)),
            },
            patient: Patient::Holder,
            buyer: Buyer::Holder,
            payer: Payer::Holder,
        },
        evidence: vec![code_scanned('a')],
        spent_today: Fact::default(),
        prescriptions: Vec::new(),
        history: Fact::Known(Vec::new()),
        lines: vec![line(code)],
        bill: None,
        releases: Vec::new(),
    }
}

fn store() -> Store {
    Store {
        region: "440700".parse().unwrap(),
        stage: Stage::Operating,
        agreement: Fact::Known(Agreement::InForce),
        agreement_until: Fact::Known(date(2027, 6, 30)),
        licence_until: Fact::Known(date(2029, 6, 30)),
        business_licence_until: Fact::Known(date(2039, 6, 30)),
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

fn line(code: &str) -> Line {
    Line {
        number: 1,
        tender: Tender::Insurance,
        quantity: Quantity::whole(1),
        price: UnitPrice::new(12_500_000),
        amount: Fen::new(1_250),
        offered: Offered {
            sku: None,
            code: Some(code.parse().unwrap()),
            name: Some("测试药片".to_owned()),
            barcode: None,
        },
        catalogue: Fact::Known(Article {
            name: "测试药片".to_owned(),
            dispensing: Fact::Known(Dispensing::OverTheCounter),
            posted: Some(Posted {
                price: UnitPrice::new(12_500_000),
                unit: "盒".to_owned(),
            }),
            ..Article::default()
        }),
        mapping: Fact::Known(Mapping::Agrees),
        packs: vec![scanned("81234560000000000001")],
        days: Fact::Known(7),
        photos: 0,
        no_code: Vec::new(),
        registration: Fact::default(),
        exception: None,
        class: Fact::default(),
        taken_back: Vec::new(),
        split: None,
    }
}

/// The catalogue entry of the first line.
pub(crate) fn article(facts: &mut Facts) -> &mut Article {
    match &mut facts.lines[0].catalogue {
        Fact::Known(article) => article,
        Fact::Missing(_) => panic!("the line has a catalogue entry"),
    }
}

pub(crate) fn on_scene<T>(facts: &Facts, judge: impl Fn(&Scene<'_>) -> T) -> T {
    let pack = pack();
    judge(&Scene::new(facts, pack.knowledge(), &|_| payable()))
}

pub(crate) fn on_line<T>(facts: &Facts, judge: impl Fn(&Scene<'_>, &LineView<'_>) -> T) -> T {
    on_line_with(&pack(), facts, judge)
}

/// The same under another pack than the shipped one.
pub(crate) fn on_line_with<T>(
    pack: &pack::Pack,
    facts: &Facts,
    judge: impl Fn(&Scene<'_>, &LineView<'_>) -> T,
) -> T {
    let scene = Scene::new(facts, pack.knowledge(), &|_| payable());
    judge(&scene, &scene.lines[0])
}

pub(crate) fn on_line_weighed<T>(
    facts: &Facts,
    weigh: &dyn Fn(&ItemEvidence<'_>) -> Eligibility,
    judge: impl Fn(&Scene<'_>, &LineView<'_>) -> T,
) -> T {
    let pack = pack();
    let scene = Scene::new(facts, pack.knowledge(), weigh);
    judge(&scene, &scene.lines[0])
}

pub(crate) fn on_each_line<T>(
    facts: &Facts,
    judge: impl Fn(&Scene<'_>, &LineView<'_>) -> T,
) -> Vec<T> {
    on_scene(facts, |scene| {
        scene.lines.iter().map(|line| judge(scene, line)).collect()
    })
}
