//! Amount: how much of a listed article may be sold at once.
//!
//! In scope: articles of the pack's table, per line and per sale. Out of scope: ephedrine
//! (`ephedrine`), days of supply (`supply`).

use crate::rule::{Missing, Seen, Truth};
use crate::scene::{LineView, Scene};

/// No more of a listed article than its row allows.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SaleQuantity {}

impl SaleQuantity {
    pub(crate) fn judge(&self, scene: &Scene<'_>, line: &LineView<'_>) -> Truth {
        if line.name.is_empty() && line.code.is_none() {
            return Truth::Undetermined(Missing::ItemName);
        }
        let Some(limit) = scene.knowledge.quantity_limit(line.name) else {
            return Truth::Holds;
        };
        if limit.is_lifted_by_prescription() && line.is_prescribed() {
            return Truth::Holds;
        }
        let allowed = limit.per_line();
        if allowed.is_some_and(|allowed| line.line.quantity > allowed) {
            return Truth::broken(
                Seen::Quantity(line.line.quantity),
                Seen::Quantity(allowed.unwrap_or_default()),
            );
        }
        let is_same = |other: &LineView<'_>| {
            scene.knowledge.quantity_limit(other.name) == Some(limit)
                && !(limit.is_lifted_by_prescription() && other.is_prescribed())
        };
        let so_far =
            scene.quantity(|other| is_same(other) && other.line.number <= line.line.number);
        match limit.per_sale() {
            Some(allowed) if so_far > allowed => Truth::broken(
                Seen::Quantity(scene.quantity(is_same)),
                Seen::Quantity(allowed),
            ),
            _ => Truth::Holds,
        }
    }
}

#[cfg(test)]
mod tests {
    use pharmacy_protocol::term::Quantity;

    use super::*;
    use crate::rule::testing::{facts, on_each_line, prescribed};

    fn liquorice(packs: u32) -> crate::Facts {
        let mut facts = facts();
        facts.lines[0].offered.name = Some("复方甘草片".to_owned());
        facts.lines[0].quantity = Quantity::whole(packs);
        facts
    }

    fn judged(facts: &crate::Facts) -> Vec<Truth> {
        on_each_line(facts, |scene, line| SaleQuantity {}.judge(scene, line))
    }

    #[test]
    fn a_listed_article_is_counted_over_the_sale() {
        let mut facts = liquorice(3);
        let mut second = facts.lines[0].clone();
        second.number = 2;
        facts.lines.push(second);
        let truths = judged(&facts);
        assert_eq!(truths[0], Truth::Holds);
        let allowed = Seen::Quantity(Quantity::whole(5));
        assert_eq!(
            truths[1],
            Truth::broken(Seen::Quantity(Quantity::whole(6)), allowed)
        );
    }

    #[test]
    fn a_prescription_lifts_a_listed_limit() {
        let mut facts = liquorice(9);
        facts.prescriptions.push(prescribed("复方甘草片", 9));
        assert_eq!(judged(&facts), [Truth::Holds]);
    }

    #[test]
    fn an_article_off_the_list_has_no_limit_here() {
        let mut facts = facts();
        facts.lines[0].quantity = Quantity::whole(400);
        assert_eq!(judged(&facts), [Truth::Holds]);
    }
}
