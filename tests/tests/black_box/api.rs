//! The local API as a till meets it: the real daemon on a real store, over a real socket.
//!
//! In scope: what each route does with a sale, from opening to reversal, and what it refuses. Out of
//! scope: who may call and with what bytes (`wire.rs`), and what is left after a crash (`killed.rs`).
//!
//! These tests are here and not beside the agent because they use what an integrator has (a program,
//! a port, a token) and the client of [`pharmacy_kit::http`] that shows what was said on the wire.

use pharmacy_device::reader::frame::Command;
use pharmacy_kit::device::TcpServer;
use pharmacy_kit::device::reader::{CardImage, ResidentText, Simulator};
use pharmacy_kit::http::Request;
use pharmacy_kit::shop::wait_until;
use pharmacy_kit::till::{HUSBAND, Till, WIFE, assert_problem, otc, pack, reversed, settled};
use pharmacy_kit::{Daemon, Shop};
use serde_json::{Value, json};

/// A shop, its daemon, and its till.
fn open_shop() -> (Shop, Daemon, Till) {
    let shop = Shop::new();
    let daemon = shop.start();
    let till = shop.till(&daemon);
    (shop, daemon, till)
}

fn rules(verdict: &Value, list: &str) -> Vec<String> {
    let list = verdict[list].as_array().expect("a list of reasons").iter();
    list.map(|reason| reason["rule"].as_str().expect("a rule's code").to_owned())
        .collect()
}

#[test]
fn a_sale_runs_from_opening_to_its_purchase_list() {
    let (shop, daemon, mut till) = open_shop();
    let before = till.entries();
    let status = till.must("GET", "/v1/status", &Value::Null);
    assert_eq!(
        (&status["articles"], &status["reader"]),
        (&json!(433), &json!("none"))
    );
    assert_eq!(
        (&status["stage"], &status["in_doubt"]),
        (&json!("operating"), &json!(0))
    );

    let opening = json!({
        "operator": "07", "fund": "account", "insurance": "employee",
        "holder": {"number": WIFE, "name": "测试女"},
    });
    let opened = till.post("/v1/sales", &opening);
    assert_eq!(
        (opened.status, opened.header("cache-control")),
        (201, Some("no-store"))
    );
    let opened = opened.json();
    assert_eq!(
        (&opened["phase"], &opened["entry"]),
        (&json!("open"), &json!(before))
    );
    assert_eq!(
        opened["holder"],
        json!({"name": "测**", "number": "1***************2X"})
    );
    let id = opened["sale"].as_str().unwrap();
    assert!(id.ends_with("-1"), "the first sale of the log: {id}");
    let sale = format!("/v1/sales/{id}");

    let roles = json!({"buyer": {"kind": "holder"}, "payer": {"kind": "holder"}});
    till.must("PUT", &format!("{sale}/roles"), &roles);
    let evidence = json!({
        "source": "credential", "credential": "insurance-code", "person": {"number": WIFE},
    });
    let shown = till.must("POST", &format!("{sale}/evidence"), &evidence);
    assert_eq!(shown["evidence"].as_array().unwrap().len(), 1);

    // One of two packs is missing; the verdict says so and how to go on.
    let mut line = otc(1, &[pack(1)]);
    line["quantity"] = json!("2");
    let verdict = till.assess(&sale, &json!([line]));
    assert_eq!(verdict["answer"], "refuse");
    assert_eq!(rules(&verdict, "reasons"), ["trace.missing"]);
    assert!(
        verdict["reasons"][0]["remedy"]["zh"]
            .as_str()
            .is_some_and(|text| !text.is_empty())
    );
    let early = till.post(&format!("{sale}/attempts"), &json!({"msgid": "M0"}));
    assert_problem(&early, 409, "sale.not-allowed");

    let scan = till.must("POST", &format!("{sale}/scans"), &json!({"code": pack(2)}));
    assert_eq!(
        (&scan["line"], &scan["family"]),
        (&json!(1), &json!("platform"))
    );
    let verdict = till.must("POST", &format!("{sale}/assessments"), &json!({}));
    assert_eq!(verdict["answer"], "allow", "{verdict}");
    assert_eq!(
        (&verdict["insurance"], &verdict["cash"]),
        (&json!("38.20"), &json!("0.00"))
    );
    assert_eq!(till.show(&sale)["answer"], "allow");
    let list = till.must("GET", "/v1/sales", &Value::Null);
    assert_eq!(list["sales"][0]["sale"], id);

    assert_problem(&till.get(&format!("{sale}/list")), 404, "list.none");
    till.must("POST", &format!("{sale}/attempts"), &json!({"msgid": "M1"}));
    let doubt = till.must("GET", "/v1/sales?in_doubt=true", &Value::Null);
    assert_eq!(doubt["sales"][0]["attempts"][0]["state"], "intended");
    let over = till.must(
        "POST",
        &format!("{sale}/outcomes"),
        &settled("M1", &verdict),
    );
    assert_eq!(
        (&over["phase"], &over["findings"]),
        (&json!("closed"), &json!([]))
    );

    let list = till.must("GET", &format!("{sale}/list"), &Value::Null);
    assert_eq!(list["lines"][0]["trace_codes"], json!([pack(1), pack(2)]));
    assert_eq!(
        (&list["total"], &list["insurance"]),
        (&json!("38.20"), &json!("38.20"))
    );
    assert_eq!(
        (&list["operator"], &list["msgid"]),
        (&json!("07"), &json!("M1"))
    );
    assert_eq!(list["verdict"], verdict["entry"]);
    let page = till.get(&format!("{sale}/list.html"));
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    assert!(
        page.header("content-security-policy")
            .is_some_and(|policy| policy.contains("'none'"))
    );
    for shown in ["购药清单", "板蓝根颗粒", "测**", "SETL-M1", &pack(2)] {
        assert!(page.text().contains(shown), "{shown}: {}", page.text());
    }
    assert!(!page.text().contains(WIFE) && !page.text().contains("测试女"));

    // Each change above is one entry, each reading none; refusals leave no trace.
    assert_eq!(till.entries(), before + 8);
    let checkpoint = till.get("/v1/log/checkpoint");
    let size: u64 = checkpoint.text().lines().nth(1).unwrap().parse().unwrap();
    assert_eq!(size, before + 8);
    drop(daemon);
    assert_eq!(shop.verified_entries(), before + 8);
}

