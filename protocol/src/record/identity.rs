//! Who the persons of a step are, in full: the one record that names anybody.

use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::person::CertificateKind;

/// The persons that a step names; never empty. Written as the list that it is.
#[derive(Clone, Eq, PartialEq, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Persons(pub Vec<NamedPerson>);

/// A person, and what they are in the step. Prints the role only.
#[derive(Clone, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct NamedPerson {
    /// As what the step names them.
    pub role: PersonRole,
    /// Which certificate the number is of.
    pub certificate: Option<CertificateKind>,
    /// The certificate's number in full; none where it was not told.
    pub number: Option<Zeroizing<String>>,
    /// The name in full; none where it was not told.
    pub name: Option<Zeroizing<String>>,
}

/// As what a person is named.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PersonRole {
    /// Who stands at the counter (购药人).
    Buyer,
    /// The insured (参保人).
    Holder,
    /// Who takes the medicine (用药人).
    Patient,
    /// Whose account money it is (家庭共济).
    Payer,
    /// Who was registered for an article that demands it (R17).
    Registered,
}

impl fmt::Debug for Persons {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.0).finish()
    }
}

impl fmt::Debug for NamedPerson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NamedPerson({:?})", self.role)
    }
}
