//! The store's standing with the bureau: changes of the register, and the nouns they are told in.
//!
//! Some of the six facts are names of persons. They print as nothing, and go into another part of an
//! entry than the rest ([`Change::apart`]).
//! In scope: words, areas, licences, documents, and what is wrong with one of them. Out of scope: which
//! change may follow, what counts today (the desk).

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use pharmacy_protocol::term::EntryIndex;
use serde::{Deserialize, Serialize};

use crate::facts::{Agreement, Premises};

/// The longest text of the register, in characters: a business scope (经营范围) is the longest.
pub const MAX_TEXT: usize = 2_000;

/// Largest document, bytes: as much as a part takes.
pub const MAX_DOCUMENT: usize = 16 * 1024 * 1024;

/// A closed set of words of the register, in the order of the alphabet.
macro_rules! register_words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// Every word, in the order of the alphabet.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The word for it.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }

        impl FromStr for $name {
            type Err = StandingError;
            fn from_str(word: &str) -> Result<Self, StandingError> {
                let mut all = Self::ALL.iter().copied();
                all.find(|one| one.name() == word).ok_or(StandingError::Word)
            }
        }
    };
}

register_words! {
    /// The six facts whose change is important (六类重要信息).
    ImportantFact {
        /// Registered address (注册地址).
        Address = "address",
        /// Actual controller (实际控制人): a person's name.
        Controller = "controller",
        /// Legal representative (法定代表人): a person's name.
        LegalRepresentative = "legal-representative",
        /// Name of the pharmacy.
        Name = "name",
        /// Person in charge (主要负责人): a person's name.
        PersonInCharge = "person-in-charge",
        /// Business scope (经营范围).
        Scope = "scope",
    }
}

impl ImportantFact {
    /// Is it the name of a person?
    pub fn is_person(self) -> bool {
        matches!(
            self,
            Self::Controller | Self::LegalRepresentative | Self::PersonInCharge
        )
    }
}

register_words! {
    /// Which licence.
    Permit {
        /// Business licence (营业执照).
        Business = "business-licence",
        /// Drug-trading licence (药品经营许可证).
        Drug = "licence",
    }
}

register_words! {
    /// What the store has to show (R65).
    Posting {
        /// Letter of commitment (维护医保基金安全承诺书).
        Commitment = "commitment",
        /// Number to complain at.
        Hotline = "hotline",
        /// Prices.
        Price = "price",
    }
}

register_words! {
    /// How a licence ended before its last day.
    Ending {
        /// 注销.
        Cancelled = "cancelled",
        /// 吊销.
        Revoked = "revoked",
    }
}

register_words! {
    /// What a document is attached to.
    Paper {
        /// The service agreement.
        Agreement = "agreement",
        /// The sales area.
        Area = "area",
        /// The business licence.
        BusinessLicence = "business-licence",
        /// The letter of commitment.
        Commitment = "commitment",
        /// The posted hotline.
        Hotline = "hotline",
        /// The drug-trading licence.
        Licence = "licence",
        /// The posted prices.
        Price = "price",
    }
}

register_words! {
    /// What a document is, told by its bytes.
    DocumentType {
        /// A photo.
        Jpeg = "image/jpeg",
        /// A document.
        Pdf = "application/pdf",
        /// A drawing or scan.
        Png = "image/png",
    }
}

impl DocumentType {
    /// Tells what bytes are; a name can say anything.
    pub fn of(bytes: &[u8]) -> Result<Self, StandingError> {
        if bytes.len() > MAX_DOCUMENT {
            return Err(StandingError::DocumentSize);
        }
        let is_pdf = bytes.get(5).is_some_and(u8::is_ascii_digit);
        if bytes.starts_with(&[0xFF, 0xD8, 0xFF]) {
            Ok(Self::Jpeg)
        } else if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            Ok(Self::Png)
        } else if bytes.starts_with(b"%PDF-") && is_pdf {
            Ok(Self::Pdf)
        } else {
            Err(StandingError::DocumentType)
        }
    }
}

