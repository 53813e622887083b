//! What the gateway saw of a person whom a program says to be here (R03).
//!
//! ```text
//! 1101 answered at a till ─► kept by person and till ─► a program says: accepted ─► seen here │ told
//! ```
//! In scope: whether a credential that a program reports was accepted by the platform in an answer that
//! passed this agent, at this till, in this visit. Out of scope: what the one and the other are worth (the
//! pack).

use pharmacy_decision::facts::{Credential, EvidenceKind};
use pharmacy_protocol::person::PersonRef;
use pharmacy_protocol::term::TillNumber;
use serde::{Deserialize, Serialize};

use crate::core::sale::{Sale, is_fresh};
use crate::step::{self, At};
use crate::{Desk, DeskError};
use pharmacy_journal::RowName;
use pharmacy_journal::store::NameDigest;

/// What a till presented when the platform named somebody there, before it is sealed.
#[derive(Clone, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Presented {
    pub(crate) credential: Credential,
    /// The digest of the insurer's number.
    pub(crate) person: String,
    pub(crate) at_ms: i64,
}

impl Desk {
    fn presented_key(&self, till: &TillNumber, person: &PersonRef) -> NameDigest {
        let name = format!("{till}/{}", person.as_str());
        self.journal.keys().name_digest("presented", &name)
    }

    /// Keeps what a till presented with 1101.
    pub(crate) fn keep_presented(
        &self,
        till: &TillNumber,
        person: &PersonRef,
        presented: &Presented,
    ) -> Result<impl FnOnce(&At<'_>) -> Result<(), DeskError> + use<>, DeskError> {
        let key = self.presented_key(till, person);
        let name = key.as_text();
        let row = RowName::Other("insured", &name);
        let bytes = step::bytes(presented)?;
        let sealed = self.journal.keys().seal_row(&row, &bytes)?;
        let at_ms = presented.at_ms;
        Ok(move |at: &At<'_>| Ok(at.transaction.put_insured(&key, &sealed, at_ms)?))
    }

    /// What it is worth that a program says that the platform accepted a credential, and since when. What was
    /// seen is a look of the insured's visit, whichever door its sales come by.
    pub(crate) fn weigh_told(
        &self,
        sale: &mut Sale,
        person: Option<&PersonRef>,
        (kind, now_ms): (EvidenceKind, i64),
    ) -> Result<(EvidenceKind, i64), DeskError> {
        let till = sale.till.clone();
        let (EvidenceKind::CredentialTold { credential }, Some(person)) = (&kind, person) else {
            return Ok((kind, now_ms));
        };
        let credential = *credential;
        let seen = self.presented(&till, person)?.filter(|seen| {
            let is_same = seen.credential == credential && is_fresh(seen.at_ms, now_ms);
            is_same && self.is_still_here(&till, &seen.person)
        });
        Ok(match seen {
            Some(seen) => {
                sale.witnessed = Some(seen.person);
                (EvidenceKind::CredentialAccepted { credential }, seen.at_ms)
            }
            None => (kind, now_ms),
        })
    }

    fn presented(
        &self,
        till: &TillNumber,
        person: &PersonRef,
    ) -> Result<Option<Presented>, DeskError> {
        let key = self.presented_key(till, person);
        let Some((sealed, _)) = self.journal.reader().insured(&key)? else {
            return Ok(None);
        };
        let name = key.as_text();
        let row = RowName::Other("insured", &name);
        let bytes = self.journal.keys().open_row(&row, &sealed)?;
        Ok(Some(serde_json::from_slice(&bytes)?))
    }

    /// Has nobody else come to a till since this person was named there? After a restart nobody knows.
    pub(crate) fn is_still_here(&self, till: &TillNumber, person: &str) -> bool {
        let seat = self.memory.seats.find_seat(till);
        let visitor = seat.and_then(|seat| seat.visitor.as_deref());
        visitor.is_none_or(|visitor| visitor == person)
    }
}
