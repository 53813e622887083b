//! The local API at the desk: doubles whichever door they come by, and what a program's word on a credential is
//! worth.

use pharmacy_decision::facts::{Credential, EvidenceKind, Fund, Insurance, Offered, Tender};
use pharmacy_desk::core::attempt::{AttemptState, Direction, Report, Settled};
use pharmacy_desk::core::basket::{Basket, BasketLine};
use pharmacy_desk::core::staff::Duty;
use pharmacy_desk::{
    Action, Call, DeskError, EvidenceInput, Fate, OpenSale, PersonInput, Place, Reply, Role,
    ShiftAction, Supply,
};
use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::part::PartClass;
use pharmacy_protocol::term::{Fen, Quantity, SaleId};
use serde_json::{Value, json};

use crate::kit::{MINUTE_MS, Shop, caller, credentials};
use crate::message::{LI, Person, WANG, granules, motherwort, trace};

const LIKELY: &str = "gateway.likely-double";
const IN_DOUBT: &str = "gateway.duplicate-in-doubt";
const SETTLED: &str = "gateway.duplicate";

fn call(till: &str) -> Call {
    Call {
        caller: caller(till),
        idempotency: None,
    }
}

/// So many packs of the plain drug, with these codes.
fn packs(count: u32, codes: &[u64]) -> Basket {
    let price: pharmacy_protocol::term::UnitPrice = "19.10".parse().unwrap();
    let quantity = Quantity::whole(count);
    let offered = Offered {
        sku: Some("100057".parse().unwrap()),
        code: Some("ZA99ZZZ9999010199901".parse().unwrap()),
        ..Offered::default()
    };
    let amount = price.amount(quantity).unwrap();
    let mut line = BasketLine::new(1, offered, (quantity, price, amount));
    line.packs = codes.iter().map(|n| trace(*n).parse().unwrap()).collect();
    Basket::new(vec![line]).unwrap()
}

fn body(reply: &Reply) -> Value {
    serde_json::from_slice(&reply.body).unwrap()
}

