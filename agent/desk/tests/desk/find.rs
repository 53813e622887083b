//! An inspector's questions, confirmed lists and the day's figures, over a real log (R68, R40, R07).

use crate::kit::{MINUTE_MS, NOON_MS, Shop, caller};
use crate::message::{LI, Person, WANG, cup, granules, trace};
use pharmacy_base::clock::Clock as _;
use pharmacy_desk::core::staff::Duty;
use pharmacy_desk::{
    Answers, Confirmed, Credentials, DeskError, Drawing, Found, Place, Query, Question, Role, Top,
    top,
};
use pharmacy_journal::{Draft, DraftPart, Journal, JournalError};
use pharmacy_protocol::Secret;
use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::part::PartClass;
use pharmacy_protocol::term::EntryIndex;
use zeroize::Zeroizing;

const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

/// Two sales: 李某某甲 at noon, 王某某乙 an hour later.
fn two_sales() -> Shop {
    let shop = Shop::new();
    shop.reads("01", LI, "01");
    shop.settle("M1", "S1", (LI, &[granules("R1000000-1", &[1])]));
    shop.clock.advance(60 * MINUTE_MS);
    shop.reads("01", WANG, "01");
    shop.settle("M2", "S2", (WANG, &[granules("R2000000-1", &[2, 3])]));
    shop
}

fn asked() -> Query {
    Query {
        limit: 10,
        ..Query::default()
    }
}

fn ask(shop: &Shop, question: impl Into<Question>) -> Answers {
    shop.wait(shop.handle().ask(caller("01"), question.into()))
        .unwrap()
}

fn settlements(found: &[Found]) -> Vec<&str> {
    found
        .iter()
        .map(|found| found.settlement.as_str())
        .collect()
}

/// A question with one thing given.
fn with(change: impl FnOnce(&mut Query)) -> Query {
    let mut query = asked();
    change(&mut query);
    query
}

fn of_drug(drug: &str) -> Query {
    with(|query| query.drug = Some(drug.into()))
}

fn of_person(person: Person) -> Query {
    with(|query| query.person = Some(person.certno.parse().unwrap()))
}

#[test]
fn a_sale_is_found_by_whatever_is_known_of_it() {
    let shop = two_sales();
    let first = [
        with(|query| query.receipt = Some("M1".into())),
        with(|query| query.settlement = Some("S1".into())),
        of_person(LI),
        with(|query| query.trace = Some(trace(1).parse().unwrap())),
        with(|query| query.until_ms = Some(NOON_MS + 1)),
        Query {
            until_ms: Some(NOON_MS + 1),
            ..of_drug("100057")
        },
        Query {
            settlement: Some("S1".into()),
            ..of_person(LI)
        },
    ];
    for query in first {
        let answers = ask(&shop, query.clone());
        assert_eq!(settlements(&answers.found), ["S1"], "{query:?}");
        assert!(answers.is_complete);
    }
    let drugs = ["100057", "ZA99ZZZ9999010199901", "板蓝根"];
    for query in drugs.map(of_drug).into_iter().chain([asked()]) {
        let found = ask(&shop, query.clone()).found;
        assert_eq!(settlements(&found), ["S2", "S1"], "newest first: {query:?}");
    }
    let question = Question {
        operator: Some("001".into()),
        query: asked(),
        ..Question::default()
    };
    assert_eq!(ask(&shop, question).found.len(), 2);
}

#[test]
fn what_no_sale_has_finds_none() {
    let shop = two_sales();
    let neither = [
        Query {
            settlement: Some("S2".into()),
            ..of_person(LI)
        },
        with(|query| query.trace = Some(trace(9).parse().unwrap())),
        of_drug("阿莫西林"),
        of_drug("XA01ABB075A002010100483"),
        with(|query| query.pharmacist = number_of_staff()),
        with(|query| query.released = true),
        with(|query| query.from_ms = Some(NOON_MS + 61 * MINUTE_MS)),
    ];
    for query in neither {
        assert!(ask(&shop, query.clone()).found.is_empty(), "{query:?}");
    }
}

fn number_of_staff() -> Option<pharmacy_protocol::term::StaffId> {
    Some("P001".parse().unwrap())
}

