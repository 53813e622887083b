//! What packs are known by and what becomes of them: prefixes, makers' own codes, pieces, cash.

use pharmacy_decision::pack::Pack;
use pharmacy_desk::core::staff::Duty;
use pharmacy_desk::{Action, DeskError, Place, Sign, Supply};
use serde_json::{Value, json};

use crate::kit::{MINUTE_MS, Options, Shop, caller, credentials, shipped_but};
use crate::message::{LI, Line, WANG, granules, with_line};

const PIN: &str = "918273";

/// A maker's own code.
const OWN: &str = "ZYF-2026-000017";

/// An article of which nobody told what its packs' codes begin with.
fn plain_code(mut line: Line, code: &str) -> Line {
    line.packs = vec![code.to_owned()];
    line
}

fn in_charge(shop: &Shop) {
    shop.enrol("S01", &[Duty::Cashier, Duty::InCharge], PIN);
    let signed_in = shop
        .handle()
        .sign_in(caller("01"), Place::Till, credentials("S01", PIN));
    shop.wait(signed_in).unwrap();
}

fn act(shop: &Shop, action: Action) -> Result<(), String> {
    let acted = shop.handle().act(caller("01"), Place::Till, action, None);
    shop.wait(acted)
        .map(drop)
        .map_err(|error: DeskError| error.code().to_owned())
}

fn confirm(code: &str) -> Action {
    Action::Sign(Sign::ConfirmForm {
        line: 1,
        code: code.parse().unwrap(),
        by: credentials("S01", PIN),
    })
}

fn return_cash(receipt: &str) -> Action {
    Action::Sign(Sign::ReturnCash {
        line: 1,
        receipt: receipt.to_owned(),
        by: credentials("S01", PIN),
    })
}

/// An inventory call about packs of the plain drug, with members of its record set.
fn stock(shop: &Shop, infno: &str, packs: &[u64], members: Value) -> String {
    let mut body: Value = serde_json::from_str(&shop.sold(infno, "", packs)).unwrap();
    let record = &mut body["input"]["selinfo"];
    record
        .as_object_mut()
        .unwrap()
        .extend(members.as_object().unwrap().clone());
    body["infno"] = json!(infno);
    body.to_string()
}

fn observed(shop: &Shop, infno: &str, packs: &[u64], members: Value) {
    let body = stock(shop, infno, packs, members);
    shop.observe("01", infno, &body, &shop.yes(json!(null)));
}

// R07: a new batch with another prefix is sold, and teaches whose it is.
#[test]
fn a_new_prefix_is_not_asked_and_another_articles_is() {
    let shop = Shop::new();
    shop.reads("01", LI, "01");
    let new = plain_code(granules("R1000000-1", &[1]), "89111110000000000001");
    shop.settle("M1", "S1", (LI, std::slice::from_ref(&new)));
    // By the catalogue it is another article's.
    shop.reads("02", WANG, "01");
    let other = plain_code(granules("R2000000-1", &[1]), "89000020000000000001");
    let body = shop.settlement("M2", WANG, &[other]);
    assert!(shop.refused("02", "2102", &body).contains("别的药品"));
}

// Goods that came in are whose the till says, unless somebody knew before.
#[test]
fn goods_that_come_in_teach_whose_a_prefix_is() {
    let shop = Shop::new();
    let record = json!({
        "med_list_codg": "XB99ZZZ999A001019999905", "fixmedins_hilist_id": "100020",
        "fixmedins_hilist_name": "阿司匹林肠溶片", "fixmedins_bchno": "B1", "purc_retn_cnt": 1,
        "drugtracinfo": [{"drug_trac_codg": "89222220000000000001"}],
    });
    let body = shop.body("3503", "Q3503", json!({"purcinfo": record}));
    shop.observe("01", "3503", &body, &shop.yes(json!(null)));
    shop.reads("01", LI, "01");
    let line = plain_code(granules("R1000000-1", &[1]), "89222220000000000002");
    let body = shop.settlement("M1", LI, &[line]);
    assert!(shop.refused("01", "2102", &body).contains("前缀"));
    // R07: two numbers of one drug: said once, and not asked again.
    let learn = Action::Supply(Supply::LearnPrefix {
        line: 1,
        code: "89222220000000000002".parse().unwrap(),
    });
    act(&shop, learn).unwrap();
    shop.leaves("01", "2102", &body);
}

// An own code counts where its exact form was confirmed, and nowhere else.
#[test]
fn a_makers_own_code_counts_once_its_form_was_confirmed() {
    let shop = Shop::new();
    in_charge(&shop);
    shop.reads("01", LI, "01");
    // The granules are known by twenty digits.
    let line = plain_code(granules("R1000000-1", &[1]), OWN);
    let body = shop.settlement("M1", LI, &[line]);
    assert!(shop.refused("01", "2102", &body).contains("别的药品"));
    assert_eq!(act(&shop, confirm(OWN)), Err("remedy.prefix".to_owned()));
    // A drug of which no prefix is known.
    let unknown = |serial: &str, code: &str| Line {
        sku: "999001",
        ..plain_code(granules(serial, &[1]), code)
    };
    shop.reads("01", WANG, "01");
    let body = shop.settlement("M2", WANG, &[unknown("R2000000-1", OWN)]);
    let _ = shop.refused("01", "2102", &body);
    let asked = |shop: &Shop| {
        let sale = shop.board("01").sale.unwrap();
        let mut rules = sale.reasons.into_iter().map(|reason| reason.rule);
        rules.any(|rule| rule == "trace.other-product")
    };
    assert!(asked(&shop), "not confirmed yet");
    act(&shop, confirm(OWN)).unwrap();
    assert!(!asked(&shop), "confirmed");
    let body = shop.settlement("M3", WANG, &[unknown("R3000000-1", "ZYF-2026-00001")]);
    let _ = shop.held("01", "2102", &body);
    assert!(asked(&shop), "another form");
    let body = shop.settlement("M4", WANG, &[unknown("R4000000-1", "ZYF-2026-000018")]);
    let _ = shop.try_gate("01", "2102", &body);
    assert!(!asked(&shop), "the same form");
}

