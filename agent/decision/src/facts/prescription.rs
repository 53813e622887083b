//! Prescriptions attached to a sale, and what the patient was supplied before.

use jiff::civil::Date;
use pharmacy_protocol::person::PersonRef;
use pharmacy_protocol::term::{InsuranceCode, Quantity, RegionCode, Sku, StaffId};
use serde::{Deserialize, Serialize};

use crate::fact::Fact;

/// A prescription attached to the sale.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Prescription {
    /// Its number, where it has one.
    pub number: Option<String>,
    /// How it came.
    pub form: PrescriptionForm,
    /// For whom it was written.
    pub patient: Fact<PersonRef>,
    /// The prescribing institution's standing.
    pub institution: Fact<Institution>,
    /// The prescribing institution's level.
    pub level: Fact<HospitalLevel>,
    /// Was it written for a patient in hospital?
    pub setting: Fact<CareSetting>,
    /// Day of issue.
    pub issued: Fact<Date>,
    /// Last day on which it may be dispensed.
    pub valid_until: Fact<Date>,
    /// Who reviewed it.
    pub reviewed_by: Fact<StaffId>,
    /// What the register says of that review.
    #[serde(default)]
    pub review: Fact<Review>,
    /// The physician's right to prescribe.
    #[serde(default)]
    pub physician: Fact<Physician>,
    /// What is kept of it and who is named on it, where this store keeps it.
    #[serde(default, skip_serializing_if = "is_not_asked")]
    pub sheet: Fact<Sheet>,
    /// Where the prescribing institution lies, as its national code says.
    #[serde(default, skip_serializing_if = "is_not_asked")]
    pub area: Fact<RegionCode>,
    /// The first day on which it may be dispensed again, where it says how long to wait and was dispensed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again_on: Option<Date>,
    /// What it prescribes.
    pub drugs: Vec<PrescribedDrug>,
}

fn is_not_asked<T: PartialEq>(fact: &Fact<T>) -> bool {
    *fact == Fact::default()
}

/// What this store keeps of a prescription.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Sheet {
    /// How many pictures of it.
    pub pictures: u32,
    /// Is the institution named?
    pub institution: bool,
    /// Is the physician named?
    pub physician: bool,
}

/// What the register of staff says of a review.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Review {
    /// May the reviewer review?
    pub competence: Competence,
    /// Where the reviewer was.
    pub from: ReviewPlace,
}

/// Whether somebody may review prescriptions for this store (R15), the first lack that was found.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Competence {
    /// Qualified, registered here, on duty.
    Competent,
    /// Registered in another locality.
    Elsewhere,
    /// Not on duty at the review.
    OffDuty,
    /// Neither licensed pharmacist nor holder of a professional title in pharmacy.
    Unqualified,
}

/// Where a reviewer was.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReviewPlace {
    /// Elsewhere, for the chain.
    Remote,
    /// In the store.
    Store,
}

/// A physician's right to prescribe for the insurance (处方权).
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Physician {
    /// Not on a list of suspended ones.
    Entitled,
    /// Suspended on the day of issue or of dispensing.
    Suspended,
}

/// How a prescription came.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PrescriptionForm {
    /// Through the electronic prescription centre (电子外配处方).
    Electronic,
    /// On paper, kept as an image.
    Paper,
}

/// Standing of the prescribing institution.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Institution {
    /// Blacklisted by the bureau.
    Blacklisted,
    /// Designated.
    Designated,
    /// Not designated.
    NotDesignated,
}

/// Level of a hospital.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum HospitalLevel {
    /// 一级 and below.
    First,
    /// 二级.
    Second,
    /// 三级.
    Third,
}

/// Where the patient is treated.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CareSetting {
    /// 住院.
    Inpatient,
    /// 门诊.
    Outpatient,
}

/// One drug of a prescription.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PrescribedDrug {
    /// Its insurance code, where given.
    pub code: Option<InsuranceCode>,
    /// Its name as written.
    pub name: String,
    /// How much in all, in units of sale.
    pub quantity: Fact<Quantity>,
    /// How many days it is to last.
    pub days: Fact<u32>,
    /// How much of it was dispensed before this sale.
    pub dispensed: Quantity,
    /// The pharmacist who said that it is the article sold, where names differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matched_by: Option<StaffId>,
}

/// An earlier supply to the patient.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Supply {
    /// The insurance code, where the line had one.
    pub code: Option<InsuranceCode>,
    /// The article.
    pub sku: Option<Sku>,
    /// The day of the sale.
    pub on: Date,
    /// How much.
    pub quantity: Quantity,
    /// How many days it was to last.
    pub days: Fact<u32>,
}
