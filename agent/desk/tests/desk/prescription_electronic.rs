//! Electronic prescriptions that a till fetches and writes off by itself.

use crate::kit::Shop;
use crate::prescription::{DAY_MS, DRUG, HUSBAND, WIFE};
use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::part::PartClass;
use pharmacy_protocol::term::Quantity;
use serde_json::{Value, json};

const NUMBER: &str = "R44030020250001";

fn request(infno: &str, input: &Value) -> String {
    json!({ "infno": infno, "msgid": "M72", "input": { "data": input } }).to_string()
}

fn answer(output: &Value) -> String {
    json!({ "infcode": 0, "output": output }).to_string()
}

fn prescription(patient: Option<&str>) -> Value {
    let mut told = json!({
        "hi_rxno": NUMBER, "fixmedins_code": "H44030012345", "fixmedins_name": "甲医院",
        "prsc_time": "2025-11-21 09:15:00", "valid_end_time": "2025-11-23 23:59:59",
        "rept_flag": "0", "max_rept_cnt": "0", "reptd_cnt": "0",
        "rxdrugdetail": [{ "drug_genname": DRUG, "drug_cnt": "2.0000", "medc_days": "7.00" }],
        "mdtrtinfo": { "prsc_dr_name": "李大夫" },
    });
    if let Some(patient) = patient {
        told["mdtrtinfo"]["patn_name"] = "张三丰".into();
        told["mdtrtinfo"]["certno"] = patient.into();
    }
    told
}

impl Shop {
    fn fetches(&self, input: &Value, output: &Value) {
        self.observe("01", "7203", &request("7203", input), &answer(output));
    }

    fn writes_off(&self, number: &str, infcode: i32) {
        let body = request("7206", &json!({ "hi_rxno": number, "setl_id": "S1" }));
        let heard = json!({ "infcode": infcode, "output": {} }).to_string();
        self.observe("01", "7206", &body, &heard);
    }

    fn owes_a_write_off(&self) -> bool {
        let alarms = self.board("01").alarms;
        let waits = |alarm: &String| alarm == "prescription.write-off-waits";
        alarms.iter().any(waits)
    }
}

// R26: fetched by the till, kept, used by the settlement, written off once; a reversal gives it back.
#[test]
fn what_the_till_fetches_is_kept_used_and_written_off_once() {
    let shop = Shop::new();
    let asked = json!({ "auth_rxno": "A1" });
    shop.fetches(&asked, &prescription(Some(WIFE)));
    shop.fetches(&asked, &prescription(Some(WIFE)));
    let list = shop.list();
    assert_eq!(list.len(), 1, "fetched twice is one");
    let (id, one) = (list[0].prescription, &list[0]);
    assert_eq!(one.number.as_deref(), Some(NUMBER));
    assert!(one.lacks.is_empty() && one.patient.as_ref().unwrap().contains('*'));
    assert!(!shop.owes_a_write_off());

    let sale = shop.settle_sale(WIFE, 2, "M1");
    assert_eq!(shop.dispensed(id), Quantity::whole(2));
    assert!(
        shop.owes_a_write_off(),
        "the centre is away, or the till has not come to it"
    );
    shop.writes_off(NUMBER, -1);
    assert!(shop.owes_a_write_off(), "the centre did not take it");
    shop.writes_off("R-other", 0);
    assert!(shop.owes_a_write_off());
    shop.writes_off(NUMBER, 0);
    shop.writes_off(NUMBER, 0);
    assert!(!shop.owes_a_write_off());
    let steps = shop.parts(EntryKind::Prescription, PartClass::Prescription);
    let written = steps.iter().filter(|step| step["step"] == "written-off");
    assert_eq!(written.count(), 1);

    shop.take_back(&sale, "R1", "M1");
    assert_eq!(shop.dispensed(id), Quantity::whole(0));
    assert!(!shop.owes_a_write_off());
    shop.settle_sale(WIFE, 1, "M2");
    assert!(shop.owes_a_write_off());
}

