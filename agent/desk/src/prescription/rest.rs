//! What a sale rests on: prescriptions that were attached, that its till names, that are its
//! patient's; and what its settlement uses of them.
//!
//! ```text
//! attached ─► named by number ─► the patient's, valid, for a drug of the basket       (R14)
//! ```
//! Few indexed reads: a sale without any of the three looks once for its patient and is done.

use jiff::civil::Date;
use pharmacy_decision::Fact;
use pharmacy_decision::fact::Why;
use pharmacy_decision::facts::{self, Institution, Physician, Prescription};
use pharmacy_decision::record::prescription::{Used, Uses};
use pharmacy_protocol::term::{EntryIndex, InsuranceCode, Quantity, StaffId};

use super::row::{KeptRow, number_name, patient_name, sale_name};
use super::told::patient_of;
use crate::core::basket::Known;
use crate::core::prescription::{Kept, Wanted, allot};
use crate::core::sale::Sale;
use crate::step::{Step, part};
use crate::{Desk, DeskError, PrescriptionItem};
use pharmacy_base::clock::day_of;
use pharmacy_journal::store::{PrescriptionNameKind as NameKind, PrescriptionStatus};

/// Most prescriptions that are looked at under one name: a number stands on one, two institutions may
/// give out the same, and a patient has a handful under way.
const MOST_NAMED: usize = 20;

/// A prescription on which a sale may rest.
struct Resting {
    kept: Kept,
    /// Its place among those that the till told.
    told: Option<usize>,
}

/// A line with the name and code by which drugs are compared.
struct NamedLine {
    number: u32,
    name: String,
    code: Option<InsuranceCode>,
    quantity: Quantity,
}

impl Desk {
    /// Prescriptions on which a sale may rest, as facts: as its till told them, completed by those that
    /// this store keeps; those attached; those that are its patient's, name its drugs and are valid.
    pub(crate) fn kept_for(&self, sale: &Sale) -> Result<Vec<Prescription>, DeskError> {
        let resting = self.resting(sale)?;
        if resting.is_empty() {
            return Ok(sale.prescriptions.clone());
        }
        let lines = self.named_lines(sale)?;
        let wanted = wanted(&lines);
        let mut found = Vec::with_capacity(sale.prescriptions.len() + resting.len());
        for (place, told) in sale.prescriptions.iter().enumerate() {
            let kept = resting.iter().find(|rest| rest.told == Some(place));
            match kept {
                // Turned down, or in doubt: nothing rests on it, whatever the till says.
                Some(rest) if rest.kept.is_barred() => {}
                Some(rest) => found.push(self.fact(&rest.kept, Some(told), &wanted)?),
                None => found.push(told.clone()),
            }
        }
        for rest in resting.iter().filter(|rest| rest.told.is_none()) {
            if !rest.kept.is_barred() {
                found.push(self.fact(&rest.kept, None, &wanted)?);
            }
        }
        Ok(found)
    }

    /// The same as the page lists them.
    pub(crate) fn attached_to(&self, sale: &Sale) -> Result<Vec<PrescriptionItem>, DeskError> {
        let resting = self.resting(sale)?;
        Ok(resting.iter().map(|rest| super::item(&rest.kept)).collect())
    }

    /// How many wait for a pharmacist.
    pub(crate) fn waiting_reviews(&self) -> Result<u64, DeskError> {
        let received = PrescriptionStatus::Received;
        Ok(self.journal.reader().count_prescriptions(received)?)
    }

