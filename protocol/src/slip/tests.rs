use std::convert::Infallible;

use proptest::prelude::*;
use signed_note::{Note, StandardVerifier, VerifierList};
use tlog_tiles::tlog;

use super::*;
use crate::Secret;
use crate::entry::{Boot, BootId, EntryKind, PartRef};
use crate::log::note::SigningKey;
use crate::log::tree::NodeId;

const ORIGIN: &str = "440300.P44030000001/01/0123456789abcdef";

fn key(name: &str, seed: u8) -> SigningKey {
    SigningKey::from_seed(name, &Secret::new([seed; 32])).unwrap()
}

fn salt(class: PartClass) -> Salt {
    Salt::new(leaf_hash(class.name().as_bytes()).0)
}

/// A settlement's entry: every part but the list holds its own name.
fn entry(list: &[u8], classes: &[PartClass], refs: &[u64]) -> Vec<u8> {
    let part = |class: &PartClass| {
        let class = *class;
        let bytes = match class {
            PartClass::List => list,
            _ => class.name().as_bytes(),
        };
        let commitment = part::commit(class, &salt(class), bytes);
        PartRef { class, commitment }
    };
    let entry = Entry {
        kind: EntryKind::Outcome,
        at_ms: 1_764_000_000_123,
        attested_ms: Some(1_763_999_999_000),
        boot: Some(Boot {
            id: BootId::new([7; 8]),
            mono_ms: 86_400_000,
        }),
        till: Some("01".parse().unwrap()),
        refs: refs.iter().map(|at| EntryIndex::new(*at)).collect(),
        parts: classes.iter().map(part).collect(),
    };
    entry.serialize()
}

/// A proof in a log of `size` entries whose other hashes are made up: the root follows from them.
fn proof(entry: &[u8], index: u64, size: u64, key: &SigningKey) -> Proof {
    let made_up = |node: NodeId| {
        let name = format!("{}.{}", node.level, node.index);
        Ok::<Hash, Infallible>(leaf_hash(name.as_bytes()))
    };
    let hashes = tree::inclusion_proof(index, size, made_up).unwrap();
    let root = tree::inclusion_root(size, index, &leaf_hash(entry), &hashes).unwrap();
    let origin = key.verifier_key().name().parse().unwrap();
    let checkpoint = Checkpoint { origin, size, root };
    Proof {
        extra: None,
        index: EntryIndex::new(index),
        hashes,
        checkpoint: checkpoint.sign(key).unwrap(),
    }
}

fn slip_in(list: &[u8], index: u64, size: u64) -> SlipProof {
    let entry = entry(list, &[PartClass::Answer, PartClass::List], &[3, 5]);
    let key = key(ORIGIN, 1);
    let proof = proof(&entry, index, size, &key);
    SlipProof::new(salt(PartClass::List), &entry, &proof, key.verifier_key()).unwrap()
}

fn slip() -> SlipProof {
    slip_in(b"{\"list\":1}", 700, 1000)
}

#[test]
fn proves_its_list_to_the_byte_and_no_other() {
    let key = key(ORIGIN, 1);
    let read = SlipProof::parse(&slip().serialize()).unwrap();
    let listed = read.verify(b"{\"list\":1}", key.verifier_key()).unwrap();
    assert_eq!(listed.get().checkpoint.size, 1000);
    assert_eq!(listed.get().index, EntryIndex::new(700));
    assert_eq!(listed.get().entry.kind, EntryKind::Outcome);
    for list in [&b"{\"list\":2}"[..], b"{\"list\":1} ", b""] {
        let refused = read.verify(list, key.verifier_key()).unwrap_err();
        assert_eq!(refused, SlipError::OtherList);
    }
}

#[test]
fn believes_the_key_of_its_log_only() {
    let list = b"{\"list\":1}";
    for other in [key(&ORIGIN.replace("/01/", "/02/"), 1), key(ORIGIN, 2)] {
        let refused = slip().verify(list, other.verifier_key()).unwrap_err();
        assert_eq!(refused, SlipError::OtherLog);
    }
    // The right key's id over another key's signature.
    let mut forged = slip();
    forged.signature[0] ^= 1;
    let refused = forged.verify(list, key(ORIGIN, 1).verifier_key());
    assert!(matches!(refused, Err(SlipError::Checkpoint(_))));
    let mut moved = slip();
    moved.index = EntryIndex::new(701);
    let refused = moved.verify(list, key(ORIGIN, 1).verifier_key());
    assert!(matches!(refused, Err(SlipError::Checkpoint(_))));
    moved.index = EntryIndex::new(1000);
    let refused = moved.verify(list, key(ORIGIN, 1).verifier_key());
    assert_eq!(refused, Err(SlipError::Path(ProofMismatch::Outside)));
}

