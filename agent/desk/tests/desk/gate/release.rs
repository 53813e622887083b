//! What a release is good for at the gate, and how often it may be given (R07).

use pharmacy_desk::core::staff::Duty;
use pharmacy_desk::{Place, Remedy, Supply};
use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::part::PartClass;
use serde_json::{Value, json};

use super::remedy::PIN;
use crate::kit::{MINUTE_MS, Shop, caller, credentials};
use crate::message::{LI, Line, WANG, granules, yuan};

const CODES: (&str, Option<u32>) = ("trace.missing", Some(1));

fn plain(serial: &str) -> Line {
    granules(serial, &[1]).bare()
}

/// A shop whose person in charge, S01, is signed in, and a sale in front of them.
fn shop() -> Shop {
    let shop = Shop::staffed(&[Duty::InCharge]);
    shop.reads("01", LI, "01");
    shop
}

/// The shop with a basket that was refused for its codes and then released.
fn released(lines: &[Line]) -> Shop {
    let shop = shop();
    let words = shop.refused("01", "2102", &shop.settlement("M1", LI, lines));
    assert!(words.contains("追溯码"), "{words}");
    shop.remedied(shop.release(CODES, "S01", PIN), "counter.released");
    shop
}

// R07: the same goods under another message id, in another order, less of them, with others beside them.
#[test]
fn a_release_goes_with_its_goods() {
    let two = Line {
        count: 2,
        ..plain("R1000000-1")
    };
    let again = |shop: &Shop, lines: &[Line]| shop.settlement("M2", LI, lines);
    for lines in [
        vec![two.clone()],
        vec![plain("R2000000-1")],
        vec![
            granules("R2000000-1", &[3]),
            Line {
                serial: "R2000000-2".into(),
                ..two.clone()
            },
        ],
    ] {
        let shop = released(std::slice::from_ref(&two));
        let body = again(&shop, &lines);
        shop.leaves("01", "2102", &body);
        assert_eq!(shop.facts()["releases"][0]["by"], "S01");
    }
    let record = released(std::slice::from_ref(&two));
    let told = record.parts(EntryKind::Release, PartClass::Facts);
    assert_eq!(told[0]["covers"]["goods"][0]["quantity"], "2");
    let signed = record.parts(EntryKind::Release, PartClass::Staff);
    assert!(signed[0]["act"].as_str().unwrap().contains("covers"));
}

// R07: signed for one box, not for three, not at another price, not for somebody else.
#[test]
fn a_release_is_good_for_nothing_else() {
    let one = plain("R1000000-1");
    let refused = |lines: &[Line]| {
        let shop = released(std::slice::from_ref(&one));
        let body = shop.settlement("M2", LI, lines);
        let words = shop.refused("01", "2102", &body);
        assert!(words.contains("追溯码"), "{words}");
    };
    refused(&[Line {
        count: 3,
        ..one.clone()
    }]);
    refused(&[Line {
        fen: 1911,
        ..one.clone()
    }]);
    refused(&[one.clone(), plain("R1000000-2")]);
    let shop = released(std::slice::from_ref(&one));
    shop.reads("01", WANG, "01");
    let body = shop.settlement("M2", WANG, std::slice::from_ref(&one));
    shop.refused("01", "2102", &body);
}

/// A sale whose line says a yuan too much.
fn padded(shop: &Shop, msgid: &str, serial: &str) -> String {
    let lines = [granules(serial, &[])];
    let line = Line {
        count: 1,
        ..lines[0].clone()
    };
    let mut body: Value = serde_json::from_str(&shop.settlement(msgid, LI, &[line])).unwrap();
    body["input"]["drugdetail"][0]["det_item_fee_sumamt"] = yuan(2010);
    body["input"]["druginfo"]["medfee_sumamt"] = yuan(2010);
    body.to_string()
}

// R07: beyond the month's number a release still works, and is told at once.
#[test]
fn beyond_the_budget_a_release_works_and_is_told() {
    let shop = Shop::with_codes_after();
    shop.enrol("S01", &[Duty::InCharge], PIN);
    let sign_in = |shop: &Shop| {
        let by = credentials("S01", PIN);
        let signed_in = shop.handle().sign_in(caller("01"), Place::Till, by);
        shop.wait(signed_in).unwrap();
    };
    sign_in(&shop);
    let release = |turn: u32, code: &str| {
        let (msgid, serial) = (format!("M{turn}"), format!("R{turn:07}-1"));
        shop.clock.advance(11 * MINUTE_MS);
        shop.reads("01", LI, "01");
        let body = padded(&shop, &msgid, &serial);
        shop.refused("01", "2102", &body);
        let rule = ("sum.line", Some(1));
        shop.remedied(shop.release(rule, "S01", PIN), code);
        let departure = shop.sent("01", "2102", &body);
        shop.answered(departure, &shop.settled(&format!("S{turn}"), (LI, 2010)));
    };
    for turn in 1..=5 {
        release(turn, "counter.released");
    }
    // Taken back: the release was given all the same.
    shop.reverse("B5", "S5", LI);
    assert_eq!(shop.count("release.beyond-budget"), 0);
    assert_eq!(shop.status()["released_beyond"], json!([]));
    release(6, "counter.released-beyond");
    assert_eq!(shop.count("release.beyond-budget"), 1);
    let over = json!([{"rule": "sum.line", "released": 6, "budget": 5}]);
    assert_eq!(shop.status()["released_beyond"], over);
    let told = shop.parts(EntryKind::Release, PartClass::Facts);
    assert_eq!(told[5]["beyond"], json!({"released": 6, "budget": 5}));
    // The next month begins anew: it is the 22nd.
    shop.clock.advance(9 * 24 * 60 * MINUTE_MS);
    assert_eq!(shop.status()["released_beyond"], json!([]));
    sign_in(&shop);
    release(7, "counter.released");
}

// R01: everybody's money is not paid to somebody who is not there.
#[test]
fn presence_is_not_released_on_pooled_money() {
    let shop = Shop::staffed(&[Duty::InCharge]);
    shop.reads("01", LI, "02");
    let lines = [granules("R1000000-1", &[1])];
    let mut body: Value = serde_json::from_str(&shop.settlement("M1", LI, &lines)).unwrap();
    body["input"]["druginfo"]["med_type"] = json!("14");
    let pooled = body.to_string();
    assert!(shop.refused("01", "2102", &pooled).contains("未核验到场"));
    let reasons = shop.board("01").sale.unwrap().reasons;
    let presence = reasons.iter().find(|shown| shown.rule == "presence.none");
    assert!(!presence.unwrap().remedies.contains(&Remedy::Release));
    let denied = shop.denied(shop.release(("presence.none", None), "S01", PIN));
    assert_eq!(denied, "release.never");
    // The insured who shows their code is served, and so is account money after a release.
    shop.reads("01", LI, "01");
    shop.touch(Supply::ConfirmHolder).unwrap();
    shop.leaves("01", "2102", &pooled);
}
