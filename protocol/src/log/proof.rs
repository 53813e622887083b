//! Proofs to carry away: one text that shows an entry to be in a log, without the log.
//!
//! ```text
//! c2sp.org/tlog-proof@v1
//! extra <base64>              optional, authenticated by nobody
//! index <decimal>
//! <base64 hash>               from the leaf's sibling upwards
//!
//! <checkpoint, a signed note>
//! ```
//! SPEC: C2SP tlog-proof, RFC 6962 §2.1.1. Out of scope: cosignatures of witnesses.

use base64::prelude::{BASE64_STANDARD, Engine};

use super::checkpoint::{self, CheckpointError};
use super::note::{MAX_NOTE_BYTES, VerifierKey};
use super::tree::{self, ProofMismatch};
use super::{Checkpoint, Hash, leaf_hash};
use crate::term::EntryIndex;
use crate::verified::Verified;

/// The most hashes that lead from a leaf to a root of [`tree::MAX_SIZE`] leaves.
pub const MAX_PROOF_HASHES: usize = 62;

/// The longest proof: a note, the hashes, and some extra.
pub const MAX_PROOF_BYTES: usize = MAX_NOTE_BYTES + 65_536;

const HEADER: &str = "c2sp.org/tlog-proof@v1";

/// Shows one entry to be in a log.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Proof {
    /// What the sender added; nobody vouches for it.
    pub extra: Option<Vec<u8>>,
    /// The entry's place.
    pub index: EntryIndex,
    /// The hashes from the leaf's sibling upwards.
    pub hashes: Vec<Hash>,
    /// The log's checkpoint as the signed note.
    pub checkpoint: String,
}

