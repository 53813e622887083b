//! `stock no-code` by the real program: entered, listed, lowered, alone and beside a running agent.

use jiff::civil::Date;
use jiff::tz::{self, TimeZone};
use jiff::{Timestamp, ToSpan};
use pharmacy_kit::shop::{Ended, Shop};
use serde_json::Value;

const PIN: &str = "270418";

/// A day from today on, at the store.
fn day(days: i32) -> String {
    let store = TimeZone::fixed(tz::offset(8));
    let today: Date = Timestamp::now().to_zoned(store).date();
    today.checked_add(days.days()).unwrap().to_string()
}

/// A shop with a catalogue, one in charge and one cashier.
fn shop() -> Shop {
    let shop = Shop::new();
    for (id, duty) in [("S01", "in-charge"), ("S02", "cashier")] {
        let arguments = [
            "staff",
            "add",
            id,
            "--name",
            "王小药",
            "--duty",
            duty,
            "--contract-from",
            "2025-01-01",
            "--contract-until",
            "2099-12-31",
        ];
        let added = shop.run_typed(&arguments, &format!("{PIN}\n{PIN}\n"));
        assert_eq!(added.code, Some(0), "{added:?}");
    }
    shop
}

fn add(shop: &Shop, lot: &str, more: &[&str], pin: &str) -> Ended {
    let last_day = day(300);
    let mut arguments = vec!["stock", "no-code", "add", "100057", "--lot", lot];
    arguments.extend(["--document", "D20250301", "--last-day", &last_day]);
    arguments.extend(more);
    shop.run_typed(&arguments, &format!("{pin}\n"))
}

const GOOD: [&str; 6] = [
    "--staff",
    "S01",
    "--quantity",
    "12.5",
    "--bought",
    "2025-03-01",
];

fn lots(shop: &Shop) -> Vec<String> {
    let listed = shop.must(&["stock", "no-code", "list", "--json"]);
    let listed: Value = serde_json::from_str(&listed).unwrap();
    let lots = listed["lots"].as_array().unwrap().iter();
    let told = lots.map(|lot| format!("{} {}", lot["lot"], lot["left"]).replace('"', ""));
    told.collect()
}

#[track_caller]
fn refused(ended: &Ended, code: &str) {
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.err.contains(&format!("错误 [{code}] ")), "{ended:?}");
    let said = format!("{}{}", ended.out, ended.err);
    assert!(!said.contains(PIN), "{said}");
}

// R25: entered once by the person in charge; only lowered afterwards.
#[test]
fn a_lot_is_entered_once_listed_and_lowered() {
    let shop = shop();
    let added = add(&shop, "b2024-01", &GOOD, PIN);
    assert_eq!(added.code, Some(0), "{added:?}");
    assert_eq!(lots(&shop), ["B2024-01 12.5"]);
    refused(&add(&shop, "B2024-01", &GOOD, PIN), "no-code.again");
    refused(&add(&shop, "B2", &GOOD, "918273"), "staff.pin-wrong");
    let by_cashier = [
        "--staff",
        "S02",
        "--quantity",
        "1",
        "--bought",
        "2025-03-01",
    ];
    refused(&add(&shop, "B2", &by_cashier, PIN), "staff.duty");
    let later = [
        "--staff",
        "S01",
        "--quantity",
        "1",
        "--bought",
        "2025-07-01",
    ];
    refused(&add(&shop, "B2", &later, PIN), "no-code.bought-since");
    let lower = |left: &str| {
        let arguments = [
            "stock",
            "no-code",
            "lower",
            "100057",
            "--lot",
            "B2024-01",
            "--document",
            "d20250301",
            "--staff",
            "S01",
            "--left",
            left,
        ];
        shop.run_typed(&arguments, &format!("{PIN}\n"))
    };
    refused(&lower("13"), "no-code.not-lower");
    assert_eq!(lower("3").code, Some(0));
    assert_eq!(lots(&shop), ["B2024-01 3"]);
    assert!(shop.must(&["status"]).contains("1 / 1"));
    shop.verified_entries();
}

#[test]
fn a_list_is_imported_whole_or_not_at_all_also_beside_a_running_agent() {
    let shop = shop();
    let daemon = shop.start();
    let file = shop.path().join("no-code.csv");
    let import = |rows: &[String]| {
        let head = "商品编码,品名,批号,有效期至,数量,单据号,购进日期";
        let text = format!("{head}\n{}\n", rows.join("\n"));
        std::fs::write(&file, text).unwrap();
        let file = file.to_str().unwrap();
        let arguments = ["stock", "no-code", "import", file, "--staff", "S01"];
        shop.run_typed(&arguments, &format!("{PIN}\n"))
    };
    let row = |sku: &str, lot: &str| format!("{sku},药,{lot},{},8,D1,2025-03-01", day(200));
    let bad = import(&[
        row("100057", "B1"),
        "100057,药,B2,有效,8,D1,2025-03-01".to_owned(),
    ]);
    refused(&bad, "no-code.bad-rows");
    assert!(bad.err.contains("line 3"), "{bad:?}");
    let unknown = import(&[row("100057", "B1"), row("nobody", "B2")]);
    refused(&unknown, "no-code.article");
    assert!(unknown.err.contains("line 3"), "{unknown:?}");
    assert!(lots(&shop).is_empty(), "all or nothing");
    let good = import(&[row("100057", "B1"), row("100057", "B2")]);
    assert_eq!(good.code, Some(0), "{good:?}");
    assert_eq!(lots(&shop), ["B1 8", "B2 8"]);
    // One that was there before takes the others with it.
    refused(
        &import(&[row("100057", "B3"), row("100057", "B2")]),
        "no-code.again",
    );
    assert_eq!(lots(&shop).len(), 2);
    daemon.kill();
    shop.verified_entries();
}
