//! The board: what the counter page shows of a till, and what people do there.

use pharmacy_decision::Verdict;
use pharmacy_decision::pack::{Pack, Rule};
use pharmacy_decision::verdict::{LineVerdict, Outcome, Reason};
use pharmacy_protocol::term::{EntryIndex, Fen, Quantity, SaleId, TillNumber};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use zeroize::Zeroizing;

use super::gate::{Told, is_continued, packs_needed};
use super::remedy::remedies;
use super::seat::{REMEDY_MS, Said, Seated, is_fresh};
use super::staff::SignedAct;
use super::{Caller, Credentials, Desk, DeskError, DeskHandle, OnDuty, PrescriptionItem, Remedy};
use crate::core::attempt::{AttemptState, Direction, Report, Settled};
use crate::core::basket::BasketLine;
use crate::core::sale::{Masked, Phase, Sale, SaleError};
use crate::core::staff::StaffError;
use crate::store::NameKind;

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

/// Everything that is shown of a sale in front of the cashier, with its light.
struct Shown {
    light: Light,
    sale: BoardSale,
}

impl Desk {
    fn board(&mut self, caller: &Caller) -> Result<Board, DeskError> {
        let now_ms = self.clock.now_ms();
        let seated = self.counter.seat(&caller.till).sale.clone();
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
        let mut light = Light::Idle;
        let mut told = None;
        let mut shown = None;
        if let Some(Seated { counter, said }) = seated {
            if let Said::Turned(code) = &said {
                light = Light::Red;
                told = Some((*code).to_owned());
            }
            // A double may be of another till's customer, who is not shown here.
            let is_ours = |sale: &Sale| sale.till == caller.till;
            let is_foreign = matches!(said, Said::Turned(_));
            let sale = self.load_counter(counter)?;
            let sale = sale.filter(|sale| !is_foreign || is_ours(sale));
            let lapsed = |sale: &Sale| match said {
                Said::Settled(at_ms) => !is_fresh(at_ms, now_ms) || sale.settlement().is_none(),
                _ => lapses_ms(sale, now_ms) == 0 && !sale.has_open_attempt(),
            };
            match sale.filter(|sale| !lapsed(sale)) {
                Some(sale) => {
                    let seen = self.show_seated(&sale, &said, now_ms)?;
                    light = if light == Light::Red {
                        light
                    } else {
                        seen.light
                    };
                    shown = Some(seen.sale);
                }
                None if counter != 0 && !is_foreign => {
                    light = Light::Idle;
                    self.counter.clear(counter);
                }
                None => {}
            }
        }
        let in_doubt = self.doubts()?;
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
            sale: shown,
            waiting_scans,
            in_doubt,
            scan_problem: seat.scan_problem.clone(),
            told,
            alarms,
            signed_in,
            on_duty,
            reviews: self.waiting_reviews()?,
            unsigned: self.unsigned_lists()?,
            queue: self.queue(&caller.till, now_ms)?,
        })
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

    fn show_seated(&self, sale: &Sale, said: &Said, now_ms: i64) -> Result<Shown, DeskError> {
        let mut reasons = Vec::new();
        let mut light = Light::Green;
        if let Said::Judged(decision) = said {
            light = light_of(&decision.verdict);
            reasons = board_reasons(&self.pack, &decision.verdict);
        }
        if matches!(said, Said::Settled(_)) {
            light = Light::Settled;
        }
        light = light_of_attempts(sale).unwrap_or(light);
        let mut lines = Vec::new();
        for line in sale.basket.lines() {
            let answer = match said {
                Said::Judged(decision) => {
                    let mut answers = decision.lines.iter();
                    answers.find(|answer| answer.line == line.number)
                }
                Said::Settled(_) | Said::Turned(_) => None,
            };
            lines.push(BoardLine {
                number: line.number,
                name: self.line_name(line)?,
                quantity: line.quantity,
                light: match (answer.map(|answer| answer.answer), said) {
                    (Some(LineVerdict::Allow), _) => Light::Green,
                    (Some(LineVerdict::Ask), _) => Light::Amber,
                    (Some(LineVerdict::Refuse), _) => Light::Red,
                    (None, Said::Settled(_)) => Light::Settled,
                    (None, Said::Judged(_) | Said::Turned(_)) => Light::Idle,
                },
                packs: line.packs.len(),
                packs_needed: u32::try_from(packs_needed(line)).ok(),
            });
        }
        let amounts = sale.basket.lines().iter().map(|line| line.amount);
        let lapses_s = u32::try_from(lapses_ms(sale, now_ms) / 1000).unwrap_or(0);
        Ok(Shown {
            light,
            sale: BoardSale {
                sale: sale.id.clone(),
                holder: shown_of(sale),
                patient: sale.roles.patient_shown.as_ref().map(shown),
                buyer: sale.roles.buyer_shown.as_ref().map(shown),
                prescriptions: self.attached_to(sale)?,
                lines,
                reasons,
                total: Fen::checked_sum(amounts).unwrap_or(Fen::ZERO),
                lapses_s,
            },
        })
    }

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
            })
        });
        shown.collect()
    }

    /// A line's name as a cashier knows it; its article number where nobody named it.
    pub(super) fn line_name(&self, line: &BasketLine) -> Result<String, DeskError> {
        let article = self.find_article(&line.offered)?;
        let named = article.map(|found| found.article.name);
        let number = line.offered.sku.as_ref().map(ToString::to_string);
        Ok(named
            .or_else(|| line.offered.name.clone())
            .or(number)
            .unwrap_or_default())
    }

    /// Attempts of the store of which nobody knows what became.
    fn doubts(&self) -> Result<Vec<DoubtView>, DeskError> {
        let mut doubts = Vec::new();
        for row in self.journal.reader().in_doubt_sales()? {
            let (sale, _) = self.open_row(&row)?;
            let amounts = sale.basket.lines().iter().map(|line| line.amount);
            let total = Fen::checked_sum(amounts).unwrap_or(Fen::ZERO);
            let open = sale.attempts.iter();
            for attempt in open.filter(|attempt| attempt.state == AttemptState::InDoubt) {
                let direction = match attempt.direction {
                    Direction::Reversal { .. } => "reversal",
                    Direction::Settlement => "settlement",
                    Direction::Undo { .. } => "undo",
                };
                doubts.push(DoubtView {
                    sale: sale.id.clone(),
                    msgid: attempt.msgid.clone(),
                    direction: direction.to_owned(),
                    till: sale.till.to_string(),
                    since_ms: attempt.at_ms,
                    holder: shown_of(&sale),
                    total,
                });
            }
        }
        Ok(doubts)
    }

    /// Resolves an attempt in doubt as the person in charge found it at the platform.
    fn resolve(
        &mut self,
        caller: &Caller,
        (sale, msgid): (&SaleId, &str),
        resolution: Resolution,
        signed: Option<SignedAct>,
    ) -> Result<(), DeskError> {
        if signed.is_none() && self.has_in_charge()? {
            return Err(StaffError::NoCredentials.into());
        }
        if sale.log() != self.journal.keys().log() {
            return Err(DeskError::UnknownSale);
        }
        let found = self.load_counter(sale.counter())?;
        let sale = found.ok_or(DeskError::UnknownSale)?;
        let attempt = sale.attempt(msgid).ok_or(SaleError::NothingToReverse)?;
        if attempt.state != AttemptState::InDoubt {
            return Err(SaleError::Contradiction.into());
        }
        let state = match resolution {
            Resolution::NotSettled => AttemptState::Declined,
            Resolution::Settled { settlement } => {
                self.demand_new_number(sale.id.counter(), &settlement)?;
                let assessed = match &sale.phase {
                    Phase::Assessed(assessment) => (assessment.insurance, assessment.cash),
                    Phase::Abandoned | Phase::Closed | Phase::Open => (Fen::ZERO, Fen::ZERO),
                };
                AttemptState::Settled(Settled {
                    settlement,
                    insurance: assessed.0,
                    cash: assessed.1,
                })
            }
        };
        let report = Report {
            msgid: msgid.to_owned(),
            direction: attempt.direction.clone(),
            state,
        };
        let _ = self.record_report(sale, report, Told::by(caller, signed)?)?;
        Ok(())
    }
}

