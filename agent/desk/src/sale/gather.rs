//! Gathers the facts of an assessment: catalogue, platform mapping, packs, history, standing.
//!
//! In scope: asking every source and saying of each whether it knew. Out of scope: what follows
//! from the facts (`pharmacy-decision`).

use jiff::ToSpan;
use jiff::civil::Date;
use pharmacy_decision::Fact;
use pharmacy_decision::fact::Why;
use pharmacy_decision::facts::{
    Article, Enrolment, Facts, Line, Mapping, Offered, Pack, PackProduct, PackState, People,
    Person, Store, Supply,
};
use pharmacy_protocol::term::{Sku, TraceCode, TracePrefix};

use crate::article::{is_known_by_twenty, known};
use crate::core::basket::{BasketLine, Known};
use crate::core::cover;
use crate::core::sale::Sale;
use crate::prescription::row::fetching_name;
use crate::stock::Allotment;
use crate::{Desk, DeskError};
use pharmacy_journal::store::PackStatus;

/// How far back the patient's supplies are looked at: longer than any payment course.
const HISTORY_DAYS: i32 = 400;

impl Desk {
    /// The facts of a sale as it stands, and what the catalogue says of each line.
    pub(crate) fn gather(
        &self,
        sale: &Sale,
        now_ms: i64,
    ) -> Result<(Facts, Vec<Known>), DeskError> {
        let today = pharmacy_base::clock::day_of(now_ms);
        let people = People {
            holder: sale.roles.holder.clone(),
            patient: sale.roles.patient.clone(),
            buyer: sale.roles.buyer.clone(),
            payer: sale.roles.payer.clone(),
        };
        let mut facts = Facts {
            today,
            store: self.standing(sale, now_ms)?,
            fund: Fact::Known(sale.fund),
            insurance: sale.insurance.map_or_else(Fact::default, Fact::Known),
            people,
            evidence: self.evidence_of(sale, now_ms)?,
            spent_today: self.spent_today(sale, now_ms)?,
            prescriptions: self.kept_for(sale)?,
            history: Fact::default(),
            lines: Vec::with_capacity(sale.basket.lines().len()),
            bill: sale.relay.as_ref().and_then(|relay| relay.bill),
            releases: cover::standing(sale),
        };
        self.fill_standing(&mut facts.store, now_ms)?;
        facts.history = self.history(facts.patient(), today)?;
        let returned = self.returned_lists(sale, now_ms)?;
        let mut known = Vec::with_capacity(sale.basket.lines().len());
        let mut allotment = Allotment::new(today);
        for line in sale.basket.lines() {
            let (mut fact, of_line) = self.line(sale, line)?;
            fact.no_code = self.take_no_code(&mut allotment, &fact, (line, &of_line))?;
            fact.taken_back = self.taken_back(&returned, &fact, &of_line)?;
            facts.lines.push(fact);
            known.push(of_line);
        }
        Ok((facts, known))
    }

    fn standing(&self, sale: &Sale, now_ms: i64) -> Result<Store, DeskError> {
        let standing = &self.setup.store.standing;
        let till = if self.setup.till.is_enrolled(&sale.till) {
            Enrolment::Enrolled
        } else {
            Enrolment::NotEnrolled
        };
        let fetching = self.journal.reader().setting(&fetching_name(&sale.till))?;
        Ok(Store {
            region: self.setup.store.region.clone(),
            stage: self.stage(now_ms),
            agreement: Fact::from_option(standing.agreement),
            agreement_until: Fact::from_option(standing.agreement_until),
            licence_until: Fact::from_option(standing.licence_until),
            business_licence_until: Fact::default(),
            premises: Fact::default(),
            unfiled_change_days: Fact::from_option(standing.unfiled_change_days),
            insurance_managers: Fact::from_option(standing.insurance_managers),
            pharmacists: Fact::from_option(standing.pharmacists),
            till: Fact::Known(till),
            fetches: fetching.is_some(),
            trace_arrives: self.setup.trace.arrives,
            stances: self.in_force.stances.clone(),
        })
    }

    fn history(&self, patient: &Person, today: Date) -> Result<Fact<Vec<Supply>>, DeskError> {
        let Some(reference) = patient.reference.known() else {
            return Ok(Fact::Missing(Why::NotKnown));
        };
        let since = today.checked_sub(HISTORY_DAYS.days()).unwrap_or(today);
        let rows = self.journal.reader().supplies_of(reference, since)?;
        let supplies = rows.into_iter().map(|row| Supply {
            code: row.code,
            sku: row.sku,
            on: row.on,
            quantity: row.quantity,
            days: Fact::from_option(row.days),
        });
        Ok(Fact::Known(supplies.collect()))
    }

