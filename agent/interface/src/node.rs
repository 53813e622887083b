//! A node of a message: its members, read leniently.

use std::borrow::Cow;

use pharmacy_protocol::term::{Fen, Quantity, UnitPrice};

use super::decimal::{scaled, trimmed};
use super::error::ViewError;
use super::json::{Json, Object};

/// Longest member that is read as text, in bytes; the longest of the interface has 4000 characters.
pub const MAX_TEXT: usize = 16_000;

/// How many times a JSON string inside a JSON string is opened.
pub const MAX_UNWRAPS: usize = 2;

/// Lets a view be printed without anything that it holds: any of it can be a person's.
macro_rules! opaque {
    ($($view:ident),+) => {$(
        impl ::std::fmt::Debug for $view {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(stringify!($view))
            }
        }
    )+};
}
pub(super) use opaque;

/// An object of a message. Prints nothing of what it holds.
#[derive(Clone)]
pub struct Node(Json);

opaque!(Node);

/// Opens a string that holds JSON, at most [`MAX_UNWRAPS`] times; an empty one is nothing.
fn unwrap(mut json: Json) -> Result<Json, ViewError> {
    for _ in 0..MAX_UNWRAPS {
        json = match json {
            Json::Text(text) if trimmed(&text).is_empty() => Json::Null,
            Json::Text(text) => Json::parse(trimmed(&text))?,
            other => return Ok(other),
        };
    }
    Ok(json)
}

impl Node {
    /// Takes a value in: an object or an array as it is, a string that holds JSON as that JSON.
    ///
    /// `null` and an empty string give a node without members: calls without output have them.
    pub(super) fn wrap(json: Json) -> Result<Self, ViewError> {
        match unwrap(json)? {
            node @ (Json::Array(_) | Json::Null | Json::Object(_)) => Ok(Self(node)),
            Json::Bool(_) | Json::Number(_) | Json::Text(_) => Err(ViewError::NotAnObject),
        }
    }

    /// A node without members.
    pub fn empty() -> Self {
        Self(Json::Null)
    }

    /// The outermost object, to be read by name.
    pub(super) fn of(object: Object) -> Self {
        Self(Json::Object(object))
    }

    /// Does any object in it name a member twice with different values?
    pub(super) fn has_dispute(&self) -> bool {
        self.0.has_dispute()
    }

    fn member(&self, name: &str) -> Option<&Json> {
        match &self.0 {
            Json::Object(object) => object.get(name),
            Json::Array(_) | Json::Bool(_) | Json::Null | Json::Number(_) | Json::Text(_) => None,
        }
    }

    /// A member as text: a string without spaces at its ends, or a number as written. Empty and
    /// `null` count as absent, and so does what is longer than [`MAX_TEXT`].
    pub fn text(&self, name: &str) -> Option<String> {
        scalar(self.member(name)?).map(ToOwned::to_owned)
    }

    /// The first of these members that has a text.
    pub fn first_text(&self, names: &[&str]) -> Option<String> {
        names.iter().find_map(|name| self.text(name))
    }

