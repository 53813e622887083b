//! Doubles: what was settled, or may have been, is not settled again; and what is none passes.

use pharmacy_decision::facts::Arrival;
use pharmacy_desk::core::staff::Duty;
use pharmacy_desk::setup::Early;
use pharmacy_desk::{Action, DeskError, Fate, Place, ShiftAction, Supply};
use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::part::PartClass;
use serde_json::json;

use crate::kit::{Heard, MINUTE_MS, Options, Shop, caller, credentials, platform};
use crate::message::{LI, Line, Person, WANG, cold_remedy, granules, motherwort};

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
    let message = shop.refused("01", "2102", &body);
    assert!(message.contains("这盒已售出，请换一盒"), "{message}");
    assert!(!message.contains("S1"), "{message}");
    assert!(shop.board("01").sale.is_none());
}

// At the same till, too: the page shows nothing of the last customer, and the number goes to nobody.
#[test]
fn nobody_hears_of_another_customer() {
    for outcome in ["settled", "in doubt"] {
        let shop = Shop::new();
        shop.reads("01", WANG, "01");
        let theirs = shop.settlement("M1", WANG, &[granules("R1000000-1", &[7])]);
        let departure = shop.sent("01", "2102", &theirs);
        match outcome {
            "settled" => drop(shop.answered(departure, &shop.settled("S1", (WANG, 1910)))),
            _ => drop(shop.conclude(departure, Fate::InDoubt)),
        }
        shop.reads("01", LI, "01");
        let pack = shop.settlement("M2", LI, &[granules("R2000000-1", &[7])]);
        let message_id = shop.settlement("M1", LI, &[granules("R3000000-1", &[8])]);
        for (body, words) in [(pack, "请换一盒"), (message_id, "报文号重复")] {
            let message = shop.refused("01", "2102", &body);
            assert!(
                message.contains(words) && !message.contains("S1"),
                "{message}"
            );
            assert!(shop.board("01").sale.is_none(), "{outcome}: {words}");
        }
    }
}

