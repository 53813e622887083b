//! Requests of the local API, as methods of the handle: each checks for a repetition, runs one
//! step, and answers with bytes that were stored with it.

use std::time::Instant;

use pharmacy_decision::decide;
use pharmacy_decision::facts::EvidenceKind;
use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::part::PartClass;
use pharmacy_protocol::person::Sex;
use pharmacy_protocol::term::{SaleId, TraceCode};
use serde::Serialize;

use super::people::{self, identity_part};
use super::step::{self, Step};
use super::{
    Caller, Desk, DeskError, DeskHandle, EvidenceInput, Idempotency, OpenSale, PersonInput,
    PrescriptionInput, PurchaseList, Role, RolesInput, SaleView, ScanView, StatusView, VerdictView,
};
use crate::core::basket::Basket;
use crate::core::presence::HeldEvidence;
use crate::core::sale::{Answer, Assessment, AttemptState, Direction, Report, Sale};
use crate::device::reader::CheckedCard;
use crate::device::reader::card::ReaderIdentity;

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
    pub(super) fn json(status: u16, body: &impl Serialize) -> Result<Self, DeskError> {
        Ok(Self {
            status,
            content_type: "application/json",
            body: serde_json::to_vec(body)?,
        })
    }
}

/// Lines and prescriptions that replace those of the sale.
pub type Changes = (Option<Basket>, Option<Vec<PrescriptionInput>>);

/// A card that was read, for whom, by which reader.
pub type ReadCard = (Role, CheckedCard, ReaderIdentity);

impl DeskHandle {
    /// The agent's state; `reader` is the state of the card reader.
    pub async fn status(&self, reader: &'static str) -> Result<Reply, DeskError> {
        self.run(move |desk| desk.status(reader)).await
    }

    /// The signed checkpoint.
    pub async fn checkpoint(&self) -> Result<Reply, DeskError> {
        self.run(|desk| {
            let body = desk.journal.publish()?.into_bytes();
            Ok(Reply {
                status: 200,
                content_type: "text/plain; charset=utf-8",
                body,
            })
        })
        .await
    }

    /// Opens a sale.
    pub async fn open_sale(
        &self,
        caller: Caller,
        idempotency: Option<Idempotency>,
        input: OpenSale,
    ) -> Result<Reply, DeskError> {
        self.run(move |desk| desk.open_sale(&caller, idempotency.as_ref(), input))
            .await
    }

    /// A sale as it stands.
    pub async fn show_sale(&self, caller: Caller, sale: SaleId) -> Result<Reply, DeskError> {
        self.run(move |desk| {
            let (sale, entry) = desk.load(&caller, &sale)?;
            Reply::json(200, &SaleView::new(&sale, entry, desk.clock.now_ms()))
        })
        .await
    }

    /// Open sales of the caller's till.
    pub async fn open_sales(&self, caller: Caller) -> Result<Reply, DeskError> {
        self.run(move |desk| {
            let rows = desk.journal.reader().open_sales()?;
            desk.show_rows(rows.into_iter().filter(|row| row.till == caller.till))
        })
        .await
    }

    /// Sales of the store with an attempt without outcome.
    pub async fn sales_in_doubt(&self, _caller: Caller) -> Result<Reply, DeskError> {
        self.run(|desk| {
            let rows = desk.journal.reader().in_doubt_sales()?;
            desk.show_rows(rows)
        })
        .await
    }

    /// Gives a sale up.
    pub async fn abandon(
        &self,
        caller: Caller,
        idempotency: Option<Idempotency>,
        sale: SaleId,
    ) -> Result<Reply, DeskError> {
        self.run(move |desk| {
            desk.step(&caller, idempotency.as_ref(), &sale, |_, sale| {
                sale.abandon()?;
                Ok(Step::new(
                    EntryKind::Sale,
                    step::part(PartClass::Facts, &"abandoned")?,
                ))
            })
        })
        .await
    }

    /// Says who is who.
    pub async fn set_roles(
        &self,
        caller: Caller,
        idempotency: Option<Idempotency>,
        sale: SaleId,
        roles: RolesInput,
    ) -> Result<Reply, DeskError> {
        self.run(move |desk| {
            desk.step(&caller, idempotency.as_ref(), &sale, |desk, sale| {
                sale.reopen()?;
                let identity = identity_part(people::named(&roles))?;
                people::apply(&mut sale.roles, roles, desk.journal.keys());
                Ok(Step::new(
                    EntryKind::Evidence,
                    step::part(PartClass::Facts, &sale.roles)?,
                )
                .with(PartClass::Identity, identity))
            })
        })
        .await
    }

