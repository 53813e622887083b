//! GS1 element strings, as GS1 DataMatrix, GS1-128 and GS1 QR symbols carry them.
//!
//! ```text
//! 01 06901234567892  17 261231  10 A1B2 <GS> 21 S0001       as a symbol carries it
//! (01)06901234567892(17)261231(10)A1B2(21)S0001             as it is printed below the symbol
//! ```
//! An element is an application identifier and its value. Some values have a fixed length; the others
//! end at a separator (FNC1, transmitted as GS) or at the end of the text.
//!
//! In scope: product, serial, lot and expiry, whatever stands between and around them. Out of scope:
//! other identifiers' meaning, checking the lot or the date, GS1 Digital Link.
//!
//! SPEC: GS1 General Specifications, element strings with predefined length.

use super::digit::{GS, TraceCodeError, is_check_digit_right, is_digits};

/// Longest lot (AI 10) and serial (AI 21).
const LONGEST_NAME: usize = 20;

/// Longest value of any element.
const LONGEST_VALUE: usize = 90;

/// What the element strings of one symbol say.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Gs1 {
    /// The 14-digit product number (AI 01), its check digit right.
    pub gtin: Box<str>,
    /// The pack's serial number (AI 21).
    pub serial: Option<Box<str>>,
    /// The lot (AI 10).
    pub lot: Option<Box<str>>,
    /// The last day of use (AI 17), `YYMMDD`; day 00 is the last of the month.
    pub expiry: Option<Box<str>>,
}

/// Whether whatever read a symbol is known to pass its separators on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Separators {
    /// It may have dropped them: a scanner that types as a keyboard does.
    Doubtful,
    /// It passes them on.
    Kept,
}

impl Gs1 {
    /// Whether a text begins as element strings do: with the product, or with a separator somewhere.
    pub fn is_begun_by(text: &str) -> bool {
        let bare = text.trim_matches(GS);
        let Some(gtin) = bare.strip_prefix("01").and_then(|rest| rest.get(..14)) else {
            return bare.contains(GS);
        };
        // Twenty digits that begin with 01 are a platform code unless the check digit of a GTIN and
        // the serial's identifier both stand where they should.
        let is_serial_next = bare.get(16..18) == Some("21");
        is_check_digit_right(gtin) && (bare.len() != 20 || !is_digits(bare) || is_serial_next)
    }

    /// Reads the element strings of a symbol, in any order.
    ///
    /// A text that has a separator shows by itself that they are kept. Without one, a value of
    /// variable length that could hide another element is refused as ambiguous, never cut by guess.
    pub fn parse(text: &str, separators: Separators) -> Result<Self, TraceCodeError> {
        let bare = text.trim_start_matches(GS);
        let is_doubtful = separators == Separators::Doubtful && !bare.contains(GS);
        let mut found = Found::default();
        let mut rest = bare;
        while !rest.is_empty() {
            let (element, next) = Element::first_of(rest)?;
            if is_doubtful && element.is_variable() && found.could_hide_more(&element) {
                return Err(TraceCodeError::Ambiguous);
            }
            found.take(element.identifier, element.value)?;
            rest = next;
        }
        found.finish()
    }

    /// Reads the human-readable form `(01)…(21)…`.
    pub fn parse_bracketed(text: &str) -> Result<Self, TraceCodeError> {
        let mut found = Found::default();
        for element in text.split('(').skip(1) {
            let (identifier, value) = element.split_once(')').ok_or(TraceCodeError::Malformed)?;
            found.take(identifier, value.trim_end_matches(GS))?;
        }
        found.finish()
    }
}

/// One element: the first two digits of its identifier, and what follows them.
struct Element<'a> {
    identifier: &'a str,
    value: &'a str,
}

impl<'a> Element<'a> {
    /// The element that a text begins with, and what follows it and its separators.
    fn first_of(text: &'a str) -> Result<(Self, &'a str), TraceCodeError> {
        let identifier = text.get(..2).ok_or(TraceCodeError::Malformed)?;
        let behind = text.get(2..).unwrap_or_default();
        let length = match Length::of(identifier)? {
            Length::Fixed(length) => length,
            Length::Variable(_) => behind.find(GS).unwrap_or(behind.len()),
        };
        let value = behind.get(..length).ok_or(TraceCodeError::Malformed)?;
        let is_wrong = match Length::of(identifier)? {
            Length::Fixed(_) => !is_digits(value),
            // More than the longest: a separator was lost on the way.
            Length::Variable(most) if value.len() > most => return Err(TraceCodeError::Ambiguous),
            Length::Variable(_) => value.is_empty(),
        };
        if is_wrong {
            return Err(TraceCodeError::Malformed);
        }
        let next = behind.get(length..).unwrap_or_default();
        Ok((Self { identifier, value }, next.trim_start_matches(GS)))
    }

