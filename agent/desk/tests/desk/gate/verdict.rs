//! What is judged, and what the till hears of it.

use serde_json::json;

use crate::kit::{MINUTE_MS, Shop};
use crate::message::{LI, Manner, WANG, cup, granules};

// R01, R10: the goods are payable and the code was scanned, in every province's manner of writing.
#[test]
fn a_plain_purchase_is_settled_in_every_manner() {
    for manner in Manner::ALL {
        let shop = Shop::in_manner(manner);
        shop.reads("01", LI, "01");
        let lines = [granules("R1000000-1", &[1])];
        let departure = shop.sent("01", "2102", &shop.settlement("M1", LI, &lines));
        assert!(departure.value().moves_money);
        let answer = shop.settled("S1", (LI, 1910));
        assert_eq!(
            shop.answered(departure, &answer),
            crate::kit::Heard::Answer(answer.into_bytes()),
            "{manner:?}: the platform's answer, byte for byte"
        );
        assert_eq!(shop.findings(), Vec::<String>::new(), "{manner:?}");
        assert_eq!(shop.facts()["store"]["stage"], "operating");
    }
}

// R10, R42: what is no drug is refused in the envelope of the province, and the verdict is recorded.
#[test]
fn a_cup_is_refused_in_every_manner_with_item_and_remedy_first() {
    for manner in Manner::ALL {
        let shop = Shop::in_manner(manner);
        shop.reads("01", LI, "01");
        let before = shop.log().size().unwrap();
        let heard = shop.held(
            "01",
            "2102",
            &shop.settlement("M1", LI, &[cup("R1000000-1")]),
        );
        let said = heard.json();
        let code = if manner == Manner::Jiangsu {
            json!("-1")
        } else {
            json!(-1)
        };
        assert_eq!(said["infcode"], code);
        let message = heard.refusal();
        let seen: String = message.chars().take(40).collect();
        assert!(
            seen.contains("茶饮杯") && seen.contains("请此行改付现金"),
            "{message}"
        );
        assert!(message.chars().count() <= 200);
        let area = manner.area();
        assert!(said["inf_refmsgid"].as_str().unwrap().starts_with(area));
        assert_eq!(
            shop.log().size().unwrap(),
            before + 1,
            "one entry: the verdict"
        );
    }
}

// R07, R10: 2101 is refused only on what no later call can change.
#[test]
fn a_calculation_is_refused_only_on_facts_that_cannot_change() {
    let shop = Shop::new();
    shop.reads("01", LI, "02");
    let lines = [granules("R1000000-1", &[1])];
    let asked = shop.druginfo("2101", "P1", (LI, &lines));
    let departure = shop.sent("01", "2101", &asked);
    assert!(
        !departure.value().moves_money,
        "nobody was shown to be there: that can change"
    );
    let with_cup = [granules("R1000000-1", &[1]), cup("R1000000-2")];
    let asked = shop.druginfo("2101", "P2", (LI, &with_cup));
    assert!(shop.refused("01", "2101", &asked).contains("茶饮杯"));
}

#[test]
fn a_calculations_answer_carries_the_warning_and_nothing_else_changes() {
    for manner in Manner::ALL {
        let shop = Shop::in_manner(manner);
        shop.reads("01", LI, "02");
        let lines = [granules("R1000000-1", &[1])];
        let departure = shop.sent("01", "2101", &shop.druginfo("2101", "P1", (LI, &lines)));
        let answer = shop.yes(json!({"setlinfo": {"medfee_sumamt": 19.1, "acct_pay": 19.1}}));
        let heard = shop.answered(departure, &answer).json();
        let warning = heard["warn_msg"].as_str().unwrap().to_owned();
        assert!(warning.contains("医保码"), "{warning}");
        let quoted = serde_json::to_string(&warning).unwrap();
        let expected = answer.replace("\"warn_msg\":null", &format!("\"warn_msg\":{quoted}"));
        let departure = shop.sent("01", "2101", &shop.druginfo("2101", "P1", (LI, &lines)));
        let again = shop.answered(departure, &answer);
        assert_eq!(
            again,
            crate::kit::Heard::Answer(expected.into_bytes()),
            "{manner:?}"
        );
        // With the code scanned there is nothing to warn of.
        shop.reads("01", LI, "01");
        let departure = shop.sent("01", "2101", &shop.druginfo("2101", "P2", (LI, &lines)));
        let plain = shop.answered(departure, &answer);
        assert_eq!(plain, crate::kit::Heard::Answer(answer.into_bytes()));
    }
}

