//! Every stable code has its text, and every text its use.
//!
//! The sources are read as text: a code that no test provokes still has to be in the catalogue. In
//! scope: codes of the agent (`"area.what"`). Out of scope: codes of rules, which the rule pack brings.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use pharmacy_base::text;

/// Texts of a code's form that are none. Each has to be found, so that none stays for nothing.
const NO_CODES: [(&str, &str); 13] = [
    ("agent.toml", "a file"),
    ("buyer.person", "a member"),
    ("catalogue.lock", "a file"),
    ("checkpoint.new", "a file"),
    ("journal.new", "a file"),
    ("log.db", "a file"),
    ("master.key", "a file"),
    ("patient.person", "a member"),
    ("payer.person", "a member"),
    ("prescriptions.number", "a member"),
    ("prescriptions.patient", "a member"),
    ("reserve.bin", "a file"),
    ("writer.lock", "a file"),
];

/// The crates whose sources say codes, below `agent`. Rules' own codes are `decision`'s and the pack's; what a
/// record cannot be is said where records are.
const ROOMS: [&str; 8] = [
    "",
    "base",
    "catalogue",
    "desk",
    "device",
    "interface",
    "journal",
    "../tests/demo",
];

/// A reason that `classify` writes into its table, not a message.
const REASON: &str = "sources.disagree";

/// The one code without a dot, older than the habit.
const BUSY: &str = "busy";

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// String literals of the shipped part of the sources and templates, and the files they stand in.
fn literals() -> BTreeMap<String, Vec<PathBuf>> {
    let agent = Path::new(env!("CARGO_MANIFEST_DIR")).join("../agent");
    let mut paths = Vec::new();
    let mut found = BTreeMap::new();
    for room in ROOMS {
        let room = agent.join(room);
        sources(&room.join("src"), &mut paths);
        let templates = room.join("templates");
        if templates.exists() {
            literals_of_templates(&templates, &mut found);
        }
    }
    sources(&agent.join("decision/src/record"), &mut paths);
    // What a text is instead of a trace code says itself how it is called.
    sources(&agent.join("../protocol/src/term/trace_text"), &mut paths);
    assert!(paths.len() > 80, "{} sources", paths.len());
    assert!(found.contains_key("counter.title"));
    for path in paths {
        if path.ends_with("tests.rs") {
            continue;
        }
        let source = fs::read_to_string(&path).unwrap();
        // Unit tests stand at the foot of a file.
        let shipped = source.split("\n#[cfg(test)]\nmod ").next().unwrap();
        for line in shipped.lines() {
            let code = line.split("//").next().unwrap();
            for literal in code.split('"').skip(1).step_by(2) {
                found
                    .entry(literal.to_owned())
                    .or_default()
                    .push(path.clone());
            }
        }
    }
    found
}

/// What stands between quotation marks in templates. A literal may stand within an attribute, so
/// both sides of every mark are taken.
fn literals_of_templates(root: &Path, found: &mut BTreeMap<String, Vec<PathBuf>>) {
    let mut pending = vec![root.to_owned()];
    while let Some(folder) = pending.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                pending.push(path);
                continue;
            }
            let template = fs::read_to_string(&path).unwrap();
            for literal in template.split('"') {
                let places = found.entry(literal.to_owned()).or_default();
                places.push(path.clone());
            }
        }
    }
}

fn is_code(literal: &str) -> bool {
    let is_word = |word: &str| {
        word.starts_with(|first: char| first.is_ascii_lowercase())
            && word.chars().all(|letter| {
                letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-'
            })
    };
    literal == BUSY
        || literal
            .split_once('.')
            .is_some_and(|(area, what)| is_word(area) && is_word(what))
}

fn rows() -> BTreeSet<String> {
    let table = include_str!("../../../agent/base/src/text/messages.csv");
    let codes = table
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(','));
    codes.map(|(code, _)| code.to_owned()).collect()
}

#[test]
fn every_code_in_the_sources_has_a_text() {
    let literals = literals();
    let no_codes: BTreeSet<_> = NO_CODES
        .iter()
        .map(|(text, _)| *text)
        .chain([REASON])
        .collect();
    for text in &no_codes {
        assert!(
            literals.contains_key(*text),
            "`{text}` stands nowhere any more"
        );
        assert!(
            !text::has_message(text),
            "`{text}` has a text and is listed as no code"
        );
    }
    // Texts of rules come with the pack.
    let pack = pharmacy_desk::pack::shipped().unwrap();
    let is_rule = |literal: &str| pack.rules().iter().any(|rule| rule.id() == literal);
    let codes: BTreeMap<_, _> = literals
        .iter()
        .filter(|(literal, _)| is_code(literal) && !no_codes.contains(literal.as_str()))
        .filter(|(literal, _)| !is_rule(literal))
        .collect();
    assert!(codes.len() > 120, "only {} codes found", codes.len());
    let silent: Vec<_> = codes
        .iter()
        .filter(|(code, _)| !text::has_message(code))
        .collect();
    assert!(silent.is_empty(), "codes without a text: {silent:?}");
}

#[test]
fn every_text_has_a_code_in_the_sources() {
    let literals = literals();
    let idle: Vec<_> = rows()
        .into_iter()
        .filter(|code| !literals.contains_key(code))
        .collect();
    assert!(idle.is_empty(), "texts that nothing uses: {idle:?}");
}

#[test]
fn texts_are_for_the_counter_and_for_support() {
    for code in rows() {
        let message = text::message(&code);
        assert!(is_code(&code), "{code}");
        // Words that a file has to spell in Chinese are quoted in English, too.
        assert!(
            message.en.is_ascii() || code.starts_with("catalogue."),
            "{code}: {}",
            message.en
        );
        for text in [message.zh, message.en] {
            assert!(!text.ends_with(['。', '.']), "{code}: {text}");
            assert_eq!(text.trim(), text, "{code}");
        }
        assert!(
            message.zh.chars().count() <= 60,
            "{code}: too long for a till: {}",
            message.zh
        );
    }
}
