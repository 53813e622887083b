//! The picture of the code, enforced on its sources: who depends on whom, and who may name what.
//!
//! In scope: the dependencies that manifests declare, rings of files, the topics of the desk, and the
//! names that sources use. Out of scope: what only the compiler knows (what a macro makes); review sees
//! that.
//!
//! The tables below are the picture. A change of the picture is a change of the tables and of
//! ARCHITECTURE.md, in one commit.

mod graph;
mod source;
mod topic;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use pharmacy_kit::tree::{self, TextFile};

use self::graph::{House, Room};

/// Which of our crates a crate may depend on, which more its tests may, and which crates from outside
/// it may not have.
///
/// ```text
///                   demo       tests
///                      \      /   \
///                       agent      kit
///                         |         |
///                       desk        |
///        _________________|_________|___
///       |          |           |        |
///   interface   device     catalogue   journal
///       |__________|___________|________|
///                  |
///             decision, base          bureau
///                  |                     |
///               protocol ________________|
/// ```
const CRATES: [Crate; 13] = [
    Crate {
        name: "pharmacy-protocol",
        directory: "protocol",
        ours: &[],
        dev: &[],
        never: OUTER_WORLD,
    },
    Crate {
        name: "pharmacy-bureau",
        directory: "protocol/bureau",
        ours: &["protocol", "decision"],
        dev: &[],
        never: &["rusqlite"],
    },
    Crate {
        name: "pharmacy-base",
        directory: "agent/base",
        ours: &["protocol"],
        dev: &[],
        never: OUTER_WORLD,
    },
    Crate {
        name: "pharmacy-decision",
        directory: "agent/decision",
        ours: &["protocol"],
        dev: &[],
        never: OUTER_WORLD,
    },
    Crate {
        name: "pharmacy-interface",
        directory: "agent/interface",
        ours: FLOOR,
        dev: &[],
        never: OUTER_WORLD,
    },
    Crate {
        name: "pharmacy-device",
        directory: "agent/device",
        ours: FLOOR,
        dev: &["kit"],
        never: &["axum", "hyper", "hyper-util", "rusqlite"],
    },
    Crate {
        name: "pharmacy-catalogue",
        directory: "agent/catalogue",
        ours: FLOOR,
        dev: &[],
        never: &["axum", "hyper", "hyper-util", "serialport", "tokio"],
    },
    Crate {
        name: "pharmacy-journal",
        directory: "agent/journal",
        ours: FLOOR,
        dev: &[],
        never: &["axum", "hyper", "hyper-util", "serialport", "tokio"],
    },
    Crate {
        name: "pharmacy-desk",
        directory: "agent/desk",
        ours: HOUSE,
        dev: &["kit"],
        never: &["axum", "hyper", "hyper-util", "rusqlite", "serialport"],
    },
    Crate {
        name: "pharmacy-agent",
        directory: "agent",
        ours: AGENT,
        dev: &["kit"],
        never: &["rusqlite", "serialport"],
    },
    Crate {
        name: "pharmacy-kit",
        directory: "tests/kit",
        ours: &["protocol", "decision", "base", "interface", "device"],
        dev: &[],
        never: &["rusqlite"],
    },
    Crate {
        name: "pharmacy-demo",
        directory: "tests/demo",
        ours: EVERYTHING,
        dev: &[],
        never: &["rusqlite"],
    },
    Crate {
        name: "pharmacy-tests",
        directory: "tests",
        ours: EVERYTHING,
        dev: EVERYTHING,
        never: &[],
    },
];

/// What every room of the agent may stand on.
const FLOOR: &[&str] = &["protocol", "decision", "base"];

const HOUSE: &[&str] = &[
    "protocol",
    "decision",
    "base",
    "interface",
    "device",
    "catalogue",
    "journal",
];

const AGENT: &[&str] = &[
    "protocol",
    "decision",
    "base",
    "interface",
    "device",
    "catalogue",
    "journal",
    "desk",
];

const EVERYTHING: &[&str] = &[
    "protocol",
    "bureau",
    "decision",
    "base",
    "interface",
    "device",
    "catalogue",
    "journal",
    "desk",
    "agent",
    "kit",
    "demo",
];

/// Crates of sockets, databases, devices and logs.
const OUTER_WORLD: &[&str] = &[
    "axum",
    "hyper",
    "hyper-util",
    "lettre",
    "reqwest",
    "rusqlite",
    "serialport",
    "tokio",
    "tracing-subscriber",
];

