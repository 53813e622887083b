//! What the desk answers: bodies of the local API, and nothing personal but masked texts.

use pharmacy_base::text;
use pharmacy_decision::facts::{Carried, Evidence, EvidenceKind};
use pharmacy_decision::verdict::{
    Decision, LineAnswer, Outcome, PackVersion, Reason, Release, Stance, Text, TruthKind, Verdict,
};
use pharmacy_protocol::term::{EntryIndex, Fen, SaleId, TillNumber};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::DeskError;
use crate::core::attempt::{Attempt, AttemptState};
use crate::core::double::Turned;
use crate::core::sale::{Answer, Finding, Masked, Phase, Sale};

/// A sale as it stands.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct SaleView {
    /// The sale's id: log id, `-`, counter.
    #[schema(value_type = String)]
    pub sale: SaleId,
    /// The till that opened it.
    #[schema(value_type = String)]
    pub till: TillNumber,
    /// `open`, `assessed`, `closed` or `abandoned`.
    pub phase: String,
    /// The log entry that records the latest change.
    #[schema(value_type = u64)]
    pub entry: EntryIndex,
    /// The insured, masked.
    #[schema(value_type = Option<Object>)]
    pub holder: Option<Masked>,
    /// Evidence attached, without persons.
    pub evidence: Vec<EvidenceView>,
    /// Number of basket lines.
    pub lines: usize,
    /// Attempts to settle or reverse, oldest first.
    pub attempts: Vec<AttemptView>,
    /// The standing verdict: `allow`, `ask` or `refuse`.
    pub answer: Option<String>,
    /// What the insurance may pay by the standing verdict, in yuan.
    #[schema(value_type = Option<String>)]
    pub insurance: Option<Fen>,
    /// What must be paid in cash by the standing verdict, in yuan.
    #[schema(value_type = Option<String>)]
    pub cash: Option<Fen>,
    /// What must not pass unnoticed in the latest report.
    #[schema(value_type = Vec<String>)]
    pub findings: Vec<Finding>,
}

/// Evidence without its person.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct EvidenceView {
    /// What it is.
    #[schema(value_type = Object)]
    pub kind: EvidenceKind,
    /// How old it is, in seconds.
    pub age_s: u32,
}

/// An attempt.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct AttemptView {
    /// Message id.
    pub msgid: String,
    /// The message id of the settlement that it reverses.
    pub reverses: Option<String>,
    /// `intended`, `not-sent`, `declined`, `settled` or `in-doubt`.
    pub state: String,
    /// The platform's settlement id.
    pub settlement: Option<String>,
}

impl From<&Attempt> for AttemptView {
    fn from(attempt: &Attempt) -> Self {
        let (state, settlement) = match &attempt.state {
            AttemptState::Declined => ("declined", None),
            AttemptState::InDoubt => ("in-doubt", None),
            AttemptState::Intended => ("intended", None),
            AttemptState::NotSent => ("not-sent", None),
            AttemptState::Settled(settled) => ("settled", Some(settled.settlement.clone())),
        };
        let reverses = attempt.direction.takes_back().map(ToOwned::to_owned);
        Self {
            msgid: attempt.msgid.clone(),
            reverses,
            state: state.to_owned(),
            settlement,
        }
    }
}

impl SaleView {
    /// Shows a sale at `now_ms`; `entry` records its latest change.
    pub fn new(sale: &Sale, entry: EntryIndex, now_ms: i64) -> Self {
        let assessment = match &sale.phase {
            Phase::Assessed(assessment) => Some(assessment),
            Phase::Open | Phase::Closed | Phase::Abandoned => None,
        };
        let phase = match &sale.phase {
            Phase::Abandoned => "abandoned",
            Phase::Assessed(_) => "assessed",
            Phase::Closed => "closed",
            Phase::Open => "open",
        };
        let evidence = sale.evidence.iter().map(|held| {
            let Evidence { kind, age_s, .. } = held.at((now_ms, now_ms), Carried::default());
            EvidenceView { kind, age_s }
        });
        Self {
            sale: sale.id.clone(),
            till: sale.till.clone(),
            phase: phase.to_owned(),
            entry,
            holder: sale.roles.holder_shown.clone(),
            evidence: evidence.collect(),
            lines: sale.basket.lines().len(),
            attempts: sale.attempts.iter().map(AttemptView::from).collect(),
            answer: assessment.map(|assessment| assessment.answer.as_str().to_owned()),
            insurance: assessment.map(|assessment| assessment.insurance),
            cash: assessment.map(|assessment| assessment.cash),
            findings: Vec::new(),
        }
    }
}

