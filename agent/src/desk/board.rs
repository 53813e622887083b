//! The board: what the counter page shows of a till, and what people do there.

use pharmacy_protocol::term::{EntryIndex, Fen, SaleId};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::{Caller, DeskError, DeskHandle};

/// What the counter page shows of one till.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Board {
    /// The till.
    pub till: String,
    /// The light.
    pub light: Light,
    /// The sale that is open, or was refused last.
    pub sale: Option<BoardSale>,
    /// Codes that were scanned and belong to no line yet.
    pub waiting_scans: usize,
    /// Attempts of the whole store without outcome, oldest first.
    pub in_doubt: Vec<DoubtView>,
    /// The last scan that was not taken, as a key of the text catalogue.
    pub scan_problem: Option<String>,
    /// What must not be overlooked, as keys of the text catalogue: gateway degraded, journal closed.
    pub alarms: Vec<String>,
}

/// The light of a till.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Light {
    /// Something must be answered first.
    Amber,
    /// Nothing in the way.
    Green,
    /// No sale is open.
    Idle,
    /// Refused.
    Red,
}

/// The open sale, nothing personal but masked texts.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct BoardSale {
    /// The sale.
    pub sale: SaleId,
    /// The insured, masked.
    pub holder: Option<String>,
    /// Lines with their own light.
    pub lines: Vec<BoardLine>,
    /// Why not and what to do, the weightiest first.
    pub reasons: Vec<BoardReason>,
    /// The whole amount.
    pub total: Fen,
    /// Seconds until what was answered here lapses.
    pub lapses_s: u32,
}

/// A line on the board.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct BoardLine {
    /// Its number.
    pub number: u32,
    /// Its name.
    pub name: String,
    /// Its light.
    pub light: Light,
    /// Trace codes scanned.
    pub packs: usize,
    /// Trace codes needed, where the quantity tells.
    pub packs_needed: Option<u32>,
}

/// A reason on the board.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct BoardReason {
    /// The rule's id.
    pub rule: String,
    /// The line concerned.
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
}

/// An attempt without outcome.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct DoubtView {
    /// The sale.
    pub sale: SaleId,
    /// The message id under which the platform may know it.
    pub msgid: String,
    /// `settlement` or `reversal`.
    pub direction: String,
    /// At which till.
    pub till: String,
    /// When it left, milliseconds since 1970.
    pub since_ms: i64,
    /// The insured, masked.
    pub holder: Option<String>,
    /// The whole amount.
    pub total: Fen,
}

/// How the person in charge resolves an attempt in doubt, after asking the platform.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case", tag = "outcome")]
pub enum Resolution {
    /// The platform does not know it.
    NotSettled,
    /// The platform has it under this number.
    Settled {
        /// `setl_id`.
        settlement: String,
    },
}

/// What a scan at the counter turned out to be.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Scanned {
    /// A trace code of a line of the open sale.
    Line {
        /// The line.
        line: u32,
        /// The entry that records it.
        entry: EntryIndex,
    },
    /// A trace code that waits for its line: it came before the settlement.
    Waiting,
    /// Not a trace code, or one that cannot be taken; a key of the text catalogue.
    Refused {
        /// The key.
        code: String,
    },
}

impl DeskHandle {
    /// Tells when a board may have changed: the number rises.
    pub fn changes(&self) -> watch::Receiver<u64> {
        todo!()
    }

    /// The board of the caller's till.
    pub async fn board(&self, _caller: Caller) -> Result<Board, DeskError> {
        todo!()
    }

    /// Takes a scan at the caller's till: keyboard wedge, serial scanner.
    pub async fn take_scan(&self, _caller: Caller, _text: String) -> Result<Scanned, DeskError> {
        todo!()
    }

    /// Resolves an attempt in doubt as the person in charge found it at the platform.
    pub async fn resolve(
        &self,
        _caller: Caller,
        _sale: SaleId,
        _msgid: String,
        _resolution: Resolution,
    ) -> Result<(), DeskError> {
        todo!()
    }
}
