//! The proof on a slip: shows one purchase list to stand in a shop's log, and nothing else.
//!
//! ```text
//! text    "PL1:" ‖ base45(bytes)                 a QR code in alphanumeric mode
//! bytes   02 ‖ salt[32] ‖ key id[4] ‖ signature[64] ‖ origin: text ‖ size ‖ index
//!         ‖ count ‖ hash[32]…                    from the leaf's sibling upwards
//!         ‖ kind: text ‖ at ‖ attested ‖ boot[8] ‖ mono ‖ till: text
//!         ‖ count ‖ ref… ‖ count ‖ (class ‖ commitment[32])…
//! ```
//! The first byte is the version of the entry: 01 has neither boot nor mono.
//! Texts have one byte of length; numbers are LEB128, times zigzag before that. The entry has one
//! spelling only ([`crate::Entry`]), so its members stand for its bytes; hexadecimal digits would
//! double what matters most. The root is not carried: it follows from entry and path, and the
//! signature tells whether it is the log's. There is one text for a proof, and every other is refused.
//!
//! Whoever has the list's exact bytes and the log's public key can check it offline. The salt is that
//! of the list alone: the other parts of the entry stay as closed as they were (R44), and a list that
//! was changed by one byte does not fit any more (R43).
//! In scope: this form, its verification, and the same as C2SP tlog-proof for other people's tools.
//! Out of scope: the list's content, QR codes, where salt and proof come from (the agent's journal).
//!
//! Not deflated: measured, it makes both the golden proof (661 bytes) and that of a million entries (886)
//! five bytes longer; all but some forty bytes are hashes.

mod base45;
mod read;

use std::fmt;

use crate::entry::{self, Entry, EntryError};
use crate::log::checkpoint::{self, CheckpointError};
use crate::log::note::{self, KEY_ID_BYTES, VerifierKey};
use crate::log::tree::{self, ProofMismatch};
use crate::log::{Checkpoint, Hash, Origin, Proof, leaf_hash};
use crate::part::{self, PartClass, Salt};
use crate::term::EntryIndex;
use crate::verified::Verified;

/// The form's version: that of the entries that are recorded now.
pub const SLIP_VERSION: u8 = entry::ENTRY_VERSION;

/// What the text begins with: tells it from every other code on a scanned page.
pub const SLIP_MARK: &str = "PL1:";

/// The longest text: the largest QR code holds no more alphanumeric characters.
pub const MAX_SLIP_CHARACTERS: usize = 4_296;

const SIGNATURE_BYTES: usize = 64;

/// The classes by their codes here. Only ever grows at its end.
const CLASSES: [PartClass; 10] = [
    PartClass::Answer,
    PartClass::Facts,
    PartClass::Goods,
    PartClass::Identity,
    PartClass::List,
    PartClass::Prescription,
    PartClass::Staff,
    PartClass::Store,
    PartClass::Rows,
    PartClass::State,
];

/// Shows a purchase list to be in a log. Prints its place only.
#[derive(Clone)]
pub struct SlipProof {
    salt: Salt,
    entry: Entry,
    index: EntryIndex,
    size: u64,
    hashes: Vec<Hash>,
    origin: Origin,
    key_id: [u8; KEY_ID_BYTES],
    signature: [u8; SIGNATURE_BYTES],
}

/// What a slip's proof shows.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Listed {
    /// The tree that the log signed.
    pub checkpoint: Checkpoint,
    /// The entry that recorded the list.
    pub entry: Entry,
    /// The entry's place.
    pub index: EntryIndex,
}

