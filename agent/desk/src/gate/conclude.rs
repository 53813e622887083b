//! What became of a call that left.

use pharmacy_decision::facts::{Credential, EvidenceKind, Fund};
use pharmacy_decision::pack::CallRole;
use pharmacy_decision::record::evidence::EvidenceStep;
use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::record::finding::Finding;
use pharmacy_protocol::record::outcome::Outcome;
use pharmacy_protocol::term::Fen;

use super::call::local;
use super::{Concluded, PlatformAnswer, report};
use crate::core::attempt::{Attempt, AttemptState, Direction, Report, Settled};
use crate::core::presence::HeldEvidence;
use crate::pending::{Pending, PendingKey};
use crate::sale::report::Told;
use crate::step::{Step, part};
use crate::{Departure, Desk, DeskError, Fate};
use pharmacy_base::text;
use pharmacy_interface::{Answer, InsuredQuery, refusal};
use pharmacy_journal::store::{RelayedRow, Sealed};

/// What the platform says of an attempt in another call.
pub(super) enum Platform {
    Settled(Settled),
    /// It was taken back.
    TookBack(Settled),
    /// There is no such transaction, as it said before.
    Unknown,
}

impl Desk {
    pub(super) fn conclude_call(
        &mut self,
        departure: &Departure,
        fate: Fate,
    ) -> Result<Concluded, DeskError> {
        let Some(pending) = self.memory.pending.remove(&PendingKey::from(departure)) else {
            return Ok(match fate {
                Fate::Answered(_) => Concluded::AsItCame,
                Fate::InDoubt | Fate::NotSent => Concluded::Nothing,
            });
        };
        if !departure.moves_money {
            return self.conclude_early(departure, &pending, fate);
        }
        match fate {
            Fate::Answered(answer) => {
                let state = self.state_of(pending.table.role, &answer);
                let is_unknown = self.says_unknown(pending.table.role, &answer);
                self.record_outcome(departure, &pending, state, Some(&answer))?;
                if is_unknown {
                    self.count_unknown(departure)?;
                }
                Ok(Concluded::AsItCame)
            }
            Fate::InDoubt => {
                self.record_outcome(departure, &pending, AttemptState::InDoubt, None)?;
                Ok(Concluded::Nothing)
            }
            Fate::NotSent => {
                let answer = self.not_sent(&pending);
                self.record_outcome(departure, &pending, AttemptState::NotSent, Some(&answer))?;
                Ok(Concluded::Instead(answer))
            }
        }
    }

    fn not_sent(&mut self, pending: &Pending) -> PlatformAnswer {
        let message = text::message("gateway.not-sent").zh;
        let envelope = self.envelope(&pending.request, &pending.table);
        local(envelope.refuse(pending.table.refusal, message))
    }

    fn record_outcome(
        &mut self,
        departure: &Departure,
        pending: &Pending,
        state: AttemptState,
        heard: Option<&PlatformAnswer>,
    ) -> Result<(), DeskError> {
        let counter = departure.sale.counter();
        let mut answered = None;
        if let Some(heard) = heard {
            let sealed: Sealed = self.seal_answer(&pending.key, heard)?;
            let row = RelayedRow {
                answer: Some(sealed),
                ..pending.row.clone()
            };
            answered = Some((pending.key, row));
        }
        let Some(sale) = self.load_counter(counter)? else {
            return Err(DeskError::UnknownSale);
        };
        let attempt = sale.attempt(&departure.msgid);
        let direction = attempt.map(|attempt| attempt.direction.clone());
        let report = Report {
            msgid: departure.msgid.clone(),
            direction: direction.unwrap_or(Direction::Settlement),
            state,
        };
        let till = sale.till.clone();
        let odd = heard.and_then(|heard| wrong_sums(&report.state, heard));
        let told =
            Told::answered(answered).understood(self.understood_after(&sale, &report, pending));
        match self.record_report(sale, &report, told) {
            Err(DeskError::Sale(_)) => {
                let record = Finding::Attempt {
                    finding: "gateway.late-answer".to_owned(),
                    msgid: report.msgid,
                    state: report.state,
                };
                self.note_finding(&till, &record)?;
            }
            recorded => recorded?,
        }
        // LAW: R24: what happened, happened; that it does not add up must not pass unnoticed.
        if let Some(settlement) = odd {
            let (finding, msgid) = ("gateway.sums-differ", Some(departure.msgid.as_str()));
            self.report_about(&till, finding, &settlement, msgid)?;
        }
        Ok(())
    }

