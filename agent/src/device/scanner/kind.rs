//! What a scanned code is.
//!
//! One stream of scans carries packs, products, the insured's code and customers' payment codes. The
//! order below decides; whatever lets somebody pay or act for a person comes first, because taking a
//! pack's code for a credential costs a second scan, and the other way round costs a person.
//!
//! ```text
//! 1 insured's code    28 letters or digits after 424 or opc; also twenty digits after 424
//! 2 payment code      18 digits from 10 to 15 (WeChat), 16 to 24 digits from 25 to 30 (Alipay)
//! 3 trace code        twenty digits from 8
//! 4 GS1               element strings with 01: with 21 a pack, without a product
//! 5 trace code        any other twenty digits, flagged
//! 6 product           EAN-8, UPC-A, EAN-13, GTIN-14 with the right check digit
//! 7 trace code        one run of twenty digits from 8 inside an address or a text
//! 8 unknown           everything else, kept and never shown
//! ```
//! Where two rows fit, and what follows:
//! * Twenty digits from 25 to 30 are row 2, not 5: known trace platforms begin with 8.
//! * Twenty digits from 424 are row 1, not 5: a code of the insured that lost its end.
//! * Eighteen digits from 10 to 15 are row 2, also if they are a citizen's number, a GS1 lot or date
//!   alone, or EAN-13 with five more digits: nothing that could be sold is lost.
//! * `01`, a right GTIN, `21` and two more digits are row 4, not 5; other twenty digits from 01 are 5.
//! * 14 digits that are `01` and twelve others are row 6: element strings need sixteen.
//!
//! In scope: the form of a code. Pure. Out of scope: whether a pack or a product is known, and
//! enterprises' own trace codes, which look like anything else (row 8).

use std::fmt;

use pharmacy_protocol::term::{Barcode, Gs1, Separators, TraceCode, TraceCodeError};
use zeroize::Zeroizing;

use super::frame::{Frame, Symbology};

/// SPEC: content of the insured's QR code: 424 and 25 more; the open platform's has `opc` instead.
const INSURED_LENGTH: usize = 28;

/// Digits of a platform's trace code (NMPAB/T 1002).
const PLATFORM_LENGTH: usize = 20;

/// What a scanned code is. Credentials are named and not carried.
#[derive(Debug)]
pub enum Kind {
    /// A code that can be read in two ways: a separator was lost, or there are several codes.
    Ambiguous,
    /// The insured's code (医保码): whoever has it acts for the insured.
    InsuredCode,
    /// A customer's payment code: whoever has it can take money.
    PaymentCode(Wallet),
    /// A product's code, which names no pack.
    Product(Barcode),
    /// A pack's code.
    Trace(Pack),
    /// Something else.
    Unknown(Unread),
}

/// Whose payment code.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Wallet {
    /// 支付宝.
    Alipay,
    /// 微信支付.
    WeChat,
}

/// A pack's code, and what else the symbol says of the pack.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Pack {
    /// The code.
    pub code: TraceCode,
    /// How it was written.
    pub form: Form,
    /// The lot, from GS1.
    pub lot: Option<Box<str>>,
    /// The last day of use, `YYMMDD`, from GS1; day 00 is the last of the month.
    pub expiry: Option<Box<str>>,
}

/// How a trace code was written.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Form {
    /// GS1 element strings.
    Gs1,
    /// Twenty digits from 8.
    Platform,
    /// Twenty digits that no known platform gives out: taken, and flagged.
    Unusual,
    /// Twenty digits from 8 inside an address or a text.
    Wrapped,
}

/// A code that nobody recognised. It may be personal all the same, so it is wiped when dropped, and
/// `Debug` shows its length only.
pub struct Unread(Zeroizing<Vec<u8>>);

impl Unread {
    /// The bytes as they came.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// What the code looks like, character for character: `9` for a digit, `A` for a letter, `|` for
    /// a separator, `?` for what is not ASCII, punctuation as it is.
    pub fn shape(&self) -> String {
        let shown = |byte: &u8| match byte {
            b'0'..=b'9' => '9',
            b'A'..=b'Z' | b'a'..=b'z' => 'A',
            0x1D => '|',
            0x20..=0x7E => char::from(*byte),
            _ => '?',
        };
        self.0.iter().map(shown).collect()
    }
}

impl fmt::Debug for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unread")
            .field("length", &self.0.len())
            .finish_non_exhaustive()
    }
}

