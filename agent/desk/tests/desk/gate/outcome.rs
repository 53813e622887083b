//! What became of a call that left, and how a doubt ends.

use pharmacy_desk::core::staff::Duty;
use pharmacy_desk::{DeskError, Fate, Place, Resolution};
use pharmacy_protocol::act::{ActKind, SignedAct};
use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::part::PartClass;
use pharmacy_protocol::term::SaleId;
use serde_json::json;

use crate::kit::{Heard, MINUTE_MS, Shop, caller, credentials, platform};
use crate::message::{LI, Line, granules, motherwort};

fn shop() -> Shop {
    let shop = Shop::with_codes_after();
    shop.reads("01", LI, "01");
    shop
}

fn plain(serial: &str) -> Line {
    granules(serial, &[1]).bare()
}

/// A shop with a settlement in doubt.
fn in_doubt() -> Shop {
    let shop = shop();
    let departure = shop.sent(
        "01",
        "2102",
        &shop.settlement("M1", LI, &[plain("R1000000-1")]),
    );
    shop.conclude(departure, Fate::InDoubt);
    shop
}

fn resolve(shop: &Shop, outcome: Resolution) -> Result<(), DeskError> {
    let sale: SaleId = shop
        .board("01")
        .in_doubt
        .first()
        .map_or_else(|| panic!("nothing is in doubt"), |doubt| doubt.sale.clone());
    let resolved = shop
        .handle()
        .resolve(caller("01"), sale, "M1".into(), outcome, None);
    shop.wait(resolved)
}

#[test]
fn no_connection_means_not_sent_and_the_till_hears_so() {
    let shop = shop();
    let lines = [plain("R1000000-1")];
    let departure = shop.sent("01", "2102", &shop.settlement("M1", LI, &lines));
    let heard = shop.conclude(departure, Fate::NotSent);
    assert!(heard.refusal().contains("没有发出"));
    assert!(shop.board("01").in_doubt.is_empty());
    shop.settle("M2", "S2", (LI, &lines));
}

// R07: a till that sends the very same message again once the line is back is served.
#[test]
fn what_never_left_leaves_when_it_is_sent_again() {
    let shop = shop();
    let body = shop.settlement("M1", LI, &[plain("R1000000-1")]);
    for _ in 0..2 {
        let departure = shop.sent("01", "2102", &body);
        let heard = shop.conclude(departure, Fate::NotSent);
        assert!(heard.refusal().contains("没有发出"));
    }
    let departure = shop.sent("01", "2102", &body);
    shop.conclude(departure, Fate::InDoubt);
    assert!(shop.refused("01", "2102", &body).contains("结果未知"));
}

// Only the platform's own "no" is a no.
#[test]
fn an_answer_that_is_no_answer_leaves_it_in_doubt() {
    for (status, body) in [
        (502, "<html>Bad Gateway</html>".to_owned()),
        (200, String::new()),
        (200, "{\"infcode\":0,\"output\":{}}".to_owned()),
        (500, "{\"infcode\":-1}".to_owned()),
        (
            200,
            "{\"infcode\":-1,\"output\":{\"setlinfo\":{\"setl_id\":\"S9\"}}}".to_owned(),
        ),
    ] {
        let shop = shop();
        let departure = shop.sent(
            "01",
            "2102",
            &shop.settlement("M1", LI, &[plain("R1000000-1")]),
        );
        let heard = shop.conclude(departure, Fate::Answered(platform(status, &body)));
        assert_eq!(
            heard,
            Heard::Answer(body.clone().into_bytes()),
            "handed on as it came"
        );
        assert_eq!(shop.board("01").in_doubt.len(), 1, "{body}");
    }
    let shop = shop();
    let departure = shop.sent(
        "01",
        "2102",
        &shop.settlement("M1", LI, &[plain("R1000000-1")]),
    );
    shop.answered(departure, &shop.no("余额不足"));
    assert!(shop.board("01").in_doubt.is_empty());
}

