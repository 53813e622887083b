//! Which symbol carried a code, as the scanner says.

use std::fmt;

/// Which symbol carried a code, as the scanner says (`]cm`, ISO/IEC 15424).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Symbology {
    /// The letter: `E` for EAN, `C` for Code 128, `d` for Data Matrix, `Q` for QR.
    pub code: char,
    /// The modifier behind it.
    pub modifier: char,
}

impl Symbology {
    /// Whether the symbol holds GS1 element strings. Such a scanner passes separators on: the id
    /// exists for that.
    pub fn is_gs1(self) -> bool {
        matches!(
            (self.code, self.modifier),
            ('C' | 'J', '1') | ('Q', '3') | ('d', '2') | ('e', '0'..='2')
        )
    }

    /// Whether the symbol is an EAN or UPC code with a second, smaller one beside it.
    pub fn has_add_on(self) -> bool {
        (self.code, self.modifier) == ('E', '3')
    }

    /// Reads the three characters before a code.
    pub fn of(first: [u8; 3]) -> Option<Self> {
        let [b']', code, modifier] = first else {
            return None;
        };
        (code.is_ascii_alphabetic() && modifier.is_ascii_alphanumeric()).then(|| Self {
            code: char::from(code),
            modifier: char::from(modifier),
        })
    }

    /// Takes the id off a text that begins with one.
    pub(super) fn split(text: &str) -> (Option<Self>, &str) {
        let first = text.as_bytes().first_chunk();
        match (first.and_then(|id| Self::of(*id)), text.get(3..)) {
            (Some(id), Some(rest)) => (Some(id), rest.trim_start()),
            _ => (None, text),
        }
    }
}

impl fmt::Display for Symbology {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "]{}{}", self.code, self.modifier)
    }
}
