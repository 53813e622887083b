//! The store's standing over a real log: what the register says becomes a fact, a refusal, an alarm
//! and a line of the page. The clock stands still until a test moves it; the register is changed by
//! commands that have the running desk record, as the command line does.

use std::sync::Arc;

use jiff::ToSpan;
use jiff::civil::{Date, date};
use pharmacy_decision::facts::Agreement;
use pharmacy_desk::core::staff::{Contract, Duty, Member};
use pharmacy_desk::core::standing::{
    Change, Ending, ImportantFact, Paper, Permit, SalesArea, StandingError, Term, Value,
};
use pharmacy_desk::enrol::NewPin;
use pharmacy_desk::{DeskError, StandingItem, read_standing, record_document, record_standing};
use pharmacy_journal::{Journal, LogView, PinCost};
use pharmacy_protocol::Secret;
use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::part::PartClass;
use pharmacy_protocol::term::EntryIndex;

use crate::kit::{MINUTE_MS, NOON_MS, Shop};
use crate::message::{LI, granules};

/// The day of [`NOON_MS`].
const TODAY: Date = date(2025, 11, 22);

const PERSON: &str = "欧阳某某甲";

const PDF: &[u8] = b"%PDF-1.7\nan agreement\n%%EOF\n";

fn today(shop: &Shop) -> Date {
    use pharmacy_base::clock::Clock;
    shop.clock.today()
}

fn record(shop: &Shop, change: &Change) -> Result<EntryIndex, DeskError> {
    let (change, today) = (change.clone(), today(shop));
    shop.at_desk(move |journal| record_standing(journal, &change, None, today))
}

/// Moves the clock to noon of a day.
fn go_to(shop: &Shop, day: Date) {
    let days = TODAY.until(day).unwrap().get_days();
    shop.clock
        .set(NOON_MS + i64::from(days) * 24 * 60 * MINUTE_MS);
    assert_eq!(today(shop), day);
}

fn agreement(number: &str, from: Date, until: Date) -> Change {
    Change::Agreement {
        number: number.to_owned(),
        state: Some(Agreement::InForce),
        from: Some(from),
        until: Some(until),
    }
}

fn changed(which: ImportantFact, value: &str, on: Date) -> Change {
    Change::FactChanged {
        which,
        value: Value::new(value).unwrap(),
        on,
    }
}

/// A plain purchase on a day; none when it may leave, else the reason.
fn buys(shop: &Shop, number: u64) -> Option<String> {
    use pharmacy_desk::Gated;
    shop.reads("01", LI, "01");
    let lines = [granules(&format!("R{number}-1"), &[number])];
    let body = shop.settlement(&format!("M{number}"), LI, &lines);
    match shop.try_gate("01", "2102", &body).unwrap() {
        Gated::Send(departure) => {
            let answer = shop.settled(&format!("S{number}"), (LI, 1910));
            drop(shop.answered(departure, &answer));
            None
        }
        Gated::Answer(answer) => Some(crate::kit::Heard::Answer(answer.body).refusal()),
        Gated::Pass => panic!("a settlement passes unjudged"),
    }
}

fn items(shop: &Shop) -> Vec<StandingItem> {
    shop.wait(shop.handle().standing()).unwrap()
}

fn item(shop: &Shop, what: &str) -> StandingItem {
    let items = items(shop);
    let mut found = items.iter().filter(|item| item.what == what);
    let found = found.next().cloned();
    found.unwrap_or_else(|| panic!("no `{what}` among {items:?}"))
}

// R30: the register's last day counts, not the configuration's, and a renewal lets sales go on.
#[test]
fn an_agreement_that_ran_out_stops_settlements_until_it_is_renewed() {
    let shop = Shop::new();
    assert_eq!(buys(&shop, 1), None, "the configuration says 2099");
    let old = agreement("A-1", date(2024, 11, 22), date(2025, 11, 21));
    record(&shop, &old).unwrap();
    let said = buys(&shop, 2).unwrap();
    assert!(said.contains("医保协议"), "{said}");
    let facts = shop.facts();
    assert_eq!(facts["store"]["agreement-until"]["known"], "2025-11-21");
    let next = agreement("A-2", date(2025, 11, 22), date(2026, 11, 21));
    record(&shop, &next).unwrap();
    assert_eq!(buys(&shop, 3), None);
    let recorded = shop.parts(EntryKind::Standing, PartClass::Store);
    assert_eq!(recorded.len(), 2);
    assert_eq!(recorded[1]["agreement"]["number"], "A-2");
}

