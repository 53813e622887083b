//! 5203, 5204 and 3202: what the platform says was settled.

use std::collections::HashSet;

use pharmacy_protocol::Secret;
use pharmacy_protocol::term::Fen;

use super::amount::Amounts;
use super::answer::Answer;
use super::inventory::MAX_RECORDS;
use super::node::{Node, opaque};
use super::request::Request;

/// A settlement that the platform, or the till's own statement (3202), names.
#[derive(Clone)]
pub struct StatementRow {
    /// `setl_id`.
    pub settlement: String,
    /// `mdtrt_id`.
    pub visit: Option<String>,
    /// `medins_setl_id` or `msgid`.
    pub msgid: Option<String>,
    /// `psn_no`.
    pub person: Option<Secret<String>>,
    /// What the account paid.
    pub account: Option<Fen>,
    /// What the pooled funds paid.
    pub fund: Option<Fen>,
    /// What was paid in cash.
    pub cash: Option<Fen>,
    /// Was it taken back (`refd_setl_flag` 1, or negative amounts)?
    pub is_refund: bool,
    /// Whose medicine the settlement is of another institution (`fixmedins_code` differs from the
    /// envelope's).
    pub is_elsewhere: bool,
}

opaque!(StatementRow);

impl StatementRow {
    /// All settlements that an answer names; 5203 `setlinfo`, object or array. Where there is no
    /// `setlinfo`, any node that names a settlement (5204 names it on every fee line: once here).
    /// At most [`MAX_RECORDS`].
    pub fn read(request: &Request, answer: &Answer) -> Vec<Self> {
        let named = answer.output.children("setlinfo");
        let nodes = if named.is_empty() {
            let mut nodes = vec![answer.output.clone()];
            nodes.extend(answer.output.all_children());
            nodes
        } else {
            named
        };
        let mut known = HashSet::new();
        nodes
            .iter()
            .filter_map(|node| Self::of(node, request.store.as_deref()))
            .filter(|row| known.insert((row.settlement.clone(), row.is_refund)))
            .take(MAX_RECORDS)
            .collect()
    }

    fn of(node: &Node, store: Option<&str>) -> Option<Self> {
        let amounts = Amounts::read(node);
        let institution = node.text("fixmedins_code");
        // 5204: a fee line's own amount.
        let line = node.fen("det_item_fee_sumamt");
        let is_negative = amounts.is_negative() || line.is_some_and(|fen| fen < Fen::ZERO);
        Some(Self {
            settlement: node.text("setl_id")?,
            visit: node.text("mdtrt_id"),
            msgid: node.first_text(&["medins_setl_id", "msgid"]),
            person: node.text("psn_no").map(Secret::new),
            is_refund: node.text("refd_setl_flag").as_deref() == Some("1") || is_negative,
            account: amounts.account,
            fund: amounts.fund,
            cash: amounts.cash,
            is_elsewhere: store.is_some()
                && institution.is_some()
                && store != institution.as_deref(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(output: &str) -> Vec<StatementRow> {
        let request = r#"{"infno":"5203","fixmedins_code":"P00000000000","input":{}}"#;
        let request = Request::parse(request.as_bytes()).unwrap();
        let answer = format!(r#"{{"infcode":"0","output":{output}}}"#);
        StatementRow::read(&request, &Answer::parse(answer.as_bytes()).unwrap())
    }

    #[test]
    fn reads_one_settlement_or_many() {
        for (output, settlements) in [
            (
                r#"{"setlinfo":{"setl_id":"1"},"setldetail":[{"fund_pay_type":"310200"}]}"#,
                "1",
            ),
            (
                r#"{"setlinfo":[{"setl_id":"1"},{"setl_id":2},{"setl_id":""}]}"#,
                "12",
            ),
            (r#""{\"setlinfo\":[{\"setl_id\":\"1\"}]}""#, "1"),
            (
                r#"{"data":[{"setl_id":"1","cnt":1},{"setl_id":"1","cnt":2}]}"#,
                "1",
            ),
            (r#"[{"setl_id":"1"},{"setl_id":"2"}]"#, "12"),
            (r#"{"setl_id":"1"}"#, "1"),
            ("null", ""),
            (r#"{"fileinfo":{"file_qury_no":"x"}}"#, ""),
        ] {
            let names: String = rows(output).into_iter().map(|row| row.settlement).collect();
            assert_eq!(names, settlements, "{output}");
        }
    }

    #[test]
    fn reads_what_became_of_a_settlement() {
        let rows = rows(
            r#"{"setlinfo":[
              {"setl_id":"1","mdtrt_id":"7","medins_setl_id":"M1","psn_no":"5","medfee_sumamt":4.52,
               "fund_pay_sumamt":0,"acct_pay":4.52,"psn_cash_pay":0,"fixmedins_code":"P00000000000"},
              {"setl_id":"2","medfee_sumamt":-4.52,"acct_pay":-4.52,"fixmedins_code":"P11111111111"},
              {"setl_id":"3","refd_setl_flag":1,"msgid":"M3"}]}"#,
        );
        let facts: Vec<_> = rows
            .iter()
            .map(|row| (row.msgid.as_deref(), row.is_refund, row.is_elsewhere))
            .collect();
        let expected = [
            (Some("M1"), false, false),
            (None, true, true),
            (Some("M3"), true, false),
        ];
        assert_eq!(facts, expected);
        assert_eq!(rows[0].account, Some(Fen::new(452)));
        assert_eq!(rows[0].fund, Some(Fen::ZERO));
        assert_eq!(rows[0].visit.as_deref(), Some("7"));
        assert_eq!(rows[0].person.as_ref().unwrap().expose(), "5");
        assert_eq!(format!("{:?}", rows[0]), "StatementRow");
    }
}