// R13: pieces count down, the next customer of the box is served.
#[test]
fn pieces_of_a_box_are_sold_until_it_is_empty() {
    let shop = Shop::new();
    let pieces = |serial: &str, count: i64| Line {
        count,
        ..granules(serial, &[1])
    };
    let split = |msgid: &str, person, serial: &str, count| {
        let body = shop.settlement(msgid, person, &[pieces(serial, count)]);
        with_line(&body, json!({"trdn_flag": "1", "prd_days": 1}))
    };
    let settle = |till: &str, person, body: &str, setl_id: &str, fen| {
        let departure = shop.sent(till, "2102", body);
        shop.answered(departure, &shop.settled(setl_id, (person, fen)));
    };
    shop.reads("01", LI, "01");
    settle(
        "01",
        LI,
        &split("M1", LI, "R1000000-1", 12),
        "S1",
        12 * 1910,
    );
    shop.reads("02", WANG, "01");
    // Twenty bags are in the box.
    let above = split("M2", WANG, "R2000000-1", 9);
    assert!(shop.refused("02", "2102", &above).contains("拆零"));
    // A whole box after pieces of it were sold.
    let whole = shop.settlement("M3", WANG, &[granules("R3000000-1", &[1])]);
    let whole = with_line(&whole, json!({"trdn_flag": "0"}));
    assert!(shop.refused("02", "2102", &whole).contains("拆零"));
    settle(
        "02",
        WANG,
        &split("M4", WANG, "R4000000-1", 8),
        "S2",
        8 * 1910,
    );
    // What comes back can be sold again.
    shop.reverse("B1", "S1", LI);
    shop.reads("01", LI, "01");
    shop.leaves("01", "2102", &split("M5", LI, "R5000000-1", 12));
}

// R11, R13: paid in cash is sold; whoever finds the card gets the cash back and settles.
#[test]
fn a_pack_that_was_sold_for_cash_is_settled_only_with_its_receipt() {
    for members in [
        json!({"setl_id": "", "rtal_docno": "C1"}),
        json!({"mdtrt_setl_type": "2", "rtal_docno": "C1"}),
        json!({"setl_id": null, "hi_feesetl_type": "0", "rtal_docno": "C1"}),
    ] {
        let shop = Shop::new();
        in_charge(&shop);
        observed(&shop, "3505", &[1], members);
        shop.reads("01", LI, "01");
        let body = shop.settlement("M1", LI, &[granules("R1000000-1", &[1])]);
        assert!(shop.refused("01", "2102", &body).contains("换一盒"));
        let wrong = act(&shop, return_cash("C2"));
        assert_eq!(wrong, Err("remedy.cash-receipt".to_owned()));
        act(&shop, return_cash("C1")).unwrap();
        shop.leaves("01", "2102", &body);
        // The till says that the goods came back.
        observed(
            &shop,
            "3506",
            &[1],
            json!({"setl_id": "", "rtal_docno": "C1"}),
        );
        shop.clock.advance(25 * 60 * MINUTE_MS);
        shop.tick();
        assert_eq!(shop.count("gateway.cash-return-missing"), 0);
    }
}

#[test]
fn cash_that_was_given_back_without_a_word_of_the_till_is_a_finding_in_the_packs_time() {
    for hours in [24, 48] {
        let (from, to) = ("[cash-return]\nhours = 24", "[cash-return]\nhours = ");
        finds_after(hours, shipped_but(from, &format!("{to}{hours}")));
    }
}

fn finds_after(hours: i64, pack: Pack) {
    let shop = Shop::of(Options {
        pack: Some(pack),
        ..Options::default()
    });
    in_charge(&shop);
    observed(
        &shop,
        "3505",
        &[1],
        json!({"setl_id": "", "rtal_docno": "C1"}),
    );
    shop.reads("01", LI, "01");
    let body = shop.settlement("M1", LI, &[granules("R1000000-1", &[1])]);
    let _ = shop.refused("01", "2102", &body);
    act(&shop, return_cash("C1")).unwrap();
    shop.clock.advance((hours - 1) * 60 * MINUTE_MS);
    shop.tick();
    assert_eq!(shop.count("gateway.cash-return-missing"), 0);
    shop.clock.advance(2 * 60 * MINUTE_MS);
    for _ in 0..3 {
        shop.tick();
    }
    assert_eq!(shop.count("gateway.cash-return-missing"), 1);
}

// R07: what came back is for sale, what the insurance paid is no cash, and what an open sale holds stays.
#[test]
fn only_what_was_paid_in_cash_and_did_not_come_back_is_sold() {
    let shop = Shop::new();
    observed(
        &shop,
        "3505",
        &[1],
        json!({"setl_id": "", "rtal_docno": "C1"}),
    );
    observed(
        &shop,
        "3506",
        &[1],
        json!({"setl_id": "", "rtal_docno": "C1"}),
    );
    observed(
        &shop,
        "3505",
        &[2],
        json!({"setl_id": "", "mdtrt_setl_type": "1"}),
    );
    let declined = stock(&shop, "3505", &[3], json!({"setl_id": ""}));
    shop.observe("01", "3505", &declined, &shop.no("不符"));
    shop.reads("01", LI, "01");
    let lines = [granules("R1000000-1", &[1, 2, 3])];
    shop.leaves("01", "2102", &shop.settlement("M1", LI, &lines));
}
