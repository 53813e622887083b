//! How a call looks from outside, in one spelling: all that can be said of one that cannot be read.
//!
//! Case, slashes, queries and numbers within a path make no other path of it, or whoever writes it otherwise
//! would be somebody else. What may be a number of a person, a date or a secret is left out.

/// Most segments of a path, and most characters of one, that count.
const SEGMENTS: usize = 8;
const SEGMENT: usize = 32;

/// More digits than this in a row are a number of something, as are letters and digits of this length.
const DIGITS: usize = 4;
const TOKEN: usize = 16;

/// Longest media type or coding that is told.
const WORD: usize = 48;

/// Path, media type and content coding of a call.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub struct Wrapping {
    path: String,
    media: String,
    coding: String,
}

impl Wrapping {
    /// Of a call with this path and these values of `Content-Type` and `Content-Encoding`.
    pub fn new(path: &str, media: &str, coding: &str) -> Self {
        Self {
            path: path_of(path),
            media: word(media),
            coding: word(coding),
        }
    }

    /// The path in one spelling, without what may name somebody.
    pub fn path(&self) -> &str {
        &self.path
    }

    pub(crate) fn media(&self) -> &str {
        &self.media
    }

    pub(crate) fn coding(&self) -> &str {
        &self.coding
    }
}

fn path_of(path: &str) -> String {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let decoded = decode(path);
    let mut segments: Vec<String> = Vec::new();
    for segment in decoded.split(['/', '\\']) {
        // What follows a semicolon belongs to a session.
        match segment.split(';').next().unwrap_or_default() {
            "" | "." => {}
            ".." => drop(segments.pop()),
            segment => segments.push(plain(segment)),
        }
    }
    segments.truncate(SEGMENTS);
    format!("/{}", segments.join("/"))
}

/// `%2F` and the like as what they stand for, once; what is none stays.
fn decode(path: &str) -> String {
    let mut decoded = Vec::new();
    let mut rest = path.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits = (*first == b'%')
            .then(|| after.split_at_checked(2))
            .flatten();
        let byte = digits.and_then(|(digits, left)| {
            let digits = std::str::from_utf8(digits).ok()?;
            Some((u8::from_str_radix(digits, 16).ok()?, left))
        });
        let (byte, left) = byte.unwrap_or((*first, after));
        decoded.push(byte);
        rest = left;
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// A segment without what may name somebody.
fn plain(segment: &str) -> String {
    let has_digit = segment.contains(|c: char| c.is_ascii_digit());
    if has_digit && segment.chars().count() >= TOKEN {
        return "#".to_owned();
    }
    let mut plain = String::new();
    let mut digits = String::new();
    // The end counts as one more character, so that digits before it are looked at.
    for c in segment.chars().map(Some).chain([None]).take(SEGMENT + 1) {
        if let Some(digit) = c.filter(char::is_ascii_digit) {
            digits.push(digit);
            continue;
        }
        match digits.len() {
            0..=DIGITS => plain.push_str(&digits),
            _ => plain.push('#'),
        }
        digits.clear();
        match c {
            Some('-' | '_' | '.') => plain.extend(c),
            Some(letter) if letter.is_ascii_alphabetic() => plain.push(letter.to_ascii_lowercase()),
            Some(_) => plain.push('?'),
            None => {}
        }
    }
    plain
}

/// A media type or coding without its parameters; `other` where it is no such word.
fn word(value: &str) -> String {
    let value = value.split(';').next().unwrap_or_default().trim();
    let value = value.to_ascii_lowercase();
    let is_plain =
        |c: char| c.is_ascii_lowercase() || matches!(c, '/' | '+' | '.' | '-' | ',' | ' ');
    let digits = value.chars().filter(char::is_ascii_digit).count();
    let is_word = value.chars().all(|c| is_plain(c) || c.is_ascii_digit());
    match is_word && digits <= DIGITS && value.len() <= WORD {
        true => value,
        false => "other".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_path_has_one_spelling() {
        for path in [
            "/fsi/api/Settle",
            "fsi/api/settle/",
            "//FSI//api/./settle?x=1&name=abc",
            "/fsi/other/../api/%73ettle#part",
            "/fsi/api/settle;jsessionid=0A1B2C3D4E5F",
        ] {
            assert_eq!(path_of(path), "/fsi/api/settle", "{path}");
        }
        assert_eq!(path_of("/hsa/hgs/2102"), "/hsa/hgs/2102");
        assert_eq!(path_of(""), "/");
    }

    #[test]
    fn what_may_name_somebody_is_left_out() {
        let cases = [
            ("/settle/11010519491231002X", "/settle/#"),
            ("/settle/13800138000", "/settle/#"),
            ("/settle/张三", "/settle/??"),
            ("/settle/eyJhbGciOiJIUzI1NiJ9", "/settle/#"),
            ("/settle/%E5%BC%A0", "/settle/?"),
        ];
        for (path, shape) in cases {
            assert_eq!(path_of(path), shape);
        }
        let wrapping = Wrapping::new("/", "application/json; charset=GBK", " GZIP ");
        assert_eq!(
            (wrapping.media(), wrapping.coding()),
            ("application/json", "gzip")
        );
        assert_eq!(
            Wrapping::new("/", "张三", "11010519491231002X").media(),
            "other"
        );
    }

    proptest! {
        #[test]
        fn any_path_is_short_plain_and_its_own_shape(path in ".{0,300}") {
            let shape = path_of(&path);
            let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "/-_.#?".contains(c);
            prop_assert!(shape.chars().all(is_plain) && shape.len() <= SEGMENTS * (SEGMENT + 1) + 1);
        }
    }
}
