//! An invoice against the purchase list of its sale.
//!
//! In scope: whether what it names was bought, and for how much. Out of scope: tax, the invoice's own
//! form, which number belongs to which sale (the desk).

use pharmacy_protocol::term::{Fen, Quantity};
use serde::{Deserialize, Serialize};

pub use pharmacy_protocol::record::invoice::{Invoice, InvoiceItem};

/// Most items of an invoice.
pub const MAX_ITEMS: usize = 200;

/// An invoice that agreed with its list, as far as the next one must know.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Invoiced {
    pub number: String,
    pub amount: Fen,
    /// What it took of which line.
    pub lines: Vec<(u32, Fen)>,
}

/// A line of the purchase list, as far as an invoice is concerned.
#[derive(Clone, Debug)]
pub struct Billable<'a> {
    pub number: u32,
    /// By what it is known: name and article number.
    pub names: [Option<&'a str>; 2],
    /// How much was bought.
    pub quantity: Quantity,
    /// What it cost, earlier invoices taken off.
    pub left: Fen,
}

/// An invoice that does not say what the purchase list says (R21).
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InvoiceError {
    /// More than the list comes to, what was taken back and invoiced before taken off.
    #[error("the invoice is for more than is left of the purchase list")]
    Amount,
    /// Issued before the sale, or in the future.
    #[error("the invoice's day is before the sale or in the future")]
    Date,
    /// An item is not on the list.
    #[error("item {0} of the invoice is not on the purchase list")]
    Item(usize),
    /// An item is for more than its line.
    #[error("item {0} of the invoice is for more than its line")]
    ItemAmount(usize),
    /// The number was reported for another sale.
    #[error("the invoice's number belongs to another sale")]
    OtherSale,
    /// The number was reported for this sale before.
    #[error("the invoice was reported before")]
    Repeated,
    /// The items do not add up to the amount.
    #[error("the invoice's items do not add up to its amount")]
    Sum,
    /// The sale was taken back.
    #[error("the sale was taken back")]
    TakenBack,
}

impl InvoiceError {
    pub fn code(self) -> &'static str {
        match self {
            Self::Amount => "invoice.amount",
            Self::Date => "invoice.date",
            Self::Item(_) => "invoice.item",
            Self::ItemAmount(_) => "invoice.item-amount",
            Self::OtherSale => "invoice.other-sale",
            Self::Repeated => "invoice.repeated",
            Self::Sum => "invoice.sum",
            Self::TakenBack => "invoice.taken-back",
        }
    }
}

/// Sets an invoice against the lines of its list, of which `left` may still be invoiced; says what
/// it takes of which line.
///
/// LAW: R21. What is not on the list, or beyond it, is invoiced falsely (虚开发票).
pub fn agree(
    invoice: &Invoice,
    mut lines: Vec<Billable<'_>>,
    left: Fen,
) -> Result<Vec<(u32, Fen)>, InvoiceError> {
    let sum = Fen::checked_sum(invoice.items.iter().map(|item| item.amount));
    if invoice.items.is_empty() || sum != Some(invoice.amount) {
        return Err(InvoiceError::Sum);
    }
    let mut taken = Vec::new();
    for (place, item) in invoice.items.iter().enumerate() {
        take(item, place.saturating_add(1), &mut lines, &mut taken)?;
    }
    if invoice.amount > left {
        return Err(InvoiceError::Amount);
    }
    Ok(taken)
}

