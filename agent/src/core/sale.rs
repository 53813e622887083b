//! A sale and its attempts to settle.
//!
//! ```text
//! Open ⇄ Assessed → Closed          every change of basket, people or evidence drops the assessment
//!    └──────┴─────→ Abandoned
//! Attempt: Intended → NotSent │ Declined │ Settled │ InDoubt,   InDoubt → Settled │ Declined
//! ```
//! In scope: which step may follow which, and what a report of the till means. Out of scope: the
//! verdict itself (`pharmacy-decision`), durability (the journal).

use pharmacy_decision::Verdict;
use pharmacy_decision::facts::{Buyer, Fund, Insurance, Patient, Payer, Person, Prescription};
use pharmacy_protocol::term::{EntryIndex, Fen, SaleId, TillNumber};
use serde::{Deserialize, Serialize};

use super::basket::Basket;
use super::presence::HeldEvidence;

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
    /// Which money is to pay.
    pub fund: Fund,
    /// The kind of insurance, if the till told.
    pub insurance: Option<Insurance>,
    /// Who is who.
    pub roles: Roles,
    /// What shows that somebody is here.
    pub evidence: Vec<HeldEvidence>,
    /// What is bought.
    pub basket: Basket,
    /// Prescriptions attached.
    pub prescriptions: Vec<Prescription>,
    /// How far it is.
    pub phase: Phase,
    /// Attempts to settle or reverse, oldest first.
    pub attempts: Vec<Attempt>,
    /// The entry that holds the purchase list, once settled.
    pub list: Option<EntryIndex>,
}

/// Who is who, with what the purchase list shows of them.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Roles {
    /// The insured.
    pub holder: Person,
    /// The insured, masked, for lists.
    pub holder_shown: Option<Masked>,
    /// Who takes the medicine.
    pub patient: Patient,
    /// The patient, masked, where not the holder.
    pub patient_shown: Option<Masked>,
    /// Who stands at the counter.
    pub buyer: Buyer,
    /// The buyer, masked, where not the holder.
    pub buyer_shown: Option<Masked>,
    /// Whose account it is.
    pub payer: Payer,
}

impl Default for Roles {
    fn default() -> Self {
        Self {
            holder: Person::default(),
            holder_shown: None,
            patient: Patient::Holder,
            patient_shown: None,
            buyer: Buyer::Holder,
            buyer_shown: None,
            payer: Payer::Holder,
        }
    }
}

/// A person as a list may show them.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Masked {
    /// Masked name.
    pub name: Option<String>,
    /// Masked number.
    pub number: Option<String>,
}

/// How far a sale is.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Given up before any settlement.
    Abandoned,
    /// Judged as it stands.
    Assessed(Assessment),
    /// Settled.
    Closed,
    /// Being filled.
    Open,
}

/// The standing verdict of an assessed sale.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Assessment {
    /// The entry that records it.
    pub entry: EntryIndex,
    /// What it said.
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
    /// May be settled.
    Allow,
    /// Not before the questions are answered.
    Ask,
    /// No.
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

/// One attempt to move money, keyed by the till's message id.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Attempt {
    /// The message id (`msgid`) under which the platform knows it.
    pub msgid: String,
    /// Forwards or back.
    pub direction: Direction,
    /// What became of it.
    pub state: AttemptState,
}

/// Which way the money goes.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// Undoes the settlement of another attempt.
    Reversal {
        /// That attempt's message id.
        of: String,
    },
    /// Settles.
    Settlement,
}

/// What became of an attempt.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AttemptState {
    /// The platform said no.
    Declined,
    /// No answer came; it may have been settled.
    InDoubt,
    /// About to be sent.
    Intended,
    /// It never left.
    NotSent,
    /// The platform said yes.
    Settled(Settled),
}

/// A settlement that the platform confirmed.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Settled {
    /// The platform's settlement id (`setl_id`).
    pub settlement: String,
    /// What the insurance paid.
    pub insurance: Fen,
    /// What was paid in cash.
    pub cash: Fen,
}

/// What the till reports of an attempt.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Report {
    /// The message id.
    pub msgid: String,
    /// Forwards or back.
    pub direction: Direction,
    /// What became of it.
    pub state: AttemptState,
}

/// Something in a report that must not pass unnoticed. It is recorded, never refused: what
/// happened, happened.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Finding {
    /// The amounts differ from the verdict's.
    AmountsDiffer,
    /// Settled although the standing verdict was not `allow`.
    SettledAgainstVerdict,
    /// Settled a second time without a reversal between.
    SettledTwice,
    /// Settled without any standing verdict.
    SettledWithoutVerdict,
}

/// A step that does not follow from where the sale is.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SaleError {
    /// The message id is known with another outcome.
    #[error("this message id was reported with another outcome")]
    Contradiction,
    /// An attempt has no outcome yet.
    #[error("an attempt of this sale has no outcome yet")]
    InDoubt,
    /// The sale is over.
    #[error("the sale is closed or abandoned")]
    Over,
    /// Nothing to reverse.
    #[error("this sale has no settlement that could be reversed")]
    NothingToReverse,
    /// The verdict does not allow a settlement.
    #[error("the sale has no standing verdict that allows its settlement")]
    NotAllowed,
}

