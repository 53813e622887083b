//! One line of the basket: what is sold, under which code, from which packs.

use pharmacy_protocol::term::{
    Barcode, Fen, InsuranceCode, Quantity, Sku, Tender, TraceCode, TracePrefix, UnitPrice,
};
use serde::{Deserialize, Serialize};

use crate::fact::Fact;

/// One line of the basket.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Line {
    /// Its number on the till, from 1.
    pub number: u32,
    /// What is to pay it.
    pub tender: Tender,
    /// How much.
    pub quantity: Quantity,
    /// Price of one.
    pub price: UnitPrice,
    /// The line's amount.
    pub amount: Fen,
    /// The article as the settlement names it.
    pub offered: Offered,
    /// The article as the shop's catalogue knows it.
    pub catalogue: Fact<Article>,
    /// Has the platform mapped this article to this code, or settled it before?
    pub mapping: Fact<Mapping>,
    /// Codes scanned from the packs.
    pub packs: Vec<Pack>,
    /// How many days this line lasts, from the prescription or the label.
    pub days: Fact<u32>,
    /// Registration of the buyer, where the article demands one (含麻黄碱).
    pub registration: Fact<Registration>,
    /// Why more than usual is supplied (R17): age, disability, travel, a long prescription.
    pub exception: Option<SupplyException>,
    /// What a pharmacist read on the box, where the article is sold either way.
    #[serde(default)]
    pub class: Fact<Dispensing>,
}

/// The article as the settlement names it.
#[derive(Clone, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Offered {
    /// The shop's article number.
    pub sku: Option<Sku>,
    /// The insurance code to be settled.
    pub code: Option<InsuranceCode>,
    /// The name that the till shows.
    pub name: Option<String>,
    /// The barcode that was scanned.
    pub barcode: Option<Barcode>,
}

/// The article as the shop's catalogue knows it. A shop can falsify it, so it is one source of
/// several.
#[derive(Clone, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Article {
    /// Name.
    pub name: String,
    /// Specification.
    pub spec: String,
    /// Approval, registration or filing number, as written.
    pub approval: String,
    /// Barcode.
    pub barcode: Option<Barcode>,
    /// Insurance code.
    pub code: Option<InsuranceCode>,
    /// Prescription class.
    pub dispensing: Fact<Dispensing>,
    /// What the packs' codes begin with.
    pub trace_prefixes: Vec<TracePrefix>,
    /// Stock from before the duty, on the dated no-code list (无码库).
    pub no_code_stock: bool,
    /// May the pack be split?
    pub split: Split,
}

/// Prescription class of a drug.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dispensing {
    /// 双跨: either, by specification and use.
    Dual,
    /// 非处方药.
    OverTheCounter,
    /// 处方药.
    Prescription,
}

/// Whether packs of an article are split (拆零).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Split {
    /// Sold in parts: one code until the content is used up.
    Allowed,
    /// Sold whole.
    #[default]
    Whole,
}

/// What the platform says of article and code.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mapping {
    /// Mapped to this code (3301/3302), or settled under it before.
    Agrees,
    /// Mapped to another code.
    Differs,
    /// Not mapped.
    None,
}

/// A pack's code, as scanned.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Pack {
    /// The code.
    pub code: TraceCode,
    /// What the store's own log knows of it.
    pub state: Fact<PackState>,
    /// Which article the code's prefix belongs to.
    pub product: Fact<PackProduct>,
}

/// What became of a pack.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PackState {
    /// Not sold yet, or returned since.
    Available,
    /// Sold in part.
    PartSold,
    /// Held by another open sale, or by one whose outcome is in doubt.
    Pending,
    /// Sold.
    Sold,
}

/// Which article a pack's prefix belongs to.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PackProduct {
    /// Another article.
    Other,
    /// This line's article.
    Same,
}

/// Whether the buyer of a registered article was registered.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Registration {
    /// Name and number are recorded.
    Registered,
    /// The buyer refused.
    Refused,
}

/// Why more than usual is supplied.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SupplyException {
    /// Old age.
    Age,
    /// Disability.
    Disability,
    /// A long prescription (长处方).
    LongPrescription,
    /// A partial return and new settlement of the same goods.
    Resettlement,
    /// Travel.
    Travel,
}
