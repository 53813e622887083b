//! Every requirement that is cited exists, and the ones that nothing checks are named.
//!
//! The form of a citation is stated in `protocol/spec/requirements.md`: the letter R and two digits,
//! standing alone. What looks like one and is none:
//!
//! * part of a longer word or number (`0xR07`, `R105`, `R_07`), or of base64 (`+R07`);
//! * a disease code: chapter R of ICD-10 (symptoms) uses the same letter and digits, but in the
//!   insurer's data always with a subdivision (`R05.x00`), and that is how one is to be written here.

use std::collections::{BTreeMap, BTreeSet};

use pharmacy_kit::tree::{self, TextFile};

/// The table that gives the numbers their meaning. It cites itself, which proves nothing.
const TABLE: &str = "protocol/spec/requirements.md";

/// This file, whose samples prove nothing either.
const THIS: &str = "tests/tests/repository/requirements.rs";

/// Where people and rules cite.
const CITING: [&str; 8] = ["csv", "json", "md", "rs", "sql", "toml", "txt", "yaml"];

/// Frozen bytes, in which letters and digits mean nothing.
const FROZEN: &str = "/testdata/";

/// What the mark in the column "does" may be.
const MARKS: [&str; 5] = ["B", "M", "R", "S", "V"];

/// One place where a requirement is cited.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Citation {
    requirement: String,
    path: String,
    line: usize,
    by: Citing,
}

/// What kind of place cites.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Citing {
    /// Prose, or a comment in code that is neither rule nor test.
    Mention,
    /// A rule: its code, its table or its row.
    Rule,
    /// A test or a verdict case.
    Test,
}

/// The citations in a text, with their lines counted from 1.
fn citations(text: &str) -> Vec<(usize, &str)> {
    let lines = text.lines().zip(1..);
    lines
        .flat_map(|(line, number)| cited_in(line).map(move |cited| (number, cited)))
        .collect()
}

fn cited_in(line: &str) -> impl Iterator<Item = &str> {
    let bytes = line.as_bytes();
    bytes
        .windows(3)
        .enumerate()
        .filter_map(move |(at, window)| {
            let is_form = window[0] == b'R' && window[1..].iter().all(u8::is_ascii_digit);
            let before = at.checked_sub(1).map(|before| bytes[before]);
            let stands_alone = !before.is_some_and(belongs_to_a_word)
                && !bytes.get(at + 3).copied().is_some_and(belongs_to_a_word)
                && !is_subdivided(&bytes[at + 3..]);
            (is_form && stands_alone).then(|| &line[at..at + 3])
        })
}

/// Chinese may touch a citation, since it writes no spaces: only ASCII makes a longer word.
fn belongs_to_a_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'+')
}

fn is_subdivided(rest: &[u8]) -> bool {
    rest.first() == Some(&b'.') && rest.get(1).is_some_and(u8::is_ascii_alphanumeric)
}

/// Which requirements the table defines, with the text of their rows.
fn table(text: &str) -> BTreeMap<String, Vec<String>> {
    let mut rows = BTreeMap::new();
    for line in text.lines() {
        let cells: Vec<_> = line.split('|').map(|cell| cell.trim().to_owned()).collect();
        let Some(id) = cells
            .get(1)
            .filter(|id| citations(id) == [(1, id.as_str())])
        else {
            continue;
        };
        let id = id.clone();
        let again = rows.insert(id.clone(), cells);
        assert!(again.is_none(), "{id} has two rows");
    }
    rows
}

fn citations_of(file: &TextFile) -> Vec<Citation> {
    if [TABLE, THIS].contains(&file.path.as_str()) || file.path.contains(FROZEN) {
        return Vec::new();
    }
    let tests_begin = match file.path.ends_with(".rs") {
        true => file
            .text
            .lines()
            .position(|line| line.trim() == "#[cfg(test)]"),
        false => None,
    };
    let cite = |(line, requirement): (usize, &str)| Citation {
        requirement: requirement.to_owned(),
        path: file.path.clone(),
        line,
        by: citing(&file.path, tests_begin.is_some_and(|begin| line > begin)),
    };
    citations(&file.text).into_iter().map(cite).collect()
}

fn citing(path: &str, is_below_cfg_test: bool) -> Citing {
    let is_prose = path.ends_with(".md");
    let is_test = path
        .split('/')
        .any(|part| matches!(part, "tests" | "tests.rs"));
    let is_rule = path.starts_with("config/rules/") || path.contains("/rule");
    if is_prose {
        Citing::Mention
    } else if is_test || is_below_cfg_test {
        Citing::Test
    } else if is_rule {
        Citing::Rule
    } else {
        Citing::Mention
    }
}

/// The places whose requirement the table does not know.
fn unknown<'a>(rows: &BTreeMap<String, Vec<String>>, all: &'a [Citation]) -> Vec<&'a Citation> {
    all.iter()
        .filter(|citation| !rows.contains_key(&citation.requirement))
        .collect()
}

