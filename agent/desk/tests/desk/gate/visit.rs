//! R08: one look at a code or card serves one visit, and says nothing of whose hand holds it.

use pharmacy_decision::facts::{Document, ProxyReason, Transport};
use pharmacy_desk::core::staff::Duty;
use pharmacy_desk::{
    Action, DeskError, Done, Here, Lasting, Light, PersonInput, Place, ReadCard, Remedy, Role,
    Scanned, Sign, Supply, badge_of,
};
use pharmacy_journal::LogView;
use pharmacy_protocol::Secret;
use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::part::PartClass;

use crate::kit::{MINUTE_MS, Shop, caller, credentials};
use crate::message::{LI, Line, Person, WANG, granules};

const PIN: &str = "270418";
const REUSED: &str = "同一次出示";
const UNCONFIRMED: &str = "未确认是谁";

/// A bill of one pack that no other bill has.
fn bill(number: u64) -> [Line; 1] {
    [granules(&format!("R100000{number}-1"), &[number])]
}

impl Shop {
    #[track_caller]
    fn pays(&self, number: u64) {
        self.settle(
            &format!("M{number}"),
            &format!("S{number}"),
            (LI, &bill(number)),
        );
    }

    fn bill_of(&self, number: u64) -> String {
        self.settlement(&format!("M{number}"), LI, &bill(number))
    }

    /// A bill of so many packs that it comes to more than a code alone carries.
    fn dear(&self, msgid: &str, first: u64) -> String {
        let packs: Vec<u64> = (first..first + 27).collect();
        self.settlement(msgid, LI, &[granules(&format!("D{first}0000-1"), &packs)])
    }

    /// A member of staff signs in at till 01.
    pub fn attended(&self, duties: &[Duty]) {
        self.enrol("S01", duties, PIN);
        let by = credentials("S01", PIN);
        let signed_in = self.handle().sign_in(caller("01"), Place::Till, by);
        self.wait(signed_in).unwrap();
    }

    /// Whoever is signed in says that it is the insured who is here.
    pub fn confirms(&self) {
        self.attended(&[Duty::Cashier]);
        self.touch(Supply::ConfirmHolder).unwrap();
    }

    pub fn touch(&self, supply: Supply) -> Result<Done, DeskError> {
        let act = Action::Supply(supply);
        self.wait(self.handle().act(caller("01"), Place::Till, act, None))
    }

    fn reads_card(&self, role: Role, person: Person) {
        self.reads_card_by("05.01-20200101-0000000001-0000000001", role, person);
    }

    fn reads_card_by(&self, sam: &str, role: Role, person: Person) {
        let number: pharmacy_protocol::person::IdentityNumber = person.certno.parse().unwrap();
        let card = ReadCard {
            birth: number.birth(),
            sex: Some(number.sex()),
            number,
            name: Secret::new(person.name.to_owned()),
            sam: Some(sam.to_owned()),
            transport: Transport::Serial,
        };
        let taken = self.handle().take_card(caller("01"), role, card);
        self.wait(taken).unwrap();
    }

    fn enrol_reader(&self) -> Result<Done, DeskError> {
        let by = credentials("S01", PIN);
        let act = Action::Sign(Sign::EnrolReader { by });
        self.wait(self.handle().act(caller("01"), Place::Till, act, None))
    }
}

#[test]
fn the_third_bill_of_one_look_asks_for_a_fresh_one() {
    let shop = Shop::new();
    shop.reads("01", LI, "01");
    shop.pays(1);
    shop.pays(2);
    assert!(
        shop.refused("01", "2102", &shop.bill_of(3))
            .contains(REUSED)
    );
    shop.reads("01", LI, "01");
    shop.leaves("01", "2102", &shop.bill_of(3));
}

