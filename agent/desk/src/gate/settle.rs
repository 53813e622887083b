//! A settlement at the gate: judged afresh, recorded with its attempt, and sent once.

use pharmacy_decision::facts::Facts;
use pharmacy_decision::pack::CallRole;
use pharmacy_decision::verdict::{Outcome, Reason, Release, TruthKind};
use pharmacy_decision::{Decision, Verdict, decide};
use pharmacy_protocol::record::identity::PersonRole;
use pharmacy_protocol::record::verdict::GatedCall;

use super::PlatformAnswer;
use super::call::{Arriving, local};
use super::codes;
use super::purchase::Purchase;
use super::send::Sending;
use crate::core::attempt::Direction;
use crate::core::double::Turned;
use crate::core::sale::{Answer, Assessment, Phase, Sale};
use crate::people::identity_part;
use crate::sale::goods::reclaiming;
use crate::sale::preview::{say, show};
use crate::seat::Said;
use crate::step::{Step, part};
use crate::stock::{Shares, taking};
use crate::{Desk, DeskError, Gated};
use pharmacy_base::text;
use pharmacy_interface::refusal::{self, MAX_MESSAGE};
use pharmacy_interface::{Settlement, ViewError};
use pharmacy_protocol::digest::hex;

/// A verdict on a relayed sale, with what it was judged by.
pub(super) struct Judged {
    facts: Facts,
    pub(super) decision: Decision,
    /// Why it does not leave although the verdict allows it; a key of the text catalogue.
    held: Option<&'static str>,
}

impl Judged {
    pub(super) fn answer(&self) -> Answer {
        Answer::from(&self.decision.verdict)
    }
}

impl Desk {
    pub(super) fn gate_settlement(&mut self, arriving: &Arriving) -> Result<Gated, DeskError> {
        let role = arriving.table.role;
        // Before anything else of it is read: a message id that was used is answered for, whatever
        // came under it this time.
        if let Some(gated) = self.repeated_call(arriving)? {
            return Ok(gated);
        }
        let settlement = match Settlement::read(&arriving.request, &arriving.table) {
            Ok(settlement) => settlement,
            Err(error @ ViewError::Ambiguous(_)) => {
                return self.refuse_disputed(&arriving.call, error);
            }
            Err(error) => return self.pass_unreadable(&arriving.call, role, error),
        };
        if role == CallRole::SettlementIfLines && settlement.lines.is_empty() {
            return Ok(Gated::Pass);
        }
        if self.is_other_store(arriving) {
            return self.turn_away(arriving, None, "gateway.other-store", "", &[]);
        }
        if let Some(turned) = self.visit_settled(arriving, &settlement)? {
            return self.turn_away(arriving, turned.sale, turned.code, &turned.named, &[]);
        }
        let mut purchase = match self.purchase_of(arriving, &settlement)? {
            Ok(purchase) => purchase,
            Err(error) => return self.pass_unreadable(&arriving.call, role, error),
        };
        if let Some(turned) = self.proven_double(&purchase)? {
            let (code, named) = (turned.code, &turned.named);
            return self.turn_away(arriving, turned.sale, code, named, &purchase.adopted);
        }
        let judged = self.judge_relayed(&mut purchase.sale, arriving.now_ms)?;
        if judged.answer() != Answer::Allow {
            let verdict = &judged.decision.verdict;
            let words = self.refusal_words(&purchase.sale, verdict);
            let message = codes::explained(words, &settlement, verdict);
            let refused = self.refused(arriving, &message);
            return self.record_refusal(arriving, &settlement, refused, purchase, judged);
        }
        match self.settled_before(&purchase.sale, settlement.person.as_ref())? {
            Some(likely) => self.hold(arriving, &settlement, &likely, purchase, judged),
            None => self.send_settlement(arriving, &settlement, purchase, judged),
        }
    }

    fn refused(&mut self, arriving: &Arriving, message: &str) -> PlatformAnswer {
        let envelope = self.envelope(&arriving.request, &arriving.table);
        local(envelope.refuse(arriving.table.refusal, message))
    }

    /// Holds back what the rules allow and what is likely paid already. The sale stays in front of the
    /// cashier, who may say that it is another purchase.
    fn hold(
        &mut self,
        arriving: &Arriving,
        settlement: &Settlement,
        likely: &Turned,
        purchase: Purchase,
        mut judged: Judged,
    ) -> Result<Gated, DeskError> {
        let code = likely.code;
        tracing::warn!(code, till = %arriving.till(), "likely settled already");
        let refused = self.refused(arriving, &likely.words());
        let refused = self.as_before(arriving, refused)?;
        let sealed = self.seal_answer(&arriving.key, &refused)?;
        judged.held = Some(code);
        let (sale, step) = self.verdict_step(arriving, settlement, false, purchase, judged)?;
        let step = step.staging(say(Said::Turned(code)));
        let _ = self.record_with(sale, step, |at| arriving.keep(at, Some(sealed)))?;
        Ok(Gated::Answer(refused))
    }

    /// Nobody settles here for another institution.
    ///
    /// LAW: 不为非定点医药机构记账 (R31). A till that does not say is not refused: the platform demands it.
    pub(super) fn is_other_store(&self, arriving: &Arriving) -> bool {
        let ours = self.setup.store.code.as_str();
        let named = arriving.request.store.as_deref();
        named.is_some_and(|code| code != ours)
    }

