//! The sale in front of a cashier: its light, its lines, and why not.

use pharmacy_decision::Verdict;
use pharmacy_decision::pack::{Pack, Rule};
use pharmacy_decision::verdict::{LineVerdict, Outcome, Reason};
use pharmacy_protocol::term::Fen;

use crate::core::attempt::AttemptState;
use crate::core::roles::Masked;
use crate::core::sale::{Phase, REMEDY_MS, Sale, is_fresh};
use crate::counter::remedy::map::remedies;
use crate::seat::{Said, Seated};
use crate::{BoardLine, BoardReason, BoardSale, Caller, Desk, DeskError, Light};

/// Everything that is shown of a sale in front of the cashier, with its light.
struct Shown {
    light: Light,
    sale: BoardSale,
}

impl Desk {
    /// The light of a till, why it was turned away, and the sale that stands there.
    pub(crate) fn show_seat(
        &mut self,
        caller: &Caller,
        now_ms: i64,
    ) -> Result<(Light, Option<String>, Option<BoardSale>), DeskError> {
        let seated = self.memory.seats.seat(&caller.till).sale.clone();
        let Some(Seated { counter, said }) = seated else {
            return Ok((Light::Idle, None, None));
        };
        let turned = match &said {
            Said::Turned(code) => Some((*code).to_owned()),
            Said::Judged(_) | Said::Settled(_) => None,
        };
        // A double may be of another till's customer, who is not shown here.
        let is_shown = |sale: &Sale| turned.is_none() || sale.till == caller.till;
        let sale = self.load_counter(counter)?;
        let sale = sale.filter(|sale| is_shown(sale) && !is_lapsed(sale, &said, now_ms));
        match (sale, turned) {
            (Some(sale), turned) => {
                let shown = self.show_seated(&sale, &said, now_ms)?;
                let light = turned.as_ref().map_or(shown.light, |_| Light::Red);
                Ok((light, turned, Some(shown.sale)))
            }
            (None, Some(code)) => Ok((Light::Red, Some(code), None)),
            (None, None) => {
                if counter != 0 {
                    self.memory.seats.clear(counter);
                }
                Ok((Light::Idle, None, None))
            }
        }
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
                packs_needed: u32::try_from(line.packs_needed()).ok(),
                labels: line.labels.clone(),
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
                is_closable: sale.is_open() && !sale.has_open_attempt(),
                lapses_s,
            },
        })
    }
}

/// Is what stands at a till no longer of use to anybody?
fn is_lapsed(sale: &Sale, said: &Said, now_ms: i64) -> bool {
    match said {
        Said::Settled(at_ms) => !is_fresh(*at_ms, now_ms) || sale.settlement().is_none(),
        Said::Judged(_) | Said::Turned(_) => {
            lapses_ms(sale, now_ms) == 0 && !sale.has_open_attempt()
        }
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

pub(crate) fn shown_of(sale: &Sale) -> Option<String> {
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

pub(crate) fn light_of(verdict: &Verdict) -> Light {
    match verdict {
        Verdict::Allow { .. } => Light::Green,
        Verdict::Ask { .. } => Light::Amber,
        Verdict::Refuse { .. } => Light::Red,
    }
}

/// Reasons in the order of the verdict: refusals, questions, then what is shown. What is only
/// recorded is not shown.
pub(crate) fn board_reasons(pack: &Pack, verdict: &Verdict) -> Vec<BoardReason> {
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
