//! What is gated leaves once, or not at all.

use std::sync::Arc;

use pharmacy_desk::PlatformAnswer;
use tokio::sync::Notify;

use crate::kit::{
    Act, Bench, Fake, Heard, PATIENCE, Platform, Say, Tell, answer, body, field, find, first_line,
    names, nowhere,
};

const SETTLE: &str = r#"{"infno":"2102","msgid":"m-1","input":{}}"#;
const ASK: &str = r#"{"infno":"2101","msgid":"m-1","input":{}}"#;

fn gated(call: &str) -> Heard {
    Heard::Gated(call[10..14].to_owned(), call.as_bytes().to_vec())
}

fn local() -> PlatformAnswer {
    PlatformAnswer {
        status: 200,
        headers: vec![
            ("content-TYPE".to_owned(), b"application/json".to_vec()),
            ("X-Local".to_owned(), b"1".to_vec()),
        ],
        body: b"{\"infcode\":-1}".to_vec(),
    }
}

#[tokio::test]
async fn what_the_desk_answers_does_not_leave() {
    let platform = Platform::saying(answer("{}")).await;
    let bench = Bench::start(
        &platform.url(),
        "",
        Fake::new(Say::Answer(local()), Tell::AsIs),
    )
    .await;
    let mut till = bench.till().await;
    for _ in 0..2 {
        let got = till.ask(bench.post("/x", SETTLE)).await;
        assert_eq!(first_line(&got), "HTTP/1.1 200 OK");
        // Kept or made here: nobody spelt these names on a wire.
        assert_eq!(names(&got), ["Content-Length", "Content-Type", "X-Local"]);
        assert_eq!(body(&got), local().body);
    }
    assert_eq!(platform.connections(), 0);
}

#[tokio::test]
async fn a_settlement_leaves_on_a_connection_of_its_own() {
    let platform = Platform::saying(answer("{\"infcode\":0}")).await;
    let bench = Bench::start(&platform.url(), "", Fake::new(Say::Send, Tell::AsIs)).await;
    let mut till = bench.till().await;
    let query = SETTLE.replace("2102", "1101");
    for call in [&query, SETTLE, &query, SETTLE, ASK] {
        assert_eq!(
            body(&till.ask(bench.post("/x", call)).await),
            b"{\"infcode\":0}"
        );
    }
    let by: Vec<_> = platform.seen().iter().map(|seen| seen.connection).collect();
    assert_eq!(by, [0, 1, 0, 2, 0], "queries share, settlements do not");
}

#[tokio::test]
async fn the_answer_comes_as_the_platform_gave_it() {
    let said = "HTTP/1.1 200 Settled Indeed\r\nX-tIf: 1\r\nset-cookie: a\r\nSet-Cookie: b\r\n\
        Connection: close, X-Hop\r\nX-Hop: 1\r\ncontent-Length: 13\r\n\r\n{\"infcode\":0}";
    let framed = said.replace(
        "content-Length: 13\r\n\r\n{\"infcode\":0}",
        "TRANSFER-Encoding: chunked\r\n\r\nd\r\n{\"infcode\":0}\r\n0\r\n\r\n",
    );
    for (call, said, framing) in [
        (SETTLE, said, "content-Length"),
        (ASK, said, "content-Length"),
        (SETTLE, &framed, "TRANSFER-Encoding"),
    ] {
        let platform = Platform::saying(said).await;
        let bench = Bench::start(&platform.url(), "", Fake::new(Say::Send, Tell::AsIs)).await;
        let got = bench.ask(bench.post("/x", call)).await;
        assert_eq!(first_line(&got), "HTTP/1.1 200 Settled Indeed");
        let mut expected = vec!["Set-Cookie", "X-tIf", "set-cookie", framing];
        expected.sort_unstable();
        assert_eq!(names(&got), expected);
        assert!(find(&got, b"{\"infcode\":0}").is_some());
        let heard = bench.fake.heard();
        assert_eq!(heard[0], gated(call));
        let Heard::Answered(200, headers, told) = &heard[1] else {
            unreachable!("{heard:?}")
        };
        assert_eq!(headers[0], ("x-tif".to_owned(), "1".to_owned()));
        assert_eq!(headers[2], ("set-cookie".to_owned(), "b".to_owned()));
        assert_eq!(told, b"{\"infcode\":0}");
    }
}

#[tokio::test]
async fn a_changed_answer_has_its_own_length_and_else_the_platforms_head() {
    let said = "HTTP/1.1 200 Calculated\r\nX-tIf: 1\r\ncontent-TYPE: application/json\r\n\
        Content-length: 13\r\n\r\n{\"infcode\":0}";
    let platform = Platform::saying(said).await;
    let warned = b"{\"infcode\":0,\"warn_msg\":\"look\"}".to_vec();
    let fake = Fake::new(Say::Send, Tell::Warned(warned.clone()));
    let bench = Bench::start(&platform.url(), "", fake).await;
    let got = bench.ask(bench.post("/x", ASK)).await;
    assert_eq!(first_line(&got), "HTTP/1.1 200 Calculated");
    assert_eq!(names(&got), ["Content-length", "X-tIf", "content-TYPE"]);
    assert_eq!(field(&got, "Content-length"), Some("31"));
    assert_eq!(body(&got), warned);
}

