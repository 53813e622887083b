//! Tiles and entry bundles: how a tree is cut into files that never change.
//!
//! ```text
//! tile/<L>/<N>[.p/<W>]        W hashes (256 without .p) of level 8·L, from node 256·N
//! tile/entries/<N>[.p/<W>]    W entries from leaf 256·N, each: u16 big endian length ‖ bytes
//! <N>  1234067 → x001/x234/067
//! ```
//! SPEC: C2SP tlog-tiles. Out of scope: reading and writing files, the older trees of a log
//! (a partial tile may be deleted once a wider one exists).

use std::fmt;
use std::iter;
use std::str::FromStr;

use super::tree::{MAX_SIZE, NodeId};
use super::{HASH_BYTES, Hash};

/// Hashes in a full tile, entries in a full bundle.
pub const WIDTH: u16 = 256;

/// Tree levels that one tile spans.
pub const HEIGHT: u8 = 8;

/// The longest entry that a bundle's length field can tell.
pub const MAX_BUNDLE_ENTRY_BYTES: usize = 65_535;

/// Tile levels that a tree of [`MAX_SIZE`] leaves needs.
pub const LEVELS: u8 = 8;

/// What a tile holds.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Content {
    /// The entries themselves: a bundle.
    Entries,
    /// Node hashes; tile level 0 holds leaf hashes.
    Hashes {
        /// Tile level: its hashes lie at tree level 8 × this.
        level: u8,
    },
}

/// One tile or bundle: what it holds, its place, and how much of it there is.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Tile {
    content: Content,
    index: u64,
    width: u16,
}

/// A path or place that no tile has.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum TileError {
    /// Level, index or width lies outside what trees of [`MAX_SIZE`] leaves have.
    #[error("no tree has such a tile")]
    Impossible,
    /// Not a tile path, or not its only spelling.
    #[error("not a tile path")]
    Path,
}

impl Tile {
    /// The tile at a place; `width` is 1 to 256, and 256 is a full one.
    pub fn new(content: Content, index: u64, width: u16) -> Result<Self, TileError> {
        let level = match content {
            Content::Entries => 0,
            Content::Hashes { level } => level,
        };
        let most = if level < LEVELS {
            MAX_SIZE >> (u32::from(level) * u32::from(HEIGHT))
        } else {
            0
        };
        let end = index
            .checked_mul(u64::from(WIDTH))
            .and_then(|start| start.checked_add(u64::from(width)));
        let is_possible = (1..=WIDTH).contains(&width) && end.is_some_and(|end| end <= most);
        if is_possible {
            Ok(Self {
                content,
                index,
                width,
            })
        } else {
            Err(TileError::Impossible)
        }
    }

    /// What it holds.
    pub fn content(&self) -> Content {
        self.content
    }

    /// Its number among the tiles of its kind and level.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// How many hashes or entries it holds.
    pub fn width(&self) -> u16 {
        self.width
    }

    /// Whether it holds all that it ever will.
    pub fn is_full(&self) -> bool {
        self.width == WIDTH
    }

    /// The full tile of the same place, which holds everything a partial one does.
    pub fn full(&self) -> Self {
        Self {
            width: WIDTH,
            ..*self
        }
    }

    /// The first node or leaf in it, counted at its own level.
    pub fn start(&self) -> u64 {
        self.index.saturating_mul(u64::from(WIDTH))
    }

    /// The nodes whose hashes it holds (of a bundle: the leaves), in order.
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = NodeId> + use<> {
        let level = match self.content {
            Content::Entries => 0,
            Content::Hashes { level } => level.saturating_mul(HEIGHT),
        };
        let start = self.start();
        (0..self.width).map(move |at| NodeId {
            level,
            index: start.saturating_add(at.into()),
        })
    }

    /// Its path below the log's prefix.
    pub fn path(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.content {
            Content::Entries => f.write_str("tile/entries/")?,
            Content::Hashes { level } => write!(f, "tile/{level}/")?,
        }
        write_index(f, self.index)?;
        if self.is_full() {
            Ok(())
        } else {
            write!(f, ".p/{}", self.width)
        }
    }
}