// R30: suspended, then in force again.
#[test]
fn a_suspended_agreement_stops_settlements() {
    let shop = Shop::new();
    record(
        &shop,
        &agreement("A-1", date(2025, 1, 1), date(2026, 12, 31)),
    )
    .unwrap();
    let state = |state| Change::Agreement {
        number: "A-1".to_owned(),
        state: Some(state),
        from: None,
        until: None,
    };
    record(&shop, &state(Agreement::Suspended)).unwrap();
    assert!(buys(&shop, 1).unwrap().contains("医保协议"));
    assert_eq!(
        shop.facts()["store"]["agreement"]["known"],
        "suspended",
        "the state is what the rule found"
    );
    record(&shop, &state(Agreement::InForce)).unwrap();
    assert_eq!(buys(&shop, 2), None);
}

// R30, R33: 30 working days over National Day, the make-up Saturday of 11 October included.
#[test]
fn a_change_unfiled_for_31_working_days_stops_settlements_until_it_is_filed() {
    let shop = Shop::new();
    let change = changed(
        ImportantFact::Scope,
        "中成药、化学药制剂",
        date(2025, 9, 30),
    );
    record(&shop, &change).unwrap();
    for (day, days, is_refused) in [
        (date(2025, 11, 17), 29, false),
        (date(2025, 11, 18), 30, false),
        (date(2025, 11, 19), 31, true),
        (date(2025, 11, 22), 33, true),
    ] {
        go_to(&shop, day);
        let said = buys(&shop, days);
        assert_eq!(shop.facts()["store"]["unfiled-change-days"]["known"], days);
        assert_eq!(said.is_some(), is_refused, "{day}: {said:?}");
        assert!(said.is_none_or(|said| said.contains("重要信息变更")));
    }
    let overdue = item(&shop, "standing.unfiled-scope");
    assert_eq!(overdue.value, "2025-11-18");
    assert_eq!((overdue.days_left, overdue.is_due), (Some(-3), true));
    let filed = Change::FactFiled {
        which: ImportantFact::Scope,
        on: TODAY,
    };
    record(&shop, &filed).unwrap();
    assert_eq!(buys(&shop, 99), None);
    assert!(items(&shop).iter().all(|item| !item.is_due));
}

// R33, R07: across a year that nobody announced the days are marked, and the doubt is the store's.
#[test]
fn days_across_a_year_that_is_not_known_are_marked_and_not_held_against_the_store() {
    let shop = Shop::new();
    go_to(&shop, date(2026, 12, 1));
    let change = changed(ImportantFact::Address, "乙路2号", date(2026, 12, 1));
    record(&shop, &change).unwrap();
    let due = item(&shop, "standing.unfiled-address");
    assert!(due.is_uncertain, "{due:?}");
    assert_eq!(due.value, "2027-01-12", "with plain weekends");
    go_to(&shop, date(2027, 1, 15));
    let over = item(&shop, "standing.unfiled-address");
    assert_eq!((over.days_left, over.is_uncertain), (Some(-3), true));
    assert_eq!(buys(&shop, 1), None, "they may have been holidays");
    let days = &shop.facts()["store"]["unfiled-change-days"]["known"];
    assert!(days.as_u64().unwrap() < 30, "{days}");
    go_to(&shop, date(2027, 3, 1));
    assert!(buys(&shop, 2).is_some(), "no year has that many holidays");
}

// R30: reported at once means shown at once: on the board within a minute, at the till at once.
#[test]
fn a_revoked_licence_is_an_alarm_and_a_refusal() {
    let shop = Shop::new();
    assert_eq!(shop.board("01").alarms, Vec::<String>::new());
    let licence = |ended| Change::Licence {
        which: Permit::Drug,
        number: "粤DB7550001".to_owned(),
        term: Some(Term::Until(date(2029, 6, 30))),
        ended,
    };
    record(&shop, &licence(None)).unwrap();
    assert_eq!(buys(&shop, 1), None);
    let revoked = Change::Licence {
        which: Permit::Drug,
        number: "粤DB7550001".to_owned(),
        term: None,
        ended: Some((Ending::Revoked, TODAY)),
    };
    record(&shop, &revoked).unwrap();
    let said = buys(&shop, 2).unwrap();
    assert!(said.contains("药品经营许可证"), "{said}");
    shop.clock.advance(MINUTE_MS);
    assert_eq!(shop.board("01").alarms, ["standing.licence-over"]);
    assert_eq!(items(&shop)[0].what, "standing.licence-over", "due first");
    record(&shop, &licence(None)).unwrap();
    assert_eq!(buys(&shop, 3), None, "given back");
    shop.clock.advance(MINUTE_MS);
    assert_eq!(shop.board("01").alarms, Vec::<String>::new());
}