/// What sources below a directory may not name. Paths match from their start (`std::fs` also forbids
/// `std::fs::File`), types and calls anywhere (`SystemTime`), `crate::` is the crate's own root, `!`
/// marks a macro.
const PICTURE: [Rule; 9] = [
    Rule {
        who: &["protocol/src"],
        but: &[],
        never: &[IO, CLOCK],
        because: "nouns and bytes: no I/O, no clock, no async",
    },
    Rule {
        who: &["agent/decision/src"],
        but: &[],
        never: &[IO, CLOCK, LOG],
        because: "facts in, verdict out, nothing else",
    },
    Rule {
        who: &["agent/interface/src"],
        but: &[],
        never: &[IO, CLOCK, LOG],
        because: "bytes are read as they are, wherever they come from",
    },
    Rule {
        who: &["agent/desk/src/core"],
        but: &[],
        never: &[
            IO,
            CLOCK,
            LOG,
            &["pharmacy_journal", "pharmacy_catalogue", "pharmacy_device"],
        ],
        because: "plain functions and enums: no async, no clock, no log, no rows",
    },
    Rule {
        who: &["agent/desk/src"],
        but: &[],
        never: &[&["pharmacy_device::port", "pharmacy_device::reader"]],
        because: "the desk hears of the world by inputs and answers by actions",
    },
    Rule {
        who: &["agent/src/api"],
        but: &[],
        never: &[ROWS, DEVICES, &["crate::counter", "crate::gateway"]],
        because: "edges know each other only by the service",
    },
    Rule {
        who: &["agent/src/counter"],
        but: &[],
        never: &[ROWS, DEVICES, &["crate::api", "crate::gateway"]],
        because: "edges know each other only by the service",
    },
    Rule {
        who: &["agent/src/gateway"],
        but: &[],
        never: &[ROWS, DEVICES, &["crate::api", "crate::counter"]],
        because: "edges know each other only by the service",
    },
    Rule {
        who: &["agent"],
        but: &["agent/src/cli", "agent/src/main.rs"],
        never: &[&["print!", "println!", "eprint!", "eprintln!"]],
        because: "a daemon talks through its log and its interfaces",
    },
];

const IO: &[&str] = &[
    "std::fs",
    "std::net",
    "std::process",
    "std::env",
    "tokio",
    "Stdin",
    "Stdout",
];
const CLOCK: &[&str] = &[
    "SystemTime",
    "Instant",
    "Timestamp::now",
    "Zoned::now",
    "SystemClock",
];
const LOG: &[&str] = &["tracing", "tracing_subscriber"];
const ROWS: &[&str] = &["pharmacy_journal"];
const DEVICES: &[&str] = &[
    "pharmacy_device::port",
    "pharmacy_device::reader",
    "serialport",
];

struct Crate {
    name: &'static str,
    directory: &'static str,
    ours: &'static [&'static str],
    dev: &'static [&'static str],
    never: &'static [&'static str],
}

struct Rule {
    who: &'static [&'static str],
    but: &'static [&'static str],
    never: &'static [&'static [&'static str]],
    because: &'static str,
}

impl Rule {
    fn binds(&self, path: &str) -> bool {
        let is_in = |places: &[&str]| places.iter().any(|place| is_below(path, place));
        is_in(self.who) && !is_in(self.but)
    }
}

