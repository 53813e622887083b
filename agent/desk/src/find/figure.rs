//! A day's figures: sales, refusals, releases, refusals that were wrong (R07, R66).

use std::collections::BTreeMap;

use jiff::civil::Date;
use pharmacy_protocol::term::Fen;

use crate::list::budget::{OverBudget, over_budget};
use crate::{Desk, DeskError, DeskHandle};
use pharmacy_journal::store::FigureKind;

impl Desk {
    pub(crate) fn figures(&self) -> Result<Figures, DeskError> {
        let today = self.clock.today();
        let mut figures = Figures {
            day: Some(today),
            unsigned: self.unsigned_lists()?,
            reviews: self.waiting_reviews()?,
            beyond: over_budget(&self.journal.reader(), &self.pack, today)?,
            ..Figures::default()
        };
        let mut rules: BTreeMap<String, RuleFigures> = BTreeMap::new();
        for row in self.journal.reader().figures(today)? {
            if row.rule.is_empty() {
                match row.kind {
                    FigureKind::Photo => figures.photos = row.count,
                    FigureKind::Question => {}
                    FigureKind::Refusal => figures.refusals = row.count,
                    FigureKind::Release => figures.releases = row.count,
                    FigureKind::Sale => {
                        figures.sales = row.count;
                        figures.amount = row.amount;
                    }
                    FigureKind::Wrong => figures.wrong = row.count,
                }
                continue;
            }
            let rule = rules
                .entry(row.rule.clone())
                .or_insert_with(|| RuleFigures {
                    rule: row.rule,
                    refusals: 0,
                    releases: 0,
                    wrong: 0,
                });
            match row.kind {
                // What waited for an answer was not refused.
                FigureKind::Photo | FigureKind::Question | FigureKind::Sale => {}
                FigureKind::Refusal => rule.refusals = row.count,
                FigureKind::Release => rule.releases = row.count,
                FigureKind::Wrong => rule.wrong = row.count,
            }
        }
        let counted = |rule: &RuleFigures| rule.refusals > 0 || rule.releases > 0 || rule.wrong > 0;
        figures.rules = rules.into_values().filter(counted).collect();
        Ok(figures)
    }
}

impl DeskHandle {
    pub async fn figures(&self) -> Result<Figures, DeskError> {
        self.run(|desk| desk.figures()).await
    }
}

/// Today's figures.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    pub day: Option<Date>,
    pub sales: u64,
    pub amount: Fen,
    /// Settlements that were refused.
    pub refusals: u64,
    /// Reasons that were released.
    pub releases: u64,
    /// Refusals that staff marked as wrong.
    pub wrong: u64,
    /// Photos that stood for codes which cannot be read.
    pub photos: u64,
    pub unsigned: u64,
    /// Prescriptions that wait for a pharmacist.
    pub reviews: u64,
    /// Rules that were released more often this month than the pack foresees.
    pub beyond: Vec<OverBudget>,
    /// The same by rule.
    pub rules: Vec<RuleFigures>,
}

/// A day's figures of one rule.
#[derive(Clone, Debug)]
pub struct RuleFigures {
    pub rule: String,
    /// Settlements that it refused.
    pub refusals: u64,
    /// Times that it was released.
    pub releases: u64,
    /// Times that it was marked as wrong.
    pub wrong: u64,
}
