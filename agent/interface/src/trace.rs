//! Trace codes, in every spelling of their node.
//!
//! ```text
//! drugtracinfo                  : [{drug_trac_codg}] | {drug_trac_codg} | [text] | text
//! drug_trac_codg                : text, flat in the record (older versions)
//! drugtracinfo beside the lines : [{feedetl_sn, drug_trac_codg}], joined to lines
//! ```
//! Wherever a text stands there may be several codes in it, a list, or JSON as text.
//!
//! Out of scope: the form of a code; one reader knows it for every edge ([`TraceText`]).

use pharmacy_protocol::term::{NoCode, TraceCode, TraceHint, TraceText};

use super::dictionary;
use super::error::ViewError;
use super::json::Json;
use super::node::Node;

/// Most trace codes of one settlement.
pub const MAX_CODES: usize = 5000;

/// How deep lists and JSON texts are looked into.
const MAX_DEPTH: usize = 4;

/// The node that holds trace codes, with underscores and without.
const NODE: &str = "drugtracinfo";

/// Names of one trace code, in the node or flat in a record.
const CODES: [&str; 2] = ["drug_trac_codg", "drug_trac_code"];

/// Trace codes that belong together.
#[derive(Clone, Default)]
pub(super) struct Codes {
    pub(super) packs: Vec<TraceCode>,
    pub(super) unreadable: u32,
    /// What the first of those is that are no codes.
    pub(super) instead: Option<NoCode>,
    /// What to change at the till.
    pub(super) hint: Option<TraceHint>,
    /// Whether their packs are split, where an entry says so.
    pub(super) split: Option<bool>,
}

impl Codes {
    fn take(&mut self, text: &str, depth: usize) {
        if let Some(node) = opened(text) {
            return self.take_member(&node, "", depth);
        }
        let read = TraceText::read(text, None);
        let others = if read.packs.is_empty() {
            read.others.len().max(1)
        } else {
            read.others.len()
        };
        let others = u32::try_from(others).unwrap_or(u32::MAX);
        self.unreadable = self.unreadable.saturating_add(others);
        self.packs
            .extend(read.packs.into_iter().map(|pack| pack.code));
        let first = read.others.into_iter().next();
        self.instead = self.instead.take().or(first);
        self.hint = self.hint.or(read.hint);
    }

    /// Takes a member in: texts, lists of them, objects that hold one.
    fn take_member(&mut self, node: &Node, name: &str, depth: usize) {
        let Some(depth) = depth.checked_sub(1) else {
            self.unreadable = self.unreadable.saturating_add(1);
            return;
        };
        let entries = node.children(name);
        for entry in &entries {
            self.take_entry(entry, depth);
        }
        for text in node.texts(name) {
            // A text that holds entries was opened for them.
            if entries.is_empty() || opened(&text).is_none() {
                self.take(&text, depth);
            }
        }
    }

