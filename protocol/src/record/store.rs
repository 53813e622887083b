//! What concerns the agent and its store, and names nobody.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::log::Origin;
use crate::part::PartClass;
use crate::term::{TillNumber, Transport};

/// What runs, and on what.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Running {
    /// The program's version.
    pub version: String,
    /// The version of the decision's meaning.
    pub semantics: u32,
    /// The rule pack in force.
    pub pack: PackVersion,
    /// SHA-256 of `agent.toml`, hexadecimal.
    pub configuration: String,
}

/// A pack by name and version.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PackVersion {
    /// The pack's id.
    pub id: String,
    /// Its version; a higher number replaces a lower one.
    pub version: u64,
    /// SHA-256 of the pack as it was verified, hexadecimal.
    pub digest: String,
}

/// A log that succeeds none: its entry 0.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Founded {
    /// Its origin.
    pub origin: Origin,
    /// Its verifier key.
    pub verifier: String,
}

/// The agent runs; that is all.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Alive {}

/// The agent ends in order; that is all.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Stopped {}

/// A catalogue came into use.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CatalogueImport {
    /// SHA-256 of what was imported, hexadecimal.
    pub source: String,
    /// SHA-256 of the catalogue's file, hexadecimal.
    pub catalogue: String,
    /// Rows of the source.
    pub rows: u64,
    /// Articles.
    pub articles: u64,
    /// Insurance codes.
    pub codes: u64,
    /// Barcodes.
    pub barcodes: u64,
    /// What packs' codes begin with.
    pub trace_prefixes: u64,
}

/// Who may call the agent changed; never the token itself.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case",
    deny_unknown_fields,
    tag = "token"
)]
pub enum TokenChange {
    /// A program got one.
    Issued {
        /// The program.
        client: String,
        /// The till for which it speaks.
        till: TillNumber,
    },
    /// One counts no longer.
    Revoked {
        /// Its number in the store.
        id: i64,
    },
}

/// A card reader was seen for the first time.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ReaderSeen {
    /// Its security module, as it reports itself.
    pub sam: String,
    /// How it is attached.
    pub transport: Transport,
}

/// Parts were destroyed.
#[derive(Clone, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Erasure {
    /// How many parts of which class.
    pub erased: BTreeMap<PartClass, u64>,
}
