//! What every remedy does: finds the sale in front of the cashier, records, and shows it judged anew.

use pharmacy_decision::Decision;
use pharmacy_decision::record::evidence::EvidenceStep;
use pharmacy_protocol::record::staff::Unsigned;
use pharmacy_protocol::term::{EntryIndex, StaffId};

use crate::core::sale::Sale;
use crate::seat::Said;
use crate::step::{Step, part};
use crate::{Caller, Desk, DeskError, RemedyError};

impl Desk {
    /// The same, where there must be one.
    pub(crate) fn seated_sale(&mut self, caller: &Caller) -> Result<Sale, DeskError> {
        let sale = self.find_seated(&caller.till)?;
        Ok(sale.ok_or(RemedyError::NoOpenSale)?)
    }

    /// What was said last of the sale in front of the cashier.
    pub(crate) fn seated_decision(&mut self, caller: &Caller) -> Result<Decision, DeskError> {
        let seated = self.memory.seats.seat(&caller.till).sale.clone();
        match seated.map(|seated| seated.said) {
            Some(Said::Judged(decision)) => Ok(*decision),
            Some(Said::Settled(_) | Said::Turned(_)) | None => Err(RemedyError::NoReason.into()),
        }
    }

    /// Who attests what was seen at a till: the member of staff who is signed in there.
    pub(crate) fn attesting(&self, caller: &Caller) -> Result<StaffId, DeskError> {
        let here = self.signed_in(&caller.till)?;
        Ok(here.ok_or(RemedyError::NobodySignedIn)?)
    }

    /// Records what was supplied for a sale, and shows what the rules say of it now.
    pub(crate) fn record_remedy(
        &mut self,
        caller: &Caller,
        mut sale: Sale,
        step: Step,
    ) -> Result<EntryIndex, DeskError> {
        sale.touch(self.clock.now_ms());
        let till = caller.till.clone();
        let step =
            step.staging(move |memory, sale, _| memory.judge_again(&till, sale.id.counter()));
        Ok(self.record_step(sale, step)?.index())
    }

    /// Who did something at a till that nobody signs, and why, where they said so.
    pub(crate) fn unsigned(
        &self,
        caller: &Caller,
        reason: Option<String>,
    ) -> Result<Unsigned, DeskError> {
        Ok(Unsigned {
            by: caller.program(),
            staff: self.signed_in(&caller.till)?,
            reason,
        })
    }

    /// A step that adds to the sale's people, evidence or lines.
    pub(crate) fn supplied(
        &self,
        caller: &Caller,
        facts: &EvidenceStep,
    ) -> Result<Step, DeskError> {
        let unsigned = self.unsigned(caller, None)?;
        Ok(Step::telling(facts)?.with(part(&unsigned)?))
    }
}
