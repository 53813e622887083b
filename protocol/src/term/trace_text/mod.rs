//! Trace codes in a text, whoever wrote it: a till's message, the page, a scanner, the API.
//!
//! ```text
//! text ─► plain (full width, blanks, dashes) ─► pieces (, ; new line) ─┬─ element strings (GS1)
//!                                                                      ├─ address
//!                                                                      └─ words: digits, own codes
//! ```
//! One reader for every edge: a code that the page takes is one that the gateway takes. What could be
//! read in two ways is [`NoCode::Ambiguous`], never guessed; what is no code is named as what it is, so
//! that the cashier hears what was scanned instead. The table of forms is in `protocol/spec/gateway.md`.
//!
//! In scope: the form of codes. Out of scope: whose pack it is; whether a maker's own code counts,
//! which only the article's confirmed form says.

mod address;
mod plain;
mod symbol;
mod symbology;
mod word;

use std::fmt;

use super::trace_code::{Barcode, TraceCode};
use plain::Plain;
pub use symbology::Symbology;
pub use word::Wallet;

/// What a text holds.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct TraceText {
    /// The codes, in the text's order; one that stands twice was scanned twice.
    pub packs: Vec<TracePack>,
    /// What stands there and is no code.
    pub others: Vec<NoCode>,
    /// What to change at the till, although the codes could be read.
    pub hint: Option<TraceHint>,
}

/// A pack's code, and what else its symbol says of it.
#[derive(Clone, Eq, PartialEq)]
pub struct TracePack {
    /// The code.
    pub code: TraceCode,
    /// How it was written.
    pub form: TraceForm,
    /// The lot, from GS1.
    pub lot: Option<Box<str>>,
    /// The last day of use, `YYMMDD`, from GS1; day 00 is the last of the month.
    pub expiry: Option<Box<str>>,
}

/// How a trace code was written.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum TraceForm {
    /// GS1 element strings.
    Gs1,
    /// A maker's own, as far as its form says: so may be a member's card.
    Own,
    /// Twenty digits from 8.
    Platform,
    /// Twenty digits that no known platform gives out: taken, and flagged.
    Unusual,
    /// Twenty digits from 8 inside an address or a text.
    Wrapped,
}

/// What to change at the till, although the codes could be read.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum TraceHint {
    /// A Chinese input method made full-width characters of them.
    FullWidth,
    /// The scanner writes something printable for the separator of GS1.
    Separators,
}

/// What is no trace code.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum NoCode {
    /// An address without a code in it.
    Address,
    /// It could be read in two ways: a separator was lost, or several codes ran together.
    Ambiguous,
    /// An approval number (批准文号).
    Approval,
    /// Element strings that are none: a check digit is wrong, or a part is missing.
    BrokenSymbol,
    /// The number of an identity card.
    IdNumber,
    /// A code of the insurance's catalogue.
    InsuranceCode,
    /// The code of the insured (医保码).
    Insured,
    /// Digits, but not twenty.
    Length,
    /// Element strings that name a product and no pack.
    NoSerial(Barcode),
    /// A customer's payment code.
    Payment(Wallet),
    /// What tills write where there is none: `0`, `null`, `无码`.
    Placeholder,
    /// The product's barcode.
    Product(Barcode),
    /// A number that a table's program rounded: `8.9E+19`.
    Rounded,
    /// One digit twenty times.
    SameDigits,
    /// Longer than the interface carries.
    TooLong,
    /// Anything else.
    Unknown,
}

impl NoCode {
    /// Its key in the text catalogue: what it is, and what to scan instead.
    pub fn key(&self) -> &'static str {
        match self {
            Self::Address => "scan.address",
            Self::Ambiguous => "scan.ambiguous",
            Self::Approval => "scan.approval-number",
            Self::BrokenSymbol => "scan.broken-symbol",
            Self::IdNumber => "scan.id-number",
            Self::InsuranceCode => "scan.insurance-code",
            Self::Insured | Self::Payment(_) => "scan.credential",
            Self::Length => "scan.length",
            Self::NoSerial(_) => "scan.no-serial",
            Self::Placeholder => "scan.placeholder",
            Self::Product(_) => "scan.product-barcode",
            Self::Rounded => "scan.rounded",
            Self::SameDigits => "scan.same-digits",
            Self::TooLong => "scan.too-long",
            Self::Unknown => "scanner.unknown",
        }
    }
}

