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
    EvidenceKind, Fund, Offered, PrescribedDrug, Prescription, PrescriptionForm, SupplyException,
    Tender,
};
use pharmacy_decision::pack::Join;
use pharmacy_protocol::term::{EntryIndex, Fen, Quantity, SaleId, TraceCode};

use super::settle::{Names, is_complete};
use super::{Arriving, hex, sha256};
use crate::core::basket::{Basket, BasketLine};
use crate::core::presence::HeldEvidence;
use crate::core::sale::{Phase, Relay, Roles, Sale};
use crate::desk::seat::REMEDY_MS;
use crate::desk::{Desk, DeskError, PersonInput};
use crate::interface::{FeeLine, Settlement, ViewError};
use crate::store::{NameDigest, NameKind, PackDigest};

/// A serial shorter than this is a line number: every receipt has a line 1.
const SERIAL: usize = 8;

/// How long after a reversal a smaller settlement is taken for what the customer kept.
const RESETTLE_MS: i64 = 24 * 60 * 60 * 1000;

/// A sale on its way to a verdict.
pub(super) struct Purchase {
    pub(super) sale: Sale,
    /// Whom the verdict's entry names for the first time.
    pub(super) named: Option<PersonInput>,
    /// Packs that the sale held before.
    pub(super) held: Vec<PackDigest>,
    pub(super) names: Names,
}

impl Desk {
    /// The sale of a settlement, filled; a view error where the message's lines are no basket.
    pub(super) fn purchase_of(
        &mut self,
        arriving: &Arriving,
        settlement: &Settlement,
    ) -> Result<Result<Purchase, ViewError>, DeskError> {
        let person = self.person_name(settlement);
        let visit = self.visit_name(settlement);
        let found = self.find_open(arriving, (person.as_deref(), visit.as_ref()))?;
        let (mut sale, named) = match found {
            Some(sale) => (sale, None),
            None => self.new_relayed(arriving, settlement, person.clone())?,
        };
        sale.reopen()?;
        let held = self.digests(&sale.basket);
        let fresh = self.fresh_lines(&sale, settlement, person.as_deref())?;
        let lines = match self.basket_lines(&sale, arriving, &fresh)? {
            Some(lines) => lines,
            None => sale.basket.lines().to_vec(),
        };
        let Ok(basket) = Basket::relayed(lines) else {
            return Ok(Err(ViewError::Limit));
        };
        self.refill(&mut sale, basket, arriving)?;
        complete_people(&mut sale, arriving, settlement);
        self.add_prescriptions(&mut sale, settlement)?;
        if let Err(error) = is_complete(&arriving.table, settlement, &sale) {
            return Ok(Err(error));
        }
        let names = Names {
            open: person
                .as_deref()
                .map(|person| self.open_name(arriving, person)),
            visit,
            fee_lines: self.fee_line_names(settlement, person.as_deref()),
        };
        Ok(Ok(Purchase {
            sale,
            named,
            held,
            names,
        }))
    }

    /// The insured as a digest; the number itself is kept nowhere.
    fn person_name(&self, settlement: &Settlement) -> Option<String> {
        let person = settlement.person.as_ref()?;
        Some(self.insured_name(person.expose()).as_text())
    }

    pub(super) fn insured_name(&self, person: &str) -> NameDigest {
        self.journal.keys().name_digest("insured", person)
    }

    pub(super) fn open_name(&self, arriving: &Arriving, person: &str) -> NameDigest {
        self.open_name_at(arriving.call.caller.till.as_str(), person)
    }

    pub(super) fn open_name_at(&self, till: &str, person: &str) -> NameDigest {
        let keys = self.journal.keys();
        keys.name_digest("open", &format!("{till}/{person}"))
    }

    fn visit_name(&self, settlement: &Settlement) -> Option<NameDigest> {
        let visit = settlement.visit.as_ref()?;
        let batch = visit.batch.as_deref().unwrap_or_default();
        let keys = self.journal.keys();
        Some(keys.name_digest("visit", &format!("{}/{batch}", visit.id)))
    }

    /// What makes fee lines one of a kind: their serials, or where these are mere line numbers, the
    /// serial with moment, article and quantity.
    pub(super) fn fee_line_names(
        &self,
        settlement: &Settlement,
        person: Option<&str>,
    ) -> Vec<NameDigest> {
        let lines = settlement.lines.iter();
        lines
            .filter_map(|line| self.fee_line_name(line, person))
            .collect()
    }

    fn fee_line_name(&self, line: &FeeLine, person: Option<&str>) -> Option<NameDigest> {
        let serial = line.serial.as_deref()?;
        let person = person.unwrap_or_default();
        let name = if serial.len() >= SERIAL {
            format!("{person}/{serial}")
        } else {
            let at = line.at.as_deref()?;
            let sku = line.sku.as_ref().map(ToString::to_string);
            let sku = sku.unwrap_or_default();
            format!("{person}/{serial}/{at}/{sku}/{}", line.quantity)
        };
        Some(self.journal.keys().name_digest("fee-line", &name))
    }

