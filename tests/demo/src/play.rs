//! The scenes at the local API, as a till would play them.

use serde_json::{Value, json};

use super::DemoError;
use super::client::Reply;
use super::scene::{Scene, Shown, scenes, text};
use super::stage::{Card, Stage};
use super::till;
use pharmacy_device::reader::frame::Command;
use pharmacy_kit::device::reader::{Fault, Times};

/// All scenes in their order; later ones use what earlier ones left.
pub(super) fn all() -> Vec<Scene> {
    scenes! {
        "医保码买非处方药 / plain OTC sale by insurance code" => plain_sale,
        "刷身份证购药 / a sale by ID card" => card_sale,
        "药品加保健食品，拆分支付 / health food in the basket, split" => split_sale,
        "牙刷冒用药品编码（串换）/ a toothbrush under a drug's code" => toothbrush,
        "无人到场 / nobody present" => nobody,
        "他人身份证 / another person's card" => other_card,
        "过期身份证 / an expired card" => expired_card,
        "代购，双方证件齐全 / proxy with both documents" => proxy,
        "丈夫用家庭共济为妻子购药 / husband buys for his wife, family account" => for_wife,
        "同一女性用药，丈夫本人统筹支付 / the same for himself, pooled fund" => for_himself,
        "处方药无处方 / prescription drug without prescription" => no_prescription,
        "追溯码已售 / a trace code sold before" => sold_before,
        "三盒含麻黄碱复方制剂 / three packs with pseudoephedrine" => pseudoephedrine,
        "读卡数据帧损坏后恢复 / a corrupted reader frame" => corrupted_frame,
        "结算撤销后药品可再售 / reversed, then the pack can be sold again" => reversal,
        "结算途中进程被杀，重启后不丢记录 / killed in the middle of a sale" => killed,
    }
}

/// The numbers of the two persons.
const WIFE: &str = till::WIFE.certno;
const HUSBAND: &str = till::HUSBAND.certno;

/// One line of a basket.
struct Item<'a> {
    sku: &'a str,
    code: Option<&'a str>,
    price: &'a str,
    packs: Vec<String>,
}

impl Item<'_> {
    fn json(&self, number: usize) -> Value {
        json!({
            "number": number, "sku": self.sku, "code": self.code, "price": self.price,
            "quantity": self.packs.len().max(1).to_string(), "trace_codes": self.packs,
        })
    }
}

fn basket(items: &[Item<'_>]) -> Value {
    json!({"lines": items.iter().enumerate().map(|(at, item)| item.json(at + 1)).collect::<Vec<_>>()})
}

fn otc(packs: Vec<String>) -> Item<'static> {
    Item {
        sku: "100057",
        code: Some("ZA99ZZZ9999010199901"),
        price: "19.10",
        packs,
    }
}

fn cold_remedy(packs: Vec<String>) -> Item<'static> {
    Item {
        sku: "900002",
        code: Some("ZA99ZZZ9999010199907"),
        price: "18.50",
        packs,
    }
}

impl Stage {
    fn open(&self, body: Value) -> Result<String, DemoError> {
        let sale = self.client.must("POST", "/v1/sales", &body)?;
        Ok(text(&sale, "/sale").to_owned())
    }

    fn post(&self, sale: &str, what: &str, body: Value) -> Result<Value, DemoError> {
        self.client
            .must("POST", &format!("/v1/sales/{sale}/{what}"), &body)
    }

    /// Opens a sale for a holder whom the platform named after the insurance code was scanned.
    fn open_by_insurance_code(&self, holder: &str) -> Result<String, DemoError> {
        let sale = self.open(json!({"holder": {"number": holder}, "insurance": "employee"}))?;
        let evidence = json!({
            "source": "credential", "credential": "insurance-code", "person": {"number": holder},
        });
        self.post(&sale, "evidence", evidence)?;
        Ok(sale)
    }

