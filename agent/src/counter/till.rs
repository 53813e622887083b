//! The desk together with what stands beside it at one till: the card reader and the scanner's folder.
//!
//! Both are slow, and the desk has one thread: a card is waited for here, and the desk is told what
//! was read.

use std::sync::Arc;
use std::time::Duration;

use pharmacy_decision::verdict::Text;
use pharmacy_protocol::term::SaleId;
use tokio::sync::watch;

use super::desk::{Answering, Counter, ScanFolder, TakenFile};
use pharmacy_desk::{
    Action, Board, BoardLine, Caller, CardReader, Credentials, DeskError, DeskHandle, Done,
    Figures, Found, InboxFile, ListItem, NoCard, Place, PrescriptionItem, PurchaseList, Query,
    Resolution, Role, ScanKind, Scanned, ShownImage, StaffItem, StandingItem, today,
};

/// How long a card is waited for: a customer takes it out of a purse.
pub(super) const CARD_WAIT: Duration = Duration::from_secs(20);

/// What the counter page of a till works with.
pub struct TillCounter {
    /// The desk.
    pub desk: DeskHandle,
    /// The till's card reader.
    pub reader: Option<Arc<dyn CardReader>>,
    /// The scanner's folder.
    pub inbox: Option<Arc<dyn ScanFolder>>,
}

impl TillCounter {
    /// Waits for a card beside the desk, then attaches it to the open sale.
    async fn read_card(&self, caller: Caller, place: Place, role: Role) -> Result<Done, DeskError> {
        let reader = self.reader.as_ref().ok_or(DeskError::NoReader)?;
        let read = reader.read(CARD_WAIT, today()).await;
        let card = read.map_err(|error| match error {
            NoCard::NotRead(code) | NoCard::Refused(code) => DeskError::NoCard(code),
        })?;
        let read = Action::CardRead { role, card };
        self.carry_out(caller, place, read).await
    }

    /// Does something for the open sale of the caller's till, or for the store.
    async fn carry_out(
        &self,
        caller: Caller,
        place: Place,
        action: Action,
    ) -> Result<Done, DeskError> {
        let desk = &self.desk;
        match action {
            Action::AddPrescription { told, images } => {
                desk.add_prescription(caller, *told, images).await
            }
            Action::AttachPrescription { prescription } => {
                desk.attach_prescription(caller, prescription).await
            }
            Action::Approve {
                prescription,
                matches,
                by,
            } => desk.approve(caller, place, prescription, matches, by).await,
            Action::Reject {
                prescription,
                reason,
                by,
            } => desk.reject(caller, place, prescription, reason, by).await,
            Action::SignIn { by } => desk.sign_in(caller, place, by).await,
            Action::SignOut { staff } => desk.sign_out(caller, staff).await,
            Action::SignList {
                sale,
                drawing,
                signer,
            } => desk.sign_list(caller, sale, drawing, signer).await,
            Action::ConfirmSlips { pages } => desk.confirm_slips(caller, pages).await,
            Action::PrintSlip { sale } => desk.print_slip(caller, sale).await,
            action => desk.remedy((caller, place), action).await,
        }
    }
}

impl Counter for TillCounter {
    fn authenticate(&self, token: String) -> Result<Option<Caller>, DeskError> {
        self.desk.authenticate(token)
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.desk.changes()
    }

    fn board(&self, caller: Caller) -> Answering<'_, Board> {
        Box::pin(self.desk.board(caller))
    }

    fn take_scan(&self, caller: Caller, scan: ScanKind) -> Answering<'_, Scanned> {
        Box::pin(self.desk.take_scan(caller, scan))
    }

    fn resolve(
        &self,
        caller: Caller,
        (sale, msgid): (SaleId, String),
        resolution: Resolution,
        by: Option<Credentials>,
    ) -> Answering<'_, ()> {
        Box::pin(self.desk.resolve(caller, sale, msgid, resolution, by))
    }

    fn act(&self, caller: Caller, place: Place, action: Action) -> Answering<'_, Done> {
        Box::pin(async move {
            match action {
                Action::ReadCard { role } => self.read_card(caller, place, role).await,
                action => self.carry_out(caller, place, action).await,
            }
        })
    }

    fn prescriptions(&self) -> Answering<'_, Vec<PrescriptionItem>> {
        Box::pin(self.desk.prescriptions())
    }

    fn image(&self, caller: Caller, prescription: u64, place: usize) -> Answering<'_, ShownImage> {
        Box::pin(self.desk.prescription_image(caller, prescription, place))
    }

    fn scans(&self) -> Answering<'_, Vec<InboxFile>> {
        match &self.inbox {
            Some(inbox) => inbox.list(),
            None => Box::pin(async { Ok(Vec::new()) }),
        }
    }

    fn take_file(&self, name: String) -> Answering<'_, TakenFile> {
        match &self.inbox {
            Some(inbox) => inbox.take(name),
            None => Box::pin(async { Err(DeskError::NoFile) }),
        }
    }

    fn lists(&self) -> Answering<'_, Vec<ListItem>> {
        Box::pin(self.desk.lists())
    }

    fn list(&self, sale: SaleId) -> Answering<'_, PurchaseList> {
        Box::pin(self.desk.list_of(sale))
    }

    fn list_page(&self, sale: SaleId) -> Answering<'_, String> {
        Box::pin(self.desk.list_page(sale))
    }

    fn figures(&self) -> Answering<'_, Figures> {
        Box::pin(self.desk.figures())
    }

    fn find(&self, caller: Caller, query: Query) -> Answering<'_, Vec<Found>> {
        Box::pin(self.desk.find(caller, query))
    }

    fn staff(&self) -> Answering<'_, Vec<StaffItem>> {
        Box::pin(self.desk.staff())
    }

    fn standing(&self) -> Answering<'_, Vec<StandingItem>> {
        Box::pin(self.desk.standing())
    }

    fn sale_lines(&self, sale: SaleId) -> Answering<'_, Vec<BoardLine>> {
        Box::pin(self.desk.sale_lines(sale))
    }

    fn rule_words(&self, rule: &str) -> Option<Text> {
        self.desk.rule_words(rule)
    }
}