    /// Judges a sale as it stands, all facts of one moment.
    pub(super) fn judge_relayed(
        &mut self,
        sale: &mut Sale,
        now_ms: i64,
    ) -> Result<Judged, DeskError> {
        self.refresh_catalogue()?;
        let (facts, known) = {
            let _still = self.journal.snapshot()?;
            self.gather(sale, now_ms)?
        };
        sale.basket.know(known);
        let decision = decide(&facts, &self.pack);
        sale.assess(Assessment {
            entry: sale.entry,
            answer: Answer::from(&decision.verdict),
            insurance: decision.insurance,
            cash: decision.cash,
        })?;
        Ok(Judged {
            facts,
            decision,
            held: None,
        })
    }

    /// The step that records a verdict of the gate, with what follows from it whatever it says.
    pub(super) fn verdict_step(
        &self,
        arriving: &Arriving,
        settlement: &Settlement,
        departs: bool,
        purchase: Purchase,
        judged: Judged,
    ) -> Result<(Sale, Step), DeskError> {
        let Judged {
            facts,
            decision,
            held,
        } = judged;
        let visit = settlement.visit.as_ref();
        let serials = settlement.lines.iter();
        let record = GatedCall {
            infno: arriving.call.infno.clone(),
            msgid: arriving.msgid.clone(),
            body: hex(&arriving.body_digest),
            serials: serials.filter_map(|line| line.serial.clone()).collect(),
            visit: visit.map(|visit| visit.id.clone()),
            batch: visit.and_then(|visit| visit.batch.clone()),
            departs,
            held: held.map(str::to_owned),
        };
        let identity = identity_part(
            purchase
                .named
                .iter()
                .map(|person| (PersonRole::Holder, person)),
        )?;
        let sale = purchase.sale;
        let follows = sale.relay.as_ref();
        let adopted = purchase.adopted;
        let step = Step::telling(&facts)?
            .with(part(&decision)?)
            .with(part(&record)?)
            .naming(identity)
            .resting_on(follows.and_then(|relay| relay.follows_entry))
            .writing(reclaiming(purchase.held, self.digests(&sale.basket)))
            .writing(purchase.names)
            .staging(move |memory, sale, _| {
                let counter = sale.id.counter();
                memory.seats.adopted(&sale.till, Some(counter), &adopted);
            })
            .staging(show(decision))
            .then(|sale, index| {
                if let Phase::Assessed(assessment) = &mut sale.phase {
                    assessment.entry = index;
                }
                if sale.entry.value() == 0 {
                    sale.entry = index;
                }
                for held in &mut sale.evidence {
                    if held.entry.value() == 0 {
                        held.entry = index;
                    }
                }
            });
        Ok((sale, step))
    }

    fn send_settlement(
        &mut self,
        arriving: &Arriving,
        settlement: &Settlement,
        mut purchase: Purchase,
        judged: Judged,
    ) -> Result<Gated, DeskError> {
        purchase
            .sale
            .depart(&arriving.msgid, Direction::Settlement, arriving.now_ms)?;
        let shares = Shares::of(&judged.facts);
        let visit = self.resting_on_looks(&purchase.sale, arriving.now_ms)?;
        let (sale, step) = self.verdict_step(arriving, settlement, true, purchase, judged)?;
        let mut step = step.writing(visit);
        if !shares.is_empty() {
            step = step.writing(taking(shares));
        }
        self.send(arriving, Sending::Money, sale, step)
    }

    /// Records a refusal by the rules, with the words that the till is about to hear.
    pub(super) fn record_refusal(
        &mut self,
        arriving: &Arriving,
        settlement: &Settlement,
        refused: PlatformAnswer,
        mut purchase: Purchase,
        judged: Judged,
    ) -> Result<Gated, DeskError> {
        let refused = self.as_before(arriving, refused)?;
        let records = self.verdict_records(&mut purchase.sale, &judged.decision);
        let sealed = self.seal_answer(&arriving.key, &refused)?;
        let (sale, step) = self.verdict_step(arriving, settlement, false, purchase, judged)?;
        let _ = self.record_with(sale, step.writing(records), |at| {
            arriving.keep(at, Some(sealed))
        })?;
        Ok(Gated::Answer(refused))
    }

    /// What `err_msg` says: why not, what to do, and where questions are answered.
    pub(super) fn refusal_words(&self, sale: &Sale, verdict: &Verdict) -> String {
        let (reasons, is_question): (Vec<&Reason>, bool) = match verdict {
            Verdict::Allow { .. } => (Vec::new(), false),
            Verdict::Ask { questions, .. } => (questions.iter().collect(), true),
            Verdict::Refuse { reasons, .. } => (reasons.iter().collect(), false),
        };
        let words = refusal::words(&reasons, |line| self.item_name(sale, line));
        if !is_question {
            return words;
        }
        let where_to = text::message("gateway.answer-at-counter").zh;
        let room = MAX_MESSAGE.saturating_sub(where_to.chars().count());
        let mut told: String = words.chars().take(room).collect();
        told.push_str(where_to);
        told
    }
}

/// Reasons that no later call can take away: broken, and nobody may release them.
pub(super) fn final_reasons(verdict: &Verdict) -> Vec<&Reason> {
    let Verdict::Refuse { reasons, .. } = verdict else {
        return Vec::new();
    };
    reasons
        .iter()
        .filter(|reason| {
            reason.outcome == Outcome::Refuse
                && reason.truth == TruthKind::Broken
                && reason.release == Release::Never
        })
        .collect()
}