    /// Adds to a settlement's step what it uses up of the prescriptions that it rests on, or gives
    /// back when it is taken back.
    pub(crate) fn dispense(&self, sale: &Sale, step: Step) -> Result<Step, DeskError> {
        let counter = sale.id.counter();
        let name = sale_name(self.journal.keys(), counter);
        let used = self.kept_named(NameKind::Sale, &name, MOST_NAMED)?;
        let is_used = |kept: &Kept| kept.uses.iter().any(|used| used.sale == counter);
        match (sale.settlement().is_some(), used.iter().any(is_used)) {
            (true, false) => self.use_up(sale, step),
            (false, true) => {
                let back: Vec<Kept> = used.into_iter().filter(is_used).collect();
                let back: Vec<_> = back
                    .into_iter()
                    .map(|kept| kept.give_back(counter))
                    .collect();
                self.with_uses(step, counter, back)
            }
            // Settled twice, or taken back twice: the goods went over the counter once.
            (true, true) | (false, false) => Ok(step),
        }
    }

    fn use_up(&self, sale: &Sale, step: Step) -> Result<Step, DeskError> {
        let (patient, _) = patient_of(sale);
        let resting = self.resting(sale)?;
        let is_lawful =
            |rest: &Resting| !rest.kept.is_barred() && !rest.kept.is_for_other(&patient);
        let resting = resting.into_iter().filter(is_lawful);
        let kept: Vec<Kept> = resting.map(|rest| rest.kept).collect();
        if kept.is_empty() {
            return Ok(step);
        }
        let lines = self.named_lines(sale)?;
        let counter = sale.id.counter();
        let uses = allot(&kept, &wanted(&lines), counter);
        let today = day_of(self.clock.now_ms());
        let used = kept.into_iter().zip(uses);
        let changed = used.filter_map(|(mut kept, uses)| {
            if !uses.is_empty() {
                return Some(kept.dispense(uses, today));
            }
            // Attached, and not needed after all: it waits for this sale no longer.
            let waits = kept.waiting.as_ref() == Some(&sale.id);
            kept.waiting = None;
            waits.then_some(kept)
        });
        self.with_uses(step, counter, changed.collect())
    }

    /// The rows and the record of what a sale used.
    fn with_uses(
        &self,
        mut step: Step,
        counter: u64,
        changed: Vec<Kept>,
    ) -> Result<Step, DeskError> {
        if changed.is_empty() {
            return Ok(step);
        }
        let keys = self.journal.keys();
        let now_ms = self.clock.now_ms();
        let prescriptions = changed.iter().map(|kept| Used {
            prescription: kept.id,
            status: kept.life.status(),
            uses: {
                let used = kept.uses.iter();
                used.filter(|used| used.sale == counter).copied().collect()
            },
        });
        step = step.with(part(&Uses {
            prescriptions: prescriptions.collect(),
        })?);
        for kept in changed {
            step = step.resting_on([EntryIndex::new(kept.id)]);
            let row = KeptRow::changed(keys, kept);
            let name = sale_name(keys, counter);
            step = step.writing(row.named(NameKind::Sale, name, now_ms));
        }
        Ok(step)
    }

    /// Entries of the reviews that a sale rests on, with who reviewed.
    pub(crate) fn reviews_of(&self, sale: &Sale) -> Result<Vec<(StaffId, EntryIndex)>, DeskError> {
        let name = sale_name(self.journal.keys(), sale.id.counter());
        let mut kept = self.kept_named(NameKind::Sale, &name, MOST_NAMED)?;
        kept.retain(|kept| kept.uses.iter().any(|used| used.sale == sale.id.counter()));
        if kept.is_empty() {
            let resting = self.resting(sale)?.into_iter();
            kept = resting.map(|rest| rest.kept).collect();
        }
        let reviews = kept.iter().filter_map(Kept::review);
        Ok(reviews
            .map(|review| (review.by.clone(), review.act))
            .collect())
    }

