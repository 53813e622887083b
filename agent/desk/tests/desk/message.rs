//! Messages of a till and of the platform, in the manners of three provinces.

use serde_json::{Value, json};

use crate::kit::Shop;

pub const STORE: &str = "P44030000001";

/// What opens calls at the platform.
pub const SIGN_NO: &str = "7351904462";

/// How a province writes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Manner {
    /// Objects and numbers.
    Guangdong,
    /// `input` and `output` as strings.
    Hubei,
    /// Numbers and `infcode` as strings.
    Jiangsu,
}

impl Manner {
    pub const ALL: [Self; 3] = [Self::Guangdong, Self::Hubei, Self::Jiangsu];

    pub fn area(self) -> &'static str {
        match self {
            Self::Guangdong => "440300",
            Self::Hubei => "420100",
            Self::Jiangsu => "320500",
        }
    }

    fn nested(self, node: Value) -> Value {
        match self {
            Self::Guangdong => node,
            Self::Hubei => Value::String(node.to_string()),
            Self::Jiangsu => quoted(node),
        }
    }
}

fn quoted(node: Value) -> Value {
    match node {
        Value::Number(number) => Value::String(number.to_string()),
        Value::Array(items) => items.into_iter().map(quoted).collect(),
        Value::Object(members) => {
            let members = members.into_iter();
            Value::Object(members.map(|(name, value)| (name, quoted(value))).collect())
        }
        other => other,
    }
}

/// An insured person.
#[derive(Clone, Copy)]
pub struct Person {
    pub psn_no: &'static str,
    pub certno: &'static str,
    pub name: &'static str,
    pub token: &'static str,
}

pub const LI: Person = Person {
    psn_no: "44030000000000001234567",
    certno: "11010519491231002X",
    name: "李某某甲",
    token: "TOKEN0011223344556677",
};

pub const WANG: Person = Person {
    psn_no: "44030000000000007654321",
    certno: "440524188001010014",
    name: "王某某乙",
    token: "TOKEN8899001122334455",
};

/// A line of goods.
#[derive(Clone)]
pub struct Line {
    pub serial: String,
    pub sku: &'static str,
    pub code: &'static str,
    pub fen: i64,
    pub count: i64,
    pub packs: Vec<String>,
    pub at: &'static str,
}

/// The trace code of pack `number` of the plain drug.
pub fn trace(number: u64) -> String {
    format!("8900057{number:013}")
}

/// Packs of the plain drug (板蓝根颗粒).
pub fn granules(serial: &str, packs: &[u64]) -> Line {
    Line {
        serial: serial.to_owned(),
        sku: "100057",
        code: "ZA99ZZZ9999010199901",
        fen: 1910,
        count: i64::try_from(packs.len()).unwrap(),
        packs: packs.iter().map(|number| trace(*number)).collect(),
        at: "2025-11-22 12:00:00",
    }
}

/// A message with members of its first line set.
pub fn with_line(body: &str, members: Value) -> String {
    let mut body: Value = serde_json::from_str(body).unwrap();
    let line = body["input"]["drugdetail"][0].as_object_mut().unwrap();
    line.extend(members.as_object().unwrap().clone());
    body.to_string()
}

impl Line {
    /// The same goods, with no code in the message.
    pub fn bare(mut self) -> Self {
        self.packs.clear();
        self
    }

    pub fn amount(&self) -> i64 {
        self.fen * self.count
    }

    fn node(&self) -> Value {
        let packs = self.packs.iter();
        let packs: Vec<_> = packs.map(|code| json!({"drug_trac_codg": code})).collect();
        json!({
            "feedetl_sn": self.serial, "rxno": "", "rx_circ_flag": "0",
            "fee_ocur_time": self.at, "med_list_codg": self.code,
            "medins_list_codg": self.sku, "det_item_fee_sumamt": yuan(self.amount()),
            "cnt": self.count, "pric": yuan(self.fen), "prd_days": 0, "drugtracinfo": packs,
        })
    }
}

/// A box of another drug (益母草片), with no code in the message.
pub fn motherwort(serial: &str) -> Line {
    Line {
        sku: "100160",
        code: "ZD01BAY0321010100294",
        fen: 1750,
        count: 1,
        ..granules(serial, &[])
    }
}

/// A box of a third one (感冒灵颗粒), likewise.
pub fn cold_remedy(serial: &str) -> Line {
    Line {
        sku: "900002",
        code: "ZA99ZZZ9999010199907",
        fen: 1850,
        count: 1,
        ..granules(serial, &[])
    }
}

