//! The page on real screens: nothing sticks out, text can be read, focus is seen.

use pharmacy_desk::Light;
use pharmacy_kit::browser::Key;

use super::kit::{Served, assert_clean, browser};
use crate::desk::{doubt, red};

/// The smallest contrast of text against its ground, with the text.
const CONTRAST: &str = "(() => {
    const channels = (text) => text.match(/[\\d.]+/g).map(Number);
    const share = (value) => value <= 10.31475 ? value / 255 / 12.92
        : Math.pow((value / 255 + 0.055) / 1.055, 2.4);
    const light = ([r, g, b]) => 0.2126 * share(r) + 0.7152 * share(g) + 0.0722 * share(b);
    const ground = (element) => {
        for (let at = element; at; at = at.parentElement) {
            const colour = channels(getComputedStyle(at).backgroundColor);
            if (colour.length < 4 || colour[3] === 1) { return colour; }
        }
        return [255, 255, 255];
    };
    let worst = [21, ''];
    for (const element of document.querySelectorAll('body *')) {
        const own = Array.from(element.childNodes).filter((node) => node.nodeType === 3)
            .map((node) => node.data).join('').trim();
        if (own === '' && element.tagName !== 'INPUT') { continue; }
        const pair = [light(channels(getComputedStyle(element).color)), light(ground(element))];
        const ratio = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
        if (ratio < worst[0]) { worst = [ratio, own]; }
    }
    return worst;
})()";

/// Controls that no label names.
const NAMELESS: &str = "Array.from(document.querySelectorAll('input:not([type=hidden]), button, \
    select, summary, a')).filter((one) => !(one.labels && one.labels.length) && \
    one.textContent.trim() === '').map((one) => one.outerHTML)";

/// Parts that stick out sideways.
const STICKING_OUT: &str = "Array.from(document.querySelectorAll('main *, header *')) \
    .filter((one) => !one.closest('.unseen, svg') && \
    one.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5) \
    .map((one) => one.outerHTML.slice(0, 120))";

#[test]
fn the_page_fits_old_screens_and_narrow_ones() {
    let Some(mut browser) = browser() else { return };
    let mut board = red();
    board.in_doubt = vec![doubt(7)];
    board.alarms = vec!["journal.closed".into()];
    board.scan_problem = Some("scan.malformed".into());
    board.waiting_scans = 3;
    let served = Served::new(board.clone());
    served.open(&mut browser);
    browser.evaluate("document.querySelector('#doubts details').open = true");
    let lights = [
        Light::Red,
        Light::Amber,
        Light::Green,
        Light::Doubt,
        Light::Sent,
        Light::Idle,
    ];
    for light in lights {
        served.desk.show(|board| {
            board.light = light;
            for line in &mut board.sale.as_mut().unwrap().lines {
                line.light = light;
            }
        });
        let class = format!("{light:?}").to_lowercase();
        browser.wait_for(&format!("document.querySelector('.light-{class}')"));
        for (width, height) in [(1024, 768), (360, 640), (1366, 768), (960, 600)] {
            browser.set_viewport(width, height);
            let size = format!("{class} at {width}×{height}");
            let out = browser.evaluate(STICKING_OUT);
            assert_eq!(out, serde_json::json!([]), "{size}");
            // Light and scan field are there without scrolling.
            let seen = "['.light', '#code'].every((one) => { \
                const box = document.querySelector(one).getBoundingClientRect(); \
                return box.top >= 0 && box.bottom <= innerHeight && box.width > 0; })";
            browser.evaluate("scrollTo(0, 0)");
            assert_eq!(browser.evaluate(seen), true, "{size}");
            let worst = browser.evaluate(CONTRAST);
            assert!(worst[0].as_f64().unwrap() >= 4.5, "{size}: {worst}");
        }
    }
    println!("smallest contrast: {}", browser.evaluate(CONTRAST));
    assert_eq!(browser.evaluate(NAMELESS), serde_json::json!([]));
    // Whatever Tab leads to shows that it has the focus.
    for _ in 0..10 {
        browser.press(Key::Tab);
        let outline = "document.activeElement === document.body ? 4 : \
            parseFloat(getComputedStyle(document.activeElement).outlineWidth)";
        let width = browser.evaluate(outline).as_f64().unwrap();
        assert!(
            width >= 3.0,
            "{}",
            browser.text("document.activeElement.outerHTML")
        );
    }
    assert_clean(&mut browser, &served);
}
