//! Signed notes: a text, a blank line, and signatures of it by named keys.
//!
//! ```text
//! <text, ends with a newline>
//!
//! — <key name> <base64(key id ‖ signature)>
//! ```
//! SPEC: C2SP signed-note. key id = first 4 bytes of SHA-256(name ‖ 0x0A ‖ type ‖ public key);
//! verifier key = `<name>+<hex key id>+<base64(type ‖ public key)>`.
//! In scope: Ed25519 (type 0x01). Other types (0x04 and 0x06 cosignatures, 0xff for algorithms named
//! at length) belong to keys that are not known here, and pass as such.

use std::fmt;

use base64::prelude::{BASE64_STANDARD, Engine};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};

use crate::Secret;
use crate::digest::sha256_joined;
use crate::verified::Verified;

/// The longest note that is read: room for a long text and 32 post-quantum signatures.
pub const MAX_NOTE_BYTES: usize = 262_144;

/// The most signature lines that are read; the specification asks for 16 at least.
pub const MAX_SIGNATURES: usize = 64;

/// The longest key name.
pub const MAX_KEY_NAME_BYTES: usize = 256;

const TYPE_ED25519: u8 = 0x01;
const PUBLIC_KEY_BYTES: usize = 32;
pub(crate) const KEY_ID_BYTES: usize = 4;
const SIGNATURE_MARK: &str = "— ";

/// A text that is no note's text, or a note that cannot be believed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NoteError {
    /// A known key's signature does not fit the text.
    #[error("signature of a known key does not fit the text")]
    BadSignature,
    /// A control character other than the newline.
    #[error("note has a control character")]
    ControlCharacter,
    /// No text, blank line, signatures; or a line that is no signature.
    #[error("note does not have the form of a signed note")]
    Malformed,
    /// None of the known keys signed.
    #[error("note bears no signature of a known key")]
    NoKnownSignature,
    /// Not UTF-8.
    #[error("note is not utf-8")]
    NotUtf8,
    /// Longer than [`MAX_NOTE_BYTES`].
    #[error("note of {bytes} bytes is too long")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// More signatures than [`MAX_SIGNATURES`].
    #[error("note has too many signatures")]
    TooManySignatures,
}

/// A key or key text that cannot be used.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum KeyError {
    /// The key id is not that of this name and key.
    #[error("key id does not fit name and key")]
    Id,
    /// Not `name+id+key`, or not its only spelling.
    #[error("verifier key does not have the form name+id+key")]
    Malformed,
    /// Empty, too long, or with a space, control character or `+`.
    #[error("key name must be 1 to 256 bytes without space, control character or plus")]
    Name,
    /// Not an Ed25519 private key.
    #[error("private key is not an ed25519 key")]
    PrivateKey,
    /// A signature algorithm that is not verified here.
    #[error("verifier key has the unknown type {kind:#04x}")]
    UnknownType {
        /// The type byte.
        kind: u8,
    },
}

/// The text of a note: UTF-8 that ends with a newline, without other control characters.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Text(Box<str>);

impl Text {
    /// The text as it is signed, final newline included.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Text {
    type Error = NoteError;
    fn try_from(text: String) -> Result<Self, NoteError> {
        check_length(text.len())?;
        check_characters(&text)?;
        if text.ends_with('\n') {
            Ok(Self(text.into()))
        } else {
            Err(NoteError::Malformed)
        }
    }
}

fn check_length(bytes: usize) -> Result<(), NoteError> {
    if bytes > MAX_NOTE_BYTES {
        return Err(NoteError::TooLong { bytes });
    }
    Ok(())
}

fn check_characters(text: &str) -> Result<(), NoteError> {
    if text.bytes().any(|byte| byte < b' ' && byte != b'\n') {
        return Err(NoteError::ControlCharacter);
    }
    Ok(())
}

