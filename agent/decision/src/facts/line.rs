//! One line of the basket: what is sold, under which code, from which packs.

use jiff::civil::Date;
use pharmacy_protocol::history::NoCodeGoods;
use pharmacy_protocol::term::{
    Barcode, Fen, InsuranceCode, Quantity, Sku, Tender, TraceCode, TracePrefix, UnitPrice,
};
use serde::{Deserialize, Serialize};

use super::content::content_of;
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
    /// Photos of packs' codes that cannot be read; each stands for one pack.
    #[serde(default, skip_serializing_if = "is_none")]
    pub photos: u32,
    /// What it would take of goods from before the duty to scan (无码库).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub no_code: Vec<NoCodeLot>,
    /// When settlements of this article for this insured were made that were taken back since, the
    /// newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub taken_back: Vec<Date>,
    /// Whether the till says that packs are split, and counts in pieces (`trdn_flag`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split: Option<bool>,
}

/// What a line would take of a lot from before the duty to scan.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct NoCodeLot {
    /// Which goods.
    pub goods: NoCodeGoods,
    /// Last day of use.
    pub last_day: Date,
    /// How much.
    pub quantity: Quantity,
}

impl Line {
    /// How much of it no code stands for, in packs.
    pub fn uncoded(&self) -> Quantity {
        if self.split == Some(true) && self.coded() == 0 {
            let article = self.catalogue.known();
            return in_packs(self.quantity, article.map(|article| article.spec.as_str()));
        }
        let split = match self.split {
            Some(true) => Some(Split::Allowed),
            Some(false) => Some(Split::Whole),
            None => self.catalogue.known().map(|article| article.split),
        };
        uncoded(self.quantity, self.coded(), split)
    }

    /// For how many packs a code or a photo stands.
    pub fn coded(&self) -> usize {
        let photos = usize::try_from(self.photos).unwrap_or(usize::MAX);
        self.packs.len().saturating_add(photos)
    }
}

fn is_none(count: &u32) -> bool {
    *count == 0
}

/// How much of a quantity no code stands for.
///
/// LAW: a split pack's code serves until its content is used up: one is enough for any part.
pub fn uncoded(quantity: Quantity, codes: usize, split: Option<Split>) -> Quantity {
    /// Smallest units of [`Quantity`] in one unit of sale.
    const WHOLE: i64 = 10_000;
    if split == Some(Split::Allowed) && codes > 0 {
        return Quantity::default();
    }
    let coded = i64::try_from(codes)
        .unwrap_or(i64::MAX)
        .saturating_mul(WHOLE);
    Quantity::new(quantity.units().saturating_sub(coded).max(0))
}

/// How many packs so many pieces are, by what a pack holds; nothing where that is not known.
pub fn in_packs(pieces: Quantity, spec: Option<&str>) -> Quantity {
    /// Smallest units of [`Quantity`] in one unit of sale.
    const WHOLE: i64 = 10_000;
    let content = spec.and_then(content_of);
    let packs = content.and_then(|content| {
        let units = pieces.units().checked_mul(WHOLE)?;
        units.checked_div(content.units())
    });
    Quantity::new(packs.unwrap_or_default())
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
    /// What catalogues said before there was a list by lot (无码库); nothing sets it any more.
    pub no_code_stock: bool,
    /// May the pack be split?
    pub split: Split,
    /// What the shop posts for it, where it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub posted: Option<Posted>,
    /// What the shop charges for one unit without insurance, where it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cash_price: Option<UnitPrice>,
}

/// What the shop posts for an article.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Posted {
    /// The price of one unit.
    pub price: UnitPrice,
    /// The unit, as the shop writes it; empty where it does not say.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
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
    /// How much of it was sold before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sold: Option<Quantity>,
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
    /// Another article, by the catalogue.
    Other,
    /// Another article, by what was sold and received before.
    OtherLearnt,
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
