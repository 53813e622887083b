//! Standing: may this store settle today, at this till, with these people, under this pack?
//!
//! In scope: the service agreement, both licences, the premises, unfiled changes, staff, the till,
//! the pack itself.
//! Out of scope: counting working days (the desk does, with the holiday calendar).

use jiff::civil::Date;

use crate::fact::Fact;
use crate::facts::{Agreement, Enrolment, Premises};
use crate::rule::{Missing, Seen, Truth, Word};
use crate::scene::Scene;

/// The agreement is in force and renewed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AgreementStanding {}

/// The business licence has not run out.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BusinessLicence {}

/// The drug-trading licence has not run out.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Licence {}

/// The rule pack is meant for this region and day.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PackInForce {}

/// Drugs are sold at the place and in the area that were approved.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SalesPremises {}

/// Enough managers and pharmacists are under contract.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Staffing {
    pub managers: u32,
    pub pharmacists: u32,
}

/// The till is enrolled at the registered place.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TillEnrolled {}

/// No important change is left unfiled for longer than the law gives.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UnfiledChange {
    pub grace_working_days: u32,
}

impl AgreementStanding {
    pub(crate) fn judge(&self, scene: &Scene<'_>) -> Truth {
        let store = &scene.facts.store;
        let state = match &store.agreement {
            Fact::Known(Agreement::InForce) => Truth::Holds,
            Fact::Known(state) => Truth::broken(*state, Word::AgreementInForce),
            Fact::Missing(_) => Truth::Undetermined(Missing::Agreement),
        };
        // LAW: 002 annex 3 §6 (1): an agreement that ran out unrenewed stops settlement like a
        // suspended one; its last day is still a day of the agreement.
        let until = &store.agreement_until;
        state.or_worse(|| lasts(until, scene.facts.today, Missing::Agreement))
    }
}

impl BusinessLicence {
    pub(crate) fn judge(&self, scene: &Scene<'_>) -> Truth {
        let until = &scene.facts.store.business_licence_until;
        lasts(until, scene.facts.today, Missing::BusinessLicence)
    }
}

impl Licence {
    pub(crate) fn judge(&self, scene: &Scene<'_>) -> Truth {
        let until = &scene.facts.store.licence_until;
        lasts(until, scene.facts.today, Missing::Licence)
    }
}

/// The last day is still a day of the paper.
fn lasts(until: &Fact<Date>, today: Date, missing: Missing) -> Truth {
    match until {
        Fact::Known(until) if *until >= today => Truth::Holds,
        Fact::Known(until) => Truth::broken(Seen::Date(*until), Seen::Date(today)),
        Fact::Missing(_) => Truth::Undetermined(missing),
    }
}

impl PackInForce {
    pub(crate) fn judge(&self, scene: &Scene<'_>) -> Truth {
        if scene
            .knowledge
            .is_in_force(&scene.facts.store.region, scene.facts.today)
        {
            Truth::Holds
        } else {
            Truth::broken(Word::PackElsewhere, Word::PackInForce)
        }
    }
}

impl SalesPremises {
    pub(crate) fn judge(&self, scene: &Scene<'_>) -> Truth {
        match &scene.facts.store.premises {
            Fact::Known(Premises::AsApproved) => Truth::Holds,
            Fact::Known(Premises::Changed) => {
                Truth::broken(Word::PremisesChanged, Word::PremisesApproved)
            }
            Fact::Missing(_) => Truth::Undetermined(Missing::Premises),
        }
    }
}

impl Staffing {
    pub(crate) fn judge(&self, scene: &Scene<'_>) -> Truth {
        let enough = |have: &Fact<u32>, least: u32, word: Word| match have {
            Fact::Known(have) if *have >= least => Truth::Holds,
            Fact::Known(_) => Truth::broken(word, Word::StaffEnough),
            Fact::Missing(_) => Truth::Undetermined(Missing::Staffing),
        };
        let store = &scene.facts.store;
        enough(&store.insurance_managers, self.managers, Word::Managers)
            .or_worse(|| enough(&store.pharmacists, self.pharmacists, Word::Pharmacists))
    }
}

impl TillEnrolled {
    pub(crate) fn judge(&self, scene: &Scene<'_>) -> Truth {
        match &scene.facts.store.till {
            Fact::Known(Enrolment::Enrolled) => Truth::Holds,
            Fact::Known(Enrolment::NotEnrolled) => {
                Truth::broken(Word::TillNotEnrolled, Word::TillEnrolled)
            }
            Fact::Missing(_) => Truth::Undetermined(Missing::Till),
        }
    }
}