#[test]
fn holds_the_salt_of_the_list_and_of_nothing_else() {
    let classes = PartClass::ALL;
    let list = "姓名 测试".as_bytes();
    let entry = entry(list, &classes, &[1]);
    let key = key(ORIGIN, 1);
    let proof = proof(&entry, 5, 11, &key);
    let salt_of_list = salt(PartClass::List);
    let slip = SlipProof::new(salt_of_list, &entry, &proof, key.verifier_key()).unwrap();
    let bytes = slip.to_bytes();
    let holds = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
    for class in classes {
        let is_list = class == PartClass::List;
        assert_eq!(holds(salt(class).expose()), is_list, "{class}");
    }
    assert!(!holds(list), "the list itself is not in its proof");
    // What is left once the list's salt is taken out: the entry, hashes, signature, origin.
    let known = 1 + 32 + 4 + 64 + 1 + ORIGIN.len() + 2 + 1 + 32 * proof.hashes.len();
    let (boot, mono) = (8, 4);
    let entry = 1 + "outcome".len() + 6 + 1 + 6 + boot + mono + 3 + 2 + 1 + 33 * classes.len();
    assert_eq!(bytes.len(), known + entry);
}

#[test]
fn an_entry_without_a_list_gets_no_slip() {
    let key = key(ORIGIN, 1);
    let entry = entry(b"", &[PartClass::Answer], &[]);
    let proof = proof(&entry, 0, 1, &key);
    let refused = SlipProof::new(salt(PartClass::List), &entry, &proof, key.verifier_key());
    assert_eq!(refused.unwrap_err(), SlipError::NoList);
}

#[test]
fn refuses_every_other_spelling() {
    let text = slip().serialize();
    assert_eq!(
        SlipProof::parse(&text[4..]).unwrap_err(),
        SlipError::NotASlip
    );
    let lower = text.to_lowercase();
    assert_eq!(SlipProof::parse(&lower).unwrap_err(), SlipError::NotASlip);
    let wrong = format!("{text}a");
    assert_eq!(SlipProof::parse(&wrong).unwrap_err(), SlipError::NotBase45);
    let characters = MAX_SLIP_CHARACTERS + 1;
    let long = "P".repeat(characters);
    let refused = SlipProof::parse(&long).unwrap_err();
    assert_eq!(refused, SlipError::TooLong { characters });

    let bytes = slip().to_bytes();
    let parse = |bytes: &[u8]| {
        SlipProof::parse(&format!("{SLIP_MARK}{}", base45::encode(bytes))).map(|_| ())
    };
    assert_eq!(parse(&bytes), Ok(()));
    let other = [&[3], &bytes[1..]].concat();
    assert_eq!(parse(&other), Err(SlipError::Version { version: 3 }));
    let at = bytes.len();
    assert_eq!(
        parse(&[&bytes[..], &[0]].concat()),
        Err(SlipError::Malformed { at })
    );
    // The size in one byte more than it needs.
    let size = 1 + 32 + 4 + 64 + 1 + ORIGIN.len();
    let idle = [
        &bytes[..=size],
        &[bytes[size + 1] | 0x80, 0],
        &bytes[size + 2..],
    ]
    .concat();
    assert!(matches!(parse(&idle), Err(SlipError::Malformed { .. })));
    for end in 0..bytes.len() {
        assert!(parse(&bytes[..end]).is_err(), "cut at {end}");
    }
}

#[test]
fn other_tools_verify_the_standard_form() {
    let list = b"{\"list\":1}";
    for (index, size) in [(700, 1000), (0, 1), (6, 7), (65_535, 65_536)] {
        let slip = slip_in(list, index, size);
        let text = slip.to_proof().unwrap().serialize();
        let own = Proof::parse(text.as_bytes()).unwrap();
        let key = key(ORIGIN, 1);
        let entry = slip.entry_bytes();
        assert_eq!(
            own.verify(&entry, key.verifier_key()).unwrap().get().size,
            size
        );

        let verifier = StandardVerifier::new(&key.verifier_key().serialize()).unwrap();
        let known = VerifierList::new(vec![Box::new(verifier)]);
        let note = Note::from_bytes(own.checkpoint.as_bytes()).unwrap();
        assert_eq!(note.verify(&known).unwrap().0.len(), 1);
        let checkpoint = tlog_tiles::checkpoint::Checkpoint::from_bytes(note.text()).unwrap();
        let hashes: Vec<_> = own.hashes.iter().map(|hash| tlog::Hash(hash.0)).collect();
        let leaf = tlog::record_hash(&entry);
        tlog::check_record(&hashes, size, *checkpoint.hash(), index, leaf).unwrap();
    }
}

