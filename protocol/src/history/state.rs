//! States of sales: a JSON object of which an entry names the members that changed.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

/// A state that is not the JSON object that it should be.
#[derive(Debug, thiserror::Error)]
#[error("a sale's state has lost its form")]
pub struct StateError(#[from] serde_json::Error);

/// The members of a state, each as it is spelt.
type Members<'a> = BTreeMap<&'a str, &'a RawValue>;

/// What became of a state.
#[derive(Clone, Debug)]
pub struct Changed {
    /// Members that are new or other than before.
    pub state: BTreeMap<Box<str>, Box<RawValue>>,
    /// Members that went.
    pub without: Vec<Box<str>>,
}

/// Compares a state with the one before.
pub fn changed_members(before: Option<&str>, after: &str) -> Result<Changed, StateError> {
    let before: Members<'_> = match before {
        Some(text) => serde_json::from_str(text)?,
        None => Members::new(),
    };
    let after: Members<'_> = serde_json::from_str(after)?;
    let is_as_before = |name: &str, value: &RawValue| {
        let known = before.get(name);
        known.is_some_and(|known| known.get() == value.get())
    };
    let state = after
        .iter()
        .filter(|(name, value)| !is_as_before(name, value))
        .map(|(name, value)| (Box::from(*name), (*value).to_owned()))
        .collect();
    let gone = before.keys().filter(|name| !after.contains_key(*name));
    Ok(Changed {
        state,
        without: gone.map(|name| Box::from(*name)).collect(),
    })
}