    /// A member that holds others, opened where it came as a JSON text.
    fn inner(&self, name: &str) -> Option<Cow<'_, Json>> {
        Some(opened(self.member(name)?))
    }

    /// The child object of this name; the first one where the node is an array.
    pub fn child(&self, name: &str) -> Option<Node> {
        objects(self.inner(name)?.as_ref()).next()
    }

    /// The objects under this name, whether it is an array or a single object.
    pub fn children(&self, name: &str) -> Vec<Node> {
        self.inner(name)
            .map(|member| objects(&member).collect())
            .unwrap_or_default()
    }

    /// Every object under this name, and an error where something there is none; none where the
    /// member is absent, `null` or empty text.
    pub(super) fn lines(&self, name: &str, most: usize) -> Result<Option<Vec<Node>>, ViewError> {
        let Some(items) = self.items(name, most)? else {
            return Ok(None);
        };
        items
            .into_iter()
            .zip(1_u32..)
            .map(|(item, number)| item.ok_or(ViewError::Line(number)))
            .collect::<Result<_, _>>()
            .map(Some)
    }

    /// Everything under this name, whether it is an array, a single object or a JSON text of either:
    /// none in the place of what is no object, none at all where the member is absent, `null` or empty
    /// text.
    pub(super) fn items(
        &self,
        name: &str,
        most: usize,
    ) -> Result<Option<Vec<Option<Node>>>, ViewError> {
        let Some(member) = self.inner(name) else {
            return Ok(None);
        };
        let items = match member.as_ref() {
            Json::Null => return Ok(None),
            Json::Text(text) if trimmed(text).is_empty() => return Ok(None),
            Json::Array(items) => items.as_slice(),
            other => std::slice::from_ref(other),
        };
        if items.len() > most {
            return Err(ViewError::Limit);
        }
        let object = |item: &Json| match opened(item).into_owned() {
            object @ Json::Object(_) => Some(Node(object)),
            _ => None,
        };
        Ok(Some(items.iter().map(object).collect()))
    }

    /// The first object that is wanted: itself, one in it, or one within those, however deep.
    pub(super) fn find(&self, is_wanted: &dyn Fn(&Node) -> bool) -> Option<Node> {
        if matches!(self.0, Json::Object(_)) && is_wanted(self) {
            return Some(self.clone());
        }
        let inner = match &self.0 {
            Json::Object(object) => object.values().map(opened).collect(),
            Json::Array(items) => items.iter().map(opened).collect(),
            Json::Bool(_) | Json::Null | Json::Number(_) | Json::Text(_) => Vec::new(),
        };
        inner
            .into_iter()
            .find_map(|json| Node(json.into_owned()).find(is_wanted))
    }

    /// The objects that stand directly in it, in any of its members or, where it is an array, in it.
    pub(super) fn all_children(&self) -> Vec<Node> {
        match &self.0 {
            Json::Object(object) => object.values().flat_map(objects).collect(),
            Json::Array(_) => objects(&self.0).collect(),
            Json::Bool(_) | Json::Null | Json::Number(_) | Json::Text(_) => Vec::new(),
        }
    }

    /// The texts under this name, whether it is one or an array of them.
    pub(super) fn texts(&self, name: &str) -> Vec<String> {
        let items = match self.member(name) {
            Some(Json::Array(items)) => items.as_slice(),
            Some(other) => std::slice::from_ref(other),
            None => &[],
        };
        items
            .iter()
            .filter_map(scalar)
            .map(ToOwned::to_owned)
            .collect()
    }

    /// A member as money in yuan, number or string.
    pub fn fen(&self, name: &str) -> Option<Fen> {
        scaled(scalar(self.member(name)?)?, 2).map(Fen::new)
    }

    /// A member as a quantity.
    pub fn quantity(&self, name: &str) -> Option<Quantity> {
        scaled(scalar(self.member(name)?)?, 4).map(Quantity::new)
    }

    /// A member as a unit price in yuan.
    pub fn price(&self, name: &str) -> Option<UnitPrice> {
        scaled(scalar(self.member(name)?)?, 6).map(UnitPrice::new)
    }
}

fn scalar(value: &Json) -> Option<&str> {
    let text = match value {
        Json::Number(text) => text,
        Json::Text(text) => trimmed(text),
        Json::Array(_) | Json::Bool(_) | Json::Null | Json::Object(_) => return None,
    };
    (!text.is_empty() && text.len() <= MAX_TEXT).then_some(text)
}

/// A value, opened where it is a text that holds an object or an array.
fn opened(value: &Json) -> Cow<'_, Json> {
    let mut inner = None;
    for _ in 0..MAX_UNWRAPS {
        let Json::Text(text) = inner.as_ref().unwrap_or(value) else {
            break;
        };
        match Json::within(text) {
            Some(json) => inner = Some(json),
            None => break,
        }
    }
    inner.map_or(Cow::Borrowed(value), Cow::Owned)
}

