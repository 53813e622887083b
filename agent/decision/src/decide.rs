//! Deciding: every rule of the pack is asked of the facts, and the answers become a verdict.
//!
//! ```text
//! rule × line ─► Truth ─(fund, stance, commissioning)─► Outcome ─► note | warning | question | refusal
//! ```
//! In scope: what follows from a rule that does not hold, for the sale and for each line's money,
//! and from its release. Out of scope: gathering facts, recording the answer, who may release.
//!
//! Total and deterministic: the same facts and pack give the same bytes, on any machine, whenever.

use pharmacy_protocol::term::{Fen, StaffId};

use crate::eligibility::weigh;
use crate::facts::{Facts, Released, Tender};
use crate::pack::{Catalogue, Pack, Rule};
use crate::rule::{Kind, Truth};
use crate::scene::{LineView, Scene, Weigh};
use crate::verdict::{
    Decision, LineAnswer, LineVerdict, Outcome, Reason, Release, Text, TruthKind, Verdict,
};
use crate::{SEMANTICS, pack};

/// Decides a sale: facts in, verdict out.
pub fn decide(facts: &Facts, pack: &Pack) -> Decision {
    decide_weighed(facts, pack, &|item| weigh(item, pack.lexicon()))
}

/// Decides with another weighing of articles; tests answer for it.
pub(crate) fn decide_weighed(facts: &Facts, pack: &Pack, weigh: Weigh<'_>) -> Decision {
    let scene = Scene::new(facts, pack.knowledge(), weigh);
    let mut docket = Docket::new(&scene, pack);
    for rule in pack
        .rules()
        .iter()
        .filter(|rule| rule.is_in_force(facts.today))
    {
        match rule.kind() {
            Kind::Sale(kind) => {
                let tender = match scene.has_insurance_line() {
                    true => Tender::Insurance,
                    false => Tender::Cash,
                };
                docket.ask(rule, Matter::Sale(tender), || kind.judge(&scene));
            }
            Kind::Line(kind) => {
                for (at, line) in scene.lines.iter().enumerate() {
                    docket.ask(rule, Matter::Line(at, line), || kind.judge(&scene, line));
                }
            }
        }
    }
    docket.close()
}

/// What a rule is asked about.
#[derive(Clone, Copy)]
enum Matter<'s> {
    /// The sale, which pays with insurance money or not.
    Sale(Tender),
    /// A line and where it stands in the basket.
    Line(usize, &'s LineView<'s>),
}

impl Matter<'_> {
    fn tender(&self) -> Tender {
        match self {
            Self::Sale(tender) => *tender,
            Self::Line(_, line) => line.line.tender,
        }
    }

    /// The line's number, where a line is meant.
    fn line(&self) -> Option<u32> {
        match self {
            Self::Sale(_) => None,
            Self::Line(_, line) => Some(line.line.number),
        }
    }
}

/// Where a line stands while rules are asked.
#[derive(Clone, Copy, Default)]
struct Standing {
    is_asked: bool,
    is_refused: bool,
    /// Refused in cash as well: the line cannot be sold as it stands.
    is_barred: bool,
}

/// Collects the answers.
struct Docket<'s> {
    scene: &'s Scene<'s>,
    pack: &'s Pack,
    standings: Vec<Standing>,
    refusals: Vec<Reason>,
    questions: Vec<Reason>,
    notes: Vec<Reason>,
}

impl<'s> Docket<'s> {
    fn new(scene: &'s Scene<'s>, pack: &'s Pack) -> Self {
        Self {
            scene,
            pack,
            standings: vec![Standing::default(); scene.lines.len()],
            refusals: Vec::new(),
            questions: Vec::new(),
            notes: Vec::new(),
        }
    }

    fn ask(&mut self, rule: &Rule, matter: Matter<'_>, judge: impl FnOnce() -> Truth) {
        let facts = self.scene.facts;
        let reach = rule.reach(matter.tender(), &facts.fund, &facts.store);
        if reach.broken == Outcome::NotApplicable {
            return;
        }
        let truth = judge();
        let (kind, missing, outcome) = match truth {
            Truth::Holds => return,
            Truth::Broken(_) => (TruthKind::Broken, None, reach.broken),
            Truth::Excused(..) => (TruthKind::Excused, None, Outcome::Note),
            Truth::Undetermined(missing) => {
                (TruthKind::Undetermined, Some(missing), reach.undetermined)
            }
        };
        // INVARIANT: rules are judged without a look at releases, so a release sets its own reason
        // aside and brings no other to light.
        let released_by = self.released_by(rule, matter, kind);
        let outcome = match released_by {
            Some(_) => Outcome::Note,
            None => outcome,
        };
        let worded = word(rule, matter, truth, self.pack.texts());
        let reason = Reason {
            rule: rule.id().to_owned(),
            stance: reach.stance,
            outcome,
            truth: kind,
            missing,
            basis: rule.basis().to_owned(),
            line: matter.line(),
            found: worded.found,
            allowed: worded.allowed,
            message: worded.message,
            remedy: worded.remedy,
            release: self.release(rule, matter),
            released_by,
        };
        self.mark(matter, outcome, reach.in_cash);
        match outcome {
            Outcome::Refuse => self.refusals.push(reason),
            Outcome::Ask => self.questions.push(reason),
            Outcome::NotApplicable | Outcome::Note | Outcome::Warn => self.notes.push(reason),
        }
    }

