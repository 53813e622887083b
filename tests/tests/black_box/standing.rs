//! `standing`: the store's register by the real program, beside a running agent, wrong input included.
//!
//! The program goes by the machine's clock, so days are taken relative to today.

use std::io::Write as _;
use std::process::{Command, Stdio};

use jiff::civil::Date;
use jiff::tz::{self, TimeZone};
use jiff::{Timestamp, ToSpan};
use pharmacy_kit::agent;
use pharmacy_kit::shop::{Ended, Shop};
use serde_json::Value;

const PDF: &[u8] = b"%PDF-1.7\nan agreement\n%%EOF\n";

/// Today at the store.
fn today() -> Date {
    let store = TimeZone::fixed(tz::offset(8));
    Timestamp::now().to_zoned(store).date()
}

fn day(days: i32) -> String {
    today().checked_add(days.days()).unwrap().to_string()
}

fn standing(shop: &Shop, command: &str) -> Ended {
    let arguments: Vec<_> = command.split_whitespace().collect();
    shop.run(&[&["standing"], arguments.as_slice()].concat())
}

#[track_caller]
fn done(shop: &Shop, command: &str) -> String {
    let ended = standing(shop, command);
    assert_eq!(ended.code, Some(0), "{command}: {}", ended.err);
    ended.out
}

#[track_caller]
fn refused(shop: &Shop, command: &str, code: &str) {
    let ended = standing(shop, command);
    assert_eq!(ended.code, Some(1), "{command}: {}", ended.err);
    assert!(ended.err.contains(code), "{command}: {}", ended.err);
    assert_eq!(ended.out, "", "{command}");
}

fn shown(shop: &Shop) -> Value {
    serde_json::from_str(&done(shop, "show --json")).unwrap()
}

/// The item of a key.
fn item(shop: &Shop, what: &str) -> Value {
    let shown = shown(shop);
    let items = shown["items"].as_array().unwrap();
    let mut found = items.iter().filter(|item| item["what"] == what);
    let found = found.next().cloned();
    found.unwrap_or_else(|| panic!("no {what}: {shown}"))
}

