//! Trace codes, in every spelling of their node.
//!
//! ```text
//! drugtracinfo | drug_trac_info | drugTracInfo : [{drug_trac_codg}] | {drug_trac_codg} | [text] | text
//! drug_trac_codg                               : text, flat in the record (older versions)
//! drug_trac_info beside the lines              : [{feedetl_sn, drug_trac_codg}], joined to lines
//! ```

use pharmacy_protocol::term::TraceCode;

use super::error::ViewError;
use super::node::Node;

/// Most trace codes of one settlement.
pub const MAX_CODES: usize = 5000;

/// Names of the node that holds trace codes.
const NODES: [&str; 3] = ["drugtracinfo", "drug_trac_info", "drugTracInfo"];

/// Names of one trace code, in the node or flat in a record.
const CODES: [&str; 4] = [
    "drug_trac_codg",
    "drug_trac_code",
    "drugTracCodg",
    "drugTracCode",
];

/// Trace codes that belong together.
#[derive(Clone, Default)]
pub(super) struct Codes {
    pub(super) packs: Vec<TraceCode>,
    pub(super) unreadable: u32,
}

impl Codes {
    fn take(&mut self, text: &str) {
        match text.parse() {
            Ok(code) => self.packs.push(code),
            Err(_) => self.unreadable = self.unreadable.saturating_add(1),
        }
    }

    /// All codes of a record, from its node or its flat member.
    ///
    /// A till that fills both names each pack in both: what one source repeats of another counts
    /// once. A code that stands twice in one source was scanned twice and stays so.
    pub(super) fn of_record(record: &Node) -> Self {
        let mut all = Self::default();
        for name in NODES {
            let mut codes = Self::default();
            for entry in record.children(name) {
                CODES
                    .iter()
                    .find_map(|name| entry.text(name))
                    .iter()
                    .for_each(|text| codes.take(text));
            }
            record.texts(name).iter().for_each(|text| codes.take(text));
            all.join(codes);
        }
        let mut flat = Self::default();
        for text in CODES.iter().flat_map(|name| record.texts(name)) {
            flat.take(&text);
        }
        all.join(flat);
        all
    }

    /// Takes another source's codes in, those that are here already apart.
    pub(super) fn join(&mut self, other: Self) {
        let known: std::collections::HashSet<_> = self.packs.iter().cloned().collect();
        let new = other.packs.into_iter().filter(|code| !known.contains(code));
        self.packs.extend(new);
        self.unreadable = self.unreadable.max(other.unreadable);
    }
}

/// The list beside the lines: whose codes these are, by fee-line number, in the list's order.
pub(super) fn list_beside_lines(node: &Node) -> Result<Vec<(Option<String>, Codes)>, ViewError> {
    let mut groups: Vec<(Option<String>, Codes)> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for name in NODES {
        let entries = node.children(name);
        if entries.len() > MAX_CODES {
            return Err(ViewError::Limit);
        }
        for entry in entries {
            let serial = entry.text("feedetl_sn");
            let next = groups.len();
            let place = *places.entry(serial.clone()).or_insert(next);
            if place == next {
                groups.push((serial, Codes::default()));
            }
            let Some((_, codes)) = groups.get_mut(place) else {
                continue;
            };
            if let Some(text) = CODES.iter().find_map(|name| entry.text(name)) {
                codes.take(&text);
            }
        }
    }
    Ok(groups)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::json::Json;
    use super::*;

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
            for code in CODES {
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

    proptest! {
        #[test]
        fn every_code_is_read_or_counted(texts in proptest::collection::vec("[ -~]{0,30}|[0-9]{20}", 0..6)) {
            let entries: Vec<_> = texts
                .iter()
                .map(|text| serde_json::json!({ "drug_trac_codg": text }))
                .collect();
            let (packs, unreadable) = codes(&serde_json::json!({ "drugTracInfo": entries }).to_string());
            let filled = texts.iter().filter(|text| !text.trim().is_empty()).count();
            prop_assert_eq!(packs.len() + unreadable as usize, filled);
        }
    }
}
