//! The beginning of a sale, and its end without a settlement.

use pharmacy_protocol::term::Fund;
use serde::{Deserialize, Serialize};

use super::evidence::HeldEvidence;
use crate::facts::Insurance;

/// A sale was opened or given up.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case",
    deny_unknown_fields,
    tag = "step"
)]
pub enum SaleStep {
    /// It was given up before any settlement; its packs can be sold.
    GivenUp {
        /// Why.
        why: Why,
    },
    /// It stood still, and another sale took packs that it held: it may be gone on with, judged anew.
    LetGo {},
    /// No code came for some of its goods: they are of the list of goods without codes.
    NoCodeUsed {},
    /// It was opened.
    Opened {
        /// Which money is to pay.
        fund: Fund,
        /// The kind of insurance, if it was told.
        insurance: Option<Insurance>,
        /// Who operates the till, as the till says.
        operator: Option<String>,
        /// What showed already that somebody is here.
        evidence: Vec<HeldEvidence>,
    },
}

/// Why a sale was given up.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// A program said so.
    Abandoned,
    /// Somebody closed it at the counter page.
    Closed,
    /// Nobody touched it for minutes, or, where a program opened it, for hours.
    Forgotten,
    /// Another sale took its packs after it had stood still.
    Lapsed,
}
