//! Ephedrine preparations: two smallest packs a sale, and the buyer is registered, cash or not.
//!
//! LAW: notice of the drug administration, the police and the health ministry of 2012: identity
//! checked and registered; at most two smallest packs a sale except by prescription. Patent
//! medicines with the herb ephedra are outside; the pack's word list leaves them out.

use pharmacy_protocol::term::Quantity;

use crate::fact::{Fact, Why};
use crate::facts::Registration;
use crate::rule::{Missing, Seen, Truth, Word};
use crate::scene::{LineView, Scene};

/// No more packs in one sale than the law gives, all lines and tenders together.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EphedrineQuantity {
    pub packs: u32,
}

/// The buyer's name and number are registered.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EphedrineRegistration {}

impl EphedrineQuantity {
    pub(crate) fn judge(&self, scene: &Scene<'_>, line: &LineView<'_>) -> Truth {
        if line.name.is_empty() {
            return Truth::Undetermined(Missing::ItemName);
        }
        // LAW: a prescription lifts the limit; its own quantity is another rule.
        let counts = |other: &LineView<'_>| other.is_ephedrine && !other.is_prescribed();
        if !counts(line) {
            return Truth::Holds;
        }
        // Lines before this one stand; the line that goes over is the one to cut.
        let so_far = scene.quantity(|other| counts(other) && other.line.number <= line.line.number);
        let allowed = Quantity::whole(self.packs);
        if so_far <= allowed {
            return Truth::Holds;
        }
        let sale = scene.quantity(counts);
        Truth::broken(Seen::Quantity(sale), Seen::Quantity(allowed))
    }
}

impl EphedrineRegistration {
    pub(crate) fn judge(&self, _scene: &Scene<'_>, line: &LineView<'_>) -> Truth {
        if line.name.is_empty() {
            return Truth::Undetermined(Missing::ItemName);
        }
        if !line.is_ephedrine {
            return Truth::Holds;
        }
        match line.line.registration {
            Fact::Known(Registration::Registered) => Truth::Holds,
            Fact::Known(Registration::Refused) => {
                Truth::broken(Word::RegistrationRefused, Word::RegistrationNeeded)
            }
            Fact::Missing(Why::NotAsked | Why::NotKnown | Why::Unreadable) => {
                Truth::Undetermined(Missing::Registration)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Tender;
    use crate::rule::testing::{facts, on_each_line, on_line, prescribed};

    fn ephedrine(packs: u32) -> crate::Facts {
        let mut facts = facts();
        facts.lines[0].offered.name = Some("氨酚伪麻美芬片Ⅱ".to_owned());
        facts.lines[0].quantity = Quantity::whole(packs);
        facts
    }

    fn judged(facts: &crate::Facts) -> Vec<Truth> {
        let rule = EphedrineQuantity { packs: 2 };
        on_each_line(facts, |scene, line| rule.judge(scene, line))
    }

    #[test]
    fn two_packs_hold_and_three_do_not() {
        assert_eq!(judged(&ephedrine(2)), [Truth::Holds]);
        let broken = Truth::broken(
            Seen::Quantity(Quantity::whole(3)),
            Seen::Quantity(Quantity::whole(2)),
        );
        assert_eq!(judged(&ephedrine(3)), [broken]);
    }

    #[test]
    fn lines_and_tenders_are_summed_and_the_line_that_goes_over_is_named() {
        let mut facts = ephedrine(2);
        let mut cash = facts.lines[0].clone();
        cash.number = 2;
        cash.tender = Tender::Cash;
        cash.quantity = Quantity::whole(1);
        cash.offered.name = Some("美扑伪麻片".to_owned());
        facts.lines.push(cash);
        let truths = judged(&facts);
        assert_eq!(truths[0], Truth::Holds);
        assert!(matches!(truths[1], Truth::Broken(_)));
    }

    #[test]
    fn a_prescription_lifts_the_limit() {
        let mut facts = ephedrine(3);
        facts.prescriptions.push(prescribed("氨酚伪麻美芬片Ⅱ", 3));
        assert_eq!(judged(&facts), [Truth::Holds]);
    }

    #[test]
    fn herbal_ephedra_and_hemp_seed_are_outside() {
        for name in [
            "通宣理肺丸",
            "麻仁丸",
            "麻黄止嗽丸",
            "天麻片",
            "对乙酰氨基酚片（泰诺林）",
        ] {
            let mut facts = ephedrine(5);
            facts.lines[0].offered.name = Some(name.to_owned());
            if let Fact::Known(article) = &mut facts.lines[0].catalogue {
                article.name = name.to_owned();
            }
            assert_eq!(judged(&facts), [Truth::Holds], "{name}");
        }
    }

    #[test]
    fn registration_is_asked_for_and_a_refusal_is_a_breach() {
        let mut facts = ephedrine(1);
        let judged = |facts: &crate::Facts| {
            on_line(facts, |scene, line| {
                EphedrineRegistration {}.judge(scene, line)
            })
        };
        assert_eq!(judged(&facts), Truth::Undetermined(Missing::Registration));
        facts.lines[0].registration = Fact::Known(Registration::Registered);
        assert_eq!(judged(&facts), Truth::Holds);
        facts.lines[0].registration = Fact::Known(Registration::Refused);
        let refused = Truth::broken(Word::RegistrationRefused, Word::RegistrationNeeded);
        assert_eq!(judged(&facts), refused);
    }
}
