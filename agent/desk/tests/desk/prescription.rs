//! Prescriptions over a real log: taken in, matched, reviewed, used and given back, put away. The clock
//! stands still until a test moves it; the rules are the shipped ones, the goods the sample catalogue's.

use crate::kit::{MINUTE_MS, NOON_MS, Shop, caller};
use crate::message::LI;
use jiff::civil::date;
use pharmacy_decision::Fact;
use pharmacy_decision::facts::{Fund, Offered, PrescribedDrug, PrescriptionForm, Tender};
use pharmacy_desk::core::attempt::{AttemptState, Direction, Report, Settled};
use pharmacy_desk::core::basket::{Basket, BasketLine};
use pharmacy_desk::core::staff::{Contract, Duty, Member, Qualification, Title};
use pharmacy_desk::enrol::NewPin;
use pharmacy_desk::{
    Call, Credentials, DeskError, Done, Image, OpenSale, PatientTold, PersonInput, Place,
    PrescriptionInput, PrescriptionItem, PrescriptionTold,
};
use pharmacy_journal::PinCost;
use pharmacy_protocol::Secret;
use pharmacy_protocol::act::{ActKind, SignedAct, StaffKey};
use pharmacy_protocol::digest::{hex, sha256};
use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::part::PartClass;
use pharmacy_protocol::term::{Fen, Quantity, SaleId};
use serde_json::Value;

pub const WIFE: &str = "11010519491231002X";
pub const HUSBAND: &str = "440524188001010014";
pub const DAY_MS: i64 = 24 * 60 * MINUTE_MS;
pub const PDF: &[u8] = b"%PDF-1.7\n1 0 obj\nendobj\n%%EOF\n";
pub const PIN: &str = "270418";
/// A prescription drug of the sample catalogue, as a physician writes it.
pub const DRUG: &str = "硝苯地平缓释片";

pub fn person(number: &str) -> PersonInput {
    PersonInput {
        number: Some(number.parse().unwrap()),
        name: Some(Secret::new("张三丰".to_owned())),
        sex: None,
        birth: None,
    }
}

pub fn drug(name: &str, quantity: u32) -> PrescribedDrug {
    PrescribedDrug {
        code: None,
        name: name.to_owned(),
        quantity: Fact::Known(Quantity::whole(quantity)),
        days: Fact::default(),
        dispensed: Quantity::default(),
        matched_by: None,
    }
}

pub fn told(patient: &str, number: &str, quantity: u32) -> PrescriptionTold {
    PrescriptionTold {
        number: Some(number.to_owned()),
        patient: PatientTold::Person(person(patient)),
        institution_name: Some("某某医院".to_owned()),
        physician_code: Some("D440300012345".to_owned()),
        physician_name: Some("李大夫".to_owned()),
        diagnosis: Some(Secret::new("高血压病".to_owned())),
        issued: Some(date(2025, 11, 22)),
        drugs: vec![drug(DRUG, quantity)],
        ..PrescriptionTold::default()
    }
}

pub fn image(bytes: &[u8]) -> Image {
    Image {
        bytes: bytes.to_vec().into(),
    }
}

fn call() -> Call {
    Call {
        caller: caller("01"),
        idempotency: None,
    }
}

fn basket(quantity: u32) -> Basket {
    let quantity = Quantity::whole(quantity);
    let price: pharmacy_protocol::term::UnitPrice = "17.10".parse().unwrap();
    let offered = Offered {
        sku: Some("100030".parse().unwrap()),
        ..Offered::default()
    };
    let amount = price.amount(quantity).unwrap();
    let line = BasketLine {
        tender: Tender::Cash,
        ..BasketLine::new(1, offered, (quantity, price, amount))
    };
    Basket::new(vec![line]).unwrap()
}

impl Shop {
    pub fn add(&self, told: PrescriptionTold, images: &[&[u8]]) -> Result<Done, DeskError> {
        let images = images.iter().map(|bytes| image(bytes)).collect();
        self.wait(self.handle().add_prescription(caller("01"), told, images))
    }

    #[track_caller]
    pub fn added(&self, told: PrescriptionTold) -> u64 {
        // A sheet of its own for each number.
        let number = told.number.clone().unwrap_or_default();
        let sheet = format!("%PDF-1.7\n% {number}\n%%EOF\n");
        let done = self.add(told, &[sheet.as_bytes()]);
        done.unwrap().number.unwrap()
    }

