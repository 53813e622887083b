//! Records that hold facts of the decision: what `pharmacy_protocol::record` is for the rest.
//!
//! They are here and not there because the protocol does not know what a fact or a verdict is, and
//! whoever replays a verdict links this crate anyway.
//! Out of scope: gathering and recording (the desk); kept rows, which are no records.

pub mod evidence;
pub mod prescription;
pub mod release;
pub mod sale;
pub mod standing;

use crate::facts::Facts;
use crate::verdict::Decision;

pharmacy_protocol::records! {
    /// Every type of records here.
    ALL:
    Decision as "Decision": Verdict / Answer;
    Facts as "Facts": Verdict / Facts;
    evidence::EvidenceStep as "EvidenceStep": Evidence / Facts;
    prescription::PrescriptionStep as "PrescriptionStep": Prescription / Prescription;
    prescription::Uses as "Uses": Outcome | Reversal / Prescription;
    release::Released as "Released": Release / Facts;
    sale::SaleStep as "SaleStep": Sale / Facts;
    standing::Change as "Change": Standing / Store;
    standing::NamedFact as "NamedFact": Standing / Staff;
    standing::PaperSeen as "PaperSeen": Document / Store;
}
