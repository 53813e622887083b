//! What rows are made of: cells, keys, digests.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde::{Deserialize, Serialize};

use super::table::Table;
use crate::digest::sha256_joined;

/// A digest of 32 bytes under a key of the store: in JSON as base64 without padding.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest(pub [u8; 32]);

/// Text that is no digest.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a digest is 32 bytes in base64")]
pub struct DigestError;

impl TryFrom<String> for Digest {
    type Error = DigestError;
    fn try_from(text: String) -> Result<Self, DigestError> {
        let mut digest = [0; 32];
        match STANDARD_NO_PAD.decode_slice(text.as_bytes(), &mut digest) {
            Ok(32) => Ok(Self(digest)),
            _ => Err(DigestError),
        }
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        STANDARD_NO_PAD.encode(digest.0)
    }
}

/// What one column of a row holds.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(untagged)]
pub enum Cell {
    /// Nothing.
    Null(()),
    /// A number.
    Number(i64),
    /// A text: a word, a day, an opened state.
    Text(Box<str>),
    /// A digest.
    Digest {
        /// The digest.
        digest: Digest,
    },
}

impl Cell {
    /// A column that holds nothing.
    pub const NULL: Self = Self::Null(());

    /// A text.
    pub fn text(text: impl Into<Box<str>>) -> Self {
        Self::Text(text.into())
    }

    /// A text, or nothing.
    pub fn text_or_null(text: Option<impl Into<Box<str>>>) -> Self {
        text.map_or(Self::NULL, Self::text)
    }

    /// A number that is never negative.
    pub fn count(count: u64) -> Self {
        Self::Number(i64::try_from(count).unwrap_or(i64::MAX))
    }

    /// The same, or nothing.
    pub fn count_or_null(count: Option<u64>) -> Self {
        count.map_or(Self::NULL, Self::count)
    }

    /// A digest.
    pub fn digest(bytes: [u8; 32]) -> Self {
        Self::Digest {
            digest: Digest(bytes),
        }
    }

    /// What tells cells apart, whatever stands beside them.
    fn bytes(&self) -> (u8, [u8; 8], &[u8]) {
        match self {
            Self::Null(()) => (0, [0; 8], &[]),
            Self::Number(number) => (1, number.to_be_bytes(), &[]),
            Self::Text(text) => (2, length(text.len()), text.as_bytes()),
            Self::Digest { digest } => (3, [0; 8], &digest.0),
        }
    }
}

fn length(of: usize) -> [u8; 8] {
    u64::try_from(of).unwrap_or(u64::MAX).to_be_bytes()
}

/// The first 128 bits of a digest over cells.
pub(super) fn short_digest(context: &[u8], cells: &[Cell]) -> [u8; 16] {
    let told: Vec<(u8, [u8; 8], &[u8])> = cells.iter().map(Cell::bytes).collect();
    let mut joined: Vec<&[u8]> = Vec::with_capacity(told.len().saturating_mul(3).saturating_add(1));
    joined.push(context);
    for (kind, number, bytes) in &told {
        joined.extend([std::slice::from_ref(kind), number.as_slice(), bytes]);
    }
    let digest = sha256_joined(&joined);
    let mut short = [0; 16];
    for (to, from) in short.iter_mut().zip(digest) {
        *to = from;
    }
    short
}

/// By what a row is named where its own key must not stand: a digest of table and key.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Key([u8; 16]);

impl Key {
    /// Before every other.
    pub(super) const LOWEST: Self = Self([0; 16]);

    /// The key of a row.
    pub fn of(table: Table, key: &[Cell]) -> Self {
        Self(short_digest(table.name().as_bytes(), key))
    }

    /// A number below a bound, always the same for a key.
    pub(super) fn share(self, of: u32) -> u32 {
        let [a, b, c, d, ..] = self.0;
        u32::from_be_bytes([a, b, c, d]) % of.max(1)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A row as it is compared: key and values in the order of [`Table::columns`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Row {
    /// Where it stands.
    pub table: Table,
    /// Its key.
    pub key: Vec<Cell>,
    /// What else it holds.
    pub values: Vec<Cell>,
}
