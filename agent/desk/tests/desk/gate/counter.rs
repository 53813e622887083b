//! Counter and gate together: scans, remedies, and how long they stay good.

use jiff::civil::date;
use pharmacy_desk::core::basket::Label;
use pharmacy_desk::{Action, Light, Place, Scanned, Supply};
use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::part::PartClass;

use crate::kit::{MINUTE_MS, Shop, caller};
use crate::message::{LI, WANG, granules, trace};

fn is_waiting(scanned: &Scanned) -> bool {
    matches!(scanned, Scanned::Waiting)
}

// R13: codes that the agent scanned before the settlement came.
#[test]
fn scans_before_the_settlement_are_adopted_by_product_up_to_the_quantity() {
    let shop = Shop::new();
    shop.reads("01", LI, "01");
    let foreign = "89001420000000000001";
    for code in [trace(1), foreign.to_owned(), trace(2), trace(3)] {
        assert!(is_waiting(&shop.scan("01", &code)));
    }
    assert_eq!(shop.board("01").waiting_scans, 4);
    let line = granules("R1000000-1", &[1, 2]).bare();
    shop.leaves("01", "2102", &shop.settlement("M1", LI, &[line]));
    let packs = shop.facts()["lines"][0]["packs"].as_array().unwrap().len();
    assert_eq!((packs, shop.board("01").waiting_scans), (2, 2));
}

#[test]
fn scans_wait_for_ten_minutes_and_not_when_the_clock_was_set_back() {
    for by_ms in [11 * MINUTE_MS, -MINUTE_MS] {
        let shop = Shop::new();
        assert!(is_waiting(&shop.scan("01", &trace(1))));
        shop.clock.advance(by_ms);
        assert_eq!(shop.board("01").waiting_scans, 0);
        shop.reads("01", LI, "01");
        let line = granules("R1000000-1", &[1]).bare();
        let body = shop.settlement("M1", LI, &[line]);
        assert!(
            shop.refused("01", "2102", &body).contains("追溯码"),
            "{by_ms}"
        );
    }
}

// R13: a refused basket's packs go back on the shelf, not to whoever comes next.
#[test]
fn scans_for_one_customer_reach_no_other() {
    let shop = Shop::new();
    shop.reads("01", LI, "01");
    assert!(is_waiting(&shop.scan("01", &trace(1))));
    shop.reads("01", WANG, "01");
    let theirs = [granules("R9000000-1", &[9]).bare()];
    let theirs = shop.settlement("M1", WANG, &theirs);
    assert!(shop.refused("01", "2102", &theirs).contains("追溯码"));
    // R07: what is scanned for them is theirs, and the first customer's scan still waits for them.
    assert!(matches!(
        shop.scan("01", &trace(2)),
        Scanned::Line { line: 1, .. }
    ));
    shop.leaves("01", "2102", &theirs);
    let line = granules("R1000000-1", &[1]).bare();
    shop.leaves("01", "2102", &shop.settlement("M2", LI, &[line]));
}

// A list that was pasted, or a carton's label.
#[test]
fn several_codes_of_one_text_are_several_scans() {
    let shop = Shop::new();
    shop.reads("01", LI, "01");
    let both = format!("{}，{}", trace(1), trace(2));
    assert!(is_waiting(&shop.scan("01", &both)));
    assert_eq!(shop.board("01").waiting_scans, 2);
    let line = granules("R1000000-1", &[1, 2]).bare();
    shop.leaves("01", "2102", &shop.settlement("M1", LI, &[line]));
}

// What stands instead of a code is named in the till's words and on the page.
#[test]
fn what_is_no_code_is_named_to_the_cashier() {
    for (instead, told) in [
        ("0", "占位"),
        ("6901234567892", "商品条形码"),
        ("8.9E+19", "科学计数"),
        ("8123456789012345678", "20位"),
    ] {
        let shop = Shop::new();
        shop.reads("01", LI, "01");
        let mut line = granules("R1000000-1", &[1]);
        line.packs = vec![instead.to_owned()];
        let body = shop.settlement("M1", LI, &[line]);
        let refusal = shop.refused("01", "2102", &body);
        assert!(refusal.contains(told), "{instead}: {refusal}");
        assert!(shop.board("01").scan_problem.is_some());
    }
    // R07: a Chinese input method's digits are read, and the keyboard is named.
    let shop = Shop::new();
    shop.reads("01", LI, "01");
    let mut line = granules("R1000000-1", &[1]);
    let wide = |c: char| char::from_u32(u32::from(c) + 0xfee0).unwrap();
    line.packs = vec![trace(1).chars().map(wide).collect()];
    shop.leaves("01", "2102", &shop.settlement("M1", LI, &[line]));
    let problem = shop.board("01").scan_problem;
    assert_eq!(problem.as_deref(), Some("scan.full-width"));
}

