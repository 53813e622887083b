//! Requests of the local API, as methods of the handle: each checks for a repetition, runs one
//! step, and answers with bytes that were stored with it.

mod answer;
mod assess;
pub(crate) mod input;
pub(crate) mod invoice;
mod list;
mod prescription;
mod refund;
pub(crate) mod reply;
pub(crate) mod status;

use pharmacy_decision::record::sale::{SaleStep, Why};
use pharmacy_protocol::record::identity::PersonRole;
use pharmacy_protocol::record::outcome::Attempts;
use pharmacy_protocol::term::{SaleId, TraceCode};

use crate::core::attempt::{Direction, Report};
use crate::core::basket::Basket;
use crate::core::sale::SaleError;
use crate::people::{self, identity_part};
use crate::sale::goods::releasing;
use crate::step::Step;
use crate::stock::taking;
use crate::{
    Call, Caller, Desk, DeskError, DeskHandle, EvidenceInput, OpenSale, PrescriptionInput,
    ReadCard, Reply, Role, RolesInput, SaleView,
};

impl DeskHandle {
    /// The agent's state, with the states of card reader and scanner.
    pub async fn status(
        &self,
        reader: &'static str,
        scanner: &'static str,
    ) -> Result<Reply, DeskError> {
        self.run(move |desk| desk.status(reader, scanner)).await
    }

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

