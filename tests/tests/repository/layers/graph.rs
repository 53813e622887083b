//! Which file uses what another file defines.
//!
//! A name is followed through re-exports to the file that defines it. `mod x;` and a re-export by
//! themselves use nothing: a face that shows its rooms is not built on them. In scope: our own crates.
//! Out of scope: fields and methods, which no path names; see `topic` for the desk's.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use super::source::{Source, Written};

/// A file of a crate of ours, read.
pub struct Room {
    /// Its path from the repository's root.
    pub path: String,
    /// Its crate's name, as code spells it.
    pub krate: String,
    /// Its module path within the crate; empty for the root.
    pub module: Vec<String>,
    /// What stands in it.
    pub source: Source,
}

impl Room {
    /// Reads a file of a crate whose sources lie in `folder`.
    pub fn read(path: &str, krate: &str, folder: &str, text: &str) -> Self {
        let source = Source::parse(text).unwrap_or_else(|error| panic!("{path}: {error}"));
        Self {
            path: path.to_owned(),
            krate: krate.to_owned(),
            module: module(path, folder),
            source,
        }
    }
}

/// The module path of a source file, from its crate's root.
fn module(path: &str, folder: &str) -> Vec<String> {
    let below = path.strip_prefix(folder).unwrap_or(path);
    let below = below.trim_start_matches('/');
    let below = below.strip_suffix(".rs").unwrap_or(below);
    let below = below.strip_suffix("/mod").unwrap_or(below);
    match below {
        "lib" => Vec::new(),
        // A program is a crate of its own beside the library.
        "main" => vec!["main.rs".to_owned()],
        _ => below.split('/').map(str::to_owned).collect(),
    }
}

/// All rooms, and the way from a name to the room that defines it.
pub struct House {
    rooms: Vec<Room>,
    places: BTreeMap<(String, Vec<String>), usize>,
}

/// How many re-exports a name is followed through: more is a circle.
const MOST_TURNS: usize = 16;

impl House {
    /// A house of rooms.
    pub fn new(rooms: Vec<Room>) -> Self {
        let places = rooms
            .iter()
            .enumerate()
            .map(|(at, room)| ((room.krate.clone(), room.module.clone()), at))
            .collect();
        Self { rooms, places }
    }

    /// Its rooms.
    pub fn rooms(&self) -> &[Room] {
        &self.rooms
    }

    /// The rooms that each room uses, with a name that it uses there.
    pub fn uses(&self) -> Vec<BTreeMap<usize, String>> {
        (0..self.rooms.len()).map(|at| self.uses_of(at)).collect()
    }

    fn uses_of(&self, at: usize) -> BTreeMap<usize, String> {
        let source = &self.rooms[at].source;
        let imported = source.imports.values().filter(|import| !import.is_shown);
        let written = imported.map(|import| &import.path).chain(&source.named);
        let mut found = BTreeMap::new();
        for path in written {
            if let Some(other) = self.defining(at, path, 0).filter(|other| *other != at) {
                found.entry(other).or_insert_with(|| path.join("::"));
            }
        }
        found
    }

    /// The room that defines what a room means by a path; none for names from outside, local names,
    /// and modules as such.
    pub fn defining(&self, at: usize, path: &[String], turns: usize) -> Option<usize> {
        let (first, rest) = path.split_first()?;
        let room = &self.rooms[at];
        match first.as_str() {
            "crate" => self.below(&room.krate, &[], rest, turns),
            "self" => self.below(&room.krate, &room.module, rest, turns),
            "super" => {
                let (_, above) = room.module.split_last()?;
                let supers = rest.iter().take_while(|part| *part == "super").count();
                let above = &above[..above.len().checked_sub(supers)?];
                self.below(&room.krate, above, &rest[supers..], turns)
            }
            krate if self.is_crate(krate) && !room.source.imports.contains_key(krate) => {
                self.below(krate, &[], rest, turns)
            }
            _ => self.below(&room.krate, &room.module, path, turns),
        }
    }

    fn is_crate(&self, name: &str) -> bool {
        self.places.contains_key(&(name.to_owned(), Vec::new()))
    }

    /// What a path means that begins at a module.
    fn below(
        &self,
        krate: &str,
        module: &[String],
        path: &[String],
        turns: usize,
    ) -> Option<usize> {
        if turns > MOST_TURNS {
            return None;
        }
        let mut module = module.to_vec();
        let mut rest = path;
        let mut at = *self.places.get(&(krate.to_owned(), module.clone()))?;
        while let Some((first, after)) = rest.split_first() {
            module.push(first.clone());
            let Some(&inner) = self.places.get(&(krate.to_owned(), module.clone())) else {
                break;
            };
            at = inner;
            rest = after;
        }
        let (name, after) = rest.split_first()?;
        let source = &self.rooms[at].source;
        if source.defined.contains(name.trim_end_matches('!')) {
            return Some(at);
        }
        let onwards = |target: &Written| {
            let path: Written = target.iter().chain(after).cloned().collect();
            self.defining(at, &path, turns + 1)
        };
        if let Some(import) = source.imports.get(name) {
            // `use rusqlite::Connection` in a module called so is no circle.
            return (import.path != path)
                .then(|| onwards(&import.path))
                .flatten();
        }
        source.globs.iter().find_map(|glob| {
            let path: Written = glob.iter().chain(rest).cloned().collect();
            self.defining(at, &path, turns + 1)
        })
    }

