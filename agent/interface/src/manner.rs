//! In which manner a platform writes its answers, and a till reads them: what the agent answers itself
//! looks the same.
//!
//! Learnt from answers as they pass: `infcode` as number or text, names in their case, and what a member
//! looks like that holds nothing.

use pharmacy_decision::pack::CodeForm;

use super::body::text_of;
use super::charset::Charset;
use super::json::{Json, Placed, is_named, placed_members};

/// Members of an answer's envelope, in the platform's own order (the interface's response table).
pub(super) const MEMBERS: [&str; 10] = [
    "infcode",
    "inf_refmsgid",
    "refmsg_time",
    "respond_time",
    "err_msg",
    "output",
    "warn_msg",
    "cainfo",
    "signtype",
    "enctype",
];

/// Longest answer from which a manner is learnt; every call has short ones.
pub const MAX_LEARNT: usize = 64 * 1024;

/// How an answer is to be written.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Manner {
    pub charset: Charset,
    pub shape: Option<Shape>,
}

/// How a platform's answers look.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Shape {
    pub(super) form: CodeForm,
    members: [Option<Shown>; MEMBERS.len()],
}

/// How a member is written.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Shown {
    name: String,
    nothing: Nothing,
}

/// What a member looks like that holds nothing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Nothing {
    Null,
    Object,
    Text,
}

impl Shape {
    /// How this answer looks; none of what is no answer, or no short one.
    pub fn of(answer: &[u8]) -> Option<Self> {
        if answer.len() > MAX_LEARNT {
            return None;
        }
        let text = text_of(answer).ok()?;
        let (_, members) = placed_members(text.trim_end_matches(['\0', '\r', '\n'])).ok()?;
        let find = |name: &str| {
            let mut members = members.iter();
            members.find(|member| is_named(&member.name, name))
        };
        let form = match find("infcode")?.value {
            Json::Number(_) => CodeForm::Number,
            Json::Text(_) => CodeForm::Text,
            _ => return None,
        };
        let members = MEMBERS.map(|name| find(name).map(Shown::of));
        Some(Self { form, members })
    }

    /// What a member is called and, where it holds nothing, how that is written; none where it is absent
    /// then.
    pub(super) fn member(&self, place: usize) -> Option<(&str, &'static str)> {
        let shown = self.members.get(place)?.as_ref()?;
        let nothing = match shown.nothing {
            Nothing::Null => "null",
            Nothing::Object => "{}",
            Nothing::Text => "\"\"",
        };
        Some((&shown.name, nothing))
    }
}

impl Shown {
    fn of(member: &Placed) -> Self {
        let nothing = match &member.value {
            Json::Text(text) if text.is_empty() => Nothing::Text,
            Json::Object(object) if object.values().next().is_none() => Nothing::Object,
            _ => Nothing::Null,
        };
        Self {
            name: member.name.clone(),
            nothing,
        }
    }
}
