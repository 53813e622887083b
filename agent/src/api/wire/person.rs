//! Persons, and who is who.

use jiff::civil::Date;
use pharmacy_decision::facts::{Document, Listing, ProxyReason, Relation};
use pharmacy_protocol::Secret;
use pharmacy_protocol::person::Sex;
use serde::Deserialize;
use utoipa::ToSchema;

use super::parse::{Parsed, parse_some, text_some};
use pharmacy_desk::{BuyerInput, PatientInput, PayerInput, PersonInput, RolesInput};

/// A person.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonBody {
    /// Certificate number (18 or 15 characters).
    pub number: Option<String>,
    /// Name.
    pub name: Option<String>,
    /// `female`, `male`, `unknown`, `not-stated`; taken from the number when absent.
    #[schema(value_type = Option<String>)]
    pub sex: Option<Sex>,
    /// Date of birth, `YYYY-MM-DD`; taken from the number when absent.
    #[schema(value_type = Option<String>)]
    pub birth: Option<Date>,
}

impl std::fmt::Debug for PersonBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PersonBody([secret])")
    }
}

impl PersonBody {
    pub(super) fn parse(self, field: &str) -> Parsed<PersonInput> {
        let number = parse_some(&format!("{field}.number"), self.number.as_ref())?;
        let name = text_some(&format!("{field}.name"), self.name.as_ref())?.map(Secret::new);
        Ok(PersonInput {
            number,
            name,
            sex: self.sex,
            birth: self.birth,
        })
    }

    pub(super) fn parse_some(field: &str, body: Option<Self>) -> Parsed<Option<PersonInput>> {
        body.map(|person| person.parse(field)).transpose()
    }
}

/// Says who is who; members left out stay as they are.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RolesBody {
    /// The insured.
    pub holder: Option<PersonBody>,
    /// Who takes the medicine.
    pub patient: Option<PatientBody>,
    /// Who stands at the counter.
    pub buyer: Option<BuyerBody>,
    /// Whose account it is.
    pub payer: Option<PayerBody>,
}

/// Who takes the medicine.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum PatientBody {
    /// A family member of the holder.
    Family {
        /// `spouse`, `parent`, `child`, `sibling`, `grandparent`, `grandchild`, `other`.
        #[schema(value_type = String)]
        relation: Relation,
        /// The family member.
        person: PersonBody,
    },
    /// The holder.
    Holder {},
}

/// Who stands at the counter.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum BuyerBody {
    /// The holder.
    Holder {},
    /// An institution that shops for many.
    Institution {
        /// `listed` or `not-listed`.
        #[schema(value_type = Option<String>)]
        listed: Option<Listing>,
    },
    /// A proxy.
    Proxy {
        /// The proxy.
        person: PersonBody,
        /// How the holder's document was shown: `read` or `seen`.
        #[schema(value_type = Option<String>)]
        holder_document: Option<Document>,
        /// How the proxy's document was shown: `read` or `seen`.
        #[schema(value_type = Option<String>)]
        proxy_document: Option<Document>,
        /// `age`, `disability`, `illness`, `minor`, `other`.
        #[schema(value_type = Option<String>)]
        reason: Option<ProxyReason>,
    },
}

/// Whose account it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum PayerBody {
    /// A family member's, shared with the patient.
    Family {
        /// Relation of the account's owner to the patient.
        #[schema(value_type = String)]
        relation: Relation,
        /// The owner.
        person: PersonBody,
    },
    /// The holder's.
    Holder {},
}

impl RolesBody {
    pub(in crate::api) fn parse(self) -> Parsed<RolesInput> {
        let patient = match self.patient {
            None => None,
            Some(PatientBody::Holder {}) => Some(PatientInput::Holder),
            Some(PatientBody::Family { relation, person }) => Some(PatientInput::Family {
                relation,
                person: person.parse("patient.person")?,
            }),
        };
        let buyer = match self.buyer {
            None => None,
            Some(BuyerBody::Holder {}) => Some(BuyerInput::Holder),
            Some(BuyerBody::Institution { listed }) => Some(BuyerInput::Institution { listed }),
            Some(BuyerBody::Proxy {
                person,
                holder_document,
                proxy_document,
                reason,
            }) => {
                let person = person.parse("buyer.person")?;
                Some(BuyerInput::Proxy {
                    person,
                    holder_document,
                    proxy_document,
                    reason,
                })
            }
        };
        let payer = match self.payer {
            None => None,
            Some(PayerBody::Holder {}) => Some(PayerInput::Holder),
            Some(PayerBody::Family { relation, person }) => Some(PayerInput::Family {
                relation,
                person: person.parse("payer.person")?,
            }),
        };
        Ok(RolesInput {
            holder: PersonBody::parse_some("holder", self.holder)?,
            patient,
            buyer,
            payer,
        })
    }
}
