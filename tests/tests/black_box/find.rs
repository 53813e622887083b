//! `pharmacy-agent find` beside a running agent (R68): the real binary, a person's number by its input.

use std::io::Write;
use std::process::{Command, Stdio};

use pharmacy_kit::agent;
use pharmacy_kit::shop::{Ended, Shop};
use pharmacy_kit::till::{HUSBAND, Till, WIFE, assert_problem, otc, pack};
use serde_json::{Value, json};

/// Runs `find` with a line on its standard input.
fn find_with(shop: &Shop, input: &str, arguments: &[&str]) -> Ended {
    let mut child = Command::new(agent())
        .arg("find")
        .args(arguments)
        .arg("--config")
        .arg(shop.config())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the agent can be started");
    let mut stdin = child.stdin.take().expect("the input is ours");
    stdin.write_all(input.as_bytes()).expect("the agent reads");
    drop(stdin);
    let output = child.wait_with_output().expect("the agent ends");
    Ended {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).expect("output is UTF-8"),
        err: String::from_utf8(output.stderr).expect("error output is UTF-8"),
    }
}

fn found(shop: &Shop, arguments: &[&str]) -> Value {
    let arguments = [&["find", "--json"], arguments].concat();
    serde_json::from_str(&shop.must(&arguments)).expect("one JSON object")
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
    let shop = Shop::new();
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
    let shop = Shop::new();
    let daemon = shop.start();
    let mut till = shop.till(&daemon);
    sell(&mut till, WIFE, ("M1", 1));
    sell(&mut till, HUSBAND, ("M2", 2));
    let before = till.entries();
    let answer = find_with(&shop, &format!("{WIFE}\n"), &["--person", "--json"]);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    assert!(!answer.out.contains(WIFE) && !answer.err.contains(WIFE));
    let json: Value = serde_json::from_str(&answer.out).unwrap();
    assert_eq!(settlements(&json), ["SETL-M1"]);
    assert_eq!(till.entries(), before + 1, "asking is an entry");
    let shown = find_with(&shop, HUSBAND, &["--person"]);
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

#[test]
fn leading_holders_and_drugs_of_a_range() {
    let shop = Shop::new();
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
    let printed = shop.must(&[&["find", "--top", "drugs"], range.as_slice()].concat());
    assert!(
        printed.contains("57.30") && printed.contains("3 笔 sales"),
        "{printed}"
    );
    let unbounded = shop.run(&["find", "--top", "drugs"]);
    assert!(unbounded.err.contains("[find.no-range]"), "{unbounded:?}");
    let both = shop.run(&["find", "--top", "drugs", "--receipt", "1"]);
    assert_eq!(both.code, Some(2));
    let wrong = shop.run(&["find", "--from", "gestern"]);
    assert!(wrong.err.contains("[find.value]"), "{wrong:?}");
}

#[test]
fn help_is_in_both_languages_and_a_receipt_is_text() {
    let shop = Shop::new();
    let help = shop.must(&["find", "--help"]);
    for option in [
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
