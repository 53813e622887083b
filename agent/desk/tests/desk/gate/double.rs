//! Doubles: what was settled, or may have been, is not settled again; and what is none passes.

use pharmacy_desk::Fate;
use serde_json::json;

use crate::kit::{Heard, MINUTE_MS, Shop};
use crate::message::{LI, Line, WANG, granules};

fn settled_shop() -> Shop {
    let shop = Shop::with_codes_after();
    shop.reads("01", LI, "01");
    shop
}

/// A line that no trace code tells from another.
fn plain(serial: &str) -> Line {
    granules(serial, &[1]).bare()
}

#[test]
fn the_same_message_gets_the_first_answer_byte_for_byte() {
    let mut shop = settled_shop();
    let body = shop.settlement("M1", LI, &[plain("R1000000-1")]);
    let departure = shop.sent("01", "2102", &body);
    let answer = shop.settled("S1", (LI, 1910));
    shop.answered(departure, &answer);
    assert_eq!(
        shop.held("01", "2102", &body),
        Heard::Answer(answer.clone().into_bytes())
    );
    shop.clock.advance(MINUTE_MS);
    shop.restart();
    assert_eq!(
        shop.held("01", "2102", &body),
        Heard::Answer(answer.into_bytes())
    );
}

#[test]
fn a_refusal_is_repeated_byte_for_byte_also_after_a_restart() {
    let mut shop = Shop::new();
    shop.reads("01", LI, "02");
    let body = shop.settlement("M1", LI, &[granules("R1000000-1", &[1])]);
    let first = shop.held("01", "2102", &body);
    shop.clock.advance(1000);
    assert_eq!(shop.held("01", "2102", &body), first);
    shop.restart();
    assert_eq!(shop.held("01", "2102", &body), first);
}

#[test]
fn a_used_message_id_with_another_body_is_refused_whatever_comes_under_it() {
    let shop = settled_shop();
    shop.settle("M1", "S1", (LI, &[plain("R1000000-1")]));
    let others = [
        ("2102", shop.settlement("M1", LI, &[plain("R2000000-1")])),
        (
            "2102",
            shop.settlement("M1", LI, &[plain("R1000000-1")])
                .replace("\"cnt\":1", "\"cnt\":\"x\""),
        ),
        (
            "2161",
            shop.druginfo("2161", "M1", (LI, &[plain("R3000000-1")])),
        ),
        ("2103", shop.reversal("M1", "S1", LI)),
    ];
    for (infno, body) in others {
        assert!(
            shop.refused("01", infno, &body).contains("报文号重复"),
            "{infno}"
        );
    }
    assert_eq!(shop.count("gateway.msgid-reused"), 4);
    shop.reverse("B1", "S1", LI);
}

#[test]
fn the_same_fee_lines_are_a_double_that_names_the_settlement() {
    let shop = settled_shop();
    let lines = [plain("R1000000-1")];
    shop.settle("M1", "S1", (LI, &lines));
    let message = shop.refused("01", "2102", &shop.settlement("M2", LI, &lines));
    assert!(
        message.contains("S1") && message.contains("已结算"),
        "{message}"
    );
}

// A new calculation must not hide it.
#[test]
fn a_calculation_between_them_hides_no_double() {
    for outcome in ["settled", "in doubt"] {
        let shop = settled_shop();
        let lines = [plain("R1000000-1")];
        let departure = shop.sent("01", "2102", &shop.settlement("M1", LI, &lines));
        match outcome {
            "settled" => shop.answered(departure, &shop.settled("S1", (LI, 1910))),
            _ => shop.conclude(departure, Fate::InDoubt),
        };
        for (asked, settles) in [("P2", "M2"), ("P3", "M3")] {
            shop.reads("01", LI, "01");
            let early = shop.sent("01", "2101", &shop.druginfo("2101", asked, (LI, &lines)));
            shop.answered(
                early,
                &shop.yes(json!({"setlinfo": {"medfee_sumamt": 19.1}})),
            );
            let message = shop.refused("01", "2102", &shop.settlement(settles, LI, &lines));
            assert!(message.contains("勿重复"), "{outcome}: {message}");
        }
    }
}

