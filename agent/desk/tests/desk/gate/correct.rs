//! A wrong box scanned, put right after the settlement, and what is no such correction.

use pharmacy_desk::core::staff::Duty;
use pharmacy_desk::{Action, DeskError, Done, ListAction, Place, WrongBox};
use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::part::PartClass;
use serde_json::json;

use crate::kit::{MINUTE_MS, Shop, caller, credentials};
use crate::message::{LI, Line, Person, WANG, granules, trace, with_line};

const PIN: &str = "270418";
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

/// A shop with a settled sale of packs 1 and 2; S01 is in charge, S02 a pharmacist, S03 a cashier, all on
/// duty.
fn settled() -> Shop {
    let shop = Shop::new();
    for (staff, duty) in [
        ("S01", Duty::InCharge),
        ("S02", Duty::Pharmacist),
        ("S03", Duty::Cashier),
    ] {
        shop.enrol(staff, &[duty], PIN);
        let by = credentials(staff, PIN);
        let signed_in = shop.handle().sign_in(caller("01"), Place::Till, by);
        shop.wait(signed_in).unwrap();
    }
    shop.reads("01", LI, "01");
    shop.settle("M1", "S1", (LI, &[granules("R1000000-1", &[1, 2])]));
    shop
}

fn correct_by(shop: &Shop, staff: &str, wrong: u64, right: &str) -> Result<Done, DeskError> {
    let sale = shop.board("01").sale.unwrap().sale;
    let what = WrongBox {
        sale,
        wrong: trace(wrong).parse().unwrap(),
        right: right.parse().unwrap(),
    };
    let action = Action::List(ListAction::CorrectBox {
        what: Box::new(what),
        by: credentials(staff, PIN),
    });
    shop.wait(shop.handle().act(caller("01"), Place::Till, action, None))
}

fn correct(shop: &Shop, wrong: u64, right: u64) -> Result<Done, DeskError> {
    correct_by(shop, "S01", wrong, &trace(right))
}

#[track_caller]
fn denied(shop: &Shop, wrong: u64, right: &str) -> &'static str {
    correct_by(shop, "S01", wrong, right).unwrap_err().code()
}

// R13: what was recorded wrongly can be sold, what was handed over is sold, and a reversal follows.
#[test]
fn a_wrong_box_is_put_right_and_both_histories_follow() {
    let shop = settled();
    assert_eq!(correct(&shop, 2, 3).unwrap().code, "counter.box-corrected");
    let sale = shop.board("01").sale.unwrap().sale;
    let corrections = shop.wait(shop.handle().corrections(sale)).unwrap();
    assert_eq!(corrections.len(), 1);
    assert_eq!(corrections[0].right.to_string(), trace(3));
    let goods = shop.parts(EntryKind::Sale, PartClass::Goods);
    let told = goods.last().unwrap();
    assert_eq!(
        (&told["wrong"], &told["settlement"]),
        (&trace(2).into(), &"S1".into())
    );
    assert_eq!(shop.parts(EntryKind::Sale, PartClass::Staff).len(), 1);
    // The list stays as it was recorded.
    let list = shop
        .parts(EntryKind::Outcome, PartClass::List)
        .pop()
        .unwrap();
    assert_eq!(list["lines"][0]["trace_codes"][1], trace(2));

    shop.reads("01", WANG, "01");
    let third = shop.settlement("M2", WANG, &[granules("R2000000-1", &[3])]);
    assert!(shop.refused("01", "2102", &third).contains("已售"));
    let second = granules("R2000000-2", &[2]);
    shop.settle("M3", "S3", (WANG, &[second]));
    // Taken back: what was handed over comes back, and no more than that.
    shop.reverse("M4", "S1", LI);
    shop.reads("01", LI, "01");
    let sold = shop.settlement("M5", LI, &[granules("R3000000-1", &[2])]);
    assert!(shop.refused("01", "2102", &sold).contains("已售"));
    shop.leaves(
        "01",
        "2102",
        &shop.settlement("M6", LI, &[granules("R3000000-2", &[3])]),
    );
}

#[test]
fn a_pharmacist_on_duty_may_and_a_cashier_may_not() {
    let shop = settled();
    let by_cashier = correct_by(&shop, "S03", 2, &trace(3)).unwrap_err();
    assert_eq!(by_cashier.code(), "staff.duty");
    let by_nobody = correct_by(&shop, "S09", 2, &trace(3)).unwrap_err();
    assert_eq!(by_nobody.code(), "staff.off-duty");
    assert!(correct_by(&shop, "S02", 2, &trace(3)).is_ok());
}

#[test]
fn what_is_no_correction_is_refused() {
    let shop = settled();
    // Not of this sale; of this sale already; another article; a code of no article.
    assert_eq!(denied(&shop, 9, &trace(3)), "correction.no-such-code");
    assert_eq!(denied(&shop, 1, &trace(2)), "correction.no-such-code");
    let other = "89001420000000000001";
    assert_eq!(denied(&shop, 1, other), "correction.other-article");
    let unknown = "81234560000000000001";
    assert_eq!(denied(&shop, 1, unknown), "correction.other-article");
    // Sold to somebody else, or in somebody's basket.
    shop.reads("02", WANG, "01");
    let theirs = [granules("R9000000-1", &[4])];
    shop.leaves("02", "2101", &shop.druginfo("2101", "P1", (WANG, &theirs)));
    assert_eq!(denied(&shop, 1, &trace(4)), "correction.sold");
    shop.leaves("02", "2102", &shop.settlement("M2", WANG, &theirs));
    assert_eq!(denied(&shop, 1, &trace(4)), "correction.sold");
}

