//! JSON as it stands in a message: numbers as written, members that are named twice, places.
//!
//! In scope: structure and numbers, within limits. Out of scope: strings, which `serde_json` decodes.
//!
//! `serde_json::Value` would not do: it turns numbers into floats, so that a trace code sent as a
//! number becomes another code; and of two members with one name it drops the first in silence,
//! which may be the one that the platform reads.

mod spell;

use std::ops::Range;

use serde::de::IgnoredAny;

use super::decimal::is_blank;
use super::error::ViewError;

/// Deepest nesting that is read; messages of the interface nest about six deep.
pub const MAX_DEPTH: usize = 64;

/// Most values in one message; a count of a whole store's stock has about 100,000.
pub const MAX_VALUES: usize = 200_000;

/// How many times a text within a message is opened to look for members named twice.
const MAX_OPENED: usize = 2;

/// A text without case, width of its letters, and blanks around it. Letters that only case tells apart
/// from plain ones (`ı`, `ſ`) are those for some parsers.
pub(super) fn lowered(mut text: String) -> String {
    if text.bytes().all(|byte| byte.is_ascii_graphic()) {
        text.make_ascii_lowercase();
        return text;
    }
    let narrow = |letter: char| match u32::from(letter) {
        wide @ 0xff01..=0xff5e => char::from_u32(wide.saturating_sub(0xfee0)).unwrap_or(letter),
        _ => letter,
    };
    let letters = text.trim_matches(is_blank).chars().map(narrow);
    letters
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .collect()
}

/// The letters of a member's name, by which it is compared: `psn_no` and `psnNo` are one.
pub(super) fn letters(name: &str) -> impl Iterator<Item = u8> {
    let letters = name.bytes().filter(|byte| *byte != UNDERSCORE);
    letters.map(|byte| byte.to_ascii_lowercase())
}

/// Does a name as it is written stand for this one?
pub(super) fn is_named(written: &str, name: &str) -> bool {
    letters(&lowered(written.to_owned())).eq(letters(name))
}

const UNDERSCORE: u8 = b'_';

/// A value.
#[derive(Clone, Eq, PartialEq)]
pub(super) enum Json {
    Array(Vec<Json>),
    Bool(bool),
    Null,
    Number(Box<str>),
    Object(Object),
    Text(String),
}

/// The members of an object, sorted by name, each name once: names that differ only by case or underscores
/// are one, as they are for common parsers (`input`, `Input`; `psn_no`, `psnNo`).
#[derive(Clone, Eq, PartialEq)]
pub(super) struct Object(Vec<Member>);

#[derive(Clone, Eq, PartialEq)]
struct Member {
    /// Its letters.
    name: Box<str>,
    /// How long it is as it was written: tells one spelling from another.
    written: usize,
    value: Json,
    /// Named again with another value; the last one is kept, as common parsers do.
    is_disputed: bool,
}

impl Member {
    fn new(placed: Placed) -> Self {
        let mut name = lowered(placed.name);
        let written = name.len();
        name.retain(|letter| letter != char::from(UNDERSCORE));
        Self {
            name: name.into_boxed_str(),
            written,
            value: placed.value,
            is_disputed: false,
        }
    }

    /// Takes in a member of the same letters that comes later. What holds nothing beside another spelling
    /// is a field that its software does not fill.
    fn join(&mut self, later: &mut Self) {
        let is_other = self.written != later.written;
        let is_said = self.is_disputed;
        if is_other && later.value.is_nothing() {
            return;
        }
        let agrees = later.value.says_the_same(&self.value);
        let is_filled = is_other && self.value.is_nothing();
        std::mem::swap(self, later);
        self.is_disputed = is_said || !(agrees || is_filled);
    }
}

impl Object {
    fn new(mut members: Vec<Member>) -> Self {
        // Stable: members of one name stay in the order of the message.
        members.sort_by(|one, other| one.name.cmp(&other.name));
        members.dedup_by(|later, kept| {
            let is_same = later.name == kept.name;
            if is_same {
                kept.join(later);
            }
            is_same
        });
        members.shrink_to_fit();
        Self(members)
    }

    fn member(&self, name: &str) -> Option<&Member> {
        let at = self
            .0
            .binary_search_by(|member| member.name.bytes().cmp(letters(name)));
        self.0.get(at.ok()?)
    }

    /// The value of a member, the last one where several have the name.
    pub(super) fn get(&self, name: &str) -> Option<&Json> {
        self.member(name).map(|member| &member.value)
    }

