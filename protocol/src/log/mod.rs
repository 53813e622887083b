//! The transparency log: hashes, tree, tiles, notes, checkpoints, proofs and the verifier.
//!
//! ```text
//! entry bytes ── leaf_hash ──► tree ──► tiles        tile/<L>/<N>[.p/<W>], tile/entries/<N>[.p/<W>]
//!                               └─ root ─► checkpoint ─ signed ─► note
//! ```
//! SPEC: RFC 6962, RFC 9162 §2.1; C2SP tlog-tiles, tlog-checkpoint, signed-note, tlog-proof.
//! In scope: pure functions over bytes and hashes. Out of scope: where hashes are kept (the agent's
//! journal), files and sockets, cosignatures of witnesses (their lines are carried, not judged).

use std::fmt;

use base64::prelude::{BASE64_STANDARD, Engine};

use crate::digest::{hex, sha256, sha256_joined};

pub mod checkpoint;
pub mod note;
pub mod origin;
pub mod proof;
pub mod succession;
pub mod tile;
pub mod tree;
pub mod verify;

pub use checkpoint::Checkpoint;
pub use origin::Origin;
pub use proof::Proof;
pub use succession::{Succession, SuccessionReason};

/// Bytes in a hash.
pub const HASH_BYTES: usize = 32;

/// A SHA-256 hash of a leaf, a node or a tree. Prints as lower-case hexadecimal.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Hash(pub [u8; HASH_BYTES]);

/// Text or bytes that are no hash.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum HashError {
    /// Not 32 bytes long.
    #[error("hash must be 32 bytes long")]
    Length,
    /// Not standard padded base64, or not its only spelling.
    #[error("hash is not canonical base64")]
    NotBase64,
}

impl Hash {
    /// The hash as bytes.
    pub fn as_bytes(&self) -> &[u8; HASH_BYTES] {
        &self.0
    }

    /// The hash in standard padded base64, 44 characters.
    pub fn to_base64(self) -> String {
        BASE64_STANDARD.encode(self.0)
    }

    /// Reads what [`Hash::to_base64`] writes, and nothing else.
    pub fn from_base64(text: &str) -> Result<Self, HashError> {
        let bytes = BASE64_STANDARD
            .decode(text)
            .map_err(|_| HashError::NotBase64)?;
        Self::try_from(bytes.as_slice())
    }
}

impl TryFrom<&[u8]> for Hash {
    type Error = HashError;
    fn try_from(bytes: &[u8]) -> Result<Self, HashError> {
        bytes.try_into().map(Self).map_err(|_| HashError::Length)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The hash of a leaf: SHA-256(0x00 ‖ entry).
pub fn leaf_hash(entry: &[u8]) -> Hash {
    Hash(sha256_joined(&[&[0], entry]))
}

/// The hash of an inner node: SHA-256(0x01 ‖ left ‖ right).
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    // One contiguous buffer: the tree hashes millions of these.
    let mut bytes = [1; 1 + 2 * HASH_BYTES];
    for (to, from) in bytes.iter_mut().skip(1).zip(left.0.iter().chain(&right.0)) {
        *to = *from;
    }
    Hash(sha256(&bytes))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hashes_as_the_standard_does() {
        // RFC 6962 test vectors of the reference implementation: the empty leaf, and a leaf "L123456".
        assert_eq!(
            leaf_hash(b"").to_string(),
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
        );
        assert_eq!(
            leaf_hash(b"L123456").to_string(),
            "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56"
        );
    }

    #[test]
    fn reads_only_the_one_spelling() {
        let text = Hash([0xff; 32]).to_base64();
        assert_eq!(Hash::from_base64(&text), Ok(Hash([0xff; 32])));
        assert_eq!(
            Hash::from_base64(text.trim_end_matches('=')),
            Err(HashError::NotBase64)
        );
        // The last character before the padding has two spare bits; they must be zero.
        let spare = text.replace("8=", "9=");
        assert_ne!(spare, text);
        assert_eq!(Hash::from_base64(&spare), Err(HashError::NotBase64));
        assert_eq!(Hash::from_base64("AAAA"), Err(HashError::Length));
    }

    proptest! {
        #[test]
        fn agrees_with_tlog_tiles(a in any::<[u8; 32]>(), b in any::<[u8; 32]>(), entry in any::<Vec<u8>>()) {
            let theirs = tlog_tiles::tlog::node_hash(tlog_tiles::tlog::Hash(a), tlog_tiles::tlog::Hash(b));
            prop_assert_eq!(node_hash(&Hash(a), &Hash(b)).0, theirs.0);
            prop_assert_eq!(leaf_hash(&entry).0, tlog_tiles::tlog::record_hash(&entry).0);
            prop_assert_eq!(Hash::from_base64(&Hash(a).to_base64()), Ok(Hash(a)));
        }
    }
}
