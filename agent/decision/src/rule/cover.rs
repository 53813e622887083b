//! Cover: which prescription a line rests on, and what there is to say against one.
//!
//! In scope: how well a prescribed drug fits an article, and each objection to a prescription by
//! itself. Out of scope: which of them a rule asks for, and of which lines (`rule::prescription`).

use pharmacy_protocol::term::InsuranceCode;

use crate::fact::{Fact, Why};
use crate::facts::{
    Competence, Facts, Institution, Physician, PrescribedDrug, Prescription, Review, ReviewPlace,
};
use crate::medicine::same_medicine;
use crate::pack::Knowledge;
use crate::rule::{Missing, Seen, Truth, Word};

/// The prescription that a line rests on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Cover<'a> {
    pub(crate) prescription: &'a Prescription,
    pub(crate) drug: &'a PrescribedDrug,
    pub(crate) likeness: Likeness,
}

/// How well a prescribed drug fits a line.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Likeness {
    /// One name is part of the other: a pharmacist must say.
    Similar,
    /// Same medicine by code, or the same name.
    Same,
}

/// Finds the prescription that a line rests on: the best likeness, then the fewest objections, so
/// that an expired prescription beside a valid one does no harm.
pub(crate) fn cover<'a>(
    facts: &'a Facts,
    knowledge: &Knowledge,
    name: &str,
    code: Option<&InsuranceCode>,
) -> Option<Cover<'a>> {
    let mut best: Option<(Likeness, usize, Cover<'a>)> = None;
    for prescription in &facts.prescriptions {
        for drug in &prescription.drugs {
            let Some(likeness) = likeness(drug, name, code) else {
                continue;
            };
            let fitness = fitness(prescription, facts, knowledge);
            if best
                .as_ref()
                .is_none_or(|(l, f, _)| (*l, *f) < (likeness, fitness))
            {
                best = Some((
                    likeness,
                    fitness,
                    Cover {
                        prescription,
                        drug,
                        likeness,
                    },
                ));
            }
        }
    }
    best.map(|(_, _, cover)| cover)
}

fn fitness(prescription: &Prescription, facts: &Facts, knowledge: &Knowledge) -> usize {
    let verdicts = [
        judge_patient(prescription, facts),
        judge_institution(prescription),
        judge_physician(prescription),
        judge_term(prescription, facts),
        judge_review(prescription),
        judge_reviewer(prescription, facts, knowledge),
    ];
    verdicts
        .iter()
        .filter(|truth| **truth == Truth::Holds)
        .count()
}

/// How well a prescribed drug fits an article by its name and code; none where it does not.
pub fn likeness(
    drug: &PrescribedDrug,
    name: &str,
    code: Option<&InsuranceCode>,
) -> Option<Likeness> {
    // LAW: R14: a pharmacist held prescription and box together and said that it is this article.
    if drug.matched_by.is_some() && is_as_written(drug, name, code) {
        return Some(Likeness::Same);
    }
    let (written, sold) = (bare(&drug.name), bare(name));
    // LAW: hospitals prescribe by the generic name; another maker's pack of the same medicine and
    // form fills the prescription.
    match drug.code.as_ref().zip(code) {
        Some((a, b)) if same_medicine(a, b) => return Some(Likeness::Same),
        // Codes that differ outweigh names that do not; but then a pharmacist may say better.
        Some(_) if written == sold && !sold.is_empty() => return Some(Likeness::Similar),
        Some(_) => return None,
        None => {}
    }
    if written.is_empty() || sold.is_empty() {
        None
    } else if written == sold {
        Some(Likeness::Same)
    } else if written.contains(sold) || sold.contains(written) {
        Some(Likeness::Similar)
    } else {
        None
    }
}

/// Is the article the one that is written, to the letter? A match names one article, so another
/// maker's or another strength of the same medicine is not included.
fn is_as_written(drug: &PrescribedDrug, name: &str, code: Option<&InsuranceCode>) -> bool {
    let name = name.trim();
    let is_code = drug.code.as_ref().zip(code).is_some_and(|(a, b)| a == b);
    is_code || (!name.is_empty() && drug.name.trim() == name)
}

/// A name without what stands in brackets or after a space.
fn bare(name: &str) -> &str {
    let name = name.trim();
    name.split(['(', '（', '[', '【', ' ', '　'])
        .next()
        .unwrap_or(name)
}

pub(crate) fn judge_term(prescription: &Prescription, facts: &Facts) -> Truth {
    match prescription.valid_until {
        Fact::Known(until) if until >= facts.today => Truth::Holds,
        Fact::Known(until) => Truth::broken(Seen::Date(until), Seen::Date(facts.today)),
        Fact::Missing(_) => Truth::Undetermined(Missing::PrescriptionTerm),
    }
}

pub(crate) fn judge_institution(prescription: &Prescription) -> Truth {
    match prescription.institution {
        Fact::Known(Institution::Designated) => Truth::Holds,
        Fact::Known(Institution::Blacklisted) => {
            Truth::broken(Word::InstitutionBlacklisted, Word::InstitutionDesignated)
        }
        Fact::Known(Institution::NotDesignated) => {
            Truth::broken(Word::InstitutionNotDesignated, Word::InstitutionDesignated)
        }
        Fact::Missing(_) => Truth::Undetermined(Missing::Institution),
    }
}

pub(crate) fn judge_patient(prescription: &Prescription, facts: &Facts) -> Truth {
    // LAW: 002 annex 3 §2: the person on the prescription is the patient of the sale. References
    // are made from certificate numbers, so `·`, rare characters and 之子 do no harm here.
    match (&prescription.patient, &facts.patient().reference) {
        (Fact::Known(written), Fact::Known(patient)) if written == patient => Truth::Holds,
        (Fact::Known(_), Fact::Known(_)) => {
            Truth::broken(Word::PrescriptionOther, Word::PrescriptionOwn)
        }
        _ => Truth::Undetermined(Missing::PrescriptionPatient),
    }
}