impl Kind {
    /// Tells what a frame holds.
    pub fn of(frame: &Frame) -> Self {
        let data = frame.data().trim_ascii();
        let text = str::from_utf8(data).ok().filter(|text| text.is_ascii());
        let syntax = text.and_then(|text| Syntax::of(text, frame));
        text.and_then(|text| {
            credential(text)
                .or_else(|| platform(text))
                .or_else(|| syntax.and_then(|syntax| gs1(text, syntax)))
                .or_else(|| unusual(text))
                .or_else(|| product(text, frame))
        })
        // Element strings that are wrong hold nothing that may be picked out of them.
        .or_else(|| syntax.is_none().then(|| wrapped(data)).flatten())
        .unwrap_or_else(|| Self::Unknown(Unread(Zeroizing::new(data.to_vec()))))
    }

    /// Whether the code lets somebody pay or act for a person.
    pub fn is_credential(&self) -> bool {
        matches!(self, Self::InsuredCode | Self::PaymentCode(_))
    }
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

fn credential(text: &str) -> Option<Kind> {
    let is_begun = |mark: &str| {
        text.get(..mark.len())
            .is_some_and(|begin| begin.eq_ignore_ascii_case(mark))
    };
    let is_word = text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if text.len() == INSURED_LENGTH && is_word && (is_begun("424") || is_begun("opc")) {
        return Some(Kind::InsuredCode);
    }
    if !is_digits(text) {
        return None;
    }
    if text.len() == PLATFORM_LENGTH && is_begun("424") {
        return Some(Kind::InsuredCode);
    }
    let first: u8 = text.get(..2)?.parse().ok()?;
    match (text.len(), first) {
        (18, 10..=15) => Some(Kind::PaymentCode(Wallet::WeChat)),
        (16..=24, 25..=30) => Some(Kind::PaymentCode(Wallet::Alipay)),
        _ => None,
    }
}

fn platform(text: &str) -> Option<Kind> {
    text.starts_with('8')
        .then(|| twenty_digits(text, Form::Platform))
        .flatten()
}

fn unusual(text: &str) -> Option<Kind> {
    twenty_digits(text, Form::Unusual)
}

fn twenty_digits(text: &str, form: Form) -> Option<Kind> {
    if text.len() != PLATFORM_LENGTH || !is_digits(text) {
        return None;
    }
    let code = text.parse().ok()?;
    Some(Kind::Trace(Pack {
        code,
        form,
        lot: None,
        expiry: None,
    }))
}

/// How a text that seems to be GS1 is written.
#[derive(Clone, Copy)]
enum Syntax {
    Bracketed,
    Elements(Separators),
}

impl Syntax {
    fn of(text: &str, frame: &Frame) -> Option<Self> {
        let says_gs1 = frame.symbology().is_some_and(Symbology::is_gs1);
        if text.starts_with("(01)") {
            Some(Self::Bracketed)
        } else if says_gs1 {
            Some(Self::Elements(Separators::Kept))
        } else {
            Gs1::is_begun_by(text).then_some(Self::Elements(Separators::Doubtful))
        }
    }
}

fn gs1(text: &str, syntax: Syntax) -> Option<Kind> {
    let read = match syntax {
        Syntax::Bracketed => Gs1::parse_bracketed(text),
        Syntax::Elements(separators) => Gs1::parse(text, separators),
    };
    match read {
        Ok(gs1) => pack_or_product(gs1),
        Err(TraceCodeError::Ambiguous) => Some(Kind::Ambiguous),
        Err(_) => None,
    }
}

fn pack_or_product(gs1: Gs1) -> Option<Kind> {
    if gs1.serial.is_none() {
        return gs1.gtin.parse().ok().map(Kind::Product);
    }
    let (lot, expiry) = (gs1.lot.clone(), gs1.expiry.clone());
    let code = TraceCode::try_from(gs1).ok()?;
    Some(Kind::Trace(Pack {
        code,
        form: Form::Gs1,
        lot,
        expiry,
    }))
}

fn product(text: &str, frame: &Frame) -> Option<Kind> {
    let has_add_on = frame.symbology().is_some_and(Symbology::has_add_on);
    let main = if has_add_on { text.get(..13)? } else { text };
    main.parse().ok().map(Kind::Product)
}

/// Finds the one run of twenty digits from 8 in an address or a text. A list of several packs, as on a
/// carton, names none of them.
fn wrapped(data: &[u8]) -> Option<Kind> {
    if data.iter().all(u8::is_ascii_alphanumeric) {
        return None;
    }
    let runs = data.split(|byte| !byte.is_ascii_digit());
    let mut codes = runs
        .filter(|run| run.len() == PLATFORM_LENGTH && run.first() == Some(&b'8'))
        .filter_map(|run| str::from_utf8(run).ok());
    let first = codes.next()?;
    if codes.any(|other| other != first) {
        return Some(Kind::Ambiguous);
    }
    twenty_digits(first, Form::Wrapped)
}
