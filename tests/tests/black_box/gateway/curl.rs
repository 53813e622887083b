//! curl, scripted as a till, prints the same with and without the agent, except for what the rules
//! refuse.
//!
//! In scope: a foreign HTTP client: its exit codes, what it writes to its files, what it makes the
//! platform see. Out of scope: everything that `gateway_conformance.rs` compares.

use std::net::SocketAddr;
use std::process::{Command, Stdio};

use pharmacy_kit::Scratch;
use pharmacy_kit::gateway_till::{
    Basket, GatewayTill, Line, Protected, Said, assert_same, insured, output, query, refusal,
    reversal, settled, undoing,
};
use pharmacy_kit::http::{Request, Response};
use pharmacy_kit::platform::{Manner, Platform, WIFE};
use pharmacy_kit::till::pack;

/// Whether curl is there; says so plainly where it is not.
fn has_curl() -> bool {
    let told = Command::new("curl")
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    let has = told.is_ok_and(|status| status.success());
    if !has {
        eprintln!("not run: `curl` is not installed, and this test is about nothing else");
    }
    has
}

/// A till that is a script around curl.
struct Curl {
    /// Writes the messages; sends nothing.
    till: GatewayTill,
    address: SocketAddr,
    folder: Scratch,
    heard: Vec<(String, Response)>,
}

impl Curl {
    fn new(till: GatewayTill, address: SocketAddr) -> Self {
        let (folder, heard) = (Scratch::new(), Vec::new());
        Self {
            till,
            address,
            folder,
            heard,
        }
    }

    /// Runs curl on a request; `more` are further options.
    fn send(&mut self, what: &str, request: &Request, more: &[&str]) -> Response {
        let (method, target, headers, body) = request.parts();
        let file = self.folder.write("request", body);
        let (head, content) = (self.folder.join("head"), self.folder.write("body", ""));
        let mut command = Command::new("curl");
        // `-q` first: no configuration of whoever runs this.
        command.args([
            "-q",
            "--silent",
            "--show-error",
            "--max-time",
            "60",
            "--noproxy",
            "*",
        ]);
        command.args(["--path-as-is", "--dump-header"]).arg(&head);
        command.arg("--output").arg(&content);
        match method {
            "HEAD" => drop(command.arg("--head")),
            _ => drop(command.args(["--request", method])),
        }
        for (name, value) in headers {
            command.arg("--header").arg(format!("{name}: {value}"));
        }
        if !body.is_empty() {
            command
                .arg("--data-binary")
                .arg(format!("@{}", file.display()));
        }
        command
            .args(more)
            .arg(format!("http://{}{target}", self.address));
        let ended = command.output().unwrap();
        let told = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(ended.status.success() && told.is_empty(), "{what}: {told}");
        let heard = heard(
            &std::fs::read(head).unwrap(),
            std::fs::read(content).unwrap(),
        );
        self.heard.push((what.to_owned(), heard.clone()));
        heard
    }

    fn call(&mut self, infno: &str, input: &str) -> Response {
        let request = self.till.request(infno, input);
        self.send(infno, &request, &[])
    }