    fn line(&self, sale: &Sale, line: &BasketLine) -> Result<(Line, Known), DeskError> {
        let found = self.find_article(&line.offered)?;
        let of_line = found.as_ref().map(known).unwrap_or_default();
        let (sku, article) = match found {
            Some(found) => {
                let posted = found.posted();
                let article = Article {
                    posted,
                    ..found.article
                };
                (Some(found.sku), Fact::Known(article))
            }
            None => (line.offered.sku.clone(), Fact::Missing(Why::NotKnown)),
        };
        let mut packs = Vec::with_capacity(line.packs.len());
        for code in &line.packs {
            packs.push(self.pack(sale, code, sku.as_ref(), article.known())?);
        }
        let line = Line {
            number: line.number,
            tender: line.tender,
            quantity: line.quantity,
            price: line.price,
            amount: line.amount,
            mapping: self.mapping(&line.offered, sku.as_ref())?,
            offered: line.offered.clone(),
            catalogue: article,
            packs,
            days: line.supply_days(&of_line),
            registration: line.registration.clone(),
            exception: line.exception,
            class: line.class.clone(),
            photos: u32::try_from(line.photos.len()).unwrap_or(u32::MAX),
            no_code: Vec::new(),
            taken_back: Vec::new(),
            split: line.split,
        };
        Ok((line, of_line))
    }

    fn mapping(&self, offered: &Offered, sku: Option<&Sku>) -> Result<Fact<Mapping>, DeskError> {
        let (Some(sku), Some(code)) = (sku, &offered.code) else {
            return Ok(Fact::default());
        };
        let known = self.journal.reader().mapping(sku)?;
        Ok(match known {
            None => Fact::Missing(Why::NotKnown),
            Some(mapping) if mapping.code == *code => Fact::Known(Mapping::Agrees),
            Some(_) => Fact::Known(Mapping::Differs),
        })
    }

    fn pack(
        &self,
        sale: &Sale,
        code: &TraceCode,
        sku: Option<&Sku>,
        article: Option<&Article>,
    ) -> Result<Pack, DeskError> {
        let row = self
            .journal
            .reader()
            .pack(&self.journal.keys().trace_digest(code))?;
        let sold = row.map(|row| row.quantity);
        let sold = sold.filter(|sold| sold.is_positive());
        let state = match row {
            None => PackState::Available,
            Some(row) => match row.status {
                PackStatus::Available => PackState::Available,
                PackStatus::Claimed if row.sale == Some(sale.id.counter()) => match sold {
                    Some(_) => PackState::PartSold,
                    None => PackState::Available,
                },
                PackStatus::Claimed => PackState::Pending,
                PackStatus::PartSold => PackState::PartSold,
                PackStatus::Sold => PackState::Sold,
            },
        };
        let product = match code.prefix() {
            Some(prefix) => self.product(&prefix, sku, article)?,
            None => self.own_product(code, sku, article)?,
        };
        Ok(Pack {
            code: code.clone(),
            state: Fact::Known(state),
            product,
            sold,
        })
    }

    /// Whether a maker's own code is one of this article's.
    fn own_product(
        &self,
        code: &TraceCode,
        sku: Option<&Sku>,
        article: Option<&Article>,
    ) -> Result<Fact<PackProduct>, DeskError> {
        if article.is_some_and(|article| is_known_by_twenty(&article.trace_prefixes)) {
            return Ok(Fact::Known(PackProduct::Other));
        }
        Ok(match sku {
            Some(sku) if self.is_own_code_of(sku, code)? => Fact::Known(PackProduct::Same),
            _ => Fact::Missing(Why::NotKnown),
        })
    }

    /// Whose packs begin with this prefix: the catalogue's word first, then what was learnt.
    pub(crate) fn product(
        &self,
        prefix: &TracePrefix,
        sku: Option<&Sku>,
        article: Option<&Article>,
    ) -> Result<Fact<PackProduct>, DeskError> {
        if article.is_some_and(|article| article.trace_prefixes.contains(prefix)) {
            return Ok(Fact::Known(PackProduct::Same));
        }
        let mut owners = match &self.catalogue {
            Some(catalogue) => catalogue.by_prefix(prefix)?,
            None => Vec::new(),
        };
        let is_learnt = owners.is_empty();
        if is_learnt {
            owners = self.journal.reader().skus_of_prefix(prefix)?;
        }
        Ok(match sku {
            _ if owners.is_empty() => Fact::Missing(Why::NotKnown),
            Some(sku) if owners.contains(sku) => Fact::Known(PackProduct::Same),
            _ if is_learnt => Fact::Known(PackProduct::OtherLearnt),
            _ => Fact::Known(PackProduct::Other),
        })
    }
}