/// A drinking cup: no drug, no device.
pub fn cup(serial: &str) -> Line {
    Line {
        sku: "100004",
        code: "ZA99ZZZ9999010199901",
        fen: 1180,
        count: 1,
        ..granules(serial, &[])
    }
}

pub fn yuan(fen: i64) -> Value {
    let text = format!("{}.{:02}", fen / 100, fen % 100);
    serde_json::from_str(&text).unwrap()
}

fn total(lines: &[Line]) -> i64 {
    lines.iter().map(Line::amount).sum()
}

impl Shop {
    /// A request.
    pub fn body(&self, infno: &str, msgid: &str, input: Value) -> String {
        let area = self.manner.area();
        json!({
            "infno": infno, "msgid": msgid, "mdtrtarea_admvs": area, "insuplc_admdvs": area,
            "recer_sys_code": "YBXT", "signtype": "SM3", "infver": "V1.0", "opter_type": "1",
            "opter": "001", "opter_name": "收银员", "inf_time": "2025-11-22 12:00:00",
            "fixmedins_code": STORE, "fixmedins_name": "某某大药房", "sign_no": SIGN_NO,
            "input": self.manner.nested(input),
        })
        .to_string()
    }

    /// A success of the platform.
    pub fn yes(&self, output: Value) -> String {
        json!({
            "infcode": self.code(0), "inf_refmsgid": "440300202511221200000000000001",
            "refmsg_time": "20251122120000000", "respond_time": "20251122120000150",
            "err_msg": null, "output": self.manner.nested(output), "warn_msg": null,
        })
        .to_string()
    }

    /// A refusal of the platform.
    pub fn no(&self, message: &str) -> String {
        json!({"infcode": self.code(-1), "err_msg": message, "output": null}).to_string()
    }

    fn code(&self, code: i32) -> Value {
        match self.manner {
            Manner::Jiangsu => Value::String(code.to_string()),
            _ => Value::from(code),
        }
    }

    pub fn druginfo(&self, infno: &str, msgid: &str, basket: (Person, &[Line])) -> String {
        let (person, lines) = basket;
        let input = json!({
            "druginfo": {
                "psn_no": person.psn_no, "mdtrt_cert_type": "01", "mdtrt_cert_no": person.token,
                "begntime": "2025-11-22 12:00:00", "medfee_sumamt": yuan(total(lines)),
                "insutype": "310", "acct_used_flag": "1", "med_type": "41",
            },
            "drugdetail": lines.iter().map(Line::node).collect::<Vec<_>>(),
        });
        self.body(infno, msgid, input)
    }

    /// 2102.
    pub fn settlement(&self, msgid: &str, person: Person, lines: &[Line]) -> String {
        self.druginfo("2102", msgid, (person, lines))
    }

    /// The answer to a settlement: all from the account.
    pub fn settled(&self, setl_id: &str, (person, fen): (Person, i64)) -> String {
        self.yes(json!({"setlinfo": {
            "setl_id": setl_id, "mdtrt_id": format!("V{setl_id}"), "psn_no": person.psn_no,
            "psn_name": person.name, "certno": person.certno, "medfee_sumamt": yuan(fen),
            "fund_pay_sumamt": 0, "acct_pay": yuan(fen), "psn_cash_pay": 0,
        }}))
    }

    /// 1101 at a till, answered.
    pub fn reads(&self, till: &str, person: Person, kind: &str) {
        let asked = json!({"data": {
            "mdtrt_cert_type": kind, "mdtrt_cert_no": person.token, "card_sn": "",
            "psn_cert_type": "01", "certno": person.certno, "psn_name": person.name,
        }});
        let said = json!({
            "baseinfo": {
                "psn_no": person.psn_no, "psn_cert_type": "01", "certno": person.certno,
                "psn_name": person.name, "gend": "2", "brdy": "1949-12-31", "age": 75.9,
            },
            "insuinfo": [{"balc": 500, "insutype": "310", "psn_insu_stas": "1"}],
            "idetinfo": [],
        });
        let body = self.body("1101", "Q1101", asked);
        self.observe(till, "1101", &body, &self.yes(said));
    }

    /// Sends a settlement and has it settled.
    #[track_caller]
    pub fn settle(&self, msgid: &str, setl_id: &str, basket: (Person, &[Line])) {
        let (person, lines) = basket;
        let departure = self.sent("01", "2102", &self.settlement(msgid, person, lines));
        self.answered(departure, &self.settled(setl_id, (person, total(lines))));
    }