fn is_below(path: &str, place: &str) -> bool {
    path.strip_prefix(place)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Test code may name anything.
fn is_test(path: &str) -> bool {
    path.split('/')
        .any(|part| matches!(part, "tests.rs" | "testing.rs" | "examples" | "benches"))
        || path
            .split_once("/src/")
            .is_none_or(|(_, below)| below.contains("tests/"))
}

/// The sources of all crates but `pharmacy-tests`' own programs.
static SOURCES: LazyLock<House> = LazyLock::new(house);

fn house() -> House {
    let files = tree::files(&["rs"]);
    let rooms = files
        .iter()
        .filter(|file| !is_test(&file.path))
        .filter_map(|file| {
            let krate = CRATES
                .iter()
                .find(|krate| is_below(&file.path, &format!("{}/src", krate.directory)))?;
            let folder = format!("{}/src", krate.directory);
            let name = krate.name.replace('-', "_");
            Some(Room::read(&file.path, &name, &folder, &file.text))
        });
    House::new(rooms.collect())
}

/// Every name in the room that the picture forbids there, as `path: name: reason`.
fn breaches(room: &Room) -> BTreeSet<String> {
    let used = room.source.written_out(&room.module);
    let mut found = BTreeSet::new();
    for rule in PICTURE.iter().filter(|rule| rule.binds(&room.path)) {
        for forbidden in rule.never.iter().flat_map(|names| names.iter()) {
            if let Some(name) = used.iter().find(|name| matches(name, forbidden)) {
                found.insert(format!("{}: `{name}`: {}", room.path, rule.because));
            }
        }
    }
    found
}

/// Whether a name is the forbidden one or lies below it.
fn matches(name: &str, forbidden: &str) -> bool {
    let name: Vec<_> = name.split("::").collect();
    let forbidden: Vec<_> = forbidden.split("::").collect();
    let is_type = forbidden[0].starts_with(char::is_uppercase);
    if is_type {
        name.windows(forbidden.len()).any(|part| part == forbidden)
    } else if forbidden[0].ends_with('!') {
        name.last() == forbidden.last()
    } else {
        name.starts_with(&forbidden)
    }
}

/// The crates that a manifest depends on, by their own names, without and with those of tests.
fn dependencies(manifest: &toml::Table) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut own, mut dev) = (BTreeSet::new(), BTreeSet::new());
    for (key, value) in manifest {
        let Some(table) = value.as_table() else {
            continue;
        };
        let names = table.iter().map(|(name, source)| {
            let renamed = source.get("package").and_then(toml::Value::as_str);
            renamed.unwrap_or(name).to_owned()
        });
        match key.as_str() {
            "dependencies" | "build-dependencies" => own.extend(names),
            "dev-dependencies" => dev.extend(names),
            "target" => {
                for platform in table.values().filter_map(toml::Value::as_table) {
                    let (more, more_dev) = dependencies(platform);
                    own.extend(more);
                    dev.extend(more_dev);
                }
            }
            _ => {}
        }
    }
    (own, dev)
}

fn manifest(directory: &str) -> toml::Table {
    let path = tree::root().join(directory).join("Cargo.toml");
    let text = std::fs::read_to_string(&path).expect("every crate has a manifest");
    text.parse().expect("a manifest is TOML")
}

#[test]
fn crates_depend_in_one_direction() {
    for krate in &CRATES {
        let manifest = manifest(krate.directory);
        assert_eq!(manifest["package"]["name"].as_str(), Some(krate.name));
        let (own, dev) = dependencies(&manifest);
        let is_allowed = |name: &str, more: &[&str]| {
            let ours = name.strip_prefix("pharmacy-");
            ours.is_none_or(|name| krate.ours.contains(&name) || more.contains(&name))
        };
        for name in &own {
            assert!(
                is_allowed(name, &[]),
                "{} may not depend on {name}",
                krate.name
            );
            let is_welcome = !krate.never.contains(&name.as_str());
            assert!(is_welcome, "{} may not have {name}", krate.name);
        }
        for name in &dev {
            let is_allowed = is_allowed(name, krate.dev);
            assert!(is_allowed, "tests of {} may not have {name}", krate.name);
        }
    }
}

#[test]
fn only_the_journal_and_the_catalogue_name_the_database() {
    let having: Vec<_> = CRATES
        .iter()
        .filter(|krate| {
            dependencies(&manifest(krate.directory))
                .0
                .contains("rusqlite")
        })
        .map(|krate| krate.name)
        .collect();
    assert_eq!(having, ["pharmacy-catalogue", "pharmacy-journal"]);
}

#[test]
fn picture_knows_every_crate() {
    let workspace = manifest(".");
    let members = workspace["workspace"]["members"]
        .as_array()
        .expect("the members are a list");
    let members: BTreeSet<_> = members.iter().filter_map(toml::Value::as_str).collect();
    let known: BTreeSet<_> = CRATES.iter().map(|krate| krate.directory).collect();
    assert_eq!(members, known);
}

#[test]
fn every_rule_of_the_picture_binds_somebody() {
    let files = tree::files(&["rs"]);
    for rule in &PICTURE {
        for place in rule.who.iter().chain(rule.but) {
            let is_there = files.iter().any(|file| is_below(&file.path, place));
            assert!(is_there, "nothing lies at {place}");
        }
    }
}

#[test]
fn no_files_use_each_other_in_a_ring() {
    assert!(
        SOURCES.rooms().len() > 300,
        "{} rooms",
        SOURCES.rooms().len()
    );
    let rings = SOURCES.rings();
    assert!(
        rings.is_empty(),
        "{} rings:\n{}",
        rings.len(),
        rings.join("\n")
    );
}

