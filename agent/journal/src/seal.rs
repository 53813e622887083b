//! Sealing bytes under a key, bound to where they belong.
//!
//! ```text
//! sealed = 0x01 ‖ nonce, 12 ‖ ChaCha20-Poly1305(key, nonce, bytes, binding)
//! binding = field(context) ‖ field(log id) ‖ field(…) …      field(x) = u64 length ‖ x
//! ```
//! The first byte names the algorithm, so that a region that demands SM4 gets a second one without
//! a new schema. ChaCha20 rather than AES: a counter's PC may be too old to have AES instructions,
//! and is then both slower and not constant in time.

use pharmacy_base::random;
use pharmacy_protocol::term::LogId;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use zeroize::Zeroizing;

use super::JournalError;

/// A 256-bit key, wiped when dropped.
pub(super) type Key = Zeroizing<[u8; KEY_BYTES]>;

pub(super) const KEY_BYTES: usize = 32;

const CHACHA20_POLY1305_V1: u8 = 1;

/// What sealed bytes belong to. Bytes moved to another place do not open there.
pub(super) struct Binding(Vec<u8>);

impl Binding {
    pub(super) fn new(context: &str, log: &LogId) -> Self {
        Self(Vec::with_capacity(96))
            .with(context.as_bytes())
            .with(log.as_str().as_bytes())
    }

    pub(super) fn with(mut self, field: &[u8]) -> Self {
        let length = u64::try_from(field.len()).unwrap_or(u64::MAX);
        self.0.extend_from_slice(&length.to_be_bytes());
        self.0.extend_from_slice(field);
        self
    }
}

/// Sealed bytes that do not open: another key, another place, or not what was written.
#[derive(Debug)]
pub(super) struct DoesNotOpen;

/// Random bytes for a key, a salt or a nonce.
pub(super) fn random<const N: usize>() -> Result<Zeroizing<[u8; N]>, JournalError> {
    let mut bytes = Zeroizing::new([0; N]);
    random::fill(bytes.as_mut_slice()).map_err(|_| JournalError::Random)?;
    Ok(bytes)
}

fn cipher(key: &Key) -> Option<LessSafeKey> {
    UnboundKey::new(&CHACHA20_POLY1305, key.as_slice())
        .ok()
        .map(LessSafeKey::new)
}

/// Seals the pieces, one after the other, under a key.
///
/// A nonce is 96 random bits. Part keys seal once and month keys some thousands of times; the row
/// key stays far below the 2^32 uses after which a repeated nonce is no longer out of question.
pub(super) fn seal(
    key: &Key,
    binding: &Binding,
    pieces: &[&[u8]],
) -> Result<Vec<u8>, JournalError> {
    let nonce = *random::<NONCE_LEN>()?;
    let mut plain = Zeroizing::new(Vec::new());
    // Exactly the room it needs: growing would leave a copy of the clear bytes behind.
    plain.reserve_exact(pieces.iter().map(|piece| piece.len()).sum());
    pieces
        .iter()
        .for_each(|piece| plain.extend_from_slice(piece));
    let tag = cipher(key)
        .and_then(|cipher| {
            let nonce = Nonce::assume_unique_for_key(nonce);
            let aad = Aad::from(&binding.0);
            cipher
                .seal_in_place_separate_tag(nonce, aad, plain.as_mut_slice())
                .ok()
        })
        .ok_or(JournalError::Random)?;
    Ok([
        &[CHACHA20_POLY1305_V1],
        nonce.as_slice(),
        plain.as_slice(),
        tag.as_ref(),
    ]
    .concat())
}

/// Opens what [`seal`] sealed.
pub(super) fn open(
    key: &Key,
    binding: &Binding,
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, DoesNotOpen> {
    let (algorithm, rest) = sealed.split_first().ok_or(DoesNotOpen)?;
    if *algorithm != CHACHA20_POLY1305_V1 {
        return Err(DoesNotOpen);
    }
    let (nonce, bytes) = rest.split_first_chunk::<NONCE_LEN>().ok_or(DoesNotOpen)?;
    let mut bytes = Zeroizing::new(bytes.to_vec());
    let nonce = Nonce::assume_unique_for_key(*nonce);
    let length = cipher(key)
        .ok_or(DoesNotOpen)?
        .open_in_place(nonce, Aad::from(&binding.0), bytes.as_mut_slice())
        .map_err(|_| DoesNotOpen)?
        .len();
    bytes.truncate(length);
    Ok(bytes)
}

/// Opens a sealed key.
pub(super) fn open_key(key: &Key, binding: &Binding, sealed: &[u8]) -> Result<Key, DoesNotOpen> {
    let bytes = open(key, binding, sealed)?;
    let bytes: [u8; KEY_BYTES] = bytes.as_slice().try_into().map_err(|_| DoesNotOpen)?;
    Ok(Zeroizing::new(bytes))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn binding(place: &[u8]) -> Binding {
        Binding::new("test", &"0123456789abcdef".parse().unwrap()).with(place)
    }

    #[test]
    fn does_not_open_elsewhere_or_with_another_key() {
        let key = random().unwrap();
        let sealed = seal(&key, &binding(b"here"), &[b"bytes"]).unwrap();
        assert!(open(&key, &binding(b"there"), &sealed).is_err());
        assert!(open(&random().unwrap(), &binding(b"here"), &sealed).is_err());
        assert!(open(&key, &binding(b"here"), &[]).is_err());
        assert_ne!(sealed, seal(&key, &binding(b"here"), &[b"bytes"]).unwrap());
    }

    #[test]
    fn fields_do_not_run_together() {
        let ab_c = binding(b"ab").with(b"c");
        let a_bc = binding(b"a").with(b"bc");
        assert_ne!(ab_c.0, a_bc.0);
    }

    proptest! {
        #[test]
        fn opens_what_was_sealed_and_notices_any_change(
            head in any::<[u8; 32]>(), bytes in any::<Vec<u8>>(),
            at in any::<prop::sample::Index>(), bit in 0_u8..8,
        ) {
            let key = random().unwrap();
            let mut sealed = seal(&key, &binding(b""), &[&head, &bytes]).unwrap();
            let whole = [head.as_slice(), &bytes].concat();
            let opened = open(&key, &binding(b""), &sealed).unwrap();
            prop_assert_eq!(opened.as_slice(), &whole);
            let at = at.index(sealed.len());
            sealed[at] ^= 1 << bit;
            prop_assert!(open(&key, &binding(b""), &sealed).is_err());
        }
    }
}
