//! Bodies as tills send them: which charset, and where in them the call stands.
//!
//! ```text
//! {…}    "{\"infno\":…}"    jsonStr=%7B…%7D    infno=2102&input={…}    --boundary … {…} …
//! ```
//! In scope: UTF-8, UTF-16 and GBK, with and without marks; forms and multipart bodies. Out of scope:
//! what the object says, and labels: `Content-Type` is often wrong in the field, the bytes are not.

use std::borrow::Cow;

use encoding_rs::{GB18030, UTF_16BE, UTF_16LE};
use serde_json::value::RawValue;

use super::charset::Charset;
use super::decimal::trimmed;
use super::error::ViewError;
use super::json::{Json, is_named};

/// Largest body that is read; the interface's own limit of `input` is 40,000 characters, but
/// provinces' batch calls exceed it.
pub const MAX_BODY: usize = 4 << 20;

/// Most fields of a form, or parts of a multipart body.
const MAX_FIELDS: usize = 200;

/// How many times a text that holds a call is opened.
const MAX_OPENED: usize = 2;

/// A body's text, complete: of its own charset, GB18030 where it is none of the others.
pub(super) fn text_of(body: &[u8]) -> Result<Cow<'_, str>, ViewError> {
    if body.len() > MAX_BODY {
        return Err(ViewError::Limit);
    }
    let body = without_files(body);
    let (charset, body) = match &body {
        Cow::Borrowed(body) => Charset::told(body),
        Cow::Owned(slim) => return Ok(Cow::Owned(lossy(slim).into_owned())),
    };
    let text = match charset {
        Charset::Utf8 => std::str::from_utf8(body).ok().map(Cow::Borrowed),
        Charset::Gbk => GB18030.decode_without_bom_handling_and_without_replacement(body),
        Charset::Utf16Be => UTF_16BE.decode_without_bom_handling_and_without_replacement(body),
        Charset::Utf16Le => UTF_16LE.decode_without_bom_handling_and_without_replacement(body),
    };
    text.ok_or(ViewError::NotAnObject)
}

/// The text of a body that may end within a character, or be broken.
pub(super) fn lossy(body: &[u8]) -> Cow<'_, str> {
    let body = match without_files(body) {
        Cow::Borrowed(body) => body,
        Cow::Owned(slim) => return Cow::Owned(lossy(&slim).into_owned()),
    };
    let (charset, body) = Charset::told(body);
    match charset {
        Charset::Utf8 => String::from_utf8_lossy(body),
        // Decoded, not scanned as bytes: the second byte of a character may be a backslash.
        Charset::Gbk => GB18030.decode_without_bom_handling(body).0,
        Charset::Utf16Be => UTF_16BE.decode_without_bom_handling(body).0,
        Charset::Utf16Le => UTF_16LE.decode_without_bom_handling(body).0,
    }
}

/// Can a text that begins like this hold a call? Files and encrypted texts do not.
pub(super) fn may_hold_call(begin: &str) -> bool {
    let begin = trimmed(begin);
    match begin.as_bytes().first() {
        Some(b'{' | b'"') | None => true,
        Some(b'-') if begin.starts_with("--") => true,
        Some(b'[' | b'<') => true,
        Some(_) => begins_as_form(begin),
    }
}

/// Does a text begin with a field's name?
fn begins_as_form(text: &str) -> bool {
    let name = text.split(['=', '&']).next().unwrap_or_default();
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.%[]*+".contains(&byte);
    (name.len() <= 4096 || name.starts_with("%7")) && name.bytes().all(is_name)
}

/// The texts of a body in which a call may stand: itself, or what a form or its parts hold.
pub(super) fn envelopes(text: &str) -> Vec<Cow<'_, str>> {
    let text = trimmed(text);
    match text.as_bytes().first() {
        Some(b'{') => vec![Cow::Borrowed(text)],
        Some(b'"') => opened(text).map(Cow::Owned).into_iter().collect(),
        Some(b'-') if text.starts_with("--") => of_fields(&parts(text)),
        Some(b'[') | None => Vec::new(),
        Some(_) => form(text),
    }
}

/// The texts in which the number of a call may stand although the call is not read from there: objects of a
/// list, and what stands in XML. Whoever can read that settles by it.
pub(super) fn mentions(text: &str) -> Vec<Cow<'_, str>> {
    let text = trimmed(text);
    match text.as_bytes().first() {
        Some(b'[') => {
            let listed: Vec<&RawValue> = serde_json::from_str(text).unwrap_or_default();
            let listed = listed.into_iter().take(MAX_FIELDS);
            listed.map(|value| Cow::Borrowed(value.get())).collect()
        }
        Some(b'<') => in_xml(text),
        _ => envelopes(text),
    }
}

