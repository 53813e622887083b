//! Texts in columns: which characters a printer has, how wide they are, where a line is broken.
//!
//! A character takes as many columns as ASCII or not: printers of this trade have a half-width font for
//! the one and a full-width font for the other, `×` and `é` included.

use encoding_rs::GB18030;

/// What stands for a character that the printer lacks.
const LACKING: char = '□';

/// Which characters a printer has.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Charset {
    /// GB 18030 with its four-byte characters: rare names print as they are.
    #[default]
    Gb18030,
    /// Two bytes a character and no more; the rest comes out as rubbish.
    Gbk,
}

impl Charset {
    /// A character as the printer takes it: one byte of ASCII, or two or four.
    fn encode(self, character: char) -> Option<Vec<u8>> {
        let mut utf8 = [0; 4];
        let (bytes, _, is_lost) = GB18030.encode(character.encode_utf8(&mut utf8));
        let is_ours = match (self, bytes.len()) {
            // The two sets differ here: one byte in the one, two in the other, and few fonts have it.
            (Self::Gbk, 2) => character != '€',
            (Self::Gb18030, 4) | (_, 1 | 2) => true,
            _ => false,
        };
        (is_ours && !is_lost).then(|| bytes.into_owned())
    }

    /// A text as the printer takes it; what it lacks was replaced before.
    pub fn bytes(self, text: &str) -> Vec<u8> {
        let lacking = || self.encode(LACKING).unwrap_or_default();
        text.chars()
            .flat_map(|c| self.encode(c).unwrap_or_else(lacking))
            .collect()
    }

    /// A text of characters that the printer has, and how many were replaced.
    pub(super) fn clean(self, text: &str) -> (String, usize) {
        let mut replaced = 0;
        let clean = text.chars().filter(|c| !is_invisible(*c)).map(|c| match c {
            // The half-width sign becomes four bytes that cheap printers show as rubbish.
            '¥' => '￥',
            c if c.is_whitespace() || c.is_control() => ' ',
            c if self.encode(c).is_some() => c,
            _ => {
                replaced += 1;
                LACKING
            }
        });
        (clean.collect(), replaced)
    }
}

/// Marks that steer other software and print as squares.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{feff}')
}

/// Columns that a text takes.
pub(super) fn width(text: &str) -> usize {
    text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum()
}

/// Breaks a text into lines of at most `columns`, between any two characters: Chinese has no spaces,
/// and codes are longer than any line.
pub(super) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for character in text.trim().chars() {
        let more = if character.is_ascii() { 1 } else { 2 };
        if used + more > columns && used > 0 {
            lines.push(String::new());
            used = 0;
        }
        if used == 0 && character == ' ' {
            continue;
        }
        if let Some(line) = lines.last_mut() {
            line.push(character);
        }
        used += more;
    }
    lines
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn replaces_what_the_printer_lacks_and_counts_it() {
        for (charset, text, clean, replaced) in [
            (Charset::Gb18030, "¥1 ￥1", "￥1 ￥1", 0),
            (Charset::Gbk, "¥1", "￥1", 0),
            (Charset::Gb18030, "𠮷野㐀", "𠮷野㐀", 0),
            (Charset::Gbk, "𠮷野㐀", "□野□", 2),
            (Charset::Gbk, "€5", "□5", 1),
            (Charset::Gb18030, "a\tb\nc\u{200b}d", "a b cd", 0),
        ] {
            assert_eq!(charset.clean(text), (clean.to_owned(), replaced), "{text}");
        }
    }

    #[test]
    fn writes_the_bytes_that_printers_read() {
        let bytes = Charset::Gbk.bytes("测试药店￥1");
        let right = [
            0xB2, 0xE2, 0xCA, 0xD4, 0xD2, 0xA9, 0xB5, 0xEA, 0xA3, 0xA4, b'1',
        ];
        assert_eq!(bytes, right);
        assert_eq!(Charset::Gb18030.bytes("𠮷"), [0x95, 0x34, 0xB2, 0x35]);
        assert_eq!(Charset::Gbk.bytes("𠮷"), [0xA1, 0xF5]);
    }

    proptest! {
        #[test]
        fn lines_hold_all_and_fit(text in "[a-z0-9药品追溯码 ]{0,80}", columns in 2_usize..48) {
            let lines = wrap(&text, columns);
            prop_assert!(lines.iter().all(|line| width(line) <= columns));
            let black = |text: &str| text.replace(' ', "");
            prop_assert_eq!(black(&lines.concat()), black(&text));
        }

        #[test]
        fn a_clean_text_is_as_wide_as_its_bytes(text in "\\PC{0,40}") {
            let (clean, _) = Charset::Gbk.clean(&text);
            prop_assert_eq!(Charset::Gbk.bytes(&clean).len(), width(&clean));
            prop_assert_eq!(Charset::Gbk.clean(&clean), (clean, 0));
        }
    }
}
