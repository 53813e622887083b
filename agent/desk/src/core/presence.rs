//! Evidence of presence, as a sale holds it: bound to the sale, dated, and no credential in it.

use pharmacy_decision::Fact;
use pharmacy_decision::facts::{Evidence, EvidenceKind};
use pharmacy_protocol::person::PersonRef;
use pharmacy_protocol::term::EntryIndex;
use serde::{Deserialize, Serialize};

/// One piece of evidence. Holds who and how, never the token, code or number that showed it (R04).
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct HeldEvidence {
    pub person: Fact<PersonRef>,
    pub kind: EvidenceKind,
    /// When it was taken, milliseconds since 1970.
    pub at_ms: i64,
    /// The entry that records it.
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
