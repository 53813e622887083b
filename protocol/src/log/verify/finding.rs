//! What is wrong with a log, each with its place.

use crate::entry::EntryError;
use crate::log::Hash;
use crate::log::tile::{ContentError, Tile};
use crate::term::EntryIndex;

/// The most findings that a report lists; the rest are counted.
pub const MAX_FINDINGS: usize = 1_000;

/// One thing that is wrong with a log.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Finding {
    /// A bundle does not hold as many entries as the tree has there.
    #[error("`{bundle}` holds {found} entries instead of {}", bundle.width())]
    BundleCount {
        /// The bundle.
        bundle: Tile,
        /// How many entries it holds.
        found: u64,
    },
    /// A bundle cannot be cut into entries.
    #[error("`{bundle}` is malformed")]
    BundleMalformed {
        /// The bundle.
        bundle: Tile,
        /// What is wrong with it.
        cause: ContentError,
    },
    /// A bundle is gone that retention does not remove.
    #[error("`{bundle}` is missing")]
    BundleMissing {
        /// The bundle.
        bundle: Tile,
    },
    /// An entry does not have the form of an entry.
    #[error("entry {index} in `{bundle}` is refused: {cause}")]
    EntryRefused {
        /// The bundle.
        bundle: Tile,
        /// The entry.
        index: EntryIndex,
        /// Why.
        cause: EntryError,
    },
    /// An entry is not the one whose hash stands in the tree.
    #[error("entry {index} in `{bundle}` is not the one in the tree")]
    LeafDiffers {
        /// The bundle.
        bundle: Tile,
        /// The entry.
        index: EntryIndex,
    },
    /// A tile does not hash to what the tile above says of it.
    #[error("`{tile}` does not hash to what `{parent}` says at {position}")]
    NodeDiffers {
        /// The tile.
        tile: Tile,
        /// The tile above.
        parent: Tile,
        /// The hash's position in the tile above.
        position: u16,
    },
    /// An entry refers to itself or to a later one.
    #[error("entry {index} in `{bundle}` refers to {reference}, which is not earlier")]
    ReferenceAhead {
        /// The bundle.
        bundle: Tile,
        /// The entry.
        index: EntryIndex,
        /// What it refers to.
        reference: EntryIndex,
    },
    /// The tiles are whole and make another root than the signed one.
    #[error("tiles make the root {computed}, which is not the signed one")]
    RootDiffers {
        /// The root that they make.
        computed: Hash,
    },
    /// A log says in its middle that it succeeds another.
    #[error("entry {index} in `{bundle}` is a succession, which only entry 0 may be")]
    SuccessionMisplaced {
        /// The bundle.
        bundle: Tile,
        /// The entry.
        index: EntryIndex,
    },
    /// A tile does not hold its hashes.
    #[error("`{tile}` is malformed")]
    TileMalformed {
        /// The tile.
        tile: Tile,
        /// What is wrong with it.
        cause: ContentError,
    },
    /// A tile is gone; no tile may be.
    #[error("`{tile}` is missing")]
    TileMissing {
        /// The tile.
        tile: Tile,
    },
}

impl Finding {
    /// The permanent code of this kind of finding.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::BundleCount { .. } => "bundle.count",
            Self::BundleMalformed { .. } => "bundle.malformed",
            Self::BundleMissing { .. } => "bundle.missing",
            Self::EntryRefused { .. } => "entry.refused",
            Self::LeafDiffers { .. } => "entry.differs",
            Self::NodeDiffers { .. } => "tile.differs",
            Self::ReferenceAhead { .. } => "entry.reference-ahead",
            Self::RootDiffers { .. } => "root.differs",
            Self::SuccessionMisplaced { .. } => "entry.succession-misplaced",
            Self::TileMalformed { .. } => "tile.malformed",
            Self::TileMissing { .. } => "tile.missing",
        }
    }

    /// The tile or bundle that it speaks of; none for the root.
    pub const fn tile(&self) -> Option<Tile> {
        match self {
            Self::BundleCount { bundle, .. }
            | Self::BundleMalformed { bundle, .. }
            | Self::BundleMissing { bundle }
            | Self::EntryRefused { bundle, .. }
            | Self::LeafDiffers { bundle, .. }
            | Self::ReferenceAhead { bundle, .. }
            | Self::SuccessionMisplaced { bundle, .. } => Some(*bundle),
            Self::NodeDiffers { tile, .. }
            | Self::TileMalformed { tile, .. }
            | Self::TileMissing { tile } => Some(*tile),
            Self::RootDiffers { .. } => None,
        }
    }

    /// The entry that it speaks of, if it speaks of one.
    pub const fn index(&self) -> Option<EntryIndex> {
        match self {
            Self::EntryRefused { index, .. }
            | Self::LeafDiffers { index, .. }
            | Self::ReferenceAhead { index, .. }
            | Self::SuccessionMisplaced { index, .. } => Some(*index),
            Self::BundleCount { .. }
            | Self::BundleMalformed { .. }
            | Self::BundleMissing { .. }
            | Self::NodeDiffers { .. }
            | Self::RootDiffers { .. }
            | Self::TileMalformed { .. }
            | Self::TileMissing { .. } => None,
        }
    }
}