    /// Takes what one object of a node names, under the first name that it has a code for.
    fn take_entry(&mut self, entry: &Node, depth: usize) {
        self.split = self.split.or_else(|| dictionary::split(entry));
        for name in CODES {
            let mut codes = Self::default();
            codes.take_member(entry, name, depth);
            if !codes.is_empty() {
                return self.add(codes);
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.packs.is_empty() && self.unreadable == 0
    }

    fn add(&mut self, other: Self) {
        self.packs.extend(other.packs);
        self.unreadable = self.unreadable.saturating_add(other.unreadable);
        self.instead = self.instead.take().or(other.instead);
        self.hint = self.hint.or(other.hint);
        self.split = self.split.or(other.split);
    }

    /// All codes of a record, from its node or its flat member.
    ///
    /// A till that fills both names each pack in both: what one source repeats of another counts
    /// once. A code that stands twice in one source was scanned twice and stays so.
    pub(super) fn of_record(record: &Node) -> Self {
        let mut all = Self::default();
        for name in [NODE].into_iter().chain(CODES) {
            let mut codes = Self::default();
            codes.take_member(record, name, MAX_DEPTH);
            all.join(codes);
        }
        all
    }

    /// Takes another source's codes in, those that are here already apart.
    pub(super) fn join(&mut self, other: Self) {
        let known: std::collections::HashSet<_> = self.packs.iter().cloned().collect();
        let new = other.packs.into_iter().filter(|code| !known.contains(code));
        self.packs.extend(new);
        self.unreadable = self.unreadable.max(other.unreadable);
        self.instead = self.instead.take().or(other.instead);
        self.hint = self.hint.or(other.hint);
        self.split = self.split.or(other.split);
    }
}

/// A text that is JSON, as the only member of a node; its name is empty.
fn opened(text: &str) -> Option<Node> {
    let is_begun = text.starts_with(['[', '{', '"']);
    let json = is_begun.then(|| Json::parse(&format!("{{\"\":{text}}}")).ok());
    json.flatten().and_then(|json| Node::wrap(json).ok())
}

/// The list beside the lines: whose codes these are, by fee-line number, in the list's order.
pub(super) fn list_beside_lines(node: &Node) -> Result<Vec<(Option<String>, Codes)>, ViewError> {
    let entries = node.children(NODE);
    if entries.len() > MAX_CODES {
        return Err(ViewError::Limit);
    }
    let mut groups: Vec<(Option<String>, Codes)> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for entry in &entries {
        let serial = entry.text("feedetl_sn");
        let next = groups.len();
        let place = *places.entry(serial.clone()).or_insert(next);
        if place == next {
            groups.push((serial, Codes::default()));
        }
        if let Some((_, codes)) = groups.get_mut(place) {
            codes.take_entry(entry, MAX_DEPTH);
        }
    }
    Ok(groups)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::json::Json;
    use super::*;

    const NODES: [&str; 3] = ["drugtracinfo", "drug_trac_info", "DrugTracInfo"];

    const SPELT: [&str; 5] = [
        "drug_trac_codg",
        "drug_trac_code",
        "drugTracCodg",
        "DrugTracCode",
        "DRUG_TRAC_CODG",
    ];

    const ONE: &str = "81234567890123456789";
    const TWO: &str = "81234567890123456780";

    fn codes(text: &str) -> (Vec<String>, u32) {
        let node = Node::wrap(Json::parse(text).unwrap()).unwrap();
        let codes = Codes::of_record(&node);
        let packs = codes.packs.iter().map(ToString::to_string).collect();
        (packs, codes.unreadable)
    }

    #[test]
    fn reads_every_spelling() {
        for node in NODES {
            for code in SPELT {
                let list = format!(r#"{{"{node}":[{{"{code}":"{ONE}"}},{{"{code}":"{TWO}"}}]}}"#);
                assert_eq!(codes(&list), (vec![ONE.into(), TWO.into()], 0), "{list}");
                let single = format!(r#"{{"{node}":{{"{code}":{ONE}}}}}"#);
                assert_eq!(codes(&single), (vec![ONE.into()], 0), "{single}");
                let flat = format!(r#"{{"{code}":"{ONE}"}}"#);
                assert_eq!(codes(&flat), (vec![ONE.into()], 0), "{flat}");
            }
            let texts = format!(r#"{{"{node}":["{ONE}","{TWO}"]}}"#);
            assert_eq!(codes(&texts), (vec![ONE.into(), TWO.into()], 0), "{texts}");
        }
    }

    #[test]
    fn counts_what_is_no_code_and_skips_what_is_empty() {
        for (text, packs, unreadable) in [
            (r#"{"drugtracinfo":[{"drug_trac_codg":"无"}]}"#, 0, 1),
            (r#"{"drugtracinfo":[{"drug_trac_codg":""}]}"#, 0, 0),
            (r#"{"drugtracinfo":[]}"#, 0, 0),
            (r#"{"drugtracinfo":null,"drug_trac_codg":""}"#, 0, 0),
            (r#"{"drug_trac_codg":"6901234567892"}"#, 0, 1),
            (r#"{"drug_trac_codg":"81234567890123456789"}"#, 1, 0),
        ] {
            let (read, bad) = codes(text);
            assert_eq!((read.len(), bad), (packs, unreadable), "{text}");
        }
    }

    #[test]
    fn what_two_sources_repeat_counts_once_what_one_repeats_counts_twice() {
        let both = format!(
            r#"{{"drug_trac_codg":"{ONE}","drugtracinfo":[{{"drug_trac_codg":"{ONE}"}},{{"drug_trac_codg":"{TWO}"}}]}}"#
        );
        assert_eq!(codes(&both).0, [ONE, TWO]);
        let twice = format!(
            r#"{{"drugtracinfo":[{{"drug_trac_codg":"{ONE}"}},{{"drug_trac_codg":"{ONE}"}}]}}"#
        );
        assert_eq!(codes(&twice).0, [ONE, ONE]);
    }

    #[test]
    fn a_text_may_hold_a_list_or_json() {
        let both: (Vec<String>, u32) = (vec![ONE.into(), TWO.into()], 0);
        for code in [
            format!(r#""{ONE},{TWO}""#),
            format!(r#""{ONE}；{TWO}""#),
            format!(r#""{ONE} {TWO}""#),
            format!(r#"["{ONE}","{TWO}"]"#),
            format!(r#"[{ONE},{TWO}]"#),
            format!(r#"["{ONE}","]C1{TWO}"]"#),
            format!(r#""[\"{ONE}\",\"{TWO}\"]""#),
            format!(r#""[{{\"drug_trac_codg\":\"{ONE}\"}},{{\"drug_trac_codg\":\"{TWO}\"}}]""#),
        ] {
            for name in SPELT.into_iter().chain(NODES) {
                let text = format!(r#"{{"{name}":{code}}}"#);
                assert_eq!(codes(&text), both, "{text}");
            }
            let text = format!(r#"{{"drugtracinfo":[{{"drug_trac_codg":{code}}}]}}"#);
            assert_eq!(codes(&text), both, "{text}");
        }
        // As it is in a line, so beside the lines.
        let beside = format!(
            r#"{{"drug_trac_info":"[{{\"feedetl_sn\":\"1\",\"drug_trac_codg\":\"{ONE}\"}}]"}}"#
        );
        let node = Node::wrap(Json::parse(&beside).unwrap()).unwrap();
        let Ok(groups) = list_beside_lines(&node) else {
            panic!("limit");
        };
        assert_eq!(groups[0].0.as_deref(), Some("1"));
        assert_eq!(groups[0].1.packs.len(), 1);
    }

    #[test]
    fn what_stands_instead_of_a_code_is_known() {
        let of = |code: &str| {
            let text = format!(r#"{{"drugtracinfo":[{{"drug_trac_codg":"{code}"}}]}}"#);
            let node = Node::wrap(Json::parse(&text).unwrap()).unwrap();
            Codes::of_record(&node)
        };
        assert_eq!(of("0").instead, Some(NoCode::Placeholder));
        assert_eq!(of("8.9E+19").instead, Some(NoCode::Rounded));
        assert_eq!(of(ONE).instead, None);
        let wide: String = ONE
            .chars()
            .map(|c| char::from_u32(c as u32 + 0xfee0).unwrap())
            .collect();
        assert_eq!(of(&wide).hint, Some(TraceHint::FullWidth));
        assert_eq!(of(&wide).packs.len(), 1);
    }

    #[test]
    fn lists_in_lists_end() {
        let deep = format!("{}\"{ONE}\"{}", "[".repeat(40), "]".repeat(40));
        let (packs, _) = codes(&format!(r#"{{"drug_trac_codg":{deep}}}"#));
        assert!(packs.is_empty());
    }

    proptest! {
        #[test]
        fn every_code_is_read_or_counted(texts in proptest::collection::vec("[ -!#-Z^-z]{0,30}|[0-9]{20}", 0..6)) {
            let entries: Vec<_> = texts
                .iter()
                .map(|text| serde_json::json!({ "drug_trac_codg": text }))
                .collect();
            let (packs, unreadable) = codes(&serde_json::json!({ "drugTracInfo": entries }).to_string());
            let filled = texts.iter().filter(|text| !text.trim().is_empty()).count();
            prop_assert!(packs.len() + unreadable as usize >= filled);
        }
    }
}