#[test]
fn scans_at_another_till_are_that_tills() {
    let shop = Shop::new();
    assert!(is_waiting(&shop.scan("02", &trace(1))));
    shop.reads("01", LI, "01");
    let line = granules("R1000000-1", &[1]).bare();
    let body = shop.settlement("M1", LI, &[line]);
    assert!(shop.refused("01", "2102", &body).contains("追溯码"));
}

// R07: the refusal asks for a scan; the scan is done; the same message settles.
#[test]
fn a_scan_on_the_open_sale_is_the_remedy_that_was_asked_for() {
    let shop = Shop::new();
    shop.reads("01", LI, "01");
    // Two lines of one product: the packs go to whichever lacks one.
    let lines = [
        granules("R1000000-1", &[1]).bare(),
        granules("R1000000-2", &[2]).bare(),
    ];
    let body = shop.settlement("M1", LI, &lines);
    shop.refused("01", "2102", &body);
    assert_ne!(shop.board("01").light, Light::Green);
    assert!(matches!(
        shop.scan("01", &trace(1)),
        Scanned::Line { line: 1, .. }
    ));
    shop.refused("01", "2102", &body);
    assert!(
        matches!(shop.scan("01", &trace(1)), Scanned::Refused { code } if code == "basket.duplicate-pack")
    );
    assert!(matches!(
        shop.scan("01", &trace(2)),
        Scanned::Line { line: 2, .. }
    ));
    assert_eq!(shop.board("01").light, Light::Green);
    shop.leaves("01", "2102", &body);
}

// R07, R13: "scan another pack" must be possible.
#[test]
fn a_pack_that_cannot_be_sold_is_replaced_by_the_next_scan() {
    let shop = Shop::new();
    shop.reads("02", WANG, "01");
    let theirs = [granules("R9000000-1", &[9])];
    shop.leaves("02", "2101", &shop.druginfo("2101", "P1", (WANG, &theirs)));
    shop.reads("01", LI, "01");
    let line = granules("R1000000-1", &[1]).bare();
    let body = shop.settlement("M1", LI, &[line]);
    shop.scan("01", &trace(9));
    assert!(shop.refused("01", "2102", &body).contains("换一盒"));
    assert!(matches!(
        shop.scan("01", &trace(10)),
        Scanned::Line { line: 1, .. }
    ));
    shop.leaves("01", "2102", &body);
}

// Lot and last day of use travel with the code, whether the pack waits for its line or not.
#[test]
fn what_a_symbol_says_of_a_pack_reaches_its_line() {
    let shop = Shop::new();
    let symbol =
        |serial: &str, lot: &str| format!("(01)06901234567892(17)261200(10){lot}(21){serial}");
    let label = |serial: &str, lot: &str| Label {
        code: format!("(01)06901234567892(21){serial}").parse().unwrap(),
        lot: Some(lot.into()),
        last_day: Some(date(2026, 12, 31)),
    };
    shop.reads("01", LI, "01");
    assert!(is_waiting(&shop.scan("01", &symbol("S2", "L1"))));
    let mut line = granules("R1000000-1", &[1, 2, 3]);
    line.packs = vec!["(01)06901234567892(21)S1".to_owned()];
    let body = shop.settlement("M1", LI, &[line]);
    // Nobody knows yet whose packs these are.
    shop.refused("01", "2102", &body);
    let learn = Action::Supply(Supply::LearnPrefix {
        line: 1,
        code: "(01)06901234567892(21)S1".parse().unwrap(),
    });
    let learnt = shop.handle().act(caller("01"), Place::Till, learn, None);
    shop.wait(learnt).unwrap();
    shop.refused("01", "2102", &body);
    assert!(matches!(
        shop.scan("01", &symbol("S3", "L2")),
        Scanned::Line { line: 1, .. }
    ));
    let sale = shop.board("01").sale.unwrap();
    assert_eq!(sale.lines[0].packs, 3);
    assert_eq!(sale.lines[0].labels, [label("S2", "L1"), label("S3", "L2")]);
    let departure = shop.sent("01", "2102", &body);
    shop.answered(departure, &shop.settled("S1", (LI, 5730)));
    let list = shop
        .parts(EntryKind::Outcome, PartClass::List)
        .pop()
        .unwrap();
    assert_eq!(list["lines"][0]["last_day"], "2026-12-31");
    // Of two lots no one is the line's.
    assert_eq!(list["lines"][0].get("lot"), None);
}