/// What begins as a call does between the marks of XML, or in a section that is none of it.
fn in_xml(text: &str) -> Vec<Cow<'_, str>> {
    let plain = |text: &str| {
        let named = [
            ("&quot;", "\""),
            ("&#34;", "\""),
            ("&#x22;", "\""),
            ("&amp;", "&"),
        ];
        let plain = |text: String, (name, letter): (&str, &str)| text.replace(name, letter);
        named.into_iter().fold(text.to_owned(), plain)
    };
    let (mut calls, mut rest) = (Vec::new(), text);
    while let Some((before, after)) = rest.split_once('{').filter(|_| calls.len() < MAX_FIELDS) {
        // A section may hold the marks of XML.
        let end = if before.trim_end().ends_with("<![CDATA[") {
            "]]>"
        } else {
            "<"
        };
        let (call, behind) = after.split_once(end).unwrap_or((after, ""));
        calls.push(Cow::Owned(plain(&format!("{{{call}"))));
        rest = behind;
    }
    calls
}

/// A text that is a JSON string around a call.
fn opened(text: &str) -> Option<String> {
    let mut text = text.to_owned();
    for _ in 0..MAX_OPENED {
        text = serde_json::from_str::<String>(&text).ok()?;
        text = trimmed(&text).to_owned();
        if text.starts_with('{') {
            return Some(text);
        }
    }
    None
}

/// A form (`application/x-www-form-urlencoded`), or a JSON text that somebody encoded like one.
fn form(text: &str) -> Vec<Cow<'_, str>> {
    if !begins_as_form(text) {
        return Vec::new();
    }
    // Not encoded at all: an `&` within is no end of it.
    if let Some((_, rest)) = text.split_once('=')
        && rest.starts_with('{')
        && Json::parse(rest).is_ok()
    {
        return vec![Cow::Borrowed(rest)];
    }
    let pairs = text.split('&').take(MAX_FIELDS);
    let fields: Vec<(String, String)> = pairs
        .map(|pair| match pair.split_once('=') {
            Some((name, value)) => (unescaped(name), unescaped(value)),
            None => (String::new(), unescaped(pair)),
        })
        .collect();
    of_fields(&fields)
}

/// What fields hold: a call in one of them, or the call's own members.
fn of_fields<'t>(fields: &[(String, String)]) -> Vec<Cow<'t, str>> {
    let values = fields.iter().map(|(_, value)| trimmed(value));
    let mut found: Vec<Cow<'t, str>> = values
        .filter_map(|value| match value.as_bytes().first() {
            Some(b'{') => Some(value.to_owned()),
            Some(b'"') => opened(value),
            _ => None,
        })
        .map(Cow::Owned)
        .collect();
    if fields.iter().any(|(name, _)| is_named(name, "infno")) {
        let quoted = |text: &String| serde_json::to_string(text).unwrap_or_default();
        let members = fields
            .iter()
            .map(|(name, value)| format!("{}:{}", quoted(name), quoted(value)));
        let members: Vec<String> = members.collect();
        // What stands in a field of the call is the call's, not another one.
        found = vec![Cow::Owned(format!("{{{}}}", members.join(",")))];
    }
    found
}

/// A form's text without its escapes.
fn unescaped(text: &str) -> String {
    if !text.contains(['%', '+']) {
        return text.to_owned();
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digit = |at: usize| char::from(*after.get(at)?).to_digit(16);
        match (*first, digit(0).zip(digit(1))) {
            (b'%', Some((high, low))) => {
                let byte = high.saturating_mul(16).saturating_add(low);
                bytes.push(u8::try_from(byte).unwrap_or(b'?'));
                rest = after.get(2..).unwrap_or_default();
            }
            (b'+', _) => {
                bytes.push(b' ');
                rest = after;
            }
            (byte, _) => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    lossy(&bytes).into_owned()
}

/// A part of a multipart body that is longer, and does not begin as a call does, is a file.
const LONG_PART: usize = 64 * 1024;

/// A multipart body without what its files hold: megabytes that are no call.
fn without_files(body: &[u8]) -> Cow<'_, [u8]> {
    let boundary = body.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let boundary = boundary.trim_ascii_end();
    let is_boundary = boundary.starts_with(b"--") && (3..=256).contains(&boundary.len());
    if body.len() <= LONG_PART || !is_boundary {
        return Cow::Borrowed(body);
    }
    let mut slim = Vec::new();
    let mut part = Vec::new();
    let mut is_dropped = false;
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        if line.starts_with(boundary) {
            keep_part(&mut slim, &mut part);
        }
        if part.len() <= LONG_PART || begins_as_call(&part) {
            part.extend_from_slice(line);
        } else {
            is_dropped = true;
        }
    }
    keep_part(&mut slim, &mut part);
    match is_dropped || slim.len() < body.len() {
        true => Cow::Owned(slim),
        false => Cow::Borrowed(body),
    }
}

/// Takes a part over, without what it holds if it is a file.
fn keep_part(slim: &mut Vec<u8>, part: &mut Vec<u8>) {
    if part.len() > LONG_PART && !begins_as_call(part) {
        part.truncate(head_of(part));
    }
    slim.append(part);
}

/// The length of a part's head.
fn head_of(part: &[u8]) -> usize {
    let mut length = 0_usize;
    for line in part.split_inclusive(|byte| *byte == b'\n') {
        length = length.saturating_add(line.len());
        if line.trim_ascii().is_empty() {
            break;
        }
    }
    length
}

