//! Goods from before the duty to scan: entered once, counted down by settlements, and not by the way.

use jiff::civil::{Date, date};
use pharmacy_desk::core::staff::Duty;
use pharmacy_desk::{Action, DeskError, Done, Fate, Light, NewLot, Place, Sign};
use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::part::PartClass;

use crate::kit::{MINUTE_MS, Shop, caller, credentials};
use crate::message::{LI, Line, WANG, granules, trace};

const PIN: &str = "270418";
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

/// A shop whose person in charge is signed in at till 01, and a refused sale there that lacks a code.
fn shop() -> Shop {
    staffed(Shop::new())
}

fn staffed(shop: Shop) -> Shop {
    shop.enrol("S01", &[Duty::InCharge], PIN);
    shop.enrol("S02", &[Duty::Cashier], PIN);
    let by = credentials("S01", PIN);
    let signed_in = shop.handle().sign_in(caller("01"), Place::Till, by);
    shop.wait(signed_in).unwrap();
    shop.reads("01", LI, "01");
    shop
}

/// So many packs with no code.
fn bare(count: i64) -> Line {
    Line {
        count,
        ..granules("R1000000-1", &[])
    }
}

fn lot(lot: &str, quantity: &str) -> NewLot {
    NewLot {
        line: 1,
        lot: lot.parse().unwrap(),
        paper: "D20250301".parse().unwrap(),
        bought: date(2025, 3, 1),
        last_day: date(2026, 12, 31),
        quantity: quantity.parse().unwrap(),
    }
}

fn enter_by(shop: &Shop, new: NewLot, staff: &str) -> Result<Done, DeskError> {
    let action = Action::Sign(Sign::EnterNoCode {
        lot: Box::new(new),
        by: credentials(staff, PIN),
    });
    shop.wait(shop.handle().act(caller("01"), Place::Till, action, None))
}

#[track_caller]
fn enter(shop: &Shop, new: NewLot) {
    let done = enter_by(shop, new, "S01").unwrap();
    assert_eq!(done.code, "counter.no-code-entered");
}

#[track_caller]
fn denied(shop: &Shop, new: NewLot) -> &'static str {
    enter_by(shop, new, "S01").unwrap_err().code()
}

/// What is left, lot by lot.
fn left(shop: &Shop) -> Vec<String> {
    let items = shop.wait(shop.handle().no_code()).unwrap();
    let told = items.iter();
    told.map(|item| format!("{} {}", item.goods.lot, item.left))
        .collect()
}

#[track_caller]
fn missing(shop: &Shop, msgid: &str, lines: &[Line]) {
    let said = shop.refused("01", "2102", &shop.settlement(msgid, LI, lines));
    assert!(said.contains("追溯码"), "{said}");
}

// R25: entered by the person in charge at the refusal that asks for it, counted down, gone at zero.
#[test]
fn a_lot_is_entered_once_and_counted_down_to_nothing() {
    let shop = shop();
    missing(&shop, "M1", &[bare(2)]);
    enter(&shop, lot("B1", "3"));
    assert_eq!(shop.board("01").light, Light::Green);
    shop.settle("M2", "S2", (LI, &[bare(2)]));
    assert_eq!(left(&shop), ["B1 1"]);
    let entered = shop.parts(EntryKind::Claim, PartClass::Goods);
    assert_eq!(entered[0]["no-code"], "entered");
    assert_eq!(entered[0]["lots"][0]["goods"]["lot"], "B1");
    assert_eq!(shop.parts(EntryKind::Claim, PartClass::Staff).len(), 1);
    // One is left, and two are not.
    shop.reads("01", WANG, "01");
    let two = shop.settlement("M3", WANG, &[bare(2)]);
    assert!(shop.refused("01", "2102", &two).contains("追溯码"));
    shop.settle("M4", "S4", (WANG, &[bare(1)]));
    assert_eq!(left(&shop), ["B1 0"]);
    // At zero it stays there, under the same paper.
    shop.clock.advance(11 * MINUTE_MS);
    shop.reads("01", LI, "01");
    let later = Line {
        count: 2,
        ..granules("R5000000-1", &[])
    };
    missing(&shop, "M5", &[later]);
    assert_eq!(denied(&shop, lot("b1", "3")), "no-code.again");
    let facts = shop.facts();
    assert_eq!(facts["lines"][0].get("no-code"), None);
}

// Up by nothing but a reversal, and by exactly what the sale took.
#[test]
fn a_reversal_gives_back_exactly_what_was_taken() {
    let shop = shop();
    missing(&shop, "M1", &[bare(2)]);
    enter(&shop, lot("B1", "1.5"));
    enter(
        &shop,
        NewLot {
            last_day: date(2027, 1, 31),
            ..lot("B2", "4")
        },
    );
    // The earliest lot first, and its rest.
    shop.settle("M2", "S2", (LI, &[bare(2)]));
    assert_eq!(left(&shop), ["B1 0", "B2 3.5"]);
    shop.reverse("M3", "S2", LI);
    assert_eq!(left(&shop), ["B1 1.5", "B2 4"]);
    // Taken back once is taken back.
    shop.queries(&shop.statement("S2", "M2", 3820));
    assert_eq!(left(&shop), ["B1 1.5", "B2 4"]);
}

