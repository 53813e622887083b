//! Settlements that cannot be read: let through or refused, and what becomes of those that went.
//!
//! ```text
//! commissioning, or this till's number is not known to be readable ─► passes, is watched
//! operating, and it is known, or the pack's day has come           ─► refused, unless its shape was opened again
//! accepted by the platform, or nobody knows, also after a kill      ─► a finding with its shape
//! declined                                                         ─► nothing
//! ```
//! In scope: calls with a number, in body or path. Out of scope: opening a shape again (`counter`).

use pharmacy_decision::facts::Stage;
use pharmacy_decision::pack::{CallRole, Refusal};
use pharmacy_protocol::digest::sha256;
use pharmacy_protocol::record::finding::{Finding, UnreadAnswer, UnreadShape};
use pharmacy_protocol::term::{EntryIndex, Fen, TillNumber};

use super::call::local;
use super::{PlatformAnswer, WireCall};
use crate::core::attempt::{AttemptState, Direction, Report};
use crate::core::sale::Sale;
use crate::memory::Staged;
use crate::pending::{Let, PASSING_SETTING, Passing, Pending};
use crate::reopened::REOPENED_SETTING;
use crate::understood::{Understood, setting_of};
use crate::{Desk, DeskError, Gated};
use pharmacy_base::text;
use pharmacy_interface::refusal::Envelope;
use pharmacy_interface::{Answer, Request, ViewError};

/// A settlement that could not be read was refused: its code for tills, findings and the page.
pub(super) const UNREAD: &str = "gateway.unread";

impl Desk {
    /// Lets a settlement through that cannot be read, or refuses it.
    pub(super) fn gate_unread(
        &mut self,
        call: &WireCall,
        role: CallRole,
        error: &ViewError,
    ) -> Result<Gated, DeskError> {
        let till = call.caller.till.clone();
        let shape = shape_of(call, words_of(error));
        // Of these numbers nobody has the tables: that one cannot be read says nothing.
        let has_tables = role == CallRole::Settlement;
        let is_known = self.is_readable_at(&till, |known| known.is_known(&call.infno));
        let reopened = match has_tables && is_known {
            true => match self.permit(&shape) {
                Some(entry) => Some(entry),
                None => {
                    self.shut(&till, shape)?;
                    return Ok(Gated::Answer(self.unread_answer(call)));
                }
            },
            false => None,
        };
        let passes = Let {
            shape,
            reopened,
            since_mono_ms: self.clock.mono_ms(),
        };
        self.let_pass(&till, sha256(&call.body), passes)?;
        Ok(Gated::Pass)
    }

    /// Remembers what is let through, on the disk before it leaves.
    pub(super) fn let_pass(
        &mut self,
        till: &TillNumber,
        body: [u8; 32],
        passes: Let,
    ) -> Result<(), DeskError> {
        self.memory.unread.add(till, body, passes);
        let kept = self.keep_passing();
        if kept.is_err() {
            let _ = self.memory.unread.take(till, &body);
        }
        kept
    }

    /// Keeps what is on its way. No entry tells of it: it is a finding or nothing, with its answer or at the
    /// next start.
    pub(super) fn keep_passing(&mut self) -> Result<(), DeskError> {
        let passing = self.memory.unread.serialize()?;
        self.journal
            .change(|transaction| Ok(transaction.put_setting(PASSING_SETTING, &passing)?))
    }

    /// What an earlier run let through and never heard of: nobody knows what became of it.
    pub(crate) fn report_interrupted(&mut self) -> Result<(), DeskError> {
        let kept = self.journal.reader().setting(PASSING_SETTING)?;
        let Some(kept) = kept else { return Ok(()) };
        self.memory.unread = Passing::parse(&kept)?;
        while let Some((till, passed)) = self.memory.unread.take_first() {
            self.report_unread(&till, passed, (UnreadAnswer::Unknown, None))?;
        }
        Ok(())
    }

