//! What page and desk exchange about a till: board, sale, reasons, doubts.

use pharmacy_protocol::record::finding::UnreadShape;
use pharmacy_protocol::term::{Fen, Quantity, SaleId};
use serde::{Deserialize, Serialize};

use crate::core::basket::Label;
use crate::{OnDuty, PrescriptionItem, Remedy};

/// What the counter page shows of one till.
#[derive(Clone, Debug)]
pub struct Board {
    pub till: String,
    pub light: Light,
    /// The sale that is open, or was refused last.
    pub sale: Option<BoardSale>,
    /// Codes that were scanned and belong to no line yet.
    pub waiting_scans: usize,
    /// Attempts of the whole store without outcome, oldest first.
    pub in_doubt: Vec<DoubtView>,
    /// The last scan that was not taken, as a key of the text catalogue.
    pub scan_problem: Option<String>,
    /// Why the till was turned away, where no rule did it, or what became of what was sent; a key of
    /// the text catalogue.
    pub told: Option<String>,
    /// What must not be overlooked, as keys of the text catalogue: a settlement that could not be read, journal closed.
    pub alarms: Vec<String>,
    /// The last settlement of this till that was refused because it cannot be read.
    pub shut: Option<UnreadShape>,
    /// Who is signed in at this till.
    pub signed_in: Option<OnDuty>,
    /// Who is on duty in the store.
    pub on_duty: Vec<OnDuty>,
    /// Prescriptions of the store that wait for a pharmacist.
    pub reviews: u64,
    /// Purchase lists that were not confirmed yet.
    pub unsigned: u64,
    /// What other tills of the store wait for, by till.
    pub queue: Vec<QueueItem>,
}

/// A sale at another till that waits for an answer; nothing of its customer.
#[derive(Clone, Debug)]
pub struct QueueItem {
    pub till: String,
    pub light: Light,
    pub reason: BoardReason,
}

/// The light of a till.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Light {
    /// Something must be answered first.
    Amber,
    /// Sent, and nobody knows what became of it.
    Doubt,
    /// Nothing in the way.
    Green,
    /// No sale is open.
    Idle,
    Red,
    /// Sent; the platform has not answered yet.
    Sent,
    /// Settled, and no other sale has begun.
    Settled,
}

/// The open sale, nothing personal but masked texts.
#[derive(Clone, Debug)]
pub struct BoardSale {
    pub sale: SaleId,
    pub holder: Option<String>,
    /// Who takes the medicine where not the insured, masked.
    pub patient: Option<String>,
    /// Who buys where not the insured, masked.
    pub buyer: Option<String>,
    /// Prescriptions that are attached.
    pub prescriptions: Vec<PrescriptionItem>,
    /// Lines with their own light.
    pub lines: Vec<BoardLine>,
    /// Why not and what to do, the weightiest first.
    pub reasons: Vec<BoardReason>,
    pub total: Fen,
    /// May it be closed at the page? Not while something of it is under way or in doubt.
    pub is_closable: bool,
    /// Seconds until what was answered here lapses.
    pub lapses_s: u32,
}

/// A line on the board.
#[derive(Clone, Debug)]
pub struct BoardLine {
    pub number: u32,
    pub name: String,
    pub quantity: Quantity,
    pub light: Light,
    pub packs: usize,
    /// Trace codes needed, where the quantity tells.
    pub packs_needed: Option<u32>,
    /// Lots and last days of use, where the packs' symbols tell.
    pub labels: Vec<Label>,
}

/// A reason on the board.
#[derive(Clone, Debug)]
pub struct BoardReason {
    pub rule: String,
    pub line: Option<u32>,
    /// Red: refused. Amber: a question. Green: a note.
    pub light: Light,
    /// What is wrong, Chinese.
    pub message: String,
    /// What to do, Chinese.
    pub remedy: String,
    /// What is wrong, English.
    pub message_en: String,
    /// What to do, English.
    pub remedy_en: String,
    /// Where the page takes the answer, the likeliest first.
    pub remedies: Vec<Remedy>,
}

/// An attempt without outcome.
#[derive(Clone, Debug)]
pub struct DoubtView {
    pub sale: SaleId,
    /// The message id under which the platform may know it.
    pub msgid: String,
    /// `settlement` or `reversal`.
    pub direction: String,
    pub till: String,
    /// When it left, milliseconds since 1970.
    pub since_ms: i64,
    pub holder: Option<String>,
    pub total: Fen,
}

/// How an attempt in doubt ends: as the person in charge found it at the platform, or as anybody on duty saw
/// it in the customer's own record, on their phone.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "outcome")]
pub enum Resolution {
    /// The customer's record does not have it.
    NotInApp,
    /// The platform does not know it.
    NotSettled,
    /// The platform has it under this number.
    Settled {
        /// `setl_id`.
        settlement: String,
    },
    /// The customer's record has it under this number.
    SettledInApp {
        /// `setl_id`.
        settlement: String,
    },
}

impl Resolution {
    /// May anybody on duty attest it?
    pub(crate) fn is_seen_in_app(&self) -> bool {
        match self {
            Self::NotInApp | Self::SettledInApp { .. } => true,
            Self::NotSettled | Self::Settled { .. } => false,
        }
    }
}