fn check_name(name: &str) -> Result<(), KeyError> {
    let is_ours = name.len() <= MAX_KEY_NAME_BYTES && !name.chars().any(char::is_control);
    if is_ours && is_name(name) {
        Ok(())
    } else {
        Err(KeyError::Name)
    }
}

/// SPEC: signed-note names no length; a stranger's line is held to nothing more than this.
fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.chars().any(|c| c == '+' || c.is_whitespace())
}

fn key_id(name: &str, key: &[u8]) -> [u8; KEY_ID_BYTES] {
    let [a, b, c, d, ..] = sha256_joined(&[name.as_bytes(), b"\n", key]);
    [a, b, c, d]
}

/// A name and the public key that signs under it.
#[derive(Clone, Eq, Hash, PartialEq)]
pub struct VerifierKey {
    name: Box<str>,
    public: [u8; PUBLIC_KEY_BYTES],
}

impl VerifierKey {
    /// The Ed25519 public key `public` under `name`.
    pub fn new(name: &str, public: [u8; PUBLIC_KEY_BYTES]) -> Result<Self, KeyError> {
        check_name(name)?;
        let name = name.into();
        Ok(Self { name, public })
    }

    /// Reads `name+id+key`.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let (name, rest) = text.split_once('+').ok_or(KeyError::Malformed)?;
        let (id, key) = rest.split_once('+').ok_or(KeyError::Malformed)?;
        check_name(name)?;
        // Checked before decoding: no algorithm's key is longer than a note.
        if key.len() > MAX_NOTE_BYTES {
            return Err(KeyError::Malformed);
        }
        let key = BASE64_STANDARD
            .decode(key)
            .map_err(|_| KeyError::Malformed)?;
        let (kind, public) = key.split_first().ok_or(KeyError::Malformed)?;
        if *kind != TYPE_ED25519 {
            return Err(KeyError::UnknownType { kind: *kind });
        }
        let public = public.try_into().map_err(|_| KeyError::Malformed)?;
        let verifier = Self::new(name, public)?;
        match u32::from_str_radix(id, 16) {
            Ok(id) if id.to_be_bytes() != verifier.id() => Err(KeyError::Id),
            Ok(_) if verifier.serialize() == text => Ok(verifier),
            Ok(_) | Err(_) => Err(KeyError::Malformed),
        }
    }

    /// Writes `name+id+key`.
    pub fn serialize(&self) -> String {
        let id = u32::from_be_bytes(self.id());
        let key = BASE64_STANDARD.encode(self.typed_key());
        format!("{}+{id:08x}+{key}", self.name)
    }

    /// The name that it signs under; of a log's key, the log's origin.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn id(&self) -> [u8; KEY_ID_BYTES] {
        key_id(&self.name, &self.typed_key())
    }

    fn typed_key(&self) -> Vec<u8> {
        [&[TYPE_ED25519], self.public.as_slice()].concat()
    }

    fn is_signature(&self, text: &str, signature: &[u8]) -> bool {
        let key = UnparsedPublicKey::new(&ED25519, self.public);
        key.verify(text.as_bytes(), signature).is_ok()
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifierKey({})", self.serialize())
    }
}

/// A name and the private key that signs under it. Never prints the key.
pub struct SigningKey {
    verifier: VerifierKey,
    pair: Ed25519KeyPair,
}

impl SigningKey {
    /// The key grown from a 32-byte seed.
    pub fn from_seed(name: &str, seed: &Secret<[u8; 32]>) -> Result<Self, KeyError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed.expose());
        Self::new(name, pair.map_err(|_| KeyError::PrivateKey)?)
    }

    /// The key in a PKCS#8 document, with or without its public half.
    pub fn from_pkcs8(name: &str, document: &Secret<Vec<u8>>) -> Result<Self, KeyError> {
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(document.expose());
        Self::new(name, pair.map_err(|_| KeyError::PrivateKey)?)
    }

    fn new(name: &str, pair: Ed25519KeyPair) -> Result<Self, KeyError> {
        let public = pair.public_key().as_ref().try_into();
        let verifier = VerifierKey::new(name, public.map_err(|_| KeyError::PrivateKey)?)?;
        Ok(Self { verifier, pair })
    }

    /// The public half.
    pub fn verifier_key(&self) -> &VerifierKey {
        &self.verifier
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}, [secret])", self.verifier.name)
    }
}

