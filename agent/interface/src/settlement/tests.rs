use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::testing;
use super::*;

/// The composed template of 2102, with what the Hubei manner puts beside the lines.
fn template() -> Value {
    json!({
        "druginfo": {
            "psn_no": "P1", "mdtrt_cert_type": "01", "mdtrt_cert_no": "TOKEN",
            "begntime": "2026-07-01 10:31:00", "medfee_sumamt": 25.80, "invono": "",
            "insutype": "310", "dise_codg": "", "acct_used_flag": "1", "med_type": "41",
            "expContent": null
        },
        "drugdetail": [{
            "feedetl_sn": "20260701000123-1", "rxno": "", "rx_circ_flag": "0",
            "fee_ocur_time": "2026-07-01 10:31:00", "med_list_codg": "XA01ABD075A002010100483",
            "medins_list_codg": "SKU00123", "det_item_fee_sumamt": 25.80, "cnt": 2.0000,
            "pric": 12.900000, "prd_days": 7, "bilg_dr_codg": "", "bilg_dr_name": "",
            "drugtracinfo": [
                {"drug_trac_codg": "81234567890123456789"},
                {"drug_trac_codg": "81234567890123456780"}
            ]
        }]
    })
}

fn read_body(infno: &str, body: &Value) -> Result<Settlement, ViewError> {
    let request = Request::parse(body.to_string().as_bytes())?;
    Settlement::read(&request, &testing::call(infno))
}

fn read(infno: &str, input: &Value) -> Result<Settlement, ViewError> {
    read_body(infno, &json!({"infno": infno, "input": input}))
}

#[test]
fn reads_a_purchase_in_the_manner_of_every_province() {
    let input = template();
    let bodies = [
        // Guangdong: an object.
        json!({"infno": "2102", "input": input}),
        // Hubei: a string.
        json!({"infno": "2102", "input": input.to_string()}),
        // Somewhere a string twice over, and the call's number as a number.
        json!({"infno": 2102, "input": json!(input.to_string()).to_string()}),
    ];
    for body in bodies {
        let read = read_body("2102", &body).unwrap();
        assert_eq!(read.person.as_ref().unwrap().expose(), "P1");
        assert_eq!(read.credential, Some(Credential::InsuranceCode));
        assert_eq!(read.fund, Some(Fund::Account));
        assert_eq!(read.account, Some(AccountUse::Used));
        assert_eq!(read.insurance, Some(Insurance::Employee));
        assert_eq!(read.total, Some(Fen::new(2580)));
        assert!(read.visit.is_none() && read.loose_packs.is_empty());
        let line = &read.lines[0];
        assert_eq!((read.lines.len(), line.number), (1, 1));
        assert_eq!(line.serial.as_deref(), Some("20260701000123-1"));
        assert_eq!(line.sku.as_ref().unwrap().as_str(), "SKU00123");
        assert_eq!(
            line.code.as_ref().unwrap().as_str(),
            "XA01ABD075A002010100483"
        );
        assert_eq!(line.quantity, Quantity::whole(2));
        assert_eq!(line.price, UnitPrice::new(12_900_000));
        assert_eq!(line.amount, Fen::new(2580));
        assert_eq!(line.at.as_deref(), Some("2026-07-01 10:31:00"));
        assert_eq!(
            (line.prescription.as_ref(), line.physician.as_ref()),
            (None, None)
        );
        assert_eq!((line.days, line.is_outside_prescription), (Some(7), false));
        assert_eq!((line.packs.len(), line.unreadable_packs), (2, 0));
        assert_eq!(format!("{read:?} {line:?}"), "Settlement FeeLine");
    }
}

#[test]
fn a_single_line_need_not_be_an_array() {
    let mut input = template();
    input["drugdetail"] = input["drugdetail"][0].clone();
    assert_eq!(read("2102", &input).unwrap().lines.len(), 1);
    // Nor does it have to stand beside the head.
    let lines = input["drugdetail"].take();
    input["druginfo"]["drugdetail"] = lines;
    assert_eq!(read("2101A", &input).unwrap().lines.len(), 1);
}

