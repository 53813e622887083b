//! Reasons that were released, what for, and refusals that staff call wrong (R07).

use pharmacy_protocol::person::PersonRef;
use pharmacy_protocol::term::{Fen, InsuranceCode, Quantity, Sku, UnitPrice};
use serde::{Deserialize, Serialize};

use crate::facts::Bill;
use crate::verdict::Reason;

/// What was done about a reason. Who did it is in the part `staff`: a signed act where it was released.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Released {
    /// What was done.
    pub what: ReleaseKind,
    /// The reason as it was shown.
    pub reason: Reason,
    /// What it was released for; none where it was marked as wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub covers: Option<Covered>,
    /// How often the rule had been released this month, where that is as often as the pack foresees or
    /// more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beyond: Option<Beyond>,
}

/// What was done about a reason.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReleaseKind {
    /// It was marked as wrong; it stands.
    MarkedWrong,
    /// It was set aside.
    Released,
}

/// What stood there when a release was signed: it is good for that and for nothing else.
#[derive(Clone, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Covered {
    /// The line, or every line where the reason concerns the sale.
    pub goods: Vec<CoveredGoods>,
    /// The insured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<PersonRef>,
    /// Who takes the medicine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patient: Option<PersonRef>,
    /// Who stood at the counter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub buyer: Option<PersonRef>,
    /// What the bill's head said, where the reason concerns the sale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bill: Option<Bill>,
}

/// One line that a release covers.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CoveredGoods {
    /// The shop's number of the article.
    pub sku: Option<Sku>,
    /// Its insurance code.
    pub code: Option<InsuranceCode>,
    /// Its name, where it has neither.
    pub name: Option<String>,
    /// No more than this.
    pub quantity: Quantity,
    /// At this price.
    pub price: UnitPrice,
    /// For no more than this.
    pub amount: Fen,
}

/// A release beyond what the pack foresees for a month.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Beyond {
    /// Releases of the rule in this month, with this one.
    pub released: u64,
    /// How many the pack foresees.
    pub budget: u32,
}
