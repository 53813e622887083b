//! Proof in the type that somebody checked where a value comes from.
//!
//! In scope: carrying that proof. Out of scope: the checks themselves; they live beside the formats
//! ([`crate::log::note`], [`crate::log::checkpoint`], [`crate::log::proof`]).

use std::fmt;

use crate::digest::sha256;

/// A value whose signature or digest was checked.
///
/// Made inside this crate only, by the function that checked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Verified<T>(T);

impl<T> Verified<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(value)
    }

    /// Lends the value.
    pub fn get(&self) -> &T {
        &self.0
    }

    /// Gives the value up together with the proof.
    pub fn into_inner(self) -> T {
        self.0
    }

    /// Derives another value from a checked one; it is as good as its source.
    pub fn map<U>(self, derive: impl FnOnce(T) -> U) -> Verified<U> {
        Verified(derive(self.0))
    }

    /// Derives another value where deriving may fail, as reading checked bytes does.
    pub fn try_map<U, E>(self, derive: impl FnOnce(T) -> Result<U, E>) -> Result<Verified<U>, E> {
        derive(self.0).map(Verified)
    }
}

/// A value from outside that nobody has checked. Prints nothing of it.
#[derive(Clone, Eq, PartialEq)]
pub struct Unverified<T>(T);

impl<T> Unverified<T> {
    /// Takes in a value from outside.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// Lends the unchecked value; every call site is a place where it could be believed.
    pub fn dangerous_peek(&self) -> &T {
        &self.0
    }
}

/// Bytes that are not the ones whose digest was pinned.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("bytes do not have the pinned SHA-256 digest")]
pub struct DigestMismatch;

impl Unverified<Vec<u8>> {
    /// Believes the bytes if their SHA-256 is `pinned`, which came by a trusted way.
    pub fn match_digest(self, pinned: &[u8; 32]) -> Result<Verified<Vec<u8>>, DigestMismatch> {
        if sha256(&self.0) == *pinned {
            Ok(Verified::new(self.0))
        } else {
            Err(DigestMismatch)
        }
    }
}

impl<T> fmt::Debug for Unverified<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Unverified(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_believed_by_their_digest_only() {
        let bytes = Unverified::new(b"abc".to_vec());
        let pinned = sha256(b"abc");
        let verified = bytes.clone().match_digest(&pinned).unwrap();
        assert_eq!(verified.clone().map(|b| b.len()).into_inner(), 3);
        assert_eq!(verified.try_map(String::from_utf8).unwrap().get(), "abc");
        assert_eq!(bytes.match_digest(&[0; 32]), Err(DigestMismatch));
    }
}
