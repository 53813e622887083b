//! Numbers as tills write them, exact: no float is ever made of one.
//!
//! ```text
//! 25.8   "25.80 "   57.300000000000004   1E+1   "1,234.50"   .5   25.80\0
//! ```
//! Binary noise and thirds are rounded to the interface's own scale where that moves the number by a
//! millionth at most; what is further off was meant otherwise, and is not read.

/// Longest number that is looked at, in bytes: thirds are written with up to forty digits.
const MAX_TEXT: usize = 64;

/// Largest exponent either way; no amount is near it.
const MAX_EXPONENT: i32 = 64;

/// Decimals of the distance within which a number is rounded.
const NEAR: usize = 6;

/// What stands around texts without belonging to them: blanks, the zero that ends a C string, marks of
/// byte order and of no width.
pub(super) fn is_blank(letter: char) -> bool {
    letter.is_whitespace()
        || letter.is_control()
        || matches!(letter, '\u{200b}' | '\u{200c}' | '\u{200d}' | '\u{feff}')
}

/// A text without what only stands around it.
pub(super) fn trimmed(text: &str) -> &str {
    text.trim_matches(is_blank)
}

/// Reads a number as an integer scaled by 10^`scale`; none where it is no number, too large, or
/// further than a millionth from what the scale can hold.
pub(super) fn scaled(text: &str, scale: u32) -> Option<i64> {
    let text = trimmed(text);
    if text.len() > MAX_TEXT {
        return None;
    }
    let (is_negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    if !(-MAX_EXPONENT..=MAX_EXPONENT).contains(&exponent) {
        return None;
    }
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let whole = ungrouped(whole)?;
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits(&whole) || !is_digits(fraction) || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    let digits = format!("{whole}{fraction}");
    let point = i64::try_from(whole.len()).ok()?;
    let cut = point
        .checked_add(i64::from(exponent))?
        .checked_add(i64::from(scale))?;
    let units = rounded(&digits, cut, NEAR.saturating_sub(scale as usize))?;
    if is_negative {
        units.checked_neg()
    } else {
        Some(units)
    }
}

/// A whole part without its thousands separators; none where they stand elsewhere than at thousands.
fn ungrouped(whole: &str) -> Option<String> {
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    let mut joined = first.to_owned();
    for group in groups {
        if group.len() != 3 || !(1..=3).contains(&first.len()) {
            return None;
        }
        joined.push_str(group);
    }
    Some(joined)
}

/// The integer that the first `cut` digits make, rounded by the rest; none where the rest does not
/// begin with `near` zeros or nines.
fn rounded(digits: &str, cut: i64, near: usize) -> Option<i64> {
    let (kept, rest) = match usize::try_from(cut) {
        Ok(cut) if cut <= digits.len() => {
            let (kept, rest) = digits.split_at_checked(cut)?;
            (kept.to_owned(), rest.to_owned())
        }
        Ok(cut) => (format!("{digits:0<cut$}"), String::new()),
        Err(_) => {
            let zeros = usize::try_from(cut.unsigned_abs()).ok()?;
            (String::new(), format!("{}{digits}", "0".repeat(zeros)))
        }
    };
    let kept = kept.trim_start_matches('0');
    let units: i64 = if kept.is_empty() {
        0
    } else {
        kept.parse().ok()?
    };
    let (begins, beyond) = rest.split_at_checked(near).unwrap_or((&rest, ""));
    let is_all = |digit: u8| begins.bytes().all(|byte| byte == digit);
    let is_whole_nine = begins.len() == near && is_all(b'9');
    let is_a_millionth = || {
        let leading = begins.strip_suffix('1').filter(|_| begins.len() == near);
        let is_zero = |text: &str| text.bytes().all(|byte| byte == b'0');
        leading.is_some_and(is_zero) && is_zero(beyond)
    };
    match near {
        0 if rest.as_bytes().first().is_some_and(|digit| *digit >= b'5') => units.checked_add(1),
        0 => Some(units),
        _ if is_all(b'0') || is_a_millionth() => Some(units),
        _ if is_whole_nine => units.checked_add(1),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn money_is_read_in_every_spelling_and_rounded_only_from_noise() {
        for (text, units) in [
            ("25.8", Some(2580)),
            (" 25.80\0", Some(2580)),
            ("\u{feff}25.80\u{3000}", Some(2580)),
            ("57.300000000000004", Some(5730)),
            ("57.29999999999999", Some(5730)),
            ("-57.300000000000004", Some(-5730)),
            ("0.1e3", Some(10_000)),
            ("1E+1", Some(1000)),
            ("1E-1", Some(10)),
            ("1e-9", Some(0)),
            ("1,234.50", Some(123_450)),
            ("1,234,567", Some(123_456_700)),
            ("+7", Some(700)),
            (".5", Some(50)),
            ("5.", Some(500)),
            ("19.1000", Some(1910)),
            ("25.800001", Some(2580)),
            ("25.799999", Some(2580)),
            ("0.999999999", Some(100)),
            ("33.333333333333333333333333333333333", None),
            ("25.8000011", None),
            ("25.80001", None),
            ("25.801", None),
            ("25.805", None),
            ("25,80", None),
            ("1,23", None),
            ("1234,567", None),
            (",123", None),
            ("1 234", None),
            ("1..2", None),
            ("1e", None),
            ("e5", None),
            ("1e999999999", None),
            ("1e64", None),
            ("--1", None),
            ("0x10", None),
            ("１２", None),
            ("NaN", None),
            (".", None),
            ("", None),
            ("-", None),
            ("99999999999999.99", Some(9_999_999_999_999_999)),
            ("99999999999999999999", None),
        ] {
            assert_eq!(scaled(text, 2), units, "{text:?}");
        }
        assert_eq!(scaled(&"1".repeat(65), 2), None);
    }

    #[test]
    fn prices_take_thirds_and_quantities_do_not_take_everything() {
        assert_eq!(scaled("6.3666667", 6), Some(6_366_667));
        assert_eq!(scaled("6.36666649", 6), Some(6_366_666));
        assert_eq!(scaled("2.00000000001", 4), Some(20_000));
        assert_eq!(scaled("0.33333333", 4), None);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(units in any::<i32>(), noise in 0..9_u8) {
            let sign = if units < 0 { "-" } else { "" };
            let (whole, part) = (units.unsigned_abs() / 100, units.unsigned_abs() % 100);
            for text in [
                format!("{sign}{whole}.{part:02}"),
                format!("{sign}{whole}.{part:02}0000000000{noise}"),
                format!("{sign}{}E-2", units.unsigned_abs()),
            ] {
                prop_assert_eq!(scaled(&text, 2), Some(i64::from(units)));
            }
        }

        #[test]
        fn never_panics(text in "[-+0-9.,eE ]{0,70}|\\PC{0,20}", scale in 0..7_u32) {
            let _ = scaled(&text, scale);
        }
    }
}
