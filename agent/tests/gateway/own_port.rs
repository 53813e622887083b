//! Tills that take an address and a port, and nothing else.

use tokio::net::TcpStream;

use crate::kit::{Bench, Fake, Heard, Platform, SECRET, Till, answer, field, first_line};

const OWN: &str = "[[till]]\nnumber = \"02\"\nlisten = \"127.0.0.1:0\"\n";
const QUERY: &str = r#"{"infno":"1101","msgid":"m-1","input":{}}"#;
const SETTLEMENT: &str = r#"{"infno":"2102","msgid":"m-2","input":{}}"#;

fn post(path: &str, more: &str, body: &str) -> String {
    let length = body.len();
    format!("POST {path} HTTP/1.1\r\n{more}\r\nContent-Length: {length}\r\n\r\n{body}")
}

/// Sends one message to an address and returns the answer.
async fn ask(address: impl tokio::net::ToSocketAddrs, message: String) -> Vec<u8> {
    let stream = TcpStream::connect(address).await.unwrap();
    Till::new(stream).ask(message).await
}

#[tokio::test]
async fn a_port_speaks_for_its_till() {
    let platform = Platform::saying(answer("{}")).await;
    let bench = Bench::start(&platform.url(), OWN, Fake::passive()).await;
    let own = bench.own[0];
    for host in [format!("localhost:{}", own.port()), "127.0.0.1".to_owned()] {
        let got = ask(own, post("/hsa/x?y=1", &format!("Host: {host}"), QUERY)).await;
        assert_eq!(first_line(&got), "HTTP/1.1 200 OK", "{host}");
    }
    let seen = platform.seen();
    assert_eq!(first_line(&seen[0].message), "POST /hsa/x?y=1 HTTP/1.1");
    let got = ask(own, post("/hsa/x", "Host: localhost", SETTLEMENT)).await;
    assert_eq!(first_line(&got), "HTTP/1.1 200 OK");
    let heard = bench.fake.heard();
    let is_gated = |heard: &Heard| matches!(heard, Heard::Gated(infno, _) if infno == "2102");
    assert!(heard.iter().any(is_gated), "{heard:?}");
    let callers = bench.fake.callers();
    assert!(!callers.is_empty());
    assert!(callers.iter().all(|it| it == "02/port"), "{callers:?}");
    // Nothing has to be looked up for a port.
    assert_eq!(bench.fake.looked_up(), 0);
    bench.stop().await;
}

#[tokio::test]
async fn the_shared_door_stays_as_it_was() {
    let platform = Platform::saying(answer("{}")).await;
    let bench = Bench::start(&platform.url(), OWN, Fake::passive()).await;
    let host = format!("Host: {}", bench.address);
    let got = bench.ask(post("/hsa/x", &host, QUERY)).await;
    assert_eq!(
        field(&got, "X-Pharmacy-Agent"),
        Some("gateway.till-unknown")
    );
    let got = bench.ask(bench.post("/hsa/x", QUERY)).await;
    assert_eq!(first_line(&got), "HTTP/1.1 200 OK");
    assert_eq!(bench.fake.callers(), ["01/till"]);
}

#[tokio::test]
async fn no_browser_and_no_foreign_name_comes_in_by_a_port() {
    let platform = Platform::saying(answer("{}")).await;
    let settings = format!("origins = [\"http://127.0.0.1:3000\"]\n{OWN}");
    let bench = Bench::start(&platform.url(), &settings, Fake::passive()).await;
    let own = bench.own[0];
    let host = format!("Host: {own}");
    let cases = [
        ("Origin: http://127.0.0.1:3000", "gateway.browser-own-port"),
        ("Sec-Fetch-Mode: no-cors", "gateway.browser-own-port"),
        ("Referer: http://evil.example/", "gateway.browser-own-port"),
        (
            "User-Agent: Mozilla/5.0 (Windows NT 10.0)",
            "gateway.browser-own-port",
        ),
    ];
    for (sign, code) in cases {
        let got = ask(own, post("/x", &format!("{host}\r\n{sign}"), SETTLEMENT)).await;
        assert_eq!(field(&got, "X-Pharmacy-Agent"), Some(code), "{sign}");
    }
    let foreign = "Host: rebound.example";
    let got = ask(own, post("/x", foreign, SETTLEMENT)).await;
    assert_eq!(field(&got, "X-Pharmacy-Agent"), Some("gateway.host"));
    // The secret of another till, put in at the wrong port, is not told to the platform.
    let got = ask(own, post(&format!("/t/{SECRET}/x"), &host, QUERY)).await;
    assert_eq!(
        field(&got, "X-Pharmacy-Agent"),
        Some("gateway.till-unknown")
    );
    assert!(platform.seen().is_empty());
    assert!(bench.fake.heard().is_empty());
}

#[tokio::test]
async fn both_loopback_addresses_are_served() {
    let platform = Platform::saying(answer("{}")).await;
    let bench = Bench::start(&platform.url(), OWN, Fake::passive()).await;
    let own = bench.own[0];
    let Ok(stream) = TcpStream::connect(("::1", own.port())).await else {
        assert!(
            tokio::net::TcpListener::bind(("::1", 0)).await.is_err(),
            "this machine has IPv6, and the agent does not listen there"
        );
        return;
    };
    let host = format!("Host: [::1]:{}", own.port());
    let got = Till::new(stream).ask(post("/x", &host, QUERY)).await;
    assert_eq!(first_line(&got), "HTTP/1.1 200 OK");
    let stream = TcpStream::connect(("::1", bench.address.port())).await;
    let host = format!("[::1]:{}", bench.address.port());
    let message = crate::kit::post(&host, "/x", QUERY);
    let got = Till::new(stream.unwrap()).ask(message).await;
    assert_eq!(first_line(&got), "HTTP/1.1 200 OK");
}
