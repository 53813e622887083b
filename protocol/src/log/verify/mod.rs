//! Verification of a whole log: from the signed root down to every entry.
//!
//! ```text
//! checkpoint ── root ── tile/L ── … ── tile/1 ── tile/0 ── bundle ── entry
//!            signed     every tile hashes to what the tile above says of it
//! ```
//! Bundles are read and hashed by several threads, one bundle each at a time; what is kept grows with
//! the height of the tree, not with its length.
//! In scope: whether the tree is the signed one, whole, and every entry well-formed; whether an older
//! checkpoint fits. Out of scope: parts, cosignatures, what the entries mean, where the files lie.

use std::num::NonZeroUsize;

use super::checkpoint::CheckpointError;
use super::tile::{self, Tile};
use super::{Checkpoint, Hash};
use crate::entry::EntryKind;
use crate::verified::Verified;

mod bundle;
mod consistency;
mod finding;
mod row;
mod walk;

pub use consistency::{ConsistencyError, NodeReadError, TileNodes, check_consistency};
pub use finding::{Finding, MAX_FINDINGS};
pub use walk::verify;

/// Where a log's files are read from.
pub trait Tree: Sync {
    /// Why a file that is there cannot be read.
    type Error: Send;

    /// The bytes at `path` (as `checkpoint`, `tile/0/000`), or none if there is no such file.
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, Self::Error>;
}

/// What is expected of the log, and how much of the machine may be used.
#[derive(Clone, Copy, Debug)]
pub struct Scope {
    /// Bundles that end at or before this index may be gone: retention removed them.
    pub minimum_index: u64,
    /// How many threads read and hash.
    pub threads: NonZeroUsize,
}

/// Why a log could not be verified to its end.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum VerifyError<E> {
    /// The checkpoint is there and cannot be believed.
    #[error("checkpoint cannot be believed")]
    Checkpoint(#[source] CheckpointError),
    /// There is no checkpoint: this is no log.
    #[error("no checkpoint")]
    NoCheckpoint,
    /// A file is there and cannot be read.
    #[error("cannot read `{path}`")]
    Read {
        /// Its path below the log's prefix.
        path: String,
        /// What the source said.
        #[source]
        cause: E,
    },
}

/// How many entries there are of each kind.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct KindCounts([u64; EntryKind::ALL.len()]);

impl KindCounts {
    /// How many entries are of `kind`.
    pub fn of(&self, kind: EntryKind) -> u64 {
        self.0.get(kind as usize).copied().unwrap_or_default()
    }

    /// How many entries there are in all.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    fn count(&mut self, kind: EntryKind) {
        if let Some(count) = self.0.get_mut(kind as usize) {
            *count += 1;
        }
    }

    fn add(&mut self, more: &Self) {
        for (count, more) in self.0.iter_mut().zip(more.0) {
            *count += more;
        }
    }
}

/// What verification found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Report {
    /// The checkpoint, signed by the log's key.
    pub checkpoint: Verified<Checkpoint>,
    /// Well-formed entries by kind.
    pub kinds: KindCounts,
    /// Wall time of the first well-formed entry.
    pub first_at_ms: Option<i64>,
    /// Wall time of the last well-formed entry.
    pub last_at_ms: Option<i64>,
    /// Bundles that retention removed.
    pub pruned_bundles: u64,
    /// The first [`MAX_FINDINGS`] findings; none means that the log is what its checkpoint says.
    pub findings: Vec<Finding>,
    /// How many findings more there were.
    pub unlisted_findings: u64,
}

impl Report {
    fn new(checkpoint: Verified<Checkpoint>) -> Self {
        Self {
            checkpoint,
            kinds: KindCounts::default(),
            first_at_ms: None,
            last_at_ms: None,
            pruned_bundles: 0,
            findings: Vec::new(),
            unlisted_findings: 0,
        }
    }

    /// Whether nothing was found.
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty() && self.unlisted_findings == 0
    }

    fn note(&mut self, findings: impl IntoIterator<Item = Finding>) {
        for finding in findings {
            if self.findings.len() < MAX_FINDINGS {
                self.findings.push(finding);
            } else {
                self.unlisted_findings += 1;
            }
        }
    }
}

fn read<T: Tree>(tree: &T, path: &str) -> Result<Option<Vec<u8>>, VerifyError<T::Error>> {
    tree.read(path).map_err(|cause| VerifyError::Read {
        path: path.to_owned(),
        cause,
    })
}

/// A tile as it was found: itself, or the full one of the same place.
struct Found {
    tile: Tile,
    bytes: Vec<u8>,
}

/// Reads a tile, or the full one of the same place, which may have replaced a partial one.
fn read_tile<T: Tree>(tree: &T, tile: Tile) -> Result<Option<Found>, VerifyError<T::Error>> {
    for tile in [Some(tile), (!tile.is_full()).then(|| tile.full())] {
        let Some(tile) = tile else { continue };
        if let Some(bytes) = read(tree, &tile.path())? {
            return Ok(Some(Found { tile, bytes }));
        }
    }
    Ok(None)
}

/// The hashes of a tile, or the finding that there are none.
fn read_hashes<T: Tree>(
    tree: &T,
    tile: Tile,
) -> Result<Result<Vec<Hash>, Finding>, VerifyError<T::Error>> {
    let Some(found) = read_tile(tree, tile)? else {
        return Ok(Err(Finding::TileMissing { tile }));
    };
    let hashes = tile::decode_hashes(&found.bytes, found.tile.width());
    Ok(hashes
        .map(|mut hashes| {
            hashes.truncate(tile.width().into());
            hashes
        })
        .map_err(|cause| Finding::TileMalformed {
            tile: found.tile,
            cause,
        }))
}