#[test]
fn the_list_beside_the_lines_is_joined_to_them() {
    const ONE: &str = "81234567890123456789";
    const TWO: &str = "81234567890123456780";
    let mut input = template();
    let mut second = input["drugdetail"][0].clone();
    second["feedetl_sn"] = json!("20260701000123-2");
    second.as_object_mut().unwrap().remove("drugtracinfo");
    input["drugdetail"].as_array_mut().unwrap().push(second);
    for node in ["drug_trac_info", "drugtracinfo", "drugTracInfo"] {
        let mut input = input.clone();
        input[node] = json!([
            {"feedetl_sn": "20260701000123-2", "drug_trac_codg": "83334567890123456789", "trdn_flag": "0"},
            {"feedetl_sn": "20260701000123-2", "drug_trac_codg": "无"},
            // Named on the line already: counts once.
            {"feedetl_sn": "20260701000123-1", "drug_trac_codg": ONE},
            {"feedetl_sn": "20260701000123-1", "drug_trac_codg": TWO},
            {"feedetl_sn": "another", "drug_trac_codg": "84444567890123456789"},
            {"drug_trac_codg": "85554567890123456789"},
        ]);
        let read = read("2102", &input).unwrap();
        let counts: Vec<_> = read
            .lines
            .iter()
            .map(|line| (line.packs.len(), line.unreadable_packs))
            .collect();
        assert_eq!(counts, [(2, 0), (1, 1)], "{node}");
        let loose: Vec<_> = read
            .loose_packs
            .iter()
            .map(|loose| (loose.serial.as_deref(), loose.packs.len()))
            .collect();
        assert_eq!(loose, [(Some("another"), 1), (None, 1)], "{node}");
    }
}

#[test]
fn a_list_without_line_numbers_means_the_only_line() {
    let mut input = template();
    input["drugdetail"][0]
        .as_object_mut()
        .unwrap()
        .remove("drugtracinfo");
    input["drug_trac_info"] = json!({"drug_trac_codg": "81234567890123456789"});
    let read = read("2102", &input).unwrap();
    assert_eq!((read.lines[0].packs.len(), read.loose_packs.len()), (1, 0));
}

#[test]
fn pooled_purchases_are_joined_by_visit() {
    let line = |batch: &str| {
        json!({"feedetl_sn": "1", "mdtrt_id": "M7", "psn_no": "P1", "chrg_bchno": batch,
               "med_list_codg": "XA01ABD075A002010100483", "cnt": 1, "pric": 4.52,
               "det_item_fee_sumamt": 4.52})
    };
    let lines = read("2204", &json!({"feedetail": [line("B1"), line("B1")]})).unwrap();
    let head = json!({"data": {"psn_no": "P1", "mdtrt_id": "M7", "chrg_bchno": "B1",
        "med_type": "14", "acct_used_flag": "0", "insutype": "390", "medfee_sumamt": "9.04"},
        "drug_trac_info": [{"feedetl_sn": "1", "drug_trac_codg": "81234567890123456789"}]});
    let settled = read("2207", &head).unwrap();
    assert!(lines.visit.is_some() && lines.visit == settled.visit);
    assert_eq!(lines.person.as_ref().unwrap().expose(), "P1");
    assert_eq!((lines.lines.len(), settled.lines.len()), (2, 0));
    assert_eq!(settled.fund, Some(Fund::Chronic));
    assert_eq!(settled.insurance, Some(Insurance::Resident));
    let loose = &settled.loose_packs[0];
    assert_eq!((loose.serial.as_deref(), loose.packs.len()), (Some("1"), 1));
    assert_eq!(settled.loose_packs.len(), 1);
    assert_eq!(
        read("2204", &json!({"feedetail": [line("B1"), line("B2")]})).unwrap_err(),
        ViewError::Ambiguous("chrg_bchno")
    );
}

