//! The counter page: one light for the open sale, what to do next, a field for the scanner, and
//! the attempts whose outcome nobody knows.
//!
//! In scope: who may open the page, what it shows of a till's board, what people enter there. Out
//! of scope: what the board says (the desk), and the listener, which the service shares with the
//! local API.
//!
//! ```text
//! GET  /counter/open/{till secret}  opens a session, answers with its cookie and a redirect
//! GET  /counter/                    the page; ?lang=zh, ?lang=en switch its language
//! GET  /counter/board               its changing parts
//! GET  /counter/events              says that they may have changed (server-sent events)
//! POST /counter/scans               a scan
//! POST /counter/resolutions         what the platform said of an attempt in doubt
//! POST /counter/actions/{form}      what a form of the page asks for
//! POST /counter/prescriptions       a prescription with its images
//! ```
//!
//! Who answers a reason finds its forms beside it: `panel` says which and draws them, `form` reads
//! what comes back. Both go by [`form::FormKind`], so that none has one side only.
//!
//! Every answer is a page or parts of one. The script swaps in the parts that differ, so that it
//! knows nothing of what they mean, and the page works without it.

mod event;
mod form;
mod guard;
mod language;
mod notice;
mod office;
mod page;
mod panel;
mod route;
mod session;
mod till;
mod view;

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use pharmacy_decision::verdict::Text;
use pharmacy_protocol::term::SaleId;
use tokio::sync::watch;

pub use office::{ReviewError, ReviewServer};

use pharmacy_desk::{
    Action, Board, BoardLine, Caller, Credentials, DeskError, Done, Figures, Found, InboxFile,
    ListItem, Place, PrescriptionItem, PurchaseList, Query, Resolution, ScanKind, Scanned,
    ShownImage, StaffItem, StandingItem,
};
pub use till::{ScanFolder, TakenFile, TillCounter};

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

    /// An image of a prescription.
    fn image(&self, caller: Caller, image: (u64, usize)) -> Answering<'_, ShownImage>;

    /// Files in the scanner's folder, the newest first; none where there is no folder.
    fn scans(&self) -> Answering<'_, Vec<InboxFile>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    /// Reads a file out of the scanner's folder; it stays there until it is recorded.
    fn take_file(&self, name: String) -> Answering<'_, TakenFile> {
        drop(name);
        Box::pin(async { Err(DeskError::NoFile) })
    }

    /// Purchase lists, those not confirmed first.
    fn lists(&self) -> Answering<'_, Vec<ListItem>>;

    /// A purchase list.
    fn list(&self, sale: SaleId) -> Answering<'_, PurchaseList>;

    /// The same as a page that a browser prints, with its proof.
    fn list_page(&self, sale: SaleId) -> Answering<'_, String>;

    /// Today's figures.
    fn figures(&self) -> Answering<'_, Figures>;

    /// Sales that answer a question.
    fn find(&self, caller: Caller, query: Query) -> Answering<'_, Vec<Found>>;

    /// The register of staff.
    fn staff(&self) -> Answering<'_, Vec<StaffItem>>;

    /// The store's standing.
    fn standing(&self) -> Answering<'_, Vec<StandingItem>>;

    /// The lines of a sale, whichever till it is at; none where it is no longer open.
    fn sale_lines(&self, sale: SaleId) -> Answering<'_, Vec<BoardLine>>;

    /// What a rule says to the till, with its places left open; none where the pack has no such rule.
    fn rule_words(&self, rule: &str) -> Option<Text>;
}

/// The paths below `/counter`, for a listener bound to `address`. Open streams of events end when
/// `stop` turns true.
pub fn router(
    counter: Arc<dyn Counter>,
    address: SocketAddr,
    stop: watch::Receiver<bool>,
) -> Router {
    route::router(Site {
        counter,
        hosts: guard::hosts(address),
        sessions: Arc::default(),
        stop,
    })
}

/// What every request needs.
#[derive(Clone)]
struct Site {
    counter: Arc<dyn Counter>,
    hosts: Arc<[String]>,
    sessions: Arc<session::Sessions>,
    stop: watch::Receiver<bool>,
}