    /// Prescriptions kept here on which a sale may rest, in the order in which they are used.
    fn resting(&self, sale: &Sale) -> Result<Vec<Resting>, DeskError> {
        let mut resting: Vec<Resting> = Vec::new();
        let (patient, _) = patient_of(sale);
        for id in &sale.attached {
            let kept = self.find_kept(*id)?.map(|(kept, _)| kept);
            let told = kept.as_ref().and_then(|kept| told_place(sale, kept));
            resting.extend(kept.map(|kept| Resting { kept, told }));
        }
        for (place, told) in sale.prescriptions.iter().enumerate() {
            let Some(number) = &told.number else { continue };
            if resting.iter().any(|rest| rest.told == Some(place)) {
                continue;
            }
            let name = number_name(self.journal.keys(), number);
            let mut named = self.kept_named(NameKind::Number, &name, MOST_NAMED)?;
            // Two institutions may give out one number: the patient's own is meant.
            named.sort_by_key(|kept| kept.is_for_other(&patient));
            let is_new = |kept: &Kept| resting.iter().all(|rest| rest.kept.id != kept.id);
            let kept = named.into_iter().find(is_new);
            resting.extend(kept.map(|kept| Resting {
                kept,
                told: Some(place),
            }));
        }
        if let Fact::Known(reference) = &patient {
            let name = patient_name(self.journal.keys(), reference);
            let theirs = self.kept_named(NameKind::Patient, &name, MOST_NAMED)?;
            let theirs = self.fitting(sale, theirs)?;
            for kept in theirs {
                if resting.iter().all(|rest| rest.kept.id != kept.id) {
                    resting.push(Resting { kept, told: None });
                }
            }
        }
        Ok(resting)
    }

    /// Those that are valid and may cover a line, the first to expire first.
    fn fitting(&self, sale: &Sale, mut kept: Vec<Kept>) -> Result<Vec<Kept>, DeskError> {
        if kept.is_empty() {
            return Ok(kept);
        }
        let today = day_of(self.clock.now_ms());
        let lines = self.named_lines(sale)?;
        let wanted = wanted(&lines);
        kept.retain(|kept| {
            let drugs = kept.drugs(&wanted);
            let covers = |drug| wanted.iter().any(|line| line.may_be(drug));
            kept.is_under_way() && !kept.is_expired(today) && drugs.iter().any(covers)
        });
        kept.sort_by_key(|kept| kept.written.valid_until.unwrap_or(Date::MAX));
        Ok(kept)
    }