#[test]
fn a_line_that_cannot_be_read_leaves_the_others_to_be_judged() {
    let with = |name: &str, value: Value| {
        let mut input = template();
        let mut second = input["drugdetail"][0].clone();
        second["medins_list_codg"] = json!("SKU2");
        second["med_list_codg"] = json!("XA02ABD075A002010100483");
        second[name] = value;
        input["drugdetail"].as_array_mut().unwrap().push(second);
        input
    };
    for (name, value, is_read) in [
        ("cnt", json!(null), false),
        ("cnt", json!("二"), false),
        ("cnt", json!(0), false),
        ("cnt", json!(0.333_333_33), false),
        ("pric", json!(""), false),
        ("pric", json!("12.9000001"), true),
        ("det_item_fee_sumamt", json!([25.8]), false),
        ("det_item_fee_sumamt", json!("25.801"), false),
        ("det_item_fee_sumamt", json!("1e1"), true),
        ("DET_ITEM_FEE_SUMAMT", json!("25.80"), true),
        ("med_list_codg", json!("A1"), true),
        ("medins_list_codg", json!(null), true),
    ] {
        let read = read("2102", &with(name, value.clone())).unwrap();
        let unread: Vec<u32> = read.unread.iter().map(|line| line.number).collect();
        let (lines, expected) = if is_read { (2, vec![]) } else { (1, vec![2]) };
        assert_eq!(
            (read.lines.len(), unread),
            (lines, expected),
            "{name} {value}"
        );
    }
    let mut input = template();
    input["drugdetail"]
        .as_array_mut()
        .unwrap()
        .insert(0, json!("gift"));
    let kept = read("2102", &input).unwrap();
    assert_eq!((kept.lines[0].number, kept.unread[0].number), (2, 1));
    assert_eq!(kept.unread[0].amount, None);
    assert_eq!(format!("{:?}", kept.unread[0]), "UnreadLine");
    // Nothing is left to be judged: it is the call that cannot be read.
    let mut input = template();
    input["drugdetail"][0]["cnt"] = json!("二");
    assert_eq!(read("2102", &input).unwrap_err(), ViewError::Line(1));
}

/// One line of the template, and a second one of another article without codes.
fn two_lines() -> [Value; 2] {
    let first = template()["drugdetail"][0].clone();
    let mut second = first.clone();
    second["feedetl_sn"] = json!("20260701000123-2");
    second["medins_list_codg"] = json!("SKU2");
    second["med_list_codg"] = json!("XA02ABD075A002010100483");
    second.as_object_mut().unwrap().remove("drugtracinfo");
    [first, second]
}

/// What is left of a bill: number, quantity and amount of each line, and the numbers of those unread.
fn bill(lines: &[&Value]) -> (Vec<(u32, i64, i64)>, Vec<u32>) {
    let mut input = template();
    input["drugdetail"] = json!(lines);
    let read = read("2102", &input).unwrap();
    let lines = read.lines.iter();
    let lines = lines.map(|line| (line.number, line.quantity.units(), line.amount.units()));
    let unread = read.unread.iter().map(|line| line.number);
    (lines.collect(), unread.collect())
}

const ONE: (u32, i64, i64) = (1, 20_000, 2580);
const TWO: (u32, i64, i64) = (2, 20_000, 2580);

