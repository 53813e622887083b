//! Finds a member of a body's outermost object without reading the rest.
//!
//! In scope: bodies that are cut off or broken further on. Out of scope: everything but the one
//! member; [`Request::parse`](super::Request::parse) reads the whole.

use pharmacy_protocol::term::Infno;

use super::body::{MAX_BODY, lossy, may_hold_call, mentions};
use super::decimal::{scaled, trimmed};
use super::json::{is_named, letters, lowered};

/// Bytes at the beginning of a body by which files are told apart before anything is decoded.
const LOOK: usize = 512;

/// The call that a body names, even where the rest of it cannot be read or is cut off: the top
/// level's member `infno`, found without parsing what stands around it.
///
/// Named twice, the last one counts, as it does for common parsers. Looks at no more than the first
/// [`MAX_BODY`] bytes.
pub fn infno_of(body: &[u8]) -> Option<Infno> {
    infnos_of(body).pop()
}

/// The calls that a body names, each once, in their order: more than one where the member stands twice
/// with different values, or a form holds several calls.
pub fn infnos_of(body: &[u8]) -> Vec<Infno> {
    let mut named: Vec<Infno> = Vec::new();
    // Not decoded as a whole where its beginning says that it is none: files of megabytes pass here.
    if !may_hold_call(&lossy(body.get(..LOOK).unwrap_or(body))) {
        return named;
    }
    let text = lossy(body.get(..MAX_BODY).unwrap_or(body));
    for envelope in mentions(&text) {
        for number in Scanner::new(&envelope, "infno").filter_map(|value| infno(&value)) {
            named.retain(|known| *known != number);
            named.push(number);
        }
    }
    named
}

/// Do two numbers name the same call, but for the letter of its batch form (`2102`, `2102A`)?
pub fn is_same_call(one: &Infno, other: &Infno) -> bool {
    let plain = |infno: &Infno| infno.as_str().trim_end_matches('A').to_owned();
    plain(one) == plain(other)
}

/// The number of a call as tills write it: `2102`, `"2102a"`, `2102.0`.
pub(super) fn infno(text: &str) -> Option<Infno> {
    let text = lowered(trimmed(text).to_owned()).to_ascii_uppercase();
    let text = text.trim_start_matches('0');
    text.parse().ok().or_else(|| {
        let number = scaled(text, 0)?;
        number.to_string().parse().ok()
    })
}

/// Walks the outermost object and yields the strings and numbers of its members of one name. Nothing
/// else is decoded: every call of every till comes by here.
struct Scanner<'a> {
    text: &'a str,
    wanted: &'static str,
    at: usize,
    depth: usize,
    /// A colon would make the string just read the wanted name; only after a brace or a comma.
    is_wanted: bool,
    may_name: bool,
}

impl<'a> Scanner<'a> {
    fn new(text: &'a str, wanted: &'static str) -> Self {
        Self {
            text,
            wanted,
            at: 0,
            depth: 0,
            is_wanted: false,
            may_name: false,
        }
    }

    /// Does a string, with its quotes, spell the wanted name?
    fn spells_wanted(&self, string: &str) -> bool {
        let bare = string.get(1..string.len().saturating_sub(1));
        let bare = bare.unwrap_or_default();
        if letters(bare).eq(letters(self.wanted)) {
            return true;
        }
        // Spelt with escapes, wide letters or blanks; most names are none of that.
        let may_be = bare.len() > self.wanted.len() && !bare.bytes().all(is_of_name);
        may_be && decoded(string).is_some_and(|name| is_named(&name, self.wanted))
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn slice(&self, begin: usize) -> &'a str {
        self.text.get(begin..self.at).unwrap_or_default()
    }

    fn advance(&mut self, goes_on: impl Fn(u8) -> bool) -> &'a str {
        let begin = self.at;
        let rest = self.text.as_bytes().get(begin..).unwrap_or_default();
        let length = rest.iter().take_while(|byte| goes_on(**byte)).count();
        self.at = begin.saturating_add(length);
        self.slice(begin)
    }

    /// A string with its quotes; none where it does not end.
    fn string(&mut self) -> Option<&'a str> {
        let begin = self.at;
        loop {
            self.at = self.at.saturating_add(1);
            self.advance(|byte| byte != b'"' && byte != b'\\');
            if self.peek()? == b'"' {
                break;
            }
            self.at = self.at.saturating_add(1);
        }
        self.at = self.at.saturating_add(1);
        Some(self.slice(begin))
    }

    /// The string or number that comes next; none of anything else, which stays unread.
    fn value(&mut self) -> Option<String> {
        self.advance(|byte| byte.is_ascii_whitespace());
        match self.peek()? {
            b'"' => decoded(self.string()?),
            b'-' | b'0'..=b'9' => {
                let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b".+-".contains(&byte);
                let number = self.advance(is_part);
                Some(number.to_owned())
            }
            _ => None,
        }
    }
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn decoded(string: &str) -> Option<String> {
    serde_json::from_str(string).ok()
}

