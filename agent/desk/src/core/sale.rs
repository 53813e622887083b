//! A sale and its attempts to settle.
//!
//! ```text
//! Open ⇄ Assessed → Closed          every change of basket, people or evidence drops the assessment
//!    └──────┴─────→ Abandoned
//! Attempt: Intended → NotSent │ Declined │ Settled │ InDoubt,   InDoubt → Settled │ Declined
//! ```
//! In scope: which step may follow which, and what a report of the till means. Out of scope: the
//! verdict itself (`pharmacy-decision`), durability (the journal).

mod error;
mod question;
mod relay;

use pharmacy_decision::Verdict;
use pharmacy_decision::facts::{Fund, Insurance, Prescription};
use pharmacy_decision::record::evidence::EvidenceStep;
use pharmacy_decision::record::sale::SaleStep;
use pharmacy_protocol::term::{EntryIndex, Fen, LogId, SaleId, TillNumber};
use serde::{Deserialize, Serialize};

use super::attempt::{Attempt, AttemptState, Direction, Report, Settled};
use super::basket::Basket;
use super::correction::Correction;
use super::invoice::Invoiced;
use super::presence::HeldEvidence;
use super::release::HeldRelease;

pub use self::error::SaleError;
pub use self::relay::{REMEDY_MS, Relay, is_fresh};
pub use super::roles::{Masked, Roles};
pub use pharmacy_protocol::record::outcome::ReportFinding as Finding;

/// One sale, as kept between requests. Persons are references and masked texts only.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Sale {
    /// Log id and counter.
    pub id: SaleId,
    /// Where it was opened.
    pub till: TillNumber,
    /// Which program opened it.
    pub client: String,
    /// Who operates the till, as the till says.
    pub operator: Option<String>,
    /// When it was opened, milliseconds since 1970.
    pub opened_ms: i64,
    /// The entry that opened it.
    pub entry: EntryIndex,
    /// The entry of its latest change.
    pub latest: EntryIndex,
    /// Which money is to pay.
    pub fund: Fund,
    /// The kind of insurance, if the till told.
    pub insurance: Option<Insurance>,
    pub roles: Roles,
    /// What shows that somebody is here.
    pub evidence: Vec<HeldEvidence>,
    pub basket: Basket,
    /// Prescriptions as the till told them.
    pub prescriptions: Vec<Prescription>,
    /// Prescriptions that this store keeps and that were attached, by their numbers here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attached: Vec<u64>,
    /// What the person in charge released.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub releases: Vec<HeldRelease>,
    /// The till's own receipt number, where it tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<String>,
    /// How far it is.
    pub phase: Phase,
    /// Attempts to settle or reverse, oldest first.
    pub attempts: Vec<Attempt>,
    /// The entry that holds the purchase list, once settled.
    pub list: Option<EntryIndex>,
    /// What of the cash part was given back without a reversal.
    #[serde(default)]
    pub refunded: Fen,
    /// Invoices that were reported for it, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub invoices: Vec<Invoiced>,
    /// What held it up and was counted, as kind and rule: each counts once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub counted: Vec<(String, String)>,
    /// Boxes that were handed over instead of those that were scanned, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub corrected: Vec<Correction>,
    /// The insured of a sale of the local API, as a digest of the insurer's number, where the gateway saw the
    /// platform name them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub witnessed: Option<String>,
    /// The fingerprint of a basket of the local API of which somebody of the staff said that it is another
    /// purchase than one that was settled minutes before. A relayed sale keeps it with what else is known
    /// of its message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub another: Option<String>,
    /// What the gateway knows of it; none for a sale of the local API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relay: Option<Relay>,
}

/// How far a sale is.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Given up before any settlement.
    Abandoned,
    /// Judged as it stands.
    Assessed(Assessment),
    Closed,
    Open,
}

/// The standing verdict of an assessed sale.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Assessment {
    /// The entry that records it.
    pub entry: EntryIndex,
    pub answer: Answer,
    /// What the insurance may pay.
    pub insurance: Fen,
    /// What must be paid in cash.
    pub cash: Fen,
}

/// A verdict without its reasons.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    Allow,
    /// Not before the questions are answered.
    Ask,
    Refuse,
}

