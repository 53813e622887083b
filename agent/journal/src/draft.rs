//! What is handed to the journal, and what it hands back.

use std::fmt;

use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::log::Hash;
use pharmacy_protocol::part::PartClass;
use pharmacy_protocol::term::{EntryIndex, RegionCode, StoreCode, TillNumber};
use zeroize::Zeroizing;

/// The longest part: a photographed prescription is a few megabytes.
pub const MAX_PART_BYTES: usize = 16 * 1024 * 1024;

/// An event to be recorded.
#[derive(Debug)]
pub struct Draft {
    pub kind: EntryKind,
    /// The till that it concerns; none where it concerns the agent.
    pub till: Option<TillNumber>,
    /// Earlier entries that it rests on.
    pub refs: Vec<EntryIndex>,
    /// Its parts, at most one of a class.
    pub parts: Vec<DraftPart>,
}

impl Draft {
    /// An event with one part, that concerns the agent and rests on nothing.
    pub fn new(kind: EntryKind, part: DraftPart) -> Self {
        Self {
            kind,
            till: None,
            refs: Vec::new(),
            parts: vec![part],
        }
    }

    /// The same about a till.
    #[must_use]
    pub fn at(mut self, till: &TillNumber) -> Self {
        self.till = Some(till.clone());
        self
    }

    /// The same with another part.
    #[must_use]
    pub fn with(mut self, part: DraftPart) -> Self {
        self.parts.push(part);
        self
    }

    /// The same resting on more entries; each is named once, the oldest first.
    #[must_use]
    pub fn resting_on(mut self, entries: impl IntoIterator<Item = EntryIndex>) -> Self {
        self.refs.extend(entries);
        self.refs.sort_unstable();
        self.refs.dedup();
        self
    }
}

/// A part to be sealed. Prints its class only.
pub struct DraftPart {
    pub class: PartClass,
    /// Its bytes, wiped once they are sealed.
    pub bytes: Zeroizing<Vec<u8>>,
}

impl DraftPart {
    /// A part of a class.
    pub fn new(class: PartClass, bytes: Vec<u8>) -> Self {
        Self {
            class,
            bytes: Zeroizing::new(bytes),
        }
    }
}

impl fmt::Debug for DraftPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DraftPart({}, {} bytes)", self.class, self.bytes.len())
    }
}

/// Proof that an event is on the disk. Made after the commit returned, and nowhere else.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[must_use]
pub struct Recorded<T> {
    value: T,
    index: EntryIndex,
    leaf: Hash,
}

impl<T> Recorded<T> {
    pub(super) fn new(value: T, index: EntryIndex, leaf: Hash) -> Self {
        Self { value, index, leaf }
    }

    /// What the caller's own change returned.
    pub fn value(&self) -> &T {
        &self.value
    }

    /// Gives up the proof for what the caller's own change returned.
    pub fn into_value(self) -> T {
        self.value
    }

    /// Where the entry stands in the log.
    pub fn index(&self) -> EntryIndex {
        self.index
    }

    /// The entry's leaf hash.
    pub fn leaf(&self) -> Hash {
        self.leaf
    }

    /// Keeps the proof and changes what it carries.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Recorded<U> {
        Recorded {
            value: change(self.value),
            index: self.index,
            leaf: self.leaf,
        }
    }
}

/// Whose log it is: with the log's own id, its origin.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Identity {
    /// The region that the store belongs to.
    pub region: RegionCode,
    pub store: StoreCode,
    /// The till, or the first one of a shop's shared agent.
    pub till: TillNumber,
}
