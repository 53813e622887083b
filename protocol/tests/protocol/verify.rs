//! Whole logs, good and bad, in memory.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::num::NonZeroUsize;
use std::sync::LazyLock;

use pharmacy_protocol::Verified;
use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::log::checkpoint::{self, CheckpointError};
use pharmacy_protocol::log::note::{SigningKey, VerifierKey};
use pharmacy_protocol::log::tile::{Content, Tile, decode_bundle, encode_bundle};
use pharmacy_protocol::log::tree::{NodeId, ProofMismatch};
use pharmacy_protocol::log::verify::{
    ConsistencyError, Finding, MAX_FINDINGS, NodeReadError, Report, Scope, TileNodes, Tree,
    VerifyError, check_consistency, verify,
};
use pharmacy_protocol::log::{Checkpoint, leaf_hash};
use pharmacy_protocol::term::EntryIndex;

use crate::golden_log::{self, Files, ORIGIN, golden};

/// A log with three levels of tiles; made once, it takes a while.
static TALL: LazyLock<Files> = LazyLock::new(|| golden(66_000).unwrap());

struct Memory<'a>(&'a Files);

impl Tree for Memory<'_> {
    type Error = Infallible;
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, Infallible> {
        Ok(self.0.get(&format!("log/{path}")).cloned())
    }
}

fn log_of(size: u64) -> Files {
    match size {
        66_000 => TALL.clone(),
        _ => golden(size).unwrap(),
    }
}

fn key() -> SigningKey {
    golden_log::key(ORIGIN).unwrap()
}

fn scope(threads: usize, minimum_index: u64) -> Scope {
    Scope {
        minimum_index,
        threads: NonZeroUsize::new(threads).unwrap(),
    }
}

fn run(files: &Files) -> Report {
    verify(&Memory(files), key().verifier_key(), &scope(2, 0)).unwrap()
}

fn leaf_tile(index: u64, width: u16) -> Tile {
    Tile::new(Content::Hashes { level: 0 }, index, width).unwrap()
}

fn bundle(index: u64, width: u16) -> Tile {
    Tile::new(Content::Entries, index, width).unwrap()
}

fn change(files: &mut Files, path: &str, at: usize) {
    files.get_mut(path).unwrap()[at] ^= 0x01;
}

#[test]
fn good_logs_of_many_sizes_are_clean() {
    for size in [0, 1, 2, 255, 256, 257, 300, 511, 512, 66_000] {
        let files = log_of(size);
        for threads in [1, 3] {
            let tree = Memory(&files);
            let report = verify(&tree, key().verifier_key(), &scope(threads, 0)).unwrap();
            assert_eq!(report.findings, [], "{size}");
            assert!(report.is_clean());
            assert_eq!(report.kinds.total(), size);
            assert_eq!(report.kinds.of(EntryKind::Succession), size.min(1));
            assert_eq!(report.first_at_ms, (size > 0).then_some(1_764_000_000_000));
            let last = i64::try_from(size).unwrap() - 1;
            let last = 1_764_000_000_000 + last * 61_007;
            assert_eq!(report.last_at_ms, (size > 0).then_some(last));
        }
    }
}

#[test]
fn a_flipped_byte_anywhere_is_found_where_it_is() {
    let good = golden(600).unwrap();
    for (path, bytes) in good
        .iter()
        .filter(|(path, _)| path.starts_with("log/tile/"))
    {
        for at in (0..bytes.len()).step_by(bytes.len() / 7 + 1) {
            let mut files = good.clone();
            change(&mut files, path, at);
            let report = run(&files);
            let tile: Tile = path.strip_prefix("log/").unwrap().parse().unwrap();
            let found = report.findings.iter().any(|finding| match tile.content() {
                Content::Entries => finding.tile() == Some(tile),
                Content::Hashes { .. } => matches!(
                    finding,
                    Finding::NodeDiffers { .. }
                        | Finding::LeafDiffers { .. }
                        | Finding::RootDiffers { .. }
                ),
            });
            assert!(found, "{path} at {at}: {:?}", report.findings);
        }
    }
}

#[test]
fn names_the_entry_that_was_exchanged() {
    let mut files = golden(600).unwrap();
    let path = "log/tile/entries/001";
    let bytes = files.get(path).unwrap().clone();
    let mut entries: Vec<&[u8]> = decode_bundle(&bytes).map(Result::unwrap).collect();
    let (other, place) = (entries[6], 5);
    entries[place] = other;
    files.insert(path.into(), encode_bundle(entries).unwrap());
    let index = EntryIndex::new(256 + 5);
    let bundle = bundle(1, 256);
    assert_eq!(
        run(&files).findings,
        [Finding::LeafDiffers { bundle, index }]
    );
}

#[test]
fn names_the_tile_that_was_exchanged() {
    let mut files = golden(600).unwrap();
    change(&mut files, "log/tile/0/001", 5 * 32);
    let (bundle, index) = (bundle(1, 256), EntryIndex::new(256 + 5));
    let parent = Tile::new(Content::Hashes { level: 1 }, 0, 2).unwrap();
    let expected = [
        Finding::LeafDiffers { bundle, index },
        Finding::NodeDiffers {
            tile: leaf_tile(1, 256),
            parent,
            position: 1,
        },
    ];
    assert_eq!(run(&files).findings, expected);
}