// R01, R03: a number that was typed shows nobody.
#[test]
fn a_typed_number_is_refused_and_a_scanned_code_heals_it() {
    let shop = Shop::new();
    shop.reads("01", LI, "02");
    let lines = [granules("R1000000-1", &[1])];
    let body = shop.settlement("M1", LI, &lines);
    let message = shop.refused("01", "2102", &body);
    assert!(message.contains("医保码"), "{message}");
    // R07: the refusal holds until somebody does what it asked; then the same message is judged anew.
    assert_eq!(shop.refused("01", "2102", &body), message);
    shop.reads("01", LI, "01");
    shop.leaves("01", "2102", &body);
}

// R07: a query by typed number after the scan takes nothing away from it.
#[test]
fn a_typed_query_does_not_undo_a_scanned_code() {
    let shop = Shop::new();
    shop.reads("01", LI, "01");
    shop.reads("01", LI, "02");
    shop.leaves(
        "01",
        "2102",
        &shop.settlement("M1", LI, &[granules("R1000000-1", &[1])]),
    );
}

// R03: fresh evidence at this till.
#[test]
fn evidence_of_another_till_or_person_does_not_count() {
    let shop = Shop::new();
    shop.reads("02", LI, "01");
    shop.reads("01", WANG, "01");
    let body = shop.settlement("M1", LI, &[granules("R1000000-1", &[1])]);
    assert!(shop.refused("01", "2102", &body).contains("医保码"));
    shop.leaves(
        "02",
        "2102",
        &shop.settlement("M2", LI, &[granules("R1000000-1", &[1])]),
    );
}

#[test]
fn evidence_grows_old_and_a_clock_set_back_does_not_freshen_it() {
    for by_ms in [16 * MINUTE_MS, -MINUTE_MS] {
        let shop = Shop::new();
        shop.reads("01", LI, "01");
        shop.clock.advance(by_ms);
        let body = shop.settlement("M1", LI, &[granules("R1000000-1", &[1])]);
        assert!(
            shop.refused("01", "2102", &body).contains("医保码"),
            "{by_ms}"
        );
    }
}

// R31: nobody settles for another institution.
#[test]
fn another_stores_code_is_refused_and_recorded() {
    let shop = Shop::new();
    shop.reads("01", LI, "01");
    let lines = [granules("R1000000-1", &[1])];
    for (infno, msgid) in [("2101", "P1"), ("2102", "M1")] {
        let body = shop.druginfo(infno, msgid, (LI, &lines));
        let body = body.replace(crate::message::STORE, "P44030000002");
        assert!(shop.refused("01", infno, &body).contains("不是本店"));
    }
    assert_eq!(shop.count("gateway.other-store"), 2);
    let told = shop.board("01").told;
    assert_eq!(told.as_deref(), Some("gateway.other-store"));
}

// R31: a till that is not enrolled here.
#[test]
fn a_till_that_is_not_enrolled_does_not_settle() {
    let shop = Shop::new();
    shop.reads("09", LI, "01");
    let body = shop.settlement("M1", LI, &[granules("R1000000-1", &[1])]);
    assert!(shop.refused("09", "2102", &body).contains("收银台"));
}