#[test]
fn a_crash_between_sending_and_hearing_leaves_it_in_doubt() {
    let mut shop = shop();
    let body = shop.settlement("M1", LI, &[plain("R1000000-1")]);
    drop(shop.sent("01", "2102", &body));
    assert!(shop.board("01").in_doubt.is_empty(), "it is under way");
    shop.restart();
    let board = shop.board("01");
    assert_eq!(board.in_doubt.len(), 1);
    assert_eq!(board.in_doubt[0].msgid, "M1");
    assert!(shop.refused("01", "2102", &body).contains("结果未知"));
}

#[test]
fn a_query_that_names_the_message_ends_the_doubt() {
    let shop = in_doubt();
    shop.queries(&shop.statement("S1", "M1", 1910));
    assert!(shop.board("01").in_doubt.is_empty());
    assert_eq!(shop.findings(), Vec::<String>::new());
    let again = shop.settlement("M2", LI, &[plain("R1000000-1")]);
    assert!(shop.refused("01", "2102", &again).contains("S1"));
    shop.reverse("B1", "S1", LI);
}

#[test]
fn a_settlement_that_the_platform_shows_as_taken_back_does_not_stand() {
    let shop = in_doubt();
    let answer = shop.statement("S1", "M1", 1910);
    let answer = answer.replace("\"setl_id\"", "\"refd_setl_flag\":\"1\",\"setl_id\"");
    shop.queries(&answer);
    assert!(shop.board("01").in_doubt.is_empty());
    shop.leaves(
        "01",
        "2102",
        &shop.settlement("M2", LI, &[plain("R1000000-1")]),
    );
}

// R42: who said so is recorded.
#[test]
fn the_person_in_charge_ends_the_doubt_and_is_recorded() {
    for (outcome, again) in [
        (
            Resolution::Settled {
                settlement: "S7".into(),
            },
            Some("S7"),
        ),
        (Resolution::NotSettled, None),
    ] {
        let shop = in_doubt();
        resolve(&shop, outcome).unwrap();
        assert!(shop.board("01").in_doubt.is_empty());
        let staff = shop.parts(EntryKind::Outcome, PartClass::Staff);
        let by = json!({"by": "01/till-program", "staff": null, "reason": null});
        assert_eq!(staff, [by]);
        let body = shop.settlement("M2", LI, &[plain("R1000000-1")]);
        match again {
            Some(number) => assert!(shop.refused("01", "2102", &body).contains(number)),
            None => drop(shop.sent("01", "2102", &body)),
        }
    }
}

// R42: once somebody is registered who can be in charge, they alone end a doubt, and sign for it.
#[test]
fn whoever_is_in_charge_signs_for_the_end_of_a_doubt() {
    let shop = in_doubt();
    let key = shop.enrol("S01", &[Duty::InCharge], "270418");
    shop.enrol("S02", &[Duty::Cashier], "270418");
    let doubt = shop.board("01").in_doubt[0].clone();
    let resolve = |by: Option<(&str, &str)>| {
        let (sale, msgid) = (doubt.sale.clone(), doubt.msgid.clone());
        let by = by.map(|(staff, pin)| credentials(staff, pin));
        let settled = Resolution::Settled {
            settlement: "S7".into(),
        };
        let resolved = shop
            .handle()
            .resolve(caller("01"), sale, msgid, settled, by);
        shop.wait(resolved).map_err(|error| error.code())
    };
    assert_eq!(resolve(None), Err("staff.no-credentials"));
    let in_charge = Some(("S01", "270418"));
    assert_eq!(resolve(in_charge), Err("staff.off-duty"));
    let by = credentials("S01", "270418");
    let signed_in = shop.handle().sign_in(caller("01"), Place::Till, by);
    shop.wait(signed_in).unwrap();
    assert_eq!(resolve(Some(("S02", "270418"))), Err("staff.duty"));
    assert_eq!(resolve(Some(("S01", "270419"))), Err("staff.pin-wrong"));
    assert!(!shop.board("01").in_doubt.is_empty());
    resolve(in_charge).unwrap();
    assert!(shop.board("01").in_doubt.is_empty());

    let parts = shop.parts(EntryKind::Outcome, PartClass::Staff);
    let bytes = serde_json::to_vec(&parts[0]).unwrap();
    let signed: SignedAct = serde_json::from_slice(&bytes).unwrap();
    let act = signed.verify(&"S01".parse().unwrap(), &key).unwrap();
    let act = act.get();
    assert_eq!(act.kind, ActKind::Resolve);
    assert_eq!(act.sale.as_ref(), Some(&doubt.sale));
    let what = json!({"msgid": "M1", "outcome": "settled", "settlement": "S7"});
    assert_eq!(act.what, what);
    assert_eq!(act.about.len(), 1);
}

