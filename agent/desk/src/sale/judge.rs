//! What evidence and a report of an attempt mean for a sale, and what of it is recorded.

use pharmacy_decision::record::evidence::EvidenceStep;
use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::record::identity::PersonRole;
use pharmacy_protocol::record::outcome::Outcome;

use super::goods::{returning, selling};
use crate::core::attempt::{AttemptState, Direction, Report};
use crate::core::presence::HeldEvidence;
use crate::core::sale::{Finding, Phase, Sale};
use crate::list::record::{AFTER_ALL, mark};
use crate::people::identity_part;
use crate::step::{Step, part};
use crate::{Desk, DeskError, EvidenceInput, Role};
use pharmacy_journal::store::MarkKind;

/// Most settlements of one number that are looked at, the newest first.
const MAX_OF_NUMBER: u32 = 8;

impl Desk {
    /// Evidence, and the person it shows: whoever is not known yet is known now.
    pub(crate) fn attach(&self, sale: &mut Sale, input: EvidenceInput) -> Result<Step, DeskError> {
        sale.reopen()?;
        let role = match input.role {
            Role::Holder => PersonRole::Holder,
            Role::Proxy => PersonRole::Buyer,
        };
        let identity = identity_part(input.person.iter().map(|person| (role, person)))?;
        let person = match &input.person {
            Some(told) => {
                let person = told.person(self.journal.keys());
                if input.role == Role::Holder && sale.roles.holder.reference.known().is_none() {
                    sale.roles.holder = person.clone();
                    sale.roles.holder_shown = Some(told.masked());
                }
                person.reference
            }
            // A credential or a face stands for the person of its role.
            None => match (input.role, &sale.roles.buyer) {
                (Role::Holder, _) => sale.roles.holder.reference.clone(),
                (Role::Proxy, pharmacy_decision::facts::Buyer::Proxy { person, .. }) => {
                    person.reference.clone()
                }
                (Role::Proxy, _) => pharmacy_decision::Fact::default(),
            },
        };
        let told = (input.kind, self.clock.now_ms());
        let (kind, at_ms) = self.weigh_told(sale, person.known(), told)?;
        let held = HeldEvidence {
            person,
            kind,
            at_ms,
            entry: sale.entry,
        };
        let step = Step::telling(&EvidenceStep::Evidence {
            evidence: held.clone(),
        })?;
        sale.evidence.push(held);
        // The visit's next sale may be another one: tills open it where their lines come.
        let visit = self.resting_on_looks(sale, at_ms)?;
        Ok(step.naming(identity).writing(visit).then(|sale, index| {
            if let Some(held) = sale.evidence.last_mut() {
                held.entry = index;
            }
        }))
    }

    /// What a report means, the rows that follow from it, and what must not pass unnoticed.
    pub(crate) fn conclude(
        &self,
        sale: &mut Sale,
        report: &Report,
    ) -> Result<(Step, Vec<Finding>), DeskError> {
        let now_ms = self.clock.now_ms();
        let verdict = match &sale.phase {
            Phase::Assessed(assessment) => Some(assessment.entry),
            Phase::Abandoned | Phase::Closed | Phase::Open => None,
        };
        let is_new = sale
            .attempt(&report.msgid)
            .is_none_or(|known| known.state != report.state);
        let stood = sale.settlement().is_some();
        let mut findings = sale.report(report.clone(), now_ms)?;
        if is_new && self.names_another(sale, report)? {
            findings.push(Finding::SettlementOfAnother);
        }
        let kind = match report.direction {
            Direction::Settlement => EntryKind::Outcome,
            Direction::Reversal { .. } | Direction::Undo { .. } => EntryKind::Reversal,
        };
        let record = Outcome::Concluded {
            attempt: sale.attempt(&report.msgid).cloned(),
            findings: findings.clone(),
        };
        let mut step = Step::new(kind, part(&record)?).resting_on(verdict);
        if is_new {
            step = self.follow_no_code(sale, stood, step)?;
        }
        let AttemptState::Settled(settled) = &report.state else {
            return Ok((step, findings));
        };
        step = step.staging(move |memory, sale, _| memory.seats.leave_if_over(sale, now_ms));
        if !is_new {
            return Ok((step, findings));
        }
        let stands = sale.settlement().is_some();
        match report.direction {
            Direction::Settlement => {
                let list = self.purchase(sale, settled, &report.msgid, verdict)?;
                step = self.dispense(sale, step)?;
                step = self
                    .list_step(sale, &list, step)?
                    .with(part(&list)?)
                    .then(|sale, index| sale.list = Some(index))
                    .writing(selling(self.sold(sale)?))
                    .staging(|memory, sale, _| memory.slips.settled(&sale.id));
            }
            // Settled twice and taken back once: the goods are still sold. Taken back, and that was
            // undone: they are sold again.
            Direction::Reversal { .. } | Direction::Undo { .. } => match (stood, stands) {
                (true, false) => {
                    step = self
                        .dispense(sale, step)?
                        .writing(returning(self.sold(sale)?));
                }
                (false, true) => {
                    step = self
                        .dispense(sale, step)?
                        .writing(selling(self.sold(sale)?));
                }
                (true, true) | (false, false) => {}
            },
        }
        Ok((step, findings))
    }

    /// Is a settlement reported under a number that is another sale's?
    fn names_another(&self, sale: &Sale, report: &Report) -> Result<bool, DeskError> {
        match (&report.direction, &report.state) {
            (Direction::Settlement, AttemptState::Settled(settled)) => {
                self.is_number_of_another(sale.id.counter(), &settled.settlement)
            }
            _ => Ok(false),
        }
    }

    /// Was another sale settled under this number, by whichever door?
    pub(crate) fn is_number_of_another(
        &self,
        own: u64,
        settlement: &str,
    ) -> Result<bool, DeskError> {
        let mark = mark(self.journal.keys(), MarkKind::Settlement, settlement);
        let reader = self.journal.reader();
        let found = reader.marked(mark, (i64::MIN, AFTER_ALL), MAX_OF_NUMBER)?;
        Ok(found.iter().any(|found| found.sale != own))
    }
}
