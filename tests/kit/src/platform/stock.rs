//! What the institution reports of its goods: 3301, 3302, 3501 to 3507 and their A forms.

use serde_json::{Value, json};

use super::books::{Message, Output, State, StockRecord};
use super::value::{nodes, text};

impl State {
    /// 3301: which insurance code an article has.
    pub(super) fn map(&mut self, message: &Message) -> Output {
        let rows = nodes(&message.input, "data");
        if rows.is_empty() {
            return Err("data不能为空".into());
        }
        for row in rows {
            let need = |name: &str| text(row, name).ok_or_else(|| format!("{name}不能为空"));
            let (sku, code) = (need("fixmedins_hilist_id")?, need("med_list_codg")?);
            self.mapped.insert(sku, code);
        }
        Ok(Value::Null)
    }

    /// 3302: takes that back.
    pub(super) fn unmap(&mut self, message: &Message) -> Output {
        for row in nodes(&message.input, "data") {
            let sku = text(row, "fixmedins_hilist_id").unwrap_or_default();
            self.mapped.remove(&sku).ok_or("未查询到目录对照信息")?;
        }
        Ok(Value::Null)
    }

    /// 3501 to 3507, plain or batch.
    pub(super) fn report_stock(&mut self, message: &Message) -> Output {
        let plain = message.infno.trim_end_matches('A');
        let is_batch = message.infno.ends_with('A');
        let done = match plain {
            "3507" => self.delete_stock(message),
            _ => self.add_stock(message, plain),
        };
        match (done, is_batch && self.manner.has_second_result()) {
            (Ok(()), false) => Ok(Value::Null),
            (Err(why), false) => Err(why),
            // SPEC: the envelope says success although the records were not taken.
            (Ok(()), true) => Ok(second("1", "受理成功")),
            (Err(why), true) => Ok(second("0", &why)),
        }
    }

    fn add_stock(&mut self, message: &Message, plain: &str) -> Result<(), String> {
        let node = match plain {
            "3501" | "3502" => "invinfo",
            "3503" | "3504" => "purcinfo",
            _ => "selinfo",
        };
        let name = if message.infno.ends_with('A') {
            format!("{node}Detail")
        } else {
            node.to_owned()
        };
        let rows = nodes(&message.input, &name);
        if rows.is_empty() {
            return Err(format!("{name}不能为空"));
        }
        for row in rows {
            let need = |name: &str| text(row, name).ok_or_else(|| format!("{name}不能为空"));
            let batch = need("fixmedins_bchno")?;
            need("med_list_codg")?;
            let sku = need("fixmedins_hilist_id")?;
            let mut packs: Vec<_> = nodes(row, "drugtracinfo")
                .into_iter()
                .filter_map(|node| text(node, "drug_trac_codg"))
                .collect();
            packs.extend(text(row, "drug_trac_codg"));
            let infno = plain.to_owned();
            self.stock.push(StockRecord {
                infno,
                batch,
                sku,
                packs,
            });
        }
        Ok(())
    }

    /// By batch serial only: one that was used twice deletes more than was meant.
    fn delete_stock(&mut self, message: &Message) -> Result<(), String> {
        let plain = nodes(&message.input, "data").into_iter();
        for row in plain.chain(nodes(&message.input, "goodDetail")) {
            let batch = text(row, "fixmedins_bchno").ok_or("fixmedins_bchno不能为空")?;
            let before = self.stock.len();
            self.stock.retain(|record| record.batch != batch);
            if self.stock.len() == before {
                return Err("未查询到进销存信息".into());
            }
        }
        Ok(())
    }
}

fn second(code: &str, text: &str) -> Value {
    json!({ "result": { "retRslt": code, "msgRslt": text } })
}
