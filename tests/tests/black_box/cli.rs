//! The command line as an operator meets it: the real program, its exit codes and what it prints.
//!
//! In scope: every command, and what each refuses. Out of scope: what the commands decide (their
//! modules' own tests) and the running daemon's answers (`api.rs`).

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use pharmacy_kit::device::TcpServer;
use pharmacy_kit::device::scanner::{Ending, Simulator};
use pharmacy_kit::shop::{Ended, wait_until};
use pharmacy_kit::{Shop, agent, bureau, tree};
use serde_json::Value;

fn run(arguments: &[&str]) -> Ended {
    Ended::of(Command::new(agent()).args(arguments))
}

/// A failure tells its code in both languages, and nothing of the program's inside.
#[track_caller]
fn assert_failure(ended: &Ended, exit: i32, code: &str) {
    assert_eq!(ended.code, Some(exit), "{ended:?}");
    let mut lines = ended.err.lines();
    let zh = lines
        .next()
        .and_then(|line| line.strip_prefix(&format!("错误 [{code}] ")));
    let en = lines
        .next()
        .and_then(|line| line.strip_prefix(&format!("error [{code}] ")));
    assert!(
        zh.is_some_and(|text| !text.is_ascii() && text != "未知错误"),
        "{}",
        ended.err
    );
    assert!(
        en.is_some_and(|text| !text.is_empty() && text != "unknown error"),
        "{}",
        ended.err
    );
    for inside in [
        "panicked",
        "stack backtrace",
        "RUST_BACKTRACE",
        "Os {",
        "Error(",
        "src/",
    ] {
        assert!(!ended.err.contains(inside), "`{inside}`: {}", ended.err);
    }
}

/// Every file below a folder, byte for byte.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path.to_str().unwrap().to_owned(), fs::read(&path).unwrap());
        }
    }
    found
}

/// The store's files but for those that the database keeps while somebody has it open.
fn stored(shop: &Shop) -> BTreeMap<String, Vec<u8>> {
    let mut files = files(&shop.data());
    files.retain(|name, bytes| {
        !(name.ends_with("-shm") || (name.ends_with("-wal") && bytes.is_empty()))
    });
    files
}

#[test]
fn help_and_version_are_told_in_both_languages() {
    let version = run(&["--version"]);
    assert_eq!(version.code, Some(0));
    assert_eq!(
        version.out.trim(),
        format!("pharmacy-agent {}", env!("CARGO_PKG_VERSION"))
    );
    let help = run(&["--help"]);
    assert_eq!((help.code, help.err.as_str()), (Some(0), ""));
    assert!(
        help.out.starts_with("药店医保合规代理程序 / "),
        "{}",
        help.out
    );
    let commands = [
        "init",
        "run",
        "import",
        "staff",
        "reader",
        "token",
        "find",
        "classify",
        "read-id",
        "read-scan",
        "badge",
        "verify",
        "export",
        "openapi",
    ];
    for command in commands {
        let line = help
            .out
            .lines()
            .find(|line| line.trim_start().starts_with(command));
        assert!(
            line.is_some_and(|line| !line.is_ascii() && line.contains('/')),
            "{command}"
        );
        let own = run(&[command, "--help"]);
        assert_eq!(own.code, Some(0), "{command}");
        assert!(own.out.contains("Usage:"), "{command}");
    }
}

#[test]
fn wrong_usage_is_told_with_a_code_and_exit_2() {
    for arguments in [
        &["frob"][..],
        &["run", "--colour"],
        &["import", "catalogue"],
        &["token", "add"],
        &["token", "revoke", "x"],
        &["token", "add", "--client", "a\nb"],
        &["token", "add", "--client", "a", "--till", "收银1"],
        &["read-id", "--device", "tcp:127.0.0.1:1", "--timeout", "0"],
        &["read-scan", "--timeout", "1"],
        &[],
    ] {
        let ended = run(arguments);
        assert_failure(&ended, 2, "cli.usage");
        assert_eq!(ended.out, "");
        assert!(
            ended.err.contains("Usage:") || ended.err.contains("--help"),
            "{}",
            ended.err
        );
    }
}