/// A text that is no slip's proof, or proves nothing.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SlipError {
    /// The log did not sign that tree.
    #[error("proof's checkpoint cannot be believed")]
    Checkpoint(#[source] CheckpointError),
    /// The entry in it is none.
    #[error("proof's entry cannot be read")]
    Entry(#[source] EntryError),
    /// Not the form, or not its only spelling.
    #[error("proof departs from its form at byte {at}")]
    Malformed {
        /// How many bytes were as they should be.
        at: usize,
    },
    /// Not base45.
    #[error("proof is not base45")]
    NotBase45,
    /// Another code.
    #[error("text does not begin like a slip's proof")]
    NotASlip,
    /// The entry records no purchase list.
    #[error("entry has no purchase list")]
    NoList,
    /// The list is not the one that was recorded.
    #[error("list is not the one that was recorded, byte for byte")]
    OtherList,
    /// The key is another log's.
    #[error("proof belongs to another log than the key")]
    OtherLog,
    /// The path does not fit the entry's place.
    #[error("path does not fit the entry's place")]
    Path(#[source] ProofMismatch),
    /// Longer than [`MAX_SLIP_CHARACTERS`].
    #[error("text of {characters} characters is too long")]
    TooLong {
        /// Its length.
        characters: usize,
    },
    /// Neither [`SLIP_VERSION`] nor an older one.
    #[error("proof has the unknown version {version}")]
    Version {
        /// The version.
        version: u8,
    },
}

impl SlipError {
    /// The permanent code of this kind of error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Checkpoint(_) => "slip.checkpoint",
            Self::Entry(_) | Self::Malformed { .. } | Self::NotBase45 => "slip.malformed",
            Self::NotASlip => "slip.not-a-slip",
            Self::NoList => "slip.no-list",
            Self::OtherList => "slip.other-list",
            Self::OtherLog => "slip.other-log",
            Self::Path(_) => "slip.path",
            Self::TooLong { .. } => "slip.too-long",
            Self::Version { .. } => "slip.version",
        }
    }
}

impl SlipProof {
    /// The proof of the list that `entry` records, from the salt of that part and the log's own proof.
    pub fn new(
        salt: Salt,
        entry: &[u8],
        proof: &Proof,
        key: &VerifierKey,
    ) -> Result<Self, SlipError> {
        let entry_read = Entry::parse(entry).map_err(SlipError::Entry)?;
        if !entry_read
            .parts
            .iter()
            .any(|it| it.class == PartClass::List)
        {
            return Err(SlipError::NoList);
        }
        let leaf = leaf_hash(entry);
        let checkpoint = checkpoint::open(proof.checkpoint.as_bytes(), key);
        let checkpoint = checkpoint.map_err(SlipError::Checkpoint)?;
        let head = checkpoint.get().head();
        tree::verify_inclusion(&head, proof.index.value(), &leaf, &proof.hashes)
            .map_err(SlipError::Path)?;
        let signature = note::signature_of(&proof.checkpoint, key);
        let signature = signature.and_then(|bytes| bytes.try_into().ok());
        Ok(Self {
            salt,
            entry: entry_read,
            index: proof.index,
            size: head.size,
            hashes: proof.hashes.clone(),
            origin: checkpoint.get().origin.clone(),
            key_id: key.id(),
            signature: signature.ok_or(SlipError::OtherLog)?,
        })
    }

    /// The log that it speaks of; nobody has checked it yet.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The entry that it speaks of; nobody has checked it yet.
    pub fn index(&self) -> EntryIndex {
        self.index
    }

