//! Taking back: 2103, 2601, what may be sold again, and cash.

use pharmacy_desk::{Call, Fate};
use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::part::PartClass;
use pharmacy_protocol::term::{EntryIndex, Fen, SaleId};
use serde_json::json;

use crate::kit::{MINUTE_MS, Shop, caller};
use crate::message::{LI, granules};

// R20: 2103 is tied to its settlement.
#[test]
fn a_reversal_is_tied_to_its_settlement_and_frees_fee_lines_and_packs() {
    let shop = Shop::new();
    shop.reads("01", LI, "01");
    let lines = [granules("R1000000-1", &[1])];
    shop.settle("M1", "S1", (LI, &lines));
    shop.reverse("B1", "S1", LI);
    assert_eq!(shop.parts(EntryKind::Reversal, PartClass::Answer).len(), 1);
    shop.reads("01", LI, "01");
    shop.settle("M2", "S2", (LI, &lines));
    assert_eq!(shop.findings(), Vec::<String>::new());
}

// R20, R17: what the customer keeps is settled anew, once, linked with what was taken back.
#[test]
fn a_partial_return_is_linked_and_exempt_and_the_next_purchase_is_not() {
    let shop = Shop::new();
    shop.reads("01", LI, "01");
    shop.settle("M1", "S1", (LI, &[granules("R1000000-1", &[1, 2])]));
    shop.reverse("B1", "S1", LI);
    shop.reads("01", LI, "01");
    shop.settle("M2", "S2", (LI, &[granules("R2000000-1", &[1])]));
    assert_eq!(shop.facts()["lines"][0]["exception"], "resettlement");
    let log = shop.log();
    let entries = (0..log.size().unwrap()).map(EntryIndex::new);
    let verdicts: Vec<_> = entries.map(|index| log.entry(index).unwrap()).collect();
    let last = verdicts
        .iter()
        .rfind(|entry| entry.kind == EntryKind::Verdict)
        .unwrap();
    assert!(
        last.refs.len() >= 2,
        "its own sale, and the one that it follows: {:?}",
        last.refs
    );
    shop.clock.advance(MINUTE_MS);
    shop.reads("01", LI, "01");
    shop.leaves(
        "01",
        "2102",
        &shop.settlement("M3", LI, &[granules("R3000000-1", &[3])]),
    );
    assert!(shop.facts()["lines"][0]["exception"].is_null());
}

#[test]
fn an_undo_of_what_never_left_is_answered_here() {
    let shop = Shop::new();
    shop.reads("01", LI, "02");
    let lines = [granules("R1000000-1", &[1])];
    shop.refused("01", "2102", &shop.settlement("M1", LI, &lines));
    let undo = shop.undo("U1", ("2102", "M1"), LI);
    let first = shop.held("01", "2601", &undo);
    assert_eq!(first.json()["infcode"], 0);
    assert_eq!(shop.held("01", "2601", &undo), first, "the same bytes");
    assert_eq!(shop.findings(), ["gateway.undone-here"]);
    // Not sent, since there was no connection.
    shop.reads("01", LI, "01");
    let departure = shop.sent("01", "2102", &shop.settlement("M2", LI, &lines));
    shop.conclude(departure, Fate::NotSent);
    let undo = shop.undo("U2", ("2102", "M2"), LI);
    assert_eq!(shop.held("01", "2601", &undo).json()["infcode"], 0);
    // What the agent never saw may have been sent by whoever stood here before.
    let unknown = shop.undo("U3", ("2102", "OLD"), LI);
    shop.passes("01", "2601", &unknown);
    shop.observe("01", "2601", &unknown, &shop.yes(json!(null)));
    assert_eq!(shop.count("gateway.unknown-undo"), 1);
}

#[test]
fn an_undo_ends_a_doubt_and_frees_the_packs() {
    let shop = Shop::new();
    shop.reads("01", LI, "01");
    let lines = [granules("R1000000-1", &[1])];
    let departure = shop.sent("01", "2102", &shop.settlement("M1", LI, &lines));
    shop.conclude(departure, Fate::InDoubt);
    let undo = shop.sent("01", "2601", &shop.undo("U1", ("2102", "M1"), LI));
    shop.answered(undo, &shop.no("该交易已结算，不可冲正"));
    assert_eq!(
        shop.board("01").in_doubt.len(),
        1,
        "the platform did not undo it"
    );
    let undo = shop.sent("01", "2601", &shop.undo("U2", ("2102", "M1"), LI));
    shop.answered(undo, &shop.yes(json!(null)));
    assert!(shop.board("01").in_doubt.is_empty());
    shop.reads("01", LI, "01");
    shop.settle("M2", "S2", (LI, &lines));
}