#[test]
fn purchases_away_from_home_are_gated_where_they_have_lines() {
    let shop = Shop::new();
    shop.reads("01", LI, "01");
    let mut last = None;
    for infno in ["2161", "2170", "2181"] {
        shop.reads("01", LI, "01");
        let without = shop.body(
            infno,
            &format!("{infno}Q"),
            json!({"data": {"psn_no": LI.psn_no}}),
        );
        shop.passes("01", infno, &without);
        let msgid = format!("{infno}M");
        let body = shop.druginfo(infno, &msgid, (LI, &[cup("R1000000-1")]));
        assert!(shop.refused("01", infno, &body).contains("茶饮杯"));
        let pack = infno.parse().unwrap();
        let line = granules(&format!("R2000000-{infno}"), &[pack]);
        last = Some(shop.sent(
            "01",
            infno,
            &shop.druginfo(infno, &format!("{infno}N"), (LI, &[line])),
        ));
    }
    shop.answered(last.unwrap(), &shop.settled("S1", (LI, 1910)));
    assert_eq!(shop.status()["gateway"][0]["unreadable"], 0);
}

#[test]
fn what_is_unknown_passes() {
    let shop = Shop::new();
    let before = shop.log().size().unwrap();
    for infno in ["1301", "2001", "9101", "9102", "7201"] {
        shop.passes("01", infno, "binary");
    }
    assert_eq!(shop.log().size().unwrap(), before);
}

// The pooled fund: lines come in uploads, the settlement names the visit only.
#[test]
fn lines_of_a_visit_are_joined_from_several_and_repeated_uploads() {
    for manner in Manner::ALL {
        let shop = Shop::in_manner(manner);
        shop.reads("01", LI, "01");
        let (one, two) = (
            [granules("R1000000-1", &[1])],
            [granules("R1000000-2", &[2])],
        );
        for (msgid, lines) in [("F1", &one), ("F2", &two), ("F3", &one)] {
            let body = shop.pooled("2204", msgid, (lines, 0));
            let departure = shop.sent("01", "2204", &body);
            assert!(!departure.value().moves_money);
            shop.answered(departure, &shop.yes(json!({"result": []})));
        }
        let early = shop.sent("01", "2206", &shop.pooled("2206", "P1", (&[], 3820)));
        shop.answered(
            early,
            &shop.yes(json!({"setlinfo": {"medfee_sumamt": 38.2}})),
        );
        shop.confirms();
        let departure = shop.sent("01", "2207", &shop.pooled("2207", "M1", (&[], 3820)));
        let lines = &shop.facts()["lines"];
        assert_eq!(lines.as_array().unwrap().len(), 2, "{manner:?}");
        shop.answered(departure, &shop.settled("S1", (LI, 3820)));
        assert_eq!(shop.findings(), Vec::<String>::new());
    }
}

// R24: lines that were never uploaded are missing from the sum; a head that rounds is honest.
#[test]
fn a_visit_whose_head_is_above_its_lines_is_refused_and_one_that_rounds_leaves() {
    let visit = || {
        let shop = Shop::new();
        shop.reads("01", LI, "01");
        shop.leaves(
            "01",
            "2204",
            &shop.pooled("2204", "F1", (&[granules("R1000000-1", &[1])], 0)),
        );
        shop
    };
    let shop = visit();
    let words = shop.refused("01", "2207", &shop.pooled("2207", "M1", (&[], 3820)));
    assert!(words.contains("明细是否齐全"), "{words}");
    let shop = visit();
    shop.confirms();
    shop.leaves("01", "2207", &shop.pooled("2207", "M1", (&[], 1920)));
    assert_eq!(shop.findings(), Vec::<String>::new());
}