    /// What a calculation's answer teaches, and the warning that goes with it.
    fn conclude_early(
        &mut self,
        departure: &Departure,
        pending: &Pending,
        fate: Fate,
    ) -> Result<Concluded, DeskError> {
        let answer = match fate {
            Fate::Answered(answer) => answer,
            Fate::NotSent => return Ok(Concluded::Instead(self.not_sent(pending))),
            Fate::InDoubt => return Ok(Concluded::Nothing),
        };
        let Some(view) = answer.view().filter(|view| view.is_success) else {
            return Ok(Concluded::AsItCame);
        };
        if let Some(settled) = view.settled()
            && let Some(sale) = self.load_counter(departure.sale.counter())?
        {
            self.meet_early(&sale.till, &pending.table.infno, settled)?;
        }
        self.learn_from_calculation(departure, pending, &view)?;
        let is_plain = !answer.headers.iter().any(|(name, value)| {
            name.eq_ignore_ascii_case("content-encoding") && value != b"identity"
        });
        let warning = pending.warning.as_deref().filter(|_| is_plain);
        let warned = warning.and_then(|warning| refusal::with_warning(&answer.body, warning));
        Ok(warned.map_or(Concluded::AsItCame, Concluded::Warned))
    }

    /// The platform accepted what was presented, and says which fund would pay.
    fn learn_from_calculation(
        &mut self,
        departure: &Departure,
        pending: &Pending,
        answer: &Answer,
    ) -> Result<(), DeskError> {
        let Some(mut sale) = self.load_counter(departure.sale.counter())? else {
            return Ok(());
        };
        let calculated = pooled_part(answer).map(|_| Fund::Pooled);
        let before = sale.relay.as_ref().and_then(|relay| relay.calculated);
        let fund = match sale.fund {
            Fund::Account => calculated.unwrap_or(Fund::Account),
            // What an earlier calculation of this basket said no longer holds.
            Fund::Pooled if before == Some(Fund::Pooled) && calculated.is_none() => Fund::Account,
            fund => fund,
        };
        let query = InsuredQuery::read(&pending.request).ok();
        let credential = query.and_then(|query| query.credential);
        let is_new = |credential: &Credential| {
            let accepted = EvidenceKind::CredentialAccepted {
                credential: *credential,
            };
            !sale.evidence.iter().any(|held| held.kind == accepted)
        };
        let credential = credential.filter(is_new);
        let is_known = fund == sale.fund && calculated == before && credential.is_none();
        if is_known || sale.reopen().is_err() {
            return Ok(());
        }
        sale.fund = fund;
        if let Some(relay) = &mut sale.relay {
            relay.calculated = calculated;
        }
        let mut held = None;
        if let Some(credential) = credential {
            let evidence = HeldEvidence {
                person: sale.roles.holder.reference.clone(),
                kind: EvidenceKind::CredentialAccepted { credential },
                at_ms: self.clock.now_ms(),
                entry: sale.entry,
            };
            held = Some(evidence.clone());
            sale.evidence.push(evidence);
        }
        let is_held = held.is_some();
        let record = EvidenceStep::Fund {
            fund,
            evidence: held,
        };
        let step = Step::telling(&record)?.then(move |sale, index| {
            if let Some(held) = sale.evidence.last_mut().filter(|_| is_held) {
                held.entry = index;
            }
        });
        let _ = self.record_step(sale, step)?;
        Ok(())
    }

    /// Does the platform's refusal of an undo say that there is nothing to undo?
    fn says_unknown(&self, role: CallRole, answer: &PlatformAnswer) -> bool {
        let today = self.clock.today();
        let refusal = answer.view().filter(|view| {
            let is_of_platform = (200..300).contains(&answer.status);
            is_of_platform && role == CallRole::Undo && !view.is_success && !names_settlement(view)
        });
        let message = refusal.and_then(|view| view.message);
        let doubles = self.pack.doubles(&self.setup.store.region, today);
        message.is_some_and(|message| doubles.says_unknown(&message))
    }

    /// The platform knows no such transaction. That ends a doubt the second time, once the departure is
    /// so long ago that nothing is on its way any more, and its connection is closed.
    fn count_unknown(&mut self, departure: &Departure) -> Result<(), DeskError> {
        let counter = departure.sale.counter();
        let Some(mut sale) = self.load_counter(counter)? else {
            return Ok(());
        };
        let undo = sale.attempt(&departure.msgid);
        let Some(Direction::Undo { of }) = undo.map(|undo| undo.direction.clone()) else {
            return Ok(());
        };
        if !sale.attempt(&of).is_some_and(Attempt::is_open) {
            return Ok(());
        }
        let times = sale.count_unknown(&of);
        let record = Outcome::Unknown {
            msgid: of.clone(),
            times,
        };
        let _ = self.record_step(sale, Step::new(EntryKind::Reversal, part(&record)?))?;
        if times > 1 && self.is_nothing_under_way(counter, &of)? {
            self.resolve_doubt(counter, &of, Platform::Unknown)?;
        }
        Ok(())
    }