// Nobody pays twice: what is in doubt is refused by name, and a program's word on a credential is told as one.
#[test]
fn the_same_goods_in_doubt_are_refused_with_a_remedy() {
    let (_shop, _daemon, mut till) = open_shop();
    let (first, verdict) = till.allowed(WIFE, &[pack(1)]);
    assert!(rules(&verdict, "notes").contains(&"presence.told".to_owned()));
    till.must(
        "POST",
        &format!("{first}/attempts"),
        &json!({"msgid": "M1"}),
    );
    let again = till.open(WIFE);
    let verdict = till.assess(&again, &json!([otc(1, &[pack(1)])]));
    assert_eq!(verdict["answer"], "refuse");
    let reason = &verdict["reasons"][0];
    assert_eq!(reason["rule"], "gateway.duplicate-in-doubt");
    assert!(
        reason["remedy"]["zh"]
            .as_str()
            .unwrap()
            .contains("结果未明")
    );
    // Other boxes, and another person.
    till.allowed(WIFE, &[pack(2)]);
    till.allowed(HUSBAND, &[pack(3)]);
}

#[test]
fn every_change_drops_the_standing_verdict() {
    let (_shop, _daemon, mut till) = open_shop();
    let evidence = json!({"source": "asserted"});
    let roles = json!({"buyer": {"kind": "holder"}});
    let changes: [(&str, &str, Value); 3] = [
        ("POST", "evidence", evidence),
        ("PUT", "roles", roles),
        ("POST", "scans", json!({"code": pack(900)})),
    ];
    for (number, (method, what, body)) in (1..).zip(changes) {
        let (sale, verdict) = till.allowed(WIFE, &[pack(number)]);
        let after = till.must(method, &format!("{sale}/{what}"), &body);
        if what != "scans" {
            assert_eq!(
                (&after["phase"], &after["answer"]),
                (&json!("open"), &Value::Null)
            );
        }
        let shown = till.show(&sale);
        assert_eq!(
            (&shown["phase"], &shown["answer"]),
            (&json!("open"), &Value::Null),
            "{what}"
        );
        let attempt = till.post(&format!("{sale}/attempts"), &json!({"msgid": "M"}));
        assert_problem(&attempt, 409, "sale.not-allowed");
        // Judged again as it stands, a verdict stands again: another entry, the same answer.
        let again = till.must("POST", &format!("{sale}/assessments"), &json!({}));
        assert!(again["entry"].as_u64() > verdict["entry"].as_u64());
        assert_eq!(again["answer"], "allow", "{what}: {again}");
    }
    // Another basket is another question.
    let (sale, _) = till.allowed(WIFE, &[pack(10)]);
    let toothbrush = json!([{
        "number": 1, "sku": "100112", "code": "ZA99ZZZ9999010199901", "price": "10.90",
        "quantity": "1",
    }]);
    let refused = till.assess(&sale, &toothbrush);
    assert_eq!(refused["answer"], "refuse");
    assert!(
        rules(&refused, "reasons").contains(&"item.not-payable".to_owned()),
        "{refused}"
    );
    let attempt = till.post(&format!("{sale}/attempts"), &json!({"msgid": "M"}));
    assert_problem(&attempt, 409, "sale.not-allowed");
}

