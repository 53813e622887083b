//! SHA-256 and hexadecimal text, once for everybody.
//!
//! Out of scope: what is hashed and why; the hashes of the tree stand in [`crate::log`].

use ring::digest::{Context, SHA256, SHA256_OUTPUT_LEN};

/// The SHA-256 digest of bytes.
pub fn sha256(bytes: &[u8]) -> [u8; SHA256_OUTPUT_LEN] {
    sha256_joined(&[bytes])
}

/// SHA-256 over the pieces, one after the other.
pub(crate) fn sha256_joined(pieces: &[&[u8]]) -> [u8; SHA256_OUTPUT_LEN] {
    let mut context = Context::new(&SHA256);
    for piece in pieces {
        context.update(piece);
    }
    let mut out = [0; SHA256_OUTPUT_LEN];
    for (to, from) in out.iter_mut().zip(context.finish().as_ref()) {
        *to = *from;
    }
    out
}

/// Bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_of_nothing_is_the_known_one() {
        let known = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(hex(&sha256(b"")), known);
    }

    #[test]
    fn pieces_are_hashed_as_if_they_were_one() {
        assert_eq!(sha256_joined(&[b"a", b"", b"bc"]), sha256(b"abc"));
    }
}
