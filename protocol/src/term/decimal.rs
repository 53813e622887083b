//! Decimal text to a scaled integer and back: exact, never through a float.

/// Text that is not the decimal number that was expected.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum DecimalError {
    /// Something other than digits, one sign and one point.
    #[error("not a decimal number")]
    NotDecimal,
    /// More decimals than the unit has.
    #[error("more than {0} decimals")]
    TooPrecise(u32),
    /// Larger than can be held.
    #[error("number out of range")]
    OutOfRange,
}

/// Longest decimal text looked at; the largest value has 19 digits.
const MAX_TEXT: usize = 40;

/// Reads `text` as an integer scaled by 10^`scale`; trailing zeros beyond the scale are allowed.
pub(super) fn parse_scaled(text: &str, scale: u32) -> Result<i64, DecimalError> {
    if text.len() > MAX_TEXT {
        return Err(DecimalError::NotDecimal);
    }
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, fraction) = match digits.split_once('.') {
        Some((_, "")) | Some(("", _)) => return Err(DecimalError::NotDecimal),
        Some((whole, fraction)) => (whole, fraction.trim_end_matches('0')),
        None => (digits, ""),
    };
    let is_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !is_digits(whole) || !is_digits(fraction) {
        return Err(DecimalError::NotDecimal);
    }
    let decimals = u32::try_from(fraction.len()).map_err(|_| DecimalError::NotDecimal)?;
    let missing = scale
        .checked_sub(decimals)
        .ok_or(DecimalError::TooPrecise(scale))?;
    let mut value: i64 = 0;
    for byte in whole.bytes().chain(fraction.bytes()) {
        value = push_digit(value, byte.wrapping_sub(b'0')).ok_or(DecimalError::OutOfRange)?;
    }
    for _ in 0..missing {
        value = push_digit(value, 0).ok_or(DecimalError::OutOfRange)?;
    }
    if negative {
        value.checked_neg().ok_or(DecimalError::OutOfRange)
    } else {
        Ok(value)
    }
}

fn push_digit(value: i64, digit: u8) -> Option<i64> {
    value.checked_mul(10)?.checked_add(i64::from(digit))
}

/// Writes a scaled integer, keeping at least `least` decimals.
pub(super) fn serialize_scaled(value: i64, scale: u32, least: usize) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let width = usize::try_from(scale).unwrap_or(0).saturating_add(1);
    let digits = format!("{:0width$}", value.unsigned_abs());
    let (whole, fraction) = digits.split_at(digits.len().saturating_sub(width.saturating_sub(1)));
    let trimmed = fraction.trim_end_matches('0');
    let kept = fraction.get(..least.max(trimmed.len())).unwrap_or(fraction);
    if kept.is_empty() {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}.{kept}")
    }
}