#[test]
fn after_the_packs_days_and_after_a_reversal_nothing_is_corrected() {
    let shop = settled();
    let sale = shop.board("01").sale.unwrap().sale;
    let late = |shop: &Shop| {
        let what = WrongBox {
            sale: sale.clone(),
            wrong: trace(2).parse().unwrap(),
            right: trace(3).parse().unwrap(),
        };
        let action = Action::List(ListAction::CorrectBox {
            what: Box::new(what),
            by: credentials("S01", PIN),
        });
        let acted = shop.handle().act(caller("01"), Place::Till, action, None);
        shop.wait(acted).unwrap_err().code()
    };
    shop.clock.advance(8 * DAY_MS);
    assert_eq!(late(&shop), "correction.too-late");
    shop.reverse("M4", "S1", LI);
    assert_eq!(late(&shop), "correction.taken-back");
}

/// A settlement of so many bags of a box of twenty.
fn bags(shop: &Shop, msgid: &str, person: Person, (pack, count): (u64, i64)) -> String {
    let line = Line {
        count,
        ..granules(&format!("R{msgid}00000-1"), &[pack])
    };
    let body = shop.settlement(msgid, person, &[line]);
    with_line(&body, json!({"trdn_flag": "1", "prd_days": 1}))
}

fn settle_bags(shop: &Shop, till: &str, msgid: &str, person: Person, (pack, count): (u64, i64)) {
    shop.reads(till, person, "01");
    let departure = shop.sent(till, "2102", &bags(shop, msgid, person, (pack, count)));
    let answer = shop.settled(&format!("S-{msgid}"), (person, count * 1910));
    shop.answered(departure, &answer);
}

// R13: the pieces go back to the box that was scanned and come out of the one that was opened.
#[test]
fn pieces_of_a_wrong_box_go_back_and_come_out_of_the_right_one() {
    let shop = settled();
    settle_bags(&shop, "01", "M11", LI, (11, 12));
    assert_eq!(
        correct(&shop, 11, 12).unwrap().code,
        "counter.box-corrected"
    );
    let goods = shop.parts(EntryKind::Sale, PartClass::Goods);
    assert_eq!(goods.last().unwrap()["right"], trace(12));
    // Eight are left of the right one, and the other one is whole again.
    shop.reads("02", WANG, "01");
    let more = bags(&shop, "M12", WANG, (12, 9));
    assert!(shop.refused("02", "2102", &more).contains("拆零"));
    settle_bags(&shop, "02", "M13", WANG, (12, 8));
    shop.reads("02", WANG, "01");
    let whole = shop.settlement("M14", WANG, &[granules("R1400000-1", &[11])]);
    let departure = shop.sent("02", "2102", &whole);
    shop.answered(departure, &shop.settled("S-M14", (WANG, 1910)));
    // Taken back, its twelve are there again, and no more.
    shop.reverse("B1", "S-M11", LI);
    shop.reads("02", WANG, "01");
    let more = bags(&shop, "M15", WANG, (12, 13));
    assert!(shop.refused("02", "2102", &more).contains("拆零"));
    settle_bags(&shop, "02", "M16", WANG, (12, 12));
}

// R07: others have had their part of both boxes, before and since.
#[test]
fn boxes_that_others_bought_of_keep_what_those_took() {
    let shop = settled();
    settle_bags(&shop, "02", "M11", WANG, (12, 5));
    settle_bags(&shop, "01", "M12", LI, (11, 8));
    settle_bags(&shop, "02", "M13", WANG, (11, 12));
    // The wrong one is used up by now.
    correct(&shop, 11, 12).unwrap();
    shop.reads("01", LI, "01");
    for (msgid, above) in [("M14", (11, 9)), ("M15", (12, 8))] {
        let body = bags(&shop, msgid, LI, above);
        assert!(
            shop.refused("01", "2102", &body).contains("拆零"),
            "{above:?}"
        );
    }
    shop.leaves("01", "2102", &bags(&shop, "M16", LI, (11, 8)));
}

#[test]
fn pieces_are_not_exchanged_against_what_a_box_does_not_hold() {
    let shop = settled();
    settle_bags(&shop, "02", "M11", WANG, (12, 9));
    settle_bags(&shop, "02", "M10", WANG, (13, 12));
    settle_bags(&shop, "01", "M12", LI, (13, 8));
    settle_bags(&shop, "01", "M13", LI, (11, 12));
    // Eleven are left; used up; sold whole; another article; not of this sale.
    assert_eq!(denied(&shop, 11, &trace(12)), "correction.too-few-pieces");
    assert_eq!(denied(&shop, 11, &trace(13)), "correction.sold");
    assert_eq!(denied(&shop, 11, &trace(1)), "correction.sold");
    let other = "89001420000000000001";
    assert_eq!(denied(&shop, 11, other), "correction.other-article");
    assert_eq!(denied(&shop, 12, &trace(14)), "correction.no-such-code");
    // In the next customer's basket.
    shop.reads("02", WANG, "01");
    shop.refused("02", "2102", &bags(&shop, "M14", WANG, (11, 9)));
    assert_eq!(denied(&shop, 11, &trace(14)), "correction.sold");
    let close = Action::CloseSale;
    shop.wait(shop.handle().act(caller("02"), Place::Till, close, None))
        .unwrap();
    correct(&shop, 11, 14).unwrap();
}
