//! A log whose every byte is fixed: the example `golden` writes it, the tests compare it.
//!
//! All names, numbers and keys in it are made up.

use std::collections::BTreeMap;
use std::error::Error;

use pharmacy_protocol::act::{Act, ActKind, ActPlace, Occasion, SignedAct};
use pharmacy_protocol::entry::{EntryKind, PartRef};
use pharmacy_protocol::log::note::SigningKey;
use pharmacy_protocol::log::succession::SuccessionReason;
use pharmacy_protocol::log::tile::{self, encode_bundle, encode_hashes};
use pharmacy_protocol::log::tree::{self, NodeId};
use pharmacy_protocol::log::{Checkpoint, Hash, Proof, Succession, leaf_hash};
use pharmacy_protocol::part::{self, PartClass, Salt};
use pharmacy_protocol::slip::SlipProof;
use pharmacy_protocol::term::EntryIndex;
use pharmacy_protocol::{Entry, Secret};

/// The golden log's origin.
pub const ORIGIN: &str = "440300.P44030000001/01/0123456789abcdef";

/// The log that the golden log succeeds.
const OLD_ORIGIN: &str = "440300.P44030000001/01/fedcba9876543210";

/// Why the golden log could not be made.
type Failure = Box<dyn Error>;

/// Files by their paths, `/` between the parts.
pub type Files = BTreeMap<String, Vec<u8>>;

/// The key that signs it; public, since a golden log proves nothing.
pub fn key(origin: &str) -> Result<SigningKey, Failure> {
    let seed = *b"golden seed, known to all, 32 B.";
    Ok(SigningKey::from_seed(origin, &Secret::new(seed))?)
}

/// The golden log of `count` entries: the tree below `log/`, and what goes with it.
pub fn golden(count: u64) -> Result<Files, Failure> {
    let mut stored: Vec<Hash> = Vec::new();
    let mut entries = Vec::new();
    let mut parts = Vec::new();
    for index in 0..count {
        let (entry, opened) = entry(index)?;
        parts.extend(opened);
        let bytes = entry.serialize();
        let leaf = leaf_hash(&bytes);
        let completed = tree::complete(index, leaf, |node| node_at(&stored, node))?;
        stored.extend(completed.into_iter().map(|(_, hash)| hash));
        entries.push(bytes);
    }
    let mut files = tree_files(count, &entries, &stored)?;
    let old = checkpoint(count / 2, &stored)?;
    files.insert("old-checkpoint".into(), old.into());
    if count > 0 {
        let proof = proof(count / 3, count, &stored)?;
        files.insert("entry.tlog-proof".into(), proof.serialize().into());
    }
    if count > SLIP_ENTRY {
        files.extend(slip(count, &entries, &stored)?);
    }
    files.insert("parts.jsonl".into(), parts.concat().into());
    files.insert("act.json".into(), act()?.serialize());
    files.insert("succession.json".into(), succession()?.serialize());
    Ok(files)
}

/// An act that the golden member of staff signed.
fn act() -> Result<SignedAct, Failure> {
    let occasion = Occasion {
        log: ORIGIN.parse()?,
        at_ms: 1_764_000_000_123,
        place: ActPlace::Till,
        till: Some("01".parse()?),
    };
    let mut act = Act::new(ActKind::Release, "S01".parse()?, occasion);
    act.sale = Some("0123456789abcdef-7".parse()?);
    act.about = vec![EntryIndex::new(12), EntryIndex::new(13)];
    act.what = serde_json::json!({"line": 1, "rule": "quantity.exceeds-days"});
    act.reason = Some("长途出差 \"两周\"".into());
    Ok(SignedAct::sign(&act, &staff_seed())?)
}

/// The golden member of staff's seed; public, since a golden act proves nothing.
pub fn staff_seed() -> Secret<[u8; 32]> {
    Secret::new(*b"golden staff, known to all, 32 B")
}

/// The entry of the golden slip: it has a part of every class.
pub const SLIP_ENTRY: u64 = 267;

/// A slip's proof and the list that it proves.
fn slip(count: u64, entries: &[Vec<u8>], stored: &[Hash]) -> Result<Files, Failure> {
    let entry = entries.get(usize::try_from(SLIP_ENTRY)?);
    let entry = entry.ok_or("no such entry")?;
    let proof = proof(SLIP_ENTRY, count, stored)?;
    let salt = Salt::new(salt(SLIP_ENTRY, PartClass::List));
    let slip = SlipProof::new(salt, entry, &proof, key(ORIGIN)?.verifier_key())?;
    Ok(Files::from([
        (
            "slip-list.json".into(),
            part_bytes(SLIP_ENTRY, PartClass::List),
        ),
        ("slip.txt".into(), slip.serialize().into()),
    ]))
}

fn salt(index: u64, class: PartClass) -> [u8; 32] {
    *leaf_hash(format!("golden salt {index} {class}").as_bytes()).as_bytes()
}