    pub fn shown(&self, id: u64) -> Value {
        let reply = self.wait(self.handle().show_prescription(id)).unwrap();
        serde_json::from_slice(&reply.body).unwrap()
    }

    pub fn stands(&self, id: u64) -> String {
        self.shown(id)["status"].as_str().unwrap().to_owned()
    }

    pub fn dispensed(&self, id: u64) -> Quantity {
        let text = self.shown(id)["drugs"][0]["dispensed"].clone();
        text.as_str().unwrap().parse().unwrap()
    }

    pub fn list(&self) -> Vec<PrescriptionItem> {
        self.wait(self.handle().prescriptions()).unwrap()
    }

    /// A sale of the prescription drug, judged.
    pub fn judged(&self, holder: &str, quantity: u32, told: Option<PrescriptionInput>) -> SaleId {
        let opening = OpenSale {
            operator: None,
            fund: Fund::Account,
            insurance: None,
            holder: Some(person(holder)),
        };
        let opened = self.wait(self.handle().open_sale(call(), opening)).unwrap();
        let opened: Value = serde_json::from_slice(&opened.body).unwrap();
        let sale: SaleId = opened["sale"].as_str().unwrap().parse().unwrap();
        let prescriptions = told.map(|told| vec![told]);
        let basket = Some(basket(quantity));
        let assessed = self
            .handle()
            .assess(call(), sale.clone(), basket, prescriptions);
        self.wait(assessed).unwrap();
        sale
    }

    fn report(&self, sale: &SaleId, msgid: &str, direction: Direction) {
        let report = Report {
            msgid: msgid.to_owned(),
            direction,
            state: AttemptState::Settled(Settled {
                settlement: format!("S{msgid}"),
                insurance: Fen::ZERO,
                cash: Fen::new(1710),
            }),
        };
        let reported = self.handle().report(call(), sale.clone(), report, None);
        self.wait(reported).unwrap();
    }

    pub fn settle_sale(&self, holder: &str, quantity: u32, msgid: &str) -> SaleId {
        let sale = self.judged(holder, quantity, None);
        self.report(&sale, msgid, Direction::Settlement);
        sale
    }

    pub fn take_back(&self, sale: &SaleId, msgid: &str, of: &str) {
        let of = of.to_owned();
        self.report(sale, msgid, Direction::Reversal { of });
    }

    /// The prescriptions that the newest verdict knew.
    pub fn known(&self) -> Vec<Value> {
        let facts = self.facts();
        facts["prescriptions"].as_array().unwrap().clone()
    }

    pub fn register(&self, staff: &str, duty: Duty) {
        let member = Member {
            staff: staff.parse().unwrap(),
            name: "王小药".to_owned(),
            duties: [duty].into_iter().collect(),
            qualification: Some(Qualification {
                title: Title::LicensedPharmacist,
                certificate: "ZY-4403-001".to_owned(),
                locality: "440305".parse().unwrap(),
            }),
            contract: Contract {
                from: date(2025, 1, 1),
                until: date(2026, 12, 31),
            },
            retired: None,
        };
        let pin = Secret::new(PIN.to_owned());
        let pin = NewPin {
            pin: &pin,
            cost: PinCost::dangerous_for_test(),
        };
        self.enter(member, &pin);
        let signed_in = self.handle().sign_in(caller("01"), Place::Till, by(staff));
        self.wait(signed_in).unwrap();
    }

    pub fn approve(
        &self,
        id: u64,
        matches: Vec<(usize, u32)>,
        staff: &str,
    ) -> Result<Done, DeskError> {
        let approved = self
            .handle()
            .approve(caller("01"), Place::Till, id, matches, by(staff));
        self.wait(approved)
    }

    pub fn reject(&self, id: u64, reason: &str, staff: &str) -> Result<Done, DeskError> {
        let reason = reason.to_owned();
        let rejected = self
            .handle()
            .reject(caller("01"), Place::Till, id, reason, by(staff));
        self.wait(rejected)
    }
}

pub fn by(staff: &str) -> Credentials {
    Credentials {
        staff: staff.parse().unwrap(),
        pin: Secret::new(PIN.to_owned()),
    }
}