    /// Is the member named twice with different values?
    pub(super) fn is_disputed(&self, name: &str) -> bool {
        self.member(name).is_some_and(|member| member.is_disputed)
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &Json> {
        self.0.iter().map(|member| &member.value)
    }
}

impl Json {
    /// Reads a whole text.
    pub(super) fn parse(text: &str) -> Result<Self, ViewError> {
        let mut reader = Reader::new(text);
        let value = reader.value(0)?;
        reader.end()?;
        Ok(value)
    }

    /// Do two values say the same, however they are written: `2102` and `"2102 "`, `25.8` and `"25.80"`?
    fn says_the_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Array(one), Self::Array(other)) => {
                let mut pairs = one.iter().zip(other);
                one.len() == other.len() && pairs.all(|(one, other)| one.says_the_same(other))
            }
            (Self::Object(one), Self::Object(other)) => {
                let is_same = |(one, other): (&Member, &Member)| {
                    one.name == other.name && one.value.says_the_same(&other.value)
                };
                one.0.len() == other.0.len() && one.0.iter().zip(&other.0).all(is_same)
            }
            _ => match (self.plain(), other.plain()) {
                (Some(one), Some(other)) => one == other,
                _ => self == other,
            },
        }
    }

    /// Does it hold nothing?
    fn is_nothing(&self) -> bool {
        match self {
            Self::Array(items) => items.is_empty(),
            Self::Object(object) => object.0.is_empty(),
            Self::Null | Self::Text(_) => self.plain() == Some(""),
            Self::Bool(_) | Self::Number(_) => false,
        }
    }

    /// A text or number without what does not count: blanks around it, zeros behind its point.
    fn plain(&self) -> Option<&str> {
        let text = match self {
            Self::Null => "",
            Self::Number(text) => text,
            Self::Text(text) => text.trim_matches(is_blank),
            Self::Array(_) | Self::Bool(_) | Self::Object(_) => return None,
        };
        Some(match text.contains('.') {
            true => text.trim_end_matches('0').trim_end_matches('.'),
            false => text,
        })
    }

    /// Does any object in it, or in a text that is JSON, name a member twice with different values?
    pub(super) fn has_dispute(&self) -> bool {
        self.disputes(MAX_OPENED)
    }

    fn disputes(&self, opens: usize) -> bool {
        match self {
            Self::Array(items) => items.iter().any(|item| item.disputes(opens)),
            Self::Object(object) => object
                .0
                .iter()
                .any(|member| member.is_disputed || member.value.disputes(opens)),
            Self::Text(text) => match opens.checked_sub(1) {
                Some(left) => Self::within(text).is_some_and(|json| json.disputes(left)),
                None => false,
            },
            Self::Bool(_) | Self::Null | Self::Number(_) => false,
        }
    }

    /// The object or array that a text holds; none of any other text.
    pub(super) fn within(text: &str) -> Option<Self> {
        let text = text.trim_matches(is_blank);
        match text.as_bytes().first() {
            Some(b'{' | b'[' | b'"') => Self::parse(text).ok(),
            Some(_) | None => None,
        }
    }
}

/// A member of the outermost object and where its value stands.
pub(super) struct Placed {
    pub(super) name: String,
    pub(super) value: Json,
    pub(super) place: Range<usize>,
}