#[test]
fn what_comes_back_is_taken_off_the_line_that_it_means() {
    let [first, second] = two_lines();
    let back = |cnt: i64, amount: f64| {
        let mut line = second.clone();
        line["cnt"] = json!(cnt);
        line["det_item_fee_sumamt"] = json!(amount);
        line["feedetl_sn"] = json!("r");
        line
    };
    // A box of two comes back, by its article or by the serial that it names.
    let left = (2, 10_000, 1290);
    let returned = back(-1, -12.9);
    assert_eq!(
        bill(&[&first, &second, &returned]),
        (vec![ONE, left], vec![])
    );
    let named = json!({"cnt": -1, "pric": 12.9, "det_item_fee_sumamt": -12.9,
        "init_feedetl_sn": "20260701000123-2"});
    assert_eq!(bill(&[&first, &second, &named]), (vec![ONE, left], vec![]));
    // All of it comes back: the line is gone.
    let all = back(-2, -25.8);
    assert_eq!(bill(&[&first, &second, &all]), (vec![ONE], vec![]));
    // More comes back than was bought, or something that was not.
    let more = back(-3, -38.7);
    assert_eq!(bill(&[&first, &second, &more]), (vec![ONE, TWO], vec![3]));
    assert_eq!(bill(&[&first, &returned]), (vec![ONE], vec![2]));
    // A pack that comes back is not sold.
    let mut pack = first.clone();
    pack["cnt"] = json!(-1);
    pack["det_item_fee_sumamt"] = json!(-12.9);
    pack["drugtracinfo"] = json!([{"drug_trac_codg": "81234567890123456780"}]);
    let mut input = template();
    input["drugdetail"].as_array_mut().unwrap().push(pack);
    let left = read("2102", &input).unwrap().lines.remove(0);
    assert_eq!(left.packs, ["81234567890123456789".parse().unwrap()]);
}

#[test]
fn a_discount_is_taken_off_its_article_or_off_the_only_line() {
    let [first, second] = two_lines();
    let off = |sku: &str, amount: f64| {
        json!({"medins_list_codg": sku, "med_list_codg": "", "cnt": 1, "pric": amount,
            "det_item_fee_sumamt": amount, "feedetl_sn": "off"})
    };
    let (of_article, of_bill) = (off("SKU2", -5.0), off("ZK01", -5.0));
    let left = (2, 20_000, 2080);
    assert_eq!(
        bill(&[&first, &second, &of_article]),
        (vec![ONE, left], vec![])
    );
    assert_eq!(bill(&[&first, &of_bill]), (vec![(1, 20_000, 2080)], vec![]));
    // Of nobody knows which of two, and more than there is.
    assert_eq!(
        bill(&[&first, &second, &of_bill]),
        (vec![ONE, TWO], vec![3])
    );
    assert_eq!(bill(&[&first, &off("ZK01", -26.0)]), (vec![ONE], vec![2]));
}

#[test]
fn a_call_that_should_have_lines_has_some() {
    let empty = json!({"druginfo": {"psn_no": "P1"}, "drugdetail": []});
    let none = json!({"druginfo": {"psn_no": "P1"}});
    let other = json!({"druginfo": {}, "drugdetail": "U2FsdGVkX1"});
    for (infno, input, error) in [
        ("2102", &empty, Some(ViewError::Member("lines"))),
        ("2102", &none, Some(ViewError::Member("lines"))),
        ("2101", &json!(null), Some(ViewError::Member("lines"))),
        ("2204", &none, Some(ViewError::Member("lines"))),
        ("2102", &other, Some(ViewError::Line(1))),
        ("2161", &none, None),
        ("2161", &empty, None),
        ("2206", &none, None),
    ] {
        assert_eq!(read(infno, input).err(), error, "{infno} {input}");
    }
}

#[test]
fn ends_at_its_limits() {
    let line = template()["drugdetail"][0].clone();
    let lines = |count: usize| json!({"druginfo": {}, "drugdetail": vec![line.clone(); count]});
    assert_eq!(
        read("2102", &lines(MAX_LINES)).unwrap().lines.len(),
        MAX_LINES
    );
    assert_eq!(
        read("2102", &lines(MAX_LINES + 1)).unwrap_err(),
        ViewError::Limit
    );
    let codes: Vec<_> = (0..=MAX_CODES)
        .map(|number| json!({"drug_trac_codg": format!("8{number:019}")}))
        .collect();
    let mut input = template();
    input["drugdetail"][0]["drugtracinfo"] = json!(codes);
    assert_eq!(read("2102", &input).unwrap_err(), ViewError::Limit);
    let mut input = template();
    input["drug_trac_info"] = json!(codes);
    assert_eq!(read("2102", &input).unwrap_err(), ViewError::Limit);
}

#[test]
fn work_injuries_are_told_by_the_system_that_is_called() {
    let body = json!({"infno": "2102", "recer_sys_code": "GSXT", "input": template()});
    let read = read_body("2102", &body).unwrap();
    assert_eq!(read.insurance, Some(Insurance::WorkInjury));
}

