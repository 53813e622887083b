//! What scanned codes are made of: digits, check digits, the separator; and what is wrong with one.
//!
//! Out of scope: the codes themselves (`trace_code`, `gs1`).

/// Longest code the national interface carries (`drug_trac_codg`).
pub const MAX_TRACE_CODE: usize = 100;

/// Separates variable-length elements of a GS1 code.
pub(super) const GS: char = '\u{1d}';

/// Text that is not a trace code.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum TraceCodeError {
    /// Element strings ran together without separators.
    #[error("GS1 elements run together without separators")]
    Ambiguous,
    /// Nothing was scanned.
    #[error("trace code is empty")]
    Empty,
    /// A character that no code has.
    #[error("trace code has a space, control or non-ASCII character")]
    Malformed,
    /// A GS1 code without the pack's serial number.
    #[error("GS1 code names a product but no pack: the serial number is missing")]
    NoSerial,
    /// A product barcode was scanned instead of the pack's code.
    #[error("a 13-digit product barcode is not a trace code")]
    ProductBarcode,
    /// Longer than the interface carries.
    #[error("trace code is longer than {MAX_TRACE_CODE} characters")]
    TooLong,
}

pub(super) fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// SPEC: GS1 General Specifications, mod 10 with weights 1 and 3 from the right.
pub(super) fn is_check_digit_right(digits: &str) -> bool {
    is_digits(digits)
        && digits
            .bytes()
            .rev()
            .zip([1_u32, 3].into_iter().cycle())
            .map(|(byte, weight)| u32::from(byte.wrapping_sub(b'0')).wrapping_mul(weight))
            .fold(0_u32, u32::wrapping_add)
            .is_multiple_of(10)
}
