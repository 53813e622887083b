//! What of a call cannot be read, and what says two things.

use serde_json::{Value, json};

use crate::kit::Shop;
use crate::message::{LI, Manner, WANG, cup, granules};

/// A settlement of one box with another line behind it.
fn with_line(shop: &Shop, msgid: &str, line: &Value) -> String {
    let body = shop.settlement(msgid, LI, &[granules("R1000000-1", &[1])]);
    let mut body: Value = serde_json::from_str(&body).unwrap();
    let lines = body["input"]["drugdetail"].as_array_mut().unwrap();
    lines.push(line.clone());
    body.to_string()
}

// R10: one line that cannot be read is a question of its own, and hides no other one.
#[test]
fn a_line_that_cannot_be_read_is_asked_about_and_the_others_are_judged() {
    let shop = Shop::new();
    shop.reads("01", LI, "01");
    let unread = json!({"medins_list_codg": "100057", "cnt": "二", "pric": 5});
    let body = with_line(&shop, "M1", &unread);
    let message = shop.refused("01", "2102", &body);
    assert!(message.contains("第2行"), "{message}");
    let lines = &shop.facts()["lines"];
    assert_eq!(lines.as_array().unwrap().len(), 2);
    assert_eq!(lines[1]["number"], 2);
    assert_eq!(lines[1]["offered"]["sku"], Value::Null);
    // A cup behind it is refused for what it is.
    let body = shop.settlement("M2", LI, &[cup("R1000000-2")]);
    let mut body: Value = serde_json::from_str(&body).unwrap();
    let lines = body["input"]["drugdetail"].as_array_mut().unwrap();
    lines.insert(0, unread);
    let message = shop.refused("01", "2102", &body.to_string());
    assert!(message.contains("茶饮杯"), "{message}");
    assert_eq!(shop.count("gateway.unreadable"), 0);
}

// R07: what is taken off within the bill is no line of its own.
#[test]
fn a_discount_is_taken_off_and_the_bill_settles() {
    let shop = Shop::new();
    shop.reads("01", LI, "01");
    let off = json!({"feedetl_sn": "R1000000-2", "medins_list_codg": "100057", "cnt": 1,
        "pric": -1.00, "det_item_fee_sumamt": -1.00});
    let whole = "\"medfee_sumamt\":19.1";
    let body = with_line(&shop, "M1", &off).replace(whole, "\"medfee_sumamt\":18.1");
    shop.leaves("01", "2102", &body);
    let lines = &shop.facts()["lines"];
    assert_eq!(lines.as_array().unwrap().len(), 1);
    assert_eq!(lines[0]["amount"], "18.10");
}

// Two values: nobody knows which one the platform reads. One value said twice is one.
#[test]
fn what_says_two_things_is_refused_and_what_says_one_twice_is_not() {
    let shop = Shop::new();
    shop.reads("01", LI, "01");
    let body = shop.settlement("M1", LI, &[granules("R1000000-1", &[1])]);
    let twice = |name: &str, value: &str, before: &str| {
        body.replacen(before, &format!("\"{name}\":{value},{before}"), 1)
    };
    for disputed in [
        twice("Infno", "\"2101\"", "\"infno\""),
        twice("inf\\u006eo", "\"1101\"", "\"infno\""),
        twice("FixMedins_Code", "\"P44030000002\"", "\"fixmedins_code\""),
        twice("psn_no", "\"1\"", "\"psn_no\""),
        twice("CNT", "9", "\"cnt\""),
    ] {
        let message = shop.refused("01", "2102", &disputed);
        assert!(message.starts_with("请联系收银软件商"), "{message}");
    }
    // The same body once more is the same finding.
    shop.refused("01", "2102", &twice("CNT", "9", "\"cnt\""));
    assert_eq!(shop.findings(), ["interface.disputed"; 5]);
    let told = shop.board("01").told;
    assert_eq!(told.as_deref(), Some("interface.disputed"));
    // The path says 2102, the body another number.
    let other = shop.refused("01", "2102", &body.replace("\"2102\"", "\"1101\""));
    assert!(other.contains("交易编号"), "{other}");
    let alike = twice("INFNO", "\"2102\"", "\"infno\"");
    shop.leaves("01", "2102", &alike);
}

