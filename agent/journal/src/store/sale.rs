//! Sales as the desk keeps them between requests: a few columns to find them by, the rest sealed.

use pharmacy_protocol::term::TillNumber;
use rusqlite::Row;

use pharmacy_protocol::history::word::Phase;
use pharmacy_protocol::history::{
    Changed, SaleChange, SaleGone, SaleKept, SaleMade, changed_members,
};

use super::{Reader, Sealed, StoreError, Transaction, column, parsed, unsigned};

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

    /// Adds a sale, or replaces phase, time and state of the one with this number. Its opened state is told
    /// against the one before, none where it is new.
    pub fn put_sale(
        &self,
        sale: &SaleRow,
        before: Option<&str>,
        after: &str,
    ) -> Result<(), StoreError> {
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
        let told = changed_members(before, after);
        let Changed { state, without } = told.map_err(|_| StoreError::Row(None))?;
        let made = before.is_none().then(|| SaleMade {
            till: sale.till.clone(),
            client: sale.client.as_str().into(),
            at: sale.created_ms,
        });
        self.tell(|rows| {
            rows.sales.push(SaleChange::Kept(SaleKept {
                sale: sale.counter,
                phase: sale.phase,
                made,
                at: sale.updated_ms,
                state,
                without,
            }));
        });
        Ok(())
    }

    /// Erases closed and abandoned sales that have not changed since `before_ms`, and counts them.
    pub fn remove_finished_sales(&self, before_ms: i64) -> Result<usize, StoreError> {
        let statement = include_str!("query/remove_finished_sales.sql");
        let gone = self.change(statement, [before_ms])?;
        let before = before_ms;
        self.tell(|rows| rows.sales.push(SaleChange::Gone(SaleGone { before })));
        Ok(gone)
    }
}
