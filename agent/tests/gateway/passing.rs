//! What passes, passes as it is.

use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::Notify;

use crate::kit::{
    Act, Bench, Fake, Heard, Platform, SECRET, Till, answer, body, field, find, first_line, joined,
    names, nowhere, post,
};

const QUERY: &str = r#"{"infno":"1101","msgid":"m-1","input":{"data":{"psn_name":"张三"}}}"#;

#[tokio::test]
async fn a_call_and_its_answer_pass_byte_for_byte() {
    let said = "HTTP/1.1 200 Fine By Us\r\nX-TIF-trace: A\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\n\
        content-TYPE: application/json;charset=UTF-8\r\nContent-Length: 13\r\nX-Empty: \r\n\r\n{\"infcode\":0}";
    let platform = Platform::saying(said).await;
    let base = format!("{}/base/", platform.url());
    let bench = Bench::start(&base, "", Fake::passive()).await;
    let asked = format!(
        "POST /t/{SECRET}/fsi/%E4%B8%AD//x;y=1?b=2&&a=%20+&c HTTP/1.1\r\nx-tif-PAASID: p\r\n\
         HOST: {}\r\n_api_name: hssServives\r\nX-Vendor: 1\r\nx-vendor: 2\r\nAuthorization: Bearer q\r\n\
         apikey: k\r\nContent-Type: text/plain\r\nContent-Length: {}\r\nAccept-Encoding: gzip\r\n\r\n{QUERY}",
        bench.address,
        QUERY.len()
    );
    let got = bench.ask(&asked).await;
    let seen = &platform.seen()[0].message;
    assert_eq!(
        first_line(seen),
        "POST /base/fsi/%E4%B8%AD//x;y=1?b=2&&a=%20+&c HTTP/1.1"
    );
    assert_eq!(names(seen), names(asked.as_bytes()));
    assert_eq!(field(seen, "HOST").unwrap(), platform.address.to_string());
    for name in [
        "x-tif-PAASID",
        "_api_name",
        "X-Vendor",
        "x-vendor",
        "Authorization",
        "apikey",
    ] {
        assert_eq!(field(seen, name), field(asked.as_bytes(), name), "{name}");
    }
    assert_eq!(body(seen), QUERY.as_bytes());
    assert_eq!(first_line(&got), "HTTP/1.1 200 Fine By Us");
    assert_eq!(names(&got), names(said.as_bytes()));
    assert_eq!(field(&got, "set-cookie"), Some("b=2"));
    assert_eq!(body(&got), b"{\"infcode\":0}");
    assert!(find(seen, SECRET.as_bytes()).is_none());
    let observed = Heard::Observed(
        "1101".to_owned(),
        QUERY.as_bytes().to_vec(),
        Some(b"{\"infcode\":0}".to_vec()),
    );
    assert_eq!(bench.fake.heard(), [observed]);
}

#[tokio::test]
async fn fields_of_one_hop_end_at_the_gateway() {
    let said = "HTTP/1.1 200 OK\r\nConnection: X-Private\r\nX-Private: 1\r\nKeep-Alive: timeout=3\r\n\
        Proxy-Authenticate: Basic\r\nX-Public: 2\r\nContent-Length: 2\r\n\r\nok";
    let platform = Platform::saying(said).await;
    let bench = Bench::start(&platform.url(), "", Fake::passive()).await;
    // As Java's client asks for HTTP/2: it is content with an answer in HTTP/1.1.
    let asked = format!(
        "POST /t/{SECRET}/x HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade, HTTP2-Settings\r\n\
         Upgrade: h2c\r\nHTTP2-Settings: AAEAAE\r\nTE: trailers\r\nKeep-Alive: 5\r\n\
         Proxy-Authorization: Basic eDp5\r\nX-Mine: 1\r\nContent-Length: 0\r\n\r\n",
        bench.address
    );
    let got = bench.ask(asked).await;
    let seen = &platform.seen()[0].message;
    assert_eq!(names(seen), ["Content-Length", "Host", "X-Mine"]);
    assert_eq!(names(&got), ["Content-Length", "X-Public"]);
    assert_eq!(body(&got), b"ok");
}

