//! Payable: only drugs, devices and consumables may be paid by the insurance.
//!
//! In scope: what the weighed evidence means for the line. Out of scope: the weighing
//! ([`crate::eligibility`]); lines of 0.00 (`gift`).

use crate::rule::gift::is_free;
use crate::rule::{Missing, Seen, Truth, Word};
use crate::scene::{LineView, Scene};
use crate::verdict::EligibilityAnswer;

/// The article is of a kind that the insurance pays.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Payable {}

impl Payable {
    pub(crate) fn judge(&self, _scene: &Scene<'_>, line: &LineView<'_>) -> Truth {
        // A line that nobody pays is a gift, and judged as one: "take cash for it" would be nonsense.
        if is_free(line) {
            return Truth::Holds;
        }
        match line.eligibility.answer {
            EligibilityAnswer::Payable => Truth::Holds,
            EligibilityAnswer::Review => Truth::Undetermined(Missing::Eligibility),
            EligibilityAnswer::NotPayable => {
                let heaviest = line.eligibility.findings.first();
                let found = heaviest.map_or(Seen::Word(Word::NotPayable), |finding| {
                    Seen::Quoted(finding.seen.clone())
                });
                Truth::broken(found, Word::PayableGoods)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::testing::{answered, facts, on_line_weighed};

    #[test]
    fn review_is_a_question_and_not_payable_is_a_breach() {
        let judged = |answer| {
            on_line_weighed(&facts(), &|_| answered(answer), |scene, line| {
                Payable {}.judge(scene, line)
            })
        };
        assert_eq!(judged(EligibilityAnswer::Payable), Truth::Holds);
        assert_eq!(
            judged(EligibilityAnswer::Review),
            Truth::Undetermined(Missing::Eligibility)
        );
        let broken = Truth::broken(Word::NotPayable, Word::PayableGoods);
        assert_eq!(judged(EligibilityAnswer::NotPayable), broken);
    }
}
