//! From a settlement on the wire to a sale: whose it is, what is bought, what was done for it before.
//!
//! ```text
//! 1101 opens ─► 2101 fills, judged early ─► (counter page) ─► 2102 judged afresh ─► settled
//! ```
//! A sale is found again by insured person and till, or by visit, for ten minutes after anything was
//! last done for it. With the same basket everything stays; with another one, people and evidence
//! stay and what was said of the goods is asked again.

use pharmacy_decision::Fact;
use pharmacy_decision::facts::{
    Bill, EvidenceKind, Fund, PrescribedDrug, Prescription, PrescriptionForm,
};
use pharmacy_decision::pack::{CallRole, Join};
use pharmacy_protocol::term::{EntryIndex, Quantity, TraceCode};

use super::basket::{is_complete, join_loose, offered};
use super::call::Arriving;
use super::name::{Asked, Names};
use crate::core::attempt::{AttemptState, Direction};
use crate::core::basket::Basket;
use crate::core::presence::HeldEvidence;
use crate::core::sale::{Relay, Sale};
use crate::{Desk, DeskError, PersonInput};
use pharmacy_interface::{FeeLine, Settlement, ViewError};
use pharmacy_journal::store::{NameKind, PackDigest};

/// How long after a reversal a smaller settlement is taken for what the customer kept.
const RESETTLE_MS: i64 = 24 * 60 * 60 * 1000;

/// The sale that bore a visit before.
struct Former {
    sale: Sale,
    /// Is its settlement under way, in doubt, or does it stand?
    is_live: bool,
}

/// A sale on its way to a verdict.
pub(super) struct Purchase {
    pub(super) sale: Sale,
    /// Whom the verdict's entry names for the first time.
    pub(super) named: Option<PersonInput>,
    /// Packs that the sale held before.
    pub(super) held: Vec<PackDigest>,
    pub(super) names: Names,
    /// Scans that wait no longer: their line came.
    pub(super) adopted: Vec<TraceCode>,
}

impl Desk {
    /// The sale of a settlement, filled; a view error where the message's lines are no basket.
    pub(super) fn purchase_of(
        &mut self,
        arriving: &Arriving,
        settlement: &Settlement,
    ) -> Result<Result<Purchase, ViewError>, DeskError> {
        self.say_of_codes(arriving.till(), settlement);
        let asked = self.asked(arriving, settlement);
        let found = self.find_open(&asked)?;
        let former = match (&found, arriving.table.join) {
            (None, Join::Visit) => self.former_of(&asked)?,
            _ => None,
        };
        let (mut sale, mut named) = match found {
            Some(sale) => (sale, None),
            None => self.new_relayed(&asked)?,
        };
        sale.reopen()?;
        if let Some(told) = self.join_person(&mut sale, &asked)? {
            named = Some(told);
        }
        self.link_returned(&mut sale, arriving, settlement)?;
        let held = self.digests(&sale.basket);
        let known = take_over(&mut sale, former, arriving.table.role);
        let lines = self.basket_lines(&mut sale, &asked, known)?;
        let mut lines = lines.unwrap_or_else(|| sale.basket.lines().to_vec());
        join_loose(&sale, &mut lines, settlement);
        let Ok(basket) = Basket::relayed(lines) else {
            return Ok(Err(ViewError::Limit));
        };
        // Before anything is done for a basket that will not be judged.
        if let Err(error) = is_complete(&basket) {
            return Ok(Err(error));
        }
        let adopted = self.refill(&mut sale, basket, arriving)?;
        take_bill(&mut sale, settlement, arriving.table.role);
        self.free_wanted(&sale, arriving.now_ms)?;
        complete_people(&mut sale, arriving, settlement);
        self.add_prescriptions(&mut sale, settlement)?;
        let names = self.names_of(&sale, &asked)?;
        Ok(Ok(Purchase {
            sale,
            named,
            held,
            names,
            adopted,
        }))
    }

