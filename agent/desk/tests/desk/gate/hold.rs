//! Packs of a sale that nobody goes on with: for how long, who frees them, and when nobody may.

use pharmacy_desk::{Action, DeskError, Done, Fate, Light, Place};
use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::part::PartClass;

use crate::kit::{MINUTE_MS, Shop, caller};
use crate::message::{LI, WANG, granules};

fn close(shop: &Shop, till: &str) -> Result<Done, DeskError> {
    let acted = shop
        .handle()
        .act(caller(till), Place::Till, Action::CloseSale, None);
    shop.wait(acted)
}

/// A sale at till 02 that holds pack 9 and is not settled.
fn held() -> Shop {
    let shop = Shop::new();
    shop.reads("02", WANG, "01");
    let theirs = [granules("R9000000-1", &[9])];
    shop.leaves("02", "2101", &shop.druginfo("2101", "P1", (WANG, &theirs)));
    shop.reads("01", LI, "01");
    shop
}

fn why_given_up(shop: &Shop) -> Vec<String> {
    let steps = shop.parts(EntryKind::Sale, PartClass::Facts);
    let why = steps.iter().filter_map(|step| step["why"].as_str());
    why.map(str::to_owned).collect()
}

// R13: a customer who went away without a word does not keep a box for hours.
#[test]
fn an_abandoned_sale_lets_go_of_its_packs_after_minutes() {
    let shop = held();
    let body = shop.settlement("M1", LI, &[granules("R1000000-1", &[9])]);
    assert!(shop.refused("01", "2102", &body).contains("换一盒"));
    shop.clock.advance(9 * MINUTE_MS);
    shop.tick();
    assert!(why_given_up(&shop).is_empty(), "still at the counter");
    shop.clock.advance(2 * MINUTE_MS);
    shop.tick();
    assert_eq!(why_given_up(&shop), ["forgotten", "forgotten"]);
    shop.reads("01", LI, "01");
    let body = shop.settlement("M2", LI, &[granules("R1000000-1", &[9])]);
    shop.leaves("01", "2102", &body);
}

#[test]
fn the_page_closes_a_sale_and_its_packs_are_free_at_once() {
    let shop = held();
    let body = shop.settlement("M1", LI, &[granules("R1000000-1", &[9])]);
    assert!(shop.refused("01", "2102", &body).contains("换一盒"));
    assert!(shop.board("02").sale.unwrap().is_closable);
    assert_eq!(close(&shop, "02").unwrap().code, "counter.sale-closed");
    assert_eq!(shop.board("02").light, Light::Idle);
    let body = shop.settlement("M2", LI, &[granules("R1000000-1", &[9])]);
    shop.leaves("01", "2102", &body);
    assert_eq!(why_given_up(&shop), ["closed"]);
    let by = shop.parts(EntryKind::Sale, PartClass::Staff);
    assert_eq!(by[0]["by"], "02/till-program");
    // Closed is closed, and nothing stands there any more.
    assert_eq!(
        close(&shop, "02").unwrap_err().code(),
        "remedy.no-open-sale"
    );
}

// What was sent may be sold: nobody closes that, and no time frees its packs.
#[test]
fn what_is_under_way_or_in_doubt_is_not_closed() {
    let shop = Shop::new();
    shop.reads("01", LI, "01");
    let body = shop.settlement("M1", LI, &[granules("R1000000-1", &[1])]);
    let departure = shop.sent("01", "2102", &body);
    assert_eq!(close(&shop, "01").unwrap_err().code(), "sale.in-doubt");
    shop.conclude(departure, Fate::InDoubt);
    assert!(!shop.board("01").sale.unwrap().is_closable);
    assert_eq!(close(&shop, "01").unwrap_err().code(), "sale.in-doubt");
    shop.clock.advance(20 * MINUTE_MS);
    shop.tick();
    assert!(why_given_up(&shop).is_empty());
    shop.reads("02", WANG, "01");
    let theirs = shop.settlement("M2", WANG, &[granules("R2000000-1", &[1])]);
    assert!(shop.refused("02", "2102", &theirs).contains("换一盒"));
}

// R07: the box lies before the same cashier again; the bill that was hung up has it no longer.
#[test]
fn the_next_customer_of_a_till_gets_the_box_of_a_bill_that_was_hung_up() {
    let shop = Shop::new();
    shop.reads("01", WANG, "01");
    let theirs = [granules("R9000000-1", &[9])];
    shop.leaves("01", "2101", &shop.druginfo("2101", "P1", (WANG, &theirs)));
    shop.reads("01", LI, "01");
    let lines = [granules("R1000000-1", &[9])];
    shop.settle("M1", "S1", (LI, &lines));
    assert!(why_given_up(&shop).is_empty(), "the bill itself stays");
    // And it cannot settle with that box any more, only with another one.
    let body = shop.settlement("M2", WANG, &theirs);
    assert!(shop.refused("01", "2102", &body).contains("换一盒"));
    shop.leaves(
        "01",
        "2102",
        &shop.settlement("M3", WANG, &[granules("R9000000-1", &[10])]),
    );
}

// Another customer's sale is not this page's.
#[test]
fn a_page_closes_the_sale_of_its_own_till_only() {
    let shop = held();
    shop.refused(
        "01",
        "2102",
        &shop.settlement("M1", LI, &[granules("R1-1", &[9])]),
    );
    assert!(close(&shop, "01").is_ok());
    assert!(shop.board("02").sale.unwrap().is_closable);
    assert_eq!(why_given_up(&shop), ["closed"]);
}
