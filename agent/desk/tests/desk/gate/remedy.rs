//! What people supply at the counter for the open sale, and what the next settlement makes of it.

use pharmacy_decision::facts::{Document, ProxyReason, Relation, SupplyException, Transport};
use pharmacy_desk::core::staff::Duty;
use pharmacy_desk::{
    Action, DeskError, Done, Lasting, Light, PersonInput, Place, ReadCard, Remedy, Role, Sign,
    Supply,
};
use pharmacy_protocol::Secret;
use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::part::PartClass;
use serde_json::json;

use crate::kit::{MINUTE_MS, Shop, caller, credentials};
use crate::message::{LI, Line, Person, WANG, cup, granules};

pub(super) const PIN: &str = "270418";

/// Article and insurance code of an ephedrine preparation of the sample.
const EPHEDRINE: (&str, &str) = ("900001", "XR99ZZZ999A001019999906");

impl Shop {
    /// A shop with one member of staff who is signed in at till 01.
    pub(super) fn staffed(duties: &[Duty]) -> Self {
        let shop = Self::new();
        shop.enrol("S01", duties, PIN);
        let by = credentials("S01", PIN);
        let signed_in = shop.handle().sign_in(caller("01"), Place::Till, by);
        shop.wait(signed_in).unwrap();
        shop
    }

    fn remedy(&self, action: Action) -> Result<Done, DeskError> {
        let acted = self.handle().act(caller("01"), Place::Till, action, None);
        self.wait(acted)
    }

    #[track_caller]
    pub(super) fn remedied(&self, action: Action, code: &str) {
        assert_eq!(self.remedy(action).unwrap().code, code);
    }

    #[track_caller]
    pub(super) fn denied(&self, action: Action) -> &'static str {
        self.remedy(action).unwrap_err().code()
    }

    pub(super) fn release(
        &self,
        (rule, line): (&str, Option<u32>),
        staff: &str,
        pin: &str,
    ) -> Action {
        Action::Sign(Sign::Release {
            rule: rule.to_owned(),
            line,
            reason: "本人行动不便，已电话核实".to_owned(),
            by: credentials(staff, pin),
        })
    }
}

fn input(person: Person) -> PersonInput {
    PersonInput {
        number: Some(person.certno.parse().unwrap()),
        name: Some(Secret::new(person.name.to_owned())),
        sex: None,
        birth: None,
    }
}

fn proxy(person: Person) -> Action {
    Action::Supply(Supply::SetProxy {
        person: input(person),
        holder_document: Document::Seen,
        proxy_document: Document::Read,
        reason: ProxyReason::Illness,
        lasts: Lasting::ThisSale,
    })
}

fn card(person: Person) -> ReadCard {
    let number: pharmacy_protocol::person::IdentityNumber = person.certno.parse().unwrap();
    ReadCard {
        birth: number.birth(),
        sex: Some(number.sex()),
        number,
        name: Secret::new(person.name.to_owned()),
        sam: Some("05.01-20200101-0000000001-0000000001".to_owned()),
        transport: Transport::Serial,
    }
}

fn typed(shop: &Shop, msgid: &str, lines: &[Line]) -> String {
    shop.reads("01", LI, "02");
    shop.settlement(msgid, LI, lines)
}

/// An ephedrine preparation.
fn ephedrine(serial: &str) -> Line {
    Line {
        sku: EPHEDRINE.0,
        code: EPHEDRINE.1,
        fen: 1580,
        count: 1,
        packs: vec!["89900010000000000001".to_owned()],
        ..granules(serial, &[])
    }
}

// R02, R03: the husband buys for his wife, whose number alone was typed.
#[test]
fn a_proxy_with_both_documents_and_a_reason_is_served() {
    let shop = Shop::staffed(&[Duty::Cashier]);
    let body = typed(&shop, "M1", &[granules("R1000000-1", &[1])]);
    assert!(shop.refused("01", "2102", &body).contains("未核验到场"));
    let offered = shop.board("01").sale.unwrap().reasons.remove(0).remedies;
    assert_eq!(offered, [Remedy::Presence, Remedy::Proxy, Remedy::Release]);
    shop.remedied(proxy(WANG), "counter.proxy-set");
    let board = shop.board("01");
    assert_eq!(board.light, Light::Green);
    let buyer = board.sale.unwrap().buyer.unwrap();
    assert!(
        buyer.contains('*') && !buyer.contains(WANG.certno),
        "{buyer}"
    );
    shop.leaves("01", "2102", &body);
    let facts = shop.facts();
    let papers = &facts["people"]["buyer"]["proxy"];
    // No card of the proxy was read, whatever the page said.
    assert_eq!(papers["proxy-document"]["known"], "seen");
    assert_eq!(papers["reason"]["known"], "illness");
    let named = shop.parts(EntryKind::Evidence, PartClass::Identity);
    assert!(named.iter().any(|part| part[0]["number"] == WANG.certno));
}

