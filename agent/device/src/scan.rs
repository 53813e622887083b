//! What a scanned code is.
//!
//! One stream of scans carries packs, products, the insured's code and customers' payment codes. The
//! order below decides; whatever lets somebody pay or act for a person comes first, because taking a
//! pack's code for a credential costs a second scan, and the other way round costs a person.
//!
//! ```text
//! 1 insured's code    28 letters or digits after 424 or opc; also twenty digits after 424
//! 2 payment code      18 digits from 10 to 15 (WeChat), 16 to 24 digits from 25 to 30 (Alipay)
//!   badge             PHARMACY-BADGE-, which is none of the others (`badge`)
//! 3 trace code        twenty digits from 8
//! 4 GS1               element strings with 01: with 21 a pack, without a product
//! 5 trace code        any other twenty digits, flagged
//! 6 product           EAN-8, UPC-A, EAN-13, GTIN-14 with the right check digit
//! 7 trace codes       runs of twenty digits from 8 inside an address or a text
//! 8 unknown           everything else, kept and never shown
//! ```
//! Where two rows fit, and what follows:
//! * Twenty digits from 25 to 30 are row 2, not 5: known trace platforms begin with 8.
//! * Twenty digits from 424 are row 1, not 5: a code of the insured that lost its end.
//! * Eighteen digits from 10 to 15 are row 2, also if they are a citizen's number, a GS1 lot or date
//!   alone, or EAN-13 with five more digits: nothing that could be sold is lost.
//! * `01`, a right GTIN, `21` and two more digits are row 4, not 5; other twenty digits from 01 are 5.
//! * 14 digits that are `01` and twelve others are row 6: element strings need sixteen.
//! * What only may be a maker's own code is row 8: so looks a member's card. Whoever knows the articles'
//!   confirmed forms asks [`Unread::own_code`].
//!
//! In scope: what a scan is at the counter. Pure. Out of scope: the form of trace codes, which one reader
//! knows for every edge ([`TraceText`]); whether a pack or a product is known.

use std::fmt;

use jiff::civil::Date;
use pharmacy_protocol::term::{
    Barcode, NoCode, TraceCode, TraceForm, TraceHint, TracePack, TraceText,
};
use zeroize::Zeroizing;

use crate::badge::Badge;
pub use pharmacy_protocol::term::{Symbology, TraceForm as Form, Wallet};

/// What a scanned code is. Credentials are named and not carried.
#[derive(Debug)]
pub enum Kind {
    /// A code that can be read in two ways: a separator was lost, or codes ran together.
    Ambiguous,
    /// A card of the till that says who is here.
    Badge(Badge),
    /// The insured's code (医保码): whoever has it acts for the insured.
    InsuredCode,
    /// A customer's payment code: whoever has it can take money.
    PaymentCode(Wallet),
    /// A product's code, which names no pack.
    Product(Barcode),
    Trace(Pack),
    /// Several packs in one text, in its order: a list that was pasted, a carton's label.
    Traces(Vec<Pack>),
    Unknown(Unread),
}

/// A pack's code, and what else the symbol says of the pack.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Pack {
    pub code: TraceCode,
    /// How it was written.
    pub form: Form,
    /// The lot, from GS1.
    pub lot: Option<Box<str>>,
    /// The last day of use, `YYMMDD`, from GS1; day 00 is the last of the month.
    pub expiry: Option<Box<str>>,
    /// What to change at the till, although the code could be read.
    pub hint: Option<TraceHint>,
}

impl Pack {
    fn of(pack: TracePack, hint: Option<TraceHint>) -> Self {
        Self {
            code: pack.code,
            form: pack.form,
            lot: pack.lot,
            expiry: pack.expiry,
            hint,
        }
    }

    /// The last day of use as a day; none where the symbol names none that exists.
    pub fn last_day(&self) -> Option<Date> {
        let expiry = self.expiry.as_deref()?;
        let two = |from: usize| expiry.get(from..from + 2)?.parse::<i8>().ok();
        let (year, month, day) = (two(0)?, two(2)?, two(4)?);
        // Medicines have borne these symbols in this century only.
        let first = Date::new(2000 + i16::from(year), month, 1).ok()?;
        match day {
            0 => Some(first.last_of_month()),
            day => Date::new(first.year(), month, day).ok(),
        }
    }
}

/// A code that nobody recognised. It may be personal all the same, so it is wiped when dropped, and
/// `Debug` shows its length only.
pub struct Unread {
    bytes: Zeroizing<Vec<u8>>,
    /// What the reader took it for; none where it can be a maker's own code.
    what: Option<NoCode>,
}

