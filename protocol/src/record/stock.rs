//! What a source said of the stock: a till's inventory calls and mappings, as they passed; the person in charge,
//! of goods without codes.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::history::NoCodeGoods;
use crate::term::{Infno, InsuranceCode, Quantity, Sku, TraceCode};

/// A claim of a till on its stock.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case",
    deny_unknown_fields,
    tag = "claim"
)]
pub enum Claim {
    /// 3301, 3302: which code the platform has for an article, or has no longer.
    Mapping {
        /// The call.
        infno: Infno,
        /// What it maps.
        articles: Vec<MappedArticle>,
    },
    /// 3501 to 3507.
    Stock {
        /// The call.
        infno: Infno,
        /// What it is about.
        kind: StockKind,
        /// Did the platform take it? None where its answer is not known.
        accepted: Option<bool>,
        /// What it says, without persons.
        records: Vec<StockRecord>,
    },
}

/// What the person in charge says of goods from before the duty to scan (无码库).
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case",
    deny_unknown_fields,
    tag = "no-code"
)]
pub enum NoCodeStep {
    /// They are entered, once.
    Entered {
        /// Which, lot by lot.
        lots: Vec<NoCodeLot>,
    },
    /// Less is there than was said.
    Lowered {
        /// Which.
        goods: NoCodeGoods,
        /// How much is left.
        left: Quantity,
    },
}

/// Goods of one lot, as they are entered.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct NoCodeLot {
    /// Which.
    pub goods: NoCodeGoods,
    /// When they were bought, by the paper that came with them.
    pub bought: Date,
    /// Last day of use.
    pub last_day: Date,
    /// How much, in units of sale.
    pub quantity: Quantity,
}

/// An article and its code.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct MappedArticle {
    /// The shop's article number.
    pub sku: Sku,
    /// The insurance code.
    pub code: InsuranceCode,
}

/// What a stock call is about, by its number.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Deserialize, Serialize)]
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

/// One record of a stock call, without persons.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
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
    /// Whether the customer paid alone (`mdtrt_setl_type`, `hi_feesetl_type`), where the till says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub self_pay: Option<bool>,
    /// Whether the packs were split (`trdn_flag`), where the till says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split: Option<bool>,
}
