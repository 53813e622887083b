//! What is handed to the journal, and what it hands back.

use std::fmt;

use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::log::Hash;
use pharmacy_protocol::part::PartClass;
use pharmacy_protocol::record::{Form, Record};
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
        let draft = Self {
            kind,
            till: None,
            refs: Vec::new(),
            parts: Vec::new(),
        };
        draft.with(part)
    }

    /// An event that one record tells, of the kind that this record belongs to. A record that belongs to
    /// several kinds does not say which: that does not compile.
    pub fn of<R: Record>(record: &R) -> Result<Self, serde_json::Error> {
        let kind = const {
            match R::KINDS {
                [kind] => *kind,
                _ => panic!("the record belongs to several kinds of entry"),
            }
        };
        Ok(Self::new(kind, DraftPart::of(record)?))
    }

    /// The same about a till.
    #[must_use]
    pub fn at(mut self, till: &TillNumber) -> Self {
        self.till = Some(till.clone());
        self
    }

    /// The same with another part.
    ///
    /// INVARIANT: a record stands in an entry of its kind.
    #[must_use]
    pub fn with(mut self, part: DraftPart) -> Self {
        debug_assert!(
            part.may_stand_in(self.kind),
            "{part:?} in an entry of kind `{}`",
            self.kind
        );
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
    /// What it holds; none for bytes of which nothing is known.
    form: Option<Form>,
    /// Its bytes, wiped once they are sealed.
    pub bytes: Zeroizing<Vec<u8>>,
}

impl DraftPart {
    /// Bytes of which only the class is known: for tests of what does not look into parts.
    pub fn new(class: PartClass, bytes: Vec<u8>) -> Self {
        Self {
            class,
            form: None,
            bytes: Zeroizing::new(bytes),
        }
    }

    /// A record.
    pub fn of<R: Record>(record: &R) -> Result<Self, serde_json::Error> {
        let bytes = Zeroizing::new(serde_json::to_vec(record)?);
        Ok(Self::holding(Form::of::<R>(), bytes))
    }

    /// A record that was written before, or bytes as they came.
    pub fn holding(form: Form, bytes: Zeroizing<Vec<u8>>) -> Self {
        Self {
            class: form.class,
            form: Some(form),
            bytes,
        }
    }

    fn may_stand_in(&self, kind: EntryKind) -> bool {
        self.form.is_none_or(|form| form.kinds.contains(&kind))
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

#[cfg(test)]
mod tests {
    use pharmacy_protocol::record::sale::ScannedPacks;
    use pharmacy_protocol::record::store::{Alive, Running};

    use super::*;

    #[test]
    fn a_record_says_kind_and_class() {
        let draft = Draft::of(&Alive {}).unwrap();
        assert_eq!(draft.kind, EntryKind::Liveness);
        let part = draft.parts.first().unwrap();
        assert_eq!(
            (part.class, part.bytes.as_slice()),
            (PartClass::Store, &b"{}"[..])
        );
        for kind in EntryKind::ALL {
            let part = DraftPart::holding(Form::of::<Running>(), Zeroizing::default());
            let is_its_own = matches!(kind, EntryKind::Configuration | EntryKind::Start);
            assert_eq!(part.may_stand_in(kind), is_its_own, "{kind}");
        }
    }

    #[test]
    #[cfg(debug_assertions)]
    #[should_panic(expected = "in an entry of kind `liveness`")]
    fn a_record_stands_in_no_entry_of_another_kind() {
        let scanned = ScannedPacks { packs: Vec::new() };
        let _ = Draft::new(EntryKind::Liveness, DraftPart::of(&scanned).unwrap());
    }
}
