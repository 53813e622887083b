//! Invoices that the till reports (R21).

use pharmacy_protocol::term::Fen;
use serde::Deserialize;
use utoipa::ToSchema;

use super::parse::{Parsed, each, parse, parse_some, text, wrong};
use pharmacy_desk::core::invoice::{Invoice, InvoiceItem, MAX_ITEMS};

/// Reports an invoice that was issued for a settled sale.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InvoiceBody {
    /// The invoice's number.
    pub number: String,
    /// Its amount in yuan, above zero.
    pub amount: String,
    /// Its day, `YYYY-MM-DD`.
    pub issued: String,
    /// What it names, at most 200 items.
    pub items: Vec<InvoiceItemBody>,
}

/// An item of an invoice.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InvoiceItemBody {
    /// Name or article number, as on the purchase list.
    pub name: String,
    /// How much.
    pub quantity: Option<String>,
    /// Its amount in yuan, above zero.
    pub amount: String,
}

impl InvoiceBody {
    pub(in crate::api) fn parse(self) -> Parsed<Invoice> {
        if self.items.is_empty() || self.items.len() > MAX_ITEMS {
            return Err(wrong("items"));
        }
        Ok(Invoice {
            number: text("number", &self.number)?,
            amount: positive("amount", &self.amount)?,
            issued: parse("issued", &self.issued)?,
            items: each(self.items, InvoiceItemBody::parse)?,
        })
    }
}

impl InvoiceItemBody {
    fn parse(self) -> Parsed<InvoiceItem> {
        Ok(InvoiceItem {
            name: text("items", &self.name)?,
            quantity: parse_some("items", self.quantity.as_ref())?,
            amount: positive("items", &self.amount)?,
        })
    }
}

fn positive(field: &str, text: &str) -> Parsed<Fen> {
    let amount = parse(field, text)?;
    if amount > Fen::ZERO {
        Ok(amount)
    } else {
        Err(wrong(field))
    }
}