#[test]
fn an_undo_of_a_reversal_lets_the_settlement_stand_again() {
    let shop = Shop::new();
    shop.reads("01", LI, "01");
    let lines = [granules("R1000000-1", &[1])];
    shop.settle("M1", "S1", (LI, &lines));
    let departure = shop.sent("01", "2103", &shop.reversal("B1", "S1", LI));
    shop.conclude(departure, Fate::InDoubt);
    let undo = shop.sent("01", "2601", &shop.undo("U1", ("2103", "B1"), LI));
    shop.answered(undo, &shop.yes(json!(null)));
    shop.reads("01", LI, "01");
    let again = shop.settlement("M2", LI, &lines);
    assert!(shop.refused("01", "2102", &again).contains("S1"));
}

#[test]
fn a_reversal_of_what_was_in_doubt_ends_the_doubt() {
    let shop = Shop::new();
    shop.reads("01", LI, "01");
    let lines = [granules("R1000000-1", &[1])];
    let departure = shop.sent("01", "2102", &shop.settlement("M1", LI, &lines));
    shop.conclude(departure, Fate::InDoubt);
    // Another amount is another settlement.
    let other = shop.reversal("B0", "S0", LI);
    shop.passes("01", "2103", &other);
    shop.observe("01", "2103", &other, &shop.reversed("S0B", (LI, 500)));
    assert_eq!(shop.findings(), ["gateway.unknown-reversal"]);
    assert_eq!(shop.board("01").in_doubt.len(), 1);
    let back = shop.reversal("B1", "S1", LI);
    shop.passes("01", "2103", &back);
    shop.observe("01", "2103", &back, &shop.reversed("S1B", (LI, 1910)));
    assert!(shop.board("01").in_doubt.is_empty());
    assert_eq!(shop.count("gateway.unknown-reversal"), 1);
    shop.reads("01", LI, "01");
    shop.settle("M2", "S2", (LI, &lines));
}

// R20: the account's part goes back through a reversal and no other way.
#[test]
fn the_account_part_does_not_go_back_as_cash() {
    let shop = Shop::new();
    shop.reads("01", LI, "01");
    let body = shop.settlement("M1", LI, &[granules("R1000000-1", &[1])]);
    let departure = shop.sent("01", "2102", &body);
    let sale: SaleId = departure.value().sale.clone();
    let answer = shop.yes(json!({"setlinfo": {
        "setl_id": "S1", "medfee_sumamt": 19.1, "fund_pay_sumamt": 0, "acct_pay": 15,
        "psn_cash_pay": 4.1,
    }}));
    shop.answered(departure, &answer);
    let refund = |fen| {
        let call = Call {
            caller: caller("01"),
            idempotency: None,
        };
        shop.wait(shop.handle().refund(call, sale.clone(), Fen::new(fen)))
    };
    assert!(refund(410).is_ok());
    assert_eq!(refund(1).unwrap_err().code(), "refund.account-in-cash");
    assert_eq!(shop.findings(), ["refund.account-in-cash"]);
}

// R20: goods came back and the settlement stands.
#[test]
fn goods_returned_without_a_reversal_are_a_finding() {
    let shop = Shop::new();
    shop.reads("01", LI, "01");
    shop.settle("M1", "S1", (LI, &[granules("R1000000-1", &[1])]));
    shop.observe(
        "01",
        "3506",
        &shop.sold("3506", "S1", &[1]),
        &shop.yes(json!(null)),
    );
    assert_eq!(shop.findings(), ["gateway.returned-without-reversal"]);
    shop.reverse("B1", "S1", LI);
    shop.observe(
        "01",
        "3506",
        &shop.sold("3506", "S1", &[1]),
        &shop.yes(json!(null)),
    );
    assert_eq!(shop.findings().len(), 1);
}