#[test]
fn a_scan_finds_its_line_or_says_why_not() {
    let (_shop, _daemon, mut till) = open_shop();
    let sale = till.open(WIFE);
    let scans = format!("{sale}/scans");
    // No line yet: nothing to which a pack could belong.
    assert_problem(
        &till.post(&scans, &json!({"code": pack(1)})),
        422,
        "scan.no-line",
    );
    let cold = json!({"number": 2, "sku": "900002", "price": "18.50", "quantity": "1"});
    let mut line = otc(1, &[]);
    line["quantity"] = json!("3");
    till.assess(&sale, &json!([line, cold]));
    for (code, line) in [(pack(1), 1), (format!("8990002{:013}", 1), 2), (pack(2), 1)] {
        let scan = till.must("POST", &scans, &json!({ "code": code }));
        assert_eq!(scan["line"], line, "{code}");
        assert_eq!(scan["sold_before"], false);
    }
    let entries = till.entries();
    let refused: [(&str, Value, &str); 10] = [
        ("twice", json!({"code": pack(1)}), "basket.duplicate-pack"),
        (
            "no product of the basket",
            json!({"code": format!("8900160{:013}", 1)}),
            "scan.no-line",
        ),
        (
            "no such line",
            json!({"line": 9, "code": pack(3)}),
            "basket.no-such-line",
        ),
        (
            "a product barcode",
            json!({"code": "6901234567892"}),
            "scan.product-barcode",
        ),
        ("nothing", json!({"code": "  "}), "scan.empty"),
        (
            "too long",
            json!({"code": "A".repeat(101)}),
            "scan.too-long",
        ),
        (
            "an input method",
            json!({"code": "追溯码"}),
            "scan.malformed",
        ),
        (
            "no serial",
            json!({"code": "0106901234567892"}),
            "scan.no-serial",
        ),
        (
            "run together",
            json!({"code": format!("010690123456789221{}", "A".repeat(21))}),
            "scan.ambiguous",
        ),
        (
            "an enterprise's own",
            json!({"code": "ZYF-2026-000017"}),
            "scan.no-line",
        ),
    ];
    for (what, body, code) in refused {
        let problem = assert_problem(&till.post(&scans, &body), 422, code);
        assert!(!problem.to_string().contains(&pack(3)), "{what}");
    }
    assert_eq!(till.entries(), entries, "a refused scan leaves no entry");
    assert_problem(&till.post(&scans, &json!({"line": 1})), 422, "body.members");

    // Two lines of one product: only the cashier knows.
    till.assess(&sale, &json!([otc(1, &[]), otc(2, &[])]));
    assert_problem(
        &till.post(&scans, &json!({"code": pack(4)})),
        422,
        "scan.no-line",
    );
    let told = till.must("POST", &scans, &json!({"line": 2, "code": pack(4)}));
    assert_eq!(told["line"], 2);

    // A pack that was sold is known as sold.
    let (first, verdict) = till.allowed(HUSBAND, &[pack(5)]);
    till.must(
        "POST",
        &format!("{first}/outcomes"),
        &settled("M1", &verdict),
    );
    let scan = till.must("POST", &scans, &json!({"line": 1, "code": pack(5)}));
    assert_eq!(scan["sold_before"], true);
    let verdict = till.must("POST", &format!("{sale}/assessments"), &json!({}));
    assert!(
        rules(&verdict, "reasons").contains(&"trace.sold".to_owned()),
        "{verdict}"
    );
}

