//! 3501 to 3507 and their A forms: what a till reports of its stock.

use pharmacy_decision::pack::Call;
use pharmacy_protocol::term::Infno;

use super::dictionary;
use super::error::ViewError;
use super::node::Node;
use super::request::Request;
use super::settlement::parsed;
use super::trace::Codes;

pub use pharmacy_protocol::record::stock::{StockKind, StockRecord};

/// Most records of one call: a whole store's count in one batch.
pub const MAX_RECORDS: usize = 5000;

/// A stock call.
#[derive(Clone, Debug)]
pub struct StockReport {
    /// What it is about.
    pub kind: StockKind,
    pub records: Vec<StockRecord>,
}

fn kind_of(infno: &Infno) -> Option<StockKind> {
    match infno.as_str().get(..4)? {
        "3501" => Some(StockKind::Count),
        "3502" => Some(StockKind::Change),
        "3503" => Some(StockKind::Purchase),
        "3504" => Some(StockKind::PurchaseReturn),
        "3505" => Some(StockKind::Sale),
        "3506" => Some(StockKind::SaleReturn),
        "3507" => Some(StockKind::Deletion),
        _ => None,
    }
}

/// Where a call's records stand: the plain node, the batch node, and the node under which some tills
/// send every stock call.
fn nodes(kind: StockKind) -> [&'static str; 3] {
    match kind {
        StockKind::Change | StockKind::Count => ["invinfo", "invinfoDetail", MISNAMED],
        StockKind::Deletion => ["data", "goodDetail", MISNAMED],
        StockKind::Purchase | StockKind::PurchaseReturn => [MISNAMED, "purcinfoDetail", MISNAMED],
        StockKind::Sale | StockKind::SaleReturn => ["selinfo", "selinfoDetail", MISNAMED],
    }
}

/// The node of purchases.
const MISNAMED: &str = "purcinfo";

/// What tills write where a mandatory text is not known; no receipt, lot or visit has it.
const NOTHING: &str = "无";

impl StockReport {
    /// Reads a request as the region's table says where things are; the plain node and the batch
    /// node are both accepted, and so is `purcinfo` for every call.
    pub fn read(request: &Request, call: &Call) -> Result<Self, ViewError> {
        let kind = kind_of(&request.infno).ok_or(ViewError::Member("infno"))?;
        let named = call.lines.as_deref().into_iter().chain(nodes(kind));
        for name in named {
            if let Some(nodes) = request.input.lines(name, MAX_RECORDS)? {
                let records = nodes.iter().map(record_of).collect();
                return Ok(Self { kind, records });
            }
        }
        Err(ViewError::Member("lines"))
    }
}

fn record_of(node: &Node) -> StockRecord {
    let quantities = ["inv_cnt", "cnt", "purc_retn_cnt", "sel_retn_cnt"];
    let text = |name| node.text(name).filter(|text| text != NOTHING);
    StockRecord {
        batch: text("fixmedins_bchno"),
        sku: parsed(node, "fixmedins_hilist_id"),
        code: parsed(node, "med_list_codg"),
        name: text("fixmedins_hilist_name"),
        lot: text("manu_lotnum"),
        quantity: quantities.iter().find_map(|name| node.quantity(name)),
        subtype: node.first_text(&["inv_chg_type", "inv_data_type"]),
        settlement: text("setl_id"),
        visit: text("mdtrt_sn"),
        receipt: text("rtal_docno"),
        packs: Codes::of_record(node).packs,
        self_pay: self_pay(node),
        split: dictionary::split(node),
    }
}

/// Who paid, by either member; contradicting ones say nothing.
fn self_pay(node: &Node) -> Option<bool> {
    let visit = node.text("mdtrt_setl_type");
    let visit = match visit.as_deref() {
        Some("1") => Some(false),
        Some("2") => Some(true),
        _ => None,
    };
    let fee = match node.text("hi_feesetl_type").as_deref() {
        Some("0") => Some(true),
        Some("1" | "2") => Some(false),
        _ => None,
    };
    match (visit, fee) {
        (Some(visit), Some(fee)) => (visit == fee).then_some(visit),
        (visit, fee) => visit.or(fee),
    }
}

#[cfg(test)]
mod tests {
    use pharmacy_protocol::term::Quantity;
    use proptest::prelude::*;

    use super::super::testing;
    use super::*;

