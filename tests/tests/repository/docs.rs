//! What the documents promise is there, and what must never enter the repository is not.
//!
//! In scope: links between documents, the spelling of requirement numbers in prose, sample
//! configurations as TOML, and texts that betray a machine, a registry, a loose end or a person.
//! Out of scope: links to the outside (nothing here needs a network), old 15-digit identity numbers
//! (any product code could be one), and what the samples mean (`pharmacy-agent` validates them).

use std::path::Path;

use pharmacy_kit::tree::{self, TextFile};
use pharmacy_protocol::person::{IdentityNumber, mask_number};

/// This file spells out what it looks for.
const THIS: &str = "tests/tests/repository/docs.rs";

/// Every kind of text that is kept.
const TEXTS: [&str; 14] = [
    "csv", "html", "json", "md", "ps1", "rs", "service", "sh", "sql", "toml", "txt", "wxs", "yaml",
    "yml",
];

/// What betrays where something was written, or where it came from. Names of hosts hold in a
/// document as in code: a client knows its registry.
const BETRAYING: [&str; 11] = [
    "/work/",
    "/root/",
    "/home/",
    "C:\\Users\\",
    "crates.io",
    "deb.debian.org",
    "security.debian.org",
    "npmjs.org",
    "npmjs.com",
    "pypi.org",
    "pythonhosted.org",
];

/// Identity numbers that belong to nobody, although their year is not out of reach: the example of
/// GB 11643 and that of the foreigners' permanent residence card.
const PUBLISHED: [&str; 2] = ["11010519491231002X", "931586198001010028"];

/// Who was born before is dead: a number with such a year is safe as an example.
const OUT_OF_REACH: i16 = 1900;

/// Something that must not be there.
#[derive(Debug, Eq, PartialEq)]
struct Finding {
    path: String,
    line: usize,
    what: String,
}

fn finding(file: &TextFile, line: usize, what: impl Into<String>) -> Finding {
    Finding {
        path: file.path.clone(),
        line,
        what: what.into(),
    }
}

/// The finding of each line, if any.
fn in_lines(file: &TextFile, find: impl Fn(&str) -> Option<String>) -> Vec<Finding> {
    let lines = file.text.lines().zip(1..);
    lines
        .filter_map(|(text, line)| find(text).map(|what| finding(file, line, what)))
        .collect()
}

fn assert_none(found: Vec<Finding>) {
    let list: Vec<_> = found
        .iter()
        .map(|found| format!("{}:{}: {}", found.path, found.line, found.what))
        .collect();
    assert!(
        found.is_empty(),
        "{} found:\n{}",
        found.len(),
        list.join("\n")
    );
}

/// Prose with fenced code, code spans and comments blanked; lines keep their numbers.
fn prose(markdown: &str) -> String {
    let mut fence = None;
    let mut prose = String::new();
    for line in markdown.lines() {
        let mark = ["```", "~~~"]
            .into_iter()
            .find(|mark| line.trim_start().starts_with(mark));
        match (fence, mark) {
            (None, Some(_)) => fence = mark,
            (Some(open), Some(_)) if mark == Some(open) => fence = None,
            (Some(_), _) => {}
            (None, None) => {
                let outside = line.split('`').step_by(2);
                prose.push_str(&outside.collect::<Vec<_>>().join(" "));
            }
        }
        prose.push('\n');
    }
    prose
}

/// Targets of `[text](target)` and `[name]: target` in a line of prose.
fn targets(line: &str) -> Vec<&str> {
    let inline = line.split("](").skip(1);
    let mut found: Vec<_> = inline
        .filter_map(|rest| rest.split([')', ' ']).next())
        .collect();
    if line.starts_with('[')
        && let Some((_, target)) = line.split_once("]: ")
    {
        found.extend(target.split_whitespace().next());
    }
    found
}

/// The links of a document that lead nowhere in the repository.
fn dead_links(file: &TextFile, exists: impl Fn(&Path) -> bool) -> Vec<Finding> {
    let home = Path::new(&file.path).parent().unwrap_or(Path::new(""));
    in_lines(
        &TextFile {
            path: file.path.clone(),
            text: prose(&file.text),
        },
        |line| {
            let dead = targets(line).into_iter().find(|target| {
                let place = target.split('#').next().unwrap_or_default();
                let is_outside = target.contains("://") || target.starts_with("mailto:");
                !is_outside && !place.is_empty() && !exists(&home.join(place.replace("%20", " ")))
            })?;
            Some(format!("the link to `{dead}` leads nowhere"))
        },
    )
}

/// A requirement number in prose with more or fewer than two digits.
fn misspelt_requirement(line: &str) -> Option<String> {
    let words = line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let mut numbers = words.filter(|word| {
        let digits = word.strip_prefix('R').unwrap_or_default();
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) && digits.len() != 2
    });
    numbers
        .next()
        .map(|word| format!("`{word}` is no requirement number: R and two digits"))
}

/// A loose end that nobody will find again: `todo!`, or a FIXME or TODO without its number.
fn loose_end(line: &str) -> Option<String> {
    if let Some(name) = ["todo!(", "unimplemented!("]
        .into_iter()
        .find(|name| line.contains(name))
    {
        return Some(format!("`{name}…)`"));
    }
    ["FIXME", "TODO"].into_iter().find_map(|mark| {
        let mut places = line.match_indices(mark);
        let is_loose = places.any(|(at, _)| {
            let after = line[at + mark.len()..]
                .strip_prefix('(')
                .unwrap_or_default();
            let number = after
                .trim_start_matches('#')
                .split(')')
                .next()
                .unwrap_or_default();
            number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit())
        });
        is_loose.then(|| format!("`{mark}` without a number: write `{mark}(#12)`"))
    })
}

