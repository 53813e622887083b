//! The tables of kinds, classes and parts against the types that are written, in both directions.

use std::collections::BTreeSet;

use pharmacy_kit::tree;
use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::part::PartClass;
use pharmacy_protocol::record::{self, Form};

/// A row of a table: its cells, trimmed.
type Row = Vec<String>;

/// The rows of the first table below a heading; the file's first where there is no heading.
fn table(path: &str, heading: &str) -> Vec<Row> {
    let text = std::fs::read_to_string(tree::root().join(path)).unwrap();
    let lines = text.lines().skip_while(|line| !line.starts_with(heading));
    let rows = lines.skip_while(|line| !line.starts_with('|')).skip(2);
    let rows = rows.take_while(|line| line.starts_with('|'));
    let cells = |line: &str| {
        let cells = line.trim_matches('|').split('|');
        cells.map(|cell| cell.trim().to_owned()).collect()
    };
    rows.map(cells).collect()
}

/// What stands in backquotes.
fn words(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

fn first_words(rows: &[Row]) -> Vec<String> {
    let first = rows.iter().map(|row| words(&row[0]).next().unwrap());
    first.map(str::to_owned).collect()
}

fn forms() -> impl Iterator<Item = &'static Form> {
    let typed = record::ALL.iter().chain(pharmacy_decision::record::ALL);
    typed.chain(record::RAW)
}

#[test]
fn every_kind_and_class_is_in_records() {
    let page = "protocol/spec/records.md";
    let kinds = first_words(&table(page, "## Kinds"));
    assert_eq!(kinds, EntryKind::ALL.map(|kind| kind.name().to_owned()));
    let classes = first_words(&table(page, "## Parts"));
    assert_eq!(classes, PartClass::ALL.map(|class| class.name().to_owned()));
}

/// Kind, class and name of every part.
#[test]
fn every_part_is_in_parts() {
    let mut told = BTreeSet::new();
    for row in table("protocol/spec/parts.md", "# Parts") {
        let [kinds, _, class, name, _] = &row[..] else {
            panic!("a row of {} cells: {row:?}", row.len());
        };
        let class: PartClass = words(class).next().unwrap().parse().unwrap();
        let name = words(name).next().unwrap().to_owned();
        for kind in words(kinds) {
            let kind: EntryKind = kind.parse().unwrap();
            let is_new = told.insert((kind, class, name.clone()));
            assert!(is_new, "`{kind}`, `{class}`, `{name}` twice");
        }
    }
    let written: BTreeSet<_> = forms()
        .flat_map(|form| {
            let kinds = form.kinds.iter();
            kinds.map(|kind| (*kind, form.class, form.name.to_owned()))
        })
        .collect();
    let unwritten: Vec<_> = told.difference(&written).collect();
    let untold: Vec<_> = written.difference(&told).collect();
    assert!(
        unwritten.is_empty() && untold.is_empty(),
        "in parts.md and not written: {unwritten:?}\nwritten and not in parts.md: {untold:?}"
    );
}

#[test]
fn every_kind_has_a_part() {
    for kind in EntryKind::ALL {
        assert!(forms().any(|form| form.kinds.contains(&kind)), "{kind}");
    }
}
