//! A prescription that the store keeps, and its life.
//!
//! ```text
//! Received ─► Reviewed ─► Dispensed(partly │ whole) ─► Archived(used up │ expired)
//!    └───────────┴─► Rejected{reason}                      every one but Rejected ─► Archived(expired)
//! ```
//! What a sale used is given back when the sale is taken back, exactly that and once; a prescription
//! that was archived because it was used up then lives on. A sale that settled without a review, as it
//! may while rules only warn, is dispensed all the same: what happened, happened.
//! In scope: limits, which step may follow which, what is left, which line uses which drug. Out of
//! scope: whether a sale may rest on it (`pharmacy-decision`), images' bytes, durability.

mod allot;
mod complete;
mod error;
mod same;
mod wanted;
mod written;

use jiff::ToSpan;
use jiff::civil::Date;
use pharmacy_decision::Fact;
use pharmacy_decision::facts::{PrescribedDrug, ReviewPlace};
use pharmacy_protocol::person::PersonRef;
use pharmacy_protocol::term::{EntryIndex, Quantity, SaleId, StaffId};
use serde::{Deserialize, Serialize};

use super::image::{ImageError, MAX_IMAGES};

pub use self::allot::allot;
pub use self::complete::{Lack, complete};
pub use self::error::PrescriptionError;
pub use self::same::{Sameness, sameness};
pub use self::wanted::Wanted;
pub use self::written::{
    MAX_DAYS, MAX_DIAGNOSIS, MAX_DRUGS, MAX_NUMBER, MAX_REPEATS, MAX_TEXT, OddForm, checked,
    checked_text, dated, odd_forms,
};
pub use pharmacy_decision::record::prescription::{End, ImageEntry, Match, Status, Use, Written};

/// Most prescriptions attached to one sale.
pub const MAX_ATTACHED: usize = 20;

/// A prescription that the store keeps. Persons are references and masked texts only.
#[derive(Clone, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Kept {
    /// Its number in this store: the entry that recorded its receipt.
    pub id: u64,
    /// How far it is.
    pub life: Life,
    /// What stands on it.
    pub written: Written,
    pub images: Vec<ImageEntry>,
    /// When it was taken in, milliseconds since 1970.
    pub received_ms: i64,
    /// The day on which it was taken in.
    pub received: Date,
    /// The sale that waits for it.
    pub waiting: Option<SaleId>,
    /// Which sales used it, and how much.
    pub uses: Vec<Use>,
    /// The day on which a sale first used it: by its end the rest of what stands on it is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_on: Option<Date>,
    /// On which day each sale used it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub days: Vec<UseDay>,
    /// What somebody found wrong with it; nothing rests on it meanwhile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doubt: Option<Doubt>,
    /// How it stands at the centre of electronic prescriptions, where it came from there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub centre: Option<Centre>,
}

/// A sale, and the day on which it used a prescription.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct UseDay {
    pub sale: u64,
    pub on: Date,
}

/// How an electronic prescription stands at its centre, as far as this store saw.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Centre {
    /// It was fetched, and no sale used it.
    Fetched,
    /// A sale used it, and its write-off did not pass yet.
    Waiting,
    /// Its write-off passed.
    WrittenOff,
}

/// A prescription of which somebody said that something is wrong with it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Doubt {
    /// When, milliseconds since 1970.
    pub at_ms: i64,
    /// Who said so, where somebody was signed in.
    pub by: Option<StaffId>,
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Kept({}, {})", self.id, self.life.status().name())
    }
}

/// How far a prescription is.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Life {
    /// Waits for a pharmacist.
    Received,
    Reviewed {
        /// By whom, when, where.
        review: Review,
    },
    /// A sale used it.
    Dispensed {
        /// The review, if it had one.
        review: Option<Review>,
        /// How much of it.
        extent: Extent,
    },
    /// Not dispensed any more.
    Archived {
        /// The review, if it had one.
        review: Option<Review>,
        end: End,
    },
    Rejected {
        /// By whom, when, where.
        review: Review,
        reason: String,
    },
}

impl Life {
    /// Its word in lists.
    pub fn status(&self) -> Status {
        match self {
            Self::Received => Status::Received,
            Self::Reviewed { .. } => Status::Reviewed,
            Self::Dispensed { .. } => Status::Dispensed,
            Self::Archived { .. } => Status::Archived,
            Self::Rejected { .. } => Status::Rejected,
        }
    }

