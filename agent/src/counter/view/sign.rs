//! A light as the page shows it.

use crate::counter::language::Language;

/// A light: its class in the style sheet, which is the name of its shape, and its word.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::counter) struct Sign {
    pub class: &'static str,
    pub word: &'static str,
}

pub(super) fn sign(class: &'static str, code: &str, lang: Language) -> Sign {
    let word = lang.say(code);
    Sign { class, word }
}
