//! Releases by the person in charge, and refusals that staff mark as wrong (R07).
//!
//! LAW: turning an eligible customer away is itself a breach; what is released is signed, recorded
//! with its reason, counted, and seen by the bureau. A hard rule that is broken stays.

use pharmacy_decision::record::release::{self as record, Covered, ReleaseKind};
use pharmacy_decision::verdict::{Reason, Verdict};
use pharmacy_protocol::act::ActKind;
use pharmacy_protocol::digest::{hex, sha256};
use pharmacy_protocol::record::finding::Finding;
use pharmacy_protocol::term::{EntryIndex, SaleId};

use crate::core::cover::covered;
use crate::core::release::HeldRelease;
use crate::core::sale::Phase;
use crate::core::staff::Duty;
use crate::error::{MAX_REASON, MIN_REASON};
use crate::staff::{Act, Post, SignedAct};
use crate::step::{Step, part};
use crate::{Caller, Credentials, Desk, DeskError, DeskHandle, Done, Place, RemedyError};

/// What is to be released.
struct Matter {
    sale: SaleId,
    reason: Reason,
    about: Vec<EntryIndex>,
    /// What stands there now: what is signed for.
    covers: Covered,
}

/// A rule was released more often this month than the pack foresees.
const BEYOND_BUDGET: &str = "release.beyond-budget";

/// Every reason of a verdict that is in the way.
pub(crate) fn reasons_of(verdict: &Verdict) -> impl Iterator<Item = &Reason> {
    let (reasons, questions): (&[Reason], &[Reason]) = match verdict {
        Verdict::Allow { .. } => (&[], &[]),
        Verdict::Ask { questions, .. } => (&[], questions),
        Verdict::Refuse {
            reasons, questions, ..
        } => (reasons, questions),
    };
    reasons.iter().chain(questions)
}

impl Desk {
    fn matter(
        &mut self,
        caller: &Caller,
        rule: &str,
        line: Option<u32>,
    ) -> Result<Matter, DeskError> {
        let sale = self.seated_sale(caller)?;
        let decision = self.seated_decision(caller)?;
        let reason = reasons_of(&decision.verdict)
            .find(|reason| reason.rule == rule && reason.line == line)
            .cloned()
            .ok_or(RemedyError::NoReason)?;
        let verdict = match &sale.phase {
            Phase::Assessed(assessment) => Some(assessment.entry),
            Phase::Abandoned | Phase::Closed | Phase::Open => None,
        };
        let mut about = vec![sale.entry];
        about.extend(verdict);
        about.dedup();
        let covers = covered(&sale, line);
        Ok(Matter {
            sale: sale.id,
            reason,
            about,
            covers,
        })
    }

    fn record_release(
        &mut self,
        caller: &Caller,
        matter: &Matter,
        signed: SignedAct,
    ) -> Result<Done, DeskError> {
        let mut sale = self.seated_sale(caller)?;
        if sale.id != matter.sale {
            // Another customer came while the PIN was checked.
            return Err(RemedyError::NoReason.into());
        }
        sale.reopen()?;
        let released = HeldRelease {
            rule: matter.reason.rule.clone(),
            line: matter.reason.line,
            by: signed.staff,
            covers: Some(matter.covers.clone()),
        };
        // The newest first: of two that fit one line, it is the one that counts.
        sale.releases.retain(|known| {
            let is_again = known.covers == released.covers || known.covers.is_none();
            !is_again || (&known.rule, known.line) != (&released.rule, released.line)
        });
        sale.releases.insert(0, released);
        let beyond = self.beyond_budget(&matter.reason.rule)?;
        let record = record::Released {
            what: ReleaseKind::Released,
            reason: matter.reason.clone(),
            covers: Some(matter.covers.clone()),
            beyond,
        };
        let records = self.release_records(&sale, &matter.reason.rule, matter.reason.line);
        let step = Step::telling(&record)?
            .with(signed.part)
            .resting_on(matter.about.iter().copied())
            .writing(records);
        self.record_remedy(caller, sale, step)?;
        let Some(beyond) = beyond else {
            return Ok(Done::new("counter.released"));
        };
        // LAW: R07: an eligible customer is not sent away for a number; the bureau hears of it today.
        let finding = Finding::Release {
            finding: BEYOND_BUDGET.to_owned(),
            rule: matter.reason.rule.clone(),
            released: beyond.released,
            budget: beyond.budget,
        };
        self.note_finding(&caller.till, &finding)?;
        Ok(Done::new("counter.released-beyond"))
    }

    /// A refusal that staff call wrong: it is counted, whatever comes of it.
    pub(crate) fn mark_wrong(
        &mut self,
        caller: &Caller,
        rule: &str,
        line: Option<u32>,
        reason: &str,
    ) -> Result<Done, DeskError> {
        let told = checked_reason(reason)?;
        let matter = self.matter(caller, rule, line)?;
        let sale = self.seated_sale(caller)?;
        let record = record::Released {
            what: ReleaseKind::MarkedWrong,
            reason: matter.reason,
            covers: None,
            beyond: None,
        };
        let unsigned = self.unsigned(caller, Some(told))?;
        let step = Step::telling(&record)?
            .with(part(&unsigned)?)
            .writing(self.wrong_records(&sale, rule, line));
        self.record_remedy(caller, sale, step)?;
        Ok(Done::new("counter.marked-wrong"))
    }
}

impl DeskHandle {
    /// Releases a reason of the open sale, signed by the person in charge.
    pub(crate) async fn release(
        &self,
        caller: Caller,
        place: Place,
        rule: String,
        line: Option<u32>,
        reason: String,
        by: Credentials,
    ) -> Result<Done, DeskError> {
        let told = checked_reason(&reason).map_err(DeskError::from)?;
        let at = caller.clone();
        let matter = self
            .run(move |desk| {
                let matter = desk.matter(&at, &rule, line)?;
                match matter.reason.is_releasable() {
                    true => Ok(matter),
                    false => Err(RemedyError::NeverReleased.into()),
                }
            })
            .await?;
        let act = Act {
            kind: ActKind::Release,
            sale: Some(matter.sale.clone()),
            about: matter.about.clone(),
            what: serde_json::json!({
                "rule": matter.reason.rule,
                "line": matter.reason.line,
                "found": matter.reason.found,
                "allowed": matter.reason.allowed,
                "covers": digest_of(&matter.covers)?,
            }),
            reason: Some(told),
        };
        let at = Post::new(&caller, place);
        let signed = self.sign(at, Duty::InCharge, by, act).await?;
        self.run(move |desk| desk.record_release(&caller, &matter, signed))
            .await
    }
}

/// SHA-256 of what a release is signed for, as the entry records it.
fn digest_of(covers: &Covered) -> Result<String, DeskError> {
    Ok(hex(&sha256(&serde_json::to_vec(covers)?)))
}

/// A reason as typed, if it is one.
pub(crate) fn checked_reason(reason: &str) -> Result<String, RemedyError> {
    let reason = reason.trim();
    let length = reason.chars().count();
    if length < MIN_REASON {
        return Err(RemedyError::ReasonTooShort);
    }
    if length > MAX_REASON {
        return Err(RemedyError::ReasonTooLong);
    }
    Ok(reason.to_owned())
}
