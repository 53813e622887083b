//! Goods from before the duty to scan, by article, lot and paper; [`NoCodeRow`] says what may follow what.

use pharmacy_protocol::history::{NoCodeChange, NoCodeGoods, NoCodeRow, NoCodeStock, Refused};
use pharmacy_protocol::term::{EntryIndex, Quantity, Sku};
use rusqlite::Row;

use super::{Reader, StoreError, Transaction, column, parsed, unsigned};

/// Whether such goods changed as asked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[must_use]
pub enum NoCodeMove {
    Done,
    /// They did not: they are not there, or there are not so many.
    Refused,
}

fn read_goods(row: &Row<'_>) -> rusqlite::Result<NoCodeGoods> {
    Ok(NoCodeGoods {
        sku: parsed(row, 0)?,
        lot: parsed(row, 1)?,
        paper: parsed(row, 2)?,
    })
}

fn read_stock(row: &Row<'_>) -> rusqlite::Result<NoCodeStock> {
    Ok(NoCodeStock {
        goods: read_goods(row)?,
        row: NoCodeRow {
            last_day: parsed(row, 3)?,
            entered: Quantity::new(row.get(4)?),
            left: Quantity::new(row.get(5)?),
            staff: parsed(row, 6)?,
            entry: EntryIndex::new(unsigned(row, 7)?),
            at_ms: row.get(8)?,
        },
    })
}

impl Reader<'_> {
    /// All of it, also what is used up: by article, the earliest last day first.
    pub fn no_code_stock(&self) -> Result<Vec<NoCodeStock>, StoreError> {
        self.many(include_str!("query/list_no_code.sql"), [], read_stock)
    }

    /// That of an article, the earliest last day first.
    pub fn no_code_stock_of(&self, sku: &Sku) -> Result<Vec<NoCodeStock>, StoreError> {
        let statement = include_str!("query/list_no_code_of_sku.sql");
        self.many(statement, [sku.as_str()], read_stock)
    }

    /// What a sale took and did not give back.
    pub fn no_code_taken(&self, sale: u64) -> Result<Vec<(NoCodeGoods, Quantity)>, StoreError> {
        let statement = include_str!("query/list_no_code_uses.sql");
        self.many(statement, [column("sale", sale)?], |row| {
            Ok((read_goods(row)?, Quantity::new(row.get(3)?)))
        })
    }

    fn no_code_row(&self, goods: &NoCodeGoods) -> Result<Option<NoCodeRow>, StoreError> {
        let statement = include_str!("query/find_no_code.sql");
        let found = self.one(statement, key(goods), read_stock)?;
        Ok(found.map(|stock| stock.row))
    }
}

fn key(goods: &NoCodeGoods) -> (&str, &str, &str) {
    let NoCodeGoods { sku, lot, paper } = goods;
    (sku.as_str(), lot.as_str(), paper.as_str())
}

impl Transaction<'_> {
    /// Enters goods, unless they were entered before.
    pub fn enter_no_code(&self, stock: &NoCodeStock) -> Result<NoCodeMove, StoreError> {
        let NoCodeStock { goods, row } = stock;
        if self.no_code_row(goods)?.is_some() || !row.entered.is_positive() {
            return Ok(NoCodeMove::Refused);
        }
        let (sku, lot, paper) = key(goods);
        let values = (
            sku,
            lot,
            paper,
            row.last_day.to_string(),
            row.entered.units(),
            row.left.units(),
            row.staff.as_str(),
            column("entry", row.entry.value())?,
            row.at_ms,
        );
        self.change(include_str!("query/add_no_code.sql"), values)?;
        self.tell(|rows| {
            rows.no_code.push(NoCodeChange::Entered {
                goods: goods.clone(),
                last_day: row.last_day,
                quantity: row.entered,
                staff: row.staff.clone(),
                at: row.at_ms,
            });
        });
        Ok(NoCodeMove::Done)
    }

    /// Says that less is there.
    pub fn lower_no_code(
        &self,
        goods: &NoCodeGoods,
        left: Quantity,
    ) -> Result<NoCodeMove, StoreError> {
        self.move_no_code(
            goods,
            |row| row.lowered(left),
            || NoCodeChange::Lowered {
                goods: goods.clone(),
                left,
            },
        )
    }

    /// Lets a sale take some; a sale takes of one row once.
    pub fn take_no_code(
        &self,
        goods: &NoCodeGoods,
        (sale, quantity): (u64, Quantity),
        entry: EntryIndex,
    ) -> Result<NoCodeMove, StoreError> {
        let moved = self.move_no_code(
            goods,
            |row| row.taken(quantity),
            || NoCodeChange::Taken {
                goods: goods.clone(),
                sale,
                quantity,
            },
        )?;
        if moved == NoCodeMove::Done {
            let (sku, lot, paper) = key(goods);
            let (sale, entry) = (column("sale", sale)?, column("entry", entry.value())?);
            let values = (sku, lot, paper, sale, quantity.units(), entry);
            self.change(include_str!("query/add_no_code_use.sql"), values)?;
        }
        Ok(moved)
    }

    /// Gives back whatever a sale took.
    pub fn give_back_no_code(&self, sale: u64) -> Result<(), StoreError> {
        for (goods, quantity) in self.no_code_taken(sale)? {
            let moved = self.move_no_code(
                &goods,
                |row| row.given_back(quantity),
                || NoCodeChange::GivenBack {
                    goods: goods.clone(),
                    sale,
                    quantity,
                },
            )?;
            if moved == NoCodeMove::Done {
                let (sku, lot, paper) = key(&goods);
                let values = (column("sale", sale)?, sku, lot, paper);
                self.change(include_str!("query/remove_no_code_use.sql"), values)?;
            }
        }
        Ok(())
    }

    fn move_no_code(
        &self,
        goods: &NoCodeGoods,
        change: impl FnOnce(NoCodeRow) -> Result<NoCodeRow, Refused>,
        told: impl FnOnce() -> NoCodeChange,
    ) -> Result<NoCodeMove, StoreError> {
        let before = self.no_code_row(goods)?;
        let Ok(after) = before.ok_or(Refused).and_then(change) else {
            return Ok(NoCodeMove::Refused);
        };
        let (sku, lot, paper) = key(goods);
        let values = (sku, lot, paper, after.left.units());
        self.change(include_str!("query/put_no_code_remaining.sql"), values)?;
        self.tell(|rows| rows.no_code.push(told()));
        Ok(NoCodeMove::Done)
    }
}
