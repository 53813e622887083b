//! The counter page over a day at a till: the real agent between a till that speaks the national
//! interface and the platform, and a real browser that shows the page.
//!
//! In scope: what the cashier sees of each call and does on the page, and how soon it is seen. Out of
//! scope: what the page makes of a board (`counter.rs`), what the gateway does to bytes
//! (`gateway_conformance.rs`).
//!
//! Tests with a browser are passed over, and say so, where there is no Chromium; `REQUIRE_BROWSER=1`
//! makes that a failure. `UPDATE_PICTURES=1` writes the pictures of `docs/pictures` anew.

use std::time::{SystemTime, UNIX_EPOCH};

use pharmacy_base::text;
use pharmacy_kit::browser::Key;
use pharmacy_kit::counter::Counter;
use pharmacy_kit::gateway_till::{
    Basket, GatewayTill, Line, Protected, STORE, output, refusal, settled,
};
use pharmacy_kit::http::Request;
use pharmacy_kit::platform::{Deed, Fault, HUSBAND, Manner, Moment, Release, WIFE, Which};
use pharmacy_kit::till::pack;
use serde_json::json;

/// How often each call is measured.
const ROUNDS: u64 = 30;

fn said(code: &str) -> &'static str {
    text::message(code).zh
}

/// One pack of the plain OTC drug whose trace code the till did not send.
fn without_code() -> Line {
    Line {
        count: "1".into(),
        amount: "19.10".into(),
        ..Line::otc(&[])
    }
}

/// A basket of several lines.
fn basket_of(psn_no: &str, receipt: &str, lines: Vec<Line>, total: &str) -> Basket {
    Basket {
        total: total.into(),
        lines,
        ..Basket::otc(psn_no, receipt, &[])
    }
}

/// A call under the next message id with something in its body said otherwise.
fn altered(till: &mut GatewayTill, infno: &str, input: &str, change: (&str, &str)) -> Request {
    let msgid = till.next_msgid();
    let body = till.envelope(infno, &msgid, input);
    let changed = body.replace(change.0, change.1);
    assert_ne!(body, changed);
    let _ = till.request(infno, input);
    till.posted(infno, changed.into_bytes())
}

// ---- a day ---------------------------------------------------------------------------------------

#[test]
fn a_trace_code_that_is_missing_is_scanned_at_the_counter_and_the_sale_settles() {
    let Some(mut counter) = Counter::open(Manner::Guangdong) else {
        return;
    };
    counter.till.identify(WIFE);
    counter.await_light("green");
    counter.await_words("#word", said("counter.light-met"));
    let holder = counter.page.shown("#sale");
    assert!(holder.contains("样**"), "{holder}");

    let lines = vec![Line::otc(&[pack(1)]), without_code()];
    let basket = basket_of(WIFE, "R1", lines, "38.20");
    let input = counter.till.settlement(&basket);
    let early = counter.till.call("2101", &input);
    assert!(output(&early).is_some(), "a question refuses nothing early");
    counter
        .page
        .wait_for("document.querySelectorAll('#sale tbody tr').length === 2");
    let light = counter
        .page
        .text("document.querySelector('.light').className");
    assert!(
        light.contains("light-amber") || light.contains("light-red"),
        "{light}"
    );
    let lead = counter.page.shown(".lead");
    assert!(lead.contains("追溯码"), "{lead}");
    assert!(counter.page.shown(".item").contains("板蓝根"));
    let rows = counter.page.shown("#sale table");
    assert!(rows.contains("1/1") && rows.contains("0/1"), "{rows}");
    counter.check_fits("a missing trace code");
    counter.picture("missing");

    let refused = counter.till.call("2102", &input);
    assert!(refusal(&refused).is_some(), "{}", refused.text());
    counter.scan(&pack(2));
    counter.await_light("green");
    counter.await_words("#answer", &said("counter.scan-line").replace("{}", "2"));
    counter
        .page
        .wait_for("document.querySelectorAll('#sale .line-green').length === 2");
    counter.await_words("#word", said("counter.light-green"));
    counter.check_fits("ready to settle");
    counter.picture("ready");

    let paid = counter.till.call("2102", &input);
    settled(&output(&paid).unwrap_or_else(|| panic!("{}", paid.text())));
    // What was settled stays in sight, to be signed and printed, until the next sale begins.
    counter.await_light("settled");
    counter.await_words(".after", said("counter.signature"));
    counter.await_words("#sale", "样**");
    counter.check_fits("settled");
    counter.picture("settled");
    counter.till.identify(HUSBAND);
    counter.await_light("green");
    counter.check_page();
}