// Neither a restart, nor another message id, nor another till makes a look new.
#[test]
fn what_a_look_carried_outlives_a_restart() {
    let mut shop = Shop::new();
    shop.reads("01", LI, "01");
    shop.pays(1);
    shop.pays(2);
    shop.restart();
    assert!(
        shop.refused("01", "2102", &shop.bill_of(3))
            .contains(REUSED)
    );
    let again = shop.settlement("M9", LI, &bill(3));
    assert!(shop.refused("01", "2102", &again).contains(REUSED));
    let elsewhere = shop.settlement("M8", LI, &bill(4));
    let heard = shop.refused("02", "2102", &elsewhere);
    assert!(heard.contains("未核验到场"), "{heard}");
}

#[test]
fn settlements_under_way_count_as_well() {
    let shop = Shop::new();
    shop.reads("01", LI, "01");
    let first = shop.sent("01", "2102", &shop.bill_of(1));
    let _second = shop.sent("01", "2102", &shop.bill_of(2));
    assert!(
        shop.refused("01", "2102", &shop.bill_of(3))
            .contains(REUSED)
    );
    shop.answered(first, &shop.no("余额不足"));
    // Declined: it carried nothing.
    shop.leaves("01", "2102", &shop.bill_of(3));
}

#[test]
fn what_was_taken_back_carried_nothing() {
    let shop = Shop::new();
    shop.reads("01", LI, "01");
    shop.pays(1);
    shop.pays(2);
    shop.reverse("B2", "S2", LI);
    shop.leaves("01", "2102", &shop.bill_of(3));
}

#[test]
fn an_hour_later_the_same_look_serves_nobody() {
    let shop = Shop::new();
    shop.reads("01", LI, "01");
    shop.pays(1);
    shop.clock.advance(60 * MINUTE_MS);
    let heard = shop.refused("01", "2102", &shop.bill_of(2));
    assert!(heard.contains("过时"), "{heard}");
}

// A bill that waits for the pharmacist does not age what was shown for it.
#[test]
fn a_bill_that_waits_is_not_too_old() {
    let shop = Shop::new();
    shop.attended(&[Duty::Cashier]);
    shop.reads("01", LI, "01");
    shop.clock.advance(9 * MINUTE_MS);
    let early = shop.druginfo("2101", "P1", (LI, &bill(1)));
    shop.leaves("01", "2101", &early);
    for _ in 0..3 {
        shop.clock.advance(9 * MINUTE_MS);
        let days = Supply::SetDays { line: 1, days: 3 };
        shop.touch(days).unwrap();
    }
    shop.leaves("01", "2102", &shop.bill_of(1));
}

#[test]
fn one_person_s_look_is_nobody_else_s() {
    let shop = Shop::new();
    shop.reads("01", LI, "01");
    let other = shop.settlement("M1", WANG, &bill(1));
    assert!(shop.refused("01", "2102", &other).contains("未核验到场"));
}

// Above the region's sum of a holder's day one touch says who is here; below it nobody touches anything.
#[test]
fn above_the_sum_of_a_day_one_touch_says_who_is_here() {
    let shop = Shop::new();
    shop.attended(&[Duty::Cashier]);
    shop.reads("01", LI, "01");
    shop.pays(1);
    let dear = shop.dear("M2", 100);
    let heard = shop.refused("01", "2102", &dear);
    assert!(heard.contains(UNCONFIRMED), "{heard}");
    let offered = shop.board("01").sale.unwrap().reasons.remove(0).remedies;
    assert_eq!(offered[0], Remedy::Buyer);
    assert_eq!(
        shop.touch(Supply::ConfirmHolder).unwrap().code,
        "counter.holder-confirmed"
    );
    assert_eq!(shop.board("01").light, Light::Green);
    shop.leaves("01", "2102", &dear);
    let told = shop.parts(EntryKind::Evidence, PartClass::Facts);
    let is_word = |part: &serde_json::Value| part.to_string().contains("person-confirmed");
    assert!(told.iter().any(is_word));
}

#[test]
fn the_sum_of_a_day_is_what_stands() {
    let shop = Shop::new();
    let packs: Vec<u64> = (100..120).collect();
    let many = [granules("R1000001-1", &packs)];
    shop.reads("01", LI, "01");
    shop.settle("M1", "S1", (LI, &many));
    let next: Vec<u64> = (200..208).collect();
    let next = shop.settlement("M2", LI, &[granules("R1000002-1", &next)]);
    assert!(shop.refused("01", "2102", &next).contains(UNCONFIRMED));
    shop.reverse("B1", "S1", LI);
    shop.leaves("01", "2102", &next);
}

