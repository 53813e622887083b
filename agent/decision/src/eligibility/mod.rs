//! Eligibility: may an article be paid by the insurance at all?
//!
//! In scope: weighing what the sources say of one article. Out of scope: rules about persons,
//! quantities and funds.

use pharmacy_protocol::term::InsuranceCode;

use crate::facts::Mapping;
use crate::verdict::EligibilityAnswer;

/// What the sources say of one article.
#[derive(Clone, Copy, Debug, Default)]
pub struct ItemEvidence<'a> {
    /// Name, as catalogue or till gives it.
    pub name: &'a str,
    /// Specification.
    pub spec: &'a str,
    /// Approval, registration or filing number, as written.
    pub approval: &'a str,
    /// Barcode, as written.
    pub barcode: &'a str,
    /// Insurance code under which it is to be settled.
    pub code: Option<&'a InsuranceCode>,
    /// What the platform says of article and code.
    pub mapping: Option<Mapping>,
}

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

/// What an article is.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Category {
    /// Not told by any source.
    Unknown,
}

/// One source's word on an article.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Finding {
    /// Permanent dotted code of the finding, such as `approval.drug` or `sources.disagree`.
    pub code: &'static str,
    /// What was seen, for people.
    pub seen: String,
}

/// Words, forms and brands that tell what an article is.
#[derive(Clone, Debug, Default)]
pub struct Lexicon {}

/// A lexicon that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LexiconError {
    /// A row is not of the table's form.
    #[error("lexicon row {row} is not of the table's form")]
    Row {
        /// The row, from 1.
        row: usize,
    },
}

impl Lexicon {
    /// Compiles the lexicon table.
    pub fn parse(_table: &str) -> Result<Self, LexiconError> {
        Ok(Self {})
    }
}

/// Weighs what the sources say of one article.
pub fn weigh(_item: &ItemEvidence<'_>, _lexicon: &Lexicon) -> Eligibility {
    Eligibility {
        answer: EligibilityAnswer::Review,
        category: Category::Unknown,
        findings: Vec::new(),
    }
}
