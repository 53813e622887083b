//! What a sale learns between its beginning and its end, but for the facts of the decision.

use serde::{Deserialize, Serialize};

use crate::term::TraceCode;

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
