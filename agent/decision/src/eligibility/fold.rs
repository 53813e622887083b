//! Names without what carries no meaning: widths, brackets, spaces, sizes at the end.

/// Longest part of a name that is read; tills cut names far earlier.
const LONGEST_NAME: usize = 300;

/// A name without what carries no meaning.
pub(super) struct Folded {
    pub(super) text: String,
    /// Where the name proper ends: before trailing brackets, sizes and model numbers.
    pub(super) proper_end: usize,
}

/// Half-width, capitals, round brackets, no spaces; `R` between two Chinese characters is a ®.
pub(super) fn fold(name: &str) -> Folded {
    let mut text = String::with_capacity(name.len().min(LONGEST_NAME));
    let mut chars = name.chars().filter_map(folded).peekable();
    let mut is_after_han = false;
    while let Some(c) = chars.next() {
        if text.len() > LONGEST_NAME {
            break;
        }
        let is_mark = c == 'R' && is_after_han && chars.peek().copied().is_some_and(is_han);
        text.push(if is_mark { '®' } else { c });
        is_after_han = is_han(c);
    }
    let proper_end = proper_end(&text);
    Folded { text, proper_end }
}

fn folded(c: char) -> Option<char> {
    Some(match c {
        '\u{ff01}'..='\u{ff5e}' => {
            return char::from_u32(u32::from(c).wrapping_sub(0xfee0)).and_then(folded);
        }
        '【' | '[' | '〔' | '{' | '「' | '《' | '<' => '(',
        '】' | ']' | '〕' | '}' | '」' | '》' | '>' => ')',
        '™' => '®',
        '·' | '•' | '‧' | '\u{200b}'..='\u{200f}' | '\u{feff}' => return None,
        c if c.is_whitespace() || c.is_control() => return None,
        c => c.to_ascii_uppercase(),
    })
}

fn is_han(c: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&c)
}

const UNITS: &str = "片粒丸袋盒瓶支包板贴罐桶只枚条双张个听提箱克升毫卷份付抽";

/// Steps back over `(进口)`, `450ML`, `24片`, `*2盒`, `Ⅱ`, `312`.
fn proper_end(text: &str) -> usize {
    let mut rest = text;
    loop {
        let before = rest;
        rest = rest.trim_end_matches(|c: char| !is_han(c) && c != ')' && c != '(');
        if let Some(inner) = rest.strip_suffix(')') {
            rest = inner
                .rfind('(')
                .and_then(|open| rest.get(..open))
                .unwrap_or(inner);
        }
        rest = without_size(rest);
        if rest == before {
            break;
        }
    }
    if rest.chars().any(is_han) {
        rest.len()
    } else {
        text.len()
    }
}

/// `…24片` without `片` (the digits go next), where a unit follows a digit.
fn without_size(text: &str) -> &str {
    let shorter = text.trim_end_matches(|c| UNITS.contains(c) || c == '装');
    if shorter.ends_with(|c: char| c.is_ascii_digit()) {
        shorter
    } else {
        text
    }
}