impl From<&Verdict> for Answer {
    fn from(verdict: &Verdict) -> Self {
        match verdict {
            Verdict::Allow { .. } => Self::Allow,
            Verdict::Ask { .. } => Self::Ask,
            Verdict::Refuse { .. } => Self::Refuse,
        }
    }
}

impl Answer {
    /// The answer's word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Ask => "ask",
            Self::Refuse => "refuse",
        }
    }
}

impl Sale {
    /// A sale that nobody has said anything of yet. Number and first entry are 0 until the transaction
    /// that records it gives them out.
    pub fn open(log: &LogId, (till, client): (TillNumber, String), opened_ms: i64) -> Self {
        Self {
            id: SaleId::new(log.clone(), 0),
            till,
            client,
            operator: None,
            opened_ms,
            entry: EntryIndex::new(0),
            latest: EntryIndex::new(0),
            fund: Fund::Account,
            insurance: None,
            roles: Roles::default(),
            evidence: Vec::new(),
            basket: Basket::default(),
            prescriptions: Vec::new(),
            attached: Vec::new(),
            releases: Vec::new(),
            receipt: None,
            phase: Phase::Open,
            attempts: Vec::new(),
            list: None,
            refunded: Fen::ZERO,
            invoices: Vec::new(),
            counted: Vec::new(),
            corrected: Vec::new(),
            witnessed: None,
            another: None,
            relay: None,
        }
    }

    /// How it was opened, as its first entry records it.
    pub fn opened(&self) -> SaleStep {
        SaleStep::Opened {
            fund: self.fund,
            insurance: self.insurance,
            operator: self.operator.clone(),
            evidence: self.evidence.clone(),
        }
    }

    /// Who is who now, as an entry records it.
    pub fn roles_told(&self) -> EvidenceStep {
        EvidenceStep::Roles {
            roles: Box::new(self.roles.clone()),
            evidence: None,
        }
    }

    /// Notes that somebody did something for it just now.
    pub fn touch(&mut self, now_ms: i64) {
        if let Some(relay) = &mut self.relay {
            relay.touched_ms = now_ms;
        }
    }

    /// Notes that its basket is another purchase, and says which basket that is.
    pub fn say_another(&mut self) -> String {
        let (another, basket) = match &mut self.relay {
            Some(relay) => (&mut relay.another, relay.fingerprint.clone()),
            None => (&mut self.another, self.basket.fingerprint()),
        };
        *another = Some(basket.clone());
        basket
    }

    /// Prepares a change of basket, people or evidence: the standing assessment is dropped.
    pub fn reopen(&mut self) -> Result<(), SaleError> {
        self.demand_no_open_attempt()?;
        match self.phase {
            Phase::Open | Phase::Assessed(_) => {
                self.phase = Phase::Open;
                Ok(())
            }
            Phase::Closed | Phase::Abandoned => Err(SaleError::Over),
        }
    }

    /// Takes a fresh verdict.
    pub fn assess(&mut self, assessment: Assessment) -> Result<(), SaleError> {
        self.reopen()?;
        self.phase = Phase::Assessed(assessment);
        Ok(())
    }

    /// Gives the sale up.
    pub fn abandon(&mut self) -> Result<(), SaleError> {
        self.reopen()?;
        self.phase = Phase::Abandoned;
        Ok(())
    }

    /// Notes that an attempt is about to leave. A settlement needs a verdict that allows it.
    pub fn intend(
        &mut self,
        msgid: &str,
        direction: Direction,
        at_ms: i64,
    ) -> Result<(), SaleError> {
        self.demand_no_open_attempt()?;
        self.depart(msgid, direction, at_ms)
    }