    fn work(&mut self) {
        self.call(
            "9001",
            r#"{"signIn":{"opter_no":"001","mac":"00-00","ip":"192.0.2.7"}}"#,
        );
        self.call("1101", &insured("PSN-NOBODY"));
        self.call("1101", &insured(WIFE));
        let basket = Basket::otc(WIFE, "R1", &[pack(1)]);
        let input = self.till.settlement(&basket);
        self.call("2101", &input);
        let settlement = settled(&output(&self.call("2102", &input)).unwrap());
        self.call("5203", &query(WIFE, Some(&settlement)));
        self.call("2103", &reversal(&settlement));
        self.call("2601", &undoing(WIFE, "NOBODY-KNOWS", "2102"));
        self.call("8888", "{}");
        self.call("1901", r#"{"data":{"type":"MED_TYPE","page_size":5000}}"#);
        let down = r#"{"fsDownloadIn":{"file_qury_no":"LARGE","filename":"plc","fixmedins_code":"P44030000001"}}"#;
        assert_eq!(self.call("9102", down).body.len(), 700_000);
        let asks = self.till.request("1101", &insured(WIFE));
        self.send("old", &asks, &["--http1.0"]);
        self.send("packed", &asks, &["--compressed"]);
        let long = format!(r#"{{"data":{{"note":"{}"}}}}"#, "x".repeat(2_000_000));
        // More than a megabyte: curl asks first whether it may (`Expect`).
        self.call("7777", &long);
        for (method, path) in [
            ("GET", "/favicon.ico?x=%20"),
            ("HEAD", "/"),
            ("PUT", "/a/../b"),
        ] {
            let request = self.till.elsewhere(method, path);
            self.send(path, &request, &[]);
        }
    }
}

/// What curl wrote down: the last head, and the body.
fn heard(heads: &[u8], body: Vec<u8>) -> Response {
    let text = String::from_utf8_lossy(heads);
    let head = text.trim_end().rsplit("\r\n\r\n").next().unwrap();
    let mut lines = head.lines();
    let status = lines
        .next()
        .unwrap()
        .split(' ')
        .nth(1)
        .unwrap()
        .parse()
        .unwrap();
    let headers = lines.map(|line| {
        let (name, value) = line.split_once(':').unwrap();
        (name.to_owned(), value.trim().to_owned())
    });
    Response {
        status,
        headers: headers.collect(),
        head: head.as_bytes().to_vec(),
        body,
    }
}

/// A day of curl at a platform, by whichever way it gets there.
fn day(platform: &Platform, till: GatewayTill, address: SocketAddr) -> Curl {
    platform.keep_file("LARGE", 700_000);
    let mut curl = Curl::new(till, address);
    curl.work();
    curl
}

fn assert_equal((direct, plain): (&Platform, &Curl), (behind, relayed): (&Platform, &Curl)) {
    let manner = direct.manner();
    for ((what, direct), (_, relayed)) in plain.heard.iter().zip(&relayed.heard) {
        let what = format!("{manner:?}: answer to {what}");
        assert_same(&what, Said::answer(direct), Said::answer(relayed));
    }
    let (sent, arrived) = (direct.record().all(), behind.record().all());
    for (sent, arrived) in sent.iter().zip(&arrived) {
        let what = format!("{manner:?}: request {:?}", sent.infno);
        let (sent, arrived) = (&sent.request, &arrived.request);
        assert_same(&what, Said::request(sent), Said::request(arrived));
    }
    assert_eq!(sent.len(), arrived.len(), "{manner:?}");
}

fn without_agent(manner: Manner) -> (Platform, Curl) {
    let platform = Platform::start(manner);
    let address = platform.address();
    let curl = day(&platform, GatewayTill::direct(manner, address), address);
    (platform, curl)
}

#[test]
fn curl_prints_the_same_twice_without_an_agent() {
    if !has_curl() {
        return;
    }
    for manner in Manner::ALL {
        let [(one, first), (other, second)] = [(); 2].map(|()| without_agent(manner));
        assert_equal((&one, &first), (&other, &second));
    }
}

#[test]
fn curl_prints_the_same_through_the_agent() {
    if !has_curl() {
        return;
    }
    for manner in Manner::ALL {
        let (direct, plain) = without_agent(manner);
        let shop = Protected::start(manner);
        let relayed = day(&shop.platform, shop.till(), shop.gateway());
        assert_equal((&direct, &plain), (&shop.platform, &relayed));
        println!(
            "{manner:?}: {} calls by curl, equal both ways",
            plain.heard.len()
        );
    }
}

#[test]
fn curl_prints_a_refusal_as_it_would_print_the_platforms() {
    if !has_curl() {
        return;
    }
    for manner in Manner::ALL {
        let shop = Protected::start(manner);
        let mut curl = Curl::new(shop.till(), shop.gateway());
        curl.call("1101", &insured(WIFE));
        let input = curl
            .till
            .settlement(&Basket::of(WIFE, "R1", Line::toothbrush()));
        let answer = curl.call("2102", &input);
        assert_eq!(answer.status, 200);
        assert!(refusal(&answer).is_some(), "{}", answer.text());
        assert!(shop.platform.settlements().is_empty());
    }
}
