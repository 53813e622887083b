//! `pharmacy-agent find` beside a running agent (R68): the real binary, a person's number by its input.

use pharmacy_journal::LogView;
use pharmacy_kit::shop::{Ended, Shop};
use pharmacy_kit::till::{HUSBAND, Till, WIFE, assert_problem, otc, pack};
use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::part::PartClass;
use pharmacy_protocol::term::EntryIndex;
use serde_json::{Value, json};

const PIN: &str = "270418";

/// A shop where S01 works, and S02 did.
fn staffed() -> Shop {
    let shop = Shop::new();
    for id in ["S01", "S02"] {
        let who = ["staff", "add", id, "--name", "王小药", "--duty", "cashier"];
        let contract = "--contract-from 2025-01-01 --contract-until 2099-12-31";
        let contract: Vec<_> = contract.split(' ').collect();
        let added = shop.run_typed(&[&who[..], &contract].concat(), &format!("{PIN}\n{PIN}\n"));
        assert_eq!(added.code, Some(0), "{added:?}");
    }
    shop.must(&["staff", "retire", "S02"]);
    shop
}

/// Runs `find` for S01 with lines on its standard input.
fn find_with(shop: &Shop, input: &str, arguments: &[&str]) -> Ended {
    shop.run_typed(&[&["find", "--staff", "S01"], arguments].concat(), input)
}

fn must_find(shop: &Shop, arguments: &[&str]) -> String {
    let ended = find_with(shop, PIN, arguments);
    assert_eq!(ended.code, Some(0), "{arguments:?}: {ended:?}");
    ended.out
}

fn found(shop: &Shop, arguments: &[&str]) -> Value {
    let printed = must_find(shop, &[&["--json"], arguments].concat());
    serde_json::from_str(&printed).expect("one JSON object")
}

fn settlements(answer: &Value) -> Vec<&str> {
    let answers = answer["answers"].as_array().expect("answers");
    let ids = answers.iter().map(|found| found["settlement"].as_str());
    ids.map(|id| id.expect("a settlement")).collect()
}

/// A settled sale of one pack, with a receipt number.
fn sell(till: &mut Till, holder: &str, (msgid, number): (&str, u64)) {
    let sale = till.open(holder);
    let verdict = till.assess(&sale, &json!([otc(1, &[pack(number)])]));
    assert_eq!(verdict["answer"], "allow", "{verdict}");
    let mut report = pharmacy_kit::till::settled(msgid, &verdict);
    report["receipt"] = format!("R-{number:04}").into();
    till.must("POST", &format!("{sale}/outcomes"), &report);
}

#[test]
fn an_inspector_is_answered_while_the_agent_runs() {
    let shop = staffed();
    let daemon = shop.start();
    let mut till = shop.till(&daemon);
    sell(&mut till, WIFE, ("M1", 1));
    sell(&mut till, HUSBAND, ("M2", 2));
    let cases: [(&[&str], &[&str]); 9] = [
        (&["--receipt", "R-0001"], &["SETL-M1"]),
        (&["--receipt", "M2"], &["SETL-M2"]),
        (&["--settlement", "SETL-M1"], &["SETL-M1"]),
        (&["--trace", &pack(2)], &["SETL-M2"]),
        (&["--drug", "板蓝根"], &["SETL-M2", "SETL-M1"]),
        (&["--from", "2000-01-01", "--until", "2001-01-01"], &[]),
        (&["--releases"], &[]),
        (&["--split"], &[]),
        (&["--receipt", "R-0001", "--trace", &pack(2)], &[]),
    ];
    for (arguments, expected) in cases {
        let answer = found(&shop, arguments);
        assert_eq!(settlements(&answer), expected, "{arguments:?}");
        assert_eq!(answer["complete"], true);
    }
    let one = &found(&shop, &["--receipt", "R-0002"])["answers"][0];
    assert_eq!(
        (&one["till"], &one["total"]),
        (&json!("01"), &json!("19.10"))
    );
    assert!(one["entry"].as_u64() > one["verdict"].as_u64(), "{one}");

    // The answer to the till does not wait for the question.
    sell(&mut till, WIFE, ("M3", 3));
    let log = daemon.kill();
    for number in [WIFE, HUSBAND] {
        assert!(!log.contains(number));
    }
    shop.verified_entries();
}

/// R44: the number comes by standard input, and is in no output and no argument.
#[test]
fn a_persons_number_is_read_from_standard_input() {
    let shop = staffed();
    let daemon = shop.start();
    let mut till = shop.till(&daemon);
    sell(&mut till, WIFE, ("M1", 1));
    sell(&mut till, HUSBAND, ("M2", 2));
    let before = till.entries();
    let typed = |number: &str| format!("{number}\n{PIN}\n");
    let answer = find_with(&shop, &typed(WIFE), &["--person", "--json"]);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    assert!(!answer.out.contains(WIFE) && !answer.err.contains(WIFE));
    let json: Value = serde_json::from_str(&answer.out).unwrap();
    assert_eq!(settlements(&json), ["SETL-M1"]);
    assert_eq!(till.entries(), before + 1, "asking is an entry");
    let shown = find_with(&shop, &typed(HUSBAND), &["--person"]);
    assert!(
        shown.out.contains("SETL-M2") && shown.out.contains("共 1 笔 / 1 sales"),
        "{shown:?}"
    );
    for wrong in ["", "11010519491231002", "nobody\n"] {
        let refused = find_with(&shop, wrong, &["--person"]);
        assert_eq!(refused.code, Some(1), "{refused:?}");
        assert!(refused.err.contains("[find.person]"), "{refused:?}");
        assert!(
            wrong.is_empty() || !refused.err.contains(wrong.trim()),
            "{refused:?}"
        );
    }
    let argument = find_with(&shop, "", &["--person", WIFE]);
    assert_eq!(
        argument.code,
        Some(2),
        "an argument is refused: {argument:?}"
    );
}

