//! A file's SHA-256.

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::str::FromStr;

use ring::digest::{Context, SHA256};

/// Bytes read at once.
const CHUNK: usize = 64 * 1024;

/// The SHA-256 of a file; its text form is 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Digest([u8; 32]);

/// Text that is not a digest.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum DigestError {
    /// Not 64 lower-case hexadecimal digits.
    #[error("digest must be 64 lower-case hexadecimal digits")]
    Malformed,
}

impl Digest {
    /// The digest as bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Reads to the end, lending every chunk to `look`, and gives the digest of it all.
    pub fn of(source: &mut dyn Read, look: &mut dyn FnMut(&[u8])) -> io::Result<Self> {
        let mut context = Context::new(&SHA256);
        let mut chunk = vec![0; CHUNK];
        loop {
            let length = match source.read(&mut chunk) {
                Ok(0) => break,
                Ok(length) => length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let bytes = chunk.get(..length).unwrap_or_default();
            context.update(bytes);
            look(bytes);
        }
        let mut digest = [0; 32];
        digest.copy_from_slice(context.finish().as_ref());
        Ok(Self(digest))
    }

    /// The digest of a file from its first byte to its last.
    pub fn of_file(file: &mut File) -> io::Result<Self> {
        file.rewind()?;
        Self::of(file, &mut |_| {})
    }
}

impl From<[u8; 32]> for Digest {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for Digest {
    type Err = DigestError;
    fn from_str(text: &str) -> Result<Self, DigestError> {
        let nibble = |byte: u8| match byte {
            b'0'..=b'9' => Ok(byte - b'0'),
            b'a'..=b'f' => Ok(byte - b'a' + 10),
            _ => Err(DigestError::Malformed),
        };
        if text.len() != 64 {
            return Err(DigestError::Malformed);
        }
        let mut digest = [0; 32];
        for (slot, pair) in digest.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let [high, low] = pair else {
                return Err(DigestError::Malformed);
            };
            *slot = nibble(*high)? << 4 | nibble(*low)?;
        }
        Ok(Self(digest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SPEC: FIPS 180-2, appendix B.1: the digest of `abc`.
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn digests_and_writes_as_text() {
        let mut seen = Vec::new();
        let digest =
            Digest::of(&mut &b"abc"[..], &mut |bytes| seen.extend_from_slice(bytes)).unwrap();
        assert_eq!(digest.to_string(), ABC);
        assert_eq!(ABC.parse(), Ok(digest));
        assert_eq!(seen, b"abc");
    }

    #[test]
    fn refuses_other_text() {
        for text in ["", "ab", &ABC.to_uppercase(), &"é".repeat(32)] {
            assert!(text.parse::<Digest>().is_err(), "{text}");
        }
    }
}
