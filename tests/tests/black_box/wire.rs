//! The local API at the edge: who may call, with what bytes, how many at once; and its description.
//!
//! In scope: tokens, hosts, origins, bodies, paths, connections, `openapi.json`. Out of scope: what the
//! routes do with a sale (`api.rs`).

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use pharmacy_kit::http::{Client, Request};
use pharmacy_kit::till::{HUSBAND, Till, WIFE, assert_problem, otc, pack};
use pharmacy_kit::{Daemon, Shop, agent, tree};
use serde_json::{Value, json};

fn open_shop() -> (Shop, Daemon, Till) {
    let shop = Shop::new();
    let daemon = shop.start();
    let till = shop.till(&daemon);
    (shop, daemon, till)
}

/// Method and path of every route that the description names.
fn described(document: &Value) -> BTreeSet<(String, String)> {
    let paths = document["paths"].as_object().expect("paths").iter();
    paths
        .flat_map(|(path, methods)| {
            let methods = methods.as_object().expect("methods").keys();
            methods.map(|method| (method.to_uppercase(), path.clone()))
        })
        .collect()
}

#[test]
fn the_description_is_the_one_checked_in_and_names_every_route() {
    let (_shop, daemon, mut till) = open_shop();
    let kept = std::fs::read(tree::root().join("protocol/spec/openapi.json")).unwrap();
    let anyone = Client::new(daemon.address())
        .get("/v1/openapi.json")
        .unwrap();
    assert_eq!(
        (anyone.status, anyone.header("content-type")),
        (200, Some("application/json"))
    );
    assert!(
        anyone.body == kept,
        "protocol/spec/openapi.json is not what the agent serves"
    );
    let printed = std::process::Command::new(agent())
        .arg("openapi")
        .output()
        .unwrap();
    assert!(printed.status.success());
    assert!(
        printed.stdout == kept,
        "protocol/spec/openapi.json is not what `openapi` prints"
    );

    let document = anyone.json();
    let described = described(&document);
    assert!(described.len() >= 22, "{described:?}");

    // Each is there, and behind the token. A route cannot lack a description: it bears it.
    let (sale, _) = till.allowed(WIFE, &[pack(1)]);
    let id = sale.rsplit('/').next().unwrap();
    for (method, path) in described {
        let path = path.replace("{sale}", id);
        let request = Request::new(&method, &path);
        let refused = Client::new(daemon.address()).send(&request).unwrap();
        assert_problem(&refused, 401, "api.token-missing");
        let answer = till.send(&request);
        let missing =
            matches!(answer.status, 405 | 501) || answer.text().contains("api.no-such-path");
        assert!(!missing, "{method} {path}: {}", answer.text());
    }
}

#[test]
fn a_token_opens_its_own_tills_sales_and_no_others() {
    let (shop, daemon, mut till) = open_shop();
    let (sale, _) = till.allowed(WIFE, &[pack(1)]);
    let ask = |authorization: Option<&str>| {
        let mut request = Request::new("GET", &sale);
        if let Some(value) = authorization {
            request = request.header("authorization", value);
        }
        Client::new(daemon.address()).send(&request).unwrap()
    };
    let missing = ask(None);
    assert_problem(&missing, 401, "api.token-missing");
    assert_eq!(missing.header("www-authenticate"), Some("Bearer"));
    let token = shop.token();
    for value in [token, &format!("Basic {token}"), "Bearer", "Bearer "] {
        assert_problem(&ask(Some(value)), 401, "api.token-missing");
    }
    let shortened = &token[..token.len() - 1];
    for value in [
        "Bearer x",
        &format!("Bearer {shortened}"),
        &format!("Bearer {token}x"),
    ] {
        assert_problem(&ask(Some(value)), 401, "api.token-wrong");
    }
    assert_eq!(ask(Some(&format!("bEARER {token}"))).status, 200);

    // Another till's token, issued while the agent runs.
    let other = shop.issue("till-b", "02");
    let mut other = Till::new(daemon.address(), &other);
    for request in [
        Request::new("GET", &sale),
        Request::new("GET", &format!("{sale}/list")),
        Request::new("DELETE", &sale),
        Request::new("POST", &format!("{sale}/assessments")),
        Request::new("POST", &format!("{sale}/evidence")).json(&json!({"source": "asserted"})),
        Request::new("POST", &format!("{sale}/outcomes"))
            .json(&json!({"msgid": "M", "result": "declined"})),
    ] {
        assert_problem(&other.send(&request), 404, "sale.unknown");
    }
    assert_eq!(
        other.must("GET", "/v1/sales", &Value::Null)["sales"],
        json!([])
    );
    assert_eq!(till.show(&sale)["answer"], "allow");

    // Revoked while the agent runs: the next request is refused, the other till goes on.
    let listed = shop.must(&["token", "list"]);
    let row = listed
        .lines()
        .find(|line| line.ends_with("till-b"))
        .unwrap();
    let number = row.split('\t').next().unwrap();
    shop.must(&["token", "revoke", number]);
    assert_problem(&other.get("/v1/status"), 401, "api.token-wrong");
    assert_eq!(till.get("/v1/status").status, 200);
    assert!(!daemon.said().contains(token), "a token in the log");
}

