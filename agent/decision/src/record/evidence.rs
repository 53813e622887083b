//! Who is who in a sale, what shows that somebody is here, and what people say of its lines.

use pharmacy_protocol::person::{Masked, PersonRef};
use pharmacy_protocol::term::{EntryIndex, Fund, Sku, TracePrefix};
use serde::{Deserialize, Serialize};

use crate::fact::Fact;
use crate::facts::{
    Buyer, Dispensing, Evidence, EvidenceKind, Patient, Payer, Person, Registration,
    SupplyException,
};

/// Who is who, with what the purchase list shows of them.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Roles {
    /// The insured.
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

/// One piece of evidence. Holds who and how, never the token, code or number that showed it (R04).
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct HeldEvidence {
    /// Whom it shows.
    pub person: Fact<PersonRef>,
    /// What it is.
    pub kind: EvidenceKind,
    /// When it was taken, milliseconds since 1970.
    pub at_ms: i64,
    /// The entry that records it. In that entry itself its number is not known: there it is the sale's
    /// first, or 0.
    pub entry: EntryIndex,
}

impl HeldEvidence {
    /// The evidence as a fact of an assessment at `now_ms`.
    ///
    /// A clock that was set back since makes the evidence look as old as can be, not fresh.
    pub fn at(&self, now_ms: i64) -> Evidence {
        let age_ms = now_ms.saturating_sub(self.at_ms);
        let age_s = u32::try_from(age_ms / 1000)
            .ok()
            .filter(|_| age_ms >= 0)
            .unwrap_or(u32::MAX);
        Evidence {
            person: self.person.clone(),
            kind: self.kind.clone(),
            age_s,
        }
    }
}

/// What a sale was told, and what of it changed.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case",
    deny_unknown_fields,
    tag = "told"
)]
pub enum EvidenceStep {
    /// The basket is another purchase than one of minutes before with the same goods.
    Another {
        /// The digest of what is bought: articles and quantities.
        basket: String,
    },
    /// Evidence of presence.
    Evidence {
        /// The evidence.
        evidence: HeldEvidence,
    },
    /// A calculation was answered: which fund would pay, and what the platform accepted with it.
    Fund {
        /// The fund.
        fund: Fund,
        /// The credential that it accepted, where that was new.
        evidence: Option<HeldEvidence>,
    },
    /// Something about lines.
    Lines {
        /// Their numbers on the till.
        lines: Vec<u32>,
        /// What.
        what: LineTold,
    },
    /// Packs of a prefix are an article.
    Prefix {
        /// What the packs' codes begin with.
        prefix: TracePrefix,
        /// The article.
        sku: Sku,
    },
    /// Who is who.
    Roles {
        /// All roles as they are now.
        roles: Box<Roles>,
        /// The buyer's document, where staff saw it at that.
        evidence: Option<HeldEvidence>,
    },
}

/// What is said of a line.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LineTold {
    /// What a pharmacist read on the box.
    Class(Dispensing),
    /// How many days it lasts.
    Days(u32),
    /// Why more than usual is supplied.
    Exception(SupplyException),
    /// Whether the buyer was registered.
    Registration(Registration),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_set_back_does_not_freshen_evidence() {
        let held = HeldEvidence {
            person: Fact::default(),
            kind: EvidenceKind::AssertedByTill,
            at_ms: 10_000,
            entry: EntryIndex::new(0),
        };
        assert_eq!(held.at(12_500).age_s, 2);
        assert_eq!(held.at(9_000).age_s, u32::MAX);
    }
}