pub(crate) fn judge_review(prescription: &Prescription) -> Truth {
    match prescription.reviewed_by {
        Fact::Known(_) => Truth::Holds,
        // The counter was asked and names no pharmacist: nobody reviewed it.
        Fact::Missing(Why::NotKnown) => Truth::broken(Word::ReviewNone, Word::ReviewNeeded),
        Fact::Missing(Why::NotAsked | Why::Unreadable) => Truth::Undetermined(Missing::Review),
    }
}

pub(crate) fn judge_physician(prescription: &Prescription) -> Truth {
    match prescription.physician {
        Fact::Known(Physician::Entitled) => Truth::Holds,
        Fact::Known(Physician::Suspended) => {
            Truth::broken(Word::PhysicianSuspended, Word::PhysicianEntitled)
        }
        Fact::Missing(_) => Truth::Undetermined(Missing::Physician),
    }
}

/// A prescription that nobody reviewed is another rule's matter.
pub(crate) fn judge_reviewer(
    prescription: &Prescription,
    facts: &Facts,
    knowledge: &Knowledge,
) -> Truth {
    let lacks = |word| Truth::broken(word, Word::ReviewerCompetent);
    let Fact::Known(_) = prescription.reviewed_by else {
        return Truth::Holds;
    };
    let Fact::Known(Review { competence, from }) = prescription.review else {
        return Truth::Undetermined(Missing::Reviewer);
    };
    match (competence, from) {
        (Competence::Unqualified, _) => lacks(Word::ReviewerUnqualified),
        (Competence::Elsewhere, _) => lacks(Word::ReviewerElsewhere),
        (Competence::OffDuty, _) => lacks(Word::ReviewerOffDuty),
        (Competence::Competent, ReviewPlace::Store) => Truth::Holds,
        // LAW: R15: from afar only for the chain and only where the region allows it.
        (Competence::Competent, ReviewPlace::Remote) => {
            if knowledge
                .listings()
                .is_remote_review_allowed(&facts.store.region, facts.today)
            {
                Truth::Holds
            } else {
                lacks(Word::ReviewerRemote)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pack::Pack;
    use crate::rule::testing::{facts, pack, prescribed};

    #[test]
    fn a_match_said_by_a_pharmacist_covers_that_article_and_no_other() {
        let code = |text: &str| text.parse::<InsuranceCode>().unwrap();
        let (sold, other) = (
            code("XN02BEA030A001010100001"),
            code("XA01ABD075A002010100483"),
        );
        let mut drug = prescribed("测试药片（大盒）", 1).drugs.remove(0);
        drug.code = Some(other.clone());
        assert_eq!(
            likeness(&drug, "测试药片（大盒）", Some(&sold)),
            Some(Likeness::Similar)
        );
        drug.matched_by = Some("ph-1".parse().unwrap());
        assert_eq!(
            likeness(&drug, " 测试药片（大盒）", Some(&sold)),
            Some(Likeness::Same)
        );
        assert_eq!(
            likeness(&drug, "测试药片（小盒）", Some(&sold)),
            Some(Likeness::Similar)
        );
        assert_eq!(likeness(&drug, "阿司匹林肠溶片", Some(&sold)), None);
        assert_eq!(likeness(&drug, "", Some(&other)), Some(Likeness::Same));
    }

    #[test]
    fn a_reviewer_must_be_competent_and_in_the_store_unless_the_region_allows_otherwise() {
        let facts = facts();
        let judged = |competence, from, pack: &Pack| {
            let mut prescription = prescribed("测试药片", 1);
            prescription.review = Fact::Known(Review { competence, from });
            judge_reviewer(&prescription, &facts, pack.knowledge())
        };
        let lacks = |word| Truth::broken(word, Word::ReviewerCompetent);
        let shipped = pack();
        let forbidding =
            crate::pack::with_for_test("reviews.csv", |text| format!("{text}4407,,,不允许,测试\n"));
        use Competence::{Competent, Elsewhere, OffDuty, Unqualified};
        for place in [ReviewPlace::Store, ReviewPlace::Remote] {
            for (competence, word) in [
                (Elsewhere, Word::ReviewerElsewhere),
                (OffDuty, Word::ReviewerOffDuty),
                (Unqualified, Word::ReviewerUnqualified),
            ] {
                assert_eq!(judged(competence, place, &shipped), lacks(word));
            }
            assert_eq!(judged(Competent, place, &shipped), Truth::Holds);
        }
        assert_eq!(
            judged(Competent, ReviewPlace::Store, &forbidding),
            Truth::Holds
        );
        let remote = judged(Competent, ReviewPlace::Remote, &forbidding);
        assert_eq!(remote, lacks(Word::ReviewerRemote));
        let mut told = prescribed("测试药片", 1);
        told.review = Fact::default();
        let unknown = Truth::Undetermined(Missing::Reviewer);
        assert_eq!(judge_reviewer(&told, &facts, shipped.knowledge()), unknown);
        told.reviewed_by = Fact::default();
        assert_eq!(
            judge_reviewer(&told, &facts, shipped.knowledge()),
            Truth::Holds
        );
    }

    #[test]
    fn a_vitamin_prescription_does_not_cover_a_compound_of_that_name() {
        let drug = prescribed("维生素C", 1).drugs.remove(0);
        assert_eq!(
            likeness(&drug, "维生素C银翘片", None),
            Some(Likeness::Similar)
        );
        assert_eq!(
            likeness(&drug, "维生素C（某牌）", None),
            Some(Likeness::Same)
        );
    }
}
