//! What becomes of goods from before the duty to scan (无码库): by article, lot and paper, a quantity that only
//! goes down.
//!
//! ```text
//! entered ──taken by a sale──► less left ──given back, exactly that──► as before
//!    └─────lowered────────────► less left, for good
//! ```
//! INVARIANT: nothing is entered twice, nothing is given back that was not taken, and what is at zero stays
//! there. One transition for whoever writes a row and whoever makes it anew.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::pack::Refused;
use crate::term::{EntryIndex, Lot, PaperNumber, Quantity, Sku, StaffId};

/// Which goods.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct NoCodeGoods {
    /// The article.
    pub sku: Sku,
    /// Its lot.
    pub lot: Lot,
    /// The paper that came with them.
    pub paper: PaperNumber,
}

/// Their row.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NoCodeRow {
    /// Last day of use.
    pub last_day: Date,
    /// How much was entered.
    pub entered: Quantity,
    /// How much is left.
    pub left: Quantity,
    /// Who entered them.
    pub staff: StaffId,
    /// The entry that says so.
    pub entry: EntryIndex,
    /// When, milliseconds since 1970.
    pub at_ms: i64,
}

/// Goods and their row.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NoCodeStock {
    /// Which.
    pub goods: NoCodeGoods,
    /// What there is of them.
    pub row: NoCodeRow,
}

impl NoCodeRow {
    /// Less is there than was said.
    pub fn lowered(self, left: Quantity) -> Result<Self, Refused> {
        let is_lower = (0..self.left.units()).contains(&left.units());
        is_lower.then_some(Self { left, ..self }).ok_or(Refused)
    }

    /// A sale took some.
    pub fn taken(self, quantity: Quantity) -> Result<Self, Refused> {
        let left = self.left.units().checked_sub(quantity.units());
        let left = left.filter(|left| *left >= 0 && quantity.is_positive());
        let left = Quantity::new(left.ok_or(Refused)?);
        Ok(Self { left, ..self })
    }

    /// A sale gave back what it took.
    pub fn given_back(self, quantity: Quantity) -> Result<Self, Refused> {
        let left = self.left.units().checked_add(quantity.units());
        let left = left.filter(|left| *left <= self.entered.units() && quantity.is_positive());
        let left = Quantity::new(left.ok_or(Refused)?);
        Ok(Self { left, ..self })
    }
}

/// What became of such goods.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum NoCodeChange {
    /// They were entered.
    Entered {
        /// Which.
        goods: NoCodeGoods,
        /// Last day of use.
        last_day: Date,
        /// How much.
        quantity: Quantity,
        /// By whom.
        staff: StaffId,
        /// When, milliseconds since 1970.
        at: i64,
    },
    /// Less is there than was said.
    Lowered {
        /// Which.
        goods: NoCodeGoods,
        /// How much is left.
        left: Quantity,
    },
    /// A sale took some.
    Taken {
        /// Which.
        goods: NoCodeGoods,
        /// The sale.
        sale: u64,
        /// How much.
        quantity: Quantity,
    },
    /// A sale gave back what it took.
    GivenBack {
        /// Which.
        goods: NoCodeGoods,
        /// The sale.
        sale: u64,
        /// How much.
        quantity: Quantity,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(left: u32) -> NoCodeRow {
        NoCodeRow {
            last_day: jiff::civil::date(2026, 12, 31),
            entered: Quantity::whole(10),
            left: Quantity::whole(left),
            staff: "S01".parse().unwrap(),
            entry: EntryIndex::new(3),
            at_ms: 0,
        }
    }

    #[test]
    fn the_quantity_goes_down_and_comes_back_exactly() {
        let half: Quantity = "0.5".parse().unwrap();
        let taken = row(2).taken(half).unwrap();
        assert_eq!(taken.left, "1.5".parse().unwrap());
        assert_eq!(taken.given_back(half), Ok(row(2)));
        assert_eq!(row(2).taken(Quantity::whole(3)), Err(Refused));
        assert_eq!(row(0).taken(Quantity::whole(1)), Err(Refused));
        assert_eq!(row(2).taken(Quantity::default()), Err(Refused));
        assert_eq!(row(10).given_back(half), Err(Refused));
        assert_eq!(row(2).given_back(Quantity::new(-1)), Err(Refused));
        assert_eq!(row(2).lowered(Quantity::whole(1)), Ok(row(1)));
        assert_eq!(row(2).lowered(Quantity::whole(2)), Err(Refused));
        assert_eq!(row(2).lowered(Quantity::new(-1)), Err(Refused));
    }
}