    /// The same for a call that passes through the gateway: what takes back is never held up by
    /// what is in doubt.
    pub fn depart(
        &mut self,
        msgid: &str,
        direction: Direction,
        at_ms: i64,
    ) -> Result<(), SaleError> {
        if self.attempt(msgid).is_some() && !self.may_leave_again(msgid) {
            return Err(SaleError::Contradiction);
        }
        match &direction {
            Direction::Settlement => {
                self.demand_no_open_attempt()?;
                let Phase::Assessed(Assessment {
                    answer: Answer::Allow,
                    ..
                }) = &self.phase
                else {
                    return Err(SaleError::NotAllowed);
                };
            }
            Direction::Reversal { of } => self.demand_reversible(of)?,
            Direction::Undo { of } => self.demand_undoable(of)?,
        }
        let state = AttemptState::Intended;
        self.attempts.retain(|attempt| attempt.msgid != msgid);
        self.attempts.push(Attempt {
            msgid: msgid.to_owned(),
            direction,
            state,
            at_ms,
            unknown: 0,
        });
        Ok(())
    }

    /// May a message that is known leave under the same id? If it never did, or the platform did not take
    /// it; not if it was taken back since.
    pub fn may_leave_again(&self, msgid: &str) -> bool {
        let state = self.attempt(msgid).map(|attempt| &attempt.state);
        match state {
            Some(AttemptState::NotSent) => true,
            Some(AttemptState::Declined) => !self.is_reversed(msgid),
            Some(AttemptState::InDoubt | AttemptState::Intended | AttemptState::Settled(_))
            | None => false,
        }
    }

    /// Takes the till's report of an attempt, announced or not.
    pub fn report(&mut self, report: Report, at_ms: i64) -> Result<Vec<Finding>, SaleError> {
        if let Some(known) = self
            .attempts
            .iter_mut()
            .find(|known| known.msgid == report.msgid)
        {
            if known.direction != report.direction {
                return Err(SaleError::Contradiction);
            }
            match (&known.state, &report.state) {
                (old, new) if old == new => return Ok(Vec::new()),
                (AttemptState::Intended, _)
                | (AttemptState::InDoubt, AttemptState::Settled(_) | AttemptState::Declined) => {
                    known.state = report.state.clone();
                }
                _ => return Err(SaleError::Contradiction),
            }
        } else {
            match &report.direction {
                Direction::Reversal { of } => self.demand_reversible(of)?,
                Direction::Settlement => {}
                Direction::Undo { of } => self.demand_undoable(of)?,
            }
            self.attempts.push(Attempt {
                msgid: report.msgid.clone(),
                direction: report.direction.clone(),
                state: report.state.clone(),
                at_ms,
                unknown: 0,
            });
        }
        Ok(self.conclude(&report))
    }

    /// Counts that the platform said that it knows no such transaction, and says how often it did.
    pub fn count_unknown(&mut self, msgid: &str) -> u32 {
        let mut attempts = self.attempts.iter_mut();
        let Some(attempt) = attempts.find(|attempt| attempt.msgid == msgid) else {
            return 0;
        };
        attempt.unknown = attempt.unknown.saturating_add(1);
        attempt.unknown
    }

    /// What a report means for the sale.
    fn conclude(&mut self, report: &Report) -> Vec<Finding> {
        if let (Direction::Undo { of }, AttemptState::Settled(_)) =
            (&report.direction, &report.state)
        {
            self.settle_doubt(of);
        }
        let (Direction::Settlement, AttemptState::Settled(settled)) =
            (&report.direction, &report.state)
        else {
            return Vec::new();
        };
        let mut findings = Vec::new();
        match &self.phase {
            Phase::Assessed(assessment) => {
                if assessment.answer != Answer::Allow {
                    findings.push(Finding::SettledAgainstVerdict);
                }
                if !self.is_as_assessed(assessment, settled) {
                    findings.push(Finding::AmountsDiffer);
                }
            }
            Phase::Open | Phase::Abandoned => findings.push(Finding::SettledWithoutVerdict),
            Phase::Closed => {}
        }
        if self.standing_settlements() > 1 {
            findings.push(Finding::SettledTwice);
        }
        self.phase = Phase::Closed;
        findings
    }

    /// Whatever became of an attempt that was undone: nothing of it stands.
    fn settle_doubt(&mut self, msgid: &str) {
        for attempt in &mut self.attempts {
            let is_open = matches!(
                attempt.state,
                AttemptState::InDoubt | AttemptState::Intended
            );
            if attempt.msgid == msgid && is_open {
                attempt.state = AttemptState::Declined;
            }
        }
    }

