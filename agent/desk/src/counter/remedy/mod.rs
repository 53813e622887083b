//! What people supply for the open sale: persons, documents, registrations, reasons, releases.
//!
//! ```text
//! refused or asked ─► remedy ─► recorded, the sale touched, judged again for the board ─► till settles anew
//! ```
//! In scope: the sale in front of a cashier, and what is added to it. Out of scope: prescriptions
//! (`prescription`), PINs (`staff`), which form takes what (the page).
//!
//! Nothing here is a verdict: the settlement that follows is judged afresh with what was supplied.

mod error;
mod line;
mod map;
mod people;
mod release;

use pharmacy_decision::Decision;
use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::part::PartClass;
use pharmacy_protocol::term::{EntryIndex, StaffId, TillNumber};

pub use error::RemedyError;
pub(crate) use map::remedies;

use crate::core::sale::Sale;
use crate::gate::is_continued;
use crate::seat::Said;
use crate::step::{self, Step};
use crate::{Action, Caller, Desk, DeskError, DeskHandle, Done, Place};

impl Desk {
    /// The sale in front of a till's cashier, if it can still be completed.
    pub(crate) fn find_seated(&mut self, till: &TillNumber) -> Result<Option<Sale>, DeskError> {
        let now_ms = self.clock.now_ms();
        let seated = self.counter.seat(till).sale.clone();
        let sale = match seated {
            Some(seated) => self.load_counter(seated.counter)?,
            None => None,
        };
        Ok(sale.filter(|sale| sale.till == *till && is_continued(sale, now_ms)))
    }

    /// The same, where there must be one.
    fn seated_sale(&mut self, caller: &Caller) -> Result<Sale, DeskError> {
        let sale = self.find_seated(&caller.till)?;
        Ok(sale.ok_or(RemedyError::NoOpenSale)?)
    }

    /// What was said last of the sale in front of the cashier.
    fn seated_decision(&mut self, caller: &Caller) -> Result<Decision, DeskError> {
        let seated = self.counter.seat(&caller.till).sale.clone();
        match seated.map(|seated| seated.said) {
            Some(Said::Judged(decision)) => Ok(*decision),
            Some(Said::Settled(_) | Said::Turned(_)) | None => Err(RemedyError::NoReason.into()),
        }
    }

    /// Who attests what was seen at a till: the member of staff who is signed in there.
    fn attesting(&self, caller: &Caller) -> Result<StaffId, DeskError> {
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
        let recorded = self.record_step(sale, step, |_, sale, _| Ok(sale.id.counter()))?;
        let entry = recorded.index();
        let shown = self.preview(&caller.till, recorded.into_value());
        self.counter.tell();
        shown.map(|()| entry)
    }

    /// Who supplied something, as the bytes of a `staff` part.
    fn supplied_by(&self, caller: &Caller) -> Result<zeroize::Zeroizing<Vec<u8>>, DeskError> {
        let staff = self.signed_in(&caller.till)?;
        let program = caller.program();
        step::bytes(&serde_json::json!({"by": program, "staff": staff}))
    }

    /// A step that adds to the sale's people, evidence or lines.
    fn supplied(&self, caller: &Caller, facts: &impl serde::Serialize) -> Result<Step, DeskError> {
        let step = Step::new(EntryKind::Evidence, step::part(PartClass::Facts, facts)?);
        Ok(step.with(PartClass::Staff, self.supplied_by(caller)?))
    }

    fn supply(&mut self, caller: &Caller, action: Action) -> Result<Done, DeskError> {
        match action {
            Action::CardRead { role, card } => self.take_card(caller, role, card),
            Action::ClearPatient | Action::SetPatient { .. } => self.set_patient(caller, action),
            Action::ClearProxy => self.clear_proxy(caller),
            Action::Except { line, exception } => self.except(caller, line, exception),
            Action::LearnPrefix { line, code } => self.learn_prefix(caller, line, &code),
            Action::MarkWrong { rule, line, reason } => {
                self.mark_wrong(caller, (&rule, line), &reason)
            }
            Action::NameHolder { person } => self.name_holder(caller, person),
            Action::Register { line, buyer } => self.register_buyer(caller, line, buyer),
            Action::SeeDocument { role, person } => self.see_document(caller, role, person),
            Action::SetDays { line, days } => self.set_days(caller, line, days),
            Action::SetProxy { .. } => self.set_proxy(caller, action),
            Action::AddPrescription { .. }
            | Action::Approve { .. }
            | Action::AttachPrescription { .. }
            | Action::ConfirmSlips { .. }
            | Action::PrintSlip { .. }
            | Action::ReadCard { .. }
            | Action::Reject { .. }
            | Action::Release { .. }
            | Action::SetClass { .. }
            | Action::SignIn { .. }
            | Action::SignList { .. }
            | Action::SignOut { .. } => Err(RemedyError::Elsewhere.into()),
        }
    }
}

impl DeskHandle {
    /// Does something for the open sale of the caller's till: everything of [`Action`] that no other
    /// method does.
    pub async fn remedy(
        &self,
        (caller, place): (Caller, Place),
        action: Action,
    ) -> Result<Done, DeskError> {
        match action {
            Action::CardRead { role, card } => {
                let met = card.clone();
                self.run(move |desk| desk.meet_reader(&met)).await?;
                let action = Action::CardRead { role, card };
                self.run(move |desk| desk.supply(&caller, action)).await
            }
            Action::Release {
                rule,
                line,
                reason,
                by,
            } => {
                self.release((caller, place), (rule, line), reason, by)
                    .await
            }
            Action::SetClass { line, class, by } => {
                self.set_class((caller, place), line, class, by).await
            }
            action => self.run(move |desk| desk.supply(&caller, action)).await,
        }
    }
}