/// An 18-character number that a living person could bear. The finding shows it masked.
fn identity_number(line: &str) -> Option<String> {
    let words = line.split(|c: char| !c.is_ascii_alphanumeric());
    let mut numbers = words.filter(|word| {
        let upper = word.to_ascii_uppercase();
        let born = upper
            .parse::<IdentityNumber>()
            .ok()
            .map(|number| number.birth().year());
        word.len() == 18
            && born.is_some_and(|year| year >= OUT_OF_REACH)
            && !PUBLISHED.contains(&upper.as_str())
    });
    numbers.next().map(|word| {
        let masked = mask_number(word);
        format!(
            "{masked} may be a person's number; take a published example, or a year before 1900"
        )
    })
}

fn betrayal(line: &str) -> Option<String> {
    let found = BETRAYING.into_iter().find(|word| line.contains(word))?;
    Some(format!("`{found}` has no place here"))
}

fn texts() -> Vec<TextFile> {
    let mut files = tree::files(&TEXTS);
    files.retain(|file| file.path != THIS);
    files
}

#[test]
fn every_relative_link_leads_somewhere() {
    let exists = |path: &Path| tree::root().join(path).exists();
    assert_none(
        tree::files(&["md"])
            .iter()
            .flat_map(|file| dead_links(file, exists))
            .collect(),
    );
}

#[test]
fn requirement_numbers_in_prose_have_two_digits() {
    let check = |file: &TextFile| {
        let file = TextFile {
            path: file.path.clone(),
            text: prose(&file.text),
        };
        in_lines(&file, misspelt_requirement)
    };
    assert_none(tree::files(&["md"]).iter().flat_map(check).collect());
}

#[test]
fn sample_configurations_are_toml() {
    for file in tree::files(&["toml"]) {
        let parsed = file.text.parse::<toml::Table>();
        assert!(parsed.is_ok(), "{}: {}", file.path, parsed.unwrap_err());
    }
}

#[test]
fn nothing_tells_of_a_machine_or_a_registry() {
    assert_none(
        texts()
            .iter()
            .flat_map(|file| in_lines(file, betrayal))
            .collect(),
    );
}

#[test]
fn no_loose_end_is_without_its_number() {
    let code = texts()
        .into_iter()
        .filter(|file| !file.path.ends_with(".md"));
    assert_none(code.flat_map(|file| in_lines(&file, loose_end)).collect());
}

#[test]
fn nobodys_identity_number_is_in_the_repository() {
    assert_none(
        texts()
            .iter()
            .flat_map(|file| in_lines(file, identity_number))
            .collect(),
    );
}

#[test]
fn dead_links_are_found_and_living_ones_are_not() {
    let text = "[a](b.md) [c](../d.md#e) [f](#g) [h](https://i.example/) `[j](k.md)`\n\
                [l](dead.md \"title\")\n```text\n[m](n.md)\n```\n[o]: gone.md\n[p](q%20r.md)\n";
    let file = TextFile {
        path: "docs/x.md".into(),
        text: text.into(),
    };
    let living = ["docs/b.md", "docs/../d.md", "docs/q r.md"];
    let found = dead_links(&file, |path| {
        living.contains(&path.to_string_lossy().as_ref())
    });
    let lines: Vec<_> = found.iter().map(|found| found.line).collect();
    assert_eq!(lines, [2, 6], "{found:?}");
}

#[test]
fn each_search_finds_its_sample_and_spares_the_rest() {
    type Search = fn(&str) -> Option<String>;
    let cases: [(Search, &[&str], &[&str]); 4] = [
        (
            misspelt_requirement,
            &["see R7", "R105.", "（R1）"],
            &["R07, R68", "RFC 9457", "R", "R2D2", "xR7", "R_7"],
        ),
        (
            loose_end,
            &[
                "todo!()",
                "// FIXME: later",
                "// TODO",
                "TODO(soon)",
                "FIXME(#1) and TODO",
            ],
            &["FIXME(#12)", "// TODO(7): x", "todo", "GAP(0007)"],
        ),
        (
            identity_number,
            // Nobody's: no province has the number 10.
            &["\"100000199003070018\"", "100000199003070018"],
            &[
                "11010519491231002X, 11010519491231002x",
                "440524188001010014 810000188001010015",
                "110105194912310021",
                "81100000199003070018",
                "1000001990030700",
            ],
        ),
        (
            betrayal,
            &["cd /root/x", "in /work/y", "from crates.io"],
            &["/workspace", "roots", "crates"],
        ),
    ];
    for (search, found, spared) in cases {
        for line in found {
            assert!(search(line).is_some(), "{}", mask_number(line));
        }
        for line in spared {
            assert_eq!(search(line), None, "{line}");
        }
    }
}

#[test]
fn finding_shows_no_whole_number() {
    let number = "100000199003070018";
    let found = identity_number(number).unwrap();
    assert!(
        !found.contains(number) && !found.contains("19900307"),
        "{found}"
    );
}