    /// Resolves an attempt in doubt by what the platform says of it in another call.
    pub(super) fn resolve_doubt(
        &mut self,
        counter: u64,
        msgid: &str,
        said: Platform,
    ) -> Result<bool, DeskError> {
        let Some(sale) = self.load_counter(counter)? else {
            return Ok(false);
        };
        let attempt = sale.attempt(msgid);
        let Some(attempt) = attempt.filter(|attempt| attempt.state == AttemptState::InDoubt) else {
            return Ok(false);
        };
        let state = match (said, &attempt.direction) {
            // Settled, and taken back since, or never there: nothing of it stands.
            (Platform::TookBack(_), Direction::Settlement) | (Platform::Unknown, _) => {
                AttemptState::Declined
            }
            (Platform::Settled(settled) | Platform::TookBack(settled), _) => {
                AttemptState::Settled(settled)
            }
        };
        let report = Report {
            msgid: msgid.to_owned(),
            direction: attempt.direction.clone(),
            state,
        };
        self.record_report(sale, &report, Told::default())?;
        Ok(true)
    }

    /// A settlement that the platform names although the attempt was told otherwise.
    pub(super) fn report_about(
        &mut self,
        till: &pharmacy_protocol::term::TillNumber,
        finding: &'static str,
        settlement: &str,
        msgid: Option<&str>,
    ) -> Result<(), DeskError> {
        let record = report::about_settlement(finding, settlement, msgid);
        self.note_finding(till, &record)?;
        Ok(())
    }
}

impl Desk {
    /// What an answer says of its attempt. Statuses that the pack lists are of a gate before the platform,
    /// which did not take the call, unless the answer tells of a settlement all the same.
    fn state_of(&self, role: CallRole, answer: &PlatformAnswer) -> AttemptState {
        let today = self.clock.today();
        let doubles = self.pack.doubles(&self.setup.store.region, today);
        let tells_more = answer
            .view()
            .is_some_and(|view| view.is_success || names_settlement(&view));
        if doubles.not_taken.contains(&answer.status) && !tells_more {
            return AttemptState::Declined;
        }
        state_of(role, answer)
    }
}

fn names_settlement(view: &Answer) -> bool {
    let settled = view.settled();
    settled.is_some_and(|settled| settled.settlement.is_some())
}

/// What an answer says of its attempt. Only the platform's own "no" is a no: an answer that cannot be
/// read, or one of a machine in between, leaves it in doubt.
fn state_of(role: CallRole, answer: &PlatformAnswer) -> AttemptState {
    let Some(view) = answer.view() else {
        return AttemptState::InDoubt;
    };
    if !(200..300).contains(&answer.status) {
        return AttemptState::InDoubt;
    }
    let settled = view.settled();
    if !view.is_success {
        let names_one = settled.is_some_and(|settled| settled.settlement.is_some());
        // "No", and a settlement's number with it: nobody knows which of the two is meant.
        return if names_one {
            AttemptState::InDoubt
        } else {
            AttemptState::Declined
        };
    }
    let number = settled
        .as_ref()
        .and_then(|settled| settled.settlement.clone());
    let settlement = match (number, role) {
        (Some(number), _) => number,
        // 2103 and 2601 succeed without a settlement of their own.
        (None, CallRole::Reversal | CallRole::Undo) => view.reference.clone().unwrap_or_default(),
        (None, _) => return AttemptState::InDoubt,
    };
    let (insurance, cash) = settled.map_or((Fen::ZERO, Fen::ZERO), |settled| {
        let account = settled.account.unwrap_or(Fen::ZERO);
        let fund = settled.fund.unwrap_or(Fen::ZERO);
        let insurance = account.checked_add(fund).unwrap_or(Fen::ZERO);
        (insurance, settled.cash.unwrap_or(Fen::ZERO))
    });
    AttemptState::Settled(Settled {
        settlement,
        insurance,
        cash,
    })
}

/// The settlement that an answer tells of in amounts that make no whole.
fn wrong_sums(state: &AttemptState, answer: &PlatformAnswer) -> Option<String> {
    let AttemptState::Settled(settled) = state else {
        return None;
    };
    let told = answer.view()?.settled()?;
    (told.adds_up == Some(false)).then(|| settled.settlement.clone())
}

/// What a pooled fund would pay, where the parts of an answer add up to the whole: else it cannot be
/// told from account money that a province counts in.
fn pooled_part(answer: &Answer) -> Option<Fen> {
    let settled = answer.settled()?;
    let account = settled.account.unwrap_or(Fen::ZERO);
    let (fund, cash) = (settled.fund?, settled.cash.unwrap_or(Fen::ZERO));
    let sum = Fen::checked_sum([account, fund, cash]);
    (fund > Fen::ZERO && sum.is_some() && sum == settled.total).then_some(fund)
}
