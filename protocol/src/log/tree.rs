//! The Merkle tree: which hashes an append completes, the root, and proofs both ways.
//!
//! ```text
//! level 2          6            numbers: the order in which `complete` hands nodes out, so that
//! level 1      2       5        storing hashes is a pure append
//! level 0    0   1   3   4   7 …
//! ```
//! SPEC: RFC 6962 §2.1, RFC 9162 §2.1.3 and §2.1.4.
//! Hashes are read through a closure: the tree does not know where they are kept. Trees hold at most
//! [`MAX_SIZE`] leaves, so that every position fits a signed 64-bit row number.

use std::ops::Range;

use super::{Hash, node_hash};
use crate::digest::sha256;

/// The most leaves that a tree may have.
pub const MAX_SIZE: u64 = 1 << 62;

/// The place of a complete subtree: level 0 holds the leaves, `index` counts from the left.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct NodeId {
    /// Height above the leaves; the subtree spans `2^level` leaves.
    pub level: u8,
    /// Position among the nodes of that level.
    pub index: u64,
}

/// A tree at one moment: how many leaves, and their root.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Head {
    /// Number of leaves.
    pub size: u64,
    /// RFC 6962 root hash.
    pub root: Hash,
}

/// A proof that cannot be made.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ProveError<E> {
    /// The leaf or the older tree does not lie within the tree.
    #[error("`{asked}` lies outside a tree of {size} leaves")]
    Outside {
        /// The leaf index or older size asked for.
        asked: u64,
        /// The tree's size.
        size: u64,
    },
    /// A hash could not be read.
    #[error("cannot read a hash of the tree")]
    Read(#[source] E),
}

/// A proof that does not prove.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ProofMismatch {
    /// The proof has too few or too many hashes for its place.
    #[error("proof has the wrong number of hashes")]
    Length,
    /// The older tree is not a prefix of the newer.
    #[error("older root does not fit the proof")]
    OldRoot,
    /// The leaf or the older tree does not lie within the tree.
    #[error("proof speaks of a place outside the tree")]
    Outside,
    /// The hashes do not lead to the signed root.
    #[error("root does not fit the proof")]
    Root,
}

/// The root of the tree without leaves: SHA-256 of nothing.
pub fn empty_root() -> Hash {
    Hash(sha256(b""))
}

/// The place of a node in append-only storage: right after the leaf that completes it.
pub fn stored_position(node: NodeId) -> u64 {
    let after = node.index.saturating_add(1);
    let leaves = 1_u64.checked_shl(node.level.into()).unwrap_or(u64::MAX);
    let leaf = after.saturating_mul(leaves).saturating_sub(1);
    // Leaf n follows the n + n/2 + n/4 + … nodes that the leaves before it completed.
    leaf.saturating_mul(2)
        .saturating_sub(leaf.count_ones().into())
        .saturating_add(node.level.into())
}

/// Every node that appending leaf `index` makes complete, in stored order, the leaf first.
///
/// Reads the left siblings only, all of them complete before.
pub fn complete<E>(
    index: u64,
    leaf: Hash,
    mut read: impl FnMut(NodeId) -> Result<Hash, E>,
) -> Result<Vec<(NodeId, Hash)>, E> {
    let mut node = NodeId { level: 0, index };
    let mut hash = leaf;
    let mut completed = vec![(node, hash)];
    while node.index % 2 == 1 {
        let left = read(NodeId {
            level: node.level,
            index: node.index - 1,
        })?;
        hash = node_hash(&left, &hash);
        node = NodeId {
            level: node.level.saturating_add(1),
            index: node.index / 2,
        };
        completed.push((node, hash));
    }
    Ok(completed)
}

/// The root of the first `size` leaves.
pub fn root<E>(size: u64, read: impl FnMut(NodeId) -> Result<Hash, E>) -> Result<Hash, E> {
    subtree(0..size, read)
}

/// The complete subtrees that make up the leaves of `range`, from left to right.
///
/// `range` starts where a subtree at least as long as itself may start.
pub fn peaks(range: Range<u64>) -> impl Iterator<Item = NodeId> {
    let mut at = range.start;
    std::iter::from_fn(move || {
        let left = range.end.checked_sub(at)?;
        let level = left.checked_ilog2()?;
        let node = NodeId {
            level: u8::try_from(level).ok()?,
            index: at >> level,
        };
        at = at.saturating_add(1 << level);
        Some(node)
    })
}

