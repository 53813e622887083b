//! Entries: one line of JSON per event, with a closed list of members in a fixed order.
//!
//! ```text
//! {"v":2,"kind":"sale","at":1764000000123,"attested":null,"boot":"0123456789abcdef","mono":86400000,
//!  "till":"01","refs":[12,13],
//!  "parts":[{"class":"facts","commitment":"<64 hex>"}]}                 (one line, no spaces)
//! ```
//! Version 1 lacks `boot` and `mono`. An entry is written in the version that it has: an old one keeps
//! its bytes, hence its leaf.
//!
//! These bytes are the leaf. Nothing is re-serialised to be verified, so there is one spelling only:
//! [`Entry::parse`] refuses every other. No member may name a person, a staff member or a pack; those
//! lie in parts ([`crate::part`]), so that tiles can travel freely and parts can be erased.
//! Out of scope: what each kind's parts hold; whether references exist (the log's verifier).

use std::fmt;
use std::io::Write as _;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::part::{Commitment, PartClass};
use crate::term::{EntryIndex, TillNumber};

/// The version of the format that entries are recorded in.
pub const ENTRY_VERSION: u8 = 2;

/// The version of entries that do not say at which start of the agent they were recorded.
pub const ENTRY_VERSION_WITHOUT_BOOT: u8 = 1;

/// The longest entry; all classes and [`MAX_REFS`] references stay below.
pub const MAX_ENTRY_BYTES: usize = 8_192;

/// The most references that an entry may have.
pub const MAX_REFS: usize = 256;

/// What happened.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EntryKind {
    /// Somebody read what the log or its parts hold.
    Access,
    /// A settlement or reversal is about to leave the till.
    Attempt,
    /// Rows beside the log were recorded as they stood.
    Carried,
    /// The store's catalogue changed.
    Catalogue,
    /// What a source said of the stock: a till's inventory call and its answer.
    Claim,
    /// The configuration changed; its digest.
    Configuration,
    /// An image of a prescription or a scanned slip was taken in.
    Document,
    /// Parts were destroyed; how many of which class.
    Erasure,
    /// Evidence of who stands at the counter.
    Evidence,
    /// Something that must not pass unnoticed, outside a sale's own steps.
    Finding,
    /// An invoice was reported for a sale.
    Invoice,
    /// The agent ran.
    Liveness,
    /// What became of an attempt.
    Outcome,
    /// A rule pack came into force.
    Pack,
    /// A step in a prescription's life: received, reviewed, dispensed, archived, rejected.
    Prescription,
    /// A card reader was seen for the first time.
    Reader,
    /// The person in charge released a reason, or a refusal was marked as wrong.
    Release,
    /// Rows that were not as the log says were made so again.
    Repair,
    /// A sale was taken back, in whole or in part.
    Reversal,
    /// A sale was closed or abandoned.
    Sale,
    /// An operator signed in or out at a till.
    Shift,
    /// A purchase list was confirmed.
    Signature,
    /// The register of staff changed.
    Staff,
    /// The register of the store's standing with the bureau changed.
    Standing,
    /// The agent began.
    Start,
    /// The agent ended in order.
    Stop,
    /// This log succeeds another; entry 0 only.
    Succession,
    /// A till's access was granted or revoked.
    Token,
    /// A basket was judged.
    Verdict,
}

impl EntryKind {
    /// Every kind, in the order of the alphabet.
    pub const ALL: [Self; 29] = [
        Self::Access,
        Self::Attempt,
        Self::Carried,
        Self::Catalogue,
        Self::Claim,
        Self::Configuration,
        Self::Document,
        Self::Erasure,
        Self::Evidence,
        Self::Finding,
        Self::Invoice,
        Self::Liveness,
        Self::Outcome,
        Self::Pack,
        Self::Prescription,
        Self::Reader,
        Self::Release,
        Self::Repair,
        Self::Reversal,
        Self::Sale,
        Self::Shift,
        Self::Signature,
        Self::Staff,
        Self::Standing,
        Self::Start,
        Self::Stop,
        Self::Succession,
        Self::Token,
        Self::Verdict,
    ];