    /// The proof as text.
    pub fn serialize(&self) -> String {
        format!("{SLIP_MARK}{}", base45::encode(&self.to_bytes()))
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![self.entry.version()];
        bytes.extend(self.salt.expose());
        bytes.extend(self.key_id);
        bytes.extend(self.signature);
        put_text(&mut bytes, self.origin.as_str());
        put_number(&mut bytes, self.size);
        put_number(&mut bytes, self.index.value());
        put_count(&mut bytes, self.hashes.len());
        bytes.extend(self.hashes.iter().flat_map(|hash| hash.0));
        put_text(&mut bytes, self.entry.kind.name());
        put_time(&mut bytes, self.entry.at_ms);
        match self.entry.attested_ms {
            Some(ms) => {
                bytes.push(1);
                put_time(&mut bytes, ms);
            }
            None => bytes.push(0),
        }
        if let Some(boot) = self.entry.boot {
            bytes.extend(boot.id.as_bytes());
            put_number(&mut bytes, boot.mono_ms);
        }
        // A till's number is never empty.
        let till = self.entry.till.as_ref();
        put_text(&mut bytes, till.map_or("", |till| till.as_str()));
        put_count(&mut bytes, self.entry.refs.len());
        for index in &self.entry.refs {
            put_number(&mut bytes, index.value());
        }
        put_count(&mut bytes, self.entry.parts.len());
        for part in &self.entry.parts {
            let code = CLASSES.iter().position(|class| *class == part.class);
            put_count(&mut bytes, code.unwrap_or(CLASSES.len()));
            bytes.extend(part.commitment.as_bytes());
        }
        bytes
    }

    /// Believes that the log whose key is `key` recorded this list, and where.
    pub fn verify(&self, list: &[u8], key: &VerifierKey) -> Result<Verified<Listed>, SlipError> {
        if self.origin.as_str() != key.name() || self.key_id != key.id() {
            return Err(SlipError::OtherLog);
        }
        let mut parts = self.entry.parts.iter();
        let part = parts.find(|part| part.class == PartClass::List);
        let part = part.ok_or(SlipError::NoList)?;
        part::check(PartClass::List, &self.salt, list, &part.commitment)
            .map_err(|_| SlipError::OtherList)?;
        let proof = self.to_proof()?;
        let checkpoint = checkpoint::open(proof.checkpoint.as_bytes(), key);
        let checkpoint = checkpoint.map_err(SlipError::Checkpoint)?;
        Ok(checkpoint.map(|checkpoint| Listed {
            checkpoint,
            entry: self.entry.clone(),
            index: self.index,
        }))
    }

    /// The same as C2SP tlog-proof, for tools that know nothing of slips. It proves
    /// [`Self::entry_bytes`], as it stands in the log.
    pub fn to_proof(&self) -> Result<Proof, SlipError> {
        let leaf = leaf_hash(&self.entry_bytes());
        let root = tree::inclusion_root(self.size, self.index.value(), &leaf, &self.hashes);
        let body = Checkpoint {
            origin: self.origin.clone(),
            size: self.size,
            root: root.map_err(SlipError::Path)?,
        };
        let name = self.origin.as_str();
        Ok(Proof {
            extra: None,
            index: self.index,
            hashes: self.hashes.clone(),
            checkpoint: note::with_signature(
                &body.serialize(),
                name,
                &self.key_id,
                &self.signature,
            ),
        })
    }

    /// The entry's bytes: the leaf.
    pub fn entry_bytes(&self) -> Vec<u8> {
        self.entry.serialize()
    }
}

impl fmt::Debug for SlipProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SlipProof({} entry {})", self.origin, self.index)
    }
}

/// A number in groups of seven bits, the lowest first.
fn put_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number > 0x7f {
        bytes.push(0x80 | (number & 0x7f) as u8);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn put_count(bytes: &mut Vec<u8>, count: usize) {
    put_number(bytes, u64::try_from(count).unwrap_or(u64::MAX));
}

/// A time; the sign goes to the lowest bit.
fn put_time(bytes: &mut Vec<u8>, ms: i64) {
    put_number(bytes, ((ms << 1) ^ (ms >> 63)).cast_unsigned());
}

/// A text of at most 255 bytes: origins, kinds and till numbers are far shorter.
fn put_text(bytes: &mut Vec<u8>, text: &str) {
    let text = text.as_bytes();
    let length = u8::try_from(text.len()).unwrap_or(u8::MAX);
    bytes.push(length);
    bytes.extend(text.iter().take(length.into()));
}

#[cfg(test)]
mod tests;
