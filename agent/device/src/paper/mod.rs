//! The slip: a purchase list on the narrow paper of a counter's printer.
//!
//! ```text
//! Content ─► layout ─► Page of rows ─► printer (bytes of the printer's language)
//!               └ text (columns, characters that the printer lacks)   └ code (QR as dots or SVG)
//! ```
//! In scope: what stands where on 58 and 80 mm; what the codes on scanned slips say (`scan`). Out of
//! scope: whence the content comes (the desk), the printer's language and wire ([`crate::printer`]).
//!
//! LAW: the bureau's requirements on designated pharmacies, annex 3 §2: a purchase list for the insured,
//! confirmed by the signature of the insured or the proxy, kept for two years (R40). From 2026-01-01 the
//! receipt shows the trace codes (R13).

mod apart;
mod code;
mod content;
mod layout;
mod look;
mod page;
mod scan;
mod text;

pub use apart::{COMMAND, LOOK_COMMAND, look_apart, read_codes_apart, serve, serve_look};
pub use code::{Code, Raster};
pub use content::{Content, Item};
pub use layout::{layout, test_page};
pub use look::{ALIKE, Look};
pub use page::{Page, Paper, Row};
pub use scan::{Codes, MAX_PAGE_BYTES, ScanError, look_at, read_codes};
pub use text::Charset;
