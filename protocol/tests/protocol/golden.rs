//! The frozen bytes in `testdata`: made again, and read as a stranger would.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use base64::prelude::{BASE64_STANDARD, Engine};
use pharmacy_protocol::act::{Act, ActKind, SignedAct, StaffKey};
use pharmacy_protocol::entry::PartRef;
use pharmacy_protocol::log::note::VerifierKey;
use pharmacy_protocol::log::tile::decode_bundle;
use pharmacy_protocol::log::{Proof, Succession};
use pharmacy_protocol::part::{self, Commitment, PartClass, Salt};
use pharmacy_protocol::slip::SlipProof;
use pharmacy_protocol::{Entry, term::EntryIndex};
use ring::signature::{ED25519, UnparsedPublicKey};
use tlog_tiles::tile::{self, TileReader};
use tlog_tiles::tlog::{self, HashReader};

use crate::golden_log;

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
    // Records are frozen apart (`record`).
    kept.retain(|path| path != ".gitattributes" && !path.starts_with("record/"));
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
fn the_frozen_slip_proves_its_list() {
    let text = String::from_utf8(frozen("slip.txt")).unwrap();
    let slip = SlipProof::parse(&text).unwrap();
    assert_eq!(slip.index(), EntryIndex::new(golden_log::SLIP_ENTRY));
    let key = golden_log::key(golden_log::ORIGIN).unwrap();
    let list = frozen("slip-list.json");
    let listed = slip.verify(&list, key.verifier_key()).unwrap();
    assert_eq!(listed.get().checkpoint.size, 300);
    // As tlog-proof it proves the entry that stands in the frozen log.
    let proof = slip.to_proof().unwrap();
    let entry = &entries()[267];
    assert_eq!(&slip.entry_bytes(), entry);
    proof.verify(entry, key.verifier_key()).unwrap();
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

#[test]
fn the_frozen_act_is_verified_from_its_bytes_alone() {
    let signed = SignedAct::parse(&frozen("act.json")).unwrap();
    let key = StaffKey::of_seed(&golden_log::staff_seed()).unwrap();
    let act = signed.verify(&"S01".parse().unwrap(), &key).unwrap();
    assert_eq!(act.get().kind, ActKind::Release);
    assert_eq!(act.get().log.as_str(), golden_log::ORIGIN);

    // As a stranger would: two fields with their lengths, and the signature over both.
    let json: serde_json::Value = serde_json::from_slice(&frozen("act.json")).unwrap();
    let text = json["act"].as_str().unwrap();
    let field = |bytes: &[u8]| [&(bytes.len() as u64).to_be_bytes()[..], bytes].concat();
    let message = [field(b"pharmacy/act/v1"), field(text.as_bytes())].concat();
    let decode = |name: &str| {
        BASE64_STANDARD
            .decode(json[name].as_str().unwrap())
            .unwrap()
    };
    let public = UnparsedPublicKey::new(&ED25519, decode("key"));
    public.verify(&message, &decode("signature")).unwrap();
}

/// The frozen log as another implementation reads it: its paths have the tile's height in them.
struct Oracle;

impl TileReader for Oracle {
    fn height(&self) -> u8 {
        8
    }

    fn read_tiles(&self, tiles: &[tile::Tile]) -> Result<Vec<Vec<u8>>, tlog::Error> {
        let path = |tile: &tile::Tile| tile.path().replacen("tile/8/", "log/tile/", 1);
        Ok(tiles.iter().map(|tile| frozen(&path(tile))).collect())
    }

    fn save_tiles(&self, _: &[tile::Tile], _: &[Vec<u8>]) {}
}

#[test]
fn other_implementations_read_the_frozen_log() {
    let vkey = String::from_utf8(frozen("log/vkey")).unwrap();
    let verifier = signed_note::StandardVerifier::new(vkey.trim_end()).unwrap();
    let known = signed_note::VerifierList::new(vec![Box::new(verifier)]);
    let note = signed_note::Note::from_bytes(&frozen("log/checkpoint")).unwrap();
    assert_eq!(note.verify(&known).unwrap().0.len(), 1);

    let checkpoint = tlog_tiles::checkpoint::Checkpoint::from_bytes(note.text()).unwrap();
    assert_eq!(checkpoint.origin(), golden_log::ORIGIN);
    let nodes = tile::TileHashReader::new(checkpoint.size(), *checkpoint.hash(), &Oracle);
    let entries = entries();
    let indexes: Vec<u64> = (0..300).map(|at| tlog::stored_hash_index(0, at)).collect();
    let leaves = nodes.read_hashes(&indexes).unwrap();
    for (entry, leaf) in entries.iter().zip(leaves) {
        assert_eq!(tlog::record_hash(entry), leaf);
    }
    let proof = Proof::parse(&frozen("entry.tlog-proof")).unwrap();
    let hashes: Vec<tlog::Hash> = proof.hashes.iter().map(|hash| tlog::Hash(hash.0)).collect();
    let leaf = tlog::record_hash(&entries[100]);
    tlog::check_record(&hashes, 300, *checkpoint.hash(), 100, leaf).unwrap();
}

#[test]
fn the_examples_in_the_specification_are_read() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("spec/records.md");
    let page = std::fs::read_to_string(page).unwrap().replace("\r\n", "\n");
    let blocks = page.split("```json\n").skip(1);
    let examples: Vec<&str> = blocks.filter_map(|block| block.lines().next()).collect();
    let [entry, succession, signed, act] = examples[..] else {
        panic!("records.md has {} examples", examples.len());
    };
    assert_eq!(Entry::parse(entry.as_bytes()).unwrap().refs.len(), 2);
    let record = Succession::parse(succession.as_bytes()).unwrap();
    assert_eq!(record.old_origin.till().as_str(), "01");
    assert_eq!(signed.as_bytes(), frozen("act.json"));
    let signed = SignedAct::parse(signed.as_bytes()).unwrap();
    let verified = signed
        .verify(&"S01".parse().unwrap(), signed.key())
        .unwrap();
    assert_eq!(*verified.get(), Act::parse(act).unwrap());
}