    const RECORD: &str = r#"{"med_list_codg":"T001700368","fixmedins_hilist_id":"SKU00123",
        "fixmedins_hilist_name":"某饮片","fixmedins_bchno":"20260702-00017-3","rx_flag":"0",
        "manu_lotnum":"无","QUANTITY":2.0000,"setl_id":"9","mdtrt_sn":"7","rtal_docno":"20260701",
        "certno":"11010519491231002X","psn_name":"某某","inv_chg_type":"101",
        "drugtracinfo":[{"drug_trac_codg":"81234567890123456789"}]}"#;

    fn read(infno: &str, node: &str, value: &str) -> Result<StockReport, ViewError> {
        let body = format!(r#"{{"infno":"{infno}","input":{{"{node}":{value}}}}}"#);
        let request = Request::parse(body.as_bytes()).unwrap();
        StockReport::read(&request, &testing::call(infno))
    }

    #[test]
    fn reads_plain_batch_and_misnamed_nodes_of_every_call() {
        for (number, kind, plain, batch, quantity) in [
            (
                "3501",
                StockKind::Count,
                "invinfo",
                "invinfoDetail",
                "inv_cnt",
            ),
            ("3502", StockKind::Change, "invinfo", "invinfoDetail", "cnt"),
            (
                "3503",
                StockKind::Purchase,
                "purcinfo",
                "purcinfoDetail",
                "purc_retn_cnt",
            ),
            (
                "3504",
                StockKind::PurchaseReturn,
                "purcinfo",
                "purcinfoDetail",
                "purc_retn_cnt",
            ),
            (
                "3505",
                StockKind::Sale,
                "selinfo",
                "selinfoDetail",
                "sel_retn_cnt",
            ),
            (
                "3506",
                StockKind::SaleReturn,
                "selinfo",
                "selinfoDetail",
                "sel_retn_cnt",
            ),
            ("3507", StockKind::Deletion, "data", "goodDetail", "cnt"),
        ] {
            let record = RECORD.replace("QUANTITY", quantity);
            let array = format!("[{record},{record}]");
            for infno in [number.to_owned(), format!("{number}A")] {
                for node in [plain, batch, "purcinfo"] {
                    for (value, count) in [(record.as_str(), 1), (array.as_str(), 2)] {
                        let report = read(&infno, node, value).unwrap();
                        assert_eq!(report.kind, kind, "{infno}");
                        assert_eq!(report.records.len(), count, "{infno} {node}");
                        let first = &report.records[0];
                        assert_eq!(first.quantity, Some(Quantity::whole(2)), "{infno}");
                        assert_eq!(first.packs.len(), 1, "{infno}");
                    }
                }
            }
        }
    }

    #[test]
    fn reads_a_record_without_persons() {
        let record = RECORD.replace("QUANTITY", "sel_retn_cnt");
        let report = read("3505A", "selinfoDetail", &record).unwrap();
        let kept = serde_json::to_value(&report.records[0]).unwrap();
        assert_eq!(
            kept,
            serde_json::json!({
                "batch": "20260702-00017-3", "sku": "SKU00123", "code": "T001700368",
                "name": "某饮片", "lot": null, "quantity": "2", "subtype": "101",
                "settlement": "9", "visit": "7", "receipt": "20260701",
                "packs": ["81234567890123456789"],
            })
        );
        let printed = format!("{report:?}");
        assert!(!printed.contains("11010519491231002X") && !printed.contains("某某"));
    }

    #[test]
    fn says_what_is_wrong() {
        for (node, value, error) in [
            ("other", "{}", ViewError::Member("lines")),
            ("selinfo", "null", ViewError::Member("lines")),
            ("selinfo", "[{},1]", ViewError::Line(2)),
            ("selinfo", "\"x\"", ViewError::Line(1)),
        ] {
            assert_eq!(
                read("3505", node, value).unwrap_err(),
                error,
                "{node} {value}"
            );
        }
        let many = format!("[{}{{}}]", "{},".repeat(MAX_RECORDS));
        assert_eq!(
            read("3505", "selinfo", &many).unwrap_err(),
            ViewError::Limit
        );
        assert_eq!(
            read("1101", "selinfo", "{}").unwrap_err(),
            ViewError::Member("infno")
        );
    }

    proptest! {
        #[test]
        fn never_panics(value in testing::any_json(), infno in "350[1-9]A?") {
            let text = serde_json::json!({"infno": infno, "input": value}).to_string();
            if let Ok(request) = Request::parse(text.as_bytes()) {
                let _ = StockReport::read(&request, &testing::call("3505A"));
            }
        }
    }
}
