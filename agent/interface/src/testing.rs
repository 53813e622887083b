//! What the tests of several modules need: the regional table's rows, and any JSON.

use pharmacy_decision::pack::{Call, CallRole, CodeForm, Join, Refusal};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Answer, Insured, InsuredQuery, Mapped, Request, Reversal, SignIn, StatementRow, Undo};

/// The national row of a call, as the shipped table has it.
pub(super) fn call(infno: &str) -> Call {
    let table = include_str!("../../../config/rules/calls.csv");
    let row = table
        .lines()
        .map(|line| line.split(',').collect::<Vec<_>>())
        .find(|cells| cells[0] == "全国" && cells[3] == infno)
        .unwrap_or_else(|| panic!("{infno} is not in the table"));
    let node = |cell: &str| Some(cell.to_owned()).filter(|node| !node.is_empty());
    Call {
        infno: infno.parse().unwrap(),
        role: match row[4] {
            "明细" => CallRole::FeeLines,
            "预结算" => CallRole::PreSettlement,
            "结算" => CallRole::Settlement,
            "有明细则结算" => CallRole::SettlementIfLines,
            "库存" => CallRole::Stock,
            "对照" => CallRole::Mapping,
            "人员" => CallRole::Insured,
            other => panic!("{other} needs no table here"),
        },
        head: node(row[5]),
        lines: node(row[6]),
        join: match row[7] {
            "就诊" => Join::Visit,
            _ => Join::Person,
        },
        refusal: Refusal::MinusOne,
        form: CodeForm::Number,
    }
}

/// Names that a settlement, a stock call or an answer may have, so that random trees meet the code.
const NAMES: [&str; 24] = [
    "druginfo",
    "drugdetail",
    "data",
    "feedetail",
    "selinfo",
    "selinfoDetail",
    "drugtracinfo",
    "drug_trac_info",
    "drug_trac_codg",
    "feedetl_sn",
    "med_list_codg",
    "medins_list_codg",
    "cnt",
    "pric",
    "det_item_fee_sumamt",
    "medfee_sumamt",
    "psn_no",
    "mdtrt_id",
    "acct_used_flag",
    "setlinfo",
    "setl_id",
    "warn_msg",
    "infcode",
    "result",
];

/// Any JSON, with names of the interface.
pub(super) fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::from),
        (-100_000_i32..100_000).prop_map(|units| Value::from(f64::from(units) / 100.0)),
        "\\PC{0,8}|[0-9]{20}|-?[0-9]{1,4}\\.[0-9]{2}".prop_map(Value::String),
    ];
    leaf.prop_recursive(5, 64, 6, |inner| {
        let name = prop_oneof![
            proptest::sample::select(NAMES.to_vec()).prop_map(str::to_owned),
            "\\PC{0,4}",
        ];
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
            proptest::collection::vec((name, inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    /// Whatever tree stands where a call or an answer has its own, every view reads it or says no.
    #[test]
    fn no_view_panics(value in any_json(), infno in "2601|2103|9001|9002|3301|1101|5203", is_text in any::<bool>()) {
        let inner = if is_text { Value::String(value.to_string()) } else { value };
        let request = json!({"infno": infno, "fixmedins_code": "P00000000000", "input": {"data": inner}});
        let answer = json!({"infcode": 0, "output": {"setlinfo": inner, "baseinfo": inner, "insuinfo": inner}});
        let whole = json!({"infcode": "0", "output": inner});
        // Two of the names may be spellings of one.
        let Ok(request) = Request::parse(request.to_string().as_bytes()) else {
            return Ok(());
        };
        let _ = (InsuredQuery::read(&request), Reversal::read(&request), Undo::read(&request));
        let _ = Mapped::read(&request, &call("3301"));
        for answer in [answer, whole] {
            let Ok(answer) = Answer::parse(answer.to_string().as_bytes()) else {
                continue;
            };
            let _ = (answer.settled(), Insured::read(&answer));
            let _ = (StatementRow::read(&request, &answer), SignIn::read(&request, Some(&answer)));
        }
    }
}