impl UnfiledChange {
    pub(crate) fn judge(&self, scene: &Scene<'_>) -> Truth {
        match &scene.facts.store.unfiled_change_days {
            // LAW: 002 annex 3 §6: "within 30 working days", so the thirtieth is still in time.
            Fact::Known(days) if *days <= self.grace_working_days => Truth::Holds,
            Fact::Known(days) => {
                Truth::broken(Seen::Days(*days), Seen::Days(self.grace_working_days))
            }
            Fact::Missing(_) => Truth::Undetermined(Missing::UnfiledChange),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::Why;
    use crate::rule::testing::{facts, on_scene};

    #[test]
    fn the_last_day_of_agreement_and_licences_still_counts() {
        let mut facts = facts();
        facts.store.business_licence_until = Fact::Known(facts.today);
        assert_eq!(
            on_scene(&facts, |scene| BusinessLicence {}.judge(scene)),
            Truth::Holds
        );
        facts.store.agreement_until = Fact::Known(facts.today);
        facts.store.licence_until = Fact::Known(facts.today);
        assert_eq!(
            on_scene(&facts, |scene| AgreementStanding {}.judge(scene)),
            Truth::Holds
        );
        assert_eq!(
            on_scene(&facts, |scene| Licence {}.judge(scene)),
            Truth::Holds
        );
        facts.today = facts.today.tomorrow().unwrap();
        assert!(matches!(
            on_scene(&facts, |s| AgreementStanding {}.judge(s)),
            Truth::Broken(_)
        ));
        assert!(matches!(
            on_scene(&facts, |s| Licence {}.judge(s)),
            Truth::Broken(_)
        ));
        assert!(matches!(
            on_scene(&facts, |s| BusinessLicence {}.judge(s)),
            Truth::Broken(_)
        ));
        facts.store.business_licence_until = Fact::Known(Date::MAX);
        assert_eq!(
            on_scene(&facts, |scene| BusinessLicence {}.judge(scene)),
            Truth::Holds
        );
    }

    #[test]
    fn drugs_are_sold_where_it_was_approved() {
        let mut facts = facts();
        let judged = |facts: &crate::Facts| on_scene(facts, |s| SalesPremises {}.judge(s));
        assert_eq!(judged(&facts), Truth::Holds);
        facts.store.premises = Fact::Known(Premises::Changed);
        let moved = Truth::broken(Word::PremisesChanged, Word::PremisesApproved);
        assert_eq!(judged(&facts), moved);
        facts.store.premises = Fact::default();
        assert_eq!(judged(&facts), Truth::Undetermined(Missing::Premises));
    }

    #[test]
    fn a_suspended_agreement_outweighs_an_unknown_last_day() {
        let mut facts = facts();
        facts.store.agreement_until = Fact::Missing(Why::NotAsked);
        let judged = |facts: &_| on_scene(facts, |scene| AgreementStanding {}.judge(scene));
        assert_eq!(judged(&facts), Truth::Undetermined(Missing::Agreement));
        facts.store.agreement = Fact::Known(Agreement::Suspended);
        assert_eq!(
            judged(&facts),
            Truth::broken(Word::AgreementSuspended, Word::AgreementInForce)
        );
    }

    #[test]
    fn the_thirtieth_working_day_is_in_time() {
        let rule = UnfiledChange {
            grace_working_days: 30,
        };
        let mut facts = facts();
        for (days, holds) in [(0, true), (30, true), (31, false)] {
            facts.store.unfiled_change_days = Fact::Known(days);
            let truth = on_scene(&facts, |scene| rule.judge(scene));
            assert_eq!(truth == Truth::Holds, holds, "{days}");
        }
    }

    #[test]
    fn one_manager_is_too_few_even_if_the_pharmacists_are_not_counted() {
        let rule = Staffing {
            managers: 2,
            pharmacists: 1,
        };
        let mut facts = facts();
        facts.store.pharmacists = Fact::Missing(Why::NotAsked);
        let judged = |facts: &_| on_scene(facts, |scene| rule.judge(scene));
        assert_eq!(judged(&facts), Truth::Undetermined(Missing::Staffing));
        facts.store.insurance_managers = Fact::Known(1);
        assert_eq!(
            judged(&facts),
            Truth::broken(Word::Managers, Word::StaffEnough)
        );
    }

    #[test]
    fn an_unknown_till_is_undetermined_not_refused() {
        let mut facts = facts();
        facts.store.till = Fact::Missing(Why::NotKnown);
        let truth = on_scene(&facts, |scene| TillEnrolled {}.judge(scene));
        assert_eq!(truth, Truth::Undetermined(Missing::Till));
    }

    #[test]
    fn a_pack_does_not_speak_for_another_day() {
        let mut facts = facts();
        assert_eq!(
            on_scene(&facts, |scene| PackInForce {}.judge(scene)),
            Truth::Holds
        );
        facts.today = date(2019, 1, 1);
        let truth = on_scene(&facts, |scene| PackInForce {}.judge(scene));
        assert_eq!(truth, Truth::broken(Word::PackElsewhere, Word::PackInForce));
    }
}
