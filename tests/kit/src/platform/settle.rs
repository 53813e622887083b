//! Settlements, and what takes them back: 2101, 2102, 2103, 2204, 2206, 2207, 2208, 2601, 5203, 5204.
//!
//! As at a real platform, nothing is idempotent: whatever settles, settles again when it is sent
//! again, under the same message id or another. That is what a test counts.

use serde_json::{Value, json};

use super::books::{Message, Output, Settlement, Standing, State, Upload, Visit};
use super::fee::{Funds, Line, Sums};
use super::person::Insured;
use super::value::{fen, nodes, text};

impl Visit {
    fn read(head: &Value) -> Result<Self, String> {
        let need = |name: &str| text(head, name).ok_or_else(|| format!("{name}不能为空"));
        Ok(Self {
            certificate: need("mdtrt_cert_type")?,
            insurance: need("insutype")?,
            med_type: need("med_type")?,
            uses_account: need("acct_used_flag")? == "1",
        })
    }
}

impl State {
    /// 2101 and 2102: head and lines in one message.
    pub(super) fn settle_at_pharmacy(&mut self, message: &Message, is_final: bool) -> Output {
        let head = &message.input["druginfo"];
        let lines = read_lines(nodes(&message.input, "drugdetail"))?;
        let mdtrt_id = self.next_id("M");
        self.settle(message, head, lines, mdtrt_id, is_final)
    }

    /// 2204: lines now, settlement later.
    pub(super) fn upload_fees(&mut self, message: &Message) -> Output {
        let written = nodes(&message.input, "feedetail");
        let first = *written.first().ok_or("feedetail不能为空")?;
        let need = |name: &str| text(first, name).ok_or_else(|| format!("{name}不能为空"));
        let (psn_no, mdtrt_id) = (need("psn_no")?, need("mdtrt_id")?);
        let batch = need("chrg_bchno")?;
        self.insured(&psn_no)?;
        let lines = read_lines(written)?;
        let split: Vec<_> = lines.iter().map(|line| line.split(self.manner)).collect();
        self.uploads.push(Upload {
            psn_no,
            mdtrt_id,
            batch,
            lines,
        });
        Ok(json!({ "result": split }))
    }

    /// 2206 and 2207: the head; the lines came before.
    pub(super) fn settle_uploaded(&mut self, message: &Message, is_final: bool) -> Output {
        let head = &message.input["data"];
        let (psn_no, mdtrt_id) = (text(head, "psn_no"), text(head, "mdtrt_id"));
        let batch = text(head, "chrg_bchno");
        let is_meant = |upload: &&Upload| {
            Some(&upload.psn_no) == psn_no.as_ref()
                && Some(&upload.mdtrt_id) == mdtrt_id.as_ref()
                && Some(&upload.batch) == batch.as_ref()
        };
        let uploads = self.uploads.iter().filter(is_meant);
        let lines: Vec<_> = uploads.flat_map(|upload| upload.lines.clone()).collect();
        let mdtrt_id = mdtrt_id.ok_or("mdtrt_id不能为空")?;
        self.settle(message, head, lines, mdtrt_id, is_final)
    }

    fn settle(
        &mut self,
        message: &Message,
        head: &Value,
        lines: Vec<Line>,
        mdtrt_id: String,
        is_final: bool,
    ) -> Output {
        let set = Visit::read(head)?;
        let psn_no = text(head, "psn_no").ok_or("psn_no不能为空")?;
        let balance = self.insured(&psn_no)?.balance;
        if lines.is_empty() {
            return Err("未查询到费用明细".into());
        }
        let available = if set.uses_account { balance } else { 0 };
        let sums = Sums::of(&lines, Funds::of(&set.med_type), available);
        if fen(head, "medfee_sumamt") != Some(sums.total) {
            return Err("medfee_sumamt与费用明细合计不符".into());
        }
        let mut settlement = Settlement {
            setl_id: String::new(),
            mdtrt_id,
            psn_no,
            msgid: message.msgid.clone(),
            infno: message.infno.clone(),
            sums,
            reverses: None,
            standing: Standing::Stands,
            set,
            at: self.clock.text("%Y-%m-%d %H:%M:%S"),
            split: lines.iter().map(|line| line.split(self.manner)).collect(),
        };
        if is_final {
            settlement.setl_id = self.next_id("");
            self.enter(settlement.clone());
        }
        Ok(self.told(&settlement))
    }

    /// 2103 and 2208.
    pub(super) fn reverse(&mut self, message: &Message) -> Output {
        let asked = &message.input["data"];
        let need = |name: &str| text(asked, name).ok_or_else(|| format!("{name}不能为空"));
        let (setl_id, mdtrt_id, psn_no) = (need("setl_id")?, need("mdtrt_id")?, need("psn_no")?);
        let settlement = self.settlements.iter_mut().find(|settlement| {
            settlement.setl_id == setl_id
                && settlement.mdtrt_id == mdtrt_id
                && settlement.psn_no == psn_no
                && settlement.reverses.is_none()
                && settlement.standing == Standing::Stands
        });
        let settlement = settlement.ok_or("未查询到有效的结算信息")?;
        settlement.standing = Standing::Reversed;
        let mut reversal = settlement.clone();
        reversal.msgid = message.msgid.clone();
        reversal.infno = message.infno.clone();
        reversal.sums = reversal.sums.negative();
        reversal.reverses = Some(setl_id);
        reversal.standing = Standing::Stands;
        reversal.at = self.clock.text("%Y-%m-%d %H:%M:%S");
        reversal.setl_id = self.next_id("");
        self.enter(reversal.clone());
        let mut told = self.told(&reversal);
        if let Value::Object(told) = &mut told {
            told.remove("detlcutinfo");
        }
        Ok(told)
    }