impl fmt::Debug for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Three digits a directory, so that none holds more than a few thousand files.
fn write_index(f: &mut fmt::Formatter<'_>, index: u64) -> fmt::Result {
    if index >= 1000 {
        write_group(f, index / 1000)?;
    }
    write!(f, "{:03}", index % 1000)
}

fn write_group(f: &mut fmt::Formatter<'_>, index: u64) -> fmt::Result {
    if index >= 1000 {
        write_group(f, index / 1000)?;
    }
    write!(f, "x{:03}/", index % 1000)
}

impl FromStr for Tile {
    type Err = TileError;
    fn from_str(path: &str) -> Result<Self, TileError> {
        let rest = path.strip_prefix("tile/").ok_or(TileError::Path)?;
        let (content, rest) = rest.split_once('/').ok_or(TileError::Path)?;
        let content = match content {
            "entries" => Content::Entries,
            level => Content::Hashes {
                level: level.parse().map_err(|_| TileError::Path)?,
            },
        };
        let (index, width) = match rest.split_once(".p/") {
            Some((index, width)) => (index, width.parse().map_err(|_| TileError::Path)?),
            None => (rest, WIDTH),
        };
        let index = index.split('/').try_fold(0_u64, |index, group| {
            let group = group.strip_prefix('x').unwrap_or(group);
            let group: u64 = group.parse().ok().filter(|group| *group < 1000)?;
            index.checked_mul(1000)?.checked_add(group)
        });
        let tile = Self::new(content, index.ok_or(TileError::Path)?, width)?;
        // One tile, one path: missing zeros, `+1` and `.p/256` are not second names.
        if tile.path() == path {
            Ok(tile)
        } else {
            Err(TileError::Path)
        }
    }
}

/// All hash tiles of a tree of `size` leaves, lowest level first, from left to right.
pub fn tiles(size: u64) -> impl Iterator<Item = Tile> {
    tiles_since(0, size)
}

/// The hash tiles that a tree of `size` leaves has and one of `old` leaves had not.
pub fn tiles_since(old: u64, size: u64) -> impl Iterator<Item = Tile> {
    (0..LEVELS).flat_map(move |level| {
        let shift = u32::from(level) * u32::from(HEIGHT);
        row(Content::Hashes { level }, old >> shift, size >> shift)
    })
}

/// All entry bundles of a tree of `size` leaves, from left to right.
pub fn bundles(size: u64) -> impl Iterator<Item = Tile> {
    bundles_since(0, size)
}

/// The bundles that a tree of `size` leaves has and one of `old` leaves had not.
pub fn bundles_since(old: u64, size: u64) -> impl Iterator<Item = Tile> {
    row(Content::Entries, old, size)
}

/// The tiles of one row that hold something beyond its first `old` hashes or entries.
fn row(content: Content, old: u64, size: u64) -> impl Iterator<Item = Tile> {
    let width = u64::from(WIDTH);
    let full = (old / width..size / width).map(move |index| (index, WIDTH));
    let partial = u16::try_from(size % width).unwrap_or(0);
    let partial = (partial > 0 && size > old).then_some((size / width, partial));
    full.chain(partial).map(move |(index, width)| Tile {
        content,
        index,
        width,
    })
}

/// Bytes that are no tile or bundle.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ContentError {
    /// The bytes end within an entry.
    #[error("bundle ends within an entry")]
    CutOff,
    /// An entry is longer than the length field can tell.
    #[error("entry of {bytes} bytes does not fit a bundle")]
    EntryTooLong {
        /// Its length.
        bytes: usize,
    },
    /// Not `width` hashes of 32 bytes.
    #[error("tile of {bytes} bytes does not hold {width} hashes")]
    HashTile {
        /// The bytes' length.
        bytes: usize,
        /// How many hashes were due.
        width: u16,
    },
}