    /// The sale that is open for this person at this till, or for this visit.
    fn find_open(
        &self,
        arriving: &Arriving,
        (person, visit): (Option<&str>, Option<&NameDigest>),
    ) -> Result<Option<Sale>, DeskError> {
        let reader = self.journal.reader();
        let counter = match (arriving.table.join, visit) {
            (Join::Visit, Some(visit)) => reader.sale_named(NameKind::Visit, visit)?,
            (Join::Visit, None) => None,
            (Join::Person, _) => match person {
                Some(person) => {
                    let open = self.open_name(arriving, person);
                    reader.sale_named(NameKind::Open, &open)?
                }
                None => None,
            },
        };
        let Some(sale) = counter
            .map(|counter| self.load_counter(counter))
            .transpose()?
        else {
            return Ok(None);
        };
        Ok(sale.filter(|sale| is_continued(sale, arriving.now_ms)))
    }

    fn new_relayed(
        &self,
        arriving: &Arriving,
        settlement: &Settlement,
        person: Option<String>,
    ) -> Result<(Sale, Option<PersonInput>), DeskError> {
        let operator = arriving.request.operator.as_ref();
        let mut sale = Sale {
            id: SaleId::new(self.journal.keys().log().clone(), 0),
            till: arriving.call.caller.till.clone(),
            client: arriving.call.caller.client.clone(),
            operator: operator.map(|operator| operator.code.clone()),
            opened_ms: arriving.now_ms,
            entry: EntryIndex::new(0),
            fund: settlement.fund.unwrap_or(Fund::Account),
            insurance: settlement.insurance,
            roles: Roles::default(),
            evidence: Vec::new(),
            basket: Basket::default(),
            prescriptions: Vec::new(),
            phase: Phase::Open,
            attempts: Vec::new(),
            list: None,
            refunded: Fen::ZERO,
            relay: None,
        };
        let mut relay = Relay {
            person,
            touched_ms: arriving.now_ms,
            ..Relay::default()
        };
        let mut named = None;
        if let Some(person) = &settlement.person {
            named = self.meet(&mut sale, person)?;
        }
        if let Some(kept) = self.kept_of(&relay, settlement, arriving.now_ms)? {
            relay.follows = Some(kept.id.clone());
            relay.follows_entry = Some(kept.entry);
        }
        sale.relay = Some(relay);
        Ok((sale, named))
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
        let name = self.journal.keys().name_digest("returned", person);
        let reader = self.journal.reader();
        let Some(counter) = reader.sale_named(NameKind::Returned, &name)? else {
            return Ok(None);
        };
        let Some(sale) = self.load_counter(counter)? else {
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

    /// Fee lines that the sale does not hold yet: a visit's lines come in several uploads, and an
    /// upload may be repeated.
    fn fresh_lines<'s>(
        &self,
        sale: &Sale,
        settlement: &'s Settlement,
        person: Option<&str>,
    ) -> Result<Vec<&'s FeeLine>, DeskError> {
        let counter = sale.id.counter();
        let mut fresh = Vec::with_capacity(settlement.lines.len());
        for line in &settlement.lines {
            let name = self.fee_line_name(line, person);
            let is_uploaded = match (&settlement.visit, name) {
                (Some(_), Some(name)) if counter != 0 => {
                    let reader = self.journal.reader();
                    reader.sale_named(NameKind::FeeLine, &name)? == Some(counter)
                }
                _ => false,
            };
            if !is_uploaded {
                fresh.push(line);
            }
        }
        Ok(fresh)
    }

    /// The lines of the sale with this message in it; none where the message has none.
    fn basket_lines(
        &mut self,
        sale: &Sale,
        arriving: &Arriving,
        fresh: &[&FeeLine],
    ) -> Result<Option<Vec<BasketLine>>, DeskError> {
        if fresh.is_empty() {
            return Ok(None);
        }
        let is_resettled = sale
            .relay
            .as_ref()
            .is_some_and(|relay| relay.follows.is_some());
        let mut lines = match arriving.table.join {
            Join::Person => Vec::new(),
            Join::Visit => sale.basket.lines().to_vec(),
        };
        for line in fresh {
            let number = u32::try_from(lines.len())
                .unwrap_or(u32::MAX)
                .saturating_add(1);
            lines.push(basket_line(line, number, is_resettled));
        }
        Ok(Some(lines))
    }

