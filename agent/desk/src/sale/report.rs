//! What is told of an attempt, by the platform or by somebody who asked it, and the rows that follow.

use pharmacy_decision::pack::TraceDuty;
use pharmacy_decision::record::sale::{SaleStep, Why};
use pharmacy_protocol::record::staff::Unsigned;

use super::goods::releasing;
use crate::core::attempt::{AttemptState, Direction, Report};
use crate::core::sale::{Phase, Sale};
use crate::staff::SignedAct;
use crate::step::{At, Step, Write, part};
use crate::understood::{Understood, setting_of};
use crate::{Caller, Desk, DeskError};
use pharmacy_journal::DraftPart;
use pharmacy_journal::store::{DueKind, NameDigest, NameKind, RelayedRow};

/// How an outcome became known.
#[derive(Default)]
pub(crate) struct Told {
    /// The call that was answered, with its answer.
    answered: Option<(NameDigest, RelayedRow)>,
    /// The `staff` part, where a person said so.
    staff: Option<DraftPart>,
    /// What is understood of the till from then on, where that changes.
    understood: Option<Understood>,
}

impl Told {
    /// By the platform's answer to a call; none where it gave none.
    pub(crate) fn answered(answered: Option<(NameDigest, RelayedRow)>) -> Self {
        Self {
            answered,
            ..Self::default()
        }
    }

    /// A settlement that was read: its till is understood better from then on.
    pub(crate) fn understood(self, understood: Option<Understood>) -> Self {
        Self { understood, ..self }
    }

    /// By a person at a till: what the person in charge signed, else at which program or page.
    pub(crate) fn by(caller: &Caller, signed: Option<SignedAct>) -> Result<Self, DeskError> {
        let staff = match signed {
            Some(signed) => signed.part,
            None => part(&Unsigned {
                by: caller.program(),
                staff: None,
                reason: None,
            })?,
        };
        Ok(Self {
            staff: Some(staff),
            ..Self::default()
        })
    }
}

/// What a sale is called from an outcome on.
#[derive(Default)]
struct Names {
    settlement: Option<NameDigest>,
    returned: Option<(NameDigest, u64)>,
}

/// The counter that no sale has.
const NO_SALE: u64 = 0;

impl Desk {
    /// Records what the platform, or a person who asked it, says of an attempt.
    pub(crate) fn record_report(
        &mut self,
        mut sale: Sale,
        report: &Report,
        told: Told,
    ) -> Result<(), DeskError> {
        let is_settled = matches!(report.state, AttemptState::Settled(_));
        let takes_back = report.direction.takes_back().is_some();
        let mut names = self.names_after(&sale, report);
        let (mut step, _) = self.conclude(&mut sale, report)?;
        if let Some(staff) = told.staff {
            step = step.with(staff);
        }
        // What stands in spite of it was not given back.
        names.returned = names
            .returned
            .filter(|_| !takes_back || sale.settlement().is_none());
        if is_settled && takes_back && sale.settlement().is_none() {
            step = step.writing(|at: &At<'_>| {
                let counter = at.sale.id.counter();
                Ok(at.transaction.remove_due(DueKind::TraceCodes, counter)?)
            });
            let was_open = !matches!(sale.phase, Phase::Closed);
            if was_open && sale.abandon().is_ok() {
                step = step.writing(releasing(self.digests(&sale.basket)));
            }
        }
        if is_settled && !takes_back && self.awaits_trace_codes(&sale)? {
            let minutes = i64::from(self.setup.trace.minutes);
            let due_ms = self.clock.now_ms().saturating_add(minutes * 60_000);
            step = step.writing(move |at: &At<'_>| {
                let counter = at.sale.id.counter();
                Ok(at
                    .transaction
                    .put_due(DueKind::TraceCodes, counter, due_ms)?)
            });
        }
        if let Some((key, row)) = told.answered {
            step =
                step.writing(move |at: &At<'_>| Ok(at.transaction.put_relayed_call(&key, &row)?));
        }
        if let Some(understood) = told.understood {
            let (setting, kept) = (setting_of(&sale.till), understood.serialize()?);
            step = step
                .writing(move |at: &At<'_>| Ok(at.transaction.put_setting(&setting, &kept)?))
                .staging(|memory, sale, _| memory.seats.seat(&sale.till).understood = understood);
        }
        let counter = sale.id.counter();
        let _ = self.record_step(sale, step.writing(names))?;
        if takes_back {
            self.note_loop(counter, report)?;
        }
        Ok(())
    }

    /// What a sale is called from an outcome on.
    fn names_after(&self, sale: &Sale, report: &Report) -> Names {
        let mut names = Names::default();
        let AttemptState::Settled(settled) = &report.state else {
            return names;
        };
        let relay = sale.relay.as_ref();
        let person = relay.and_then(|relay| relay.person.as_deref());
        let returned = person.map(|person| self.name(NameKind::Returned, person));
        let follows = relay.is_some_and(|relay| relay.follows.is_some());
        if report.direction == Direction::Settlement {
            names.settlement = Some(self.name(NameKind::Settlement, &settled.settlement));
            // What the customer kept is settled: the next purchase is one of its own.
            names.returned = returned.filter(|_| follows).map(|name| (name, NO_SALE));
        } else {
            names.returned = returned.map(|name| (name, sale.id.counter()));
        }
        names
    }

    /// Does a settled sale still lack codes that are due?
    pub(crate) fn awaits_trace_codes(&self, sale: &Sale) -> Result<bool, DeskError> {
        let today = self.clock.today();
        let region = &self.setup.store.region;
        for line in sale.basket.lines() {
            let code = match &line.offered.code {
                Some(code) => Some(code.clone()),
                None => self.known_line(line)?.code,
            };
            let duty = code.and_then(|code| self.pack.trace_duty(code.class(), region, today));
            if matches!(duty, Some(TraceDuty::Code(_))) && line.lacks_packs() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Abandons a sale that can be abandoned, and lets its packs go.
    pub(crate) fn give_up(&mut self, mut sale: Sale, why: Why) -> Result<(), DeskError> {
        if sale.abandon().is_ok() {
            let packs = releasing(self.digests(&sale.basket));
            let now_ms = self.clock.now_ms();
            let step = Step::telling(&SaleStep::GivenUp { why })?
                .writing(packs)
                .staging(move |memory, sale, _| memory.seats.leave_if_over(sale, now_ms));
            let _ = self.record_step(sale, step)?;
        }
        Ok(())
    }
}

impl Write for Names {
    fn write(self: Box<Self>, at: &At<'_>) -> Result<(), DeskError> {
        if let Some(name) = &self.settlement {
            let counter = at.sale.id.counter();
            at.transaction
                .put_sale_name(NameKind::Settlement, name, counter)?;
        }
        if let Some((name, sale)) = &self.returned {
            at.transaction
                .put_sale_name(NameKind::Returned, name, *sale)?;
        }
        Ok(())
    }
}