/// Folds peaks, left to right, into the root above them; none make the empty tree.
pub fn fold_peaks(peaks: impl DoubleEndedIterator<Item = Hash>) -> Hash {
    peaks
        .rev()
        .reduce(|right, left| node_hash(&left, &right))
        .unwrap_or_else(empty_root)
}

fn subtree<E>(range: Range<u64>, read: impl FnMut(NodeId) -> Result<Hash, E>) -> Result<Hash, E> {
    let hashes = peaks(range).map(read).collect::<Result<Vec<_>, E>>()?;
    Ok(fold_peaks(hashes.into_iter()))
}

/// The largest power of two below `length`, where RFC 6962 splits a tree of two leaves or more.
fn split(length: u64) -> u64 {
    1 << length.saturating_sub(1).checked_ilog2().unwrap_or(0)
}

/// The hashes that lead from leaf `index` to the root of `size` leaves, bottom first.
pub fn inclusion_proof<E>(
    index: u64,
    size: u64,
    mut read: impl FnMut(NodeId) -> Result<Hash, E>,
) -> Result<Vec<Hash>, ProveError<E>> {
    if index >= size || size > MAX_SIZE {
        return Err(ProveError::Outside { asked: index, size });
    }
    let (mut start, mut end) = (0, size);
    let mut siblings = Vec::new();
    while end - start > 1 {
        let middle = start + split(end - start);
        if index < middle {
            siblings.push(middle..end);
            end = middle;
        } else {
            siblings.push(start..middle);
            start = middle;
        }
    }
    let hashes = siblings.into_iter().rev();
    hashes
        .map(|range| subtree(range, &mut read).map_err(ProveError::Read))
        .collect()
}

/// The hashes that show the first `old` leaves to be the beginning of the first `new`.
///
/// Every tree begins with the empty one: its proof has no hashes.
pub fn consistency_proof<E>(
    old: u64,
    new: u64,
    mut read: impl FnMut(NodeId) -> Result<Hash, E>,
) -> Result<Vec<Hash>, ProveError<E>> {
    if old > new || new > MAX_SIZE {
        let (asked, size) = (old, new);
        return Err(ProveError::Outside { asked, size });
    }
    if old == 0 {
        return Ok(Vec::new());
    }
    let (mut start, mut end) = (0, new);
    let mut ranges = Vec::new();
    while old != end {
        let middle = start + split(end - start);
        if old <= middle {
            ranges.push(middle..end);
            end = middle;
        } else {
            ranges.push(start..middle);
            start = middle;
        }
    }
    // The verifier knows the old root: only a part of the old tree has to be told.
    if start > 0 {
        ranges.push(start..end);
    }
    let hashes = ranges.into_iter().rev();
    hashes
        .map(|range| subtree(range, &mut read).map_err(ProveError::Read))
        .collect()
}

/// Checks that `leaf` is the leaf at `index` of the tree at `head`.
pub fn verify_inclusion(
    head: &Head,
    index: u64,
    leaf: &Hash,
    proof: &[Hash],
) -> Result<(), ProofMismatch> {
    if inclusion_root(head.size, index, leaf, proof)? == head.root {
        Ok(())
    } else {
        Err(ProofMismatch::Root)
    }
}

