//! The person in charge lets a sale pass, and whoever asks later finds who, why and what for.

use pharmacy_journal::LogView;
use pharmacy_kit::browser::Key;
use pharmacy_kit::gateway_till::{Basket, Line};
use pharmacy_kit::platform::{Deed, Fault, WIFE, Which};
use pharmacy_kit::till::pack;
use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::part::PartClass;
use pharmacy_protocol::term::EntryIndex;
use serde_json::Value;

use super::kit::{
    PIN, WIFE_NUMBER, check_keys, end, identify_typed, of_typed, parts, refused, said, settled,
    settlement_typed, staffed,
};

/// Who is in charge of the shift.
const IN_CHARGE: ((&str, &str), &[&str]) = (("S02", "值班店长"), &["in-charge"]);

// R07: released with PIN and reason, found by an inspector, and never where the rule is hard.
#[test]
fn a_release_leaves_its_trace() {
    let Some(mut counter) = staffed("", &[IN_CHARGE]) else {
        return;
    };
    identify_typed(&mut counter, WIFE_NUMBER);
    let basket = of_typed(WIFE, WIFE_NUMBER, "R1", Line::otc(&[pack(1)]));
    let input = settlement_typed(&counter, &basket);
    refused(&counter.till.call("2102", &input));
    counter.await_light("red");
    counter.open_panel("release");
    counter.fill("reason", "本人行动不便，已电话核实");
    counter.tab_to("[data-panel][open] [name='staff']");
    assert_eq!(
        counter.page.text("document.activeElement.value"),
        "S02",
        "on duty"
    );
    counter.fill("pin", PIN);
    counter.press(Key::Enter);
    counter.await_done(said("counter.released"));
    check_keys(&mut counter, "a release");
    counter.await_light("green");
    let paid = settled(&counter.till.call("2102", &input));
    counter.await_light("settled");

    let find = ["find", "--staff", "S02", "--releases", "--json"];
    let found = counter.shop.shop.run_typed(&find, PIN);
    let found: Value = serde_json::from_str(&found.out).unwrap();
    let [answer] = &found["answers"].as_array().unwrap()[..] else {
        panic!("{found}")
    };
    assert_eq!(answer["settlement"], paid.setl_id.as_str());
    let log = LogView::open(&counter.shop.shop.data()).unwrap();
    let kind = |index: &Value| {
        let index = EntryIndex::new(index.as_u64().expect("an entry"));
        log.entry(index).unwrap().kind
    };
    assert_eq!(kind(&answer["verdict"]), EntryKind::Verdict, "{answer}");
    assert_eq!(
        kind(&answer["releases"][0]["entry"]),
        EntryKind::Release,
        "{answer}"
    );
    assert_eq!(
        kind(&answer["entry"]),
        EntryKind::Outcome,
        "its list: {answer}"
    );
    let list = EntryIndex::new(answer["entry"].as_u64().unwrap());
    assert!(log.open_part(list, PartClass::List).is_ok());
    let act = &parts(&counter.shop.shop, EntryKind::Release, PartClass::Staff)[0];
    assert!(
        act["act"].as_str().unwrap().contains("presence.none"),
        "{act}"
    );
    assert!(act["signature"].is_string(), "{act}");

    ask_the_page(&mut counter, &answer["releases"][0]["entry"].to_string());
    hard_rules_stay(&mut counter);
    end(
        counter,
        &[
            (EntryKind::Release, 1),
            (EntryKind::Outcome, 1),
            (EntryKind::Access, 2),
        ],
    );
}

