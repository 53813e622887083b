//! The picture of the code, enforced on its sources: who depends on whom, and who may name what.
//!
//! In scope: the dependencies that manifests declare, the modules of the agent, and the names that
//! sources use, in code but not in comments, strings or `#[cfg(test)]` blocks. Out of scope: what
//! only the compiler knows (re-exports, macros from elsewhere); review sees those.
//!
//! The tables below are the picture. A change of the picture is a change of the tables and of
//! ARCHITECTURE.md, in one commit.

use std::collections::{BTreeMap, BTreeSet};

use pharmacy_tests::names::names;
use pharmacy_tests::tree::{self, TextFile};

/// Which of our crates a crate may depend on, and which crates from outside it may not have.
///
/// ```text
/// protocol ◄── decision ◄── agent ◄── tests
///    ▲            ▲                     │
///    └── bureau ──┘ ◄───────────────────┘
/// ```
const CRATES: [Crate; 5] = [
    Crate {
        name: "pharmacy-protocol",
        directory: "protocol",
        ours: &[],
        never: OUTER_WORLD,
    },
    Crate {
        name: "pharmacy-decision",
        directory: "agent/decision",
        ours: &["pharmacy-protocol"],
        never: OUTER_WORLD,
    },
    Crate {
        name: "pharmacy-agent",
        directory: "agent",
        // Itself: its own tests switch the fault seam of the journal on.
        ours: &["pharmacy-protocol", "pharmacy-decision", "pharmacy-agent"],
        never: &[],
    },
    Crate {
        name: "pharmacy-bureau",
        directory: "protocol/bureau",
        ours: &["pharmacy-protocol", "pharmacy-decision"],
        never: &["rusqlite"],
    },
    Crate {
        name: "pharmacy-tests",
        directory: "tests",
        ours: &[
            "pharmacy-protocol",
            "pharmacy-decision",
            "pharmacy-agent",
            "pharmacy-bureau",
        ],
        never: &[],
    },
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
    "tracing",
    "tracing-subscriber",
];

/// Where each module of the agent stands, from the outside in. A module that stands nowhere fails
/// the test: give it its place.
const MODULES: [(Place, &[&str]); 7] = [
    (
        Place::Entry,
        &["main", "lib", "cli", "control", "demo", "service"],
    ),
    (
        Place::Edge,
        &["api", "bureau", "counter", "gateway", "mail", "outbox"],
    ),
    (Place::Device, &["device"]),
    (Place::Desk, &["desk"]),
    (Place::Core, &["core", "roster", "sale", "stock"]),
    (Place::Journal, &["journal"]),
    (Place::Store, &["store"]),
];

/// Modules that serve others at any depth: what is read once at the start, looked up, or worded.
const SHARED: &[&str] = &[
    "calendar",
    "accept",
    "catalogue",
    "classify",
    "clock",
    "config",
    "digest",
    "inbox",
    "interface",
    "pack",
    "scan",
    "slip",
    "stop",
    "text",
    "tls",
];

