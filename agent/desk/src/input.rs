//! What callers ask of the desk, parsed. Persons still have names and numbers here and nowhere
//! further in.

use jiff::civil::Date;
use pharmacy_decision::facts::{
    CareSetting, Document, EvidenceKind, Fund, HospitalLevel, Institution, Insurance, Listing,
    PrescribedDrug, PrescriptionForm, ProxyReason, Relation,
};
use pharmacy_protocol::Secret;
use pharmacy_protocol::person::{IdentityNumber, Sex};
use pharmacy_protocol::term::{StaffId, TillNumber};
use serde::Deserialize;

use super::ReadCard;

/// An enrolled program at a till, found by its token.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The client's name.
    pub client: String,
    /// Its till.
    pub till: TillNumber,
}

impl Caller {
    /// Under what its requests are remembered. Programs of one name stand at many tills, and none
    /// of them may get another till's answer.
    pub(super) fn program(&self) -> String {
        format!("{}/{}", self.till, self.client)
    }
}

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

/// A person as told.
#[derive(Clone, Debug)]
pub struct PersonInput {
    /// Certificate number.
    pub number: Option<IdentityNumber>,
    /// Name.
    pub name: Option<Secret<String>>,
    /// Sex, where told apart from the number.
    pub sex: Option<Sex>,
    /// Birth, where told apart from the number.
    pub birth: Option<Date>,
}

/// Says who is who.
#[derive(Clone, Debug)]
pub struct RolesInput {
    /// The insured.
    pub holder: Option<PersonInput>,
    /// Who takes the medicine.
    pub patient: Option<PatientInput>,
    /// Who stands at the counter.
    pub buyer: Option<BuyerInput>,
    /// Whose account it is.
    pub payer: Option<PayerInput>,
}

/// Who takes the medicine.
#[derive(Clone, Debug)]
pub enum PatientInput {
    /// A family member.
    Family {
        /// Relation to the holder.
        relation: Relation,
        /// The family member.
        person: PersonInput,
    },
    /// The holder.
    Holder,
}

/// Who stands at the counter.
#[derive(Clone, Debug)]
pub enum BuyerInput {
    /// The holder.
    Holder,
    /// An institution.
    Institution {
        /// Is it on the bureau's list?
        listed: Option<Listing>,
    },
    /// A proxy.
    Proxy {
        /// The proxy.
        person: PersonInput,
        /// How the holder's document was shown.
        holder_document: Option<Document>,
        /// How the proxy's document was shown.
        proxy_document: Option<Document>,
        /// Why the holder does not come.
        reason: Option<ProxyReason>,
    },
}

/// Whose account it is.
#[derive(Clone, Debug)]
pub enum PayerInput {
    /// A family member's.
    Family {
        /// Relation of the owner to the patient.
        relation: Relation,
        /// The owner.
        person: PersonInput,
    },
    /// The holder's.
    Holder,
}

/// Whose presence a piece of evidence shows.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The insured.
    #[default]
    Holder,
    /// Who buys for them.
    Proxy,
}

impl RolesInput {
    /// Nothing told but who buys.
    pub(super) fn buyer(buyer: BuyerInput) -> Self {
        Self {
            buyer: Some(buyer),
            ..Self::nobody()
        }
    }

    /// Nothing told but who takes the medicine.
    pub(super) fn patient(patient: PatientInput) -> Self {
        Self {
            patient: Some(patient),
            ..Self::nobody()
        }
    }

    fn nobody() -> Self {
        Self {
            holder: None,
            patient: None,
            buyer: None,
            payer: None,
        }
    }
}

/// Evidence to be attached.
#[derive(Clone, Debug)]
pub struct EvidenceInput {
    /// Whose presence.
    pub role: Role,
    /// What it is.
    pub kind: EvidenceKind,
    /// The person it shows, where it shows one.
    pub person: Option<PersonInput>,
}

impl EvidenceInput {
    /// A card that was read and checked.
    pub(super) fn of_card(role: Role, card: ReadCard) -> Self {
        let ReadCard {
            number,
            name,
            sex,
            birth,
            sam,
            transport,
        } = card;
        let certificate = number.kind();
        Self {
            role,
            kind: EvidenceKind::CardRead {
                certificate,
                sam,
                transport,
            },
            person: Some(PersonInput {
                number: Some(number),
                name: Some(name),
                sex,
                birth: Some(birth),
            }),
        }
    }
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