    /// Attaches evidence.
    pub async fn attach_evidence(
        &self,
        caller: Caller,
        idempotency: Option<Idempotency>,
        sale: SaleId,
        input: EvidenceInput,
    ) -> Result<Reply, DeskError> {
        self.run(move |desk| {
            desk.step(&caller, idempotency.as_ref(), &sale, |desk, sale| {
                desk.attach(sale, input)
            })
        })
        .await
    }

    /// Attaches a card that was read and checked.
    pub async fn attach_card(
        &self,
        caller: Caller,
        idempotency: Option<Idempotency>,
        sale: SaleId,
        (role, card, reader): ReadCard,
    ) -> Result<Reply, DeskError> {
        let card = card.card();
        let certificate = card.kind();
        let person = PersonInput {
            number: Some(card.number.clone()),
            name: Some(card.name.clone()),
            sex: Some(card.sex).filter(|sex| matches!(sex, Sex::Female | Sex::Male)),
            birth: Some(card.birth),
        };
        let ReaderIdentity { sam, transport } = reader;
        let kind = EvidenceKind::CardRead {
            certificate,
            sam,
            transport,
        };
        let input = EvidenceInput {
            role,
            kind,
            person: Some(person),
        };
        self.attach_evidence(caller, idempotency, sale, input).await
    }

    /// Attaches a scanned pack.
    pub async fn attach_scan(
        &self,
        caller: Caller,
        idempotency: Option<Idempotency>,
        sale: SaleId,
        (line, code): (Option<u32>, TraceCode),
    ) -> Result<Reply, DeskError> {
        self.run(move |desk| desk.scan(&caller, idempotency.as_ref(), &sale, line, code))
            .await
    }

    /// Judges a sale; facts and verdict are durable before the answer exists.
    pub async fn assess(
        &self,
        caller: Caller,
        idempotency: Option<Idempotency>,
        sale: SaleId,
        changes: Changes,
    ) -> Result<Reply, DeskError> {
        self.run(move |desk| desk.assess(&caller, idempotency.as_ref(), &sale, changes))
            .await
    }

    /// Announces an attempt.
    pub async fn announce(
        &self,
        caller: Caller,
        idempotency: Option<Idempotency>,
        sale: SaleId,
        (msgid, direction): (String, Direction),
    ) -> Result<Reply, DeskError> {
        self.run(move |desk| {
            desk.step(&caller, idempotency.as_ref(), &sale, |_, sale| {
                sale.intend(&msgid, direction)?;
                Ok(Step::new(
                    EntryKind::Attempt,
                    step::part(PartClass::Facts, &sale.attempts)?,
                ))
            })
        })
        .await
    }

    /// Takes a report of an attempt.
    pub async fn report(
        &self,
        caller: Caller,
        idempotency: Option<Idempotency>,
        sale: SaleId,
        report: Report,
    ) -> Result<Reply, DeskError> {
        self.run(move |desk| {
            desk.step(&caller, idempotency.as_ref(), &sale, |desk, sale| {
                desk.conclude(sale, report)
            })
        })
        .await
    }

    /// The purchase list as JSON.
    pub async fn purchase_list(&self, caller: Caller, sale: SaleId) -> Result<Reply, DeskError> {
        self.run(move |desk| Reply::json(200, &desk.list(&caller, &sale)?))
            .await
    }

    /// The purchase list as a page.
    pub async fn purchase_list_page(
        &self,
        caller: Caller,
        sale: SaleId,
    ) -> Result<Reply, DeskError> {
        self.run(move |desk| {
            let body = desk.list(&caller, &sale)?.page().into_bytes();
            Ok(Reply {
                status: 200,
                content_type: "text/html; charset=utf-8",
                body,
            })
        })
        .await
    }
}

impl Desk {
    fn status(&mut self, reader: &'static str) -> Result<Reply, DeskError> {
        self.refresh_catalogue()?;
        let stage = match self.stage(self.clock.now_ms()) {
            pharmacy_decision::facts::Stage::Commissioning => "commissioning",
            pharmacy_decision::facts::Stage::Operating => "operating",
        };
        let articles = self.catalogue.as_ref().map(|catalogue| catalogue.count());
        let in_doubt = self.journal.reader().in_doubt_sales()?.len();
        let view = StatusView {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            origin: self.journal.origin().to_string(),
            entries: self.journal.size()?,
            pack: self.pack.version().clone(),
            stage: stage.to_owned(),
            articles,
            reader: reader.to_owned(),
            in_doubt: u64::try_from(in_doubt).unwrap_or(u64::MAX),
        };
        Reply::json(200, &view)
    }