#[test]
fn a_document_read_by_chip_is_told_from_one_that_was_seen() {
    let shop = Shop::staffed(&[Duty::Cashier, Duty::InCharge]);
    let body = typed(&shop, "M1", &[granules("R1000000-1", &[1])]);
    shop.refused("01", "2102", &body);
    let read = shop
        .handle()
        .take_card(caller("01"), Role::Proxy, card(WANG));
    assert_eq!(shop.wait(read).unwrap().code, "counter.card-taken");
    let by = credentials("S01", PIN);
    let enrol = Action::Sign(Sign::EnrolReader { by });
    shop.remedied(enrol, "counter.reader-enrolled");
    shop.remedied(proxy(WANG), "counter.proxy-set");
    shop.leaves("01", "2102", &body);
    let papers = &shop.facts()["people"]["buyer"]["proxy"];
    assert_eq!(papers["proxy-document"]["known"], "read");
}

#[test]
fn a_proxy_is_taken_back_with_all_that_showed_them() {
    let shop = Shop::staffed(&[Duty::Cashier]);
    let body = typed(&shop, "M1", &[granules("R1000000-1", &[1])]);
    shop.refused("01", "2102", &body);
    shop.remedied(proxy(WANG), "counter.proxy-set");
    shop.remedied(Action::Supply(Supply::ClearProxy), "counter.proxy-cleared");
    assert!(shop.refused("01", "2102", &body).contains("未核验到场"));
}

// R01: what somebody saw is attested by name, or not at all.
#[test]
fn nobody_attests_a_document_where_nobody_is_signed_in() {
    let shop = Shop::new();
    let body = typed(&shop, "M1", &[granules("R1000000-1", &[1])]);
    shop.refused("01", "2102", &body);
    let seen = || {
        Action::Supply(Supply::SeeDocument {
            role: Role::Holder,
            person: input(LI),
        })
    };
    assert_eq!(shop.denied(seen()), "staff.nobody-signed-in");
    assert_eq!(shop.denied(proxy(WANG)), "staff.nobody-signed-in");
    let shop = Shop::staffed(&[Duty::Cashier]);
    assert_eq!(shop.denied(seen()), "remedy.no-open-sale");
    shop.refused(
        "01",
        "2102",
        &typed(&shop, "M1", &[granules("R1000000-1", &[1])]),
    );
    shop.remedied(seen(), "counter.document-seen");
    shop.leaves("01", "2102", &body);
    let seen = &shop.facts()["evidence"];
    assert!(seen.to_string().contains("\"staff\":\"S01\""), "{seen}");
}

#[test]
fn persons_that_cannot_be_are_refused() {
    let shop = Shop::staffed(&[Duty::Cashier]);
    let body = typed(&shop, "M1", &[granules("R1000000-1", &[1])]);
    shop.refused("01", "2102", &body);
    assert_eq!(shop.denied(proxy(LI)), "remedy.proxy-is-holder");
    let family = |person| {
        Action::Supply(Supply::SetPatient {
            relation: Relation::Spouse,
            person,
        })
    };
    assert_eq!(shop.denied(family(input(LI))), "remedy.patient-is-holder");
    let nameless = PersonInput {
        number: None,
        ..input(WANG)
    };
    assert_eq!(shop.denied(family(nameless)), "remedy.no-number");
    let other = Action::Supply(Supply::NameHolder {
        person: input(WANG),
    });
    assert_eq!(shop.denied(other), "remedy.holder-differs");
    shop.clock.advance(11 * MINUTE_MS);
    assert_eq!(shop.denied(proxy(WANG)), "remedy.no-open-sale");
}

