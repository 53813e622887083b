//! What a person was supplied, under the person's reference.

use jiff::civil::Date;
use pharmacy_protocol::person::PersonRef;
use pharmacy_protocol::term::{EntryIndex, InsuranceCode, Quantity, Sku};

use pharmacy_protocol::history::SupplyChange;

use super::{Reader, StoreError, Transaction, column, parsed, parsed_option, unsigned};

/// One supply to a person.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SupplyRow {
    /// The day of the sale.
    pub on: Date,
    pub sale: u64,
    /// The line's number in the sale.
    pub line: u32,
    /// The insurance code, where the line had one.
    pub code: Option<InsuranceCode>,
    /// The article, where the line named one.
    pub sku: Option<Sku>,
    pub quantity: Quantity,
    /// How many days it is to last, where known.
    pub days: Option<u32>,
    /// Which entry said so.
    pub entry: EntryIndex,
    /// Last day on which the row may be kept.
    pub erase_after: Date,
}

impl Reader<'_> {
    /// What a person was supplied on and after a day, newest first.
    pub fn supplies_of(
        &self,
        person: &PersonRef,
        since: Date,
    ) -> Result<Vec<SupplyRow>, StoreError> {
        let values = (person.as_str(), since.to_string());
        self.many(include_str!("query/list_supplies.sql"), values, |row| {
            Ok(SupplyRow {
                on: parsed(row, 0)?,
                sale: unsigned(row, 1)?,
                line: row.get(2)?,
                code: parsed_option(row, 3)?,
                sku: parsed_option(row, 4)?,
                quantity: Quantity::new(row.get(5)?),
                days: row.get(6)?,
                entry: EntryIndex::new(unsigned(row, 7)?),
                erase_after: parsed(row, 8)?,
            })
        })
    }
}

impl Transaction<'_> {
    /// Adds a supply to a person's history.
    pub fn add_supply(&self, person: &PersonRef, supply: &SupplyRow) -> Result<(), StoreError> {
        let values = (
            person.as_str(),
            supply.on.to_string(),
            column("sale", supply.sale)?,
            supply.line,
            supply.code.as_ref().map(InsuranceCode::as_str),
            supply.sku.as_ref().map(Sku::as_str),
            supply.quantity.units(),
            supply.days,
            column("entry", supply.entry.value())?,
            supply.erase_after.to_string(),
        );
        self.change(include_str!("query/add_supply.sql"), values)?;
        self.tell(|rows| {
            rows.supplies.push(SupplyChange::Supplied {
                person: person.clone(),
                on: supply.on,
                sale: supply.sale,
                line: supply.line,
                code: supply.code.clone(),
                sku: supply.sku.clone(),
                quantity: supply.quantity,
                days: supply.days,
                until: supply.erase_after,
            });
        });
        Ok(())
    }

    /// Takes a reversed sale out of a person's history, and counts the lines.
    pub fn remove_supplies(&self, person: &PersonRef, sale: u64) -> Result<usize, StoreError> {
        let values = (person.as_str(), column("sale", sale)?);
        let gone = self.change(include_str!("query/remove_supplies_of_sale.sql"), values)?;
        if gone > 0 {
            let person = person.clone();
            self.tell(|rows| rows.supplies.push(SupplyChange::TakenBack { person, sale }));
        }
        Ok(gone)
    }

    /// Erases what may not be kept on `today` any more, and counts it.
    pub fn remove_expired_supplies(&self, today: Date) -> Result<usize, StoreError> {
        let statement = include_str!("query/remove_expired_supplies.sql");
        let gone = self.change(statement, [today.to_string()])?;
        let before = today;
        self.tell(|rows| rows.supplies.push(SupplyChange::Gone { before }));
        Ok(gone)
    }
}
