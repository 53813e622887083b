//! The slip: a purchase list on the narrow paper of a counter's printer.
//!
//! ```text
//! Content ─► layout ─► Page of rows ─► device::printer (bytes of the printer's language)
//!               └ text (columns, characters that the printer lacks)   └ code (QR as dots or SVG)
//! ```
//! In scope: what stands where on 58 and 80 mm; what the codes on scanned slips say (`scan`). Out of scope: whence the content comes (`desk`), the
//! printer's language and wire (`device::printer`).
//!
//! LAW: the bureau's requirements on designated pharmacies, annex 3 §2: a purchase list for the insured,
//! confirmed by the signature of the insured or the proxy, kept for two years (R40). From 2026-01-01 the
//! receipt shows the trace codes (R13).

mod apart;
mod code;
mod layout;
mod scan;
mod text;

use pharmacy_protocol::term::Fen;

pub use apart::read_codes_apart;
pub use apart::{COMMAND, serve};
pub use code::{Code, Raster};
pub use layout::{layout, test_page};
pub use scan::{Codes, MAX_PAGE_BYTES, ScanError, read_codes};
pub use text::Charset;

/// What a slip says, as texts; persons are masked.
#[derive(Clone, Debug, Default)]
pub struct Content {
    /// The store's name.
    pub store_name: String,
    /// The store's code.
    pub store: String,
    /// The till.
    pub till: String,
    /// Who operated it.
    pub operator: Option<String>,
    /// Who reviewed its prescriptions.
    pub pharmacists: Vec<String>,
    /// When it was settled, to the second.
    pub settled_at: String,
    /// The till's own receipt number.
    pub receipt: Option<String>,
    /// Which money paid.
    pub fund: &'static str,
    /// The insured.
    pub holder: Option<String>,
    /// Who takes the medicine, where not the insured.
    pub patient: Option<String>,
    /// Who bought, where not the insured.
    pub buyer: Option<String>,
    /// What was bought.
    pub items: Vec<Item>,
    /// The sum.
    pub total: Fen,
    /// What the insurance paid.
    pub insurance: Fen,
    /// What was paid in cash.
    pub cash: Fen,
    /// The platform's settlement id.
    pub settlement: String,
    /// The sale.
    pub sale: String,
    /// The log and the entry that hold the list.
    pub recorded: Option<(String, u64)>,
    /// The proof that they do, as the code's text.
    pub proof: Option<String>,
}

/// One line of what was bought.
#[derive(Clone, Debug, Default)]
pub struct Item {
    /// Number on the till.
    pub number: u32,
    /// Name.
    pub name: String,
    /// Specification.
    pub spec: String,
    /// The lot.
    pub lot: Option<String>,
    /// Quantity.
    pub quantity: String,
    /// Price of one.
    pub price: String,
    /// Amount.
    pub amount: Fen,
    /// Which money: a word.
    pub tender: &'static str,
    /// Trace codes.
    pub trace_codes: Vec<String>,
}

/// How wide the paper is.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Paper {
    /// 58 mm.
    #[default]
    Narrow,
    /// 80 mm.
    Wide,
}

impl Paper {
    /// Columns of the printer's ordinary font; a Chinese character takes two.
    pub fn columns(self) -> usize {
        match self {
            Self::Narrow => 32,
            Self::Wide => 48,
        }
    }

    /// Dots across what can be printed, at 8 dots a millimetre.
    pub fn dots(self) -> usize {
        match self {
            Self::Narrow => 384,
            Self::Wide => 576,
        }
    }
}

/// One row of a slip.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Row {
    /// A picture of dots, centred.
    Picture(Raster),
    /// A text of ordinary size.
    Text(String),
    /// A text of double width and height.
    Title(String),
}

/// A slip, ready to be put into a printer's language.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Page {
    /// The paper that it was made for.
    pub paper: Paper,
    /// From the top.
    pub rows: Vec<Row>,
    /// How many characters the printer lacks; a white square stands for each.
    pub replaced: usize,
}
