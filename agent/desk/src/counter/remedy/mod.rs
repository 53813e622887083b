//! What people supply for the open sale: persons, documents, registrations, reasons, releases.
//!
//! ```text
//! refused or asked ─► remedy ─► recorded, the sale touched, judged again for the board ─► till settles anew
//! ```
//! In scope: the sale in front of a cashier, and what is added to it. Out of scope: prescriptions
//! (`prescription`), PINs (`staff`), which form takes what (the page).
//!
//! Nothing here is a verdict: the settlement that follows is judged afresh with what was supplied.

mod another;
mod line;
pub(crate) mod map;
mod pack;
mod people;
mod proxy;
pub(crate) mod reader;
mod release;
mod reopen;
mod supply;

pub use self::proxy::Lasting;
use super::action::Supply;
use crate::{Caller, Desk, DeskError, DeskHandle, Done, PatientInput, ReadCard, Role};

impl Desk {
    /// Records what is supplied for the open sale of the caller's till.
    pub(crate) fn supply(&mut self, caller: &Caller, supply: Supply) -> Result<Done, DeskError> {
        match supply {
            Supply::ClearPatient => self.set_patient(caller, PatientInput::Holder),
            Supply::ClearProxy => self.clear_proxy(caller),
            Supply::ConfirmAnother => self.confirm_another(caller),
            Supply::ConfirmHolder => self.confirm_holder(caller),
            Supply::ConfirmProxy => self.confirm_proxy(caller),
            Supply::EndStandingProxy => self.end_standing_proxy(caller),
            Supply::Except { line, exception } => self.except(caller, line, exception),
            Supply::LearnPrefix { line, code } => self.learn_prefix(caller, line, &code),
            Supply::MarkWrong { rule, line, reason } => {
                self.mark_wrong(caller, &rule, line, &reason)
            }
            Supply::NameHolder { person } => self.name_holder(caller, person),
            Supply::Register { line, buyer } => self.register_buyer(caller, line, buyer),
            Supply::SeeDocument { role, person } => self.see_document(caller, role, person),
            Supply::SetDays { line, days } => self.set_days(caller, line, days),
            Supply::SetPatient { relation, person } => {
                self.set_patient(caller, PatientInput::Family { relation, person })
            }
            Supply::SetProxy {
                person,
                holder_document,
                proxy_document,
                reason,
                lasts,
            } => {
                let documents = (holder_document, proxy_document);
                self.set_proxy(caller, person, documents, (reason, lasts))
            }
        }
    }
}

impl DeskHandle {
    /// Attaches a card that the till's reader read to its open sale.
    pub async fn take_card(
        &self,
        caller: Caller,
        role: Role,
        card: ReadCard,
    ) -> Result<Done, DeskError> {
        let (till, met) = (caller.till.clone(), card.clone());
        self.run(move |desk| desk.meet_reader(&till, &met)).await?;
        self.run(move |desk| desk.take_card(&caller, role, card))
            .await
    }
}