    fn assess(&self, sale: &str, items: &[Item<'_>]) -> Result<Value, DemoError> {
        self.post(sale, "assessments", basket(items))
    }

    fn settle(&self, sale: &str, verdict: &Value, msgid: &str) -> Result<Value, DemoError> {
        let outcome = json!({
            "msgid": msgid, "result": "settled", "settlement": format!("SETL-{msgid}"),
            "insurance": text(verdict, "/insurance"), "cash": text(verdict, "/cash"),
        });
        self.post(sale, "outcomes", outcome)
    }

    /// Asks for a card, and lays it down once the reader looks for one.
    fn read_card(&self, sale: &str, role: &str, card: Card<'_>) -> Result<Reply, DemoError> {
        let body = json!({"source": "reader", "role": role, "wait_s": 20});
        let path = format!("/v1/sales/{sale}/evidence");
        self.while_laying(card, |stage| stage.client.call("POST", &path, &body))
    }
}

fn expect(verdict: Value, answer: &str) -> Shown {
    let as_expected = text(&verdict, "/answer") == answer;
    Shown {
        verdicts: vec![verdict],
        as_expected,
        ..Shown::default()
    }
}

fn names_rule(verdict: &Value, rule: &str) -> bool {
    let reasons = verdict.get("reasons").and_then(Value::as_array);
    reasons.is_some_and(|reasons| reasons.iter().any(|reason| text(reason, "/rule") == rule))
}

fn plain_sale(stage: &mut Stage) -> Result<Shown, DemoError> {
    let packs = vec![stage.pack("8900057"), stage.pack("8900057")];
    let sale = stage.open_by_insurance_code(WIFE)?;
    let verdict = stage.assess(&sale, &[otc(packs)])?;
    stage.settle(&sale, &verdict, "M-PLAIN")?;
    Ok(expect(verdict, "allow"))
}

fn card_sale(stage: &mut Stage) -> Result<Shown, DemoError> {
    let pack = stage.pack("8990002");
    let sale = stage.open(json!({"holder": {"number": WIFE}}))?;
    let read = stage.read_card(&sale, "holder", Card::Valid(&till::WIFE))?;
    let verdict = stage.assess(&sale, &[cold_remedy(vec![pack])])?;
    let shown = text(&read.body, "/holder/number").to_owned();
    stage.settle(&sale, &verdict, "M-CARD")?;
    let mut scene = expect(verdict, "allow");
    scene.remarks.push(format!("读卡 card read: {shown}"));
    Ok(scene)
}

fn split_sale(stage: &mut Stage) -> Result<Shown, DemoError> {
    let pack = stage.pack("8900057");
    let sale = stage.open_by_insurance_code(WIFE)?;
    let health_food = Item {
        sku: "100091",
        code: None,
        price: "105.40",
        packs: vec![],
    };
    let items = [otc(vec![pack]), health_food];
    let refused = stage.assess(&sale, &items)?;
    let mut body = basket(&items);
    if let Some(line) = body.pointer_mut("/lines/1") {
        line["tender"] = json!("cash");
    }
    let allowed = stage.post(&sale, "assessments", body)?;
    stage.settle(&sale, &allowed, "M-SPLIT")?;
    let as_expected = text(&refused, "/answer") == "refuse"
        && text(&allowed, "/answer") == "allow"
        && text(&allowed, "/cash") == "105.40";
    let remarks = vec!["第 2 行改为现金后通过 / allowed with line 2 in cash".to_owned()];
    Ok(Shown {
        verdicts: vec![refused, allowed],
        remarks,
        as_expected,
        ..Shown::default()
    })
}

fn toothbrush(stage: &mut Stage) -> Result<Shown, DemoError> {
    let sale = stage.open_by_insurance_code(WIFE)?;
    let code = Some("ZA99ZZZ9999010199901");
    let item = Item {
        sku: "100112",
        code,
        price: "10.90",
        packs: vec![],
    };
    Ok(expect(stage.assess(&sale, &[item])?, "refuse"))
}

fn nobody(stage: &mut Stage) -> Result<Shown, DemoError> {
    let pack = stage.pack("8900057");
    let sale = stage.open(json!({"holder": {"number": WIFE}}))?;
    Ok(expect(stage.assess(&sale, &[otc(vec![pack])])?, "refuse"))
}

fn other_card(stage: &mut Stage) -> Result<Shown, DemoError> {
    let pack = stage.pack("8900057");
    let sale = stage.open(json!({"holder": {"number": WIFE}}))?;
    stage.read_card(&sale, "holder", Card::Valid(&till::HUSBAND))?;
    Ok(expect(stage.assess(&sale, &[otc(vec![pack])])?, "refuse"))
}

fn expired_card(stage: &mut Stage) -> Result<Shown, DemoError> {
    let sale = stage.open(json!({"holder": {"number": WIFE}}))?;
    let refused = stage.read_card(&sale, "holder", Card::Expired(&till::WIFE))?;
    let code = text(&refused.body, "/code").to_owned();
    let remark = format!(
        "{} {} [{code}]",
        refused.status,
        text(&refused.body, "/title")
    );
    Ok(Shown {
        remarks: vec![remark],
        as_expected: code == "card.expired",
        ..Shown::default()
    })
}

fn proxy(stage: &mut Stage) -> Result<Shown, DemoError> {
    let pack = stage.pack("8990002");
    let sale = stage.open(json!({"holder": {"number": WIFE}}))?;
    let roles = json!({"buyer": {
        "kind": "proxy", "person": {"number": HUSBAND, "name": "测试男"},
        "holder_document": "seen", "proxy_document": "read", "reason": "age",
    }});
    let path = format!("/v1/sales/{sale}/roles");
    stage.client.must("PUT", &path, &roles)?;
    stage.read_card(&sale, "proxy", Card::Valid(&till::HUSBAND))?;
    let verdict = stage.assess(&sale, &[cold_remedy(vec![pack])])?;
    stage.settle(&sale, &verdict, "M-PROXY")?;
    Ok(expect(verdict, "allow"))
}

fn motherwort(packs: Vec<String>) -> Item<'static> {
    let code = Some("ZD01BAY0321010100294");
    Item {
        sku: "100160",
        code,
        price: "17.50",
        packs,
    }
}

