//! The desk, as the counter page sees it, and the scanner's folder beside it.

use std::future::Future;
use std::pin::Pin;

use pharmacy_decision::verdict::Text;
use pharmacy_protocol::term::SaleId;
use tokio::sync::watch;

use pharmacy_desk::core::correction::Correction;
use pharmacy_desk::{
    Action, Board, BoardLine, Caller, Credentials, DeskError, Done, Figures, Found, Image,
    InboxFile, ListItem, NoCodeItem, Place, PrescriptionItem, PurchaseList, Query, Resolution,
    ScanKind, Scanned, ShownImage, StaffItem, StandingItem,
};

/// An answer of the desk that is on its way.
pub type Answering<'a, T> = Pin<Box<dyn Future<Output = Result<T, DeskError>> + Send + 'a>>;

/// The desk, as the counter page sees it.
pub trait Counter: Send + Sync {
    /// Finds the till of a secret, every time anew: a revoked one ends at once.
    fn authenticate(&self, token: String) -> Result<Option<Caller>, DeskError>;

    /// Tells when a board may have changed: the number rises.
    fn changes(&self) -> watch::Receiver<u64>;

    /// The board of the caller's till.
    fn board(&self, caller: Caller) -> Answering<'_, Board>;

    /// Takes a scan at the caller's till.
    fn take_scan(&self, caller: Caller, scan: ScanKind) -> Answering<'_, Scanned>;

    /// Resolves an attempt in doubt as the person in charge found it at the platform; they sign for
    /// it once anybody is registered who could be in charge.
    fn resolve(
        &self,
        caller: Caller,
        attempt: (SaleId, String),
        resolution: Resolution,
        by: Option<Credentials>,
    ) -> Answering<'_, ()>;

    /// Does something for the open sale of the caller's till, or for the store.
    fn act(&self, caller: Caller, place: Place, action: Action) -> Answering<'_, Done>;

    /// Prescriptions that wait for a pharmacist or may still be dispensed.
    fn prescriptions(&self) -> Answering<'_, Vec<PrescriptionItem>>;

    /// Notes that somebody opened a prescription to review it.
    fn open_review(&self, prescription: u64) -> Answering<'_, ()> {
        let _ = prescription;
        Box::pin(async { Ok(()) })
    }

    /// An image of a prescription, by its place among them.
    fn image(&self, caller: Caller, prescription: u64, place: usize) -> Answering<'_, ShownImage>;

    /// Files in the scanner's folder, the newest first; none where there is no folder.
    fn scans(&self) -> Answering<'_, Vec<InboxFile>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    /// Reads a file out of the scanner's folder; it stays there until it is recorded.
    fn take_file(&self, name: String) -> Answering<'_, TakenFile> {
        drop(name);
        Box::pin(async { Err(DeskError::NoFile) })
    }

    /// Somebody signed in looks at a purchase list, or at which there are: on record before it is shown.
    fn look(&self, caller: Caller, sale: Option<SaleId>) -> Answering<'_, ()>;

    /// Somebody is signed in at the caller's till; an error if not.
    fn demand_signed_in(&self, caller: Caller) -> Answering<'_, ()>;

    /// Purchase lists, those not confirmed first.
    fn lists(&self) -> Answering<'_, Vec<ListItem>>;

    fn list(&self, sale: SaleId) -> Answering<'_, PurchaseList>;

    /// The same as a page that a browser prints, with its proof.
    fn list_page(&self, sale: SaleId) -> Answering<'_, String>;

    fn figures(&self) -> Answering<'_, Figures>;

    /// Sales that answer a question.
    fn find(&self, caller: Caller, query: Query) -> Answering<'_, Vec<Found>>;

    /// The register of staff.
    fn staff(&self) -> Answering<'_, Vec<StaffItem>>;

    fn standing(&self) -> Answering<'_, Vec<StandingItem>>;

    /// Boxes of a sale that were put right.
    fn corrections(&self, sale: SaleId) -> Answering<'_, Vec<Correction>>;

    /// Goods from before the duty to scan.
    fn no_code(&self) -> Answering<'_, Vec<NoCodeItem>>;

    /// The lines of a sale, whichever till it is at; none where it is no longer open.
    fn sale_lines(&self, sale: SaleId) -> Answering<'_, Vec<BoardLine>>;

    /// What a rule says to the till, with its places left open; none where the pack has no such rule.
    fn rule_words(&self, rule: &str) -> Option<Text>;
}

/// The folder into which a scanner puts prescriptions.
pub trait ScanFolder: Send + Sync {
    /// Its files, the newest first.
    fn list(&self) -> Answering<'_, Vec<InboxFile>>;

    /// Reads a file out of it; it stays there until [`TakenFile::remove`].
    fn take(&self, name: String) -> Answering<'_, TakenFile>;
}

/// A file that was read out of the scanner's folder.
pub struct TakenFile {
    /// What is in it.
    pub image: Image,
    /// Removes it, once it is recorded; may wait for the disk, and logs what goes wrong itself.
    pub remove: Box<dyn FnOnce() + Send>,
}
