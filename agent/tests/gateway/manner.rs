//! How tills and platforms of the field speak: what is read, what says two things, what is searched, and
//! in whose letters it is answered.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder};
use pharmacy_interface::{Answer, Charset};

use crate::kit::{
    Bench, Fake, Heard, Platform, SECRET, Say, Tell, answer, body, field, first_line, nowhere,
};

const SETTLE: &str = r#"{"infno":"2102","msgid":"m-1","input":{"data":{"psn_name":"张三"}}}"#;

/// `{"infcode":0,"output":{"setl_id":"1"}}` in brotli, not packed (RFC 7932, 9.2).
const BROTLI: &[u8] = b"\x8b\x12\x80{\"infcode\":0,\"output\":{\"setl_id\":\"1\"}}\x03";

/// A call with a method, a label and a body of the till's own.
fn call(bench: &Bench, head: &str, label: &str, sent: &[u8]) -> Vec<u8> {
    let (method, path) = head.split_once(' ').unwrap();
    let head = format!(
        "{method} /t/{SECRET}{path} HTTP/1.1\r\nHost: {}\r\n{label}Content-Length: {}\r\n\r\n",
        bench.address,
        sent.len()
    );
    [head.as_bytes(), sent].concat()
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

// R10: whatever a call is wrapped in, it is judged, and leaves byte for byte.
#[tokio::test]
async fn a_settlement_is_known_in_every_wrapping() {
    let json = "Content-Type: application/json\r\n";
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    let parts = "Content-Type: multipart/form-data; boundary=xX\r\n";
    let binary = "Content-Type: application/octet-stream\r\n";
    let multipart = format!(
        "--xX\r\nContent-Disposition: form-data; name=\"jsonStr\"\r\n\r\n{SETTLE}\r\n--xX--\r\n"
    );
    let bare = SETTLE.replace("\"infno\":\"2102\",", "");
    let marked = [b"\xff\xfe", Charset::Utf16Le.encode(SETTLE).as_slice()].concat();
    // A file of several frames before the call, and bytes that are no text at a call's address.
    let file = [b"\0".repeat(300_000).as_slice(), b"\r\n"].concat();
    let after_file = multipart.replacen("--xX", "\r\n--xX", 1);
    let head = b"--xX\r\nContent-Disposition: form-data; name=\"f\"\r\n\r\n";
    let after_file = [head, file.as_slice(), &after_file.as_bytes()[2..]].concat();
    let cases: [(&str, &str, Vec<u8>); 22] = [
        ("POST /x", json, Charset::Gbk.encode(SETTLE)),
        ("POST /x", json, Charset::Utf16Le.encode(SETTLE)),
        ("POST /x", json, Charset::Utf16Be.encode(SETTLE)),
        ("POST /x", json, marked),
        ("POST /x", "", SETTLE.into()),
        ("post /x", json, SETTLE.into()),
        ("GET /x", json, SETTLE.into()),
        ("DELETE /x", "", SETTLE.into()),
        ("POST /x", binary, SETTLE.into()),
        ("POST /x", "Content-Type: image/png\r\n", SETTLE.into()),
        ("POST /x", form, SETTLE.into()),
        (
            "POST /x",
            form,
            format!("jsonStr={}", encoded(SETTLE)).into(),
        ),
        (
            "POST /x",
            form,
            format!("a=1&infno=2102&input={}", encoded("{}")).into(),
        ),
        ("POST /x", parts, multipart.into()),
        ("POST /x", parts, after_file),
        ("POST /x", json, format!("[{SETTLE}]").into()),
        (
            "POST /x",
            "Content-Type: text/xml\r\n",
            format!("<s><![CDATA[{SETTLE}]]></s>").into(),
        ),
        ("POST /hgs/2102", binary, b"PK\x03\x04\x9f\x01".to_vec()),
        ("POST /x", json, SETTLE.replace("infno", "InfNo").into()),
        ("POST /x", json, SETTLE.replace("\"2102\"", " 2102 ").into()),
        ("POST /hgs/2102", json, bare.clone().into()),
        ("POST /x?infno=2102", json, bare.into()),
    ];
    for (head, label, sent) in cases {
        let platform = Platform::saying(answer("{}")).await;
        let bench = Bench::start(&platform.url(), "", Fake::new(Say::Send, Tell::AsIs)).await;
        bench.ask(call(&bench, head, label, &sent)).await;
        let told = Heard::Gated("2102".to_owned(), sent.clone());
        assert_eq!(bench.fake.heard()[0], told, "{head} {label}");
        assert_eq!(body(&platform.seen()[0].message), sent, "{head} {label}");
    }
}

#[tokio::test]
async fn a_settlement_beside_another_number_is_the_desks_to_refuse() {
    let two = |one: &str, other: &str| {
        format!("a=%7B%22infno%22%3A%22{one}%22%7D&b=%7B%22infno%22%3A%22{other}%22%7D")
    };
    let platform = Platform::saying(answer("{}")).await;
    let bench = Bench::start(&platform.url(), "", Fake::passive()).await;
    let (first, second) = (two("2102", "1101"), two("1101", "2102"));
    let cases = [
        ("/x", r#"{"infno":"2102","infno":"1101"}"#, true),
        ("/x", r#"{"infno":"1101","Infno":"2102"}"#, true),
        ("/x", r#"{"inf\u006eo":"2102","infno":"1101"}"#, true),
        ("/x", &first, true),
        ("/x", &second, true),
        ("/hgs/2102", r#"{"infno":"1101"}"#, true),
        ("/hgs/1101", r#"{"infno":"2102"}"#, true),
        // Nobody's money: it passes.
        ("/x", r#"{"infno":"1101","infno":"9001"}"#, false),
        ("/hgs/9001", r#"{"infno":"1101"}"#, false),
    ];
    for (path, sent, is_gated) in cases {
        let before = bench.fake.heard().len();
        bench.ask(bench.post(path, sent)).await;
        let heard = bench.fake.heard();
        let is_told = matches!(&heard[before..], [Heard::Gated(infno, _), ..] if infno == "2102");
        assert_eq!(is_told, is_gated, "{path} {sent}: {heard:?}");
    }
}

fn packed(coding: &str, text: &[u8], label: &str) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 200 OK\r\n{label}Content-Encoding: {coding}\r\nContent-Length: {}\r\n\r\n",
        text.len()
    );
    [head.as_bytes(), text].concat()
}

// R67: an answer is searched whatever it is packed in, and one that cannot be is said to be none.
#[tokio::test]
async fn every_answer_is_searched_or_said_not_to_be() {
    let settled = r#"{"infcode":0,"output":{"setl_id":"1"}}"#;
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(settled.as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    let mut deflate = DeflateEncoder::new(Vec::new(), Compression::default());
    deflate.write_all(settled.as_bytes()).unwrap();
    let deflate = deflate.finish().unwrap();
    let found = Some(settled.as_bytes().to_vec());
    let wide = Charset::Utf16Le.encode(settled);
    let json = "Content-Type: application/json\r\n";
    type Case<'a> = (&'a str, &'a [u8], &'a str, Option<Vec<u8>>);
    let cases: [Case<'_>; 8] = [
        ("gzip", &gzip, json, found.clone()),
        (
            "gzip",
            &gzip,
            "Content-Type: application/octet-stream\r\n",
            found.clone(),
        ),
        ("identity", &gzip, "", found.clone()),
        ("deflate", &deflate, json, found.clone()),
        ("br", BROTLI, json, found.clone()),
        ("identity", &wide, json, Some(wide.clone())),
        ("zstd", &gzip, json, None),
        // Nothing of it came out.
        ("gzip", &gzip[..12], json, None),
    ];
    for (coding, sent, label, expected) in cases {
        let platform = Platform::saying(packed(coding, sent, label)).await;
        let bench = Bench::start(&platform.url(), "", Fake::passive()).await;
        let got = bench.ask(bench.post("/x", r#"{"infno":"2999"}"#)).await;
        assert_eq!(body(&got), sent, "{coding}");
        let number = Some("2999".to_owned());
        let told = match expected {
            Some(text) => Heard::Ungated(number, text),
            None => Heard::Unsearched(number),
        };
        assert_eq!(bench.fake.heard(), [told], "{coding} {label}");
    }
}

// R42: a till that reads GBK is told why in GBK, in the form that its platform's answers have.
#[tokio::test]
async fn a_refusal_of_the_gateway_looks_like_the_platforms() {
    let platform = Platform::saying(answer(r#"{"infcode":"0","err_msg":"","output":{}}"#)).await;
    let bench = Bench::start(&platform.url(), "", Fake::new(Say::Busy, Tell::AsIs)).await;
    bench.ask(bench.post("/x", r#"{"infno":"1101"}"#)).await;
    let json = "Content-Type: application/json\r\n";
    for charset in [Charset::Gbk, Charset::Utf16Le, Charset::Utf8] {
        let asked = call(&bench, "POST /x", json, &charset.encode(SETTLE));
        let got = bench.ask(asked).await;
        assert_eq!(first_line(&got), "HTTP/1.1 200 OK");
        let kind = format!("application/json;charset={}", charset.name());
        assert_eq!(field(&got, "Content-Type"), Some(&*kind));
        assert_eq!(Charset::of(body(&got)), Some(charset));
        assert!(!Answer::parse(body(&got)).unwrap().is_success);
        if charset == Charset::Utf8 {
            let said: serde_json::Value = serde_json::from_slice(body(&got)).unwrap();
            assert_eq!(
                (&said["infcode"], &said["output"]),
                (&"-1".into(), &serde_json::json!({}))
            );
            assert!(said.get("warn_msg").is_none() && said["err_msg"].is_string());
        }
    }
}

#[tokio::test]
async fn a_listed_page_may_ask_and_reads_a_refusal() {
    let bench = Bench::start(
        &nowhere().await,
        "origins = [\"http://10.1.2.3\"]\n",
        Fake::passive(),
    )
    .await;
    let shown = |got: &[u8]| field(got, "Access-Control-Allow-Origin").map(str::to_owned);
    let page = "Origin: http://10.1.2.3\r\n";
    let asked = format!(
        "{page}Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: content-type\r\n\
         Access-Control-Request-Private-Network: true\r\n"
    );
    let got = bench.ask(call(&bench, "OPTIONS /CSB", &asked, b"")).await;
    assert_eq!(first_line(&got), "HTTP/1.1 204 No Content");
    assert_eq!(shown(&got).as_deref(), Some("http://10.1.2.3"));
    for (name, value) in [
        ("Access-Control-Allow-Methods", "POST"),
        ("Access-Control-Allow-Headers", "content-type"),
        ("Access-Control-Allow-Private-Network", "true"),
        ("Vary", "Origin"),
    ] {
        assert_eq!(field(&got, name), Some(value));
    }
    // The platform is not there, which the page may read; another page may not, nor ask.
    let got = bench
        .ask(call(&bench, "POST /CSB", page, SETTLE.as_bytes()))
        .await;
    assert_eq!(shown(&got).as_deref(), Some("http://10.1.2.3"));
    let foreign = asked.replace("10.1.2.3", "evil.example");
    let got = bench.ask(call(&bench, "OPTIONS /CSB", &foreign, b"")).await;
    assert_eq!(first_line(&got), "HTTP/1.1 403 Forbidden");
    assert_eq!(shown(&got), None);
    let got = bench
        .ask(call(&bench, "POST /CSB", "", SETTLE.as_bytes()))
        .await;
    assert_eq!(shown(&got), None, "a till is no page");
}

#[tokio::test]
async fn node_may_call_from_a_till_that_is_said_to_use_it_and_a_browser_from_none() {
    for (settings, is_let_in) in [("fetch-tills = [\"01\"]\n", true), ("", false)] {
        let platform = Platform::saying(answer("{}")).await;
        let bench = Bench::start(&platform.url(), settings, Fake::passive()).await;
        let mode = "Sec-Fetch-Mode: cors\r\n";
        let got = bench.ask(call(&bench, "POST /x", mode, b"{}")).await;
        let code = field(&got, "X-Pharmacy-Agent");
        assert_eq!(code.is_none(), is_let_in, "{settings}");
        for browser in [
            "Sec-Fetch-Mode: cors\r\nSec-Fetch-Site: cross-site\r\n",
            "Sec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: image\r\n",
            "Sec-Fetch-Mode: cors\r\nOrigin: http://evil.example\r\n",
        ] {
            let got = bench.ask(call(&bench, "POST /x", browser, b"{}")).await;
            assert_eq!(field(&got, "X-Pharmacy-Agent"), Some("gateway.browser"));
        }
    }
}
