//! A headless Chromium, driven over the DevTools protocol: what a person at the counter sees and types.
//!
//! In scope: one page at a time, its address, keys, clicks, viewport and pictures, what its console
//! said and what it fetched. Out of scope: other browsers, downloads.
//!
//! Waiting is done inside the page: a condition is looked at until it holds or patience ends.

use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use tungstenite::{Message, WebSocket};

use crate::Scratch;

/// How long anything may take; machines that build are slow.
const PATIENCE: Duration = Duration::from_secs(60);

/// Names under which the program is looked for, besides what `CHROMIUM` names.
const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// A real till has one browser, and two cores have room for one: tests take turns.
static TURN: Mutex<()> = Mutex::new(());

/// A browser with one page. It ends when dropped.
pub struct Browser {
    wire: WebSocket<TcpStream>,
    session: String,
    last: u64,
    events: Vec<Value>,
    child: Child,
    // The profile goes after the program, and the turn last.
    _profile: Scratch,
    _turn: MutexGuard<'static, ()>,
}

/// A page that a browser has turned away from.
#[derive(Debug)]
pub struct Page(String);

/// A key that is no character.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Key {
    /// One down, as between radio buttons.
    Down,
    /// Sends a form.
    Enter,
    /// Leaves.
    Escape,
    /// Ticks a box, presses a button.
    Space,
    /// To the field before.
    ShiftTab,
    /// To the next field.
    Tab,
}

impl Key {
    fn event(self) -> (&'static str, u32, &'static str) {
        match self {
            Self::Down => ("ArrowDown", 40, ""),
            Self::Enter => ("Enter", 13, "\r"),
            Self::Escape => ("Escape", 27, ""),
            Self::Space => (" ", 32, " "),
            Self::ShiftTab | Self::Tab => ("Tab", 9, ""),
        }
    }
}

/// With what somebody draws.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Pointer {
    /// A finger.
    Finger,
    /// A mouse.
    Mouse,
    /// A pen.
    Pen,
}

/// The browser's program, or where it was looked for in vain.
fn program() -> Result<PathBuf, String> {
    if let Some(named) = std::env::var_os("CHROMIUM") {
        let path = PathBuf::from(&named);
        return match path.is_file() {
            true => Ok(path),
            false => Err(format!("CHROMIUM names `{}`, no file", path.display())),
        };
    }
    let folders: Vec<_> = std::env::var_os("PATH")
        .map(|path: OsString| std::env::split_paths(&path).collect())
        .unwrap_or_default();
    let places = folders.iter().flat_map(|folder: &PathBuf| {
        NAMES.map(|name| folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX)))
    });
    places
        .into_iter()
        .find(|place| place.is_file())
        .ok_or_else(|| format!("neither CHROMIUM nor {} in PATH", NAMES.join(", ")))
}

impl Browser {
    /// A browser for a test, or none where there is no Chromium: then it is said plainly that the
    /// tests of `what` did not run. With `REQUIRE_BROWSER=1` that is a failure.
    pub fn for_test(what: &str) -> Option<Self> {
        match program() {
            Ok(program) => Some(Self::start(program)),
            Err(missing) => {
                let is_required = std::env::var("REQUIRE_BROWSER").is_ok_and(|value| value == "1");
                assert!(!is_required, "{what} need a browser: {missing}");
                // Past the test's captured output: a test that did not run must not look green.
                let _ = writeln!(
                    io::stderr(),
                    "{what} NOT RUN: no Chromium found ({missing})"
                );
                None
            }
        }
    }

    fn start(program: PathBuf) -> Self {
        // A test that failed has had its turn.
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let profile = Scratch::new();
        let mut child = Command::new(&program)
            .args(FLAGS)
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the browser starts");
        let address = address(&mut child);
        let host = address.trim_start_matches("ws://");
        let host = host.split('/').next().expect("a host");
        let stream = TcpStream::connect(host).expect("the browser listens");
        stream.set_nodelay(true).expect("a socket takes options");
        let patience = Some(PATIENCE);
        stream
            .set_read_timeout(patience)
            .expect("a socket times out");
        let (wire, _) = tungstenite::client(&address, stream).expect("the browser shakes hands");
        let mut browser = Self {
            wire,
            session: String::new(),
            last: 0,
            events: Vec::new(),
            child,
            _profile: profile,
            _turn: turn,
        };
        browser.attach();
        browser
    }

    fn attach(&mut self) {
        self.attach_page(&json!({"url": "about:blank"}));
    }