    /// Whose visit it is may be told by a later call than the one that brought its lines.
    fn join_person(
        &self,
        sale: &mut Sale,
        asked: &Asked<'_>,
    ) -> Result<Option<PersonInput>, DeskError> {
        let is_unknown = sale
            .relay
            .as_ref()
            .is_some_and(|relay| relay.person.is_none());
        let told = (asked.person(), &asked.settlement.person, is_unknown);
        let (Some(name), Some(number), true) = told else {
            return Ok(None);
        };
        sale.evidence
            .retain(|held| held.kind != EvidenceKind::AssertedByTill);
        let told = self.meet(sale, number)?;
        if let Some(relay) = &mut sale.relay {
            relay.person = Some(name.to_owned());
        }
        Ok(told)
    }

    /// The sale that bore a visit before, where it cannot be gone on with.
    fn former_of(&self, asked: &Asked<'_>) -> Result<Option<Former>, DeskError> {
        let Some(visit) = &asked.visit else {
            return Ok(None);
        };
        let sale = self.sale_called(NameKind::Visit, visit)?;
        let former = sale.filter(|sale| sale.is_of(asked.person()));
        Ok(former.map(|sale| Former {
            is_live: sale.double().is_some(),
            sale,
        }))
    }

    /// The sale that is open for this person at this till, or for this visit.
    fn find_open(&self, asked: &Asked<'_>) -> Result<Option<Sale>, DeskError> {
        let Asked {
            arriving, visit, ..
        } = asked;
        let sale = match (arriving.table.join, visit, asked.person()) {
            (Join::Visit, Some(visit), _) => self.sale_called(NameKind::Visit, visit)?,
            (Join::Person, _, Some(person)) => {
                let open = self.open_name(arriving.till(), person);
                self.sale_called(NameKind::Open, &open)?
            }
            (Join::Visit, None, _) | (Join::Person, _, None) => None,
        };
        Ok(sale.filter(|sale| sale.is_of(asked.person()) && sale.is_continued(arriving.now_ms)))
    }

    fn new_relayed(&self, asked: &Asked<'_>) -> Result<(Sale, Option<PersonInput>), DeskError> {
        let (arriving, settlement) = (asked.arriving, asked.settlement);
        let mut sale = self.new_sale(&arriving.call.caller);
        let operator = arriving.request.operator.as_ref();
        sale.operator = operator.map(|operator| operator.code.clone());
        sale.fund = settlement.fund.unwrap_or(Fund::Account);
        sale.insurance = settlement.insurance;
        let relay = Relay {
            person: asked.person.clone(),
            touched_ms: arriving.now_ms,
            ..Relay::default()
        };
        let mut named = None;
        if let Some(person) = &settlement.person {
            named = self.meet(&mut sale, person)?;
        }
        sale.relay = Some(relay);
        Ok((sale, named))
    }

    /// Links a sale with the one of which it is what the customer keeps. 1101 opened it before anybody
    /// knew, and another basket makes it a purchase of its own.
    fn link_returned(
        &self,
        sale: &mut Sale,
        arriving: &Arriving,
        settlement: &Settlement,
    ) -> Result<(), DeskError> {
        let Some(mut relay) = sale.relay.take() else {
            return Ok(());
        };
        if !settlement.lines.is_empty() {
            let kept = self.kept_of(&relay, settlement, arriving.now_ms)?;
            relay.follows = kept.as_ref().map(|kept| kept.id.clone());
            relay.follows_entry = kept.map(|kept| kept.entry);
        }
        sale.relay = Some(relay);
        Ok(())
    }

    /// The sale that was taken back and of which this settlement is what the customer keeps.
    fn kept_of(
        &self,
        relay: &Relay,
        settlement: &Settlement,
        now_ms: i64,
    ) -> Result<Option<Sale>, DeskError> {
        let Some(person) = &relay.person else {
            return Ok(None);
        };
        let name = self.name(NameKind::Returned, person);
        let Some(sale) = self.sale_called(NameKind::Returned, &name)? else {
            return Ok(None);
        };
        let taken_back = sale.attempts.iter().map(|attempt| attempt.at_ms).max();
        let is_recent = taken_back.is_some_and(|at_ms| now_ms.saturating_sub(at_ms) <= RESETTLE_MS);
        let is_kept = |line: &FeeLine| {
            let mut before = sale.basket.lines().iter();
            before.any(|known| {
                known.offered.sku == line.sku
                    && known.offered.code == line.code
                    && line.quantity <= known.quantity
            })
        };
        let is_part = !settlement.lines.is_empty() && settlement.lines.iter().all(is_kept);
        Ok((is_recent && is_part && sale.settlement().is_none()).then_some(sale))
    }

