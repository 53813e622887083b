//! The tiles above the leaves, compared with what lies below them, level by level.

use super::{Finding, Tree, VerifyError, read_hashes};
use crate::log::tile::{Content, LEVELS, Tile, WIDTH};
use crate::log::{Hash, node_hash};

/// The right end of the tree while it is walked: one row of tiles per level.
#[derive(Default)]
pub(super) struct Rows {
    /// Hashes of the partial tile of leaves, the last tile of its row.
    last_leaves: Option<Vec<Hash>>,
    /// Tile levels 0 and above; level 0 is only counted on.
    rows: [Row; LEVELS as usize],
    findings: Vec<Finding>,
}

/// One level of tiles.
#[derive(Default)]
struct Row {
    /// How many tiles were closed.
    closed: u64,
    /// What each position of the open tile must hold; none where a gap below leaves it unknown.
    below: Vec<Option<Hash>>,
}

/// The root's peaks from left to right, none if a gap leaves them unknown; and what was found.
pub(super) type Edge = (Option<Vec<Hash>>, Vec<Finding>);

impl Rows {
    /// Takes in the next tile of leaf hashes; none if they are unknown.
    pub(super) fn push<T: Tree>(
        &mut self,
        tree: &T,
        leaf_tile: Tile,
        hashes: Option<Vec<Hash>>,
    ) -> Result<(), VerifyError<T::Error>> {
        if !leaf_tile.is_full() {
            self.last_leaves = hashes;
            return Ok(());
        }
        let mut root = hashes.and_then(fold_perfect);
        for level in 1..LEVELS {
            let row = self.rows.get_mut(usize::from(level));
            let is_full = row.is_some_and(|row| {
                row.below.push(root);
                row.below.len() >= usize::from(WIDTH)
            });
            if !is_full {
                break;
            }
            root = self.close(tree, level)?.and_then(fold_perfect);
        }
        Ok(())
    }

    /// Closes the partial tiles on the right edge of a tree of `size` leaves.
    pub(super) fn finish<T: Tree>(
        mut self,
        tree: &T,
        size: u64,
    ) -> Result<Edge, VerifyError<T::Error>> {
        // A row that ends with a full tile has nothing on the edge.
        let has_partial = !size.is_multiple_of(WIDTH.into());
        let leaves = self.last_leaves.take();
        let mut edge = vec![if has_partial {
            leaves
        } else {
            Some(Vec::new())
        }];
        for level in 1..LEVELS {
            edge.push(self.close(tree, level)?);
        }
        let edge: Option<Vec<Vec<Hash>>> = edge.into_iter().collect();
        let peaks = edge.map(|edge| {
            let tiles = edge.into_iter().rev();
            tiles.flat_map(perfect_subtrees).collect()
        });
        Ok((peaks, self.findings))
    }

    /// Compares the open tile of a level with what lies below; its hashes, if they can be known.
    fn close<T: Tree>(
        &mut self,
        tree: &T,
        level: u8,
    ) -> Result<Option<Vec<Hash>>, VerifyError<T::Error>> {
        let Some(row) = self.rows.get_mut(usize::from(level)) else {
            return Ok(None);
        };
        let below = std::mem::take(&mut row.below);
        let width = u16::try_from(below.len()).unwrap_or(WIDTH);
        let Ok(tile) = Tile::new(Content::Hashes { level }, row.closed, width) else {
            // Only width 0 has no tile: the row above ended with a full one.
            return Ok(Some(Vec::new()));
        };
        row.closed = row.closed.saturating_add(1);
        match read_hashes(tree, tile)? {
            Ok(hashes) => {
                self.findings.extend(differences(tile, &hashes, &below));
                Ok(Some(hashes))
            }
            Err(finding) => {
                self.findings.push(finding);
                Ok(below.into_iter().collect())
            }
        }
    }
}

/// The tiles below `parent` that do not hash to what it says of them.
fn differences(parent: Tile, hashes: &[Hash], below: &[Option<Hash>]) -> Vec<Finding> {
    let level = match parent.content() {
        Content::Hashes { level } => level.saturating_sub(1),
        Content::Entries => 0,
    };
    let pairs = (0_u16..).zip(hashes.iter().zip(below));
    let differing = pairs.filter(|(_, (hash, below))| below.is_some_and(|below| below != **hash));
    let findings = differing.filter_map(|(position, _)| {
        let index = parent.start().saturating_add(position.into());
        let tile = Tile::new(Content::Hashes { level }, index, WIDTH).ok()?;
        Some(Finding::NodeDiffers {
            tile,
            parent,
            position,
        })
    });
    findings.collect()
}

/// The root above a power of two of hashes.
pub(super) fn fold_perfect(mut hashes: Vec<Hash>) -> Option<Hash> {
    while hashes.len() > 1 {
        let (pairs, _) = hashes.as_chunks::<2>();
        hashes = pairs
            .iter()
            .map(|[left, right]| node_hash(left, right))
            .collect();
    }
    hashes.into_iter().next()
}

/// The roots of the perfect subtrees that a tile's hashes fall into, largest first.
fn perfect_subtrees(hashes: Vec<Hash>) -> Vec<Hash> {
    let mut rest = hashes.as_slice();
    let mut roots = Vec::new();
    while let Some(height) = rest.len().checked_ilog2() {
        let (subtree, right) = rest.split_at_checked(1 << height).unwrap_or((rest, &[]));
        roots.extend(fold_perfect(subtree.to_vec()));
        rest = right;
    }
    roots
}
