//! Packed calls are judged by what is in them, and leave as they came.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

use crate::kit::{
    Bench, Fake, Heard, Platform, SECRET, Say, Tell, answer, body, field, first_line, joined, names,
};

const SETTLE: &str = r#"{"infno":"2102","msgid":"m-1","input":{"data":{"psn_name":"张三"}}}"#;
const ASK: &str = r#"{"infno":"2101","msgid":"m-1","input":{}}"#;
const QUERY: &str = r#"{"infno":"1101","msgid":"m-1","input":{}}"#;

fn gzip(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(bytes.as_ref()).unwrap();
    packed.finish().unwrap()
}

fn deflate(text: &str) -> Vec<u8> {
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::default());
    packed.write_all(text.as_bytes()).unwrap();
    packed.finish().unwrap()
}

/// Deflate without the frame that RFC 9110 asks for.
fn bare_deflate(text: &str) -> Vec<u8> {
    let mut packed = DeflateEncoder::new(Vec::new(), Compression::default());
    packed.write_all(text.as_bytes()).unwrap();
    packed.finish().unwrap()
}

/// How a body's end is told.
#[derive(Clone, Copy, Debug)]
enum Framing {
    Chunks,
    Length,
}

/// A call as a till of its own spelling sends it.
fn call(bench: &Bench, path: &str, coding: &str, framing: Framing, sent: &[u8]) -> Vec<u8> {
    let (field, wire) = match framing {
        Framing::Length => (format!("content-LENGTH: {}", sent.len()), sent.to_vec()),
        Framing::Chunks => {
            let mut wire = Vec::new();
            for chunk in sent.chunks(7) {
                write!(wire, "{:x}\r\n", chunk.len()).unwrap();
                wire.extend_from_slice(chunk);
                wire.extend_from_slice(b"\r\n");
            }
            wire.extend_from_slice(b"0\r\n\r\n");
            ("transfer-ENCODING: chunked".to_owned(), wire)
        }
    };
    let head = format!(
        "POST /t/{SECRET}{path} HTTP/1.1\r\nHOST: {}\r\ncontent-Encoding: {coding}\r\n\
         Content-TYPE: application/json\r\nX-Sum: 1\r\n{field}\r\n\r\n",
        bench.address
    );
    [head.into_bytes(), wire].concat()
}

/// What arrived was what was sent: names, values and bytes.
fn assert_arrived(asked: &[u8], arrived: &[u8], sent: &[u8], framing: Framing) {
    assert_eq!(names(arrived), names(asked));
    for name in ["content-Encoding", "content-LENGTH", "Content-TYPE"] {
        assert_eq!(field(arrived, name), field(asked, name), "{name}");
    }
    let body = match framing {
        Framing::Chunks => joined(body(arrived)),
        Framing::Length => body(arrived).to_vec(),
    };
    assert_eq!(body, sent);
}

fn gated(infno: &str, told: &[u8]) -> Heard {
    Heard::Gated(infno.to_owned(), told.to_vec())
}

