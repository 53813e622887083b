//! Rule packs: which rules there are, what they say, and the tables they rest on.
//!
//! ```text
//! directory of tables ─► PackSource ─(digest or signature)─► Verified<PackSource> ─► Pack
//! ```
//! In scope: reading tables with Chinese headings into typed rows, indexed by article so that cost
//! grows with the matches. Out of scope: signing packs (`pharmacy-bureau`), judging
//! ([`crate::rule`]). The format in prose: `protocol/spec/rule-pack.md`.

mod call;
mod double;
mod error;
mod evidence;
mod file;
mod knowledge;
mod listing;
mod row;
mod scope;
mod shipped;
mod source;
mod table;
mod term;
mod text;
mod unread;

use std::sync::Arc;

use jiff::civil::Date;
use pharmacy_protocol::Verified;
use pharmacy_protocol::term::{Infno, InsuranceClass, InsuranceCode, RegionCode};
use serde::Deserialize;

use crate::eligibility::Lexicon;
use crate::facts::{Institution, Physician};
use crate::verdict::PackVersion;

pub use call::{Call, CallRole, CodeForm, Join, Refusal};
pub use double::Doubles;
pub use error::PackError;
pub(crate) use evidence::Closely;
pub use evidence::Combination;
pub(crate) use knowledge::Knowledge;
pub use knowledge::{Limit, PieceBar, QuantityLimit, TraceDuty, TraceTerms};
pub use row::{Outcomes, Requirement, Rule};
pub use shipped::shipped_source;
pub use source::{ArchiveError, PackSource};
pub use term::PrescriptionTerms;
pub(crate) use text::{Catalogue, Filling};
pub use unread::{CashReturn, Lowering, Unread};

use scope::Scope;
use table::Table;

/// A compiled rule pack. Cloning shares it.
#[derive(Clone, Debug)]
pub struct Pack(Arc<Compiled>);

#[derive(Clone, Debug)]
struct Compiled {
    commissioning_days: u32,
    unread: Unread,
    lowering: Lowering,
    cash_return: CashReturn,
    version: PackVersion,
    rules: Vec<Rule>,
    budgets: row::Budgets,
    texts: Catalogue,
    knowledge: Knowledge,
    lexicon: Lexicon,
}

/// The head of a pack, `pack.toml`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[expect(dead_code, reason = "title and origin are for people")]
struct Head {
    id: String,
    version: u64,
    title: String,
    region: String,
    effective_from: Date,
    effective_until: Option<Date>,
    commissioning_days: u32,
    origin: String,
    #[serde(default)]
    unread: Unread,
    #[serde(default)]
    lowering: Lowering,
    #[serde(default)]
    cash_return: CashReturn,
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
        let rules = row::compile(&Table::read(source, file::RULES, row::COLUMNS)?)?;
        let budgets = Table::read(source, file::BUDGETS, row::BUDGET_COLUMNS)?;
        Ok(Self(Arc::new(Compiled {
            version: PackVersion {
                id: head.id,
                version: head.version,
                digest: source.digest_text(),
            },
            commissioning_days: head.commissioning_days,
            unread: head.unread,
            lowering: head.lowering,
            cash_return: head.cash_return,
            budgets: row::budgets(&budgets, &rules)?,
            rules,
            texts,
            knowledge: Knowledge::compile(source, scope)?,
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

    /// When settlements that cannot be read are refused.
    pub fn unread(&self) -> &Unread {
        &self.0.unread
    }

    /// For how long a stance may be lower than it was in force.
    pub fn lowering(&self) -> &Lowering {
        &self.0.lowering
    }

    /// How soon a till reports that goods paid in cash came back.
    pub fn cash_return(&self) -> CashReturn {
        self.0.cash_return
    }

    /// Its rules, the weightiest first.
    pub fn rules(&self) -> &[Rule] {
        &self.0.rules
    }

    /// A rule by its id.
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.0.rules.iter().find(|rule| rule.id() == id)
    }

    /// How often a rule may be released in a month of the store's calendar; beyond it a release still
    /// works, and the bureau is told. None where the pack foresees no number.
    pub fn release_budget(&self, rule: &str) -> Option<u32> {
        self.0.budgets.get(rule).copied()
    }

    /// What the lists say of an institution, for a store of this region; none where they do not
    /// say. A blacklist outweighs.
    pub fn institution(&self, code: &str, region: &RegionCode, day: Date) -> Option<Institution> {
        self.0.knowledge.listings().institution(code, region, day)
    }

    /// What the lists say of a physician's right to prescribe, for a store of this region; none
    /// where they do not say.
    pub fn physician(&self, code: &str, region: &RegionCode, day: Date) -> Option<Physician> {
        self.0.knowledge.listings().physician(code, region, day)
    }

    /// May a pharmacist of the chain review prescriptions from another place?
    pub fn is_remote_review_allowed(&self, region: &RegionCode, day: Date) -> bool {
        let listings = self.0.knowledge.listings();
        listings.is_remote_review_allowed(region, day)
    }

    /// What holds for prescriptions in a region on a day.
    pub fn prescription_terms(&self, region: &RegionCode, day: Date) -> PrescriptionTerms {
        self.0.knowledge.prescription_terms(region, day)
    }

    /// Words that tell what an article is.
    pub fn lexicon(&self) -> &Lexicon {
        &self.0.lexicon
    }

    /// Insurance codes that carry a payment limit.
    pub fn limited_codes(&self) -> impl Iterator<Item = &InsuranceCode> {
        self.0.knowledge.limited_codes()
    }

    /// The payment limits of an insurance code.
    pub fn limits(&self, code: &InsuranceCode) -> &[Limit] {
        self.0.knowledge.limits(code)
    }

    /// What a call is for in this region on this day; none of a call that does not concern the agent.
    pub fn call(&self, infno: &Infno, region: &RegionCode, today: Date) -> Option<&Call> {
        self.0.knowledge.call(infno, region, today)
    }

    /// What keeps a purchase from being paid twice in this region on this day.
    pub fn doubles(&self, region: &RegionCode, today: Date) -> Doubles {
        self.0.knowledge.doubles(region, today)
    }

    /// What rules may ask: a pack without its rules, so that rules need not know of packs.
    pub(crate) fn knowledge(&self) -> &Knowledge {
        &self.0.knowledge
    }

    pub(crate) fn texts(&self) -> &Catalogue {
        &self.0.texts
    }

    /// Whether a class of goods carries trace codes here and today.
    pub fn trace_duty(
        &self,
        class: InsuranceClass,
        region: &RegionCode,
        today: Date,
    ) -> Option<TraceDuty> {
        let terms = self.trace_terms(class, region, today);
        terms.map(|terms| terms.duty)
    }

    /// What goes with the duty to scan, here and today; none where no row says anything.
    pub fn trace_terms(
        &self,
        class: InsuranceClass,
        region: &RegionCode,
        today: Date,
    ) -> Option<TraceTerms> {
        self.0.knowledge.trace_terms(class, region, today)
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::with_for_test;
