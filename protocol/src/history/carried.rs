//! State that is carried past what it was made from.
//!
//! Erasure destroys the parts from which rows follow, and the log that succeeds another begins empty. Before
//! either, the rows are recorded as they stand, in the parts of class `state` of one commit: the fold
//! starts at the latest of them. They hold references and masked texts, and nobody in the clear.

use serde::{Deserialize, Serialize};

use super::cell::{Cell, Row};
use super::table::Table;

/// Some of the rows as they stood.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Carried {
    /// Why: `erasure`, `migration`, `succession`.
    pub reason: CarryReason,
    /// Which one of them this is, from 0.
    pub chunk: u32,
    /// Whether it is the last.
    pub last: bool,
    /// Rows, by table.
    pub rows: Vec<CarriedRow>,
}

/// Why state is carried.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CarryReason {
    /// Parts are about to be destroyed.
    Erasure,
    /// Earlier entries did not say what rows followed from them.
    Migration,
    /// Another log begins.
    Succession,
}

/// A row as it stood.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CarriedRow {
    /// Its table.
    pub table: Table,
    /// The columns of its key.
    pub key: Vec<Cell>,
    /// Its other columns.
    pub values: Vec<Cell>,
}

impl From<Row> for CarriedRow {
    fn from(row: Row) -> Self {
        Self {
            table: row.table,
            key: row.key,
            values: row.values,
        }
    }
}
