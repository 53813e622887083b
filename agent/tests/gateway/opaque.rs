//! Calls that name no number and cannot be read.

use pharmacy_desk::PlatformAnswer;

use crate::kit::{Bench, Fake, Heard, Platform, Say, Tell, answer, find};

const CIPHER: &str = "U2FsdGVkX19xZ1l0c2V0dGxlLW1lLXBsZWFzZQ==";

#[tokio::test]
async fn an_encrypted_call_on_a_path_that_settles_is_asked_about_and_watched() {
    let platform = Platform::saying(answer("c2V0dGxlZA==")).await;
    let bench = Bench::start(&platform.url(), "", Fake::passive()).await;
    let heard = bench.ask(bench.post("/gw/Call/?x=1", CIPHER)).await;
    assert!(find(&heard, b"c2V0dGxlZA==").is_some());
    let told = bench.fake.heard_at_least(2).await;
    let came = Some(b"c2V0dGxlZA==".to_vec());
    assert_eq!(
        told,
        [
            Heard::Opaque("/gw/call".to_owned()),
            Heard::OpaqueAnswered(came)
        ]
    );
}

#[tokio::test]
async fn one_that_must_be_read_is_refused_in_words_and_does_not_leave() {
    let platform = Platform::saying(answer("{}")).await;
    let refusal = PlatformAnswer {
        status: 200,
        headers: Vec::new(),
        body: Vec::new(),
    };
    let fake = Fake::new(Say::Answer(refusal), Tell::AsIs);
    let bench = Bench::start(&platform.url(), "", fake).await;
    let heard = bench.ask(bench.post("/gw/call", CIPHER)).await;
    assert!(find(&heard, "无法读取".as_bytes()).is_some());
    assert!(platform.seen().is_empty());
}

// R07: what can be read and is no call of the interface passes as it did.
#[tokio::test]
async fn what_can_be_read_is_not_asked_about() {
    let platform = Platform::saying(answer("{}")).await;
    let bench = Bench::start(&platform.url(), "", Fake::passive()).await;
    for body in [
        r#"{"username":"till","password":"x"}"#,
        "<a/>",
        "user=till",
        "",
    ] {
        bench.ask(bench.post("/gw/call", body)).await;
    }
    assert_eq!(bench.fake.heard(), []);
}

// A cipher is one whatever its label; a file, or a table, is none.
#[tokio::test]
async fn a_label_of_a_file_hides_no_cipher() {
    let platform = Platform::saying(answer("{}")).await;
    let bench = Bench::start(&platform.url(), "", Fake::passive()).await;
    let sent = |label: &str, body: &[u8]| {
        let head = String::from_utf8(bench.post("/gw/call", "")).unwrap();
        let head = head.replace("application/json", label).replace(
            "Content-Length: 0",
            &format!("Content-Length: {}", body.len()),
        );
        [head.as_bytes(), body].concat()
    };
    let cipher: &[u8] = &[0x9f, 0x01, 0xff, 0x80];
    for (label, body, is_asked) in [
        ("application/octet-stream", cipher, true),
        ("image/png", CIPHER.as_bytes(), true),
        ("application/octet-stream", b"PK\x03\x04\x14\x00", false),
        ("image/png", b"\x89PNG\r\n\x1a\n\x00", false),
        (
            "application/octet-stream",
            b"setl_id\tname\r\n1\tx\r\n",
            false,
        ),
        ("multipart/form-data; boundary=xX", cipher, false),
    ] {
        let before = bench.fake.heard().len();
        bench.ask(sent(label, body)).await;
        let heard = bench.fake.heard();
        let was_asked = matches!(heard.get(before), Some(Heard::Opaque(_)));
        assert_eq!(was_asked, is_asked, "{label} {body:?}: {heard:?}");
    }
}
