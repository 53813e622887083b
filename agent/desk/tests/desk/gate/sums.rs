//! Sums at the gate: what does not make itself is refused, what honest tills round is not (R24).

use pharmacy_desk::Gated;
use serde_json::{Value, json};

use crate::kit::{MINUTE_MS, Shop};
use crate::message::{LI, Line, WANG, cup, granules, yuan};

fn shop() -> Shop {
    let shop = Shop::with_codes_after();
    shop.reads("01", LI, "01");
    shop
}

fn plain(serial: &str) -> Line {
    granules(serial, &[1]).bare()
}

/// A settlement of some lines with something of it changed.
fn changed(shop: &Shop, msgid: &str, lines: &[Line], change: impl FnOnce(&mut Value)) -> String {
    let mut body = serde_json::from_str(&shop.settlement(msgid, LI, lines)).unwrap();
    change(&mut body);
    body.to_string()
}

// R24: 1.00 yuan more than the price says.
#[test]
fn a_padded_line_is_refused_and_a_rounded_one_leaves() {
    let lines = [plain("R1000000-1")];
    let with = |msgid, fen: i64| {
        let shop = shop();
        let body = changed(&shop, msgid, &lines, |body| {
            body["input"]["drugdetail"][0]["det_item_fee_sumamt"] = yuan(fen);
            body["input"]["druginfo"]["medfee_sumamt"] = yuan(fen);
        });
        (shop, body)
    };
    let (shop, padded) = with("M1", 2010);
    let words = shop.refused("01", "2102", &padded);
    assert!(
        words.contains("20.10元") && words.contains("19.10元"),
        "{words}"
    );
    // Rounded up to 5 fen, rounded to yuan below, a discount.
    for fen in [1915, 1900, 1500] {
        let (shop, rounded) = with("M1", fen);
        shop.leaves("01", "2102", &rounded);
    }
}

// R24: a head without the lines to go with it.
#[test]
fn a_head_above_its_lines_is_refused_and_one_that_rounds_leaves() {
    let lines = [plain("R1000000-1")];
    let with = |fen: i64| {
        let shop = shop();
        let body = changed(&shop, "M1", &lines, |body| {
            body["input"]["druginfo"]["medfee_sumamt"] = yuan(fen);
        });
        (shop, body)
    };
    let (shop, padded) = with(1961);
    assert!(shop.refused("01", "2102", &padded).contains("总额19.61元"));
    for fen in [1960, 1920, 1900] {
        let (shop, rounded) = with(fen);
        let departure = shop.sent("01", "2102", &rounded);
        shop.answered(departure, &shop.settled("S1", (LI, fen)));
        assert!(shop.findings().is_empty(), "{fen}");
    }
}

// R24: tenders of a till that splits the amount itself.
#[test]
fn tenders_make_the_total_or_are_refused() {
    let lines = [plain("R1000000-1")];
    let with = |account: i64, cash: i64| {
        let shop = shop();
        let body = changed(&shop, "M1", &lines, |body| {
            let head = &mut body["input"]["druginfo"];
            head["acct_pay"] = yuan(account);
            head["fund_pay_sumamt"] = json!(0);
            head["psn_cash_pay"] = yuan(cash);
        });
        (shop, body)
    };
    for (account, cash) in [(1000, 900), (2000, 0), (1910, 1910)] {
        let (shop, wrong) = with(account, cash);
        let words = shop.refused("01", "2102", &wrong);
        assert!(words.contains("支付合计"), "{words}");
    }
    for (account, cash) in [(1000, 910), (1910, 0), (0, 0)] {
        let (shop, right) = with(account, cash);
        shop.leaves("01", "2102", &right);
    }
}

type Change = fn(&mut Value);

/// Calculations, and what one that only another bill mends hears.
fn calculations() -> Vec<(Vec<Line>, Change, Option<&'static str>)> {
    let bare = || vec![plain("R1000000-1")];
    let tripled = |line: Line| Line { fen: 5730, ..line };
    let gift = Line {
        fen: 0,
        ..cup("R1000000-2")
    };
    let nothing: Change = |_| {};
    let line_of: Change = |body| {
        body["input"]["drugdetail"][0]["det_item_fee_sumamt"] = json!(20.1);
        body["input"]["druginfo"]["medfee_sumamt"] = json!(20.1);
    };
    let head_of: Change = |body| body["input"]["druginfo"]["medfee_sumamt"] = json!(29.1);
    let tenders: Change = |body| body["input"]["druginfo"]["psn_cash_pay"] = json!(29);
    let part: Change = |body| body["input"]["druginfo"]["psn_cash_pay"] = json!(9);
    let rounded: Change = |body| body["input"]["druginfo"]["medfee_sumamt"] = json!(19);
    let nobody: Change = |body| {
        let input = &mut body["input"];
        input["druginfo"].as_object_mut().unwrap().remove("psn_no");
        input["drugdetail"][0]["psn_no"] = LI.psn_no.into();
        input["drugdetail"][1]["psn_no"] = WANG.psn_no.into();
    };
    vec![
        (bare(), line_of, Some("多于单价乘数量")),
        (bare(), head_of, Some("总额29.10元")),
        (bare(), tenders, Some("支付合计")),
        ([bare(), vec![gift]].concat(), nothing, Some("赠品请移出")),
        (
            vec![tripled(granules("R1000000-1", &[1]))],
            nothing,
            Some("标价19.10元"),
        ),
        (
            [bare(), vec![plain("R1000000-2")]].concat(),
            nobody,
            Some("请联系收银软件商"),
        ),
        // The unit is a question, which a scan answers; what is rounded, or one tender, is honest.
        (vec![tripled(plain("R1000000-1"))], nothing, None),
        (bare(), rounded, None),
        (bare(), part, None),
        (bare(), nothing, None),
    ]
}