#[test]
fn nobody_says_who_is_here_where_nobody_is_signed_in() {
    let shop = Shop::new();
    shop.reads("01", LI, "01");
    shop.refused("01", "2102", &shop.dear("M1", 100));
    for touch in [Supply::ConfirmHolder, Supply::ConfirmProxy] {
        let denied = shop.touch(touch).unwrap_err();
        assert_eq!(denied.code(), "staff.nobody-signed-in");
    }
}

// A touch is of its visit: the second bill of a split one needs no other.
#[test]
fn a_touch_serves_the_whole_visit() {
    let shop = Shop::new();
    shop.attended(&[Duty::Cashier]);
    shop.reads("01", LI, "01");
    shop.refused("01", "2102", &shop.dear("M1", 100));
    shop.touch(Supply::ConfirmHolder).unwrap();
    shop.leaves("01", "2102", &shop.dear("M1", 100));
    shop.leaves("01", "2102", &shop.dear("M2", 200));
}

// R02: the holder's code is on the relative's phone; the relative shows their own code once.
#[test]
fn a_relative_with_the_family_account_shows_their_own_code_once() {
    let shop = Shop::new();
    shop.attended(&[Duty::Cashier]);
    shop.reads("01", LI, "01");
    let dear = shop.dear("M1", 100);
    shop.refused("01", "2102", &dear);
    assert_eq!(
        shop.touch(Supply::ConfirmProxy).unwrap().code,
        "counter.proxy-awaited"
    );
    assert!(shop.refused("01", "2102", &dear).contains("代购"));
    shop.reads("01", WANG, "01");
    assert_eq!(shop.board("01").light, Light::Green);
    shop.leaves("01", "2102", &dear);
    let papers = &shop.facts()["people"]["buyer"]["proxy"];
    assert_eq!(papers["holder-document"]["known"], "platform");
    assert_eq!(papers["proxy-document"]["known"], "platform");
    assert_eq!(papers["reason"]["known"], "family-account");
}

#[test]
fn a_relative_s_card_does_as_well_and_a_typed_number_does_not() {
    let shop = Shop::new();
    shop.attended(&[Duty::Cashier]);
    shop.reads("01", LI, "01");
    let dear = shop.dear("M1", 100);
    shop.refused("01", "2102", &dear);
    shop.touch(Supply::ConfirmProxy).unwrap();
    shop.reads("01", WANG, "02");
    shop.refused("01", "2102", &dear);
    shop.reads_card(Role::Proxy, WANG);
    shop.leaves("01", "2102", &dear);
    assert_eq!(
        shop.facts()["people"]["buyer"]["proxy"]["proxy-document"]["known"],
        "read"
    );
}

fn standing(lasts: Lasting) -> Supply {
    Supply::SetProxy {
        person: PersonInput {
            number: Some(WANG.certno.parse().unwrap()),
            name: Some(Secret::new(WANG.name.to_owned())),
            sex: None,
            birth: None,
        },
        holder_document: Document::Seen,
        proxy_document: Document::Seen,
        reason: ProxyReason::Age,
        lasts,
    }
}

#[test]
fn a_standing_proxy_needs_one_touch_for_a_year() {
    let mut shop = Shop::new();
    shop.attended(&[Duty::Cashier]);
    shop.reads("01", LI, "01");
    shop.refused("01", "2102", &shop.dear("M1", 100));
    shop.touch(standing(Lasting::AYear)).unwrap();
    shop.leaves("01", "2102", &shop.dear("M1", 100));
    shop.restart();
    shop.clock.advance(24 * 60 * MINUTE_MS);
    shop.signs_in_again();
    shop.reads("01", LI, "01");
    let next = shop.dear("M2", 200);
    shop.refused("01", "2102", &next);
    assert_eq!(
        shop.touch(Supply::ConfirmProxy).unwrap().code,
        "counter.proxy-set"
    );
    shop.leaves("01", "2102", &next);
    assert_eq!(
        shop.facts()["people"]["buyer"]["proxy"]["reason"]["known"],
        "age"
    );
    // Ended, it is one no longer.
    shop.clock.advance(60 * MINUTE_MS);
    shop.reads("01", LI, "01");
    shop.refused("01", "2102", &shop.dear("M3", 300));
    shop.touch(Supply::EndStandingProxy).unwrap();
    assert_eq!(
        shop.touch(Supply::ConfirmProxy).unwrap().code,
        "counter.proxy-awaited"
    );
}