    /// Evidence, and the person it shows: whoever is not known yet is known now.
    fn attach(&self, sale: &mut Sale, input: EvidenceInput) -> Result<Step, DeskError> {
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
            .with(PartClass::Identity, identity)
            .then(|sale, index| {
                if let Some(held) = sale.evidence.last_mut() {
                    held.entry = index;
                }
            }))
    }

    fn assess(
        &mut self,
        caller: &Caller,
        idempotency: Option<&Idempotency>,
        id: &SaleId,
        (basket, prescriptions): Changes,
    ) -> Result<Reply, DeskError> {
        if let Some(reply) = self.repeated(caller, Some(id), idempotency)? {
            return Ok(reply);
        }
        self.refresh_catalogue()?;
        let (mut sale, _) = self.load(caller, id)?;
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
        let step = Step::new(EntryKind::Verdict, step::part(PartClass::Facts, &facts)?)
            .with(PartClass::Answer, step::bytes(&decision)?)
            .then(|sale, index| {
                if let crate::core::sale::Phase::Assessed(assessment) = &mut sale.phase {
                    assessment.entry = index;
                }
            })
            .reclaiming(self.digests(&before), self.digests(&sale.basket));
        self.commit(caller, idempotency, sale, step, move |sale, entry, _| {
            Reply::json(
                200,
                &VerdictView::new(&sale.id, entry, decision, decided_us),
            )
        })
    }

    fn scan(
        &mut self,
        caller: &Caller,
        idempotency: Option<&Idempotency>,
        id: &SaleId,
        line: Option<u32>,
        code: TraceCode,
    ) -> Result<Reply, DeskError> {
        if let Some(reply) = self.repeated(caller, Some(id), idempotency)? {
            return Ok(reply);
        }
        let (mut sale, _) = self.load(caller, id)?;
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
        let sold_before = row.is_some_and(|row| row.status == crate::store::PackStatus::Sold);
        let family = match &code {
            TraceCode::Enterprise(_) => "enterprise",
            TraceCode::Gs1 { .. } => "gs1",
            TraceCode::Platform(_) => "platform",
        };
        let step = Step::new(
            EntryKind::Sale,
            step::part(PartClass::Goods, &(line, &code))?,
        );
        self.commit(caller, idempotency, sale, step, move |sale, entry, _| {
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
    fn line_of(&self, sale: &Sale, code: &TraceCode) -> Result<Option<u32>, DeskError> {
        let Some(prefix) = code.prefix() else {
            return Ok(None);
        };
        let mut found = None;
        for line in sale.basket.lines() {
            let Some(article) = self.find_article(&line.offered)? else {
                continue;
            };
            if article.article.trace_prefixes.contains(&prefix) {
                // Two lines of one product: only the cashier knows which pack goes where.
                if found.is_some() {
                    return Ok(None);
                }
                found = Some(line.number);
            }
        }
        Ok(found)
    }

    /// What a report means, and the rows that follow from it.
    fn conclude(&mut self, sale: &mut Sale, report: Report) -> Result<Step, DeskError> {
        let verdict = match &sale.phase {
            crate::core::sale::Phase::Assessed(assessment) => Some(assessment.entry),
            _ => None,
        };
        let is_new = sale
            .attempt(&report.msgid)
            .is_none_or(|known| known.state != report.state);
        let findings = sale.report(report.clone())?;
        let kind = match report.direction {
            Direction::Settlement => EntryKind::Outcome,
            Direction::Reversal { .. } => EntryKind::Reversal,
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
        match report.direction {
            Direction::Settlement => {
                let list = self.purchase(sale, settled, (&report.msgid, verdict))?;
                step = step
                    .with(PartClass::List, step::bytes(&list)?)
                    .then(|sale, index| sale.list = Some(index))
                    .selling(self.sold(sale)?);
            }
            Direction::Reversal { .. } => step = step.returning(self.sold(sale)?),
        }
        Ok(step)
    }

    fn list(&mut self, caller: &Caller, id: &SaleId) -> Result<PurchaseList, DeskError> {
        let (sale, _) = self.load(caller, id)?;
        let entry = sale.list.ok_or(DeskError::NoList)?;
        let bytes = self.journal.open_part(entry, PartClass::List)?;
        Ok(serde_json::from_slice(&bytes)?)
    }
}
