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

use jiff::ToSpan;
use jiff::civil::Date;
use pharmacy_decision::Fact;
use pharmacy_decision::facts::{
    CareSetting, HospitalLevel, Institution, PrescribedDrug, PrescriptionForm, ReviewPlace,
};
use pharmacy_decision::rule::{Likeness, likeness};
use pharmacy_protocol::person::PersonRef;
use pharmacy_protocol::term::{EntryIndex, InsuranceCode, Quantity, SaleId, StaffId};
use serde::{Deserialize, Serialize};

use super::image::{ImageError, MAX_IMAGES, MediaType};
use super::roles::Masked;

/// Longest text of a prescription, characters.
pub const MAX_TEXT: usize = 200;
/// Longest diagnosis, characters.
pub const MAX_DIAGNOSIS: usize = 500;
/// Longest number of a prescription, characters; the national interface has 40 (`rxno`).
pub const MAX_NUMBER: usize = 64;
/// Most drugs of a prescription.
pub const MAX_DRUGS: usize = 50;
/// Most times that a prescription may be dispensed.
pub const MAX_REPEATS: u32 = 99;
/// Most days that a drug of it lasts.
pub const MAX_DAYS: u32 = 366;
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
    /// Its images.
    pub images: Vec<ImageEntry>,
    /// When it was taken in, milliseconds since 1970.
    pub received_ms: i64,
    /// The day on which it was taken in.
    pub received: Date,
    /// The sale that waits for it.
    pub waiting: Option<SaleId>,
    /// Which sales used it, and how much.
    pub uses: Vec<Use>,
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Kept({}, {})", self.id, self.life.status())
    }
}

/// How far a prescription is.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Life {
    /// Waits for a pharmacist.
    Received,
    /// Approved.
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
        /// Why not.
        end: End,
    },
    /// Turned down.
    Rejected {
        /// By whom, when, where.
        review: Review,
        /// Why.
        reason: String,
    },
}

impl Life {
    /// Its word in lists.
    pub fn status(&self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Reviewed { .. } => "reviewed",
            Self::Dispensed { .. } => "dispensed",
            Self::Archived { .. } => "archived",
            Self::Rejected { .. } => "rejected",
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
    /// Some is left.
    Partly,
    /// All of it.
    Whole,
}

/// Why a prescription was archived.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// Its last day is over.
    Expired,
    /// All of it was dispensed.
    UsedUp,
}

/// A pharmacist's judgement.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Review {
    /// Who.
    pub by: StaffId,
    /// When, milliseconds since 1970.
    pub at_ms: i64,
    /// From where.
    pub from: ReviewPlace,
    /// The entry with the signed act; 0 until it is recorded.
    pub act: EntryIndex,
}

/// What stands on a prescription, within the limits.
#[derive(Clone, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Written {
    /// Its number.
    pub number: Option<String>,
    /// How it came.
    pub form: PrescriptionForm,
    /// For whom.
    pub patient: Fact<PersonRef>,
    /// The patient, masked, for lists.
    pub patient_shown: Option<Masked>,
    /// Code of the institution.
    pub institution_code: Option<String>,
    /// Name of the institution.
    pub institution_name: Option<String>,
    /// Its standing as told; dated lists outweigh it.
    pub institution: Option<Institution>,
    /// Its level.
    pub level: Option<HospitalLevel>,
    /// In hospital or not.
    pub setting: Option<CareSetting>,
    /// Code of the physician.
    pub physician_code: Option<String>,
    /// Name of the physician.
    pub physician_name: Option<String>,
    /// When it was written, where it says so to the minute; milliseconds since 1970.
    pub issued_ms: Option<i64>,
    /// Day of issue.
    pub issued: Option<Date>,
    /// Last day of validity.
    pub valid_until: Option<Date>,
    /// How often the quantities may be dispensed, first time included.
    pub repeats: u32,
    /// What it prescribes; `dispensed` is what was dispensed elsewhere.
    pub drugs: Vec<PrescribedDrug>,
    /// Articles that a pharmacist found drugs to be, where names differ.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub matches: Vec<Match>,
}

impl std::fmt::Debug for Written {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Written({} drugs)", self.drugs.len())
    }
}

/// An article that a drug is, as a pharmacist said.
#[derive(Clone, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Match {
    /// The drug's place.
    pub drug: usize,
    /// The article's name.
    pub name: String,
    /// Its code.
    pub code: Option<InsuranceCode>,
    /// Who said so.
    pub by: StaffId,
}

/// An image of a prescription; its bytes are the `prescription` part of the entry.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ImageEntry {
    /// The entry.
    pub entry: EntryIndex,
    /// What it is.
    pub media_type: MediaType,
    /// Its size in bytes.
    pub bytes: usize,
    /// SHA-256 of the bytes, hexadecimal.
    pub sha256: String,
}

/// What a line of a sale used of a drug.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Use {
    /// The sale's counter.
    pub sale: u64,
    /// The line.
    pub line: u32,
    /// The drug's place.
    pub drug: usize,
    /// How much.
    pub quantity: Quantity,
}

