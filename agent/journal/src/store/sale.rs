//! Sales as the desk keeps them between requests: a few columns to find them by, the rest sealed.

use pharmacy_protocol::term::TillNumber;
use rusqlite::Row;

use super::{Reader, Sealed, StoreError, Transaction, column, parsed, unsigned, words};

words! {
    /// Where a sale stands, as far as finding it again goes; the sealed state says the rest.
    Phase {
        /// Given up before anything was settled.
        Abandoned = "abandoned",
        /// Has a verdict on the basket as it is.
        Assessed = "assessed",
        /// Settled, or paid without the insurance.
        Closed = "closed",
        /// A settlement or reversal left and nothing came back.
        InDoubt = "in-doubt",
        /// The basket is being filled.
        Open = "open",
        /// A settlement or reversal is recorded as about to leave. After a crash this is in doubt.
        Settling = "settling",
    }
}

/// A sale's row.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SaleRow {
    /// The sale's number within the log.
    pub counter: u64,
    pub phase: Phase,
    pub till: TillNumber,
    /// Which enrolled client made it.
    pub client: String,
    /// When it was made.
    pub created_ms: i64,
    /// When it last changed.
    pub updated_ms: i64,
    pub state: Sealed,
}

fn read_sale(row: &Row<'_>) -> rusqlite::Result<SaleRow> {
    Ok(SaleRow {
        counter: unsigned(row, 0)?,
        phase: parsed(row, 1)?,
        till: parsed(row, 2)?,
        client: row.get(3)?,
        created_ms: row.get(4)?,
        updated_ms: row.get(5)?,
        state: Sealed::new(row.get(6)?),
    })
}

impl Reader<'_> {
    /// A sale by its number.
    pub fn load_sale(&self, counter: u64) -> Result<Option<SaleRow>, StoreError> {
        let counter = column("sale", counter)?;
        self.one(include_str!("query/find_sale.sql"), [counter], read_sale)
    }

    /// Sales that are open or assessed, oldest first.
    pub fn open_sales(&self) -> Result<Vec<SaleRow>, StoreError> {
        self.sales_under_way(&[Phase::Open, Phase::Assessed])
    }

    /// Sales whose outcome is not known, or was not when the process ended, oldest first.
    pub fn in_doubt_sales(&self) -> Result<Vec<SaleRow>, StoreError> {
        self.sales_under_way(&[Phase::InDoubt, Phase::Settling])
    }

    fn sales_under_way(&self, phases: &[Phase]) -> Result<Vec<SaleRow>, StoreError> {
        let mut sales = Vec::new();
        for phase in phases {
            let statement = include_str!("query/list_sales_under_way.sql");
            sales.append(&mut self.many(statement, [phase.as_str()], read_sale)?);
        }
        sales.sort_by_key(|sale| sale.counter);
        Ok(sales)
    }
}

impl Transaction<'_> {
    /// The number of the next sale: never given out twice, even when rows are erased.
    pub fn next_sale_counter(&self) -> Result<u64, StoreError> {
        self.next_counter("sale")
    }

    /// Adds a sale, or replaces phase, time and state of the one with this number.
    pub fn put_sale(&self, sale: &SaleRow) -> Result<(), StoreError> {
        let values = (
            column("sale", sale.counter)?,
            sale.phase.as_str(),
            sale.till.as_str(),
            &sale.client,
            sale.created_ms,
            sale.updated_ms,
            sale.state.as_bytes(),
        );
        self.change(include_str!("query/put_sale.sql"), values)?;
        Ok(())
    }

    /// Erases closed and abandoned sales that have not changed since `before_ms`, and counts them.
    pub fn remove_finished_sales(&self, before_ms: i64) -> Result<usize, StoreError> {
        self.change(include_str!("query/remove_finished_sales.sql"), [before_ms])
    }
}
