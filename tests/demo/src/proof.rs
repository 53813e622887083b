//! What the log holds of a scene, read beside the running agent and checked with public keys alone.

use std::ops::Range;

use pharmacy_protocol::act::{Act, SignedAct};
use pharmacy_protocol::entry::{Entry, EntryKind};
use pharmacy_protocol::part::PartClass;
use pharmacy_protocol::slip::{Listed, SlipError, SlipProof};
use pharmacy_protocol::term::EntryIndex;

use super::DemoError;
use super::staff::Worker;
use super::stage::Stage;

impl Stage {
    /// The last entry of a kind among those that were written meanwhile.
    pub(super) fn entry(
        &self,
        among: &Range<u64>,
        kind: EntryKind,
    ) -> Result<(EntryIndex, Entry), DemoError> {
        let log = self.log()?;
        for index in among.clone().rev().map(EntryIndex::new) {
            let entry = log.entry(index).map_err(DemoError::Log)?;
            if entry.kind == kind {
                return Ok((index, entry));
            }
        }
        Err(DemoError::Answer("the log has no such entry"))
    }

    /// What somebody signed in an entry; nothing where their key did not sign it.
    pub(super) fn signed_by(
        &self,
        worker: &Worker,
        index: EntryIndex,
    ) -> Result<Option<Act>, DemoError> {
        let part = self.log()?.open_part(index, PartClass::Staff);
        let part = part.map_err(DemoError::Log)?;
        let signed = SignedAct::parse(&part).ok();
        let verified = signed.zip(self.keys.of(worker));
        let verified = verified.and_then(|(signed, (staff, key))| signed.verify(staff, key).ok());
        Ok(verified.map(|act| act.get().clone()))
    }

    /// Checks a list against the code on its slip, with the log's public key and nothing else.
    pub(super) fn check_slip(
        &self,
        code: &str,
        list: &[u8],
    ) -> Result<Result<Listed, SlipError>, DemoError> {
        let log = self.log()?;
        let proof = SlipProof::parse(code);
        let listed = proof.and_then(|proof| proof.verify(list, log.verifier()));
        Ok(listed.map(|listed| listed.get().clone()))
    }
}