/// A change that the register does not take.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum StandingError {
    /// An area that is none.
    #[error("area must be square metres with at most two decimals, such as 86.5")]
    Area,
    /// Days in the wrong order.
    #[error("the later day lies before the earlier one")]
    DayOrder,
    /// Larger than [`MAX_DOCUMENT`].
    #[error("document is larger than {MAX_DOCUMENT} bytes")]
    DocumentSize,
    /// Neither JPEG nor PNG nor PDF.
    #[error("document is neither JPEG nor PNG nor PDF")]
    DocumentType,
    /// A day that has not come.
    #[error("the day has not come yet")]
    Future,
    /// A new number without what belongs to it.
    #[error("a number that is not registered yet needs all that belongs to it")]
    Incomplete,
    /// The fact is filed, or not registered.
    #[error("no change of this fact is unfiled")]
    NothingToFile,
    /// There is nothing that the document could belong to.
    #[error("what the document belongs to is not registered")]
    NothingToAttachTo,
    /// A text that is empty, too long, or has control characters.
    #[error("text must have 1 to {MAX_TEXT} characters and no line breaks")]
    Text,
    /// The fact has that value.
    #[error("the fact has that value already")]
    Unchanged,
    /// A word that the register does not know.
    #[error("the register has no such word")]
    Word,
}

impl StandingError {
    /// The permanent code of this kind of error.
    pub fn code(self) -> &'static str {
        match self {
            Self::Area => "standing.area-form",
            Self::DayOrder => "standing.day-order",
            Self::DocumentSize => "standing.document-size",
            Self::DocumentType => "standing.document-type",
            Self::Future => "standing.future",
            Self::Incomplete => "standing.incomplete",
            Self::NothingToFile => "standing.nothing-to-file",
            Self::NothingToAttachTo => "standing.nothing-to-attach-to",
            Self::Text => "standing.text",
            Self::Unchanged => "standing.unchanged",
            Self::Word => "standing.word",
        }
    }
}

/// A value of one of the six facts; it may be a person's name, so it prints as nothing.
#[derive(Clone, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Value(String);

impl Value {
    /// A value as typed.
    pub fn new(text: &str) -> Result<Self, StandingError> {
        checked(text).map(Self)
    }

    /// The text, for a page or a part that may hold it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Is the name in another part?
    pub fn is_withheld(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Value([text])")
    }
}

/// A text of the register, as typed.
pub fn checked(text: &str) -> Result<String, StandingError> {
    let text = text.trim();
    let is_text = (1..=MAX_TEXT).contains(&text.chars().count());
    if is_text && !text.chars().any(char::is_control) {
        Ok(text.to_owned())
    } else {
        Err(StandingError::Text)
    }
}

/// An area in hundredths of a square metre, written as square metres.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct SquareMetres(u32);

impl FromStr for SquareMetres {
    type Err = StandingError;
    fn from_str(text: &str) -> Result<Self, StandingError> {
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let is_form = [(whole, 6), (part, 2)].iter().all(|(digits, most)| {
            (1..=*most).contains(&digits.len())
                && digits.bytes().all(|digit| digit.is_ascii_digit())
        });
        let hundredths = format!("{whole}{part:0<2}").parse().ok();
        match hundredths {
            Some(hundredths) if is_form && hundredths > 0 => Ok(Self(hundredths)),
            _ => Err(StandingError::Area),
        }
    }
}

impl TryFrom<String> for SquareMetres {
    type Error = StandingError;
    fn try_from(text: String) -> Result<Self, StandingError> {
        text.parse()
    }
}

impl From<SquareMetres> for String {
    fn from(area: SquareMetres) -> Self {
        area.to_string()
    }
}

impl fmt::Display for SquareMetres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

/// A document that was recorded.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Document {
    /// SHA-256 of its bytes, hexadecimal.
    pub digest: String,
    /// The entry that holds it.
    pub entry: EntryIndex,
    /// What it is.
    #[serde(rename = "type")]
    pub media_type: DocumentType,
}

/// A service agreement (服务协议).
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ServiceAgreement {
    /// Its number.
    pub number: String,
    /// How it stands.
    pub state: Agreement,
    /// Its first day.
    pub from: Date,
    /// Its last day.
    pub until: Date,
    /// The paper.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<Document>,
}

/// Until when a licence goes.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Term {
    /// Its last day.
    Until(Date),
    /// 长期.
    WithoutTerm,
}

/// A licence.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Licence {
    /// Its number.
    pub number: String,
    /// Until when it goes.
    pub term: Term,
    /// How it ended before that, and the first day without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<(Ending, Date)>,
    /// The paper.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<Document>,
}