impl SaleError {
    /// Stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Contradiction => "attempt.contradiction",
            Self::InDoubt => "sale.in-doubt",
            Self::Over => "sale.over",
            Self::NothingToReverse => "sale.nothing-to-reverse",
            Self::NotAllowed => "sale.not-allowed",
        }
    }
}

impl Sale {
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
    pub fn intend(&mut self, msgid: &str, direction: Direction) -> Result<(), SaleError> {
        self.demand_no_open_attempt()?;
        if self.attempt(msgid).is_some() {
            return Err(SaleError::Contradiction);
        }
        match &direction {
            Direction::Settlement => {
                let Phase::Assessed(Assessment {
                    answer: Answer::Allow,
                    ..
                }) = &self.phase
                else {
                    return Err(SaleError::NotAllowed);
                };
            }
            Direction::Reversal { of } => self.demand_reversible(of)?,
        }
        let state = AttemptState::Intended;
        self.attempts.push(Attempt {
            msgid: msgid.to_owned(),
            direction,
            state,
        });
        Ok(())
    }

    /// Takes the till's report of an attempt, announced or not.
    pub fn report(&mut self, report: Report) -> Result<Vec<Finding>, SaleError> {
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
            if let Direction::Reversal { of } = &report.direction {
                self.demand_reversible(of)?;
            }
            self.attempts.push(Attempt {
                msgid: report.msgid.clone(),
                direction: report.direction.clone(),
                state: report.state.clone(),
            });
        }
        Ok(self.conclude(&report))
    }

    /// What a report means for the sale.
    fn conclude(&mut self, report: &Report) -> Vec<Finding> {
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
                let expected = (assessment.insurance, assessment.cash);
                if (settled.insurance, settled.cash) != expected {
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

    fn is_reversed(&self, msgid: &str) -> bool {
        self.attempts.iter().any(|attempt| {
            matches!(&attempt.direction, Direction::Reversal { of } if of == msgid)
                && matches!(attempt.state, AttemptState::Settled(_))
        })
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
    use super::*;

    fn sale() -> Sale {
        Sale {
            id: "0123456789abcdef-1".parse().unwrap(),
            till: "01".parse().unwrap(),
            client: "till".into(),
            operator: None,
            opened_ms: 0,
            entry: EntryIndex::new(1),
            fund: Fund::Account,
            insurance: None,
            roles: Roles::default(),
            evidence: Vec::new(),
            basket: Basket::default(),
            prescriptions: Vec::new(),
            phase: Phase::Open,
            attempts: Vec::new(),
            list: None,
        }
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
            sale.intend("M1", Direction::Settlement),
            Err(SaleError::NotAllowed)
        );
    }

    #[test]
    fn a_refused_sale_cannot_announce_a_settlement() {
        let mut sale = assessed(Answer::Refuse);
        assert_eq!(
            sale.intend("M1", Direction::Settlement),
            Err(SaleError::NotAllowed)
        );
    }

    #[test]
    fn in_doubt_stays_until_the_platform_says() {
        let mut sale = assessed(Answer::Allow);
        sale.intend("M1", Direction::Settlement).unwrap();
        assert!(sale.doubt_intended());
        assert_eq!(sale.reopen(), Err(SaleError::InDoubt));
        assert_eq!(
            sale.intend("M2", Direction::Settlement),
            Err(SaleError::InDoubt)
        );
        let not_sent = Report {
            state: AttemptState::NotSent,
            ..settled("M1")
        };
        assert_eq!(sale.report(not_sent), Err(SaleError::Contradiction));
        assert_eq!(sale.report(settled("M1")), Ok(vec![]));
        assert!(sale.settlement().is_some());
    }

    #[test]
    fn what_happened_is_recorded_even_against_the_verdict() {
        let mut sale = assessed(Answer::Refuse);
        assert_eq!(
            sale.report(settled("M1")),
            Ok(vec![Finding::SettledAgainstVerdict])
        );
        let mut sale = self::sale();
        assert_eq!(
            sale.report(settled("M1")),
            Ok(vec![Finding::SettledWithoutVerdict])
        );
        assert_eq!(sale.report(settled("M2")), Ok(vec![Finding::SettledTwice]));
    }

    #[test]
    fn the_same_report_twice_changes_nothing() {
        let mut sale = assessed(Answer::Allow);
        assert_eq!(sale.report(settled("M1")), Ok(vec![]));
        assert_eq!(sale.report(settled("M1")), Ok(vec![]));
        assert_eq!(sale.attempts.len(), 1);
    }

    #[test]
    fn a_reversal_needs_a_standing_settlement() {
        let mut sale = assessed(Answer::Allow);
        assert_eq!(
            sale.report(reversed("R1", "M1")),
            Err(SaleError::NothingToReverse)
        );
        sale.report(settled("M1")).unwrap();
        assert_eq!(sale.report(reversed("R1", "M1")), Ok(vec![]));
        assert!(sale.settlement().is_none());
        assert_eq!(
            sale.report(reversed("R2", "M1")),
            Err(SaleError::NothingToReverse)
        );
    }
}
