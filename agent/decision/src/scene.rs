//! The facts of a sale with what the pack knows of each line, looked up once for all rules.
//!
//! In scope: names, codes, table look-ups, which prescription a line rests on. Out of scope: any
//! judgement about them.

use pharmacy_protocol::term::{InsuranceClass, InsuranceCode, Quantity};

use crate::eligibility::{Eligibility, ItemEvidence};
use crate::facts::{Dispensing, Facts, Line, Supply, Tender};
use crate::medicine::same_medicine;
use crate::pack::{Knowledge, Limit};
use crate::rule::cover::{Cover, Likeness, cover};

/// What rules look at.
pub(crate) struct Scene<'a> {
    pub(crate) facts: &'a Facts,
    pub(crate) knowledge: &'a Knowledge,
    pub(crate) lines: Vec<LineView<'a>>,
}

/// One line with what the pack knows of it.
pub(crate) struct LineView<'a> {
    pub(crate) line: &'a Line,
    /// The name that the till shows, else the catalogue's; empty when neither has one.
    pub(crate) name: &'a str,
    /// The code to be settled, else the catalogue's.
    pub(crate) code: Option<&'a InsuranceCode>,
    pub(crate) eligibility: Eligibility,
    pub(crate) limits: &'a [Limit],
    pub(crate) is_ephedrine: bool,
    pub(crate) listed_dispensing: Option<Dispensing>,
    pub(crate) cover: Option<Cover<'a>>,
}

/// Weighs what the sources say of a line; a parameter so that tests can answer for it.
pub(crate) type Weigh<'w> = &'w dyn Fn(&ItemEvidence<'_>) -> Eligibility;

impl<'a> Scene<'a> {
    pub(crate) fn new(facts: &'a Facts, knowledge: &'a Knowledge, weigh: Weigh<'_>) -> Self {
        let lines = facts
            .lines
            .iter()
            .map(|line| LineView::new(line, facts, knowledge, weigh))
            .collect();
        Self {
            facts,
            knowledge,
            lines,
        }
    }

    /// Is any line to be paid by the insurance?
    pub(crate) fn has_insurance_line(&self) -> bool {
        let is_insurance = |line: &Line| line.tender == Tender::Insurance;
        self.facts.lines.iter().any(is_insurance)
    }

    /// How much of the basket, by any tender, goes to lines for which `belongs` holds.
    pub(crate) fn quantity(&self, belongs: impl Fn(&LineView<'_>) -> bool) -> Quantity {
        self.lines
            .iter()
            .filter(|line| belongs(line))
            .try_fold(Quantity::default(), |sum, line| {
                sum.checked_add(line.line.quantity)
            })
            .unwrap_or(Quantity::new(i64::MAX))
    }
}

impl<'a> LineView<'a> {
    fn new(line: &'a Line, facts: &'a Facts, knowledge: &'a Knowledge, weigh: Weigh<'_>) -> Self {
        let article = line.catalogue.known();
        let name = line
            .offered
            .name
            .as_deref()
            .filter(|name| !name.trim().is_empty());
        let name = name
            .or(article.map(|article| article.name.as_str()))
            .unwrap_or_default();
        let code = line
            .offered
            .code
            .as_ref()
            .or_else(|| article.and_then(|article| article.code.as_ref()));
        let barcode = line.offered.barcode.as_ref();
        let barcode = barcode.or_else(|| article.and_then(|article| article.barcode.as_ref()));
        let eligibility = weigh(&ItemEvidence {
            name,
            spec: article
                .map(|article| article.spec.as_str())
                .unwrap_or_default(),
            approval: article
                .map(|article| article.approval.as_str())
                .unwrap_or_default(),
            barcode: barcode.map(|barcode| barcode.as_str()).unwrap_or_default(),
            code,
            mapping: line.mapping.known().copied(),
        });
        Self {
            line,
            name,
            code,
            eligibility,
            limits: code.map(|code| knowledge.limits(code)).unwrap_or_default(),
            is_ephedrine: knowledge.is_ephedrine(name)
                || article.is_some_and(|article| knowledge.is_ephedrine(&article.name)),
            listed_dispensing: knowledge.listed_dispensing(name),
            cover: cover(facts, knowledge, name, code),
        }
    }

    /// The prescription that covers this line beyond doubt.
    pub(crate) fn prescribed(&self) -> Option<&Cover<'_>> {
        self.cover
            .as_ref()
            .filter(|cover| cover.likeness == Likeness::Same)
    }

    /// Does a prescription cover this line beyond doubt?
    pub(crate) fn is_prescribed(&self) -> bool {
        self.prescribed().is_some()
    }

    /// What kind of thing the insurance code names.
    pub(crate) fn class(&self) -> Option<InsuranceClass> {
        self.code.map(InsuranceCode::class)
    }

    /// Western drug or Chinese patent medicine, by code or by approval number.
    ///
    /// LAW: 药品管理法 art. 24: pieces mostly have no approval number, and a piece's code says so.
    pub(crate) fn is_drug(&self) -> bool {
        match self.class() {
            Some(InsuranceClass::WesternDrug | InsuranceClass::PatentMedicine) => true,
            Some(InsuranceClass::Piece | InsuranceClass::Consumable) => false,
            None => self
                .line
                .catalogue
                .known()
                .is_some_and(|article| article.approval.contains("国药准字")),
        }
    }

    /// Was `supply` the same treatment as this line: the same medicine, whoever made it?
    pub(crate) fn is_same_treatment(&self, supply: &Supply) -> bool {
        let same_code = self
            .code
            .zip(supply.code.as_ref())
            .is_some_and(|(a, b)| same_medicine(a, b));
        let skus = self.line.offered.sku.as_ref().zip(supply.sku.as_ref());
        same_code || skus.is_some_and(|(a, b)| a == b)
    }
}
