//! The frozen bytes in `testdata`: made again, and read as a stranger would.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use pharmacy_protocol::entry::PartRef;
use pharmacy_protocol::log::note::VerifierKey;
use pharmacy_protocol::log::tile::decode_bundle;
use pharmacy_protocol::log::{Proof, Succession};
use pharmacy_protocol::part::{self, Commitment, PartClass, Salt};
use pharmacy_protocol::{Entry, term::EntryIndex};

mod golden_log;

fn testdata() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata")
}

fn frozen(path: &str) -> Vec<u8> {
    std::fs::read(testdata().join(path)).unwrap()
}

fn walk(folder: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, found);
        } else {
            let below = path.strip_prefix(testdata()).unwrap();
            let parts: Vec<_> = below.iter().map(|part| part.to_str().unwrap()).collect();
            found.push(parts.join("/"));
        }
    }
}

#[test]
fn the_frozen_bytes_are_made_again() {
    let made = golden_log::golden(300).unwrap();
    for (path, bytes) in &made {
        assert!(frozen(path) == *bytes, "`{path}` differs from testdata");
    }
    let mut kept = Vec::new();
    walk(&testdata(), &mut kept);
    kept.retain(|path| path != ".gitattributes");
    kept.sort();
    assert_eq!(kept, made.into_keys().collect::<Vec<_>>());
}

/// The entries in the frozen bundles, through the decoder.
fn entries() -> Vec<Vec<u8>> {
    let bundles = ["log/tile/entries/000", "log/tile/entries/001.p/44"];
    let bundles: Vec<Vec<u8>> = bundles.iter().map(|path| frozen(path)).collect();
    let entries = bundles.iter().flat_map(|bundle| decode_bundle(bundle));
    entries.map(|entry| entry.unwrap().to_vec()).collect()
}

#[test]
fn every_frozen_part_is_the_one_committed_to() {
    let entries = entries();
    assert_eq!(entries.len(), 300);
    let mut checked = 0;
    for line in String::from_utf8(frozen("parts.jsonl")).unwrap().lines() {
        let json: serde_json::Value = serde_json::from_str(line).unwrap();
        let text = |name: &str| json[name].as_str().unwrap().to_owned();
        let class: PartClass = text("class").parse().unwrap();
        let commitment: Commitment = text("commitment").parse().unwrap();
        let salt: Commitment = text("salt").parse().unwrap();
        let salt = Salt::new(*salt.as_bytes());
        part::check(class, &salt, text("bytes").as_bytes(), &commitment).unwrap();

        let index = usize::try_from(json["entry"].as_u64().unwrap()).unwrap();
        let entry = Entry::parse(&entries[index]).unwrap();
        assert!(entry.parts.contains(&PartRef { class, commitment }));
        checked += 1;
    }
    let parts: usize = entries
        .iter()
        .map(|entry| Entry::parse(entry).unwrap().parts.len())
        .sum();
    assert_eq!(checked, parts);
}

#[test]
fn the_frozen_proof_proves_its_entry() {
    let vkey = String::from_utf8(frozen("log/vkey")).unwrap();
    let key = VerifierKey::parse(vkey.trim_end()).unwrap();
    let proof = Proof::parse(&frozen("entry.tlog-proof")).unwrap();
    assert_eq!(proof.index, EntryIndex::new(100));
    let entries = entries();
    assert_eq!(proof.verify(&entries[100], &key).unwrap().get().size, 300);
    assert!(proof.verify(&entries[101], &key).is_err());
    assert_eq!(proof.checkpoint.as_bytes(), frozen("log/checkpoint"));
}

#[test]
fn the_frozen_succession_opens_under_the_old_key() {
    let record = Succession::parse(&frozen("succession.json")).unwrap();
    let key = golden_log::key(record.old_origin.as_str()).unwrap();
    let old = record.open_checkpoint(key.verifier_key()).unwrap().unwrap();
    assert_eq!(old.get().size, 7);
    assert_ne!(record.old_origin.as_str(), golden_log::ORIGIN);
}
