//! Sum: lines, head and tenders of a bill make each other.
//!
//! In scope: exact arithmetic on what the bill itself says. Out of scope: whether the price is the
//! posted one (`price`), what the platform's answer says (the desk).
//!
//! LAW: R24: 虚记、多记 are found where amounts do not follow from price and quantity. Rounding and
//! discounts are honest, so what is too much is told apart from what is merely other.

use pharmacy_protocol::term::{Fen, InsuranceClass};

use crate::facts::{Bill, Offered};
use crate::rule::{Missing, Seen, Truth};
use crate::scene::{LineView, Scene};

/// A line's amount is at most price times quantity and what rounding explains.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LineSum {
    /// In fen.
    pub tolerance: u32,
    /// For each dose of pieces, whose amount was rounded dose by dose; in fen.
    pub dose_tolerance: u32,
}

/// A line's amount is price times quantity to the fen: any other one is worth a note.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LineDiffers {}

/// The head is at most the sum of the lines and what rounding explains.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BillSum {
    /// In fen.
    pub tolerance: u32,
    /// In thousandths of the lines' sum; the larger tolerance counts.
    pub permille: u32,
}

/// The head is the sum of the lines to the fen: any other one is worth a note.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BillDiffers {}

/// The tenders that the bill names make its total.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TenderSum {
    /// In fen.
    pub tolerance: u32,
}

/// What a line's amount is, and what it should be.
struct Amounts {
    told: Fen,
    due: Fen,
}

impl Amounts {
    fn of(line: &LineView<'_>) -> Option<Self> {
        let due = line.line.price.amount(line.line.quantity)?;
        let told = line.line.amount;
        Some(Self { told, due })
    }

    /// By how much is more told than is due?
    fn excess(&self) -> i64 {
        self.told.units().saturating_sub(self.due.units())
    }

    fn broken(&self) -> Truth {
        Truth::broken(Seen::Money(self.told), Seen::Money(self.due))
    }

    fn judge_equal(&self) -> Truth {
        if self.told == self.due {
            Truth::Holds
        } else {
            self.broken()
        }
    }
}

impl LineSum {
    pub(crate) fn judge(&self, _scene: &Scene<'_>, line: &LineView<'_>) -> Truth {
        if is_unread(line) {
            return Truth::Undetermined(Missing::LineSum);
        }
        let Some(amounts) = Amounts::of(line) else {
            return Truth::Undetermined(Missing::LineSum);
        };
        let excess = amounts.excess();
        if excess <= i64::from(self.tolerance) {
            return Truth::Holds;
        }
        if line.class() != Some(InsuranceClass::Piece) {
            return amounts.broken();
        }
        // Grams × doses: the amount of one dose is rounded, then multiplied.
        let (least, most) = doses(line);
        let room = |doses: i64| doses.saturating_mul(i64::from(self.dose_tolerance));
        if excess > room(most) {
            amounts.broken()
        } else if excess > room(least) {
            Truth::Undetermined(Missing::Doses)
        } else {
            Truth::Holds
        }
    }
}

/// How few and how many doses a line of pieces can be: one dose lasts a day, and has one unit at least.
/// One day is what tills send that do not ask.
fn doses(line: &LineView<'_>) -> (i64, i64) {
    /// Smallest units of a quantity in one unit of sale.
    const WHOLE: i64 = 10_000;
    match line.line.days.known() {
        Some(days) if *days > 1 => (i64::from(*days), i64::from(*days)),
        Some(_) | None => (0, line.line.quantity.units().div_euclid(WHOLE)),
    }
}

impl LineDiffers {
    pub(crate) fn judge(&self, _scene: &Scene<'_>, line: &LineView<'_>) -> Truth {
        // What cannot be read or computed is `LineSum`'s matter.
        let amounts = Amounts::of(line).filter(|_| !is_unread(line));
        amounts.map_or(Truth::Holds, |amounts| amounts.judge_equal())
    }
}

/// Could nothing of the line be read? Then its numbers are none that anybody told.
fn is_unread(line: &LineView<'_>) -> bool {
    line.line.offered == Offered::default()
}

/// The head's total and the sum of the lines; none where there is no head.
fn head(scene: &Scene<'_>) -> Option<Result<Amounts, Missing>> {
    let Bill { total, .. } = scene.facts.bill?;
    let lines = scene.lines.iter().map(|line| line.line.amount);
    let due = Fen::checked_sum(lines).filter(|_| !scene.lines.iter().any(is_unread));
    Some(match (total, due) {
        (Some(told), Some(due)) => Ok(Amounts { told, due }),
        _ => Err(Missing::BillTotal),
    })
}