// R14: a photo of seconds before, for the patient of the open sale. R15: approved with a signature.
#[test]
fn a_photo_is_attached_to_the_open_sale_and_approved_with_a_signature() {
    let shop = Shop::new();
    shop.register("P01", Duty::Pharmacist);
    shop.register("C01", Duty::Cashier);
    shop.reads("01", LI, "01");
    let told = PrescriptionTold {
        patient: PatientTold::SameAsSale,
        ..told(WIFE, "RX1", 2)
    };
    let done = shop.add(told, &[PDF]).unwrap();
    assert_eq!(done.code, "prescription.received");
    let id = done.number.unwrap();
    let board = shop.board("01");
    let attached = board.sale.unwrap().prescriptions;
    assert_eq!((attached.len(), board.reviews), (1, 1));
    assert_eq!(
        (attached[0].prescription, attached[0].status),
        (id, "received")
    );
    assert!(attached[0].sale.is_some() && attached[0].images == 1);
    assert!(attached[0].patient.as_ref().unwrap().contains('*'));

    let refused = shop.approve(id, Vec::new(), "C01").unwrap_err();
    assert_eq!(refused.code(), "staff.duty");
    let wrong_line = shop.approve(id, vec![(0, 7)], "P01").unwrap_err();
    assert_eq!(wrong_line.code(), "prescription.no-such-place");
    let done = shop.approve(id, Vec::new(), "P01").unwrap();
    assert_eq!(
        (done.code, done.number),
        ("prescription.approved", Some(id))
    );
    let board = shop.board("01");
    assert_eq!(board.reviews, 0);
    let attached = board.sale.unwrap().prescriptions;
    assert_eq!(attached[0].status, "reviewed");
    assert_eq!(attached[0].reviewed_by, Some("P01".parse().unwrap()));
    check_signed(&shop, id);
}

/// R15, R41: the approval is signed over the prescription as it was received, and the image lies in an
/// entry to which it refers.
#[track_caller]
fn check_signed(shop: &Shop, id: u64) {
    let log = shop.log();
    let entries = (0..log.size().unwrap()).map(pharmacy_protocol::term::EntryIndex::new);
    let of_kind = |kind| {
        let entries = entries.clone();
        let log = &log;
        entries.filter(move |index| log.entry(*index).unwrap().kind == kind)
    };
    let signed = of_kind(EntryKind::Prescription)
        .find_map(|index| log.open_part(index, PartClass::Staff).ok())
        .unwrap();
    let staff = of_kind(EntryKind::Staff).next().unwrap();
    let record = log.open_part(staff, PartClass::Staff).unwrap();
    let record: Value = serde_json::from_slice(&record).unwrap();
    let key: StaffKey = record["key"].as_str().unwrap().parse().unwrap();
    let signed = SignedAct::parse(&signed).unwrap();
    let act = signed.verify(&"P01".parse().unwrap(), &key).unwrap();
    assert_eq!(act.get().kind, ActKind::Approve);
    assert_eq!(act.get().about[0].value(), id);
    let received = log.open_part(act.get().about[0], PartClass::Prescription);
    let digest = hex(&sha256(&received.unwrap()));
    assert_eq!(act.get().what["digest"], digest);
    // R41: the image is a part of an entry of its own, to which the prescription's refers.
    let document = of_kind(EntryKind::Document).next().unwrap();
    assert_eq!(
        *log.open_part(document, PartClass::Prescription).unwrap(),
        PDF
    );
    let receipt = log.entry(act.get().about[0]).unwrap();
    assert!(receipt.refs.contains(&document));
}

// R15: turned down is turned down, whatever the till says of it.
#[test]
fn a_rejected_prescription_covers_nothing() {
    let shop = Shop::new();
    shop.register("P01", Duty::Pharmacist);
    let id = shop.added(told(WIFE, "RX1", 2));
    shop.approve(id, Vec::new(), "P01").unwrap();
    assert_eq!(
        shop.reject(id, " ", "P01").unwrap_err().code(),
        "prescription.out-of-bounds"
    );
    shop.reject(id, "剂量不合理", "P01").unwrap();
    assert_eq!(shop.stands(id), "rejected");
    shop.judged(WIFE, 1, Some(till_names("rx1")));
    assert_eq!(shop.known(), Vec::<Value>::new());
    let again = shop.approve(id, Vec::new(), "P01").unwrap_err();
    assert_eq!(again.code(), "prescription.not-now");
    assert!(shop.list().is_empty());
}

/// What a till that sends no more than a number tells.
fn till_names(number: &str) -> PrescriptionInput {
    PrescriptionInput {
        number: Some(number.to_owned()),
        form: PrescriptionForm::Paper,
        patient: None,
        institution: None,
        level: None,
        setting: None,
        issued: None,
        valid_until: None,
        reviewed_by: None,
        drugs: vec![PrescribedDrug {
            quantity: Fact::default(),
            ..drug(DRUG, 1)
        }],
    }
}

