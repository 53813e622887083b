//! The files of a pack: their names, and their text.

use crate::pack::error::PackError;
use crate::pack::source::PackSource;

pub(crate) const HEAD: &str = "pack.toml";
pub(crate) const RULES: &str = "rules.csv";
pub(crate) const QUESTIONS: &str = "questions.csv";
pub(crate) const WORDS: &str = "words.csv";
pub(crate) const BUDGETS: &str = "budgets.csv";
pub(crate) const LEXICON: &str = "lexicon.csv";
pub(crate) const LIMITS: &str = "limits.csv";
pub(crate) const EPHEDRINE: &str = "ephedrine.csv";
pub(crate) const EVIDENCE: &str = "evidence.csv";
pub(crate) const RELATIONS: &str = "relations.csv";
pub(crate) const TRACE: &str = "trace.csv";
pub(crate) const PIECES: &str = "pieces.csv";
pub(crate) const DISPENSING: &str = "dispensing.csv";
pub(crate) const QUANTITIES: &str = "quantities.csv";
pub(crate) const CALLS: &str = "calls.csv";
pub(crate) const DOUBLES: &str = "doubles.csv";
pub(crate) const INSTITUTIONS: &str = "institutions.csv";
pub(crate) const PHYSICIANS: &str = "physicians.csv";
pub(crate) const PRESCRIPTIONS: &str = "prescriptions.csv";
pub(crate) const PRICES: &str = "prices.csv";
pub(crate) const REVIEWS: &str = "reviews.csv";

/// Every file; a pack has each of them and no other.
pub(crate) const ALL: [&str; 21] = [
    HEAD,
    RULES,
    QUESTIONS,
    WORDS,
    LEXICON,
    BUDGETS,
    LIMITS,
    EPHEDRINE,
    EVIDENCE,
    RELATIONS,
    TRACE,
    PIECES,
    DISPENSING,
    QUANTITIES,
    CALLS,
    DOUBLES,
    INSTITUTIONS,
    PHYSICIANS,
    PRESCRIPTIONS,
    PRICES,
    REVIEWS,
];

impl PackSource {
    /// Refuses files that no pack has: a table nobody reads would be a rule that nobody applies.
    pub(crate) fn check_names(&self) -> Result<(), PackError> {
        for name in self.files.keys() {
            if !ALL.contains(&name.as_str()) {
                return Err(PackError::UnknownFile { file: name.clone() });
            }
        }
        Ok(())
    }

    /// A file's text, without a byte-order mark.
    pub(crate) fn text(&self, file: &'static str) -> Result<&str, PackError> {
        let bytes = self
            .files
            .get(file)
            .ok_or(PackError::MissingFile { file })?;
        let text = std::str::from_utf8(bytes).map_err(|_| PackError::Encoding { file })?;
        Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
    }
}
