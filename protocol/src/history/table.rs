//! Tables beside the log, with the columns by which their rows are compared.

use serde::{Deserialize, Serialize};

/// A table beside the log.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Table {
    /// Numbers that are given out once.
    Counter,
    /// What has to come within a time.
    Due,
    /// What a day's sales come to.
    Figure,
    /// Whom the platform named.
    Insured,
    /// Which insurance code an article has at the platform.
    Mapping,
    /// What an inspector asks by.
    Mark,
    /// Goods from before the duty to scan.
    NoCodeStock,
    /// Which sales took of them.
    NoCodeUse,
    /// What became of packs.
    Pack,
    /// Prescriptions that the store keeps.
    Prescription,
    /// By what prescriptions are known.
    PrescriptionName,
    /// Purchase lists, and how they were confirmed.
    PurchaseList,
    /// Staff and standing.
    Register,
    /// Calls that were gated.
    RelayedCall,
    /// Requests that were answered.
    Request,
    /// Sales.
    Sale,
    /// By what sales are known.
    SaleName,
    /// Settings of the store.
    Setting,
    /// What persons were supplied.
    Supply,
    /// Tokens of enrolled programs.
    Token,
    /// To which articles packs belong that begin so.
    TracePrefix,
}

impl Table {
    /// Every table that is made from the log.
    pub const ALL: [Self; 21] = [
        Self::Counter,
        Self::Due,
        Self::Figure,
        Self::Insured,
        Self::Mapping,
        Self::Mark,
        Self::NoCodeStock,
        Self::NoCodeUse,
        Self::Pack,
        Self::Prescription,
        Self::PrescriptionName,
        Self::PurchaseList,
        Self::Register,
        Self::RelayedCall,
        Self::Request,
        Self::Sale,
        Self::SaleName,
        Self::Setting,
        Self::Supply,
        Self::Token,
        Self::TracePrefix,
    ];

    /// Its name in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Due => "due",
            Self::Figure => "figure",
            Self::Insured => "insured",
            Self::Mapping => "mapping",
            Self::Mark => "mark",
            Self::NoCodeStock => "no_code_stock",
            Self::NoCodeUse => "no_code_use",
            Self::Pack => "pack",
            Self::Prescription => "prescription",
            Self::PrescriptionName => "prescription_name",
            Self::PurchaseList => "purchase_list",
            Self::Register => "register",
            Self::RelayedCall => "relayed_call",
            Self::Request => "request",
            Self::Sale => "sale",
            Self::SaleName => "sale_name",
            Self::Setting => "setting",
            Self::Supply => "supply",
            Self::Token => "token",
            Self::TracePrefix => "trace_prefix",
        }
    }

    /// The columns of its key, and the others.
    pub const fn columns(self) -> (&'static [&'static str], &'static [&'static str]) {
        match self {
            Self::Counter => (&["name"], &["value"]),
            Self::Due => (&["kind", "sale"], &["at_ms"]),
            Self::Figure => (&["day", "kind", "rule"], &["count", "amount"]),
            Self::Insured => (&["digest"], &["seen_ms", "state"]),
            Self::Mapping => (&["sku"], &["code", "source"]),
            Self::Mark => (&["kind", "digest", "at_ms", "entry", "sale"], &["amount"]),
            Self::NoCodeStock => NO_CODE_STOCK,
            Self::NoCodeUse => (&["sku", "lot", "paper", "sale"], &["quantity", "entry"]),
            Self::Pack => (&["code_digest"], &["state", "sale", "entry", "quantity"]),
            Self::Prescription => (
                &["id"],
                &[
                    "status",
                    "valid_until",
                    "received_ms",
                    "updated_ms",
                    "entry",
                    "state",
                ],
            ),
            Self::PrescriptionName => (&["kind", "digest", "prescription"], &["at_ms"]),
            Self::PurchaseList => (
                &["sale", "entry"],
                &["settled_ms", "confirmed", "confirmation", "taken_back"],
            ),
            Self::Register => (&["kind", "name"], &["entry", "state"]),
            Self::RelayedCall => (
                &["digest"],
                &["body_digest", "sale", "entry", "created_ms", "answer"],
            ),
            Self::Request => (
                &["client", "sale", "key"],
                &["body_digest", "status", "created_ms", "response"],
            ),
            Self::Sale => (
                &["counter"],
                &[
                    "phase",
                    "till",
                    "client",
                    "created_ms",
                    "updated_ms",
                    "state",
                ],
            ),
            Self::SaleName => (&["kind", "digest"], &["sale"]),
            Self::Setting => (&["name"], &["value"]),
            Self::Supply => (
                &["person", "on_day", "sale", "line"],
                &["code", "sku", "quantity", "days", "entry", "erase_after"],
            ),
            Self::Token => (
                &["id"],
                &["client", "till", "digest", "created_ms", "revoked_ms"],
            ),
            Self::TracePrefix => (&["prefix", "sku"], &[]),
        }
    }
}

/// The columns of [`Table::NoCodeStock`].
const NO_CODE_STOCK: (&[&str], &[&str]) = (
    &["sku", "lot", "paper"],
    &[
        "last_day",
        "entered",
        "remaining",
        "staff",
        "entry",
        "at_ms",
    ],
);
