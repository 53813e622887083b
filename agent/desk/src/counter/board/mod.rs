//! The board: what the counter page shows of a till, and what people do there.
//!
//! In scope: what the page exchanges with the desk, and gathering it. Out of scope: the sale in front
//! of the cashier ([`sale`]), attempts without outcome ([`doubt`]).

mod doubt;
mod sale;
pub(crate) mod view;

use pharmacy_protocol::record::store::LoweredState;
use pharmacy_protocol::term::{SaleId, TillNumber};
use tokio::sync::watch;

use self::sale::{board_reasons, light_of};
use crate::core::sale::Phase;
use crate::seat::{Said, Seated};
use crate::{Board, BoardLine, Caller, Desk, DeskError, DeskHandle, Light, QueueItem};

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
        let waiting_scans = self.memory.seats.count_waiting(&caller.till, now_ms);
        let seat = self.memory.seats.seat(&caller.till);
        Ok(Board {
            till: caller.till.to_string(),
            light,
            sale,
            waiting_scans,
            scan_problem: seat.scan_problem.clone(),
            shut: seat.shut.clone(),
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
    fn alarms(&self, caller: &Caller, now_ms: i64) -> Result<Vec<String>, DeskError> {
        let mut alarms = Vec::new();
        if self.journal.is_closed() {
            alarms.push("journal.closed".to_owned());
        }
        if let Some(seat) = self.memory.seats.find_seat(&caller.till) {
            if seat.shut.is_some() {
                alarms.push("gateway.unread-shut".to_owned());
            }
            if seat.tally.is_last_unread {
                alarms.push("gateway.unread-passed".to_owned());
            }
        }
        let lowered = self.knobs.told().iter();
        let followed = lowered
            .clone()
            .filter(|knob| knob.state == LoweredState::Followed);
        if followed.clone().count() > 0 {
            alarms.push("rules.lowered".to_owned());
        }
        if lowered.count() > followed.count() {
            alarms.push("rules.lowered-ignored".to_owned());
        }
        alarms.extend(self.memory.tampered.iter().map(|alarm| (*alarm).to_owned()));
        let standing = self.standing_alarms(now_ms)?;
        alarms.extend(standing.into_iter().map(str::to_owned));
        if self.is_any_incomplete()? {
            alarms.push("prescription.incomplete".to_owned());
        }
        if self.is_any_to_write_off()? {
            alarms.push("prescription.write-off-waits".to_owned());
        }
        alarms.extend(self.memory.slips.alarms().map(ToOwned::to_owned));
        Ok(alarms)
    }

    /// What other tills wait for.
    fn queue(&self, here: &TillNumber, now_ms: i64) -> Result<Vec<QueueItem>, DeskError> {
        let mut queue = Vec::new();
        for (till, seat) in self.memory.seats.iter().filter(|(till, _)| *till != here) {
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
            if sale.is_some_and(|sale| sale.is_continued(now_ms)) {
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
                packs_needed: u32::try_from(line.packs_needed()).ok(),
                labels: line.labels.clone(),
            })
        });
        shown.collect()
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
}