#[test]
fn only_our_own_names_are_hosts() {
    let (shop, daemon, mut till) = open_shop();
    let port = daemon.address().port();
    let ask = |till: &mut Till, host: &str| {
        till.send(&Request::new("GET", "/v1/status").header("host", host))
    };
    for host in ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"] {
        assert_eq!(
            ask(&mut till, &format!("{host}:{port}")).status,
            200,
            "{host}"
        );
    }
    let rebound = format!("pharmacy.example:{port}");
    let nearly = format!("127.0.0.1.example:{port}");
    for host in ["", "127.0.0.1", "localhost:1", "0.0.0.0", &rebound, &nearly] {
        assert_problem(&ask(&mut till, host), 403, "api.host");
    }
    let twice = Request::new("GET", "/v1/status")
        .header("host", &format!("127.0.0.1:{port}"))
        .header("host", &rebound);
    assert_problem(&till.send(&twice), 403, "api.host");
    // The description is no exception, and a host is asked for before a token.
    let foreign = Request::new("GET", "/v1/openapi.json").header("host", &rebound);
    assert_problem(
        &Client::new(daemon.address()).send(&foreign).unwrap(),
        403,
        "api.host",
    );
    let raw = |text: String| {
        let mut stream = TcpStream::connect(daemon.address()).unwrap();
        stream.write_all(text.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    let token = shop.token();
    for (line, status) in [
        ("GET /v1/status HTTP/1.0".to_owned(), "403"),
        (format!("GET http://{rebound}/v1/status HTTP/1.0"), "403"),
        (
            format!("GET http://localhost:{port}/v1/status HTTP/1.0"),
            "200",
        ),
    ] {
        let answer = raw(format!("{line}\r\nauthorization: Bearer {token}\r\n\r\n"));
        assert_eq!(answer.split(' ').nth(1), Some(status), "{line}: {answer}");
    }
}

#[test]
fn a_web_page_is_refused_unless_its_origin_is_listed() {
    let listed = "http://127.0.0.1:3000";
    let shop = Shop::with(&format!("origins = [\"{listed}\"]\n"));
    let daemon = shop.start();
    let mut till = shop.till(&daemon);
    let mut ask =
        |name: &str, value: &str| till.send(&Request::new("GET", "/v1/status").header(name, value));
    for origin in [
        "http://evil.example",
        "null",
        "",
        "http://127.0.0.1:3001",
        "HTTP://127.0.0.1:3000/",
    ] {
        assert_problem(&ask("origin", origin), 403, "api.origin");
    }
    assert_eq!(ask("origin", listed).status, 200);
    for site in ["cross-site", "same-site", "", "anything"] {
        assert_problem(&ask("sec-fetch-site", site), 403, "api.origin");
    }
    for site in ["none", "same-origin"] {
        assert_eq!(ask("sec-fetch-site", site).status, 200, "{site}");
    }
    // What a browser asks before it dares: no origin is waved through here either.
    let preflight = Request::new("OPTIONS", "/v1/sales").header("origin", "http://evil.example");
    let answer = till.send(&preflight);
    assert_problem(&answer, 403, "api.origin");
    assert_eq!(answer.header("access-control-allow-origin"), None);
}

#[test]
fn bodies_that_are_not_what_they_should_be_are_refused_with_a_code() {
    let (_shop, _daemon, mut till) = open_shop();
    let sale = till.open(WIFE);
    let entries = till.entries();
    let evidence = format!("{sale}/evidence");
    let roles = format!("{sale}/roles");
    let deep = format!("{{\"source\":\"asserted\",\"x\":{}", "[".repeat(100_000));
    let cases: [(&str, &str, Vec<u8>, u16, &str); 23] = [
        ("POST", "/v1/sales", b"{".to_vec(), 400, "body.not-json"),
        (
            "POST",
            "/v1/sales",
            b"fund=account".to_vec(),
            400,
            "body.not-json",
        ),
        ("POST", "/v1/sales", b"{} {}".to_vec(), 400, "body.not-json"),
        (
            "POST",
            "/v1/sales",
            b"{\"operator\":\"\xff\"}".to_vec(),
            400,
            "body.not-json",
        ),
        (
            "POST",
            "/v1/sales",
            b"{\"operator\":\"\\ud800\"}".to_vec(),
            422,
            "body.members",
        ),
        (
            "POST",
            "/v1/sales",
            "[".repeat(100_000).into_bytes(),
            422,
            "body.members",
        ),
        ("POST", &evidence, deep.into_bytes(), 400, "body.not-json"),
        ("POST", "/v1/sales", b"null".to_vec(), 422, "body.members"),
        ("POST", "/v1/sales", b"[]".to_vec(), 422, "body.members"),
        (
            "POST",
            "/v1/sales",
            b"{\"colour\":1}".to_vec(),
            422,
            "body.members",
        ),
        (
            "POST",
            "/v1/sales",
            b"{\"fund\":1}".to_vec(),
            422,
            "body.members",
        ),
        (
            "POST",
            "/v1/sales",
            b"{\"fund\":\"gold\"}".to_vec(),
            422,
            "body.members",
        ),
        (
            "POST",
            "/v1/sales",
            b"{\"fund\":\"account\",\"fund\":\"pooled\"}".to_vec(),
            422,
            "body.members",
        ),
        (
            "POST",
            "/v1/sales",
            b"{\"holder\":{\"birth\":\"2023-02-30\"}}".to_vec(),
            422,
            "body.members",
        ),
        (
            "POST",
            "/v1/sales",
            b"{\"holder\":{\"nmae\":\"x\"}}".to_vec(),
            422,
            "body.members",
        ),
        (
            "POST",
            "/v1/sales",
            b"{\"operator\":\"a\\nb\"}".to_vec(),
            422,
            "body.value",
        ),
        ("POST", &evidence, b"".to_vec(), 422, "body.members"),
        (
            "POST",
            &evidence,
            b"{\"source\":\"psychic\"}".to_vec(),
            422,
            "body.members",
        ),
        (
            "POST",
            &evidence,
            b"{\"source\":\"asserted\",\"x\":1}".to_vec(),
            422,
            "body.members",
        ),
        (
            "PUT",
            &roles,
            b"{\"buyer\":{\"kind\":\"holder\",\"x\":1}}".to_vec(),
            422,
            "body.members",
        ),
        (
            "PUT",
            &roles,
            b"{\"patient\":{\"kind\":\"holder\",\"person\":{}}}".to_vec(),
            422,
            "body.members",
        ),
        (
            "PUT",
            &roles,
            b"{\"payer\":{\"kind\":\"holder\",\"relation\":\"child\"}}".to_vec(),
            422,
            "body.members",
        ),
        (
            "POST",
            &evidence,
            b"{\"source\":\"face\",\"staff\":\"\"}".to_vec(),
            422,
            "body.value",
        ),
    ];
    for (method, path, body, status, code) in cases {
        let shown = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
        println!("{method} {path} {shown}");
        let answer = till.send(&Request::new(method, path).body(body));
        let problem = assert_problem(&answer, status, code);
        assert!(problem["field"].is_string(), "{problem}");
    }
    // One byte too many, told beforehand or found on the way; the last that fits is taken.
    const MOST: usize = 256 * 1024;
    let padded = |length: usize| {
        let mut body = b"{}".to_vec();
        body.resize(length, b' ');
        body
    };
    let large = Request::new("POST", "/v1/sales").body(padded(MOST + 1));
    assert_problem(&till.send(&large), 413, "body.too-large");
    let mut chunked = format!("{:x}\r\n", MOST + 1).into_bytes();
    chunked.extend(padded(MOST + 1));
    chunked.extend(b"\r\n0\r\n\r\n");
    let large = Request::new("POST", "/v1/sales").header("transfer-encoding", "chunked");
    assert_problem(&till.send(&large.body(chunked)), 413, "body.too-large");
    assert_eq!(till.entries(), entries, "what is refused leaves no entry");
    let fits = Request::new("POST", "/v1/sales").body(padded(MOST));
    assert_eq!(till.send(&fits).status, 201);
    assert_eq!(
        till.send(&Request::new("POST", "/v1/sales")).status,
        201,
        "nothing to add"
    );
}

#[test]
fn what_was_sent_is_neither_echoed_nor_logged() {
    let (_shop, daemon, mut till) = open_shop();
    let sale = till.open(WIFE);
    // A wrong check digit, an impossible day, fifteen digits of the old kind with a month 13.
    let numbers = [
        "110105194912310021",
        "110105194902300028",
        "110105491331002",
    ];
    let name = "欧阳测试某";
    let mut sent = vec![name.to_owned()];
    for number in numbers {
        sent.push(number.to_owned());
        let person = json!({"number": number, "name": name});
        let proxy = json!({"kind": "proxy", "person": person});
        let family = json!({"kind": "family", "relation": "spouse", "person": person});
        let scanned =
            json!({"source": "credential", "credential": "insurance-code", "person": person});
        for (method, path, body, field) in [
            (
                "POST",
                "/v1/sales".to_owned(),
                json!({ "holder": person }),
                "holder.number",
            ),
            ("POST", format!("{sale}/evidence"), scanned, "person.number"),
            (
                "PUT",
                format!("{sale}/roles"),
                json!({ "buyer": proxy }),
                "buyer.person.number",
            ),
            (
                "PUT",
                format!("{sale}/roles"),
                json!({ "patient": family }),
                "patient.person.number",
            ),
            (
                "PUT",
                format!("{sale}/roles"),
                json!({ "payer": family }),
                "payer.person.number",
            ),
        ] {
            let answer = till.send(&Request::new(method, &path).json(&body));
            let problem = assert_problem(&answer, 422, "body.value");
            assert_eq!(problem["field"], field);
            assert!(!answer.text().contains(number) && !answer.text().contains(name));
        }
    }
    // A name where none belongs: the parser's own words would repeat it.
    for body in [
        json!({ "holder": name }),
        json!({ "fund": name }),
        json!({ name: 1 }),
        json!({"holder": {"sex": name}}),
        json!({"holder": {"birth": name}}),
    ] {
        let answer = till.post("/v1/sales", &body);
        assert_problem(&answer, 422, "body.members");
        assert!(!answer.text().contains(name), "{}", answer.text());
    }
    let long = json!({"holder": {"name": name.repeat(41)}});
    assert_problem(&till.post("/v1/sales", &long), 422, "body.value");
    assert_problem(
        &till.get(&format!("/v1/sales/{}", numbers[0])),
        404,
        "sale.unknown",
    );
    let key = Request::new("POST", "/v1/sales").header("idempotency-key", &numbers[0].repeat(6));
    assert_problem(&till.send(&key), 400, "idempotency.key");
    // A conflict is logged, so the log is there to be looked at.
    till.must("DELETE", &sale, &Value::Null);
    assert_problem(&till.send(&Request::new("DELETE", &sale)), 409, "sale.over");
    let said = daemon.kill();
    assert!(said.contains("sale.over"), "{said}");
    for text in sent {
        assert!(!said.contains(&text), "`{text}` in the log: {said}");
    }
}

#[test]
fn paths_methods_and_queries_that_are_none_are_told_as_problems() {
    let (_shop, _daemon, mut till) = open_shop();
    let sale = till.open(WIFE);
    for path in [
        "/",
        "/v1",
        "/v2/status",
        "/v1/sales/",
        "/v1/nothing",
        "/v1/sales/a/b/c",
        "/v1/status/",
    ] {
        assert_problem(&till.get(path), 404, "api.no-such-path");
    }
    for (method, path) in [
        ("POST", "/v1/status"),
        ("PATCH", &sale),
        ("PUT", "/v1/sales"),
        ("DELETE", "/v1/sales"),
        ("GET", &format!("{sale}/outcomes")),
        ("TRACE", "/v1/status"),
        ("OPTIONS", "/v1/sales"),
    ] {
        assert_problem(
            &till.send(&Request::new(method, path)),
            405,
            "api.no-such-method",
        );
    }
    for query in ["x=1", "in_doubt=yes", "open=true&in_doubt=true", "%ff"] {
        assert_problem(&till.get(&format!("/v1/sales?{query}")), 400, "api.query");
    }
    for query in ["", "open=true", "in_doubt=true"] {
        assert_eq!(
            till.get(&format!("/v1/sales?{query}")).status,
            200,
            "{query}"
        );
    }
    // What is no id, or not even text, names no sale.
    for id in [
        "1",
        "%ff",
        "%00",
        "..%2f..",
        &"9".repeat(2000),
        "0123456789abcdef-0",
        "0123456789abcdef--1",
    ] {
        assert_problem(&till.get(&format!("/v1/sales/{id}")), 404, "sale.unknown");
    }
    let head = till.send(&Request::new("HEAD", "/v1/status"));
    assert_eq!((head.status, head.body.len()), (200, 0));
}

#[test]
fn two_hundred_at_once_lose_nothing() {
    const CALLERS: usize = 200;
    let (shop, daemon, mut till) = open_shop();
    let before = till.entries();
    let (address, token) = (daemon.address(), shop.token().to_owned());
    let gate = Arc::new(Barrier::new(CALLERS));
    let callers: Vec<_> = (0..CALLERS)
        .map(|number| {
            let (gate, token) = (Arc::clone(&gate), token.clone());
            std::thread::spawn(move || {
                let client = Client::new(address).patience(Duration::from_secs(60));
                let mut client = client.header("authorization", &format!("Bearer {token}"));
                let key = format!("K{number}");
                let request = Request::new("POST", "/v1/sales").header("idempotency-key", &key);
                gate.wait();
                let mut busy = 0_u32;
                loop {
                    let answer = client.send(&request).unwrap();
                    match answer.status {
                        201 => return (answer.json(), busy),
                        503 => {
                            assert_problem(&answer, 503, "busy");
                            assert_eq!(answer.header("retry-after"), Some("1"));
                            busy += 1;
                        }
                        _ => panic!("{}", answer.text()),
                    }
                }
            })
        })
        .collect();
    let answers: Vec<_> = callers
        .into_iter()
        .map(|caller| caller.join().unwrap())
        .collect();
    let busy: u32 = answers.iter().map(|(_, busy)| busy).sum();
    let entries: BTreeSet<_> = answers
        .iter()
        .map(|(sale, _)| sale["entry"].as_u64().unwrap())
        .collect();
    let sales: BTreeSet<_> = answers
        .iter()
        .map(|(sale, _)| sale["sale"].to_string())
        .collect();
    println!(
        "{CALLERS} callers, {} sales, {busy} times busy",
        sales.len()
    );
    assert_eq!(sales.len(), CALLERS, "no sale was given out twice");
    let expected: BTreeSet<_> = (before..before + CALLERS as u64).collect();
    assert_eq!(
        entries, expected,
        "each answer has its own entry, and there is no other"
    );

    // The same with verdicts, on kept connections: two tills' worth of threads, one pack each.
    let judges: Vec<_> = (0..8)
        .map(|judge: u64| {
            let token = token.clone();
            std::thread::spawn(move || {
                let mut till = Till::kept(address, &token);
                let sale = till.open(if judge.is_multiple_of(2) {
                    WIFE
                } else {
                    HUSBAND
                });
                let line = json!([otc(1, &[pack(judge + 1)])]);
                let verdicts = (0..5).map(|_| till.assess(&sale, &line)["entry"].as_u64().unwrap());
                verdicts.collect::<Vec<_>>()
            })
        })
        .collect();
    let verdicts: BTreeSet<_> = judges
        .into_iter()
        .flat_map(|judge| judge.join().unwrap())
        .collect();
    assert_eq!(verdicts.len(), 40);
    let total = till.entries();
    assert!(verdicts.iter().all(|entry| (before..total).contains(entry)));
    drop(daemon);
    assert_eq!(shop.verified_entries(), total);
}

#[test]
fn answers_on_one_connection_come_in_order_and_whole() {
    let (shop, daemon, _till) = open_shop();
    let (address, token) = (daemon.address(), shop.token());
    // Three requests in one segment, a refusal with an unread body among them.
    let head = |line: &str, more: &str| {
        format!("{line} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n{more}\r\n")
    };
    let mut text = head("POST /v1/sales", "content-length: 2\r\n") + "{}";
    text += &(head("POST /v1/nothing", "content-length: 7\r\n") + "{\"a\":1}");
    text += &(head("POST /v1/sales", "transfer-encoding: chunked\r\n")
        + "1\r\n{\r\n1\r\n}\r\n0\r\n\r\n");
    text += &head("GET /v1/status", "connection: close\r\n");
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(text.as_bytes()).unwrap();
    let mut answers = String::new();
    stream.read_to_string(&mut answers).unwrap();
    let statuses: Vec<_> = answers
        .split("HTTP/1.1 ")
        .skip(1)
        .map(|answer| &answer[..3])
        .collect();
    assert_eq!(statuses, ["201", "404", "201", "200"], "{answers}");

    let mut till = Till::kept(address, token);
    let sales: Vec<_> = (0..20).map(|_| till.open(WIFE)).collect();
    for sale in sales.iter().rev() {
        assert_problem(
            &till.post(&format!("{sale}/scans"), &json!({})),
            422,
            "body.members",
        );
        let shown = till.show(sale);
        assert!(
            sale.ends_with(shown["sale"].as_str().unwrap()),
            "{sale} {shown}"
        );
        assert_problem(&till.get("/v1/nothing"), 404, "api.no-such-path");
    }
    // Two lengths, or a length and chunks, would let two readers see two different requests.
    for smuggling in [
        "content-length: 2\r\ncontent-length: 5\r\n",
        "content-length: 2x\r\n",
        "transfer-encoding: gzip\r\n",
    ] {
        let mut stream = TcpStream::connect(address).unwrap();
        let text = head("POST /v1/sales", smuggling) + "{}";
        stream.write_all(text.as_bytes()).unwrap();
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        assert!(!answer.contains("HTTP/1.1 2"), "{smuggling}: {answer}");
    }
}

#[test]
fn slow_and_silent_callers_are_cut_off_and_lock_nobody_out() {
    let (shop, daemon, mut till) = open_shop();
    let (address, token) = (daemon.address(), shop.token());
    let begun = Instant::now();
    // More connections than are held at once, and not a byte on most of them.
    let mut silent: Vec<_> = (0..300)
        .map(|_| TcpStream::connect(address).unwrap())
        .collect();
    assert_eq!(till.get("/v1/status").status, 200);
    let (mut slow_head, mut slow_body) = (silent.pop().unwrap(), silent.pop().unwrap());
    slow_head.write_all(b"GET /v1/sta").unwrap();
    let head = format!(
        "POST /v1/sales HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\
         content-length: 100\r\n\r\n{{"
    );
    slow_body.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    slow_body
        .set_read_timeout(Some(Duration::from_secs(40)))
        .unwrap();
    let mut buffer = [0; 4096];
    while !answer.contains("\r\n\r\n{") {
        let count = slow_body.read(&mut buffer).unwrap();
        assert!(count > 0, "closed without an answer: {answer}");
        answer.push_str(std::str::from_utf8(&buffer[..count]).unwrap());
    }
    assert!(
        answer.starts_with("HTTP/1.1 408") && answer.contains("body.timeout"),
        "{answer}"
    );
    let waited = begun.elapsed();
    assert!(waited >= Duration::from_secs(9), "cut off after {waited:?}");
    slow_head
        .set_read_timeout(Some(Duration::from_secs(40)))
        .unwrap();
    let mut rest = String::new();
    let _ = slow_head.read_to_string(&mut rest);
    assert!(!rest.contains("HTTP/1.1 2"), "{rest}");
    // The till's own request, behind all of them.
    let mut patient = Client::new(address)
        .patience(Duration::from_secs(60))
        .header("authorization", &format!("Bearer {token}"));
    assert_eq!(patient.get("/v1/status").unwrap().status, 200);
    assert!(begun.elapsed() < Duration::from_secs(60));
    drop(silent);
    assert_eq!(till.get("/v1/status").status, 200);
}
