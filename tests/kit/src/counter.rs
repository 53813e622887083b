//! The counter of a shop: the real agent between a till that speaks the national interface and the
//! platform, the counter page in a real browser, and the hands of a cashier.
//!
//! In scope: what a cashier sees, and does by keyboard; how many keys that takes besides typing. Out
//! of scope: what the page makes of a board (tests of its routes), what any of it means.

use serde_json::json;

use crate::browser::Key;
use crate::gateway_till::{GatewayTill, Protected};
use crate::platform::Manner;
use crate::{Browser, Shop, tree};

/// The largest picture that the documents carry, in bytes.
const MAX_PICTURE: usize = 120_000;

/// What stands nowhere on a page: names, numbers and codes of the platform's insured.
const PERSONAL: [&str; 6] = [
    "样例甲",
    "样例·乙",
    "11010519491231002X",
    "440524188001010014",
    "TOKEN-",
    "270418",
];

/// The shop, its till and the page beside it.
pub struct Counter {
    /// The shop.
    pub shop: Protected,
    /// Its till.
    pub till: GatewayTill,
    /// What the cashier looks at.
    pub page: Browser,
    keys: usize,
    /// Where the browser may ask.
    ours: Vec<String>,
}

impl Counter {
    /// A shop whose page is open; none where there is no browser.
    pub fn open(manner: Manner) -> Option<Self> {
        Self::prepared(manner, "", |_| {})
    }

    /// The same with more configuration, made ready before the agent starts.
    pub fn prepared(manner: Manner, more: &str, prepare: impl FnOnce(&Shop)) -> Option<Self> {
        let page = Browser::for_test("counter page tests with the agent")?;
        let shop = Protected::prepared(manner, 1, more, prepare);
        let till = shop.till();
        let mut counter = Self {
            shop,
            till,
            page,
            keys: 0,
            ours: Vec::new(),
        };
        counter.ours.push(counter.url("/counter/"));
        counter.page.set_viewport(960, 600);
        let secret = counter.shop.shop.issue_for("counter", "page", "01");
        let address = counter.url(&format!("/counter/open/{secret}"));
        counter.page.go(&address);
        counter.await_light("idle");
        Some(counter)
    }

