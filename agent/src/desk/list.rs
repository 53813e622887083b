//! The purchase list (购药清单) of a settled sale: what was bought, for whom, paid with what (R40).
//!
//! In scope: its content and its printable page. Out of scope: signature, slip printer, retention.

use askama::Template;
use pharmacy_decision::facts::{Fund, Tender};
use pharmacy_protocol::term::{
    EntryIndex, Fen, InsuranceCode, Quantity, SaleId, Sku, StoreCode, TillNumber, TraceCode,
    UnitPrice,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::core::sale::Masked;

/// A purchase list.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct PurchaseList {
    /// The sale.
    #[schema(value_type = String)]
    pub sale: SaleId,
    /// The store's code.
    #[schema(value_type = String)]
    pub store: StoreCode,
    /// The store's name.
    pub store_name: String,
    /// The till.
    #[schema(value_type = String)]
    pub till: TillNumber,
    /// Who operated the till.
    pub operator: Option<String>,
    /// When it was settled, milliseconds since 1970.
    pub settled_ms: i64,
    /// Which money paid.
    #[schema(value_type = String)]
    pub fund: Fund,
    /// The insured, masked.
    #[schema(value_type = Option<Object>)]
    pub holder: Option<Masked>,
    /// Who takes the medicine, masked, where not the holder.
    #[schema(value_type = Option<Object>)]
    pub patient: Option<Masked>,
    /// Who bought, masked, where not the holder.
    #[schema(value_type = Option<Object>)]
    pub buyer: Option<Masked>,
    /// What was bought.
    pub lines: Vec<ListLine>,
    /// The sum in yuan.
    #[schema(value_type = String)]
    pub total: Fen,
    /// What the insurance paid, in yuan.
    #[schema(value_type = String)]
    pub insurance: Fen,
    /// What was paid in cash, in yuan.
    #[schema(value_type = String)]
    pub cash: Fen,
    /// The platform's settlement id.
    pub settlement: String,
    /// The settlement's message id.
    pub msgid: String,
    /// The origin line of the log.
    pub origin: String,
    /// The entry that records the verdict, if there was one.
    #[schema(value_type = Option<u64>)]
    pub verdict: Option<EntryIndex>,
}

/// One line of a purchase list.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct ListLine {
    /// Number on the till.
    pub number: u32,
    /// Article number.
    #[schema(value_type = Option<String>)]
    pub sku: Option<Sku>,
    /// Insurance code.
    #[schema(value_type = Option<String>)]
    pub code: Option<InsuranceCode>,
    /// Name.
    pub name: String,
    /// Specification.
    pub spec: String,
    /// Trace codes.
    #[schema(value_type = Vec<String>)]
    pub trace_codes: Vec<TraceCode>,
    /// Quantity.
    #[schema(value_type = String)]
    pub quantity: Quantity,
    /// Unit price in yuan.
    #[schema(value_type = String)]
    pub price: UnitPrice,
    /// Amount in yuan.
    #[schema(value_type = String)]
    pub amount: Fen,
    /// `insurance` or `cash`.
    #[schema(value_type = String)]
    pub tender: Tender,
}

/// The printable page.
#[derive(Template)]
#[template(path = "purchase_list.html")]
struct Page<'a> {
    list: &'a PurchaseList,
    settled_at: String,
    fund: &'static str,
}

impl PurchaseList {
    /// The list as a page that a browser prints.
    pub fn page(&self) -> String {
        let settled_at = jiff::Timestamp::from_millisecond(self.settled_ms)
            .map(|at| {
                let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(8));
                at.to_zoned(zone).strftime("%Y-%m-%d %H:%M:%S").to_string()
            })
            .unwrap_or_default();
        let fund = match self.fund {
            Fund::Account => "个人账户",
            Fund::Chronic => "门诊慢特病",
            Fund::DualChannel => "双通道",
            Fund::Pooled => "门诊统筹",
        };
        // Rendering into a string fails only if a Display does, and none of ours do.
        Page {
            list: self,
            settled_at,
            fund,
        }
        .render()
        .unwrap_or_default()
    }
}

/// A masked person as one text.
fn shown(person: &Option<Masked>) -> String {
    match person {
        Some(Masked { name, number }) => [name.as_deref(), number.as_deref()]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" "),
        None => String::new(),
    }
}