/// Does what a part holds begin as a call may?
fn begins_as_call(part: &[u8]) -> bool {
    let content = part.get(head_of(part)..).unwrap_or_default();
    let first = content.trim_ascii_start().first();
    matches!(first, Some(b'{' | b'[' | b'"' | b'%' | 0xef))
}

/// The fields of a multipart body: what their heads call them, and what they hold.
fn parts(text: &str) -> Vec<(String, String)> {
    let line = text.lines().next().unwrap_or_default().trim_end();
    if line.len() < 3 || line.len() > 256 {
        return Vec::new();
    }
    let sections = text.split(line).skip(1).take(MAX_FIELDS);
    sections
        .filter_map(|section| {
            let (head, value) = section
                .split_once("\r\n\r\n")
                .or_else(|| section.split_once("\n\n"))?;
            let name = head.split("name=").nth(1).unwrap_or_default();
            let name = name
                .trim_start_matches('"')
                .split(['"', ';', '\r', '\n'])
                .next();
            Some((
                name.unwrap_or_default().to_owned(),
                trimmed(value).to_owned(),
            ))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_file_beside_a_call_is_not_looked_through() {
        let call = r#"{"infno":"2102"}"#;
        let body = |file: &[u8]| {
            let head = b"--x\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n".as_slice();
            let rest = format!(
                "\r\n--x\r\nContent-Disposition: form-data; name=\"j\"\r\n\r\n{call}\r\n--x--\r\n"
            );
            [head, file, rest.as_bytes()].concat()
        };
        for file in [
            vec![0xa5; 1 << 20],
            b"\xa5\n".repeat(1 << 19),
            vec![b'a'; 100],
        ] {
            let body = body(&file);
            let text = lossy(&body);
            assert_eq!(envelopes(&text), [call]);
            assert!(text.len() < LONG_PART, "{}", text.len());
        }
        // A long call is no file.
        let long = format!(
            "{{\"infno\":\"2102\",\"pad\":\"{}\"}}",
            "a".repeat(2 * LONG_PART)
        );
        let body = body(long.as_bytes());
        assert_eq!(envelopes(&lossy(&body)), [long.as_str(), call]);
    }

    #[test]
    fn a_call_is_found_wherever_it_stands() {
        const CALL: &str = r#"{"infno":"2102","name":"a+b&c=d"}"#;
        let encoded = "%7B%22infno%22%3A%222102%22%2C%22name%22%3A%22a%2Bb%26c%3Dd%22%7D";
        let quoted = serde_json::to_string(CALL).unwrap();
        let twice = serde_json::to_string(&quoted).unwrap();
        let part = |head: &str| {
            format!(
                "--xX\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhello\r\n--xX\r\n{head}\r\n\r\n{CALL}\r\n--xX--\r\n"
            )
        };
        for body in [
            CALL.to_owned(),
            format!("\u{feff} {CALL}\r\n\0"),
            quoted,
            twice,
            format!("jsonStr={encoded}"),
            format!("jsonStr={CALL}"),
            encoded.to_owned(),
            format!("a=1&jsonStr={encoded}&b"),
            part("Content-Disposition: form-data; name=\"jsonStr\""),
            part("Content-Type: application/json"),
        ] {
            assert_eq!(envelopes(&body), [CALL], "{body}");
        }
    }

    #[test]
    fn a_form_may_be_the_call_itself() {
        let text = "INFNO=2102&msgid=m+1&input=%7B%22a%22%3A1%7D";
        let expected = r#"{"INFNO":"2102","msgid":"m 1","input":"{\"a\":1}"}"#;
        assert_eq!(envelopes(text), [expected]);
    }

    #[test]
    fn files_and_other_texts_hold_no_call() {
        for text in [
            "",
            "[]",
            "[{}]",
            "PK\u{3}\u{4}=%7B",
            "a=1&b=2",
            "--\r\n{}",
            "-",
            "%",
            "x%zz=%7",
            "\"x\"",
        ] {
            assert!(envelopes(text).is_empty(), "{text:?}");
        }
    }

    #[test]
    fn a_body_has_its_charset_and_its_limit() {
        let gb = Charset::Gbk.encode("{\"a\":\"阿莫西林\"}");
        assert_eq!(text_of(&gb).unwrap(), "{\"a\":\"阿莫西林\"}");
        assert_eq!(text_of("\u{feff}{}".as_bytes()).unwrap(), "{}");
        assert_eq!(text_of(b"\xff\xff").unwrap_err(), ViewError::NotAnObject);
        assert_eq!(
            text_of(&vec![b' '; MAX_BODY + 1]).unwrap_err(),
            ViewError::Limit
        );
    }

    proptest! {
        #[test]
        fn never_panics(body in proptest::collection::vec(any::<u8>(), 0..200), text in "[-%=&\"{}a-f0-9\r\n+]{0,60}") {
            let _ = text_of(&body).map(|text| envelopes(&text).len());
            let _ = envelopes(&lossy(&body)).len();
            let _ = envelopes(&text).len();
        }
    }
}