#[test]
fn a_proof_fits_a_code_that_a_narrow_printer_prints() {
    // A million entries, three parts, two references: what a shop has after ten years. 1451 characters
    // are the most at level M in 117 modules, the widest code that fits 384 dots at 3 dots a module.
    const MOST: usize = 1451;
    for (size, most) in [(1_000, 940), (100_000, 1_280), (1_000_000, 1_430)] {
        let classes = [PartClass::Answer, PartClass::List, PartClass::Staff];
        let entry = entry(b"{}", &classes, &[size - 9, size - 4]);
        let key = key(ORIGIN, 1);
        let index = size / 3;
        let proof = proof(&entry, index, size, &key);
        let salt = salt(PartClass::List);
        let slip = SlipProof::new(salt, &entry, &proof, key.verifier_key()).unwrap();
        let length = slip.serialize().len();
        println!(
            "{size} entries: {} bytes, {length} characters",
            slip.to_bytes().len()
        );
        assert!(length <= most && most <= MOST, "{size}: {length}");
    }
}

fn any_entry() -> impl Strategy<Value = Entry> {
    let part = (0..8_usize, any::<[u8; 32]>());
    let parts = prop::collection::btree_map(part.0, part.1, 0..8);
    let till = prop::option::of("[A-Za-z0-9_-]{1,16}");
    let refs = prop::collection::vec(0..=tree::MAX_SIZE, 0..20);
    let kinds = prop::sample::select(EntryKind::ALL.to_vec());
    let boot = any::<Option<([u8; 8], u64)>>();
    let times = (any::<i64>(), any::<Option<i64>>(), boot);
    (kinds, times, till, refs, parts).prop_map(
        |(kind, (at_ms, attested_ms, boot), till, refs, parts)| Entry {
            kind,
            at_ms,
            attested_ms,
            boot: boot.map(|(id, mono_ms)| Boot {
                id: BootId::new(id),
                mono_ms,
            }),
            till: till.map(|till| till.parse().unwrap()),
            refs: refs.into_iter().map(EntryIndex::new).collect(),
            parts: parts
                .into_iter()
                .map(|(class, commitment)| PartRef {
                    class: PartClass::ALL[class],
                    commitment: part::Commitment::from_bytes(commitment),
                })
                .collect(),
        },
    )
}

proptest! {
    #[test]
    fn any_entry_and_place_round_trips(
        entry in any_entry(),
        size in any::<u64>(),
        index in any::<u64>(),
        hashes in prop::collection::vec(any::<[u8; 32]>(), 0..=30),
        signature in any::<[u8; 32]>(),
    ) {
        let proof = SlipProof {
            entry,
            size,
            index: EntryIndex::new(index),
            hashes: hashes.into_iter().map(Hash).collect(),
            signature: std::array::from_fn(|at| signature[at % 32]),
            ..slip()
        };
        let text = proof.serialize();
        if text.len() <= MAX_SLIP_CHARACTERS {
            let read = SlipProof::parse(&text).unwrap();
            prop_assert_eq!(read.entry_bytes(), proof.entry_bytes());
            prop_assert_eq!(read.serialize(), text);
        }
    }

    #[test]
    fn proves_wherever_it_stands(size in 1_u64..5_000, at in any::<prop::sample::Index>(), list in any::<Vec<u8>>()) {
        let index = at.index(usize::try_from(size).unwrap()) as u64;
        let slip = SlipProof::parse(&slip_in(&list, index, size).serialize()).unwrap();
        let key = key(ORIGIN, 1);
        prop_assert_eq!(slip.verify(&list, key.verifier_key()).unwrap().get().checkpoint.size, size);
    }

    #[test]
    fn any_change_is_refused(at in any::<prop::sample::Index>(), flip in 1_u8..=255) {
        let mut bytes = slip().to_bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        let text = format!("{SLIP_MARK}{}", base45::encode(&bytes));
        let key = key(ORIGIN, 1);
        let verified = SlipProof::parse(&text)
            .and_then(|slip| slip.verify(b"{\"list\":1}", key.verifier_key()));
        prop_assert!(verified.is_err(), "byte {at}");
    }

    #[test]
    fn any_text_is_read_or_refused(text in "(PL1:)?[0-9A-Z $%*+./:-]{0,400}") {
        if let Ok(slip) = SlipProof::parse(&text) {
            prop_assert_eq!(slip.serialize(), text);
        }
    }
}