// R26: whose it is may be told by the code that was scanned before, and by nothing else.
#[test]
fn the_person_is_the_one_whose_code_was_scanned() {
    let shop = Shop::new();
    let scanned = json!({ "data": { "epc_token": "T1", "name": "张三丰", "certno": WIFE } });
    let other = json!({ "data": { "epc_token": "T2", "name": "李四", "certno": HUSBAND } });
    for output in [&scanned, &other] {
        let body = request("7201", &json!({ "epc_qrcd": "Q" }));
        shop.observe("01", "7201", &body, &answer(output));
    }
    shop.fetches(&json!({ "epc_token": "T1" }), &prescription(None));
    shop.judged(HUSBAND, 1, None);
    assert!(shop.known().is_empty(), "the husband's code opened nothing");
    shop.judged(WIFE, 1, None);
    assert_eq!(shop.known().len(), 1);
}

// R14, R26: what cannot serve is not kept; the till's call passed all the same.
#[test]
fn one_that_is_over_or_still_to_come_is_not_kept() {
    let shop = Shop::new();
    let mut late = prescription(Some(WIFE));
    late["valid_end_time"] = "2025-11-21".into();
    shop.fetches(&json!({}), &late);
    let mut early = prescription(Some(WIFE));
    early["prsc_time"] = "2025-11-23 08:00:00".into();
    shop.fetches(&json!({}), &early);
    shop.fetches(&json!({}), &json!({ "hi_rxno": "" }));
    assert!(shop.list().is_empty());
    shop.fetches(&json!({}), &prescription(Some(WIFE)));
    assert_eq!(shop.list().len(), 1);
    shop.clock.advance(2 * DAY_MS);
    shop.fetches(&json!({}), &prescription(Some(WIFE)));
    shop.judged(WIFE, 1, None);
    assert!(shop.known().is_empty());
}

// R14, R17: a refill waits as long as the centre says; the rest of a filling does not.
#[test]
fn a_refill_waits_for_the_interval_and_the_rest_of_a_filling_does_not() {
    let shop = Shop::new();
    shop.judged(WIFE, 1, None);
    assert!(shop.facts()["store"]["fetches"].is_null(), "nothing yet");
    let mut refill = prescription(Some(WIFE));
    refill["rept_flag"] = "1".into();
    refill["max_rept_cnt"] = "3".into();
    refill["min_inrv_days"] = "25".into();
    refill["valid_end_time"] = "2026-05-21 23:59:59".into();
    shop.fetches(&json!({}), &refill);
    let again_on = |shop: &Shop| {
        shop.judged(WIFE, 1, None);
        assert_eq!(shop.facts()["store"]["fetches"], true);
        shop.known()[0]["again-on"].clone()
    };
    assert!(again_on(&shop).is_null(), "the first time");
    shop.settle_sale(WIFE, 1, "M1");
    assert!(again_on(&shop).is_null(), "one of two packs");
    let sale = shop.settle_sale(WIFE, 1, "M2");
    assert_eq!(again_on(&shop), "2025-12-17");
    shop.take_back(&sale, "R1", "M2");
    assert!(again_on(&shop).is_null(), "given back");
    assert_eq!(shop.known()[0]["area"]["known"], "440300");
}

// R26: refills: what other shops dispensed counts, and what is left serves.
#[test]
fn refills_elsewhere_count() {
    let shop = Shop::new();
    let mut refill = prescription(Some(WIFE));
    refill["rept_flag"] = "1".into();
    refill["max_rept_cnt"] = "3".into();
    refill["reptd_cnt"] = "2".into();
    shop.fetches(&json!({}), &refill);
    let id = shop.list()[0].prescription;
    assert_eq!(shop.dispensed(id), Quantity::whole(4));
    shop.settle_sale(WIFE, 2, "M1");
    shop.judged(WIFE, 1, None);
    assert!(shop.known().is_empty(), "all three are gone");
}
