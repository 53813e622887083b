//! Who is here: staff at their till, a husband who buys for his wife, and a sale that asks nobody.

use pharmacy_kit::browser::Key;
use pharmacy_kit::counter::Counter;
use pharmacy_kit::gateway_till::{Basket, Line};
use pharmacy_kit::platform::WIFE;
use pharmacy_kit::till::pack;
use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::part::PartClass;
use serde_json::json;

use super::kit::{
    HUSBAND_NUMBER, MANNER, PIN, WIFE_NUMBER, check_keys, end, enrol, identify_typed, of_typed,
    parts, refused, said, sale_on, settled, settlement_typed, signed_in, staffed,
};

#[test]
fn staff_sign_in_by_pin_and_a_guesser_is_locked_out() {
    let registered = |shop: &pharmacy_kit::Shop| {
        enrol(shop, ("S01", "收银小王"), &["cashier"]);
        enrol(
            shop,
            ("S02", "值班店长"),
            &["in-charge", "insurance-manager"],
        );
    };
    let Some(mut counter) = Counter::prepared(MANNER, "", registered) else {
        return;
    };
    counter.await_words("#duty", said("counter.nobody"));
    counter.await_words("#duty", said("counter.nobody-in-charge"));
    // Mistyping costs nothing, guessing does: the third wrong PIN locks, and then the right one too.
    counter.sign_in("S01", "111222");
    let problem = "[data-panel][open] [data-problem]";
    counter.await_words(problem, said("staff.pin-wrong"));
    for wrong in ["111223", "111224"] {
        counter
            .page
            .wait_for("document.activeElement.type === 'password'");
        counter
            .page
            .evaluate("document.querySelector('[data-problem]').textContent = ''");
        counter.page.type_text(wrong);
        counter.press(Key::Enter);
        counter.await_words(problem, said("staff.pin-wrong"));
    }
    counter
        .page
        .wait_for("document.activeElement.type === 'password'");
    counter.page.type_text(PIN);
    counter.press(Key::Enter);
    counter.await_words(problem, said("staff.locked"));
    counter.press(Key::Escape);
    counter.keys();

    signed_in(&mut counter, "S02");
    check_keys(&mut counter, "signing in");
    counter.await_words("#duty", "值班店长");
    counter.follow("/counter/staff");
    counter.await_words("#register", said("office.locked-until"));
    let shown = counter.page.shown("#register");
    assert!(shown.contains(said("office.off-duty")) && shown.contains(said("office.since")));
    check_keys(&mut counter, "the way to the page of staff");
    let shifts = parts(&counter.shop.shop, EntryKind::Shift, PartClass::Staff);
    let [shift] = &shifts[..] else {
        panic!("{shifts:?}")
    };
    assert!(
        shift["signature"].is_string(),
        "signed with their key: {shift}"
    );
    end(counter, &[(EntryKind::Staff, 2), (EntryKind::Shift, 1)]);
}

/// R02, R03: the wife is old, and her number was typed at the till; her husband shows both documents.
#[test]
fn a_husband_buys_for_his_wife() {
    let Some(mut counter) = staffed("", &[]) else {
        return;
    };
    identify_typed(&mut counter, WIFE_NUMBER);
    let basket = of_typed(WIFE, WIFE_NUMBER, "R1", Line::otc(&[pack(1)]));
    let input = settlement_typed(&counter, &basket);
    let why = refused(&counter.till.call("2102", &input));
    assert!(why.contains("未核验到场"), "{why}");
    counter.await_light("red");
    counter.open_panel("proxy");
    counter.fill("number", HUSBAND_NUMBER);
    counter.fill("name", "样例·乙");
    counter.choose("why", "age");
    counter.tab_to("[data-panel][open] [name='holder-document']");
    counter.press(Key::Enter);
    counter.await_done(said("counter.proxy-set"));
    check_keys(&mut counter, "a proxy");
    counter.await_light("green");
    counter.await_words("#facts", said("counter.buyer"));
    let facts = counter.page.shown("#facts");
    assert!(
        facts.contains("样**") && facts.matches('*').count() > 8,
        "{facts}"
    );
    counter.check_page();

    let sale = sale_on(&mut counter);
    settled(&counter.till.call("2102", &input));
    counter.await_light("settled");
    let list = counter
        .shop
        .api()
        .must("GET", &format!("/v1/sales/{sale}/list"), &json!(null));
    assert!(
        list["buyer"].is_object() && !list.to_string().contains(HUSBAND_NUMBER),
        "{list}"
    );
    let facts = parts(&counter.shop.shop, EntryKind::Verdict, PartClass::Facts);
    let proxy = &facts.last().unwrap()["people"]["buyer"]["proxy"];
    assert_eq!(proxy["reason"]["known"], "age", "{proxy}");
    for document in ["holder-document", "proxy-document"] {
        assert_eq!(proxy[document]["known"], "seen", "{proxy}");
    }
    let named = parts(&counter.shop.shop, EntryKind::Evidence, PartClass::Identity);
    let is_named = |part: &serde_json::Value| part.to_string().contains(HUSBAND_NUMBER);
    assert!(
        named.iter().any(is_named),
        "sealed in the log, shown nowhere"
    );
    end(
        counter,
        &[
            (EntryKind::Outcome, 1),
            (EntryKind::Release, 0),
            (EntryKind::Verdict, 2),
        ],
    );
}

/// Whatever asks nothing costs nothing: no key, no click, no request but those that show the light.
#[test]
fn a_plain_sale_needs_nobody() {
    let Some(mut counter) = staffed("", &[]) else {
        return;
    };
    let before = counter.page.requests().len();
    counter.till.identify(WIFE);
    counter.await_light("green");
    let input = counter
        .till
        .settlement(&Basket::otc(WIFE, "R1", &[pack(1)]));
    settled(&counter.till.call("2102", &input));
    counter.await_light("settled");
    assert_eq!(counter.keys(), 0);
    let requests = counter.page.requests().split_off(before);
    let shows = [
        counter.url("/counter/board"),
        counter.url("/counter/events"),
    ];
    assert!(!requests.is_empty());
    for request in &requests {
        assert!(shows.contains(request), "{request}");
    }
    println!("a plain sale: {} requests of the page", requests.len());
    end(
        counter,
        &[
            (EntryKind::Evidence, 0),
            (EntryKind::Outcome, 1),
            (EntryKind::Verdict, 1),
        ],
    );
}