// R07: line numbers are no serials; every receipt has a line 1.
#[test]
fn line_numbers_do_not_collide_across_receipts() {
    for serial in ["1", "00000001", "0000000000000000000001"] {
        let shop = settled_shop();
        shop.settle("M1", "S1", (LI, &[plain(serial)]));
        shop.reads("01", LI, "01");
        shop.clock.advance(11 * MINUTE_MS);
        shop.reads("01", LI, "01");
        let later = Line {
            at: "2025-11-22 12:11:00",
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
    shop.settle("M3", "S3", (LI, &[motherwort("R2000000-1").bare()]));
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
        shop.confirms();
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
    shop.confirms();
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
    shop.reads("02", WANG, "01");
    let lines = [granules("R2000000-1", &[7])];
    let early = shop.settlement("M1", WANG, &lines);
    assert!(shop.refused("02", "2102", &early).contains("换一盒"));
    shop.clock.advance(11 * MINUTE_MS);
    shop.reads("02", WANG, "01");
    shop.leaves("02", "2102", &shop.settlement("M2", WANG, &lines));
}

/// A settlement of a person at a till, settled under a number.
#[track_caller]
fn settle_at(shop: &Shop, till: &str, (msgid, setl_id): (&str, &str), basket: (Person, &[Line])) {
    shop.reads(till, basket.0, "01");
    let departure = shop.sent(till, "2102", &shop.settlement(msgid, basket.0, basket.1));
    shop.answered(departure, &shop.settled(setl_id, (basket.0, 1910)));
}

/// The same goods in other words: serials, time, order, a line in two, a fen of rounding.
fn other_spellings() -> [Vec<Line>; 4] {
    let two = || granules("R9000001-1", &[1, 2]).bare();
    let one = |serial| granules(serial, &[1]).bare();
    let rounded = Line {
        fen: 1911,
        ..one("R9000003-1")
    };
    [
        vec![
            Line {
                at: "2025-11-22 12:03:00",
                ..two()
            },
            motherwort("R9000001-2").bare(),
        ],
        vec![motherwort("R9000002-1").bare(), two()],
        vec![
            one("R9000003-1"),
            motherwort("R9000003-2").bare(),
            one("R9000003-3"),
        ],
        vec![rounded, motherwort("R9000004-2").bare(), one("R9000004-3")],
    ]
}

fn two_articles(serial: &str) -> Vec<Line> {
    vec![
        granules(&format!("{serial}-1"), &[1, 2]).bare(),
        motherwort(&format!("{serial}-2")).bare(),
    ]
}

// R19: a time-out, and the cashier rings it up anew.
#[test]
fn the_same_goods_in_doubt_are_refused_however_they_are_written() {
    for after_a_restart in [false, true] {
        let mut shop = settled_shop();
        let lines = two_articles("R1000000");
        let departure = shop.sent("01", "2102", &shop.settlement("M1", LI, &lines));
        shop.conclude(departure, Fate::InDoubt);
        if after_a_restart {
            shop.restart();
        }
        let more = [lines.clone(), vec![cold_remedy("R8")]].concat();
        let less = vec![motherwort("R8000000-1").bare()];
        let all = other_spellings().into_iter().chain([more, less]);
        for (n, lines) in all.enumerate() {
            for till in ["01", "02"] {
                shop.reads(till, LI, "01");
                let body = shop.settlement(&format!("M2-{till}-{n}"), LI, &lines);
                let message = shop.refused(till, "2102", &body);
                assert!(message.starts_with("结果未明，先查询"), "{n}: {message}");
            }
        }
        // R07: neither another customer nor other goods have to wait.
        settle_at(&shop, "01", ("M3", "S3"), (WANG, &lines));
        settle_at(&shop, "02", ("M4", "S4"), (LI, &[cold_remedy("R7")]));
    }
}

#[test]
fn a_call_that_is_still_out_counts_as_one_in_doubt() {
    let shop = settled_shop();
    shop.leaves(
        "01",
        "2102",
        &shop.settlement("M1", LI, &[plain("R1000000-1")]),
    );
    shop.reads("02", LI, "01");
    let again = shop.settlement("M2", LI, &[plain("R2000000-1")]);
    assert!(
        shop.refused("02", "2102", &again)
            .contains("结果未明，先查询")
    );
}

#[test]
fn the_same_goods_minutes_after_they_settled_are_likely_a_double() {
    for after_a_restart in [false, true] {
        let mut shop = settled_shop();
        settle_at(&shop, "01", ("M1", "S1"), (LI, &two_articles("R1000000")));
        if after_a_restart {
            shop.restart();
        }
        shop.clock.advance(9 * MINUTE_MS);
        let more = [two_articles("R8"), vec![cold_remedy("R8-3")]].concat();
        let all = other_spellings().into_iter().chain([more]);
        for (n, lines) in all.enumerate() {
            for till in ["01", "02"] {
                shop.reads(till, LI, "01");
                let body = shop.settlement(&format!("M2-{till}-{n}"), LI, &lines);
                let message = shop.refused(till, "2102", &body);
                assert!(
                    message.contains("疑似重复") && message.ends_with("S1"),
                    "{message}"
                );
            }
        }
        // R07: whoever buys something else, or is somebody else, or comes later.
        settle_at(&shop, "01", ("M3", "S3"), (WANG, &two_articles("R3000000")));
        settle_at(&shop, "01", ("M4", "S4"), (LI, &[cold_remedy("R7")]));
        shop.clock.advance(2 * MINUTE_MS);
        settle_at(&shop, "02", ("M5", "S5"), (LI, &two_articles("R5000000")));
    }
}

// A wall clock that is set forward does not make it long ago.
#[test]
fn a_clock_that_is_set_hides_no_likely_double() {
    for jump_ms in [-60 * MINUTE_MS, 60 * MINUTE_MS] {
        let shop = settled_shop();
        shop.settle("M1", "S1", (LI, &[plain("R1000000-1")]));
        shop.clock.set(shop.clock_ms() + jump_ms);
        shop.reads("01", LI, "01");
        let again = shop.settlement("M2", LI, &[plain("R2000000-1")]);
        assert!(shop.refused("01", "2102", &again).ends_with("S1"));
    }
}

// R13: other boxes are another purchase, as far as every box is told.
#[test]
fn complete_codes_of_other_boxes_are_another_purchase() {
    for outcome in ["settled", "in doubt"] {
        let shop = Shop::new();
        shop.reads("01", LI, "01");
        let first = shop.settlement("M1", LI, &[granules("R1000000-1", &[1, 2])]);
        let departure = shop.sent("01", "2102", &first);
        match outcome {
            "settled" => drop(shop.answered(departure, &shop.settled("S1", (LI, 3820)))),
            _ => drop(shop.conclude(departure, Fate::InDoubt)),
        }
        shop.reads("01", LI, "01");
        let mixed = shop.settlement("M2", LI, &[granules("R2000000-1", &[2, 3])]);
        assert!(shop.refused("01", "2102", &mixed).contains("勿重复"));
        shop.reads("01", LI, "01");
        shop.leaves(
            "01",
            "2102",
            &shop.settlement("M3", LI, &[granules("R3000000-1", &[3, 4])]),
        );
    }
}

// The till has no codes at first; scanned afterwards, they may be of the same boxes.
#[test]
fn codes_of_one_side_alone_tell_nothing_apart() {
    let shop = settled_shop();
    shop.settle("M1", "S1", (LI, &[plain("R1000000-1")]));
    shop.reads("01", LI, "01");
    let coded = shop.settlement("M2", LI, &[granules("R2000000-1", &[1])]);
    assert!(shop.refused("01", "2102", &coded).contains("疑似重复"));
}

#[test]
fn what_was_taken_back_or_declined_is_no_double() {
    let shop = settled_shop();
    let lines = [plain("R1000000-1")];
    shop.settle("M1", "S1", (LI, &lines));
    shop.reverse("B1", "S1", LI);
    shop.reads("01", LI, "01");
    let departure = shop.sent(
        "01",
        "2102",
        &shop.settlement("M2", LI, &[plain("R2000000-1")]),
    );
    shop.answered(departure, &shop.no("余额不足"));
    settle_at(&shop, "01", ("M3", "S3"), (LI, &[plain("R3000000-1")]));
}

fn confirm(shop: &Shop, till: &str) -> Result<&'static str, DeskError> {
    let confirm = Action::Supply(Supply::ConfirmAnother);
    let done = shop.handle().act(caller(till), Place::Till, confirm, None);
    shop.wait(done).map(|done| done.code)
}

fn sign_in(shop: &Shop, till: &str, staff: &str) {
    let by = credentials(staff, "270418");
    let sign_in = Action::Shift(ShiftAction::SignIn { by });
    let done = shop.handle().act(caller(till), Place::Till, sign_in, None);
    shop.wait(done).unwrap();
}

// R07: one touch, and the customer who truly buys the same again is served; once.
#[test]
fn one_touch_says_that_it_is_another_purchase() {
    let mut shop = settled_shop();
    shop.enrol("S01", &[Duty::InCharge], "270418");
    shop.enrol("S02", &[Duty::Cashier], "270418");
    settle_at(&shop, "01", ("M1", "S1"), (LI, &[plain("R1000000-1")]));
    shop.reads("01", LI, "01");
    let again = shop.settlement("M2", LI, &[plain("R2000000-1")]);
    let code = |result: Result<_, DeskError>| result.unwrap_err().code();
    assert_eq!(code(confirm(&shop, "01")), "release.no-such-reason");
    assert!(shop.refused("01", "2102", &again).ends_with("S1"));
    let board = shop.board("01");
    assert_eq!(board.told.as_deref(), Some("gateway.likely-double"));
    assert_eq!(board.sale.unwrap().lines.len(), 1);
    assert_eq!(code(confirm(&shop, "01")), "staff.nobody-signed-in");
    sign_in(&shop, "01", "S02");
    assert_eq!(confirm(&shop, "01").unwrap(), "counter.another-confirmed");
    let told = shop.parts(EntryKind::Evidence, PartClass::Facts);
    assert_eq!(told.last().unwrap()["told"], "another");
    let by = shop.parts(EntryKind::Evidence, PartClass::Staff);
    assert_eq!(by.last().unwrap()["staff"], "S02");
    // A restart forgets nothing; another basket is not meant.
    shop.restart();
    let more = [plain("R2000000-1"), motherwort("R2000000-2").bare()];
    let other = shop.settlement("M3", LI, &more);
    assert!(shop.refused("01", "2102", &other).ends_with("S1"));
    let departure = shop.sent("01", "2102", &again);
    shop.answered(departure, &shop.settled("S2", (LI, 1910)));
    shop.reads("01", LI, "01");
    let third = shop.settlement("M4", LI, &[plain("R4000000-1")]);
    assert!(shop.refused("01", "2102", &third).ends_with("S2"));
}

// R19, R07: the cashier hears of it, and may say that it is another purchase, before the settlement.
#[test]
fn a_calculation_says_that_its_goods_were_settled_or_are_in_doubt() {
    let asks = |shop: &Shop, msgid: &str, line: Line| {
        let body = shop.druginfo("2101", msgid, (LI, &[line]));
        let departure = shop.sent("01", "2101", &body);
        let answer = shop.yes(json!({"setlinfo": {"medfee_sumamt": 19.1}}));
        let heard = shop.answered(departure, &answer).json();
        heard["warn_msg"].as_str().unwrap_or_default().to_owned()
    };
    let shop = Shop::of(Options {
        arrives: Some(Arrival::After),
        early: Early::Refuse,
        ..Options::default()
    });
    settle_at(&shop, "01", ("M1", "S1"), (LI, &[plain("R1000000-1")]));
    shop.reads("01", LI, "01");
    let other = asks(&shop, "P1", motherwort("R2000000-1").bare());
    assert_eq!((other.as_str(), shop.board("01").told), ("", None));
    let same = asks(&shop, "P2", plain("R2000000-1"));
    assert!(same.contains("疑似重复") && same.ends_with("S1"), "{same}");
    let told = shop.board("01").told;
    assert_eq!(told.as_deref(), Some("gateway.likely-double"));
    assert_eq!(confirm(&shop, "01").unwrap(), "counter.another-confirmed");
    assert_eq!(asks(&shop, "P3", plain("R2000000-1")), "");
    let body = shop.settlement("M2", LI, &[plain("R2000000-1")]);
    let departure = shop.sent("01", "2102", &body);
    shop.conclude(departure, Fate::InDoubt);
    shop.reads("01", LI, "01");
    let in_doubt = asks(&shop, "P4", plain("R3000000-1"));
    assert!(in_doubt.starts_with("结果未明，先查询"), "{in_doubt}");
    let told = shop.board("01").told;
    assert_eq!(told.as_deref(), Some("gateway.duplicate-in-doubt"));
}

#[test]
fn what_was_held_back_says_so_in_the_log() {
    let shop = settled_shop();
    shop.settle("M1", "S1", (LI, &[plain("R1000000-1")]));
    shop.reads("01", LI, "01");
    shop.refused(
        "01",
        "2102",
        &shop.settlement("M2", LI, &[plain("R2000000-1")]),
    );
    let calls = shop.parts(EntryKind::Verdict, PartClass::Goods);
    let held = calls.last().unwrap();
    assert_eq!(held["departs"], false);
    assert_eq!(held["held"], "gateway.likely-double");
}

// Its envelope is made anew each time a till sends it.
#[test]
fn the_same_message_in_a_new_envelope_gets_the_first_answer() {
    let mut shop = settled_shop();
    let body = shop.settlement("M1", LI, &[plain("R1000000-1")]);
    let departure = shop.sent("01", "2102", &body);
    let answer = shop.settled("S1", (LI, 1910));
    shop.answered(departure, &answer);
    let renewed = body
        .replace(
            "\"inf_time\":\"2025-11-22 12:00:00\"",
            "\"inf_time\":\"2025-11-22 12:00:31\"",
        )
        .replace("7351904462", "99")
        .replacen('{', "{\"cainfo\":\"x\",\"token\":\"y\", ", 1)
        .replace("\"SM3\"", "\"SM2\"");
    assert_ne!(renewed, body);
    for _ in 0..2 {
        assert_eq!(
            shop.held("01", "2102", &renewed),
            Heard::Answer(answer.clone().into_bytes())
        );
        shop.restart();
    }
    let other = renewed.replace("\"cnt\":1", "\"cnt\":2");
    assert!(shop.refused("01", "2102", &other).contains("报文号重复"));
}

#[test]
fn what_the_platform_did_not_take_may_leave_again_under_its_id() {
    let declined = |shop: &Shop| shop.no("余额不足");
    let empty = |_: &Shop| String::new();
    type Said = fn(&Shop) -> String;
    let cases: [(u16, Said, bool); 9] = [
        (200, declined, true),
        (
            401,
            |_| "{\"code\":401,\"msg\":\"token expired\"}".to_owned(),
            true,
        ),
        (403, empty, true),
        (407, empty, true),
        (413, empty, true),
        (429, empty, true),
        (404, empty, false),
        (502, |_| "<html>Bad Gateway</html>".to_owned(), false),
        // A gate that says no and yes at once is not believed.
        (403, |shop| shop.settled("S9", (LI, 1910)), false),
    ];
    for (status, answer, leaves) in cases {
        let shop = settled_shop();
        let body = shop.settlement("M1", LI, &[plain("R1000000-1")]);
        for _ in 0..2 {
            let departure = shop.sent("01", "2102", &body);
            let answer = answer(&shop);
            let heard = shop.conclude(departure, Fate::Answered(platform(status, &answer)));
            assert_eq!(heard, Heard::Answer(answer.into_bytes()), "{status}");
            if !leaves {
                break;
            }
        }
        assert_eq!(shop.board("01").in_doubt.is_empty(), leaves, "{status}");
        if leaves {
            let departure = shop.sent("01", "2102", &body);
            shop.answered(departure, &shop.settled("S1", (LI, 1910)));
        } else {
            shop.held("01", "2102", &body);
        }
    }
}

// A message that was undone is over: what still comes of it is late.
#[test]
fn what_was_undone_does_not_leave_again_under_its_id() {
    let shop = settled_shop();
    let body = shop.settlement("M1", LI, &[plain("R1000000-1")]);
    let departure = shop.sent("01", "2102", &body);
    shop.conclude(departure, Fate::InDoubt);
    let undo = shop.sent("01", "2601", &shop.undo("U1", ("2102", "M1"), LI));
    shop.answered(undo, &shop.yes(json!(null)));
    assert!(shop.refused("01", "2102", &body).contains("已撤销或未成功"));
    settle_at(&shop, "01", ("M2", "S2"), (LI, &[plain("R2000000-1")]));
}

// A call that names nobody may be anybody's: its till speaks for it, and no number is shown.
#[test]
fn where_nobody_is_named_the_till_speaks() {
    let shop = settled_shop();
    let nameless = |msgid: &str, lines: &[Line]| {
        let body = shop.settlement(msgid, LI, lines);
        body.replace(LI.psn_no, "")
    };
    let lines = [plain("R1000000-1")];
    let departure = shop.sent("01", "2102", &shop.settlement("M1", LI, &lines));
    shop.conclude(departure, Fate::InDoubt);
    let again = nameless("M2", &[plain("R2000000-1")]);
    let message = shop.refused("01", "2102", &again);
    assert!(message.starts_with("结果未明"), "{message}");
    assert!(shop.board("01").sale.is_none());
    for (till, lines) in [("02", lines), ("01", [motherwort("R3")])] {
        let other = nameless(&format!("M3-{till}"), &lines);
        if let Heard::Answer(answer) = heard(&shop, till, &other) {
            let answer = String::from_utf8(answer).unwrap();
            assert!(!answer.contains("结果未明"), "{answer}");
        }
    }
}

/// What a till hears at once; nothing where its call leaves.
fn heard(shop: &Shop, till: &str, body: &str) -> Heard {
    match shop.try_gate(till, "2102", body).unwrap() {
        pharmacy_desk::Gated::Answer(answer) => Heard::Answer(answer.body),
        pharmacy_desk::Gated::Pass => Heard::Passed,
        pharmacy_desk::Gated::Send(_) => Heard::Silence,
    }
}