// R14: matched by number, and not told twice.
#[test]
fn what_the_till_names_by_number_is_completed_by_what_is_kept() {
    let shop = Shop::new();
    shop.register("P01", Duty::Pharmacist);
    let id = shop.added(told(WIFE, "RX1", 2));
    shop.approve(id, Vec::new(), "P01").unwrap();
    shop.judged(WIFE, 1, Some(till_names("rx1")));
    let known = shop.known();
    assert_eq!(known.len(), 1, "{known:?}");
    assert_eq!(known[0]["number"], "RX1");
    assert_eq!(known[0]["reviewed-by"]["known"], "P01");
    assert_eq!(known[0]["valid-until"]["known"], "2025-11-22");
    shop.judged(WIFE, 1, Some(till_names("RX2")));
    assert_eq!(shop.known().len(), 2, "another number is another one");
}

// R14, R05: by patient, drug and validity; nobody else's.
#[test]
fn without_a_number_it_is_the_patients_own_for_this_drug_while_it_is_valid() {
    let shop = Shop::new();
    shop.added(told(HUSBAND, "RX1", 2));
    let other_drug = PrescriptionTold {
        drugs: vec![drug("阿司匹林肠溶片", 1)],
        ..told(WIFE, "RX2", 1)
    };
    shop.added(other_drug);
    shop.judged(WIFE, 1, None);
    assert!(shop.known().is_empty());
    shop.added(told(WIFE, "RX3", 2));
    shop.judged(WIFE, 1, None);
    let known = shop.known();
    assert_eq!(known.len(), 1);
    assert_eq!(known[0]["number"], "RX3");
    shop.clock.advance(DAY_MS);
    shop.judged(WIFE, 1, None);
    assert!(shop.known().is_empty(), "its last day is over");
    // R05: one that the till names by number is judged as somebody else's, not overlooked.
    shop.judged(WIFE, 1, Some(till_names("RX1")));
    let known = shop.known();
    assert_eq!(known.len(), 1);
    assert_ne!(
        known[0]["patient"]["known"],
        shop.facts()["people"]["holder"]["reference"]["known"]
    );
}