// R05, R06: the medicine is the husband's, the account the wife's.
#[test]
fn a_family_member_is_the_patient_until_taken_back() {
    let shop = Shop::staffed(&[Duty::Cashier]);
    shop.reads("01", LI, "01");
    let family = Action::Supply(Supply::SetPatient {
        relation: Relation::Spouse,
        person: input(WANG),
    });
    shop.remedied(family, "counter.patient-set");
    let body = shop.settlement("M1", LI, &[granules("R1000000-1", &[1])]);
    shop.leaves("01", "2102", &body);
    let patient = &shop.facts()["people"]["patient"]["family"];
    assert_eq!(patient["relation"], "spouse");
    assert_eq!(patient["person"]["sex"]["known"], "male");
    shop.reads("01", WANG, "01");
    shop.remedied(
        Action::Supply(Supply::ClearPatient),
        "counter.patient-cleared",
    );
}

// R17: cash or not, the buyer of an ephedrine preparation is registered.
#[test]
fn the_buyer_of_ephedrine_is_registered_or_refuses() {
    let shop = Shop::staffed(&[Duty::Cashier]);
    shop.reads("01", LI, "01");
    let body = shop.settlement("M1", LI, &[ephedrine("R1000000-1")]);
    shop.refused("01", "2102", &body);
    let register = |buyer| Action::Supply(Supply::Register { line: 1, buyer });
    shop.remedied(register(None), "counter.registration-refused");
    assert!(shop.refused("01", "2102", &body).contains("登记"));
    let half = PersonInput {
        name: None,
        ..input(WANG)
    };
    assert_eq!(shop.denied(register(Some(half))), "remedy.no-number");
    shop.remedied(register(Some(input(WANG))), "counter.registered");
    assert_eq!(shop.board("01").light, Light::Green);
    // Nothing typed: the insured who stands here, whom the platform named in full.
    let nobody = PersonInput {
        number: None,
        name: None,
        sex: None,
        birth: None,
    };
    shop.remedied(register(Some(nobody)), "counter.registered");
    shop.leaves("01", "2102", &body);
    let registration = &shop.facts()["lines"][0]["registration"];
    assert_eq!(registration["known"], "registered");
}

#[test]
fn what_is_said_of_a_line_stays_with_the_basket() {
    let shop = Shop::staffed(&[Duty::Cashier]);
    shop.reads("01", LI, "01");
    let body = shop.settlement("M1", LI, &[granules("R1000000-1", &[1]).bare()]);
    shop.refused("01", "2102", &body);
    let exception = SupplyException::Travel;
    shop.remedied(
        Action::Supply(Supply::Except { line: 1, exception }),
        "counter.exception-set",
    );
    shop.remedied(
        Action::Supply(Supply::SetDays { line: 1, days: 14 }),
        "counter.days-set",
    );
    assert_eq!(
        shop.denied(Action::Supply(Supply::SetDays { line: 1, days: 0 })),
        "remedy.days"
    );
    assert_eq!(
        shop.denied(Action::Supply(Supply::SetDays { line: 2, days: 7 })),
        "basket.no-such-line"
    );
    shop.refused("01", "2102", &body);
    let line = &shop.facts()["lines"][0];
    assert_eq!(
        (&line["exception"], &line["days"]["known"]),
        (&json!("travel"), &json!(14))
    );
    let other = shop.settlement("M2", LI, &[granules("R1000000-2", &[1, 2]).bare()]);
    shop.refused("01", "2102", &other);
    assert_eq!(shop.facts()["lines"][0]["exception"], json!(null));
}