#[test]
fn a_resolution_that_contradicts_what_is_known_is_refused() {
    let shop = in_doubt();
    let sale = shop.board("01").in_doubt[0].sale.clone();
    shop.settle("M2", "S2", (LI, &[motherwort("R2000000-1")]));
    for (settlement, code) in [
        ("S2", "attempt.number-taken"),
        ("", "attempt.contradiction"),
        ("  ", "attempt.contradiction"),
    ] {
        let settlement = settlement.to_owned();
        let refused = resolve(&shop, Resolution::Settled { settlement });
        assert_eq!(refused.unwrap_err().code(), code);
    }
    resolve(&shop, Resolution::NotSettled).unwrap();
    let settled = Resolution::Settled {
        settlement: "S1".into(),
    };
    let late = shop
        .handle()
        .resolve(caller("01"), sale, "M1".into(), settled, None);
    assert_eq!(shop.wait(late).unwrap_err().code(), "attempt.contradiction");
    shop.reverse("B2", "S2", LI);
}

#[test]
fn a_late_answer_after_an_undo_is_recorded_and_handed_on() {
    let shop = shop();
    let departure = shop.sent(
        "01",
        "2102",
        &shop.settlement("M1", LI, &[plain("R1000000-1")]),
    );
    let undo = shop.sent("01", "2601", &shop.undo("U1", ("2102", "M1"), LI));
    shop.answered(undo, &shop.yes(json!(null)));
    let answer = shop.settled("S1", (LI, 1910));
    assert_eq!(
        shop.answered(departure, &answer),
        Heard::Answer(answer.into_bytes())
    );
    assert_eq!(shop.findings(), ["gateway.late-answer"]);
    assert!(shop.board("01").in_doubt.is_empty());
}

// The platform's sum is compared with what was sent.
#[test]
fn a_settlement_over_another_sum_is_noted() {
    let shop = shop();
    let departure = shop.sent(
        "01",
        "2102",
        &shop.settlement("M1", LI, &[plain("R1000000-1")]),
    );
    shop.answered(departure, &shop.settled("S1", (LI, 9999)));
    let outcomes = shop.parts(EntryKind::Outcome, PartClass::Answer);
    assert_eq!(outcomes[0]["findings"], json!(["amounts-differ"]));
}

/// 2601 of the attempt in doubt, answered by the platform.
fn undoes(shop: &Shop, msgid: &str, answer: &str) {
    let undo = shop.sent("01", "2601", &shop.undo(msgid, ("2102", "M1"), LI));
    shop.answered(undo, answer);
}

const NOT_THERE: &str = "原交易不存在，无需冲正";

// Once may be too early: what was sent may still arrive.
#[test]
fn no_such_transaction_ends_a_doubt_the_second_time_and_not_too_early() {
    let shop = in_doubt();
    let is_open = || shop.board("01").in_doubt.len() == 1;
    undoes(&shop, "U1", &shop.no(NOT_THERE));
    undoes(&shop, "U1", &shop.no(NOT_THERE));
    assert!(is_open(), "twice, and too early");
    // Neither a clock that is set nor another refusal makes it later or sure.
    shop.clock.set(shop.clock_ms() + 60 * MINUTE_MS);
    undoes(&shop, "U2", &shop.no(NOT_THERE));
    shop.clock.advance(9 * MINUTE_MS);
    undoes(&shop, "U3", &shop.no(NOT_THERE));
    shop.clock.advance(2 * MINUTE_MS);
    for other in ["签到已失效", "参保人信息不存在", "系统异常"] {
        undoes(&shop, "U4", &shop.no(other));
    }
    assert!(is_open());
    undoes(&shop, "U5", &shop.no(NOT_THERE));
    assert!(!is_open());
    shop.reads("01", LI, "01");
    shop.leaves(
        "01",
        "2102",
        &shop.settlement("M1", LI, &[plain("R1000000-1")]),
    );
}

