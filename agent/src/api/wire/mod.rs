//! Bodies that callers send, and their parsing into the desk's inputs.
//!
//! Unknown members are refused; a value that does not parse is named by its member and never
//! repeated in the answer.

mod basket;
mod invoice;
mod outcome;
mod parse;
mod person;
mod prescription;
mod scanner;

use pharmacy_decision::facts::{Credential, EvidenceKind, Fund, Insurance};
use serde::Deserialize;
use utoipa::ToSchema;

use self::parse::{Parsed, parse, text_some, wrong};
use pharmacy_desk::{EvidenceInput, OpenSale, Role};

pub(super) use basket::*;
pub(super) use invoice::*;
pub(super) use outcome::*;
pub(super) use person::*;
pub(super) use prescription::*;
pub(super) use scanner::*;

/// Opens a sale.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenSaleBody {
    /// Who operates the till.
    pub operator: Option<String>,
    /// `account`, `pooled`, `chronic`, `dual-channel`; `account` when absent.
    #[schema(value_type = Option<String>, example = "account")]
    pub fund: Option<Fund>,
    /// `employee`, `resident`, `maternity`, `work-injury`, `other`.
    #[schema(value_type = Option<String>, example = "employee")]
    pub insurance: Option<Insurance>,
    /// The insured, as the platform told (1101).
    pub holder: Option<PersonBody>,
}

impl OpenSaleBody {
    pub(super) fn parse(self) -> Parsed<OpenSale> {
        Ok(OpenSale {
            operator: text_some("operator", self.operator.as_ref())?,
            fund: self.fund.unwrap_or(Fund::Account),
            insurance: self.insurance,
            holder: PersonBody::parse_some("holder", self.holder)?,
        })
    }
}

/// Attaches evidence that somebody is here.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(tag = "source", rename_all = "kebab-case", deny_unknown_fields)]
pub enum EvidenceBody {
    /// The till says so; nothing was read.
    Asserted {
        /// `holder` (default) or `proxy`.
        #[schema(value_type = Option<String>)]
        role: Option<Role>,
    },
    /// The platform accepted a credential (1101) that this till presented.
    Credential {
        /// `insurance-code`, `social-card`, `electronic-social-card`, `id-number`.
        #[schema(value_type = String)]
        credential: Credential,
        /// The person whom the platform named.
        person: Option<PersonBody>,
    },
    /// Staff saw the document.
    Document {
        /// Whose: `holder` (default) or `proxy`.
        #[schema(value_type = Option<String>)]
        role: Option<Role>,
        /// Who saw it.
        staff: String,
        /// The person on the document.
        person: Option<PersonBody>,
    },
    /// Staff compared face and picture.
    Face {
        /// Whose: `holder` (default) or `proxy`.
        #[schema(value_type = Option<String>)]
        role: Option<Role>,
        /// Who compared.
        staff: String,
    },
    /// Reads a card now, waiting for it.
    Reader {
        /// Whose card: `holder` (default) or `proxy`.
        #[schema(value_type = Option<String>)]
        role: Option<Role>,
        /// How long to wait for a card, 1 to 60 seconds; 20 when absent.
        wait_s: Option<u32>,
    },
}

/// What an evidence body asks for.
pub(super) enum EvidenceRequest {
    /// Attach this.
    Attach(EvidenceInput),
    /// Read a card first.
    Read { role: Role, wait_s: u32 },
}

impl EvidenceBody {
    pub(super) fn parse(self) -> Parsed<EvidenceRequest> {
        let input = match self {
            Self::Reader { role, wait_s } => {
                let wait_s = wait_s.unwrap_or(20);
                if !(1..=60).contains(&wait_s) {
                    return Err(wrong("wait_s"));
                }
                return Ok(EvidenceRequest::Read {
                    role: role.unwrap_or_default(),
                    wait_s,
                });
            }
            Self::Asserted { role } => EvidenceInput {
                role: role.unwrap_or_default(),
                kind: EvidenceKind::AssertedByTill,
                person: None,
            },
            Self::Credential { credential, person } => EvidenceInput {
                role: Role::Holder,
                kind: EvidenceKind::CredentialTold { credential },
                person: PersonBody::parse_some("person", person)?,
            },
            Self::Document {
                role,
                staff,
                person,
            } => EvidenceInput {
                role: role.unwrap_or_default(),
                kind: EvidenceKind::DocumentSeen {
                    staff: parse("staff", &staff)?,
                },
                person: PersonBody::parse_some("person", person)?,
            },
            Self::Face { role, staff } => EvidenceInput {
                role: role.unwrap_or_default(),
                kind: EvidenceKind::FaceConfirmed {
                    staff: parse("staff", &staff)?,
                },
                person: None,
            },
        };
        Ok(EvidenceRequest::Attach(input))
    }
}

/// A code scanned from a pack.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScanBody {
    /// The line it belongs to; found by the code's product when absent.
    pub line: Option<u32>,
    /// The code as scanned.
    pub code: String,
}
