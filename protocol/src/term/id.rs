//! Identifiers of stores, tills, people at work, logs and sales.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::word::{as_text, holds_text};

/// A code that does not have its form.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CodeError {
    /// Empty, too long, or with a character that the code may not have.
    #[error("{what} must be {form}")]
    Malformed {
        /// Which code.
        what: &'static str,
        /// The form it has.
        form: &'static str,
    },
}

/// A text newtype with a checked form, serialised as that text.
macro_rules! code {
    ($(#[$doc:meta])* $name:ident, $what:expr, $form:expr, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Box<str>);

        impl FromStr for $name {
            type Err = CodeError;
            fn from_str(text: &str) -> Result<Self, CodeError> {
                let check: fn(&str) -> bool = $check;
                if check(text) {
                    Ok(Self(text.into()))
                } else {
                    Err(CodeError::Malformed { what: $what, form: $form })
                }
            }
        }

        holds_text!($name, CodeError);
    };
}

fn is_word(text: &str, longest: usize) -> bool {
    !text.is_empty()
        && text.len() <= longest
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

code! {
    /// A designated institution's national code (`fixmedins_code`): P (pharmacy) or H, 11 digits.
    StoreCode, "store code", "P or H followed by 11 digits", |text| {
        text.len() == 12
            && text.starts_with(['P', 'H'])
            && text.bytes().skip(1).all(|b| b.is_ascii_digit())
    }
}
code! {
    /// An administrative division of medical insurance (`admdvs`), six digits.
    RegionCode, "region code", "6 digits", |text| {
        text.len() == 6 && text.bytes().all(|b| b.is_ascii_digit())
    }
}
code! {
    /// The number of a till within its store.
    TillNumber, "till number", "1 to 16 letters, digits, - or _", |text| is_word(text, 16)
}
code! {
    /// A staff member's number in the store's register, not a name.
    StaffId, "staff id", "1 to 32 letters, digits, - or _", |text| is_word(text, 32)
}
code! {
    /// The number of a call of the national interface (`infno`, 交易编号), such as `2102` or `3505A`.
    Infno, "call number", "4 to 8 digits and capital letters, a digit first", |text| {
        (4..=8).contains(&text.len())
            && text.starts_with(|first: char| first.is_ascii_digit())
            && text.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
    }
}
code! {
    /// A log's own random id: 16 lower-case hexadecimal digits, minted once by `init`.
    LogId, "log id", "16 lower-case hexadecimal digits", |text| {
        text.len() == 16 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    }
}
code! {
    /// A shop's own article number (`medins_list_codg`), up to 150 bytes without control characters.
    Sku, "article number", "1 to 150 bytes without spaces at the ends", |text| {
        !text.is_empty()
            && text.len() <= 150
            && text.trim() == text
            && !text.chars().any(char::is_control)
    }
}

/// The position of an entry in a log, from 0.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(transparent)]
pub struct EntryIndex(u64);

impl EntryIndex {
    /// The `index`th entry.
    pub const fn new(index: u64) -> Self {
        Self(index)
    }

    /// The position as a number.
    pub const fn value(self) -> u64 {
        self.0
    }
}

impl fmt::Display for EntryIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A sale's id: the log it is recorded in and a counter, written `<log id>-<counter>`.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct SaleId {
    log: LogId,
    counter: u64,
}

/// Text that is not a sale id.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SaleIdError {
    /// Not `<log id>-<counter>`.
    #[error("sale id must be a log id, `-` and a number without leading zeros")]
    Malformed,
}

impl SaleId {
    /// The `counter`th sale of `log`.
    pub fn new(log: LogId, counter: u64) -> Self {
        Self { log, counter }
    }

    /// The log that holds the sale.
    pub fn log(&self) -> &LogId {
        &self.log
    }

    /// The sale's number within its log.
    pub fn counter(&self) -> u64 {
        self.counter
    }
}

impl FromStr for SaleId {
    type Err = SaleIdError;
    fn from_str(text: &str) -> Result<Self, SaleIdError> {
        let (log, counter) = text.split_once('-').ok_or(SaleIdError::Malformed)?;
        let id = Self {
            log: log.parse().map_err(|_| SaleIdError::Malformed)?,
            counter: counter.parse().map_err(|_| SaleIdError::Malformed)?,
        };
        // One sale, one text: `+7` and `007` are not second names for 7.
        if id.to_string() == text {
            Ok(id)
        } else {
            Err(SaleIdError::Malformed)
        }
    }
}

as_text!(SaleId, SaleIdError);

impl fmt::Display for SaleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.log, self.counter)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn refuses_codes_without_their_form() {
        for text in [
            "",
            "P1234567890",
            "P123456789012",
            "X12345678901",
            "P1234567890a",
        ] {
            assert!(text.parse::<StoreCode>().is_err(), "{text}");
        }
        assert!("44030".parse::<RegionCode>().is_err());
        assert!("收银1".parse::<TillNumber>().is_err());
        assert!("0123456789ABCDEF".parse::<LogId>().is_err());
        assert!(" 12".parse::<Sku>().is_err());
    }

    #[test]
    fn a_sale_has_one_text_only() {
        for text in [
            "0123456789abcdef-007",
            "0123456789abcdef-+7",
            "0123456789abcdef",
            "-7",
        ] {
            assert!(text.parse::<SaleId>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn sale_id_round_trips(log in "[0-9a-f]{16}", counter in any::<u64>()) {
            let id = SaleId::new(log.parse().unwrap(), counter);
            prop_assert_eq!(id.to_string().parse(), Ok(id));
        }

        #[test]
        fn store_code_round_trips(text in "[PH][0-9]{11}") {
            let code: StoreCode = text.parse().unwrap();
            prop_assert_eq!(code.to_string(), text);
        }

        #[test]
        fn words_round_trip_or_are_refused(text in "\\PC{0,40}") {
            if let Ok(till) = text.parse::<TillNumber>() {
                prop_assert_eq!(till.to_string(), text.clone());
            }
            if let Ok(staff) = text.parse::<StaffId>() {
                prop_assert_eq!(staff.to_string(), text.clone());
            }
            if let Ok(sku) = text.parse::<Sku>() {
                prop_assert_eq!(sku.to_string(), text);
            }
        }
    }
}
