//! The desk: where a request becomes facts, a verdict and an entry.
//!
//! One thread owns it. Every step that changes something is one entry and one transaction: the
//! entry, the sale's row, pack and supply rows, and the answer to the request are there together or
//! not at all, so a repeated request gets the first answer.
//!
//! In scope: the order of gather, decide, record, answer. Out of scope: which step may follow which
//! (`core`), what facts mean (`pharmacy-decision`), durability (`journal`), HTTP (`api`).

mod card;
pub mod core;
mod counter;
mod error;
mod find;
mod gate;
mod handle;
mod input;
mod life;
mod list;
pub mod pack;
mod port;
mod prescription;
mod request;
mod sale;
mod seat;
pub mod setup;
mod staff;
mod standing;
mod step;

use std::sync::Arc;

use jiff::civil::Date;
use pharmacy_decision::pack::Pack;

pub use card::{CardReader, NoCard, ReadCard, Reading};
pub use counter::action::{
    Action, Credentials, Done, Drawing, Image, PatientTold, Place, PrescriptionTold, Remedy,
};
pub use counter::board::{
    Board, BoardLine, BoardReason, BoardSale, DoubtView, Light, QueueItem, Resolution, Scanned,
};
pub use counter::remedy::RemedyError;
pub use counter::shown::{
    Confirmed, DrugItem, Figures, Found, InboxFile, ListItem, OnDuty, PrescriptionItem, Query,
    RuleFigures, ShownImage, StaffItem, StandingItem,
};
pub use error::{DeskError, Fault, Mistake};
pub use find::{
    Answers, Asked, Asker, Question, Top, TopItem, record_access, recorded_ms, search, top,
};
pub use gate::{Departure, Fate, Gated, PlatformAnswer, Recorded, WireCall};
pub use handle::{DeskHandle, DeskThread};
pub use input::{
    BuyerInput, Call, Caller, EvidenceInput, Idempotency, OpenSale, PatientInput, PayerInput,
    PersonInput, PrescriptionInput, Role, RolesInput,
};
pub use life::activate_catalogue;
pub use list::confirm::ConfirmError;
pub use list::invoice::InvoiceView;
pub use list::slip::{SlipError, SlipsRead};
pub use list::{ListLine, PurchaseList};
pub use pharmacy_device::scan::Kind as ScanKind;
pub use port::{Lending, ScannerPort};
pub use prescription::PrescriptionView;
pub use request::Reply;
pub use request::reply::{AttemptView, EvidenceView, SaleView, SalesView, ScanView, VerdictView};
pub use request::status::{GatewayView, StatusView, kept_tallies};
pub use setup::Setup;
pub use staff::enrol;
pub use standing::{Outline, read_standing, record_document, record_standing};

use self::seat::Counter;
use pharmacy_base::clock::{Clock, SystemClock};
use pharmacy_catalogue::file::Catalogue;
use pharmacy_journal::Journal;

/// Today by the machine's clock, in the store's time.
pub fn today() -> Date {
    SystemClock.today()
}

/// The setting that names the catalogue file in use.
pub const CATALOGUE_SETTING: &str = "catalogue";

/// The desk.
pub struct Desk {
    journal: Journal,
    catalogue: Option<Catalogue>,
    catalogue_name: Option<String>,
    pack: Arc<Pack>,
    clock: Arc<dyn Clock>,
    setup: Setup,
    commissioned_until_ms: i64,
    /// What is going on at the tills; nothing of it is a record.
    counter: Counter,
    /// What was last read of the staff's register.
    staff: staff::Kept,
    /// What was last read of the store's standing.
    standing: standing::Kept,
}

impl Desk {
    /// A desk over an open journal.
    pub fn new(
        journal: Journal,
        pack: Arc<Pack>,
        clock: Arc<dyn Clock>,
        setup: Setup,
    ) -> Result<Self, DeskError> {
        const DAY_MS: i64 = 24 * 60 * 60 * 1000;
        let days = i64::from(pack.commissioning_days());
        let created_ms = journal.reader().find_log()?.map_or(0, |log| log.created_ms);
        let commissioned_until_ms = created_ms.saturating_add(days * DAY_MS);
        let mut desk = Self {
            journal,
            catalogue: None,
            catalogue_name: None,
            pack,
            clock,
            setup,
            commissioned_until_ms,
            counter: Counter::default(),
            staff: staff::Kept::default(),
            standing: standing::Kept::default(),
        };
        desk.refresh_catalogue()?;
        desk.load_tallies()?;
        Ok(desk)
    }

    /// Was a catalogue imported?
    pub fn has_catalogue(&self) -> bool {
        self.catalogue.is_some()
    }

    /// Opens the catalogue that the store names now; an import may have switched it.
    fn refresh_catalogue(&mut self) -> Result<(), DeskError> {
        let name = self.journal.reader().setting(CATALOGUE_SETTING)?;
        if name == self.catalogue_name {
            return Ok(());
        }
        self.catalogue = match &name {
            Some(file) => Some(Catalogue::open(&self.setup.data_dir.join(file))?),
            None => None,
        };
        self.catalogue_name = name;
        Ok(())
    }
}
