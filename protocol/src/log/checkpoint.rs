//! Checkpoints: what a log says its tree is, in three lines, signed.
//!
//! ```text
//! <origin>
//! <size, decimal>
//! <root, base64>
//! ```
//! SPEC: C2SP tlog-checkpoint. Extension lines are allowed there and advised against, since nobody
//! can audit them; a checkpoint of ours has none.

use super::note::{self, NoteError, SigningKey, Text, VerifierKey};
use super::tree::{Head, MAX_SIZE};
use super::{Hash, Origin};
use crate::verified::Verified;

/// A log's claim about its own tree.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Checkpoint {
    /// Which log.
    pub origin: Origin,
    /// How many entries.
    pub size: u64,
    /// Their root.
    pub root: Hash,
}

/// A checkpoint that cannot be believed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CheckpointError {
    /// Not exactly origin, size and root.
    #[error("checkpoint is not origin, size and root in three lines")]
    Malformed,
    /// The note around it.
    #[error("checkpoint's note cannot be believed")]
    Note(#[source] NoteError),
    /// A key that signs for another log.
    #[error("checkpoint's origin is not the name of the key")]
    OtherOrigin,
}

impl Checkpoint {
    /// The tree that it speaks of.
    pub fn head(&self) -> Head {
        Head {
            size: self.size,
            root: self.root,
        }
    }

    /// The body, as it is signed.
    pub fn serialize(&self) -> String {
        let root = self.root.to_base64();
        format!("{}\n{}\n{root}\n", self.origin, self.size)
    }

    /// Reads a body.
    pub fn parse(body: &str) -> Result<Self, CheckpointError> {
        Self::read(body).ok_or(CheckpointError::Malformed)
    }

    fn read(body: &str) -> Option<Self> {
        let mut lines = body.split('\n');
        let checkpoint = Self {
            origin: lines.next()?.parse().ok()?,
            size: lines.next()?.parse().ok()?,
            root: Hash::from_base64(lines.next()?).ok()?,
        };
        // One claim, one text: `+7`, `007` and extension lines are refused here.
        let is_exact = checkpoint.serialize() == body && checkpoint.size <= MAX_SIZE;
        is_exact.then_some(checkpoint)
    }

    /// The signed note of this checkpoint; the key must be the log's own.
    pub fn sign(&self, key: &SigningKey) -> Result<String, CheckpointError> {
        if key.verifier_key().name() != self.origin.as_str() {
            return Err(CheckpointError::OtherOrigin);
        }
        let text = Text::try_from(self.serialize()).map_err(CheckpointError::Note)?;
        Ok(note::sign(&text, key))
    }
}

/// Believes a checkpoint that the log's own key signed.
pub fn open(note: &[u8], key: &VerifierKey) -> Result<Verified<Checkpoint>, CheckpointError> {
    let text = note::open(note, std::slice::from_ref(key)).map_err(CheckpointError::Note)?;
    let checkpoint = text.try_map(|text| Checkpoint::parse(text.as_str()))?;
    if checkpoint.get().origin.as_str() == key.name() {
        Ok(checkpoint)
    } else {
        Err(CheckpointError::OtherOrigin)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Secret;

    const ORIGIN: &str = "440300.P44030000001/01/0123456789abcdef";
    const ROOT: &str = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

    fn key(name: &str) -> SigningKey {
        SigningKey::from_seed(name, &Secret::new([7; 32])).unwrap()
    }

    fn empty() -> Checkpoint {
        Checkpoint::parse(&format!("{ORIGIN}\n0\n{ROOT}\n")).unwrap()
    }

    #[test]
    fn opens_what_the_log_signed() {
        let note = empty().sign(&key(ORIGIN)).unwrap();
        let opened = open(note.as_bytes(), key(ORIGIN).verifier_key()).unwrap();
        assert_eq!(opened.get(), &empty());
    }

    #[test]
    fn refuses_a_key_of_another_log() {
        let other = key(&ORIGIN.replace("/01/", "/02/"));
        assert_eq!(empty().sign(&other), Err(CheckpointError::OtherOrigin));
        let text = Text::try_from(empty().serialize()).unwrap();
        let note = note::sign(&text, &other);
        let refused = open(note.as_bytes(), other.verifier_key());
        assert_eq!(refused, Err(CheckpointError::OtherOrigin));
        let refused = open(note.as_bytes(), key(ORIGIN).verifier_key());
        let cause = NoteError::NoKnownSignature;
        assert_eq!(refused, Err(CheckpointError::Note(cause)));
    }

    #[test]
    fn refuses_second_spellings_and_extensions() {
        for body in [
            format!("{ORIGIN}\n00\n{ROOT}\n"),
            format!("{ORIGIN}\n+0\n{ROOT}\n"),
            format!("{ORIGIN}\n-1\n{ROOT}\n"),
            format!("{ORIGIN}\n{}\n{ROOT}\n", MAX_SIZE + 1),
            format!("{ORIGIN}\n0\n{ROOT}"),
            format!("{ORIGIN}\n0\n{ROOT}\nextension\n"),
            format!("{ORIGIN}\n0\n{ROOT}\n\n"),
            format!("{ORIGIN}\n0\n"),
            format!("{ORIGIN}\r\n0\n{ROOT}\n"),
            format!("example.com/log\n0\n{ROOT}\n"),
            String::new(),
        ] {
            let refused = Checkpoint::parse(&body);
            assert_eq!(refused, Err(CheckpointError::Malformed), "{body}");
        }
    }

    proptest! {
        #[test]
        fn round_trips_and_tlog_tiles_reads_it(size in 0..=MAX_SIZE, root in any::<[u8; 32]>()) {
            let checkpoint = Checkpoint { size, root: Hash(root), ..empty() };
            let body = checkpoint.serialize();
            prop_assert_eq!(Checkpoint::parse(&body).unwrap(), checkpoint);
            let theirs = tlog_tiles::checkpoint::Checkpoint::from_bytes(body.as_bytes()).unwrap();
            prop_assert_eq!(theirs.origin(), ORIGIN);
            prop_assert_eq!((theirs.size(), theirs.hash().0), (size, root));
            prop_assert_eq!(theirs.to_bytes(), body.into_bytes());
        }
    }
}
