//! What passed and what it taught: mappings, shifts, stock, findings; and what is kept of persons.

use pharmacy_decision::pack::CallRole;
use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::part::PartClass;
use serde_json::json;

use crate::kit::{MINUTE_MS, Shop};
use crate::message::{LI, Line, SIGN_NO, WANG, granules, trace};

/// Do these characters stand anywhere in the files of a shop that was stopped?
pub fn is_anywhere(shop: &Shop, text: &str) -> bool {
    let mut folders = vec![shop.folder().to_path_buf()];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            files += 1;
            let bytes = std::fs::read(&path).unwrap();
            let mut parts = bytes.windows(text.len());
            if parts.any(|part| part == text.as_bytes()) {
                return true;
            }
        }
    }
    assert!(files > 2, "nothing was looked at");
    false
}

fn plain(serial: &str) -> Line {
    granules(serial, &[1]).bare()
}

// R67: what a calculation numbers and nobody settles is told; what is settled under that number is none.
#[test]
fn a_settlement_in_a_calculations_answer_is_a_finding_if_none_follows() {
    let shop = Shop::with_codes_after();
    let calculates = |till: &str, (msgid, setl_id): (&str, &str), line: Line| {
        shop.reads(till, LI, "01");
        let body = shop.druginfo("2101", msgid, (LI, &[line]));
        let departure = shop.sent(till, "2101", &body);
        let answer = json!({"setlinfo": {"setl_id": setl_id, "medfee_sumamt": 19.1}});
        shop.answered(departure, &shop.yes(answer));
    };
    let found = "gateway.early-settlement";
    let findings_after = |minutes: i64| {
        shop.clock.advance(minutes * MINUTE_MS);
        shop.wait(shop.handle().publish()).unwrap();
        let mut findings = shop.findings();
        findings.retain(|finding| finding == found);
        findings
    };
    calculates("01", ("P1", "S1"), plain("R1000000-1"));
    shop.settle("M1", "S1", (LI, &[plain("R1000000-1")]));
    calculates("01", ("P2", "S2"), plain("R2000000-1"));
    assert_eq!(findings_after(29), Vec::<String>::new());
    assert_eq!(findings_after(2), [found]);
    let mut told = shop.parts(EntryKind::Finding, PartClass::Answer);
    told.retain(|told| told["finding"] == found);
    let told = (&told[0]["settlement"], &told[0]["infno"]);
    assert_eq!(told, (&"S2".into(), &"2101".into()));
    // Once a day for each call of a till, also of one that nobody could read.
    calculates("01", ("P3", "S3"), plain("R3000000-1"));
    calculates("02", ("P4", "S4"), plain("R4000000-1"));
    let answer = shop.yes(json!({"setlinfo": {"setl_id": "S5"}}));
    shop.observe("01", "2206", "no json", &answer);
    assert_eq!(findings_after(31), [found; 3]);
    calculates("01", ("P6", "S6"), plain("R6000000-1"));
    assert_eq!(findings_after(24 * 60), [found; 4]);
}

// R23: learnt from 3301, forgotten with 3302, learnt from a settlement.
#[test]
fn mappings_are_learnt_and_forgotten() {
    let shop = Shop::new();
    let mapping = |infno: &str| {
        let one = json!({"fixmedins_hilist_id": "100057", "med_list_codg": "ZA99ZZZ9999010199901"});
        let body = shop.body(infno, "Q", json!({"data": [one]}));
        shop.observe("01", infno, &body, &shop.yes(json!(null)));
    };
    let known = |shop: &Shop| {
        let sku = "100057".parse().unwrap();
        shop.log().reader().mapping(&sku).unwrap().is_some()
    };
    assert!(!known(&shop));
    mapping("3301");
    assert!(known(&shop));
    mapping("3302");
    assert!(!known(&shop));
    shop.reads("01", LI, "01");
    shop.settle("M1", "S1", (LI, &[granules("R1000000-1", &[1])]));
    assert!(known(&shop));
    // Refused by the platform: nothing was learnt.
    let body = shop.body(
        "3302",
        "Q",
        json!({"data": [{"fixmedins_hilist_id": "100057",
        "med_list_codg": "ZA99ZZZ9999010199901"}]}),
    );
    shop.observe("01", "3302", &body, &shop.no("无此对照"));
    assert!(known(&shop));
}