// R13: one pack is sold once.
#[test]
fn the_same_packs_are_a_double_whatever_the_serials() {
    let shop = Shop::new();
    shop.reads("01", LI, "01");
    shop.settle("M1", "S1", (LI, &[granules("R1000000-1", &[7])]));
    shop.reads("01", LI, "01");
    let again = shop.settlement("M2", LI, &[granules("R2000000-1", &[7])]);
    assert!(shop.refused("01", "2102", &again).contains("S1"));
    // R20: taken back, they are for sale again, and the same message is judged anew.
    shop.reverse("B1", "S1", LI);
    shop.leaves("01", "2102", &again);
}

#[test]
fn a_double_of_another_customer_shows_nothing_of_them_at_this_till() {
    let shop = Shop::new();
    shop.reads("02", WANG, "01");
    let theirs = shop.sent(
        "02",
        "2102",
        &shop.settlement("M1", WANG, &[granules("R1000000-1", &[7])]),
    );
    shop.answered(theirs, &shop.settled("S1", (WANG, 1910)));
    shop.reads("01", LI, "01");
    let body = shop.settlement("M2", LI, &[granules("R2000000-1", &[7])]);
    assert!(shop.refused("01", "2102", &body).contains("S1"));
    assert!(shop.board("01").sale.is_none());
}

// R07: line numbers are no serials; every receipt has a line 1.
#[test]
fn line_numbers_do_not_collide_across_receipts() {
    for serial in ["1", "00000001", "0000000000000000000001"] {
        let shop = settled_shop();
        shop.settle("M1", "S1", (LI, &[plain(serial)]));
        shop.reads("01", LI, "01");
        let later = Line {
            at: "2025-11-22 12:05:00",
            ..plain(serial)
        };
        shop.settle("M2", "S2", (LI, &[later]));
        // The same receipt once more is a double all the same.
        let again = shop.settlement("M3", LI, &[plain(serial)]);
        assert!(
            shop.refused("01", "2102", &again).contains("S1"),
            "{serial}"
        );
    }
}

#[test]
fn two_persons_may_have_the_same_serials() {
    let shop = settled_shop();
    shop.settle("M1", "S1", (LI, &[plain("20251122-0001")]));
    shop.reads("01", WANG, "01");
    shop.settle("M2", "S2", (WANG, &[plain("20251122-0001")]));
}

// In doubt blocks that purchase, and nothing else (R07).
#[test]
fn in_doubt_blocks_neither_another_customer_nor_another_basket() {
    let shop = settled_shop();
    let lines = [plain("R1000000-1")];
    let departure = shop.sent("01", "2102", &shop.settlement("M1", LI, &lines));
    assert_eq!(shop.conclude(departure, Fate::InDoubt), Heard::Silence);
    assert_eq!(shop.board("01").in_doubt.len(), 1);
    let same = shop.settlement("M1", LI, &lines);
    assert!(shop.refused("01", "2102", &same).contains("结果未知"));
    let double = shop.settlement("M2", LI, &lines);
    assert!(shop.refused("01", "2102", &double).contains("结果未知"));
    shop.settle("M3", "S3", (LI, &[plain("R2000000-1")]));
    shop.reads("01", WANG, "01");
    shop.settle("M4", "S4", (WANG, &[plain("R3000000-1")]));
    shop.leaves("01", "2601", &shop.undo("U1", ("2102", "M1"), LI));
}

#[test]
fn a_pooled_settlement_without_lines_is_a_double_of_its_visit() {
    for outcome in ["settled", "in doubt", "under way"] {
        let shop = settled_shop();
        shop.leaves(
            "01",
            "2204",
            &shop.pooled("2204", "F1", (&[plain("R1000000-1")], 0)),
        );
        let departure = shop.sent("01", "2207", &shop.pooled("2207", "M1", (&[], 1910)));
        match outcome {
            "settled" => drop(shop.answered(departure, &shop.settled("S1", (LI, 1910)))),
            "in doubt" => drop(shop.conclude(departure, Fate::InDoubt)),
            _ => {}
        }
        let again = shop.pooled("2207", "M2", (&[], 1910));
        assert!(
            shop.refused("01", "2207", &again).contains("勿重复"),
            "{outcome}"
        );
        // An upload that is repeated does not make it a new purchase.
        shop.passes(
            "01",
            "2204",
            &shop.pooled("2204", "F2", (&[plain("R1000000-1")], 0)),
        );
        let again = shop.pooled("2207", "M3", (&[], 1910));
        assert!(
            shop.refused("01", "2207", &again).contains("勿重复"),
            "{outcome}"
        );
        assert_eq!(shop.count("gateway.unreadable"), 0);
    }
}

