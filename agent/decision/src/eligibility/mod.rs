//! Eligibility: may an article be paid by the insurance at all?
//!
//! In scope: weighing what the sources say of one article. Out of scope: rules about persons,
//! quantities and funds; lists of pieces that a region does not pay (a rule kind of the pack).
//!
//! # How the sources are weighed
//!
//! No single source is believed for a yes. In the order of weight:
//!
//! 1. **The number.** Health food, cosmetics, toothpaste, disinfectants, pesticides, food and plant
//!    licences are not payable, whatever the name says. Food for special medical purpose is for a
//!    person to decide. A drug's or device's number is *half* of a yes: the name must say by itself
//!    that it is such a thing. A broken number, two numbers of different kinds, an excipient, a
//!    hospital's own preparation or a bare standard code never lead to a yes.
//! 2. **The platform's mapping.** Article mapped to the code and nothing said against it: payable
//!    without a number (R23). Mapped to another code: a person looks.
//! 3. **The insurance code.** Its class must agree with number and name. Alone it proves nothing,
//!    since a shop types it; only class T with the name of a piece is payable by itself (R22).
//! 4. **The name.** Words of the lexicon add up per category. Words of another category stand
//!    against a yes; enough of them without any word for it are a no.
//! 5. **The barcode.** A hint, never more.
//!
//! | number   | name says the same kind | name silent  | name says another kind |
//! |----------|-------------------------|--------------|------------------------|
//! | drug     | payable                 | review       | not payable if it says so clearly and nothing speaks for a drug, else review |
//! | device   | payable                 | review       | the same, but cosmetics (械字号 masks) are for review |
//! | not payable | not payable          | not payable  | not payable            |
//! | broken   | review                  | review       | not payable if it says so clearly, else review |
//! | absent   | review, payable if mapped | review, payable if mapped | not payable if it says so clearly, else review |
//!
//! Sources that disagree are a finding of their own, `sources.disagree`: that is what substitution
//! (串换) looks like before anybody counts packs.

mod category;
mod fold;
mod item;
mod judge;
mod lexicon;
mod name;

pub use category::Category;
pub use item::ItemEvidence;
pub use lexicon::{Lexicon, LexiconError};

use pharmacy_protocol::term::{Approval, Barcode, InsuranceClass, InsuranceCode, Noise, Reading};

use crate::facts::Mapping;
use crate::verdict::EligibilityAnswer;
use judge::{Judgement, Number, judge};
use name::Voice;

/// The weighed answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Eligibility {
    /// May the insurance pay it?
    pub answer: EligibilityAnswer,
    /// What the article is, as far as the sources tell.
    pub category: Category,
    /// What each source said, in the order of weight; a disagreement is a finding of its own.
    pub findings: Vec<Finding>,
}

/// One source's word on an article.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Finding {
    /// Permanent dotted code of the finding, such as `approval.drug` or `sources.disagree`.
    pub code: &'static str,
    /// What was seen, for people.
    pub seen: String,
}

impl Finding {
    fn new(code: &'static str, seen: impl Into<String>) -> Self {
        let seen = seen.into();
        Self { code, seen }
    }
}

/// Weighs what the sources say of one article.
pub fn weigh(item: &ItemEvidence<'_>, lexicon: &Lexicon) -> Eligibility {
    let approval = Approval::read(item.approval);
    let voice = lexicon.hear(item.name, item.barcode);
    let judgement = judge(item, Number::of(&approval), &voice);
    Eligibility {
        answer: judgement.answer,
        category: judgement.category,
        findings: findings(item, &approval, &voice, &judgement),
    }
}

fn findings(
    item: &ItemEvidence<'_>,
    approval: &Approval,
    voice: &Voice<'_>,
    judgement: &Judgement,
) -> Vec<Finding> {
    let mut findings = Vec::with_capacity(6);
    if let Some(disagreement) = judgement.disagreement {
        findings.push(Finding::new("sources.disagree", disagreement));
    }
    findings.extend(number_findings(approval));
    findings.extend(
        item.mapping
            .filter(|_| item.code.is_some())
            .map(mapping_finding),
    );
    findings.extend(item.code.map(code_finding));
    findings.extend(name_findings(voice));
    findings.extend(barcode_finding(item.barcode));
    findings
}

fn number_findings(approval: &Approval) -> Vec<Finding> {
    let mut findings: Vec<Finding> = approval.readings.iter().map(reading_finding).collect();
    if findings.is_empty() {
        findings.push(Finding::new("approval.absent", ""));
    }
    if approval.noise == Noise::Noisy {
        findings.push(Finding::new("approval.noise", ""));
    }
    findings
}

fn reading_finding(reading: &Reading) -> Finding {
    match reading {
        Reading::Barcode(barcode) => Finding::new("approval.barcode", barcode.as_str()),
        Reading::Broken { flaw, .. } => Finding::new("approval.broken", flaw.name()),
        Reading::Number(number) => {
            Finding::new(judge::family_finding(number.family()), number.as_str())
        }
    }
}

fn mapping_finding(mapping: Mapping) -> Finding {
    match mapping {
        Mapping::Agrees => Finding::new("mapping.agrees", ""),
        Mapping::Differs => Finding::new("mapping.differs", ""),
        Mapping::None => Finding::new("mapping.none", ""),
    }
}

fn code_finding(code: &InsuranceCode) -> Finding {
    let finding = match code.class() {
        InsuranceClass::Consumable => "code.consumable",
        InsuranceClass::PatentMedicine => "code.patent-medicine",
        InsuranceClass::Piece => "code.piece",
        InsuranceClass::WesternDrug => "code.western-drug",
    };
    Finding::new(finding, code.as_str())
}

fn name_findings(voice: &Voice<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = voice
        .words()
        .map(|(category, word)| match category {
            Some(category) => Finding::new(category.name_finding(), word),
            None => Finding::new("name.doubtful", word),
        })
        .collect();
    if findings.is_empty() {
        findings.push(Finding::new(Category::Unknown.name_finding(), ""));
    }
    findings
}

fn barcode_finding(barcode: &str) -> Option<Finding> {
    let barcode = barcode.trim();
    let is_wrong = !barcode.is_empty() && barcode.parse::<Barcode>().is_err();
    is_wrong.then(|| Finding::new("barcode.invalid", ""))
}

#[cfg(test)]
mod tests;
