//! Goods from before the duty to scan (无码库): what may be entered, and which lots a line takes of.
//!
//! LAW: R25, 江门方案 附件3 三: entered once before the region's last day, counted down, not opened again.
//! Out of scope: rows (the journal), who signs (the staff), which lines lack a code (`stock`).

use std::collections::BTreeSet;

use jiff::civil::Date;
use pharmacy_decision::facts::NoCodeLot as Share;
use pharmacy_decision::pack::{TraceDuty, TraceTerms};
use pharmacy_protocol::history::{NoCodeGoods, NoCodeStock};
use pharmacy_protocol::record::stock::NoCodeLot;
use pharmacy_protocol::term::{Lot, Quantity};

/// Most lots entered at once.
pub const MAX_LOTS: usize = 5_000;

/// Most of one lot: more is a slip of the hand.
const MAX_QUANTITY: Quantity = Quantity::new(100_000 * 10_000);

/// Goods that cannot be entered, or not be lowered so.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NoCodeError {
    /// Entered before, or twice in one list.
    #[error("these goods were entered before")]
    Again,
    /// Not in the catalogue.
    #[error("the catalogue has no such article")]
    Article,
    /// Bought when every pack had a code already.
    #[error("goods bought since the duty began carry codes")]
    BoughtSince,
    /// The region's last day is over.
    #[error("the last day on which goods without codes could be entered is over")]
    Closed,
    /// Their last day of use is over, or before they were bought.
    #[error("the last day of use is over")]
    Expired,
    /// None, or more than [`MAX_LOTS`].
    #[error("1 to {MAX_LOTS} lots are entered at once")]
    Lots,
    /// No code is due for such goods.
    #[error("such goods need no code")]
    NotDue,
    /// Not less than what is left.
    #[error("what is left can only be lowered")]
    NotLower,
    /// Nothing, or more than a store has.
    #[error("the quantity is none that a store has of a lot")]
    Quantity,
    /// Not entered.
    #[error("no such goods were entered")]
    Unknown,
}

impl NoCodeError {
    pub fn code(self) -> &'static str {
        match self {
            Self::Again => "no-code.again",
            Self::Article => "no-code.article",
            Self::BoughtSince => "no-code.bought-since",
            Self::Closed => "no-code.closed",
            Self::Expired => "no-code.expired",
            Self::Lots => "no-code.lots",
            Self::NotDue => "no-code.not-due",
            Self::NotLower => "no-code.not-lower",
            Self::Quantity => "no-code.quantity",
            Self::Unknown => "no-code.unknown",
        }
    }

    /// Does it not follow from what is recorded, rather than from what was typed?
    pub(crate) fn is_conflict(self) -> bool {
        matches!(self, Self::Again | Self::Closed | Self::NotLower)
    }
}

/// Checks one lot against what goes for its class of goods today; `terms` is none where no row does.
pub fn check_lot(
    lot: &NoCodeLot,
    terms: Option<TraceTerms>,
    today: Date,
) -> Result<(), NoCodeError> {
    let terms = terms.ok_or(NoCodeError::NotDue)?;
    let TraceDuty::Code(_) = terms.duty else {
        return Err(NoCodeError::NotDue);
    };
    if is_over(terms.enter_until, today) || is_over(terms.use_until, today) {
        return Err(NoCodeError::Closed);
    }
    if terms.since.is_some_and(|since| lot.bought >= since) || lot.bought > today {
        return Err(NoCodeError::BoughtSince);
    }
    if lot.last_day < today || lot.last_day < lot.bought {
        return Err(NoCodeError::Expired);
    }
    if !lot.quantity.is_positive() || lot.quantity > MAX_QUANTITY {
        return Err(NoCodeError::Quantity);
    }
    Ok(())
}

/// Checks that lots are some, and each one there once.
pub fn check_list(lots: &[NoCodeLot]) -> Result<(), NoCodeError> {
    if lots.is_empty() || lots.len() > MAX_LOTS {
        return Err(NoCodeError::Lots);
    }
    let goods: BTreeSet<&NoCodeGoods> = lots.iter().map(|lot| &lot.goods).collect();
    if goods.len() == lots.len() {
        Ok(())
    } else {
        Err(NoCodeError::Again)
    }
}

fn is_over(last: Option<Date>, today: Date) -> bool {
    last.is_some_and(|last| last < today)
}

