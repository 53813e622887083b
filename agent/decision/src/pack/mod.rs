//! Rule packs: which rules there are, what they say, and the tables they rest on.
//!
//! ```text
//! directory of tables ─► PackSource ─(digest or signature)─► Verified<PackSource> ─► Pack
//! ```
//! In scope: reading tables with Chinese headings into typed rows, indexed by article so that cost
//! grows with the matches. Out of scope: signing packs (`pharmacy-bureau`), judging
//! ([`crate::rule`]). The format in prose: `protocol/spec/rule-pack.md`.

mod call;
mod knowledge;
mod listing;
mod row;
mod scope;
mod source;
mod table;
mod text;

use std::sync::Arc;

use jiff::civil::Date;
use pharmacy_protocol::Verified;
use pharmacy_protocol::term::{Infno, InsuranceClass, InsuranceCode, RegionCode};
use serde::Deserialize;

use crate::eligibility::{Lexicon, LexiconError};
use crate::facts::{Dispensing, Institution, Physician, Relation};
use crate::rule::ParameterError;
use crate::verdict::PackVersion;

pub use call::{Call, CallRole, CodeForm, Join, Refusal};
pub use knowledge::{Combination, Limit, PieceBar, QuantityLimit, TraceDuty};
pub use row::{Outcomes, Requirement, Rule};
pub use source::{ArchiveError, PackSource, shipped_source};
pub(crate) use text::{Catalogue, Filling};

use knowledge::Knowledge;
use listing::Listings;
use scope::Scope;
use table::Table;

/// A compiled rule pack. Cloning shares it.
#[derive(Clone, Debug)]
pub struct Pack(Arc<Compiled>);

#[derive(Clone, Debug)]
struct Compiled {
    commissioning_days: u32,
    version: PackVersion,
    title: String,
    origin: String,
    scope: Scope,
    rules: Vec<Rule>,
    texts: Catalogue,
    knowledge: Knowledge,
    listings: Listings,
    lexicon: Lexicon,
}