impl BillSum {
    pub(crate) fn judge(&self, scene: &Scene<'_>) -> Truth {
        let amounts = match head(scene) {
            None => return Truth::Holds,
            Some(Err(missing)) => return Truth::Undetermined(missing),
            Some(Ok(amounts)) => amounts,
        };
        let share = i128::from(amounts.due.units()).saturating_mul(i128::from(self.permille));
        let room = share.div_euclid(1000).max(i128::from(self.tolerance));
        if i128::from(amounts.excess()) <= room {
            Truth::Holds
        } else {
            amounts.broken()
        }
    }
}

impl BillDiffers {
    pub(crate) fn judge(&self, scene: &Scene<'_>) -> Truth {
        match head(scene) {
            Some(Ok(amounts)) => amounts.judge_equal(),
            Some(Err(_)) | None => Truth::Holds,
        }
    }
}

impl TenderSum {
    pub(crate) fn judge(&self, scene: &Scene<'_>) -> Truth {
        let Some(Bill { total, tenders }) = scene.facts.bill else {
            return Truth::Holds;
        };
        let Some(paid) = tenders else {
            // A bill that names no tenders says nothing wrong of them.
            return Truth::Holds;
        };
        let Some(due) = total else {
            return Truth::Undetermined(Missing::BillTotal);
        };
        let amounts = Amounts { told: paid, due };
        if amounts.excess().unsigned_abs() <= u64::from(self.tolerance) {
            Truth::Holds
        } else {
            amounts.broken()
        }
    }
}

#[cfg(test)]
mod tests {
    use pharmacy_protocol::term::{Quantity, UnitPrice};

    use super::*;
    use crate::Fact;
    use crate::rule::testing::{coded, facts, on_line, on_scene};

    fn line(code: &str, price: &str, quantity: &str, amount: &str) -> crate::Facts {
        let mut facts = coded(code);
        let line = &mut facts.lines[0];
        line.price = price.parse().unwrap();
        line.quantity = quantity.parse().unwrap();
        line.amount = amount.parse().unwrap();
        facts
    }

    fn money(told: &str, due: &str) -> Truth {
        Truth::broken(
            Seen::Money(told.parse().unwrap()),
            Seen::Money(due.parse().unwrap()),
        )
    }

    fn judged(facts: &crate::Facts) -> [Truth; 2] {
        let sum = LineSum {
            tolerance: 5,
            dose_tolerance: 1,
        };
        on_line(facts, |scene, line| {
            [sum.judge(scene, line), LineDiffers {}.judge(scene, line)]
        })
    }

    const DRUG: &str = "XN02BEA030A001010100001";
    const PIECE: &str = "T001700471";

    // R24
    #[test]
    fn a_padded_amount_is_too_much_and_rounding_and_discounts_are_merely_other() {
        for (price, quantity, amount, expected) in [
            ("12.5", "2", "25.00", [Truth::Holds, Truth::Holds]),
            ("0.333333", "3", "1.00", [Truth::Holds, Truth::Holds]),
            // Rounded to 5 fen, and one fen beyond.
            (
                "12.5",
                "2",
                "25.05",
                [Truth::Holds, money("25.05", "25.00")],
            ),
            (
                "12.5",
                "2",
                "25.06",
                [money("25.06", "25.00"), money("25.06", "25.00")],
            ),
            // A discount within the line, however large.
            (
                "12.5",
                "2",
                "20.00",
                [Truth::Holds, money("20.00", "25.00")],
            ),
            // An amount without a price.
            (
                "0",
                "1",
                "99.00",
                [money("99.00", "0.00"), money("99.00", "0.00")],
            ),
        ] {
            let facts = line(DRUG, price, quantity, amount);
            assert_eq!(judged(&facts), expected, "{price} × {quantity}, {amount}");
        }
    }

    // R22, R24: 10 g × 7 doses at 0.123: one dose is 1.23, rounded up by the till to 1.24.
    #[test]
    fn pieces_are_rounded_dose_by_dose() {
        let mut facts = line(PIECE, "0.123", "70", "8.68");
        facts.lines[0].days = Fact::Known(7);
        assert_eq!(judged(&facts)[0], Truth::Holds);
        facts.lines[0].amount = "8.69".parse().unwrap();
        assert_eq!(judged(&facts)[0], money("8.69", "8.61"));
        // Nobody says how many doses: up to seventy could be, more could not.
        facts.lines[0].days = Fact::default();
        assert_eq!(judged(&facts)[0], Truth::Undetermined(Missing::Doses));
        facts.lines[0].amount = "9.32".parse().unwrap();
        assert_eq!(judged(&facts)[0], money("9.32", "8.61"));
        // A drug has no doses to round.
        let drug = line(DRUG, "0.123", "70", "8.68");
        assert_eq!(judged(&drug)[0], money("8.68", "8.61"));
    }

