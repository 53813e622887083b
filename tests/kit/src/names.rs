//! The names that a Rust source uses, for tests that ask who may name what.
//!
//! In scope: paths in code, written out in full: use trees expanded, `self` and `super` resolved from
//! the file's place, macros with their `!`. Comments, literals and `#[cfg(test)]` items are left out.
//! Out of scope: what a re-export or a macro brings in, and `super` inside an inline module, which
//! is read as that of its file.

use std::collections::BTreeSet;

/// Every path used in the source at `path`, as `std::fs::read`, `crate::store`, `println!`.
pub fn names(path: &str, text: &str) -> BTreeSet<String> {
    let bare = without_comments_and_literals(text);
    let tokens = without_test_items(tokens(&bare));
    let home = home(path);
    let mut found = BTreeSet::new();
    let mut rest = tokens.as_slice();
    while let Some((first, after)) = rest.split_first() {
        if *first == "use" {
            let mut tree = UseTree {
                rest: after,
                found: Vec::new(),
            };
            tree.read(&[]);
            found.extend(tree.found.iter().map(|path| resolved(&home, path)));
            rest = tree.rest;
        } else if *first == "." {
            // A field or a method is no name of ours, whatever it is called.
            rest = after.get(1..).unwrap_or_default();
        } else if is_name(first) {
            let (path, after) = path_at(rest);
            found.insert(resolved(&home, &path));
            rest = after;
        } else {
            rest = after;
        }
    }
    found
}

/// The module path of a source file, from its crate's root: empty for the root itself.
fn home(path: &str) -> Vec<String> {
    let below = path.split_once("/src/").map_or(path, |(_, below)| below);
    let below = below.strip_suffix(".rs").unwrap_or(below);
    let below = below.strip_suffix("/mod").unwrap_or(below);
    match below {
        "lib" | "main" => Vec::new(),
        _ => below.split('/').map(str::to_owned).collect(),
    }
}

fn resolved(home: &[String], path: &[String]) -> String {
    let mut home = home.to_vec();
    let mut rest = path;
    let mut is_relative = false;
    while let Some((first, after)) = rest.split_first() {
        match first.as_str() {
            // The package's programs see its library under its name.
            "crate" | "pharmacy_agent" => home.clear(),
            "self" => {}
            "super" => {
                home.pop();
            }
            _ => break,
        }
        is_relative = true;
        rest = after;
    }
    if !is_relative {
        return rest.join("::");
    }
    let root = ["crate".to_owned()];
    let parts: Vec<_> = root
        .iter()
        .chain(&home)
        .chain(rest)
        .map(String::as_str)
        .collect();
    parts.join("::")
}

/// A path outside a use, and what follows it.
fn path_at<'a, 't>(tokens: &'t [&'a str]) -> (Vec<String>, &'t [&'a str]) {
    let mut path = Vec::new();
    let mut rest = tokens;
    while let Some((name, after)) = rest.split_first().filter(|(name, _)| is_name(name)) {
        path.push((*name).to_owned());
        rest = after;
        match after {
            ["::", next, ..] if is_name(next) => rest = &after[1..],
            ["!", next, ..] if *next != "=" => {
                if let Some(last) = path.last_mut() {
                    last.push('!');
                }
                break;
            }
            _ => break,
        }
    }
    (path, rest)
}

/// A use declaration being read: `a::{b, c::{self, d as e}, f::*};`.
struct UseTree<'a, 't> {
    rest: &'t [&'a str],
    found: Vec<Vec<String>>,
}

impl UseTree<'_, '_> {
    fn read(&mut self, above: &[String]) {
        let mut path = above.to_vec();
        while let Some((token, after)) = self.rest.split_first() {
            match *token {
                "{" => {
                    self.rest = after;
                    return self.branches(&path);
                }
                "," | "}" | ";" => break,
                "as" => self.rest = after.get(1..).unwrap_or_default(),
                "::" => self.rest = after,
                "self" if path.len() > above.len() || !above.is_empty() => self.rest = after,
                name => {
                    path.push(name.to_owned());
                    self.rest = after;
                }
            }
        }
        self.found.push(path);
    }

    fn branches(&mut self, above: &[String]) {
        while let Some((token, after)) = self.rest.split_first() {
            match *token {
                "}" => {
                    self.rest = after;
                    return;
                }
                "," => self.rest = after,
                ";" => return,
                _ => self.read(above),
            }
        }
    }
}

fn is_name(token: &str) -> bool {
    token.starts_with(|first: char| first.is_alphabetic() || first == '_')
}

/// Words and numbers, `::`, and every other character by itself.
fn tokens(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = if first.is_alphanumeric() || first == '_' {
            rest.find(|c: char| !c.is_alphanumeric() && c != '_')
                .unwrap_or(rest.len())
        } else if rest.starts_with("::") {
            2
        } else {
            first.len_utf8()
        };
        let (token, after) = rest.split_at(length);
        found.push(token);
        rest = after.trim_start();
    }
    found
}

