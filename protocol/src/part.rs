//! Parts: what an entry commits to without holding it.
//!
//! ```text
//! commitment = SHA-256( field("pharmacy/part/v1") ‖ field(class) ‖ field(salt) ‖ field(bytes) )
//! field(x)   = u64 big endian length of x ‖ x
//! ```
//! An entry carries class and commitment only; bytes and salt lie apart, sealed. Destroy both and the
//! commitment says nothing more: 32 random bytes of salt cannot be tried out, while the entry, its
//! leaf and the tree stay as they were.
//! Out of scope: sealing and keeping parts (the agent's journal); what is in each class.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::digest::{hex, sha256_joined};

const CONTEXT: &str = "pharmacy/part/v1";

/// Bytes of salt in every part.
pub const SALT_BYTES: usize = 32;

/// What a part holds; every class has its own retention and its own keys.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PartClass {
    /// The platform's raw answer, and the call that it answers.
    Answer,
    /// The facts that a verdict rests on, and the verdict.
    Facts,
    /// Goods: lines, trace codes, quantities, prices.
    Goods,
    /// Who the customer, the insured, the patient are.
    Identity,
    /// The purchase list.
    List,
    /// The prescription and its review.
    Prescription,
    /// What changed beside the log ([`crate::history::Rows`]).
    Rows,
    /// Who of the staff did it.
    Staff,
    /// Rows beside the log as they stood ([`crate::history::Carried`]).
    State,
    /// About the store itself, not personal: configuration digests, counts, succession.
    Store,
}

impl PartClass {
    /// Every class, in the order of the alphabet.
    pub const ALL: [Self; 10] = [
        Self::Answer,
        Self::Facts,
        Self::Goods,
        Self::Identity,
        Self::List,
        Self::Prescription,
        Self::Rows,
        Self::Staff,
        Self::State,
        Self::Store,
    ];

    /// The class's name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Facts => "facts",
            Self::Goods => "goods",
            Self::Identity => "identity",
            Self::List => "list",
            Self::Prescription => "prescription",
            Self::Rows => "rows",
            Self::Staff => "staff",
            Self::State => "state",
            Self::Store => "store",
        }
    }
}

/// Text that is no class.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("no part has such a class")]
pub struct PartClassError;

impl FromStr for PartClass {
    type Err = PartClassError;
    fn from_str(name: &str) -> Result<Self, PartClassError> {
        let mut all = Self::ALL.into_iter();
        all.find(|class| class.name() == name).ok_or(PartClassError)
    }
}

impl fmt::Display for PartClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The random bytes that keep a commitment from being tried out. Wiped when dropped, never printed.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Salt([u8; SALT_BYTES]);

impl Salt {
    /// Takes in 32 bytes from a cryptographic random source, used for one part only.
    pub fn new(bytes: [u8; SALT_BYTES]) -> Self {
        Self(bytes)
    }

    /// Lends the bytes; every call site is a place where they could leak.
    pub fn expose(&self) -> &[u8; SALT_BYTES] {
        &self.0
    }
}

/// Binds an entry to a part's class, salt and bytes.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Commitment([u8; 32]);

impl Commitment {
    /// The commitment as bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Takes a commitment back from where its bytes were kept.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads 64 lower-case hexadecimal digits.
    pub(crate) fn from_hex(digits: &[u8]) -> Option<Self> {
        let (pairs, rest) = digits.as_chunks::<2>();
        if pairs.len() != 32 || !rest.is_empty() {
            return None;
        }
        let mut bytes = [0; 32];
        for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
            *byte = digit(*high)? << 4 | digit(*low)?;
        }
        Some(Self(bytes))
    }
}

fn digit(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character - b'0'),
        b'a'..=b'f' => Some(character - b'a' + 10),
        _ => None,
    }
}

/// Text that is no commitment.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("commitment must be 64 lower-case hexadecimal digits")]
pub struct CommitmentError;