impl Unread {
    /// The bytes as they came.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The code that it is if an article's packs bear a maker's own codes of this form.
    pub fn own_code(&self) -> Option<TraceCode> {
        let text = str::from_utf8(&self.bytes).ok()?;
        let pack = TraceText::read(text, None).into_one().ok()?;
        (pack.form == TraceForm::Own).then_some(pack.code)
    }

    /// What it is, as a key of the text catalogue.
    pub fn key(&self) -> &'static str {
        self.what.as_ref().map_or("scan.own-code", NoCode::key)
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
        self.bytes.iter().map(shown).collect()
    }
}

impl fmt::Debug for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unread")
            .field("length", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

impl Kind {
    /// Tells what scanned bytes are, read from a symbol of this kind if the scanner says.
    pub fn of(data: &[u8], symbology: Option<Symbology>) -> Self {
        let data = data.trim_ascii();
        let unread = |what| {
            Self::Unknown(Unread {
                bytes: Zeroizing::new(data.to_vec()),
                what,
            })
        };
        if let Some(badge) = str::from_utf8(data).ok().and_then(Badge::parse) {
            return Self::Badge(badge);
        }
        // GB 18030 of a label is noise around the digits.
        let text = Zeroizing::new(String::from_utf8_lossy(data).into_owned());
        let mut read = TraceText::read(&text, symbology);
        let hint = read.hint;
        let is_own = |pack: &TracePack| pack.form == TraceForm::Own;
        if read.packs.iter().any(is_own) {
            return unread(None);
        }
        match (read.packs.len(), read.packs.pop()) {
            (1, Some(pack)) => return Self::Trace(Pack::of(pack, hint)),
            (_, Some(last)) => {
                let packs = read.packs.into_iter().chain([last]);
                return Self::Traces(packs.map(|pack| Pack::of(pack, hint)).collect());
            }
            (_, None) => {}
        }
        match read.others.into_iter().next() {
            Some(NoCode::Ambiguous) => Self::Ambiguous,
            Some(NoCode::Insured) => Self::InsuredCode,
            Some(NoCode::Payment(wallet)) => Self::PaymentCode(wallet),
            Some(NoCode::NoSerial(barcode) | NoCode::Product(barcode)) => Self::Product(barcode),
            other => unread(Some(other.unwrap_or(NoCode::Unknown))),
        }
    }

    /// The same without what nobody recognised, for whoever only needs to know that; what may be a
    /// maker's own code is kept.
    #[must_use]
    pub fn forgetting_unread(self) -> Self {
        match self {
            Self::Unknown(unread) if unread.what.is_some() => Self::Unknown(Unread {
                bytes: Zeroizing::default(),
                what: unread.what,
            }),
            known => known,
        }
    }

    /// Whether the code lets somebody pay or act for a person.
    pub fn is_credential(&self) -> bool {
        matches!(self, Self::InsuredCode | Self::PaymentCode(_))
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    /// What is scanned, with the symbol's id before it or without.
    fn kind(scanned: &[u8]) -> Kind {
        let id = scanned.first_chunk().and_then(|id| Symbology::of(*id));
        let data = if id.is_some() { &scanned[3..] } else { scanned };
        Kind::of(data, id)
    }

    /// A kind in one word, with the code where there is one.
    fn word(data: &[u8]) -> String {
        match kind(data) {
            Kind::Ambiguous => "ambiguous".into(),
            Kind::Badge(badge) => format!("badge {:?}", badge.here),
            Kind::InsuredCode => "insured".into(),
            Kind::PaymentCode(wallet) => format!("{wallet:?}"),
            Kind::Product(barcode) => format!("product {}", barcode.as_str()),
            Kind::Trace(pack) => format!("{:?} {}", pack.form, pack.code),
            Kind::Traces(packs) => {
                let codes = packs.iter().map(|pack| pack.code.to_string());
                codes.collect::<Vec<_>>().join(" ")
            }
            Kind::Unknown(_) => "unknown".into(),
        }
    }

    fn check(rows: &[(&str, &str)]) {
        for (data, wanted) in rows {
            assert_eq!(word(data.as_bytes()), *wanted, "{data:?}");
        }
    }

    #[test]
    fn tells_the_badges_of_the_till() {
        check(&[
            ("PHARMACY-BADGE-H-0123456789ABCDEF", "badge Holder"),
            ("]C0PHARMACY-BADGE-P-0123456789ABCDEF\r", "badge Proxy"),
            ("PHARMACY-BADGE-P-0123456789ABCDE", "unknown"),
        ]);
    }

    #[test]
    fn tells_the_code_of_the_insured() {
        check(&[
            ("4241234567890123456799330000", "insured"),
            ("]Q14241234567890123456799330000", "insured"),
            ("424ABCdef7890123456799330000", "insured"),
            ("opc1234567890123456799330000", "insured"),
            ("OPC1234567890123456799330000", "insured"),
            // One more or less, or another beginning.
            ("424123456789012345679933000", "unknown"),
            ("42412345678901234567993300000", "unknown"),
            ("4251234567890123456799330000", "unknown"),
            ("424-234567890123456799330000", "unknown"),
        ]);
    }

    #[test]
    fn tells_payment_codes_by_length_and_beginning() {
        for first in 10..=15 {
            assert_eq!(word(format!("{first}{:016}", 1).as_bytes()), "WeChat");
        }
        for first in 25..=30 {
            for rest in 14..=22 {
                let code = format!("{first}{:0rest$}", 1);
                assert_eq!(word(code.as_bytes()), "Alipay", "{code}");
            }
        }
        check(&[
            ("091234567890123456", "unknown"),
            ("161234567890123456", "unknown"),
            ("1312345678901234567", "unknown"),
            ("241234567890123456", "unknown"),
            ("311234567890123456", "unknown"),
            ("281234567890123", "unknown"),
            ("2812345678901234567890123", "unknown"),
            ("28123456789012345X", "unknown"),
        ]);
    }

    #[test]
    fn tells_trace_codes_of_twenty_digits() {
        check(&[
            ("81234567890123456789", "Platform 81234567890123456789"),
            ("]C081234567890123456789", "Platform 81234567890123456789"),
            (" 81234567890123456789 ", "Platform 81234567890123456789"),
            ("91234567890123456789", "Unusual 91234567890123456789"),
            ("01234567890123456789", "Unusual 01234567890123456789"),
            ("8123456789012345678", "unknown"),
            ("812345678901234567890", "unknown"),
            ("8123456789012345678X", "unknown"),
        ]);
    }

    #[test]
    fn finds_the_one_trace_code_in_an_address_or_text() {
        let found = "Wrapped 81234567890123456789";
        check(&[
            ("https://example.cn/?c=81234567890123456789", found),
            ("http://example.cn/81234567890123456789/1", found),
            (
                "https://example.cn/81234567890123456789?c=81234567890123456789",
                found,
            ),
            ("药品追溯码：81234567890123456789", found),
            // Several packs, as on a carton.
            (
                "81234567890123456789,81234567890123456780",
                "81234567890123456789 81234567890123456780",
            ),
            // Longer runs, other beginnings, no text around it.
            ("https://example.cn/?c=812345678901234567890", "unknown"),
            ("https://example.cn/?c=91234567890123456789", "unknown"),
            ("A81234567890123456789B", "unknown"),
            // Element strings that are wrong hold nothing to be picked out.
            ("(01)06901234567893(21)81234567890123456789", "unknown"),
            ("0106901234567892XX-81234567890123456789", "unknown"),
            ("10L\u{1d}XX\u{1d}81234567890123456789", "unknown"),
        ]);
        let gbk = b"\xd7\xb7\xcb\xdd\xc2\xeb\xa3\xba81234567890123456789";
        assert_eq!(word(gbk), found);
    }

    #[test]
    fn tells_gs1_packs_from_products() {
        let pack = "Gs1 (01)06901234567892(21)S1";
        check(&[
            ("010690123456789221S1", pack),
            ("]d2010690123456789221S1", pack),
            ("]d201069012345678921726123110L1\u{1d}21S1", pack),
            ("01069012345678921726123110L1\u{1d}21S1", pack),
            ("\u{1d}010690123456789221S1\u{1d}10L1\u{1d}", pack),
            ("(01)06901234567892(21)S1(17)261231", pack),
            ("]C110L1\u{1d}21S1\u{1d}0106901234567892", pack),
            ("0106901234567892", "product 06901234567892"),
            ("]e00106901234567892", "product 06901234567892"),
            (
                "0106901234567892172612311012\u{1d}",
                "product 06901234567892",
            ),
            // The separator was lost, and nobody knows where the lot ends.
            ("01069012345678921726123110L121S1", "ambiguous"),
            ("010690123456789221S110L1", "ambiguous"),
            // With an id the separators are there: the serial is what it is.
            (
                "]d2010690123456789221S110L1",
                "Gs1 (01)06901234567892(21)S110L1",
            ),
            // Wrong check digit.
            ("010690123456789321S1", "unknown"),
            ("]d2010690123456789321S1", "unknown"),
        ]);
        let Kind::Trace(read) = kind(b"]d201069012345678921726120010L1\x1d21S1") else {
            panic!("no pack");
        };
        assert_eq!(read.lot.as_deref(), Some("L1"));
        assert_eq!(read.expiry.as_deref(), Some("261200"));
        assert_eq!(read.last_day(), Some(date(2026, 12, 31)));
    }

    #[test]
    fn the_last_day_of_use_is_a_day_or_none() {
        for (expiry, day) in [
            ("261231", Some(date(2026, 12, 31))),
            ("280200", Some(date(2028, 2, 29))),
            ("260230", None),
            ("261301", None),
        ] {
            let pack = Pack {
                code: "81234567890123456789".parse().unwrap(),
                form: Form::Gs1,
                lot: None,
                expiry: Some(expiry.into()),
                hint: None,
            };
            assert_eq!(pack.last_day(), day, "{expiry}");
        }
    }

    #[test]
    fn tells_product_codes_by_their_check_digit() {
        check(&[
            ("6901234567892", "product 6901234567892"),
            ("]E06901234567892", "product 6901234567892"),
            ("96385074", "product 96385074"),
            ("036000291452", "product 036000291452"),
            ("06901234567892", "product 06901234567892"),
            // A smaller code beside it.
            ("]E3690123456789212", "product 6901234567892"),
            ("]E3690123456789251299", "product 6901234567892"),
            ("690123456789212", "unknown"),
            ("6901234567893", "unknown"),
            ("96385075", "unknown"),
            ("690123456789", "unknown"),
        ]);
    }

    #[test]
    fn where_two_rows_fit_the_order_decides() {
        check(&[
            // Alipay before twenty digits; a platform's code is no payment code.
            ("28123456789012345678", "Alipay"),
            ("81234567890123456782", "Platform 81234567890123456782"),
            // What is left of the insured's code before any twenty digits.
            ("42412345678901234567", "insured"),
            // WeChat before a citizen's number, a lot or date alone, EAN-13 with five more digits.
            ("110105194912310021", "WeChat"),
            ("101234567890123456", "WeChat"),
            ("]E3123456789012800000", "WeChat"),
            // Twenty digits that are GS1 with a serial, and some that only begin alike.
            ("01069012345678922112", "Gs1 (01)06901234567892(21)12"),
            ("01069012345678921012", "Unusual 01069012345678921012"),
            ("01069012345678932112", "Unusual 01069012345678932112"),
            // 28 characters that are GS1 are not the insured's, which begin with 424.
            (
                "0106901234567892211234567899",
                "Gs1 (01)06901234567892(21)1234567899",
            ),
            // EAN-13 of a German product begins with 4, as the insured's code does.
            ("4241234567891", "product 4241234567891"),
            // 14 digits from 01.
            ("01234567890128", "product 01234567890128"),
        ]);
    }

    #[test]
    fn everything_else_is_kept_and_never_shown() {
        check(&[
            ("A", "unknown"),
            ("ZYF-2026-000017", "unknown"),
            ("11010519491231002X", "unknown"),
            ("会员0001", "unknown"),
            (" ", "unknown"),
        ]);
        let Kind::Unknown(unread) = kind("M-1 会a\u{1d}".as_bytes()) else {
            panic!("known");
        };
        assert_eq!(unread.bytes(), "M-1 会a\u{1d}".as_bytes());
        assert_eq!(unread.shape(), "A-9 ???A|");
    }

    #[test]
    fn debug_shows_nothing_of_credentials_and_unknown_codes() {
        for code in [
            "4241234567890123456799330000",
            "134567890123456789",
            "281234567890123456",
            "11010519491231002X",
        ] {
            let shown = format!("{:?}", kind(code.as_bytes()));
            for part in code.as_bytes().windows(3) {
                let part = str::from_utf8(part).unwrap();
                assert!(!shown.contains(part), "{shown}");
            }
            assert_eq!(
                kind(code.as_bytes()).is_credential(),
                !code.ends_with('X'),
                "{code}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_bytes_have_a_kind(data in prop::collection::vec(0x20_u8.., 1..80)) {
            word(&data);
        }

        #[test]
        fn any_text_of_code_letters_has_a_kind(text in "(\\][A-Za-z][0-9])?(01|\\(01\\)|424|opc|28|8)?[0-9A-Z()\u{1d}/:.-]{1,60}") {
            word(text.as_bytes());
        }

        #[test]
        fn a_trace_code_is_read_again_from_its_text(text in "8[0-9]{19}|0106901234567892(17261231)?21[A-Z0-9]{1,20}") {
            if let Kind::Trace(pack) = kind(text.as_bytes()) {
                let again = pack.code.to_string();
                let Kind::Trace(second) = kind(again.as_bytes()) else {
                    return Err(TestCaseError::fail(again));
                };
                prop_assert_eq!(second.code, pack.code);
            }
        }
    }
}
