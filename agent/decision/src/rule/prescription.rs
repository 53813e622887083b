//! Prescription: what needs one rests on one that is valid, lawful, the patient's, reviewed by
//! somebody who may, and large enough.
//!
//! In scope: which lines need a prescription, and judging the one that a line rests on, which may
//! cover several lines, as a basket may rest on several.
//! Out of scope: finding that prescription and the single objections to it (`rule::cover`), fetching
//! prescriptions; what the registers of staff, institutions and physicians say of a person (facts).

use pharmacy_protocol::term::Quantity;

use crate::facts::{Dispensing, Facts, Prescription};
use crate::rule::cover::{
    Likeness, judge_institution, judge_patient, judge_physician, judge_review, judge_reviewer,
    judge_term, likeness,
};
use crate::rule::{Missing, Seen, Truth, Word};
use crate::scene::{LineView, Scene};

/// A prescription drug has a prescription.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PrescriptionRequired {}

/// The prescription may still be dispensed today.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PrescriptionTerm {}

/// The prescribing institution is designated and not blacklisted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PrescriptionInstitution {}

/// The physician's right to prescribe is not suspended.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PrescriptionPhysician {}

/// The prescription was written for the patient of this sale.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PrescriptionPatient {}

/// No more is dispensed than is prescribed and not dispensed yet.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PrescriptionQuantity {}

/// A pharmacist reviewed the prescription.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PrescriptionReview {}

/// Whoever reviewed the prescription may review it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PrescriptionReviewer {}

impl PrescriptionRequired {
    pub(crate) fn judge(&self, _scene: &Scene<'_>, line: &LineView<'_>) -> Truth {
        let likeness = line.cover.map(|cover| cover.likeness);
        match (needs_prescription(line), likeness) {
            (Need::No, _) | (Need::Unknown | Need::Yes, Some(Likeness::Same)) => Truth::Holds,
            (Need::Unknown | Need::Yes, Some(Likeness::Similar)) => {
                Truth::Undetermined(Missing::PrescriptionMatch)
            }
            (Need::Unknown, None) => Truth::Undetermined(Missing::DispensingClass),
            (Need::Yes, None) => Truth::broken(Word::PrescriptionNone, Word::PrescriptionNeeded),
        }
    }
}

/// Whether an article is sold on prescription only.
enum Need {
    No,
    Unknown,
    Yes,
}

fn needs_prescription(line: &LineView<'_>) -> Need {
    let listed = line.listed_dispensing;
    // LAW: R14: what a pharmacist reads on the box settles what nobody else knows.
    let read = line.line.class.known();
    if read == Some(&Dispensing::Prescription) {
        return Need::Yes;
    }
    if !line.is_drug() && listed.is_none() {
        return Need::No;
    }
    let catalogued = line
        .line
        .catalogue
        .known()
        .map(|article| &article.dispensing);
    match (catalogued.and_then(|dispensing| dispensing.known()), listed) {
        (Some(Dispensing::Prescription), _) => Need::Yes,
        // A shop that writes "OTC" beside an injection contradicts the signed table: ask, whoever
        // reads the box.
        (Some(Dispensing::OverTheCounter), Some(Dispensing::Prescription)) => Need::Unknown,
        (None, Some(Dispensing::Prescription)) => Need::Yes,
        _ if read == Some(&Dispensing::OverTheCounter) => Need::No,
        (Some(Dispensing::OverTheCounter), _) => Need::No,
        // LAW: 双跨: the same drug is sold either way, by specification and use; the box tells.
        (Some(Dispensing::Dual), _) | (None, Some(Dispensing::Dual)) => Need::Unknown,
        (None, Some(Dispensing::OverTheCounter)) => Need::No,
        (None, None) => Need::Unknown,
    }
}

impl PrescriptionTerm {
    pub(crate) fn judge(&self, scene: &Scene<'_>, line: &LineView<'_>) -> Truth {
        on_prescription(line, |prescription| judge_term(prescription, scene.facts))
    }
}

impl PrescriptionInstitution {
    pub(crate) fn judge(&self, _scene: &Scene<'_>, line: &LineView<'_>) -> Truth {
        on_prescription(line, judge_institution)
    }
}

impl PrescriptionPhysician {
    pub(crate) fn judge(&self, _scene: &Scene<'_>, line: &LineView<'_>) -> Truth {
        on_prescription(line, judge_physician)
    }
}

impl PrescriptionPatient {
    pub(crate) fn judge(&self, scene: &Scene<'_>, line: &LineView<'_>) -> Truth {
        on_prescription(line, |prescription| {
            judge_patient(prescription, scene.facts)
        })
    }
}

impl PrescriptionReview {
    pub(crate) fn judge(&self, _scene: &Scene<'_>, line: &LineView<'_>) -> Truth {
        on_prescription(line, judge_review)
    }
}