    /// 2601: takes back whatever was done under a message id, once.
    pub(super) fn undo(&mut self, message: &Message) -> Output {
        let asked = &message.input["data"];
        let need = |name: &str| text(asked, name).ok_or_else(|| format!("{name}不能为空"));
        let (omsgid, oinfno, psn_no) = (need("omsgid")?, need("oinfno")?, need("psn_no")?);
        let mut settlements = self.settlements.iter_mut().rev();
        let undone = settlements.find(|settlement| {
            settlement.msgid == omsgid
                && settlement.infno == oinfno
                && settlement.psn_no == psn_no
                && settlement.standing != Standing::Undone
        });
        let undone = undone.ok_or("原交易不存在，无需冲正")?;
        if undone.standing == Standing::Reversed {
            return Err("原交易已撤销，不能冲正".into());
        }
        undone.standing = Standing::Undone;
        let (account, reversed) = (undone.sums.account, undone.reverses.clone());
        self.credit(&psn_no, account);
        let mut settlements = self.settlements.iter_mut();
        if let Some(reversed) = reversed
            && let Some(again) = settlements.find(|settlement| settlement.setl_id == reversed)
        {
            again.standing = Standing::Stands;
        }
        Ok(Value::Null)
    }

    /// 5203: what stands, reversals included, one by its number or all of a person or a visit.
    pub(super) fn settlements_told(&self, message: &Message) -> Output {
        let asked = &message.input["data"];
        let psn_no = text(asked, "psn_no").ok_or("psn_no不能为空")?;
        self.insured(&psn_no)?;
        let is_asked = |name: &str, has: &str| text(asked, name).is_none_or(|asked| asked == has);
        let is_meant = |settlement: &&Settlement| {
            settlement.psn_no == psn_no
                && settlement.standing == Standing::Stands
                && is_asked("setl_id", &settlement.setl_id)
                && is_asked("mdtrt_id", &settlement.mdtrt_id)
        };
        let found: Vec<_> = self.settlements.iter().filter(is_meant).collect();
        match (found.as_slice(), text(asked, "setl_id")) {
            ([], Some(_)) => Err("未查询到结算信息".into()),
            ([one], Some(_)) => {
                let (info, detail) = (self.setlinfo(one), one.sums.detail(self.manner));
                Ok(json!({ "setlinfo": info, "setldetail": detail }))
            }
            (all, _) => {
                let rows: Vec<_> = all
                    .iter()
                    .map(|settlement| self.setlinfo(settlement))
                    .collect();
                Ok(json!({ "setlinfo": rows }))
            }
        }
    }

    /// 5204: the lines of a settlement.
    pub(super) fn lines_told(&self, message: &Message) -> Output {
        let asked = &message.input["data"];
        let setl_id = text(asked, "setl_id").ok_or("setl_id不能为空")?;
        let mut settlements = self.settlements.iter();
        let found = settlements.find(|settlement| settlement.setl_id == setl_id);
        let found = found.ok_or("未查询到费用明细")?;
        let rows = found.split.iter().map(|line| {
            let mut row = line.clone();
            row["setl_id"] = json!(found.setl_id);
            row["mdtrt_id"] = json!(found.mdtrt_id);
            row
        });
        let rows: Vec<_> = rows.collect();
        Ok(json!({ "output": rows }))
    }

    /// What a person may still take from the account.
    pub(super) fn insured(&self, psn_no: &str) -> Result<&Insured, String> {
        let mut persons = self.persons.iter();
        let found = persons.find(|person| person.psn_no == psn_no);
        found.ok_or_else(|| "未查询到参保人信息".into())
    }

    fn enter(&mut self, settlement: Settlement) {
        self.credit(&settlement.psn_no, -settlement.sums.account);
        self.settlements.push(settlement);
    }

    fn credit(&mut self, psn_no: &str, fen: i64) {
        let mut persons = self.persons.iter_mut();
        if let Some(person) = persons.find(|person| person.psn_no == psn_no) {
            person.balance += fen;
        }
    }

    fn told(&self, settlement: &Settlement) -> Value {
        json!({
            "setlinfo": self.setlinfo(settlement),
            "setldetail": settlement.sums.detail(self.manner),
            "detlcutinfo": settlement.split,
        })
    }

    /// `setlinfo`; without a number where nothing was settled.
    fn setlinfo(&self, settlement: &Settlement) -> Value {
        let Ok(person) = self.insured(&settlement.psn_no) else {
            return Value::Null;
        };
        let mut info = person.base();
        let amounts = settlement.sums.told(self.manner);
        let refund = if settlement.reverses.is_some() {
            "1"
        } else {
            "0"
        };
        let rest = json!({
            "mdtrt_id": settlement.mdtrt_id, "medins_setl_id": settlement.msgid,
            "setl_time": settlement.at, "mdtrt_cert_type": settlement.set.certificate,
            "med_type": settlement.set.med_type, "insutype": settlement.set.insurance,
            "psn_type": "116032", "cvlserv_flag": "0", "balc": self.manner.money(person.balance),
            "clr_optins": self.manner.area(), "clr_way": "1", "clr_type": "41",
            "refd_setl_flag": refund,
        });
        merge(&mut info, amounts);
        merge(&mut info, rest);
        if !settlement.setl_id.is_empty() {
            info["setl_id"] = json!(settlement.setl_id);
        }
        info
    }
}

fn merge(into: &mut Value, more: Value) {
    if let (Value::Object(into), Value::Object(more)) = (into, more) {
        into.extend(more);
    }
}

fn read_lines(nodes: Vec<&Value>) -> Result<Vec<Line>, String> {
    nodes.into_iter().map(Line::read).collect()
}