impl Iterator for Scanner<'_> {
    type Item = String;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let byte = self.peek()?;
            if byte == b'"' {
                let text = self.string()?;
                self.is_wanted = self.depth == 1 && self.may_name && self.spells_wanted(text);
                self.may_name = false;
                continue;
            }
            self.at = self.at.saturating_add(1);
            match byte {
                b'{' | b'[' => {
                    self.may_name = byte == b'{' && self.depth == 0;
                    self.depth = self.depth.saturating_add(1);
                }
                b'}' | b']' => {
                    self.depth = self.depth.checked_sub(1).filter(|depth| *depth > 0)?;
                }
                b',' => self.may_name = self.depth == 1,
                b':' if std::mem::take(&mut self.is_wanted) => {
                    if let Some(value) = self.value() {
                        return Some(value);
                    }
                }
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    // Whatever is read as a call has its number found.
    #[test]
    fn a_zero_within_hides_no_call() {
        for (body, infno) in [
            ("=a\0&{\"infno\":\"2102\"}", Some("2102")),
            ("a=\0\0&infno=2102", Some("2102")),
            (
                "--b\r\n\r\n\0\r\n--b\r\nA: b\r\n\r\n{\"infno\":\"2102\"}",
                Some("2102"),
            ),
            ("PK\u{3}\u{4}={\"infno\":\"2102\"}", None),
        ] {
            let found = infno_of(body.as_bytes());
            assert_eq!(found.as_ref().map(Infno::as_str), infno, "{body}");
        }
    }

    #[test]
    fn finds_the_call_of_whole_and_broken_bodies() {
        for (body, infno) in [
            (r#"{"infno":"2102","msgid":"x"}"#, Some("2102")),
            (r#"{"infno":2102}"#, Some("2102")),
            (r#"{"infno":"2102A"}"#, Some("2102A")),
            (r#"{"infno":"2102a"}"#, Some("2102A")),
            (r#"{"infno":2102.0}"#, Some("2102")),
            (r#"{"infno":2.102E+3}"#, Some("2102")),
            (r#"{"INFNO":"2102\u0000"}"#, Some("2102")),
            (r#"{"Inf\u006eo":" 2102 "}"#, Some("2102")),
            (r#"{"inf_No":"2102"}"#, Some("2102")),
            (r#"{"inf\u005fno":"2102"}"#, Some("2102")),
            (r#"{"infno":"21_02"}"#, None),
            (r#"{"ｉｎｆｎｏ":"２１０２"}"#, Some("2102")),
            (r#"{" infno ":"02102"}"#, Some("2102")),
            (r#""{\"infno\":\"2102\"}""#, Some("2102")),
            ("jsonStr=%7B%22infno%22%3A2102%7D", Some("2102")),
            ("infno=2102&input=%7B%7D", Some("2102")),
            (r#"{"infno": " 13203 "}"#, Some("13203")),
            ("\u{feff} \r\n{ \"infno\" :\t\"2102\"", Some("2102")),
            (r#"{"input":{"infno":"1101"},"infno":"2102"}"#, Some("2102")),
            (
                r#"{"input":[{"infno":"1101"}],"infno":"2102","#,
                Some("2102"),
            ),
            (
                r#"{"a":"\",\"infno\":\"1101","infno":"2102"}"#,
                Some("2102"),
            ),
            (r#"{"a":"\\","infno":"2102","input":{"drug"#, Some("2102")),
            (r#"{"\u0069nfno":"2102"}"#, Some("2102")),
            (r#"{"infno":"\u0032102"}"#, Some("2102")),
            (
                r#"{"infno":"2102","input":"{\"infno\":\"1101\"}"}"#,
                Some("2102"),
            ),
            (r#"{"infno":"1101","infno":"2102"}"#, Some("2102")),
            (r#"{"a":"infno":"1101","b":{]}}"#, None),
            (r#"{"a":["infno","1101"]}"#, None),
            (r#"{"infno":["2102"]}"#, None),
            (r#"{"infno":null}"#, None),
            (r#"{"infno":"21"#, None),
            (r#"{"infno":"拒绝"}"#, None),
            (r#"{"infno":"2102"}{"infno":"1101"}"#, Some("2102")),
            (r#"["infno","2102"]"#, None),
            (r#"[{"infno":"2102"}]"#, Some("2102")),
            (r#"<s><![CDATA[{"infno":"2102"}]]></s>"#, Some("2102")),
            (r#"<s> {&quot;infno&quot;:"2102"}</s>"#, Some("2102")),
            (r#"<s a="2102">infno</s>"#, None),
            ("--boundary\r\n{\"infno\":\"9101\"}", None),
            (
                "--boundary\r\nA: b\r\n\r\n{\"infno\":\"9101\"}",
                Some("9101"),
            ),
            ("", None),
            ("{", None),
            ("{\"", None),
        ] {
            let found = infno_of(body.as_bytes());
            assert_eq!(found.as_ref().map(Infno::as_str), infno, "{body}");
        }
    }

    #[test]
    fn a_second_byte_that_looks_like_a_backslash_ends_no_string() {
        // 0x5C is the second byte of many characters in GB18030.
        let mut body = b"{\"opter_name\":\"".to_vec();
        body.extend([0x81, 0x5c]);
        body.extend(b"\",\"infno\":\"2102\",\"fixmedins_name\":\"");
        body.extend([0xb5]);
        assert_eq!(infno_of(&body).unwrap().as_str(), "2102");
    }

    #[test]
    fn a_body_may_end_within_a_character() {
        let whole = r#"{"infno":"2102","opter_name":"收银"}"#.as_bytes();
        for end in 15..whole.len() {
            let found = infno_of(&whole[..end]);
            assert_eq!(found.unwrap().as_str(), "2102", "{end}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = infno_of(&body);
        }

        #[test]
        fn agrees_with_a_parser(text in r#"\{("[a-c]":("[ -~]{0,8}"|[0-9]{1,4}|\{"infno":"1101"\}|\[1,"infno"\]),){0,4}"infno":("2102"|3505)(,"d":"(\\"|\\\\|[a-z:,{}])*")?\}"#) {
            if let Ok(value) = serde_json::from_str::<serde_json::Value>(&text) {
                let named = match &value["infno"] {
                    serde_json::Value::String(text) => text.clone(),
                    other => other.to_string(),
                };
                prop_assert_eq!(infno_of(text.as_bytes()).map(String::from), Some(named));
            }
        }
    }
}
