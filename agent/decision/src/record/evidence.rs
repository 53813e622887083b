//! Who is who in a sale, what shows that somebody is here, and what people say of its lines.

use pharmacy_protocol::person::{Masked, PersonRef};
use pharmacy_protocol::term::{EntryIndex, Fund, OwnForm, Sku, TracePrefix};
use serde::{Deserialize, Serialize};

use crate::fact::Fact;
use crate::facts::{
    Buyer, Carried, Dispensing, Evidence, EvidenceKind, Patient, Payer, Person, Registration,
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
    /// The evidence as a fact of an assessment at `now_ms` of a sale that was opened at `opened_ms`,
    /// and that other sales rest on as well.
    ///
    /// A clock that was set back since makes the evidence look as old as can be, not fresh.
    pub fn at(&self, (opened_ms, now_ms): (i64, i64), carried: Carried) -> Evidence {
        // Within one call the clock is read more than once.
        let latest_ms = now_ms.saturating_add(ONE_CALL_MS);
        let is_set_back = latest_ms < self.at_ms || latest_ms < opened_ms;
        let seconds = |from: i64, to: i64| {
            let seconds = to.saturating_sub(from).max(0) / 1000;
            match is_set_back {
                true => u32::MAX,
                false => u32::try_from(seconds).unwrap_or(u32::MAX),
            }
        };
        Evidence {
            person: self.person.clone(),
            kind: self.kind.clone(),
            age_s: seconds(self.at_ms, opened_ms),
            held_s: seconds(self.at_ms.max(opened_ms), now_ms),
            carried,
            reader: Fact::default(),
        }
    }
}

/// How far two readings of the clock of one call may lie apart: less than anybody would set a clock back by.
const ONE_CALL_MS: i64 = 1_000;

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
    /// Packs of an article bear a maker's own codes of this form.
    OwnForm {
        /// The form.
        form: OwnForm,
        /// The article.
        sku: Sku,
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
    /// A pack of it had been sold for cash; the cash was given back for it to be settled.
    CashReturned,
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
        let at = |opened_ms, now_ms| {
            let evidence = held.at((opened_ms, now_ms), Carried::default());
            (evidence.age_s, evidence.held_s)
        };
        assert_eq!(at(12_500, 12_500), (2, 0));
        assert_eq!(at(0, 8_999), (u32::MAX, u32::MAX));
        assert_eq!(at(13_501, 12_500), (u32::MAX, u32::MAX));
        // Two readings within one call.
        assert_eq!(at(12_501, 12_500), (2, 0));
        assert_eq!(at(0, 9_999), (0, 0));
    }

    #[test]
    fn a_bill_that_waits_does_not_age_what_was_shown_for_it() {
        let held = HeldEvidence {
            person: Fact::default(),
            kind: EvidenceKind::AssertedByTill,
            at_ms: 10_000,
            entry: EntryIndex::new(0),
        };
        let waited = held.at((40_000, 1_840_000), Carried::default());
        assert_eq!((waited.age_s, waited.held_s), (30, 1_800));
        let later = held.at((0, 1_810_000), Carried::default());
        assert_eq!((later.age_s, later.held_s), (0, 1_800));
    }
}