    /// The kind's name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Attempt => "attempt",
            Self::Carried => "carried",
            Self::Catalogue => "catalogue",
            Self::Claim => "claim",
            Self::Configuration => "configuration",
            Self::Document => "document",
            Self::Erasure => "erasure",
            Self::Evidence => "evidence",
            Self::Finding => "finding",
            Self::Invoice => "invoice",
            Self::Liveness => "liveness",
            Self::Outcome => "outcome",
            Self::Pack => "pack",
            Self::Prescription => "prescription",
            Self::Reader => "reader",
            Self::Release => "release",
            Self::Repair => "repair",
            Self::Reversal => "reversal",
            Self::Sale => "sale",
            Self::Shift => "shift",
            Self::Signature => "signature",
            Self::Staff => "staff",
            Self::Standing => "standing",
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Succession => "succession",
            Self::Token => "token",
            Self::Verdict => "verdict",
        }
    }
}

/// Text that is no kind.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("no entry has such a kind")]
pub struct EntryKindError;

impl FromStr for EntryKind {
    type Err = EntryKindError;
    fn from_str(name: &str) -> Result<Self, EntryKindError> {
        let mut all = Self::ALL.into_iter();
        all.find(|kind| kind.name() == name).ok_or(EntryKindError)
    }
}

impl fmt::Display for EntryKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One part that belongs to an entry: its class, and what binds it.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct PartRef {
    /// What it holds; an entry has at most one part of a class.
    pub class: PartClass,
    /// What binds it.
    pub commitment: Commitment,
}

/// Which start of the agent an entry is of: random, 8 bytes.
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
pub struct BootId([u8; BOOT_ID_BYTES]);

/// Bytes of a [`BootId`].
pub const BOOT_ID_BYTES: usize = 8;

impl BootId {
    /// The id that these bytes are.
    pub const fn new(bytes: [u8; BOOT_ID_BYTES]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; BOOT_ID_BYTES] {
        &self.0
    }

    /// Reads 16 lower-case hexadecimal digits.
    fn from_hex(text: &str) -> Option<Self> {
        let number = u64::from_str_radix(text, 16).ok()?;
        let id = Self(number.to_be_bytes());
        (id.to_string() == text).then_some(id)
    }
}

impl fmt::Display for BootId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", u64::from_be_bytes(self.0))
    }
}

impl fmt::Debug for BootId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BootId({self})")
    }
}

/// The agent's run within which an entry was recorded, and when in it.
///
/// A clock on the wall can be set; how long the agent has been running cannot.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Boot {
    /// Which run.
    pub id: BootId,
    /// Milliseconds since it began, by a clock that only runs forward.
    pub mono_ms: u64,
}

/// One event in the log.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entry {
    /// What happened.
    pub kind: EntryKind,
    /// Wall time of the agent, milliseconds since 1970-01-01T00:00Z. Never an order: that is the index.
    pub at_ms: i64,
    /// Last time that somebody outside attested, in the same unit.
    pub attested_ms: Option<i64>,
    /// The agent's run; none in an entry of version 1.
    pub boot: Option<Boot>,
    /// The till that it concerns; none where it concerns the agent.
    pub till: Option<TillNumber>,
    /// Earlier entries that it rests on.
    pub refs: Vec<EntryIndex>,
    /// Its parts.
    pub parts: Vec<PartRef>,
}

/// Bytes that are no entry, or an entry that would not be read back.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum EntryError {
    /// Two parts of one class.
    #[error("entry has two parts of class `{class}`")]
    DuplicateClass {
        /// The class.
        class: PartClass,
    },
    /// Not the one spelling: a member unknown, missing or out of place, a space, a second writing.
    #[error("entry departs from its form at byte {at}")]
    Malformed {
        /// How many bytes were as they should be.
        at: usize,
    },
    /// Longer than [`MAX_ENTRY_BYTES`].
    #[error("entry of {bytes} bytes is too long")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// More references than [`MAX_REFS`].
    #[error("entry has too many references")]
    TooManyRefs,
    /// A part of an unknown class.
    #[error("entry has a part of an unknown class")]
    UnknownClass,
    /// An unknown kind.
    #[error("entry has an unknown kind")]
    UnknownKind,
    /// Neither [`ENTRY_VERSION`] nor [`ENTRY_VERSION_WITHOUT_BOOT`].
    #[error("entry has an unknown version")]
    Version,
}