// Two tills at once: what left and has no answer yet is taken; "no" gives it back.
#[test]
fn two_tills_cannot_sell_one_box_and_a_decline_gives_it_back() {
    let shop = shop();
    missing(&shop, "M1", &[bare(1)]);
    enter(&shop, lot("B1", "1"));
    let departure = shop.sent("01", "2102", &shop.settlement("M2", LI, &[bare(1)]));
    shop.reads("02", WANG, "01");
    let other = |msgid| shop.settlement(msgid, WANG, &[bare(1)]);
    assert!(shop.refused("02", "2102", &other("M3")).contains("追溯码"));
    shop.answered(departure, &shop.no("余额不足"));
    assert_eq!(left(&shop), ["B1 1"]);
    let departure = shop.sent("02", "2102", &other("M4"));
    shop.conclude(departure, Fate::InDoubt);
    assert_eq!(left(&shop), ["B1 0"], "nobody knows whether it is sold");
    missing(&shop, "M5", &[bare(1)]);
    // What never left took nothing.
    let departure = {
        enter(&shop, lot("B2", "1"));
        shop.sent("01", "2102", &shop.settlement("M6", LI, &[bare(1)]))
    };
    shop.conclude(departure, Fate::NotSent);
    assert_eq!(left(&shop), ["B1 0", "B2 1"]);
}

// What has a code is not of the list.
#[test]
fn packs_with_codes_take_nothing() {
    let shop = shop();
    missing(&shop, "M1", &[bare(1)]);
    enter(&shop, lot("B1", "3"));
    shop.settle("M2", "S2", (LI, &[granules("R1000000-1", &[1, 2])]));
    assert_eq!(left(&shop), ["B1 3"]);
    shop.reads("01", WANG, "01");
    let half = Line {
        count: 2,
        packs: vec![trace(3)],
        ..granules("R2000000-1", &[])
    };
    shop.settle("M3", "S3", (WANG, &[half]));
    assert_eq!(left(&shop), ["B1 2"]);
}

#[test]
fn what_cannot_be_entered_is_refused_with_its_reason() {
    let shop = shop();
    missing(&shop, "M1", &[bare(1)]);
    let with = |change: fn(&mut NewLot)| {
        let mut new = lot("B1", "3");
        change(&mut new);
        denied(&shop, new)
    };
    assert_eq!(
        with(|new| new.bought = date(2025, 7, 1)),
        "no-code.bought-since"
    );
    assert_eq!(
        with(|new| new.last_day = date(2025, 11, 21)),
        "no-code.expired"
    );
    assert_eq!(
        with(|new| new.quantity = "0".parse().unwrap()),
        "no-code.quantity"
    );
    // Who is not in charge does not enter anything, however right the PIN.
    let by_cashier = enter_by(&shop, lot("B1", "3"), "S02").unwrap_err();
    assert_eq!(by_cashier.code(), "staff.duty");
    assert!(left(&shop).is_empty());
    // Another paper of the same lot is another delivery.
    enter(&shop, lot("B1", "3"));
    let other = NewLot {
        paper: "D20250402".parse().unwrap(),
        ..lot("B1", "2")
    };
    enter(&shop, other);
    assert_eq!(left(&shop), ["B1 3", "B1 2"]);
}

// A mark of an article in the catalogue is no list.
#[test]
fn a_mark_in_the_catalogue_excuses_nothing() {
    let shop = shop();
    let marked = Line {
        sku: "100034",
        ..bare(1)
    };
    missing(&shop, "M1", &[marked]);
}

// Ended by the pack's day, and by the lot's own.
#[test]
fn after_its_day_a_missing_code_is_missing() {
    let after = |last_day: Date, days: i64| {
        let shop = shop();
        missing(&shop, "M1", &[bare(1)]);
        enter(
            &shop,
            NewLot {
                last_day,
                ..lot("B1", "9")
            },
        );
        shop.clock.advance(days * DAY_MS);
        shop.reads("01", WANG, "01");
        let body = shop.settlement("M2", WANG, &[bare(1)]);
        shop.refused("01", "2102", &body)
    };
    // The lot's last day was 2025-12-31.
    assert!(after(date(2025, 12, 31), 40).contains("追溯码"));
    // The pack's is 2028-06-30.
    assert!(after(date(2030, 1, 1), 960).contains("追溯码"));
}

// R07: where codes follow the settlement, goods of the list are not overdue for ever.
#[test]
fn where_codes_follow_nothing_of_the_list_is_overdue() {
    let shop = Shop::with_codes_after();
    let shop = staffed(shop);
    shop.leaves("01", "2101", &shop.druginfo("2101", "P1", (LI, &[bare(1)])));
    enter(&shop, lot("B1", "1"));
    shop.settle("M1", "S1", (LI, &[bare(1)]));
    assert_eq!(left(&shop), ["B1 1"], "a code may come yet");
    shop.reads("01", WANG, "01");
    shop.settle("M2", "S2", (WANG, &[granules("R2000000-1", &[1]).bare()]));
    shop.clock.advance(31 * MINUTE_MS);
    shop.tick();
    assert_eq!(left(&shop), ["B1 0"]);
    // The other one lacks its code, and the list has nothing for it.
    assert_eq!(shop.count("gateway.trace-codes-overdue"), 1);
    shop.tick();
    assert_eq!(shop.count("gateway.trace-codes-overdue"), 1);
}
