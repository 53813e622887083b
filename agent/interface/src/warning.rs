//! A warning put into the platform's answer, every other byte as it was.

use super::body::MAX_BODY;
use super::charset::BOM;
use super::json::{Json, Placed, is_named, placed_members};

/// The member that tills show beside a success.
const MEMBER: &str = "warn_msg";

/// What stands between the platform's warning and ours.
const BETWEEN: &str = "；";

/// The answer with this text in its `warn_msg`, every other byte as it was; none where the answer
/// has no place for it (not a JSON object in UTF-8, compressed, a warning of another form, two).
///
/// `null` and an empty text are replaced, a text is added to, a missing member comes first in the
/// object. Nothing is serialised again: a signature over the rest stays what it was.
pub fn with_warning(answer: &[u8], text: &str) -> Option<Vec<u8>> {
    if answer.len() > MAX_BODY {
        return None;
    }
    let bare = answer.strip_prefix(BOM).unwrap_or(answer);
    let before = answer.len().checked_sub(bare.len())?;
    let (inside, members) = placed_members(std::str::from_utf8(bare).ok()?).ok()?;
    let is_ours = |member: &&Placed| is_named(&member.name, MEMBER);
    let mut named = members.iter().filter(is_ours);
    let (from, to, insert) = match (named.next(), named.next()) {
        (None, _) => {
            let comma = if members.is_empty() { "" } else { "," };
            let member = format!("\"{MEMBER}\":\"{}\"{comma}", escaped(text)?);
            (inside, inside, member)
        }
        (Some(member), None) => splice(member, text)?,
        // Which one the till shows is not known.
        (Some(_), Some(_)) => return None,
    };
    let head = answer.get(..before.checked_add(from)?)?;
    let tail = answer.get(before.checked_add(to)?..)?;
    Some([head, insert.as_bytes(), tail].concat())
}

/// What to put where for a member that is there.
fn splice(member: &Placed, text: &str) -> Option<(usize, usize, String)> {
    let text = escaped(text)?;
    let place = &member.place;
    match &member.value {
        Json::Null => Some((place.start, place.end, format!("\"{text}\""))),
        Json::Text(said) if said.is_empty() => {
            Some((place.start, place.end, format!("\"{text}\"")))
        }
        Json::Text(_) => {
            let quote = place.end.checked_sub(1)?;
            Some((quote, quote, format!("{BETWEEN}{text}")))
        }
        Json::Array(_) | Json::Bool(_) | Json::Number(_) | Json::Object(_) => None,
    }
}

/// A text as it stands between the quotes of a JSON string.
fn escaped(text: &str) -> Option<String> {
    let quoted = serde_json::to_string(text).ok()?;
    let bare = quoted.strip_prefix('"')?.strip_suffix('"')?;
    Some(bare.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::super::testing;
    use super::*;

    fn warned(answer: &str, text: &str) -> Option<String> {
        with_warning(answer.as_bytes(), text).map(|bytes| String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn a_warning_has_its_place() {
        for (answer, expected) in [
            (
                r#"{"infcode":0,"warn_msg":null,"output":{}}"#,
                Some(r#"{"infcode":0,"warn_msg":"请扫码","output":{}}"#),
            ),
            (
                r#"{"infcode":0, "warn_msg" : "" }"#,
                Some(r#"{"infcode":0, "warn_msg" : "请扫码" }"#),
            ),
            (
                r#"{"warn_msg":"余额\"不足\\"}"#,
                Some(r#"{"warn_msg":"余额\"不足\\；请扫码"}"#),
            ),
            (
                " {\n \"infcode\" : 0 }\n",
                Some(" {\"warn_msg\":\"请扫码\",\n \"infcode\" : 0 }\n"),
            ),
            ("{}", Some(r#"{"warn_msg":"请扫码"}"#)),
            ("{ }", Some(r#"{"warn_msg":"请扫码" }"#)),
            ("\u{feff}{}", Some("\u{feff}{\"warn_msg\":\"请扫码\"}")),
            (
                r#"{"output":{"warn_msg":"x"}}"#,
                Some(r#"{"warn_msg":"请扫码","output":{"warn_msg":"x"}}"#),
            ),
            (
                r#"{"warn_\u006dsg":null,"price":25.80000000000000000001}"#,
                Some(r#"{"warn_\u006dsg":"请扫码","price":25.80000000000000000001}"#),
            ),
            (r#"{"warn_msg":7}"#, None),
            (r#"{"warn_msg":{"a":1}}"#, None),
            (r#"{"warn_msg":[]}"#, None),
            (r#"{"warn_msg":null,"warn_msg":null}"#, None),
            ("[]", None),
            ("", None),
            ("{\"infcode\":0", None),
            ("<html>", None),
            ("{} {}", None),
        ] {
            assert_eq!(warned(answer, "请扫码").as_deref(), expected, "{answer}");
        }
        assert_eq!(with_warning(b"\x1f\x8b\x08\x00", "x"), None);
        assert_eq!(with_warning(b"{\"a\":\"\xb0\xa1\"}", "x"), None);
    }

    #[test]
    fn a_warning_cannot_break_out_of_its_string() {
        let text = "a\"},\"infcode\":-1,\\ \n\u{1}";
        for answer in ["{}", r#"{"warn_msg":"b"}"#, r#"{"warn_msg":null}"#] {
            let value: Value = serde_json::from_str(&warned(answer, text).unwrap()).unwrap();
            let said = value["warn_msg"].as_str().unwrap();
            assert!(said.ends_with(text), "{said}");
            assert_eq!(value.as_object().unwrap().len(), 1);
        }
    }

    proptest! {
        #[test]
        fn changes_one_value_and_nothing_else(mut answer in testing::any_json(), text in "\\PC{0,20}|[\\x00-\\x7f]{0,8}", old in proptest::option::of("\\PC{0,6}")) {
            if let (Some(object), Some(old)) = (answer.as_object_mut(), &old) {
                object.insert(MEMBER.into(), Value::String(old.clone()));
            }
            let bytes = serde_json::to_vec(&answer).unwrap();
            let before = answer.get(MEMBER).unwrap_or(&Value::Null).clone();
            let has_place = answer.is_object() && (before.is_null() || before.is_string());
            let warned = with_warning(&bytes, &text);
            prop_assert_eq!(warned.is_some(), has_place);
            if let Some(warned) = warned {
                let said = match before.as_str().unwrap_or_default() {
                    "" => text.clone(),
                    before => format!("{before}{BETWEEN}{text}"),
                };
                answer[MEMBER] = Value::String(said);
                let after: Value = serde_json::from_slice(&warned).unwrap();
                prop_assert_eq!(after, answer);
                // What was cut out is one run of bytes, at most a `null`; the rest stands around it.
                let same = bytes.iter().zip(&warned).take_while(|(a, b)| a == b).count();
                let ends = bytes.iter().rev().zip(warned.iter().rev());
                let same_end = ends.take_while(|(a, b)| a == b).count();
                prop_assert!(same + same_end + "null".len() >= bytes.len());
            }
        }

        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = with_warning(&bytes, "x");
        }
    }
}
