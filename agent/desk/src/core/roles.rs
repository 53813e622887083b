//! Who is who in a sale: as the facts hold them, and as a list may show them.

use pharmacy_decision::facts::{Buyer, Patient, Payer, Person};
use serde::{Deserialize, Serialize};

/// Who is who, with what the purchase list shows of them.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Roles {
    pub holder: Person,
    /// The insured, masked, for lists.
    pub holder_shown: Option<Masked>,
    /// Who takes the medicine.
    pub patient: Patient,
    /// The patient, masked, where not the holder.
    pub patient_shown: Option<Masked>,
    /// Who stands at the counter.
    pub buyer: Buyer,
    /// The buyer, masked, where not the holder.
    pub buyer_shown: Option<Masked>,
    /// Whose account it is.
    pub payer: Payer,
}

impl Default for Roles {
    fn default() -> Self {
        Self {
            holder: Person::default(),
            holder_shown: None,
            patient: Patient::Holder,
            patient_shown: None,
            buyer: Buyer::Holder,
            buyer_shown: None,
            payer: Payer::Holder,
        }
    }
}

/// A person as a list may show them.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Masked {
    pub name: Option<String>,
    pub number: Option<String>,
}