    /// Opens a page that shares nothing with this one, as at another PC, and turns to it; says how to
    /// turn back.
    pub fn turn_to_another(&mut self) -> Page {
        let before = Page(std::mem::take(&mut self.session));
        let context = self.call("Target.createBrowserContext", json!({}));
        let context = &context["browserContextId"];
        self.attach_page(&json!({"url": "about:blank", "browserContextId": context}));
        before
    }

    /// Turns to a page, and says how to turn back.
    pub fn turn_to(&mut self, page: Page) -> Page {
        Page(std::mem::replace(&mut self.session, page.0))
    }

    fn attach_page(&mut self, wanted: &Value) {
        let page = self.call("Target.createTarget", wanted.clone())["targetId"].clone();
        let attached = json!({"targetId": page, "flatten": true});
        let attached = self.call("Target.attachToTarget", attached);
        let session = attached["sessionId"].as_str().expect("a session");
        self.session = session.to_owned();
        for domain in ["Page", "Runtime", "Log", "Network"] {
            self.call(&format!("{domain}.enable"), json!({}));
        }
    }

    /// Calls the browser and returns its result; an error of the protocol fails the test.
    fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.try_call(method, parameters)
            .unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    fn try_call(&mut self, method: &str, parameters: Value) -> Result<Value, Value> {
        self.last += 1;
        let mut call = json!({"id": self.last, "method": method, "params": parameters});
        if !self.session.is_empty() {
            call["sessionId"] = json!(self.session);
        }
        let call = Message::text(call.to_string());
        self.wire.send(call).expect("the browser listens");
        loop {
            let message = self.read();
            if message["id"] == self.last {
                return match message.get("error") {
                    Some(error) => Err(error.clone()),
                    None => Ok(message["result"].clone()),
                };
            }
        }
    }

    /// Reads one message; events are kept.
    fn read(&mut self) -> Value {
        loop {
            let message = self.wire.read().expect("the browser answers");
            let Message::Text(text) = message else {
                continue;
            };
            let message: Value = serde_json::from_str(&text).expect("the browser speaks JSON");
            if message.get("method").is_some() {
                self.events.push(message.clone());
            }
            return message;
        }
    }

    /// Goes to an address and waits until the page is there.
    pub fn go(&mut self, address: &str) {
        let gone = self.call("Page.navigate", json!({"url": address}));
        assert!(gone.get("errorText").is_none(), "{gone}");
        self.wait_for("document.readyState === 'complete' && location.href !== 'about:blank'");
    }

    /// Waits until a page is there, whole: its address changes before it is read.
    pub fn wait_for_page(&mut self, path: &str) {
        let path = json!(path);
        self.wait_for(&format!(
            "location.pathname === {path} && document.readyState === 'complete'"
        ));
    }

    /// Evaluates an expression in the page; promises are awaited.
    pub fn evaluate(&mut self, expression: &str) -> Value {
        self.try_evaluate(expression)
            .unwrap_or_else(|error| panic!("{expression}: {error}"))
    }

    fn try_evaluate(&mut self, expression: &str) -> Result<Value, Value> {
        let parameters = json!({
            "expression": expression, "returnByValue": true, "awaitPromise": true,
        });
        let result = self.try_call("Runtime.evaluate", parameters)?;
        match result.get("exceptionDetails") {
            Some(thrown) => Err(thrown.clone()),
            None => Ok(result["result"]["value"].clone()),
        }
    }

    /// The text that an expression yields.
    pub fn text(&mut self, expression: &str) -> String {
        let value = self.evaluate(expression);
        let text = value.as_str();
        text.unwrap_or_else(|| panic!("{expression} is no text: {value}"))
            .to_owned()
    }

    /// The text that an element shows, found by selector.
    pub fn shown(&mut self, selector: &str) -> String {
        self.text(&format!(
            "document.querySelector({}).innerText",
            json!(selector)
        ))
    }