/// A text whose form is not the national one. Provinces differ, so it is kept and asked about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OddForm {
    /// Not H and 11 digits.
    InstitutionCode,
    /// Not D and 12 digits.
    PhysicianCode,
}

impl OddForm {
    /// The member concerned.
    pub fn member(self) -> &'static str {
        match self {
            Self::InstitutionCode => "institution_code",
            Self::PhysicianCode => "physician_code",
        }
    }
}

/// A step that cannot be taken with a prescription. Names members and places, never what stands there.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PrescriptionError {
    /// Somebody changed it meanwhile.
    #[error("the prescription changed meanwhile")]
    Changed,
    /// It says nothing and shows nothing.
    #[error("a prescription has a number, a drug or an image at least")]
    Empty,
    /// An image cannot be taken.
    #[error("an image of the prescription cannot be taken")]
    Image(#[source] ImageError),
    /// The till has no open sale.
    #[error("no sale is open at this till")]
    NoSale,
    /// A match names a drug or a line that is not there.
    #[error("the prescription has no such drug, or the sale no such line")]
    NoSuchPlace,
    /// The step does not follow from where it is.
    #[error("the step does not follow from where the prescription is: it is {status}")]
    NotNow {
        /// Where it is.
        status: &'static str,
    },
    /// Too long, too many, or with control characters in it.
    #[error("member `{member}` of the prescription is beyond its limits")]
    OutOfBounds {
        /// The member.
        member: &'static str,
    },
    /// There is no such prescription, or no such image of it.
    #[error("no such prescription")]
    Unknown,
}

impl PrescriptionError {
    /// Stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Changed => "prescription.changed",
            Self::Empty => "prescription.empty",
            Self::Image(error) => error.code(),
            Self::NoSale => "prescription.no-sale",
            Self::NoSuchPlace => "prescription.no-such-place",
            Self::NotNow { .. } => "prescription.not-now",
            Self::OutOfBounds { .. } => "prescription.out-of-bounds",
            Self::Unknown => "prescription.unknown",
        }
    }
}

impl From<ImageError> for PrescriptionError {
    fn from(error: ImageError) -> Self {
        Self::Image(error)
    }
}

/// A text without control characters and not too long; empty is none.
pub fn checked_text(
    member: &'static str,
    text: Option<String>,
    most: usize,
) -> Result<Option<String>, PrescriptionError> {
    let Some(text) = text else { return Ok(None) };
    let trimmed = text.trim();
    if trimmed.chars().count() > most || trimmed.chars().any(char::is_control) {
        return Err(PrescriptionError::OutOfBounds { member });
    }
    Ok((!trimmed.is_empty()).then(|| trimmed.to_owned()))
}

impl Written {
    /// Holds everything against its limits, and completes what follows from the rest.
    pub fn checked(mut self) -> Result<Self, PrescriptionError> {
        let out_of_bounds = |member| Err(PrescriptionError::OutOfBounds { member });
        let code = |text: Option<String>| text.map(|text| text.to_ascii_uppercase());
        self.number = checked_text("number", self.number, MAX_NUMBER)?;
        self.institution_code = code(checked_text(
            "institution_code",
            self.institution_code,
            MAX_NUMBER,
        )?);
        self.institution_name = checked_text("institution_name", self.institution_name, MAX_TEXT)?;
        self.physician_code = code(checked_text(
            "physician_code",
            self.physician_code,
            MAX_NUMBER,
        )?);
        self.physician_name = checked_text("physician_name", self.physician_name, MAX_TEXT)?;
        if self.repeats == 0 || self.repeats > MAX_REPEATS {
            return out_of_bounds("repeats");
        }
        if self.drugs.len() > MAX_DRUGS {
            return out_of_bounds("drugs");
        }
        for drug in &mut self.drugs {
            let name = std::mem::take(&mut drug.name);
            drug.name = checked_text("drugs", Some(name), MAX_TEXT)?.unwrap_or_default();
            if drug.name.is_empty() && drug.code.is_none() {
                return out_of_bounds("drugs");
            }
            let is_negative = |quantity: &Quantity| quantity.units() < 0;
            if drug.quantity.known().is_some_and(is_negative) || is_negative(&drug.dispensed) {
                return out_of_bounds("quantity");
            }
            if drug.days.known().is_some_and(|days| *days > MAX_DAYS) {
                return out_of_bounds("days");
            }
            drug.matched_by = None;
        }
        // LAW: 处方管理办法 art. 18 (待核实): valid on the day of issue, unless the physician writes a
        // later day, at most three days on. Long prescriptions for chronic diseases say their day
        // themselves, so a later one is taken as it is told and not cut here.
        self.valid_until = self.valid_until.or(self.issued);
        Ok(self)
    }