#[test]
fn a_basket_that_cannot_be_is_named_by_line() {
    let (_shop, _daemon, mut till) = open_shop();
    let sale = till.open(WIFE);
    let with = |member: &str, value: Value| {
        let mut line = otc(7, &[pack(1)]);
        line[member] = value;
        line
    };
    let many: Vec<_> = (1..=201).map(|number| otc(number, &[])).collect();
    let packs: Vec<_> = (1..=501).map(pack).collect();
    let cases = [
        (json!([with("amount", json!("19.11"))]), "basket.amount"),
        (json!([otc(7, &[]), otc(7, &[])]), "basket.duplicate-line"),
        (
            json!([otc(1, &[pack(1)]), otc(7, &[pack(1)])]),
            "basket.duplicate-pack",
        ),
        (json!([with("quantity", json!("0"))]), "basket.not-positive"),
        (
            json!([with("quantity", json!("-1"))]),
            "basket.not-positive",
        ),
        (
            json!([with("price", json!("-0.01"))]),
            "basket.not-positive",
        ),
        (json!([with("price", json!("1e3"))]), "body.value"),
        (json!([with("quantity", json!("1.23456"))]), "body.value"),
        (
            json!([with("quantity", json!("99999999999999999999"))]),
            "body.value",
        ),
        (json!([with("code", json!("no code"))]), "body.value"),
        (
            json!([with("barcode", json!("6901234567893"))]),
            "body.value",
        ),
        (
            json!([with("trace_codes", json!(["6901234567892"]))]),
            "scan.product-barcode",
        ),
    ];
    for (lines, code) in cases {
        let answer = till.post(&format!("{sale}/assessments"), &json!({ "lines": lines }));
        let problem = assert_problem(&answer, 422, code);
        assert_eq!(problem["line"], 7, "{problem}");
    }
    let whole = [
        json!({ "lines": many }),
        json!({ "lines": [otc(1, &packs)] }),
    ];
    for body in whole {
        let answer = till.post(&format!("{sale}/assessments"), &body);
        let problem = assert_problem(&answer, 422, "basket.too-large");
        assert_eq!(problem.get("line"), None);
    }
    // An amount may be left out, or be the rounded product to the last fen.
    let mut half = otc(1, &[]);
    half["quantity"] = json!("0.5");
    half["price"] = json!("0.01");
    half["amount"] = json!("0.01");
    let verdict = till.assess(&sale, &json!([half]));
    assert_eq!(verdict["lines"][0]["line"], 1);
}

#[test]
fn an_unknown_article_is_asked_about_with_a_way_out() {
    let (_shop, _daemon, mut till) = open_shop();
    let unknown = json!({"number": 1, "sku": "NOT-THERE", "quantity": "1", "price": "5.00"});
    let sale = till.open(WIFE);
    let verdict = till.assess(&sale, &json!([unknown]));
    assert!(
        ["ask", "refuse"].contains(&verdict["answer"].as_str().unwrap()),
        "{verdict}"
    );
    let all = verdict["reasons"].as_array().unwrap().iter();
    let all: Vec<_> = all
        .chain(verdict["questions"].as_array().unwrap())
        .collect();
    assert!(!all.is_empty());
    for reason in all {
        for text in ["/message/zh", "/message/en", "/remedy/zh", "/remedy/en"] {
            let text = reason.pointer(text).and_then(Value::as_str);
            assert!(text.is_some_and(|text| !text.is_empty()), "{reason}");
        }
    }
    // Nothing but a quantity and a price, and not even a line.
    for lines in [
        json!([{"number": 1, "quantity": "1", "price": "5"}]),
        json!([]),
    ] {
        let verdict = till.assess(&sale, &lines);
        assert!(verdict["answer"].is_string(), "{verdict}");
    }
}

