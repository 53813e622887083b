//! Whole days at a shop, and what they leave behind.
//!
//! In scope: a sale with everything that could name a person, and every byte that is on disk, in the
//! log lines and in an export afterwards. Out of scope: what the sealed parts hold.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use pharmacy_kit::Shop;
use pharmacy_kit::till::{HUSBAND, WIFE, pack, settled};
use serde_json::{Value, json};

/// Every file below a folder; the control door is a socket, which holds nothing.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.is_file() {
            let bytes = fs::read(&path).unwrap();
            found.push((path, bytes));
        }
    }
    found
}

/// Which of the needles stand in the bytes, found in one pass: there are megabytes to be read.
fn found_in<'a>(bytes: &[u8], needles: &'a [(String, Vec<u8>)]) -> BTreeSet<&'a str> {
    let mut by_first = vec![Vec::new(); 256];
    for needle in needles {
        by_first[usize::from(needle.1[0])].push(needle);
    }
    let mut found = BTreeSet::new();
    for (place, first) in bytes.iter().enumerate() {
        for (text, needle) in &by_first[usize::from(*first)] {
            if bytes[place..].starts_with(needle) {
                found.insert(text.as_str());
            }
        }
    }
    found
}

/// The ways in which a text could stand in a file.
fn spellings(text: &str) -> Vec<(String, Vec<u8>)> {
    let wide = |order: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(order).collect::<Vec<u8>>();
    let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    let escaped: String = text
        .encode_utf16()
        .map(|unit| format!("\\u{unit:04x}"))
        .collect();
    let spelt = [
        text.as_bytes().to_vec(),
        wide(u16::to_le_bytes),
        wide(u16::to_be_bytes),
        hex.into_bytes(),
        escaped.into_bytes(),
    ];
    spelt.map(|bytes| (text.to_owned(), bytes)).into()
}

#[test]
fn nothing_on_disk_or_in_the_log_names_anybody() {
    let shop = Shop::new();
    let daemon = shop.start();
    let mut till = shop.till(&daemon);
    let (wife, husband, operator) = ("欧阳测试女", "司徒测试男", "收银员测试甲");
    let (box_1, box_2) = (pack(8_675_309), pack(8_675_310));

    let opening = json!({
        "operator": operator, "insurance": "employee", "holder": {"number": WIFE, "name": wife},
    });
    let opened = till
        .post_keyed("/v1/sales", "first-key-of-the-day", &opening)
        .json();
    let sale = format!("/v1/sales/{}", opened["sale"].as_str().unwrap());
    let roles = json!({"buyer": {
        "kind": "proxy", "person": {"number": HUSBAND, "name": husband},
        "holder_document": "seen", "proxy_document": "seen", "reason": "age",
    }});
    till.must("PUT", &format!("{sale}/roles"), &roles);
    for (role, number, name) in [("holder", WIFE, wife), ("proxy", HUSBAND, husband)] {
        let evidence = json!({
            "source": "document", "role": role, "staff": "S07",
            "person": {"number": number, "name": name},
        });
        till.must("POST", &format!("{sale}/evidence"), &evidence);
    }
    let scanned = json!({
        "source": "credential", "credential": "insurance-code",
        "person": {"number": WIFE, "name": wife},
    });
    till.must("POST", &format!("{sale}/evidence"), &scanned);
    let line = json!({
        "number": 1, "sku": "100057", "code": "ZA99ZZZ9999010199901", "price": "19.10",
        "quantity": "2", "trace_codes": [box_1],
    });
    let prescription = json!({
        "form": "paper", "number": "RX-TEST-0042", "patient": {"number": WIFE, "name": wife},
        "drugs": [{"name": "板蓝根颗粒"}],
    });
    let body = json!({"lines": [line], "prescriptions": [prescription]});
    till.must("POST", &format!("{sale}/assessments"), &body);
    till.must("POST", &format!("{sale}/scans"), &json!({"code": box_2}));
    let verdict = till
        .post_keyed(&format!("{sale}/assessments"), "K", &json!({}))
        .json();
    till.post(&format!("{sale}/attempts"), &json!({"msgid": "M1"}));
    let outcome = till.post_keyed(&format!("{sale}/outcomes"), "K2", &settled("M1", &verdict));
    assert_eq!(outcome.status, 200, "{}", outcome.text());
    let list = till.must("GET", &format!("{sale}/list"), &Value::Null);
    assert_eq!(list["lines"][0]["trace_codes"], json!([box_1, box_2]));
    // Mistakes go to the log as well.
    for (path, body) in [
        (format!("{sale}/scans"), json!({"line": 1, "code": box_1})),
        (
            format!("{sale}/outcomes"),
            json!({"msgid": wife, "reverses": husband, "result": "declined"}),
        ),
        (
            "/v1/sales".to_owned(),
            json!({"holder": {"number": WIFE, "birth": wife}}),
        ),
    ] {
        assert!(till.post(&path, &body).status >= 400);
    }

    // While it runs (the write-ahead file is full), after a kill, after a recovery, and exported.
    let mut kept = files(&shop.data());
    let said = daemon.kill();
    kept.extend(files(&shop.data()));
    let daemon = shop.start();
    let mut till = shop.till(&daemon);
    till.must("GET", &format!("{sale}/list"), &Value::Null);
    let said = said + &daemon.kill();
    let export = shop.path().join("export");
    let printed = shop.must(&["export", "--out", export.to_str().unwrap()]);
    let printed = printed + &shop.must(&["verify"]) + &shop.must(&["token", "list"]);
    kept.extend(files(shop.path()));
    kept.push((PathBuf::from("what the daemon said"), said.into_bytes()));
    kept.push((
        PathBuf::from("what the commands printed"),
        printed.into_bytes(),
    ));

    let secrets = [
        WIFE,
        HUSBAND,
        &WIFE[..17],
        &HUSBAND[..17],
        wife,
        husband,
        operator,
        &box_1,
        &box_2,
        "8675309",
        "RX-TEST-0042",
        shop.token(),
    ];
    // What must be found, or the search finds nothing: a program's name, the store, a refusal.
    let open = [
        "till-a",
        "P44030000001",
        "sale.nothing-to-reverse",
        "板蓝根颗粒",
    ];
    let needles: Vec<_> = secrets
        .iter()
        .chain(&open)
        .flat_map(|text| spellings(text))
        .collect();
    let mut found = BTreeSet::new();
    let mut searched = 0;
    for (path, bytes) in &kept {
        searched += bytes.len();
        let here = found_in(bytes, &needles);
        for secret in secrets {
            assert!(
                !here.contains(secret),
                "`{secret}` stands in {}",
                path.display()
            );
        }
        found.extend(here);
    }
    assert_eq!(found, BTreeSet::from(open));
    let names: Vec<_> = kept
        .iter()
        .filter_map(|(path, _)| path.file_name()?.to_str())
        .collect();
    for name in ["log.db", "log.db-wal", "checkpoint", "master.key"] {
        assert!(names.contains(&name), "{name} was not searched: {names:?}");
    }
    println!(
        "{searched} bytes in {} files searched for {} texts",
        kept.len(),
        secrets.len()
    );
}
