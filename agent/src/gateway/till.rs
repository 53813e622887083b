//! Who calls: the till of a secret, or the one whose port it is. A till calls several times a second while it settles, and each
//! look-up asks the log's database, which costs more than passing the call on.
//!
//! INVARIANT: a secret that is revoked ends within [`KEPT`]. Only good ones are kept: a new secret
//! counts at once, and strangers fill no memory.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::gate::Gate;
use pharmacy_desk::{Caller, DeskError};
use pharmacy_protocol::digest::sha256;
use pharmacy_protocol::term::TillNumber;

/// How long a secret that was found counts without being looked up.
pub const KEPT: Duration = Duration::from_secs(1);

/// As what the desk knows whoever calls at a till's own port.
const AT_OWN_PORT: &str = "port";

/// Whose calls come in at a listener.
pub(super) enum Tills {
    /// Of whoever shows their secret: those that called within the last second, by their secrets'
    /// digests. What lies in memory opens nothing.
    BySecret(Mutex<HashMap<[u8; 32], Known>>),
    /// Of one till, whose port it is.
    One(Caller),
}

pub(super) struct Known {
    caller: Caller,
    until: Instant,
}

impl Tills {
    pub(super) fn by_secret() -> Self {
        Self::BySecret(Mutex::default())
    }

    pub(super) fn one(till: TillNumber) -> Self {
        Self::One(Caller {
            client: AT_OWN_PORT.to_owned(),
            till,
        })
    }

    /// Finds the till of a secret.
    pub(super) fn find(&self, gate: &impl Gate, secret: &str) -> Result<Option<Caller>, DeskError> {
        let tills = match self {
            Self::BySecret(tills) => tills,
            Self::One(caller) => return Ok(Some(caller.clone())),
        };
        let digest = sha256(secret.as_bytes());
        // Counted from before the look-up: what is revoked meanwhile is not known for longer.
        let now = Instant::now();
        let mut tills = tills.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = tills.get(&digest).filter(|known| now < known.until) {
            return Ok(Some(known.caller.clone()));
        }
        tills.retain(|_, known| now < known.until);
        let found = gate.authenticate(secret.to_owned())?;
        if let Some(caller) = &found {
            let known = Known {
                caller: caller.clone(),
                until: now + KEPT,
            };
            tills.insert(digest, known);
        }
        Ok(found)
    }
}