#[test]
fn init_makes_a_store_once() {
    let shop = Shop::unmade("");
    for command in ["run", "verify"] {
        assert_failure(&shop.run(&[command]), 1, "store.missing");
    }
    assert_failure(&shop.run(&["token", "list"]), 1, "store.missing");
    let out = shop.path().join("out");
    assert_failure(
        &shop.run(&["export", "--out", out.to_str().unwrap()]),
        1,
        "store.missing",
    );
    assert!(
        !shop.data().exists() && !out.exists(),
        "only `init` makes anything"
    );

    let made = shop.must(&["init"]);
    assert!(made.contains("440300.P44030000001/01/"), "{made}");
    let before = files(shop.path());
    assert_failure(&shop.run(&["init"]), 1, "store.exists");
    assert!(
        files(shop.path()) == before,
        "a second init changed something"
    );
    assert_eq!(shop.verified_entries(), 1);

    // An init that died on the way is told, and not built upon.
    let half = Shop::unmade("");
    fs::create_dir_all(half.data().join("journal.new")).unwrap();
    assert_failure(&half.run(&["init"]), 1, "store.half-made");
    assert_failure(&half.run(&["run"]), 1, "store.half-made");
}

#[test]
fn a_configuration_that_cannot_be_used_is_named() {
    let shop = Shop::new();
    let good = fs::read_to_string(shop.config()).unwrap();
    let entries = shop.verified_entries();
    let many = format!("{good}#{}", "x".repeat(1 << 20));
    let cases = [
        (format!("{good}colour = 1\n"), "config.wrong", "colour"),
        (
            good.replace("data-dir", "data-drr"),
            "config.wrong",
            "data-drr",
        ),
        (
            good.replace("P44030000001", "P4403"),
            "config.wrong",
            "store code",
        ),
        (
            good.replace("127.0.0.1:0", "0.0.0.0:0"),
            "config.api-not-local",
            "0.0.0.0:0",
        ),
        (
            good.replace("127.0.0.1:0", "192.168.1.4:7480"),
            "config.api-not-local",
            "192.168.1.4",
        ),
        (
            good.replace("127.0.0.1:0", "localhost"),
            "config.wrong",
            "listen",
        ),
        (good.replace("[till]", "[till"), "config.wrong", "line"),
        (
            good.replace("2099-12-31", "2099-02-30"),
            "config.wrong",
            "line",
        ),
        (many, "config.too-large", "1048576"),
        (
            format!("{good}[reader]\ndevice = \"usb\"\n"),
            "reader.address",
            "serial:",
        ),
    ];
    for (text, code, named) in cases {
        fs::write(shop.config(), text).unwrap();
        let ended = shop.run(&["run"]);
        assert_failure(&ended, 1, code);
        assert!(
            ended.err.contains(named),
            "`{named}` is not in {}",
            ended.err
        );
    }
    fs::write(shop.config(), b"data-dir = \"\xff\"\n").unwrap();
    assert_failure(&shop.run(&["run"]), 1, "config.wrong");
    fs::remove_file(shop.config()).unwrap();
    assert_failure(&shop.run(&["run"]), 1, "config.unreadable");
    fs::write(shop.config(), &good).unwrap();
    assert_eq!(
        shop.verified_entries(),
        entries,
        "a start that failed is no start"
    );
}

#[test]
fn a_taken_port_is_told_and_no_start_recorded() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let shop = Shop::new();
    let good = fs::read_to_string(shop.config()).unwrap();
    fs::write(shop.config(), good.replace("127.0.0.1:0", &address)).unwrap();
    let entries = shop.verified_entries();
    let ended = shop.run(&["run"]);
    assert_failure(&ended, 1, "api.port-in-use");
    assert!(ended.err.contains(&address));
    assert_eq!(shop.verified_entries(), entries);
    // The same from an agent that runs already.
    fs::write(shop.config(), &good).unwrap();
    let daemon = shop.start();
    let running = shop.till(&daemon).entries();
    assert!(running > entries, "a start is recorded");
    fs::write(
        shop.config(),
        good.replace("127.0.0.1:0", &daemon.address().to_string()),
    )
    .unwrap();
    assert_failure(&shop.run(&["run"]), 1, "store.in-use");
    assert_eq!(shop.verified_entries(), running);
}