/// How a till writes: the same purchase in any of these is the same purchase.
#[derive(Clone, Debug)]
struct Manner {
    is_text: bool,
    are_numbers_text: bool,
    trace_node: &'static str,
    trace_code: &'static str,
    is_trace_beside: bool,
}

fn manner() -> impl Strategy<Value = Manner> {
    let nodes = ["drugtracinfo", "drug_trac_info", "drugTracInfo"];
    let codes = ["drug_trac_codg", "drug_trac_code", "drugTracCodg"];
    (
        any::<bool>(),
        any::<bool>(),
        proptest::sample::select(nodes.to_vec()),
        proptest::sample::select(codes.to_vec()),
        any::<bool>(),
    )
        .prop_map(
            |(is_text, are_numbers_text, trace_node, trace_code, is_trace_beside)| Manner {
                is_text,
                are_numbers_text,
                trace_node,
                trace_code,
                is_trace_beside,
            },
        )
}

/// A line as it was meant: quantity, price, amount in their smallest units, and packs.
type Meant = (i64, i64, i64, Vec<u32>);

fn write(lines: &[Meant], manner: &Manner) -> String {
    let decimal = |text: String| {
        if manner.are_numbers_text {
            format!("\"{text}\"")
        } else {
            text
        }
    };
    let mut beside = Vec::new();
    let mut written = Vec::new();
    for (at, (quantity, price, amount, packs)) in lines.iter().enumerate() {
        let packs = packs
            .iter()
            .map(|pack| format!(r#""{}":"8{pack:019}""#, manner.trace_code));
        let own: Vec<_> = if manner.is_trace_beside {
            beside.extend(packs.map(|pack| format!(r#"{{"feedetl_sn":"L{at}",{pack}}}"#)));
            Vec::new()
        } else {
            packs.map(|pack| format!("{{{pack}}}")).collect()
        };
        written.push(format!(
            r#"{{"feedetl_sn":"L{at}","cnt":{},"pric":{},"det_item_fee_sumamt":{},"{}":[{}]}}"#,
            decimal(Quantity::new(*quantity).to_string()),
            decimal(UnitPrice::new(*price).to_string()),
            decimal(Fen::new(*amount).to_string()),
            manner.trace_node,
            own.join(","),
        ));
    }
    let input = format!(
        r#"{{"druginfo":{{"psn_no":"P1"}},"drugdetail":[{}],"{}":[{}]}}"#,
        written.join(","),
        manner.trace_node,
        beside.join(","),
    );
    let input = if manner.is_text {
        Value::String(input).to_string()
    } else {
        input
    };
    format!(r#"{{"infno":"2102","input":{input}}}"#)
}

proptest! {
    #[test]
    fn a_purchase_is_the_same_in_every_spelling(
        lines in proptest::collection::vec(
            (
                1..99_999_999_999_i64,
                0..99_999_999_999_i64,
                0..99_999_999_999_i64,
                proptest::collection::vec(any::<u32>(), 0..4),
            ),
            1..6,
        ),
        manner in manner(),
    ) {
        let body = write(&lines, &manner);
        let request = Request::parse(body.as_bytes()).unwrap();
        let read = Settlement::read(&request, &testing::call("2102")).unwrap();
        let again: Vec<Meant> = read
            .lines
            .iter()
            .map(|line| {
                let packs = line.packs.iter().map(|pack| pack.to_string()[1..].parse().unwrap());
                (line.quantity.units(), line.price.units(), line.amount.units(), packs.collect())
            })
            .collect();
        prop_assert_eq!(again, lines);
        prop_assert!(read.loose_packs.is_empty());
    }

    #[test]
    fn never_panics(input in testing::any_json(), lines in testing::any_json(), infno in "2(101|102|161|204|207)") {
        for input in [input.clone(), json!({"druginfo": input, "drugdetail": lines, "feedetail": lines})] {
            let _ = read(&infno, &input);
        }
    }
}