#[test]
fn a_tile_gone_is_found_and_nothing_else_is() {
    let good = TALL.clone();
    for path in [
        "tile/0/000",
        "tile/0/257.p/208",
        "tile/1/000",
        "tile/1/001.p/1",
        "tile/2/000.p/1",
        "tile/entries/256",
        "tile/entries/257.p/208",
    ] {
        let mut files = good.clone();
        assert!(files.remove(&format!("log/{path}")).is_some(), "{path}");
        let tile: Tile = path.parse().unwrap();
        let expected = match tile.content() {
            Content::Entries => Finding::BundleMissing { bundle: tile },
            Content::Hashes { .. } => Finding::TileMissing { tile },
        };
        assert_eq!(run(&files).findings, [expected], "{path}");
    }
}

#[test]
fn a_tile_or_bundle_cut_short_is_found() {
    let good = golden(600).unwrap();
    for (path, bytes) in good
        .iter()
        .filter(|(path, _)| path.starts_with("log/tile/"))
    {
        for length in [0, bytes.len() - 1, bytes.len() - 32] {
            let mut files = good.clone();
            files.insert(path.clone(), bytes[..length].to_vec());
            let codes: BTreeSet<&str> = run(&files).findings.iter().map(Finding::code).collect();
            let expected = if path.contains("entries") {
                "bundle."
            } else {
                "tile.malformed"
            };
            assert!(
                codes.iter().any(|code| code.starts_with(expected)),
                "{path}: {codes:?}"
            );
        }
        let mut files = good.clone();
        files.get_mut(path).unwrap().push(0);
        assert!(!run(&files).is_clean(), "{path}");
    }
}

#[test]
fn leaves_and_bundle_gone_together_leave_no_false_root() {
    let mut files = golden(600).unwrap();
    files.remove("log/tile/0/001");
    files.remove("log/tile/entries/001");
    let (tile, bundle) = (leaf_tile(1, 256), bundle(1, 256));
    let expected = [
        Finding::TileMissing { tile },
        Finding::BundleMissing { bundle },
    ];
    assert_eq!(run(&files).findings, expected);
}

#[test]
fn a_full_tile_serves_for_the_partial_one_it_replaced() {
    let (mut files, grown) = (golden(300).unwrap(), golden(600).unwrap());
    for name in ["log/tile/0/001", "log/tile/entries/001"] {
        assert!(files.remove(&format!("{name}.p/44")).is_some());
        files.insert(name.into(), grown.get(name).unwrap().clone());
    }
    let report = run(&files);
    assert_eq!(
        (report.findings.as_slice(), report.kinds.total()),
        (&[][..], 300)
    );
}

#[test]
fn pruned_bundles_are_counted_up_to_the_minimum_index() {
    let mut files = golden(1_000).unwrap();
    files.remove("log/tile/entries/000");
    files.remove("log/tile/entries/001");
    let tree = Memory(&files);
    let with = |minimum| verify(&tree, key().verifier_key(), &scope(2, minimum)).unwrap();
    let report = with(512);
    assert!(report.is_clean());
    assert_eq!((report.pruned_bundles, report.kinds.total()), (2, 488));
    let bundle = bundle(1, 256);
    assert_eq!(with(511).findings, [Finding::BundleMissing { bundle }]);
}

/// Signs the golden tree of `size` entries anew, as its key's holder could.
fn sign_anew(files: &mut Files, edit: impl Fn(&mut Checkpoint)) {
    let note = files.get("log/checkpoint").unwrap();
    let opened = checkpoint::open(note, key().verifier_key()).unwrap();
    let mut claim = opened.into_inner();
    edit(&mut claim);
    files.insert("log/checkpoint".into(), claim.sign(&key()).unwrap().into());
}

#[test]
fn a_tree_that_is_not_the_signed_one_is_found() {
    let mut files = golden(600).unwrap();
    sign_anew(&mut files, |claim| claim.root = leaf_hash(b"other"));
    let findings = run(&files).findings;
    assert!(
        matches!(findings[..], [Finding::RootDiffers { .. }]),
        "{findings:?}"
    );

    let mut files = golden(600).unwrap();
    sign_anew(&mut files, |claim| claim.size = 601);
    assert!(!run(&files).is_clean());
}

#[test]
fn a_claim_of_enormous_size_is_answered_in_bounded_memory() {
    // Every bundle is missing: the list stops, the count goes on.
    let mut files = golden(1).unwrap();
    sign_anew(&mut files, |claim| claim.size = 400_000);
    let report = run(&files);
    assert_eq!(report.findings.len(), MAX_FINDINGS);
    assert!(report.unlisted_findings > 1_500);
}