impl Shop {
    /// A sale of the local API for a person who is here.
    fn opened(&self, till: &str, person: Person) -> SaleId {
        let holder = PersonInput {
            number: Some(person.certno.parse().unwrap()),
            name: None,
            sex: None,
            birth: None,
        };
        let opening = OpenSale {
            operator: None,
            fund: Fund::Account,
            insurance: Some(Insurance::Employee),
            holder: Some(holder),
        };
        let opened = self.wait(self.handle().open_sale(call(till), opening));
        let sale: SaleId = body(&opened.unwrap())["sale"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap();
        let shown = EvidenceInput {
            role: Role::Holder,
            kind: EvidenceKind::CredentialTold {
                credential: Credential::InsuranceCode,
            },
            person: None,
        };
        let attached = self
            .handle()
            .attach_evidence(call(till), sale.clone(), shown);
        self.wait(attached).unwrap();
        sale
    }

    fn assessed(&self, till: &str, sale: &SaleId, basket: Option<Basket>) -> Value {
        let assessed = self.handle().assess(call(till), sale.clone(), basket, None);
        body(&self.wait(assessed).unwrap())
    }

    fn announced(&self, till: &str, sale: &SaleId, msgid: &str) -> Result<Reply, DeskError> {
        let announced = self.handle().announce(
            call(till),
            sale.clone(),
            msgid.to_owned(),
            Direction::Settlement,
        );
        self.wait(announced)
    }

    fn told(&self, till: &str, sale: &SaleId, msgid: &str, state: AttemptState) -> Value {
        let report = Report {
            msgid: msgid.to_owned(),
            direction: Direction::Settlement,
            state,
        };
        let reported = self.handle().report(call(till), sale.clone(), report, None);
        body(&self.wait(reported).unwrap())
    }

    /// A sale of one pack that is judged and left; says its id.
    #[track_caller]
    fn left(&self, till: &str, msgid: &str, person: Person) -> SaleId {
        let sale = self.opened(till, person);
        let verdict = self.assessed(till, &sale, Some(packs(1, &[])));
        assert_eq!(verdict["answer"], "allow", "{verdict}");
        self.announced(till, &sale, msgid).unwrap();
        sale
    }
}

fn settled(settlement: &str) -> AttemptState {
    AttemptState::Settled(Settled {
        settlement: settlement.to_owned(),
        insurance: Fen::new(1910),
        cash: Fen::ZERO,
    })
}

/// A verdict refuses as a double of this kind.
#[track_caller]
fn refuses(verdict: &Value, code: &str) {
    assert_eq!(verdict["answer"], "refuse", "{verdict}");
    assert_eq!(verdict["reasons"][0]["rule"], code, "{verdict}");
    assert!(
        !verdict["reasons"][0]["remedy"]["zh"]
            .as_str()
            .unwrap()
            .is_empty()
    );
}

// R19: the program's call timed out, and the cashier rings it up anew.
#[test]
fn the_same_goods_in_doubt_are_refused_at_any_till_also_after_a_restart() {
    let mut shop = Shop::with_codes_after();
    let first = shop.left("01", "M1", LI);
    shop.told("01", &first, "M1", AttemptState::InDoubt);
    shop.restart();
    for till in ["01", "02"] {
        let again = shop.opened(till, LI);
        let verdict = shop.assessed(till, &again, Some(packs(2, &[])));
        refuses(&verdict, IN_DOUBT);
        let code = shop.announced(till, &again, "M2").unwrap_err().code();
        assert_eq!(code, "sale.not-allowed");
        assert_eq!(shop.board(till).told.as_deref(), Some(IN_DOUBT));
    }
    // R07: neither another customer nor the sale in doubt itself has to wait.
    shop.left("02", "M3", WANG);
    shop.told("01", &first, "M1", settled("S1"));
}

#[test]
fn the_same_goods_minutes_after_they_settled_are_refused_until_the_cashier_says_otherwise() {
    let mut shop = Shop::with_codes_after();
    shop.enrol("S01", &[Duty::InCharge], "270418");
    let first = shop.left("01", "M1", LI);
    shop.told("01", &first, "M1", settled("S1"));
    let again = shop.opened("01", LI);
    let verdict = shop.assessed("01", &again, Some(packs(1, &[])));
    refuses(&verdict, LIKELY);
    assert_eq!(verdict["reasons"][0]["found"], "S1");
    let held = shop.parts(EntryKind::Verdict, PartClass::Goods);
    assert_eq!(held.last().unwrap()["held"], LIKELY);
    let by = credentials("S01", "270418");
    for action in [
        Action::Shift(ShiftAction::SignIn { by }),
        Action::Supply(Supply::ConfirmAnother),
    ] {
        let done = shop.handle().act(caller("01"), Place::Till, action, None);
        shop.wait(done).unwrap();
    }
    // A restart forgets nothing, and it is good for one settlement.
    shop.restart();
    let more = shop.opened("01", LI);
    assert_eq!(shop.assessed("01", &again, None)["answer"], "allow");
    shop.announced("01", &again, "M2").unwrap();
    shop.told("01", &again, "M2", settled("S2"));
    refuses(&shop.assessed("01", &more, Some(packs(1, &[]))), LIKELY);
}

// The touch is for that basket.
#[test]
fn another_basket_was_not_confirmed() {
    let shop = Shop::with_codes_after();
    let first = shop.opened("01", LI);
    shop.assessed("01", &first, Some(packs(2, &[])));
    shop.announced("01", &first, "M1").unwrap();
    shop.told("01", &first, "M1", settled("S1"));
    let again = shop.opened("01", LI);
    refuses(&shop.assessed("01", &again, Some(packs(2, &[]))), LIKELY);
    let confirm = Action::Supply(Supply::ConfirmAnother);
    let done = shop.handle().act(caller("01"), Place::Till, confirm, None);
    assert_eq!(shop.wait(done).unwrap().code, "counter.another-confirmed");
    let halves = [
        packs(1, &[]),
        packs(1, &[]).with_line(1, |line| line.number = 2).unwrap(),
    ];
    let lines = halves.iter().flat_map(|half| half.lines().to_vec());
    let split = Basket::new(lines.collect()).unwrap();
    refuses(&shop.assessed("01", &again, Some(split)), LIKELY);
}

// Two sales were judged before either left.
#[test]
fn a_sale_that_became_a_double_since_it_was_judged_does_not_leave() {
    let shop = Shop::with_codes_after();
    let sales = [shop.opened("01", LI), shop.opened("01", LI)];
    for sale in &sales {
        let verdict = shop.assessed("01", sale, Some(packs(1, &[])));
        assert_eq!(verdict["answer"], "allow", "{verdict}");
    }
    let [first, second] = sales;
    shop.announced("01", &first, "M1").unwrap();
    let leaves = |msgid| {
        shop.announced("01", &second, msgid)
            .map_err(|error| error.code())
    };
    assert_eq!(leaves("M2").unwrap_err(), "sale.not-allowed");
    refuses(&shop.assessed("01", &second, None), IN_DOUBT);
    shop.told("01", &first, "M1", AttemptState::Declined);
    assert_eq!(shop.assessed("01", &second, None)["answer"], "allow");
    leaves("M3").unwrap();
}

// What leaves by one door is known at the other.
#[test]
fn the_gateway_and_the_api_know_of_each_other() {
    let shop = Shop::with_codes_after();
    shop.reads("01", LI, "01");
    let body = shop.settlement("M1", LI, &[granules("R1000000-1", &[1]).bare()]);
    let departure = shop.sent("01", "2102", &body);
    shop.conclude(departure, Fate::InDoubt);
    let again = shop.opened("02", LI);
    refuses(&shop.assessed("02", &again, Some(packs(1, &[]))), IN_DOUBT);

    let shop = Shop::with_codes_after();
    let first = shop.left("01", "M1", LI);
    shop.told("01", &first, "M1", settled("S1"));
    shop.reads("02", LI, "01");
    let body = shop.settlement("M2", LI, &[granules("R1000000-1", &[1]).bare()]);
    assert!(shop.refused("02", "2102", &body).ends_with("S1"));
}

/// A shop where a pack was sold to LI through the API, and both are known at the tills.
fn sold_by_api(state: Option<AttemptState>) -> Shop {
    let shop = Shop::new();
    let sale = shop.opened("01", LI);
    shop.assessed("01", &sale, Some(packs(1, &[7])));
    shop.announced("01", &sale, "M1").unwrap();
    if let Some(state) = state {
        shop.told("01", &sale, "M1", state);
    }
    shop.reads("02", LI, "01");
    shop.reads("03", WANG, "01");
    shop
}

// R19: with another box, as somebody else would hear it, the customer would pay twice.
#[test]
fn a_pack_that_was_sold_through_the_api_is_a_double_of_its_own_customer_at_the_gateway() {
    let shop = sold_by_api(Some(settled("S1")));
    shop.clock.advance(11 * MINUTE_MS);
    shop.reads("02", LI, "01");
    let body = shop.settlement("M2", LI, &[granules("R1000000-1", &[7])]);
    let message = shop.refused("02", "2102", &body);
    assert!(message.starts_with("本单已结算"), "{message}");
    assert!(message.ends_with("S1"), "{message}");
    // Also where a box of somebody else stands before it.
    shop.reads("01", WANG, "01");
    shop.settle("M3", "S3", (WANG, &[granules("R2000000-1", &[8])]));
    let lines = [granules("R3000000-1", &[8]), granules("R3000000-2", &[7])];
    let message = shop.refused("02", "2102", &shop.settlement("M4", LI, &lines));
    assert!(message.ends_with("S1"), "{message}");
}

#[test]
fn a_pack_of_an_api_attempt_without_outcome_is_in_doubt_for_its_own_customer_at_the_gateway() {
    for state in [None, Some(AttemptState::InDoubt)] {
        let shop = sold_by_api(state);
        let body = shop.settlement("M2", LI, &[granules("R1000000-1", &[7])]);
        let message = shop.refused("02", "2102", &body);
        assert!(message.starts_with("结果未明，先查询"), "{message}");
    }
}

#[test]
fn a_pack_that_was_sold_through_the_api_shows_nothing_of_its_customer_to_others() {
    for state in [None, Some(settled("S1"))] {
        let shop = sold_by_api(state);
        let body = shop.settlement("M2", WANG, &[granules("R1000000-1", &[7])]);
        let message = shop.refused("03", "2102", &body);
        assert!(message.starts_with("这盒已售出，请换一盒"), "{message}");
        assert!(!message.contains("S1"), "{message}");
    }
}

#[test]
fn a_pack_that_was_sold_through_the_gateway_is_a_double_of_its_own_customer_at_the_api() {
    let shop = Shop::new();
    shop.reads("01", LI, "01");
    shop.settle("M1", "S1", (LI, &[granules("R1000000-1", &[7])]));
    let judged = |person| {
        let again = shop.opened("02", person);
        shop.assessed("02", &again, Some(packs(1, &[7])))
    };
    let verdict = judged(LI);
    refuses(&verdict, SETTLED);
    assert_eq!(verdict["reasons"][0]["found"], "S1");
    assert_eq!(verdict["reasons"][1]["rule"], "trace.sold");
    let verdict = judged(WANG);
    refuses(&verdict, "trace.sold");
    assert!(!verdict.to_string().contains("S1"), "{verdict}");
    // R20: taken back, it is for sale again.
    shop.reverse("B1", "S1", LI);
    assert_eq!(judged(LI)["answer"], "allow");
}

// What happened, happened; that it is another sale's number must not pass unnoticed.
#[test]
fn a_settlement_number_of_another_sale_is_recorded_and_named_once() {
    let shop = Shop::with_codes_after();
    let settle = |person, msgid: &str, number: &str| {
        let sale = shop.left("01", msgid, person);
        let view = shop.told("01", &sale, msgid, settled(number));
        assert_eq!(view["phase"], "closed", "{view}");
        (sale, view["findings"].clone())
    };
    assert_eq!(settle(LI, "M1", "S1").1, json!([]));
    let (sale, findings) = settle(WANG, "M2", "S1");
    assert_eq!(findings, json!(["settlement-of-another"]));
    let again = shop.told("01", &sale, "M2", settled("S1"));
    assert_eq!(again["findings"], json!([]));
    let outcomes = shop.parts(EntryKind::Outcome, PartClass::Answer);
    let named = |outcome: &&Value| outcome["findings"] == json!(["settlement-of-another"]);
    assert_eq!(outcomes.iter().filter(named).count(), 1);
    // Through the gateway it was another's as well.
    shop.reads("01", LI, "01");
    shop.settle("M3", "S3", (LI, &[motherwort("R1000000-1")]));
    shop.clock.advance(11 * MINUTE_MS);
    let findings = settle(WANG, "M4", "S3").1;
    assert_eq!(findings, json!(["settlement-of-another"]));
}

// R07: other boxes, another person, a purchase for cash, an hour later.
#[test]
fn an_honest_purchase_is_no_double() {
    let shop = Shop::new();
    let sale = |msgid: &str, person, basket| {
        let sale = shop.opened("01", person);
        let verdict = shop.assessed("01", &sale, Some(basket));
        assert_eq!(verdict["answer"], "allow", "{msgid}: {verdict}");
        shop.announced("01", &sale, msgid).unwrap();
        shop.told("01", &sale, msgid, settled(&format!("S-{msgid}")));
    };
    sale("M1", LI, packs(1, &[1]));
    sale("M2", LI, packs(1, &[2]));
    sale("M3", WANG, packs(1, &[3]));

    let shop = Shop::with_codes_after();
    let first = shop.left("01", "M1", LI);
    shop.told("01", &first, "M1", settled("S1"));
    let cash = shop.opened("01", LI);
    let for_cash = packs(1, &[]).with_line(1, |line| line.tender = Tender::Cash);
    let verdict = shop.assessed("01", &cash, Some(for_cash.unwrap()));
    assert_eq!(verdict["answer"], "allow", "{verdict}");
    shop.clock.advance(11 * MINUTE_MS);
    shop.left("01", "M2", LI);
}

/// What the newest evidence of a sale is.
fn evidence(shop: &Shop, till: &str, sale: &SaleId) -> Value {
    let shown = shop.handle().show_sale(caller(till), sale.clone());
    let shown = body(&shop.wait(shown).unwrap());
    shown["evidence"].as_array().unwrap().last().unwrap()["kind"].clone()
}

fn notes(verdict: &Value) -> Vec<&str> {
    let notes = verdict["notes"].as_array().unwrap().iter();
    notes.map(|note| note["rule"].as_str().unwrap()).collect()
}

// R03: the platform's word is what passed here, at this till, in this visit.
#[test]
fn a_credential_counts_as_accepted_where_the_gateway_saw_the_answer() {
    let shop = Shop::with_codes_after();
    let judged = |till, person, is_seen: bool| {
        let sale = shop.opened(till, person);
        let kind = match is_seen {
            true => "credential-accepted",
            false => "credential-told",
        };
        let shown = evidence(&shop, till, &sale);
        assert_eq!(shown[kind]["credential"], "insurance-code", "{shown}");
        let verdict = shop.assessed(till, &sale, Some(packs(1, &[])));
        assert_eq!(verdict["answer"], "allow", "{verdict}");
        assert_eq!(
            notes(&verdict).contains(&"presence.told"),
            !is_seen,
            "{verdict}"
        );
    };
    judged("01", LI, false);
    shop.reads("01", LI, "01");
    judged("01", LI, true);
    judged("01", WANG, false);
    judged("02", LI, false);
    shop.clock.advance(11 * MINUTE_MS);
    judged("01", LI, false);
    shop.reads("01", LI, "01");
    shop.reads("01", WANG, "01");
    judged("01", WANG, true);
    judged("01", LI, false);
    // What was typed there is no code that was scanned.
    shop.reads("01", LI, "02");
    judged("01", LI, false);
}

// A visit's two bills: the second program call does not freshen what the platform saw once.
#[test]
fn what_the_platform_saw_does_not_grow_younger() {
    let shop = Shop::with_codes_after();
    shop.reads("01", LI, "01");
    shop.clock.advance(5 * MINUTE_MS);
    let sale = shop.opened("01", LI);
    let shown = shop.handle().show_sale(caller("01"), sale);
    let shown = body(&shop.wait(shown).unwrap());
    assert_eq!(shown["evidence"][0]["age_s"], 300);
}

// R08: a look that the gateway saw carries a visit's settlements, whichever door they come by.
#[test]
fn one_look_serves_one_visit_by_either_door() {
    let shop = Shop::new();
    let judged = |pack| {
        let sale = shop.opened("01", LI);
        let verdict = shop.assessed("01", &sale, Some(packs(1, &[pack])));
        (sale, verdict)
    };
    let settle = |pack, msgid: &str| {
        let (sale, verdict) = judged(pack);
        assert_eq!(verdict["answer"], "allow", "{verdict}");
        shop.announced("01", &sale, msgid).unwrap();
        shop.told("01", &sale, msgid, settled(&format!("S-{msgid}")));
    };
    shop.reads("01", LI, "01");
    shop.settle("M1", "S1", (LI, &[granules("R1000000-1", &[1])]));
    settle(2, "M2");
    let (_, verdict) = judged(3);
    assert_eq!(verdict["answer"], "ask", "{verdict}");
    assert_eq!(verdict["questions"][0]["rule"], "presence.reused");
    shop.clock.advance(1_000);
    shop.reads("01", LI, "01");
    settle(4, "M3");
}
