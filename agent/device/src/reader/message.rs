//! What the person at the till hears about a reader or a card.

use std::fmt;

use pharmacy_base::text;

/// A stable code with its text in both languages. Names nobody.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Message {
    /// Dotted, permanent, never reused.
    pub code: &'static str,
    pub zh: &'static str,
    pub en: &'static str,
}

impl Message {
    /// The message of a code, from the text catalogue.
    pub fn of(code: &'static str) -> Self {
        let text::Message { zh, en } = text::message(code);
        Self { code, zh, en }
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} / {}", self.code, self.zh, self.en)
    }
}