#[test]
fn said_once_after_ten_minutes_it_ends_nothing() {
    let shop = in_doubt();
    shop.clock.advance(11 * MINUTE_MS);
    undoes(&shop, "U1", &shop.no(NOT_THERE));
    assert_eq!(shop.board("01").in_doubt.len(), 1);
    undoes(&shop, "U2", &shop.no(NOT_THERE));
    assert!(shop.board("01").in_doubt.is_empty());
}

#[test]
fn a_departure_that_is_still_open_does_not_end() {
    let shop = shop();
    let departure = shop.sent(
        "01",
        "2102",
        &shop.settlement("M1", LI, &[plain("R1000000-1")]),
    );
    shop.clock.advance(11 * MINUTE_MS);
    for undo in ["U1", "U2", "U3"] {
        undoes(&shop, undo, &shop.no(NOT_THERE));
    }
    shop.reads("01", LI, "01");
    let again = shop.settlement("M2", LI, &[plain("R2000000-1")]);
    assert!(shop.refused("01", "2102", &again).contains("结果未明"));
    shop.answered(departure, &shop.settled("S1", (LI, 1910)));
    assert!(shop.refused("01", "2102", &again).ends_with("S1"));
}

// What was said before counts after a restart; the time that the agent was off does not.
#[test]
fn a_restart_does_not_shorten_the_ten_minutes() {
    let mut shop = in_doubt();
    undoes(&shop, "U1", &shop.no(NOT_THERE));
    shop.clock.advance(20 * MINUTE_MS);
    shop.restart();
    undoes(&shop, "U2", &shop.no(NOT_THERE));
    assert_eq!(shop.board("01").in_doubt.len(), 1);
    shop.clock.advance(11 * MINUTE_MS);
    undoes(&shop, "U3", &shop.no(NOT_THERE));
    assert!(shop.board("01").in_doubt.is_empty());
}

// Where the till has no button that asks, the customer's own record says what became of it.
#[test]
fn whoever_is_on_duty_attests_the_customers_own_record() {
    let settled = || Resolution::SettledInApp {
        settlement: "S7".into(),
    };
    for (outcome, minutes, ends) in [
        (settled(), 0, Ok(())),
        (Resolution::NotInApp, 9, Err("remedy.doubt-too-fresh")),
        (Resolution::NotInApp, 11, Ok(())),
    ] {
        let shop = in_doubt();
        shop.enrol("S01", &[Duty::InCharge], "270418");
        let key = shop.enrol("S02", &[Duty::Cashier], "270418");
        shop.clock.advance(minutes * MINUTE_MS);
        let doubt = shop.board("01").in_doubt[0].clone();
        let resolve = |outcome: &Resolution, staff: Option<&str>| {
            let by = staff.map(|staff| credentials(staff, "270418"));
            let (sale, msgid) = (doubt.sale.clone(), doubt.msgid.clone());
            let resolved = shop
                .handle()
                .resolve(caller("01"), sale, msgid, outcome.clone(), by);
            shop.wait(resolved).map_err(|error| error.code())
        };
        assert_eq!(resolve(&outcome, None), Err("staff.no-credentials"));
        assert_eq!(resolve(&outcome, Some("S02")), Err("staff.off-duty"));
        let by = credentials("S02", "270418");
        shop.wait(shop.handle().sign_in(caller("01"), Place::Till, by))
            .unwrap();
        // What the platform said is still for the person in charge.
        let by_platform = Resolution::Settled {
            settlement: "S7".into(),
        };
        assert_eq!(resolve(&by_platform, Some("S02")), Err("staff.duty"));
        assert_eq!(resolve(&outcome, Some("S02")), ends);
        assert_eq!(shop.board("01").in_doubt.is_empty(), ends.is_ok());
        if ends.is_err() {
            continue;
        }
        let parts = shop.parts(EntryKind::Outcome, PartClass::Staff);
        let bytes = serde_json::to_vec(&parts[0]).unwrap();
        let signed: SignedAct = serde_json::from_slice(&bytes).unwrap();
        let act = signed.verify(&"S02".parse().unwrap(), &key).unwrap();
        let word = match outcome {
            Resolution::NotInApp => "not-in-app",
            _ => "settled-in-app",
        };
        assert_eq!(act.get().what["outcome"], word);
    }
}