    /// Through the gateway the platform alone splits the amount; only the sum is ours to expect.
    fn is_as_assessed(&self, assessment: &Assessment, settled: &Settled) -> bool {
        match &self.relay {
            None => (settled.insurance, settled.cash) == (assessment.insurance, assessment.cash),
            Some(relay) => {
                let expected = Fen::checked_sum([assessment.insurance, assessment.cash]);
                // A head that rounds, or bears what is no line, passed the rules as it is.
                let head = relay.bill.and_then(|bill| bill.total);
                let found = Fen::checked_sum([settled.insurance, settled.cash]);
                found == expected || (head.is_some() && found == head)
            }
        }
    }

    /// Gives a part of what was paid in cash back as cash.
    ///
    /// LAW: R20. What the account or a fund paid goes back through a reversal, and no other way.
    pub fn refund_cash(&mut self, amount: Fen) -> Result<(), SaleError> {
        let settled = self.settlement().ok_or(SaleError::NothingToReverse)?;
        let left = settled.cash.checked_sub(self.refunded).unwrap_or(Fen::ZERO);
        if amount <= Fen::ZERO || amount > left {
            return Err(SaleError::RefundOfAccount);
        }
        self.refunded = self.refunded.checked_add(amount).unwrap_or(self.refunded);
        Ok(())
    }

    /// After a crash nobody knows whether an announced attempt left.
    pub fn doubt_intended(&mut self) -> bool {
        let mut changed = false;
        for attempt in &mut self.attempts {
            if attempt.state == AttemptState::Intended {
                attempt.state = AttemptState::InDoubt;
                changed = true;
            }
        }
        changed
    }

    /// The attempt with this message id.
    pub fn attempt(&self, msgid: &str) -> Option<&Attempt> {
        self.attempts.iter().find(|attempt| attempt.msgid == msgid)
    }

    /// The settlement that stands: confirmed and not reversed.
    pub fn settlement(&self) -> Option<&Settled> {
        self.attempts
            .iter()
            .rev()
            .find_map(|attempt| match (&attempt.direction, &attempt.state) {
                (Direction::Settlement, AttemptState::Settled(settled))
                    if !self.is_reversed(&attempt.msgid) =>
                {
                    Some(settled)
                }
                _ => None,
            })
    }

    /// Is an attempt without outcome?
    pub fn has_open_attempt(&self) -> bool {
        self.attempts.iter().any(|attempt| {
            matches!(
                attempt.state,
                AttemptState::Intended | AttemptState::InDoubt
            )
        })
    }

    fn standing_settlements(&self) -> usize {
        self.attempts
            .iter()
            .filter(|attempt| {
                attempt.direction == Direction::Settlement
                    && matches!(attempt.state, AttemptState::Settled(_))
                    && !self.is_reversed(&attempt.msgid)
            })
            .count()
    }

    /// Was a settlement taken back, by its number or by its message id? A reversal that was itself
    /// undone took nothing back.
    pub fn is_reversed(&self, msgid: &str) -> bool {
        let is_settled = |attempt: &&Attempt| matches!(attempt.state, AttemptState::Settled(_));
        self.attempts
            .iter()
            .filter(is_settled)
            .any(|attempt| match &attempt.direction {
                Direction::Reversal { of } => of == msgid && !self.is_undone(&attempt.msgid),
                Direction::Settlement => false,
                Direction::Undo { of } => of == msgid,
            })
    }

    fn is_undone(&self, msgid: &str) -> bool {
        self.attempts.iter().any(|attempt| {
            matches!(&attempt.direction, Direction::Undo { of } if of == msgid)
                && matches!(attempt.state, AttemptState::Settled(_))
        })
    }

    fn demand_undoable(&self, msgid: &str) -> Result<(), SaleError> {
        if self.attempt(msgid).is_some() && !self.is_undone(msgid) {
            Ok(())
        } else {
            Err(SaleError::NothingToReverse)
        }
    }

    fn demand_no_open_attempt(&self) -> Result<(), SaleError> {
        if self.has_open_attempt() {
            Err(SaleError::InDoubt)
        } else {
            Ok(())
        }
    }

