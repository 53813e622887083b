//! Prescriptions told again, on days that cannot be right, completed late, reviewed by whom they should not
//! be, and in doubt; each beside the honest customer who looks nearly the same.

use crate::kit::{MINUTE_MS, Shop, caller};
use crate::prescription::{DAY_MS, DRUG, HUSBAND, PDF, PIN, WIFE, by, drug, told};
use jiff::civil::{Date, date};
use pharmacy_decision::Fact;
use pharmacy_decision::facts::PrescribedDrug;
use pharmacy_desk::core::staff::{Contract, Duty, Member, Qualification, Title};
use pharmacy_desk::enrol::NewPin;
use pharmacy_desk::{DeskError, Done, Place, PrescriptionTold};
use pharmacy_journal::PinCost;
use pharmacy_protocol::Secret;
use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::part::PartClass;
use pharmacy_protocol::term::Quantity;

const TODAY: Date = date(2025, 11, 22);
const OTHER_PDF: &[u8] = b"%PDF-1.7\n2 0 obj\nendobj\n%%EOF\n";

/// The same with an institution.
fn at(institution: &str, told: PrescriptionTold) -> PrescriptionTold {
    PrescriptionTold {
        institution_name: Some(institution.to_owned()),
        ..told
    }
}

impl Shop {
    #[track_caller]
    fn refuses_rx(&self, told: PrescriptionTold, images: &[&[u8]]) -> &'static str {
        self.add(told, images).unwrap_err().code()
    }

    fn complete_rx(&self, id: u64, told: PrescriptionTold) -> Result<Done, DeskError> {
        let completed = self.handle().complete_prescription(caller("01"), id, told);
        self.wait(completed)
    }

    fn doubt_rx(&self, id: u64) -> Result<Done, DeskError> {
        self.wait(self.handle().doubt_prescription(caller("01"), id))
    }

    fn lift_rx(&self, id: u64, staff: &str) -> Result<Done, DeskError> {
        let reason = "电话核实过".to_owned();
        let lifted = self
            .handle()
            .lift_doubt(caller("01"), Place::Till, id, reason, by(staff));
        self.wait(lifted)
    }

    fn opens_rx(&self, id: u64) {
        self.wait(self.handle().open_review(id)).unwrap();
    }

    fn ends_shift(&self, staff: &str) {
        let staff = staff.parse().unwrap();
        let signed_out = self.handle().sign_out(caller("01"), staff);
        self.wait(signed_out).unwrap();
    }

    fn lives_rx(&self) {
        self.wait(self.handle().record_liveness()).unwrap();
    }

    fn is_reminded_rx(&self) -> bool {
        let alarms = self.board("01").alarms;
        alarms
            .iter()
            .any(|alarm| alarm == "prescription.incomplete")
    }
}

fn until(day: Date, told: PrescriptionTold) -> PrescriptionTold {
    PrescriptionTold {
        valid_until: Some(day),
        ..told
    }
}

fn issued(day: Date, told: PrescriptionTold) -> PrescriptionTold {
    PrescriptionTold {
        issued: Some(day),
        ..told
    }
}

fn lasting(days: u32, told: PrescriptionTold) -> PrescriptionTold {
    PrescriptionTold {
        drugs: vec![PrescribedDrug {
            days: Fact::Known(days),
            ..drug(DRUG, 1)
        }],
        ..told
    }
}

// R14: a day that is still to come, and one that has passed, whenever it is given.
#[test]
fn days_that_cannot_be_right_are_refused_and_the_last_good_day_is_not() {
    let shop = Shop::new();
    let new = |number: &str| told(WIFE, number, 1);
    let tomorrow = TODAY.tomorrow().unwrap();
    let yesterday = TODAY.yesterday().unwrap();
    assert_eq!(
        shop.refuses_rx(issued(tomorrow, new("A1")), &[]),
        "prescription.future"
    );
    // Without a last day it is good on its day; told one, until then.
    assert_eq!(
        shop.refuses_rx(issued(yesterday, new("A2")), &[]),
        "prescription.over"
    );
    assert_eq!(
        shop.refuses_rx(until(yesterday, issued(yesterday, new("A3"))), &[]),
        "prescription.over"
    );
    let before = date(2025, 11, 20);
    shop.add(until(TODAY, issued(before, new("A4"))), &[])
        .unwrap();
    // An ordinary one is good for three days at most, whatever it says; a long one as it says.
    let month = date(2025, 12, 22);
    let early = date(2025, 11, 19);
    let ordinary = lasting(7, until(month, issued(early, new("A5"))));
    assert_eq!(shop.refuses_rx(ordinary, &[]), "prescription.over");
    let ordinary = lasting(7, until(month, issued(before, new("A6"))));
    shop.add(ordinary, &[]).unwrap();
    let long = lasting(30, until(month, issued(early, new("A7"))));
    shop.add(long, &[]).unwrap();
    let refills = PrescriptionTold {
        repeats: Some(3),
        ..lasting(7, until(month, issued(early, new("A8"))))
    };
    shop.add(refills, &[]).unwrap();
}