/// A shift from sign-in to sign-out.
fn work_a_shift(shop: &Shop) {
    let body = shop.body(
        "9001",
        "Q1",
        json!({"signIn": {"opter_no": "001", "mac": "M", "ip": "I"}}),
    );
    let answer = shop.yes(json!({"signinoutb": {"sign_no": SIGN_NO, "sign_time": "t"}}));
    shop.observe("01", "9001", &body, &answer);
    let body = shop.body(
        "9002",
        "Q2",
        json!({"signOut": {"opter_no": "001", "sign_no": SIGN_NO}}),
    );
    shop.observe("01", "9002", &body, &shop.yes(json!({"sign_time": "t"})));
}

#[test]
fn shifts_are_recorded_by_operator() {
    let shop = Shop::new();
    work_a_shift(&shop);
    let shifts = shop.parts(EntryKind::Shift, PartClass::Staff);
    assert_eq!(
        shifts,
        [
            json!({"shift": "call", "infno": "9001", "operator": "001"}),
            json!({"shift": "call", "infno": "9002", "operator": "001"}),
        ]
    );
}

// R04, R44: nothing of a person, and nothing that opens a call, stands in plain in any file.
#[test]
fn no_person_and_no_sign_in_stands_in_plain_on_the_disk() {
    let mut shop = Shop::new();
    work_a_shift(&shop);
    shop.reads("01", LI, "01");
    shop.settle("M1", "S1", (LI, &[granules("R1000000-1", &[1])]));
    shop.reads("02", WANG, "02");
    shop.refused(
        "02",
        "2102",
        &shop.settlement("M2", WANG, &[granules("R2000000-1", &[2])]),
    );
    shop.observe(
        "01",
        "3505",
        &shop.sold("3505", "S1", &[1]),
        &shop.yes(json!(null)),
    );
    let _ = shop.board("01");
    let pack = trace(1);
    let texts = [
        SIGN_NO,
        LI.psn_no,
        LI.certno,
        LI.name,
        LI.token,
        WANG.psn_no,
        WANG.certno,
        WANG.name,
        WANG.token,
        &pack,
        "R1000000-1",
    ];
    for text in texts {
        assert!(!is_anywhere(&shop, text), "{text} with the desk running");
    }
    shop.stop();
    for text in texts {
        assert!(!is_anywhere(&shop, text), "{text}");
    }
    assert!(
        is_anywhere(&shop, "relayed_call"),
        "the search finds what is there"
    );
}

// R13: codes that come after the settlement.
#[test]
fn codes_that_come_in_time_are_the_packs_that_were_sold() {
    for infno in ["3505", "3505A"] {
        let shop = Shop::with_codes_after();
        shop.reads("01", LI, "01");
        shop.settle("M1", "S1", (LI, &[plain("R1000000-1")]));
        shop.clock.advance(5 * MINUTE_MS);
        shop.observe(
            "01",
            infno,
            &shop.sold(infno, "S1", &[1]),
            &shop.yes(json!(null)),
        );
        shop.clock.advance(60 * MINUTE_MS);
        shop.tick();
        assert_eq!(shop.findings(), Vec::<String>::new(), "{infno}");
        assert_eq!(
            shop.parts(EntryKind::Claim, PartClass::Goods).len(),
            1,
            "R53: kept"
        );
        // The pack is sold now.
        shop.reads("01", WANG, "01");
        let again = shop.settlement("M2", WANG, &[granules("R2000000-1", &[1])]);
        assert!(shop.refused("01", "2102", &again).contains("请换一盒"));
    }
}

#[test]
fn codes_that_do_not_come_are_a_finding_once() {
    let shop = Shop::with_codes_after();
    shop.reads("01", LI, "01");
    shop.settle("M1", "S1", (LI, &[plain("R1000000-1")]));
    shop.clock.advance(29 * MINUTE_MS);
    shop.tick();
    assert_eq!(shop.findings(), Vec::<String>::new());
    // Declined by the platform: not come (R53: recorded all the same).
    shop.observe(
        "01",
        "3505",
        &shop.sold("3505", "S1", &[1]),
        &shop.no("不符"),
    );
    shop.clock.advance(2 * MINUTE_MS);
    for _ in 0..3 {
        shop.tick();
    }
    assert_eq!(shop.findings(), ["gateway.trace-codes-overdue"]);
    let claims = shop.parts(EntryKind::Claim, PartClass::Goods);
    assert_eq!(claims[0]["accepted"], false);
}