    #[test]
    fn what_leaves_the_range_of_money_is_undetermined() {
        let mut facts = facts();
        facts.lines[0].price = UnitPrice::new(i64::MAX);
        facts.lines[0].quantity = Quantity::new(i64::MAX);
        assert_eq!(
            judged(&facts),
            [Truth::Undetermined(Missing::LineSum), Truth::Holds]
        );
        facts.lines[0].price = UnitPrice::new(i64::MIN);
        facts.lines[0].quantity = Quantity::whole(1);
        facts.lines[0].amount = Fen::new(i64::MAX);
        assert!(matches!(judged(&facts)[0], Truth::Broken(_)));
    }

    #[test]
    fn a_line_of_which_nothing_could_be_read_makes_no_sum_wrong() {
        let mut facts = line(DRUG, "0", "1", "9.00");
        facts.lines[0].offered = Offered::default();
        facts.bill = Some(Bill {
            total: Some(Fen::new(9_000)),
            tenders: None,
        });
        let asked = Truth::Undetermined(Missing::LineSum);
        assert_eq!(judged(&facts), [asked, Truth::Holds]);
        let sum = BillSum {
            tolerance: 50,
            permille: 10,
        };
        let judged = on_scene(&facts, |scene| sum.judge(scene));
        assert_eq!(judged, Truth::Undetermined(Missing::BillTotal));
    }

    fn billed(total: Option<&str>, tenders: Option<&str>) -> crate::Facts {
        let mut facts = line(DRUG, "100", "3", "300.00");
        let fen = |text: &str| text.parse().unwrap();
        facts.bill = Some(Bill {
            total: total.map(fen),
            tenders: tenders.map(fen),
        });
        facts
    }

    // R24
    #[test]
    fn a_head_above_its_lines_is_too_much_beyond_rounding() {
        let sum = BillSum {
            tolerance: 50,
            permille: 10,
        };
        let judged = |facts: &crate::Facts| {
            on_scene(facts, |scene| {
                [sum.judge(scene), BillDiffers {}.judge(scene)]
            })
        };
        for (total, expected) in [
            ("300.00", [Truth::Holds, Truth::Holds]),
            // 代煎费 of 3 yuan, rounding to 角, a discount on the whole.
            ("303.00", [Truth::Holds, money("303.00", "300.00")]),
            ("299.90", [Truth::Holds, money("299.90", "300.00")]),
            ("250.00", [Truth::Holds, money("250.00", "300.00")]),
            (
                "303.01",
                [money("303.01", "300.00"), money("303.01", "300.00")],
            ),
        ] {
            assert_eq!(judged(&billed(Some(total), None)), expected, "{total}");
        }
        // A small bill may be rounded by half a yuan.
        let mut small = billed(Some("5.50"), None);
        small.lines[0].amount = Fen::new(500);
        assert_eq!(judged(&small)[0], Truth::Holds);
        small.lines[0].amount = Fen::new(499);
        assert_eq!(judged(&small)[0], money("5.50", "4.99"));
        let missing = Truth::Undetermined(Missing::BillTotal);
        assert_eq!(judged(&billed(None, None)), [missing, Truth::Holds]);
        let mut beyond = billed(Some("1.00"), None);
        beyond.lines.push(beyond.lines[0].clone());
        beyond.lines[0].amount = Fen::new(i64::MAX);
        assert_eq!(judged(&beyond)[0], Truth::Undetermined(Missing::BillTotal));
        // The local API has no head.
        assert_eq!(judged(&facts()), [Truth::Holds, Truth::Holds]);
    }

    // R24
    #[test]
    fn tenders_make_the_total() {
        let sum = TenderSum { tolerance: 5 };
        let judged = |facts: &crate::Facts| on_scene(facts, |scene| sum.judge(scene));
        assert_eq!(judged(&billed(Some("300.00"), None)), Truth::Holds);
        assert_eq!(
            judged(&billed(Some("300.00"), Some("300.05"))),
            Truth::Holds
        );
        for paid in ["300.06", "299.94", "0.00"] {
            let broken = money(paid, "300.00");
            assert_eq!(judged(&billed(Some("300.00"), Some(paid))), broken);
        }
        assert_eq!(
            judged(&billed(None, Some("1.00"))),
            Truth::Undetermined(Missing::BillTotal)
        );
    }
}
