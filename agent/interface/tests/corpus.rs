//! The fuzz targets over their corpus: what a fuzzing run found stays found.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

#[path = "../../../tests/fuzz/src/lib.rs"]
mod targets;

use pharmacy_interface::{Answer, Request, infno_of};
use proptest::prelude::*;
use targets::TARGETS;

/// Every seed by its target's folder, its name and its bytes.
fn seeds() -> Vec<(String, String, Vec<u8>)> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fuzz/corpus");
    let mut seeds = Vec::new();
    for folder in fs::read_dir(corpus).unwrap() {
        let folder = folder.unwrap().path();
        let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
        for file in fs::read_dir(&folder).unwrap() {
            let file = file.unwrap().path();
            seeds.push((name(&folder), name(&file), fs::read(&file).unwrap()));
        }
    }
    seeds
}

#[test]
fn every_seed_holds_in_every_target() {
    let seeds = seeds();
    assert!(seeds.len() >= 50, "{} seeds", seeds.len());
    for (_, _, bytes) in &seeds {
        for (_, target) in TARGETS {
            target(bytes);
            // Cut off anywhere, as a connection may be.
            for end in (0..bytes.len()).step_by(7) {
                target(&bytes[..end]);
            }
        }
    }
}

#[test]
fn every_target_has_seeds_and_every_folder_a_target() {
    let folders: BTreeSet<String> = seeds().into_iter().map(|(folder, _, _)| folder).collect();
    let targets: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(folders, targets);
}

proptest! {
    #[test]
    fn any_bytes_hold_in_every_target(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        for (_, target) in TARGETS {
            target(&bytes);
        }
    }

    #[test]
    fn damaged_seeds_hold_in_every_target(
        which in any::<proptest::sample::Index>(),
        at in any::<proptest::sample::Index>(),
        gone in 0_usize..20,
        new in "[\\[\\]{}\",:0-9a-z\\\\]{0,12}|\\PC{0,6}",
    ) {
        let seeds = seeds();
        let mut bytes = which.get(&seeds).2.clone();
        let from = at.index(bytes.len() + 1);
        let to = (from + gone).min(bytes.len());
        bytes.splice(from..to, new.bytes());
        for (_, target) in TARGETS {
            target(&bytes);
        }
    }
}

/// Seeds that are broken on purpose.
const BROKEN: [&str; 6] = [
    "2102-twice.json",
    // Which packs came back, it says twice and differently.
    "3506-misnamed.json",
    "cut-off.json",
    "deep.json",
    "named-twice.json",
    "no-json.txt",
];

/// A corpus whose messages nobody can read would show nothing.
#[test]
fn seeds_are_read_unless_they_are_broken_on_purpose() {
    let mut read = 0;
    for (folder, name, bytes) in seeds() {
        let is_read = match folder.as_str() {
            "answer" => Answer::parse(&bytes).is_ok(),
            "inventory" | "request" | "settlement" => Request::parse(&bytes).is_ok(),
            "slip" | "trace_code" | "with_warning" => continue,
            other => panic!("{other}"),
        };
        assert_eq!(is_read, !BROKEN.contains(&name.as_str()), "{folder}/{name}");
        read += usize::from(is_read);
        if folder == "settlement" {
            // Even of a broken settlement the call is known.
            assert!(infno_of(&bytes).is_some(), "{name}");
        }
    }
    assert!(read >= 30, "{read} seeds read");
}