    /// Whether a rule can be released with the money that pays here.
    fn release(&self, rule: &Rule, matter: Matter<'_>) -> Release {
        rule.release_with(matter.tender(), &self.scene.facts.fund)
    }

    /// Who released this rule here, if anybody did and anybody may.
    fn released_by(&self, rule: &Rule, matter: Matter<'_>, truth: TruthKind) -> Option<StaffId> {
        if !self.release(rule, matter).covers(truth) {
            return None;
        }
        let is_this =
            |released: &&Released| released.rule == rule.id() && released.line == matter.line();
        let released = self.scene.facts.releases.iter().find(is_this)?;
        Some(released.by.clone())
    }

    fn mark(&mut self, matter: Matter<'_>, outcome: Outcome, in_cash: Outcome) {
        let is_refused = outcome == Outcome::Refuse;
        let is_barred = is_refused && in_cash == Outcome::Refuse;
        let is_asked = outcome == Outcome::Ask;
        for (at, (standing, line)) in self.standings.iter_mut().zip(&self.scene.lines).enumerate() {
            let is_concerned = match matter {
                Matter::Line(of, _) => of == at,
                // What stops the settlement stops insurance money; cash stays free unless the
                // rule binds cash as well.
                Matter::Sale(_) => line.line.tender == Tender::Insurance || is_barred,
            };
            if is_concerned {
                standing.is_asked |= is_asked;
                standing.is_refused |= is_refused;
                standing.is_barred |= is_barred;
            }
        }
    }

    fn close(self) -> Decision {
        let lines: Vec<LineAnswer> = self
            .scene
            .lines
            .iter()
            .zip(&self.standings)
            .map(|(line, standing)| answer(line, *standing))
            .collect();
        let sum = |part: fn(&LineAnswer) -> Fen| {
            // A basket beyond the range of money is not real; it must not wrap around.
            Fen::checked_sum(lines.iter().map(part)).unwrap_or(Fen::new(i64::MAX))
        };
        let (insurance, cash) = (sum(|line| line.insurance), sum(|line| line.cash));
        Decision {
            verdict: verdict(self.refusals, self.questions, self.notes),
            insurance,
            cash,
            lines,
            pack: self.pack.version().clone(),
            semantics: SEMANTICS,
        }
    }
}

fn verdict(reasons: Vec<Reason>, questions: Vec<Reason>, notes: Vec<Reason>) -> Verdict {
    if !reasons.is_empty() {
        Verdict::Refuse {
            reasons,
            questions,
            notes,
        }
    } else if !questions.is_empty() {
        Verdict::Ask { questions, notes }
    } else {
        Verdict::Allow { notes }
    }
}

fn answer(line: &LineView<'_>, standing: Standing) -> LineAnswer {
    let amount = line.line.amount;
    let (insurance, cash) = match line.line.tender {
        _ if standing.is_barred => (Fen::ZERO, Fen::ZERO),
        Tender::Insurance if !standing.is_refused => (amount, Fen::ZERO),
        Tender::Cash | Tender::Insurance => (Fen::ZERO, amount),
    };
    LineAnswer {
        line: line.line.number,
        eligibility: line.eligibility.answer,
        answer: if standing.is_refused {
            LineVerdict::Refuse
        } else if standing.is_asked {
            LineVerdict::Ask
        } else {
            LineVerdict::Allow
        },
        insurance,
        cash,
    }
}

/// The worded part of a reason.
struct Worded {
    found: Option<String>,
    allowed: Option<String>,
    message: Text,
    remedy: Text,
}

/// Words a truth that does not hold, in the texts of the pack.
fn word(rule: &Rule, matter: Matter<'_>, truth: Truth, texts: &Catalogue) -> Worded {
    let mut filling = pack::Filling {
        item: match matter {
            Matter::Sale(_) => texts.sale(),
            Matter::Line(_, line) => texts.line(line.name, line.line.number),
        },
        found: Text::default(),
        allowed: Text::default(),
    };
    let (mut message, mut remedy, mut excuse) = (&rule.message, &rule.remedy, None);
    match truth {
        Truth::Broken(breach) => {
            filling.found = texts.say(&breach.found);
            filling.allowed = texts.say(&breach.allowed);
        }
        Truth::Undetermined(missing) => {
            if let Some(question) = texts.question(missing) {
                (message, remedy) = (&question.message, &question.remedy);
            }
        }
        Truth::Excused(breach, exception) => {
            filling.found = texts.say(&breach.found);
            filling.allowed = texts.say(&breach.allowed);
            excuse = Some(texts.say(&exception.into()));
        }
        Truth::Holds => {}
    }
    let some = |text: &Text| (!text.zh.is_empty()).then(|| text.zh.clone());
    Worded {
        found: some(&filling.found),
        allowed: some(&filling.allowed),
        message: message.fill(&filling),
        // What was done about it already stands where the way out would stand.
        remedy: excuse.unwrap_or_else(|| remedy.fill(&filling)),
    }
}

#[cfg(test)]
mod tests;
