//! The text catalogue: every message a person at the till can meet, Chinese and English, by code.
//!
//! In scope: stable codes and their texts. Out of scope: texts of rules, which the rule pack brings.
//! A code is permanent and never reused.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The table: `code,zh,en`.
const TABLE: &str = include_str!("text/messages.csv");

/// One message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Message {
    pub zh: &'static str,
    pub en: &'static str,
}

static MESSAGES: LazyLock<BTreeMap<&'static str, Message>> = LazyLock::new(|| {
    TABLE
        .lines()
        .skip(1)
        .filter_map(|line| {
            let (code, texts) = line.split_once(',')?;
            let (zh, en) = texts.split_once(',')?;
            Some((code, Message { zh, en }))
        })
        .collect()
});

/// What stands in for a message that the catalogue lacks; a test keeps it from being needed.
const UNKNOWN: Message = Message {
    zh: "未知错误",
    en: "unknown error",
};

/// The message of a code.
pub fn message(code: &str) -> Message {
    MESSAGES.get(code).copied().unwrap_or(UNKNOWN)
}

/// Is there a message for this code?
pub fn has_message(code: &str) -> bool {
    MESSAGES.contains_key(code)
}

/// An error and its causes in one line.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text.replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_code_and_both_texts() {
        let mut codes = std::collections::BTreeSet::new();
        for line in TABLE.lines().skip(1) {
            let fields: Vec<_> = line.splitn(3, ',').collect();
            assert!(
                fields.len() == 3 && fields.iter().all(|field| !field.is_empty()),
                "{line}"
            );
            assert!(!fields[1].is_ascii(), "{line}");
            assert!(!fields[1].contains(','), "the Chinese text uses ，: {line}");
            assert!(!line.contains('"'), "a quote is printed: {line}");
            assert!(codes.insert(fields[0]), "{} stands twice", fields[0]);
        }
        assert!(codes.len() > 40);
    }
}