impl Entry {
    /// Whether the entry may be recorded: what [`Entry::serialize`] makes of it is read back.
    pub fn check(&self) -> Result<(), EntryError> {
        if self.refs.len() > MAX_REFS {
            return Err(EntryError::TooManyRefs);
        }
        let mut seen = Vec::new();
        for PartRef { class, .. } in &self.parts {
            if seen.contains(class) {
                return Err(EntryError::DuplicateClass { class: *class });
            }
            seen.push(*class);
        }
        Ok(())
    }

    /// The version in which it is written.
    pub fn version(&self) -> u8 {
        match self.boot {
            Some(_) => ENTRY_VERSION,
            None => ENTRY_VERSION_WITHOUT_BOOT,
        }
    }

    /// The entry's bytes: one line without its newline.
    pub fn serialize(&self) -> Vec<u8> {
        let mut line = Vec::with_capacity(1_024);
        // Writing to a vector does not fail.
        let _ = self.write(&mut line);
        line
    }

    fn write(&self, line: &mut Vec<u8>) -> std::io::Result<()> {
        write!(
            line,
            r#"{{"v":{},"kind":"{}","at":{},"attested":"#,
            self.version(),
            self.kind,
            self.at_ms
        )?;
        match self.attested_ms {
            Some(ms) => write!(line, "{ms}")?,
            None => line.write_all(b"null")?,
        }
        if let Some(Boot { id, mono_ms }) = self.boot {
            write!(line, r#","boot":"{id}","mono":{mono_ms}"#)?;
        }
        // No character of a till number needs an escape.
        match &self.till {
            Some(till) => write!(line, r#","till":"{till}""#)?,
            None => line.write_all(br#","till":null"#)?,
        }
        line.write_all(br#","refs":["#)?;
        for (count, index) in self.refs.iter().enumerate() {
            write!(line, "{}{index}", comma(count))?;
        }
        line.write_all(br#"],"parts":["#)?;
        for (count, PartRef { class, commitment }) in self.parts.iter().enumerate() {
            let comma = comma(count);
            write!(
                line,
                r#"{comma}{{"class":"{class}","commitment":"{commitment}"}}"#
            )?;
        }
        line.write_all(b"]}")
    }

    /// Reads what [`Entry::serialize`] writes, and nothing else.
    pub fn parse(bytes: &[u8]) -> Result<Self, EntryError> {
        if bytes.len() > MAX_ENTRY_BYTES {
            let bytes = bytes.len();
            return Err(EntryError::TooLong { bytes });
        }
        Reader { bytes, at: 0 }.entry()
    }
}

fn comma(count: usize) -> &'static str {
    if count == 0 { "" } else { "," }
}

/// Reads the one form from left to right.
///
/// Not a JSON reader on purpose: a general one accepts many spellings of an entry, and a log's
/// verifier reads a million entries a second.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn entry(mut self) -> Result<Entry, EntryError> {
        self.expect(br#"{"v":"#)?;
        let version = self.number::<u8>()?;
        if !matches!(version, ENTRY_VERSION | ENTRY_VERSION_WITHOUT_BOOT) {
            return Err(EntryError::Version);
        }
        self.expect(br#","kind":"#)?;
        let kind = self.text()?.parse().map_err(|_| EntryError::UnknownKind)?;
        self.expect(br#","at":"#)?;
        let at_ms = self.number()?;
        self.expect(br#","attested":"#)?;
        let attested_ms = self.unless_null(Self::number)?;
        let boot = match version {
            ENTRY_VERSION => Some(self.boot()?),
            _ => None,
        };
        self.expect(br#","till":"#)?;
        let till = self.unless_null(|reader| {
            let at = reader.at;
            let till = reader.text()?.parse();
            till.map_err(|_| EntryError::Malformed { at })
        })?;
        let entry = Entry {
            kind,
            at_ms,
            attested_ms,
            boot,
            till,
            refs: self.refs()?,
            parts: self.parts()?,
        };
        self.expect(b"}")?;
        if self.at < self.bytes.len() {
            return Err(self.malformed());
        }
        entry.check().map(|()| entry)
    }

    fn boot(&mut self) -> Result<Boot, EntryError> {
        self.expect(br#","boot":"#)?;
        let at = self.at;
        let id = BootId::from_hex(self.text()?).ok_or(EntryError::Malformed { at })?;
        self.expect(br#","mono":"#)?;
        let mono_ms = self.number()?;
        Ok(Boot { id, mono_ms })
    }

    fn refs(&mut self) -> Result<Vec<EntryIndex>, EntryError> {
        self.expect(br#","refs":["#)?;
        let mut refs = Vec::new();
        while !self.take(b"]") {
            self.expect(comma(refs.len()).as_bytes())?;
            refs.push(EntryIndex::new(self.number()?));
        }
        Ok(refs)
    }

    fn parts(&mut self) -> Result<Vec<PartRef>, EntryError> {
        self.expect(br#","parts":["#)?;
        let mut parts = Vec::new();
        while !self.take(b"]") {
            self.expect(comma(parts.len()).as_bytes())?;
            self.expect(br#"{"class":"#)?;
            let class = self.text()?.parse().map_err(|_| EntryError::UnknownClass)?;
            self.expect(br#","commitment":"#)?;
            let at = self.at;
            let commitment = Commitment::from_hex(self.text()?.as_bytes());
            let commitment = commitment.ok_or(EntryError::Malformed { at })?;
            self.expect(b"}")?;
            parts.push(PartRef { class, commitment });
        }
        Ok(parts)
    }

    fn malformed(&self) -> EntryError {
        EntryError::Malformed { at: self.at }
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    fn take(&mut self, literal: &[u8]) -> bool {
        let is_next = self.rest().starts_with(literal);
        if is_next {
            self.at = self.at.saturating_add(literal.len());
        }
        is_next
    }

    fn expect(&mut self, literal: &[u8]) -> Result<(), EntryError> {
        if self.take(literal) {
            Ok(())
        } else {
            Err(self.malformed())
        }
    }

    fn unless_null<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, EntryError>,
    ) -> Result<Option<T>, EntryError> {
        if self.take(b"null") {
            Ok(None)
        } else {
            read(self).map(Some)
        }
    }

    /// A text of printable ASCII without escapes, in quotes.
    fn text(&mut self) -> Result<&'a str, EntryError> {
        self.expect(b"\"")?;
        let is_plain = |byte: &u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\');
        let text = self.while_next(is_plain)?;
        self.expect(b"\"")?;
        Ok(text)
    }

    /// An integer without leading zeros, plus sign, point or exponent, and no `-0`.
    fn number<T: FromStr>(&mut self) -> Result<T, EntryError> {
        let at = self.at;
        let digits = self.while_next(|byte| matches!(byte, b'0'..=b'9' | b'-'))?;
        let unsigned = digits.strip_prefix('-').unwrap_or(digits);
        let is_canonical = digits == "0" || !unsigned.starts_with('0');
        let number = digits.parse().ok().filter(|_| is_canonical);
        number.ok_or(EntryError::Malformed { at })
    }

    fn while_next(&mut self, is_part: impl Fn(&u8) -> bool) -> Result<&'a str, EntryError> {
        let rest = self.rest();
        let length = rest.iter().take_while(|byte| is_part(byte)).count();
        let part = rest.get(..length).unwrap_or_default();
        let text = str::from_utf8(part).map_err(|_| self.malformed())?;
        self.at = self.at.saturating_add(length);
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::part::{Salt, commit};

    fn sale() -> Entry {
        let class = PartClass::Goods;
        let commitment = commit(class, &Salt::new([1; 32]), b"{}");
        Entry {
            kind: EntryKind::Sale,
            at_ms: 1_764_000_000_123,
            attested_ms: None,
            boot: Some(Boot {
                id: BootId::new([1, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef]),
                mono_ms: 86_400_000,
            }),
            till: Some("01".parse().unwrap()),
            refs: vec![EntryIndex::new(12), EntryIndex::new(13)],
            parts: vec![PartRef { class, commitment }],
        }
    }

    const BOOT: &str = r#","boot":"0123456789abcdef","mono":86400000"#;

    fn sale_text() -> String {
        String::from_utf8(sale().serialize()).unwrap()
    }

    #[test]
    fn writes_one_line_in_the_fixed_order() {
        let commitment = sale().parts[0].commitment;
        assert_eq!(
            sale_text(),
            format!(
                r#"{{"v":2,"kind":"sale","at":1764000000123,"attested":null,"boot":"0123456789abcdef","mono":86400000,"till":"01","refs":[12,13],"parts":[{{"class":"goods","commitment":"{commitment}"}}]}}"#
            )
        );
        let old = Entry {
            boot: None,
            ..sale()
        };
        assert_eq!(
            String::from_utf8(old.serialize()).unwrap(),
            format!(
                r#"{{"v":1,"kind":"sale","at":1764000000123,"attested":null,"till":"01","refs":[12,13],"parts":[{{"class":"goods","commitment":"{commitment}"}}]}}"#
            )
        );
    }

    #[test]
    fn members_belong_to_their_version() {
        let (new, old) = (sale_text(), sale_text().replace(BOOT, ""));
        assert!(Entry::parse(new.as_bytes()).unwrap().boot.is_some());
        let one = old.replace(r#""v":2"#, r#""v":1"#);
        assert_eq!(Entry::parse(one.as_bytes()).unwrap().boot, None);
        for wrong in [old, new.replace(r#""v":2"#, r#""v":1"#)] {
            let error = Entry::parse(wrong.as_bytes()).unwrap_err();
            assert!(matches!(error, EntryError::Malformed { .. }), "{wrong}");
        }
    }

    #[test]
    fn refuses_every_other_spelling() {
        let text = sale_text();
        for (from, to) in [
            (r#"{"v":2"#, r#"{ "v":2"#),
            (r#"{"v":2"#, r#"{"v":02"#),
            (r#"{"v":2"#, r#"{"v":2.0"#),
            (r#"{"v":2,"#, r#"{"v":2,"note":"x","#),
            (r#"{"v":2,"kind":"sale""#, r#"{"kind":"sale","v":2"#),
            (r#""sale""#, r#""\u0073ale""#),
            (r#""at":1764000000123"#, r#""at":1764000000123.0"#),
            (r#""at":1764000000123"#, r#""at":-0"#),
            (r#""at":1764000000123"#, r#""at":+5"#),
            (r#""at":1764000000123"#, r#""at":--5"#),
            (r#""at":1764000000123"#, r#""at":-"#),
            (r#""at":1764000000123"#, r#""at":"#),
            (r#""at":1764000000123"#, r#""at":9223372036854775808"#),
            (r#""attested":null"#, r#""attested":"null""#),
            (r#""attested":null,"#, ""),
            (r#""boot":"01"#, r#""boot":"0"#),
            (r#""boot":"01"#, r#""boot":"+1"#),
            (r#""boot":"0123456789ab"#, r#""boot":"0123456789AB"#),
            (r#""boot":"0123456789abcdef""#, r#""boot":null"#),
            (r#""mono":86400000"#, r#""mono":-1"#),
            (r#""mono":86400000"#, r#""mono":null"#),
            (r#""mono":86400000"#, r#""mono":18446744073709551616"#),
            (r#""mono":86400000,"#, ""),
            (r#""till":"01""#, r#""till":"""#),
            (r#""till":"01""#, r#""till":"0 1""#),
            (r#""till":"01""#, r#""till":1"#),
            ("[12,13]", "[12,13,]"),
            ("[12,13]", "[,12]"),
            ("[12,13]", "[12 ,13]"),
            ("[12,13]", "[-1]"),
            (r#"}]}"#, r#"}]}}"#),
            (r#"}]}"#, "}]}\n"),
            (r#"}]}"#, r#"}]"#),
        ] {
            let bytes = text.replacen(from, to, 1);
            assert_ne!(bytes, text, "{from}");
            let error = Entry::parse(bytes.as_bytes()).unwrap_err();
            assert!(
                matches!(error, EntryError::Malformed { .. }),
                "{to}: {error}"
            );
        }
        let upper = text.replace(
            |c: char| c.is_ascii_hexdigit() && c.is_ascii_lowercase(),
            "A",
        );
        assert!(Entry::parse(upper.as_bytes()).is_err());
    }

    #[test]
    fn refuses_what_the_format_does_not_know() {
        let text = sale_text();
        let parse = |from: &str, to: &str| Entry::parse(text.replace(from, to).as_bytes());
        for version in [r#""v":0"#, r#""v":3"#] {
            assert_eq!(parse(r#""v":2"#, version), Err(EntryError::Version));
        }
        assert_eq!(
            parse(r#""sale""#, r#""gift""#),
            Err(EntryError::UnknownKind)
        );
        assert_eq!(
            parse(r#""goods""#, r#""name""#),
            Err(EntryError::UnknownClass)
        );
        let error = EntryError::TooLong {
            bytes: MAX_ENTRY_BYTES + 1,
        };
        assert_eq!(Entry::parse(&[b' '; MAX_ENTRY_BYTES + 1]), Err(error));
    }

    #[test]
    fn refuses_two_parts_of_a_class_and_too_many_references() {
        let mut entry = sale();
        entry.parts.push(entry.parts[0]);
        let error = EntryError::DuplicateClass {
            class: PartClass::Goods,
        };
        assert_eq!(entry.check(), Err(error));
        assert_eq!(Entry::parse(&entry.serialize()), Err(error));

        let mut entry = sale();
        entry.refs = vec![EntryIndex::new(u64::MAX); MAX_REFS];
        entry.boot = entry.boot.map(|boot| Boot {
            mono_ms: u64::MAX,
            ..boot
        });
        entry.parts = PartClass::ALL
            .map(|class| PartRef {
                class,
                ..entry.parts[0]
            })
            .to_vec();
        assert_eq!(Entry::parse(&entry.serialize()).unwrap(), entry);
        entry.refs.push(EntryIndex::new(0));
        assert_eq!(entry.check(), Err(EntryError::TooManyRefs));
        assert_eq!(
            Entry::parse(&entry.serialize()),
            Err(EntryError::TooManyRefs)
        );
    }

    #[test]
    fn kind_names_are_those_of_serde_and_stand_in_order() {
        assert!(EntryKind::ALL.is_sorted_by_key(|kind| kind.name()));
        for (at, kind) in EntryKind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, at);
            assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{kind}\""));
            assert_eq!(kind.name().parse(), Ok(kind));
        }
        assert_eq!("Sale".parse::<EntryKind>(), Err(EntryKindError));
    }

    prop_compose! {
        fn any_entry()(
            kind in prop::sample::select(&EntryKind::ALL[..]),
            at_ms in any::<i64>(), attested_ms in any::<Option<i64>>(),
            boot in any::<Option<([u8; BOOT_ID_BYTES], u64)>>(),
            till in prop::option::of("[A-Za-z0-9_-]{1,16}"),
            refs in prop::collection::vec(any::<u64>(), 0..5),
            classes in prop::sample::subsequence(&PartClass::ALL[..], 0..=8).prop_shuffle(),
            salt in any::<[u8; 32]>(),
        ) -> Entry {
            let part = |class| PartRef { class, commitment: commit(class, &Salt::new(salt), b"") };
            Entry {
                kind, at_ms, attested_ms,
                boot: boot.map(|(id, mono_ms)| Boot { id: BootId::new(id), mono_ms }),
                till: till.map(|till| till.parse().unwrap()),
                refs: refs.into_iter().map(EntryIndex::new).collect(),
                parts: classes.into_iter().map(part).collect(),
            }
        }
    }

    proptest! {
        #[test]
        fn round_trips_and_is_json(entry in any_entry()) {
            let bytes = entry.serialize();
            prop_assert_eq!(Entry::parse(&bytes).unwrap(), entry.clone());
            prop_assert!(!bytes.contains(&b'\n'));
            let json: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
            prop_assert_eq!(json["kind"].as_str(), Some(entry.kind.name()));
            prop_assert_eq!(json["at"].as_i64(), Some(entry.at_ms));
            prop_assert_eq!(json["attested"].as_i64(), entry.attested_ms);
            prop_assert_eq!(json["refs"].as_array().unwrap().len(), entry.refs.len());
            prop_assert_eq!(json["parts"].as_array().unwrap().len(), entry.parts.len());
            let boot = entry.boot.map(|boot| boot.id.to_string());
            prop_assert_eq!(json["boot"].as_str(), boot.as_deref());
            prop_assert_eq!(json["mono"].as_u64(), entry.boot.map(|boot| boot.mono_ms));
            let members = if entry.boot.is_some() { 9 } else { 7 };
            prop_assert_eq!(json.as_object().unwrap().len(), members);
        }

        #[test]
        fn what_is_read_is_written_the_same(
            entry in any_entry(), at in any::<prop::sample::Index>(), byte in any::<u8>(),
        ) {
            let mut bytes = entry.serialize();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            if let Ok(entry) = Entry::parse(&bytes) {
                prop_assert_eq!(entry.serialize(), bytes.clone());
            }
            bytes.remove(at);
            if let Ok(entry) = Entry::parse(&bytes) {
                prop_assert_eq!(entry.serialize(), bytes);
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in any::<Vec<u8>>()) {
            prop_assert!(Entry::parse(&bytes).is_err());
        }
    }
}