    /// Names the entry of a judgement that stands in none yet: it is known once it is written.
    #[must_use]
    pub fn signed_in(mut self, entry: EntryIndex) -> Self {
        let review = match &mut self {
            Self::Reviewed { review } | Self::Rejected { review, .. } => Some(review),
            Self::Archived { review, .. } | Self::Dispensed { review, .. } => review.as_mut(),
            Self::Received => None,
        };
        if let Some(review) = review.filter(|review| review.act.value() == 0) {
            review.act = entry;
        }
        self
    }
}

/// How much of a prescription was dispensed.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Extent {
    Partly,
    Whole,
}

/// A pharmacist's judgement.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Review {
    pub by: StaffId,
    /// When, milliseconds since 1970.
    pub at_ms: i64,
    pub from: ReviewPlace,
    /// The entry with the signed act; 0 until it is recorded.
    pub act: EntryIndex,
}

impl Kept {
    /// A prescription that was just taken in.
    pub fn receive(
        written: Written,
        images: Vec<ImageEntry>,
        received: Date,
        received_ms: i64,
    ) -> Self {
        Self {
            id: 0,
            life: Life::Received,
            written,
            images,
            received_ms,
            received,
            waiting: None,
            uses: Vec::new(),
            used_on: None,
            days: Vec::new(),
            doubt: None,
            centre: None,
        }
    }

    /// Adds an image. What a pharmacist signed for had the images that it had.
    pub fn with_image(mut self, image: ImageEntry) -> Result<Self, PrescriptionError> {
        if self.life != Life::Received {
            return Err(self.not_now());
        }
        if self.images.len() >= MAX_IMAGES {
            return Err(ImageError::TooMany.into());
        }
        self.images.push(image);
        Ok(self)
    }

    /// Approves it. A later approval, such as one with matches for another sale, takes the place of
    /// the earlier one.
    pub fn approve(
        mut self,
        review: Review,
        matches: Vec<Match>,
    ) -> Result<Self, PrescriptionError> {
        if self.doubt.is_some() {
            return Err(PrescriptionError::Doubted);
        }
        if matches
            .iter()
            .any(|found| found.drug >= self.written.drugs.len())
        {
            return Err(PrescriptionError::NoSuchPlace);
        }
        self.life = match self.life {
            Life::Received | Life::Reviewed { .. } => Life::Reviewed { review },
            Life::Dispensed {
                extent: Extent::Partly,
                ..
            } => Life::Dispensed {
                review: Some(review),
                extent: Extent::Partly,
            },
            Life::Archived { .. } | Life::Dispensed { .. } | Life::Rejected { .. } => {
                return Err(self.not_now());
            }
        };
        for found in matches {
            let is_same = |known: &Match| {
                (known.drug, &known.name, &known.code) == (found.drug, &found.name, &found.code)
            };
            self.written.matches.retain(|known| !is_same(known));
            self.written.matches.push(found);
        }
        Ok(self)
    }

    pub fn reject(mut self, review: Review, reason: &str) -> Result<Self, PrescriptionError> {
        self.life = match self.life {
            Life::Received | Life::Reviewed { .. } => Life::Rejected {
                review,
                reason: reason.to_owned(),
            },
            Life::Archived { .. } | Life::Dispensed { .. } | Life::Rejected { .. } => {
                return Err(self.not_now());
            }
        };
        self.waiting = None;
        Ok(self)
    }

    /// Says that something is wrong with it; said once is said.
    pub fn put_in_doubt(mut self, doubt: Doubt) -> Result<Self, PrescriptionError> {
        if self.doubt.is_some() || self.is_rejected() {
            return Err(self.not_now());
        }
        self.doubt = Some(doubt);
        Ok(self)
    }

    /// Somebody looked into it, and found nothing wrong.
    pub fn lift_doubt(mut self) -> Result<Self, PrescriptionError> {
        match self.doubt.take() {
            Some(_) => Ok(self),
            None => Err(self.not_now()),
        }
    }

    /// It came from the centre; what a sale used before that waits for the centre to hear of it.
    #[must_use]
    pub fn fetched(mut self) -> Self {
        let is_used = !self.uses.is_empty();
        self.centre = self.centre.or(Some(match is_used {
            true => Centre::Waiting,
            false => Centre::Fetched,
        }));
        self
    }

    /// The centre was told that it was dispensed.
    pub fn write_off(mut self) -> Result<Self, PrescriptionError> {
        if self.centre == Some(Centre::WrittenOff) {
            return Err(self.not_now());
        }
        self.centre = Some(Centre::WrittenOff);
        Ok(self)
    }