fn part_bytes(index: u64, class: PartClass) -> Vec<u8> {
    format!(r#"{{"golden":{index},"class":"{class}","text":"批号 ①"}}"#).into()
}

fn proof(index: u64, count: u64, stored: &[Hash]) -> Result<Proof, Failure> {
    Ok(Proof {
        extra: None,
        index: EntryIndex::new(index),
        hashes: tree::inclusion_proof(index, count, |node| node_at(stored, node))?,
        checkpoint: checkpoint(count, stored)?,
    })
}

fn tree_files(count: u64, entries: &[Vec<u8>], stored: &[Hash]) -> Result<Files, Failure> {
    let mut files = Files::new();
    for tile in tile::tiles(count) {
        let hashes = tile.nodes().map(|node| node_at(stored, node));
        let hashes: Vec<Hash> = hashes.collect::<Result<_, _>>()?;
        files.insert(format!("log/{tile}"), encode_hashes(&hashes));
    }
    for bundle in tile::bundles(count) {
        let start = usize::try_from(bundle.start())?;
        let width = usize::from(bundle.width());
        let entries = entries.iter().skip(start).take(width);
        let bytes = encode_bundle(entries.map(Vec::as_slice))?;
        files.insert(format!("log/{bundle}"), bytes);
    }
    let vkey = format!("{}\n", key(ORIGIN)?.verifier_key().serialize());
    files.insert("log/vkey".into(), vkey.into());
    let note = checkpoint(count, stored)?;
    files.insert("log/checkpoint".into(), note.into());
    Ok(files)
}

fn checkpoint(size: u64, stored: &[Hash]) -> Result<String, Failure> {
    let checkpoint = Checkpoint {
        origin: ORIGIN.parse()?,
        size,
        root: tree::root(size, |node| node_at(stored, node))?,
    };
    Ok(checkpoint.sign(&key(ORIGIN)?)?)
}

/// A node that the tree asked for before it was complete.
#[derive(Debug, thiserror::Error)]
#[error("node is not stored")]
struct NotStored;

fn node_at(stored: &[Hash], node: NodeId) -> Result<Hash, NotStored> {
    let at = usize::try_from(tree::stored_position(node)).map_err(|_| NotStored)?;
    stored.get(at).copied().ok_or(NotStored)
}

/// Entry `index`, and one line of JSON for each of its parts.
fn entry(index: u64) -> Result<(Entry, Vec<String>), Failure> {
    let kind = kind(index);
    let mut refs = vec![];
    if index > 2 && index.is_multiple_of(3) {
        refs = vec![EntryIndex::new(index - 2), EntryIndex::new(index - 1)];
    }
    let mut opened = Vec::new();
    let mut parts = Vec::new();
    for class in classes(kind, index) {
        let bytes = match kind {
            EntryKind::Succession => succession()?.serialize(),
            _ => part_bytes(index, class),
        };
        let salt = Hash(salt(index, class));
        let commitment = part::commit(class, &Salt::new(*salt.as_bytes()), &bytes);
        parts.push(PartRef { class, commitment });
        let line = serde_json::json!({
            "bytes": String::from_utf8(bytes)?,
            "class": class,
            "commitment": commitment,
            "entry": index,
            "salt": salt.to_string(),
        });
        opened.push(format!("{line}\n"));
    }
    let begin_ms = 1_764_000_000_000_i64;
    let offset_ms = i64::try_from(index)? * 61_007;
    let entry = Entry {
        kind,
        at_ms: begin_ms + offset_ms,
        attested_ms: (!index.is_multiple_of(5))
            .then_some(begin_ms + offset_ms - offset_ms % 300_000),
        // Frozen as they were first written.
        boot: None,
        till: (kind != EntryKind::Liveness)
            .then(|| "01".parse())
            .transpose()?,
        refs,
        parts,
    };
    Ok((entry, opened))
}

/// The kinds that there were when the bytes were frozen.
const KINDS: [EntryKind; 16] = [
    EntryKind::Access,
    EntryKind::Attempt,
    EntryKind::Catalogue,
    EntryKind::Configuration,
    EntryKind::Erasure,
    EntryKind::Evidence,
    EntryKind::Liveness,
    EntryKind::Outcome,
    EntryKind::Pack,
    EntryKind::Reader,
    EntryKind::Reversal,
    EntryKind::Sale,
    EntryKind::Start,
    EntryKind::Stop,
    EntryKind::Token,
    EntryKind::Verdict,
];

/// Entry 0 is the succession; the other kinds take turns.
fn kind(index: u64) -> EntryKind {
    let turn = usize::try_from(index % 16).unwrap_or(0);
    match (index, KINDS.get(turn)) {
        (0, _) | (_, None) => EntryKind::Succession,
        (_, Some(kind)) => *kind,
    }
}

fn classes(kind: EntryKind, index: u64) -> Vec<PartClass> {
    let count = usize::try_from(index % 4).unwrap_or(0);
    // The classes of the version that is frozen.
    let since = [PartClass::Rows, PartClass::State];
    let all = PartClass::ALL
        .into_iter()
        .filter(|class| !since.contains(class));
    match kind {
        EntryKind::Succession => vec![PartClass::Store],
        EntryKind::Sale | EntryKind::Verdict => all.collect(),
        _ => all.rev().take(count).collect(),
    }
}

fn succession() -> Result<Succession, Failure> {
    let origin = OLD_ORIGIN.parse()?;
    let last = Checkpoint {
        origin,
        size: 7,
        root: leaf_hash(b"golden"),
    };
    let note = last.sign(&key(OLD_ORIGIN)?)?;
    Ok(Succession {
        old_origin: last.origin,
        old_checkpoint: Some(note),
        reason: SuccessionReason::Restored,
    })
}