/// What a place may not name. Paths match from their start (`std::fs` also forbids `std::fs::File`),
/// types and calls anywhere (`SystemTime`), `crate::` is the crate's own root, `!` marks a macro.
const PICTURE: [Rule; 13] = [
    Rule {
        who: Who::Crate("protocol/src"),
        never: &[IO, CLOCK],
        because: "nouns and bytes: no I/O, no clock, no async",
    },
    Rule {
        who: Who::Crate("agent/decision/src"),
        never: &[IO, CLOCK, WEB, ASYNC, SQL, LOG],
        because: "facts in, verdict out, nothing else",
    },
    Rule {
        who: Who::Crate("protocol/bureau/src"),
        never: &[SQL],
        because: "the bureau reads what is handed over, not a shop's database",
    },
    Rule {
        who: Who::AllBut(&["store"]),
        never: &[SQL],
        because: "the store is the only module that names rusqlite",
    },
    Rule {
        who: Who::AllBut(&[
            "store",
            "journal",
            "desk",
            "catalogue",
            "cli",
            "demo",
            "service",
        ]),
        never: &[&["crate::store"]],
        because: "rows are the journal's, and those whom it hands a transaction",
    },
    Rule {
        who: Who::AllBut(&["journal", "desk", "cli", "demo", "service"]),
        never: &[&["crate::journal"]],
        because: "the desk is the journal's caller",
    },
    Rule {
        who: Who::At(Place::Core),
        never: &[
            IO, CLOCK, WEB, ASYNC, SQL, LOG, EDGES, DEVICES, DESK, ENTRIES,
        ],
        because: "plain functions and enums: no async, no clock, no log, no SQL",
    },
    Rule {
        who: Who::At(Place::Edge),
        never: &[EDGES, DEVICES, ENTRIES],
        because: "edges know each other only by channels",
    },
    Rule {
        who: Who::At(Place::Device),
        never: &[EDGES, WEB, DESK, ENTRIES],
        because: "a driver knows its port, not who asks",
    },
    Rule {
        who: Who::At(Place::Desk),
        never: &[WEB, EDGES, ENTRIES],
        because: "the desk hears of the world by inputs and answers by actions",
    },
    Rule {
        who: Who::At(Place::Journal),
        never: &[WEB, EDGES, DEVICES, DESK, ENTRIES],
        because: "the one writer serves whoever stands at the desk",
    },
    Rule {
        who: Who::At(Place::Store),
        never: &[
            WEB,
            ASYNC,
            EDGES,
            DEVICES,
            DESK,
            ENTRIES,
            &["crate::journal"],
        ],
        because: "statements, and nothing that decides when to run them",
    },
    Rule {
        who: Who::AllBut(&["cli", "demo", "main"]),
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
    "crate::clock",
];
const WEB: &[&str] = &["axum", "hyper", "hyper_util", "reqwest", "lettre"];
const ASYNC: &[&str] = &["tokio"];
const SQL: &[&str] = &["rusqlite"];
const LOG: &[&str] = &["tracing", "tracing_subscriber"];
const EDGES: &[&str] = &[
    "crate::api",
    "crate::bureau",
    "crate::counter",
    "crate::gateway",
    "crate::mail",
    "crate::outbox",
];
const DEVICES: &[&str] = &["crate::device", "serialport"];
const DESK: &[&str] = &["crate::desk"];
const ENTRIES: &[&str] = &["crate::cli", "crate::demo", "crate::service"];

/// Names that a module may use all the same, each with its reason.
const ALLOWED: [Exception; 0] = [];

struct Crate {
    name: &'static str,
    directory: &'static str,
    ours: &'static [&'static str],
    never: &'static [&'static str],
}

