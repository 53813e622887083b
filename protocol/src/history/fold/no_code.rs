//! Goods from before the duty to scan, folded.

use super::apply::At;
use crate::history::cell::Cell;
use crate::history::no_code::{NoCodeChange, NoCodeGoods, NoCodeRow};
use crate::history::pack::Refused;
use crate::history::table::Table;
use crate::term::{EntryIndex, Quantity};

impl At<'_> {
    pub(super) fn no_code(&mut self, change: &NoCodeChange) {
        match change {
            NoCodeChange::Entered {
                goods,
                last_day,
                quantity,
                staff,
                at,
            } => {
                let row = NoCodeRow {
                    last_day: *last_day,
                    entered: *quantity,
                    left: *quantity,
                    staff: staff.clone(),
                    entry: self.entry(),
                    at_ms: *at,
                };
                self.enter(goods, &row);
            }
            NoCodeChange::Lowered { goods, left } => {
                self.move_goods(goods, |row| row.lowered(*left));
            }
            NoCodeChange::Taken {
                goods,
                sale,
                quantity,
            } => {
                self.move_goods(goods, |row| row.taken(*quantity));
                self.note_use(goods, *sale, *quantity);
            }
            NoCodeChange::GivenBack {
                goods,
                sale,
                quantity,
            } => {
                self.move_goods(goods, |row| row.given_back(*quantity));
                self.end_use(goods, *sale, *quantity);
            }
        }
    }

    fn enter(&mut self, goods: &NoCodeGoods, row: &NoCodeRow) {
        let key = goods_cells(goods);
        match self.known(Table::NoCodeStock, &key) {
            Some(_) => self.impossible(Table::NoCodeStock, &key),
            None => self.put(Table::NoCodeStock, key, row_cells(row)),
        }
    }

    fn note_use(&mut self, goods: &NoCodeGoods, sale: u64, quantity: Quantity) {
        let key = use_cells(goods, sale);
        let entry = Cell::count(self.entry().value());
        match self.known(Table::NoCodeUse, &key) {
            Some(_) => self.impossible(Table::NoCodeUse, &key),
            None => {
                let values = [Cell::Number(quantity.units()), entry];
                self.put(Table::NoCodeUse, key, values);
            }
        }
    }

    fn end_use(&mut self, goods: &NoCodeGoods, sale: u64, quantity: Quantity) {
        let key = use_cells(goods, sale);
        if !self.is_in_scope(Table::NoCodeUse, &key) {
            return;
        }
        match self.known(Table::NoCodeUse, &key).as_deref() {
            Some([Cell::Number(taken), _]) if *taken == quantity.units() => {
                self.remove(Table::NoCodeUse, &key);
            }
            _ => self.impossible(Table::NoCodeUse, &key),
        }
    }

    fn move_goods(
        &mut self,
        goods: &NoCodeGoods,
        change: impl FnOnce(NoCodeRow) -> Result<NoCodeRow, Refused>,
    ) {
        let key = goods_cells(goods);
        if !self.is_in_scope(Table::NoCodeStock, &key) {
            return;
        }
        let before = self.known(Table::NoCodeStock, &key);
        let before = before.as_deref().and_then(row_of);
        match before.ok_or(Refused).and_then(change) {
            Ok(row) => self.put(Table::NoCodeStock, key, row_cells(&row)),
            Err(Refused) => self.impossible(Table::NoCodeStock, &key),
        }
    }
}

fn goods_cells(goods: &NoCodeGoods) -> [Cell; 3] {
    [
        Cell::text(goods.sku.as_str()),
        Cell::text(goods.lot.as_str()),
        Cell::text(goods.paper.as_str()),
    ]
}

fn use_cells(goods: &NoCodeGoods, sale: u64) -> [Cell; 4] {
    let [sku, lot, paper] = goods_cells(goods);
    [sku, lot, paper, Cell::count(sale)]
}

fn row_cells(row: &NoCodeRow) -> [Cell; 6] {
    [
        Cell::text(row.last_day.to_string()),
        Cell::Number(row.entered.units()),
        Cell::Number(row.left.units()),
        Cell::text(row.staff.as_str()),
        Cell::count(row.entry.value()),
        Cell::Number(row.at_ms),
    ]
}

fn row_of(cells: &[Cell]) -> Option<NoCodeRow> {
    let [
        Cell::Text(last_day),
        Cell::Number(entered),
        Cell::Number(left),
        Cell::Text(staff),
        Cell::Number(entry),
        Cell::Number(at_ms),
    ] = cells
    else {
        return None;
    };
    Some(NoCodeRow {
        last_day: last_day.parse().ok()?,
        entered: Quantity::new(*entered),
        left: Quantity::new(*left),
        staff: staff.parse().ok()?,
        entry: EntryIndex::new(u64::try_from(*entry).ok()?),
        at_ms: *at_ms,
    })
}