impl Licence {
    /// The last day on which it holds.
    pub fn last_day(&self) -> Date {
        let last = match self.term {
            Term::Until(day) => day,
            Term::WithoutTerm => Date::MAX,
        };
        let before = |(_, on): (Ending, Date)| on.yesterday().unwrap_or(Date::MIN);
        self.ended.map_or(last, |ended| last.min(before(ended)))
    }
}

/// Where drugs are sold (R31).
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SalesArea {
    /// As it was approved.
    pub approved: SquareMetres,
    /// Where it was approved.
    pub approved_address: String,
    /// As it is, where it was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actual: Option<SquareMetres>,
    /// Where it is, as far as somebody said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actual_address: Option<String>,
    /// The paper.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<Document>,
}

impl SalesArea {
    /// Is it the one that was approved?
    pub fn premises(&self) -> Option<Premises> {
        let elsewhere = self.actual_address.as_ref();
        let has_moved = elsewhere.map(|address| *address != self.approved_address);
        let has_grown = self.actual.map(|actual| actual != self.approved);
        match (has_moved, has_grown) {
            (Some(true), _) | (_, Some(true)) => Some(Premises::Changed),
            (Some(false), Some(false)) => Some(Premises::AsApproved),
            _ => None,
        }
    }
}

/// One of the six facts.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Filed {
    /// What it is.
    pub value: Value,
    /// Since when.
    pub since: Date,
    /// When it was last filed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filed: Option<Date>,
    /// The day of the oldest change that is not filed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unfiled_since: Option<Date>,
}

/// Since when something is posted.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Posted {
    /// Since when.
    pub on: Date,
    /// A photo or the letter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<Document>,
}

/// A change of the register, as an entry records it.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case",
    deny_unknown_fields
)]
pub enum Change {
    /// An agreement, or what is new of a registered one.
    Agreement {
        /// Its number.
        number: String,
        /// How it stands.
        state: Option<Agreement>,
        /// Its first day.
        from: Option<Date>,
        /// Its last day.
        until: Option<Date>,
    },
    /// The sales area.
    Area(SalesArea),
    /// A document was attached.
    Attached {
        /// To what.
        to: Paper,
        /// The document.
        document: Document,
    },
    /// A licence, or what is new of the registered one.
    Licence {
        /// Which.
        which: Permit,
        /// Its number.
        number: String,
        /// Until when it goes.
        term: Option<Term>,
        /// How it ended, and the first day without it.
        ended: Option<(Ending, Date)>,
    },
    /// Something was posted.
    Posted {
        /// What.
        which: Posting,
        /// Since when.
        on: Date,
    },
    /// One of the six facts changed.
    FactChanged {
        /// Which.
        which: ImportantFact,
        /// Its value; a person's name is in another part.
        #[serde(default, skip_serializing_if = "Value::is_withheld")]
        value: Value,
        /// The day it happened.
        on: Date,
    },
    /// A change was filed.
    FactFiled {
        /// Which.
        which: ImportantFact,
        /// The day it was filed.
        on: Date,
    },
    /// One of the six facts as it was filed.
    FactTold {
        /// Which.
        which: ImportantFact,
        /// Its value; a person's name is in another part.
        #[serde(default, skip_serializing_if = "Value::is_withheld")]
        value: Value,
        /// Since when it is so.
        since: Date,
        /// When it was filed.
        filed: Date,
    },
}

impl Change {
    /// The change without the name of a person, and the name: they go into different parts.
    pub fn apart(&self) -> (Self, Option<NamedFact>) {
        let mut rest = self.clone();
        let named = match &mut rest {
            Self::FactChanged { which, value, .. } | Self::FactTold { which, value, .. }
                if which.is_person() =>
            {
                Some(NamedFact {
                    which: *which,
                    value: std::mem::take(value),
                })
            }
            _ => None,
        };
        (rest, named)
    }
}

/// A fact of the register that is a person's name.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct NamedFact {
    /// Which of the six.
    pub which: ImportantFact,
    /// The name.
    pub value: Value,
}