// R14, R15: over when it is attached, and over when it is reviewed.
#[test]
fn what_is_over_is_neither_reviewed_nor_attached() {
    let shop = Shop::new();
    shop.register("P01", Duty::Pharmacist);
    let id = shop.added(told(WIFE, "A1", 1));
    shop.clock.advance(DAY_MS);
    let signed_in = shop.handle().sign_in(caller("01"), Place::Till, by("P01"));
    shop.wait(signed_in).unwrap();
    let refused = shop.approve(id, Vec::new(), "P01").unwrap_err();
    assert_eq!(refused.code(), "prescription.over");
    // Turning it down is always possible.
    shop.reject(id, "已过有效期", "P01").unwrap();
}

// R14: known by institution, number, day and patient, until its quantity is used up.
#[test]
fn one_told_again_is_the_one_that_is_known_until_it_is_used_up() {
    let shop = Shop::new();
    let one = || at("甲医院", told(WIFE, "RX1", 2));
    let id = shop.added(one());
    shop.settle_sale(WIFE, 1, "M1");
    // Part of it is left: the customer comes back, and shows the same paper, photographed anew.
    let again = shop.add(one(), &[OTHER_PDF]).unwrap();
    assert_eq!((again.code, again.number), ("prescription.known", Some(id)));
    assert_eq!(shop.dispensed(id), Quantity::whole(1));
    shop.settle_sale(WIFE, 1, "M2");
    assert_eq!(shop.refuses_rx(one(), &[OTHER_PDF]), "prescription.used-up");
    assert_eq!(shop.refuses_rx(one(), &[PDF]), "prescription.used-up");
    assert_eq!(shop.list().len(), 0);
}

// R05, R14: the same number of the same day for somebody else; and everybody who only looks like that.
#[test]
fn a_number_is_one_persons_at_one_institution_on_one_day() {
    let shop = Shop::new();
    let id = shop.added(at("甲医院", told(WIFE, "RX1", 1)));
    let husband = || PrescriptionTold {
        institution_name: None,
        ..told(HUSBAND, "RX1", 1)
    };
    assert_eq!(
        shop.refuses_rx(at("甲 医院", husband()), &[OTHER_PDF]),
        "prescription.other-person"
    );
    // Another hospital's own numbers, another day's of a hospital that begins anew each day, a family's
    // prescriptions of one day with numbers of their own, and one whose hospital nobody told.
    let yesterday = TODAY.yesterday().unwrap();
    let honest = [
        at("乙医院", husband()),
        at("甲医院", until(TODAY, issued(yesterday, husband()))),
        at("甲医院", told(HUSBAND, "RX2", 1)),
        husband(),
    ];
    for told in honest {
        let done = shop.add(told, &[]).unwrap();
        assert_ne!(done.number, Some(id));
    }
}

// R16: the same picture; and a second page, a better photograph of the same one, one that was rejected.
#[test]
fn a_picture_is_one_prescriptions() {
    let shop = Shop::new();
    shop.register("P01", Duty::Pharmacist);
    let id = shop.add(told(WIFE, "RX1", 1), &[PDF]).unwrap();
    let id = id.number.unwrap();
    assert_eq!(
        shop.refuses_rx(told(WIFE, "RX2", 1), &[OTHER_PDF, PDF]),
        "prescription.image-known"
    );
    assert_eq!(shop.count("prescription.image-reused"), 1);
    let images = shop.log();
    let count = (0..images.size().unwrap()).filter(|index| {
        let index = pharmacy_protocol::term::EntryIndex::new(*index);
        images.entry(index).unwrap().kind == EntryKind::Document
    });
    assert_eq!(count.count(), 1, "nothing of it is recorded");
    shop.reject(id, "看不清，请重登记", "P01").unwrap();
    shop.add(told(WIFE, "RX2", 1), &[PDF]).unwrap();
}

