//! Money back at the counter: each tender to its source.

use pharmacy_kit::shop::Shop;
use pharmacy_kit::till::{Till, WIFE, assert_problem, otc, pack, reversed};
use serde_json::{Value, json};

/// A settled sale: 19.10 by the insurance, 10.90 in cash.
fn settled_sale(till: &mut Till) -> String {
    let sale = till.open(WIFE);
    let cash =
        json!({"number": 2, "sku": "100112", "price": "10.90", "quantity": "1", "tender": "cash"});
    let verdict = till.assess(&sale, &json!([otc(1, &[pack(1)]), cash]));
    assert_eq!(verdict["answer"], "allow", "{verdict}");
    assert_eq!(verdict["cash"], "10.90", "{verdict}");
    let report = pharmacy_kit::till::settled("M1", &verdict);
    till.must("POST", &format!("{sale}/outcomes"), &report);
    sale
}

/// R20: what the account paid goes back through a reversal and no other way; the attempt is recorded.
#[test]
fn account_money_does_not_go_back_as_cash() {
    let shop = Shop::new();
    let daemon = shop.start();
    let mut till = shop.till(&daemon);
    let sale = settled_sale(&mut till);
    let refunds = format!("{sale}/refunds");
    let before = till.entries();
    for amount in ["10.91", "30.00", "0", "-1"] {
        let answer = till.post(&refunds, &json!({"amount": amount}));
        assert_problem(&answer, 409, "refund.account-in-cash");
    }
    assert_eq!(till.entries(), before + 4, "every attempt is an entry");
    till.must("POST", &refunds, &json!({"amount": "10.00"}));
    let rest = till.post(&refunds, &json!({"amount": "0.91"}));
    assert_problem(&rest, 409, "refund.account-in-cash");
    till.must("POST", &refunds, &json!({"amount": "0.90"}));
    let wrong = till.post(&refunds, &json!({"amount": "ten"}));
    assert_problem(&wrong, 422, "body.value");
}

#[test]
fn a_repeated_refund_gives_nothing_twice() {
    let shop = Shop::new();
    let daemon = shop.start();
    let mut till = shop.till(&daemon);
    let sale = settled_sale(&mut till);
    let refunds = format!("{sale}/refunds");
    let body = json!({"amount": "10.90"});
    let first = till.post_keyed(&refunds, "refund-1", &body);
    assert_eq!(first.status, 200, "{}", first.text());
    let again = till.post_keyed(&refunds, "refund-1", &body);
    assert_eq!(first.body, again.body);
    let other = till.post_keyed(&refunds, "refund-2", &body);
    assert_problem(&other, 409, "refund.account-in-cash");
}

#[test]
fn nothing_goes_back_where_nothing_was_settled() {
    let shop = Shop::new();
    let daemon = shop.start();
    let mut till = shop.till(&daemon);
    let open = till.open(WIFE);
    let body = json!({"amount": "1.00"});
    let answer = till.post(&format!("{open}/refunds"), &body);
    assert_problem(&answer, 409, "sale.nothing-to-reverse");
    let sale = settled_sale(&mut till);
    till.must("POST", &format!("{sale}/outcomes"), &reversed("R1", "M1"));
    let answer = till.post(&format!("{sale}/refunds"), &body);
    assert_problem(&answer, 409, "sale.nothing-to-reverse");
    let shown: Value = till.show(&sale);
    assert_eq!(shown["phase"], "closed");
}