    /// An address of the agent.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.shop.daemon().address())
    }

    /// The browser also shows what listens there.
    pub fn also_shows(&mut self, origin: &str) {
        self.ours.push(origin.to_owned());
    }

    // ---- eyes ------------------------------------------------------------------------------------

    /// Waits for a light.
    #[track_caller]
    pub fn await_light(&mut self, class: &str) {
        let light = format!("document.querySelector('.light').classList.contains('light-{class}')");
        self.page.wait_for(&light);
    }

    /// Waits until a part of the page says this.
    #[track_caller]
    pub fn await_words(&mut self, selector: &str, words: &str) {
        let condition = format!(
            "document.querySelector({}).innerText.includes({})",
            json!(selector),
            json!(words)
        );
        self.page.wait_for(&condition);
    }

    /// Waits until the page says that something was done.
    #[track_caller]
    pub fn await_done(&mut self, words: &str) {
        self.await_words("#answer .answer-good", words);
    }

    // ---- hands -----------------------------------------------------------------------------------

    /// Presses a key.
    pub fn press(&mut self, key: Key) {
        self.keys += 1;
        self.page.press(key);
    }

    /// How many keys were pressed since the last question, what was typed not counted.
    pub fn keys(&mut self) -> usize {
        std::mem::take(&mut self.keys)
    }

    /// Scans as a scanner that acts as a keyboard does.
    pub fn scan(&mut self, code: &str) {
        self.page.type_text(code);
        self.page.press(Key::Enter);
    }

    /// Presses Tab until an element has the focus.
    #[track_caller]
    pub fn tab_to(&mut self, selector: &str) {
        let is_there = format!("document.activeElement.matches({})", json!(selector));
        if self.page.evaluate(&is_there) == true {
            return;
        }
        self.press_until(Key::Tab, &is_there);
    }

    /// The same backwards.
    #[track_caller]
    pub fn tab_back_to(&mut self, selector: &str) {
        let is_there = format!("document.activeElement.matches({})", json!(selector));
        self.press_until(Key::ShiftTab, &is_there);
    }

    #[track_caller]
    fn press_until(&mut self, key: Key, is_there: &str) {
        for _ in 0..60 {
            self.press(key);
            if self.page.evaluate(is_there) == true {
                return;
            }
        }
        panic!("{key:?} does not lead to {is_there}");
    }

    /// The number beside a panel: `release`, `prescription`, …
    #[track_caller]
    pub fn number_of(&mut self, word: &str) -> String {
        let summary = format!("#sale [data-panel][id*='-{word}-'] summary");
        self.page.text(&format!(
            "document.querySelector({}).dataset.key",
            json!(summary)
        ))
    }

    /// Opens a panel of the open sale by its number.
    #[track_caller]
    pub fn open_panel(&mut self, word: &str) {
        let panel = format!("document.querySelector(\"#sale [data-panel][id*='-{word}-']\")");
        self.page.wait_for(&format!("{panel} !== null"));
        let number = self.number_of(word);
        self.keys += number.len();
        self.page.type_text(&number);
        self.press(Key::Enter);
        self.page.wait_for(&format!("{panel}.open"));
    }

    /// Goes to a field of the open panel and types.
    #[track_caller]
    pub fn fill(&mut self, field: &str, text: &str) {
        self.tab_to(&format!("[data-panel][open] [name='{field}']"));
        self.page.type_text(text);
    }

    /// Goes to a choice of the open panel and presses the arrow until a value is chosen.
    #[track_caller]
    pub fn choose(&mut self, field: &str, value: &str) {
        self.tab_to(&format!("[data-panel][open] [name='{field}']"));
        for _ in 0..20 {
            if self.page.text("document.activeElement.value") == value {
                return;
            }
            self.press(Key::Down);
        }
        panic!("no arrow leads to {value}");
    }

    /// Signs somebody in at the till.
    #[track_caller]
    pub fn sign_in(&mut self, staff: &str, pin: &str) {
        self.page.type_text("0");
        self.keys += 1;
        self.press(Key::Enter);
        self.page
            .wait_for("document.activeElement.name === 'staff'");
        self.page.type_text(staff);
        self.fill("pin", pin);
        self.press(Key::Enter);
    }

    /// Follows a way to another page of the agent; they stand at the head of each page, on the
    /// counter's right before the scan field.
    #[track_caller]
    pub fn follow(&mut self, path: &str) {
        let way = format!("header a[href='{path}']");
        match self.page.text("location.pathname").as_str() {
            "/counter/" => self.tab_back_to(&way),
            _ => {
                // What was answered has the focus; the head comes first again from the top.
                self.page.evaluate("document.activeElement.blur()");
                self.tab_to(&way);
            }
        }
        self.press(Key::Enter);
        self.page.wait_for_page(path);
    }

    // ---- judgement -------------------------------------------------------------------------------

    /// Takes a picture; keeps it for the documents only when asked to.
    pub fn picture(&mut self, name: &str) {
        // The time left differs from run to run.
        self.page.evaluate(
            "(() => { const left = document.querySelector('.lapse strong'); \
             if (left) { left.textContent = '9 分 58 秒'; } })()",
        );
        let png = self.page.screenshot();
        assert!(png.starts_with(b"\x89PNG") && png.len() > 5_000, "{name}");
        let picture = self.page.picture();
        keep(&format!("counter-{name}"), &picture);
    }

    /// The page complained of nothing but refusals that were meant, asked nobody but the agent, and
    /// nobody stands on it in full.
    pub fn check_page(&mut self) {
        let mut complaints = self.page.complaints();
        let is_refusal = |complaint: &String| {
            ["status of 409", "status of 422"]
                .iter()
                .any(|status| complaint.contains(status))
        };
        complaints.retain(|complaint| !is_refusal(complaint));
        assert!(complaints.is_empty(), "{complaints:#?}");
        for request in self.page.requests() {
            let is_ours = self.ours.iter().any(|ours| request.starts_with(ours));
            assert!(is_ours || is_of_browser(&request), "{request}");
        }
        self.check_masked();
    }

    /// Nobody stands on the page in full, and no PIN.
    pub fn check_masked(&mut self) {
        let whole = self.page.text("document.documentElement.outerHTML");
        for personal in PERSONAL {
            assert!(!whole.contains(personal), "{personal}");
        }
    }

    /// Nothing sticks out sideways, and light and scan field are seen without scrolling.
    #[track_caller]
    pub fn check_fits(&mut self, what: &str) {
        const OUT: &str = "Array.from(document.querySelectorAll('main *, header *')) \
            .filter((one) => !one.closest('.unseen, svg') && \
            one.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5) \
            .map((one) => one.outerHTML.slice(0, 120))";
        const SEEN: &str = "['.light', '#code'].every((one) => { \
            const box = document.querySelector(one).getBoundingClientRect(); \
            return box.top >= 0 && box.bottom <= innerHeight && box.width > 0; })";
        for (width, height) in [(1024, 768), (1366, 768), (800, 600), (360, 640), (960, 600)] {
            self.page.set_viewport(width, height);
            self.page.evaluate("scrollTo(0, 0)");
            let out = self.page.evaluate(OUT);
            assert_eq!(out, json!([]), "{what} at {width}×{height}");
            assert_eq!(
                self.page.evaluate(SEEN),
                true,
                "{what} at {width}×{height}: light or scan field out of sight"
            );
        }
    }
}

/// Pictures of the browser's own controls.
fn is_of_browser(request: &str) -> bool {
    ["blob:", "data:image/svg+xml"]
        .iter()
        .any(|scheme| request.starts_with(scheme))
}

/// Keeps a picture for the documents, if they are to be taken anew.
pub fn keep(name: &str, picture: &[u8]) {
    assert!(
        picture.len() < MAX_PICTURE,
        "{name}: {} bytes",
        picture.len()
    );
    if std::env::var("UPDATE_PICTURES").is_ok_and(|value| value == "1") {
        let path = tree::root().join(format!("docs/pictures/{name}.webp"));
        std::fs::write(path, picture).expect("the documents' pictures can be written");
    }
}
