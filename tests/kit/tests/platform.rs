//! The platform's stand-in does what it is said to do: its manners, its books, its faults.
//!
//! In scope: the simulator itself, called directly. Out of scope: the agent.

use std::io::ErrorKind;

use pharmacy_kit::gateway_till::{
    Basket, GatewayTill, Line, Traces, benefits, insured, mapping, output, query, refusal,
    reversal, settled, stock, undoing,
};
use pharmacy_kit::http::Request;
use pharmacy_kit::platform::{
    Deed, Fault, HUSBAND, Manner, Moment, Platform, Release, Stage, Standing, WIFE, Which,
};
use pharmacy_kit::till::pack;
use serde_json::{Value, json};

fn start(manner: Manner) -> (Platform, GatewayTill) {
    let platform = Platform::start(manner);
    let till = GatewayTill::direct(manner, platform.address());
    (platform, till)
}

/// The envelope of an answer, unpacked by nobody: only for manners that do not pack.
fn envelope(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap()
}

#[test]
fn each_manner_writes_as_its_province_does() {
    for manner in Manner::ALL {
        let (platform, mut till) = start(manner);
        let answer = till.call("1101", &insured(WIFE));
        let told = output(&answer).unwrap();
        assert_eq!(told["baseinfo"]["psn_no"], WIFE, "{manner:?}");
        assert_eq!(told["baseinfo"]["certno"], "11010519491231002X");
        let balance = &told["insuinfo"][0]["balc"];
        let exchange = platform.record().all().remove(0);
        let arrived = &exchange.request;
        match manner {
            Manner::Guangdong => {
                let envelope = envelope(&answer.body);
                assert_eq!(
                    (&envelope["infcode"], balance),
                    (&json!(0), &json!(41509.0))
                );
                assert!(envelope["output"].is_object());
                assert_eq!(arrived.target, "/ebus/gdyb_api/prd/hsa/hgs/1101");
                assert_eq!(answer.header("date"), Some("Wed, 01 Jul 2026 02:30:00 GMT"));
            }
            Manner::Hubei => {
                assert_eq!(answer.header("content-encoding"), Some("gzip"));
                assert_eq!(answer.body[..2], [0x1f, 0x8b]);
                assert!(String::from_utf8_lossy(&answer.body).contains(r#""output":"{\"baseinfo"#));
                assert!(String::from_utf8_lossy(&arrived.body).contains(r#""input":"{\"data"#));
                assert_eq!(answer.header("date"), None);
            }
            Manner::Jiangsu => {
                let envelope = envelope(&answer.body);
                assert_eq!(
                    (&envelope["infcode"], balance),
                    (&json!("0"), &json!("41509.00"))
                );
                assert_eq!(arrived.target, "/CSB");
                assert_eq!(answer.header("transfer-encoding"), Some("chunked"));
            }
        }
    }
}

#[test]
fn unsigned_and_misplaced_requests_are_turned_away() {
    for manner in [Manner::Guangdong, Manner::Jiangsu] {
        let (_platform, mut till) = start(manner);
        let body = till.envelope("1101", "M1", &insured(WIFE));
        let bare = Request::new("POST", &manner.target("1101")).body(body);
        assert_eq!(till.send(&bare).status, 401, "{manner:?}");
        let forged = till.request("1101", &insured(WIFE));
        let mut late = Request::new("POST", &manner.target("1101")).body("{}");
        for (name, value) in manner.headers(0, "n") {
            late = late.header(&name, &value);
        }
        assert_eq!(till.send(&late).status, 401, "signed at another time");
        assert_eq!(till.send(&forged).status, 200);
        assert_eq!(till.send(&Request::new("GET", "/favicon.ico")).status, 404);
    }
}

#[test]
fn the_same_calls_get_the_same_bytes() {
    for manner in Manner::ALL {
        let runs = [(); 2].map(|()| {
            let (platform, mut till) = start(manner);
            let basket = Basket::otc(WIFE, "R", &[pack(1)]);
            let settled = till.settle(&basket);
            till.must("2103", &reversal(&settled));
            till.must("5203", &query(WIFE, None));
            let all = platform.record().all();
            let all = all.into_iter().map(|exchange| {
                // The port differs, and so does the only header that names it.
                let request = exchange.request;
                (
                    request.method,
                    request.target,
                    request.body,
                    exchange.answer,
                )
            });
            all.collect::<Vec<_>>()
        });
        assert_eq!(runs[0], runs[1], "{manner:?}");
    }
}

#[test]
fn books_count_every_settlement_and_every_way_back() {
    for manner in Manner::ALL {
        let (platform, mut till) = start(manner);
        let before = platform.balance(WIFE);
        let basket = Basket::otc(WIFE, "R1", &[pack(1)]);

        // Nothing is settled by a calculation; its answer has no number.
        let calculated = till.must("2101", &till.settlement(&basket));
        assert!(calculated["setlinfo"]["setl_id"].is_null());
        assert_eq!(platform.balance(WIFE), before);

        let msgid = till.next_msgid();
        let request = till.request("2102", &till.settlement(&basket));
        let first = settled(&output(&till.send(&request)).unwrap());
        assert_eq!(platform.balance(WIFE), before - 1910);
        // No idempotence: the same bytes settle again, and so does another message.
        let second = settled(&output(&till.send(&request)).unwrap());
        assert_ne!(first.setl_id, second.setl_id);
        assert_eq!(platform.times_settled(&msgid), 2);
        let third = settled(&till.must("2102", &till.settlement(&basket)));
        assert_eq!(platform.balance(WIFE), before - 3 * 1910);

        let listed = till.must("5203", &query(WIFE, None));
        assert_eq!(listed["setlinfo"].as_array().unwrap().len(), 3);

        let back = till.must("2103", &reversal(&first));
        assert_ne!(back["setlinfo"]["setl_id"], first.setl_id.as_str());
        let total = &back["setlinfo"]["medfee_sumamt"];
        assert!(*total == -19.1 || *total == "-19.10", "{total}");
        assert!(
            refusal(&till.call("2103", &reversal(&first))).is_some(),
            "twice"
        );
        assert!(refusal(&till.call("5203", &query(WIFE, Some(&first)))).is_some());
        let shown = till.must("5203", &query(WIFE, Some(&third)));
        assert_eq!(shown["setlinfo"]["setl_id"], third.setl_id.as_str());

        // By its message id: the later of the two under it, then nothing more.
        till.must("2601", &undoing(WIFE, &msgid, "2102"));
        let standing = platform.settlements().into_iter().map(|one| one.standing);
        let expected = [
            Standing::Reversed,
            Standing::Undone,
            Standing::Stands,
            Standing::Stands,
        ];
        assert_eq!(standing.collect::<Vec<_>>(), expected);
        assert!(refusal(&till.call("2601", &undoing(WIFE, &msgid, "2102"))).is_some());
        assert!(refusal(&till.call("2601", &undoing(WIFE, "UNKNOWN", "2102"))).is_some());
        assert_eq!(platform.balance(WIFE), before - 1910);
    }
}

#[test]
fn a_reversal_that_is_undone_lets_the_settlement_stand_again() {
    let (platform, mut till) = start(Manner::Guangdong);
    let before = platform.balance(HUSBAND);
    let settled = till.settle(&Basket::otc(HUSBAND, "R", &[pack(1)]));
    let msgid = till.next_msgid();
    till.must("2103", &reversal(&settled));
    assert_eq!(platform.balance(HUSBAND), before);
    till.must("2601", &undoing(HUSBAND, &msgid, "2103"));
    assert_eq!(platform.balance(HUSBAND), before - 1910);
    till.must("5203", &query(HUSBAND, Some(&settled)));
}

#[test]
fn pooled_settlements_join_lines_and_head() {
    for manner in Manner::ALL {
        let (platform, mut till) = start(manner);
        let basket = Basket::otc(HUSBAND, "R", &[pack(1), pack(2)]);
        let head = till.uploaded(&basket, "V1", "B1");
        assert!(refusal(&till.call("2207", &head)).is_some(), "no lines yet");
        let split = till.must("2204", &till.fees(&basket, "V1", "B1"));
        assert_eq!(split["result"][0]["chrgitm_lv"], "02");
        till.must("2206", &head);
        let settled = settled(&till.must("2207", &head));
        assert_eq!(settled.mdtrt_id, "V1");
        till.must("2208", &reversal(&settled));
        assert_eq!(platform.settlements().len(), 2);
    }
}

#[test]
fn every_spelling_of_the_trace_codes_settles() {
    for traces in [
        Traces::Camel,
        Traces::Joined,
        Traces::Nested,
        Traces::Single,
    ] {
        let (_platform, mut till) = start(Manner::Guangdong);
        till.traces = traces;
        let basket = Basket::otc(WIFE, "R", &[pack(1)]);
        let input = till.settlement(&basket);
        assert!(input.contains(&pack(1)), "{traces:?}");
        let parsed: Value = serde_json::from_str(&input).unwrap();
        assert!(parsed["druginfo"].is_object());
        till.settle(&basket);
    }
}

#[test]
fn wrong_sums_are_refused() {
    let (platform, mut till) = start(Manner::Hubei);
    let mut basket = Basket::otc(WIFE, "R", &[pack(1)]);
    basket.total = "19.11".into();
    let input = till.settlement(&basket);
    assert!(
        refusal(&till.call("2102", &input))
            .unwrap()
            .contains("medfee_sumamt")
    );
    let basket = Basket::of(
        WIFE,
        "R",
        Line {
            count: "2".into(),
            ..Line::otc(&[])
        },
    );
    let input = till.settlement(&basket);
    assert!(refusal(&till.call("2102", &input)).is_some());
    assert!(platform.settlements().is_empty());
}

#[test]
fn stock_calls_are_kept_and_tell_a_second_result_where_the_province_does() {
    for manner in Manner::ALL {
        let (platform, mut till) = start(manner);
        for number in 3501..=3506 {
            for infno in [number.to_string(), format!("{number}A")] {
                let told = till.must(&infno, &stock(&infno, &format!("B{infno}"), None, &pack(1)));
                let second = &told["result"]["retRslt"];
                let has_second = manner == Manner::Hubei && infno.ends_with('A');
                assert_eq!(*second, if has_second { json!("1") } else { Value::Null });
            }
        }
        assert_eq!(platform.stock().len(), 12);
        assert_eq!(platform.stock()[0].packs, [pack(1)]);
        till.must("3507", &stock("3507", "B3505", None, ""));
        let again = till.call("3507A", &stock("3507A", "B3505", None, ""));
        match manner {
            Manner::Hubei => assert_eq!(output(&again).unwrap()["result"]["retRslt"], "0"),
            Manner::Guangdong | Manner::Jiangsu => assert!(refusal(&again).is_some()),
        }
        assert_eq!(platform.stock().len(), 11);
        till.must("3301", &mapping());
        till.must("3302", &mapping());
        assert!(refusal(&till.call("3302", &mapping())).is_some());
    }
}

#[test]
fn operators_sign_in_and_out_and_unknown_calls_are_told_so() {
    let (_platform, mut till) = start(Manner::Jiangsu);
    let told = till.must(
        "9001",
        r#"{"signIn":{"opter_no":"001","mac":"-","ip":"-"}}"#,
    );
    till.sign_no = told["signinoutb"]["sign_no"].as_str().unwrap().to_owned();
    till.must("2001", &benefits(WIFE));
    let out = format!(
        r#"{{"signOut":{{"sign_no":"{}","opter_no":"001"}}}}"#,
        till.sign_no
    );
    till.must("9002", &out);
    assert!(
        refusal(&till.call("2001", &benefits(WIFE))).is_some(),
        "signed out"
    );
    till.sign_no.clear();
    assert!(refusal(&till.call("8888", "{}")).unwrap().contains("8888"));
}

#[test]
fn files_go_up_in_two_forms_and_come_down_to_the_byte() {
    let (platform, mut till) = start(Manner::Guangdong);
    let up =
        r#"{"fsUploadIn":{"in":[80,75,3,4],"filename":"a.zip","fixmedins_code":"P44030000001"}}"#;
    let number = till.must("9101", up)["file_qury_no"]
        .as_str()
        .unwrap()
        .to_owned();
    let down = |number: &str| {
        format!(
            r#"{{"fsDownloadIn":{{"file_qury_no":"{number}","filename":"plc","fixmedins_code":"P"}}}}"#
        )
    };
    assert_eq!(till.call("9102", &down(&number)).body.len(), 4);

    let envelope = till.envelope("9101", "M9", up);
    let form = [
        "--XX\r\nContent-Disposition: form-data; name=\"jsonStr\"\r\n\r\n".as_bytes(),
        envelope.as_bytes(),
        b"\r\n--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n",
        b"\x00\x01\xff\r\n\x02",
        b"\r\n--XX--\r\n",
    ];
    let mut request = Request::new("POST", &till.manner.target("9101")).body(form.concat());
    for (name, value) in till.manner.headers(pharmacy_kit::platform::START_MS, "n") {
        if !name.eq_ignore_ascii_case("content-type") {
            request = request.header(&name, &value);
        }
    }
    let request = request.header("Content-Type", "multipart/form-data; boundary=XX");
    let told = output(&till.send(&request)).unwrap();
    let number = told["file_qury_no"].as_str().unwrap();
    assert_eq!(till.call("9102", &down(number)).body.len(), 6);

    platform.keep_file("LARGE", 200_000);
    let answer = till.call("9102", &down("LARGE"));
    assert_eq!(
        answer.header("content-type"),
        Some("application/octet-stream")
    );
    assert_eq!(answer.body.len(), 200_000);
    assert_eq!(answer.body[65_536..65_544], 65_536_u64.to_be_bytes());
    assert!(refusal(&till.call("9102", &down("none"))).is_some());
}

#[test]
fn faults_break_what_they_say_and_nothing_after() {
    for fault in Fault::ALL {
        let (platform, till) = start(Manner::Guangdong);
        let mut till = till.kept();
        till.identify(WIFE);
        platform.break_next(Which::infno("2102"), 1, fault);
        let msgid = till.next_msgid();
        let input = till.settlement(&Basket::otc(WIFE, "R", &[pack(1)]));
        let request = till.request("2102", &input);
        let answer = till.try_send(&request);
        let done = usize::from(fault.deed() == Deed::Done);
        assert_eq!(platform.times_settled(&msgid), done, "{fault:?}");
        match fault {
            Fault::AnswerTwice => {
                let first = answer.unwrap();
                assert!(output(&first).is_some());
                // The second one lies in wait on the same connection.
                let stale = till.call("5203", &query(WIFE, None));
                assert_eq!(stale.body, first.body);
                continue;
            }
            Fault::CutInAnswer | Fault::CutUnanswered(_) | Fault::WrongLength => {
                let kind = answer.unwrap_err().kind();
                assert_eq!(kind, ErrorKind::UnexpectedEof, "{fault:?}");
            }
            Fault::Garbage(_) => assert!(output(&answer.unwrap()).is_none()),
            Fault::HttpStatus(status, _) => assert_eq!(answer.unwrap().status, status),
            Fault::NotHttp(_) => {
                assert_eq!(answer.unwrap_err().kind(), ErrorKind::InvalidData);
            }
        }
        till.must("5203", &query(WIFE, None));
        platform.record().wait_for("all is noted", |all| {
            all[1].stage == Stage::Broken && all[2].stage == Stage::Answered
        });
    }
}

#[test]
fn held_calls_wait_where_they_are_held() {
    for (moment, done) in [
        (Moment::Unread, 0),
        (Moment::Unacted, 0),
        (Moment::Unanswered, 1),
    ] {
        for release in [Release::Cut, Release::GoOn] {
            let (platform, mut till) = start(Manner::Hubei);
            till.identify(HUSBAND);
            let hold = platform.hold_next(Which::Any, 1, moment);
            let input = till.settlement(&Basket::otc(HUSBAND, "R", &[pack(1)]));
            let request = till.request("2102", &input);
            let sender = std::thread::spawn(move || till.try_send(&request).is_ok());
            hold.wait(1);
            assert_eq!(platform.settlements().len(), done, "{moment:?}");
            let read = if moment == Moment::Unread { 1 } else { 2 };
            assert_eq!(platform.record().all().len(), read, "{moment:?}");
            hold.release(release);
            assert_eq!(sender.join().unwrap(), release == Release::GoOn);
            let expected = if release == Release::GoOn { 1 } else { done };
            assert_eq!(platform.settlements().len(), expected);
        }
    }
}

#[test]
fn one_held_call_holds_up_nobody_else() {
    let (platform, mut till) = start(Manner::Jiangsu);
    let msgid = till.next_msgid();
    let hold = platform.hold_next(Which::Msgid(msgid), 1, Moment::Unacted);
    let mut other = GatewayTill::direct(Manner::Jiangsu, platform.address()).counting_from(100);
    let sender = std::thread::spawn(move || till.identify(WIFE));
    hold.wait(1);
    other.identify(HUSBAND);
    assert_eq!(hold.arrived(), 1);
    hold.release(Release::GoOn);
    sender.join().unwrap();
}

#[test]
fn a_closed_platform_refuses_connections_and_opens_again() {
    let (mut platform, mut till) = start(Manner::Guangdong);
    till.identify(WIFE);
    platform.refuse();
    let request = till.request("1101", &insured(WIFE));
    assert_eq!(
        till.try_send(&request).unwrap_err().kind(),
        ErrorKind::ConnectionRefused
    );
    platform.accept();
    till.identify(WIFE);
    platform.cut_next_unread();
    let request = till.request("1101", &insured(WIFE));
    assert!(till.try_send(&request).is_err());
    till.identify(WIFE);
    assert_eq!(platform.record().all().len(), 3);
}