#[tokio::test]
async fn no_connection_means_not_sent() {
    let fake = Fake::new(Say::Send, Tell::Instead(local()));
    for upstream in [nowhere().await, "http://platform.invalid".to_owned()] {
        let bench = Bench::start(&upstream, "connect-seconds = 2\n", fake.clone()).await;
        assert_eq!(
            body(&bench.ask(bench.post("/x", SETTLE)).await),
            local().body
        );
        assert_eq!(bench.fake.heard().pop(), Some(Heard::NotSent));
    }
    // A proxy that does not pass on.
    let proxy = Platform::saying("HTTP/1.1 502 No\r\nContent-Length: 0\r\n\r\n").await;
    let settings = format!("proxy = \"{}\"\n", proxy.url());
    let bench = Bench::start("http://platform.invalid", &settings, fake).await;
    bench.ask(bench.post("/x", SETTLE)).await;
    assert_eq!(bench.fake.heard().pop(), Some(Heard::NotSent));
}

#[tokio::test]
async fn no_whole_answer_means_in_doubt_and_nothing_is_repeated() {
    let cases = [
        "",
        "HTTP/1.1 200 OK\r\nContent-Le",
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"infcode\":0}",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nd\r\n{\"infcode\":0}\r\n",
        "garbage\r\n\r\n",
    ];
    for said in cases {
        let platform = Platform::start(move |_| Act::Last(said.into())).await;
        let bench = Bench::start(&platform.url(), "", Fake::new(Say::Send, Tell::AsIs)).await;
        let got = bench.ask(bench.post("/x", SETTLE)).await;
        assert_eq!(
            got, b"",
            "the till sees what it would see without us: {said}"
        );
        assert_eq!(
            bench.fake.heard(),
            [gated(SETTLE), Heard::InDoubt],
            "{said}"
        );
        assert_eq!(platform.seen().len(), 1, "{said}");
        assert_eq!(platform.connections(), 1, "{said}");
    }
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n",
        5 * 1024 * 1024
    );
    let long = [head.into_bytes(), vec![b'x'; 5 * 1024 * 1024]].concat();
    let platform = Platform::start(move |_| Act::Silence).await;
    let settings = "answer-seconds = 1\n";
    let bench = Bench::start(&platform.url(), settings, Fake::new(Say::Send, Tell::AsIs)).await;
    assert_eq!(bench.ask(bench.post("/x", SETTLE)).await, b"");
    assert_eq!(bench.fake.heard().pop(), Some(Heard::InDoubt));
    let platform = Platform::start(move |_| Act::Answer(long.clone())).await;
    let bench = Bench::start(&platform.url(), "", Fake::new(Say::Send, Tell::AsIs)).await;
    assert_eq!(bench.ask(bench.post("/x", SETTLE)).await, b"");
    assert_eq!(bench.fake.heard().pop(), Some(Heard::InDoubt));
}

#[tokio::test]
async fn a_till_that_hangs_up_ends_nothing() {
    let signal = Arc::new(Notify::new());
    let when = Arc::clone(&signal);
    let platform =
        Platform::start(move |_| Act::When(Arc::clone(&when), answer("{\"infcode\":0}"))).await;
    let bench = Bench::start(&platform.url(), "", Fake::new(Say::Send, Tell::AsIs)).await;
    // Once while the desk thinks, once while the platform does.
    for at_desk in [true, false] {
        let before = bench.fake.heard().len();
        let sent = platform.seen().len();
        if at_desk {
            bench.fake.hold();
        }
        let mut till = bench.till().await;
        till.send(bench.post("/x", SETTLE)).await;
        bench.fake.heard_at_least(before + 1).await;
        if !at_desk {
            platform.seen_at_least(sent + 1).await;
        }
        // A process that dies: the connection is reset, not closed.
        till.stream.set_zero_linger().unwrap();
        drop(till);
        bench.fake.release();
        platform.seen_at_least(sent + 1).await;
        signal.notify_one();
        let heard = bench.fake.heard_at_least(before + 2).await;
        assert!(
            matches!(heard[before + 1], Heard::Answered(200, ..)),
            "{heard:?}"
        );
    }
}