#[test]
fn an_answer_names_its_entries_and_masks_its_persons() {
    let shop = two_sales();
    let query = Query {
        settlement: Some("S1".into()),
        ..asked()
    };
    let found = ask(&shop, query).found.remove(0);
    let log = shop.log();
    assert_eq!(log.entry(found.entry).unwrap().kind, EntryKind::Outcome);
    assert_eq!(
        log.entry(found.verdict.unwrap()).unwrap().kind,
        EntryKind::Verdict
    );
    assert_eq!((found.at_ms, found.till.as_str()), (NOON_MS, "01"));
    assert_eq!(found.goods, ["板蓝根颗粒 × 1"]);
    assert_eq!(found.total.to_string(), "19.10");
    assert!(!found.is_taken_back && !found.is_erased());
    let holder = found.holder.unwrap();
    assert!(
        !holder.contains(LI.certno) && !holder.contains(LI.name),
        "{holder}"
    );
    assert!(found.releases.is_empty() && found.reviews.is_empty());
}

/// R44: who asked and by what, never for whom.
#[test]
fn asking_is_an_entry_without_the_persons_number() {
    let shop = two_sales();
    let person = Some(LI.certno.parse().unwrap());
    ask(
        &shop,
        Query {
            person,
            from_ms: Some(0),
            ..asked()
        },
    );
    let access = shop.parts(EntryKind::Access, PartClass::Staff);
    let expected = serde_json::json!({
        "access": "question",
        "by": {"client": "till-program", "staff": null}, "asked": ["from", "person"],
    });
    assert_eq!(access, [expected]);
}

#[test]
fn more_than_was_asked_for_is_said() {
    let shop = two_sales();
    let answers = ask(
        &shop,
        Query {
            limit: 1,
            ..asked()
        },
    );
    assert_eq!(settlements(&answers.found), ["S2"]);
    assert!(!answers.is_complete);
}

#[test]
fn what_was_taken_back_is_found_and_counts_for_nothing() {
    let shop = two_sales();
    shop.reverse("B1", "S1", LI);
    let answers = ask(&shop, asked());
    let taken: Vec<bool> = answers
        .found
        .iter()
        .map(|found| found.is_taken_back)
        .collect();
    assert_eq!(taken, [false, true]);
    let log = shop.log();
    let holders = top(&log, Top::Holders, (None, None), 10).unwrap();
    assert_eq!(holders.len(), 1);
    assert_eq!(
        (holders[0].count, holders[0].amount.to_string()),
        (1, "38.20".into())
    );
    let drugs = top(&log, Top::Drugs, (None, None), 10).unwrap();
    assert_eq!(drugs[0].shown.as_deref(), Some("100057 板蓝根颗粒"));
    assert_eq!((drugs.len(), drugs[0].count), (1, 1));
    let before = top(&log, Top::Drugs, (None, Some(NOON_MS + 1)), 10).unwrap();
    assert!(before.is_empty());
}

/// R13, R68: codes that come after the settlement lead to its list, and it no longer lacks them.
#[test]
fn packs_whose_codes_came_later_are_found() {
    let shop = Shop::with_codes_after();
    shop.reads("01", LI, "01");
    shop.settle("M1", "S1", (LI, &[granules("R1000000-1", &[1]).bare()]));
    let lacking = || Question {
        no_code: true,
        query: asked(),
        ..Question::default()
    };
    assert_eq!(ask(&shop, lacking()).found.len(), 1);
    let pack = || Query {
        trace: Some(trace(7).parse().unwrap()),
        ..asked()
    };
    assert!(ask(&shop, pack()).found.is_empty());
    let body = shop.sold("3505", "S1", &[7]);
    shop.observe("01", "3505", &body, &shop.yes(serde_json::json!({})));
    assert_eq!(settlements(&ask(&shop, pack()).found), ["S1"]);
    assert!(ask(&shop, lacking()).found.is_empty());
    let split = Question {
        split: true,
        query: asked(),
        ..Question::default()
    };
    assert!(ask(&shop, split).found.is_empty());
}

/// R44: what was erased answers with index and moment only.
#[test]
fn an_erased_list_answers_with_index_and_moment() {
    let mut shop = two_sales();
    let entry = ask(
        &shop,
        Query {
            settlement: Some("S1".into()),
            ..asked()
        },
    )
    .found[0]
        .entry;
    shop.stop();
    let mut journal =
        Journal::open(shop.folder(), std::sync::Arc::new(shop.clock.clone())).unwrap();
    let _ = journal.erase(&[(entry, PartClass::List)]).unwrap();
    drop(journal);
    shop.restart();
    let found = ask(
        &shop,
        Query {
            receipt: Some("M1".into()),
            ..asked()
        },
    )
    .found
    .remove(0);
    assert!(found.is_erased());
    assert_eq!((found.entry, found.at_ms), (entry, NOON_MS));
    assert_eq!(
        (found.holder, found.goods.len(), found.total.units()),
        (None, 0, 0)
    );
    // Part of a name cannot be told any more.
    let named = ask(
        &shop,
        Query {
            drug: Some("板蓝根".into()),
            ..asked()
        },
    );
    assert_eq!(settlements(&named.found), ["S2"]);
    let lists = shop.wait(shop.handle().lists()).unwrap();
    assert_eq!(lists.len(), 1);
    // Marks go with the lists that they lead to.
    shop.stop();
    let mut journal =
        Journal::open(shop.folder(), std::sync::Arc::new(shop.clock.clone())).unwrap();
    let draft = Draft::new(
        EntryKind::Liveness,
        DraftPart::new(PartClass::Store, b"null".to_vec()),
    );
    let removed = journal
        .record(draft, |rows, _| {
            Ok::<_, JournalError>(rows.remove_marks_before(NOON_MS + 1)?)
        })
        .unwrap()
        .into_value();
    assert!(removed >= 5, "{removed}");
    drop(journal);
    shop.restart();
    assert_eq!(settlements(&ask(&shop, asked()).found), ["S2"]);
}

