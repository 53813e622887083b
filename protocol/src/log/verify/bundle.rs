//! One bundle against the leaf hashes of the tile beside it.

use super::{Finding, KindCounts, Scope, Tree, VerifyError, read_hashes, read_tile};
use crate::entry::{Entry, EntryKind};
use crate::log::tile::{Content, Tile, decode_bundle};
use crate::log::{Hash, leaf_hash};
use crate::term::EntryIndex;

/// What checking one bundle and its leaf tile gave.
#[derive(Debug, Default)]
pub(super) struct BundleCheck {
    pub(super) kinds: KindCounts,
    pub(super) first_at_ms: Option<i64>,
    pub(super) last_at_ms: Option<i64>,
    pub(super) is_pruned: bool,
    pub(super) findings: Vec<Finding>,
    /// Leaf hashes: the tile's, or the entries' own where there is no tile.
    pub(super) hashes: Option<Vec<Hash>>,
}

pub(super) fn check<T: Tree>(
    tree: &T,
    bundle: Tile,
    scope: &Scope,
) -> Result<BundleCheck, VerifyError<T::Error>> {
    let mut check = BundleCheck::default();
    // A bundle has the index and width of a tile of level 0, so this place exists.
    if let Ok(tile) = Tile::new(Content::Hashes { level: 0 }, bundle.index(), bundle.width()) {
        match read_hashes(tree, tile)? {
            Ok(hashes) => check.hashes = Some(hashes),
            Err(finding) => check.findings.push(finding),
        }
    }
    match read_tile(tree, bundle)? {
        Some(found) => check.entries(bundle, found.tile, &found.bytes),
        None => check.missing(bundle, scope),
    }
    Ok(check)
}

impl BundleCheck {
    fn missing(&mut self, bundle: Tile, scope: &Scope) {
        let end = bundle.start().saturating_add(bundle.width().into());
        if end <= scope.minimum_index {
            self.is_pruned = true;
        } else {
            self.findings.push(Finding::BundleMissing { bundle });
        }
    }

    /// `found` is what was read: `bundle` itself or the full one in its place.
    fn entries(&mut self, bundle: Tile, found: Tile, bytes: &[u8]) {
        let mut leaves = Vec::with_capacity(bundle.width().into());
        let mut count = 0_u64;
        for entry in decode_bundle(bytes) {
            match entry {
                Ok(entry) if count < u64::from(bundle.width()) => {
                    let index = EntryIndex::new(bundle.start().saturating_add(count));
                    let leaf = leaf_hash(entry);
                    self.leaf(found, leaves.len(), index, leaf);
                    self.entry(found, index, entry);
                    leaves.push(leaf);
                }
                Ok(_) => {}
                Err(cause) => {
                    let bundle = found;
                    self.findings
                        .push(Finding::BundleMalformed { bundle, cause });
                }
            }
            count = count.saturating_add(1);
        }
        if count != u64::from(found.width()) {
            let (bundle, found) = (found, count);
            self.findings.push(Finding::BundleCount { bundle, found });
        }
        let is_whole = leaves.len() == usize::from(bundle.width());
        if self.hashes.is_none() && is_whole {
            self.hashes = Some(leaves);
        }
    }

    fn leaf(&mut self, bundle: Tile, position: usize, index: EntryIndex, leaf: Hash) {
        let hash = self.hashes.as_ref().and_then(|all| all.get(position));
        if hash.is_some_and(|hash| *hash != leaf) {
            self.findings.push(Finding::LeafDiffers { bundle, index });
        }
    }

    fn entry(&mut self, bundle: Tile, index: EntryIndex, bytes: &[u8]) {
        let entry = match Entry::parse(bytes) {
            Ok(entry) => entry,
            Err(cause) => {
                let finding = Finding::EntryRefused {
                    bundle,
                    index,
                    cause,
                };
                return self.findings.push(finding);
            }
        };
        self.kinds.count(entry.kind);
        self.first_at_ms = self.first_at_ms.or(Some(entry.at_ms));
        self.last_at_ms = Some(entry.at_ms);
        if entry.kind == EntryKind::Succession && index.value() > 0 {
            self.findings
                .push(Finding::SuccessionMisplaced { bundle, index });
        }
        let ahead = entry.refs.into_iter().filter(|earlier| *earlier >= index);
        self.findings
            .extend(ahead.map(|reference| Finding::ReferenceAhead {
                bundle,
                index,
                reference,
            }));
    }
}