/// The members of the outermost object in their order, and the place right after its brace.
pub(super) fn placed_members(text: &str) -> Result<(usize, Vec<Placed>), ViewError> {
    let mut reader = Reader::new(text);
    reader.skip_space();
    let inside = reader.at.saturating_add(1);
    let members = reader.members(0)?;
    reader.end()?;
    Ok((inside, members))
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    values_left: usize,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            values_left: MAX_VALUES,
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn step(&mut self) {
        self.at = self.at.saturating_add(1);
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.step();
        }
    }

    /// Takes this byte if it comes next.
    fn takes(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        if is_next {
            self.step();
        }
        is_next
    }

    fn expect(&mut self, byte: u8) -> Result<(), ViewError> {
        if self.takes(byte) {
            Ok(())
        } else {
            Err(ViewError::NotAnObject)
        }
    }

    fn end(&mut self) -> Result<(), ViewError> {
        self.skip_space();
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(ViewError::NotAnObject),
        }
    }

    /// INVARIANT: recursion ends at [`MAX_DEPTH`], allocation at [`MAX_VALUES`].
    fn value(&mut self, depth: usize) -> Result<Json, ViewError> {
        if depth > MAX_DEPTH {
            return Err(ViewError::Limit);
        }
        self.values_left = self.values_left.checked_sub(1).ok_or(ViewError::Limit)?;
        self.skip_space();
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth).map(Json::Array),
            Some(b'"') => self.string().map(Json::Text),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Json::Bool(true)),
            Some(b'f') => self.word("false", Json::Bool(false)),
            Some(b'n') => self.word("null", Json::Null),
            Some(_) | None => Err(ViewError::NotAnObject),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Json, ViewError> {
        let members = self.members(depth)?.into_iter().map(Member::new);
        Ok(Json::Object(Object::new(members.collect())))
    }

    fn members(&mut self, depth: usize) -> Result<Vec<Placed>, ViewError> {
        let mut members = Vec::new();
        self.expect(b'{')?;
        self.skip_space();
        if self.takes(b'}') {
            return Ok(members);
        }
        loop {
            self.skip_space();
            let name = self.string()?;
            self.skip_space();
            self.expect(b':')?;
            self.skip_space();
            let begin = self.at;
            let value = self.value(depth.saturating_add(1))?;
            members.push(Placed {
                name,
                value,
                place: begin..self.at,
            });
            self.skip_space();
            if self.takes(b'}') {
                return Ok(members);
            }
            self.expect(b',')?;
        }
    }

    fn array(&mut self, depth: usize) -> Result<Vec<Json>, ViewError> {
        let mut items = Vec::new();
        self.expect(b'[')?;
        self.skip_space();
        if self.takes(b']') {
            return Ok(items);
        }
        loop {
            items.push(self.value(depth.saturating_add(1))?);
            self.skip_space();
            if self.takes(b']') {
                return Ok(items);
            }
            self.expect(b',')?;
        }
    }

    fn string(&mut self) -> Result<String, ViewError> {
        let begin = self.at;
        self.expect(b'"')?;
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    self.step();
                    self.step();
                }
                Some(_) => self.step(),
                None => return Err(ViewError::NotAnObject),
            }
        }
        self.step();
        let token = self.text.get(begin..self.at).unwrap_or_default();
        serde_json::from_str(token).map_err(|_| ViewError::NotAnObject)
    }

    fn number(&mut self) -> Result<Json, ViewError> {
        let begin = self.at;
        while let Some(b'+' | b'-' | b'.' | b'e' | b'E' | b'0'..=b'9') = self.peek() {
            self.step();
        }
        let token = self.text.get(begin..self.at).unwrap_or_default();
        serde_json::from_str::<IgnoredAny>(token).map_err(|_| ViewError::NotAnObject)?;
        Ok(Json::Number(token.into()))
    }

    fn word(&mut self, word: &str, value: Json) -> Result<Json, ViewError> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        if !rest.starts_with(word) {
            return Err(ViewError::NotAnObject);
        }
        self.at = self.at.saturating_add(word.len());
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn same(ours: &Json, theirs: &Value) -> bool {
        match (ours, theirs) {
            (Json::Null, Value::Null) => true,
            (Json::Bool(one), Value::Bool(other)) => one == other,
            (Json::Text(one), Value::String(other)) => one == other,
            (Json::Number(one), Value::Number(other)) => one.parse::<f64>().ok() == other.as_f64(),
            (Json::Array(one), Value::Array(other)) => {
                one.len() == other.len() && one.iter().zip(other).all(|(a, b)| same(a, b))
            }
            (Json::Object(one), Value::Object(other)) => {
                one.0.len() == other.len()
                    && one
                        .0
                        .iter()
                        .zip(other)
                        .all(|(a, (name, b))| *a.name == **name && same(&a.value, b))
            }
            _ => false,
        }
    }

    fn agrees(text: &str) {
        match (Json::parse(text), serde_json::from_str::<Value>(text)) {
            (Ok(ours), Ok(theirs)) => assert!(same(&ours, &theirs), "{text}"),
            (Err(_), Err(_)) => {}
            // A number larger than any float is JSON, and nothing that we compute with.
            (Ok(_), Err(error)) => assert!(error.to_string().contains("out of range"), "{text}"),
            (Err(error), Ok(_)) => panic!("{error}: {text}"),
        }
    }

    #[test]
    fn reads_what_serde_reads() {
        for text in [
            "",
            " ",
            "{",
            "}",
            "[",
            "[1,]",
            "{\"a\":1,}",
            "{\"a\"}",
            "{,}",
            "nul",
            "truex",
            "01",
            "1.",
            "-",
            "+1",
            ".5",
            "1e5",
            "1e999",
            "-0",
            "\"\\ud800\"",
            "\"\\",
            "\"a\tb\"",
            "{\"a\":[1,\"b\",null,true,{\"c\":2.50}]}",
            " { } ",
            "[[],[]]",
            "\"\\u4e2d\"",
            "{} x",
            "\u{feff}{}",
            "'a'",
            "{a:1}",
            "NaN",
            "{\"a\":1 \"b\":2}",
            "[1 2]",
            "1-2",
            "{\"b\":1,\"a\":2,\"b\":3}",
        ] {
            agrees(text);
        }
    }

    #[test]
    fn keeps_numbers_as_written() {
        let number = Json::parse("81234567890123456789012345").ok();
        assert!(number == Some(Json::Number("81234567890123456789012345".into())));
    }

    #[test]
    fn tells_of_members_named_twice_only_when_they_differ() {
        for (text, is_disputed) in [
            (r#"{"a":1,"a":1}"#, false),
            (r#"{"a":1,"a":2}"#, true),
            (r#"{"a":1,"b":0,"a":2,"a":2}"#, true),
            (r#"{"a":1,"a":2,"a":1}"#, true),
            (r#"{"\u0061":1,"a":2}"#, true),
            (r#"{"a":1,"A":2}"#, true),
            (r#"{"a":1,"A":1}"#, false),
            (r#"{"a":1,"A":"1 "}"#, false),
            (r#"{"a":25.8,"A":"25.80"}"#, false),
            (r#"{"a":[{"b":1.0}],"A":[{"B":"1"}]}"#, false),
            (r#"{"a":null,"A":""}"#, false),
            (r#"{"a":"007","A":"7"}"#, true),
            (r#"{"a":"70","A":"7"}"#, true),
            (r#"{"a":[1],"A":[1,2]}"#, true),
            (r#"{"a":1," a\u0000":2}"#, true),
            (r#"{"a":1,"\uff41":2}"#, true),
            (r#"{"a":1,"b":2}"#, false),
            (r#"{"a":1,"_A":2}"#, true),
            (r#"{"a":1,"_A":"1"}"#, false),
            (r#"{"a":1,"\uff3fa":2}"#, true),
            // A field that is not filled, beside the one that is; but not the same field twice.
            (r#"{"a":1,"_a":null}"#, false),
            (r#"{"_a":"","a":[1]}"#, false),
            (r#"{"a":1,"_a":[],"a_":2}"#, true),
            (r#"{"a":1,"a":null}"#, true),
        ] {
            let Ok(Json::Object(object)) = Json::parse(text) else {
                panic!("{text}");
            };
            assert_eq!(object.is_disputed("a"), is_disputed, "{text}");
        }
        let Ok(Json::Object(object)) = Json::parse(r#"{"a":1,"a":2,"a":3}"#) else {
            panic!();
        };
        assert!(object.get("a") == Some(&Json::Number("3".into())));
        let Ok(Json::Object(object)) = Json::parse(r#"{"psnNo":1,"psn_no":null}"#) else {
            panic!();
        };
        assert!(object.get("psn_no") == Some(&Json::Number("1".into())));
    }

    #[test]
    fn ends_at_its_limits() {
        let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(Json::parse(&deep(MAX_DEPTH)).is_ok());
        assert_eq!(
            Json::parse(&deep(MAX_DEPTH + 2)).err(),
            Some(ViewError::Limit)
        );
        assert_eq!(Json::parse(&deep(1_000_000)).err(), Some(ViewError::Limit));
        let wide = |items: usize| format!("[{}0]", "0,".repeat(items));
        assert!(Json::parse(&wide(MAX_VALUES - 2)).is_ok());
        assert_eq!(Json::parse(&wide(MAX_VALUES)).err(), Some(ViewError::Limit));
    }

    proptest! {
        #[test]
        fn agrees_with_serde_on_any_text(text in "\\PC{0,60}") {
            agrees(&text);
        }

        #[test]
        fn agrees_with_serde_on_near_json(text in r#"([\[\]{},:"\\ ]|"[a-c]"|-?[0-9]{1,3}|\.[0-9]|e[0-9]|null|true|\\u[0-9a-f]{4}){0,24}"#) {
            agrees(&text);
        }
    }
}