fn drawing() -> Drawing {
    let png = [
        0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d, b'I', b'H', b'D', b'R', 0,
        0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0, 0x3a, 0x7e, 0x9b, 0x55, 0, 0, 0, 0x0a, b'I', b'D',
        b'A', b'T', 0x78, 0x9c, 0x63, 0x60, 0, 0, 0, 2, 0, 1, 0x48, 0xaf, 0xa4, 0x71, 0, 0, 0, 0,
        b'I', b'E', b'N', b'D', 0xae, 0x42, 0x60, 0x82,
    ];
    Drawing {
        strokes: vec![vec![[100, 200, 0], [500, 250, 120], [900, 210, 300]]],
        png: Zeroizing::new(png.to_vec()),
    }
}

/// R40: drawn, bound to the list's digest; signed twice keeps both and the newest counts.
#[test]
fn a_list_is_confirmed_by_what_was_drawn() {
    let shop = two_sales();
    let items = shop.wait(shop.handle().lists()).unwrap();
    assert_eq!(items.len(), 2);
    assert!(items.iter().all(|item| item.confirmed == Confirmed::Open));
    let oldest = items[1].sale.clone();
    let sign = |role| {
        let signed = shop
            .handle()
            .sign_list(caller("02"), oldest.clone(), drawing(), role);
        shop.wait(signed)
    };
    assert_eq!(sign(Role::Holder).unwrap().code, "list.signed");
    assert_eq!(sign(Role::Holder).unwrap().code, "list.signed");
    assert_eq!(sign(Role::Proxy).unwrap_err().code(), "list.no-proxy");
    let kept = shop.parts(EntryKind::Signature, PartClass::List);
    assert_eq!(kept.len(), 2);
    let list = ask(
        &shop,
        Query {
            settlement: Some("S1".into()),
            ..asked()
        },
    )
    .found
    .remove(0);
    let parts = shop.log().entry(list.entry).unwrap().parts;
    let part = parts
        .iter()
        .find(|part| part.class == PartClass::List)
        .unwrap();
    assert_eq!(kept[0]["list"]["digest"], part.commitment.to_string());
    assert_eq!(
        (&kept[0]["signer"], &kept[0]["list"]["entry"]),
        (&"holder".into(), &list.entry.value().into())
    );
    assert_eq!(kept[0]["strokes"][0][2], serde_json::json!([900, 210, 300]));
    let items = shop.wait(shop.handle().lists()).unwrap();
    let states: Vec<_> = items.iter().map(|item| item.confirmed).collect();
    assert_eq!(
        states,
        [Confirmed::Open, Confirmed::Drawn],
        "open ones first"
    );
    assert_eq!(shop.board("01").unsigned, 1);
    shop.reverse("B1", "S1", LI);
    assert_eq!(sign(Role::Holder).unwrap_err().code(), "list.taken-back");
    assert!(matches!(
        shop.wait(shop.handle().list_of("0000000000000000-1".parse().unwrap())),
        Err(DeskError::NoList)
    ));
    assert_eq!(
        shop.wait(shop.handle().list_of(oldest.clone()))
            .unwrap()
            .settlement,
        "S1"
    );
}