impl FromStr for Commitment {
    type Err = CommitmentError;
    fn from_str(text: &str) -> Result<Self, CommitmentError> {
        Self::from_hex(text.as_bytes()).ok_or(CommitmentError)
    }
}

impl TryFrom<String> for Commitment {
    type Error = CommitmentError;
    fn try_from(text: String) -> Result<Self, CommitmentError> {
        text.parse()
    }
}

impl From<Commitment> for String {
    fn from(commitment: Commitment) -> String {
        commitment.to_string()
    }
}

impl fmt::Display for Commitment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for Commitment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A part that is not the one committed to.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("part of class `{class}` is not the one that was committed to")]
pub struct PartMismatch {
    /// The class under which it was shown.
    pub class: PartClass,
}

/// Commits to a part.
pub fn commit(class: PartClass, salt: &Salt, bytes: &[u8]) -> Commitment {
    let name = class.name().as_bytes();
    Commitment(sha256_joined(&[
        &length(CONTEXT.as_bytes()),
        CONTEXT.as_bytes(),
        &length(name),
        name,
        &length(&salt.0),
        &salt.0,
        &length(bytes),
        bytes,
    ]))
}

/// A length in front of every field: no two lists of fields make the same bytes.
fn length(field: &[u8]) -> [u8; 8] {
    // A slice's length always fits 64 bits.
    u64::try_from(field.len()).unwrap_or(u64::MAX).to_be_bytes()
}

/// Checks that a part is the one that an entry commits to.
pub fn check(
    class: PartClass,
    salt: &Salt,
    bytes: &[u8],
    commitment: &Commitment,
) -> Result<(), PartMismatch> {
    if commit(class, salt, bytes) == *commitment {
        Ok(())
    } else {
        Err(PartMismatch { class })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::digest::sha256;

    #[test]
    fn commits_to_the_bytes_that_the_specification_draws() {
        let salt = Salt::new([0xab; 32]);
        let mut drawn = Vec::new();
        drawn.extend(b"\0\0\0\0\0\0\0\x10pharmacy/part/v1");
        drawn.extend(b"\0\0\0\0\0\0\0\x05goods");
        drawn.extend(b"\0\0\0\0\0\0\0\x20");
        drawn.extend([0xab; 32]);
        drawn.extend(b"\0\0\0\0\0\0\0\x02{}");
        let commitment = commit(PartClass::Goods, &salt, b"{}");
        assert_eq!(commitment.as_bytes(), &sha256(&drawn));
    }

    #[test]
    fn class_names_are_those_of_serde_and_stand_in_order() {
        assert!(PartClass::ALL.is_sorted_by_key(|class| class.name()));
        for class in PartClass::ALL {
            let json = serde_json::to_string(&class).unwrap();
            assert_eq!(json, format!("\"{class}\""));
            assert_eq!(class.name().parse(), Ok(class));
        }
        assert_eq!("Goods".parse::<PartClass>(), Err(PartClassError));
    }

    #[test]
    fn refuses_what_is_no_commitment() {
        for text in ["", "00", &"A".repeat(64), &"0".repeat(63), &"0".repeat(66)] {
            assert_eq!(text.parse::<Commitment>(), Err(CommitmentError), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_change_is_noticed(bytes in any::<Vec<u8>>(), salt in any::<[u8; 32]>(), bit in 0_usize..256) {
            let commitment = commit(PartClass::Facts, &Salt::new(salt), &bytes);
            prop_assert_eq!(check(PartClass::Facts, &Salt::new(salt), &bytes, &commitment), Ok(()));
            let class = PartClass::Goods;
            prop_assert_eq!(check(class, &Salt::new(salt), &bytes, &commitment), Err(PartMismatch { class }));
            let mut other = salt;
            other[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(check(PartClass::Facts, &Salt::new(other), &bytes, &commitment).is_err());
            let longer = [bytes.as_slice(), b"\0"].concat();
            prop_assert!(check(PartClass::Facts, &Salt::new(salt), &longer, &commitment).is_err());
            prop_assert_eq!(commitment.to_string().parse(), Ok(commitment));
        }
    }
}