/// Which lots a line takes of, the earliest last day first; what was taken for lines before it is gone
/// from `stock` already. Of no lot that is over, and of its own where the call names one.
pub(crate) fn allot(
    stock: &mut [NoCodeStock],
    mut wanted: Quantity,
    lot: Option<&Lot>,
    today: Date,
) -> Vec<Share> {
    let mut shares = Vec::new();
    for held in stock.iter_mut() {
        let NoCodeStock { goods, row } = held;
        let is_its_own = lot.is_none_or(|lot| *lot == goods.lot);
        let quantity = Quantity::new(wanted.units().min(row.left.units()));
        if !is_its_own || row.last_day < today || !quantity.is_positive() {
            continue;
        }
        row.left = Quantity::new(row.left.units().saturating_sub(quantity.units()));
        wanted = Quantity::new(wanted.units().saturating_sub(quantity.units()));
        shares.push(Share {
            goods: goods.clone(),
            last_day: row.last_day,
            quantity,
        });
    }
    shares
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use pharmacy_decision::facts::Arrival;
    use pharmacy_protocol::history::NoCodeRow;
    use pharmacy_protocol::term::EntryIndex;

    use super::*;

    const TODAY: Date = date(2025, 11, 22);

    fn lot() -> NoCodeLot {
        NoCodeLot {
            goods: goods("B1"),
            bought: date(2025, 3, 1),
            last_day: date(2026, 12, 31),
            quantity: Quantity::whole(10),
        }
    }

    fn goods(lot: &str) -> NoCodeGoods {
        NoCodeGoods {
            sku: "100057".parse().unwrap(),
            lot: lot.parse().unwrap(),
            paper: "D1".parse().unwrap(),
        }
    }

    fn terms() -> TraceTerms {
        TraceTerms {
            duty: TraceDuty::Code(Arrival::Within),
            since: Some(date(2025, 7, 1)),
            enter_until: Some(date(2025, 12, 31)),
            use_until: Some(date(2026, 6, 30)),
            photos_a_day: 3,
            correct_days: 7,
        }
    }

    #[test]
    fn what_was_bought_before_is_entered_until_the_last_day() {
        let of = |lot: &NoCodeLot, today| check_lot(lot, Some(terms()), today);
        assert_eq!(of(&lot(), TODAY), Ok(()));
        assert_eq!(of(&lot(), date(2025, 12, 31)), Ok(()));
        assert_eq!(of(&lot(), date(2026, 1, 1)), Err(NoCodeError::Closed));
        let with = |change: fn(&mut NoCodeLot)| {
            let mut lot = lot();
            change(&mut lot);
            of(&lot, TODAY)
        };
        assert_eq!(
            with(|lot| lot.bought = date(2025, 7, 1)),
            Err(NoCodeError::BoughtSince)
        );
        assert_eq!(with(|lot| lot.bought = date(2025, 6, 30)), Ok(()));
        assert_eq!(
            with(|lot| lot.last_day = date(2025, 11, 21)),
            Err(NoCodeError::Expired)
        );
        assert_eq!(with(|lot| lot.last_day = TODAY), Ok(()));
        for none in ["0", "-1", "100000.0001"] {
            let mut lot = lot();
            lot.quantity = none.parse().unwrap();
            assert_eq!(of(&lot, TODAY), Err(NoCodeError::Quantity), "{none}");
        }
        assert_eq!(check_lot(&lot(), None, TODAY), Err(NoCodeError::NotDue));
        let exempt = TraceTerms {
            duty: TraceDuty::Exempt,
            ..terms()
        };
        let checked = check_lot(&lot(), Some(exempt), TODAY);
        assert_eq!(checked, Err(NoCodeError::NotDue));
    }

    #[test]
    fn a_list_has_each_lot_once() {
        assert_eq!(check_list(&[lot()]), Ok(()));
        assert_eq!(check_list(&[]), Err(NoCodeError::Lots));
        assert_eq!(check_list(&[lot(), lot()]), Err(NoCodeError::Again));
        let mut other = lot();
        other.goods.paper = "D2".parse().unwrap();
        assert_eq!(check_list(&[lot(), other]), Ok(()));
    }

    #[test]
    fn the_earliest_lot_goes_first_unless_the_call_names_one() {
        let held = |lot: &str, last_day, left: &str| NoCodeStock {
            goods: goods(lot),
            row: NoCodeRow {
                last_day,
                entered: Quantity::whole(10),
                left: left.parse().unwrap(),
                staff: "S01".parse().unwrap(),
                entry: EntryIndex::new(1),
                at_ms: 0,
            },
        };
        let stock = || {
            vec![
                held("B0", date(2025, 11, 21), "9"),
                held("B1", date(2026, 1, 1), "1.5"),
                held("B2", date(2026, 5, 1), "4"),
            ]
        };
        let taken = |wanted: &str, lot: Option<&str>| {
            let lot = lot.map(|lot| lot.parse().unwrap());
            let shares = allot(&mut stock(), wanted.parse().unwrap(), lot.as_ref(), TODAY);
            let told = shares.iter();
            let told = told.map(|share| format!("{} {}", share.goods.lot, share.quantity));
            told.collect::<Vec<_>>().join(", ")
        };
        assert_eq!(taken("2", None), "B1 1.5, B2 0.5");
        assert_eq!(taken("2", Some("b2")), "B2 2");
        assert_eq!(taken("2", Some("B0")), "", "over");
        assert_eq!(taken("9", None), "B1 1.5, B2 4", "as much as there is");
        let mut rest = stock();
        let first = allot(&mut rest, Quantity::whole(5), None, TODAY);
        let second = allot(&mut rest, Quantity::whole(5), None, TODAY);
        assert_eq!((first.len(), second.len()), (2, 1));
        assert_eq!(second[0].quantity, "0.5".parse().unwrap());
    }
}