// R07: released with PIN and reason, signed, counted; not by a cashier, not a hard rule.
#[test]
fn the_person_in_charge_releases_a_reason_and_the_trace_stays() {
    let shop = Shop::staffed(&[Duty::Cashier]);
    shop.enrol("S02", &[Duty::InCharge], PIN);
    let body = typed(&shop, "M1", &[granules("R1000000-1", &[1])]);
    shop.refused("01", "2102", &body);
    let presence = ("presence.none", None);
    assert_eq!(
        shop.denied(shop.release(presence, "S01", PIN)),
        "staff.duty"
    );
    let off_duty = shop.denied(shop.release(presence, "S02", PIN));
    assert_eq!(off_duty, "staff.off-duty");
    let by = credentials("S02", PIN);
    shop.wait(shop.handle().sign_in(caller("01"), Place::Till, by))
        .unwrap();
    assert_eq!(
        shop.denied(shop.release(presence, "S02", "999999")),
        "staff.pin-wrong"
    );
    let unsaid = ("trace.missing", Some(1));
    assert_eq!(
        shop.denied(shop.release(unsaid, "S02", PIN)),
        "release.no-such-reason"
    );
    shop.remedied(shop.release(presence, "S02", PIN), "counter.released");
    assert_eq!(shop.board("01").light, Light::Green);
    shop.leaves("01", "2102", &body);
    assert_eq!(shop.facts()["releases"][0]["by"], "S02");
    let signed = shop.parts(EntryKind::Release, PartClass::Staff);
    assert!(signed[0]["act"].as_str().unwrap().contains("presence.none"));
    let answer = shop
        .parts(EntryKind::Verdict, PartClass::Answer)
        .pop()
        .unwrap();
    assert!(
        answer.to_string().contains("\"released-by\":\"S02\""),
        "{answer}"
    );
}

#[test]
fn nobody_releases_a_hard_rule_or_without_a_reason() {
    let shop = Shop::staffed(&[Duty::Cashier, Duty::InCharge]);
    shop.reads("01", LI, "01");
    let body = shop.settlement("M1", LI, &[cup("R1000000-1")]);
    shop.refused("01", "2102", &body);
    let hard = ("item.not-payable", Some(1));
    assert_eq!(shop.denied(shop.release(hard, "S01", PIN)), "release.never");
    let offered = shop.board("01").sale.unwrap().reasons.remove(0).remedies;
    assert_eq!(offered, [Remedy::Till]);
    let short = Action::Sign(Sign::Release {
        rule: "item.not-payable".to_owned(),
        line: Some(1),
        reason: " 急 ".to_owned(),
        by: credentials("S01", PIN),
    });
    assert_eq!(shop.denied(short), "release.reason-too-short");
}

#[test]
fn a_release_of_a_line_ends_with_its_basket() {
    let shop = Shop::staffed(&[Duty::Cashier, Duty::InCharge]);
    shop.reads("01", LI, "01");
    let body = shop.settlement("M1", LI, &[granules("R1000000-1", &[1]).bare()]);
    shop.refused("01", "2102", &body);
    let missing = ("trace.missing", Some(1));
    shop.remedied(shop.release(missing, "S01", PIN), "counter.released");
    let other = shop.settlement("M2", LI, &[granules("R1000000-2", &[1, 2]).bare()]);
    assert!(shop.refused("01", "2102", &other).contains("追溯码"));
    shop.leaves("01", "2102", &{
        shop.remedied(shop.release(missing, "S01", PIN), "counter.released");
        other
    });
}

// R07: staff say that a refusal was wrong; it stays a refusal and is counted.
#[test]
fn a_refusal_is_marked_as_wrong() {
    let shop = Shop::staffed(&[Duty::Cashier]);
    let body = typed(&shop, "M1", &[granules("R1000000-1", &[1])]);
    shop.refused("01", "2102", &body);
    let wrong = Action::Supply(Supply::MarkWrong {
        rule: "presence.none".to_owned(),
        line: None,
        reason: "刚才已刷脸".to_owned(),
    });
    shop.remedied(wrong, "counter.marked-wrong");
    let marked = shop.parts(EntryKind::Release, PartClass::Facts);
    assert_eq!(marked[0]["what"], "marked-wrong");
    assert!(shop.refused("01", "2102", &body).contains("未核验到场"));
}

// What waits elsewhere is seen here, without its customer.
#[test]
fn another_till_is_seen_waiting() {
    let shop = Shop::staffed(&[Duty::Cashier]);
    let body = typed(&shop, "M1", &[granules("R1000000-1", &[1])]);
    shop.refused("01", "2102", &body);
    assert!(shop.board("01").queue.is_empty());
    let queue = shop.board("02").queue;
    assert_eq!((queue.len(), queue[0].till.as_str()), (1, "01"));
    assert_eq!(queue[0].reason.rule, "presence.none");
    shop.clock.advance(11 * MINUTE_MS);
    assert!(shop.board("02").queue.is_empty());
}
