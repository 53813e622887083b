//! What callers ask of the desk, parsed. Persons still have names and numbers here and nowhere
//! further in.

use jiff::civil::Date;
use pharmacy_decision::facts::{Document, EvidenceKind, Listing, ProxyReason, Relation};
use pharmacy_protocol::Secret;
use pharmacy_protocol::person::{IdentityNumber, Sex};
use pharmacy_protocol::term::{StaffId, TillNumber};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::ReadCard;

/// An enrolled program at a till, found by its token.
#[derive(Clone, Debug)]
pub struct Caller {
    pub client: String,
    pub till: TillNumber,
}

impl Caller {
    /// Under what its requests are remembered. Programs of one name stand at many tills, and none
    /// of them may get another till's answer.
    pub(super) fn program(&self) -> String {
        format!("{}/{}", self.till, self.client)
    }
}

/// A person as told.
#[derive(Clone, Debug)]
pub struct PersonInput {
    pub number: Option<IdentityNumber>,
    pub name: Option<Secret<String>>,
    /// Sex, where told apart from the number.
    pub sex: Option<Sex>,
    /// Birth, where told apart from the number.
    pub birth: Option<Date>,
}

/// Says who is who.
#[derive(Clone, Debug)]
pub struct RolesInput {
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
    Family {
        /// Relation to the holder.
        relation: Relation,
        person: PersonInput,
    },
    Holder,
}

/// Who stands at the counter.
#[derive(Clone, Debug)]
pub enum BuyerInput {
    Holder,
    Institution {
        /// Is it on the bureau's list?
        listed: Option<Listing>,
    },
    Proxy {
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
    Family {
        /// Relation of the owner to the patient.
        relation: Relation,
        person: PersonInput,
    },
    Holder,
}

/// Whose presence a piece of evidence shows.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
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
    pub role: Role,
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

/// Who acts, and the PIN that proves it and unlocks the key.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The member of staff.
    pub staff: StaffId,
    /// The PIN; kept nowhere.
    pub pin: Secret<String>,
}

/// Where a member of staff acts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Place {
    /// At a till of this store.
    Till,
    /// At another PC of this store.
    Store,
    /// Outside it, for the chain.
    Remote,
}

/// An image or document of a prescription, as a camera or scanner gave it.
#[derive(Clone)]
pub struct Image {
    /// Its bytes; what it is, is told from them.
    pub bytes: Zeroizing<Vec<u8>>,
}

/// What came of an action: a key of the text catalogue, and what it names.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Done {
    pub code: &'static str,
    /// What stands for `{}` in it.
    pub number: Option<u64>,
}

impl Done {
    /// Says what was done.
    pub fn new(code: &'static str) -> Self {
        Self { code, number: None }
    }

    /// Names what it was done to.
    #[must_use]
    pub fn with(mut self, number: u64) -> Self {
        self.number = Some(number);
        self
    }
}