#[test]
fn a_repeated_request_gets_the_first_answer_and_does_nothing() {
    let (shop, daemon, mut till) = open_shop();
    let opening = json!({"holder": {"number": WIFE}, "insurance": "employee"});
    let first = till.post_keyed("/v1/sales", "K1", &opening);
    assert_eq!(first.status, 201);
    let entries = till.entries();
    let again = till.post_keyed("/v1/sales", "K1", &opening);
    assert_eq!((again.status, &again.body), (201, &first.body));
    let other = till.post_keyed("/v1/sales", "K1", &json!({}));
    assert_problem(&other, 409, "idempotency.conflict");
    assert_eq!(till.entries(), entries);

    // Keys belong to a sale: another sale's K1 is another request.
    let (sale, _) = till.allowed(WIFE, &[pack(1)]);
    let (second, _) = till.allowed(HUSBAND, &[pack(2)]);
    let assess = |sale: &str| format!("{sale}/assessments");
    let verdict = till.post_keyed(&assess(&sale), "K1", &json!({}));
    let others = till.post_keyed(&assess(&second), "K1", &json!({}));
    assert_eq!((verdict.status, others.status), (200, 200));
    assert_ne!(verdict.body, others.body);
    // The path is part of the request.
    let elsewhere = till.post_keyed(
        &format!("{sale}/evidence"),
        "K1",
        &json!({"source": "asserted"}),
    );
    assert_problem(&elsewhere, 409, "idempotency.conflict");
    let verdict_value = verdict.json();
    let outcomes = format!("{sale}/outcomes");
    let outcome = till.post_keyed(&outcomes, "K2", &settled("M1", &verdict_value));
    assert_eq!(outcome.status, 200);

    // A program may be called the same at two tills; its keys are its own at each.
    let neighbour = shop.issue("till-a", "02");
    let mut neighbour = Till::new(till.address(), &neighbour);
    let theirs = neighbour.post_keyed("/v1/sales", "K1", &json!({}));
    assert_eq!(theirs.status, 201, "{}", theirs.text());
    assert_eq!(theirs.json()["till"], "02");
    let peek = neighbour.post_keyed(&assess(&sale), "K1", &json!({}));
    assert_problem(&peek, 404, "sale.unknown");

    daemon.kill();
    let daemon = shop.start();
    let mut till = shop.till(&daemon);
    let entries = till.entries();
    let repeated = [
        ("/v1/sales", "K1", &opening, &first),
        (&assess(&sale), "K1", &json!({}), &verdict),
        (&outcomes, "K2", &settled("M1", &verdict_value), &outcome),
    ];
    for (path, key, body, stored) in repeated {
        let answer = till.post_keyed(path, key, body);
        assert_eq!(
            (answer.status, &answer.body),
            (stored.status, &stored.body),
            "{path}"
        );
        assert_eq!(answer.header("content-type"), Some("application/json"));
    }
    assert_eq!(till.entries(), entries, "a repetition is no entry");

    let opened = |key: &str| Request::new("POST", "/v1/sales").header("idempotency-key", key);
    for key in ["", &"k".repeat(101)] {
        assert_problem(&till.send(&opened(key)), 400, "idempotency.key");
    }
    assert_eq!(till.send(&opened(&"k".repeat(100))).status, 201);
}

