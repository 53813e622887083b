//! Element strings (GS1) in a text, with whatever became of their separators.
//!
//! A separator that is not passed on leaves two readings of what stood around it; [`Gs1`] then says that
//! it is ambiguous. One that a scanner writes as something printable is put back.

use zeroize::Zeroizing;

use super::super::digit::{GS, TraceCodeError, is_check_digit_right, is_digits};
use super::super::gs1::{Gs1, Separators};
use super::super::trace_code::TraceCode;
use super::code::{NoCode, Read, TraceForm, TracePack};
use super::symbology::Symbology;

/// What scanners and programs write for the separator. No serial has these characters: the standard's
/// set of 82 is without `~ ^ { } | # \` and brackets.
const STAND_INS: [&str; 14] = [
    "\u{241d}", "{FNC1}", "<FNC1>", "[FNC1]", "{GS}", "<GS>", "[GS]", "\\u001d", "\\x1d", "\\F",
    "^]", "~", "|", "#",
];

/// What a serial may have beside letters and digits and still be read again as it is printed.
const IN_SERIAL: [char; 10] = ['-', '_', '.', '/', '+', '*', '%', '&', '=', '!'];

/// The symbols of a piece.
pub(super) struct Symbols {
    pub(super) found: Vec<Read>,
    /// Whether separators stood there as something else.
    pub(super) is_replaced: bool,
}

/// Reads a piece that is element strings; none where it is something else.
pub(super) fn read(piece: &str, symbology: Option<Symbology>) -> Option<Symbols> {
    let tokens = piece.split(' ').filter(|token| !token.is_empty());
    let tokens: Vec<Text> = tokens.map(Text::of).collect();
    // Several symbols with blanks between them, or one with blanks in it.
    let texts = if tokens.len() > 1 && tokens.iter().all(Text::is_begun) {
        tokens
    } else {
        Text::of(piece).parted()
    };
    let is_replaced = texts.iter().any(|text| text.is_replaced);
    let found = texts.iter().map(|text| text.read(symbology));
    let found: Option<Vec<Read>> = found.collect();
    found.map(|found| Symbols { found, is_replaced })
}

/// A text without blanks, its separators put back.
struct Text {
    text: Zeroizing<String>,
    is_replaced: bool,
}

impl Text {
    fn of(piece: &str) -> Self {
        let mut text = Zeroizing::new(String::with_capacity(piece.len()));
        let mut is_replaced = false;
        let mut rest = piece;
        while let Some(c) = rest.chars().next() {
            if let Some(length) = stand_in(rest) {
                is_replaced = true;
                text.push(GS);
                rest = rest.get(length..).unwrap_or_default();
                continue;
            }
            if c != ' ' {
                text.push(c);
            }
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
        }
        // A bracket of another kind, only around identifiers.
        if text.starts_with("[01]") {
            text = Zeroizing::new(text.replace('[', "(").replace(']', ")"));
        }
        Self { text, is_replaced }
    }

    /// The symbols of a text that has several, each in brackets.
    fn parted(self) -> Vec<Self> {
        let mut starts: Vec<usize> = self.text.match_indices("(01)").map(|(at, _)| at).collect();
        if starts.len() < 2 || starts.first() != Some(&0) {
            return vec![self];
        }
        starts.push(self.text.len());
        let parts = starts.windows(2).filter_map(|ends| match ends {
            [from, to] => self.text.get(*from..*to),
            _ => None,
        });
        let part = |part: &str| Self {
            text: Zeroizing::new(part.trim_end_matches(GS).to_owned()),
            is_replaced: self.is_replaced,
        };
        parts.map(part).collect()
    }

    fn is_bracketed(&self) -> bool {
        let bare = self.text.trim_start_matches(GS);
        bare.starts_with('(') && bare.contains("(01)")
    }

    /// Whether it begins as element strings do, whoever says so.
    fn is_begun(&self) -> bool {
        let bare = self.text.trim_matches(GS);
        self.is_bracketed() || (Gs1::is_begun_by(bare) && !bare.contains(GS)) || begins(bare)
    }

    fn read(&self, symbology: Option<Symbology>) -> Option<Read> {
        let says_gs1 = symbology.is_some_and(Symbology::is_gs1);
        if self.is_bracketed() {
            return Some(pack_of(Gs1::parse_bracketed(&self.text)));
        }
        let separators = match says_gs1 {
            true => Separators::Kept,
            false => Separators::Doubtful,
        };
        let bare = self.text.trim_end_matches(GS);
        // Separators tell element strings by themselves only if they came as such.
        let is_told = says_gs1 || self.is_begun() || (bare.contains(GS) && !self.is_replaced);
        match Gs1::parse(bare, separators) {
            // Twenty digits of a platform that happen to begin alike are no symbol.
            Ok(_) if !is_told && !bare.contains(GS) => None,
            Err(_) if !is_told => None,
            read => Some(pack_of(read)),
        }
    }
}

/// How long the stand-in is that a text begins with.
fn stand_in(text: &str) -> Option<usize> {
    let found = STAND_INS.iter().find(|mark| {
        text.get(..mark.len())
            .is_some_and(|begin| begin.eq_ignore_ascii_case(mark))
    });
    found.map(|mark| mark.len())
}

/// Dates before the product, as some makers print it.
fn begins(text: &str) -> bool {
    let mut rest = text;
    for _ in 0..3 {
        let date = ["11", "13", "15", "17"].iter();
        let mut date = date.filter_map(|identifier| rest.strip_prefix(identifier));
        let Some(next) = date.next().and_then(|rest| rest.get(6..)) else {
            return false;
        };
        let gtin = next.strip_prefix("01").and_then(|rest| rest.get(..14));
        if gtin.is_some_and(is_check_digit_right) {
            return !(text.len() == 20 && is_digits(text));
        }
        rest = next;
    }
    false
}

/// The pack that element strings name.
pub(super) fn pack_of(read: Result<Gs1, TraceCodeError>) -> Read {
    let gs1 = read.map_err(|error| match error {
        TraceCodeError::Ambiguous => NoCode::Ambiguous,
        TraceCodeError::TooLong => NoCode::TooLong,
        TraceCodeError::Empty
        | TraceCodeError::Malformed
        | TraceCodeError::NoSerial
        | TraceCodeError::ProductBarcode => NoCode::BrokenSymbol,
    })?;
    let Some(serial) = &gs1.serial else {
        let product = gs1.gtin.parse().map(NoCode::NoSerial);
        return Err(product.unwrap_or(NoCode::BrokenSymbol));
    };
    let is_plain = |c: char| c.is_ascii_alphanumeric() || IN_SERIAL.contains(&c);
    if !serial.chars().all(is_plain) {
        return Err(NoCode::Ambiguous);
    }
    let (lot, expiry) = (gs1.lot.clone(), gs1.expiry.clone());
    let code = TraceCode::try_from(gs1).map_err(|_| NoCode::BrokenSymbol)?;
    Ok(TracePack {
        code,
        form: TraceForm::Gs1,
        lot,
        expiry,
    })
}
