//! Gift: lines of 0.00 on the insurance's bill.
//!
//! In scope: whether such a line may stand there. Out of scope: what the article is
//! ([`crate::eligibility`]); paid lines that are not payable (`payable`).

use pharmacy_protocol::term::Fen;

use crate::rule::{Missing, Seen, Truth, Word};
use crate::scene::{LineView, Scene};
use crate::verdict::EligibilityAnswer;

/// No gift that the insurance would not pay stands on its bill.
///
/// LAW: R20: goods given away with a settlement; R24: 赠品请移出医保单.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Gift {}

/// A payable line of 0.00 is worth a note: two for one, or a price that was forgotten.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FreeLine {}

/// Does a line come to nothing?
pub(crate) fn is_free(line: &LineView<'_>) -> bool {
    line.line.amount == Fen::ZERO
}

impl Gift {
    pub(crate) fn judge(&self, _scene: &Scene<'_>, line: &LineView<'_>) -> Truth {
        if !is_free(line) {
            return Truth::Holds;
        }
        match line.eligibility.answer {
            EligibilityAnswer::Payable => Truth::Holds,
            EligibilityAnswer::Review => Truth::Undetermined(Missing::Eligibility),
            EligibilityAnswer::NotPayable => Truth::broken(Word::NotPayable, Word::PayableGoods),
        }
    }
}

impl FreeLine {
    pub(crate) fn judge(&self, _scene: &Scene<'_>, line: &LineView<'_>) -> Truth {
        if is_free(line) && line.eligibility.answer == EligibilityAnswer::Payable {
            Truth::broken(Seen::Money(Fen::ZERO), Seen::Price(line.line.price))
        } else {
            Truth::Holds
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::payable::Payable;
    use crate::rule::testing::{answered, facts, on_line_weighed};

    // R24
    #[test]
    fn a_line_of_nothing_is_judged_as_a_gift_and_as_nothing_else() {
        let judged = |amount, answer| {
            let mut facts = facts();
            facts.lines[0].amount = Fen::new(amount);
            on_line_weighed(&facts, &|_| answered(answer), |scene, line| {
                [
                    Gift {}.judge(scene, line),
                    FreeLine {}.judge(scene, line),
                    Payable {}.judge(scene, line),
                ]
            })
        };
        use EligibilityAnswer::{NotPayable, Payable as IsPayable, Review};
        let gift = Truth::broken(Word::NotPayable, Word::PayableGoods);
        let asked = Truth::Undetermined(Missing::Eligibility);
        assert_eq!(
            judged(0, NotPayable),
            [gift.clone(), Truth::Holds, Truth::Holds]
        );
        assert_eq!(
            judged(0, Review),
            [asked.clone(), Truth::Holds, Truth::Holds]
        );
        let [is_gift, free, payable] = judged(0, IsPayable);
        assert_eq!([is_gift, payable], [Truth::Holds, Truth::Holds]);
        assert!(matches!(free, Truth::Broken(_)));
        for (answer, expected) in [
            (NotPayable, gift),
            (Review, asked),
            (IsPayable, Truth::Holds),
        ] {
            assert_eq!(
                judged(1, answer),
                [Truth::Holds, Truth::Holds, expected],
                "a line that costs something"
            );
        }
    }
}