    /// The entry by which people let one more of a shape through.
    pub(super) fn permit(&mut self, shape: &UnreadShape) -> Option<EntryIndex> {
        let mono_ms = self.clock.mono_ms();
        let _ = self.reopened();
        let on_way = |entry| self.memory.unread.let_by(entry, mono_ms);
        self.memory
            .reopened
            .permit(shape, self.pack.unread(), on_way)
    }

    /// Must what this till sends be read, by what is known of it?
    pub(super) fn is_readable_at(
        &self,
        till: &TillNumber,
        known: impl Fn(&Understood) -> bool,
    ) -> bool {
        let now_ms = self.clock.now_ms();
        let is_day = self.pack.unread().is_refused_on(self.clock.today());
        let seat = self.memory.seats.find_seat(till);
        let is_known = is_day || seat.is_some_and(|seat| known(&seat.understood));
        is_known && self.stage(now_ms) == Stage::Operating
    }

    /// A settlement is refused because it cannot be read; recorded once a day for its shape, however often the
    /// till tries.
    pub(super) fn shut(&mut self, till: &TillNumber, shape: UnreadShape) -> Result<(), DeskError> {
        let day = self.clock.today();
        let mark = format!("{UNREAD}/{till}/{}/{day}", shape.digest());
        let record = Finding::Unread {
            finding: UNREAD.to_owned(),
            shape: shape.clone(),
            answer: None,
            reopened: None,
        };
        self.note_finding_once(till, &mark, &record)?;
        tracing::warn!(code = UNREAD, %till, shape = shape.digest(), "a settlement cannot be read and is refused");
        self.memory.touch();
        self.memory.seats.seat(till).shut = Some(shape);
        Ok(())
    }

    /// What the till hears of it.
    fn unread_answer(&mut self, call: &WireCall) -> PlatformAnswer {
        self.memory.serial = self.memory.serial.wrapping_add(1);
        let request = Request::parse_named(&call.body, &call.infno).ok();
        let table = self.interface_call(&call.infno);
        let envelope = Envelope {
            request: request.as_ref(),
            form: table.as_ref().map(|table| table.form).unwrap_or_default(),
            manner: call.manner.clone(),
            now_ms: self.clock.now_ms(),
            serial: self.memory.serial,
        };
        let refusal = table.map_or(Refusal::MinusOne, |table| table.refusal);
        local(envelope.refuse(refusal, text::message(UNREAD).zh))
    }

    /// What became of a settlement that passed unread. What the platform declined counts for nothing.
    pub(super) fn observe_unread(
        &mut self,
        call: &WireCall,
        role: CallRole,
        answer: Option<&Answer>,
    ) -> Result<(), DeskError> {
        let till = &call.caller.till;
        let taken = self.memory.unread.take(till, &sha256(&call.body));
        let was_kept = taken.is_some();
        let passed = match taken {
            Some(passed) => passed,
            None if role == CallRole::Settlement => Let {
                shape: shape_of(call, reason_of(call)),
                reopened: None,
                since_mono_ms: 0,
            },
            // It carried no lines.
            None => return Ok(()),
        };
        // Of these numbers nobody knows whether they settle, until an answer says so.
        let is_envelope = Request::parse(&call.body).is_ok();
        let names_one = answer
            .and_then(Answer::settled)
            .is_some_and(|settled| settled.settlement.is_some());
        let is_other = role == CallRole::SettlementIfLines && is_envelope && !names_one;
        match heard(answer).filter(|_| !is_other) {
            Some(heard) => self.report_unread(till, passed, (heard, answer.and_then(amount_of))),
            None if was_kept => self.keep_passing(),
            None => Ok(()),
        }
    }