    /// Notes what a sale that settled on a day used of it.
    #[must_use]
    pub fn dispense(mut self, uses: impl IntoIterator<Item = Use>, on: Date) -> Self {
        let known = self.uses.len();
        self.uses.extend(uses);
        let sale = self.uses.get(known).map(|used| used.sale);
        self.days.extend(sale.map(|sale| UseDay { sale, on }));
        self.used_on = self.used_on.or(Some(on));
        self.centre = self.centre.map(|_| Centre::Waiting);
        self.waiting = None;
        let extent = self.extent();
        self.life = match self.life {
            Life::Received => Life::Dispensed {
                review: None,
                extent,
            },
            Life::Reviewed { review } => Life::Dispensed {
                review: Some(review),
                extent,
            },
            Life::Dispensed { review, .. } => Life::Dispensed { review, extent },
            // Over, and used against the verdict: how much is known all the same.
            over @ (Life::Archived { .. } | Life::Rejected { .. }) => over,
        };
        self
    }

    /// Gives back what a sale used, when it is taken back.
    #[must_use]
    pub fn give_back(mut self, sale: u64) -> Self {
        self.uses.retain(|used| used.sale != sale);
        self.days.retain(|day| day.sale != sale);
        if self.uses.is_empty() {
            self.used_on = None;
            self.centre = self.centre.map(|_| Centre::Fetched);
        }
        let extent = self.extent();
        let left = |review: Option<Review>, is_used: bool| match (review, is_used) {
            (review, true) => Life::Dispensed { review, extent },
            (Some(review), false) => Life::Reviewed { review },
            (None, false) => Life::Received,
        };
        let is_used = !self.uses.is_empty();
        self.life = match self.life {
            Life::Dispensed { review, .. } => left(review, is_used),
            Life::Archived {
                review,
                end: End::UsedUp,
            } => left(review, is_used),
            other => other,
        };
        self
    }

    /// The first day on which it may be dispensed again, where it says how long to wait. What is left of a
    /// dispensing that was handed out in part is no new one.
    pub fn again_on(&self) -> Option<Date> {
        let interval = self.written.interval.filter(|_| self.written.repeats > 1)?;
        let last = self.days.iter().map(|day| day.on).max()?;
        let is_whole = |(place, drug): (usize, &PrescribedDrug)| {
            let once = drug.quantity.known().map_or(0, |once| once.units());
            let used = self.uses.iter().filter(|used| used.drug == place);
            let used: i64 = used.map(|used| used.quantity.units()).sum();
            once <= 0 || used % once == 0
        };
        let mut drugs = self.written.drugs.iter().enumerate();
        let next = || last.checked_add(i64::from(interval).days()).ok();
        drugs.all(is_whole).then(next).flatten()
    }

    /// Why it is to be archived today, if it is.
    pub fn end(&self, today: Date) -> Option<End> {
        match self.life {
            Life::Archived { .. } | Life::Rejected { .. } => None,
            Life::Dispensed {
                extent: Extent::Whole,
                ..
            } => {
                // What is still to be told of it is asked for until the day closes.
                let is_asked_for = self.used_on == Some(today) && !self.lacks().is_empty();
                (!is_asked_for).then_some(End::UsedUp)
            }
            Life::Dispensed { .. } | Life::Received | Life::Reviewed { .. } => {
                self.is_expired(today).then_some(End::Expired)
            }
        }
    }

    pub fn archive(mut self, end: End) -> Result<Self, PrescriptionError> {
        self.life = match self.life {
            Life::Received => Life::Archived { review: None, end },
            Life::Reviewed { review } => Life::Archived {
                review: Some(review),
                end,
            },
            Life::Dispensed { review, .. } => Life::Archived { review, end },
            Life::Archived { .. } | Life::Rejected { .. } => return Err(self.not_now()),
        };
        self.waiting = None;
        Ok(self)
    }

    /// Why a step does not follow.
    pub fn not_now(&self) -> PrescriptionError {
        PrescriptionError::NotNow {
            status: self.life.status().name(),
        }
    }

    /// Refuses one that may not serve any more today.
    pub fn demand_good(&self, today: Date) -> Result<(), PrescriptionError> {
        if self.doubt.is_some() {
            return Err(PrescriptionError::Doubted);
        }
        match self.written.valid_until {
            Some(until) if until < today => Err(PrescriptionError::Expired { until }),
            Some(_) | None => Ok(()),
        }
    }

    /// The approval that stands.
    pub fn review(&self) -> Option<&Review> {
        match &self.life {
            Life::Reviewed { review } => Some(review),
            Life::Archived { review, .. } | Life::Dispensed { review, .. } => review.as_ref(),
            Life::Received | Life::Rejected { .. } => None,
        }
    }

    /// May anything still rest on it?
    pub fn is_rejected(&self) -> bool {
        matches!(self.life, Life::Rejected { .. })
    }