    /// 2103.
    pub fn reversal(&self, msgid: &str, setl_id: &str, person: Person) -> String {
        let input = json!({"data": {
            "setl_id": setl_id, "mdtrt_id": format!("V{setl_id}"), "psn_no": person.psn_no,
        }});
        self.body("2103", msgid, input)
    }

    /// The answer to a reversal.
    pub fn reversed(&self, setl_id: &str, (person, fen): (Person, i64)) -> String {
        self.yes(json!({"setlinfo": {
            "setl_id": setl_id, "psn_no": person.psn_no, "medfee_sumamt": yuan_below(fen),
            "fund_pay_sumamt": 0, "acct_pay": yuan_below(fen), "cash_payamt": 0,
        }}))
    }

    #[track_caller]
    pub fn reverse(&self, msgid: &str, setl_id: &str, person: Person) {
        let departure = self.sent("01", "2103", &self.reversal(msgid, setl_id, person));
        self.answered(departure, &self.reversed("BACK", (person, 1910)));
    }

    /// 2601.
    pub fn undo(&self, msgid: &str, (infno, of): (&str, &str), person: Person) -> String {
        let input = json!({"data": {
            "psn_no": person.psn_no, "omsgid": of, "oinfno": infno,
        }});
        self.body("2601", msgid, input)
    }

    /// The answer to 5203 that names one settlement.
    pub fn statement(&self, setl_id: &str, msgid: &str, fen: i64) -> String {
        self.yes(json!({"setlinfo": {
            "setl_id": setl_id, "medins_setl_id": msgid, "psn_no": LI.psn_no,
            "medfee_sumamt": yuan(fen), "fund_pay_sumamt": 0, "acct_pay": yuan(fen),
            "psn_cash_pay": 0,
        }}))
    }

    /// 5203 passes with this answer.
    pub fn queries(&self, answer: &str) {
        let input = json!({"data": {"psn_no": LI.psn_no, "setl_id": "", "mdtrt_id": ""}});
        self.observe("01", "5203", &self.body("5203", "Q5203", input), answer);
    }

    /// A call of the pooled fund (2204, 2206, 2207), its lines where it has any.
    pub fn pooled(&self, infno: &str, msgid: &str, (lines, fen): (&[Line], i64)) -> String {
        let visit = json!({"mdtrt_id": "VISIT1", "chrg_bchno": "BATCH1"});
        let mut input = json!({});
        if infno.starts_with("2204") {
            let mut nodes = Vec::new();
            for line in lines {
                let mut node = line.node();
                node["mdtrt_id"] = visit["mdtrt_id"].clone();
                node["chrg_bchno"] = visit["chrg_bchno"].clone();
                node["psn_no"] = LI.psn_no.into();
                nodes.push(node);
            }
            input["feedetail"] = nodes.into();
        } else {
            let mut data = visit;
            data["psn_no"] = LI.psn_no.into();
            data["mdtrt_cert_type"] = "01".into();
            data["mdtrt_cert_no"] = LI.token.into();
            data["med_type"] = "11".into();
            data["medfee_sumamt"] = yuan(fen);
            data["insutype"] = "310".into();
            data["acct_used_flag"] = "1".into();
            input["data"] = data;
        }
        self.body(infno, msgid, input)
    }

    /// 3505 with codes of a settlement.
    pub fn sold(&self, infno: &str, setl_id: &str, packs: &[u64]) -> String {
        let packs = packs.iter().map(|number| trace(*number));
        let packs: Vec<_> = packs.map(|code| json!({"drug_trac_codg": code})).collect();
        let record = json!({
            "med_list_codg": "ZA99ZZZ9999010199901", "fixmedins_hilist_id": "100057",
            "fixmedins_hilist_name": "板蓝根颗粒", "fixmedins_bchno": "B1", "setl_id": setl_id,
            "mdtrt_sn": format!("V{setl_id}"), "rtal_docno": "D1", "psn_no": LI.psn_no,
            "certno": LI.certno, "psn_name": LI.name, "sel_retn_cnt": packs.len(),
            "drugtracinfo": packs,
        });
        let input = match infno.ends_with('A') {
            true => json!({"selinfoDetail": [record]}),
            false => json!({"selinfo": record}),
        };
        self.body(infno, "Q350X", input)
    }
}

fn yuan_below(fen: i64) -> Value {
    let text = format!("-{}.{:02}", fen / 100, fen % 100);
    serde_json::from_str(&text).unwrap()
}