    /// Waits until a condition holds in the page, through navigations.
    pub fn wait_for(&mut self, condition: &str) {
        const WAIT: &str = "new Promise((hold, fail) => { \
            const end = performance.now() + LIMIT; \
            const look = () => { \
                let holds = false; \
                try { holds = (CONDITION); } catch (error) { } \
                if (holds) { hold(true); } \
                else if (performance.now() > end) { hold(false); } \
                else { setTimeout(look, 2); } }; \
            look(); })";
        let deadline = Instant::now() + PATIENCE / 2;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let wait = WAIT
                .replace("LIMIT", &left.as_millis().to_string())
                .replace("CONDITION", condition);
            match self.try_evaluate(&wait) {
                Ok(Value::Bool(true)) => return,
                // The page went away under the question; the next one is asked.
                Err(_) if Instant::now() < deadline => {}
                _ => panic!("in vain: {condition}\n{}", self.document()),
            }
        }
    }

    /// The page's text, for a test that fails.
    fn document(&mut self) -> String {
        let text = self.try_evaluate("location.pathname + '\\n' + document.body.innerText");
        format!("{text:?}")
    }

    /// Types characters as a keyboard, or a scanner that acts as one, does.
    pub fn type_text(&mut self, text: &str) {
        for letter in text.chars() {
            let letter = letter.to_string();
            self.key_event("keyDown", json!({"key": letter, "text": letter}));
            self.key_event("keyUp", json!({"key": letter}));
        }
    }

    /// Presses a key.
    pub fn press(&mut self, key: Key) {
        const SHIFT: u32 = 8;
        let (name, code, text) = key.event();
        let held = if key == Key::ShiftTab { SHIFT } else { 0 };
        let down = json!({
            "key": name, "code": name, "windowsVirtualKeyCode": code, "modifiers": held,
        });
        let mut with_text = down.clone();
        if !text.is_empty() {
            with_text["text"] = json!(text);
        }
        self.key_event(
            if text.is_empty() {
                "rawKeyDown"
            } else {
                "keyDown"
            },
            with_text,
        );
        self.key_event("keyUp", down);
    }

    /// Presses a digit together with Alt.
    pub fn press_alt(&mut self, digit: char) {
        const ALT: u32 = 1;
        let down = json!({
            "key": digit.to_string(), "code": format!("Digit{digit}"), "modifiers": ALT,
            "windowsVirtualKeyCode": u32::from(digit),
        });
        self.key_event("rawKeyDown", down.clone());
        let mut letter = down.clone();
        letter["text"] = json!(digit.to_string());
        self.key_event("char", letter);
        self.key_event("keyUp", down);
    }

    fn key_event(&mut self, kind: &str, mut event: Value) {
        event["type"] = json!(kind);
        self.call("Input.dispatchKeyEvent", event);
    }

    /// Clicks the middle of an element.
    pub fn click(&mut self, selector: &str) {
        let place = self.evaluate(&format!(
            "(() => {{ const element = document.querySelector({}); \
             element.scrollIntoView({{block: 'center'}}); \
             const box = element.getBoundingClientRect(); \
             return [box.x + box.width / 2, box.y + box.height / 2]; }})()",
            json!(selector)
        ));
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({
                "type": kind, "x": place[0], "y": place[1], "button": "left", "clickCount": 1,
            });
            self.call("Input.dispatchMouseEvent", event);
        }
    }

    /// Draws a stroke on an element: points in shares of its width, from its upper left corner.
    pub fn draw(&mut self, selector: &str, pointer: Pointer, points: &[(f64, f64)]) {
        let place = self.evaluate(&format!(
            "(() => {{ const element = document.querySelector({}); \
             element.scrollIntoView({{block: 'center'}}); \
             const box = element.getBoundingClientRect(); \
             return [box.x, box.y, box.width]; }})()",
            json!(selector)
        ));
        let [left, top, width] = [0, 1, 2].map(|at| place[at].as_f64().expect("a place"));
        let on_page = |(x, y): (f64, f64)| (left + x * width, top + y * width);
        let last = points.len() - 1;
        for (at, point) in points.iter().enumerate() {
            let (x, y) = on_page(*point);
            let touch = |kind: &str, points: Value| json!({"type": kind, "touchPoints": points});
            match pointer {
                Pointer::Finger => {
                    let kind = if at == 0 { "touchStart" } else { "touchMove" };
                    let event = touch(kind, json!([{"x": x, "y": y}]));
                    self.call("Input.dispatchTouchEvent", event);
                    if at == last {
                        let event = touch("touchEnd", json!([]));
                        self.call("Input.dispatchTouchEvent", event);
                    }
                }
                Pointer::Mouse | Pointer::Pen => {
                    let name = if pointer == Pointer::Pen {
                        "pen"
                    } else {
                        "mouse"
                    };
                    let event = |kind: &str| {
                        json!({"type": kind, "x": x, "y": y, "button": "left", "buttons": 1,
                               "clickCount": 1, "pointerType": name})
                    };
                    let kind = if at == 0 {
                        "mousePressed"
                    } else {
                        "mouseMoved"
                    };
                    self.call("Input.dispatchMouseEvent", event(kind));
                    if at == last {
                        self.call("Input.dispatchMouseEvent", event("mouseReleased"));
                    }
                }
            }
        }
    }

    /// Chooses files for a field, as its dialogue would.
    pub fn choose_files(&mut self, selector: &str, files: &[&Path]) {
        let expression = format!("document.querySelector({})", json!(selector));
        let found = self.call("Runtime.evaluate", json!({"expression": expression}));
        let object = &found["result"]["objectId"];
        let parameters = json!({"objectId": object, "files": files});
        self.call("DOM.setFileInputFiles", parameters);
    }

    /// Takes any certificate: a test's is signed by nobody whom the browser knows.
    pub fn trust_any_certificate(&mut self) {
        let parameters = json!({"ignore": true});
        self.call("Security.setIgnoreCertificateErrors", parameters);
    }

    /// The cookies of the page, those that no script sees as well.
    pub fn cookies(&mut self) -> Value {
        self.call("Network.getCookies", json!({}))["cookies"].clone()
    }

    /// Milliseconds from the page's start until something of it was painted.
    pub fn first_paint_ms(&mut self) -> f64 {
        const PAINTED: &str = "performance.getEntriesByName('first-contentful-paint')[0]";
        self.wait_for(PAINTED);
        let time = self.evaluate(&format!("{PAINTED}.startTime"));
        time.as_f64().expect("a time")
    }

    /// Gives the page a size in CSS pixels.
    pub fn set_viewport(&mut self, width: u32, height: u32) {
        let size = json!({
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false,
        });
        self.call("Emulation.setDeviceMetricsOverride", size);
    }

    /// The page as it is seen, a PNG.
    pub fn screenshot(&mut self) -> Vec<u8> {
        let picture = self.call("Page.captureScreenshot", json!({"format": "png"}));
        let picture = picture["data"].as_str().expect("a picture");
        BASE64_STANDARD
            .decode(picture)
            .expect("a picture in base64")
    }

    /// The same as a WebP, a quarter of the size: for documents.
    pub fn picture(&mut self) -> Vec<u8> {
        let format = json!({"format": "webp", "quality": 90});
        let picture = self.call("Page.captureScreenshot", format);
        let picture = picture["data"].as_str().expect("a picture");
        BASE64_STANDARD
            .decode(picture)
            .expect("a picture in base64")
    }

    /// What went wrong in the page since the last question: errors and warnings of its console,
    /// exceptions nobody caught, what the browser refused.
    pub fn complaints(&mut self) -> Vec<String> {
        // Whatever the page did before this answer was told before it.
        self.evaluate("1");
        let is_complaint = |event: &Value| {
            let parameters = &event["params"];
            match event["method"].as_str() {
                Some("Runtime.exceptionThrown") => true,
                Some("Runtime.consoleAPICalled") => {
                    parameters["type"] == "error" || parameters["type"] == "warning"
                }
                Some("Log.entryAdded") => parameters["entry"]["level"] == "error",
                _ => false,
            }
        };
        let (complaints, rest) = self.events.drain(..).partition(is_complaint);
        self.events = rest;
        let complaints: Vec<Value> = complaints;
        complaints.iter().map(Value::to_string).collect()
    }

    /// Every address that the page asked for so far.
    pub fn requests(&mut self) -> Vec<String> {
        self.evaluate("1");
        let sent = self
            .events
            .iter()
            .filter(|event| event["method"] == "Network.requestWillBeSent");
        sent.filter_map(|event| event["params"]["request"]["url"].as_str())
            .map(str::to_owned)
            .collect()
    }
}

/// No window, no sandbox (a root's container has none to give), and no word to anybody outside.
///
/// A camera that shows a test picture, and is lent without asking.
const FLAGS: [&str; 17] = [
    "--headless=new",
    "--no-sandbox",
    "--remote-debugging-port=0",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--hide-scrollbars",
    "--mute-audio",
    "--password-store=basic",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
];

/// Where the browser listens, as it says on its error stream, which is read to its end.
fn address(child: &mut Child) -> String {
    let stream = child.stderr.take().expect("the browser's error stream");
    let (told, heard) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            if let Some(address) = line.strip_prefix("DevTools listening on ") {
                let _ = told.send(address.trim().to_owned());
            }
        }
    });
    match heard.recv_timeout(PATIENCE) {
        Ok(address) => address,
        Err(_) => {
            let _ = child.kill();
            panic!("the browser did not say where it listens")
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let close = json!({"id": 0, "method": "Browser.close"}).to_string();
        let _ = self.wire.send(Message::text(close));
        // It closes the connection when it has written its profile.
        while self.wire.read().is_ok() {}
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
