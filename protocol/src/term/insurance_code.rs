//! National medical-insurance codes (医保编码, `med_list_codg`) by class.
//!
//! ```text
//! X  western drug           23  X[A-Z]\d{2}[A-Z]{3}\d{3}[A-Z]\d{12}
//! Z  Chinese patent drug    20  Z[A-Z]\d{2}[A-Z]{3}\d{13}
//! T  piece or granule       10 or 16  T\d{9} | T\d{15}
//! C  consumable             20 or 27  C\d{19} | C\d{26}
//! ```
//! The T lengths are not settled in public sources (9 digits in samples, 16 characters in one
//! vendor's comment); both are accepted.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::word::as_text;

/// What kind of thing an insurance code names.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum InsuranceClass {
    /// C: medical consumable (医用耗材).
    Consumable,
    /// Z: Chinese patent medicine (中成药).
    PatentMedicine,
    /// T: decoction piece or granule (中药饮片、配方颗粒).
    Piece,
    /// X: western drug (西药).
    WesternDrug,
}

/// A code of the national catalogue.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct InsuranceCode {
    text: Box<str>,
    class: InsuranceClass,
}

/// Text that is not an insurance code.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InsuranceCodeError {
    /// The first letter names no class of goods.
    #[error("insurance code must begin with X, Z, T or C")]
    UnknownClass,
    /// The rest does not have the form of its class.
    #[error("insurance code does not have the form of its class")]
    Malformed,
}

impl InsuranceCode {
    /// The code as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What kind of thing it names.
    pub fn class(&self) -> InsuranceClass {
        self.class
    }
}

/// Does `text` follow `form`, where `A` stands for a capital letter and `9` for a digit?
fn follows(text: &str, form: &str) -> bool {
    text.len() == form.len()
        && text
            .bytes()
            .zip(form.bytes())
            .all(|(byte, wanted)| match wanted {
                b'9' => byte.is_ascii_digit(),
                _ => byte.is_ascii_uppercase(),
            })
}

impl FromStr for InsuranceCode {
    type Err = InsuranceCodeError;
    fn from_str(text: &str) -> Result<Self, InsuranceCodeError> {
        let (class, forms): (_, &[&str]) = match text.as_bytes().first() {
            Some(b'X') => (InsuranceClass::WesternDrug, &["AA99AAA999A999999999999"]),
            Some(b'Z') => (InsuranceClass::PatentMedicine, &["AA99AAA9999999999999"]),
            Some(b'T') => (InsuranceClass::Piece, &["A999999999", "A999999999999999"]),
            Some(b'C') => (
                InsuranceClass::Consumable,
                &["A9999999999999999999", "A99999999999999999999999999"],
            ),
            _ => return Err(InsuranceCodeError::UnknownClass),
        };
        if forms.iter().any(|form| follows(text, form)) {
            Ok(Self {
                text: text.into(),
                class,
            })
        } else {
            Err(InsuranceCodeError::Malformed)
        }
    }
}

as_text!(InsuranceCode, InsuranceCodeError);

impl fmt::Display for InsuranceCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tells_the_class_of_each_code() {
        for (text, class) in [
            ("XA01ABD075A002010100483", InsuranceClass::WesternDrug),
            ("ZA04CAE0023010100166", InsuranceClass::PatentMedicine),
            ("T001700368", InsuranceClass::Piece),
            ("C1701022160400012087", InsuranceClass::Consumable),
            ("C07110914800003041210000007", InsuranceClass::Consumable),
        ] {
            assert_eq!(
                text.parse::<InsuranceCode>().unwrap().class(),
                class,
                "{text}"
            );
        }
    }

    #[test]
    fn refuses_other_lengths_and_letters() {
        for text in [
            "",
            "X",
            "XA01ABD075A00201010048",
            "A1",
            "c1701022160400012087",
            "T00170036",
        ] {
            assert!(text.parse::<InsuranceCode>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn round_trips(text in "X[A-Z][0-9]{2}[A-Z]{3}[0-9]{3}[A-Z][0-9]{12}|Z[A-Z][0-9]{2}[A-Z]{3}[0-9]{13}|T[0-9]{9}|T[0-9]{15}|C[0-9]{19}|C[0-9]{26}") {
            let code: InsuranceCode = text.parse().unwrap();
            prop_assert_eq!(code.to_string(), text);
        }

        #[test]
        fn never_panics(text in "\\PC{0,30}") {
            if let Ok(code) = text.parse::<InsuranceCode>() {
                prop_assert_eq!(code.to_string(), text);
            }
        }
    }
}