/// A text that is no proof, or proves nothing.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ProofError {
    /// The checkpoint in it.
    #[error("proof's checkpoint cannot be believed")]
    Checkpoint(#[source] CheckpointError),
    /// Not the form, or not its only spelling.
    #[error("proof does not have its form")]
    Malformed,
    /// The entry is not where the proof says.
    #[error("entry is not in the log at that place")]
    Mismatch(#[source] ProofMismatch),
    /// Longer than [`MAX_PROOF_BYTES`].
    #[error("proof of {bytes} bytes is too long")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
}

impl Proof {
    /// The proof as text.
    pub fn serialize(&self) -> String {
        let mut text = format!("{HEADER}\n");
        if let Some(extra) = &self.extra {
            text += &format!("extra {}\n", BASE64_STANDARD.encode(extra));
        }
        text += &format!("index {}\n", self.index);
        for hash in &self.hashes {
            text += &hash.to_base64();
            text.push('\n');
        }
        text.push('\n');
        text += &self.checkpoint;
        text
    }

    /// Reads what [`Proof::serialize`] writes, and nothing else.
    pub fn parse(bytes: &[u8]) -> Result<Self, ProofError> {
        if bytes.len() > MAX_PROOF_BYTES {
            let bytes = bytes.len();
            return Err(ProofError::TooLong { bytes });
        }
        let text = str::from_utf8(bytes).map_err(|_| ProofError::Malformed)?;
        let proof = Self::read(text).ok_or(ProofError::Malformed)?;
        if proof.serialize() == text {
            Ok(proof)
        } else {
            Err(ProofError::Malformed)
        }
    }

    fn read(text: &str) -> Option<Self> {
        let (head, checkpoint) = text.split_once("\n\n")?;
        let mut lines = head.split('\n').peekable();
        if lines.next()? != HEADER {
            return None;
        }
        let extra = lines.next_if(|line| line.starts_with("extra "));
        let extra = extra.and_then(|line| line.strip_prefix("extra "));
        let extra = extra.map(|extra| BASE64_STANDARD.decode(extra));
        let index = lines.next()?.strip_prefix("index ")?.parse().ok()?;
        let hashes: Result<Vec<Hash>, _> = lines.map(Hash::from_base64).collect();
        Some(Self {
            extra: extra.transpose().ok()?,
            index: EntryIndex::new(index),
            hashes: hashes.ok().filter(|all| all.len() <= MAX_PROOF_HASHES)?,
            checkpoint: checkpoint.to_owned(),
        })
    }

    /// Believes that `entry` is in the log whose key is `key`, at the proof's index.
    pub fn verify(
        &self,
        entry: &[u8],
        key: &VerifierKey,
    ) -> Result<Verified<Checkpoint>, ProofError> {
        let checkpoint =
            checkpoint::open(self.checkpoint.as_bytes(), key).map_err(ProofError::Checkpoint)?;
        let head = checkpoint.get().head();
        tree::verify_inclusion(&head, self.index.value(), &leaf_hash(entry), &self.hashes)
            .map_err(ProofError::Mismatch)?;
        Ok(checkpoint)
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use proptest::prelude::*;

    use super::*;
    use crate::Secret;
    use crate::log::note::SigningKey;
    use crate::log::tree::NodeId;

    const ORIGIN: &str = "440300.P44030000001/01/0123456789abcdef";

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_seed(ORIGIN, &Secret::new([seed; 32])).unwrap()
    }

    /// A log of the entries `0`, `1`, … and the proof of one of them.
    fn proof(index: u64, size: u64) -> Proof {
        let mut stored = Vec::new();
        let at = |node: NodeId| usize::try_from(tree::stored_position(node)).unwrap();
        for entry in 0..size {
            let leaf = leaf_hash(entry.to_string().as_bytes());
            let new = tree::complete(entry, leaf, |node| Ok::<_, Infallible>(stored[at(node)]));
            stored.extend(new.unwrap().into_iter().map(|(_, hash)| hash));
        }
        let read = |node| Ok::<Hash, Infallible>(stored[at(node)]);
        let checkpoint = Checkpoint {
            origin: ORIGIN.parse().unwrap(),
            size,
            root: tree::root(size, read).unwrap(),
        };
        Proof {
            extra: None,
            index: EntryIndex::new(index),
            hashes: tree::inclusion_proof(index, size, read).unwrap(),
            checkpoint: checkpoint.sign(&key(1)).unwrap(),
        }
    }

    #[test]
    fn proves_its_entry_and_no_other() {
        let key = key(1);
        let proof = proof(5, 11);
        let checkpoint = proof.verify(b"5", key.verifier_key()).unwrap();
        assert_eq!(checkpoint.get().size, 11);
        let refused = proof.verify(b"6", key.verifier_key());
        assert_eq!(refused, Err(ProofError::Mismatch(ProofMismatch::Root)));
        let refused = proof.verify(b"5", super::tests::key(2).verifier_key());
        assert!(matches!(refused, Err(ProofError::Checkpoint(_))));
        let moved = Proof {
            index: EntryIndex::new(11),
            ..proof
        };
        let refused = moved.verify(b"5", key.verifier_key());
        assert_eq!(refused, Err(ProofError::Mismatch(ProofMismatch::Outside)));
    }

    #[test]
    fn refuses_every_other_spelling() {
        let text = proof(5, 11).serialize();
        for (from, to) in [
            ("@v1", "@v2"),
            ("index 5", "index 05"),
            ("index 5", "index +5"),
            ("index 5", "index -5"),
            ("index 5\n", ""),
            ("index 5", "extra =\nindex 5"),
            ("index 5\n", "index 5\nAAAA\n"),
            ("index 5\n", "index 5\nextra AAAA\n"),
            ("\n\n", "\n"),
        ] {
            let changed = text.replacen(from, to, 1);
            let refused = Proof::parse(changed.as_bytes());
            assert_eq!(refused, Err(ProofError::Malformed), "{to}");
        }
        let hash = format!(
            "index 5\n{}",
            format!("{}\n", Hash([0; 32]).to_base64()).repeat(63)
        );
        let long = text.replacen("index 5\n", &hash, 1);
        assert_eq!(Proof::parse(long.as_bytes()), Err(ProofError::Malformed));
        let bytes = MAX_PROOF_BYTES + 1;
        let refused = Proof::parse(&vec![b'x'; bytes]);
        assert_eq!(refused, Err(ProofError::TooLong { bytes }));
    }

    proptest! {
        #[test]
        fn round_trips(size in 1_u64..200, at in any::<prop::sample::Index>(), extra in any::<Option<Vec<u8>>>()) {
            let index = at.index(usize::try_from(size).unwrap()) as u64;
            let proof = Proof { extra, ..proof(index, size) };
            let text = proof.serialize();
            prop_assert_eq!(Proof::parse(text.as_bytes()), Ok(proof.clone()));
            let entry = index.to_string();
            prop_assert!(proof.verify(entry.as_bytes(), key(1).verifier_key()).is_ok());
        }

        #[test]
        fn any_text_is_read_or_refused(text in "c2sp.org/tlog-proof@v1\n(index 1|extra AA==|\\PC{0,44}|\n){0,5}\n\n\\PC*") {
            if let Ok(proof) = Proof::parse(text.as_bytes()) {
                prop_assert_eq!(proof.serialize(), text);
            }
        }
    }
}