impl PrescriptionReviewer {
    pub(crate) fn judge(&self, scene: &Scene<'_>, line: &LineView<'_>) -> Truth {
        on_prescription(line, |prescription| {
            judge_reviewer(prescription, scene.facts, scene.knowledge)
        })
    }
}

/// The same of an article that may need one: a prescription beside one that does not is nobody's duty.
pub(super) fn where_needed(line: &LineView<'_>, judge: impl Fn(&Prescription) -> Truth) -> Truth {
    match needs_prescription(line) {
        Need::No => Truth::Holds,
        Need::Unknown | Need::Yes => on_prescription(line, judge),
    }
}

/// A line without prescription is another rule's matter.
fn on_prescription(line: &LineView<'_>, judge: impl Fn(&Prescription) -> Truth) -> Truth {
    line.prescribed()
        .map_or(Truth::Holds, |cover| judge(cover.prescription))
}

impl PrescriptionQuantity {
    pub(crate) fn judge(&self, scene: &Scene<'_>, line: &LineView<'_>) -> Truth {
        let Some(cover) = line.prescribed() else {
            return Truth::Holds;
        };
        let Some(left) = left_to_dispense(scene.facts, line) else {
            return Truth::Undetermined(Missing::PrescriptionQuantity);
        };
        let so_far = scene.quantity(|other| {
            other.line.number <= line.line.number
                && likeness(cover.drug, other.name, other.code) == Some(Likeness::Same)
        });
        if so_far <= left {
            Truth::Holds
        } else {
            Truth::broken(Seen::Quantity(so_far), Seen::Quantity(left))
        }
    }
}

