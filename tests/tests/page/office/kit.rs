//! The routes on a socket, and a store's worth of things to show.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use pharmacy_agent::counter::router;
use pharmacy_base::text;
use pharmacy_decision::facts::{Fund, Tender};
use pharmacy_desk::{
    Board, BoardLine, Confirmed, DrugItem, Figures, Found, Light, ListItem, ListLine, OnDuty,
    PrescriptionItem, PurchaseList, RuleFigures, ShownImage, StaffItem, StandingItem,
};
use pharmacy_kit::Browser;
use pharmacy_kit::browser::Key;
use pharmacy_kit::http::{Client, Request, Response};
use pharmacy_protocol::term::{EntryIndex, Fen};
use serde_json::json;
use tokio::sync::watch;

use crate::desk::{SECRET, ScriptedDesk, idle, line, sale_id};

/// 2026-07-21 10:15 in the shop.
pub const MORNING_MS: i64 = 1_784_600_100_000;

/// A red pixel.
const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";

pub fn browser() -> Option<Browser> {
    Browser::for_test("tests of the pages beside the counter page")
}

/// The page's routes on a socket. They stop when dropped.
pub struct Served {
    pub desk: Arc<ScriptedDesk>,
    pub address: SocketAddr,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Served {
    /// A till of a store with something on every page.
    pub fn new() -> Self {
        let desk = store();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, mut stopped) = watch::channel(false);
        let routes = router(desk.clone(), address, stopped.clone());
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                let served = axum::serve(listener, routes).with_graceful_shutdown(async move {
                    let _ = stopped.wait_for(|stopped| *stopped).await;
                });
                served.await.unwrap();
            });
        });
        Self {
            desk,
            address,
            stop,
            thread: Some(thread),
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Opens a page as somebody does who came from the till's shortcut.
    pub fn open(&self, browser: &mut Browser, path: &str) {
        browser.go(&self.url(&format!("/counter/open/{SECRET}")));
        browser.wait_for_page("/counter/");
        browser.go(&self.url(path));
    }

    /// A session's cookie, got without a browser.
    pub fn cookie(&self) -> String {
        let opened = self.send(Request::new("GET", &format!("/counter/open/{SECRET}")));
        let cookie = opened.header("set-cookie").unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }

    pub fn get(&self, path: &str, cookie: &str) -> Response {
        self.send(Request::new("GET", path).header("cookie", cookie))
    }

    /// Sends a form as a browser without script does.
    pub fn post(&self, path: &str, form: &str, cookie: &str) -> Response {
        let request = Request::new("POST", path)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("cookie", cookie)
            .header("origin", &self.url(""))
            .body(form);
        self.send(request)
    }

    pub fn send(&self, request: Request) -> Response {
        Client::new(self.address).send(&request).unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The page complained of nothing and asked nobody but us.
pub fn assert_clean(browser: &mut Browser, ours: &str) {
    let complaints = browser.complaints();
    assert!(complaints.is_empty(), "{complaints:#?}");
    for request in browser.requests() {
        // Its viewer of PDFs and the pictures of its own controls are the browser's.
        let own = ["blob:", "chrome-extension://", "data:image/svg+xml"];
        let is_its_own = own.iter().any(|scheme| request.starts_with(scheme));
        assert!(request.starts_with(ours) || is_its_own, "{request}");
    }
}

pub fn said(code: &str) -> &'static str {
    text::message(code).zh
}

pub fn contains(selector: &str, text: &str) -> String {
    format!(
        "document.querySelector({}).innerText.includes({})",
        json!(selector),
        json!(text)
    )
}

/// Goes to an element as a keyboard does.
pub fn tab_to(browser: &mut Browser, selector: &str) {
    for _ in 0..60 {
        browser.press(Key::Tab);
        let is_there = format!("document.activeElement.matches({})", json!(selector));
        if browser.evaluate(&is_there) == true {
            return;
        }
    }
    panic!("Tab does not lead to {selector}");
}

/// A store with something on every page.
pub fn store() -> Arc<ScriptedDesk> {
    let desk = ScriptedDesk::new(board());
    {
        let mut script = desk.script();
        script.prescriptions = vec![prescription(6), prescription(7)];
        script.sale_lines = lines();
        script.image = Some(png());
        script.lists = vec![
            list_item(1, Confirmed::Drawn),
            list_item(2, Confirmed::Open),
            list_item(3, Confirmed::OnPaper),
            list_item(4, Confirmed::TakenBack),
        ];
        script.list = Some(list());
        script.figures = figures();
        script.found = vec![found()];
        script.staff = staff();
        script.standing = standing();
    }
    desk
}

fn board() -> Board {
    Board {
        on_duty: vec![OnDuty {
            staff: "ph1".parse().unwrap(),
            name: "测试药师".into(),
            is_in_charge: false,
            is_pharmacist: true,
            till: None,
        }],
        ..idle()
    }
}

fn lines() -> Vec<BoardLine> {
    vec![
        line(1, "阿莫西林胶囊 0.25g×24粒", Light::Idle, 1, 1),
        line(2, "氨咖黄敏胶囊 10粒", Light::Idle, 1, 1),
    ]
}

pub fn prescription(number: u64) -> PrescriptionItem {
    let drug = |name: &str, quantity: &str| DrugItem {
        name: name.into(),
        quantity: quantity.into(),
        dispensed: String::new(),
        days: None,
    };
    PrescriptionItem {
        prescription: number,
        status: "received",
        number: Some(format!("CF2026{number:04}")),
        patient: Some("测** 1***************2X".into()),
        institution: Some("某某医院".into()),
        drugs: vec![drug("阿莫西林胶囊", "2盒"), drug("速效伤风胶囊", "1盒")],
        valid_until: Some("2026-07-24".parse().unwrap()),
        received_ms: MORNING_MS + i64::try_from(number).unwrap(),
        images: 1,
        sale: Some(sale_id(1)),
        reviewed_by: None,
        physician: None,
        issued: None,
        lacks: Vec::new(),
        is_doubted: false,
    }
}

pub fn png() -> ShownImage {
    ShownImage {
        media_type: "image/png",
        bytes: BASE64_STANDARD.decode(PNG).unwrap().into(),
    }
}

pub fn list_item(number: u64, confirmed: Confirmed) -> ListItem {
    ListItem {
        sale: sale_id(number),
        settled_ms: MORNING_MS,
        till: "01".parse().unwrap(),
        holder: Some("测** 1***************2X".into()),
        total: Fen::new(5770),
        confirmed,
    }
}

pub fn list() -> PurchaseList {
    PurchaseList {
        sale: sale_id(2),
        store: "P44030000001".parse().unwrap(),
        store_name: "某某大药房".into(),
        till: "01".parse().unwrap(),
        operator: Some("c1".into()),
        pharmacists: vec!["ph1".parse().unwrap()],
        receipt: Some("R-77".into()),
        settled_ms: MORNING_MS,
        fund: Fund::Account,
        holder: Some(masked("测**")),
        patient: Some(masked("试**")),
        buyer: Some(masked("代**")),
        lines: vec![ListLine {
            number: 1,
            sku: Some("SKU1".parse().unwrap()),
            code: None,
            name: "阿莫西林胶囊".into(),
            spec: "0.25g×24粒".into(),
            lot: Some("B240701".into()),
            last_day: None,
            trace_codes: vec!["89000570000000000001".parse().unwrap()],
            quantity: "2".parse().unwrap(),
            price: "28.85".parse().unwrap(),
            amount: Fen::new(5770),
            tender: Tender::Insurance,
        }],
        total: Fen::new(5770),
        insurance: Fen::new(5000),
        cash: Fen::new(770),
        settlement: "440000S0001".into(),
        msgid: "P12345678901202607211015000001".into(),
        origin: "440300.P44030000001/01/0123456789abcdef".into(),
        verdict: Some(EntryIndex::new(41)),
    }
}

/// A masked person, as the desk writes one.
fn masked<T: serde::de::DeserializeOwned>(name: &str) -> T {
    serde_json::from_value(json!({"name": name, "number": "1***************2X"})).unwrap()
}

fn figures() -> Figures {
    let rule = |rule: &str, refusals| RuleFigures {
        rule: rule.into(),
        refusals,
        releases: 1,
        wrong: 2,
    };
    Figures {
        day: Some("2026-07-21".parse().unwrap()),
        sales: 128,
        amount: Fen::new(987_654),
        refusals: 9,
        releases: 1,
        wrong: 2,
        photos: 2,
        unsigned: 3,
        reviews: 4,
        beyond: Vec::new(),
        rules: vec![rule("trace.missing", 8), rule("older.rule", 1)],
    }
}

pub fn found() -> Found {
    Found {
        entry: EntryIndex::new(4711),
        sale: sale_id(2),
        at_ms: MORNING_MS,
        till: "01".parse().unwrap(),
        settlement: "440000S0001".into(),
        holder: Some("测** 1***************2X".into()),
        patient: Some("试**".into()),
        buyer: Some("代**".into()),
        goods: vec!["阿莫西林胶囊 ×2".into()],
        total: Fen::new(5770),
        operator: Some("c1".into()),
        reviews: vec![("ph1".parse().unwrap(), EntryIndex::new(4701))],
        releases: vec![EntryIndex::new(4709)],
        verdict: Some(EntryIndex::new(4710)),
        is_taken_back: true,
    }
}

pub fn staff() -> Vec<StaffItem> {
    let member = |staff: &str, name: &str, duties: Vec<&'static str>| StaffItem {
        staff: staff.parse().unwrap(),
        name: name.into(),
        duties,
        contract_until: Some("2027-12-31".parse().unwrap()),
        on_duty_since_ms: None,
        locked_until_ms: None,
    };
    let mut staff = vec![
        member("c1", "收银员甲", vec!["cashier"]),
        member("ph2", "远程药师", vec!["remote-pharmacist"]),
        member("ph1", "测试药师", vec!["pharmacist", "in-charge"]),
    ];
    staff[0].locked_until_ms = Some(MORNING_MS + 600_000);
    staff[2].on_duty_since_ms = Some(MORNING_MS);
    staff
}

fn standing() -> Vec<StandingItem> {
    let item = |what, value: &str, days_left, is_due| StandingItem {
        what,
        value: value.into(),
        days_left,
        is_due,
        is_uncertain: false,
    };
    let mut items = vec![
        item("counter.holder", "无期限", None, false),
        item("counter.till", "2029-06-30", Some(700), false),
        item("counter.name", "2026-07-20", Some(-1), true),
        item("counter.total", "2026-08-10", Some(14), true),
    ];
    items[1].is_uncertain = true;
    items
}