/// R40: lists of earlier days that nobody confirmed are told of once a day.
#[test]
fn unconfirmed_lists_of_earlier_days_are_reported_once_a_day() {
    let shop = two_sales();
    let alive = || shop.wait(shop.handle().record_liveness()).unwrap();
    alive();
    assert_eq!(
        shop.count("list.unsigned"),
        0,
        "today's may still be signed"
    );
    shop.clock.advance(DAY_MS);
    alive();
    alive();
    assert_eq!(shop.count("list.unsigned"), 1);
    let log = shop.log();
    let finding = (0..log.size().unwrap())
        .map(|index| {
            log.entry(pharmacy_protocol::term::EntryIndex::new(index))
                .unwrap()
        })
        .find(|entry| entry.kind == EntryKind::Finding)
        .unwrap();
    assert_eq!(finding.refs.len(), 2);
    let kinds = finding
        .refs
        .iter()
        .map(|entry| log.entry(*entry).unwrap().kind);
    assert!(kinds.into_iter().all(|kind| kind == EntryKind::Outcome));
    let items = shop.wait(shop.handle().lists()).unwrap();
    for item in items {
        let signed = shop
            .handle()
            .sign_list(caller("01"), item.sale, drawing(), Role::Holder);
        shop.wait(signed).unwrap();
    }
    shop.clock.advance(DAY_MS);
    alive();
    assert_eq!(shop.count("list.unsigned"), 1);
}

/// R07: a refusal counts once for each sale and rule, however often the till asks.
#[test]
fn a_day_has_its_figures() {
    let shop = two_sales();
    for msgid in ["M3", "M4"] {
        let body = shop.settlement(msgid, LI, &[cup(&format!("R-{msgid}"))]);
        shop.refused("01", "2102", &body);
    }
    let figures = shop.wait(shop.handle().figures()).unwrap();
    assert_eq!(
        (figures.sales, figures.amount.to_string()),
        (2, "57.30".into())
    );
    assert_eq!(figures.refusals, 1, "{figures:?}");
    let named = |rule: &&pharmacy_desk::RuleFigures| rule.rule == "item.not-payable";
    assert!(figures.rules.iter().any(|rule| named(&rule)), "{figures:?}");
    assert!(
        figures.rules.iter().all(|rule| rule.refusals == 1),
        "{figures:?}"
    );
    assert_eq!(
        (figures.unsigned, figures.releases, figures.wrong),
        (2, 0, 0)
    );
    shop.clock.advance(DAY_MS);
    let next = shop.wait(shop.handle().figures()).unwrap();
    assert_eq!((next.sales, next.refusals, next.unsigned), (0, 0, 2));
}

fn sign_in(shop: &Shop) {
    let by = Credentials {
        staff: "S01".parse().unwrap(),
        pin: Secret::new("270418".to_owned()),
    };
    shop.wait(shop.handle().sign_in(caller("01"), Place::Till, by))
        .unwrap();
}

// R44: whoever looks at a list is signed in, and on record.
#[test]
fn a_list_is_shown_to_somebody_signed_in_and_leaves_an_entry() {
    let shop = two_sales();
    let sale = shop.wait(shop.handle().lists()).unwrap()[0].sale.clone();
    let look = |sale| shop.wait(shop.handle().look(caller("01"), sale));
    let accesses = || {
        let log = shop.log();
        let entries =
            (0..log.size().unwrap()).map(|index| log.entry(EntryIndex::new(index)).unwrap());
        let accesses = entries.filter(|entry| entry.kind == EntryKind::Access);
        accesses.count()
    };
    let before = accesses();
    assert_eq!(
        look(Some(sale.clone())).unwrap_err().code(),
        "staff.not-signed-in"
    );
    assert_eq!(look(None).unwrap_err().code(), "staff.not-signed-in");
    assert_eq!(accesses(), before);
    shop.enrol("S01", &[Duty::Cashier], "270418");
    sign_in(&shop);
    look(Some(sale.clone())).unwrap();
    look(None).unwrap();
    assert_eq!(accesses(), before + 2);
    // The page draws itself anew: still the same look.
    look(Some(sale.clone())).unwrap();
    assert_eq!(accesses(), before + 2);
    shop.clock.advance(10 * MINUTE_MS);
    look(Some(sale)).unwrap();
    assert_eq!(accesses(), before + 3);
}

// The till's own program prints a receipt when it was settled, and not whatever it likes ever after.
#[test]
fn a_program_has_the_list_of_a_sale_just_settled_and_later_ones_with_somebody_signed_in() {
    let shop = two_sales();
    let sale = shop.wait(shop.handle().lists()).unwrap()[0].sale.clone();
    let list = || shop.wait(shop.handle().purchase_list(caller("01"), sale.clone()));
    list().unwrap();
    shop.clock.advance(2 * DAY_MS);
    assert_eq!(list().unwrap_err().code(), "staff.not-signed-in");
    // A clock that is set back makes no list new.
    let later = shop.clock.now_ms();
    shop.clock.set(NOON_MS + 61 * MINUTE_MS);
    assert_eq!(list().unwrap_err().code(), "staff.not-signed-in");
    shop.clock.set(later);
    shop.enrol("S01", &[Duty::Cashier], "270418");
    sign_in(&shop);
    list().unwrap();
}