/// What all prescriptions for this line together still allow; none when one does not say.
fn left_to_dispense(facts: &Facts, line: &LineView<'_>) -> Option<Quantity> {
    let mut left = Quantity::default();
    for drug in facts
        .prescriptions
        .iter()
        .flat_map(|prescription| &prescription.drugs)
    {
        if likeness(drug, line.name, line.code) != Some(Likeness::Same) {
            continue;
        }
        let prescribed = drug.quantity.known()?;
        let of_this = prescribed
            .units()
            .saturating_sub(drug.dispensed.units())
            .max(0);
        left = left.checked_add(Quantity::new(of_this))?;
    }
    Some(left)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::{Fact, Why};
    use crate::facts::{Institution, Physician};
    use crate::rule::testing::{article, facts, on_each_line, on_line, person, prescribed};

    fn required(facts: &Facts) -> Truth {
        on_line(facts, |scene, line| {
            PrescriptionRequired {}.judge(scene, line)
        })
    }

    fn on_prescription_only(prescriptions: Vec<Prescription>) -> Facts {
        let mut facts = facts();
        article(&mut facts).dispensing = Fact::Known(Dispensing::Prescription);
        facts.prescriptions = prescriptions;
        facts
    }

    #[test]
    fn a_prescription_drug_without_prescription_is_refused_and_with_one_holds() {
        let without = on_prescription_only(Vec::new());
        let none = Truth::broken(Word::PrescriptionNone, Word::PrescriptionNeeded);
        assert_eq!(required(&without), none);
        assert_eq!(
            required(&on_prescription_only(vec![prescribed("测试药片", 1)])),
            Truth::Holds
        );
        assert_eq!(required(&facts()), Truth::Holds);
    }

    #[test]
    fn a_prescription_for_something_similar_is_a_question() {
        let similar = on_prescription_only(vec![prescribed("测试药", 1)]);
        assert_eq!(
            required(&similar),
            Truth::Undetermined(Missing::PrescriptionMatch)
        );
        let unlike = on_prescription_only(vec![prescribed("阿司匹林肠溶片", 1)]);
        assert!(matches!(required(&unlike), Truth::Broken(_)));
    }

    #[test]
    fn the_signed_list_speaks_where_the_catalogue_is_silent_or_false() {
        let mut facts = facts();
        facts.lines[0].offered.name = Some("注射用青霉素钠".to_owned());
        article(&mut facts).dispensing = Fact::default();
        assert!(matches!(required(&facts), Truth::Broken(_)));
        article(&mut facts).dispensing = Fact::Known(Dispensing::OverTheCounter);
        assert_eq!(
            required(&facts),
            Truth::Undetermined(Missing::DispensingClass)
        );
    }

    #[test]
    fn what_a_pharmacist_reads_on_the_box_settles_the_class() {
        let mut facts = facts();
        let unknown = Truth::Undetermined(Missing::DispensingClass);
        let read = |facts: &Facts, class| {
            let mut facts = facts.clone();
            facts.lines[0].class = Fact::Known(class);
            required(&facts)
        };
        for catalogued in [Fact::Known(Dispensing::Dual), Fact::default()] {
            article(&mut facts).dispensing = catalogued;
            assert_eq!(required(&facts), unknown);
            assert_eq!(read(&facts, Dispensing::OverTheCounter), Truth::Holds);
            assert_eq!(read(&facts, Dispensing::Dual), unknown);
            let none = Truth::broken(Word::PrescriptionNone, Word::PrescriptionNeeded);
            assert_eq!(read(&facts, Dispensing::Prescription), none);
        }
        // Neither the signed table nor the shop's own "prescription" is talked away at the counter.
        facts.lines[0].offered.name = Some("注射用青霉素钠".to_owned());
        assert!(matches!(
            read(&facts, Dispensing::OverTheCounter),
            Truth::Broken(_)
        ));
        article(&mut facts).dispensing = Fact::Known(Dispensing::OverTheCounter);
        assert_eq!(read(&facts, Dispensing::OverTheCounter), unknown);
        assert!(matches!(
            read(&facts, Dispensing::Prescription),
            Truth::Broken(_)
        ));
        facts.lines[0].offered.name = None;
        article(&mut facts).dispensing = Fact::Known(Dispensing::Prescription);
        assert!(matches!(
            read(&facts, Dispensing::OverTheCounter),
            Truth::Broken(_)
        ));
    }

    #[test]
    fn the_prescription_of_an_entitled_physician_is_taken_before_that_of_a_suspended_one() {
        let mut suspended = prescribed("测试药片", 1);
        suspended.physician = Fact::Known(Physician::Suspended);
        let physician =
            |facts: &Facts| on_line(facts, |s, line| PrescriptionPhysician {}.judge(s, line));
        let only = on_prescription_only(vec![suspended.clone()]);
        let broken = Truth::broken(Word::PhysicianSuspended, Word::PhysicianEntitled);
        assert_eq!(physician(&only), broken);
        let both = on_prescription_only(vec![suspended, prescribed("测试药片", 1)]);
        assert_eq!(physician(&both), Truth::Holds);
    }

    #[test]
    fn daily_goods_paid_in_cash_need_no_prescription() {
        let mut facts = facts();
        facts.lines[0].offered.code = None;
        facts.lines[0].offered.name = Some("牙膏".to_owned());
        facts.lines[0].catalogue = Fact::Missing(Why::NotKnown);
        assert_eq!(required(&facts), Truth::Holds);
    }

    #[test]
    fn the_valid_prescription_is_taken_before_the_expired_one() {
        let mut expired = prescribed("测试药片", 1);
        expired.valid_until = Fact::Known(jiff::civil::date(2020, 1, 1));
        let facts = on_prescription_only(vec![expired.clone(), prescribed("测试药片", 1)]);
        let term = |facts: &Facts| on_line(facts, |s, line| PrescriptionTerm {}.judge(s, line));
        assert_eq!(term(&facts), Truth::Holds);
        assert!(matches!(
            term(&on_prescription_only(vec![expired])),
            Truth::Broken(_)
        ));
    }

    #[test]
    fn institution_patient_and_review_are_judged_one_by_one() {
        let mut prescription = prescribed("测试药片", 1);
        prescription.institution = Fact::Known(Institution::Blacklisted);
        prescription.patient = Fact::Known(person('b'));
        prescription.reviewed_by = Fact::Missing(Why::NotKnown);
        let facts = on_prescription_only(vec![prescription]);
        on_line(&facts, |scene, line| {
            let institution = PrescriptionInstitution {}.judge(scene, line);
            let blacklisted = Word::InstitutionBlacklisted;
            assert_eq!(
                institution,
                Truth::broken(blacklisted, Word::InstitutionDesignated)
            );
            let patient = PrescriptionPatient {}.judge(scene, line);
            assert_eq!(
                patient,
                Truth::broken(Word::PrescriptionOther, Word::PrescriptionOwn)
            );
            let review = PrescriptionReview {}.judge(scene, line);
            assert_eq!(review, Truth::broken(Word::ReviewNone, Word::ReviewNeeded));
        });
    }

    #[test]
    fn quantities_are_summed_over_lines_and_over_prescriptions() {
        let mut facts = on_prescription_only(vec![prescribed("测试药片", 1)]);
        let mut second = facts.lines[0].clone();
        second.number = 2;
        facts.lines.push(second);
        let judged = |facts: &Facts| {
            on_each_line(facts, |scene, line| {
                PrescriptionQuantity {}.judge(scene, line)
            })
        };
        let (two, one) = (Quantity::whole(2), Quantity::whole(1));
        let over = Truth::broken(Seen::Quantity(two), Seen::Quantity(one));
        assert_eq!(judged(&facts), [Truth::Holds, over]);
        facts.prescriptions.push(prescribed("测试药片", 1));
        assert_eq!(judged(&facts), [Truth::Holds, Truth::Holds]);
        facts.prescriptions[0].drugs[0].quantity = Fact::default();
        let unknown = Truth::Undetermined(Missing::PrescriptionQuantity);
        assert_eq!(judged(&facts)[0], unknown);
    }
}
