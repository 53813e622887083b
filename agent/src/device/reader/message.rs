//! What the person at the till hears about a reader or a card.

use std::fmt;

/// A stable code with its text in both languages. Names nobody.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Message {
    /// Dotted, permanent, never reused.
    pub code: &'static str,
    /// For the cashier.
    pub zh: &'static str,
    /// For everybody else.
    pub en: &'static str,
}

impl Message {
    pub(crate) const fn new(code: &'static str, zh: &'static str, en: &'static str) -> Self {
        Self { code, zh, en }
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} / {}", self.code, self.zh, self.en)
    }
}