// R13, R20: an inventory call that comes after the reversal sells nothing.
#[test]
fn codes_of_a_settlement_that_was_taken_back_stay_for_sale() {
    let shop = Shop::with_codes_after();
    shop.reads("01", LI, "01");
    shop.settle("M1", "S1", (LI, &[plain("R1000000-1")]));
    shop.reverse("B1", "S1", LI);
    shop.observe(
        "01",
        "3505",
        &shop.sold("3505", "S1", &[1]),
        &shop.yes(json!(null)),
    );
    shop.clock.advance(60 * MINUTE_MS);
    shop.tick();
    assert_eq!(shop.findings(), Vec::<String>::new());
    shop.reads("01", WANG, "01");
    shop.settle("M2", "S2", (WANG, &[granules("R2000000-1", &[1])]));
}

// Point 9: settled without a verdict is a finding, once.
// R67: the agent joins what it sees settled with its own log.
#[test]
fn settlements_without_a_verdict_are_found_once() {
    let shop = Shop::new();
    for _ in 0..2 {
        shop.queries(&shop.statement("S5", "OLD", 1910));
        shop.ungated(Some("2170"), &shop.settled("S6", (LI, 500)));
        shop.ungated(None, &shop.settled("S6", (LI, 500)));
    }
    assert_eq!(shop.findings(), ["gateway.ungated-settlement"; 2]);
    // One that passed as unreadable and settled.
    let body = shop.body("2102", "X1", json!("U2FsdGVkX1"));
    shop.passes("01", "2102", &body);
    shop.observe("01", "2102", &body, &shop.settled("S7", (LI, 500)));
    shop.observe("01", "2102", &body, &shop.settled("S7", (LI, 500)));
    shop.queries(&shop.statement("S7", "X1", 500));
    assert_eq!(shop.count("gateway.ungated-settlement"), 3);
}

#[test]
fn amounts_that_differ_are_found_once() {
    let shop = Shop::new();
    shop.reads("01", LI, "01");
    shop.settle("M1", "S1", (LI, &[granules("R1000000-1", &[1])]));
    shop.queries(&shop.statement("S1", "M1", 1910));
    assert_eq!(shop.findings(), Vec::<String>::new());
    for _ in 0..3 {
        shop.queries(&shop.statement("S1", "M1", 9910));
    }
    assert_eq!(shop.findings(), ["gateway.amounts-differ"]);
}

#[test]
fn whom_the_platform_named_is_forgotten_after_a_day() {
    let shop = Shop::new();
    shop.reads("01", LI, "01");
    shop.clock.advance(25 * 60 * MINUTE_MS);
    shop.wait(shop.handle().record_liveness()).unwrap();
    let body = shop.settlement("M1", LI, &[granules("R1000000-1", &[1])]);
    assert!(shop.refused("01", "2102", &body).contains("医保码"));
    assert!(shop.board("01").sale.unwrap().holder.is_none());
}

#[test]
fn the_table_says_what_concerns_the_agent() {
    let shop = Shop::new();
    for (infno, role) in [
        ("2102", Some(CallRole::Settlement)),
        ("2102A", Some(CallRole::Settlement)),
        ("2101A", Some(CallRole::PreSettlement)),
        ("2204", Some(CallRole::FeeLines)),
        ("2601", Some(CallRole::Undo)),
        ("1301", None),
    ] {
        let call = shop.handle().interface_call(&infno.parse().unwrap());
        assert_eq!(call.map(|call| call.role), role, "{infno}");
    }
}

// R67: a settlement under the name of another call; which name the platform reads is not known here.
#[test]
fn a_settlement_under_another_calls_name_is_found() {
    let shop = Shop::new();
    shop.reads("01", LI, "01");
    let body = shop.settlement("M1", LI, &[plain("R1000000-1")]);
    let body = body.replacen('{', "{\"infno\":\"1101\",", 1);
    let answer = shop.yes(json!({"setlinfo": {"setl_id": "S-HIDDEN", "medfee_sumamt": 19.1}}));
    for _ in 0..2 {
        shop.observe("01", "1101", &body, &answer);
    }
    assert_eq!(shop.count("gateway.ungated-settlement"), 1);
}
