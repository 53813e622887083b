//! Staff at the desk: signing in, and acts signed with a key that a PIN unlocks.

use pharmacy_protocol::act::ActKind;
use pharmacy_protocol::term::{EntryIndex, SaleId, StaffId, TillNumber};
use zeroize::Zeroizing;

use super::{Caller, Credentials, Desk, DeskError, DeskHandle, Done, OnDuty, Place, StaffItem};
use crate::core::staff::Duty;

/// What is to be signed.
#[derive(Clone, Debug)]
pub(super) struct Act {
    /// What is done.
    pub(super) kind: ActKind,
    /// The sale concerned.
    pub(super) sale: Option<SaleId>,
    /// Entries that were before the signer: a verdict, a prescription.
    pub(super) about: Vec<EntryIndex>,
    /// What else is signed: rule, line, decision; no person in it but the signer.
    pub(super) what: serde_json::Value,
    /// Why, as typed.
    pub(super) reason: Option<String>,
}

/// A signed act: the bytes of a `staff` part, and whose it is.
pub(super) struct SignedAct {
    /// Who signed.
    pub(super) staff: StaffId,
    /// Bytes of the `staff` part.
    pub(super) bytes: Zeroizing<Vec<u8>>,
}

impl Desk {
    /// Who is on duty in the store.
    pub(super) fn on_duty(&self) -> Result<Vec<OnDuty>, DeskError> {
        Ok(Vec::new())
    }

    /// Who is signed in at a till.
    pub(super) fn signed_in(&self, till: &TillNumber) -> Result<Option<StaffId>, DeskError> {
        let _ = till;
        Ok(None)
    }

    /// What the register says of somebody's right to review at a moment.
    pub(super) fn competence(
        &self,
        staff: &StaffId,
        at_ms: i64,
    ) -> Result<pharmacy_decision::facts::Competence, DeskError> {
        todo!()
    }
}

impl DeskHandle {
    /// Checks a PIN and signs an act with the key that it unlocks. The derivation runs beside the
    /// desk's thread; a wrong PIN is counted, and the staff locked for a while after some.
    pub(super) async fn sign(
        &self,
        (till, place): (TillNumber, Place),
        needs: Duty,
        by: Credentials,
        act: Act,
    ) -> Result<SignedAct, DeskError> {
        todo!()
    }

    /// Begins a shift.
    pub async fn sign_in(
        &self,
        caller: Caller,
        place: Place,
        by: Credentials,
    ) -> Result<Done, DeskError> {
        todo!()
    }

    /// Ends a shift.
    pub async fn sign_out(&self, caller: Caller, staff: StaffId) -> Result<Done, DeskError> {
        todo!()
    }

    /// The register, as the staff page shows it.
    pub async fn staff(&self) -> Result<Vec<StaffItem>, DeskError> {
        todo!()
    }
}
