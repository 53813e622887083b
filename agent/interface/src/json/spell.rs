//! What a value says, in bytes of one meaning: order of members and space do not count, numbers count as
//! written.

use super::{Json, Member, Object, letters};

impl Object {
    /// What it says without these members, in bytes of one meaning: order and space do not count, numbers
    /// count as written.
    pub(crate) fn spell_without(&self, names: &[&str]) -> Vec<u8> {
        let mut told = Vec::new();
        let counts = |member: &&Member| {
            let mut names = names.iter();
            !names.any(|name| letters(name).eq(member.name.bytes()))
        };
        for member in self.0.iter().filter(counts) {
            spell(&mut told, b'm', member.name.as_bytes());
            member.value.spell(&mut told);
        }
        told
    }
}

impl Json {
    fn spell(&self, told: &mut Vec<u8>) {
        match self {
            Self::Array(items) => {
                let mut inner = Vec::new();
                for item in items {
                    item.spell(&mut inner);
                }
                spell(told, b'a', &inner);
            }
            Self::Bool(is) => spell(told, b'b', &[u8::from(*is)]),
            Self::Null => spell(told, b'z', &[]),
            Self::Number(number) => spell(told, b'n', number.as_bytes()),
            Self::Object(object) => spell(told, b'o', &object.spell_without(&[])),
            Self::Text(text) => spell(told, b't', text.as_bytes()),
        }
    }
}

/// A tag, a length and bytes: no two lists of them read alike.
fn spell(told: &mut Vec<u8>, tag: u8, bytes: &[u8]) {
    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    told.push(tag);
    told.extend_from_slice(&length.to_be_bytes());
    told.extend_from_slice(bytes);
}
