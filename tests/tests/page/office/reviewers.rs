//! The listener for reviewers at other PCs.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;

use pharmacy_agent::config::ReviewConfig;
use pharmacy_agent::counter::ReviewServer;
use pharmacy_base::clock::TestClock;
use pharmacy_desk::{Action, DeskError, Done, Place, PrescriptionAction, ShiftAction};
use pharmacy_kit::Scratch;
use pharmacy_kit::browser::Key;
use pharmacy_kit::http::{Client, Request, Response};
use tokio::sync::watch;

use super::kit::{MORNING_MS, assert_clean, browser, contains, prescription, said, store, tab_to};
use crate::desk::{ScriptedDesk, sale_id};

/// The listener on a socket. It stops when dropped.
struct Served {
    desk: Arc<ScriptedDesk>,
    clock: TestClock,
    address: SocketAddr,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Served {
    fn new(config: ReviewConfig) -> Self {
        let (desk, clock) = (store(), TestClock::new(MORNING_MS));
        let (told, heard) = std::sync::mpsc::channel();
        let (stop, stopped) = watch::channel(false);
        let (served, time) = (desk.clone(), clock.clone());
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let server = ReviewServer::bind(config).await.unwrap();
                told.send(server.address()).unwrap();
                let till = "01".parse().unwrap();
                server.serve(served, Arc::new(time), till, stopped).await;
            });
        });
        Self {
            desk,
            clock,
            address: heard.recv().unwrap(),
            stop,
            thread: Some(thread),
        }
    }

    fn plain() -> Self {
        Self::new(ReviewConfig {
            listen: "127.0.0.1:0".parse().unwrap(),
            ..ReviewConfig::default()
        })
    }

    fn get(&self, path: &str, cookie: &str) -> Response {
        self.send(Request::new("GET", path).header("cookie", cookie))
    }

    fn post(&self, path: &str, form: &str, cookie: &str) -> Response {
        let request = Request::new("POST", path)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("cookie", cookie)
            .header("origin", &format!("http://{}", self.address))
            .body(form);
        self.send(request)
    }

    fn send(&self, request: Request) -> Response {
        Client::new(self.address).send(&request).unwrap()
    }

    /// Signs somebody in and returns the cookie.
    fn sign_in(&self, staff: &str) -> String {
        let form = format!("staff={staff}&pin=246810");
        let answer = self.post("/counter/sign-ins", &form, "");
        assert_eq!(
            (answer.status, answer.header("location")),
            (303, Some("/counter/reviews"))
        );
        let cookie = answer.header("set-cookie").unwrap();
        for attribute in [
            "; Path=/counter",
            "; HttpOnly",
            "; SameSite=Strict",
            "; Max-Age=43200",
        ] {
            assert!(cookie.contains(attribute), "{cookie}");
        }
        assert!(
            !cookie.contains("Secure"),
            "a browser drops it without TLS: {cookie}"
        );
        cookie.split(';').next().unwrap().to_owned()
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

/// Texts of the store that nobody may see who did not sign in.
const INSIDE: [&str; 6] = ["CF2026", "某某医院", "测**", "阿莫西林", "测试药师", "ph1"];

#[test]
fn nothing_is_served_before_somebody_signed_in() {
    let served = Served::plain();
    let paths = [
        "/counter/reviews",
        "/counter/reviews/7",
        "/counter/reviews/7/images/0",
        "/counter/reviews/999",
        "/counter/events",
    ];
    for path in paths {
        for cookie in [
            "",
            "pharmacy-review=",
            "pharmacy-review=00",
            "pharmacy-counter=00",
        ] {
            let asked = served.get(path, cookie);
            assert_eq!(asked.status, 401, "{path}");
            assert!(
                asked.text().contains("action=\"/counter/sign-ins\""),
                "{path}"
            );
            for inside in INSIDE {
                assert!(!asked.text().contains(inside), "{path}: {inside}");
            }
        }
    }
    for what in ["approvals", "rejections"] {
        let form = "staff=ph1&pin=246810&reason=x";
        let refused = served.post(&format!("/counter/reviews/7/{what}"), form, "");
        assert_eq!(refused.status, 401);
    }
    assert_eq!(served.post("/counter/sign-outs", "", "").status, 401);
    assert!(served.desk.script().acts.is_empty());
    assert_eq!(
        served.get("/", "").header("location"),
        Some("/counter/reviews")
    );
}

#[test]
fn only_reviews_are_served_afterwards() {
    let served = Served::plain();
    let cookie = served.sign_in("ph1");
    let list = served.get("/counter/reviews", &cookie);
    assert!(list.status == 200 && list.text().contains("review-7"));
    assert_eq!(served.get("/counter/reviews/7", &cookie).status, 200);
    let image = served.get("/counter/reviews/7/images/0", &cookie);
    assert_eq!(
        (image.status, image.header("content-type")),
        (200, Some("image/png"))
    );
    let sale = sale_id(2).to_string();
    let lists = format!("/counter/lists/{sale}");
    let elsewhere = [
        "/counter/lists",
        &lists,
        "/counter/figures",
        "/counter/find",
        "/counter/staff",
        "/counter/standing",
        "/counter/board",
        "/counter/scans",
        "/counter/counter.js",
        "/counter/open/a-till-secret-of-the-test",
        "/v1/status",
        "/v1/sales",
        "/metrics",
    ];
    for path in elsewhere {
        assert_eq!(served.get(path, &cookie).status, 404, "{path}");
        let posted = served.post(path, "staff=ph1&pin=1", &cookie);
        assert_eq!(posted.status, 404, "{path}");
    }
    assert!(
        !list.text().contains("/counter/lists"),
        "and no way leads there"
    );
    // What somebody else decided is no longer this reviewer's matter.
    {
        let mut script = served.desk.script();
        script.prescriptions[0].status = "reviewed";
        script.prescriptions[0].reviewed_by = Some("ph2".parse().unwrap());
        script.prescriptions[1].status = "reviewed";
        script.prescriptions[1].reviewed_by = Some("ph1".parse().unwrap());
    }
    assert_eq!(served.get("/counter/reviews/6", &cookie).status, 404);
    assert_eq!(
        served.get("/counter/reviews/6/images/0", &cookie).status,
        404
    );
    assert_eq!(served.get("/counter/reviews/7", &cookie).status, 200);
}

#[test]
fn the_register_says_who_may_come_in_and_from_where() {
    let served = Served::plain();
    // A cashier, and nobody: the PIN is not even tried.
    for staff in ["c1", "nobody"] {
        let refused = served.post("/counter/sign-ins", &format!("staff={staff}&pin=1"), "");
        assert_eq!(refused.status, 403);
        assert!(refused.text().contains(said("review.refused")));
    }
    assert!(served.desk.script().acts.is_empty());
    // A wrong PIN: the desk refuses and counts, no session begins.
    served.desk.script().done.push_back(Err(DeskError::NoLine));
    let wrong = served.post("/counter/sign-ins", "staff=ph1&pin=1", "");
    assert_eq!((wrong.status, wrong.header("set-cookie")), (422, None));
    assert!(wrong.text().contains(said("scan.no-line")) && wrong.text().contains("<form"));

    let cookies = ["ph1", "ph2"].map(|staff| served.sign_in(staff));
    for (cookie, staff) in cookies.iter().zip(["ph1", "ph2"]) {
        let form = format!("staff={staff}&pin=246810");
        let done = served.post("/counter/reviews/7/approvals", &form, cookie);
        assert_eq!(done.status, 200);
        let other = served.post(
            "/counter/reviews/7/approvals",
            "staff=c1&pin=246810",
            cookie,
        );
        assert!(other.status == 403 && other.text().contains(said("review.other-staff")));
        let no_pin = served.post(
            "/counter/reviews/7/approvals",
            &format!("staff={staff}"),
            cookie,
        );
        assert_eq!(no_pin.status, 422, "a session signs nothing");
    }
    let script = served.desk.script();
    let places: Vec<_> = script.acts.iter().map(|(place, _)| *place).collect();
    use Place::{Remote, Store};
    assert_eq!(places, [Store, Store, Remote, Store, Remote]);
    drop(script);

    // Whoever is struck off the register is out at once.
    served.desk.script().staff[2].duties = vec!["cashier"];
    assert_eq!(served.get("/counter/reviews", &cookies[0]).status, 401);
    assert_eq!(served.get("/counter/reviews", &cookies[1]).status, 200);
}

#[test]
fn a_session_ends_at_sign_out_and_with_the_shift() {
    let served = Served::plain();
    let [first, second] = ["ph1", "ph2"].map(|staff| served.sign_in(staff));
    let out = served.post("/counter/sign-outs", "", &first);
    assert_eq!(out.status, 303);
    assert!(out.header("set-cookie").unwrap().contains("Max-Age=0"));
    assert_eq!(served.get("/counter/reviews", &first).status, 401);
    let ended = served.desk.script().acts.pop();
    assert!(
        matches!(ended, Some((Place::Store, Action::Shift(ShiftAction::SignOut { staff }))) if staff.to_string() == "ph1")
    );

    const SHIFT_MS: i64 = 12 * 60 * 60 * 1000;
    served.clock.set(MORNING_MS + SHIFT_MS - 1);
    assert_eq!(served.get("/counter/reviews", &second).status, 200);
    served.clock.set(MORNING_MS + SHIFT_MS);
    let expired = served.post(
        "/counter/reviews/7/approvals",
        "staff=ph2&pin=246810",
        &second,
    );
    assert_eq!(expired.status, 401);
    let acts = &served.desk.script().acts;
    assert!(!acts.iter().any(|(_, act)| matches!(
        act,
        Action::Prescription(PrescriptionAction::Approve { .. })
    )));
}

#[test]
fn other_hosts_and_pages_are_refused() {
    let served = Served::plain();
    let cookie = served.sign_in("ph1");
    let ours = format!("http://{}", served.address);
    let secure = format!("https://{}", served.address);
    let cases: [(&[(&str, &str)], u16); 6] = [
        (&[("origin", &ours)], 200),
        (&[], 403),
        (&[("origin", &secure)], 403),
        (&[("origin", "http://evil.example")], 403),
        (&[("origin", &ours), ("sec-fetch-site", "same-site")], 403),
        (&[("origin", &ours), ("host", "evil.example")], 403),
    ];
    for (headers, expected) in cases {
        let mut request = Request::new("POST", "/counter/reviews/7/approvals")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("cookie", &cookie)
            .body("staff=ph1&pin=246810");
        for (name, value) in headers {
            request = request.header(name, value);
        }
        assert_eq!(served.send(request).status, expected, "{headers:?}");
    }
}

#[test]
fn a_pharmacist_at_another_pc_reviews_over_tls_by_keyboard() {
    let Some(mut browser) = browser() else { return };
    let folder = Scratch::new();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let [certificate, key] = ["a.pem", "a.key"].map(|name| folder.path().join(name));
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let served = Served::new(ReviewConfig {
        listen: "127.0.0.1:0".parse().unwrap(),
        certificate: Some(certificate),
        key: Some(key),
        hosts: Vec::new(),
    });
    let home = format!("https://localhost:{}", served.address.port());
    browser.trust_any_certificate();
    browser.go(&format!("{home}/"));
    println!(
        "first paint at another PC: {:.0} ms",
        browser.first_paint_ms()
    );
    assert_eq!(browser.text("document.activeElement.name"), "staff");
    browser.type_text("ph2");
    browser.press(Key::Tab);
    browser.type_text("246810");
    browser.press(Key::Enter);
    browser.wait_for("document.getElementById('review-7') !== null");
    let cookie = browser.cookies()[0].clone();
    for (attribute, expected) in [
        ("name", serde_json::json!("pharmacy-review")),
        ("httpOnly", serde_json::json!(true)),
        ("secure", serde_json::json!(true)),
        ("sameSite", serde_json::json!("Strict")),
    ] {
        assert_eq!(cookie[attribute], expected, "{cookie}");
    }
    served.desk.script().prescriptions.push(prescription(8));
    served.desk.show(|_| {});
    browser.wait_for("document.getElementById('review-8') !== null");
    tab_to(&mut browser, "#review-8");
    browser.press(Key::Enter);
    browser.wait_for("document.querySelector('[data-paper]').naturalWidth === 1");
    tab_to(&mut browser, "[name=pin]");
    browser.type_text("246810");
    {
        let mut script = served.desk.script();
        script
            .done
            .push_back(Ok(Done::new("office.state-reviewed")));
        script.after_act = Some(|script| script.prescriptions[2].status = "dispensed");
    }
    browser.press(Key::Enter);
    browser.wait_for(&contains("#answer", said("office.state-reviewed")));
    // The session ran out: the page says so and shows nothing but the way in.
    served.clock.set(MORNING_MS - 1);
    let complaints = browser.complaints();
    assert!(
        complaints.iter().all(|one| one.contains("401")),
        "{complaints:#?}"
    );
    browser.go(&format!("{home}/counter/reviews"));
    assert!(browser.shown("#sign-in").contains(said("review.who-may")));
    let script = served.desk.script();
    let [
        (Place::Remote, Action::Shift(ShiftAction::SignIn { .. })),
        (
            Place::Remote,
            Action::Prescription(PrescriptionAction::Approve {
                prescription: 8,
                by,
                ..
            }),
        ),
    ] = &script.acts[..]
    else {
        panic!("a session and an approval")
    };
    assert_eq!(by.staff.to_string(), "ph2");
    drop(script);
    browser.complaints();
    assert_clean(&mut browser, &home);
}