/// A pack that cannot be used: which file, row and column, and what was expected there.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// A file that no pack has.
    #[error("`{file}` is not a file of a rule pack")]
    UnknownFile {
        /// The file.
        file: String,
    },
    /// A file that every pack has.
    #[error("file `{file}` is missing")]
    MissingFile {
        /// The file.
        file: &'static str,
    },
    /// A file that is not UTF-8.
    #[error("`{file}` is not UTF-8")]
    Encoding {
        /// The file.
        file: &'static str,
    },
    /// A table that is not CSV.
    #[error("`{file}` is not a table")]
    Csv {
        /// The file.
        file: &'static str,
        /// Why.
        #[source]
        source: csv::Error,
    },
    /// A heading that the table does not have.
    #[error("`{file}` has no column `{column}` in its format")]
    UnknownColumn {
        /// The file.
        file: &'static str,
        /// The heading.
        column: String,
    },
    /// A heading that is missing, or there twice.
    #[error("`{file}` must have the column `{column}` once")]
    MissingColumn {
        /// The file.
        file: &'static str,
        /// The heading.
        column: &'static str,
    },
    /// A cell that cannot be read.
    #[error("`{file}` row {row}, column `{column}`: expected {expected}")]
    Cell {
        /// The file.
        file: &'static str,
        /// The row as a spreadsheet counts, the heading being 1.
        row: usize,
        /// The heading.
        column: &'static str,
        /// What the cell may hold.
        expected: &'static str,
    },
    /// Parameters that do not fit the kind.
    #[error("`{file}` row {row}: kind and parameters do not fit")]
    Parameters {
        /// The file.
        file: &'static str,
        /// The row.
        row: usize,
        /// Why.
        #[source]
        source: ParameterError,
    },
    /// An id or key that stands there twice.
    #[error("`{file}` row {row}: `{key}` stands there already")]
    Duplicate {
        /// The file.
        file: &'static str,
        /// The row.
        row: usize,
        /// The id or key.
        key: String,
    },
    /// A range of dates whose end lies before its beginning.
    #[error("`{file}` row {row}: the last day lies before the first")]
    InvertedDates {
        /// The file.
        file: &'static str,
        /// The row; 0 for the pack itself.
        row: usize,
    },
    /// A text that the decision needs and the pack does not have.
    #[error("`{file}` has no text for `{key}`")]
    MissingText {
        /// The file.
        file: &'static str,
        /// The key.
        key: &'static str,
    },
    /// The head of the pack cannot be read.
    #[error("`pack.toml` cannot be read")]
    Head(#[source] toml::de::Error),
    /// The lexicon cannot be used.
    #[error("the lexicon cannot be used")]
    Lexicon(#[source] LexiconError),
    /// A set of words that no search can be built of.
    #[error("the words of `{file}` cannot be searched for")]
    Words {
        /// The file.
        file: &'static str,
    },
    /// The pack that was built in is not the one whose digest was pinned.
    #[error("the built-in pack does not have its pinned digest")]
    Digest(#[source] pharmacy_protocol::verified::DigestMismatch),
    /// The archive of a pack cannot be read.
    #[error("the archive of the pack cannot be read")]
    Archive(#[source] ArchiveError),
}

/// The head of a pack, `pack.toml`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Head {
    id: String,
    version: u64,
    title: String,
    region: String,
    effective_from: Date,
    effective_until: Option<Date>,
    commissioning_days: u32,
    origin: String,
}

/// File names of a pack.
pub(crate) mod file {
    pub(crate) const HEAD: &str = "pack.toml";
    pub(crate) const RULES: &str = "rules.csv";
    pub(crate) const QUESTIONS: &str = "questions.csv";
    pub(crate) const WORDS: &str = "words.csv";
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
    pub(crate) const INSTITUTIONS: &str = "institutions.csv";
    pub(crate) const PHYSICIANS: &str = "physicians.csv";
    pub(crate) const REVIEWS: &str = "reviews.csv";

    /// Every file; a pack has each of them and no other.
    pub(crate) const ALL: [&str; 17] = [
        HEAD,
        RULES,
        QUESTIONS,
        WORDS,
        LEXICON,
        LIMITS,
        EPHEDRINE,
        EVIDENCE,
        RELATIONS,
        TRACE,
        PIECES,
        DISPENSING,
        QUANTITIES,
        CALLS,
        INSTITUTIONS,
        PHYSICIANS,
        REVIEWS,
    ];
}

/// The pack that is built into the program, compiled.
pub fn shipped() -> Result<Pack, PackError> {
    Pack::compile(&shipped_source()?)
}

impl Pack {
    /// Reads a pack whose bytes were checked.
    pub fn compile(source: &Verified<PackSource>) -> Result<Self, PackError> {
        let source = source.get();
        source.check_names()?;
        let head: Head = toml::from_str(source.text(file::HEAD)?).map_err(PackError::Head)?;
        let scope = Scope::new(
            &head.region,
            Some(head.effective_from),
            head.effective_until,
        )
        .ok_or(PackError::InvertedDates {
            file: file::HEAD,
            row: 0,
        })?;
        let texts = Catalogue::compile(source)?;
        Ok(Self(Arc::new(Compiled {
            version: PackVersion {
                id: head.id,
                version: head.version,
                digest: source.digest_text(),
            },
            commissioning_days: head.commissioning_days,
            title: head.title,
            origin: head.origin,
            scope,
            rules: row::compile(&Table::read(source, file::RULES, row::COLUMNS)?)?,
            texts,
            knowledge: Knowledge::compile(source)?,
            listings: Listings::compile(source)?,
            lexicon: Lexicon::parse(source.text(file::LEXICON)?).map_err(PackError::Lexicon)?,
        })))
    }

    /// The same pack where readers that prove nothing, simulated or on this machine, count as
    /// presence. For the demo and tests, which are programs of their own: anybody's program can pose
    /// as such a reader. The pack's id says so in every verdict.
    #[must_use]
    pub fn with_dangerous_demo_evidence(&self) -> Self {
        let mut demo = (*self.0).clone();
        demo.version.id.push_str("+dangerous-demo");
        demo.knowledge.allow_dangerous_demo_evidence();
        Self(Arc::new(demo))
    }

    /// Id, version and digest.
    pub fn version(&self) -> &PackVersion {
        &self.0.version
    }

    /// How many days a new store may warn instead of refusing.
    pub fn commissioning_days(&self) -> u32 {
        self.0.commissioning_days
    }

    /// Its title, for people.
    pub fn title(&self) -> &str {
        &self.0.title
    }

    /// Where its contents come from, for people.
    pub fn origin(&self) -> &str {
        &self.0.origin
    }

    /// Its rules, the weightiest first.
    pub fn rules(&self) -> &[Rule] {
        &self.0.rules
    }

    /// A rule by its id.
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.0.rules.iter().find(|rule| rule.id() == id)
    }

    /// What the lists say of an institution, for a store of this region; none where they do not
    /// say. A blacklist outweighs.
    pub fn institution(&self, code: &str, region: &RegionCode, day: Date) -> Option<Institution> {
        self.0.listings.institution(code, region, day)
    }

    /// What the lists say of a physician's right to prescribe, for a store of this region; none
    /// where they do not say.
    pub fn physician(&self, code: &str, region: &RegionCode, day: Date) -> Option<Physician> {
        self.0.listings.physician(code, region, day)
    }

    /// May a pharmacist of the chain review prescriptions from another place?
    pub fn is_remote_review_allowed(&self, region: &RegionCode, day: Date) -> bool {
        self.0.listings.is_remote_review_allowed(region, day)
    }

    /// Words that tell what an article is.
    pub fn lexicon(&self) -> &Lexicon {
        &self.0.lexicon
    }

    /// Is it meant for this region on this day?
    pub fn is_in_force(&self, region: &RegionCode, today: Date) -> bool {
        self.0.scope.reach(region, today).is_some()
    }

    /// Insurance codes that carry a payment limit.
    pub fn limited_codes(&self) -> impl Iterator<Item = &InsuranceCode> {
        self.0.knowledge.limits.keys()
    }

    /// The payment limits of an insurance code.
    pub fn limits(&self, code: &InsuranceCode) -> &[Limit] {
        self.0
            .knowledge
            .limits
            .get(code)
            .map(Vec::as_slice)
            .unwrap_or_default()
    }

    /// What a call is for in this region on this day; none of a call that does not concern the agent.
    pub fn call(&self, infno: &Infno, region: &RegionCode, today: Date) -> Option<&Call> {
        let rows = &self.0.knowledge.calls;
        let rows = rows.in_force(region, today, |call| call.infno == *infno);
        rows.first().copied()
    }

    pub(crate) fn texts(&self) -> &Catalogue {
        &self.0.texts
    }

    pub(crate) fn evidence(&self, region: &RegionCode, today: Date) -> Vec<&Combination> {
        self.0.knowledge.evidence.in_force(region, today, |_| true)
    }

    pub(crate) fn is_relation_allowed(
        &self,
        relation: Relation,
        region: &RegionCode,
        today: Date,
    ) -> bool {
        self.0
            .knowledge
            .relations
            .in_force(region, today, |_| true)
            .contains(&&relation)
    }

    /// Whether a class of goods carries trace codes here and today.
    pub fn trace_duty(
        &self,
        class: InsuranceClass,
        region: &RegionCode,
        today: Date,
    ) -> Option<TraceDuty> {
        let rows = &self.0.knowledge.trace;
        let rows = rows.in_force(region, today, |(of, _)| *of == class);
        rows.first().map(|(_, duty)| *duty)
    }

    pub(crate) fn is_ephedrine(&self, name: &str) -> bool {
        self.0.knowledge.is_ephedrine(name)
    }

    pub(crate) fn listed_dispensing(&self, name: &str) -> Option<Dispensing> {
        self.0.knowledge.listed_dispensing(name)
    }

    pub(crate) fn piece_bar(&self, name: &str) -> Option<PieceBar> {
        self.0.knowledge.piece_bar(name)
    }

    pub(crate) fn quantity_limit(&self, name: &str) -> Option<&QuantityLimit> {
        self.0.knowledge.quantity_limit(name)
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::with_for_test;
