//! Whether an older checkpoint fits: the log may have grown, and nothing else.

use super::row::fold_perfect;
use super::{Finding, Tree, VerifyError, read_hashes};
use crate::log::tile::{Content, HEIGHT, Tile, WIDTH};
use crate::log::tree::{self, NodeId, ProofMismatch, ProveError};
use crate::log::{Checkpoint, Hash};
use crate::verified::Verified;

/// Why an older checkpoint does not fit, or could not be compared.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ConsistencyError<E> {
    /// The older tree is not the beginning of the newer: the log was rewritten.
    #[error("the log was rewritten since the older checkpoint")]
    Forked(#[source] ProofMismatch),
    /// The two checkpoints are of different logs.
    #[error("the older checkpoint is of another log")]
    OtherLog,
    /// The log has fewer entries than before: it was cut or rolled back.
    #[error("the log has {size} entries and had {old}")]
    Shrunk {
        /// Entries then.
        old: u64,
        /// Entries now.
        size: u64,
    },
    /// A hash that the comparison needs could not be had.
    #[error("cannot compare the two trees")]
    Unreadable(#[source] NodeReadError<E>),
}

/// A node's hash that a tree of tiles does not give.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NodeReadError<E> {
    /// A tile is missing or malformed.
    #[error("the tile is not whole")]
    Finding(#[source] Finding),
    /// The node is not within the tree.
    #[error("no such node")]
    Outside,
    /// A file is there and cannot be read.
    #[error("the tile cannot be read")]
    Read(#[source] VerifyError<E>),
}

/// The nodes of a tree of tiles, for making proofs from static files.
pub struct TileNodes<'a, T> {
    tree: &'a T,
    size: u64,
}

impl<'a, T: Tree> TileNodes<'a, T> {
    /// The nodes of the first `size` leaves under `tree`.
    pub fn new(tree: &'a T, size: u64) -> Self {
        Self { tree, size }
    }

    /// The hash of a complete node. Reads one tile.
    pub fn read(&self, node: NodeId) -> Result<Hash, NodeReadError<T::Error>> {
        let (tile, start) = self.place(node).ok_or(NodeReadError::Outside)?;
        let hashes = read_hashes(self.tree, tile)
            .map_err(NodeReadError::Read)?
            .map_err(NodeReadError::Finding)?;
        let end = start.saturating_add(1 << (node.level % HEIGHT));
        let below = hashes.get(start..end).ok_or(NodeReadError::Outside)?;
        fold_perfect(below.to_vec()).ok_or(NodeReadError::Outside)
    }

    /// The tile that holds what `node` is made of, and where in it that begins.
    fn place(&self, node: NodeId) -> Option<(Tile, usize)> {
        let level = node.level / HEIGHT;
        let first = node.index.checked_mul(1 << (node.level % HEIGHT))?;
        let index = first / u64::from(WIDTH);
        let in_row = self
            .size
            .checked_shr(u32::from(level) * u32::from(HEIGHT))?;
        let width = in_row.checked_sub(index.checked_mul(WIDTH.into())?)?;
        let width = u16::try_from(width.min(WIDTH.into())).ok()?;
        let tile = Tile::new(Content::Hashes { level }, index, width).ok()?;
        let start = usize::try_from(first % u64::from(WIDTH)).ok()?;
        Some((tile, start))
    }
}

/// Checks that `new`, whose tiles lie under `tree`, only added to `old`.
///
/// The proof is made from the tiles and then judged as one from a stranger: wrong tiles can make it
/// fail, never succeed.
pub fn check_consistency<T: Tree>(
    tree: &T,
    old: &Verified<Checkpoint>,
    new: &Verified<Checkpoint>,
) -> Result<(), ConsistencyError<T::Error>> {
    let (old, new) = (old.get(), new.get());
    if old.origin != new.origin {
        return Err(ConsistencyError::OtherLog);
    }
    let nodes = TileNodes::new(tree, new.size);
    let proof = tree::consistency_proof(old.size, new.size, |node| nodes.read(node));
    let proof = proof.map_err(|error| match error {
        ProveError::Outside { asked: old, size } => ConsistencyError::Shrunk { old, size },
        ProveError::Read(cause) => ConsistencyError::Unreadable(cause),
    })?;
    tree::verify_consistency(&old.head(), &new.head(), &proof).map_err(ConsistencyError::Forked)
}