impl Desk {
    /// Takes a sale that is over from in front of the cashier.
    pub(super) fn leave_if_over(&mut self, id: &SaleId) -> Result<(), DeskError> {
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

    /// A number that is another sale's would take that sale's settlement away from it.
    fn demand_new_number(&self, counter: u64, settlement: &str) -> Result<(), DeskError> {
        let name = self.name(NameKind::Settlement, settlement);
        let owner = self.bearer(NameKind::Settlement, &name)?;
        // 0: the platform named it, and no sale of ours was known to be it.
        let is_taken = owner.is_some_and(|owner| owner != 0 && owner != counter);
        if settlement.trim().is_empty() || is_taken {
            return Err(SaleError::Contradiction.into());
        }
        Ok(())
    }
}

/// How long what was done for a sale stays good.
fn lapses_ms(sale: &Sale, now_ms: i64) -> i64 {
    let age = match &sale.relay {
        Some(relay) => now_ms.saturating_sub(relay.touched_ms),
        None if matches!(sale.phase, Phase::Open | Phase::Assessed(_)) => 0,
        None => i64::MAX,
    };
    // A clock that was set back makes it look lapsed.
    if age < 0 {
        0
    } else {
        REMEDY_MS.saturating_sub(age).max(0)
    }
}

fn shown_of(sale: &Sale) -> Option<String> {
    sale.roles.holder_shown.as_ref().map(shown)
}

fn shown(masked: &Masked) -> String {
    let told = [masked.name.as_deref(), masked.number.as_deref()];
    told.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// What left is beyond any verdict: a sale that may be settled must not be shown as ready to settle.
fn light_of_attempts(sale: &Sale) -> Option<Light> {
    let has = |state| sale.attempts.iter().any(|attempt| attempt.state == state);
    if has(AttemptState::InDoubt) {
        return Some(Light::Doubt);
    }
    has(AttemptState::Intended).then_some(Light::Sent)
}

fn light_of(verdict: &Verdict) -> Light {
    match verdict {
        Verdict::Allow { .. } => Light::Green,
        Verdict::Ask { .. } => Light::Amber,
        Verdict::Refuse { .. } => Light::Red,
    }
}

/// Reasons in the order of the verdict: refusals, questions, then what is shown. What is only
/// recorded is not shown.
fn board_reasons(pack: &Pack, verdict: &Verdict) -> Vec<BoardReason> {
    let none = Vec::new();
    let (reasons, questions, notes) = match verdict {
        Verdict::Allow { notes } => (&none, &none, notes),
        Verdict::Ask { questions, notes } => (&none, questions, notes),
        Verdict::Refuse {
            reasons,
            questions,
            notes,
        } => (reasons, questions, notes),
    };
    let told = |light| move |reason: &Reason| board_reason(pack, reason, light);
    let shown = notes.iter().filter(|note| note.outcome == Outcome::Warn);
    reasons
        .iter()
        .map(told(Light::Red))
        .chain(questions.iter().map(told(Light::Amber)))
        .chain(shown.map(told(Light::Green)))
        .collect()
}

fn board_reason(pack: &Pack, reason: &Reason, light: Light) -> BoardReason {
    let mut rules = pack.rules().iter();
    let rule = rules.find(|rule| rule.id() == reason.rule);
    BoardReason {
        rule: reason.rule.clone(),
        line: reason.line,
        light,
        message: reason.message.zh.clone(),
        remedy: reason.remedy.zh.clone(),
        message_en: reason.message.en.clone(),
        remedy_en: reason.remedy.en.clone(),
        remedies: remedies(rule.map(Rule::kind), reason),
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

    /// Takes a scan at the caller's till: keyboard wedge, serial scanner.
    pub async fn take_scan(&self, caller: Caller, text: String) -> Result<Scanned, DeskError> {
        let text = Zeroizing::new(text);
        self.run(move |desk| {
            let scanned = desk.take_scan(&caller, &text);
            desk.counter.tell();
            scanned
        })
        .await
    }

    /// Shows at the caller's till why a scan was not taken; a key of the text catalogue.
    pub async fn refuse_scan(&self, caller: Caller, code: &'static str) -> Result<(), DeskError> {
        self.run(move |desk| {
            let _ = desk.refuse_scan(&caller, code);
            desk.counter.tell();
            Ok(())
        })
        .await
    }

    /// Resolves an attempt in doubt as the person in charge found it at the platform. They sign for
    /// it, unless nobody who could be in charge is registered.
    pub async fn resolve(
        &self,
        caller: Caller,
        (sale, msgid): (SaleId, String),
        resolution: Resolution,
        by: Option<Credentials>,
    ) -> Result<(), DeskError> {
        let mut signed = None;
        if let Some(by) = by {
            let (till, attempt) = (caller.till.clone(), (sale.clone(), msgid.as_str()));
            let act = self.sign_resolution(till, attempt, &resolution, by);
            signed = Some(act.await?);
        }
        self.run(move |desk| {
            let resolved = desk.resolve(&caller, (&sale, &msgid), resolution, signed);
            desk.counter.tell();
            resolved
        })
        .await
    }
}
