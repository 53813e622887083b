//! Calls before a settlement: calculations (2101, 2206) and uploads of lines (2204).
//!
//! Judged early, so that the cashier hears in time: refused only on facts that cannot change, warned
//! of everything else. Where a till shows no warning, a store lets calculations be refused for all that
//! only another bill mends; what is only asked, or somebody at the counter mends, still passes. A double is
//! one of these: it is said. The counter page shows either.

use super::Gated;
use super::call::{Arriving, local};
use super::codes;
use super::purchase::Purchase;
use super::send::Sending;
use super::settle::final_reasons;
use crate::core::double::Turned;
use crate::core::sale::Answer;
use crate::sale::preview::say;
use crate::seat::Said;
use crate::setup::Early;
use crate::{Desk, DeskError};
use pharmacy_decision::pack::CallRole;
use pharmacy_decision::rule::{Kind, LineKind, SaleKind};
use pharmacy_decision::verdict::{Outcome, Reason, Release, TruthKind, Verdict};
use pharmacy_interface::{Settlement, ViewError, refusal};

impl Desk {
    pub(super) fn gate_early(&mut self, arriving: &Arriving) -> Result<Gated, DeskError> {
        let is_calculation = arriving.table.role == CallRole::PreSettlement;
        let is_refusing = is_calculation && self.setup.early == Early::Refuse;
        let settlement = match Settlement::read(&arriving.request, &arriving.table) {
            Ok(settlement) => settlement,
            Err(error @ ViewError::Ambiguous(_)) if is_refusing => {
                return self.refuse_disputed(&arriving.call, error);
            }
            Err(_) => return Ok(Gated::Pass),
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
        if is_refusing {
            finals = self.reasons_for_good(verdict);
        }
        if !finals.is_empty() {
            let message = refusal::words(&finals, |line| self.item_name(&purchase.sale, line));
            let envelope = self.envelope(&arriving.request, &arriving.table);
            let refused = local(envelope.refuse(arriving.table.refusal, &message));
            return self.record_refusal(arriving, &settlement, refused, purchase, judged);
        }
        let is_allowed = judged.answer() == Answer::Allow;
        let double = match is_calculation {
            true => self.turned_from(&purchase, &settlement, is_allowed)?,
            false => None,
        };
        let warning = match &double {
            Some(double) => Some(double.words()),
            None => (!is_allowed).then(|| {
                let words = self.refusal_words(&purchase.sale, verdict);
                codes::explained(words, &settlement, verdict)
            }),
        };
        let (sale, step) = self.verdict_step(arriving, &settlement, false, purchase, judged)?;
        let step = match double {
            Some(double) => step.staging(say(Said::Turned(double.code))),
            None => step,
        };
        self.send(arriving, Sending::Calculation(warning), sale, step)
    }

    /// What the settlement of a basket would be turned away for: what a reversal, the platform's word or the
    /// cashier's confirmation takes away.
    fn turned_from(
        &self,
        purchase: &Purchase,
        settlement: &Settlement,
        is_allowed: bool,
    ) -> Result<Option<Turned>, DeskError> {
        match self.proven_double(purchase)? {
            None if is_allowed => self.settled_before(&purchase.sale, settlement.person.as_ref()),
            double => Ok(double),
        }
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
            LineKind::CashPrice(_)
                | LineKind::FreeLine(_)
                | LineKind::Gift(_)
                | LineKind::LimitedCourse(_)
                | LineKind::LimitedInsurance(_)
                | LineKind::LineDiffers(_)
                | LineKind::LineSum(_)
                | LineKind::Payable(_)
                | LineKind::Pieces(_)
                | LineKind::PostedPrice(_)
                | LineKind::PriceCeiling(_)
                | LineKind::PriceMultiple(_)
                | LineKind::Substitution(_)
        ),
        Kind::Sale(kind) => matches!(
            kind,
            SaleKind::AgreementStanding(_)
                | SaleKind::BillDiffers(_)
                | SaleKind::BillSum(_)
                | SaleKind::BusinessLicence(_)
                | SaleKind::Licence(_)
                | SaleKind::PayerRelation(_)
                | SaleKind::SalesPremises(_)
                | SaleKind::TenderSum(_)
                | SaleKind::TillEnrolled(_)
                | SaleKind::UnfiledChange(_)
        ),
    }
}