/// The verdict on a sale, durable before it was sent.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct VerdictView {
    /// The sale.
    #[schema(value_type = String)]
    pub sale: SaleId,
    /// The log entry that records facts and verdict.
    #[schema(value_type = u64)]
    pub entry: EntryIndex,
    /// `allow`, `ask` or `refuse`.
    pub answer: String,
    /// Why not, the weightiest first.
    #[schema(value_type = Vec<Object>)]
    pub reasons: Vec<Reason>,
    /// What must be answered first.
    #[schema(value_type = Vec<Object>)]
    pub questions: Vec<Reason>,
    /// Worth knowing.
    #[schema(value_type = Vec<Object>)]
    pub notes: Vec<Reason>,
    /// Every line's own answer.
    #[schema(value_type = Vec<Object>)]
    pub lines: Vec<LineAnswer>,
    /// What the insurance may pay, in yuan.
    #[schema(value_type = String)]
    pub insurance: Fen,
    /// What must be paid in cash, in yuan.
    #[schema(value_type = String)]
    pub cash: Fen,
    /// The rule pack.
    #[schema(value_type = Object)]
    pub pack: PackVersion,
    /// Time that deciding took, in microseconds, without gathering and recording.
    pub decided_us: u64,
}

impl VerdictView {
    /// Shows a decision.
    pub fn new(sale: &SaleId, entry: EntryIndex, decision: Decision, decided_us: u64) -> Self {
        let answer = Answer::from(&decision.verdict).as_str().to_owned();
        let (reasons, questions, notes) = match decision.verdict {
            Verdict::Allow { notes } => (Vec::new(), Vec::new(), notes),
            Verdict::Ask { questions, notes } => (Vec::new(), questions, notes),
            Verdict::Refuse {
                reasons,
                questions,
                notes,
            } => (reasons, questions, notes),
        };
        Self {
            sale: sale.clone(),
            entry,
            answer,
            reasons,
            questions,
            notes,
            lines: decision.lines,
            insurance: decision.insurance,
            cash: decision.cash,
            pack: decision.pack,
            decided_us,
        }
    }
}

/// The requirement that nobody pays twice.
const BASIS: &str = "R19";

impl VerdictView {
    /// Refuses what the rules allow, because it was paid or may have been.
    pub(crate) fn hold_back(&mut self, turned: &Turned) {
        let said = |code| {
            let message = text::message(code);
            Text {
                zh: message.zh.to_owned(),
                en: message.en.to_owned(),
            }
        };
        let mut message = said(turned.code);
        for words in [&mut message.zh, &mut message.en] {
            words.push_str(&turned.named);
        }
        Answer::Refuse.as_str().clone_into(&mut self.answer);
        let reason = Reason {
            rule: turned.code.to_owned(),
            stance: Stance::Enforce,
            outcome: Outcome::Refuse,
            truth: TruthKind::Broken,
            missing: None,
            basis: BASIS.to_owned(),
            line: None,
            found: (!turned.named.is_empty()).then(|| turned.named.clone()),
            allowed: None,
            message,
            remedy: said(turned.remedy()),
            release: Release::Never,
            released_by: None,
        };
        self.reasons.insert(0, reason);
    }
}

/// What a scan turned out to be.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct ScanView {
    /// The sale.
    #[schema(value_type = String)]
    pub sale: SaleId,
    /// `platform`, `gs1` or `enterprise`.
    pub family: String,
    /// The line to which it was attached.
    pub line: u32,
    /// Is the pack known to be sold already?
    pub sold_before: bool,
    /// The log entry that records the scan.
    #[schema(value_type = u64)]
    pub entry: EntryIndex,
}

/// Sales in a list.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct SalesView {
    /// The sales, oldest first.
    pub sales: Vec<SaleView>,
}

/// An answer, ready to be sent.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Media type.
    pub content_type: &'static str,
    /// The body.
    pub body: Vec<u8>,
}

impl Reply {
    /// A JSON answer.
    pub(crate) fn json(status: u16, body: &impl Serialize) -> Result<Self, DeskError> {
        Ok(Self {
            status,
            content_type: "application/json",
            body: serde_json::to_vec(body)?,
        })
    }
}