#[tokio::test]
async fn chunks_stay_chunks_both_ways() {
    let said =
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\n{\"a\"\r\n3\r\n:1}\r\n0\r\n\r\n";
    let platform = Platform::saying(said).await;
    let bench = Bench::start(&platform.url(), "", Fake::passive()).await;
    for kind in ["application/json", "application/octet-stream"] {
        let asked = format!(
            "POST /t/{SECRET}/x HTTP/1.1\r\nHost: {}\r\nContent-Type: {kind}\r\n\
             Transfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n",
            bench.address
        );
        let got = bench.ask(asked).await;
        assert_eq!(names(&got), ["transfer-encoding"], "{kind}");
        assert_eq!(joined(body(&got)), b"{\"a\":1}");
        let seen = platform.seen().pop().unwrap().message;
        assert_eq!(names(&seen), ["Content-Type", "Host", "Transfer-Encoding"]);
        assert_eq!(joined(body(&seen)), b"abcdefg");
    }
}

#[tokio::test]
async fn an_old_client_is_served() {
    let said = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n";
    let platform = Platform::saying(said).await;
    let bench = Bench::start(&platform.url(), "", Fake::passive()).await;
    let mut till = bench.till().await;
    till.send(format!(
        "POST /t/{SECRET}/x HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc"
    ))
    .await;
    // It closes its half once it has written.
    till.stream.shutdown().await.unwrap();
    let mut got = Vec::new();
    till.stream.read_to_end(&mut got).await.unwrap();
    assert!(first_line(&got).ends_with("200 OK"), "{}", first_line(&got));
    assert_eq!(field(&got, "Transfer-Encoding"), None);
    assert_eq!(body(&got), b"ok");
    assert_eq!(body(&platform.seen()[0].message), b"abc");
}

#[tokio::test]
async fn tills_and_pool_keep_their_connections() {
    let platform = Platform::saying(answer("{}")).await;
    let bench = Bench::start(&platform.url(), "", Fake::passive()).await;
    let mut till = bench.till().await;
    for _ in 0..5 {
        let got = till.ask(bench.post("/x", QUERY)).await;
        assert_eq!(body(&got), b"{}");
    }
    assert_eq!(platform.connections(), 1);
    assert_eq!(platform.seen().len(), 5);
}

#[tokio::test]
async fn expectation_is_met_here() {
    let platform = Platform::saying(answer("{}")).await;
    let bench = Bench::start(&platform.url(), "", Fake::passive()).await;
    let mut till = bench.till().await;
    till.send(format!(
        "POST /t/{SECRET}/x HTTP/1.1\r\nHost: {}\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n",
        bench.address
    ))
    .await;
    let mut interim = [0; 25];
    till.stream.read_exact(&mut interim).await.unwrap();
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
    assert_eq!(body(&till.ask("abc").await), b"{}");
    let seen = &platform.seen()[0].message;
    assert_eq!(names(seen), ["Content-Length", "Host"]);
}

#[tokio::test]
async fn packed_answers_stay_packed_and_redirects_are_not_followed() {
    let packed = b"\x1f\x8b\x08\x00\x00setl_id\x00\xff";
    let mut gzip = format!(
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n",
        packed.len()
    )
    .into_bytes();
    gzip.extend_from_slice(packed);
    let moved =
        b"HTTP/1.1 302 Moved\r\nLocation: http://127.0.0.1:1/x\r\nContent-Length: 0\r\n\r\n";
    let mut answers = vec![moved.to_vec(), gzip.clone(), gzip].into_iter();
    let platform = Platform::start(move |_| Act::Answer(answers.next().unwrap())).await;
    let bench = Bench::start(&platform.url(), "", Fake::passive()).await;
    let redirect = bench.ask(bench.post("/x", "{}")).await;
    assert_eq!(first_line(&redirect), "HTTP/1.1 302 Moved");
    assert_eq!(names(&redirect), ["Content-Length", "Location"]);
    assert_eq!(body(&bench.ask(bench.post("/x", "{}")).await), packed);
    assert_eq!(
        bench.fake.heard(),
        [Heard::Unsearched(None)],
        "what is damaged is not searched, and that is said"
    );
    assert_eq!(body(&bench.ask(bench.post("/x", QUERY)).await), packed);
    let unsearched = Heard::Unsearched(Some("1101".to_owned()));
    let seen = Heard::Observed("1101".to_owned(), QUERY.as_bytes().to_vec(), None);
    assert_eq!(bench.fake.heard()[1..], [unsearched, seen]);
}

#[tokio::test]
async fn a_settlement_by_an_unknown_call_is_reported() {
    let settled = r#"{"infcode":0,"output":{"setlinfo":{"setl_id":"1"}}}"#;
    let platform = Platform::saying(answer(settled)).await;
    let bench = Bench::start(&platform.url(), "", Fake::passive()).await;
    let unknown = r#"{"infno":"2999","input":{}}"#;
    for (path, sent) in [
        ("/x", unknown),
        ("/hgs/2998", "encrypted"),
        ("/x", "encrypted"),
    ] {
        assert_eq!(
            body(&bench.ask(bench.post(path, sent)).await),
            settled.as_bytes()
        );
    }
    let by =
        |infno: Option<&str>| Heard::Ungated(infno.map(str::to_owned), settled.as_bytes().to_vec());
    assert_eq!(
        bench.fake.heard(),
        [by(Some("2999")), by(Some("2998")), by(None)]
    );
}

#[tokio::test]
async fn a_call_is_observed_before_its_till_hears_the_end() {
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n";
    for (said, rest) in [(answer("{}"), "{}"), (chunked.into(), "0\r\n\r\n")] {
        let platform = Platform::saying(said).await;
        let bench = Bench::start(&platform.url(), "", Fake::passive()).await;
        bench.fake.hold();
        let mut till = bench.till().await;
        till.send(bench.post("/x", QUERY)).await;
        bench.fake.heard_at_least(1).await;
        let mut early = vec![0; 1024];
        let short = std::time::Duration::from_millis(100);
        let mut got = Vec::new();
        while let Ok(read) = tokio::time::timeout(short, till.stream.read(&mut early)).await {
            got.extend_from_slice(&early[..read.unwrap()]);
        }
        assert!(!got.ends_with(rest.as_bytes()), "the end came early");
        bench.fake.release();
        while !got.ends_with(rest.as_bytes()) {
            let read = till.stream.read(&mut early).await.unwrap();
            assert!(read > 0);
            got.extend_from_slice(&early[..read]);
        }
    }
}

#[tokio::test]
async fn a_cut_answer_is_cut_at_the_till_as_well() {
    let cases = [
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"infcode\"",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"inf\r\n",
        "HTTP/1.1 200 OK\r\nContent-Le",
        "",
    ];
    for said in cases {
        let platform = Platform::start(move |_| Act::Last(said.into())).await;
        let bench = Bench::start(&platform.url(), "", Fake::passive()).await;
        let got = bench.ask(bench.post("/x", QUERY)).await;
        assert!(find(&got, b"\r\n0\r\n\r\n").is_none(), "{said}");
        assert!(body(&got).len() < 20, "{said}");
        let seen = Heard::Observed("1101".to_owned(), QUERY.as_bytes().to_vec(), None);
        assert_eq!(bench.fake.heard_at_least(1).await, [seen], "{said}");
    }
}

#[tokio::test]
async fn a_platform_that_is_not_there_is_said_to_be() {
    let bench = Bench::start(&nowhere().await, "", Fake::passive()).await;
    let got = bench.ask(bench.post("/x", QUERY)).await;
    assert_eq!(first_line(&got), "HTTP/1.1 502 Bad Gateway");
    assert_eq!(
        field(&got, "X-Pharmacy-Agent"),
        Some("gateway.upstream-unreachable")
    );
    let said: serde_json::Value = serde_json::from_slice(body(&got)).unwrap();
    assert_eq!(said["infcode"], -1);
    let message = said["err_msg"].as_str().unwrap();
    assert!(
        message.contains("（代码 gateway.upstream-unreachable）"),
        "{message}"
    );
}

#[tokio::test]
async fn a_silent_platform_is_waited_for_as_long_as_configured() {
    let platform = Platform::start(|_| Act::Silence).await;
    let bench = Bench::start(&platform.url(), "answer-seconds = 1\n", Fake::passive()).await;
    let got = bench.ask(bench.post("/x", QUERY)).await;
    assert_eq!(first_line(&got), "HTTP/1.1 504 Gateway Timeout");
    assert_eq!(
        field(&got, "X-Pharmacy-Agent"),
        Some("gateway.upstream-silent")
    );
}

#[tokio::test]
async fn fifty_tills_do_not_wait_for_one_anothers_platform() {
    let slow = Arc::new(Notify::new());
    let signal = Arc::clone(&slow);
    let platform = Platform::start(move |seen| {
        if find(&seen.message, b"slow").is_some() {
            Act::When(Arc::clone(&signal), answer("{\"late\":1}"))
        } else {
            Act::Answer(answer("{}"))
        }
    })
    .await;
    let bench = Bench::start(&platform.url(), "", Fake::passive()).await;
    let mut waiting = Vec::new();
    for _ in 0..25 {
        let mut till = bench.till().await;
        till.send(bench.post("/x", "slow")).await;
        waiting.push(till);
    }
    platform.seen_at_least(25).await;
    let mut quick = Vec::new();
    for _ in 0..25 {
        let mut till = bench.till().await;
        till.send(bench.post("/x", QUERY)).await;
        quick.push(till);
    }
    for till in &mut quick {
        assert_eq!(body(&till.next().await), b"{}");
    }
    for till in &mut waiting {
        slow.notify_one();
        assert_eq!(body(&till.next().await), b"{\"late\":1}");
    }
}

#[tokio::test]
async fn calls_pass_through_a_proxys_tunnel() {
    let platform = Platform::saying(answer("{}")).await;
    let target = platform.address;
    let proxy = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy_url = format!("http://{}", proxy.local_addr().unwrap());
    let (asked, mut was_asked) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        loop {
            let (stream, _) = proxy.accept().await.unwrap();
            let mut till = Till::new(stream);
            asked.send(till.next().await).unwrap();
            till.send("HTTP/1.1 200 Connected\r\n\r\n").await;
            let mut far = tokio::net::TcpStream::connect(target).await.unwrap();
            tokio::spawn(async move {
                let _ = tokio::io::copy_bidirectional(&mut till.stream, &mut far).await;
            });
        }
    });
    let settings = format!("proxy = \"{proxy_url}\"\n");
    // The name is for the proxy to resolve.
    let bench = Bench::start("http://platform.invalid/base", &settings, Fake::passive()).await;
    let got = bench
        .ask(post(&bench.address.to_string(), "/x", QUERY))
        .await;
    assert_eq!(body(&got), b"{}");
    let connect = was_asked.recv().await.unwrap();
    assert_eq!(first_line(&connect), "CONNECT platform.invalid:80 HTTP/1.1");
    let seen = &platform.seen()[0].message;
    assert_eq!(first_line(seen), "POST /base/x HTTP/1.1");
    assert_eq!(field(seen, "Host"), Some("platform.invalid"));
}
