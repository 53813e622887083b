//! What of a till's settlements was read and accepted, as far as rules follow from it.
//!
//! ```text
//! accepted and read     one more of its call number, one more on its path
//! as often as the pack asks     that number can be read: a latch that nothing un-sets
//! accepted and not read         one more of its shape
//! ```
//! It is a setting that entries tell of: a till that starts anew begins where it was. Nothing of a
//! message that the platform declined, or that never left, comes in here.

use std::collections::BTreeMap;

use pharmacy_decision::pack::Unread;
use pharmacy_protocol::record::finding::UnreadShape;
use pharmacy_protocol::term::{Infno, TillNumber};
use serde::{Deserialize, Serialize};

use crate::DeskError;

/// The settings that hold it, by till.
const SETTING: &str = "gateway.understood.";

/// Most paths and most shapes of a till that are told apart. More than any till has.
const MOST: usize = 32;

/// The setting of a till.
pub(crate) fn setting_of(till: &TillNumber) -> String {
    format!("{SETTING}{till}")
}

/// One till.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Understood {
    calls: BTreeMap<Infno, Reads>,
    paths: BTreeMap<String, Reads>,
    unread: Vec<Seen>,
}

/// How often something was read.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Reads {
    /// Not counted any further once it is known.
    count: u32,
    /// Often enough: from now on it can be read.
    is_known: bool,
}

impl Reads {
    /// Counts one more. Has anything changed?
    fn count(&mut self, unread: &Unread) -> bool {
        if self.is_known {
            return false;
        }
        self.count = self.count.saturating_add(1);
        self.is_known = self.count >= unread.reads;
        true
    }
}

/// A shape of settlements that were accepted and not read.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Seen {
    pub(crate) shape: UnreadShape,
    pub(crate) count: u64,
}

impl Understood {
    pub(crate) fn parse(kept: &str) -> Result<Self, DeskError> {
        Ok(serde_json::from_str(kept)?)
    }

    pub(crate) fn serialize(&self) -> Result<String, DeskError> {
        Ok(serde_json::to_string(self)?)
    }

    /// The same with one more accepted settlement; none where nothing is to be kept of it. `infno` is none of
    /// a number whose tables nobody has.
    #[must_use]
    pub(crate) fn after_reading(
        &self,
        infno: Option<&Infno>,
        path: &str,
        unread: &Unread,
    ) -> Option<Self> {
        let mut next = self.clone();
        let call =
            infno.is_some_and(|infno| next.calls.entry(infno.clone()).or_default().count(unread));
        let path = next.path(path).is_some_and(|path| path.count(unread));
        (call || path).then_some(next)
    }

    /// The same with one more that was accepted and not read.
    #[must_use]
    pub(crate) fn after_not_reading(&self, shape: &UnreadShape) -> Self {
        let mut next = self.clone();
        let mut known = next.unread.iter_mut();
        if let Some(seen) = known.find(|seen| seen.shape == *shape) {
            seen.count = seen.count.saturating_add(1);
        } else {
            if next.unread.len() >= MOST {
                next.unread.remove(0);
            }
            next.unread.push(Seen {
                shape: shape.clone(),
                count: 1,
            });
        }
        // Something settled there, whatever it was.
        let _ = next.path(&shape.path);
        next
    }

    /// A path that settles. Where there are too many, the one that was read least makes room.
    fn path(&mut self, path: &str) -> Option<&mut Reads> {
        if !self.paths.contains_key(path) && self.paths.len() >= MOST {
            let open = self.paths.iter().filter(|(_, reads)| !reads.is_known);
            let least = open.min_by_key(|(_, reads)| reads.count)?.0.clone();
            self.paths.remove(&least);
        }
        Some(self.paths.entry(path.to_owned()).or_default())
    }

    /// Can settlements of this number be read?
    pub(crate) fn is_known(&self, infno: &Infno) -> bool {
        self.calls.get(infno).is_some_and(|reads| reads.is_known)
    }

    /// Has something settled on this path?
    pub(crate) fn settles_at(&self, path: &str) -> bool {
        self.paths.contains_key(path)
    }

    /// Can what settles on this path be read?
    pub(crate) fn is_known_path(&self, path: &str) -> bool {
        self.paths.get(path).is_some_and(|reads| reads.is_known)
    }

    /// The call numbers that can be read.
    pub(crate) fn known(&self) -> impl Iterator<Item = &Infno> {
        let known = self.calls.iter().filter(|(_, reads)| reads.is_known);
        known.map(|(infno, _)| infno)
    }

    /// The shapes that could not be read.
    pub(crate) fn unread(&self) -> &[Seen] {
        &self.unread
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn infno(text: &str) -> Infno {
        text.parse().unwrap()
    }

    fn shape(path: &str) -> UnreadShape {
        UnreadShape {
            infno: None,
            path: path.to_owned(),
            media: String::new(),
            coding: String::new(),
            reason: "opaque".to_owned(),
        }
    }

    #[test]
    fn a_number_is_known_after_as_many_as_the_pack_asks_and_for_good() {
        let pack = Unread {
            reads: 3,
            ..Unread::default()
        };
        let (settle, other) = (infno("2102"), infno("2207"));
        let mut understood = Understood::default();
        for _ in 0..2 {
            understood = understood
                .after_reading(Some(&settle), "/a", &pack)
                .unwrap();
            understood = understood.after_reading(Some(&other), "/b", &pack).unwrap();
            understood = understood.after_not_reading(&shape("/a"));
        }
        assert!(!understood.is_known(&settle));
        understood = understood
            .after_reading(Some(&settle), "/a", &pack)
            .unwrap();
        assert!(understood.is_known(&settle) && understood.paths["/a"].is_known);
        assert!(!understood.is_known(&other));
        assert_eq!(understood.after_reading(Some(&settle), "/a", &pack), None);
        // A pack that asks for more later changes nothing of it.
        let more = Unread { reads: 99, ..pack };
        assert_eq!(understood.after_reading(Some(&settle), "/a", &more), None);
        let again = Understood::parse(&understood.serialize().unwrap()).unwrap();
        assert_eq!(again, understood);
    }

    #[test]
    fn many_paths_push_out_none_that_is_known() {
        let pack = Unread {
            reads: 1,
            ..Unread::default()
        };
        let read = Understood::default();
        let mut understood = read.after_reading(None, "/known", &pack).unwrap();
        for number in 0..100 {
            understood = understood.after_not_reading(&shape(&format!("/{number}")));
        }
        assert!(understood.paths["/known"].is_known);
        assert!(understood.paths.contains_key("/99") && !understood.paths.contains_key("/1"));
        assert!(understood.paths.len() <= MOST && understood.unread.len() <= MOST);
    }
}
