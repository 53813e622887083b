//! The purchase list (购药清单), and how it was confirmed (R40).
//!
//! A list's bytes are what a slip's proof verifies. Lists that were recorded before a member was known
//! lack it and still read. Out of scope: how a list looks on paper or on a page (the agent).

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::person::Masked;
use crate::term::{
    EntryIndex, Fen, Fund, InsuranceCode, Quantity, SaleId, Sku, StaffId, StoreCode, Tender,
    TillNumber, TraceCode, UnitPrice,
};

/// A purchase list.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PurchaseList {
    /// The sale.
    #[cfg_attr(feature = "schema", schema(value_type = String))]
    pub sale: SaleId,
    /// The store's code.
    #[cfg_attr(feature = "schema", schema(value_type = String))]
    pub store: StoreCode,
    /// The store's name.
    pub store_name: String,
    /// The till.
    #[cfg_attr(feature = "schema", schema(value_type = String))]
    pub till: TillNumber,
    /// Who operated the till.
    pub operator: Option<String>,
    /// The pharmacists who reviewed its prescriptions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schema(value_type = Vec<String>))]
    pub pharmacists: Vec<StaffId>,
    /// The till's own receipt number, where it tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<String>,
    /// When it was settled, milliseconds since 1970.
    pub settled_ms: i64,
    /// Which money paid.
    #[cfg_attr(feature = "schema", schema(value_type = String))]
    pub fund: Fund,
    /// The insured, masked.
    #[cfg_attr(feature = "schema", schema(value_type = Option<Object>))]
    pub holder: Option<Masked>,
    /// Who takes the medicine, masked, where not the holder.
    #[cfg_attr(feature = "schema", schema(value_type = Option<Object>))]
    pub patient: Option<Masked>,
    /// Who bought, masked, where not the holder.
    #[cfg_attr(feature = "schema", schema(value_type = Option<Object>))]
    pub buyer: Option<Masked>,
    /// What was bought.
    pub lines: Vec<ListLine>,
    /// The sum in yuan.
    #[cfg_attr(feature = "schema", schema(value_type = String))]
    pub total: Fen,
    /// What the insurance paid, in yuan.
    #[cfg_attr(feature = "schema", schema(value_type = String))]
    pub insurance: Fen,
    /// What was paid in cash, in yuan.
    #[cfg_attr(feature = "schema", schema(value_type = String))]
    pub cash: Fen,
    /// The platform's settlement id.
    pub settlement: String,
    /// The settlement's message id.
    pub msgid: String,
    /// The origin line of the log.
    pub origin: String,
    /// The entry that records the verdict, if there was one.
    #[cfg_attr(feature = "schema", schema(value_type = Option<u64>))]
    pub verdict: Option<EntryIndex>,
}

/// One line of a purchase list.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ListLine {
    /// Number on the till.
    pub number: u32,
    /// Article number.
    #[cfg_attr(feature = "schema", schema(value_type = Option<String>))]
    pub sku: Option<Sku>,
    /// Insurance code.
    #[cfg_attr(feature = "schema", schema(value_type = Option<String>))]
    pub code: Option<InsuranceCode>,
    /// Name.
    pub name: String,
    /// Specification.
    pub spec: String,
    /// The lot (批号), where the till tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lot: Option<String>,
    /// The last day of use (有效期至) on the packs, the earliest, where their codes tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = Option<String>))]
    pub last_day: Option<Date>,
    /// Trace codes.
    #[cfg_attr(feature = "schema", schema(value_type = Vec<String>))]
    pub trace_codes: Vec<TraceCode>,
    /// Quantity.
    #[cfg_attr(feature = "schema", schema(value_type = String))]
    pub quantity: Quantity,
    /// Unit price in yuan.
    #[cfg_attr(feature = "schema", schema(value_type = String))]
    pub price: UnitPrice,
    /// Amount in yuan.
    #[cfg_attr(feature = "schema", schema(value_type = String))]
    pub amount: Fen,
    /// `insurance` or `cash`.
    #[cfg_attr(feature = "schema", schema(value_type = String))]
    pub tender: Tender,
}

/// Which list is meant: its sale, its entry, and the commitment of its part there.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ListRef {
    /// The sale.
    pub sale: SaleId,
    /// The entry that holds it.
    pub entry: EntryIndex,
    /// The commitment of its part `list`, hexadecimal.
    pub digest: String,
}

/// How lists were confirmed.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case",
    deny_unknown_fields,
    tag = "confirmed"
)]
pub enum Confirmation {
    /// Drawn on a screen or pad.
    Drawn {
        /// The list.
        list: ListRef,
        /// Who drew.
        signer: Signer,
        /// Strokes of points: x and y in thousandths of the pad's width, milliseconds from the first.
        strokes: Vec<Vec<[u32; 3]>>,
        /// The same as PNG, in base64.
        png: String,
    },
    /// Signed on slips, and the paper scanned.
    OnPaper {
        /// The entry that holds the page.
        document: EntryIndex,
        /// The lists whose slips are on it.
        lists: Vec<ListRef>,
    },
}

/// Who confirmed a list by drawing.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Signer {
    /// The insured.
    Holder,
    /// Who bought for them.
    Proxy,
}

/// A scanned page with slips.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ScannedPage {
    /// What it is.
    pub media_type: MediaType,
    /// Its bytes in base64.
    pub page: String,
}

/// What an image is.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Deserialize, Serialize)]
pub enum MediaType {
    /// A photo.
    #[serde(rename = "image/jpeg")]
    Jpeg,
    /// A document.
    #[serde(rename = "application/pdf")]
    Pdf,
    /// A drawing or screen shot.
    #[serde(rename = "image/png")]
    Png,
}

impl MediaType {
    /// The name under which browsers know it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Pdf => "application/pdf",
            Self::Png => "image/png",
        }
    }
}
