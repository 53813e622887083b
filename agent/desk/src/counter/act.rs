//! Carrying out what people do at the counter page: to each action the part of the desk that does it.

use std::time::Duration;

use super::action::{Action, ListAction, PrescriptionAction, ShiftAction, Sign};
use crate::{Caller, CardReader, DeskError, DeskHandle, Done, NoCard, Place, Role};

/// How long a card is waited for: a customer takes it out of a purse.
pub const CARD_WAIT: Duration = Duration::from_secs(20);

impl DeskHandle {
    /// Carries out what somebody does at a place; `reader` is the card reader there.
    pub async fn act(
        &self,
        caller: Caller,
        place: Place,
        action: Action,
        reader: Option<&dyn CardReader>,
    ) -> Result<Done, DeskError> {
        match action {
            Action::CloseSale => self.run(move |desk| desk.close_sale(&caller)).await,
            Action::PhotographCode { line, images } => {
                self.run(move |desk| desk.photograph_code(&caller, line, images))
                    .await
            }
            Action::List(action) => self.act_on_list(caller, place, action).await,
            Action::Prescription(action) => self.act_on_prescription(caller, place, action).await,
            Action::ReadCard { role } => self.read_card(caller, role, reader).await,
            Action::Shift(ShiftAction::SignIn { by }) => self.sign_in(caller, place, by).await,
            Action::Shift(ShiftAction::SignOut { staff }) => self.sign_out(caller, staff).await,
            Action::Sign(action) => self.sign_for_sale(caller, place, action).await,
            Action::Supply(supply) => self.run(move |desk| desk.supply(&caller, supply)).await,
        }
    }

    async fn act_on_list(
        &self,
        caller: Caller,
        place: Place,
        action: ListAction,
    ) -> Result<Done, DeskError> {
        match action {
            ListAction::CorrectBox { what, by } => self.correct_box(caller, place, *what, by).await,
            ListAction::ConfirmSlips { pages } => self.confirm_slips(caller, pages).await,
            ListAction::PrintSlip { sale } => self.print_slip(caller, sale).await,
            ListAction::Sign {
                sale,
                drawing,
                signer,
            } => self.sign_list(caller, sale, drawing, signer).await,
        }
    }

    async fn act_on_prescription(
        &self,
        caller: Caller,
        place: Place,
        action: PrescriptionAction,
    ) -> Result<Done, DeskError> {
        match action {
            PrescriptionAction::Add { told, images } => {
                self.add_prescription(caller, *told, images).await
            }
            PrescriptionAction::Approve {
                prescription,
                matches,
                by,
            } => self.approve(caller, place, prescription, matches, by).await,
            PrescriptionAction::Attach { prescription } => {
                self.attach_prescription(caller, prescription).await
            }
            PrescriptionAction::Complete { prescription, told } => {
                self.complete_prescription(caller, prescription, *told)
                    .await
            }
            PrescriptionAction::Doubt { prescription } => {
                self.doubt_prescription(caller, prescription).await
            }
            PrescriptionAction::LiftDoubt {
                prescription,
                reason,
                by,
            } => {
                self.lift_doubt(caller, place, prescription, reason, by)
                    .await
            }
            PrescriptionAction::Reject {
                prescription,
                reason,
                by,
            } => self.reject(caller, place, prescription, reason, by).await,
        }
    }

    async fn sign_for_sale(
        &self,
        caller: Caller,
        place: Place,
        action: Sign,
    ) -> Result<Done, DeskError> {
        match action {
            Sign::EnterNoCode { lot, by } => self.enter_no_code(caller, place, *lot, by).await,
            Sign::EnrolReader { by } => self.enrol_reader(caller, place, by).await,
            Sign::ConfirmForm { line, code, by } => {
                self.confirm_form(caller, place, (line, code), by).await
            }
            Sign::ReturnCash { line, receipt, by } => {
                self.return_cash(caller, place, (line, receipt), by).await
            }
            Sign::Release {
                rule,
                line,
                reason,
                by,
            } => self.release(caller, place, rule, line, reason, by).await,
            Sign::Reopen { shape, reason, by } => {
                self.reopen(caller, place, shape, reason, by).await
            }
            Sign::SetClass { line, class, by } => {
                self.set_class(caller, place, line, class, by).await
            }
        }
    }

    /// Waits for a card beside the desk, then attaches it to the open sale.
    async fn read_card(
        &self,
        caller: Caller,
        role: Role,
        reader: Option<&dyn CardReader>,
    ) -> Result<Done, DeskError> {
        let reader = reader.ok_or(DeskError::NoReader)?;
        let read = reader.read(CARD_WAIT, self.clock.today()).await;
        let card = read.map_err(|error| match error {
            NoCard::NotRead(code) | NoCard::Refused(code) => DeskError::NoCard(code),
        })?;
        self.take_card(caller, role, card).await
    }
}
