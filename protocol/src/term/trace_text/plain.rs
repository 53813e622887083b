//! A text in plain characters, and its pieces.

use zeroize::Zeroizing;

use super::super::digit::GS;

/// Characters between several codes.
const BETWEEN: [char; 5] = [',', ';', '\n', '\r', '\t'];

/// A text as an English keyboard would have typed it. Wiped when dropped: any of it may be a person's.
pub(super) struct Plain {
    pub(super) text: Zeroizing<String>,
    /// Whether a letter or digit was a full-width one.
    pub(super) is_full_width: bool,
}

/// A text without what C strings, files and input fields leave around it.
pub(super) fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || c == '\0' || is_invisible(c))
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

impl Plain {
    pub(super) fn of(text: &str) -> Self {
        let mut plain = Self {
            // At once, so that no copy stays behind unwiped: nothing below gets longer.
            text: Zeroizing::new(String::with_capacity(text.len())),
            is_full_width: false,
        };
        for c in text.chars() {
            if matches!(c, '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ') {
                plain.is_full_width = true;
            }
            plain.text.extend(plain_character(c));
        }
        plain
    }

    /// What stands between separators of a list, without quotes around it.
    pub(super) fn pieces(&self) -> impl Iterator<Item = &str> {
        let pieces = self.text.split(BETWEEN).map(unquoted);
        pieces.filter(|piece| !piece.is_empty())
    }
}

fn unquoted(piece: &str) -> &str {
    let piece = piece.trim();
    ['"', '\'']
        .iter()
        .find_map(|quote| piece.strip_prefix(*quote)?.strip_suffix(*quote))
        .map_or(piece, str::trim)
}

/// The plain character for one; none for what is not to be seen.
fn plain_character(c: char) -> Option<char> {
    Some(match c {
        '\u{ff01}'..='\u{ff5e}' => {
            let code = u32::from(c).saturating_sub(0xfee0);
            char::from_u32(code).unwrap_or(c)
        }
        '、' => ',',
        '。' => '.',
        '【' => '[',
        '】' => ']',
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe63}' => '-',
        c if is_invisible(c) => return None,
        GS | '\n' | '\r' | '\t' => c,
        c if c.is_control() => return None,
        c if c.is_whitespace() => ' ',
        c => c,
    })
}