#[tokio::test]
async fn what_cannot_be_recorded_moves_no_money() {
    let platform = Platform::saying(answer("{\"infcode\":0}")).await;
    let bench = Bench::start(&platform.url(), "", Fake::new(Say::Busy, Tell::AsIs)).await;
    for infno in ["2102", "2103", "2601"] {
        let got = bench
            .ask(bench.post("/x", &SETTLE.replace("2102", infno)))
            .await;
        assert_eq!(first_line(&got), "HTTP/1.1 200 OK");
        let said: serde_json::Value = serde_json::from_slice(body(&got)).unwrap();
        assert_eq!(said["infcode"], -1);
        assert!(
            said["err_msg"].as_str().unwrap().contains("（代码 busy）"),
            "{said}"
        );
    }
    assert_eq!(platform.connections(), 0);
    assert_eq!(
        body(&bench.ask(bench.post("/x", ASK)).await),
        b"{\"infcode\":0}"
    );
}

#[tokio::test]
async fn an_answer_is_handed_on_even_if_it_cannot_be_recorded() {
    let platform = Platform::saying(answer("{\"infcode\":0}")).await;
    let bench = Bench::start(&platform.url(), "", Fake::new(Say::Send, Tell::Busy)).await;
    assert_eq!(
        body(&bench.ask(bench.post("/x", SETTLE)).await),
        b"{\"infcode\":0}"
    );
    // Not sent: the till may know that nothing happened.
    let bench = Bench::start(&nowhere().await, "", Fake::new(Say::Send, Tell::Busy)).await;
    let got = bench.ask(bench.post("/x", SETTLE)).await;
    assert_eq!(field(&got, "X-Pharmacy-Agent"), Some("busy"));
    // In doubt: nobody says anything.
    let platform = Platform::start(|_| Act::Last(Vec::new())).await;
    let bench = Bench::start(&platform.url(), "", Fake::new(Say::Send, Tell::Busy)).await;
    assert_eq!(bench.ask(bench.post("/x", SETTLE)).await, b"");
}

#[tokio::test]
async fn what_passes_unjudged_is_observed_and_money_still_travels_alone() {
    let platform = Platform::saying(answer("{\"infcode\":0}")).await;
    let bench = Bench::start(&platform.url(), "", Fake::passive()).await;
    for call in [ASK, SETTLE, SETTLE] {
        let before = bench.fake.heard().len();
        assert_eq!(
            body(&bench.ask(bench.post("/x", call)).await),
            b"{\"infcode\":0}"
        );
        let Heard::Observed(_, _, Some(told)) = &bench.fake.heard()[before + 1] else {
            unreachable!("it is observed")
        };
        assert_eq!(told, b"{\"infcode\":0}");
    }
    let by: Vec<_> = platform.seen().iter().map(|seen| seen.connection).collect();
    assert_eq!(by, [0, 1, 2]);
}

#[tokio::test]
async fn nobody_calls_a_settlement_failed_that_may_have_happened() {
    let platform = Platform::start(|_| Act::Silence).await;
    let bench = Bench::start(&platform.url(), "answer-seconds = 1\n", Fake::passive()).await;
    assert_eq!(bench.ask(bench.post("/x", SETTLE)).await, b"");
    let told = bench.fake.heard().pop();
    let unanswered = Heard::Observed("2102".to_owned(), SETTLE.as_bytes().to_vec(), None);
    assert_eq!(told, Some(unanswered));
}

#[tokio::test]
async fn calls_that_do_not_end_do_not_keep_the_gateway() {
    let platform = Platform::start(|_| Act::Silence).await;
    let bench = Bench::start(&platform.url(), "", Fake::new(Say::Send, Tell::AsIs)).await;
    let fake = bench.fake.clone();
    let mut tills = Vec::new();
    for call in [SETTLE, &SETTLE.replace("2102", "1101")] {
        let mut till = bench.till().await;
        till.send(bench.post("/x", call)).await;
        tills.push(till);
    }
    platform.seen_at_least(2).await;
    bench.stop().await;
    for till in &mut tills {
        assert_eq!(till.next().await, b"");
    }
    // The desk ends once nobody holds on to it.
    let released = async {
        while fake.holders() > 1 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, released).await.unwrap();
    assert_eq!(
        fake.heard()[0],
        gated(SETTLE),
        "and is in doubt at the next start"
    );
    assert!(!fake.heard().contains(&Heard::InDoubt));
}

#[tokio::test]
async fn open_calls_end_before_the_gateway_does() {
    let signal = Arc::new(Notify::new());
    let when = Arc::clone(&signal);
    let platform = Platform::start(move |_| Act::When(Arc::clone(&when), answer("{}"))).await;
    let bench = Bench::start(&platform.url(), "", Fake::new(Say::Send, Tell::AsIs)).await;
    let fake = bench.fake.clone();
    let mut till = bench.till().await;
    till.send(bench.post("/x", SETTLE)).await;
    platform.seen_at_least(1).await;
    bench.tell_to_stop();
    signal.notify_one();
    assert_eq!(body(&till.next().await), b"{}");
    bench.stop().await;
    assert!(matches!(fake.heard()[1], Heard::Answered(200, ..)));
}
