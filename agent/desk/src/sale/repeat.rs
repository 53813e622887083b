//! What an insured had settled and taken back lately (R20, R28).
//!
//! In scope: finding it by the marks of purchase lists. Out of scope: how often is too often (the pack).

use jiff::civil::Date;
use pharmacy_decision::facts::Line;
use pharmacy_decision::rule::{Kind, LineKind};
use pharmacy_decision::verdict::{Reason, TruthKind};
use pharmacy_decision::{Verdict, decide};
use pharmacy_protocol::record::finding::Finding;

use crate::core::attempt::{AttemptState, Report};
use crate::core::basket::Known;
use crate::core::sale::Sale;
use crate::list::record::{AFTER_ALL, article_name, mark};
use crate::{Desk, DeskError};
use pharmacy_journal::store::{MarkKind, Marked};

/// How far back is looked: longer than any pack's count.
const LOOKED_BACK_MS: i64 = 92 * 24 * 60 * 60 * 1000;

/// Most settlements of one insured that are looked at, the newest first.
const MAX_LOOKED_AT: u32 = 200;

/// An article was settled and taken back again and again for one insured.
const REPEATED: &str = "reversal.repeated";

impl Desk {
    /// Says that what was just taken back is one more of many, by the rule that counts them.
    pub(crate) fn note_loop(&mut self, counter: u64, report: &Report) -> Result<(), DeskError> {
        let AttemptState::Settled(settled) = &report.state else {
            return Ok(());
        };
        let Some(sale) = self.load_counter(counter)? else {
            return Ok(());
        };
        let (facts, _) = self.gather(&sale, self.clock.now_ms())?;
        let decision = decide(&facts, &self.pack);
        if !reasons(&decision.verdict).any(|reason| self.says_repeated(reason)) {
            return Ok(());
        }
        let finding = Finding::Settlement {
            finding: REPEATED.to_owned(),
            infno: None,
            settlement: settled.settlement.clone(),
            msgid: Some(report.msgid.clone()),
        };
        self.note_finding(&sale.till, &finding)?;
        Ok(())
    }

    fn says_repeated(&self, reason: &Reason) -> bool {
        let rule = self.pack.rule(&reason.rule);
        let is_kind =
            rule.is_some_and(|rule| matches!(rule.kind(), Kind::Line(LineKind::Repeated(_))));
        is_kind && reason.truth == TruthKind::Broken
    }

    /// Lists of this insured whose settlement was taken back, the newest first.
    pub(super) fn returned_lists(
        &self,
        sale: &Sale,
        now_ms: i64,
    ) -> Result<Vec<Marked>, DeskError> {
        let Some(holder) = sale.roles.holder.reference.known() else {
            return Ok(Vec::new());
        };
        let reader = self.journal.reader();
        let mark = mark(self.journal.keys(), MarkKind::Holder, holder.as_str());
        let since = now_ms.saturating_sub(LOOKED_BACK_MS);
        let mut returned = reader.marked(mark, (since, AFTER_ALL), MAX_LOOKED_AT)?;
        let mut failed = None;
        returned.retain(|found| match reader.find_list(found.sale, found.entry) {
            Ok(list) => list.is_some_and(|list| list.taken_back.is_some()),
            Err(error) => {
                failed = Some(error);
                false
            }
        });
        match failed {
            Some(error) => Err(error.into()),
            None => Ok(returned),
        }
    }

    /// The days of those lists on which a line's article stands.
    pub(super) fn taken_back(
        &self,
        returned: &[Marked],
        line: &Line,
        known: &Known,
    ) -> Result<Vec<Date>, DeskError> {
        let mut days = Vec::new();
        if returned.is_empty() {
            return Ok(days);
        }
        let offered = &line.offered;
        let sku = offered.sku.as_ref().or(known.sku.as_ref());
        let code = offered.code.as_ref().or(known.code.as_ref());
        let name = known.name.as_deref().or(offered.name.as_deref());
        let article = article_name(sku, code, name.unwrap_or_default());
        let mark = mark(self.journal.keys(), MarkKind::Article, &article);
        for list in returned {
            if self.journal.reader().is_marked(mark, *list)? {
                days.push(pharmacy_base::clock::day_of(list.at_ms));
            }
        }
        Ok(days)
    }
}

/// Everything that a verdict says.
fn reasons(verdict: &Verdict) -> impl Iterator<Item = &Reason> {
    let (refusals, questions, notes): (&[Reason], &[Reason], &[Reason]) = match verdict {
        Verdict::Allow { notes } => (&[], &[], notes),
        Verdict::Ask { questions, notes } => (&[], questions, notes),
        Verdict::Refuse {
            reasons,
            questions,
            notes,
        } => (reasons, questions, notes),
    };
    refusals.iter().chain(questions).chain(notes)
}
