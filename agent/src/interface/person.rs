//! 1101: who the insured is.

use pharmacy_decision::facts::{Credential, Insurance};
use pharmacy_protocol::Secret;
use pharmacy_protocol::person::{IdentityNumber, Sex};

use super::answer::Answer;
use super::node::ViewError;
use super::request::Request;

/// What a till asked: which credential was presented.
#[derive(Clone, Debug)]
pub struct InsuredQuery {
    /// `mdtrt_cert_type`.
    pub credential: Option<Credential>,
}

/// Whom the platform named. Full name and number: sealed by whoever keeps it.
#[derive(Clone, Debug)]
pub struct Insured {
    /// `psn_no`.
    pub person: Secret<String>,
    /// `certno`, where it is a number of a known certificate.
    pub number: Option<IdentityNumber>,
    /// `psn_name`.
    pub name: Option<Secret<String>>,
    /// `gend`.
    pub sex: Option<Sex>,
    /// `brdy`.
    pub birth: Option<jiff::civil::Date>,
    /// The kind of the only insurance in force, where there is one only.
    pub insurance: Option<Insurance>,
}

impl InsuredQuery {
    /// Reads a request.
    pub fn read(_request: &Request) -> Result<Self, ViewError> {
        todo!()
    }
}

impl Insured {
    /// Reads an answer (`baseinfo`, `insuinfo`).
    pub fn read(_answer: &Answer) -> Result<Self, ViewError> {
        todo!()
    }
}
