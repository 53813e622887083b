//! What shows that somebody is here, graded by how it was obtained.

use pharmacy_protocol::person::{CertificateKind, PersonRef};
use pharmacy_protocol::term::{StaffId, Transport};
use serde::{Deserialize, Serialize};

use crate::fact::Fact;

/// Something that shows that a person is here, bound to this sale.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Evidence {
    /// Whom it shows.
    pub person: Fact<PersonRef>,
    /// What it is.
    pub kind: EvidenceKind,
    /// How old it is at the assessment, in seconds.
    pub age_s: u32,
}

/// Kinds of evidence.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EvidenceKind {
    /// The till said so; nothing was read.
    AssertedByTill,
    /// A certificate's chip was read.
    CardRead {
        /// Which certificate.
        certificate: CertificateKind,
        /// The reader's security module, as it reports itself.
        sam: Option<String>,
        /// How the reader is attached.
        transport: Transport,
    },
    /// The platform accepted a credential that the till presented.
    CredentialAccepted {
        /// Which credential.
        credential: Credential,
    },
    /// Staff saw the document and attest it.
    DocumentSeen {
        /// Who saw it.
        staff: StaffId,
    },
    /// Staff compared face and picture.
    FaceConfirmed {
        /// Who compared.
        staff: StaffId,
    },
}

/// What the platform accepts as a credential (`mdtrt_cert_type`).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Credential {
    /// 04: electronic social security card.
    ElectronicSocialCard,
    /// 02: a number, typed or read elsewhere.
    IdNumber,
    /// 01: insurance code scanned or face-paid (医保码).
    InsuranceCode,
    /// 03: social security card.
    SocialCard,
}
