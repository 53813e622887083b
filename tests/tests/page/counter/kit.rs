//! The page's routes on a socket, and a browser before them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;

use pharmacy_agent::counter::router;
use pharmacy_base::text;
use pharmacy_desk::Board;
use pharmacy_kit::Browser;
use pharmacy_kit::browser::Key;
use pharmacy_kit::http::{Client, Request, Response};
use tokio::sync::watch;

use crate::desk::{SECRET, ScriptedDesk};

// ---- the page ------------------------------------------------------------------------------------

/// The page's routes on a socket. They stop when dropped.
pub struct Served {
    pub desk: Arc<ScriptedDesk>,
    pub address: SocketAddr,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Served {
    pub fn new(board: Board) -> Self {
        let desk = ScriptedDesk::new(board);
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

    /// Opens the page as a till's shortcut does.
    pub fn open(&self, browser: &mut Browser) {
        browser.go(&self.url(&format!("/counter/open/{SECRET}")));
        browser
            .wait_for("location.pathname === '/counter/' && document.activeElement.id === 'code'");
    }

    pub fn stop(&mut self) {
        let _ = self.stop.send(true);
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }

    /// A session's cookie, got without a browser.
    pub fn cookie(&self) -> String {
        let opened = self.get(&format!("/counter/open/{SECRET}"), &[]);
        assert_eq!(opened.status, 303);
        let cookie = opened.header("set-cookie").unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }

    pub fn get(&self, target: &str, headers: &[(&str, &str)]) -> Response {
        self.send(Request::new("GET", target), headers)
    }

    pub fn post(&self, target: &str, form: &str, headers: &[(&str, &str)]) -> Response {
        let request = Request::new("POST", target)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form);
        self.send(request, headers)
    }

    pub fn send(&self, mut request: Request, headers: &[(&str, &str)]) -> Response {
        for (name, value) in headers {
            request = request.header(name, value);
        }
        Client::new(self.address).send(&request).unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
    }
}

// ---- in a browser --------------------------------------------------------------------------------

pub fn browser() -> Option<Browser> {
    Browser::for_test("counter page tests")
}

/// The page complained of nothing and asked nobody but us.
pub fn assert_clean(browser: &mut Browser, served: &Served) {
    let complaints = browser.complaints();
    assert!(complaints.is_empty(), "{complaints:#?}");
    let ours = served.url("/counter/");
    let requests = browser.requests();
    assert!(requests.len() > 4, "{requests:?}");
    for request in requests {
        assert!(request.starts_with(&ours), "{request}");
    }
}

/// The page can be drawn at all; the documents' pictures come from the agent itself (`counter_live.rs`).
pub fn check_drawn(browser: &mut Browser) {
    let png = browser.screenshot();
    assert!(png.starts_with(b"\x89PNG") && png.len() > 5_000);
}

pub fn said(code: &str) -> &'static str {
    text::message(code).zh
}

pub fn contains(selector: &str, text: &str) -> String {
    format!(
        "document.querySelector({}).innerText.includes({})",
        serde_json::json!(selector),
        serde_json::json!(text)
    )
}

/// Presses Tab until an element has the focus; says how often.
#[track_caller]
pub fn tab_to(browser: &mut Browser, selector: &str) -> usize {
    let is_there = format!("document.activeElement.matches({selector:?})");
    for pressed in 0..40 {
        if browser.evaluate(&is_there) == true {
            return pressed;
        }
        browser.press(Key::Tab);
    }
    panic!("Tab does not lead to {selector}");
}