    fn demand_reversible(&self, msgid: &str) -> Result<(), SaleError> {
        let is_settled = self.attempt(msgid).is_some_and(|attempt| {
            attempt.direction == Direction::Settlement
                && matches!(attempt.state, AttemptState::Settled(_))
        });
        if is_settled && !self.is_reversed(msgid) {
            Ok(())
        } else {
            Err(SaleError::NothingToReverse)
        }
    }
}

#[cfg(test)]
mod tests {
    use pharmacy_decision::facts::Bill;

    use super::*;

    fn sale() -> Sale {
        let log = "0123456789abcdef".parse().unwrap();
        let mut sale = Sale::open(&log, ("01".parse().unwrap(), "till".into()), 0);
        sale.id = "0123456789abcdef-1".parse().unwrap();
        sale.entry = EntryIndex::new(1);
        sale
    }

    fn assessed(answer: Answer) -> Sale {
        let mut sale = sale();
        let (insurance, cash) = (Fen::new(100), Fen::ZERO);
        sale.assess(Assessment {
            entry: EntryIndex::new(2),
            answer,
            insurance,
            cash,
        })
        .unwrap();
        sale
    }

    fn settled(msgid: &str) -> Report {
        Report {
            msgid: msgid.into(),
            direction: Direction::Settlement,
            state: AttemptState::Settled(Settled {
                settlement: "S1".into(),
                insurance: Fen::new(100),
                cash: Fen::ZERO,
            }),
        }
    }

    fn reversed(msgid: &str, of: &str) -> Report {
        Report {
            direction: Direction::Reversal { of: of.into() },
            ..settled(msgid)
        }
    }

    #[test]
    fn a_change_drops_the_assessment() {
        let mut sale = assessed(Answer::Allow);
        sale.reopen().unwrap();
        assert_eq!(
            sale.intend("M1", Direction::Settlement, 0),
            Err(SaleError::NotAllowed)
        );
    }

    #[test]
    fn a_refused_sale_cannot_announce_a_settlement() {
        let mut sale = assessed(Answer::Refuse);
        assert_eq!(
            sale.intend("M1", Direction::Settlement, 0),
            Err(SaleError::NotAllowed)
        );
    }

    #[test]
    fn in_doubt_stays_until_the_platform_says() {
        let mut sale = assessed(Answer::Allow);
        sale.intend("M1", Direction::Settlement, 0).unwrap();
        assert!(sale.doubt_intended());
        assert_eq!(sale.reopen(), Err(SaleError::InDoubt));
        assert_eq!(
            sale.intend("M2", Direction::Settlement, 0),
            Err(SaleError::InDoubt)
        );
        let not_sent = Report {
            state: AttemptState::NotSent,
            ..settled("M1")
        };
        assert_eq!(sale.report(not_sent, 0), Err(SaleError::Contradiction));
        assert_eq!(sale.report(settled("M1"), 0), Ok(vec![]));
        assert!(sale.settlement().is_some());
    }

    #[test]
    fn what_happened_is_recorded_even_against_the_verdict() {
        let mut sale = assessed(Answer::Refuse);
        assert_eq!(
            sale.report(settled("M1"), 0),
            Ok(vec![Finding::SettledAgainstVerdict])
        );
        let mut sale = self::sale();
        assert_eq!(
            sale.report(settled("M1"), 0),
            Ok(vec![Finding::SettledWithoutVerdict])
        );
        assert_eq!(
            sale.report(settled("M2"), 0),
            Ok(vec![Finding::SettledTwice])
        );
    }

    #[test]
    fn the_same_report_twice_changes_nothing() {
        let mut sale = assessed(Answer::Allow);
        assert_eq!(sale.report(settled("M1"), 0), Ok(vec![]));
        assert_eq!(sale.report(settled("M1"), 0), Ok(vec![]));
        assert_eq!(sale.attempts.len(), 1);
    }

    #[test]
    fn a_reversal_needs_a_standing_settlement() {
        let mut sale = assessed(Answer::Allow);
        assert_eq!(
            sale.report(reversed("R1", "M1"), 0),
            Err(SaleError::NothingToReverse)
        );
        sale.report(settled("M1"), 0).unwrap();
        assert_eq!(sale.report(reversed("R1", "M1"), 0), Ok(vec![]));
        assert!(sale.settlement().is_none());
        assert_eq!(
            sale.report(reversed("R2", "M1"), 0),
            Err(SaleError::NothingToReverse)
        );
    }