fn for_wife(stage: &mut Stage) -> Result<Shown, DemoError> {
    let pack = stage.pack("8900160");
    let sale = stage.open_by_insurance_code(HUSBAND)?;
    let roles = json!({"patient": {
        "kind": "family", "relation": "spouse", "person": {"number": WIFE, "name": "测试女"},
    }});
    stage
        .client
        .must("PUT", &format!("/v1/sales/{sale}/roles"), &roles)?;
    let verdict = stage.assess(&sale, &[motherwort(vec![pack])])?;
    stage.settle(&sale, &verdict, "M-WIFE")?;
    Ok(expect(verdict, "allow"))
}

fn for_himself(stage: &mut Stage) -> Result<Shown, DemoError> {
    let pack = stage.pack("8900160");
    let opening = json!({
        "holder": {"number": HUSBAND}, "fund": "pooled", "insurance": "employee",
    });
    let sale = stage.open(opening)?;
    let evidence = json!({
        "source": "credential", "credential": "insurance-code", "person": {"number": HUSBAND},
    });
    stage.post(&sale, "evidence", evidence)?;
    Ok(expect(
        stage.assess(&sale, &[motherwort(vec![pack])])?,
        "refuse",
    ))
}

fn no_prescription(stage: &mut Stage) -> Result<Shown, DemoError> {
    let pack = stage.pack("8900235");
    let sale = stage.open_by_insurance_code(WIFE)?;
    let code = Some("XJ99ZZZ999A001019999903");
    let item = Item {
        sku: "100235",
        code,
        price: "19.10",
        packs: vec![pack],
    };
    Ok(expect(stage.assess(&sale, &[item])?, "refuse"))
}