/// Drops each item marked `#[cfg(test)]`, alone or inside `all`.
fn without_test_items(tokens: Vec<&str>) -> Vec<&str> {
    let mut kept = Vec::new();
    let mut rest = tokens.as_slice();
    while let Some((first, after)) = rest.split_first() {
        match rest {
            ["#", "[", "cfg", "(", "test", ")", "]", ..]
            | ["#", "[", "cfg", "(", "all", "(", "test", ..] => rest = after_item(after),
            _ => {
                kept.push(*first);
                rest = after;
            }
        }
    }
    kept
}

/// What follows the next item: past its `;`, or past its braces.
fn after_item<'a, 't>(tokens: &'t [&'a str]) -> &'t [&'a str] {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        match *token {
            "{" => depth += 1,
            "}" if depth <= 1 => return &tokens[at + 1..],
            "}" => depth -= 1,
            ";" if depth == 0 => return &tokens[at + 1..],
            _ => {}
        }
    }
    &[]
}

/// The code alone: each comment and literal becomes one space.
fn without_comments_and_literals(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let ends_a_word = code.ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let skipped = match first {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => block_comment(rest),
            '"' => string(rest),
            '\'' => character(rest),
            'r' | 'b' | 'c' if !ends_a_word => prefixed_literal(rest),
            _ => 0,
        };
        if skipped == 0 {
            code.push(first);
            rest = &rest[first.len_utf8()..];
        } else {
            code.push(' ');
            rest = &rest[skipped..];
        }
    }
    code
}

fn block_comment(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < text.len() {
        let rest = &text.as_bytes()[at..];
        if rest.starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    text.len()
}

/// A literal between quotes like the first, with backslashes heeded.
fn string(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 1;
    while at < bytes.len() && bytes[at] != bytes[0] {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(bytes.len())
}

/// A character literal; 0 for a lifetime, which is one quote and a name.
fn character(text: &str) -> usize {
    let mut after = text[1..].chars();
    match (after.next(), after.next()) {
        (Some('\\'), _) => string(text),
        (Some(one), Some('\'')) => 2 + one.len_utf8(),
        _ => 0,
    }
}

/// `r"…"`, `r#"…"#`, `b"…"`, `b'…'`, `br"…"`, `c"…"`; 0 for a word that only begins like one.
fn prefixed_literal(text: &str) -> usize {
    let prefix = ["br", "cr", "b", "c", "r"].into_iter().find(|prefix| {
        let after = text.strip_prefix(prefix).unwrap_or_default();
        let after = if prefix.ends_with('r') {
            after.trim_start_matches('#')
        } else {
            after
        };
        after.starts_with('"') || (*prefix == "b" && after.starts_with('\''))
    });
    let Some(prefix) = prefix else { return 0 };
    let after = &text[prefix.len()..];
    if !prefix.ends_with('r') {
        return prefix.len() + string(after);
    }
    let hashes = after.len() - after.trim_start_matches('#').len();
    let opening = prefix.len() + hashes + 1;
    let closing = format!("\"{}", "#".repeat(hashes));
    let length = text[opening..].find(&closing).map(|at| at + closing.len());
    length.map_or(text.len(), |length| opening + length)
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn use_trees_are_expanded_and_relative_paths_resolved() {
        let path = "agent/src/api/sale.rs";
        let cases: [(&str, &[&str]); 9] = [
            (
                "use std::{fs, io::{self, Read as R}, net::*};",
                &["std::fs", "std::io", "std::io::Read", "std::net::*"],
            ),
            (
                "use super::{self, problem};",
                &["crate::api", "crate::api::problem"],
            ),
            ("use self::line::Line;", &["crate::api::sale::line::Line"]),
            ("use crate::desk;", &["crate::desk"]),
            ("pub use ::hyper as web;", &["hyper", "pub"]),
            ("crate::desk::ask(a.rusqlite)", &["a", "crate::desk::ask"]),
            ("std::println!()", &["std::println!"]),
            ("a != b", &["a", "b"]),
            ("Vec::<u8>::new()", &["Vec", "new", "u8"]),
        ];
        for (text, expected) in cases {
            let found: Vec<_> = names(path, text).into_iter().collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn comments_literals_and_test_items_name_nothing() {
        let cases = [
            "// tokio\n//! tokio\n/* a /* tokio */ tokio */",
            "\"tokio \\\" tokio\" b\"tokio\" r\"tokio\\\" c\"tokio\"",
            "r##\"tokio \"# tokio\"## br#\"tokio\"# '\"' '\\'' b'\\'' \"tokio\"",
            "#[cfg(test)] mod tests { use tokio; fn f() { { tokio } } }",
            "#[cfg(test)] mod tests;",
            "#[cfg(all(test, unix))] use tokio::fs;",
        ];
        for text in cases {
            let found = names("agent/src/sale.rs", text);
            assert_eq!(
                found.iter().collect::<Vec<_>>(),
                Vec::<&String>::new(),
                "{text}"
            );
        }
    }

    #[test]
    fn code_after_what_was_left_out_is_read() {
        let cases = [
            "fn f<'a>(x: &'a str) {} tokio",
            "let c = '\\''; tokio",
            "#[cfg(test)] mod tests { } tokio",
            "#[cfg(test)] use x; tokio",
            "#[cfg(not(test))] tokio",
            "br tokio",
            "\"\\\\\" tokio",
            "r#type tokio",
        ];
        for text in cases {
            assert!(names("agent/src/sale.rs", text).contains("tokio"), "{text}");
        }
    }
}