/// The bundle of the given entries, in order.
pub fn encode_bundle<'a>(
    entries: impl IntoIterator<Item = &'a [u8]>,
) -> Result<Vec<u8>, ContentError> {
    let mut bundle = Vec::new();
    for entry in entries {
        let length = u16::try_from(entry.len())
            .map_err(|_| ContentError::EntryTooLong { bytes: entry.len() })?;
        bundle.extend_from_slice(&length.to_be_bytes());
        bundle.extend_from_slice(entry);
    }
    Ok(bundle)
}

/// The entries of a bundle, in order; ends after the first error.
pub fn decode_bundle(bundle: &[u8]) -> impl Iterator<Item = Result<&[u8], ContentError>> {
    let mut rest = bundle;
    iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let entry = split_entry(rest);
        rest = entry.map_or(&[], |(_, rest)| rest);
        Some(entry.map(|(entry, _)| entry).ok_or(ContentError::CutOff))
    })
}

fn split_entry(bundle: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bundle.split_first_chunk::<2>()?;
    rest.split_at_checked(u16::from_be_bytes(*length).into())
}

/// The bytes of a hash tile.
pub fn encode_hashes<'a>(hashes: impl IntoIterator<Item = &'a Hash>) -> Vec<u8> {
    let bytes = hashes.into_iter().flat_map(|hash| hash.as_bytes());
    bytes.copied().collect()
}

