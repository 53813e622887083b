//! Judging a sale at the request of a program, and the packs that it scans.

use std::time::Instant;

use pharmacy_decision::facts::Prescription;
use pharmacy_decision::{Decision, Fact, Facts, decide};
use pharmacy_protocol::record::sale::ScannedPacks;
use pharmacy_protocol::record::verdict::HeldBack;
use pharmacy_protocol::term::{SaleId, TraceCode};

use super::input::PrescriptionInput;
use crate::core::basket::Basket;
use crate::core::double::Turned;
use crate::core::sale::{Answer, Assessment, Phase, Sale};
use crate::sale::goods::reclaiming;
use crate::sale::preview::say;
use crate::seat::Said;
use crate::step::{Step, part};
use crate::{Call, Desk, DeskError, Reply, ScanView, VerdictView};
use pharmacy_journal::Keys;
use pharmacy_journal::store::PackStatus;

impl Desk {
    pub(crate) fn assess(
        &mut self,
        call: &Call,
        id: &SaleId,
        basket: Option<Basket>,
        prescriptions: Option<Vec<PrescriptionInput>>,
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
                .map(|input| prescription(input, self.journal.keys()))
                .collect();
        }
        self.free_wanted(&sale, self.clock.now_ms())?;
        let (facts, known) = {
            // All facts are of one moment, and the file is locked once for them.
            let _still = self.journal.snapshot()?;
            self.gather(&sale, self.clock.now_ms())?
        };
        sale.basket.know(known);
        let started = Instant::now();
        let decision = decide(&facts, &self.pack);
        let decided_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        let held = self.held_back(&sale, &decision)?;
        sale.assess(Assessment {
            entry: sale.entry,
            answer: match held {
                Some(_) => Answer::Refuse,
                None => Answer::from(&decision.verdict),
            },
            insurance: decision.insurance,
            cash: decision.cash,
        })?;
        let records = self.verdict_records(&mut sale, &decision);
        let step = verdict_step(&facts, &decision, held.as_ref())?
            .writing(records)
            .writing(reclaiming(
                self.digests(&before),
                self.digests(&sale.basket),
            ));
        self.commit(call, sale, step, move |at| {
            let mut view = VerdictView::new(&at.sale.id, at.index, decision, decided_us);
            if let Some(turned) = held {
                view.hold_back(&turned);
            }
            Reply::json(200, &view)
        })
    }

    /// Why a sale is held back whatever the rules say: nobody pays twice. What settled minutes ago holds
    /// up only what would be settled now.
    fn held_back(&self, sale: &Sale, decision: &Decision) -> Result<Option<Turned>, DeskError> {
        match Answer::from(&decision.verdict) {
            Answer::Allow => self.double_before(sale),
            Answer::Ask | Answer::Refuse => self.proven_before(sale),
        }
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
        let digest = self.journal.keys().trace_digest(&code);
        let row = self.journal.reader().pack(&digest)?;
        let sold_before = row.is_some_and(|row| row.status == PackStatus::Sold);
        let family = match &code {
            TraceCode::Enterprise(_) => "enterprise",
            TraceCode::Gs1 { .. } => "gs1",
            TraceCode::Platform(_) => "platform",
        };
        let step = Step::telling(&ScannedPacks::one(line, code))?;
        self.commit(call, sale, step, move |at| {
            let view = ScanView {
                sale: at.sale.id.clone(),
                family: family.to_owned(),
                line,
                sold_before,
                entry: at.index,
            };
            Reply::json(200, &view)
        })
    }

    /// The only line whose article has packs like this one.
    pub(crate) fn line_of(&self, sale: &Sale, code: &TraceCode) -> Result<Option<u32>, DeskError> {
        let mut matching = Vec::new();
        for line in sale.basket.lines() {
            let Some(article) = self.find_article(&line.offered)? else {
                continue;
            };
            if self.is_pack_of(&article, code)? {
                matching.push(line);
            }
        }
        if matching.len() > 1 {
            matching.retain(|line| line.lacks_packs());
        }
        // Two lines of one product lack a pack: only the cashier knows which goes where.
        Ok(match matching.as_slice() {
            [line] => Some(line.number),
            _ => None,
        })
    }
}

/// The step that records a verdict, and shows it or why it is held back.
fn verdict_step(
    facts: &Facts,
    decision: &Decision,
    held: Option<&Turned>,
) -> Result<Step, DeskError> {
    let mut step = Step::telling(facts)?.with(part(decision)?);
    let mut said = Said::Judged(Box::new(decision.clone()));
    if let Some(turned) = held {
        let held = turned.code.to_owned();
        step = step.with(part(&HeldBack { held })?);
        said = Said::Turned(turned.code);
    }
    let step = step.then(|sale, index| {
        if let Phase::Assessed(assessment) = &mut sale.phase {
            assessment.entry = index;
        }
    });
    Ok(step.staging(say(said)))
}

/// A prescription as a fact.
fn prescription(input: PrescriptionInput, keys: &Keys) -> Prescription {
    let patient = input
        .patient
        .as_ref()
        .map(|patient| patient.person(keys).reference);
    Prescription {
        number: input.number,
        form: input.form,
        patient: patient.unwrap_or_default(),
        institution: Fact::from_option(input.institution),
        level: Fact::from_option(input.level),
        setting: Fact::from_option(input.setting),
        issued: Fact::from_option(input.issued),
        valid_until: Fact::from_option(input.valid_until),
        reviewed_by: Fact::from_option(input.reviewed_by),
        review: Fact::default(),
        physician: Fact::default(),
        sheet: Fact::default(),
        area: Fact::default(),
        again_on: None,
        drugs: input.drugs,
    }
}
