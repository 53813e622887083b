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
    pub key: String,
    /// SHA-256 of method, path and body.
    pub digest: [u8; 32],
}

/// Who asks, and how a repetition is known.
#[derive(Clone, Debug)]
pub struct Call {
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
    pub holder: Option<PersonInput>,
}

/// A prescription as told.
#[derive(Clone, Debug)]
pub struct PrescriptionInput {
    pub number: Option<String>,
    pub form: PrescriptionForm,
    pub patient: Option<PersonInput>,
    /// Standing of the institution.
    pub institution: Option<Institution>,
    /// Level of the institution.
    pub level: Option<HospitalLevel>,
    /// In hospital or not.
    pub setting: Option<CareSetting>,
    pub issued: Option<Date>,
    /// Last day of validity.
    pub valid_until: Option<Date>,
    pub reviewed_by: Option<StaffId>,
    pub drugs: Vec<PrescribedDrug>,
}