    /// A prescription of which the till sends no more than its number: it exists, and what is not
    /// known of it is asked.
    fn add_prescriptions(&self, sale: &mut Sale, settlement: &Settlement) -> Result<(), DeskError> {
        for line in &settlement.lines {
            let Some(number) = &line.prescription else {
                continue;
            };
            let offered = offered(line);
            let article = self.find_article(&offered)?;
            let name = article.map(|found| found.article.name).or(offered.name);
            let drug = PrescribedDrug {
                code: line.code.clone(),
                name: name.unwrap_or_default(),
                quantity: Fact::default(),
                days: Fact::default(),
                dispensed: Quantity::default(),
                matched_by: None,
            };
            let mut known = sale.prescriptions.iter_mut();
            match known.find(|known| known.number.as_ref() == Some(number)) {
                Some(known) => {
                    if !known.drugs.iter().any(|other| other.code == drug.code) {
                        known.drugs.push(drug);
                    }
                }
                None => sale.prescriptions.push(Prescription {
                    number: Some(number.clone()),
                    form: if line.is_outside_prescription {
                        PrescriptionForm::Electronic
                    } else {
                        PrescriptionForm::Paper
                    },
                    patient: Fact::default(),
                    institution: Fact::default(),
                    level: Fact::default(),
                    setting: Fact::default(),
                    issued: Fact::default(),
                    valid_until: Fact::default(),
                    reviewed_by: Fact::default(),
                    review: Fact::default(),
                    physician: Fact::default(),
                    sheet: Fact::default(),
                    area: Fact::default(),
                    again_on: None,
                    drugs: vec![drug],
                }),
            }
        }
        Ok(())
    }
}

/// What the head says of its sums; an upload of lines has no head.
fn take_bill(sale: &mut Sale, settlement: &Settlement, role: CallRole) {
    let (total, tenders) = (settlement.total, settlement.tenders);
    let bill = Bill { total, tenders };
    if let Some(relay) = &mut sale.relay {
        relay.bill = (role != CallRole::FeeLines).then_some(bill);
    }
}

/// Fund, insurance and presence as this message tells them.
fn complete_people(sale: &mut Sale, arriving: &Arriving, settlement: &Settlement) {
    if let Some(fund) = settlement.fund {
        let calculated = sale.relay.as_ref().and_then(|relay| relay.calculated);
        // The platform's calculation of this basket knows better than `med_type`.
        sale.fund = match (fund, calculated) {
            (Fund::Account, Some(calculated)) => calculated,
            (fund, _) => fund,
        };
    }
    if settlement.insurance.is_some() {
        sale.insurance = settlement.insurance;
    }
    if sale.evidence.is_empty() {
        sale.evidence.push(HeldEvidence {
            person: sale.roles.holder.reference.clone(),
            kind: EvidenceKind::AssertedByTill,
            at_ms: arriving.now_ms,
            entry: EntryIndex::new(0),
        });
    }
}

/// Takes over the lines of a visit whose earlier sale lapsed, was declined or taken back, and says
/// which sale bears the names of lines that are there already. What stands is not taken over, and
/// what was taken back is uploaded anew or settled as it was.
fn take_over(sale: &mut Sale, former: Option<Former>, role: CallRole) -> u64 {
    let Some(former) = former else {
        return sale.id.counter();
    };
    let counter = former.sale.id.counter();
    let was_settled = former.sale.attempts.iter().any(|attempt| {
        attempt.direction == Direction::Settlement
            && matches!(attempt.state, AttemptState::Settled(_))
    });
    if former.is_live {
        return counter;
    }
    if was_settled && role == CallRole::FeeLines {
        return sale.id.counter();
    }
    sale.basket = former.sale.basket;
    if let (Some(relay), Some(before)) = (&mut sale.relay, former.sale.relay) {
        relay.serials = before.serials;
    }
    counter
}