#[test]
fn topics_of_the_desk_call_only_earlier_topics() {
    assert_eq!(topic::unplaced(&SOURCES), BTreeSet::new());
    let found: Vec<_> = topic::breaches(&SOURCES).into_iter().collect();
    assert!(found.is_empty(), "against the order:\n{}", found.join("\n"));
}

#[test]
fn sources_name_only_what_the_picture_allows() {
    let found: Vec<_> = SOURCES.rooms().iter().flat_map(breaches).collect();
    assert!(
        found.is_empty(),
        "against the picture:\n{}",
        found.join("\n")
    );
}

fn breaches_of(path: &str, text: &str) -> BTreeSet<String> {
    let file = TextFile {
        path: path.into(),
        text: text.into(),
    };
    let (folder, _) = path.split_once("/src/").unwrap();
    let folder = format!("{folder}/src");
    breaches(&Room::read(&file.path, "pharmacy_x", &folder, &file.text))
}

/// The picture holds nothing if it cannot be broken: each sample, put where it says, is a breach.
#[test]
fn breaches_are_found() {
    let core = "agent/desk/src/core/sale.rs";
    for (path, text) in [
        (core, "use pharmacy_journal::store::Row;"),
        (core, "fn f() -> std::time::SystemTime { g() }"),
        (core, "use std::{collections::BTreeMap, fs};"),
        (core, "use std::time::Instant;"),
        (core, "fn f() { tracing::info!(\"sold\"); }"),
        ("agent/src/api/sale.rs", "use super::super::gateway::Call;"),
        ("agent/src/api/mod.rs", "use pharmacy_journal::store;"),
        ("agent/src/gateway/mod.rs", "fn f() { crate::api::send() }"),
        (
            "agent/src/counter/page.rs",
            "use pharmacy_device::port::Port;",
        ),
        (
            "agent/desk/src/gate/mod.rs",
            "use pharmacy_device::reader::Reader;",
        ),
        ("agent/src/api/mod.rs", "fn f() { println!(\"x\"); }"),
        (
            "agent/journal/src/lib.rs",
            "fn f() { std::eprintln!(\"x\"); }",
        ),
        (
            "agent/decision/src/rule/sex.rs",
            "use std::time::{Duration, SystemTime as S};",
        ),
        ("agent/interface/src/lib.rs", "use ::tokio::sync::mpsc;"),
        (
            "protocol/src/log/tile.rs",
            "fn f() { let x = std::fs::read(p); }",
        ),
        (
            "protocol/src/log/tile.rs",
            "use std::fs; fn f() { fs::read(p); }",
        ),
        ("protocol/src/note.rs", "fn f() { jiff::Timestamp::now(); }"),
        ("protocol/src/note.rs", "use std::io::Stdin;"),
    ] {
        assert!(!breaches_of(path, text).is_empty(), "{path}: {text}");
    }
}

#[test]
fn lawful_sources_are_left_alone() {
    for (path, text) in [
        (
            "agent/desk/src/core/sale.rs",
            "//! std::fs is not for us.\n/* std::fs */ const S: &str = \"tokio\";",
        ),
        (
            "agent/desk/src/core/sale.rs",
            "fn f() {}\n#[cfg(test)]\nmod tests { use std::fs; fn g() { { } } }",
        ),
        (
            "agent/desk/src/gate/mod.rs",
            "use pharmacy_journal::Journal; use pharmacy_device::scan::Kind;",
        ),
        (
            "agent/src/api/mod.rs",
            "use crate::api::problem; use super::door;",
        ),
        ("agent/src/cli/mod.rs", "fn f() { println!(\"x\"); }"),
        (
            "protocol/src/note.rs",
            "use std::io::Read; use jiff::Timestamp; fn f(at: Timestamp) {}",
        ),
        (
            "protocol/bureau/src/main.rs",
            "use std::fs; fn f() { println!(\"x\"); }",
        ),
    ] {
        assert_eq!(breaches_of(path, text), BTreeSet::new(), "{path}: {text}");
    }
}

#[test]
fn dependencies_are_found_wherever_a_manifest_may_put_them() {
    let text = "[dependencies]\na = \"1\"\nb.workspace = true\nc = { package = \"real\" }\n\
                [dev-dependencies]\nd = \"1\"\n[build-dependencies]\ne = \"1\"\n\
                [target.'cfg(windows)'.dependencies]\nf = \"1\"\n[features]\ng = []\n";
    let (own, dev) = dependencies(&text.parse().unwrap());
    assert_eq!(own, ["a", "b", "e", "f", "real"].map(str::to_owned).into());
    assert_eq!(dev, BTreeSet::from(["d".to_owned()]));
}
