//! Drug traceability codes (药品追溯码) and product barcodes.
//!
//! NMPAB/T 1002-2019 allows two families: 20 characters whose first seven name the product, and
//! codes built on ISO standards (GS1: product in AI 01, serial in AI 21). Enterprises' own codes are
//! legal as well, so length alone refuses nothing; only a bare EAN-13 is known *not* to be one: it
//! names a product, not a pack.
//!
//! Out of scope: which product a prefix belongs to, and whether a pack was sold before.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::digit::{GS, MAX_TRACE_CODE, TraceCodeError, is_check_digit_right, is_digits};
use super::gs1::{Gs1, Separators};
use super::word::{as_text, holds_text};

/// A code that tells one pack from every other.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub enum TraceCode {
    /// An enterprise's own code, kept as it came; its product is not known from the code.
    Enterprise(Box<str>),
    /// A GS1 code with GTIN and serial number.
    Gs1 {
        /// The 14-digit product number (AI 01).
        gtin: Box<str>,
        /// The pack's serial number (AI 21), up to 20 characters.
        serial: Box<str>,
    },
    /// Twenty digits, the first seven naming the product (药品标识码).
    Platform(Box<str>),
}

/// What a trace code says of the product: the first seven digits, or the 14 of the GTIN.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct TracePrefix(Box<str>);

impl FromStr for TracePrefix {
    type Err = TraceCodeError;
    fn from_str(text: &str) -> Result<Self, TraceCodeError> {
        let is_prefix = matches!(text.len(), 7 | 14) && is_digits(text);
        if is_prefix {
            Ok(Self(text.into()))
        } else {
            Err(TraceCodeError::Malformed)
        }
    }
}

holds_text!(TracePrefix, TraceCodeError);

impl TraceCode {
    /// What the code says of the product; an enterprise's own code says nothing.
    pub fn prefix(&self) -> Option<TracePrefix> {
        match self {
            Self::Enterprise(_) => None,
            Self::Gs1 { gtin, .. } => Some(TracePrefix(gtin.clone())),
            Self::Platform(text) => text.get(..7).map(|prefix| TracePrefix(prefix.into())),
        }
    }
}

impl FromStr for TraceCode {
    type Err = TraceCodeError;
    fn from_str(text: &str) -> Result<Self, TraceCodeError> {
        if text.is_empty() {
            return Err(TraceCodeError::Empty);
        }
        if text.len() > MAX_TRACE_CODE {
            return Err(TraceCodeError::TooLong);
        }
        if text.chars().any(|c| !(c.is_ascii_graphic() || c == GS)) {
            return Err(TraceCodeError::Malformed);
        }
        if text
            .parse::<Barcode>()
            .is_ok_and(|barcode| barcode.as_str().len() == 13)
        {
            return Err(TraceCodeError::ProductBarcode);
        }
        if let Some(code) = parse_gs1(text)? {
            return Ok(code);
        }
        if text.contains(GS) {
            return Err(TraceCodeError::Malformed);
        }
        if text.len() == 20 && is_digits(text) {
            return Ok(Self::Platform(text.into()));
        }
        Ok(Self::Enterprise(text.into()))
    }
}

as_text!(TraceCode, TraceCodeError);

impl fmt::Display for TraceCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Enterprise(text) | Self::Platform(text) => f.write_str(text),
            Self::Gs1 { gtin, serial } => write!(f, "(01){gtin}(21){serial}"),
        }
    }
}

/// Reads a GS1 code, in brackets or as a symbol carries it; `None` when it is something else.
fn parse_gs1(text: &str) -> Result<Option<TraceCode>, TraceCodeError> {
    let gs1 = if text.starts_with("(01)") {
        Gs1::parse_bracketed(text)?
    } else if Gs1::is_begun_by(text) {
        Gs1::parse(text, Separators::Kept)?
    } else {
        return Ok(None);
    };
    match TraceCode::try_from(gs1) {
        // A serial that the lot swallowed is not missing; its separator is.
        Err(TraceCodeError::NoSerial) if !text.starts_with('(') => {
            Gs1::parse(text, Separators::Doubtful).and(Err(TraceCodeError::NoSerial))
        }
        other => other.map(Some),
    }
}

impl TryFrom<Gs1> for TraceCode {
    type Error = TraceCodeError;
    fn try_from(gs1: Gs1) -> Result<Self, TraceCodeError> {
        let Gs1 { gtin, serial, .. } = gs1;
        let serial = serial.ok_or(TraceCodeError::NoSerial)?;
        Ok(Self::Gs1 { gtin, serial })
    }
}

