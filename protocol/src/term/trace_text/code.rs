//! What a text may turn out to hold: packs' codes, and what is no code.

use std::fmt;

use super::super::trace_code::{Barcode, TraceCode};

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

impl TracePack {
    pub(super) fn bare(code: TraceCode, form: TraceForm) -> Self {
        Self {
            code,
            form,
            lot: None,
            expiry: None,
        }
    }
}

/// Whose payment code.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Wallet {
    /// 支付宝.
    Alipay,
    /// 微信支付.
    WeChat,
}

/// A code, or what stands there instead.
pub(super) type Read = Result<TracePack, NoCode>;