    fn undone(msgid: &str, of: &str) -> Report {
        Report {
            direction: Direction::Undo { of: of.into() },
            ..settled(msgid)
        }
    }

    #[test]
    fn what_never_left_may_leave_under_the_same_message_id() {
        let mut sale = assessed(Answer::Allow);
        sale.intend("M1", Direction::Settlement, 0).unwrap();
        let not_sent = Report {
            state: AttemptState::NotSent,
            ..settled("M1")
        };
        sale.report(not_sent, 0).unwrap();
        sale.intend("M1", Direction::Settlement, 1).unwrap();
        assert_eq!(sale.attempts.len(), 1);
        assert_eq!(
            sale.depart("M1", Direction::Settlement, 2),
            Err(SaleError::Contradiction)
        );
    }

    #[test]
    fn an_undo_ends_the_doubt_and_is_never_held_up_by_it() {
        let mut sale = assessed(Answer::Allow);
        sale.depart("M1", Direction::Settlement, 0).unwrap();
        sale.doubt_intended();
        let undo = Direction::Undo { of: "M1".into() };
        sale.depart("U1", undo.clone(), 0).unwrap();
        assert_eq!(sale.report(undone("U1", "M1"), 0), Ok(vec![]));
        assert!(!sale.has_open_attempt() && sale.settlement().is_none());
        assert_eq!(
            sale.depart("U2", undo, 0),
            Err(SaleError::NothingToReverse),
            "undone once"
        );
    }

    #[test]
    fn a_reversal_that_was_undone_took_nothing_back() {
        let mut sale = assessed(Answer::Allow);
        sale.report(settled("M1"), 0).unwrap();
        sale.report(reversed("R1", "M1"), 0).unwrap();
        assert!(sale.settlement().is_none());
        sale.report(undone("U1", "R1"), 0).unwrap();
        assert!(sale.settlement().is_some());
    }

    #[test]
    fn only_the_cash_part_goes_back_as_cash() {
        let mut sale = assessed(Answer::Allow);
        let mut split = settled("M1");
        split.state = AttemptState::Settled(Settled {
            settlement: "S1".into(),
            insurance: Fen::new(60),
            cash: Fen::new(40),
        });
        assert_eq!(
            sale.refund_cash(Fen::new(1)),
            Err(SaleError::NothingToReverse)
        );
        sale.report(split, 0).unwrap();
        assert_eq!(sale.refund_cash(Fen::new(30)), Ok(()));
        for amount in [11, 0, -5] {
            let refused = sale.refund_cash(Fen::new(amount));
            assert_eq!(refused, Err(SaleError::RefundOfAccount), "{amount}");
        }
        assert_eq!(sale.refund_cash(Fen::new(10)), Ok(()));
    }

    #[test]
    fn through_the_gateway_only_the_sum_is_expected() {
        let mut sale = assessed(Answer::Allow);
        sale.relay = Some(Relay::default());
        let mut split = settled("M1");
        split.state = AttemptState::Settled(Settled {
            settlement: "S1".into(),
            insurance: Fen::new(60),
            cash: Fen::new(40),
        });
        assert_eq!(sale.report(split.clone(), 0), Ok(vec![]));
        // Rounded up to 1.10 in the head, as the rules let it pass.
        let headed = |units| {
            let mut sale = assessed(Answer::Allow);
            let bill = Bill {
                total: Some(Fen::new(units)),
                tenders: None,
            };
            sale.relay = Some(Relay {
                bill: Some(bill),
                ..Relay::default()
            });
            sale
        };
        if let AttemptState::Settled(settled) = &mut split.state {
            settled.cash = Fen::new(50);
        }
        assert_eq!(headed(110).report(split.clone(), 0), Ok(vec![]));
        let differ = Ok(vec![Finding::AmountsDiffer]);
        assert_eq!(headed(109).report(split, 0), differ);
    }
}