#[test]
fn what_insurance_does_not_pay_is_red_with_its_name_and_the_way_out() {
    let Some(mut counter) = Counter::open(Manner::Jiangsu) else {
        return;
    };
    counter.till.identify(WIFE);
    let lines = vec![Line::otc(&[pack(1)]), Line::toothbrush()];
    let basket = basket_of(WIFE, "R1", lines, "30.00");
    let input = counter.till.settlement(&basket);
    let refused = counter.till.call("2101", &input);
    assert!(refusal(&refused).is_some(), "{}", refused.text());
    counter.await_light("red");
    let item = counter.page.shown(".item");
    assert!(item.contains("牙刷"), "{item}");
    let lead = counter.page.shown(".lead");
    assert!(lead.contains("现金"), "{lead}");
    let reason = counter.page.shown(".reason-red");
    assert!(reason.contains("item."), "{reason}");
    assert!(counter.page.shown(".line-red").contains("牙刷"));
    assert!(counter.page.shown(".line-green").contains("板蓝根"));
    assert!(counter.page.shown("#spoken").contains(&lead), "read out");
    counter.check_fits("a toothbrush");
    counter.picture("refused");

    counter.page.click(".switch");
    counter
        .page
        .wait_for("document.documentElement.lang === 'en'");
    let lead = counter.page.shown(".lead");
    assert!(lead.is_ascii() && lead.contains("cash"), "{lead}");
    assert_eq!(
        counter.page.shown("#word"),
        text::message("counter.light-red").en
    );
    counter.check_fits("a toothbrush in English");
    counter.picture("english");
    counter.check_page();
}

/// R07: whatever is in the way has its answers beside it, each under a number.
#[test]
fn a_prescription_drug_is_refused_with_every_way_on() {
    let Some(mut counter) = Counter::open(Manner::Guangdong) else {
        return;
    };
    counter.till.identify(WIFE);
    let prescribed = Line {
        sku: "100094".into(),
        code: "XJ01FAL193A001010100094".into(),
        ..Line::otc(&["89000940000000000001".to_owned()])
    };
    let input = counter.till.settlement(&Basket::of(WIFE, "R1", prescribed));
    let refused = counter.till.call("2102", &input);
    assert!(refusal(&refused).is_some(), "{}", refused.text());
    counter.await_light("red");
    for (word, title) in [
        ("prescription", "panel.prescription"),
        ("release", "panel.release"),
        ("wrong", "panel.wrong"),
    ] {
        let number = counter.number_of(word);
        counter.await_words("#sale", &format!("{number} {}", said(title)));
    }
    counter.check_fits("a prescription");
    counter.check_page();
}

#[test]
fn a_refusal_that_no_rule_made_shows_its_reason() {
    let Some(mut counter) = Counter::open(Manner::Hubei) else {
        return;
    };
    counter.till.identify(WIFE);
    let input = counter
        .till
        .settlement(&Basket::otc(WIFE, "R1", &[pack(1)]));
    let foreign = altered(&mut counter.till, "2102", &input, (STORE, "P44030000999"));
    let refused = counter.till.send(&foreign);
    assert!(refusal(&refused).is_some(), "{}", refused.text());
    counter.await_light("red");
    counter.await_words(".lead", said("gateway.other-store"));
    counter.check_fits("another store");

    counter.till.settle(&Basket::otc(WIFE, "R1", &[pack(1)]));
    counter.await_light("settled");
    counter.till.identify(WIFE);
    counter.await_light("green");
    let again = counter.till.call("2102", &input);
    assert!(refusal(&again).is_some(), "{}", again.text());
    counter.await_light("red");
    counter.await_words(".lead", said("counter.duplicate"));
    counter.check_fits("a duplicate");
    assert_eq!(counter.shop.platform.settlements().len(), 1);

    // The next customer's sale is not red for the last one's mistake.
    counter.till.identify(HUSBAND);
    counter.await_light("green");
    counter.check_page();
}