    /// Records a settlement that nobody read, with its shape.
    pub(super) fn report_unread(
        &mut self,
        till: &TillNumber,
        passed: Let,
        (answer, amount): (UnreadAnswer, Option<Fen>),
    ) -> Result<(), DeskError> {
        let code = "gateway.unreadable";
        tracing::warn!(code, %till, shape = passed.shape.digest(), "a settlement passed that nobody could read");
        let record = Finding::Unread {
            finding: code.to_owned(),
            shape: passed.shape.clone(),
            answer: Some(answer),
            reopened: passed.reopened,
        };
        let seat = self.memory.seats.seat(till);
        let understood = seat.understood.after_not_reading(&passed.shape);
        let (setting, kept) = (setting_of(till), understood.serialize()?);
        let mut reopened = self.reopened().clone();
        if let Some(entry) = passed.reopened {
            reopened.passed(entry, amount);
        }
        let (at, passing) = (till.clone(), self.memory.unread.serialize()?);
        self.record_finding(till, &record, move |transaction, _| {
            transaction.put_setting(&setting, &kept)?;
            transaction.put_setting(PASSING_SETTING, &passing)?;
            if passed.reopened.is_some() {
                transaction.put_setting(REOPENED_SETTING, &reopened.serialize()?)?;
            }
            Ok(Staged::new(()).then(move |memory| {
                memory.reopened = reopened;
                let seat = memory.seats.seat(&at);
                seat.understood = understood;
                seat.tally.count(false);
            }))
        })?;
        self.keep_tallies()
    }

    /// What is understood of a till once the platform accepted a settlement that was read and judged; none
    /// where it says nothing new. Counts it, too.
    pub(super) fn understood_after(
        &mut self,
        sale: &Sale,
        report: &Report,
        pending: &Pending,
    ) -> Option<Understood> {
        let is_settled = matches!(report.state, AttemptState::Settled(_))
            && report.direction == Direction::Settlement;
        if !is_settled || sale.settlement().is_some() {
            return None;
        }
        self.count_settlement(&sale.till, true);
        let seat = self.memory.seats.seat(&sale.till);
        seat.shut = None;
        let has_tables = pending.table.role == CallRole::Settlement;
        let infno = has_tables.then_some(&pending.table.infno);
        seat.understood
            .after_reading(infno, &pending.path, self.pack.unread())
    }
}

/// What a settlement came to, as the platform says.
pub(super) fn amount_of(answer: &Answer) -> Option<Fen> {
    let settled = answer.settled()?;
    let parts = [settled.account, settled.fund, settled.cash];
    settled
        .total
        .or_else(|| Fen::checked_sum(parts.into_iter().flatten()))
}

/// What an answer says of a settlement that nobody read; none where the platform declined it.
pub(super) fn heard(answer: Option<&Answer>) -> Option<UnreadAnswer> {
    let Some(answer) = answer else {
        return Some(UnreadAnswer::Unknown);
    };
    if answer.is_success {
        return Some(UnreadAnswer::Accepted);
    }
    // "No", and a settlement's number with it: nobody knows which of the two is meant.
    let settled = answer.settled();
    let names_one = settled.is_some_and(|settled| settled.settlement.is_some());
    names_one.then_some(UnreadAnswer::Unknown)
}

fn shape_of(call: &WireCall, reason: String) -> UnreadShape {
    UnreadShape {
        infno: Some(call.infno.clone()),
        path: call.wrapping.path().to_owned(),
        media: call.wrapping.media().to_owned(),
        coding: call.wrapping.coding().to_owned(),
        reason,
    }
}

/// Why a call cannot be read, as far as its envelope tells.
fn reason_of(call: &WireCall) -> String {
    match Request::parse(&call.body) {
        Ok(_) => "the settlement cannot be read".to_owned(),
        Err(error) => words_of(&error),
    }
}

/// An error without the number of the line: it makes no other shape.
fn words_of(error: &ViewError) -> String {
    let words = error.to_string();
    words.chars().filter(|c| !c.is_ascii_digit()).collect()
}
