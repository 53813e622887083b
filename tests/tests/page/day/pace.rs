//! How soon: first paint, and the answer to an action. Printed, never asserted: the machine that tests
//! is not the machine that sells.

use pharmacy_kit::browser::Key;
use pharmacy_kit::gateway_till::Basket;
use pharmacy_kit::platform::WIFE;
use pharmacy_kit::till::pack;

use super::kit::{refused, said, staffed};

/// How often each is measured.
const ROUNDS: usize = 20;

/// Middle and worst of some milliseconds.
fn print(what: &str, mut all: Vec<f64>) {
    all.sort_by(f64::total_cmp);
    let (middle, worst) = (all[all.len() / 2], all[all.len() - 1]);
    println!(
        "{what}: p50 {middle:.1} ms, worst {worst:.1} ms of {}",
        all.len()
    );
}

#[test]
fn paint_and_answers_are_measured_with_the_agent() {
    let Some(mut counter) = staffed("", &[]) else {
        return;
    };
    counter.till.identify(WIFE);
    let mut basket = Basket::otc(WIFE, "R1", &[pack(1)]);
    basket.lines[0].packs.clear();
    let input = counter.till.settlement(&basket);
    refused(&counter.till.call("2102", &input));
    counter.await_light("red");
    for path in [
        "/counter/",
        "/counter/figures",
        "/counter/lists",
        "/counter/reviews",
    ] {
        let address = counter.url(path);
        let paints = (0..ROUNDS / 2).map(|_| {
            counter.page.go(&address);
            counter.page.first_paint_ms()
        });
        let paints = paints.collect();
        print(&format!("first paint of {path}"), paints);
    }
    let address = counter.url("/counter/");
    counter.page.go(&address);
    counter.await_light("red");
    counter.page.evaluate(
        "new MutationObserver(() => { window.answered ||= performance.now(); }) \
         .observe(document.getElementById('answer'), {childList: true})",
    );
    let mut answers = Vec::new();
    for _ in 0..ROUNDS {
        counter.open_panel("wrong");
        counter.fill("reason", "已按提示处理");
        counter
            .page
            .evaluate("window.answered = 0; window.begun = performance.now()");
        counter.press(Key::Enter);
        counter.page.wait_for("window.answered > window.begun");
        let took = counter.page.evaluate("window.answered - window.begun");
        answers.push(took.as_f64().unwrap());
        counter.await_done(said("counter.marked-wrong"));
    }
    print("answer to an action, its commit included", answers);
    counter.check_page();
}