#[test]
fn reports_of_what_happened_are_taken_and_named() {
    let (shop, daemon, mut till) = open_shop();
    let outcome = |result: &str| json!({"msgid": "M1", "result": result});

    // Declined, then tried again under another message id.
    let (sale, verdict) = till.allowed(WIFE, &[pack(1)]);
    let outcomes = format!("{sale}/outcomes");
    till.must("POST", &format!("{sale}/attempts"), &json!({"msgid": "M1"}));
    // While one is under way nothing moves.
    let second = till.post(&format!("{sale}/attempts"), &json!({"msgid": "M2"}));
    assert_problem(&second, 409, "sale.in-doubt");
    assert_problem(
        &till.post(&format!("{sale}/assessments"), &json!({})),
        409,
        "sale.in-doubt",
    );
    assert_problem(
        &till.send(&Request::new("DELETE", &sale)),
        409,
        "sale.in-doubt",
    );
    let declined = till.must("POST", &outcomes, &outcome("declined"));
    assert_eq!(declined["attempts"][0]["state"], "declined");
    assert_eq!(
        declined["answer"], "allow",
        "the verdict stands: {declined}"
    );
    let changed = till.post(&outcomes, &settled("M1", &verdict));
    assert_problem(&changed, 409, "attempt.contradiction");
    let same_again = till.must("POST", &outcomes, &outcome("declined"));
    assert_eq!(same_again["attempts"].as_array().unwrap().len(), 1);

    // Not sent, then in doubt, then the platform's word.
    till.must(
        "POST",
        &outcomes,
        &json!({"msgid": "M2", "result": "not-sent"}),
    );
    let doubt = till.must(
        "POST",
        &outcomes,
        &json!({"msgid": "M3", "result": "in-doubt"}),
    );
    assert_eq!(doubt["attempts"][2]["state"], "in-doubt");
    let never = till.post(&outcomes, &json!({"msgid": "M3", "result": "not-sent"}));
    assert_problem(&never, 409, "attempt.contradiction");
    let over = till.must("POST", &outcomes, &settled("M3", &verdict));
    assert_eq!(
        (&over["phase"], &over["findings"]),
        (&json!("closed"), &json!([]))
    );
    assert_problem(
        &till.post(&format!("{sale}/assessments"), &json!({})),
        409,
        "sale.over",
    );
    assert_problem(&till.send(&Request::new("DELETE", &sale)), 409, "sale.over");

    // Settled twice: named, and the sale goes on standing for what was paid.
    let twice = till.must("POST", &outcomes, &settled("M4", &verdict));
    assert_eq!(twice["findings"], json!(["settled-twice"]));

    // One of the two is undone: the goods are still sold. Both: they can be sold again.
    let (other, _) = till.allowed(HUSBAND, &[pack(2)]);
    let sold = |till: &mut Till| {
        let verdict = till.assess(&other, &json!([otc(1, &[pack(1)])]));
        rules(&verdict, "reasons").contains(&"trace.sold".to_owned())
    };
    till.must("POST", &outcomes, &reversed("R4", "M4"));
    assert!(sold(&mut till));
    let nothing = till.post(&outcomes, &reversed("R5", "M4"));
    assert_problem(&nothing, 409, "sale.nothing-to-reverse");
    till.must("POST", &outcomes, &reversed("R3", "M3"));
    assert!(!sold(&mut till));
    let other_way = till.post(&outcomes, &settled("R3", &verdict));
    assert_problem(&other_way, 409, "attempt.contradiction");

    // Settled without a verdict, against it, with other amounts.
    let bare = till.open(WIFE);
    let paid = |settlement: &str| json!({"msgid": "B1", "result": "settled", "settlement": settlement, "insurance": "1.00", "cash": "0"});
    let bare = till.must("POST", &format!("{bare}/outcomes"), &paid("S1"));
    assert_eq!(bare["findings"], json!(["settled-without-verdict"]));
    let against = till.open(WIFE);
    let toothbrush = json!([{"number": 1, "sku": "100112", "price": "10.90", "quantity": "1"}]);
    assert_eq!(till.assess(&against, &toothbrush)["answer"], "refuse");
    let against = till.must("POST", &format!("{against}/outcomes"), &paid("S2"));
    assert_eq!(
        against["findings"],
        json!(["settled-against-verdict", "amounts-differ"])
    );
    let (differing, _) = till.allowed(HUSBAND, &[pack(3)]);
    let report = format!("{differing}/outcomes");
    let differing = till.must("POST", &report, &paid("S2"));
    assert_eq!(
        differing["findings"],
        json!(["amounts-differ", "settlement-of-another"])
    );

    // What a settlement needs.
    let (sale, verdict) = till.allowed(HUSBAND, &[pack(4)]);
    for member in ["settlement", "insurance", "cash"] {
        let mut body = settled("M9", &verdict);
        body.as_object_mut().unwrap().remove(member);
        let problem = assert_problem(
            &till.post(&format!("{sale}/outcomes"), &body),
            422,
            "body.value",
        );
        assert_eq!(problem["field"], member);
    }
    let entries = till.entries();
    drop(daemon);
    assert_eq!(shop.verified_entries(), entries);
}

#[test]
fn a_sale_given_up_lets_its_packs_go() {
    let (_shop, _daemon, mut till) = open_shop();
    let (first, _) = till.allowed(WIFE, &[pack(1)]);
    let second = till.open(HUSBAND);
    let verdict = till.assess(&second, &json!([otc(1, &[pack(1)])]));
    assert_ne!(
        verdict["answer"], "allow",
        "another sale holds the pack: {verdict}"
    );
    let gone = till.must("DELETE", &first, &Value::Null);
    assert_eq!(gone["phase"], "abandoned");
    let verdict = till.must("POST", &format!("{second}/assessments"), &json!({}));
    assert_eq!(verdict["answer"], "allow", "{verdict}");
    assert_problem(
        &till.send(&Request::new("DELETE", &first)),
        409,
        "sale.over",
    );
    let late = till.post(
        &format!("{first}/scans"),
        &json!({"line": 1, "code": pack(2)}),
    );
    assert_problem(&late, 409, "sale.over");
    let open = till.must("GET", "/v1/sales", &Value::Null);
    assert_eq!(open["sales"].as_array().unwrap().len(), 1);
    assert_problem(
        &till.get("/v1/sales/0123456789abcdef-1"),
        404,
        "sale.unknown",
    );
}