#[test]
fn a_settlement_in_doubt_is_listed_and_resolved_by_keyboard() {
    let Some(mut counter) = Counter::open(Manner::Jiangsu) else {
        return;
    };
    counter.till.identify(WIFE);
    counter.await_light("green");
    let input = counter
        .till
        .settlement(&Basket::otc(WIFE, "R1", &[pack(1)]));
    let msgid = counter.till.next_msgid();
    let settlement = counter.till.request("2102", &input);
    let cut = Fault::CutUnanswered(Deed::Done);
    let platform = &counter.shop.platform;
    platform.break_next(Which::infno("2102"), 1, cut);
    let heard = counter.till.try_send(&settlement);
    assert!(
        !heard.is_ok_and(|heard| output(&heard).is_some()),
        "the platform's answer was dropped"
    );
    counter.await_words("#doubts", &msgid);
    counter.await_light("doubt");
    counter.await_words("#word", said("counter.light-doubt"));
    counter.await_words(".lead", said("counter.doubt-lead"));
    counter.check_fits("in doubt");
    counter.picture("in-doubt");

    let done = counter.shop.platform.settlements();
    let [done] = done.as_slice() else {
        panic!("{done:?}")
    };
    counter.tab_to("#doubts summary");
    counter.page.press(Key::Enter);
    counter.tab_to("input[value=settled]");
    counter.page.press(Key::Space);
    counter.tab_to("input[name=settlement]");
    counter.page.type_text(&done.setl_id);
    counter.tab_to("input[name=confirmed]");
    counter.page.press(Key::Space);
    counter.check_fits("an attempt being resolved");
    counter.tab_to("#doubts button");
    counter.page.press(Key::Enter);
    counter.await_words("#doubts", said("counter.doubts-none"));
    counter.await_words("#answer", said("counter.resolved"));
    counter.await_light("settled");
    let attempt = counter.shop.attempt(&msgid);
    assert_eq!(attempt.state, "settled");
    assert_eq!(attempt.settlement.as_ref(), Some(&done.setl_id));
    assert_eq!(counter.shop.in_doubt(), 0);
    counter.check_page();
}

#[test]
fn a_settlement_on_its_way_is_not_shown_as_ready() {
    let Some(mut counter) = Counter::open(Manner::Guangdong) else {
        return;
    };
    counter.till.identify(WIFE);
    counter.await_light("green");
    let input = counter
        .till
        .settlement(&Basket::otc(WIFE, "R1", &[pack(1)]));
    let settlement = counter.till.request("2102", &input);
    let platform = &counter.shop.platform;
    let hold = platform.hold_next(Which::infno("2102"), 1, Moment::Unacted);
    let mut till = counter.shop.till();
    let sent = std::thread::spawn(move || till.send(&settlement));
    hold.wait(1);
    counter.await_light("sent");
    counter.await_words(".lead", said("counter.sent-lead"));
    hold.release(Release::GoOn);
    assert!(output(&sent.join().unwrap()).is_some());
    counter.await_light("settled");
    counter.check_page();
}

#[test]
fn a_pack_of_one_line_is_not_counted_for_another() {
    let shop = Protected::start(Manner::Guangdong);
    let mut till = shop.till();
    till.identify(WIFE);
    let lines = vec![Line::otc(&[pack(1)]), without_code()];
    let input = till.settlement(&basket_of(WIFE, "R1", lines, "38.20"));
    // The second time the agent knows the first line's pack from the first.
    for _ in 0..2 {
        let why = refusal(&till.call("2102", &input)).unwrap();
        assert!(why.contains("缺追溯码"), "{why}");
    }
}

