//! What concerns the agent and its store, and names nobody.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::history::Table;
use crate::log::Origin;
use crate::part::PartClass;
use crate::record::finding::UnreadShape;
use crate::term::{EntryIndex, Fen, TillNumber, Transport};

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
    /// What it comes to; in a `configuration` entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective: Option<Effective>,
}

/// What a configuration comes to, in clear words.
#[derive(Clone, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Effective {
    /// `commissioning` or `operating`.
    pub stage: String,
    /// Stance of every rule in force: `observe`, `advise` or `enforce`.
    pub stances: BTreeMap<String, String>,
    /// How trace codes arrive: `after`, `before` or `within`.
    pub trace_codes: Option<String>,
    /// Tills that are served.
    pub tills: Vec<TillNumber>,
    /// Where others come in, and where calls go.
    pub doors: Vec<Door>,
    /// What is attached.
    pub devices: Vec<Device>,
    /// What is set lower than it was in force since the store operates.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lowered: Vec<LoweredKnob>,
}

/// Where others come in.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Door {
    /// `api`, `gateway` or `review`.
    pub name: String,
    /// Address and port.
    pub listens: String,
    /// Where its calls go: scheme, host and port, nothing of a path or secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leads_to: Option<String>,
}

/// Something that is attached.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Device {
    /// `printer`, `reader` or `scanner`.
    pub name: String,
    /// Its port, as the configuration names it.
    pub port: String,
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

/// A card reader was seen for the first time, or enrolled.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ReaderSeen {
    /// Its security module, as it reports itself.
    pub sam: String,
    /// How it is attached.
    pub transport: Transport,
    /// What the store knows of it since.
    #[serde(default, skip_serializing_if = "ReaderKnown::is_seen")]
    pub known: ReaderKnown,
}

/// What a store knows of a card reader.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReaderKnown {
    /// The person in charge enrolled it, by signature.
    Enrolled,
    /// The first one of a store that is being commissioned: it counts.
    First,
    /// It was seen; whether it counts, somebody has to answer for.
    #[default]
    Seen,
}

impl ReaderKnown {
    fn is_seen(&self) -> bool {
        *self == Self::Seen
    }
}

/// Settlements that cannot be read and look alike are let through for a while. Who signed for it stands in the
/// part `staff` of the same entry.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Reopened {
    /// How they look from outside.
    pub shape: UnreadShape,
    /// By whoever was on duty, alone at night?
    pub is_alone: bool,
    /// For how many hours.
    pub hours: u32,
    /// How many may pass, where that is limited.
    pub calls: Option<u32>,
    /// What they may come to, where that is limited, as far as the platform's answers tell.
    pub amount: Option<Fen>,
}

/// A stance or the stage that is set lower than it was in force, and what is made of that.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LoweredKnob {
    /// The rule; `stage` for the stage.
    pub knob: String,
    /// What was in force.
    pub from: String,
    /// What it is set to.
    pub to: String,
    /// What is made of it.
    pub state: LoweredState,
    /// Why, as the operator wrote it.
    pub reason: Option<String>,
    /// Hours after which it ends by itself.
    pub hours_left: u64,
}

/// What is made of something that is set lower.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LoweredState {
    /// It is followed, and ends by itself.
    Followed,
    /// It is not followed: no reason was given.
    NoReason,
    /// It is not followed any more: its days are over.
    Over,
}

/// Parts were destroyed.
#[derive(Clone, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Erasure {
    /// How many parts of which class.
    pub erased: BTreeMap<PartClass, u64>,
}

/// Rows beside the log that were not as it says, and were made so again.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Repaired {
    /// The rows.
    pub rows: Vec<RepairedRow>,
}

/// One of them.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RepairedRow {
    /// Its table.
    pub table: Table,
    /// The digest of table and key, in hexadecimal digits.
    pub key: String,
    /// What was wrong.
    pub fault: RowFault,
    /// The entry that changed it last; none where no entry did.
    pub entry: Option<EntryIndex>,
}

/// What is wrong with a row.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RowFault {
    /// It holds something else than the log says.
    Differs,
    /// A change of it is recorded that what was before does not allow.
    Impossible,
    /// The log says that it is there.
    Missing,
    /// No entry says that it is there.
    Unexplained,
}

impl RowFault {
    /// The fault's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Differs => "differs",
            Self::Impossible => "impossible",
            Self::Missing => "missing",
            Self::Unexplained => "unexplained",
        }
    }
}