fn repository_table() -> BTreeMap<String, Vec<String>> {
    let text = std::fs::read_to_string(tree::root().join(TABLE)).expect("the table is there");
    table(&text)
}

#[test]
fn every_citation_names_a_requirement_of_the_table() {
    let rows = repository_table();
    let all: Vec<_> = tree::files(&CITING).iter().flat_map(citations_of).collect();
    let unknown = unknown(&rows, &all);
    let list: Vec<_> = unknown
        .iter()
        .map(|citation| {
            format!(
                "{}:{}: {}",
                citation.path, citation.line, citation.requirement
            )
        })
        .collect();
    assert!(
        unknown.is_empty(),
        "cited, but not in {TABLE}:\n{}",
        list.join("\n")
    );

    let by = |kind: Citing| -> BTreeSet<_> {
        all.iter()
            .filter(|c| c.by == kind)
            .map(|c| c.requirement.as_str())
            .collect()
    };
    let (rules, tests) = (by(Citing::Rule), by(Citing::Test));
    let checked: BTreeSet<_> = rules.union(&tests).copied().collect();
    let open: Vec<_> = rows
        .keys()
        .filter(|id| !checked.contains(id.as_str()))
        .cloned()
        .collect();
    println!(
        "requirements: {}, cited by rules: {}, by tests: {}, by neither: {} ({})",
        rows.len(),
        rules.len(),
        tests.len(),
        open.len(),
        open.join(" ")
    );
}

#[test]
fn every_row_of_the_table_is_whole() {
    let rows = repository_table();
    assert!(rows.len() >= 44, "rows were lost: {}", rows.len());
    for (id, cells) in &rows {
        // An empty cell before the first bar and one after the last.
        assert_eq!(
            cells.len(),
            6,
            "{id}: four columns, and no bar inside a cell"
        );
        let marks: Vec<_> = cells[3].split(' ').collect();
        let is_known = !marks.is_empty() && marks.iter().all(|mark| MARKS.contains(mark));
        assert!(is_known, "{id}: unknown mark in `{}`", cells[3]);
        assert!(
            !cells[2].is_empty() && !cells[4].is_empty(),
            "{id}: says nothing or cites nothing"
        );
    }
}

#[test]
fn the_table_cites_only_itself() {
    let rows = repository_table();
    let text = std::fs::read_to_string(tree::root().join(TABLE)).expect("the table is there");
    let cited = citations(&text);
    let lost: Vec<_> = cited
        .iter()
        .filter(|(_, id)| !rows.contains_key(*id))
        .collect();
    assert!(lost.is_empty(), "{lost:?}");
}

#[test]
fn only_the_standing_form_is_a_citation() {
    let cases: [(&str, &[&str]); 10] = [
        ("see R07.", &["R07"]),
        (
            "R07 and (R10), `R11`; R12–R14",
            &["R07", "R10", "R11", "R12", "R14"],
        ),
        ("要求R07适用", &["R07"]),
        ("\"basis\": [\"R13\"],R17,", &["R13", "R17"]),
        ("0xR07 xR07 R7 R2 R105 R07a R_07 FOO_R07", &[]),
        ("r07 R０７", &[]),
        ("3FR10E9 AAR07== +R07/", &[]),
        ("R05.x00 cough, R07.400", &[]),
        ("R05. Then R07", &["R05", "R07"]),
        ("", &[]),
    ];
    for (line, expected) in cases {
        let found: Vec<_> = cited_in(line).collect();
        assert_eq!(found, expected, "{line}");
    }
}

#[test]
fn unknown_number_is_found_with_its_place() {
    let rows = table("| R07 | text | V | law |\n| no | row | x | y |");
    let text = "// LAW: R07\n// and R99\n".to_owned();
    let file = TextFile {
        path: "agent/decision/src/rule/interval.rs".into(),
        text,
    };
    let all = citations_of(&file);
    let found = unknown(&rows, &all);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].requirement.as_str(), found[0].line), ("R99", 2));
}

#[test]
fn rules_tests_and_mentions_are_told_apart() {
    let cases = [
        ("config/rules/national/quantity.csv", Citing::Rule),
        ("agent/decision/src/rule/interval.rs", Citing::Rule),
        ("agent/decision/src/rules.rs", Citing::Rule),
        ("tests/verdicts/proxy.json", Citing::Test),
        ("agent/src/journal/tests.rs", Citing::Test),
        ("agent/src/sale.rs", Citing::Mention),
        ("config/rules/README.md", Citing::Mention),
    ];
    for (path, expected) in cases {
        assert_eq!(citing(path, false), expected, "{path}");
    }
    let text = "//! R07\n#[cfg(test)]\nmod tests {} // R10\n".to_owned();
    let file = TextFile {
        path: "agent/src/sale.rs".into(),
        text,
    };
    let by: Vec<_> = citations_of(&file)
        .into_iter()
        .map(|citation| citation.by)
        .collect();
    assert_eq!(by, [Citing::Mention, Citing::Test]);
}