    fn is_variable(&self) -> bool {
        matches!(Length::of(self.identifier), Ok(Length::Variable(_)))
    }
}

enum Length {
    /// So many digits behind the identifier's first two.
    Fixed(usize),
    /// Up to a separator, at most so many.
    Variable(usize),
}

impl Length {
    /// SPEC: GS1 General Specifications, table of element strings with predefined length; the first
    /// two digits of an identifier decide. Behind them stand further digits of the identifier, too.
    fn of(identifier: &str) -> Result<Self, TraceCodeError> {
        let first_two = is_digits(identifier)
            .then(|| identifier.parse::<u8>().ok())
            .flatten();
        Ok(match first_two {
            Some(0) => Self::Fixed(18),
            Some(1..=3 | 41) => Self::Fixed(14),
            Some(4) => Self::Fixed(16),
            Some(11..=19) => Self::Fixed(6),
            Some(20) => Self::Fixed(2),
            Some(31..=36) => Self::Fixed(8),
            Some(10 | 21 | 22) => Self::Variable(LONGEST_NAME),
            Some(23..=25 | 30 | 37 | 39 | 40 | 42 | 43 | 70..=72 | 80..=82 | 90..=99) => {
                Self::Variable(LONGEST_VALUE)
            }
            _ => return Err(TraceCodeError::Malformed),
        })
    }
}

#[derive(Default)]
struct Found<'a> {
    gtin: Option<&'a str>,
    serial: Option<&'a str>,
    lot: Option<&'a str>,
    expiry: Option<&'a str>,
}

impl<'a> Found<'a> {
    fn take(&mut self, identifier: &str, value: &'a str) -> Result<(), TraceCodeError> {
        let place = match identifier {
            "01" => &mut self.gtin,
            "10" => &mut self.lot,
            "17" => &mut self.expiry,
            "21" => &mut self.serial,
            _ => return Ok(()),
        };
        match place {
            // Two serials in one symbol name two packs.
            Some(other) if *other != value => Err(TraceCodeError::Ambiguous),
            _ => {
                *place = Some(value);
                Ok(())
            }
        }
    }

    /// Whether a value that reaches to the end could hold a lot, a serial or an expiry that has not
    /// been seen. What was seen does not come twice.
    fn could_hide_more(&self, element: &Element<'_>) -> bool {
        let is_open = |identifier: &str, seen: Option<&str>| {
            seen.is_none() && element.identifier != identifier
        };
        let inner = element.value.char_indices().skip(1);
        inner
            .filter_map(|(at, _)| element.value.get(at..))
            .any(|tail| {
                let more = |identifier| {
                    tail.strip_prefix(identifier)
                        .filter(|value: &&str| !value.is_empty())
                };
                (is_open("10", self.lot) && more("10").is_some())
                    || (is_open("21", self.serial) && more("21").is_some())
                    || (is_open("17", self.expiry) && more("17").is_some_and(begins_with_date))
            })
    }

    fn finish(self) -> Result<Gs1, TraceCodeError> {
        let gtin = self
            .gtin
            .filter(|gtin| gtin.len() == 14 && is_check_digit_right(gtin))
            .ok_or(TraceCodeError::Malformed)?;
        // Brackets and separators would make two texts of one code.
        let is_blurred = |name: &str| name.len() > LONGEST_NAME || name.contains(['(', ')', GS]);
        if self.serial.is_some_and(is_blurred) {
            return Err(TraceCodeError::Ambiguous);
        }
        let owned = |value: Option<&str>| value.filter(|value| !value.is_empty()).map(Box::from);
        Ok(Gs1 {
            gtin: gtin.into(),
            serial: owned(self.serial),
            lot: owned(self.lot),
            expiry: owned(self.expiry),
        })
    }
}

