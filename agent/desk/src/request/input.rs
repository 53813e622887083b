//! What programs ask of the local API, parsed.

use jiff::civil::Date;
use pharmacy_decision::facts::{
    CareSetting, Fund, HospitalLevel, Institution, Insurance, PrescribedDrug, PrescriptionForm,
};
use pharmacy_protocol::term::StaffId;

use crate::{Caller, PersonInput};

/// What makes a repeated request the same request.
#[derive(Clone, Debug)]
pub struct Idempotency {
    /// The caller's key.
    pub key: String,
    /// SHA-256 of method, path and body.
    pub digest: [u8; 32],
}

/// Who asks, and how a repetition is known.
#[derive(Clone, Debug)]
pub struct Call {
    /// Who asks.
    pub caller: Caller,
    /// What makes a repetition the same request; without it, it is a new one.
    pub idempotency: Option<Idempotency>,
}

/// Opens a sale.
#[derive(Clone, Debug)]
pub struct OpenSale {
    /// Who operates the till.
    pub operator: Option<String>,
    /// Which money is to pay.
    pub fund: Fund,
    /// The kind of insurance.
    pub insurance: Option<Insurance>,
    /// The insured.
    pub holder: Option<PersonInput>,
}

/// A prescription as told.
#[derive(Clone, Debug)]
pub struct PrescriptionInput {
    /// Its number.
    pub number: Option<String>,
    /// How it came.
    pub form: PrescriptionForm,
    /// For whom.
    pub patient: Option<PersonInput>,
    /// Standing of the institution.
    pub institution: Option<Institution>,
    /// Level of the institution.
    pub level: Option<HospitalLevel>,
    /// In hospital or not.
    pub setting: Option<CareSetting>,
    /// Day of issue.
    pub issued: Option<Date>,
    /// Last day of validity.
    pub valid_until: Option<Date>,
    /// Who reviewed it.
    pub reviewed_by: Option<StaffId>,
    /// What it prescribes.
    pub drugs: Vec<PrescribedDrug>,
}
