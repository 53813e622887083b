//! The desk's topics: each calls only those before it.
//!
//! Calls are paths to functions and types of another topic, and methods of [`OWNERS`], which no import
//! shows: a call on `self` within them, or on something called `desk` or `handle`.

use std::collections::{BTreeMap, BTreeSet};

use super::graph::{House, Room};
use super::source::Receiver;

/// Where the topics lie.
const FOLDER: &str = "agent/desk/src/";

/// Types whose methods are spread over the topics.
const OWNERS: [&str; 2] = ["Desk", "DeskHandle"];

/// The topics in their order; those of one row do not call each other.
const ORDER: [&[&str]; 10] = [
    &["core"],
    &["base"],
    &["staff"],
    &["standing"],
    &["stock"],
    &["prescription"],
    &["list"],
    &["sale"],
    &["gate", "counter", "find", "request"],
    &["life"],
];

/// The topic that a file belongs to: its folder, `base` for what lies beside the folders; none for the
/// face, which puts the desk together and shows it.
fn topic(path: &str) -> Option<&str> {
    let below = path.strip_prefix(FOLDER)?;
    match below.split_once('/') {
        Some((folder, _)) => Some(folder),
        None if below == "lib.rs" => None,
        None if below == "core.rs" || below == "life.rs" => below.strip_suffix(".rs"),
        None => Some("base"),
    }
}

fn rank(topic: &str) -> Option<usize> {
    ORDER.iter().position(|row| row.contains(&topic))
}

/// May code of one topic call code of another?
fn may_call(from: &str, to: &str) -> bool {
    from == to || matches!((rank(from), rank(to)), (Some(from), Some(to)) if to < from)
}

/// Topics that the order does not know.
pub fn unplaced(house: &House) -> BTreeSet<String> {
    let topics = house.rooms().iter().filter_map(|room| topic(&room.path));
    topics
        .filter(|topic| rank(topic).is_none())
        .map(str::to_owned)
        .collect()
}

/// Calls against the order.
pub fn breaches(house: &House) -> BTreeSet<String> {
    let methods = methods(house);
    let uses = house.uses();
    let mut found = BTreeSet::new();
    for (room, used) in house.rooms().iter().zip(&uses) {
        let Some(from) = topic(&room.path) else {
            continue;
        };
        for (other, name) in used {
            let other = &house.rooms()[*other];
            if topic(&other.path).is_some_and(|to| !may_call(from, to)) {
                found.insert(format!("{} uses `{name}` of {}", room.path, other.path));
            }
        }
        for (method, defined) in called(room, &methods) {
            if topic(defined).is_some_and(|to| !may_call(from, to)) {
                found.insert(format!("{} calls `{method}` of {defined}", room.path));
            }
        }
    }
    found
}

/// Where each method of the owners is defined.
fn methods(house: &House) -> BTreeMap<(&str, &str), &str> {
    let rooms = house
        .rooms()
        .iter()
        .filter(|room| room.path.starts_with(FOLDER));
    rooms
        .flat_map(|room| {
            let methods = room.source.methods.iter();
            methods.map(|(owner, method)| ((owner.as_str(), method.as_str()), room.path.as_str()))
        })
        .filter(|((owner, _), _)| OWNERS.contains(owner))
        .collect()
}

/// The owners' methods that a file calls, and where each is defined.
fn called<'a>(
    room: &'a Room,
    methods: &BTreeMap<(&'a str, &'a str), &'a str>,
) -> Vec<(&'a str, &'a str)> {
    let mut found = Vec::new();
    for (receiver, method) in &room.source.calls {
        let owners: &[&str] = match receiver {
            Receiver::Itself(owner) if OWNERS.contains(&owner.as_str()) => &[owner.as_str()],
            // Jobs are given the desk itself.
            Receiver::Called(name) if name == "desk" => &["Desk"],
            Receiver::Called(name) if name == "handle" => &["DeskHandle"],
            Receiver::Itself(_) | Receiver::Called(_) | Receiver::Other => &[],
        };
        let defined = owners
            .iter()
            .filter_map(|owner| methods.get(&(*owner, method.as_str())));
        found.extend(defined.map(|defined| (method.as_str(), *defined)));
    }
    for path in &room.source.named {
        if let [.., owner, method] = path.as_slice()
            && let Some(defined) = methods.get(&(owner.as_str(), method.as_str()))
        {
            found.push((method.as_str(), *defined));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn house(files: &[(&str, &str)]) -> House {
        let face = ("lib.rs", "");
        let rooms = files.iter().chain([&face]).map(|(path, text)| {
            let path = format!("{FOLDER}{path}");
            Room::read(&path, "pharmacy_desk", FOLDER, text)
        });
        House::new(rooms.collect())
    }

    #[test]
    fn calls_against_the_order_are_found_by_path_and_by_method() {
        let late = (
            "gate/mod.rs",
            "pub fn f() {} impl Desk { pub fn settle(&self) {} }",
        );
        let lawful = [
            late,
            (
                "staff/mod.rs",
                "pub fn known() {} impl Desk { fn sign(&self) { self.sign() } }",
            ),
            (
                "life.rs",
                "use crate::gate; fn g(desk: &Desk) { gate::f(); desk.settle() }",
            ),
        ];
        assert_eq!(breaches(&house(&lawful)), BTreeSet::new());
        for early in [
            "use crate::gate; fn g() { gate::f() }",
            "fn g() { crate::gate::f() }",
            "impl Desk { fn g(&self) { self.settle() } }",
            "fn g(desk: &Desk) { desk.settle() }",
            "fn g() { run(|desk| desk.settle()) }",
            "fn g() { run(Desk::settle) }",
        ] {
            for place in ["staff/mod.rs", "counter/mod.rs", "step.rs"] {
                let found = breaches(&house(&[late, (place, early)]));
                assert_eq!(found.len(), 1, "{place}: {early}: {found:?}");
            }
        }
    }

    #[test]
    fn a_topic_without_a_place_is_named() {
        let house = house(&[("attic/mod.rs", ""), ("gate/mod.rs", "")]);
        assert_eq!(unplaced(&house), BTreeSet::from(["attic".to_owned()]));
    }
}