/// The note of `text` with one signature.
pub fn sign(text: &Text, key: &SigningKey) -> String {
    let signature = key.pair.sign(text.as_str().as_bytes());
    let key = &key.verifier;
    with_signature(text.as_str(), key.name(), &key.id(), signature.as_ref())
}

/// The note of `text` with a signature that was made before.
pub(crate) fn with_signature(
    text: &str,
    name: &str,
    id: &[u8; KEY_ID_BYTES],
    signature: &[u8],
) -> String {
    let signature = BASE64_STANDARD.encode([id, signature].concat());
    format!("{text}\n{SIGNATURE_MARK}{name} {signature}\n")
}

/// The signature of a key below a note, as it stands there.
pub(crate) fn signature_of(note: &str, key: &VerifierKey) -> Option<Vec<u8>> {
    let (_, lines) = note.rsplit_once("\n\n")?;
    let mut lines = lines
        .lines()
        .filter_map(|line| SignatureLine::parse(line).ok());
    let line = lines.find(|line| line.names(key))?;
    Some(line.signature)
}

/// Believes a note's text if at least one of `keys` signed it and none of them wrongly.
///
/// Signatures of other keys are passed over, whatever their algorithm.
pub fn open(note: &[u8], keys: &[VerifierKey]) -> Result<Verified<Text>, NoteError> {
    check_length(note.len())?;
    let note = str::from_utf8(note).map_err(|_| NoteError::NotUtf8)?;
    check_characters(note)?;
    // The text may have blank lines; signatures may not, so the last one divides.
    let end = note.rfind("\n\n").ok_or(NoteError::Malformed)?;
    let (text, rest) = note.split_at_checked(end + 1).ok_or(NoteError::Malformed)?;
    let lines = rest.strip_prefix('\n').unwrap_or(rest);
    let lines = lines.strip_suffix('\n').ok_or(NoteError::Malformed)?;

    let mut is_signed = false;
    for (count, line) in lines.split('\n').enumerate() {
        if count >= MAX_SIGNATURES {
            return Err(NoteError::TooManySignatures);
        }
        let line = SignatureLine::parse(line)?;
        for key in keys.iter().filter(|key| line.names(key)) {
            if !key.is_signature(text, &line.signature) {
                return Err(NoteError::BadSignature);
            }
            is_signed = true;
        }
    }
    if is_signed {
        Ok(Verified::new(Text(text.into())))
    } else {
        Err(NoteError::NoKnownSignature)
    }
}

struct SignatureLine<'a> {
    name: &'a str,
    id: [u8; KEY_ID_BYTES],
    signature: Vec<u8>,
}

impl<'a> SignatureLine<'a> {
    fn parse(line: &'a str) -> Result<Self, NoteError> {
        let line = line.strip_prefix(SIGNATURE_MARK);
        let (name, signature) = line
            .and_then(|line| line.split_once(' '))
            .ok_or(NoteError::Malformed)?;
        if !is_name(name) {
            return Err(NoteError::Malformed);
        }
        let bytes = BASE64_STANDARD
            .decode(signature)
            .map_err(|_| NoteError::Malformed)?;
        let (id, signature) = bytes.split_first_chunk().ok_or(NoteError::Malformed)?;
        if signature.is_empty() {
            return Err(NoteError::Malformed);
        }
        Ok(Self {
            name,
            id: *id,
            signature: signature.to_vec(),
        })
    }

    fn names(&self, key: &VerifierKey) -> bool {
        self.name == key.name() && self.id == key.id()
    }
}

#[cfg(test)]
#[path = "note_tests.rs"]
mod tests;