    /// Puts a basket into the sale, with the codes that were scanned for it before it came.
    fn refill(
        &mut self,
        sale: &mut Sale,
        basket: Basket,
        arriving: &Arriving,
    ) -> Result<(), DeskError> {
        let print = fingerprint(&basket);
        let before = std::mem::take(&mut sale.basket);
        let is_same = sale
            .relay
            .as_ref()
            .is_some_and(|relay| relay.fingerprint == print);
        if !is_same {
            sale.prescriptions.clear();
        }
        let mut lines = basket.lines().to_vec();
        for line in &mut lines {
            let known = before.lines().iter();
            let mut known = known.filter(|known| known.offered == line.offered);
            if let (true, Some(known)) = (is_same, known.next()) {
                line.registration = known.registration.clone();
                line.exception = line.exception.or(known.exception);
                line.days = match &line.days {
                    Fact::Known(days) => Fact::Known(*days),
                    Fact::Missing(_) => known.days.clone(),
                };
            }
        }
        let scanned = before.lines().iter().flat_map(|line| line.packs.clone());
        let mut loose: Vec<TraceCode> = scanned.collect();
        let seat = self.counter.seat(&arriving.call.caller.till);
        loose.extend(seat.waiting.iter().map(|(code, _)| code.clone()));
        let mut used = Vec::new();
        for line in &mut lines {
            used.append(&mut self.adopt(line, &loose)?);
        }
        let seat = self.counter.seat(&arriving.call.caller.till);
        seat.waiting.retain(|(code, _)| !used.contains(code));
        sale.basket = Basket::relayed(lines)?;
        if let Some(relay) = &mut sale.relay {
            relay.fingerprint = print;
            relay.touched_ms = arriving.now_ms;
        }
        Ok(())
    }

    /// Gives a line the loose codes that are its article's, up to its quantity; what the message
    /// itself carries comes first.
    fn adopt(
        &self,
        line: &mut BasketLine,
        loose: &[TraceCode],
    ) -> Result<Vec<TraceCode>, DeskError> {
        let mut used: Vec<TraceCode> = line.packs.clone();
        let needed = packs_needed(line);
        if loose.is_empty() || line.packs.len() >= needed {
            return Ok(used);
        }
        let Some(found) = self.find_article(&line.offered)? else {
            return Ok(used);
        };
        for code in loose {
            if line.packs.len() >= needed || line.packs.contains(code) {
                continue;
            }
            let prefix = code.prefix();
            let is_ours = match &prefix {
                Some(prefix) if found.article.trace_prefixes.contains(prefix) => true,
                Some(prefix) => {
                    let learnt = self.journal.reader().skus_of_prefix(prefix)?;
                    learnt.contains(&found.sku)
                }
                None => false,
            };
            if is_ours && !used.contains(code) {
                line.packs.push(code.clone());
                used.push(code.clone());
            }
        }
        Ok(used)
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
                    drugs: vec![drug],
                }),
            }
        }
        Ok(())
    }
}

/// Fund, insurance and presence as this message tells them.
fn complete_people(sale: &mut Sale, arriving: &Arriving, settlement: &Settlement) {
    if let Some(fund) = settlement.fund {
        sale.fund = fund;
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

/// May a sale be gone on with?
pub(super) fn is_continued(sale: &Sale, now_ms: i64) -> bool {
    let is_open = matches!(sale.phase, Phase::Open | Phase::Assessed(_));
    let touched = sale.relay.as_ref().map(|relay| relay.touched_ms);
    // A clock that was set back makes everything look lapsed, not fresh.
    let age_ms = touched.map(|touched| now_ms.saturating_sub(touched));
    is_open && !sale.has_open_attempt() && age_ms.is_some_and(|age| (0..=REMEDY_MS).contains(&age))
}

fn offered(line: &FeeLine) -> Offered {
    Offered {
        sku: line.sku.clone(),
        code: line.code.clone(),
        name: line.name.clone(),
        barcode: None,
    }
}

fn basket_line(line: &FeeLine, number: u32, is_resettled: bool) -> BasketLine {
    BasketLine {
        number,
        offered: offered(line),
        tender: Tender::Insurance,
        quantity: line.quantity,
        price: line.price,
        amount: line.amount,
        packs: line.packs.clone(),
        days: line.days.map_or_else(Fact::default, Fact::Known),
        registration: Fact::default(),
        exception: is_resettled.then_some(SupplyException::Resettlement),
    }
}

/// As many packs as a quantity begins.
pub(in crate::desk) fn packs_needed(line: &BasketLine) -> usize {
    /// Smallest units of a quantity in one unit of sale.
    const WHOLE: i64 = 10_000;
    let begun = line.quantity.units().saturating_add(WHOLE - 1) / WHOLE;
    usize::try_from(begun).unwrap_or(0)
}

/// What is bought, whatever order the lines stand in.
fn fingerprint(basket: &Basket) -> String {
    let lines = basket.lines().iter();
    let mut told: Vec<String> = lines
        .map(|line| {
            let offered = &line.offered;
            format!("{:?}/{:?}/{}", offered.sku, offered.code, line.quantity)
        })
        .collect();
    told.sort_unstable();
    hex(&sha256(told.join("\n").as_bytes()))
}