/// A product's barcode: EAN-8, EAN-13, UPC-A (12) or GTIN-14 with its check digit.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Barcode(Box<str>);

/// Text that is not a product barcode.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BarcodeError {
    /// The check digit does not fit the others.
    #[error("barcode check digit is wrong")]
    CheckDigit,
    /// Not 8, 12, 13 or 14 digits.
    #[error("barcode must be 8, 12, 13 or 14 digits")]
    Malformed,
}

impl FromStr for Barcode {
    type Err = BarcodeError;
    fn from_str(text: &str) -> Result<Self, BarcodeError> {
        if !matches!(text.len(), 8 | 12 | 13 | 14) || !is_digits(text) {
            return Err(BarcodeError::Malformed);
        }
        if is_check_digit_right(text) {
            Ok(Self(text.into()))
        } else {
            Err(BarcodeError::CheckDigit)
        }
    }
}

holds_text!(Barcode, BarcodeError);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn twenty_digits_name_product_and_pack() {
        let code: TraceCode = "81234567890123456789".parse().unwrap();
        assert!(matches!(code, TraceCode::Platform(_)));
        assert_eq!(code.prefix().unwrap().as_str(), "8123456");
    }

    #[test]
    fn gs1_is_one_code_however_it_was_written() {
        let bracketed: TraceCode = "(01)06901234567892(21)A1B2".parse().unwrap();
        let symbol: TraceCode = "0106901234567892172612311012\u{1d}21A1B2".parse().unwrap();
        let plain: TraceCode = "010690123456789221A1B2".parse().unwrap();
        assert_eq!(bracketed, symbol);
        assert_eq!(bracketed, plain);
        assert_eq!(bracketed.prefix().unwrap().as_str(), "06901234567892");
    }

    #[test]
    fn a_product_barcode_is_not_a_trace_code() {
        assert_eq!(
            "6901234567892".parse::<TraceCode>(),
            Err(TraceCodeError::ProductBarcode)
        );
    }

    #[test]
    fn a_gs1_code_without_serial_names_no_pack() {
        assert_eq!(
            "0106901234567892".parse::<TraceCode>(),
            Err(TraceCodeError::NoSerial)
        );
        // The lot may have swallowed it: then the separator is missing, not the serial.
        assert_eq!(
            "010690123456789210A1B221S0001".parse::<TraceCode>(),
            Err(TraceCodeError::Ambiguous)
        );
    }

    #[test]
    fn a_symbol_may_begin_with_any_element() {
        let code: TraceCode = "10A1\u{1d}17261231010690123456789221S1".parse().unwrap();
        assert_eq!(code.to_string(), "(01)06901234567892(21)S1");
        // Without a separator and without the product first it is an enterprise's own code.
        let code: TraceCode = "17261231010690123456789221S1".parse().unwrap();
        assert!(matches!(code, TraceCode::Enterprise(_)));
    }

    #[test]
    fn length_alone_refuses_nothing() {
        for text in ["A", "ZYF-2026-000017", "123456789"] {
            assert!(
                matches!(text.parse(), Ok(TraceCode::Enterprise(_))),
                "{text}"
            );
        }
        assert_eq!(
            "A".repeat(101).parse::<TraceCode>(),
            Err(TraceCodeError::TooLong)
        );
        assert_eq!("".parse::<TraceCode>(), Err(TraceCodeError::Empty));
        assert_eq!("追溯".parse::<TraceCode>(), Err(TraceCodeError::Malformed));
    }

    #[test]
    fn barcodes_carry_their_check_digit() {
        for text in ["6901234567892", "06901234567892", "96385074"] {
            assert!(text.parse::<Barcode>().is_ok(), "{text}");
        }
        assert_eq!(
            "6901234567893".parse::<Barcode>(),
            Err(BarcodeError::CheckDigit)
        );
        assert_eq!(
            "690123456789x".parse::<Barcode>(),
            Err(BarcodeError::Malformed)
        );
    }

    proptest! {
        #[test]
        fn text_round_trips(text in "[0-9]{20}|[A-Z0-9-]{1,40}|01[0-9]{14}21[A-Z0-9]{1,20}|[ -~\u{1d}]{0,60}") {
            if let Ok(code) = text.parse::<TraceCode>() {
                let again = code.to_string();
                prop_assert_eq!(again.parse::<TraceCode>().unwrap().to_string(), again.clone());
                prop_assert_eq!(again.parse(), Ok(code));
            }
        }
    }
}
