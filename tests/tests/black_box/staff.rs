//! The register of staff from the command line: the real program, with PINs from its input.
//!
//! In scope: the commands `staff …`, alone and beside a running agent. Out of scope: what a PIN leads
//! to at the counter (the agent's own tests).

use std::io::Write;
use std::process::{Command, Stdio};

use pharmacy_kit::shop::Ended;
use pharmacy_kit::{Shop, agent};

const PIN: &str = "270418\n270418\n";

/// Runs `staff …` on a shop's configuration, with what is typed.
fn staff(shop: &Shop, arguments: &[&str], typed: &str) -> Ended {
    let mut command = Command::new(agent());
    command.arg("staff").args(arguments);
    command.arg("--config").arg(shop.config());
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    // A command that refuses early has gone before it reads.
    let _ = input.write_all(typed.as_bytes());
    drop(input);
    let output = child.wait_with_output().unwrap();
    let ended = Ended {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    };
    for secret in ["270418", "918273"] {
        let said = format!("{}{}", ended.out, ended.err);
        assert!(!said.contains(secret), "a pin was printed: {said}");
    }
    ended
}

const CONTRACT: [&str; 4] = [
    "--contract-from",
    "2025-01-01",
    "--contract-until",
    "2099-12-31",
];

fn add(shop: &Shop, id: &str, more: &[&str], typed: &str) -> Ended {
    let mut arguments = vec!["add", id, "--name", "王小药"];
    arguments.extend(more);
    arguments.extend(CONTRACT);
    staff(shop, &arguments, typed)
}

#[track_caller]
fn assert_refused(ended: &Ended, code: &str) {
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.err.contains(&format!("错误 [{code}] ")), "{ended:?}");
    assert!(!ended.err.contains("王小药"), "{ended:?}");
}

#[track_caller]
fn list(shop: &Shop) -> String {
    let ended = staff(shop, &["list"], "");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    ended.out
}

fn line<'a>(list: &'a str, id: &str) -> Vec<&'a str> {
    let mut lines = list.lines();
    let found = lines.find(|line| line.split('\t').next() == Some(id));
    found.expect("a line").split('\t').collect()
}

const PHARMACIST: [&str; 8] = [
    "--duty",
    "pharmacist",
    "--title",
    "licensed-pharmacist",
    "--certificate",
    "ZY-4403-001",
    "--locality",
    "440300",
];

// R32: who is registered with a contract of a year or more counts, and the list says for how long.
#[test]
fn staff_are_added_changed_retired_and_listed() {
    let shop = Shop::new();
    let added = add(
        &shop,
        "S01",
        &["--duty", "in-charge", "--duty", "insurance-manager"],
        PIN,
    );
    assert_eq!(added.code, Some(0), "{added:?}");
    assert!(added.out.contains("已登记 / registered"), "{added:?}");
    assert_eq!(add(&shop, "S02", &PHARMACIST, PIN).code, Some(0));
    let listed = list(&shop);
    let row = line(&listed, "S01");
    assert_eq!(row[1..3], ["in-charge,insurance-manager", "2099-12-31"]);
    assert!(row[3].parse::<u32>().unwrap() > 20_000);
    assert_eq!(row[4..], ["off duty", "王小药"]);
    assert!(listed.contains("insurance managers  1\n"), "{listed}");
    assert!(listed.contains("pharmacists  1\n"), "{listed}");

    let until = ["change", "S02", "--contract-until", "2025-12-30"];
    assert_eq!(staff(&shop, &until, "").code, Some(0));
    // Who is in charge leaves with somebody's word, or a week later.
    assert_refused(&staff(&shop, &["retire", "S01"], ""), "staff.unvouched");
    let retire = ["retire", "S01", "--by", "S01"];
    assert_eq!(staff(&shop, &retire, "270418\n").code, Some(0));
    let listed = list(&shop);
    assert_eq!(line(&listed, "S01")[4], "retired");
    assert_eq!(line(&listed, "S02")[4], "no contract");
    assert!(listed.contains("insurance managers  0\n"), "{listed}");
    assert!(listed.contains("pharmacists  0\n"), "{listed}");
    shop.must(&["verify"]);
}

#[test]
fn what_cannot_be_registered_is_refused_and_leaves_no_entry() {
    let shop = Shop::new();
    assert_eq!(add(&shop, "S01", &["--duty", "cashier"], PIN).code, Some(0));
    let before = shop.verified_entries();
    let cashier = ["--duty", "cashier"];
    for (more, typed, code) in [
        (&cashier[..], PIN, "staff.exists"),
        (&cashier, "270418\n270419\n", "staff.pin-differs"),
        (&cashier, "123456\n123456\n", "staff.pin-trivial"),
        (&cashier, "", "staff.pin-form"),
        (&["--duty", "pharmacist"], PIN, "staff.qualification"),
    ] {
        assert_refused(&add(&shop, "S01", more, typed), code);
    }
    assert_refused(&staff(&shop, &["retire", "S09"], ""), "staff.unknown");
    let backwards = ["change", "S01", "--contract-until", "2024-01-01"];
    assert_refused(&staff(&shop, &backwards, ""), "staff.contract-order");
    let usage = add(&shop, "S03", &["--duty", "boss"], PIN);
    assert_eq!(usage.code, Some(2), "{usage:?}");
    let half = add(
        &shop,
        "S03",
        &["--duty", "pharmacist", "--title", "pharmacy"],
        PIN,
    );
    assert_eq!(half.code, Some(2), "{half:?}");
    assert_eq!(shop.verified_entries(), before);
}

/// The pin is no argument: nothing on the command line takes one.
#[test]
fn no_argument_takes_a_pin() {
    let shop = Shop::new();
    for command in ["add", "pin"] {
        let ended = staff(&shop, &[command, "S01", "--pin", "1"], "");
        assert_eq!(ended.code, Some(2), "{ended:?}");
    }
}

#[test]
fn a_pin_is_changed_and_wrong_ones_lock_the_command_too() {
    let shop = Shop::new();
    assert_eq!(add(&shop, "S01", &["--duty", "cashier"], PIN).code, Some(0));
    let changed = staff(&shop, &["pin", "S01"], "270418\n918273\n918273\n");
    assert_eq!(changed.code, Some(0), "{changed:?}");
    for _ in 0..3 {
        let wrong = staff(&shop, &["pin", "S01"], PIN.repeat(2).as_str());
        assert_refused(&wrong, "staff.pin-wrong");
    }
    let locked = staff(&shop, &["pin", "S01"], "918273\n270418\n270418\n");
    assert_refused(&locked, "staff.locked");
    assert!(line(&list(&shop), "S01")[4].ends_with(" wrong PINs"));
    let renewed = staff(&shop, &["pin", "S01", "--forgotten"], PIN);
    assert_eq!(renewed.code, Some(0), "{renewed:?}");
    assert_eq!(line(&list(&shop), "S01")[4], "off duty");
}

#[test]
fn the_register_is_changed_beside_a_running_agent() {
    let shop = Shop::new();
    let daemon = shop.start();
    let before = shop.verified_entries();
    assert_eq!(add(&shop, "S01", &["--duty", "cashier"], PIN).code, Some(0));
    assert_eq!(staff(&shop, &["retire", "S01"], "").code, Some(0));
    assert_eq!(shop.verified_entries(), before + 2);
    let said = daemon.kill();
    assert!(
        !said.contains("ERROR") && !said.contains("王小药"),
        "{said}"
    );
}
