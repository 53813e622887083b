//! Acts that commands bring: signed in the command's process, believed here.
//!
//! ```text
//! command   counted as wrong ─► PIN opens the key ─► the key signs what is to be recorded
//! desk      that and nothing else? here? minutes ago? by somebody who may? ─► forgiven, recorded
//! ```
//! No PIN leaves the command's process, and no command acts in a name whose key it cannot open.

use pharmacy_protocol::Secret;
use pharmacy_protocol::act::{Act, ActKind, ActPlace, Occasion, SignedAct};
use pharmacy_protocol::term::StaffId;
use serde::{Deserialize, Serialize};

use super::{forgive_signer, row};
use crate::DeskError;
use crate::core::staff::{Duty, StaffError, demand_in_force};
use pharmacy_base::clock::day_of;
use pharmacy_journal::{Journal, LogView};

/// How long after it was signed an act is taken at the latest: it comes from this machine.
const SIGNED_WITHIN_MS: u64 = 10 * 60 * 1000;

/// A member of staff whose key a command could open.
pub struct Signer<'a> {
    log: &'a LogView,
    by: StaffId,
    seed: Secret<[u8; 32]>,
}

impl<'a> Signer<'a> {
    /// Opens a member's key; none if the PIN is wrong. Takes as long as the PIN's cost says.
    pub fn open(
        log: &'a LogView,
        by: &StaffId,
        pin: &Secret<String>,
        sealed: &[u8],
    ) -> Result<Option<Self>, DeskError> {
        let seed = log.keys().open_staff_seed(by, pin, sealed)?;
        let by = by.clone();
        Ok(seed.map(|seed| Self { log, by, seed }))
    }
}

/// What is to be signed, told alike by who signs and who believes it.
pub(crate) struct Meant {
    pub(crate) kind: ActKind,
    pub(crate) what: serde_json::Value,
}

impl Meant {
    pub(crate) fn sign_at_command(
        self,
        signer: &Signer<'_>,
        now_ms: i64,
    ) -> Result<SignedBy, DeskError> {
        let occasion = Occasion {
            log: signer.log.origin().clone(),
            at_ms: now_ms,
            place: ActPlace::Store,
            till: None,
        };
        let mut act = Act::new(self.kind, signer.by.clone(), occasion);
        act.what = self.what;
        let act = SignedAct::sign(&act, &signer.seed).map_err(StaffError::Act)?;
        let by = signer.by.clone();
        Ok(SignedBy { by, act })
    }

    /// Is it this that was signed, for this log and a moment ago?
    fn is(&self, act: &Act, journal: &Journal) -> bool {
        act.kind == self.kind
            && act.log == *journal.origin()
            && act.what == self.what
            && act.at.abs_diff(journal.now_ms()) <= SIGNED_WITHIN_MS
    }
}

/// An act on its way from a command, and whose it is said to be.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SignedBy {
    pub(crate) by: StaffId,
    pub(crate) act: SignedAct,
}

impl SignedBy {
    /// Believes it if the member signed just that, here and now, works here and has the duty. A right PIN
    /// is forgiven its counted try, whatever becomes of what was signed.
    pub(crate) fn demand(
        &self,
        journal: &mut Journal,
        meant: &Meant,
        needs: Option<Duty>,
    ) -> Result<(), DeskError> {
        let found = row::load(&journal.reader(), journal.keys(), &self.by)?;
        let found = found.ok_or(StaffError::Unknown)?;
        let signed = self.act.verify(&self.by, &found.key);
        let signed = signed.map_err(StaffError::Act)?;
        if !meant.is(signed.get(), journal) {
            return Err(StaffError::OtherAct.into());
        }
        forgive_signer(journal, &self.by)?;
        demand_in_force(&found.member, day_of(journal.now_ms()))?;
        match needs {
            Some(duty) if !found.member.has(duty) => Err(StaffError::Duty(duty).into()),
            _ => Ok(()),
        }
    }
}
