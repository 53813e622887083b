//! Invoices that a till reports for a sale (R21).

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::term::{Fen, Quantity, SaleId};

/// An invoice as the till reports it.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Invoice {
    /// Its number.
    pub number: String,
    /// What it comes to.
    pub amount: Fen,
    /// The day on which it was issued.
    pub issued: Date,
    /// What stands on it.
    pub items: Vec<InvoiceItem>,
}

/// An item of an invoice.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct InvoiceItem {
    /// Name or article number, as on the purchase list.
    pub name: String,
    /// How much, where it says so.
    pub quantity: Option<Quantity>,
    /// What it comes to.
    pub amount: Fen,
}

/// An invoice that does not agree with its list.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct DisputedInvoice {
    /// Why not: a code of the text catalogue.
    pub finding: String,
    /// The sale.
    pub sale: SaleId,
    /// The invoice as reported.
    pub invoice: Invoice,
}