#[test]
fn scans_after_the_settlement_are_for_the_next_sale() {
    let shop = Shop::new();
    shop.reads("01", LI, "01");
    shop.settle("M1", "S1", (LI, &[granules("R1000000-1", &[1])]));
    let double = shop.settlement("M2", LI, &[granules("R1000000-1", &[1])]);
    shop.refused("01", "2102", &double);
    assert!(is_waiting(&shop.scan("01", &trace(2))));
}

// R04: what lets somebody pay or act for a person is kept nowhere.
#[test]
fn credentials_and_payment_codes_are_refused_and_not_kept() {
    let mut shop = Shop::new();
    shop.reads("01", LI, "01");
    let code = "289012345678901234";
    for text in [code, "134567890123456789", "6901234567892", "x"] {
        assert!(
            matches!(shop.scan("01", text), Scanned::Refused { .. }),
            "{text}"
        );
    }
    assert_eq!(shop.board("01").waiting_scans, 0);
    assert!(shop.board("01").scan_problem.is_some());
    shop.stop();
    assert!(!super::observed::is_anywhere(&shop, code));
}

// Point 4: what was done stays good for ten minutes, for that person and basket.
#[test]
fn what_was_scanned_for_a_sale_lapses_after_ten_minutes() {
    let shop = Shop::new();
    shop.reads("01", LI, "01");
    let line = granules("R1000000-1", &[1]).bare();
    shop.refused(
        "01",
        "2102",
        &shop.settlement("M1", LI, std::slice::from_ref(&line)),
    );
    shop.scan("01", &trace(1));
    shop.clock.advance(9 * MINUTE_MS);
    shop.leaves(
        "01",
        "2101",
        &shop.druginfo("2101", "P1", (LI, std::slice::from_ref(&line))),
    );
    assert_eq!(
        shop.facts()["lines"][0]["packs"].as_array().unwrap().len(),
        1
    );
    shop.clock.advance(11 * MINUTE_MS);
    assert_eq!(shop.board("01").light, Light::Idle);
    shop.reads("01", LI, "01");
    let body = shop.settlement("M2", LI, &[line]);
    assert!(shop.refused("01", "2102", &body).contains("追溯码"));
}

#[test]
fn with_another_basket_people_stay_and_what_concerns_goods_is_asked_again() {
    let shop = Shop::new();
    shop.reads("01", LI, "01");
    let line = granules("R1000000-1", &[1]).bare();
    shop.refused("01", "2102", &shop.settlement("M1", LI, &[line]));
    shop.scan("01", &trace(1));
    let more = granules("R1000000-1", &[1, 2]).bare();
    let message = shop.refused("01", "2102", &shop.settlement("M2", LI, &[more]));
    assert!(
        message.contains("追溯码") && !message.contains("医保码"),
        "{message}"
    );
    let facts = shop.facts();
    assert_eq!(
        facts["evidence"].as_array().unwrap().len(),
        1,
        "shown once, still good"
    );
    assert_eq!(
        facts["lines"][0]["packs"].as_array().unwrap().len(),
        1,
        "in the hand, still there"
    );
}

#[test]
fn the_board_masks_the_holder() {
    let shop = Shop::new();
    shop.reads("01", LI, "01");
    let shown = shop.board("01").sale.unwrap().holder.unwrap();
    assert!(
        !shown.contains(LI.name) && !shown.contains(LI.certno),
        "{shown}"
    );
}