#[test]
fn a_standing_proxy_ends_after_a_year() {
    let shop = Shop::new();
    shop.attended(&[Duty::Cashier]);
    shop.reads("01", LI, "01");
    shop.refused("01", "2102", &shop.dear("M1", 100));
    shop.touch(standing(Lasting::AYear)).unwrap();
    shop.clock.advance(367 * 24 * 60 * MINUTE_MS);
    shop.signs_in_again();
    shop.reads("01", LI, "01");
    shop.refused("01", "2102", &shop.dear("M2", 200));
    assert_eq!(
        shop.touch(Supply::ConfirmProxy).unwrap().code,
        "counter.proxy-awaited"
    );
}

impl Shop {
    fn signs_in_again(&self) {
        let by = credentials("S01", PIN);
        let signed_in = self.handle().sign_in(caller("01"), Place::Till, by);
        self.wait(signed_in).unwrap();
    }
}

// R01: a reader that appears overnight proves nothing until the person in charge answers for it.
#[test]
fn a_new_reader_is_a_question_until_it_is_enrolled() {
    let shop = Shop::new();
    shop.attended(&[Duty::Cashier, Duty::InCharge]);
    shop.reads("01", LI, "02");
    shop.refused("01", "2102", &shop.bill_of(1));
    shop.reads_card(Role::Holder, LI);
    assert!(
        shop.refused("01", "2102", &shop.bill_of(1))
            .contains("读卡器未登记")
    );
    let offered = shop.board("01").sale.unwrap().reasons.remove(0).remedies;
    assert_eq!(offered, [Remedy::Reader, Remedy::Presence, Remedy::Release]);
    assert_eq!(shop.enrol_reader().unwrap().code, "counter.reader-enrolled");
    shop.leaves("01", "2102", &shop.bill_of(1));
    let acts = shop.parts(EntryKind::Reader, PartClass::Staff);
    assert!(acts[0]["act"].to_string().contains("enrol-reader"));
}

// R01: a device that says a new number each time fills no log, and is believed no more than before.
#[test]
fn ever_new_readers_are_counted_and_none_is_believed() {
    let mut shop = Shop::new();
    shop.attended(&[Duty::Cashier, Duty::InCharge]);
    let recorded = |shop: &Shop| shop.parts(EntryKind::Reader, PartClass::Store).len();
    let sam = |number: u64| format!("05.01-20200101-{number:010}-0000000001");
    let shows = |shop: &Shop, numbers: std::ops::Range<u64>| {
        for number in numbers {
            shop.reads("01", LI, "02");
            shop.refused("01", "2102", &shop.bill_of(1));
            shop.reads_card_by(&sam(number), Role::Holder, LI);
        }
        shop.refused("01", "2102", &shop.bill_of(1))
    };
    shows(&shop, 0..6);
    shop.restart();
    assert!(shows(&shop, 6..12).contains("读卡器未登记"));
    assert_eq!(recorded(&shop), 8);
    assert_eq!(shop.findings(), Vec::<String>::new());
    assert_eq!(shop.enrol_reader().unwrap().code, "counter.reader-enrolled");
    shop.leaves("01", "2102", &shop.bill_of(1));
    assert_eq!(recorded(&shop), 9);
    let known = pharmacy_desk::readers(&shop.log()).unwrap();
    let enrolled: Vec<_> = known
        .iter()
        .filter(|item| item.enrolled.is_some())
        .collect();
    assert_eq!((known.len(), &enrolled[0].sam), (9, &sam(11)));
    shop.clock.advance(24 * 60 * MINUTE_MS);
    for _ in 0..2 {
        shop.wait(shop.handle().publish()).unwrap();
        assert_eq!(shop.findings(), ["reader.many-new"]);
    }
    let found = shop.parts(EntryKind::Finding, PartClass::Answer).remove(0);
    assert_eq!(
        (&found["count"], &found["day"]),
        (&4.into(), &"2025-11-22".into())
    );
    // R07: the next day begins anew.
    shop.reads("01", WANG, "02");
    shop.refused("01", "2102", &shop.settlement("M9", WANG, &bill(9)));
    shop.reads_card_by(&sam(99), Role::Holder, WANG);
    assert_eq!(recorded(&shop), 10);
}