// R07: reviewing a prescription takes longer than ten minutes; the lines are still there.
#[test]
fn a_visit_that_lapsed_is_judged_by_its_lines_again() {
    let shop = Shop::new();
    shop.reads("01", LI, "01");
    shop.leaves(
        "01",
        "2204",
        &shop.pooled("2204", "F1", (&[granules("R1000000-1", &[1])], 0)),
    );
    shop.clock.advance(11 * MINUTE_MS);
    shop.reads("01", LI, "01");
    shop.confirms();
    shop.leaves("01", "2207", &shop.pooled("2207", "M1", (&[], 1910)));
    assert_eq!(shop.findings(), Vec::<String>::new());
}

// Hubei names trace codes beside the settlement, by the fee lines of the uploads (R13).
#[test]
fn codes_beside_a_pooled_settlement_belong_to_the_lines_that_they_name() {
    let shop = Shop::new();
    shop.reads("01", LI, "01");
    let line = granules("R1000000-1", &[1]).bare();
    shop.leaves("01", "2204", &shop.pooled("2204", "F1", (&[line], 0)));
    shop.confirms();
    let bare = shop.pooled("2207", "M1", (&[], 1910));
    assert!(shop.refused("01", "2207", &bare).contains("追溯码"));
    let mut named: serde_json::Value =
        serde_json::from_str(&shop.pooled("2207", "M2", (&[], 1910))).unwrap();
    named["input"]["drug_trac_info"] = json!([
        {"feedetl_sn": "R1000000-1", "drug_trac_codg": crate::message::trace(1), "trdn_flag": "0"}
    ]);
    shop.leaves("01", "2207", &named.to_string());
}

// R18: fund limits bind where the fund pays, and the calculation says whether it does.
#[test]
fn a_fund_that_the_calculation_names_is_the_fund_of_the_settlement() {
    let shop = Shop::new();
    shop.reads("01", LI, "01");
    let lines = [granules("R1000000-1", &[1])];
    for (pooled, fund) in [("19.10", "pooled"), ("0", "account")] {
        let account = if pooled == "0" { "19.10" } else { "0" };
        let departure = shop.sent("01", "2101", &shop.druginfo("2101", "P1", (LI, &lines)));
        let answer = shop.yes(json!({"setlinfo": {
            "medfee_sumamt": "19.10", "fund_pay_sumamt": pooled, "acct_pay": account,
            "psn_cash_pay": "0",
        }}));
        shop.answered(departure, &answer);
        if fund == "pooled" {
            shop.confirms();
        }
        let departure = shop.sent("01", "2102", &shop.settlement(fund, LI, &lines));
        assert_eq!(
            shop.facts()["fund"]["known"],
            fund,
            "{}",
            shop.facts()["fund"]
        );
        shop.answered(departure, &shop.no("余额不足"));
    }
}

#[test]
fn a_settlement_needs_no_calculation_before_it() {
    let shop = Shop::new();
    shop.reads("01", LI, "01");
    let lines = [granules("R1000000-1", &[1])];
    let early = shop.sent("01", "2101", &shop.druginfo("2101", "P1", (LI, &lines)));
    shop.answered(
        early,
        &shop.yes(json!({"setlinfo": {"medfee_sumamt": 19.1}})),
    );
    // Judged afresh: what the calculation said binds nobody.
    let body = shop.settlement("M1", LI, &[cup("R1000000-1")]);
    assert!(shop.refused("01", "2102", &body).contains("茶饮杯"));
    shop.reads("01", WANG, "01");
    shop.leaves(
        "01",
        "2102",
        &shop.settlement("M2", WANG, &[granules("R2000000-1", &[2])]),
    );
}

// Nothing leaves that is not recorded.
#[test]
fn what_cannot_be_recorded_does_not_pass_for_judged() {
    let mut shop = Shop::new();
    shop.reads("01", LI, "01");
    let _ = shop.board("01");
    shop.break_disk();
    let body = shop.settlement("M1", LI, &[granules("R1000000-1", &[1])]);
    for _ in 0..2 {
        assert!(shop.try_gate("01", "2102", &body).is_err());
    }
    assert!(
        shop.board("01")
            .alarms
            .contains(&"journal.closed".to_owned())
    );
}
