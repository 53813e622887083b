//! What an append needs to read of the tree.

use pharmacy_protocol::log::Hash;
use pharmacy_protocol::log::tree::{self, Head, NodeId};
use pharmacy_protocol::term::EntryIndex;

use super::JournalError;
use super::view::stored_hash;
use crate::store::Reader;

/// The tree's head with the complete subtrees that make it up: all that an append needs to read.
#[derive(Clone, Debug)]
pub(super) struct Edge {
    pub(super) head: Head,
    peaks: Vec<(NodeId, Hash)>,
}

/// What was recorded and is to share a commit.
#[derive(Debug, Default)]
pub(super) struct Group {
    /// The tree with it; none before the first event.
    pub(super) edge: Option<Edge>,
    /// What was gathered before could not be committed.
    pub(super) is_lost: bool,
}

impl Edge {
    pub(super) fn load(reader: &Reader<'_>, head: Head) -> Result<Self, JournalError> {
        let peaks = tree::peaks(0..head.size)
            .map(|node| Ok((node, stored_hash(reader, node)?)))
            .collect::<Result<_, JournalError>>()?;
        Ok(Self { head, peaks })
    }

    /// The edge after one more leaf, and the nodes to be stored.
    pub(super) fn append(&self, leaf: Hash) -> Result<(Self, Vec<(NodeId, Hash)>), JournalError> {
        let index = self.head.size;
        let damaged = || JournalError::TreeDamaged(EntryIndex::new(index));
        let find = |nodes: &[(NodeId, Hash)], node: NodeId| {
            nodes
                .iter()
                .find(|(id, _)| *id == node)
                .map(|(_, hash)| *hash)
        };
        let completed = tree::complete(index, leaf, |node| {
            find(&self.peaks, node).ok_or_else(damaged)
        })?;
        let size = index.saturating_add(1);
        let peaks = tree::peaks(0..size)
            .map(|node| {
                let hash = find(&completed, node).or_else(|| find(&self.peaks, node));
                hash.map(|hash| (node, hash)).ok_or_else(damaged)
            })
            .collect::<Result<Vec<_>, _>>()?;
        let root = tree::fold_peaks(peaks.iter().map(|(_, hash)| *hash));
        Ok((
            Self {
                head: Head { size, root },
                peaks,
            },
            completed,
        ))
    }
}