/// Takes the item's amount from the lines that bear its name, in their order: one article may
/// stand on several.
fn take(
    item: &InvoiceItem,
    place: usize,
    lines: &mut [Billable<'_>],
    taken: &mut Vec<(u32, Fen)>,
) -> Result<(), InvoiceError> {
    let mut open = item.amount;
    let mut quantity = Some(Quantity::default());
    let mut is_listed = false;
    for line in lines.iter_mut().filter(|line| line.is_called(&item.name)) {
        is_listed = true;
        quantity = quantity.and_then(|sum| sum.checked_add(line.quantity));
        let part = open.min(line.left);
        if part > Fen::ZERO {
            line.left = line.left.checked_sub(part).unwrap_or(Fen::ZERO);
            open = open.checked_sub(part).unwrap_or(Fen::ZERO);
            taken.push((line.number, part));
        }
    }
    if !is_listed {
        return Err(InvoiceError::Item(place));
    }
    let is_too_many = match (item.quantity, quantity) {
        (Some(named), Some(bought)) => named > bought,
        (Some(_), None) | (None, _) => false,
    };
    if open > Fen::ZERO || is_too_many {
        return Err(InvoiceError::ItemAmount(place));
    }
    Ok(())
}

impl Billable<'_> {
    /// Spaces do not tell names apart: tills and invoice printers set them as they like.
    fn is_called(&self, name: &str) -> bool {
        let letters = |text: &str| -> String {
            text.chars()
                .filter(|letter| !letter.is_whitespace())
                .collect()
        };
        let name = letters(name);
        let mut names = self.names.iter().flatten();
        names.any(|known| letters(known) == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(number: u32, name: &'static str, left: &str) -> Billable<'static> {
        Billable {
            number,
            names: [Some(name), Some("100112")],
            quantity: Quantity::whole(2),
            left: left.parse().unwrap(),
        }
    }

    fn invoice(amount: &str, items: &[(&str, &str)]) -> Invoice {
        let items = items.iter().map(|(name, amount)| InvoiceItem {
            name: (*name).to_owned(),
            quantity: None,
            amount: amount.parse().unwrap(),
        });
        Invoice {
            number: "25442000000001".to_owned(),
            amount: amount.parse().unwrap(),
            issued: jiff::civil::date(2025, 11, 22),
            items: items.collect(),
        }
    }

    #[test]
    fn an_item_takes_from_the_lines_of_its_name_in_their_order() {
        let lines = || {
            vec![
                line(1, "板蓝根颗粒", "19.10"),
                line(2, "板蓝根颗粒", "5.00"),
            ]
        };
        let all = Fen::new(2_410);
        let taken = agree(&invoice("20.00", &[("板蓝根 颗粒", "20.00")]), lines(), all);
        assert_eq!(taken, Ok(vec![(1, Fen::new(1_910)), (2, Fen::new(90))]));
        let by_article = invoice("24.10", &[("100112", "24.10")]);
        assert!(agree(&by_article, lines(), all).is_ok());
    }

    #[test]
    fn what_the_list_does_not_say_is_refused() {
        let cases = [
            (
                invoice("19.11", &[("甲", "19.11")]),
                InvoiceError::ItemAmount(1),
            ),
            (invoice("19.10", &[("乙", "19.10")]), InvoiceError::Item(1)),
            (
                invoice("19.10", &[("甲", "10.00"), ("甲", "9.11")]),
                InvoiceError::Sum,
            ),
            (
                invoice("19.20", &[("甲", "10.00"), ("甲", "9.20")]),
                InvoiceError::ItemAmount(2),
            ),
            (invoice("0.00", &[]), InvoiceError::Sum),
        ];
        for (invoice, error) in cases {
            let lines = vec![line(1, "甲", "19.10")];
            assert_eq!(agree(&invoice, lines, Fen::new(1_910)), Err(error));
        }
        let beyond = invoice("19.10", &[("甲", "19.10")]);
        let lines = vec![line(1, "甲", "19.10")];
        assert_eq!(
            agree(&beyond, lines, Fen::new(1_909)),
            Err(InvoiceError::Amount)
        );
    }

    #[test]
    fn more_pieces_than_were_bought_are_refused() {
        let mut three = invoice("5.00", &[("甲", "5.00")]);
        if let Some(item) = three.items.first_mut() {
            item.quantity = Some(Quantity::whole(3));
        }
        let lines = vec![line(1, "甲", "19.10")];
        assert_eq!(
            agree(&three, lines, Fen::new(1_910)),
            Err(InvoiceError::ItemAmount(1))
        );
    }
}