/// A document was recorded; its bytes are the part `staff` of the same entry.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PaperSeen {
    /// What it is attached to.
    #[serde(rename = "for")]
    pub to: Paper,
    /// What it is.
    #[serde(rename = "type")]
    pub media_type: DocumentType,
    /// SHA-256 of its bytes, hexadecimal.
    pub digest: String,
    /// Its size in bytes.
    pub bytes: usize,
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn documents_are_told_by_their_bytes_and_nothing_else_is_taken() {
        let cases: [(&[u8], Result<DocumentType, StandingError>); 8] = [
            (b"\xFF\xD8\xFF\xE0", Ok(DocumentType::Jpeg)),
            (b"\x89PNG\r\n\x1a\n", Ok(DocumentType::Png)),
            (b"%PDF-1.7\n", Ok(DocumentType::Pdf)),
            (b"", Err(StandingError::DocumentType)),
            (b"%PDF-x", Err(StandingError::DocumentType)),
            (b"<html>%PDF-1.7", Err(StandingError::DocumentType)),
            (b"PK\x03\x04", Err(StandingError::DocumentType)),
            (b"GIF89a", Err(StandingError::DocumentType)),
        ];
        for (bytes, expected) in cases {
            assert_eq!(DocumentType::of(bytes), expected);
        }
        let mut large = b"%PDF-1.7".to_vec();
        large.resize(MAX_DOCUMENT, 0);
        assert_eq!(DocumentType::of(&large), Ok(DocumentType::Pdf));
        large.push(0);
        assert_eq!(DocumentType::of(&large), Err(StandingError::DocumentSize));
    }

    #[test]
    fn an_area_is_square_metres() {
        for (text, shown) in [("86.5", "86.50"), ("120", "120.00"), ("0.01", "0.01")] {
            assert_eq!(text.parse::<SquareMetres>().unwrap().to_string(), shown);
        }
        for text in [
            "", "0", "-1", "86,5", "86.", ".5", "1.234", "1234567", "1e3", "+5", "八十",
        ] {
            assert_eq!(
                text.parse::<SquareMetres>(),
                Err(StandingError::Area),
                "{text}"
            );
        }
    }

    /// R30: revoked or cancelled, a licence ends the day before.
    #[test]
    fn a_revoked_licence_ended_before_its_last_day() {
        let licence = |term, ended| Licence {
            number: "粤DB1234567".to_owned(),
            term,
            ended,
            document: None,
        };
        let until = Term::Until(date(2029, 6, 30));
        let revoked = Some((Ending::Revoked, date(2025, 11, 20)));
        assert_eq!(licence(until, None).last_day(), date(2029, 6, 30));
        assert_eq!(licence(until, revoked).last_day(), date(2025, 11, 19));
        assert_eq!(licence(Term::WithoutTerm, None).last_day(), Date::MAX);
        let late = Some((Ending::Cancelled, date(2030, 1, 1)));
        assert_eq!(licence(until, late).last_day(), date(2029, 6, 30));
    }

    /// R31: as approved takes both place and measure.
    #[test]
    fn an_area_is_as_approved_when_both_place_and_measure_are() {
        let approved: SquareMetres = "86.5".parse().unwrap();
        let other = Some("90".parse().unwrap());
        let cases = [
            (Some(approved), Some("甲路1号"), Some(Premises::AsApproved)),
            (Some(approved), None, None),
            (None, Some("甲路1号"), None),
            (other, None, Some(Premises::Changed)),
            (other, Some("甲路1号"), Some(Premises::Changed)),
            (None, Some("乙路2号"), Some(Premises::Changed)),
            (None, None, None),
        ];
        for (actual, address, expected) in cases {
            let area = SalesArea {
                approved,
                approved_address: "甲路1号".to_owned(),
                actual,
                actual_address: address.map(str::to_owned),
                document: None,
            };
            assert_eq!(area.premises(), expected, "{area:?}");
        }
    }

    #[test]
    fn a_name_prints_as_nothing() {
        let value = Value::new(" 张三 ").unwrap();
        assert_eq!(value.as_str(), "张三");
        assert_eq!(format!("{value:?}"), "Value([text])");
        for text in ["", "  ", "张\n三"] {
            assert_eq!(Value::new(text), Err(StandingError::Text));
        }
        assert_eq!(
            Value::new(&"字".repeat(MAX_TEXT + 1)),
            Err(StandingError::Text)
        );
    }

    proptest! {
        #[test]
        fn an_area_reads_back_as_it_is_shown(whole in 0_u32..999_999, part in 1_u32..100) {
            let text = format!("{whole}.{part:02}");
            let area: SquareMetres = text.parse().unwrap();
            prop_assert_eq!(area.to_string(), text);
        }
    }
}