#[test]
fn a_visit_that_was_taken_back_is_settled_anew_by_its_lines() {
    let shop = settled_shop();
    shop.leaves(
        "01",
        "2204",
        &shop.pooled("2204", "F1", (&[plain("R1000000-1")], 0)),
    );
    let departure = shop.sent("01", "2207", &shop.pooled("2207", "M1", (&[], 1910)));
    shop.answered(departure, &shop.settled("S1", (LI, 1910)));
    let back = shop.reversal("B1", "S1", LI).replace("2103", "2208");
    let departure = shop.sent("01", "2208", &back);
    shop.answered(departure, &shop.reversed("S1B", (LI, 1910)));
    shop.leaves("01", "2207", &shop.pooled("2207", "M2", (&[], 1910)));
    assert_eq!(shop.findings(), Vec::<String>::new());
}

// Two tills' clocks agree to the millisecond more often than one thinks.
#[test]
fn two_calculations_under_one_message_id_keep_to_their_own_customer() {
    let shop = Shop::new();
    shop.reads("01", LI, "02");
    shop.reads("02", WANG, "01");
    let first = shop.sent(
        "01",
        "2101",
        &shop.druginfo("2101", "P1", (LI, &[granules("R1000000-1", &[1])])),
    );
    let second = shop.sent(
        "02",
        "2101",
        &shop.druginfo("2101", "P1", (WANG, &[granules("R2000000-1", &[2])])),
    );
    let answer = shop.yes(json!({"setlinfo": {"medfee_sumamt": 19.1}}));
    let warned = shop.answered(first, &answer).json();
    assert!(warned["warn_msg"].as_str().unwrap().contains("医保码"));
    assert_eq!(
        shop.answered(second, &answer),
        Heard::Answer(answer.into_bytes())
    );
}

#[test]
fn a_calculation_and_its_settlement_may_share_a_message_id() {
    let shop = settled_shop();
    let lines = [plain("R1000000-1")];
    let early = shop.sent("01", "2101", &shop.druginfo("2101", "M1", (LI, &lines)));
    let departure = shop.sent("01", "2102", &shop.settlement("M1", LI, &lines));
    shop.answered(
        early,
        &shop.yes(json!({"setlinfo": {"medfee_sumamt": 19.1}})),
    );
    shop.answered(departure, &shop.settled("S1", (LI, 1910)));
    assert!(
        shop.refused("01", "2102", &shop.settlement("M2", LI, &lines))
            .contains("S1")
    );
}

#[test]
fn a_message_does_not_leave_again_when_its_answer_is_no_longer_kept() {
    let shop = settled_shop();
    let lines = [plain("1")];
    shop.settle("M1", "S1", (LI, &lines));
    shop.clock.advance(8 * 24 * 60 * MINUTE_MS);
    shop.wait(shop.handle().record_liveness()).unwrap();
    shop.reads("01", LI, "01");
    let body = shop.settlement("M1", LI, &lines);
    assert!(shop.refused("01", "2102", &body).contains("S1"));
}

// R07: a box that the last customer put back can be bought by the next one.
#[test]
fn packs_of_a_sale_that_lapsed_are_for_sale() {
    let shop = Shop::new();
    shop.reads("01", LI, "01");
    let lines = [granules("R1000000-1", &[7])];
    shop.leaves("01", "2101", &shop.druginfo("2101", "P1", (LI, &lines)));
    shop.reads("01", WANG, "01");
    let lines = [granules("R2000000-1", &[7])];
    let early = shop.settlement("M1", WANG, &lines);
    assert!(shop.refused("01", "2102", &early).contains("换一盒"));
    shop.clock.advance(11 * MINUTE_MS);
    shop.reads("01", WANG, "01");
    shop.leaves("01", "2102", &shop.settlement("M2", WANG, &lines));
}