// R24: what only another bill mends is said when it is calculated; what packs or people mend passes.
#[test]
fn a_store_may_let_calculations_be_refused_for_sums_and_prices() {
    for (lines, change, words) in calculations() {
        for (shop, words) in [(Shop::new(), None), (Shop::refusing_early(), words)] {
            shop.reads("01", LI, "01");
            let asked = shop.druginfo("2101", "P1", (LI, &lines));
            let mut body: Value = serde_json::from_str(&asked).unwrap();
            change(&mut body);
            let body = body.to_string();
            match words {
                Some(words) => {
                    let told = shop.refused("01", "2101", &body);
                    assert!(told.contains(words), "{words}: {told}");
                }
                None => {
                    let is_answered =
                        matches!(shop.try_gate("01", "2101", &body), Ok(Gated::Answer(_)));
                    assert!(!is_answered, "{body}");
                }
            }
        }
    }
}

// R20, R24
#[test]
fn a_gift_is_sent_off_the_bill_and_a_free_drug_is_not() {
    let free = |line: Line| Line { fen: 0, ..line };
    let shop = shop();
    let gift = [plain("R1000000-1"), free(cup("R1000000-2"))];
    let words = shop.refused("01", "2102", &shop.settlement("M1", LI, &gift));
    assert!(words.contains("赠品请移出医保单"), "{words}");
    assert!(!words.contains("现金"), "{words}");
    let two_for_one = [plain("R1000000-1"), free(plain("R1000000-2"))];
    shop.leaves("01", "2102", &shop.settlement("M2", LI, &two_for_one));
}

// R19: three times the posted price, each pack scanned; or the unit is not proven.
#[test]
fn a_multiple_of_the_posted_price_is_refused_where_packs_prove_the_unit() {
    let shop = Shop::new();
    shop.reads("01", LI, "01");
    let tripled = Line {
        fen: 5730,
        ..granules("R1000000-1", &[1])
    };
    let body = shop.settlement("M1", LI, std::slice::from_ref(&tripled));
    let words = shop.refused("01", "2102", &body);
    assert!(
        words.contains("57.30元") && words.contains("19.10元"),
        "{words}"
    );
    let shop = self::shop();
    let body = shop.settlement("M1", LI, &[tripled.bare()]);
    let words = shop.refused("01", "2102", &body);
    assert!(words.contains("单位不明"), "{words}");
}

// R24: what happened is recorded, whatever the platform's arithmetic.
#[test]
fn an_answer_whose_amounts_make_no_whole_is_a_finding() {
    let shop = shop();
    let body = shop.settlement("M1", LI, &[plain("R1000000-1")]);
    let departure = shop.sent("01", "2102", &body);
    let mut answer: Value = serde_json::from_str(&shop.settled("S1", (LI, 1910))).unwrap();
    answer["output"]["setlinfo"]["psn_cash_pay"] = json!(5);
    shop.answered(departure, &answer.to_string());
    assert_eq!(shop.findings(), ["gateway.sums-differ"]);
    assert_eq!(shop.board("01").in_doubt.len(), 0);
}

// R20, R28: settled and taken back again and again.
#[test]
fn loops_of_settling_and_taking_back_are_counted_for_a_person_and_an_article() {
    let shop = shop();
    for turn in 1..=3 {
        let lines = [plain(&format!("R100000{turn}-1"))];
        shop.reads("01", LI, "01");
        shop.settle(&format!("M{turn}"), &format!("S{turn}"), (LI, &lines));
        let counted = shop.facts()["lines"][0]["taken-back"].clone();
        let before = usize::try_from(turn).unwrap() - 1;
        assert_eq!(counted.as_array().map_or(0, Vec::len), before);
        shop.reverse(&format!("B{turn}"), &format!("S{turn}"), LI);
        shop.clock.advance(20 * MINUTE_MS);
    }
    shop.reads("01", LI, "01");
    let body = shop.settlement("M9", LI, &[plain("R9000000-1")]);
    shop.leaves("01", "2102", &body);
    // What was taken back a third time is said at once.
    assert_eq!(shop.findings(), ["reversal.repeated"]);
    let decided = shop.parts(
        pharmacy_protocol::entry::EntryKind::Verdict,
        pharmacy_protocol::part::PartClass::Answer,
    );
    let notes = decided
        .iter()
        .filter_map(|part| part["verdict"]["allow"]["notes"].as_array());
    let repeated =
        |notes: &Vec<Value>| notes.iter().any(|note| note["rule"] == "reversal.repeated");
    assert_eq!(notes.filter(|notes| repeated(notes)).count(), 1);
}