#[test]
fn only_the_person_in_charge_enrols_a_reader() {
    let shop = Shop::new();
    shop.attended(&[Duty::Cashier]);
    shop.reads("01", LI, "02");
    shop.refused("01", "2102", &shop.bill_of(1));
    shop.reads_card(Role::Holder, LI);
    assert_eq!(shop.enrol_reader().unwrap_err().code(), "staff.duty");
    assert!(
        shop.refused("01", "2102", &shop.bill_of(1))
            .contains("读卡器未登记")
    );
}

impl Shop {
    fn badge(&self, here: Here) -> String {
        let log = LogView::open(self.folder()).unwrap();
        badge_of(log.keys(), here).unwrap().serialize()
    }
}

// The till's scanner does what a finger does, and no more than one.
#[test]
fn a_badge_is_a_touch_of_whoever_is_signed_in() {
    let shop = Shop::new();
    shop.reads("01", LI, "01");
    let dear = shop.dear("M1", 100);
    shop.refused("01", "2102", &dear);
    let refused = |scanned, why: &str| match scanned {
        Scanned::Refused { code } => assert_eq!(code, why),
        other => panic!("{other:?}"),
    };
    refused(
        shop.scan("01", &shop.badge(Here::Holder)),
        "staff.nobody-signed-in",
    );
    shop.attended(&[Duty::Cashier]);
    let strange = "PHARMACY-BADGE-H-0123456789ABCDEF";
    refused(shop.scan("01", strange), "scanner.badge-other");
    shop.refused("01", "2102", &dear);
    let taken = shop.scan("01", &shop.badge(Here::Holder).to_ascii_lowercase());
    assert!(matches!(taken, Scanned::Badge { code } if code == "counter.holder-confirmed"));
    shop.leaves("01", "2102", &dear);
    // No sale: nobody to say it of.
    refused(
        shop.scan("02", &shop.badge(Here::Proxy)),
        "remedy.no-open-sale",
    );
}

#[test]
fn the_other_badge_says_that_somebody_fetches() {
    let shop = Shop::new();
    shop.attended(&[Duty::Cashier]);
    shop.reads("01", LI, "01");
    let dear = shop.dear("M1", 100);
    shop.refused("01", "2102", &dear);
    let taken = shop.scan("01", &shop.badge(Here::Proxy));
    assert!(matches!(taken, Scanned::Badge { code } if code == "counter.proxy-awaited"));
    shop.reads("01", WANG, "01");
    shop.leaves("01", "2102", &dear);
}

// R08: a number that is typed for whoever left shows nobody; for whoever is still there it changes nothing.
#[test]
fn a_number_that_is_typed_after_the_next_customer_came_shows_nobody() {
    let shop = Shop::new();
    shop.reads("01", LI, "01");
    shop.settle("M1", "S1", (LI, &[granules("R1000000-1", &[1])]));
    shop.reads("01", LI, "02");
    shop.settle("M2", "S2", (LI, &[granules("R2000000-1", &[2])]));
    shop.reads("01", WANG, "01");
    shop.reads("01", LI, "02");
    let lines = [granules("R3000000-1", &[3])];
    let words = shop.refused("01", "2102", &shop.settlement("M3", LI, &lines));
    assert!(words.contains("未核验到场"), "{words}");
}
