//! What stands on a prescription: held against its limits, and completed by what follows from it.

use jiff::civil::Date;
use pharmacy_decision::Fact;
use pharmacy_decision::facts::{
    CareSetting, HospitalLevel, Institution, PrescribedDrug, PrescriptionForm,
};
use pharmacy_protocol::person::PersonRef;
use pharmacy_protocol::term::{InsuranceCode, Quantity, StaffId};
use serde::{Deserialize, Serialize};

use super::PrescriptionError;
use crate::core::roles::Masked;

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
/// What stands on a prescription, within the limits.
#[derive(Clone, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Written {
    pub number: Option<String>,
    pub form: PrescriptionForm,
    pub patient: Fact<PersonRef>,
    /// The patient, masked, for lists.
    pub patient_shown: Option<Masked>,
    /// Code of the institution.
    pub institution_code: Option<String>,
    /// Name of the institution.
    pub institution_name: Option<String>,
    /// Its standing as told; dated lists outweigh it.
    pub institution: Option<Institution>,
    pub level: Option<HospitalLevel>,
    /// In hospital or not.
    pub setting: Option<CareSetting>,
    /// Code of the physician.
    pub physician_code: Option<String>,
    /// Name of the physician.
    pub physician_name: Option<String>,
    /// When it was written, where it says so to the minute; milliseconds since 1970.
    pub issued_ms: Option<i64>,
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

/// A text whose form is not the national one. Provinces differ, so it is kept and asked about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OddForm {
    /// Not H and 11 digits.
    InstitutionCode,
    /// Not D and 12 digits.
    PhysicianCode,
}

impl OddForm {
    pub fn member(self) -> &'static str {
        match self {
            Self::InstitutionCode => "institution_code",
            Self::PhysicianCode => "physician_code",
        }
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

/// An article that a drug is, as a pharmacist said.
#[derive(Clone, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Match {
    pub drug: usize,
    pub name: String,
    pub code: Option<InsuranceCode>,
    pub by: StaffId,
}
