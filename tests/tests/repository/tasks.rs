//! The list of tasks in ARCHITECTURE.md, compared with what the sources start.
//!
//! In scope: named threads and tasks of the daemon. Out of scope: tasks per connection, which belong to
//! the row `api`.

use std::collections::BTreeSet;

use pharmacy_kit::tree;

/// How a source gives a thread its name, and what follows the name.
const NAMED: [(&str, &str); 3] = [
    (".name(\"", "\".into())"),
    ("workers.start(\"", "\","),
    ("const NAME: &'static str = \"", "\";"),
];

/// The first column of the table under `## Tasks`.
fn listed(architecture: &str) -> BTreeSet<String> {
    let section = architecture
        .split("\n## ")
        .find(|section| section.starts_with("Tasks\n"));
    let rows = section.into_iter().flat_map(str::lines);
    rows.filter_map(|row| row.strip_prefix("| `")?.split('`').next())
        .map(str::to_owned)
        .collect()
}

/// Names of threads and functions of tasks that a source starts.
fn started(source: &str) -> BTreeSet<String> {
    let code = source.split("#[cfg(test)]").next().unwrap_or_default();
    let threads = NAMED.iter().flat_map(|(before, after)| {
        let rests = code.split(before).skip(1);
        // A thread's name is given away; every other `name` is read.
        rests.filter_map(move |rest| rest.split_once(after).map(|(name, _)| name))
    });
    let threads = threads.filter(|name| !name.contains('"'));
    let tasks = code
        .split("tasks.spawn(")
        .skip(1)
        .filter_map(|rest| rest.split('(').next());
    threads.chain(tasks).map(str::to_owned).collect()
}

/// Calls that start something without a name.
fn nameless(source: &str) -> usize {
    let code = source.split("#[cfg(test)]").next().unwrap_or_default();
    code.matches("thread::spawn(").count() + code.matches("tokio::spawn(").count()
}

#[test]
fn the_list_of_tasks_is_what_the_sources_start() {
    let architecture = std::fs::read_to_string(tree::root().join("ARCHITECTURE.md")).unwrap();
    let mut found = BTreeSet::new();
    for file in tree::files_below(&tree::root().join("agent"), &["rs"]) {
        let path = &file.path;
        let is_source = path.starts_with("src/") || path.contains("/src/");
        if !is_source || path.ends_with("/tests.rs") {
            continue;
        }
        found.extend(started(&file.text));
        assert_eq!(
            nameless(&file.text),
            0,
            "{path} starts something that has no name"
        );
    }
    assert_eq!(
        listed(&architecture),
        found,
        "listed in ARCHITECTURE.md, and started"
    );
}

#[test]
fn tasks_and_rows_are_found() {
    let source = "fields.name(\"n\")?; builder.name(\"desk\".into()).spawn(f); \
                  tasks.spawn(publish(desk)); workers.start(\"printer\", work);";
    let found = ["desk", "printer", "publish"].map(str::to_owned);
    assert_eq!(started(source), BTreeSet::from(found));
    let page =
        "# A\n\n## Tasks\n\n| task | what |\n|---|---|\n| `desk` | one |\n\n## Next\n| `no` |\n";
    assert_eq!(listed(page), BTreeSet::from(["desk".to_owned()]));
    assert_eq!(nameless("std::thread::spawn(f); tokio::spawn(g)"), 2);
}
