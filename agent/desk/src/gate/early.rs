//! Calls before a settlement: calculations (2101, 2206) and uploads of lines (2204).
//!
//! Judged early, so that the cashier hears in time: refused only on facts that cannot change, warned
//! of everything else. Where a till shows no warning, a store lets calculations be refused for all that is
//! broken; what is only asked still passes. The counter page shows either.

use super::Gated;
use super::call::{Arriving, local};
use super::codes;
use super::send::Sending;
use super::settle::final_reasons;
use crate::core::sale::Answer;
use crate::setup::Early;
use crate::{Desk, DeskError};
use pharmacy_decision::pack::CallRole;
use pharmacy_decision::rule::{Kind, LineKind, SaleKind};
use pharmacy_decision::verdict::{Outcome, Reason, Release, TruthKind, Verdict};
use pharmacy_interface::{Settlement, refusal};

impl Desk {
    pub(super) fn gate_early(&mut self, arriving: &Arriving) -> Result<Gated, DeskError> {
        let Ok(settlement) = Settlement::read(&arriving.request, &arriving.table) else {
            return Ok(Gated::Pass);
        };
        if self.is_other_store(arriving) {
            return self.turn_away(arriving, None, "gateway.other-store", "", &[]);
        }
        let Ok(mut purchase) = self.purchase_of(arriving, &settlement)? else {
            return Ok(Gated::Pass);
        };
        let judged = self.judge_relayed(&mut purchase.sale, arriving.now_ms)?;
        let verdict = &judged.decision.verdict;
        let mut finals = final_reasons(verdict);
        if self.setup.early == Early::Refuse && arriving.table.role == CallRole::PreSettlement {
            finals = self.reasons_for_good(verdict);
        }
        if !finals.is_empty() {
            let message = refusal::words(&finals, |line| self.item_name(&purchase.sale, line));
            let envelope = self.envelope(&arriving.request, &arriving.table);
            let refused = local(envelope.refuse(arriving.table.refusal, &message));
            return self.record_refusal(arriving, &settlement, refused, purchase, judged);
        }
        let is_allowed = judged.answer() == Answer::Allow;
        let warning = (!is_allowed).then(|| {
            let words = self.refusal_words(&purchase.sale, verdict);
            codes::explained(words, &settlement, verdict)
        });
        let (sale, step) = self.verdict_step(arriving, &settlement, false, purchase, judged)?;
        self.send(arriving, Sending::Calculation(warning), sale, step)
    }

    /// Reasons that nothing done at the counter takes away, but for a release by the person in charge.
    fn reasons_for_good<'v>(&self, verdict: &'v Verdict) -> Vec<&'v Reason> {
        let Verdict::Refuse { reasons, .. } = verdict else {
            return Vec::new();
        };
        let is_broken = |reason: &Reason| {
            reason.outcome == Outcome::Refuse && reason.truth == TruthKind::Broken
        };
        let is_for_good = |reason: &Reason| {
            let rule = self.pack.rule(&reason.rule);
            reason.release == Release::Never
                || rule.is_some_and(|rule| needs_another_bill(rule.kind()))
        };
        let reasons = reasons.iter();
        reasons
            .filter(|reason| is_broken(reason) && is_for_good(reason))
            .collect()
    }
}

/// Is what breaks a rule in the bill or in the store, where no scan, paper or answer mends it?
fn needs_another_bill(kind: &Kind) -> bool {
    match kind {
        Kind::Line(kind) => matches!(
            kind,
            LineKind::LimitedCourse(_)
                | LineKind::LimitedInsurance(_)
                | LineKind::Payable(_)
                | LineKind::Pieces(_)
                | LineKind::Substitution(_)
        ),
        Kind::Sale(kind) => matches!(
            kind,
            SaleKind::AgreementStanding(_)
                | SaleKind::BusinessLicence(_)
                | SaleKind::Licence(_)
                | SaleKind::PayerRelation(_)
                | SaleKind::SalesPremises(_)
                | SaleKind::TillEnrolled(_)
                | SaleKind::UnfiledChange(_)
        ),
    }
}