    pub async fn open_sale(&self, call: Call, input: OpenSale) -> Result<Reply, DeskError> {
        self.run(move |desk| desk.open_sale(&call, input)).await
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
    pub async fn sales_in_doubt(&self) -> Result<Reply, DeskError> {
        self.run(|desk| {
            let rows = desk.journal.reader().in_doubt_sales()?;
            desk.show_rows(rows)
        })
        .await
    }

    /// Gives a sale up.
    pub async fn abandon(&self, call: Call, sale: SaleId) -> Result<Reply, DeskError> {
        self.run(move |desk| {
            desk.step(&call, &sale, |desk, sale| {
                sale.abandon()?;
                let now_ms = desk.clock.now_ms();
                let record = SaleStep::GivenUp {
                    why: Why::Abandoned,
                };
                Ok(Step::telling(&record)?
                    .writing(releasing(desk.digests(&sale.basket)))
                    .staging(move |memory, sale, _| memory.seats.leave_if_over(sale, now_ms)))
            })
        })
        .await
    }

    /// Says who is who.
    pub async fn set_roles(
        &self,
        call: Call,
        sale: SaleId,
        roles: RolesInput,
    ) -> Result<Reply, DeskError> {
        self.run(move |desk| {
            desk.step(&call, &sale, |desk, sale| {
                sale.reopen()?;
                let identity = identity_part(people::named(&roles))?;
                people::apply(&mut sale.roles, roles, desk.journal.keys());
                Ok(Step::telling(&sale.roles_told())?.naming(identity))
            })
        })
        .await
    }

    /// Before a card is read: the answer that a repetition gets, or nothing when the sale takes
    /// evidence.
    pub async fn prepare_evidence(
        &self,
        call: Call,
        sale: SaleId,
    ) -> Result<Option<Reply>, DeskError> {
        self.run(move |desk| {
            let known = desk.repeated(&call, Some(&sale))?;
            if known.is_none() {
                desk.load(&call.caller, &sale)?.0.reopen()?;
            }
            Ok(known)
        })
        .await
    }

    pub async fn attach_evidence(
        &self,
        call: Call,
        sale: SaleId,
        input: EvidenceInput,
    ) -> Result<Reply, DeskError> {
        self.run(move |desk| desk.step(&call, &sale, |desk, sale| desk.attach(sale, input)))
            .await
    }

    /// Attaches a card that was read and checked.
    pub async fn attach_card(
        &self,
        call: Call,
        sale: SaleId,
        role: Role,
        card: ReadCard,
    ) -> Result<Reply, DeskError> {
        let (till, met) = (call.caller.till.clone(), card.clone());
        self.run(move |desk| desk.meet_reader(&till, &met)).await?;
        let input = EvidenceInput::of_card(role, card);
        self.attach_evidence(call, sale, input).await
    }

    /// Attaches a scanned pack.
    pub async fn attach_scan(
        &self,
        call: Call,
        sale: SaleId,
        line: Option<u32>,
        code: TraceCode,
    ) -> Result<Reply, DeskError> {
        self.run(move |desk| desk.scan(&call, &sale, line, code))
            .await
    }

    /// Judges a sale; facts and verdict are durable before the answer exists.
    pub async fn assess(
        &self,
        call: Call,
        sale: SaleId,
        basket: Option<Basket>,
        prescriptions: Option<Vec<PrescriptionInput>>,
    ) -> Result<Reply, DeskError> {
        self.run(move |desk| desk.assess(&call, &sale, basket, prescriptions))
            .await
    }

    pub async fn announce(
        &self,
        call: Call,
        sale: SaleId,
        msgid: String,
        direction: Direction,
    ) -> Result<Reply, DeskError> {
        self.run(move |desk| {
            desk.step(&call, &sale, |desk, sale| {
                let is_settlement = direction == Direction::Settlement;
                // Another sale may have left since this one was judged.
                if is_settlement && desk.double_before(sale)?.is_some() {
                    return Err(SaleError::NotAllowed.into());
                }
                sale.intend(&msgid, direction, desk.clock.now_ms())?;
                let step = Step::telling(&Attempts {
                    attempts: sale.attempts.clone(),
                })?;
                let shares = desk.no_code_shares(sale)?;
                Ok(match is_settlement && !shares.is_empty() {
                    true => step.writing(taking(shares)),
                    false => step,
                })
            })
        })
        .await
    }

    /// Takes a report of an attempt.
    pub async fn report(
        &self,
        call: Call,
        sale: SaleId,
        report: Report,
        receipt: Option<String>,
    ) -> Result<Reply, DeskError> {
        self.run(move |desk| desk.report(&call, &sale, &report, receipt))
            .await
    }
}

impl Desk {
    pub(crate) fn open_sale(&mut self, call: &Call, input: OpenSale) -> Result<Reply, DeskError> {
        if let Some(reply) = self.repeated(call, None)? {
            return Ok(reply);
        }
        let mut sale = self.new_sale(&call.caller);
        if let Some(holder) = &input.holder {
            sale.roles.holder = holder.person(self.journal.keys());
            sale.roles.holder_shown = Some(holder.masked());
        }
        let identity = identity_part(
            input
                .holder
                .iter()
                .map(|person| (PersonRole::Holder, person)),
        )?;
        sale.operator = input.operator;
        sale.fund = input.fund;
        sale.insurance = input.insurance;
        let opened = Step::telling(&sale.opened())?;
        sale.operator = sale.operator.filter(|operator| !operator.is_empty());
        let step = opened
            .naming(identity)
            .then(|sale, index| sale.entry = index);
        self.commit(call, sale, step, |at| {
            Reply::json(201, &SaleView::new(at.sale, at.index, at.now_ms))
        })
    }

    fn report(
        &mut self,
        call: &Call,
        id: &SaleId,
        report: &Report,
        receipt: Option<String>,
    ) -> Result<Reply, DeskError> {
        if let Some(reply) = self.repeated(call, Some(id))? {
            return Ok(reply);
        }
        let (mut sale, _) = self.load(&call.caller, id)?;
        sale.receipt = receipt.or(sale.receipt.take());
        let (step, findings) = self.conclude(&mut sale, report)?;
        let counter = sale.id.counter();
        let reply = self.commit(call, sale, step, move |at| {
            let mut view = SaleView::new(at.sale, at.index, at.now_ms);
            view.findings = findings;
            Reply::json(200, &view)
        })?;
        if report.direction.takes_back().is_some() {
            self.note_loop(counter, report)?;
        }
        Ok(reply)
    }
}
