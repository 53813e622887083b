//! The desk together with what stands beside it at one till: the card reader and the scanner's folder.

use std::sync::Arc;

use pharmacy_decision::verdict::Text;
use pharmacy_protocol::term::SaleId;
use tokio::sync::watch;

use crate::door::pass::Pass;

use super::desk::{Answering, Counter, ScanFolder, TakenFile};
use pharmacy_desk::core::correction::Correction;
use pharmacy_desk::{
    Action, Board, BoardLine, Caller, CardReader, Credentials, DeskError, DeskHandle, Done,
    Figures, Found, InboxFile, ListItem, NoCodeItem, Place, PrescriptionItem, PurchaseList, Query,
    Resolution, ScanKind, Scanned, ShownImage, StaffItem, StandingItem,
};

/// What the counter page of a till works with.
pub struct TillCounter {
    pub desk: DeskHandle,
    /// The till's card reader.
    pub reader: Option<Arc<dyn CardReader>>,
    pub inbox: Option<Arc<dyn ScanFolder>>,
}

impl Counter for TillCounter {
    fn authenticate(&self, token: String) -> Result<Option<Caller>, DeskError> {
        match Pass::Counter.is_for(&token) {
            true => self.desk.authenticate(token),
            false => Ok(None),
        }
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
        let reader = self.reader.as_deref();
        Box::pin(self.desk.act(caller, place, action, reader))
    }

    fn prescriptions(&self) -> Answering<'_, Vec<PrescriptionItem>> {
        Box::pin(self.desk.prescriptions())
    }

    fn open_review(&self, prescription: u64) -> Answering<'_, ()> {
        Box::pin(self.desk.open_review(prescription))
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

    fn look(&self, caller: Caller, sale: Option<SaleId>) -> Answering<'_, ()> {
        Box::pin(self.desk.look(caller, sale))
    }

    fn demand_signed_in(&self, caller: Caller) -> Answering<'_, ()> {
        Box::pin(self.desk.demand_signed_in(caller))
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

    fn corrections(&self, sale: SaleId) -> Answering<'_, Vec<Correction>> {
        Box::pin(self.desk.corrections(sale))
    }

    fn no_code(&self) -> Answering<'_, Vec<NoCodeItem>> {
        Box::pin(self.desk.no_code())
    }

    fn sale_lines(&self, sale: SaleId) -> Answering<'_, Vec<BoardLine>> {
        Box::pin(self.desk.sale_lines(sale))
    }

    fn rule_words(&self, rule: &str) -> Option<Text> {
        self.desk.rule_words(rule)
    }
}