    /// Rings of rooms that use one another, each as a walk from a room back to itself.
    pub fn rings(&self) -> Vec<String> {
        let uses = self.uses();
        let onwards: Vec<BTreeSet<usize>> = uses
            .iter()
            .map(|used| used.keys().copied().collect())
            .collect();
        let mut found = Vec::new();
        let mut seen = BTreeSet::new();
        for start in 0..self.rooms.len() {
            if seen.contains(&start) {
                continue;
            }
            if let Some(ring) = shortest_ring(start, &onwards) {
                seen.extend(ring.iter().copied());
                found.push(self.told(&ring, &uses));
            }
        }
        found
    }

    fn told(&self, ring: &[usize], uses: &[BTreeMap<usize, String>]) -> String {
        let next = ring.iter().skip(1).chain(ring.first());
        let steps = ring.iter().zip(next).map(|(from, to)| {
            let name = &uses[*from][to];
            format!(
                "{} uses `{name}` of {}",
                self.rooms[*from].path, self.rooms[*to].path
            )
        });
        steps.collect::<Vec<_>>().join(",\n    ")
    }
}

/// The shortest walk from a place back to itself.
pub fn shortest_ring(start: usize, onwards: &[BTreeSet<usize>]) -> Option<Vec<usize>> {
    let mut came_from: BTreeMap<usize, usize> = BTreeMap::new();
    let mut front = vec![start];
    while !front.is_empty() {
        let mut next = Vec::new();
        for from in front {
            for &to in &onwards[from] {
                if to == start {
                    let mut ring = vec![from];
                    while let Some(&before) = came_from.get(ring.last()?) {
                        ring.push(before);
                    }
                    ring.reverse();
                    return Some(ring);
                }
                if let Entry::Vacant(place) = came_from.entry(to) {
                    place.insert(from);
                    next.push(to);
                }
            }
        }
        front = next;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn house(files: &[(&str, &str)]) -> House {
        let rooms = files.iter().map(|(path, text)| {
            let (folder, _) = path.split_once("/src/").unwrap();
            let krate = format!("pharmacy_{folder}");
            Room::read(path, &krate, &format!("{folder}/src"), text)
        });
        House::new(rooms.collect())
    }

    #[test]
    fn a_name_leads_to_the_file_that_defines_it() {
        let house = house(&[
            (
                "a/src/lib.rs",
                "mod b; mod c; pub use b::Deep; pub fn top() {}",
            ),
            (
                "a/src/b/mod.rs",
                "mod d; pub use d::Deep; pub use self::d::Other as Renamed;",
            ),
            ("a/src/b/d.rs", "pub struct Deep; pub struct Other;"),
            (
                "a/src/c.rs",
                "use super::*; use crate::b; fn f(x: Deep, y: b::Renamed) {}",
            ),
            ("e/src/lib.rs", "use pharmacy_a::Deep;"),
            ("f/src/main.rs", "fn main() { pharmacy_a::top() }"),
        ]);
        let uses: Vec<Vec<usize>> = house
            .uses()
            .iter()
            .map(|used| used.keys().copied().collect())
            .collect();
        assert_eq!(uses, [vec![], vec![], vec![], vec![2], vec![2], vec![0]]);
        assert_eq!(house.rings(), Vec::<String>::new());
    }

    #[test]
    fn a_face_that_uses_its_rooms_is_in_a_ring_and_one_that_shows_them_is_not() {
        let inner = ("a/src/b.rs", "use super::Top; pub fn f(_: Top) {}");
        let showing = [
            ("a/src/lib.rs", "mod b; pub use b::f; pub struct Top;"),
            inner,
        ];
        assert_eq!(house(&showing).rings(), Vec::<String>::new());
        let using = [
            (
                "a/src/lib.rs",
                "mod b; pub use b::f; pub struct Top; fn g() { f(Top) }",
            ),
            inner,
        ];
        let rings = house(&using).rings();
        assert_eq!(
            rings,
            [
                "a/src/lib.rs uses `f` of a/src/b.rs,\n    a/src/b.rs uses `super::Top` of a/src/lib.rs"
            ]
        );
    }

    #[test]
    fn a_ring_over_three_files_is_found_whatever_leads_into_it() {
        let house = house(&[
            ("a/src/lib.rs", "mod b; mod c; mod d; mod e;"),
            ("a/src/b.rs", "use crate::c::C; pub struct B;"),
            ("a/src/c.rs", "use crate::d::D; pub struct C;"),
            ("a/src/d.rs", "pub struct D; fn f(_: super::b::B) {}"),
            (
                "a/src/e.rs",
                "use crate::b::B; fn f() { macros!(crate::c::C) }",
            ),
        ]);
        let rings = house.rings();
        assert_eq!(rings.len(), 1);
        assert_eq!(rings[0].matches(" uses ").count(), 3);
    }
}
