//! Family: account money reaches relatives only as far as region and date allow (家庭共济).
//!
//! In scope: the relation of payer and patient, and that pooled funds reach nobody else.
//! Out of scope: which relations are allowed (a dated table of the pack).

use crate::fact::Fact;
use crate::facts::{Patient, Payer, Relation};
use crate::rule::{Missing, Truth, Word};
use crate::scene::Scene;

/// A family member's account pays for an allowed relation only.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PayerRelation {}

/// The holder's account is used for an allowed relation only.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PatientRelation {}

impl PayerRelation {
    pub(crate) fn judge(&self, scene: &Scene<'_>) -> Truth {
        match &scene.facts.people.payer {
            Payer::Family { relation, .. } => judge_relation(scene, *relation),
            Payer::Holder => Truth::Holds,
        }
    }
}

impl PatientRelation {
    pub(crate) fn judge(&self, scene: &Scene<'_>) -> Truth {
        match &scene.facts.people.patient {
            Patient::Family { relation, .. } => judge_relation(scene, *relation),
            Patient::Holder => Truth::Holds,
        }
    }
}

fn judge_relation(scene: &Scene<'_>, relation: Relation) -> Truth {
    let store = &scene.facts.store;
    if !scene
        .knowledge
        .is_relation_allowed(relation, &store.region, scene.facts.today)
    {
        return Truth::broken(relation, Word::RelationAllowed);
    }
    // LAW: 002 annex 3 §1 opens the personal account to relatives, and nothing else: a pooled fund
    // pays for its own insured.
    match scene.facts.fund {
        Fact::Known(fund) if fund.is_pooled() => Truth::broken(Word::FundPooled, Word::FundAccount),
        Fact::Known(_) => Truth::Holds,
        Fact::Missing(_) => Truth::Undetermined(Missing::Fund),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::Why;
    use crate::facts::{Fund, Person};
    use crate::rule::testing::{facts, on_scene};

    #[test]
    fn the_circle_widens_with_the_date() {
        let mut facts = facts();
        facts.people.payer = Payer::Family {
            relation: Relation::Sibling,
            person: Person::default(),
        };
        let judged = |facts: &_| on_scene(facts, |scene| PayerRelation {}.judge(scene));
        assert_eq!(judged(&facts), Truth::Holds);
        facts.today = date(2022, 6, 1);
        assert_eq!(
            judged(&facts),
            Truth::broken(Word::RelationSibling, Word::RelationAllowed)
        );
    }

    #[test]
    fn a_pooled_fund_pays_for_no_relative() {
        let mut facts = facts();
        facts.people.patient = Patient::Family {
            relation: Relation::Child,
            person: Person::default(),
        };
        let judged = |facts: &_| on_scene(facts, |scene| PatientRelation {}.judge(scene));
        assert_eq!(judged(&facts), Truth::Holds);
        facts.fund = Fact::Missing(Why::NotAsked);
        assert_eq!(judged(&facts), Truth::Undetermined(Missing::Fund));
        facts.fund = Fact::Known(Fund::Chronic);
        assert_eq!(
            judged(&facts),
            Truth::broken(Word::FundPooled, Word::FundAccount)
        );
    }
}