/// The same question on the page, by keyboard.
fn ask_the_page(counter: &mut pharmacy_kit::counter::Counter, release: &str) {
    counter.follow("/counter/find");
    counter.tab_back_to("[name=released]");
    counter.press(Key::Space);
    counter.tab_to("#question button");
    counter.press(Key::Enter);
    counter
        .page
        .wait_for("document.getElementById('found') !== null");
    counter.await_words("#found", &format!("{} {release}", said("office.release")));
    counter.await_words("#found", "样**");
    check_keys(counter, "an inspector's question on the page");
    counter.page.set_viewport(1100, 640);
    counter
        .page
        .evaluate("document.getElementById('found').scrollIntoView({block: 'end'})");
    counter.picture("find");
    counter.page.set_viewport(960, 600);
    counter.check_masked();
    counter.follow("/counter/");
    counter.keys();
}

fn hard_rules_stay(counter: &mut pharmacy_kit::counter::Counter) {
    counter.till.identify(WIFE);
    let input = counter
        .till
        .settlement(&Basket::of(WIFE, "R2", Line::toothbrush()));
    refused(&counter.till.call("2102", &input));
    counter.await_light("red");
    counter.await_words("#sale", "item.not-payable");
    let panels = "Array.from(document.querySelectorAll(\"#sale [data-panel][id$='-item.not-payable']\"), \
        (panel) => panel.id.split('-')[2])";
    let offered = counter.page.evaluate(panels);
    let offered: Vec<_> = offered.as_array().unwrap().iter().collect();
    assert!(offered.iter().any(|word| *word == "wrong"), "{offered:?}");
    assert!(
        !offered.iter().any(|word| *word == "release"),
        "nobody releases it: {offered:?}"
    );
}

// What nobody knows is resolved by whoever is in charge, who signs for it.
#[test]
fn the_person_in_charge_resolves_a_doubt_with_their_pin() {
    let Some(mut counter) = staffed("", &[IN_CHARGE]) else {
        return;
    };
    counter.till.identify(WIFE);
    let input = counter
        .till
        .settlement(&Basket::otc(WIFE, "R1", &[pack(1)]));
    let msgid = counter.till.next_msgid();
    let settlement = counter.till.request("2102", &input);
    let cut = Fault::CutUnanswered(Deed::Done);
    let platform = &counter.shop.platform;
    platform.break_next(Which::infno("2102"), 1, cut);
    let _ = counter.till.try_send(&settlement);
    counter.await_light("doubt");
    counter.tab_to("#doubts summary");
    counter.press(Key::Enter);
    counter.tab_to("#doubts [name=outcome]");
    counter.press(Key::Space);
    counter.tab_to("#doubts [name=settlement]");
    let done = counter.shop.platform.settlements();
    counter.page.type_text(&done[0].setl_id);
    counter.tab_to("#doubts [name=staff]");
    assert_eq!(
        counter.page.text("document.activeElement.value"),
        "S02",
        "on duty"
    );
    counter.tab_to("#doubts [name=pin]");
    counter.page.type_text("999999");
    counter.tab_to("#doubts [name=confirmed]");
    counter.press(Key::Space);
    counter.tab_to("#doubts button");
    counter.press(Key::Enter);
    counter.await_words("#answer .answer-bad", said("staff.pin-wrong"));
    check_keys(&mut counter, "a doubt");
    let emptied = "document.querySelector('#doubts [name=pin]').value === ''";
    counter.page.wait_for(emptied);
    assert_eq!(counter.shop.in_doubt(), 1);
    counter
        .page
        .evaluate("document.querySelector('#doubts [name=settlement]').focus()");
    counter.tab_to("#doubts [name=pin]");
    counter.page.type_text(PIN);
    counter.tab_to("#doubts button");
    counter.press(Key::Enter);
    counter.await_words("#doubts", said("counter.doubts-none"));
    counter.await_light("settled");
    assert_eq!(counter.shop.attempt(&msgid).state, "settled");
    let told = parts(&counter.shop.shop, EntryKind::Outcome, PartClass::Staff);
    let signed = told
        .iter()
        .filter(|part| part.to_string().contains("signature"));
    assert_eq!(signed.count(), 1, "{told:?}");
    end(counter, &[(EntryKind::Outcome, 2), (EntryKind::Verdict, 1)]);
}