#[test]
fn a_reader_that_is_not_there_is_a_conflict_with_a_reason() {
    let (_shop, _daemon, mut till) = open_shop();
    let sale = till.open(WIFE);
    let read = json!({"source": "reader", "wait_s": 1});
    let evidence = format!("{sale}/evidence");
    assert_problem(&till.post(&evidence, &read), 409, "reader.none");

    // A port where nobody listens: taken from the system, and given back.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let shop = Shop::with(&format!("[reader]\ndevice = \"tcp:{address}\"\n"));
    let daemon = shop.start();
    let mut till = shop.till(&daemon);
    let sale = till.open(WIFE);
    let evidence = format!("{sale}/evidence");
    assert_problem(&till.post(&evidence, &read), 409, "reader.absent");
    for wait_s in [0, 61] {
        let body = json!({"source": "reader", "wait_s": wait_s});
        let problem = assert_problem(&till.post(&evidence, &body), 422, "body.value");
        assert_eq!(problem["field"], "wait_s");
    }
    let over = till.must("DELETE", &sale, &Value::Null);
    assert_eq!(over["phase"], "abandoned");
}

#[test]
fn a_card_is_read_once_for_a_repeated_request() {
    let simulator = Simulator::new();
    let server = TcpServer::start(&simulator, "127.0.0.1:0").unwrap();
    let device = server.address();
    let shop = Shop::with(&format!("[reader]\ndevice = \"tcp:{device}\"\n")).by_demo();
    let daemon = shop.start_as_demo();
    let mut till = shop.till(&daemon);
    let opened = till.must("POST", "/v1/sales", &json!({"holder": {"number": WIFE}}));
    let sale = format!("/v1/sales/{}", opened["sale"].as_str().unwrap());
    simulator.present(card());
    let read = json!({"source": "reader", "wait_s": 20});
    let evidence = format!("{sale}/evidence");
    let first = till.post_keyed(&evidence, "K", &read);
    assert_eq!(first.status, 200, "{}", first.text());
    assert_eq!(first.json()["holder"]["number"], "1***************2X");

    // The till did not hear the answer and asks again. Nobody lays a card down a second time.
    simulator.lift();
    let reads = simulator.count(Command::ReadCard);
    let again = till.post_keyed(&evidence, "K", &json!({"source": "reader", "wait_s": 20}));
    assert_eq!(
        (again.status, &again.body),
        (200, &first.body),
        "{}",
        again.text()
    );
    assert_eq!(simulator.count(Command::ReadCard), reads);
    let short = json!({"source": "reader", "wait_s": 1});
    assert_problem(
        &till.post_keyed(&evidence, "K", &short),
        409,
        "idempotency.conflict",
    );
    assert_problem(&till.post(&evidence, &short), 409, "reader.no-card");

    // A sale that is over makes nobody lay down a card.
    let verdict = till.assess(&sale, &json!([otc(1, &[pack(1)])]));
    assert_eq!(verdict["answer"], "allow", "{verdict}");
    till.must("DELETE", &sale, &Value::Null);
    let finds = simulator.count(Command::Find);
    let late = till.post(&evidence, &read);
    assert_problem(&late, 409, "sale.over");
    let status = till.must("GET", "/v1/status", &Value::Null);
    assert_eq!(status["reader"], "ready");
    assert!(
        simulator.count(Command::Find) <= finds + 1,
        "the reader was asked for a card"
    );
    let (ended, said) = daemon.close();
    assert!(ended.success(), "{said}");
    wait_until("the reader's port is let go", || {
        std::net::TcpStream::connect(device).is_ok()
    });
}

fn card() -> CardImage {
    let text = |text: &str| text.to_owned();
    CardImage::resident(&ResidentText {
        name: text("测试女"),
        sex: text("2"),
        nation: text("01"),
        birth: text("19491231"),
        address: text("测试省测试市测试路1号"),
        number: text(WIFE),
        issuer: text("测试市公安局测试分局"),
        valid_from: text("20150101"),
        valid_to: text("20451231"),
    })
    .unwrap()
}