#[test]
fn a_settlement_that_cannot_be_read_raises_the_alarm() {
    let Some(mut counter) = Counter::open(Manner::Guangdong) else {
        return;
    };
    assert_eq!(
        counter.page.evaluate("document.querySelector('.banner')"),
        json!(null)
    );
    let unreadable = "{\"druginfo\":{},\"drugdetail\":\"?\"}";
    let hold = counter
        .shop
        .platform
        .hold_next(Which::Any, 1, Moment::Unanswered);
    hold.release(Release::Cut);
    let input = counter.till.envelope("2102", "GARBLED-1", unreadable);
    let call = counter.till.posted("2102", input.into_bytes());
    let _ = counter.till.try_send(&call);
    counter.await_words(".banner", said("gateway.unread-passed"));
    counter.check_fits("an alarm");
    // The counter is not closed: the next customer is served, and what is read ends the alarm.
    counter.till.identify(WIFE);
    counter.await_light("green");
    counter.till.settle(&Basket::otc(WIFE, "R1", &[pack(1)]));
    counter.await_light("settled");
    let banner = counter.page.evaluate("document.querySelector('.banner')");
    assert_eq!(banner, json!(null));
    counter.check_page();
}

// ---- how soon ------------------------------------------------------------------------------------

/// Keeps when each light was drawn.
const KEEP_LIGHTS: &str = "window.drawn = []; new MutationObserver(() => { \
    window.drawn.push([performance.timeOrigin + performance.now(), \
    document.querySelector('.light').className + ' ' + \
    (document.querySelector('.item')?.innerText ?? '')]); }) \
    .observe(document.querySelector('main'), {childList: true, subtree: true})";

/// From the moment the till sends a call until the page's document shows its light, in milliseconds.
struct Delays {
    what: &'static str,
    bar_ms: f64,
    taken: Vec<f64>,
}

impl Delays {
    fn new(what: &'static str, bar_ms: f64) -> Self {
        let taken = Vec::new();
        Self {
            what,
            bar_ms,
            taken,
        }
    }

    /// Sends a call and waits for its light, with the article it is about.
    fn take(&mut self, counter: &mut Counter, shown: &str, send: impl FnOnce(&mut GatewayTill)) {
        counter.page.evaluate("window.drawn.length = 0");
        let begun = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        send(&mut counter.till);
        let found = format!("window.drawn.find((one) => one[1] === 'light light-{shown}')");
        counter.page.wait_for(&format!("{found} !== undefined"));
        let drawn = counter.page.evaluate(&format!("{found}[0]"));
        let begun = begun.as_secs_f64() * 1000.0;
        self.taken.push(drawn.as_f64().unwrap() - begun);
    }

    /// Printed, never asserted: the machine that tests is not the machine that sells.
    fn print(mut self) {
        self.taken.sort_by(f64::total_cmp);
        let count = self.taken.len();
        println!(
            "{}: p50 {:.0} ms, p95 {:.0} ms, worst {:.0} ms of {count}; the bar is {:.0} ms",
            self.what,
            self.taken[count / 2],
            self.taken[count * 95 / 100],
            self.taken[count - 1],
            self.bar_ms
        );
    }
}

#[test]
fn the_light_follows_each_call_of_the_till() {
    let Some(mut counter) = Counter::open(Manner::Guangdong) else {
        return;
    };
    counter.page.evaluate(KEEP_LIGHTS);
    let mut insured = Delays::new("1101, identified", 300.0);
    let mut early = Delays::new("2101, something is missing", 300.0);
    let mut refused = Delays::new("2102, refused", 500.0);
    let mut paid = Delays::new("2102, settled", 500.0);
    for round in 1..=ROUNDS {
        // Nobody has so much paid in a day that somebody has to say who is here.
        let person = if round % 2 == 0 { HUSBAND } else { WIFE };
        insured.take(&mut counter, "green ", |till| {
            till.identify(person);
        });
        let receipt = format!("R{round}");
        let missing = Basket::of(person, &receipt, without_code());
        early.take(&mut counter, "red 板蓝根颗粒", |till| {
            let input = till.settlement(&missing);
            till.must("2101", &input);
        });
        let brush = Basket::of(person, &receipt, Line::toothbrush());
        refused.take(&mut counter, "red 名乐牙刷", |till| {
            let input = till.settlement(&brush);
            assert!(refusal(&till.call("2102", &input)).is_some());
        });
        let whole = Basket::otc(person, &receipt, &[pack(round)]);
        paid.take(&mut counter, "settled ", |till| {
            let input = till.settlement(&whole);
            till.must("2102", &input);
        });
    }
    for delays in [insured, early, refused, paid] {
        delays.print();
    }
    counter.check_page();
}