// R17: what a sale used is gone, and given back exactly once when the sale is taken back.
#[test]
fn a_sale_uses_it_up_and_a_reversal_gives_it_back() {
    let shop = Shop::new();
    let id = shop.added(told(WIFE, "RX1", 3));
    let one = shop.settle_sale(WIFE, 1, "M1");
    assert_eq!(
        (shop.stands(id).as_str(), shop.dispensed(id)),
        ("dispensed", Quantity::whole(1))
    );
    // Settled twice: the goods went over the counter once.
    shop.report(&one, "M1B", Direction::Settlement);
    assert_eq!(shop.dispensed(id), Quantity::whole(1));
    shop.judged(WIFE, 1, None);
    let before: Quantity = shop.known()[0]["drugs"][0]["dispensed"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(before, Quantity::whole(1));
    let two = shop.settle_sale(WIFE, 2, "M2");
    assert_eq!(shop.dispensed(id), Quantity::whole(3));
    shop.judged(WIFE, 1, None);
    assert!(shop.known().is_empty(), "used up");
    assert!(shop.list().is_empty());
    shop.take_back(&two, "R2", "M2");
    assert_eq!(shop.dispensed(id), Quantity::whole(1));
    shop.judged(WIFE, 1, None);
    assert_eq!(shop.known().len(), 1);
    let uses = shop.parts(EntryKind::Outcome, PartClass::Prescription);
    assert_eq!(uses[0]["prescriptions"][0]["prescription"], id);
    assert_eq!(uses[0]["prescriptions"][0]["uses"][0]["line"], 1);
    assert_eq!(uses[0]["prescriptions"][0]["uses"][0]["drug"], 0);
}

#[test]
fn what_is_used_up_or_over_is_put_away_and_lives_on_when_a_sale_is_taken_back() {
    let shop = Shop::new();
    let used = shop.added(told(WIFE, "RX1", 1));
    let over = shop.added(told(HUSBAND, "RX2", 1));
    let long = shop.added(PrescriptionTold {
        valid_until: Some(date(2026, 2, 1)),
        ..told(HUSBAND, "RX3", 1)
    });
    let sale = shop.settle_sale(WIFE, 1, "M1");
    shop.wait(shop.handle().record_liveness()).unwrap();
    assert_eq!(shop.stands(used), "archived");
    assert_eq!(
        (shop.stands(over), shop.stands(long)),
        ("received".into(), "received".into())
    );
    shop.take_back(&sale, "R1", "M1");
    assert_eq!(shop.stands(used), "received");
    shop.clock.advance(DAY_MS);
    shop.wait(shop.handle().record_liveness()).unwrap();
    assert_eq!(
        (shop.stands(over), shop.stands(long)),
        ("archived".into(), "received".into())
    );
    assert_eq!(shop.stands(used), "archived");
    let before = shop.log().size().unwrap();
    shop.wait(shop.handle().record_liveness()).unwrap();
    assert_eq!(
        shop.log().size().unwrap(),
        before + 1,
        "nothing is put away twice"
    );
}

#[test]
fn repetitions_multiply_what_may_be_dispensed() {
    let shop = Shop::new();
    let id = shop.added(PrescriptionTold {
        repeats: Some(3),
        valid_until: Some(date(2026, 2, 1)),
        ..told(WIFE, "RX1", 1)
    });
    for count in 1..=3 {
        assert!(
            shop.list().iter().any(|item| item.prescription == id),
            "{count}"
        );
        shop.settle_sale(WIFE, 1, &format!("M{count}"));
        assert_eq!(shop.dispensed(id), Quantity::whole(count));
    }
    assert!(shop.list().is_empty());
}

#[test]
fn nothing_is_recorded_of_what_cannot_be_taken() {
    let shop = Shop::new();
    let before = shop.log().size().unwrap();
    let code = |told, images: &[&[u8]]| shop.add(told, images).unwrap_err().code();
    assert_eq!(
        code(told(WIFE, "RX1", 1), &[b"<html>"]),
        "image.unknown-type"
    );
    assert_eq!(
        code(told(WIFE, "RX1", 1), &[PDF, b"%PDF-1.7"]),
        "image.damaged"
    );
    assert_eq!(code(told(WIFE, "RX1", 1), &[PDF; 7]), "image.too-many");
    let large = [PDF, &vec![b' '; 8 * 1024 * 1024]].concat();
    assert_eq!(code(told(WIFE, "RX1", 1), &[&large]), "image.too-large");
    assert_eq!(code(PrescriptionTold::default(), &[]), "prescription.empty");
    assert_eq!(
        code(told(WIFE, "RX\u{7}1", 1), &[PDF]),
        "prescription.out-of-bounds"
    );
    let long = "9".repeat(65);
    assert_eq!(
        code(told(WIFE, &long, 1), &[PDF]),
        "prescription.out-of-bounds"
    );
    let many = PrescriptionTold {
        drugs: vec![drug(DRUG, 1); 51],
        ..told(WIFE, "RX1", 1)
    };
    assert_eq!(code(many, &[PDF]), "prescription.out-of-bounds");
    assert_eq!(shop.log().size().unwrap(), before);
    let attached = shop.wait(shop.handle().attach_prescription(caller("01"), 1));
    assert_eq!(attached.unwrap_err().code(), "prescription.no-sale");
    let seen = shop.wait(shop.handle().prescription_image(caller("01"), 1, 0));
    assert_eq!(seen.err().unwrap().code(), "prescription.unknown");
}

#[test]
fn an_odd_code_is_kept_and_asked_about() {
    let shop = Shop::new();
    let odd = PrescriptionTold {
        physician_code: Some("粤0123".to_owned()),
        ..told(WIFE, "RX1", 1)
    };
    assert_eq!(
        shop.add(odd, &[]).unwrap().code,
        "prescription.received-odd"
    );
}

#[test]
fn an_image_is_shown_as_it_was_and_seeing_it_is_an_entry() {
    let shop = Shop::new();
    let added = shop.add(told(WIFE, "RX1", 1), &[PDF]);
    let id = added.unwrap().number.unwrap();
    let shown = shop
        .wait(shop.handle().prescription_image(caller("02"), id, 0))
        .unwrap();
    assert_eq!(
        (shown.media_type, shown.bytes.as_slice()),
        ("application/pdf", PDF)
    );
    let seen = shop.parts(EntryKind::Access, PartClass::Staff);
    assert_eq!(seen.len(), 1);
    assert_eq!(
        (&seen[0]["prescription"], &seen[0]["by"]),
        (&id.into(), &"02/till-program".into())
    );
}

// R16: one physician, one minute, one text.
#[test]
fn three_of_one_text_within_a_minute_are_a_finding_once() {
    let shop = Shop::new();
    let at = |number: &str, ms: i64| PrescriptionTold {
        issued_ms: Some(NOON_MS - 60 * MINUTE_MS + ms),
        ..told(WIFE, number, 1)
    };
    for (number, ms) in [("RX1", 0), ("RX2", 20_000), ("RX3", 59_999 + 20_000)] {
        shop.add(at(number, ms), &[]).unwrap();
    }
    assert_eq!(shop.count("prescription.series"), 0);
    shop.add(at("RX4", 40_000), &[]).unwrap();
    assert_eq!(shop.count("prescription.series"), 1);
    shop.add(at("RX5", 30_000), &[]).unwrap();
    assert_eq!(shop.count("prescription.series"), 1);
    let other = PrescriptionTold {
        physician_code: Some("D440300099999".to_owned()),
        ..at("RX6", 30_000)
    };
    shop.add(other, &[]).unwrap();
    assert_eq!(shop.count("prescription.series"), 1);
}

// R16: one image under two prescriptions.
#[test]
fn one_image_for_two_prescriptions_is_a_finding_once() {
    let shop = Shop::new();
    let id = shop.add(told(WIFE, "RX1", 1), &[PDF]).unwrap().number;
    let again = shop.add(told(WIFE, "rx1", 1), &[PDF]).unwrap();
    assert_eq!(again.number, id);
    assert_eq!(
        shop.count("prescription.image-reused"),
        0,
        "the same one, twice"
    );
    for other in [told(WIFE, "RX2", 1), told(HUSBAND, "RX3", 1)] {
        let refused = shop.add(other, &[PDF]).unwrap_err();
        assert_eq!(refused.code(), "prescription.image-known");
    }
    assert_eq!(shop.count("prescription.image-reused"), 1);
}

// R16: written after the customer stood at the till.
#[test]
fn one_issued_after_the_customer_came_is_a_finding() {
    let shop = Shop::new();
    shop.reads("01", LI, "01");
    let at = |number: &str, ms: i64| PrescriptionTold {
        issued_ms: Some(NOON_MS + ms),
        ..told(WIFE, number, 1)
    };
    shop.add(at("RX1", 0), &[]).unwrap();
    assert_eq!(shop.count("prescription.issued-at-counter"), 0);
    shop.add(at("RX2", MINUTE_MS), &[]).unwrap();
    assert_eq!(shop.count("prescription.issued-at-counter"), 1);
}

// R16: more than one physician can write in a day.
#[test]
fn an_implausible_day_of_a_physician_is_a_finding_once() {
    let shop = Shop::new();
    for number in 1..=38 {
        assert_eq!(
            shop.count("prescription.physician-day"),
            usize::from(number > 37)
        );
        shop.add(told(WIFE, &format!("RX{number}"), number), &[])
            .unwrap();
    }
    assert_eq!(shop.count("prescription.physician-day"), 1);
}

// R44: no person in what is printed, in errors, in the entries themselves.
#[test]
fn nothing_that_is_printed_names_anybody() {
    let shop = Shop::new();
    let told = told(WIFE, "RX1", 1);
    let printed = format!("{told:?}");
    for secret in ["张三丰", "李大夫", "高血压", DRUG, WIFE, "RX1"] {
        assert!(!printed.contains(secret), "{printed}");
    }
    let id = shop.added(told);
    let wrong = PrescriptionTold {
        physician_name: Some("李大夫\n".repeat(2) + "李大夫\u{1}"),
        ..self::told(WIFE, "RX2", 1)
    };
    let error = shop.add(wrong, &[]).unwrap_err();
    assert!(!format!("{error:?} {error}").contains("李大夫"));
    let shown = shop.shown(id).to_string();
    assert!(!shown.contains("高血压") && !shown.contains(WIFE) && !shown.contains("张三丰"));
    let log = shop.log();
    let receipt = log
        .entry_bytes(pharmacy_protocol::term::EntryIndex::new(id))
        .unwrap();
    let receipt = String::from_utf8(receipt).unwrap();
    assert!(!receipt.contains("RX1") && !receipt.contains("440300012345"));
    let kept = log.open_part(
        pharmacy_protocol::term::EntryIndex::new(id),
        PartClass::Prescription,
    );
    let kept = String::from_utf8(kept.unwrap().to_vec()).unwrap();
    assert!(kept.contains("高血压病") && !kept.contains(WIFE), "{kept}");
}