    /// Codes that do not have the national form.
    ///
    /// SPEC: institutions H and 11 digits, physicians D and 12 digits; not every province writes so.
    pub fn odd_forms(&self) -> Vec<OddForm> {
        let is_odd = |code: &Option<String>, letter: char, digits: usize| {
            code.as_deref().is_some_and(|code| {
                let number = code.strip_prefix(letter);
                !number.is_some_and(|number| {
                    number.len() == digits && number.bytes().all(|byte| byte.is_ascii_digit())
                })
            })
        };
        let mut odd = Vec::new();
        if is_odd(&self.institution_code, 'H', 11) {
            odd.push(OddForm::InstitutionCode);
        }
        if is_odd(&self.physician_code, 'D', 12) {
            odd.push(OddForm::PhysicianCode);
        }
        odd
    }

    /// Who wrote it, as far as it says so.
    pub fn physician(&self) -> Option<&str> {
        self.physician_code
            .as_deref()
            .or(self.physician_name.as_deref())
    }

    /// Its drugs as one text: the same for two prescriptions that say the same.
    pub fn drugs_text(&self) -> String {
        let mut lines: Vec<String> = self
            .drugs
            .iter()
            .map(|drug| {
                let code = drug.code.as_ref().map(ToString::to_string);
                let quantity = drug.quantity.known().map(ToString::to_string);
                let days = drug.days.known().map(ToString::to_string);
                let parts = [code, Some(drug.name.clone()), quantity, days];
                parts.map(Option::unwrap_or_default).join("|")
            })
            .collect();
        lines.sort_unstable();
        lines.join("\n")
    }
}

impl Kept {
    /// A prescription that was just taken in.
    pub fn receive(
        written: Written,
        images: Vec<ImageEntry>,
        (received, received_ms): (Date, i64),
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

    /// Turns it down.
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

    /// Notes what a settled sale used of it.
    #[must_use]
    pub fn dispense(mut self, uses: impl IntoIterator<Item = Use>) -> Self {
        self.uses.extend(uses);
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

    /// Why it is to be archived today, if it is.
    pub fn end(&self, today: Date) -> Option<End> {
        match self.life {
            Life::Archived { .. } | Life::Rejected { .. } => None,
            Life::Dispensed {
                extent: Extent::Whole,
                ..
            } => Some(End::UsedUp),
            Life::Dispensed { .. } | Life::Received | Life::Reviewed { .. } => {
                self.is_expired(today).then_some(End::Expired)
            }
        }
    }

    /// Archives it.
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
            status: self.life.status(),
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

/// A line that may use prescriptions.
pub struct Wanted<'a> {
    /// Its number.
    pub line: u32,
    /// The article's name.
    pub name: &'a str,
    /// Its code.
    pub code: Option<&'a InsuranceCode>,
    /// How much.
    pub quantity: Quantity,
}

impl Wanted<'_> {
    /// Is the article this drug, beyond doubt?
    pub fn is(&self, drug: &PrescribedDrug) -> bool {
        likeness(drug, self.name, self.code) == Some(Likeness::Same)
    }

    /// May the article be this drug?
    pub fn may_be(&self, drug: &PrescribedDrug) -> bool {
        likeness(drug, self.name, self.code).is_some()
    }
}

/// Which line of a sale uses which drug of which prescription: the first one that has some left, then
/// the next. What is more than all of them together is the first one's, so that it shows.
pub fn allot(kept: &[Kept], lines: &[Wanted<'_>], sale: u64) -> Vec<Vec<Use>> {
    let mut uses: Vec<Vec<Use>> = vec![Vec::new(); kept.len()];
    for line in lines {
        let fitting = fitting(kept, line);
        let mut rest = line.quantity.units();
        for (at, drug) in &fitting {
            let (Some(kept), Some(used)) = (kept.get(*at), uses.get_mut(*at)) else {
                continue;
            };
            let left = kept.total(*drug).map_or(i64::MAX, |total| {
                let now = used.iter().filter(|used| used.drug == *drug);
                let now = now.map(|used| used.quantity.units());
                let gone = now.fold(kept.dispensed(*drug).units(), i64::saturating_add);
                total.units().saturating_sub(gone).max(0)
            });
            let share = rest.min(left);
            rest = rest.saturating_sub(share);
            add(used, (sale, line.line, *drug), share);
        }
        if let Some((at, drug)) = fitting.first()
            && let Some(used) = uses.get_mut(*at)
        {
            add(used, (sale, line.line, *drug), rest);
        }
    }
    uses
}

fn fitting(kept: &[Kept], line: &Wanted<'_>) -> Vec<(usize, usize)> {
    let mut fitting = Vec::new();
    for (at, kept) in kept.iter().enumerate() {
        let drugs = kept.drugs(std::slice::from_ref(line));
        if let Some(place) = drugs.iter().position(|drug| line.is(drug)) {
            fitting.push((at, place));
        }
    }
    fitting
}

fn add(uses: &mut Vec<Use>, (sale, line, drug): (u64, u32, usize), units: i64) {
    if units <= 0 {
        return;
    }
    let known = uses
        .iter_mut()
        .find(|used| (used.sale, used.line, used.drug) == (sale, line, drug));
    match known {
        Some(known) => {
            let sum = known.quantity.units().saturating_add(units);
            known.quantity = Quantity::new(sum);
        }
        None => uses.push(Use {
            sale,
            line,
            drug,
            quantity: Quantity::new(units),
        }),
    }
}