fn objects(value: &Json) -> impl Iterator<Item = Node> + '_ {
    let items = match value {
        Json::Array(items) => items.as_slice(),
        other => std::slice::from_ref(other),
    };
    items
        .iter()
        .filter(|item| matches!(item, Json::Object(_)))
        .map(|item| Node(item.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(text: &str) -> Node {
        Node::wrap(Json::parse(text).unwrap()).unwrap()
    }

    #[test]
    fn money_is_read_from_numbers_and_strings() {
        for (written, units) in [
            ("25.8", Some(2580)),
            ("\"25.80\"", Some(2580)),
            ("\" 25.80 \"", Some(2580)),
            ("12.900000", Some(1290)),
            ("\"12.9000000\"", Some(1290)),
            ("-4.52", Some(-452)),
            ("0", Some(0)),
            ("25.801", None),
            ("1e1", Some(1000)),
            ("\"1e1\"", Some(1000)),
            ("57.300000000000004", Some(5730)),
            ("\"1,234.50\"", Some(123_450)),
            ("\"25,80\"", None),
            ("\"\"", None),
            ("null", None),
            ("true", None),
            ("[1]", None),
            ("\"１２\"", None),
            ("99999999999999.99", Some(9_999_999_999_999_999)),
            ("99999999999999999999", None),
        ] {
            let node = node(&format!("{{\"a\":{written}}}"));
            assert_eq!(node.fen("a"), units.map(Fen::new), "{written}");
        }
        assert_eq!(
            node("{\"a\":2.0000}").quantity("a"),
            Some(Quantity::whole(2))
        );
        assert_eq!(node("{\"a\":0.000001}").price("a"), Some(UnitPrice::new(1)));
    }

    #[test]
    fn text_is_trimmed_and_numbers_stay_as_written() {
        let node = node(r#"{"a":" x ","b":81234567890123456789,"c":"","d":null,"e":"　"}"#);
        assert_eq!(node.text("a").as_deref(), Some("x"));
        assert_eq!(node.text("b").as_deref(), Some("81234567890123456789"));
        for name in ["c", "d", "e", "f"] {
            assert_eq!(node.text(name), None, "{name}");
        }
        assert_eq!(node.first_text(&["d", "c", "a"]).as_deref(), Some("x"));
        let long = format!("{{\"a\":\"{}\"}}", "x".repeat(MAX_TEXT + 1));
        assert_eq!(super::tests::node(&long).text("a"), None);
    }

    #[test]
    fn a_node_is_an_object_or_an_array() {
        for (text, children) in [
            (r#"{"a":{"b":1}}"#, 1),
            (r#"{"a":[{"b":1},{"b":2}]}"#, 2),
            (r#"{"a":[]}"#, 0),
            (r#"{"a":[1,{"b":1},null]}"#, 1),
            (r#"{"a":"{\"b\":1}"}"#, 1),
            (r#"{"a":"[{\"b\":1},\"x\"]"}"#, 1),
            (r#"{"a":"{\"b\":1"}"#, 0),
            (r#"{"a":null}"#, 0),
            ("{}", 0),
        ] {
            let node = node(text);
            assert_eq!(node.children("a").len(), children, "{text}");
            let first = node.child("a").map(|child| child.text("b"));
            let expected = (children > 0).then(|| Some("1".to_owned()));
            assert_eq!(first, expected, "{text}");
        }
    }

    #[test]
    fn no_line_is_dropped_in_silence() {
        for (text, lines) in [
            (r#"{"a":{"b":1}}"#, Ok(Some(1))),
            (r#"{"a":[{"b":1},{"b":2}]}"#, Ok(Some(2))),
            (r#"{"a":[]}"#, Ok(Some(0))),
            (r#"{"a":null}"#, Ok(None)),
            (r#"{"a":""}"#, Ok(None)),
            ("{}", Ok(None)),
            (r#"{"a":[{},7]}"#, Err(ViewError::Line(2))),
            (r#"{"a":[null]}"#, Err(ViewError::Line(1))),
            (r#"{"a":"x"}"#, Err(ViewError::Line(1))),
            (r#"{"a":[{},{},{}]}"#, Err(ViewError::Limit)),
        ] {
            let read = node(text).lines("a", 2);
            assert_eq!(read.map(|lines| lines.map(|l| l.len())), lines, "{text}");
        }
    }

    #[test]
    fn json_in_a_string_is_opened_twice_at_most() {
        let mut text = r#"{"a":1}"#.to_owned();
        for wraps in 0..5 {
            let opened = Node::wrap(Json::parse(&text).unwrap());
            assert_eq!(
                opened.ok().and_then(|node| node.text("a")).is_some(),
                wraps <= MAX_UNWRAPS,
                "{wraps}"
            );
            text = serde_json::to_string(&text).unwrap();
        }
    }

    #[test]
    fn prints_nothing() {
        assert_eq!(format!("{:?}", node(r#"{"psn_name":"x"}"#)), "Node");
    }
}