impl TraceHint {
    /// Its key in the text catalogue.
    pub fn key(self) -> &'static str {
        match self {
            Self::FullWidth => "scan.full-width",
            Self::Separators => "scan.separators",
        }
    }
}

impl fmt::Debug for TracePack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("TracePack");
        // What only may be a pack's code may be a person's as well.
        if self.form != TraceForm::Own {
            shown.field("code", &self.code);
        }
        shown.field("form", &self.form).finish_non_exhaustive()
    }
}

impl TraceText {
    /// Reads a text, from a symbol of this kind if the scanner says.
    pub fn read(text: &str, symbology: Option<Symbology>) -> Self {
        let bare = plain::trimmed(text);
        if bare.is_empty() {
            return Self::default();
        }
        // Nearly every text is this one.
        if let Some(code) = word::platform(bare) {
            return Self::of(Ok(TracePack::bare(code, TraceForm::Platform)));
        }
        // Before any part of it is copied.
        if let Some(credential) = word::credential(bare) {
            return Self::of(Err(credential));
        }
        let plain = Plain::of(bare);
        let mut found = Self {
            hint: plain.is_full_width.then_some(TraceHint::FullWidth),
            ..Self::default()
        };
        if symbology.is_some_and(Symbology::has_add_on) {
            found.take(word::with_add_on(&plain.text));
        } else if address::is_one(&plain.text) {
            found.take(address::read(&plain.text));
        } else {
            for piece in plain.pieces() {
                found.read_piece(piece, symbology);
            }
        }
        found.doubt_halves(&plain.text);
        found
    }

    /// The only code of a text; else what stands there instead of one.
    pub fn into_one(mut self) -> Result<TracePack, NoCode> {
        match (self.packs.len(), self.others.is_empty()) {
            (1, true) => self.packs.pop().ok_or(NoCode::Unknown),
            (0, false) => Err(self.others.swap_remove(0)),
            (0, true) => Err(NoCode::Placeholder),
            _ => Err(NoCode::Ambiguous),
        }
    }

    fn of(read: Read) -> Self {
        let mut found = Self::default();
        found.take(read);
        found
    }

    fn take(&mut self, read: Read) {
        match read {
            Ok(pack) => self.packs.push(pack),
            Err(other) => self.others.push(other),
        }
    }

    fn read_piece(&mut self, piece: &str, symbology: Option<Symbology>) {
        let (own, rest) = Symbology::split(piece);
        let symbology = symbology.or(own);
        if let Some(code) = word::platform(rest) {
            return self.take(Ok(TracePack::bare(code, TraceForm::Platform)));
        }
        if let Some(credential) = word::credential(rest) {
            return self.take(Err(credential));
        }
        if address::is_one(rest) {
            return self.take(address::read(rest));
        }
        if let Some(symbols) = symbol::read(rest, symbology) {
            if symbols.is_replaced {
                self.hint = Some(TraceHint::Separators);
            }
            return symbols.found.into_iter().for_each(|read| self.take(read));
        }
        word::read(rest, |read| self.take(read));
    }

    /// What stands beside something unknown may be half of a code itself.
    fn doubt_halves(&mut self, text: &str) {
        let is_odd = |other: &NoCode| !matches!(other, NoCode::Product(_) | NoCode::NoSerial(_));
        if !self.others.iter().any(is_odd) {
            return;
        }
        let is_cut = text.contains([',', ';']);
        let is_half = |pack: &TracePack| match pack.form {
            TraceForm::Gs1 => is_cut,
            TraceForm::Own => true,
            TraceForm::Platform | TraceForm::Unusual | TraceForm::Wrapped => false,
        };
        if self.packs.iter().any(is_half) {
            self.packs.retain(|pack| !is_half(pack));
            self.others.push(NoCode::Ambiguous);
        }
    }
}

impl TracePack {
    fn bare(code: TraceCode, form: TraceForm) -> Self {
        Self {
            code,
            form,
            lot: None,
            expiry: None,
        }
    }
}

/// A code, or what stands there instead.
type Read = Result<TracePack, NoCode>;

#[cfg(test)]
mod tests;
