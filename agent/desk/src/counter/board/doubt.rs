//! Attempts without outcome: what is shown of them, and how the person in charge resolves one.

use pharmacy_protocol::act::ActKind;
use pharmacy_protocol::term::{Fen, SaleId};

use super::sale::shown_of;
use crate::core::attempt::{AttemptState, Direction, Report, Settled};
use crate::core::sale::{Phase, SaleError};
use crate::core::staff::{Duty, StaffError};
use crate::sale::report::Told;
use crate::staff::{Act, Post, SignedAct};
use crate::{
    Caller, Credentials, Desk, DeskError, DeskHandle, DoubtView, Place, RemedyError, Resolution,
};

impl Desk {
    /// Attempts of the store of which nobody knows what became.
    pub(crate) fn doubts(&self) -> Result<Vec<DoubtView>, DeskError> {
        let mut doubts = Vec::new();
        for row in self.journal.reader().in_doubt_sales()? {
            let (sale, _) = self.open_row(&row)?;
            let amounts = sale.basket.lines().iter().map(|line| line.amount);
            let total = Fen::checked_sum(amounts).unwrap_or(Fen::ZERO);
            let open = sale.attempts.iter();
            for attempt in open.filter(|attempt| attempt.state == AttemptState::InDoubt) {
                let direction = match attempt.direction {
                    Direction::Reversal { .. } => "reversal",
                    Direction::Settlement => "settlement",
                    Direction::Undo { .. } => "undo",
                };
                doubts.push(DoubtView {
                    sale: sale.id.clone(),
                    msgid: attempt.msgid.clone(),
                    direction: direction.to_owned(),
                    till: sale.till.to_string(),
                    since_ms: attempt.at_ms,
                    holder: shown_of(&sale),
                    total,
                });
            }
        }
        Ok(doubts)
    }

    /// Resolves an attempt in doubt as somebody found it, at the platform or in the customer's record.
    fn resolve(
        &mut self,
        caller: &Caller,
        sale: &SaleId,
        msgid: &str,
        resolution: Resolution,
        signed: Option<SignedAct>,
    ) -> Result<(), DeskError> {
        if signed.is_none() && self.has_in_charge()? {
            return Err(StaffError::NoCredentials.into());
        }
        if sale.log() != self.journal.keys().log() {
            return Err(DeskError::UnknownSale);
        }
        let found = self.load_counter(sale.counter())?;
        let sale = found.ok_or(DeskError::UnknownSale)?;
        let attempt = sale.attempt(msgid).ok_or(SaleError::NothingToReverse)?;
        if attempt.state != AttemptState::InDoubt {
            return Err(SaleError::Contradiction.into());
        }
        let state = match resolution {
            // A record that is looked at too early does not show yet what is still on its way.
            Resolution::NotInApp if !self.is_nothing_under_way(sale.id.counter(), msgid)? => {
                return Err(RemedyError::DoubtTooFresh.into());
            }
            Resolution::NotInApp | Resolution::NotSettled => AttemptState::Declined,
            Resolution::Settled { settlement } | Resolution::SettledInApp { settlement } => {
                self.demand_new_number(sale.id.counter(), &settlement)?;
                let assessed = match &sale.phase {
                    Phase::Assessed(assessment) => (assessment.insurance, assessment.cash),
                    Phase::Abandoned | Phase::Closed | Phase::Open => (Fen::ZERO, Fen::ZERO),
                };
                AttemptState::Settled(Settled {
                    settlement,
                    insurance: assessed.0,
                    cash: assessed.1,
                })
            }
        };
        let report = Report {
            msgid: msgid.to_owned(),
            direction: attempt.direction.clone(),
            state,
        };
        self.record_report(sale, &report, Told::by(caller, signed)?)
    }

    /// A number that is another sale's would take that sale's settlement away from it.
    fn demand_new_number(&self, counter: u64, settlement: &str) -> Result<(), DeskError> {
        if settlement.trim().is_empty() {
            return Err(SaleError::Contradiction.into());
        }
        match self.is_number_of_another(counter, settlement)? {
            true => Err(SaleError::NumberTaken.into()),
            false => Ok(()),
        }
    }
}

impl DeskHandle {
    /// Resolves an attempt in doubt as the person in charge found it at the platform, or as somebody on duty
    /// saw it in the customer's record. They sign for it, unless nobody who could be in charge is
    /// registered.
    pub async fn resolve(
        &self,
        caller: Caller,
        sale: SaleId,
        msgid: String,
        resolution: Resolution,
        by: Option<Credentials>,
    ) -> Result<(), DeskError> {
        let mut signed = None;
        if let Some(by) = by {
            let act = self.sign_resolution(&caller, &sale, &msgid, &resolution, by);
            signed = Some(act.await?);
        }
        self.run(move |desk| desk.resolve(&caller, &sale, &msgid, resolution, signed))
            .await
    }

    /// Has the person in charge, or whoever saw the customer's record, sign how an attempt in doubt is to end.
    async fn sign_resolution(
        &self,
        caller: &Caller,
        sale: &SaleId,
        msgid: &str,
        resolution: &Resolution,
        by: Credentials,
    ) -> Result<SignedAct, DeskError> {
        let counter = sale.counter();
        let found = self.run(move |desk| desk.load_counter(counter)).await?;
        let mut what = serde_json::to_value(resolution)?;
        if let Some(members) = what.as_object_mut() {
            members.insert("msgid".to_owned(), msgid.into());
        }
        let act = Act {
            kind: ActKind::Resolve,
            sale: Some(sale.clone()),
            about: vec![found.ok_or(DeskError::UnknownSale)?.entry],
            what,
            reason: None,
        };
        let at = Post::new(caller, Place::Till);
        match resolution.is_seen_in_app() {
            true => self.sign_on_shift(at, by, act).await,
            false => self.sign(at, Duty::InCharge, by, act).await,
        }
    }
}
