//! Members of a message, as leniently as a platform reads them: numbers as numbers or as strings.

use serde_json::Value;

/// A member that is neither missing nor empty, as text.
pub fn text(node: &Value, name: &str) -> Option<String> {
    let text = match &node[name] {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// An amount in fen.
pub fn fen(node: &Value, name: &str) -> Option<i64> {
    scaled(&text(node, name)?, 2)
}

/// The nodes under a name, an array or a single one.
pub fn nodes<'a>(node: &'a Value, name: &str) -> Vec<&'a Value> {
    match &node[name] {
        Value::Array(nodes) => nodes.iter().collect(),
        Value::Object(_) => vec![&node[name]],
        _ => Vec::new(),
    }
}

/// A decimal number times ten to the `digits`; none if it has more digits than that.
pub fn scaled(text: &str, digits: usize) -> Option<i64> {
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > digits || whole.is_empty() {
        return None;
    }
    let number: i64 = format!("{whole}{fraction:0<digits$}").parse().ok()?;
    Some(sign * number)
}

/// Half away from zero.
pub fn divide(number: i64, by: i64) -> i64 {
    let half = if number < 0 { -by / 2 } else { by / 2 };
    (number + half) / by
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{divide, fen, nodes, scaled, text};

    #[test]
    fn numbers_are_read_in_every_spelling_and_never_cut() {
        let node = json!({"a": 19.1, "b": " 19.10 ", "c": "19.101", "d": null, "e": "", "f": -3});
        assert_eq!((fen(&node, "a"), fen(&node, "b")), (Some(1910), Some(1910)));
        assert_eq!((fen(&node, "c"), fen(&node, "d")), (None, None));
        assert_eq!((text(&node, "e"), fen(&node, "f")), (None, Some(-300)));
        assert_eq!(scaled("12.900000", 6), Some(12_900_000));
        assert_eq!(
            (divide(226, 10), divide(-226, 10), divide(225, 10)),
            (23, -23, 23)
        );
        let node = json!({"one": {}, "two": [{}, {}]});
        let counts = ["one", "two", "none"].map(|name| nodes(&node, name).len());
        assert_eq!(counts, [1, 2, 0]);
    }
}
