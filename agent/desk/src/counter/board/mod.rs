//! The board: what the counter page shows of a till, and what people do there.
//!
//! In scope: what the page exchanges with the desk, and gathering it. Out of scope: the sale in front
//! of the cashier ([`sale`]), attempts without outcome ([`doubt`]).

mod doubt;
mod sale;

use pharmacy_protocol::term::{EntryIndex, Fen, Quantity, SaleId, TillNumber};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use self::sale::{board_reasons, light_of};
use crate::core::basket::Label;
use crate::core::sale::Phase;
use crate::gate::{is_continued, packs_needed};
use crate::seat::{Said, Seated};
use crate::{Caller, Desk, DeskError, DeskHandle, OnDuty, PrescriptionItem, Remedy};
use pharmacy_device::scan::Kind;

/// What the counter page shows of one till.
#[derive(Clone, Debug)]
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
    /// Why the till was turned away, where no rule did it, or what became of what was sent; a key of
    /// the text catalogue.
    pub told: Option<String>,
    /// What must not be overlooked, as keys of the text catalogue: gateway degraded, journal closed.
    pub alarms: Vec<String>,
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
    /// The till.
    pub till: String,
    /// The light there.
    pub light: Light,
    /// The weightiest reason.
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
    /// Refused.
    Red,
    /// Sent; the platform has not answered yet.
    Sent,
    /// Settled, and no other sale has begun.
    Settled,
}

/// The open sale, nothing personal but masked texts.
#[derive(Clone, Debug)]
pub struct BoardSale {
    /// The sale.
    pub sale: SaleId,
    /// The insured, masked.
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
    /// The whole amount.
    pub total: Fen,
    /// Seconds until what was answered here lapses.
    pub lapses_s: u32,
}

/// A line on the board.
#[derive(Clone, Debug)]
pub struct BoardLine {
    /// Its number.
    pub number: u32,
    /// Its name.
    pub name: String,
    /// How much.
    pub quantity: Quantity,
    /// Its light.
    pub light: Light,
    /// Trace codes scanned.
    pub packs: usize,
    /// Trace codes needed, where the quantity tells.
    pub packs_needed: Option<u32>,
    /// Lots and last days of use, where the packs' symbols tell.
    pub labels: Vec<Label>,
}

/// A reason on the board.
#[derive(Clone, Debug)]
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
    /// Where the page takes the answer, the likeliest first.
    pub remedies: Vec<Remedy>,
}

/// An attempt without outcome.
#[derive(Clone, Debug)]
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
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
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

impl Desk {
    fn board(&mut self, caller: &Caller) -> Result<Board, DeskError> {
        let now_ms = self.clock.now_ms();
        let alarms = self.alarms(caller, now_ms)?;
        let (light, told, sale) = self.show_seat(caller, now_ms)?;
        let on_duty = self.on_duty()?;
        let here = self.signed_in(&caller.till)?;
        let mut known = on_duty.iter();
        let signed_in = known
            .find(|duty| Some(&duty.staff) == here.as_ref())
            .cloned();
        let waiting_scans = self.counter.waiting(&caller.till, now_ms).len();
        let seat = self.counter.seat(&caller.till);
        Ok(Board {
            till: caller.till.to_string(),
            light,
            sale,
            waiting_scans,
            scan_problem: seat.scan_problem.clone(),
            in_doubt: self.doubts()?,
            told,
            alarms,
            signed_in,
            on_duty,
            reviews: self.waiting_reviews()?,
            unsigned: self.unsigned_lists()?,
            queue: self.queue(&caller.till, now_ms)?,
        })
    }

    /// What must not be overlooked at a till.
    fn alarms(&mut self, caller: &Caller, now_ms: i64) -> Result<Vec<String>, DeskError> {
        let mut alarms = Vec::new();
        if self.journal.is_closed() {
            alarms.push("journal.closed".to_owned());
        }
        if self.counter.is_degraded(&caller.till) {
            alarms.push("gateway.degraded".to_owned());
        }
        let standing = self.standing_alarms(now_ms)?;
        alarms.extend(standing.into_iter().map(str::to_owned));
        alarms.extend(self.counter.slips.alarms().map(ToOwned::to_owned));
        Ok(alarms)
    }

    /// What other tills wait for.
    fn queue(&self, here: &TillNumber, now_ms: i64) -> Result<Vec<QueueItem>, DeskError> {
        let mut queue = Vec::new();
        for (till, seat) in self.counter.seats().filter(|(till, _)| *till != here) {
            let Some(Seated {
                counter,
                said: Said::Judged(decision),
            }) = &seat.sale
            else {
                continue;
            };
            let light = light_of(&decision.verdict);
            let mut reasons = board_reasons(&self.pack, &decision.verdict).into_iter();
            let Some(reason) = reasons.next().filter(|_| light != Light::Green) else {
                continue;
            };
            let sale = self.load_counter(*counter)?;
            if sale.is_some_and(|sale| is_continued(&sale, now_ms)) {
                queue.push(QueueItem {
                    till: till.to_string(),
                    light,
                    reason,
                });
            }
        }
        queue.sort_by(|one, other| one.till.cmp(&other.till));
        Ok(queue)
    }

    /// The lines of a sale that is open, whichever till it is at.
    fn open_lines(&self, sale: &SaleId) -> Result<Vec<BoardLine>, DeskError> {
        if sale.log() != self.journal.keys().log() {
            return Ok(Vec::new());
        }
        let found = self.load_counter(sale.counter())?;
        let open = found.filter(|sale| matches!(sale.phase, Phase::Open | Phase::Assessed(_)));
        let lines = open.iter().flat_map(|sale| sale.basket.lines());
        let shown = lines.map(|line| {
            Ok(BoardLine {
                number: line.number,
                name: self.line_name(line)?,
                quantity: line.quantity,
                light: Light::Idle,
                packs: line.packs.len(),
                packs_needed: u32::try_from(packs_needed(line)).ok(),
                labels: line.labels.clone(),
            })
        });
        shown.collect()
    }

    /// Takes a sale that is over from in front of the cashier.
    pub(crate) fn leave_if_over(&mut self, id: &SaleId) -> Result<(), DeskError> {
        let now_ms = self.clock.now_ms();
        match self.load_counter(id.counter())? {
            Some(sale) if sale.settlement().is_some() => {
                self.counter.settle(&sale.till, id.counter(), now_ms);
            }
            Some(sale) if matches!(sale.phase, Phase::Open | Phase::Assessed(_)) => {}
            Some(_) | None => self.counter.clear(id.counter()),
        }
        self.counter.tell();
        Ok(())
    }
}

impl DeskHandle {
    /// Tells when a board may have changed: the number rises.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changed.clone()
    }

    /// The board of the caller's till.
    pub async fn board(&self, caller: Caller) -> Result<Board, DeskError> {
        self.run(move |desk| desk.board(&caller)).await
    }

    /// The lines of a sale, whichever till it is at, before any verdict; none where it is not open.
    pub async fn sale_lines(&self, sale: SaleId) -> Result<Vec<BoardLine>, DeskError> {
        self.run(move |desk| desk.open_lines(&sale)).await
    }

    /// Takes a scan at the caller's till, or shows there why it is not taken.
    pub async fn take_scan(&self, caller: Caller, scan: Kind) -> Result<Scanned, DeskError> {
        self.run(move |desk| {
            let scanned = desk.take_scan(&caller, scan);
            desk.counter.tell();
            scanned
        })
        .await
    }
}