#[cfg(unix)]
#[test]
fn a_stop_that_was_asked_for_is_recorded() {
    let shop = Shop::new();
    let daemon = shop.start();
    let running = shop.till(&daemon).entries();
    let (ended, said) = daemon.terminate();
    assert_eq!(ended.code(), Some(0), "{said}");
    assert_eq!(shop.verified_entries(), running + 1);
}

#[test]
fn a_damaged_store_is_refused_and_left_as_it_is() {
    /// A shop whose database was changed, and what every command must say of it.
    type Damage = (&'static str, fn(&mut Vec<u8>), &'static [&'static str]);
    let cases: [Damage; 6] = [
        (
            "cut in half",
            |bytes| bytes.truncate(bytes.len() / 2),
            &["store.damaged"],
        ),
        (
            "cut within a page",
            |bytes| bytes.truncate(5000),
            &["store.damaged"],
        ),
        ("empty", |bytes| bytes.clear(), &["store.damaged"]),
        (
            "no database at all",
            |bytes| bytes[..16].copy_from_slice(b"GIF89a.........."),
            &["store.damaged"],
        ),
        // The mark of the program in the header, and the first page's own table.
        (
            "another program's",
            |bytes| bytes[68..72].copy_from_slice(b"ELSE"),
            &["store.foreign"],
        ),
        (
            "the middle overwritten",
            |bytes| {
                let middle = bytes.len() / 2 / 4096 * 4096;
                bytes[middle..middle + 8192].fill(0x5a);
            },
            &[
                "store.damaged",
                "log.tree-damaged",
                "log.findings",
                "store.row",
                "log.part-damaged",
            ],
        ),
    ];
    for (what, damage, codes) in cases {
        println!("{what}");
        let shop = Shop::new();
        let mut bytes = fs::read(shop.database()).unwrap();
        damage(&mut bytes);
        fs::write(shop.database(), &bytes).unwrap();
        let before = stored(&shop);
        let refused = shop.run(&["verify"]);
        let code = codes
            .iter()
            .find(|code| refused.err.contains(&format!("[{code}]")));
        assert_failure(
            &refused,
            1,
            code.unwrap_or_else(|| panic!("{what}: {refused:?}")),
        );
        if codes.len() == 1 {
            assert_failure(&shop.run(&["run"]), 1, codes[0]);
            assert_failure(&shop.run(&["token", "add", "--client", "x"]), 1, codes[0]);
            assert_failure(&shop.run(&["init"]), 1, "store.exists");
        }
        assert!(stored(&shop) == before, "{what}: something was written");
    }
}

#[test]
fn a_store_without_its_own_key_is_not_opened() {
    let shop = Shop::new();
    let key = shop.data().join("journal").join("master.key");
    let own = fs::read(&key).unwrap();
    let strange = fs::read(Shop::new().data().join("journal").join("master.key")).unwrap();
    fs::remove_file(&key).unwrap();
    let before = stored(&shop);
    for arguments in [
        &["run"][..],
        &["verify"],
        &["token", "list"],
        &["token", "add", "--client", "x"],
    ] {
        assert_failure(&shop.run(arguments), 1, "store.key-missing");
    }
    assert!(stored(&shop) == before, "something was written");
    fs::write(&key, strange).unwrap();
    let before = stored(&shop);
    for arguments in [&["run"][..], &["verify"], &["token", "list"]] {
        assert_failure(&shop.run(arguments), 1, "store.key-wrong");
    }
    assert!(stored(&shop) == before, "something was written");
    fs::write(&key, own).unwrap();
    shop.verified_entries();
}

#[test]
fn a_log_that_was_tampered_with_or_restored_is_found_out() {
    let shop = Shop::new();
    let clean = shop.verified_entries();
    let journal = shop.data().join("journal");
    let (database, checkpoint) = (shop.database(), journal.join("checkpoint"));
    let early = fs::read(&database).unwrap();
    shop.issue("till-b", "02");
    assert_eq!(shop.verified_entries(), clean + 1);
    let shown = fs::read_to_string(&checkpoint).unwrap();
    assert_eq!(
        shown.lines().nth(1),
        Some("4"),
        "what was recorded is published"
    );
    let good = fs::read(&database).unwrap();

    // One letter of recorded entries: a token's issue becomes something else.
    let words = br#""kind":"token""#;
    let mut changed = good.clone();
    let places = good
        .windows(words.len())
        .enumerate()
        .filter(|(_, bytes)| bytes == words);
    let places: Vec<_> = places.map(|(place, _)| place).collect();
    assert!(places.len() >= 2, "an entry's own words");
    for place in places {
        changed[place + 8] = b'T';
    }
    fs::write(&database, &changed).unwrap();
    assert_failure(&shop.run(&["verify"]), 1, "log.findings");
    assert_failure(&shop.run(&["run"]), 1, "log.tree-damaged");

    // An older copy under a newer checkpoint.
    fs::write(&database, &early).unwrap();
    let before = stored(&shop);
    for arguments in [
        &["verify"][..],
        &["run"],
        &["token", "add", "--client", "x"],
    ] {
        let is_verify = arguments[0] == "verify";
        let code = if is_verify {
            "log.findings"
        } else {
            "log.rolled-back"
        };
        assert_failure(&shop.run(arguments), 1, code);
    }
    assert!(stored(&shop) == before, "something was written");

    fs::write(&database, &good).unwrap();
    fs::remove_file(&checkpoint).unwrap();
    assert_failure(&shop.run(&["run"]), 1, "log.checkpoint-missing");
    fs::write(&checkpoint, "anything\n").unwrap();
    assert_failure(&shop.run(&["run"]), 1, "log.checkpoint-damaged");
}

#[test]
fn a_bad_file_is_listed_line_by_line_and_the_old_catalogue_stays() {
    let shop = Shop::new();
    let daemon = shop.start();
    let mut till = shop.till(&daemon);
    let entries = till.entries();
    let rows = "商品编码,商品名称,零售价,条形码\n1,甲,1.00,\n2,,1.00,\n3,丙,贵,\n1,丁,2.00,\n5,戊,1.00,6901234567893\n";
    let file = shop.path().join("bad.csv");
    fs::write(&file, rows).unwrap();
    let report = shop.path().join("report.csv");
    let (file, report_name) = (file.to_str().unwrap(), report.to_str().unwrap());
    let ended = shop.run(&["import", "catalogue", file, "--report", report_name]);
    assert_failure(&ended, 1, "catalogue.bad-rows");
    for (line, code) in [
        (3, "catalogue.name-empty"),
        (4, "catalogue.price-malformed"),
        (5, "catalogue.sku-duplicate"),
        (6, "catalogue.barcode-check-digit"),
    ] {
        let told = ended
            .err
            .lines()
            .find(|told| told.contains(&format!("[{code}]")));
        let told = told.unwrap_or_else(|| panic!("{code}: {}", ended.err));
        assert!(
            told.contains(&format!("第 {line} 行")) && told.contains(&format!("line {line}")),
            "{told}"
        );
        let kept = fs::read_to_string(&report).unwrap();
        assert!(
            kept.lines()
                .any(|row| row.starts_with(&format!("{line},")) && row.contains(code)),
            "{kept}"
        );
    }
    for (text, code) in [
        ("", "catalogue.table"),
        ("商品编码,商品名称\n", "catalogue.no-article"),
        ("甲,乙,丙\n1,2,3\n", "catalogue.heading"),
        (
            "商品编码,商品名称,品名\n1,2,3\n",
            "catalogue.heading-ambiguous",
        ),
        ("PK\u{3}\u{4}no workbook", "catalogue.table"),
    ] {
        fs::write(file, text).unwrap();
        assert_failure(&shop.run(&["import", "catalogue", file]), 1, code);
    }
    assert_failure(
        &shop.run(&["import", "catalogue", "not-there.csv"]),
        1,
        "catalogue.source",
    );
    let status = till.must("GET", "/v1/status", &Value::Null);
    assert_eq!(status["articles"], 433);
    assert_eq!(till.entries(), entries, "nothing was recorded");

    // A good one beside the running agent: it follows at once.
    fs::write(
        file,
        "商品编码,商品名称,批准文号\nA1,板蓝根颗粒,国药准字Z44021940\n",
    )
    .unwrap();
    shop.must(&["import", "catalogue", file]);
    let status = till.must("GET", "/v1/status", &Value::Null);
    assert_eq!(
        (&status["articles"], till.entries()),
        (&Value::from(1), entries + 1)
    );
}

#[test]
fn tokens_are_listed_and_revoked_and_never_shown_again() {
    let shop = Shop::new();
    let token = shop.issue("收银软件", "02");
    let secret = token.strip_prefix("api.").unwrap();
    assert!(secret.len() == 43 && secret.is_ascii());
    let list = shop.must(&["token", "list"]);
    assert!(
        list.lines()
            .any(|line| line == "2\t02\tapi\tvalid\t收银软件"),
        "{list}"
    );
    assert!(!list.contains(secret));
    shop.must(&["token", "revoke", "2"]);
    let list = shop.must(&["token", "list"]);
    assert!(
        list.lines()
            .any(|line| line == "2\t02\tapi\trevoked\t收银软件"),
        "{list}"
    );
    for number in ["2", "3", "0"] {
        assert_failure(&shop.run(&["token", "revoke", number]), 1, "token.unknown");
    }
    // Issue and revocation of two tokens, and nothing for what was refused.
    assert_eq!(shop.verified_entries(), 5);
}

#[test]
fn an_export_verifies_elsewhere_and_grows() {
    let shop = Shop::new();
    let out = shop.path().join("export");
    let folder = out.to_str().unwrap();
    let verify = || Ended::of(Command::new(bureau()).arg("verify").arg(&out));
    let first = shop.must(&["export", "--out", folder]);
    assert!(first.contains("entries  3 (0 before)"), "{first}");
    let report = verify();
    assert_eq!(report.code, Some(0), "{report:?}");
    assert!(
        report.out.contains("条目 entries: 3 (已核验 verified 3)"),
        "{}",
        report.out
    );
    // While an agent runs, after more entries than a bundle holds.
    let daemon = shop.start();
    let mut till = shop.till(&daemon);
    for _ in 0..130 {
        till.open(pharmacy_kit::till::WIFE);
    }
    let entries = till.entries();
    let second = shop.must(&["export", "--out", folder]);
    assert!(
        second.contains(&format!("entries  {entries} (3 before)")),
        "{second}"
    );
    let report = verify();
    assert_eq!(report.code, Some(0), "{report:?}");
    assert!(
        report.out.contains(&format!("verified {entries})")),
        "{}",
        report.out
    );

    // One byte of one file: the bureau finds it.
    let files: Vec<_> = files(&out)
        .into_keys()
        .filter(|path| path.contains("entries"))
        .collect();
    assert!(files.len() > 1, "{files:?}");
    let mut bytes = fs::read(&files[0]).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&files[0], bytes).unwrap();
    assert_eq!(verify().code, Some(1));

    let foreign = shop.path().join("foreign");
    fs::create_dir(&foreign).unwrap();
    fs::write(foreign.join("letter.txt"), "mine").unwrap();
    let ended = shop.run(&["export", "--out", foreign.to_str().unwrap()]);
    assert_failure(&ended, 1, "export.foreign");
    assert_eq!(fs::read_dir(&foreign).unwrap().count(), 1);
    // Another store's export is foreign, too.
    let other = Shop::new();
    assert_failure(
        &other.run(&["export", "--out", folder]),
        1,
        "export.foreign",
    );
}

#[test]
fn classify_answers_every_row_of_a_table() {
    let folder = pharmacy_kit::Scratch::new();
    let input = tree::root().join("tests/data/items_public.csv");
    let (input, output) = (input.to_str().unwrap(), folder.join("out.csv"));
    let out = output.to_str().unwrap();
    let ended = run(&["classify", "--in", input, "--out", out]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let ids = |path: &str| -> Vec<(String, String)> {
        let mut table = csv::Reader::from_path(path).unwrap();
        let rows = table.records().map(|row| row.unwrap());
        rows.map(|row| {
            (
                row[0].trim_start_matches('\u{feff}').to_owned(),
                row[1].to_owned(),
            )
        })
        .collect()
    };
    let (asked, answered) = (ids(input), ids(out));
    assert_eq!(asked.len(), answered.len());
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for ((id, _), (answered_id, answer)) in asked.iter().zip(&answered) {
        assert_eq!(id, answered_id);
        *counts.entry(answer).or_default() += 1;
    }
    for answer in ["yes", "no", "review"] {
        let count = counts.get(answer).copied().unwrap_or_default();
        let told = ended
            .out
            .lines()
            .find_map(|line| line.trim().strip_prefix(answer));
        assert_eq!(
            told.map(str::trim),
            Some(count.to_string().as_str()),
            "{answer}: {}",
            ended.out
        );
    }
    assert_eq!(counts.values().sum::<usize>(), asked.len());
    let table = folder.write("in.csv", "id,name\n1,x\n");
    let table = table.to_str().unwrap();
    assert_failure(
        &run(&["classify", "--in", table, "--out", out]),
        1,
        "classify.column-missing",
    );
    assert_failure(
        &run(&["classify", "--in", input, "--out", input]),
        1,
        "classify.same-file",
    );
    assert_failure(
        &run(&["classify", "--in", "not-there.csv", "--out", out]),
        1,
        "classify.read",
    );
}

#[test]
fn reading_a_card_without_a_reader_says_what_is_wrong() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("tcp:{}", free.local_addr().unwrap());
    drop(free);
    for (device, code) in [
        ("nonsense", "reader.address"),
        ("", "reader.address"),
        ("tcp:", "reader.address"),
        ("sim:", "reader.address"),
        (nobody.as_str(), "reader.absent"),
        ("serial:no-such-port", "reader.absent"),
    ] {
        println!("{device}");
        let ended = run(&["read-id", "--device", device, "--timeout", "1"]);
        assert_failure(&ended, 1, code);
        assert_eq!(ended.out, "");
    }
}

#[test]
fn reading_a_scan_says_what_it_is_or_what_is_wrong() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("tcp:{}", free.local_addr().unwrap());
    drop(free);
    let simulator = Simulator::new(Ending::Cr);
    let server = TcpServer::start(&simulator, "127.0.0.1:0").unwrap();
    let somebody = format!("tcp:{}", server.address());
    for (device, code) in [
        ("COM4", "scanner.address"),
        ("serial:COM4?baud=300", "scanner.address"),
        ("sim:", "scanner.address"),
        (nobody.as_str(), "scanner.absent"),
        ("serial:no-such-port", "scanner.absent"),
        (somebody.as_str(), "scanner.nothing"),
    ] {
        println!("{device}");
        let ended = run(&["read-scan", "--device", device, "--timeout", "1"]);
        assert_failure(&ended, 1, code);
        assert_eq!(ended.out, "");
    }
    simulator.scan(b"81234567890123456789");
    let ended = run(&["read-scan", "--device", &somebody]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert_eq!(
        ended.out,
        "追溯码 / trace code: 81234567890123456789 (platform)\n"
    );
    simulator.scan(b"4241234567890123456799330000");
    let ended = run(&["read-scan", "--device", &somebody, "--json"]);
    assert_eq!(ended.out, "{\"kind\":\"insured-code\"}\n");
    assert_eq!(ended.err, "");
}

#[test]
fn a_failed_pipe_is_no_failure_of_the_command() {
    // A reader that has seen enough closes the pipe; nothing may panic over that.
    let mut child = Command::new(agent())
        .arg("openapi")
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    wait_until("the command ends", || child.try_wait().unwrap().is_some());
    let output = child.wait_with_output().unwrap();
    assert!(
        output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
