//! What a sale learns between its beginning and its end, but for the facts of the decision.

use serde::{Deserialize, Serialize};

use super::list::MediaType;
use crate::term::{StaffId, TraceCode};

/// Packs that were scanned, or named by a later inventory call, and the lines that they went to.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ScannedPacks {
    /// The packs, in the order in which they came.
    pub packs: Vec<ScannedPack>,
}

/// A pack and its line.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ScannedPack {
    /// The line's number on the till.
    pub line: u32,
    /// The pack's trace code.
    pub code: TraceCode,
}

impl ScannedPacks {
    /// One pack.
    pub fn one(line: u32, code: TraceCode) -> Self {
        Self {
            packs: vec![ScannedPack { line, code }],
        }
    }
}

/// A box that was handed over instead of the one that was scanned, said after the settlement.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CorrectedPack {
    /// The line of the sale.
    pub line: u32,
    /// What was scanned: it can be sold again.
    pub wrong: TraceCode,
    /// What was handed over: it is sold.
    pub right: TraceCode,
    /// The platform's settlement id.
    pub settlement: String,
}

/// A photo that stands for the code of one pack, which cannot be read: the pack itself stays unknown. Its bytes
/// are a part of the same entry.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CodePhoto {
    /// The line of the sale.
    pub line: u32,
    /// What its bytes are.
    pub media_type: MediaType,
    /// How many there are.
    pub bytes: usize,
    /// SHA-256 of them, hexadecimal.
    pub sha256: String,
    /// The how manieth of the store's day.
    pub of_day: u64,
    /// Who was signed in at the till and saw the pack.
    pub staff: StaffId,
}