    /// A prescription that is kept, as a fact; what it does not say may have been told by the till.
    fn fact(
        &self,
        kept: &Kept,
        told: Option<&Prescription>,
        lines: &[Wanted<'_>],
    ) -> Result<Prescription, DeskError> {
        fn either<T: Clone>(kept: Option<T>, told: Option<&Fact<T>>) -> Fact<T> {
            kept.map(Fact::Known)
                .or_else(|| told.cloned())
                .unwrap_or_default()
        }
        let written = &kept.written;
        let mut reviewed_by = told.map(|told| told.reviewed_by.clone());
        let mut review = told.map(|told| told.review.clone()).unwrap_or_default();
        if let Some(known) = kept.review() {
            reviewed_by = Some(Fact::Known(known.by.clone()));
            review = Fact::Known(facts::Review {
                competence: self.competence(&known.by, known.at_ms)?,
                from: known.from,
            });
        }
        let mut drugs = kept.drugs(lines);
        if drugs.is_empty() {
            // A photo whose drugs nobody typed in: what the till says of them is what there is.
            drugs = told.map(|told| told.drugs.clone()).unwrap_or_default();
        }
        Ok(Prescription {
            number: written
                .number
                .clone()
                .or_else(|| told.and_then(|told| told.number.clone())),
            form: written.form,
            patient: either(
                written.patient.known().cloned(),
                told.map(|told| &told.patient),
            ),
            institution: either(
                self.institution(kept).or(written.institution),
                told.map(|told| &told.institution),
            ),
            level: either(written.level, told.map(|told| &told.level)),
            setting: either(written.setting, told.map(|told| &told.setting)),
            issued: either(written.issued, told.map(|told| &told.issued)),
            valid_until: either(written.valid_until, told.map(|told| &told.valid_until)),
            reviewed_by: reviewed_by.unwrap_or(Fact::Missing(Why::NotAsked)),
            review,
            physician: either(self.physician(kept), told.map(|told| &told.physician)),
            sheet: Fact::Known(kept.sheet()),
            area: Fact::from_option(written.area()),
            again_on: kept.again_on(),
            drugs,
        })
    }

    /// What the bureau's lists say of the institution, on the day of issue and today, the worse of both.
    fn institution(&self, kept: &Kept) -> Option<Institution> {
        let code = kept.written.institution_code.as_deref()?;
        let region = &self.setup.store.region;
        let days = self.days_of(kept);
        let said = days.map(|day| self.pack.institution(code, region, day));
        let worst = |one: Institution, other: Institution| match (one, other) {
            (Institution::Blacklisted, _) | (_, Institution::Blacklisted) => {
                Institution::Blacklisted
            }
            (Institution::NotDesignated, _) | (_, Institution::NotDesignated) => {
                Institution::NotDesignated
            }
            (Institution::Designated, Institution::Designated) => Institution::Designated,
        };
        said.into_iter().flatten().reduce(worst)
    }

    /// What the bureau's lists say of the physician's right to prescribe, on the day of issue and today.
    ///
    /// LAW: R16: a right that is suspended on either day covers nothing.
    fn physician(&self, kept: &Kept) -> Option<Physician> {
        let code = kept.written.physician_code.as_deref()?;
        let region = &self.setup.store.region;
        let days = self.days_of(kept);
        let said = days.map(|day| self.pack.physician(code, region, day));
        let worst = |one: Physician, other: Physician| match (one, other) {
            (Physician::Suspended, _) | (_, Physician::Suspended) => Physician::Suspended,
            (Physician::Entitled, Physician::Entitled) => Physician::Entitled,
        };
        said.into_iter().flatten().reduce(worst)
    }

    /// The day of issue, as far as it is told, and today.
    fn days_of(&self, kept: &Kept) -> [Date; 2] {
        let today = day_of(self.clock.now_ms());
        [kept.written.issued.unwrap_or(today), today]
    }

    /// The lines by name and code as the rules compare them: as the till shows them, else as the
    /// catalogue has them.
    fn named_lines(&self, sale: &Sale) -> Result<Vec<NamedLine>, DeskError> {
        let mut lines = Vec::with_capacity(sale.basket.lines().len());
        for line in sale.basket.lines() {
            let offered = line.offered.name.as_ref();
            let offered = offered.filter(|name| !name.trim().is_empty()).cloned();
            let known = match (&offered, &line.offered.code) {
                (Some(_), Some(_)) => Known::default(),
                _ => self.known_line(line)?,
            };
            lines.push(NamedLine {
                number: line.number,
                name: offered.or(known.name).unwrap_or_default(),
                code: line.offered.code.clone().or(known.code),
                quantity: line.quantity,
            });
        }
        Ok(lines)
    }

    /// The name and code of a line, as the rules compare them.
    pub(super) fn article_of(
        &self,
        sale: &Sale,
        number: u32,
    ) -> Result<Option<(String, Option<InsuranceCode>)>, DeskError> {
        let lines = self.named_lines(sale)?.into_iter();
        let mut lines = lines.filter(|line| line.number == number);
        Ok(lines.next().map(|line| (line.name, line.code)))
    }
}

fn wanted(lines: &[NamedLine]) -> Vec<Wanted<'_>> {
    let lines = lines.iter();
    lines
        .map(|line| Wanted {
            line: line.number,
            name: &line.name,
            code: line.code.as_ref(),
            quantity: line.quantity,
        })
        .collect()
}

/// The place at which the till tells of a prescription that is kept, by its number.
fn told_place(sale: &Sale, kept: &Kept) -> Option<usize> {
    let number = kept.written.number.as_deref()?;
    sale.prescriptions.iter().position(|told| {
        let told = told.number.as_deref().map(str::trim);
        told.is_some_and(|told| told.eq_ignore_ascii_case(number))
    })
}
