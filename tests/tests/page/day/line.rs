//! What is said of one line: who buys a preparation with ephedrine, why more than usual, and that a
//! refusal was wrong.

use pharmacy_kit::browser::Key;
use pharmacy_kit::gateway_till::{Basket, Line};
use pharmacy_kit::platform::{HUSBAND, WIFE};
use pharmacy_kit::till::pack;
use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::part::PartClass;

use super::kit::{
    WIFE_NUMBER, check_keys, end, identify_typed, long_and_pooled, of_typed, parts, refused, said,
    settled, settlement_typed, staffed,
};

fn ephedrine() -> Line {
    Line {
        sku: "900001".into(),
        code: "XR99ZZZ999A001019999906".into(),
        price: "15.80".into(),
        amount: "15.80".into(),
        ..Line::otc(&["89900010000000000001".to_owned()])
    }
}

// R17: whoever buys a preparation with ephedrine is registered.
#[test]
fn the_buyer_of_ephedrine_is_registered() {
    let Some(mut counter) = staffed("", &[]) else {
        return;
    };
    counter.till.identify(WIFE);
    let input = counter
        .till
        .settlement(&Basket::of(WIFE, "R1", ephedrine()));
    let why = refused(&counter.till.call("2102", &input));
    assert!(why.contains("麻黄碱"), "{why}");
    counter.open_panel("registration");
    counter.tab_to("[data-panel][open] [name='who']");
    counter.press(Key::Enter);
    counter.await_done(said("counter.registered"));
    check_keys(&mut counter, "a registration");
    counter.await_light("green");
    settled(&counter.till.call("2102", &input));
    counter.await_light("settled");
    let facts = parts(&counter.shop.shop, EntryKind::Verdict, PartClass::Facts);
    let registration = &facts.last().unwrap()["lines"][0]["registration"];
    assert_eq!(registration["known"], "registered");
    end(counter, &[(EntryKind::Outcome, 1), (EntryKind::Verdict, 2)]);
}

// R17: more than thirty days from the pooled fund need a reason.
#[test]
fn more_than_usual_has_a_reason() {
    let Some(mut counter) = staffed("", &[]) else {
        return;
    };
    counter.till.identify(WIFE);
    let packs: Vec<_> = (1..=5).map(pack).collect();
    let input = counter.till.settlement(&Basket::otc(WIFE, "R1", &packs));
    let pooled = long_and_pooled(&input);
    let why = refused(&counter.till.call("2102", &pooled));
    assert!(why.contains("超量"), "{why}");
    counter.open_panel("exception");
    counter.choose("exception", "travel");
    counter.press(Key::Enter);
    counter.await_done(&said("counter.exception-set").replace("{}", "1"));
    check_keys(&mut counter, "a reason for more than usual");
    counter.open_panel("buyer");
    counter.press(Key::Enter);
    counter.await_done(said("counter.holder-confirmed"));
    counter.await_light("green");
    settled(&counter.till.call("2102", &pooled));
    counter.await_light("settled");
    let facts = parts(&counter.shop.shop, EntryKind::Verdict, PartClass::Facts);
    assert_eq!(facts.last().unwrap()["lines"][0]["exception"], "travel");
    end(counter, &[(EntryKind::Outcome, 1), (EntryKind::Release, 0)]);
}

// R07: staff say that a refusal was wrong; it stays one, and is in the day's figures.
#[test]
fn a_wrong_refusal_is_in_the_days_figures() {
    let Some(mut counter) = staffed("", &[]) else {
        return;
    };
    counter.till.settle(&Basket::otc(HUSBAND, "R0", &[pack(9)]));
    identify_typed(&mut counter, WIFE_NUMBER);
    let basket = of_typed(WIFE, WIFE_NUMBER, "R1", Line::otc(&[pack(1)]));
    let input = settlement_typed(&counter, &basket);
    refused(&counter.till.call("2102", &input));
    counter.await_light("red");
    counter.open_panel("wrong");
    counter.fill("reason", "刚才已刷脸");
    counter.press(Key::Enter);
    counter.await_done(said("counter.marked-wrong"));
    check_keys(&mut counter, "a wrong refusal");
    refused(&counter.till.call("2102", &input));
    // The next customer's sale.
    counter.till.identify(HUSBAND);
    let toothbrush = Basket::of(HUSBAND, "R2", Line::toothbrush());
    let input = counter.till.settlement(&toothbrush);
    refused(&counter.till.call("2102", &input));
    counter.await_words("#sale", "item.not-payable");

    counter.follow("/counter/figures");
    check_keys(&mut counter, "the way to the day's figures");
    let figure = |counter: &mut pharmacy_kit::counter::Counter, label: &str| {
        let rows = counter.page.shown("#today");
        let mut rows = rows.lines().skip_while(|row| row.trim() != said(label));
        rows.nth(1).map(str::trim).map(str::to_owned)
    };
    counter
        .page
        .wait_for("document.querySelector('#rules table') !== null");
    assert_eq!(figure(&mut counter, "office.sales").as_deref(), Some("1"));
    assert_eq!(
        figure(&mut counter, "office.wrong-refusals").as_deref(),
        Some("1")
    );
    // However often the till tried, each sale was refused once.
    assert_eq!(
        figure(&mut counter, "office.refusals").as_deref(),
        Some("2")
    );
    counter.await_words("#rules", "presence.none");
    counter.picture("figures");
    end(counter, &[(EntryKind::Release, 1), (EntryKind::Outcome, 1)]);
}