/// The hashes of a tile that should hold `width` of them.
pub fn decode_hashes(bytes: &[u8], width: u16) -> Result<Vec<Hash>, ContentError> {
    let (hashes, rest) = bytes.as_chunks::<HASH_BYTES>();
    if hashes.len() != usize::from(width) || !rest.is_empty() {
        let bytes = bytes.len();
        return Err(ContentError::HashTile { bytes, width });
    }
    Ok(hashes.iter().copied().map(Hash).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tile(level: u8, index: u64, width: u16) -> Tile {
        Tile::new(Content::Hashes { level }, index, width).unwrap()
    }

    #[test]
    fn paths_are_those_of_the_specification() {
        for (tile, path) in [
            (tile(0, 0, 256), "tile/0/000"),
            (tile(0, 273, 112), "tile/0/273.p/112"),
            (tile(1, 1_234_067, 256), "tile/1/x001/x234/067"),
            (tile(3, 1_000, 1), "tile/3/x001/000.p/1"),
            (
                Tile::new(Content::Entries, 1_234_067, 7).unwrap(),
                "tile/entries/x001/x234/067.p/7",
            ),
        ] {
            assert_eq!(tile.path(), path);
            assert_eq!(path.parse(), Ok(tile));
        }
    }

    #[test]
    fn refuses_second_names_and_impossible_places() {
        for path in [
            "tile/0/0",
            "tile/00/000",
            "tile/+0/000",
            "tile/0/000.p/256",
            "tile/0/000.p/0",
            "tile/0/000.p/01",
            "tile/0/000/067",
            "tile/0/x000/067",
            "tile/0/067/x001",
            "tile/0/1000",
            "tile/64/000",
            "tile/8/000",
            "tile/7/064",
            "tile/data/000",
            "tile/entries/",
            "tile/entries/000.p/1.p/1",
            "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
            "tile/0/../../checkpoint",
            "/tile/0/000",
            "",
        ] {
            assert!(path.parse::<Tile>().is_err(), "{path}");
        }
    }

    #[test]
    fn a_tree_has_the_tiles_of_the_specifications_example() {
        let all: Vec<Tile> = tiles(70_000).collect();
        assert_eq!(all.len(), 273 + 1 + 1 + 1 + 1);
        assert_eq!(
            all[272..].iter().map(Tile::path).collect::<Vec<_>>(),
            [
                "tile/0/272",
                "tile/0/273.p/112",
                "tile/1/000",
                "tile/1/001.p/17",
                "tile/2/000.p/1",
            ]
        );
        assert_eq!(bundles(70_000).count(), 274);
        assert_eq!(tiles(0).count(), 0);
        assert_eq!(
            tiles(256).map(|t| t.path()).collect::<Vec<_>>(),
            ["tile/0/000", "tile/1/000.p/1"]
        );
        assert!(tiles_since(70_000, 70_000).next().is_none());
    }

    #[test]
    fn a_bundle_cut_anywhere_is_noticed() {
        let bundle = encode_bundle([b"one".as_slice(), b"", b"three"]).unwrap();
        assert_eq!(bundle, b"\0\x03one\0\0\0\x05three");
        let ends = [0, 5, 7, 14];
        for length in 0..=bundle.len() {
            let read: Result<Vec<_>, _> = decode_bundle(&bundle[..length]).collect();
            assert_eq!(read.is_ok(), ends.contains(&length), "{length}");
        }
        let long = vec![0; MAX_BUNDLE_ENTRY_BYTES + 1];
        let error = ContentError::EntryTooLong { bytes: 65_536 };
        assert_eq!(encode_bundle([long.as_slice()]), Err(error));
        assert!(encode_bundle([&long[1..]]).is_ok());
    }

    #[test]
    fn a_tile_holds_exactly_its_width() {
        let bytes = encode_hashes(&[Hash([1; 32]), Hash([2; 32])]);
        assert_eq!(decode_hashes(&bytes, 2).unwrap()[1], Hash([2; 32]));
        for (length, width) in [(64, 1), (64, 3), (63, 2), (65, 2)] {
            let bytes = vec![0; length];
            assert!(decode_hashes(&bytes, width).is_err());
        }
    }

    proptest! {
        #[test]
        fn paths_round_trip(entries in any::<bool>(), level in 0_u8..3, index in 0_u64..1 << 36, width in 1_u16..=256) {
            let content = if entries { Content::Entries } else { Content::Hashes { level } };
            let tile = Tile::new(content, index, width).unwrap();
            prop_assert_eq!(tile.path().parse(), Ok(tile));
        }

        #[test]
        fn paths_are_those_of_tlog_tiles_without_its_height(level in 0_u8..3, index in 0_u64..1 << 36, width in 1_u16..=256) {
            let theirs = tlog_tiles::tile::Tile::new(8, level, index, width.into(), false).path();
            prop_assert_eq!(tile(level, index, width).path(), theirs.replacen("tile/8/", "tile/", 1));
        }

        #[test]
        fn tiles_are_those_of_tlog_tiles(old in 0_u64..200_000, more in 0_u64..200_000) {
            let ours: Vec<String> = tiles_since(old, old + more).map(|tile| tile.path()).collect();
            let theirs = tlog_tiles::tile::Tile::new_tiles(8, old, old + more);
            let theirs: Vec<String> = theirs.iter().map(|t| t.path().replacen("tile/8/", "tile/", 1)).collect();
            prop_assert_eq!(ours, theirs);
        }

        #[test]
        fn any_path_is_read_or_refused(path in "(tile/)?[0-9a-z./+]{0,30}") {
            if let Ok(tile) = path.parse::<Tile>() {
                prop_assert_eq!(tile.path(), path);
            }
        }

        #[test]
        fn bundles_round_trip(entries in prop::collection::vec(any::<Vec<u8>>(), 0..20)) {
            let bundle = encode_bundle(entries.iter().map(Vec::as_slice)).unwrap();
            let read: Vec<&[u8]> = decode_bundle(&bundle).collect::<Result<_, _>>().unwrap();
            prop_assert_eq!(read, entries);
        }

        #[test]
        fn any_bytes_are_a_bundle_or_refused(bytes in any::<Vec<u8>>()) {
            let read: Result<Vec<&[u8]>, _> = decode_bundle(&bytes).collect();
            if let Ok(entries) = read {
                prop_assert_eq!(encode_bundle(entries).unwrap(), bytes);
            }
        }
    }
}
