//! Calls before a settlement: calculations (2101, 2206) and uploads of lines (2204).
//!
//! Judged early, so that the cashier hears in time: refused only on facts that cannot change, warned
//! of everything else.

use super::Gated;
use super::call::{Arriving, local};
use super::codes;
use super::send::Sending;
use super::settle::final_reasons;
use crate::core::sale::Answer;
use crate::{Desk, DeskError};
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
        let finals = final_reasons(verdict);
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
}
