//! Prescriptions that are to be kept.

use jiff::civil::Date;
use pharmacy_decision::facts::{CareSetting, HospitalLevel, Institution, PrescriptionForm};
use pharmacy_protocol::Secret;
use serde::Deserialize;
use utoipa::ToSchema;

use super::basket::DrugBody;
use super::parse::{Parsed, each};
use super::person::PersonBody;
use pharmacy_desk::{PatientTold, PrescriptionTold};

/// A prescription to be kept: an electronic one as the prescription centre shows it, or a paper one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeptPrescriptionBody {
    /// Its number (`rxno`, `hiRxno`), at most 64 characters.
    pub number: Option<String>,
    /// `electronic` (default) or `paper`.
    #[schema(value_type = Option<String>)]
    pub form: Option<PrescriptionForm>,
    /// For whom it was written.
    pub patient: Option<PersonBody>,
    /// National code of the institution, H and 11 digits.
    pub institution_code: Option<String>,
    /// Name of the institution.
    pub institution_name: Option<String>,
    /// `designated`, `not-designated`, `blacklisted`.
    #[schema(value_type = Option<String>)]
    pub institution: Option<Institution>,
    /// `first`, `second`, `third`.
    #[schema(value_type = Option<String>)]
    pub level: Option<HospitalLevel>,
    /// `outpatient`, `inpatient`.
    #[schema(value_type = Option<String>)]
    pub setting: Option<CareSetting>,
    /// National code of the physician, D and 12 digits.
    pub physician_code: Option<String>,
    /// Name of the physician.
    pub physician_name: Option<String>,
    /// What it was written for; kept sealed and never shown again here.
    pub diagnosis: Option<String>,
    /// When it was written, milliseconds since 1970, where it says so to the minute.
    pub issued_ms: Option<i64>,
    /// Day of issue; that of `issued_ms` when absent.
    #[schema(value_type = Option<String>)]
    pub issued: Option<Date>,
    /// Last day of validity; the day of issue when absent.
    #[schema(value_type = Option<String>)]
    pub valid_until: Option<Date>,
    /// How often the quantities may be dispensed, first time included; 1 when absent.
    pub repeats: Option<u32>,
    /// What it prescribes; `dispensed` is what other stores dispensed.
    pub drugs: Vec<DrugBody>,
}

impl std::fmt::Debug for KeptPrescriptionBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeptPrescriptionBody([secret])")
    }
}

impl KeptPrescriptionBody {
    pub(in crate::api) fn parse(self) -> Parsed<PrescriptionTold> {
        let patient = match self.patient {
            Some(person) => PatientTold::Person(person.parse("patient")?),
            None => PatientTold::Unknown,
        };
        Ok(PrescriptionTold {
            number: self.number,
            form: Some(self.form.unwrap_or(PrescriptionForm::Electronic)),
            patient,
            institution_code: self.institution_code,
            institution_name: self.institution_name,
            institution: self.institution,
            level: self.level,
            setting: self.setting,
            physician_code: self.physician_code,
            physician_name: self.physician_name,
            diagnosis: self.diagnosis.map(Secret::new),
            issued_ms: self.issued_ms,
            issued: self.issued,
            valid_until: self.valid_until,
            repeats: self.repeats,
            interval: None,
            drugs: each(self.drugs, DrugBody::parse)?,
        })
    }
}