// R31: both place and measure are facts of the verdict, whatever rule looks at them.
#[test]
fn the_sales_area_becomes_a_fact_once_it_was_measured() {
    let shop = Shop::new();
    drop(buys(&shop, 1));
    assert!(shop.facts()["store"]["premises"]["known"].is_null());
    let area = |actual: &str| {
        Change::Area(SalesArea {
            approved: "86.5".parse().unwrap(),
            approved_address: "甲路1号".to_owned(),
            actual: Some(actual.parse().unwrap()),
            actual_address: Some("甲路1号".to_owned()),
            document: None,
        })
    };
    let cases = [(2, "86.50", "as-approved"), (3, "120", "changed")];
    for (number, actual, expected) in cases {
        record(&shop, &area(actual)).unwrap();
        drop(buys(&shop, number));
        assert_eq!(shop.facts()["store"]["premises"]["known"], expected);
    }
    assert!(item(&shop, "standing.area-differs").is_due);
}

// R30: without term is known, and as good as for ever.
#[test]
fn a_business_licence_without_term_is_known() {
    let shop = Shop::new();
    let licence = Change::Licence {
        which: Permit::Business,
        number: "91440300MA5ABCDE12".to_owned(),
        term: Some(Term::WithoutTerm),
        ended: None,
    };
    record(&shop, &licence).unwrap();
    assert_eq!(buys(&shop, 1), None);
    let until = &shop.facts()["store"]["business-licence-until"]["known"];
    assert_eq!(until, "9999-12-31");
}

// R32: once somebody is registered, the register counts, and a contract that ends is shown.
#[test]
fn staffing_comes_from_the_staff_register_once_it_is_kept() {
    let shop = Shop::new();
    drop(buys(&shop, 1));
    assert_eq!(shop.facts()["store"]["insurance-managers"]["known"], 2);
    let member = |staff: &str, duty, until| Member {
        staff: staff.parse().unwrap(),
        name: PERSON.to_owned(),
        duties: [duty].into(),
        qualification: None,
        contract: Contract {
            from: date(2024, 1, 1),
            until,
        },
        retired: None,
    };
    let pin = Secret::new("270418".to_owned());
    let pin = NewPin {
        pin: &pin,
        cost: PinCost::dangerous_for_test(),
    };
    let ends = date(2025, 12, 5);
    let manager = member("M01", Duty::InsuranceManager, ends);
    shop.enter(manager, &pin);
    drop(buys(&shop, 2));
    let facts = shop.facts();
    assert_eq!(facts["store"]["insurance-managers"]["known"], 1);
    assert_eq!(facts["store"]["pharmacists"]["known"], 0);
    let short = item(&shop, "standing.insurance-managers-short");
    assert_eq!((short.value.as_str(), short.is_due), ("1 / 2", true));
    let contract = item(&shop, "standing.contract-ends");
    assert_eq!(contract.value, "M01 · 2025-12-05");
    assert_eq!(contract.days_left, Some(10));
    go_to(&shop, ends.checked_add(1.day()).unwrap());
    assert_eq!(
        item(&shop, "standing.insurance-managers-short").value,
        "0 / 2"
    );
    let alarms = shop.board("01").alarms;
    for alarm in [
        "standing.insurance-managers-short",
        "standing.pharmacists-short",
    ] {
        assert!(alarms.iter().any(|code| code == alarm), "{alarms:?}");
    }
}

// R65: what nobody told is listed, and nobody is sent to act for it.
#[test]
fn the_page_shows_what_is_known_and_what_is_not() {
    let shop = Shop::new();
    let items = items(&shop);
    let unknown = items.iter().filter(|item| item.value.is_empty());
    let unknown: Vec<_> = unknown.map(|item| item.what).collect();
    for what in [
        "standing.hotline",
        "standing.price",
        "standing.commitment",
        "standing.business-licence",
        "standing.area",
        "standing.person-in-charge",
    ] {
        assert!(unknown.contains(&what), "{what}: {unknown:?}");
    }
    let agreement = item(&shop, "standing.agreement");
    assert_eq!(agreement.value, "2099-12-31");
    assert!(agreement.is_uncertain && !agreement.is_due);
}

