//! Who may call, and the forms without a script.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

use pharmacy_desk::Scanned;
use pharmacy_kit::Shop;
use pharmacy_kit::http::{Client, PATIENCE};

use super::kit::{Served, said};
use crate::desk::{SECRET, doubt, green, idle, in_doubt, sale_id};

#[test]
fn a_secret_opens_a_session_and_stays_out_of_the_browser() {
    let served = Served::new(green());
    assert_eq!(served.get("/counter/open/wrong", &[]).status, 401);
    assert_eq!(served.get("/counter/", &[]).status, 401);
    let opened = served.get(&format!("/counter/open/{SECRET}"), &[]);
    assert_eq!(
        (opened.status, opened.header("location")),
        (303, Some("/counter/"))
    );
    assert_eq!(opened.header("referrer-policy"), Some("no-referrer"));
    let cookie = opened.header("set-cookie").unwrap();
    for attribute in ["; Path=/counter", "; HttpOnly", "; SameSite=Strict"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    let head = String::from_utf8(opened.head.clone()).unwrap();
    assert!(
        !head.contains(SECRET) && !opened.text().contains(SECRET),
        "{head}"
    );

    let cookie = cookie.split(';').next().unwrap();
    for path in ["/counter/", "/counter/board"] {
        let page = served.get(path, &[("cookie", cookie)]);
        assert_eq!((page.status, page.text().contains(SECRET)), (200, false));
        let policy = page.header("content-security-policy").unwrap();
        assert!(
            policy.contains("default-src 'none'") && !policy.contains("unsafe"),
            "{policy}"
        );
        assert_eq!(page.header("cache-control"), Some("no-store"));
        assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    }
    served.desk.script().is_revoked = true;
    assert_eq!(
        served.get("/counter/board", &[("cookie", cookie)]).status,
        401
    );
    // The session is gone with its secret, and does not come back with it.
    served.desk.script().is_revoked = false;
    assert_eq!(
        served.get("/counter/board", &[("cookie", cookie)]).status,
        401
    );
}

#[test]
fn another_page_cannot_call_with_our_cookie() {
    let served = Served::new(in_doubt());
    let cookie = served.cookie();
    let ours = served.url("");
    let neighbour = format!("http://127.0.0.1:{}", served.address.port() ^ 1);
    let msgid = doubt(7).msgid;
    let form = format!(
        "sale={}&msgid={msgid}&outcome=not-settled&confirmed=yes",
        sale_id(7)
    );
    let refused: [&[(&str, &str)]; 6] = [
        &[],
        &[("origin", "http://evil.example")],
        &[("origin", &neighbour), ("sec-fetch-site", "same-site")],
        &[("origin", "null")],
        &[("origin", &ours), ("sec-fetch-site", "cross-site")],
        &[("origin", &ours), ("host", "evil.example")],
    ];
    for headers in refused {
        let headers: Vec<_> = headers
            .iter()
            .copied()
            .chain([("cookie", &*cookie)])
            .collect();
        for path in ["/counter/resolutions", "/counter/scans"] {
            assert_eq!(
                served.post(path, &form, &headers).status,
                403,
                "{headers:?}"
            );
        }
    }
    for site in ["cross-site", "same-site"] {
        let headers = [("cookie", &*cookie), ("sec-fetch-site", site)];
        for path in ["/counter/", "/counter/events", "/counter/board"] {
            assert_eq!(served.get(path, &headers).status, 403, "{site}");
        }
    }
    let script = served.desk.script();
    assert!(script.resolved.is_empty() && script.scans.is_empty());
}

#[test]
fn forms_work_without_the_script() {
    let served = Served::new(in_doubt());
    let cookie = served.cookie();
    let ours = served.url("");
    let headers = [("cookie", &*cookie), ("origin", &*ours)];
    let page = served.get("/counter/", &headers);
    assert!(
        page.text()
            .contains("<noscript><meta http-equiv=\"refresh\"")
    );

    served.desk.will_answer(Scanned::Refused {
        code: "scan.empty".into(),
    });
    let scanned = served.post("/counter/scans", "code=+", &headers);
    assert_eq!(scanned.status, 200);
    assert!(scanned.text().contains("<!doctype html>"));
    assert!(scanned.text().contains(said("scan.empty")));

    let attempt = format!("sale={}&msgid={}", sale_id(7), doubt(7).msgid);
    let cases = [
        ("&outcome=not-settled", "counter.not-confirmed"),
        ("&outcome=settled&confirmed=yes", "counter.settlement"),
        ("&outcome=perhaps&confirmed=yes", "counter.form"),
        (
            "&outcome=not-settled&settlement=S1&confirmed=yes",
            "counter.contradiction",
        ),
    ];
    for (rest, code) in cases {
        let refused = served.post(
            "/counter/resolutions",
            &format!("{attempt}{rest}"),
            &headers,
        );
        assert_eq!(refused.status, 422);
        assert!(
            refused.text().contains(said(code)),
            "{code}: {}",
            refused.text()
        );
    }
    assert!(served.desk.script().resolved.is_empty());
    let whole = format!("{attempt}&outcome=not-settled&settlement=&confirmed=yes");
    let resolved = served.post("/counter/resolutions", &whole, &headers);
    assert_eq!(resolved.status, 200);
    assert!(!resolved.text().contains(&doubt(7).msgid));
    let again = served.post("/counter/resolutions", &whole, &headers);
    assert_eq!(again.status, 404);
    assert!(again.text().contains(said("sale.unknown")));
    let long = format!("code={}", "9".repeat(5000));
    assert_eq!(served.post("/counter/scans", &long, &headers).status, 422);
    assert_eq!(served.get("/counter/nowhere", &headers).status, 404);
    assert_eq!(
        served.get("/counter", &headers).header("location"),
        Some("/counter/")
    );
}

/// A stream of events being read.
struct Stream(BufReader<TcpStream>);

impl Stream {
    fn open(served: &Served, cookie: &str) -> Self {
        let mut stream = TcpStream::connect(served.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let request = format!(
            "GET /counter/events HTTP/1.1\r\nHost: {}\r\nCookie: {cookie}\r\n\r\n",
            served.address
        );
        stream.write_all(request.as_bytes()).unwrap();
        Self(BufReader::new(stream))
    }

    /// The next line that tells of an event; none at the end.
    fn event(&mut self) -> Option<String> {
        loop {
            let mut line = String::new();
            let read = self.0.read_line(&mut line).unwrap();
            if read == 0 || line == "0\r\n" {
                return None;
            }
            if let Some(event) = line.strip_prefix("event: ") {
                return Some(event.trim().to_owned());
            }
        }
    }
}

#[test]
fn events_tell_of_changes_and_end_with_the_secret_or_the_agent() {
    let mut served = Served::new(idle());
    let cookie = served.cookie();
    let mut stream = Stream::open(&served, &cookie);
    assert_eq!(stream.event().as_deref(), Some("alive"));
    for _ in 0..3 {
        served.desk.show(|board| *board = green());
        assert_eq!(stream.event().as_deref(), Some("changed"));
    }
    let mut other = Stream::open(&served, &cookie);
    assert_eq!(other.event().as_deref(), Some("alive"));
    served.stop();
    assert_eq!((stream.event(), other.event()), (None, None));

    let served = Served::new(idle());
    let mut stream = Stream::open(&served, &served.cookie());
    assert_eq!(stream.event().as_deref(), Some("alive"));
    served.desk.script().is_revoked = true;
    served.desk.show(|_| {});
    assert_eq!(stream.event(), None);
}

#[test]
fn the_agent_serves_the_page_beside_its_api() {
    let shop = Shop::new();
    let secret = shop.issue_for("counter", "page", "01");
    let daemon = shop.start();
    let mut client = Client::new(daemon.address()).patience(Duration::from_secs(30));
    assert_eq!(client.get("/counter/").unwrap().status, 401);
    assert_eq!(client.get("/v1/status").unwrap().status, 401);
    let opened = client.get(&format!("/counter/open/{secret}")).unwrap();
    assert_eq!(
        (opened.status, opened.header("location")),
        (303, Some("/counter/"))
    );
    let script = client.get("/counter/counter.js").unwrap();
    let content_type = script.header("content-type");
    assert_eq!(content_type, Some("text/javascript; charset=utf-8"));
    // The API's own answer to a path that nobody knows is still the API's.
    let unknown = client.get("/nowhere").unwrap();
    assert_eq!(
        (unknown.status, unknown.header("content-type")),
        (404, Some("application/problem+json"))
    );
    let log = daemon.kill();
    assert!(!log.contains(&secret), "the secret is logged");
}