struct Rule {
    who: Who,
    never: &'static [&'static [&'static str]],
    because: &'static str,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Place {
    Core,
    Desk,
    Device,
    Edge,
    Entry,
    Journal,
    Store,
}

/// Whom a rule binds.
#[derive(Clone, Copy)]
enum Who {
    /// Every module of the agent but these.
    AllBut(&'static [&'static str]),
    /// The agent's modules at a place.
    At(Place),
    /// Every source below a directory.
    Crate(&'static str),
}

/// A name that one module may use against the picture.
struct Exception {
    module: &'static str,
    name: &'static str,
    #[expect(dead_code, reason = "read by whoever reads the table")]
    because: &'static str,
}

impl Who {
    fn binds(self, file: &TextFile) -> bool {
        match self {
            Self::Crate(directory) => file.path.starts_with(&format!("{directory}/")),
            Self::AllBut(modules) => module(file).is_some_and(|module| !modules.contains(&module)),
            Self::At(place) => module(file).is_some_and(|module| place_of(module) == Some(place)),
        }
    }
}

/// The agent's module that a file belongs to.
fn module(file: &TextFile) -> Option<&str> {
    let below = file.path.strip_prefix("agent/src/")?;
    let first = below.split('/').next()?;
    Some(first.strip_suffix(".rs").unwrap_or(first))
}

fn place_of(module: &str) -> Option<Place> {
    MODULES
        .iter()
        .find(|(_, modules)| modules.contains(&module))
        .map(|(place, _)| *place)
}

/// Test code is a layer of its own and may name anything.
fn is_test(file: &TextFile) -> bool {
    file.path
        .split('/')
        .any(|part| matches!(part, "tests" | "tests.rs"))
}

/// Every name in the file that the picture forbids there, as `path: name: reason`.
fn breaches(file: &TextFile) -> BTreeSet<String> {
    if is_test(file) {
        return BTreeSet::new();
    }
    let used = names(&file.path, &file.text);
    let mut found = BTreeSet::new();
    for rule in PICTURE.iter().filter(|rule| rule.who.binds(file)) {
        for forbidden in rule.never.iter().flat_map(|names| names.iter()) {
            let mut breaking = used.iter().filter(|name| matches(name, forbidden));
            if let Some(name) = breaking.next()
                && !is_allowed(file, forbidden)
                && !is_itself(file, forbidden)
            {
                let (path, because) = (&file.path, rule.because);
                found.insert(format!("{path}: `{name}`: {because}"));
            }
        }
    }
    found
}

fn is_allowed(file: &TextFile, forbidden: &str) -> bool {
    let mut exceptions = ALLOWED
        .iter()
        .filter(|exception| exception.name == forbidden);
    exceptions.any(|exception| module(file) == Some(exception.module))
}

/// A module may name itself from its root.
fn is_itself(file: &TextFile, forbidden: &str) -> bool {
    module(file).is_some() && forbidden.strip_prefix("crate::") == module(file)
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

/// The crates that a manifest depends on in any way, by their own names.
fn dependencies(manifest: &toml::Table) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (key, value) in manifest {
        let Some(table) = value.as_table() else {
            continue;
        };
        if matches!(
            key.as_str(),
            "dependencies" | "dev-dependencies" | "build-dependencies"
        ) {
            for (name, source) in table {
                let renamed = source.get("package").and_then(toml::Value::as_str);
                found.insert(renamed.unwrap_or(name).to_owned());
            }
        } else if key == "target" {
            let platforms = table.values().filter_map(toml::Value::as_table);
            found.extend(platforms.flat_map(dependencies));
        }
    }
    found
}

fn manifest(directory: &str) -> toml::Table {
    let path = tree::root().join(directory).join("Cargo.toml");
    let text = std::fs::read_to_string(&path).expect("every crate has a manifest");
    text.parse().expect("a manifest is TOML")
}

#[test]
fn crates_depend_in_one_direction() {
    let ours: BTreeSet<_> = CRATES.iter().map(|krate| krate.name).collect();
    for krate in &CRATES {
        let manifest = manifest(krate.directory);
        assert_eq!(manifest["package"]["name"].as_str(), Some(krate.name));
        for name in dependencies(&manifest) {
            let is_allowed = !ours.contains(name.as_str()) || krate.ours.contains(&name.as_str());
            assert!(is_allowed, "{} may not depend on {name}", krate.name);
            assert!(
                !krate.never.contains(&name.as_str()),
                "{} may not have {name}",
                krate.name
            );
        }
    }
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
fn picture_knows_every_module_of_the_agent() {
    for file in tree::files(&["rs"]) {
        let Some(module) = module(&file) else {
            continue;
        };
        let has_place = place_of(module).is_some() || SHARED.contains(&module);
        assert!(
            has_place,
            "{}: where does `{module}` stand in the picture?",
            file.path
        );
    }
}

#[test]
fn sources_name_only_what_the_picture_allows() {
    let found: Vec<_> = tree::files(&["rs"]).iter().flat_map(breaches).collect();
    assert!(
        found.is_empty(),
        "against the picture:\n{}",
        found.join("\n")
    );
}

#[test]
fn every_exception_is_still_needed() {
    let files = tree::files(&["rs"]);
    for exception in &ALLOWED {
        let mut own = files
            .iter()
            .filter(|file| module(file) == Some(exception.module));
        let needs = |file: &TextFile| {
            names(&file.path, &file.text)
                .iter()
                .any(|name| matches(name, exception.name))
        };
        assert!(
            own.any(needs),
            "{} no longer names {}",
            exception.module,
            exception.name
        );
    }
}

/// The picture holds nothing if it cannot be broken: each sample, put where it says, is a breach.
#[test]
fn breaches_are_found() {
    let cases = [
        ("agent/src/sale.rs", "use rusqlite::Connection;"),
        (
            "agent/src/sale/attempt.rs",
            "fn f() -> std::time::SystemTime { todo() }",
        ),
        ("agent/src/sale.rs", "use std::{collections::BTreeMap, fs};"),
        ("agent/src/stock.rs", "use std::time::Instant;"),
        ("agent/src/stock.rs", "fn f() { tracing::info!(\"sold\"); }"),
        ("agent/src/roster.rs", "use crate::journal::Journal;"),
        ("agent/src/api.rs", "use crate::{desk, store::Store};"),
        ("agent/src/api/sale.rs", "use super::super::gateway::Call;"),
        ("agent/src/gateway/mod.rs", "fn f() { crate::mail::send() }"),
        ("agent/src/gateway/mod.rs", "use super::journal;"),
        ("agent/src/device/port.rs", "use crate::desk::Input;"),
        ("agent/src/desk.rs", "use axum::Json;"),
        ("agent/src/api/mod.rs", "use crate::store;"),
        ("agent/src/journal/mod.rs", "use hyper as web;"),
        ("agent/src/store/mod.rs", "use crate::journal::Recorded;"),
        ("agent/src/api.rs", "fn f() { println!(\"x\"); }"),
        ("agent/src/config.rs", "fn f() { std::eprintln!(\"x\"); }"),
        (
            "agent/decision/src/rule/sex.rs",
            "use std::time::{Duration, SystemTime as S};",
        ),
        ("agent/decision/src/lib.rs", "use ::tokio::sync::mpsc;"),
        (
            "protocol/src/log/tile.rs",
            "fn f() { let x = std::fs::read(p); }",
        ),
        ("protocol/src/note.rs", "fn f() { jiff::Timestamp::now() }"),
        ("protocol/src/note.rs", "use std::io::Stdin;"),
        ("protocol/bureau/src/pull.rs", "use rusqlite::Row;"),
        ("agent/src/main.rs", "fn main() { rusqlite::version(); }"),
        (
            "agent/src/service.rs",
            "use pharmacy_journal::store; fn f() { rusqlite::x() }",
        ),
    ];
    for (path, text) in cases {
        let file = TextFile {
            path: path.into(),
            text: text.into(),
        };
        assert!(!breaches(&file).is_empty(), "{path}: {text}");
    }
}

#[test]
fn lawful_sources_are_left_alone() {
    let cases = [
        (
            "agent/src/store/mod.rs",
            "use rusqlite::Connection; use crate::store::row::Row;",
        ),
        (
            "agent/src/sale.rs",
            "//! rusqlite is not for us.\n/* std::fs */ const S: &str = \"tokio\";",
        ),
        (
            "agent/src/sale.rs",
            "const S: &str = r#\"\"std::fs\"\"#; const C: char = '\"'; fn f<'a>() {}",
        ),
        (
            "agent/src/sale.rs",
            "fn f() {}\n#[cfg(test)]\nmod tests { use std::fs; fn g() { { } } }",
        ),
        (
            "agent/src/sale/tests.rs",
            "use crate::journal; use std::fs;",
        ),
        (
            "agent/src/desk.rs",
            "use crate::{journal::Journal, sale, device::Scan};",
        ),
        (
            "agent/src/desk.rs",
            "fn f(store: u8) { let api = store; api::<u8>() }",
        ),
        (
            "agent/src/journal/mod.rs",
            "use crate::store::Store; use tokio::sync::oneshot;",
        ),
        (
            "agent/src/api.rs",
            "use crate::api::problem; use super::desk; mod store {} use self::store::x;",
        ),
        (
            "agent/src/cli/mod.rs",
            "use crate::store; fn f() { println!(\"x\"); }",
        ),
        (
            "protocol/src/note.rs",
            "use std::io::Read; use jiff::Timestamp; fn f(at: Timestamp) {}",
        ),
        (
            "protocol/bureau/src/main.rs",
            "use std::fs; fn f() { println!(\"x\"); }",
        ),
    ];
    for (path, text) in cases {
        let file = TextFile {
            path: path.into(),
            text: text.into(),
        };
        assert_eq!(breaches(&file), BTreeSet::new(), "{path}: {text}");
    }
}

#[test]
fn dependencies_are_found_wherever_a_manifest_may_put_them() {
    let text = "[dependencies]\na = \"1\"\nb.workspace = true\nc = { package = \"real\" }\n\
                [dev-dependencies]\nd = \"1\"\n[build-dependencies]\ne = \"1\"\n\
                [target.'cfg(windows)'.dependencies]\nf = \"1\"\n[features]\ng = []\n";
    let found = dependencies(&text.parse().unwrap());
    let expected = ["a", "b", "d", "e", "f", "real"].map(str::to_owned);
    assert_eq!(found, BTreeSet::from(expected));
}

#[test]
fn no_module_stands_in_two_places() {
    let mut seen = BTreeMap::new();
    for module in MODULES
        .iter()
        .flat_map(|(_, modules)| *modules)
        .chain(SHARED)
    {
        *seen.entry(module).or_insert(0) += 1;
    }
    assert!(seen.values().all(|&count| count == 1), "{seen:?}");
}
