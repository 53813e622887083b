//! Who is not let in, and what is not told.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use pharmacy_agent::gateway::KEPT;

use tokio::io::AsyncWriteExt as _;

use crate::kit::{
    Bench, Fake, Heard, Platform, SECRET, Say, Tell, answer, body, field, first_line, nowhere,
};

#[tokio::test]
async fn only_tills_come_in() {
    let platform = Platform::saying(answer("{}")).await;
    let settings = "origins = [\"http://127.0.0.1:3000\"]\nhosts = [\"till-server:7481\"]\n";
    let bench = Bench::start(&platform.url(), settings, Fake::passive()).await;
    let host = format!("Host: {}", bench.address);
    let good = format!("/t/{SECRET}/x");
    let cases = [
        (&*good, &*host, "", None),
        (&good, "Host: till-server:7481", "", None),
        (&good, &host, "Origin: http://127.0.0.1:3000", None),
        (&good, "Host: rebound.example:80", "", Some("gateway.host")),
        (&good, "X-None: 1", "", Some("gateway.host")),
        (
            &good,
            &host,
            "Origin: https://evil.example",
            Some("gateway.browser"),
        ),
        (
            &good,
            &host,
            "Sec-Fetch-Site: same-origin",
            Some("gateway.browser"),
        ),
        ("/t/wrong/x", &host, "", Some("gateway.till-unknown")),
        ("/t//x", &host, "", Some("gateway.till-unknown")),
        ("/fsi/api/x", &host, "", Some("gateway.till-unknown")),
        ("/", &host, "", Some("gateway.till-unknown")),
    ];
    let mut passed = 0;
    for (path, host, extra, code) in cases {
        let extra = if extra.is_empty() { "X-None: 2" } else { extra };
        let got = bench
            .ask(format!("GET {path} HTTP/1.1\r\n{host}\r\n{extra}\r\n\r\n"))
            .await;
        assert_eq!(
            field(&got, "X-Pharmacy-Agent"),
            code,
            "{path} {host} {extra}"
        );
        if let Some(code) = code {
            assert_eq!(first_line(&got), "HTTP/1.1 403 Forbidden");
            let problem: serde_json::Value = serde_json::from_slice(body(&got)).unwrap();
            assert_eq!(problem["code"], code);
        } else {
            passed += 1;
        }
    }
    assert_eq!(platform.seen().len(), passed);
    let tunnel = format!("CONNECT {0} HTTP/1.1\r\nHost: {0}\r\n\r\n", bench.address);
    assert_eq!(
        first_line(&bench.ask(tunnel).await),
        "HTTP/1.1 403 Forbidden"
    );
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, data: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(data);
        Ok(data.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_crowd_without_a_secret_locks_no_till_out() {
    let platform = Platform::saying(answer("{}")).await;
    let bench = Bench::start(&platform.url(), "", Fake::passive()).await;
    let good = format!(
        "GET /t/{SECRET}/x HTTP/1.1\r\nHost: {}\r\n\r\n",
        bench.address
    );
    let slow = format!(
        "POST /t/wrong/x HTTP/1.1\r\nHost: {}\r\nContent-Length: 9\r\n\r\n{{",
        bench.address
    );
    let mut kept = bench.till().await;
    assert_eq!(first_line(&kept.ask(&good).await), "HTTP/1.1 200 OK");
    // More than are held at once, silent and in the middle of a head or a body.
    let mut crowd = Vec::new();
    for said in ["", "GET /t/", &slow].repeat(100) {
        let mut stranger = bench.till().await;
        let _ = stranger.stream.write_all(said.as_bytes()).await;
        crowd.push(stranger);
    }
    for stranger in crowd.iter_mut().skip(2).step_by(3).rev().take(50) {
        let refused = stranger.next().await;
        let refusal = field(&refused, "X-Pharmacy-Agent");
        assert_eq!(
            refusal,
            Some("gateway.till-unknown"),
            "nobody waits for the body"
        );
    }
    assert_eq!(first_line(&kept.ask(&good).await), "HTTP/1.1 200 OK");
    assert_eq!(first_line(&bench.ask(&good).await), "HTTP/1.1 200 OK");
    // All of this while the others hang: the youngest is still there.
    let [.., youngest, _] = crowd.as_mut_slice() else {
        panic!("a crowd");
    };
    let rest = format!("{SECRET}/x HTTP/1.1\r\nHost: {}\r\n\r\n", bench.address);
    assert_eq!(first_line(&youngest.ask(rest).await), "HTTP/1.1 200 OK");
}

#[tokio::test]
async fn neither_secrets_nor_bodies_reach_the_log() {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    // One thread runs everything here.
    let _guard = tracing::subscriber::set_default(subscriber);
    let named = r#"{"infno":"2102","input":{"psn_name":"ZHANGSAN","certno":"X1234"}}"#;
    let asked = |address: std::net::SocketAddr, secret: &str, body: &str| {
        format!(
            "POST /t/{secret}/VERYPRIVATE?q=VERYPRIVATE HTTP/1.1\r\nHost: {address}\r\n\
             Authorization: VERYPRIVATE\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let settled = answer("{\"setl_id\":\"ZHANGSAN\"}");
    let platform = Platform::saying(settled).await;
    for say in [Say::Send, Say::Busy, Say::Pass] {
        for upstream in [platform.url(), nowhere().await] {
            let fake = Fake::new(say.clone(), Tell::Busy);
            let bench = Bench::start(&upstream, "", fake).await;
            for sent in [
                named,
                &named.replace("2102", "1101"),
                &named.replace("2102", "2999"),
            ] {
                bench.ask(asked(bench.address, SECRET, sent)).await;
            }
            bench.ask(asked(bench.address, "GUESSED", named)).await;
            bench.stop().await;
        }
    }
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    for code in ["gateway.upstream-unreachable", "gateway.ungated", "busy"] {
        assert!(text.contains(code), "{code} is logged");
    }
    for word in [SECRET, "GUESSED", "ZHANGSAN", "X1234", "VERYPRIVATE"] {
        assert!(!text.contains(word), "{word} in the log");
    }
}

#[tokio::test]
async fn a_gated_call_that_is_too_long_is_refused_and_others_pass() {
    let platform = Platform::saying(answer("{}")).await;
    let bench = Bench::start(&platform.url(), "", Fake::new(Say::Send, Tell::AsIs)).await;
    let filler = "x".repeat(5 * 1024 * 1024);
    let long = |infno: &str| format!("{{\"infno\":\"{infno}\",\"input\":\"{filler}\"}}");
    let got = bench.ask(bench.post("/x", &long("2102"))).await;
    assert_eq!(first_line(&got), "HTTP/1.1 200 OK");
    assert_eq!(field(&got, "X-Pharmacy-Agent"), Some("gateway.too-large"));
    assert_eq!(platform.connections(), 0);
    for infno in ["1101", "9101"] {
        let sent = long(infno);
        assert_eq!(body(&bench.ask(bench.post("/x", &sent)).await), b"{}");
        let seen = platform.seen().pop().unwrap();
        assert!(
            body(&seen.message) == sent.as_bytes(),
            "{infno} as it was sent"
        );
    }
    assert!(bench.fake.heard().is_empty());
}

#[tokio::test]
async fn a_secret_counts_for_a_second_without_being_looked_up() {
    let platform = Platform::saying(answer("{}")).await;
    let bench = Bench::start(&platform.url(), "", Fake::passive()).await;
    let mut till = bench.till().await;
    let call = bench.post("/x", "{}");
    let code = |got: &[u8]| field(got, "X-Pharmacy-Agent").map(str::to_owned);
    let unknown = Some("gateway.till-unknown".to_owned());
    let begun = Instant::now();
    let mut asked = 0;
    while asked < 20 && begun.elapsed() < KEPT / 2 {
        assert_eq!(code(&till.ask(&call).await), None);
        asked += 1;
    }
    assert!(asked > 1 && bench.fake.looked_up() == 1, "{asked} calls");
    bench.fake.revoke(true);
    let revoked = Instant::now();
    loop {
        let begun = revoked.elapsed();
        if code(&till.ask(&call).await) == unknown {
            break;
        }
        assert!(begun < KEPT, "taken {begun:?} after it was revoked");
    }
    // Nobody is kept out for a second.
    let before = bench.fake.looked_up();
    assert_eq!(code(&till.ask(&call).await), unknown);
    bench.fake.revoke(false);
    assert_eq!(code(&till.ask(&call).await), None);
    assert_eq!(bench.fake.looked_up(), before + 2);
}

#[tokio::test]
async fn a_settlement_cannot_pass_under_another_name() {
    let platform = Platform::saying(answer("{}")).await;
    let settings = "[path-calls]\n\"drugstore/settle\" = \"2102\"\n";
    let bench = Bench::start(&platform.url(), settings, Fake::passive()).await;
    let cases = [
        ("/fsi/api/drugstore/settle", "encrypted", "2102"),
        ("/fsi/api/drugstore/settle", r#"{"infno":"1101"}"#, "2102"),
        (
            "/fsi/api/fsiPsnInfoService/queryPsnInfo",
            r#"{"infno":"2103"}"#,
            "2103",
        ),
        ("/hgs/2102", r#"{"infno":"2601"}"#, "2601"),
    ];
    for (path, sent, infno) in cases {
        let before = bench.fake.heard().len();
        bench.ask(bench.post(path, sent)).await;
        let gated = Heard::Gated(infno.to_owned(), sent.as_bytes().to_vec());
        assert_eq!(bench.fake.heard()[before], gated, "{path} {sent}");
    }
}
