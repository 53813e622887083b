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