#[test]
fn a_form_that_only_the_page_filled_in_is_none() {
    let shop = Shop::new();
    let untouched = PrescriptionTold {
        number: None,
        physician_code: None,
        physician_name: None,
        diagnosis: None,
        ..told(WIFE, "", 1)
    };
    assert_eq!(shop.refuses_rx(untouched, &[]), "prescription.empty");
    for no_number in ["0", " 000", "无", "n/a", "-"] {
        let told = told(WIFE, no_number, 1);
        assert_eq!(
            shop.refuses_rx(told, &[]),
            "prescription.empty",
            "{no_number}"
        );
    }
    let told = told(WIFE, "无", 1);
    let id = shop.add(told, &[PDF]).unwrap().number.unwrap();
    assert!(shop.shown(id)["number"].is_null());
}

/// What the cashier leaves for later.
fn photographed() -> PrescriptionTold {
    PrescriptionTold {
        number: None,
        institution_name: None,
        physician_code: None,
        physician_name: None,
        issued: None,
        ..told(WIFE, "", 1)
    }
}

fn rest() -> PrescriptionTold {
    PrescriptionTold {
        number: Some("RX9".to_owned()),
        institution_name: Some("甲医院".to_owned()),
        physician_name: Some("李大夫".to_owned()),
        issued: Some(TODAY),
        ..PrescriptionTold::default()
    }
}

// R14: the rest by close of day; the page says so, and the day does not close without it unseen.
#[test]
fn the_rest_is_told_by_close_of_day() {
    let shop = Shop::new();
    let id = shop.added(photographed());
    assert!(!shop.is_reminded_rx(), "nothing was sold on it");
    shop.settle_sale(WIFE, 1, "M1");
    assert!(shop.is_reminded_rx());
    shop.lives_rx();
    assert_eq!(shop.count("prescription.day-closed"), 0);
    assert_eq!(shop.list().len(), 1, "used up, and still asked for");
    let wrong = issued(TODAY.tomorrow().unwrap(), rest());
    assert_eq!(
        shop.complete_rx(id, wrong).unwrap_err().code(),
        "prescription.future"
    );
    shop.complete_rx(id, rest()).unwrap();
    assert!(!shop.is_reminded_rx());
    let shown = shop.shown(id);
    assert_eq!(
        (&shown["number"], &shown["physician"]),
        (&"RX9".into(), &"李大夫".into())
    );
    // What is known stays.
    let other = PrescriptionTold {
        number: Some("RX8".to_owned()),
        ..PrescriptionTold::default()
    };
    assert_eq!(
        shop.complete_rx(id, other).unwrap_err().code(),
        "prescription.contradicts"
    );
    shop.clock.advance(DAY_MS);
    shop.lives_rx();
    assert_eq!(shop.count("prescription.day-closed"), 0);
    assert_eq!(shop.stands(id), "archived");
    let steps = shop.parts(EntryKind::Prescription, PartClass::Prescription);
    assert!(steps.iter().any(|step| step["step"] == "completed"));
    // The number that was told late is found like any other.
    let again = at("甲医院", issued(TODAY, told(WIFE, "rx9", 1)));
    assert_eq!(shop.refuses_rx(again, &[]), "prescription.over");
}

#[test]
fn a_day_that_closes_without_the_rest_is_a_finding_once_even_over_a_restart() {
    let mut shop = Shop::new();
    let id = shop.added(photographed());
    shop.added_second();
    shop.settle_sale(WIFE, 1, "M1");
    shop.restart();
    assert!(shop.is_reminded_rx());
    shop.clock.advance(DAY_MS);
    shop.lives_rx();
    assert_eq!(shop.count("prescription.day-closed"), 1);
    shop.lives_rx();
    assert_eq!(shop.count("prescription.day-closed"), 1);
    assert_eq!(shop.stands(id), "archived");
    // Late is better than never, and it is held against the day on which it served.
    shop.complete_rx(id, rest()).unwrap();
}

impl Shop {
    /// One that waits, and of which nothing is asked: no sale used it.
    fn added_second(&self) {
        let waiting = PrescriptionTold {
            number: Some("RX7".to_owned()),
            ..photographed()
        };
        let _ = self.add(
            PrescriptionTold {
                drugs: Vec::new(),
                ..waiting
            },
            &[OTHER_PDF],
        );
    }

