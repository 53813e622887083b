//! The desk: where a request becomes facts, a verdict and an entry.
//!
//! One thread owns it. Every step that changes something is one entry and one transaction: the
//! entry, the sale's row, pack and supply rows, and the answer to the request are there together or
//! not at all, so a repeated request gets the first answer. Jobs that wait at the same time share a commit.
//!
//! In scope: the order of gather, decide, record, answer. Out of scope: which step may follow which
//! (`core`), what facts mean (`pharmacy-decision`), durability (`journal`), HTTP (`api`).

mod age;
mod article;
mod card;
pub mod core;
mod counter;
mod elapsed;
mod error;
mod find;
mod gate;
mod handle;
mod input;
mod job;
mod kept;
mod knob;
mod life;
mod list;
mod looks;
mod memory;
mod name;
mod new_reader;
mod note;
pub mod pack;
mod pending;
mod people;
mod port;
mod prescription;
mod reader;
mod reopened;
mod request;
mod resumed;
mod sale;
mod seat;
mod seated;
pub mod setup;
mod slips;
mod staff;
mod stage;
mod standing;
mod step;
mod stock;
mod tally;
mod understood;

use std::cell::RefCell;
use std::sync::Arc;

use jiff::civil::Date;
use pharmacy_decision::pack::Pack;

pub use card::{CardReader, NoCard, ReadCard, Reading};
pub use counter::act::CARD_WAIT;
pub use counter::action::{Action, ListAction, PrescriptionAction, ShiftAction, Sign, Supply};
pub use counter::board::view::{
    Board, BoardLine, BoardReason, BoardSale, DoubtView, Light, QueueItem, Resolution,
};
pub use counter::correct::WrongBox;
pub use counter::remedy::Lasting;
pub use counter::remedy::map::Remedy;
pub use counter::remedy::reader::{ReaderItem, SignedReader, readers, record_signed_reader};
pub use counter::scan::{Scanned, badge_of};
pub use error::{ConfirmError, DeskError, Fault, Mistake, RemedyError, SlipError};
pub use find::figure::{Figures, RuleFigures};
pub use find::question::{Answers, Asked, Asker, Found, Query, Question};
pub use find::{SignedQuestion, Top, TopItem, record_signed_question, recorded_ms, search, top};
pub use gate::{
    Concluded, Departure, Fate, Gated, Opaque, OpaqueCall, PlatformAnswer, WireCall, Wrapping,
};
pub use handle::DeskHandle;
pub use input::{
    BuyerInput, Caller, Credentials, Done, EvidenceInput, Image, PatientInput, PayerInput,
    PersonInput, Place, Role, RolesInput,
};
pub use knob::lowered;
pub use life::{DeskThread, activate_catalogue};
pub use list::budget::{OverBudget, over_budget};
pub use list::confirm::{Confirmed, Drawing, ListItem};
pub use list::slip::SlipsRead;
pub use list::{ListLine, PurchaseList, list_page, slip_content};
pub use pharmacy_device::badge::Here;
pub use pharmacy_device::scan::Kind as ScanKind;
pub use pharmacy_journal::Recorded;
pub use port::{InboxFile, Lending, ScannerPort};
pub use prescription::query::{DrugItem, PrescriptionItem, PrescriptionView, ShownImage};
pub use prescription::told::{PatientTold, PrescriptionTold};
pub use request::input::{Call, Idempotency, OpenSale, PrescriptionInput};
pub use request::invoice::InvoiceView;
pub use request::reply::{
    AttemptView, EvidenceView, Reply, SaleView, SalesView, ScanView, VerdictView,
};
pub use request::status::{GatewayView, ShapeView, StatusView, kept_tallies};
pub use setup::Setup;
pub use staff::command::{SignedBy, Signer};
pub use staff::{OnDuty, StaffItem, enrol};
pub use standing::{Outline, StandingItem, read_standing, record_document, record_standing};
pub use stock::{Entering, NewLot, NoCodeItem, SignedStep, no_code_stock, record_signed_step};

use self::core::staff::Registered;
use self::core::standing::Register;
use self::kept::Kept;
use self::knob::{InForce, Knobs};
use self::memory::Memory;
use pharmacy_base::clock::{Clock, SystemClock};
use pharmacy_catalogue::file::Catalogue;
use pharmacy_journal::Journal;

/// Today by the machine's clock, in the store's time.
pub fn today() -> Date {
    SystemClock.today()
}

/// The setting that names the catalogue file in use.
pub const CATALOGUE_SETTING: &str = "catalogue";

/// The setting that names the entry of its import, which holds the file's digest.
pub const CATALOGUE_ENTRY_SETTING: &str = "catalogue-entry";

/// The desk.
pub struct Desk {
    journal: Journal,
    catalogue: Option<Catalogue>,
    /// The settings by which it was opened: its file and the entry of its import.
    catalogue_named: Option<(Option<String>, Option<String>)>,
    pack: Arc<Pack>,
    clock: Arc<dyn Clock>,
    setup: Setup,
    commissioned_until_ms: i64,
    /// What was in force of stances and stage, and what is followed now.
    knobs: Knobs,
    in_force: InForce,
    /// What is going on at the tills; nothing of it is a record.
    memory: Memory,
    /// What was last read of the staff's register.
    staff: Kept<Registered>,
    /// What was last read of the store's standing.
    standing: Kept<Register>,
    /// What the standing gave alarm for, and when that was looked at.
    alarms: RefCell<Option<(i64, Vec<&'static str>)>>,
}

impl Desk {
    /// Was a catalogue imported?
    pub fn has_catalogue(&self) -> bool {
        self.catalogue.is_some()
    }
}