fn sold_before(stage: &mut Stage) -> Result<Shown, DemoError> {
    // The first pack of the first scene.
    let pack = format!("8900057{:013}", 1);
    let sale = stage.open_by_insurance_code(HUSBAND)?;
    Ok(expect(stage.assess(&sale, &[otc(vec![pack])])?, "refuse"))
}

fn pseudoephedrine(stage: &mut Stage) -> Result<Shown, DemoError> {
    let packs = vec![
        stage.pack("8990001"),
        stage.pack("8990001"),
        stage.pack("8990001"),
    ];
    let sale = stage.open_by_insurance_code(WIFE)?;
    let code = Some("XR99ZZZ999A001019999906");
    let item = Item {
        sku: "900001",
        code,
        price: "15.80",
        packs,
    };
    let mut body = basket(&[item]);
    if let Some(line) = body.pointer_mut("/lines/0") {
        line["registration"] = json!("registered");
    }
    Ok(expect(stage.post(&sale, "assessments", body)?, "refuse"))
}

fn corrupted_frame(stage: &mut Stage) -> Result<Shown, DemoError> {
    let pack = stage.pack("8990002");
    let sale = stage.open(json!({"holder": {"number": HUSBAND}}))?;
    stage
        .reader()
        .script(Command::ReadCard, Times::Next(1), Fault::BadChecksum);
    let read = stage.read_card(&sale, "holder", Card::Valid(&till::HUSBAND))?;
    let verdict = stage.assess(&sale, &[cold_remedy(vec![pack])])?;
    let mut scene = expect(verdict, "allow");
    scene.as_expected &= read.status == 200;
    scene
        .remarks
        .push("校验错误一帧，重读成功 / one bad frame, read again".to_owned());
    Ok(scene)
}

fn reversal(stage: &mut Stage) -> Result<Shown, DemoError> {
    let pack = stage.pack("8990002");
    let first = stage.open_by_insurance_code(HUSBAND)?;
    let verdict = stage.assess(&first, &[cold_remedy(vec![pack.clone()])])?;
    stage.settle(&first, &verdict, "M-BACK")?;
    let second = stage.open_by_insurance_code(WIFE)?;
    let refused = stage.assess(&second, &[cold_remedy(vec![pack.clone()])])?;
    let back = json!({
        "msgid": "R-BACK", "reverses": "M-BACK", "result": "settled", "settlement": "SETL-R-BACK",
        "insurance": "-18.50", "cash": "0",
    });
    stage.post(&first, "outcomes", back)?;
    let allowed = stage.assess(&second, &[cold_remedy(vec![pack])])?;
    let as_expected = names_rule(&refused, "trace.sold") && !names_rule(&allowed, "trace.sold");
    Ok(Shown {
        verdicts: vec![refused, allowed],
        as_expected,
        ..Shown::default()
    })
}

fn killed(stage: &mut Stage) -> Result<Shown, DemoError> {
    let pack = stage.pack("8990002");
    let sale = stage.open_by_insurance_code(HUSBAND)?;
    let verdict = stage.assess(&sale, &[cold_remedy(vec![pack])])?;
    stage.post(&sale, "attempts", json!({"msgid": "M-KILLED"}))?;
    stage.kill_and_restart();
    let path = format!("/v1/sales/{sale}");
    let after = stage.client.must("GET", &path, &Value::Null)?;
    let state = text(&after, "/attempts/0/state").to_owned();
    stage.settle(&sale, &verdict, "M-KILLED")?;
    let list = stage
        .client
        .must("GET", &format!("{path}/list"), &Value::Null)?;
    let as_expected = state == "in-doubt" && text(&list, "/settlement") == "SETL-M-KILLED";
    let remarks = vec![
        format!("重启后 after the restart: M-KILLED {state}"),
        format!(
            "按平台结果补报，购药清单 purchase list: {} 元",
            text(&list, "/total")
        ),
    ];
    Ok(Shown {
        verdicts: vec![verdict],
        remarks,
        as_expected,
        ..Shown::default()
    })
}
