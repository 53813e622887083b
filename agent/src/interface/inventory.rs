//! 3501 to 3507 and their A forms: what a till reports of its stock.

use pharmacy_decision::pack::Call;
use pharmacy_protocol::term::{InsuranceCode, Quantity, Sku, TraceCode};

use super::node::ViewError;
use super::request::Request;

/// What a stock call is about, by its number.
#[derive(Clone, Copy, Debug, Eq, PartialEq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StockKind {
    /// 3502.
    Change,
    /// 3501.
    Count,
    /// 3507.
    Deletion,
    /// 3503.
    Purchase,
    /// 3504.
    PurchaseReturn,
    /// 3505.
    Sale,
    /// 3506.
    SaleReturn,
}

/// A stock call.
#[derive(Clone, Debug)]
pub struct StockReport {
    /// What it is about.
    pub kind: StockKind,
    /// Its records.
    pub records: Vec<StockRecord>,
}

/// One record of a stock call, without persons.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct StockRecord {
    /// `fixmedins_bchno`.
    pub batch: Option<String>,
    /// `fixmedins_hilist_id`.
    pub sku: Option<Sku>,
    /// `med_list_codg`.
    pub code: Option<InsuranceCode>,
    /// `fixmedins_hilist_name`.
    pub name: Option<String>,
    /// `manu_lotnum`.
    pub lot: Option<String>,
    /// `inv_cnt`, `cnt`, `purc_retn_cnt` or `sel_retn_cnt`, whichever the call has.
    pub quantity: Option<Quantity>,
    /// `inv_chg_type` or `inv_data_type`.
    pub subtype: Option<String>,
    /// `setl_id`.
    pub settlement: Option<String>,
    /// `mdtrt_sn`.
    pub visit: Option<String>,
    /// `rtal_docno`.
    pub receipt: Option<String>,
    /// Trace codes, from the node or the flat field.
    pub packs: Vec<TraceCode>,
}

impl StockReport {
    /// Reads a request as the region's table says where things are; the plain node and the batch
    /// node are both accepted, and so is `purcinfo` for every call.
    pub fn read(_request: &Request, _call: &Call) -> Result<Self, ViewError> {
        todo!()
    }
}