/// Six digits that can be a date; day 00 is the last of the month.
fn begins_with_date(text: &str) -> bool {
    let number = |from, to| {
        let digits = text.get(from..to).filter(|digits| is_digits(digits));
        digits.and_then(|digits| digits.parse::<u8>().ok())
    };
    number(0, 2).is_some()
        && number(2, 4).is_some_and(|month| (1..=12).contains(&month))
        && number(4, 6).is_some_and(|day| day <= 31)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const GTIN: &str = "06901234567892";

    fn kept(text: &str) -> Result<Gs1, TraceCodeError> {
        Gs1::parse(text, Separators::Kept)
    }

    fn doubtful(text: &str) -> Result<Gs1, TraceCodeError> {
        Gs1::parse(text, Separators::Doubtful)
    }

    #[test]
    fn reads_elements_in_any_order() {
        let wanted = Gs1 {
            gtin: GTIN.into(),
            serial: Some("S0001".into()),
            lot: Some("A1B2".into()),
            expiry: Some("261200".into()),
        };
        for text in [
            "01069012345678921726120010A1B2\u{1d}21S0001",
            "\u{1d}01069012345678921726120010A1B2\u{1d}21S0001\u{1d}",
            "010690123456789221S0001\u{1d}10A1B2\u{1d}17261200",
            "21S0001\u{1d}10A1B2\u{1d}17261200\u{1d}0106901234567892",
            "1126010101069012345678921726120010A1B2\u{1d}21S0001",
            "010690123456789291X(Y\u{1d}240Z9\u{1d}310300012517261200712ABC\u{1d}10A1B2\u{1d}21S0001",
        ] {
            assert_eq!(doubtful(text), Ok(wanted.clone()), "{text:?}");
        }
        let bracketed = Gs1::parse_bracketed("(01)06901234567892(17)261200(10)A1B2(21)S0001");
        assert_eq!(bracketed, Ok(wanted));
    }

    #[test]
    fn a_lost_separator_is_ambiguous_and_never_guessed() {
        for (text, when_kept) in [
            // The lot may have swallowed the serial.
            ("010690123456789210A1B221S0001", None),
            ("01069012345678921726120010A1B221S0001", None),
            // The serial may have swallowed the lot, or the expiry.
            ("01069012345678921726120021S000110A1B2", Some("S000110A1B2")),
            ("010690123456789221S000117261200", Some("S000117261200")),
            ("010690123456789221S00010", Some("S00010")),
            // Another element may have.
            ("0106901234567892240ZZ21S1", None),
        ] {
            let expected = if text == "010690123456789221S00010" {
                Ok(Some("S00010"))
            } else {
                Err(TraceCodeError::Ambiguous)
            };
            let found = doubtful(text);
            let serial = found.as_ref().map(|gs1| gs1.serial.as_deref());
            assert_eq!(serial.map_err(|error| *error), expected, "{text}");
            assert_eq!(kept(text).unwrap().serial.as_deref(), when_kept, "{text}");
        }
    }

    #[test]
    fn what_was_seen_cannot_hide() {
        // Lot and expiry stood before: `10` and `17` inside the serial are its own.
        let text = "01069012345678921726120010A1\u{1d}21S101726";
        assert_eq!(doubtful(text).unwrap().serial.as_deref(), Some("S101726"));
        let text = "01069012345678921726120021S1726120";
        assert_eq!(doubtful(text).unwrap().serial.as_deref(), Some("S1726120"));
        // Month 13 is no date.
        let text = "010690123456789221S17261300";
        assert_eq!(doubtful(text).unwrap().serial.as_deref(), Some("S17261300"));
    }

    #[test]
    fn refuses_what_is_no_element_string() {
        let long = format!("01{GTIN}21{}", "A".repeat(21));
        for (text, error) in [
            ("", TraceCodeError::Malformed),
            ("21S1", TraceCodeError::Malformed),
            ("0106901234567893", TraceCodeError::Malformed),
            ("01069012345678", TraceCodeError::Malformed),
            ("01069012345678921726123X", TraceCodeError::Malformed),
            ("0106901234567892055", TraceCodeError::Malformed),
            ("0106901234567892XY", TraceCodeError::Malformed),
            ("010690123456789221", TraceCodeError::Malformed),
            ("01069012345678922", TraceCodeError::Malformed),
            (long.as_str(), TraceCodeError::Ambiguous),
            ("010690123456789221A\u{1d}21B", TraceCodeError::Ambiguous),
            ("010690123456789221A(1)", TraceCodeError::Ambiguous),
        ] {
            assert_eq!(kept(text), Err(error), "{text:?}");
        }
        assert_eq!(Gs1::parse_bracketed("(01"), Err(TraceCodeError::Malformed));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,60}|01[0-9\u{1d}A-Z]{0,60}") {
            let _ = (kept(&text), doubtful(&text), Gs1::parse_bracketed(&text));
        }

        #[test]
        fn separated_elements_come_back(
            serial in "[A-Z0-9]{1,20}",
            lot in "[A-Z0-9]{1,20}",
            expiry in "[0-9]{6}",
        ) {
            let text = format!("01{GTIN}10{lot}\u{1d}17{expiry}21{serial}");
            let wanted = Gs1 {
                gtin: GTIN.into(),
                serial: Some(serial.as_str().into()),
                lot: Some(lot.as_str().into()),
                expiry: Some(expiry.as_str().into()),
            };
            prop_assert_eq!(doubtful(&text), Ok(wanted));
            // Dropping the separator never yields another serial.
            if let Ok(found) = doubtful(&text.replace('\u{1d}', "")) {
                prop_assert!(found.serial.is_none_or(|found| *found == *serial));
            }
        }
    }
}