// R30, R31, R33, R65: everything is registered, shown with the days left, and survives.
#[test]
fn everything_is_registered_and_shown() {
    let shop = Shop::new();
    let (before, after, soon) = (day(-400), day(400), day(20));
    done(
        &shop,
        &format!("set agreement --number XY-1 --state in-force --from {before} --until {soon}"),
    );
    done(
        &shop,
        &format!("set licence --number 粤DB1 --until {after}"),
    );
    done(&shop, "set business-licence --number 9144 --without-term");
    done(
        &shop,
        "set area --approved 86.5 --approved-address 甲路1号 --actual 86.5 --actual-address 甲路1号",
    );
    for posting in ["hotline", "price", "commitment"] {
        done(&shop, &format!("set posting {posting} --on {before}"));
    }
    let facts = "name legal-representative person-in-charge controller address scope";
    for fact in facts.split(' ') {
        let told = format!("set fact {fact} --value 某某 --since {before} --filed {before}");
        done(&shop, &told);
    }
    let shown = shown(&shop);
    let items = shown["items"].as_array().unwrap();
    assert!(
        items.iter().all(|item| item["state"] != "unknown"),
        "{shown}"
    );
    let agreement = &items[0];
    assert_eq!(agreement["what"], "standing.agreement-renewal", "due first");
    assert_eq!(agreement["state"], "due");
    assert!(agreement["working-days-left"].as_i64().unwrap() > 0);
    assert_eq!(shown["register"]["agreements"][0]["until"], soon.as_str());
    assert_eq!(shown["calendar"][0], 2004);
    let text = done(&shop, "show");
    for part in [
        "待核实",
        "XY-1",
        "个工作日",
        "working days left",
        "86.50 m²",
        "✓ 维护医保基金安全承诺书",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    // Only what is new of a known number.
    done(&shop, "set agreement --number XY-1 --state suspended");
    let stopped = item(&shop, "standing.agreement-stopped");
    assert_eq!(stopped["state"], "over");
    let setup = shop.must(&["setup"]);
    assert!(!setup.contains("pharmacy-agent standing"), "{setup}");
    shop.must(&["verify"]);
}

// R30, R33: a change has a deadline, and is over with when it is filed.
#[test]
fn a_change_is_due_until_it_is_filed() {
    let shop = Shop::new();
    let (old, recent) = (day(-100), day(-1));
    done(&shop, &format!("change address --value 乙路2号 --on {old}"));
    let over = item(&shop, "standing.unfiled-address");
    assert_eq!(over["state"], "over", "{over}");
    assert!(over["working-days-left"].as_i64().unwrap() < 0);
    done(&shop, &format!("file address --on {recent}"));
    assert_eq!(item(&shop, "standing.address")["value"], "乙路2号");
    let text = done(&shop, "show");
    assert!(!text.contains("未备案"), "{text}");
    refused(
        &shop,
        &format!("file address --on {recent}"),
        "standing.nothing-to-file",
    );
}

// R33: the years that are not known are named.
#[test]
fn a_far_day_is_uncertain_and_an_added_year_makes_it_certain() {
    let shop = Shop::unmade("[store.calendar]\nfile = \"years.csv\"\n");
    let year = today().year();
    let table = |last: i16| {
        let rows = (2027..=last).map(|year| format!("{year},01-01..01-03,\n"));
        std::fs::write(
            shop.path().join("years.csv"),
            format!("year,off,work\n{}", rows.collect::<String>()),
        )
        .unwrap();
    };
    table(2027);
    shop.must(&["init"]);
    let until = format!("{}-06-30", (year + 2).max(2029));
    done(&shop, &format!("set licence --number L --until {until}"));
    assert_eq!(item(&shop, "standing.licence")["uncertain"], true);
    let text = done(&shop, "show");
    assert!(
        text.contains("不确定") && text.contains("2004 至 2027"),
        "{text}"
    );
    table((year + 3).max(2030));
    assert_eq!(item(&shop, "standing.licence")["uncertain"], false);
    std::fs::write(shop.path().join("years.csv"), "no table\n").unwrap();
    refused(&shop, "show", "config.calendar");
}

#[test]
fn a_document_is_told_by_its_content() {
    let shop = Shop::new();
    let file = |name: &str, bytes: &[u8]| {
        let path = shop.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let pdf = file("agreement.pdf", PDF);
    refused(
        &shop,
        &format!("attach agreement {pdf}"),
        "standing.nothing-to-attach-to",
    );
    let (from, until) = (day(-10), day(300));
    done(
        &shop,
        &format!("set agreement --number XY-1 --state in-force --from {from} --until {until}"),
    );
    let entries = shop.verified_entries();
    let page = file("page.pdf", b"<html>no document</html>");
    refused(
        &shop,
        &format!("attach agreement {page}"),
        "standing.document-type",
    );
    let mut large = PDF.to_vec();
    large.resize((16 << 20) + 1, b' ');
    let large = file("large.pdf", &large);
    refused(
        &shop,
        &format!("attach agreement {large}"),
        "standing.document-size",
    );
    refused(&shop, "attach agreement nowhere.pdf", "cli.input");
    assert_eq!(shop.verified_entries(), entries, "nothing was recorded");
    done(&shop, &format!("attach agreement {pdf}"));
    assert_eq!(
        shop.verified_entries(),
        entries + 2,
        "the document, and the register's change"
    );
    let digest = &shown(&shop)["register"]["agreements"][0]["document"]["digest"];
    let text = done(&shop, "show");
    assert!(text.contains(digest.as_str().unwrap()), "{text}");
}

#[test]
fn wrong_input_changes_nothing_and_says_what_is_wrong() {
    let shop = Shop::new();
    let entries = shop.verified_entries();
    let (past, tomorrow) = (day(-10), day(1));
    for (command, code) in [
        (
            format!("set agreement --number A --state in-force --from {tomorrow} --until {past}"),
            "standing.day-order",
        ),
        (
            "set agreement --number A --state ended".to_owned(),
            "standing.incomplete",
        ),
        ("set licence --number A".to_owned(), "standing.incomplete"),
        (
            format!("change name --value 新名 --on {tomorrow}"),
            "standing.future",
        ),
        (
            format!("set posting hotline --on {tomorrow}"),
            "standing.future",
        ),
        (format!("file name --on {past}"), "standing.nothing-to-file"),
    ] {
        refused(&shop, &command, code);
    }
    for command in [
        "",
        "set",
        "set agreement --number A --state broken",
        "set agreement --number A --from 2026-02-30",
        "set licence --number A --until 2026-01-01 --without-term",
        "set area --approved 86,5 --approved-address X",
        "set fact colour --value X --since 2025-01-01 --filed 2025-01-01",
        "change name --value X",
        "attach wall file.pdf",
    ] {
        let ended = standing(&shop, command);
        assert_eq!(ended.code, Some(2), "{command}: {}", ended.err);
    }
    assert_eq!(shop.verified_entries(), entries);
}

// R30: the register reaches a running agent without a restart, and its log stays whole.
#[test]
fn the_register_is_changed_beside_a_running_agent() {
    let shop = Shop::new();
    let daemon = shop.start();
    done(
        &shop,
        &format!("set business-licence --number 9144 --until {}", day(-1)),
    );
    let over = item(&shop, "standing.business-licence-over");
    assert_eq!(over["state"], "over");
    // However it ends: what was registered is on the disk.
    drop(daemon.kill());
    assert_eq!(item(&shop, "standing.business-licence-over"), over);
    shop.must(&["verify"]);
}

/// A name need not stand on the command line, where other users of the machine see it.
#[test]
fn a_name_can_come_in_by_standard_input() {
    let shop = Shop::new();
    let mut command = Command::new(agent());
    command
        .args(["standing", "change", "controller", "--value", "-", "--on"])
        .arg(day(0))
        .arg("--config")
        .arg(shop.config())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all("欧阳某某甲\n".as_bytes()).unwrap();
    drop(input);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(!String::from_utf8_lossy(&output.stdout).contains("欧阳"));
    assert_eq!(item(&shop, "standing.controller")["value"], "欧阳某某甲");
    let database = std::fs::read(shop.database()).unwrap();
    let name = "欧阳某某甲".as_bytes();
    assert!(!database.windows(name.len()).any(|window| window == name));
}

// R33: a technician is told what is missing, one line each, with the command that mends it.
#[test]
fn setup_names_what_is_not_registered() {
    let shop = Shop::unmade("");
    shop.must(&["init"]);
    let told = shop.must(&["setup"]);
    for (missing, command) in [
        (
            "✗ 营业执照 business licence",
            "standing set business-licence",
        ),
        ("✗ 药品营业面积 drug sales area", "standing set area"),
        (
            "✗ 法定代表人 legal representative",
            "standing set fact legal-representative",
        ),
        (
            "✗ 投诉举报电话公示 complaint hotline posted",
            "standing set posting hotline",
        ),
    ] {
        let mut lines = told.lines().filter(|line| line.contains(missing));
        let line = lines.next().unwrap_or_else(|| panic!("{missing}: {told}"));
        assert!(
            line.ends_with(&format!("→ pharmacy-agent {command}")),
            "{line}"
        );
        assert_eq!(lines.next(), None);
    }
    assert!(
        !told.contains("✗ 服务协议"),
        "the configuration says it: {told}"
    );
}
