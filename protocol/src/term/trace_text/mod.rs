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
mod code;
mod plain;
mod symbol;
mod symbology;
mod word;

use code::Read;
pub use code::{NoCode, TraceForm, TraceHint, TracePack, Wallet};
use plain::Plain;
pub use symbology::Symbology;

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

#[cfg(test)]
mod tests;
