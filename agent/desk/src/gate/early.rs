//! Calls before a settlement: calculations (2101, 2206) and uploads of lines (2204).
//!
//! Judged early, so that the cashier hears in time: refused only on facts that cannot change, warned
//! of everything else.

use super::Gated;
use super::call::{Arriving, local};
use super::settle::final_reasons;
use crate::core::sale::Answer;
use crate::seat::Said;
use crate::{Departure, Desk, DeskError};
use pharmacy_interface::{Settlement, refusal};

impl Desk {
    pub(super) fn gate_early(&mut self, arriving: &Arriving) -> Result<Gated, DeskError> {
        let Ok(settlement) = Settlement::read(&arriving.request, &arriving.table) else {
            return Ok(Gated::Pass);
        };
        if self.is_other_store(arriving) {
            return self.turn_away(arriving, None, ("gateway.other-store", ""));
        }
        let Ok(mut purchase) = self.purchase_of(arriving, &settlement)? else {
            return Ok(Gated::Pass);
        };
        let (facts, decision) = self.judge_relayed(&mut purchase.sale, arriving.now_ms)?;
        let finals = final_reasons(&decision.verdict);
        if !finals.is_empty() {
            let message = refusal::words(&finals, |line| self.item_name(&purchase.sale, line));
            let envelope = self.envelope(&arriving.request, &arriving.table);
            let refused = local(envelope.refuse(arriving.table.refusal, &message));
            let judged = (facts, decision);
            return self.record_refusal(arriving, (&settlement, refused), purchase, judged);
        }
        let is_allowed = Answer::from(&decision.verdict) == Answer::Allow;
        let warning = (!is_allowed).then(|| self.refusal_words(&purchase.sale, &decision.verdict));
        let judged = (&facts, &decision);
        let step = self.verdict_step(arriving, (&settlement, false), &purchase, judged)?;
        let names = purchase.names;
        let departed = self.record_step(purchase.sale, step, |transaction, sale, entry| {
            names.put(transaction, sale.id.counter())?;
            let departure = Departure {
                sale: sale.id.clone(),
                msgid: arriving.msgid.clone(),
                moves_money: false,
            };
            Ok((departure, arriving.row(sale.id.counter(), entry, None)))
        })?;
        let (departure, row) = departed.value().clone();
        let till = arriving.call.caller.till.clone();
        let said = Said::Judged(Box::new(decision));
        self.counter.show(&till, departure.sale.counter(), said);
        self.wait_for(arriving, (&departure, row), warning);
        Ok(Gated::Send(departed.map(|(departure, _)| departure)))
    }
}
