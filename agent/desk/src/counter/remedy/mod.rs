//! What people supply for the open sale: persons, documents, registrations, reasons, releases.
//!
//! ```text
//! refused or asked ─► remedy ─► recorded, the sale touched, judged again for the board ─► till settles anew
//! ```
//! In scope: the sale in front of a cashier, and what is added to it. Out of scope: prescriptions
//! (`prescription`), PINs (`staff`), which form takes what (the page).
//!
//! Nothing here is a verdict: the settlement that follows is judged afresh with what was supplied.

mod line;
pub(crate) mod map;
mod people;
mod release;
mod supply;

use crate::{Action, Caller, Desk, DeskError, DeskHandle, Done, Place, RemedyError};

impl Desk {
    fn supply(&mut self, caller: &Caller, action: Action) -> Result<Done, DeskError> {
        match action {
            Action::CardRead { role, card } => self.take_card(caller, role, card),
            Action::ClearPatient | Action::SetPatient { .. } => self.set_patient(caller, action),
            Action::ClearProxy => self.clear_proxy(caller),
            Action::Except { line, exception } => self.except(caller, line, exception),
            Action::LearnPrefix { line, code } => self.learn_prefix(caller, line, &code),
            Action::MarkWrong { rule, line, reason } => {
                self.mark_wrong(caller, &rule, line, &reason)
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
            } => self.release(caller, place, rule, line, reason, by).await,
            Action::SetClass { line, class, by } => {
                self.set_class(caller, place, line, class, by).await
            }
            action => self.run(move |desk| desk.supply(&caller, action)).await,
        }
    }
}
