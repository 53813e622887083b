//! Invoices against the purchase list (R21): what agrees is an entry, what does not is a finding.

use pharmacy_kit::shop::Shop;
use pharmacy_kit::till::{Till, WIFE, assert_problem, otc, pack, reversed};
use serde_json::{Value, json};

const GOODS: &str = "板蓝根颗粒";

/// A settled sale of two packs: 38.20 by the insurance.
fn settled_sale(till: &mut Till, (msgid, first): (&str, u64)) -> String {
    let sale = till.open(WIFE);
    let packs = [pack(first), pack(first + 1)];
    let verdict = till.assess(&sale, &json!([otc(1, &packs)]));
    assert_eq!(verdict["answer"], "allow", "{verdict}");
    let report = pharmacy_kit::till::settled(msgid, &verdict);
    till.must("POST", &format!("{sale}/outcomes"), &report);
    sale
}

/// Today in the store's time: an invoice is not issued before its sale.
fn today() -> String {
    let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(8));
    jiff::Timestamp::now().to_zoned(zone).date().to_string()
}

fn invoice(number: &str, amount: &str, name: &str) -> Value {
    json!({
        "number": number, "amount": amount, "issued": today(),
        "items": [{"name": name, "quantity": "1", "amount": amount}],
    })
}

#[test]
fn an_invoice_that_says_what_the_list_says_is_recorded() {
    let shop = Shop::new();
    let daemon = shop.start();
    let mut till = shop.till(&daemon);
    let sale = settled_sale(&mut till, ("M1", 1));
    let invoices = format!("{sale}/invoices");
    let first = till.post_keyed(&invoices, "k1", &invoice("INV-1", "20.00", GOODS));
    assert_eq!(first.status, 201, "{}", first.text());
    assert_eq!(first.json()["left"], "18.20");
    let again = till.post_keyed(&invoices, "k1", &invoice("INV-1", "20.00", GOODS));
    assert_eq!(again.body, first.body);
    // By article number, to the last fen.
    let rest = till.must("POST", &invoices, &invoice("INV-2", "18.20", "100057"));
    assert_eq!(rest["left"], "0.00");
    let beyond = till.post(&invoices, &invoice("INV-3", "0.01", GOODS));
    assert_problem(&beyond, 422, "invoice.item-amount");
    drop(daemon);
    shop.verified_entries();
}

#[test]
fn an_invoice_that_says_something_else_is_a_finding() {
    let shop = Shop::new();
    let daemon = shop.start();
    let mut till = shop.till(&daemon);
    let sale = settled_sale(&mut till, ("M1", 1));
    let other = settled_sale(&mut till, ("M2", 3));
    let invoices = format!("{sale}/invoices");
    till.must("POST", &invoices, &invoice("INV-1", "10.00", GOODS));
    let mut not_adding_up = invoice("INV-9", "20.00", GOODS);
    not_adding_up["items"][0]["amount"] = "10.00".into();
    let mut too_many = invoice("INV-9", "20.00", GOODS);
    too_many["items"][0]["quantity"] = "3".into();
    let mut early = invoice("INV-9", "20.00", GOODS);
    early["issued"] = "2020-01-01".into();
    let cases = [
        (
            &sale,
            invoice("INV-9", "20.00", "蛋白粉"),
            422,
            "invoice.item",
        ),
        (
            &sale,
            invoice("INV-9", "28.21", GOODS),
            422,
            "invoice.item-amount",
        ),
        (&sale, not_adding_up, 422, "invoice.sum"),
        (&sale, too_many, 422, "invoice.item-amount"),
        (&sale, early, 422, "invoice.date"),
        (
            &sale,
            invoice("INV-1", "10.00", GOODS),
            409,
            "invoice.repeated",
        ),
        (
            &other,
            invoice("INV-1", "10.00", GOODS),
            409,
            "invoice.other-sale",
        ),
    ];
    for (sale, body, status, code) in cases {
        let before = till.entries();
        let answer = till.post(&format!("{sale}/invoices"), &body);
        assert_problem(&answer, status, code);
        assert_eq!(till.entries(), before + 1, "{code} is a finding");
    }
    // What was given back can no longer be invoiced, and nothing of what was taken back.
    till.must("POST", &format!("{other}/outcomes"), &reversed("R2", "M2"));
    let answer = till.post(
        &format!("{other}/invoices"),
        &invoice("INV-8", "10.00", GOODS),
    );
    assert_problem(&answer, 409, "invoice.taken-back");
    // Malformed is no finding: nobody says what it would be an invoice of.
    let before = till.entries();
    for (member, value) in [
        ("amount", "-1.00"),
        ("amount", "0"),
        ("issued", "today"),
        ("number", ""),
    ] {
        let mut body = invoice("INV-7", "10.00", GOODS);
        body[member] = value.into();
        assert_problem(&till.post(&invoices, &body), 422, "body.value");
    }
    let open = till.open(WIFE);
    assert_eq!(till.entries(), before + 2);
    let answer = till.post(
        &format!("{open}/invoices"),
        &invoice("INV-7", "10.00", GOODS),
    );
    assert_problem(&answer, 404, "list.none");
}

/// What was refunded in cash is no longer there to be invoiced.
#[test]
fn a_refund_lowers_what_may_be_invoiced() {
    let shop = Shop::new();
    let daemon = shop.start();
    let mut till = shop.till(&daemon);
    let sale = till.open(WIFE);
    let cash =
        json!({"number": 2, "sku": "100112", "price": "10.90", "quantity": "1", "tender": "cash"});
    let verdict = till.assess(&sale, &json!([otc(1, &[pack(1)]), cash]));
    let report = pharmacy_kit::till::settled("M1", &verdict);
    till.must("POST", &format!("{sale}/outcomes"), &report);
    till.must(
        "POST",
        &format!("{sale}/refunds"),
        &json!({"amount": "10.90"}),
    );
    let body = json!({
        "number": "INV-1", "amount": "30.00", "issued": today(),
        "items": [{"name": GOODS, "amount": "19.10"}, {"name": "100112", "amount": "10.90"}],
    });
    let invoices = format!("{sale}/invoices");
    assert_problem(&till.post(&invoices, &body), 409, "invoice.amount");
    till.must("POST", &invoices, &invoice("INV-1", "19.10", GOODS));
}