/// All questions on record: who asked, and by what.
fn questions(shop: &Shop) -> Vec<Value> {
    let log = LogView::open(&shop.data()).unwrap();
    let all = (0..log.size().unwrap()).map(EntryIndex::new);
    let asked = all.filter(|index| log.entry(*index).unwrap().kind == EntryKind::Access);
    let part = |index| log.open_part(index, PartClass::Staff).unwrap();
    asked
        .map(|index| serde_json::from_slice(&part(index)).unwrap())
        .collect()
}

// R44: who sees persons is a member of staff who proved it, and on record.
#[test]
fn nobody_is_answered_without_a_member_of_staff_and_their_pin() {
    let shop = staffed();
    let daemon = shop.start();
    let mut till = shop.till(&daemon);
    sell(&mut till, WIFE, ("M1", 1));
    let before = till.entries();
    let receipt = ["--receipt", "R-0001"];
    let nobody = shop.run_typed(&[&["find"], &receipt[..]].concat(), PIN);
    assert_eq!(nobody.code, Some(2), "{nobody:?}");
    let by = |id: &str, pin: &str| {
        shop.run_typed(&[&["find", "--staff", id], &receipt[..]].concat(), pin)
    };
    for (id, pin, code) in [
        ("S01", "918273", "staff.pin-wrong"),
        ("S01", "", "staff.pin-wrong"),
        ("S02", PIN, "staff.retired"),
        ("S03", PIN, "staff.unknown"),
    ] {
        let refused = by(id, pin);
        assert_eq!(refused.code, Some(1), "{refused:?}");
        assert!(refused.err.contains(&format!("[{code}]")), "{refused:?}");
        assert_eq!(refused.out, "", "nothing is shown");
    }
    assert_eq!(till.entries(), before, "nobody was answered");
    // Two wrong ones were forgiven by the right one: it may be mistyped twice again.
    assert!(by("S01", PIN).out.contains("SETL-M1"));
    for wrong in ["918273", "918273"] {
        by("S01", wrong);
    }
    assert!(by("S01", PIN).out.contains("SETL-M1"));
    let asked = questions(&shop);
    let by = json!({"client": "command-line", "staff": "S01"});
    let question = json!({"access": "question", "by": by, "asked": ["receipt"]});
    assert_eq!(asked, [question.clone(), question]);
}

#[test]
fn leading_holders_and_drugs_of_a_range() {
    let shop = staffed();
    let daemon = shop.start();
    let mut till = shop.till(&daemon);
    sell(&mut till, WIFE, ("M1", 1));
    sell(&mut till, WIFE, ("M2", 2));
    sell(&mut till, HUSBAND, ("M3", 3));
    let range = ["--from", "2000-01-01", "--until", "2999-01-01"];
    let top = |what: &str| {
        let arguments = [&["--top", what], range.as_slice()].concat();
        found(&shop, &arguments)["top"].clone()
    };
    let holders = top("holders");
    assert_eq!(
        (&holders[0]["count"], &holders[0]["amount"]),
        (&json!(2), &json!("38.20"))
    );
    assert_eq!(
        (&holders[1]["count"], &holders[1]["amount"]),
        (&json!(1), &json!("19.10"))
    );
    let shown = holders[0]["shown"].as_str().unwrap();
    assert!(shown.contains('*') && !shown.contains(WIFE), "{shown}");
    let drugs = top("drugs");
    assert_eq!(
        (&drugs[0]["count"], &drugs[0]["amount"]),
        (&json!(3), &json!("57.30"))
    );
    assert_eq!(drugs[0]["shown"], "100057 板蓝根颗粒");
    let printed = must_find(&shop, &[&["--top", "drugs"], range.as_slice()].concat());
    assert!(
        printed.contains("57.30") && printed.contains("3 笔 sales"),
        "{printed}"
    );
    let unbounded = find_with(&shop, PIN, &["--top", "drugs"]);
    assert!(unbounded.err.contains("[find.no-range]"), "{unbounded:?}");
    let both = find_with(&shop, PIN, &["--top", "drugs", "--receipt", "1"]);
    assert_eq!(both.code, Some(2));
    let wrong = find_with(&shop, PIN, &["--from", "gestern"]);
    assert!(wrong.err.contains("[find.value]"), "{wrong:?}");
}

#[test]
fn help_is_in_both_languages_and_a_receipt_is_text() {
    let shop = Shop::new();
    let help = shop.must(&["find", "--help"]);
    for option in [
        "--staff",
        "--receipt",
        "--settlement",
        "--from",
        "--until",
        "--person",
        "--drug",
        "--trace",
        "--pharmacist",
        "--operator",
        "--releases",
        "--no-code",
        "--split",
        "--top",
        "--json",
    ] {
        assert!(help.contains(option), "{option}");
    }
    assert!(help.contains("追溯码 / trace code"), "{help}");
    let daemon = shop.start();
    let mut till = shop.till(&daemon);
    let (sale, verdict) = till.allowed(WIFE, &[pack(1)]);
    let mut report = pharmacy_kit::till::settled("M1", &verdict);
    report["receipt"] = "x".repeat(201).into();
    let answer = till.post(&format!("{sale}/outcomes"), &report);
    assert_problem(&answer, 422, "body.value");
}
