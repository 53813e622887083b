//! What shows that somebody is here, graded by how it was obtained.

use pharmacy_protocol::person::{CertificateKind, PersonRef};
use pharmacy_protocol::term::{Fund, StaffId, Transport};
use serde::{Deserialize, Serialize};

use crate::fact::Fact;
use crate::facts::Enrolment;

/// Something that shows that a person is here, bound to this sale.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Evidence {
    /// Whom it shows.
    pub person: Fact<PersonRef>,
    /// What it is.
    pub kind: EvidenceKind,
    /// How old it was when the sale was opened, in seconds; 0 where it was taken later.
    ///
    /// A bill that waits for the pharmacist does not age what was shown for it.
    pub age_s: u32,
    /// How long the sale has rested on it since, in seconds.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub held_s: u32,
    /// Which other settlements it carried that stand or may stand.
    #[serde(default, skip_serializing_if = "Carried::is_nothing")]
    pub carried: Carried,
    /// Is the reader that read it enrolled here? Asked of cards only.
    #[serde(default, skip_serializing_if = "is_not_asked")]
    pub reader: Fact<Enrolment>,
}

fn is_not_asked(reader: &Fact<Enrolment>) -> bool {
    *reader == Fact::default()
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// Settlements that one look at a credential or card carried, by the money that paid. What was declined,
/// not sent or taken back is none of them.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Carried {
    /// Paid by the personal account.
    pub account: u32,
    /// Paid by a pooled fund.
    pub pooled: u32,
}

impl Carried {
    /// Did it carry nothing yet?
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// Counts one more.
    pub fn count(&mut self, fund: Fund) {
        let of_kind = match fund.is_pooled() {
            true => &mut self.pooled,
            false => &mut self.account,
        };
        *of_kind = of_kind.saturating_add(1);
    }
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
    /// A program said that the platform accepted a credential; no answer that says so was seen here.
    CredentialTold {
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
    /// Staff said by one touch that it is the insured who is here. Shows nobody by itself: it stands
    /// beside a credential, which shows a phone or card and never a person.
    PersonConfirmed {
        /// Who said so.
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