#[tokio::test]
async fn a_packed_call_is_judged_unpacked_and_leaves_byte_for_byte() {
    for text in [SETTLE, ASK] {
        let cases = [
            ("gzip", gzip(text)),
            ("X-GZip", gzip(text)),
            ("identity, gzip", gzip(text)),
            ("deflate", deflate(text)),
            ("deflate", bare_deflate(text)),
            ("identity", text.as_bytes().to_vec()),
        ];
        for (coding, sent) in cases {
            for framing in [Framing::Chunks, Framing::Length] {
                for say in [Say::Send, Say::Pass] {
                    let platform = Platform::saying(answer("{\"infcode\":0}")).await;
                    let fake = Fake::new(say, Tell::AsIs);
                    let bench = Bench::start(&platform.url(), "", fake).await;
                    let asked = call(&bench, "/x", coding, framing, &sent);
                    let got = bench.ask(&asked).await;
                    assert_eq!(body(&got), b"{\"infcode\":0}");
                    let seen = platform.seen();
                    assert_eq!(seen.len(), 1);
                    assert_arrived(&asked, &seen[0].message, &sent, framing);
                    let told = gated(&text[10..14], text.as_bytes());
                    assert_eq!(bench.fake.heard()[0], told, "{coding} {framing:?}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_packed_call_that_is_not_gated_is_noted_unpacked_and_leaves_byte_for_byte() {
    let platform = Platform::saying(answer("{}")).await;
    let bench = Bench::start(&platform.url(), "", Fake::passive()).await;
    let sent = gzip(QUERY);
    let asked = call(&bench, "/x", "gzip", Framing::Length, &sent);
    bench.ask(&asked).await;
    assert_arrived(&asked, &platform.seen()[0].message, &sent, Framing::Length);
    let told = Some(b"{}".to_vec());
    let observed = Heard::Observed("1101".to_owned(), QUERY.as_bytes().to_vec(), told);
    assert_eq!(bench.fake.heard(), [observed]);
}

#[tokio::test]
async fn what_cannot_be_unpacked_goes_to_the_desk_as_it_came() {
    let packed = gzip(SETTLE);
    let cut = &packed[..packed.len() - 9];
    let mut forged = packed.clone();
    *forged.last_mut().unwrap() ^= 1;
    let thrice = gzip(gzip(&packed));
    let cases: [(&str, &str, &[u8]); 6] = [
        // The beginning says which call it is.
        ("/x", "gzip", cut),
        ("/x", "gzip", &forged),
        // A label that is wrong packs nothing.
        ("/x", "gzip", SETTLE.as_bytes()),
        ("/x", "UTF-8", SETTLE.as_bytes()),
        // Only the path says which call it is.
        ("/hgs/2102", "gzip, gzip, gzip", &thrice),
        ("/hgs/2102", "br", &packed),
    ];
    for (path, coding, sent) in cases {
        for framing in [Framing::Chunks, Framing::Length] {
            for say in [Say::Send, Say::Pass] {
                let platform = Platform::saying(answer("{}")).await;
                let fake = Fake::new(say, Tell::AsIs);
                let bench = Bench::start(&platform.url(), "", fake).await;
                let asked = call(&bench, path, coding, framing, sent);
                bench.ask(&asked).await;
                assert_arrived(&asked, &platform.seen()[0].message, sent, framing);
                assert_eq!(bench.fake.heard()[0], gated("2102", sent), "{coding}");
            }
        }
    }
}

#[tokio::test]
async fn what_nothing_names_passes_and_its_answer_is_searched() {
    let settled = r#"{"infcode":0,"output":{"setlinfo":{"setl_id":"1"}}}"#;
    for (coding, sent) in [
        ("br", gzip(SETTLE)),
        ("gzip, gzip", gzip(SETTLE)),
        ("gzip", b"\x1f\x8b\x08\x00".to_vec()),
    ] {
        let platform = Platform::saying(answer(settled)).await;
        let bench = Bench::start(&platform.url(), "", Fake::passive()).await;
        let asked = call(&bench, "/x", coding, Framing::Length, &sent);
        assert_eq!(body(&bench.ask(&asked).await), settled.as_bytes());
        assert_arrived(&asked, &platform.seen()[0].message, &sent, Framing::Length);
        let told = Heard::Ungated(None, settled.as_bytes().to_vec());
        assert_eq!(bench.fake.heard(), [told], "{coding}");
    }
}

#[tokio::test]
async fn a_call_that_unpacks_to_more_than_any_is_refused_if_it_is_gated() {
    let platform = Platform::saying(answer("{}")).await;
    let bench = Bench::start(&platform.url(), "", Fake::new(Say::Send, Tell::AsIs)).await;
    let filler = " ".repeat(5 * 1024 * 1024);
    let long = |text: &str| text.replace("\"input\"", &format!("{filler}\"input\""));
    for framing in [Framing::Chunks, Framing::Length] {
        for sent in [gzip(long(SETTLE)), deflate(&long(SETTLE))] {
            assert!(sent.len() < 20_000);
            let coding = if sent[0] == 0x1f { "gzip" } else { "deflate" };
            let got = bench.ask(call(&bench, "/x", coding, framing, &sent)).await;
            assert_eq!(first_line(&got), "HTTP/1.1 200 OK");
            let code = field(&got, "X-Pharmacy-Agent");
            assert_eq!(code, Some("gateway.too-large"), "{coding}");
        }
    }
    assert_eq!(platform.connections(), 0);
    let sent = gzip(long(&QUERY.replace("1101", "9101")));
    let asked = call(&bench, "/x", "gzip", Framing::Length, &sent);
    assert_eq!(body(&bench.ask(&asked).await), b"{}");
    assert_arrived(&asked, &platform.seen()[0].message, &sent, Framing::Length);
    assert!(bench.fake.heard().is_empty());
}

#[tokio::test]
async fn a_coding_of_the_connections_own_is_not_understood() {
    let platform = Platform::saying(answer("{}")).await;
    let bench = Bench::start(&platform.url(), "", Fake::new(Say::Send, Tell::AsIs)).await;
    let asked = format!(
        "POST /t/{SECRET}/x HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n\
         Transfer-Encoding: gzip, chunked\r\n\r\n3\r\n\x1f\x0b\x08\r\n0\r\n\r\n",
        bench.address
    );
    let got = bench.ask(asked).await;
    assert_eq!(first_line(&got), "HTTP/1.1 501 Not Implemented");
    let code = field(&got, "X-Pharmacy-Agent");
    assert_eq!(code, Some("gateway.transfer-coding"));
    assert_eq!(platform.connections(), 0);
}