    /// Was it turned down, or is it in doubt? Then nothing rests on it.
    pub fn is_barred(&self) -> bool {
        self.is_rejected() || self.doubt.is_some()
    }

    /// May something of it still be dispensed?
    pub fn is_under_way(&self) -> bool {
        match self.life {
            Life::Dispensed { extent, .. } => extent == Extent::Partly,
            Life::Received | Life::Reviewed { .. } => true,
            Life::Archived { .. } | Life::Rejected { .. } => false,
        }
    }

    /// Is its last day over? One whose last day nobody knows is asked about, not put away, for as long
    /// as any prescription can be good.
    pub fn is_expired(&self, today: Date) -> bool {
        match self.written.valid_until {
            Some(until) => until < today,
            None => {
                let longest = self.received.checked_add(LONGEST_DAYS.days());
                longest.is_ok_and(|longest| longest < today)
            }
        }
    }

    /// Was it written for somebody else than this patient, as far as both are known?
    pub fn is_for_other(&self, patient: &Fact<PersonRef>) -> bool {
        match (self.written.patient.known(), patient.known()) {
            (Some(written), Some(patient)) => written != patient,
            (None, _) | (_, None) => false,
        }
    }

    /// How much of a drug was dispensed, here and elsewhere.
    pub fn dispensed(&self, drug: usize) -> Quantity {
        let before = self.written.drugs.get(drug).map(|drug| drug.dispensed);
        let here = self.uses.iter().filter(|used| used.drug == drug);
        let units = here.map(|used| used.quantity.units());
        let sum = units.fold(0_i64, i64::saturating_add);
        Quantity::new(before.unwrap_or_default().units().saturating_add(sum))
    }

    /// How much of a drug may be dispensed in all; none where it does not say.
    pub fn total(&self, drug: usize) -> Option<Quantity> {
        let quantity = self.written.drugs.get(drug)?.quantity.known()?;
        let repeats = i64::from(self.written.repeats);
        Some(Quantity::new(quantity.units().saturating_mul(repeats)))
    }

    /// Its drugs as facts before a sale of these lines, in their places, with what was dispensed so
    /// far. One that a pharmacist found to be an article of the sale bears that article's name.
    pub fn drugs(&self, lines: &[Wanted<'_>]) -> Vec<PrescribedDrug> {
        let places = self.written.drugs.iter().enumerate();
        places
            .map(|(place, written)| {
                let drug = PrescribedDrug {
                    quantity: Fact::from_option(self.total(place)),
                    days: match written.days {
                        Fact::Known(days) => Fact::Known(days.saturating_mul(self.written.repeats)),
                        Fact::Missing(why) => Fact::Missing(why),
                    },
                    dispensed: self.dispensed(place),
                    ..written.clone()
                };
                let found = self.matched(place, &drug, lines);
                found.unwrap_or(drug)
            })
            .collect()
    }

    /// Its drugs as they were written, with what was dispensed so far.
    pub fn drugs_as_written(&self) -> Vec<PrescribedDrug> {
        self.drugs(&[])
    }

    /// The drug under the name of the article of these lines that a pharmacist found it to be.
    fn matched(
        &self,
        place: usize,
        drug: &PrescribedDrug,
        lines: &[Wanted<'_>],
    ) -> Option<PrescribedDrug> {
        let of_drug = self.written.matches.iter();
        let mut found = of_drug
            .filter(|found| found.drug == place)
            .map(|found| PrescribedDrug {
                name: found.name.clone(),
                code: found.code.clone(),
                matched_by: Some(found.by.clone()),
                ..drug.clone()
            });
        found.find(|drug| lines.iter().any(|line| line.is(drug)))
    }

    /// All of it, as far as it says how much; else as often as it may be dispensed.
    fn extent(&self) -> Extent {
        let is_used_up = |place: usize| match self.total(place) {
            Some(total) => self.dispensed(place).units() >= total.units(),
            None => self.sales_of(place) >= self.written.repeats,
        };
        let mut places = 0..self.written.drugs.len();
        if !self.written.drugs.is_empty() && places.all(is_used_up) {
            Extent::Whole
        } else {
            Extent::Partly
        }
    }

    fn sales_of(&self, drug: usize) -> u32 {
        let of_drug = self.uses.iter().filter(|used| used.drug == drug);
        let mut sales: Vec<u64> = of_drug.map(|used| used.sale).collect();
        sales.sort_unstable();
        sales.dedup();
        u32::try_from(sales.len()).unwrap_or(u32::MAX)
    }
}

/// A prescription without last day is put away after this many days: the longest supply that long
/// prescriptions allow is 84 days.
const LONGEST_DAYS: i32 = 90;