    fn pharmacist_of(&self, staff: &str, locality: &str, qualified: bool) {
        let member = Member {
            staff: staff.parse().unwrap(),
            name: "赵小药".to_owned(),
            duties: [Duty::Pharmacist].into_iter().collect(),
            qualification: qualified.then(|| Qualification {
                title: Title::LicensedPharmacist,
                certificate: "ZY-1".to_owned(),
                locality: locality.parse().unwrap(),
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
    }
}

// R15: refused when it is signed, not when the customer pays.
#[test]
fn a_review_by_whom_it_may_not_be_is_refused_when_it_is_signed() {
    let shop = Shop::new();
    shop.register("P01", Duty::Pharmacist);
    shop.pharmacist_of("P02", "110100", true);
    let id = shop.added(told(WIFE, "RX1", 1));
    let refused = |staff: &str| shop.approve(id, Vec::new(), staff).unwrap_err().code();
    let before = shop.log().size().unwrap();
    assert_eq!(refused("P02"), "staff.review-elsewhere");
    shop.ends_shift("P01");
    let signed_out = shop.log().size().unwrap();
    assert_eq!(refused("P01"), "staff.review-off-duty");
    assert_eq!(shop.log().size().unwrap(), signed_out);
    assert_eq!(signed_out, before + 1);
    assert_eq!(shop.stands(id), "received");
    let signed_in = shop.handle().sign_in(caller("01"), Place::Till, by("P01"));
    shop.wait(signed_in).unwrap();
    shop.approve(id, Vec::new(), "P01").unwrap();
    assert_eq!(shop.stands(id), "reviewed");
}

// R15: signed sooner than anybody reads is counted, never refused.
#[test]
fn a_review_signed_within_seconds_of_its_opening_is_counted() {
    let shop = Shop::new();
    shop.register("P01", Duty::Pharmacist);
    let review = |number: &str, image: &[u8], pause_ms: Option<i64>| {
        let done = shop.add(told(WIFE, number, 1), &[image]).unwrap();
        let id = done.number.unwrap();
        if let Some(pause_ms) = pause_ms {
            shop.opens_rx(id);
            shop.clock.advance(pause_ms);
            // Looked at again meanwhile: it was open since the first time.
            shop.opens_rx(id);
        }
        shop.approve(id, Vec::new(), "P01").unwrap();
    };
    review("RX1", b"%PDF-1.1\n%%EOF\n", Some(4_999));
    assert_eq!(shop.count("prescription.hasty-review"), 1);
    review("RX2", b"%PDF-1.2\n%%EOF\n", Some(5_000));
    review("RX3", b"%PDF-1.3\n%%EOF\n", Some(MINUTE_MS));
    assert_eq!(shop.count("prescription.hasty-review"), 1);
    review("RX4", b"%PDF-1.4\n%%EOF\n", None);
    assert_eq!(shop.count("prescription.hasty-review"), 2, "unseen");
}

// R26, R15: one key stops it, a signature lets it go on.
#[test]
fn a_doubtful_prescription_serves_nobody_until_somebody_signs_for_it() {
    let shop = Shop::new();
    shop.register("C01", Duty::Cashier);
    shop.register("P01", Duty::Pharmacist);
    shop.register("M01", Duty::InCharge);
    let id = shop.added(told(WIFE, "RX1", 3));
    shop.judged(WIFE, 1, None);
    assert_eq!(shop.known().len(), 1);
    shop.doubt_rx(id).unwrap();
    assert_eq!(shop.count("prescription.doubtful"), 1);
    assert_eq!(
        shop.doubt_rx(id).unwrap_err().code(),
        "prescription.not-now"
    );
    assert_eq!(
        shop.approve(id, Vec::new(), "P01").unwrap_err().code(),
        "prescription.doubted"
    );
    shop.judged(WIFE, 1, None);
    assert!(shop.known().is_empty(), "{:?}", shop.known());
    assert_eq!(shop.lift_rx(id, "C01").unwrap_err().code(), "staff.duty");
    shop.lift_rx(id, "P01").unwrap();
    assert_eq!(
        shop.lift_rx(id, "P01").unwrap_err().code(),
        "prescription.not-now"
    );
    shop.judged(WIFE, 1, None);
    assert_eq!(shop.known().len(), 1);
    shop.doubt_rx(id).unwrap();
    assert_eq!(shop.count("prescription.doubtful"), 2);
    shop.lift_rx(id, "M01").unwrap();
    shop.approve(id, Vec::new(), "P01").unwrap();
    let steps = shop.parts(EntryKind::Prescription, PartClass::Staff);
    let lifts = steps
        .iter()
        .filter(|step| step["act"].as_str().unwrap().contains("\"lift\""));
    assert_eq!(lifts.count(), 2);
}