/// A person's name leaves the register in a `staff` part only; on the disk it is sealed.
#[test]
fn names_of_persons_lie_in_staff_parts_only() {
    let shop = Shop::new();
    for which in ImportantFact::ALL {
        record(&shop, &changed(*which, PERSON, TODAY)).unwrap();
    }
    let log = LogView::open(shop.folder()).unwrap();
    let mut named = 0;
    for index in (0..log.size().unwrap()).map(EntryIndex::new) {
        let entry = log.entry(index).unwrap();
        if entry.kind != EntryKind::Standing {
            continue;
        }
        let store = log.open_part(index, PartClass::Store).unwrap();
        let store = String::from_utf8(store.to_vec()).unwrap();
        match log.open_part(index, PartClass::Staff) {
            Ok(staff) => {
                named += 1;
                assert!(String::from_utf8(staff.to_vec()).unwrap().contains(PERSON));
                assert!(!store.contains(PERSON), "{store}");
            }
            Err(_) => assert!(store.contains(PERSON), "{store}"),
        }
    }
    assert_eq!(named, 3);
    assert!(!format!("{:?}", read_standing(&log).unwrap()).contains(PERSON));
    for file in std::fs::read_dir(shop.folder().join("journal")).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        let mut windows = bytes.windows(PERSON.len());
        assert!(!windows.any(|window| window == PERSON.as_bytes()));
    }
}

#[test]
fn a_document_is_an_entry_of_its_own_and_the_register_keeps_its_digest() {
    let shop = Shop::new();
    let attach = |bytes: &[u8]| {
        let content = bytes.to_vec().into();
        shop.at_desk(|journal| record_document(journal, Paper::Agreement, content, TODAY))
    };
    let size = || shop.log().size().unwrap();
    let before = size();
    let code = |refused: Result<EntryIndex, DeskError>| refused.unwrap_err().code();
    assert_eq!(code(attach(PDF)), StandingError::NothingToAttachTo.code());
    assert_eq!(code(attach(b"<html>")), StandingError::DocumentType.code());
    let mut large = PDF.to_vec();
    large.resize(pharmacy_desk::core::standing::MAX_DOCUMENT + 1, b' ');
    assert_eq!(code(attach(&large)), StandingError::DocumentSize.code());
    assert_eq!(size(), before, "nothing was recorded");
    record(
        &shop,
        &agreement("A-1", date(2025, 1, 1), date(2026, 12, 31)),
    )
    .unwrap();
    let changed = attach(PDF).unwrap();
    let log = shop.log();
    let register = read_standing(&log).unwrap();
    let document = register.agreements[0].document.as_ref().unwrap();
    assert_eq!(log.entry(document.entry).unwrap().kind, EntryKind::Document);
    assert_eq!(log.entry(changed).unwrap().refs, [document.entry]);
    let bytes = log.open_part(document.entry, PartClass::Staff).unwrap();
    assert_eq!(bytes.as_slice(), PDF);
    let told = log.open_part(document.entry, PartClass::Store).unwrap();
    let told: serde_json::Value = serde_json::from_slice(&told).unwrap();
    assert_eq!(told["digest"], document.digest.as_str());
    assert_eq!(told["type"], "application/pdf");
}

/// Two commands at once: the desk takes one after the other, the later one changes what the earlier one
/// left, and nobody records past the desk.
#[test]
fn two_commands_do_not_lose_each_others_changes() {
    let shop = Shop::new();
    let clock = Arc::new(shop.clock.clone());
    let past = Journal::open(shop.folder(), clock).unwrap_err();
    assert_eq!(past.code(), "store.in-use");
    let both: Vec<_> = ImportantFact::ALL
        .chunks(3)
        .map(|facts| {
            let desk = shop.handle();
            async move {
                for which in facts {
                    let change = changed(*which, "某某", TODAY);
                    let record =
                        move |journal: &mut Journal| record_standing(journal, &change, None, TODAY);
                    let _ = desk.lend_journal(record).await.unwrap().unwrap();
                }
            }
        })
        .collect();
    let [first, second] = both.try_into().ok().unwrap();
    shop.wait(async { tokio::join!(first, second) });
    assert_eq!(read_standing(&shop.log()).unwrap().facts.len(), 6);
    let again = record(&shop, &changed(ImportantFact::Name, "某某", TODAY));
    assert_eq!(again.unwrap_err().code(), StandingError::Unchanged.code());
    assert_eq!(shop.parts(EntryKind::Standing, PartClass::Store).len(), 6);
}