/// The root that a tree of `size` leaves has if `leaf` stands at `index` and the proof is right.
///
/// SPEC: RFC 9162 §2.1.3.2.
pub fn inclusion_root(
    size: u64,
    index: u64,
    leaf: &Hash,
    proof: &[Hash],
) -> Result<Hash, ProofMismatch> {
    if index >= size || size > MAX_SIZE {
        return Err(ProofMismatch::Outside);
    }
    let (mut at, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for sibling in proof {
        if last == 0 {
            return Err(ProofMismatch::Length);
        }
        if at % 2 == 1 || at == last {
            hash = node_hash(sibling, &hash);
            // On the right edge there are levels without a sibling.
            while at % 2 == 0 && at != 0 {
                (at, last) = (at / 2, last / 2);
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        (at, last) = (at / 2, last / 2);
    }
    if last == 0 {
        Ok(hash)
    } else {
        Err(ProofMismatch::Length)
    }
}

/// Checks that the tree at `old` is the beginning of the tree at `new`.
///
/// SPEC: RFC 9162 §2.1.4.2.
pub fn verify_consistency(old: &Head, new: &Head, proof: &[Hash]) -> Result<(), ProofMismatch> {
    if old.size > new.size || new.size > MAX_SIZE {
        return Err(ProofMismatch::Outside);
    }
    if old.size == 0 || old.size == new.size {
        return verify_trivial(old, new, proof);
    }
    let is_whole = old.size.is_power_of_two();
    let first = is_whole.then_some(&old.root);
    let mut hashes = first.into_iter().chain(proof);
    let (mut at, mut last) = (old.size - 1, new.size - 1);
    while at % 2 == 1 {
        (at, last) = (at / 2, last / 2);
    }
    let seed = hashes.next().ok_or(ProofMismatch::Length)?;
    let (mut old_root, mut new_root) = (*seed, *seed);
    for hash in hashes {
        if last == 0 {
            return Err(ProofMismatch::Length);
        }
        if at % 2 == 1 || at == last {
            old_root = node_hash(hash, &old_root);
            new_root = node_hash(hash, &new_root);
            while at % 2 == 0 && at != 0 {
                (at, last) = (at / 2, last / 2);
            }
        } else {
            new_root = node_hash(&new_root, hash);
        }
        (at, last) = (at / 2, last / 2);
    }
    match (last == 0, old_root == old.root, new_root == new.root) {
        (false, _, _) => Err(ProofMismatch::Length),
        (true, false, _) => Err(ProofMismatch::OldRoot),
        (true, true, false) => Err(ProofMismatch::Root),
        (true, true, true) => Ok(()),
    }
}

fn verify_trivial(old: &Head, new: &Head, proof: &[Hash]) -> Result<(), ProofMismatch> {
    let is_same = if old.size == 0 {
        old.root == empty_root()
    } else {
        old.root == new.root
    };
    match (proof.is_empty(), is_same) {
        (false, _) => Err(ProofMismatch::Length),
        (true, false) => Err(ProofMismatch::OldRoot),
        (true, true) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use proptest::prelude::*;
    use tlog_tiles::tlog;

    use super::*;
    use crate::log::leaf_hash;

    fn leaf(index: u64) -> Hash {
        leaf_hash(format!("leaf {index}").as_bytes())
    }

    /// Hashes in stored order, as the journal keeps them.
    fn store(size: u64) -> Vec<Hash> {
        let mut stored = Vec::new();
        for index in 0..size {
            let new = complete(index, leaf(index), |node| read(&stored, node)).unwrap();
            for (node, hash) in new {
                assert_eq!(stored_position(node), stored.len() as u64, "{node:?}");
                stored.push(hash);
            }
        }
        stored
    }

    fn read(stored: &[Hash], node: NodeId) -> Result<Hash, Infallible> {
        Ok(stored[usize::try_from(stored_position(node)).unwrap()])
    }

    /// RFC 6962 §2.1 word for word.
    fn naive(range: Range<u64>) -> Hash {
        match range.end - range.start {
            0 => empty_root(),
            1 => leaf(range.start),
            length => {
                let mut k = 1;
                while k * 2 < length {
                    k *= 2;
                }
                let middle = range.start + k;
                node_hash(&naive(range.start..middle), &naive(middle..range.end))
            }
        }
    }

    fn head(stored: &[Hash], size: u64) -> Head {
        let root = root(size, |node| read(stored, node)).unwrap();
        Head { size, root }
    }

    #[test]
    fn roots_are_those_of_the_naive_tree() {
        let stored = store(300);
        for size in 0..=300 {
            assert_eq!(head(&stored, size).root, naive(0..size), "{size}");
        }
        assert_eq!(
            empty_root().to_string(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
    }

    #[test]
    fn every_leaf_of_every_small_tree_is_proved() {
        let stored = store(130);
        for size in 1..=130 {
            let head = head(&stored, size);
            for index in 0..size {
                let proof = inclusion_proof(index, size, |node| read(&stored, node)).unwrap();
                assert_eq!(verify_inclusion(&head, index, &leaf(index), &proof), Ok(()));
                assert!(verify_inclusion(&head, index, &leaf(index + 1), &proof).is_err());
            }
        }
    }

    #[test]
    fn every_prefix_of_every_small_tree_is_proved() {
        let stored = store(130);
        for new in 0..=130 {
            let new_head = head(&stored, new);
            for old in 0..=new {
                let proof = consistency_proof(old, new, |node| read(&stored, node)).unwrap();
                let mut old_head = head(&stored, old);
                assert_eq!(verify_consistency(&old_head, &new_head, &proof), Ok(()));
                old_head.root.0[0] ^= 1;
                assert!(verify_consistency(&old_head, &new_head, &proof).is_err());
            }
        }
    }

    #[test]
    fn refuses_places_outside_the_tree() {
        let none = |_| -> Result<Hash, Infallible> { Ok(Hash([0; 32])) };
        let outside = ProveError::Outside { asked: 5, size: 5 };
        assert_eq!(inclusion_proof(5, 5, none), Err(outside));
        let outside = ProveError::Outside { asked: 6, size: 5 };
        assert_eq!(consistency_proof(6, 5, none), Err(outside));
        let head = Head {
            size: u64::MAX,
            root: empty_root(),
        };
        let mismatch = verify_inclusion(&head, 0, &empty_root(), &[]);
        assert_eq!(mismatch, Err(ProofMismatch::Outside));
        let mismatch = verify_consistency(&head, &head, &[]);
        assert_eq!(mismatch, Err(ProofMismatch::Outside));
    }

    #[test]
    fn hands_on_what_the_reader_says() {
        let fails = |_| Err::<Hash, _>("gone");
        assert_eq!(complete(1, empty_root(), fails), Err("gone"));
        assert_eq!(root(3, fails), Err("gone"));
        assert_eq!(inclusion_proof(0, 3, fails), Err(ProveError::Read("gone")));
    }

    struct Stored(Vec<Hash>);

    impl tlog::HashReader for Stored {
        fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog::Hash>, tlog::Error> {
            let hash = |at: &u64| tlog::Hash(self.0[usize::try_from(*at).unwrap()].0);
            Ok(indexes.iter().map(hash).collect())
        }
    }

    fn theirs(proof: &[Hash]) -> Vec<tlog::Hash> {
        proof.iter().map(|hash| tlog::Hash(hash.0)).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn agrees_with_tlog_tiles(new in 1_u64..1500, old in any::<prop::sample::Index>()) {
            let stored = store(new);
            let old = old.index(usize::try_from(new).unwrap()) as u64;
            let (old_head, new_head) = (head(&stored, old), head(&stored, new));
            let oracle = Stored(stored.clone());
            let root = tlog::Hash(new_head.root.0);
            prop_assert_eq!(tlog::tree_hash(new, &oracle).unwrap(), root);

            let proof = inclusion_proof(old, new, |node| read(&stored, node)).unwrap();
            prop_assert_eq!(theirs(&proof), tlog::prove_record(new, old, &oracle).unwrap());
            let record = tlog::Hash(leaf(old).0);
            prop_assert!(tlog::check_record(&theirs(&proof), new, root, old, record).is_ok());

            if old > 0 {
                let proof = consistency_proof(old, new, |node| read(&stored, node)).unwrap();
                prop_assert_eq!(theirs(&proof), tlog::prove_tree(new, old, &oracle).unwrap());
                let old_root = tlog::Hash(old_head.root.0);
                prop_assert!(tlog::check_tree(&theirs(&proof), new, root, old, old_root).is_ok());
            }
        }

        #[test]
        fn positions_are_those_of_tlog_tiles(level in 0_u8..40, index in 0_u64..1 << 20) {
            let node = NodeId { level, index };
            prop_assert_eq!(stored_position(node), tlog::stored_hash_index(level, index));
        }

        #[test]
        fn a_changed_proof_does_not_verify(
            size in 2_u64..600, index in any::<prop::sample::Index>(),
            at in any::<prop::sample::Index>(), bit in 0_usize..256,
        ) {
            let stored = store(size);
            let index = index.index(usize::try_from(size).unwrap()) as u64;
            let head = head(&stored, size);
            let good = inclusion_proof(index, size, |node| read(&stored, node)).unwrap();
            let mut proof = good.clone();
            let at = at.index(proof.len());
            proof[at].0[bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(verify_inclusion(&head, index, &leaf(index), &proof), Err(ProofMismatch::Root));
            let short = &good[..good.len() - 1];
            prop_assert!(verify_inclusion(&head, index, &leaf(index), short).is_err());
            let long = [good.as_slice(), &[empty_root()]].concat();
            prop_assert!(verify_inclusion(&head, index, &leaf(index), &long).is_err());
        }

        #[test]
        fn any_proof_is_judged_without_a_panic(
            size in any::<u64>(), old in any::<u64>(), proof in prop::collection::vec(any::<[u8; 32]>(), 0..70),
        ) {
            let proof: Vec<Hash> = proof.into_iter().map(Hash).collect();
            let head = Head { size, root: empty_root() };
            let old_head = Head { size: old, root: Hash([7; 32]) };
            prop_assert!(verify_inclusion(&head, old, &empty_root(), &proof).is_err());
            prop_assert!(verify_consistency(&old_head, &head, &proof).is_err());
            let _ = stored_position(NodeId { level: proof.len() as u8, index: old });
        }
    }
}