/// A message with its members' names in camel case, without underscores.
fn in_camel_case(json: &Value) -> Value {
    match json {
        Value::Array(items) => items.iter().map(in_camel_case).collect(),
        Value::Object(members) => {
            let camel = |name: &str| {
                let mut parts = name.split('_');
                let first = parts.next().unwrap_or_default().to_owned();
                parts.fold(first, |name, part| {
                    name + &part[..1].to_uppercase() + &part[1..]
                })
            };
            let members = members.iter();
            let members = members.map(|(name, value)| (camel(name), in_camel_case(value)));
            Value::Object(members.collect())
        }
        other => other.clone(),
    }
}

// R07: some tills send what their software calls it; what is judged and what is heard stay the same.
#[test]
fn names_in_camel_case_are_read_as_those_with_underscores() {
    let camel = |text: &str| in_camel_case(&serde_json::from_str(text).unwrap()).to_string();
    for manner in [Manner::Guangdong, Manner::Jiangsu] {
        let shop = Shop::in_manner(manner);
        shop.reads("01", LI, "01");
        let body = camel(&shop.settlement("M1", LI, &[granules("R1000000-1", &[1])]));
        assert!(body.contains("\"psnNo\"") && !body.contains('_'), "{body}");
        let departure = shop.sent("01", "2102", &body);
        let line = &shop.facts()["lines"][0];
        assert_eq!(line["packs"].as_array().unwrap().len(), 1, "{line}");
        shop.answered(departure, &camel(&shop.settled("S1", (LI, 1910))));
        shop.reads("01", LI, "01");
        let again = shop.settlement("M2", LI, &[granules("R1000000-1", &[1])]);
        assert!(shop.refused("01", "2102", &again).contains("S1"));
        let cup = camel(&shop.settlement("M3", LI, &[cup("R3000000-1")]));
        assert!(shop.refused("01", "2102", &cup).contains("茶饮杯"));
        let elsewhere = shop.settlement("M4", LI, &[granules("R4000000-1", &[4])]);
        let elsewhere = elsewhere.replacen("{", "{\"fixmedinsCode\":\"P1\",", 1);
        let message = shop.refused("01", "2102", &elsewhere);
        assert!(message.starts_with("请联系收银软件商"), "{message}");
    }
}

// R07: what is only asked passes as before; what no answer mends is said where the till shows it.
#[test]
fn a_store_may_let_calculations_be_refused_for_what_is_broken_for_good() {
    let lines = [granules("R1000000-1", &[1])];
    for (shop, is_refused) in [(Shop::new(), false), (Shop::refusing_early(), true)] {
        // Nobody was shown to be there, which a scan mends.
        shop.reads("01", LI, "02");
        shop.leaves("01", "2101", &shop.druginfo("2101", "P1", (LI, &lines)));
        // A till that is not the store's.
        shop.reads("09", WANG, "01");
        let asked = shop.druginfo("2101", "P2", (WANG, &lines));
        if is_refused {
            let message = shop.refused("09", "2101", &asked);
            assert!(message.contains("store.till"), "{message}");
            assert!(!shop.board("09").sale.unwrap().reasons.is_empty());
        } else {
            shop.leaves("09", "2101", &asked);
        }
    }
}

// A warning that no till shows stands on the counter page, with what is missing.
#[test]
fn what_a_calculation_warns_of_stands_at_the_counter() {
    let shop = Shop::new();
    shop.reads("01", LI, "02");
    let lines = [granules("R1000000-1", &[1])];
    shop.leaves("01", "2101", &shop.druginfo("2101", "P1", (LI, &lines)));
    let sale = shop.board("01").sale.unwrap();
    assert_eq!(sale.lines.len(), 1);
    let remedies: Vec<_> = sale.reasons.iter().map(|reason| &reason.remedy).collect();
    let is_said = remedies.iter().any(|remedy| remedy.contains("医保码"));
    assert!(is_said, "{remedies:?}");
}
