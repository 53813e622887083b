//! The form of a maker's own trace codes: length, alphabet, beginning.
//!
//! ```text
//! 15 9- ZYF-      fifteen characters: `ZYF-`, then digits and hyphens        (ZYF-2026-000017)
//! 16 9 123456     sixteen digits from 123456
//! ```
//! A maker may give its packs codes of its own; they look like anything else. So one counts only for an
//! article of which somebody confirmed that its packs bear codes of exactly this form.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::digit::{MAX_TRACE_CODE, TraceCodeError};
use super::trace_code::TraceCode;
use super::word::as_text;

/// How many digits a code without letters begins with.
const DIGITS_BEFORE: usize = 6;

/// The form of a maker's own trace codes.
#[derive(Clone, Debug, Eq, Hash, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct OwnForm {
    length: usize,
    /// What stands behind the beginning: `9` digits, `A` and `a` letters, else the characters themselves.
    alphabet: String,
    prefix: String,
}

impl OwnForm {
    /// The form of a maker's own code; none of a code of another family.
    pub fn of(code: &TraceCode) -> Option<Self> {
        let TraceCode::Enterprise(text) = code else {
            return None;
        };
        let letters = text
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(text.len());
        let before = if letters == 0 { DIGITS_BEFORE } else { letters };
        let (prefix, rest) = text.split_at_checked(before)?;
        let mut classes: Vec<char> = rest.chars().map(class).collect();
        classes.sort_unstable();
        classes.dedup();
        Some(Self {
            length: text.len(),
            alphabet: classes.into_iter().collect(),
            prefix: prefix.to_owned(),
        })
    }

    /// Whether a code is of this form.
    pub fn fits(&self, code: &TraceCode) -> bool {
        Self::of(code).as_ref() == Some(self)
    }
}

fn class(c: char) -> char {
    match c {
        '0'..='9' => '9',
        'A'..='Z' => 'A',
        'a'..='z' => 'a',
        other => other,
    }
}

impl fmt::Display for OwnForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.length, self.alphabet, self.prefix)
    }
}

impl FromStr for OwnForm {
    type Err = TraceCodeError;
    fn from_str(text: &str) -> Result<Self, TraceCodeError> {
        let mut words = text.splitn(3, ' ');
        let mut word = || words.next().ok_or(TraceCodeError::Malformed);
        let length = word()?.parse().map_err(|_| TraceCodeError::Malformed)?;
        let (alphabet, prefix) = (word()?.to_owned(), word()?.to_owned());
        if length > MAX_TRACE_CODE {
            return Err(TraceCodeError::TooLong);
        }
        Ok(Self {
            length,
            alphabet,
            prefix,
        })
    }
}

as_text!(OwnForm, TraceCodeError);

#[cfg(test)]
mod tests {
    use super::*;

    fn form(code: &str) -> OwnForm {
        OwnForm::of(&code.parse().unwrap()).unwrap()
    }

    #[test]
    fn a_form_is_length_alphabet_and_beginning() {
        for (code, shown) in [
            ("ZYF-2026-000017", "15 -9 ZYF-"),
            ("1234567890123456", "16 9 123456"),
            ("QX20260001Z", "11 9A QX"),
        ] {
            let form = form(code);
            assert_eq!(form.to_string(), shown);
            assert_eq!(shown.parse(), Ok(form));
        }
    }

    #[test]
    fn only_codes_of_exactly_this_form_fit() {
        let form = form("ZYF-2026-000017");
        for (code, fits) in [
            ("ZYF-2027-999999", true),
            ("ZYF-2026-00001", false),
            ("ZYG-2026-000017", false),
            ("ZYF-2026-00001A", false),
            ("ZYF020260000017", false),
            ("81234567890123456789", false),
        ] {
            assert_eq!(form.fits(&code.parse().unwrap()), fits, "{code}");
        }
        assert_eq!(OwnForm::of(&"81234567890123456789".parse().unwrap()), None);
    }
}
