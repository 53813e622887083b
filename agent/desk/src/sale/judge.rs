//! What the desk does with a request: attaches, judges, scans, concludes.

use pharmacy_decision::decide;
use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::part::PartClass;
use pharmacy_protocol::term::{SaleId, TraceCode};
use std::time::Instant;

use super::people::identity_part;
use crate::core::attempt::{AttemptState, Direction, Report};
use crate::core::presence::HeldEvidence;
use crate::core::sale::{Answer, Assessment, Sale};
use crate::gate::packs_needed;
use crate::request::Changes;
use crate::seat::Said;
use crate::step::{self, Step};
use crate::{Call, Desk, DeskError, EvidenceInput, Reply, Role, ScanView, VerdictView};

impl Desk {
    /// Evidence, and the person it shows: whoever is not known yet is known now.
    pub(crate) fn attach(&self, sale: &mut Sale, input: EvidenceInput) -> Result<Step, DeskError> {
        sale.reopen()?;
        let role = match input.role {
            Role::Holder => "holder",
            Role::Proxy => "buyer",
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
        let at_ms = self.clock.now_ms();
        let held = HeldEvidence {
            person,
            kind: input.kind,
            at_ms,
            entry: sale.entry,
        };
        let facts = step::part(PartClass::Facts, &held)?;
        sale.evidence.push(held);
        Ok(Step::new(EntryKind::Evidence, facts)
            .naming(identity)
            .then(|sale, index| {
                if let Some(held) = sale.evidence.last_mut() {
                    held.entry = index;
                }
            }))
    }

    pub(crate) fn assess(
        &mut self,
        call: &Call,
        id: &SaleId,
        (basket, prescriptions): Changes,
    ) -> Result<Reply, DeskError> {
        if let Some(reply) = self.repeated(call, Some(id))? {
            return Ok(reply);
        }
        self.refresh_catalogue()?;
        let (mut sale, _) = self.load(&call.caller, id)?;
        sale.reopen()?;
        let before = std::mem::take(&mut sale.basket);
        sale.basket = basket.unwrap_or_else(|| before.clone());
        if let Some(list) = prescriptions {
            sale.prescriptions = list
                .into_iter()
                .map(|input| super::gather::prescription(input, self.journal.keys()))
                .collect();
        }
        let facts = {
            // All facts are of one moment, and the file is locked once for them.
            let _still = self.journal.snapshot()?;
            self.gather(&sale, self.clock.now_ms())?
        };
        let started = Instant::now();
        let decision = decide(&facts, &self.pack);
        let decided_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        let answer = Answer::from(&decision.verdict);
        let (insurance, cash) = (decision.insurance, decision.cash);
        sale.assess(Assessment {
            entry: sale.entry,
            answer,
            insurance,
            cash,
        })?;
        let records = self.verdict_records(&mut sale, &decision);
        let step = Step::new(EntryKind::Verdict, step::part(PartClass::Facts, &facts)?)
            .with(PartClass::Answer, step::bytes(&decision)?)
            .then(|sale, index| {
                if let crate::core::sale::Phase::Assessed(assessment) = &mut sale.phase {
                    assessment.entry = index;
                }
            })
            .reclaiming(self.digests(&before), self.digests(&sale.basket))
            .recording(records);
        let said = Said::Judged(Box::new(decision.clone()));
        let (till, counter) = (sale.till.clone(), sale.id.counter());
        let reply = self.commit(call, sale, step, move |sale, entry, _| {
            Reply::json(
                200,
                &VerdictView::new(&sale.id, entry, decision, decided_us),
            )
        })?;
        self.counter.show(&till, counter, said);
        self.counter.tell();
        Ok(reply)
    }

    pub(crate) fn scan(
        &mut self,
        call: &Call,
        id: &SaleId,
        line: Option<u32>,
        code: TraceCode,
    ) -> Result<Reply, DeskError> {
        if let Some(reply) = self.repeated(call, Some(id))? {
            return Ok(reply);
        }
        let (mut sale, _) = self.load(&call.caller, id)?;
        sale.reopen()?;
        let line = match line {
            Some(line) => line,
            None => self.line_of(&sale, &code)?.ok_or(DeskError::NoLine)?,
        };
        sale.basket = sale.basket.with_pack(line, code.clone())?;
        let row = self
            .journal
            .reader()
            .pack(&self.journal.keys().trace_digest(&code))?;
        let sold_before =
            row.is_some_and(|row| row.status == pharmacy_journal::store::PackStatus::Sold);
        let family = match &code {
            TraceCode::Enterprise(_) => "enterprise",
            TraceCode::Gs1 { .. } => "gs1",
            TraceCode::Platform(_) => "platform",
        };
        let step = Step::new(
            EntryKind::Sale,
            step::part(PartClass::Goods, &(line, &code))?,
        );
        self.commit(call, sale, step, move |sale, entry, _| {
            let family = family.to_owned();
            Reply::json(
                200,
                &ScanView {
                    sale: sale.id.clone(),
                    family,
                    line,
                    sold_before,
                    entry,
                },
            )
        })
    }

    /// The only line whose article has packs like this one.
    pub(crate) fn line_of(&self, sale: &Sale, code: &TraceCode) -> Result<Option<u32>, DeskError> {
        let Some(prefix) = code.prefix() else {
            return Ok(None);
        };
        let mut matching = Vec::new();
        for line in sale.basket.lines() {
            let Some(article) = self.find_article(&line.offered)? else {
                continue;
            };
            if article.article.trace_prefixes.contains(&prefix) {
                matching.push(line);
            }
        }
        if matching.len() > 1 {
            matching.retain(|line| line.packs.len() < packs_needed(line));
        }
        // Two lines of one product lack a pack: only the cashier knows which goes where.
        Ok(match matching.as_slice() {
            [line] => Some(line.number),
            _ => None,
        })
    }

    /// What a report means, and the rows that follow from it.
    pub(crate) fn conclude(&mut self, sale: &mut Sale, report: Report) -> Result<Step, DeskError> {
        let verdict = match &sale.phase {
            crate::core::sale::Phase::Assessed(assessment) => Some(assessment.entry),
            _ => None,
        };
        let is_new = sale
            .attempt(&report.msgid)
            .is_none_or(|known| known.state != report.state);
        let stood = sale.settlement().is_some();
        let findings = sale.report(report.clone(), self.clock.now_ms())?;
        let kind = match report.direction {
            Direction::Settlement => EntryKind::Outcome,
            Direction::Reversal { .. } | Direction::Undo { .. } => EntryKind::Reversal,
        };
        let attempt = sale.attempt(&report.msgid);
        let record = step::part(PartClass::Answer, &(attempt, &findings))?;
        let mut step = Step::new(kind, record).finding(findings).referring(verdict);
        let AttemptState::Settled(settled) = &report.state else {
            return Ok(step);
        };
        if !is_new {
            return Ok(step);
        }
        let stands = sale.settlement().is_some();
        match report.direction {
            Direction::Settlement => {
                let list = self.purchase(sale, settled, (&report.msgid, verdict))?;
                step = self.dispense(sale, step)?;
                step = self
                    .list_step(sale, &list, step)?
                    .with(PartClass::List, step::bytes(&list)?)
                    .then(|sale, index| sale.list = Some(index))
                    .selling(self.sold(sale)?);
            }
            // Settled twice and taken back once: the goods are still sold. Taken back, and that was
            // undone: they are sold again.
            Direction::Reversal { .. } | Direction::Undo { .. } => match (stood, stands) {
                (true, false) => {
                    step = self.dispense(sale, step)?.returning(self.sold(sale)?);
                }
                (false, true) => {
                    step = self.dispense(sale, step)?.selling(self.sold(sale)?);
                }
                (true, true) | (false, false) => {}
            },
        }
        Ok(step)
    }
}