#[test]
fn what_entries_say_of_each_other_is_checked() {
    let mut files = golden(3).unwrap();
    let path = "log/tile/entries/000.p/3";
    let bytes = files.get(path).unwrap().clone();
    let entries: Vec<&[u8]> = decode_bundle(&bytes).map(Result::unwrap).collect();
    let ahead = String::from_utf8(entries[1].to_vec()).unwrap();
    let ahead = ahead.replace(r#""refs":[]"#, r#""refs":[0,1]"#);
    let other = [ahead.as_bytes(), entries[0], b"{}"];
    files.insert(path.into(), encode_bundle(other).unwrap());
    let codes: BTreeSet<&str> = run(&files).findings.iter().map(Finding::code).collect();
    let expected = [
        "entry.differs",
        "entry.reference-ahead",
        "entry.refused",
        "entry.succession-misplaced",
    ];
    assert_eq!(codes, BTreeSet::from(expected));
}

#[test]
fn a_checkpoint_that_cannot_be_believed_ends_it() {
    let good = golden(300).unwrap();
    let note = good.get("log/checkpoint").unwrap();
    for at in 0..note.len() {
        let mut files = good.clone();
        change(&mut files, "log/checkpoint", at);
        let tree = Memory(&files);
        let refused = verify(&tree, key().verifier_key(), &scope(2, 0));
        assert!(matches!(refused, Err(VerifyError::Checkpoint(_))), "{at}");
    }
    let other = VerifierKey::new(ORIGIN, [9; 32]).unwrap();
    let refused = verify(&Memory(&good), &other, &scope(2, 0));
    assert!(matches!(
        refused,
        Err(VerifyError::Checkpoint(CheckpointError::Note(_)))
    ));
    let refused = verify(&Memory(&Files::new()), &other, &scope(2, 0));
    assert_eq!(refused, Err(VerifyError::NoCheckpoint));
}

fn checkpoint_of(files: &Files, path: &str) -> Verified<Checkpoint> {
    checkpoint::open(files.get(path).unwrap(), key().verifier_key()).unwrap()
}

#[test]
fn an_older_checkpoint_of_the_same_log_fits() {
    let sizes = [0, 1, 2, 255, 256, 300, 511, 600, 66_000];
    let all: Vec<Files> = sizes.into_iter().map(log_of).collect();
    for (at, new) in all.iter().enumerate() {
        for old in &all[..=at] {
            let old = checkpoint_of(old, "log/checkpoint");
            let head = checkpoint_of(new, "log/checkpoint");
            assert_eq!(check_consistency(&Memory(new), &old, &head), Ok(()));
        }
    }
}

#[test]
fn an_older_checkpoint_that_does_not_fit_is_found() {
    let files = golden(300).unwrap();
    let new = checkpoint_of(&files, "log/checkpoint");
    let tree = Memory(&files);
    let with = |edit: &dyn Fn(&mut Checkpoint)| {
        let mut other = files.clone();
        sign_anew(&mut other, edit);
        check_consistency(&tree, &checkpoint_of(&other, "log/checkpoint"), &new)
    };
    let forked = with(&|claim| claim.root = leaf_hash(b"other"));
    assert_eq!(
        forked,
        Err(ConsistencyError::Forked(ProofMismatch::OldRoot))
    );
    let forked = with(&|claim| claim.size = 299);
    assert_eq!(
        forked,
        Err(ConsistencyError::Forked(ProofMismatch::OldRoot))
    );
    let shrunk = with(&|claim| claim.size = 301);
    assert_eq!(
        shrunk,
        Err(ConsistencyError::Shrunk {
            old: 301,
            size: 300
        })
    );

    let record = pharmacy_protocol::log::Succession::parse(files.get("succession.json").unwrap());
    let record = record.unwrap();
    let old_key = golden_log::key(record.old_origin.as_str()).unwrap();
    let other = record
        .open_checkpoint(old_key.verifier_key())
        .unwrap()
        .unwrap();
    let refused = check_consistency(&tree, &other, &new);
    assert_eq!(refused, Err(ConsistencyError::OtherLog));

    let old = checkpoint_of(&files, "old-checkpoint");
    let mut files = files.clone();
    files.remove("log/tile/0/000");
    let refused = check_consistency(&Memory(&files), &old, &new);
    let cause = NodeReadError::Finding(Finding::TileMissing {
        tile: leaf_tile(0, 256),
    });
    assert_eq!(refused, Err(ConsistencyError::Unreadable(cause)));
}

#[test]
fn static_tiles_give_every_node_and_none_beyond() {
    let files = golden(600).unwrap();
    let tree = Memory(&files);
    let nodes = TileNodes::new(&tree, 600);
    for level in 0..9_u8 {
        for index in 0..600_u64 >> level {
            assert!(
                nodes.read(NodeId { level, index }).is_ok(),
                "{level} {index}"
            );
        }
        let index = 600 >> level;
        let beyond = nodes.read(NodeId { level, index });
        assert_eq!(beyond, Err(NodeReadError::Outside), "{level}");
    }
    for (level, index) in [(63, u64::MAX), (255, 1), (0, u64::MAX)] {
        let beyond = nodes.read(NodeId { level, index });
        assert_eq!(beyond, Err(NodeReadError::Outside));
    }
}
