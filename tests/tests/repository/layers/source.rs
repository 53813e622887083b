//! What one Rust source defines, imports, names and calls.
//!
//! In scope: paths in code with use trees written out, macros by their name and the paths among their
//! tokens, methods by the type of their `impl`. `#[cfg(test)]` items, comments, attributes and literals
//! are left out. Out of scope: what a name means (`graph`), what a macro makes of its tokens.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Expr, ImplItem, Item, Member, UseTree};

/// A path as it is written, segment by segment; a macro's last segment ends in `!`.
pub type Written = Vec<String>;

/// What a use declaration makes known in its file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Import {
    /// What it stands for.
    pub path: Written,
    /// Shown to others, which by itself uses nothing.
    pub is_shown: bool,
}

/// On whom a method is called.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Receiver {
    /// A name or a field of this name.
    Called(String),
    /// `self`, in an `impl` of this type.
    Itself(String),
    /// Something else.
    Other,
}

/// One source file.
#[derive(Debug, Default)]
pub struct Source {
    /// Items that stand at its top level.
    pub defined: BTreeSet<String>,
    /// Use declarations, by the name that they make known.
    pub imports: BTreeMap<String, Import>,
    /// Modules whose names are all imported.
    pub globs: Vec<Written>,
    /// Paths in code.
    pub named: BTreeSet<Written>,
    /// Methods by the type of their `impl`.
    pub methods: BTreeSet<(String, String)>,
    /// Method calls.
    pub calls: BTreeSet<(Receiver, String)>,
}

impl Source {
    /// Reads a source.
    pub fn parse(text: &str) -> syn::Result<Self> {
        let mut reader = Reader::default();
        let file = syn::parse_file(text)?;
        for item in &file.items {
            reader.source.define(item);
        }
        reader.visit_file(&file);
        Ok(reader.source)
    }

    /// Every name in code with its imports put in, from the root: `std::fs::read`, `crate::store`,
    /// `println!`. `home` is the module that the source is.
    pub fn written_out(&self, home: &[String]) -> BTreeSet<String> {
        let shown = self.imports.values().map(|import| &import.path);
        let paths = shown.chain(&self.globs).map(|path| absolute(home, path));
        let named = self.named.iter().map(|path| {
            let imported = path.first().and_then(|first| self.imports.get(first));
            match imported {
                Some(import) => {
                    let whole: Written = import.path.iter().chain(&path[1..]).cloned().collect();
                    absolute(home, &whole)
                }
                None => absolute(home, path),
            }
        });
        paths.chain(named).collect()
    }

    fn define(&mut self, item: &Item) {
        let name = match item {
            Item::Const(item) => &item.ident,
            Item::Enum(item) => &item.ident,
            Item::Fn(item) => &item.sig.ident,
            Item::Static(item) => &item.ident,
            Item::Struct(item) => &item.ident,
            Item::Trait(item) => &item.ident,
            Item::Type(item) => &item.ident,
            Item::Union(item) => &item.ident,
            Item::Macro(item) => match &item.ident {
                Some(name) => name,
                None => return,
            },
            _ => return,
        };
        self.defined.insert(name.to_string());
    }

    fn import(&mut self, tree: &UseTree, above: &[String], is_shown: bool) {
        let mut path = above.to_vec();
        match tree {
            UseTree::Path(next) => {
                path.push(next.ident.to_string());
                self.import(&next.tree, &path, is_shown);
            }
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.import(tree, above, is_shown);
                }
            }
            UseTree::Glob(_) => self.globs.push(path),
            UseTree::Name(name) => {
                let name = name.ident.to_string();
                let known = match path.last() {
                    Some(module) if name == "self" => module.clone(),
                    _ => {
                        path.push(name.clone());
                        name
                    }
                };
                self.imports.insert(known, Import { path, is_shown });
            }
            UseTree::Rename(renamed) => {
                path.push(renamed.ident.to_string());
                let known = renamed.rename.to_string();
                self.imports.insert(known, Import { path, is_shown });
            }
        }
    }
}

/// A path from its crate's root, if it is one of the crate's own.
fn absolute(home: &[String], path: &[String]) -> String {
    let own = |mut above: Written, below: &[String]| {
        above.insert(0, "crate".to_owned());
        above.extend(below.iter().cloned());
        above.join("::")
    };
    let supers = path.iter().take_while(|part| *part == "super").count();
    match path.first().map(String::as_str) {
        Some("self") => own(home.to_vec(), &path[1..]),
        Some("super") => {
            let above = home.len().saturating_sub(supers);
            own(home[..above].to_vec(), &path[supers..])
        }
        _ => path.join("::"),
    }
}

/// Walks through the syntax of a file.
#[derive(Default)]
struct Reader {
    source: Source,
    /// The type whose `impl` is being read.
    owner: Option<String>,
}

impl Reader {
    /// What a macro is given: paths and calls among its tokens.
    fn read_tokens(&mut self, tokens: TokenStream) {
        let mut trees = tokens.into_iter().peekable();
        let mut path = Written::new();
        let mut receiver = Receiver::Other;
        let mut is_member = false;
        while let Some(tree) = trees.next() {
            match tree {
                TokenTree::Ident(name) if is_member => {
                    let is_call = matches!(trees.peek(), Some(TokenTree::Group(_)));
                    let name = name.to_string();
                    if is_call {
                        let on = std::mem::replace(&mut receiver, Receiver::Other);
                        self.source.calls.insert((on, name));
                    } else {
                        receiver = Receiver::Called(name);
                    }
                    is_member = false;
                }
                TokenTree::Ident(name) => {
                    path.push(name.to_string());
                    receiver = self.receiver(&name.to_string());
                }
                TokenTree::Punct(mark) if mark.as_char() == ':' && !path.is_empty() => continue,
                TokenTree::Punct(mark) if mark.as_char() == '.' => {
                    self.name(&mut path);
                    is_member = true;
                    continue;
                }
                TokenTree::Group(group) => {
                    self.name(&mut path);
                    self.read_tokens(group.stream());
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => {
                    self.name(&mut path);
                    receiver = Receiver::Other;
                }
            }
            let continues =
                matches!(trees.peek(), Some(TokenTree::Punct(mark)) if mark.as_char() == ':');
            if !continues {
                self.name(&mut path);
            }
        }
    }

    fn name(&mut self, path: &mut Written) {
        if !path.is_empty() {
            self.source.named.insert(std::mem::take(path));
        }
    }

    fn receiver(&self, name: &str) -> Receiver {
        match &self.owner {
            Some(owner) if name == "self" => Receiver::Itself(owner.clone()),
            _ => Receiver::Called(name.to_owned()),
        }
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_attribute(&mut self, _: &'ast Attribute) {}

    fn visit_item(&mut self, item: &'ast Item) {
        if is_test(attributes(item)) {
            return;
        }
        match item {
            Item::Use(declaration) => {
                let is_shown = !matches!(declaration.vis, syn::Visibility::Inherited);
                self.source.import(&declaration.tree, &[], is_shown);
            }
            Item::Impl(block) => {
                let owner = match &*block.self_ty {
                    syn::Type::Path(path) => path.path.segments.last(),
                    _ => None,
                };
                self.owner = owner.map(|owner| owner.ident.to_string());
                visit::visit_item(self, item);
                self.owner = None;
            }
            _ => visit::visit_item(self, item),
        }
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        if let (ImplItem::Fn(method), Some(owner)) = (item, &self.owner) {
            if is_test(&method.attrs) {
                return;
            }
            let method = (owner.clone(), method.sig.ident.to_string());
            self.source.methods.insert(method);
        }
        visit::visit_impl_item(self, item);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names = path.segments.iter().map(|part| part.ident.to_string());
        self.source.named.insert(names.collect());
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, called: &'ast syn::Macro) {
        let names = called.path.segments.iter();
        let mut name: Written = names.map(|part| part.ident.to_string()).collect();
        if let Some(last) = name.last_mut() {
            last.push('!');
        }
        self.source.named.insert(name);
        self.read_tokens(called.tokens.clone());
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        let receiver = match &*call.receiver {
            Expr::Path(path) => path
                .path
                .get_ident()
                .map_or(Receiver::Other, |name| self.receiver(&name.to_string())),
            Expr::Field(field) => match &field.member {
                Member::Named(name) => Receiver::Called(name.to_string()),
                Member::Unnamed(_) => Receiver::Other,
            },
            _ => Receiver::Other,
        };
        self.source
            .calls
            .insert((receiver, call.method.to_string()));
        visit::visit_expr_method_call(self, call);
    }
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        _ => &[],
    }
}

/// Is an item there in tests only: `#[cfg(test)]`, alone or inside `all`?
fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let syn::Meta::List(list) = &attribute.meta else {
            return false;
        };
        let words: Vec<_> = list
            .tokens
            .to_string()
            .split_whitespace()
            .map(str::to_owned)
            .collect();
        let condition = words.join("");
        list.path.is_ident("cfg") && (condition == "test" || condition.starts_with("all(test"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> Vec<String> {
        let source = Source::parse(text).unwrap();
        source.named.iter().map(|path| path.join("::")).collect()
    }

    #[test]
    fn use_trees_are_written_out() {
        let text = "use std::{fs, io::{self, Read as R}, net::*}; pub use super::a::B;";
        let source = Source::parse(text).unwrap();
        let imports: Vec<_> = source
            .imports
            .iter()
            .map(|(name, import)| (name.as_str(), import.path.join("::"), import.is_shown))
            .collect();
        let expected = [
            ("B", "super::a::B".to_owned(), true),
            ("R", "std::io::Read".to_owned(), false),
            ("fs", "std::fs".to_owned(), false),
            ("io", "std::io".to_owned(), false),
        ];
        assert_eq!(imports, expected);
        assert_eq!(source.globs, [["std", "net"]]);
    }

    #[test]
    fn paths_are_found_in_code_and_among_the_tokens_of_macros() {
        let text = "fn f(x: a::B) { std::println!(\"{}\", c::d(e.g)); h::I::<J>::k() }";
        let expected = ["J", "a::B", "c::d", "e", "h::I::k", "std::println!"];
        assert_eq!(named(text), expected);
    }

    #[test]
    fn comments_literals_and_test_items_name_nothing() {
        for text in [
            "// a::b\n/* a::b */ const S: u8 = 1;",
            "#[cfg(test)] mod tests { use a::b; fn f() { a::b() } }",
            "#[cfg(all(test, unix))] fn f() { a::b() }",
            "#[doc = \"a::b\"] #[derive(a::B)] struct S;",
        ] {
            assert!(
                !named(text).iter().any(|name| name.contains("::")),
                "{text}"
            );
        }
    }

    #[test]
    fn methods_and_calls_know_their_types() {
        let text = "impl Desk { fn a(&self) { self.b(); self.journal.c(); } }
                    fn f(desk: &Desk) { desk.d(); g().e(); select! { x = desk.h(1) => {} } }";
        let source = Source::parse(text).unwrap();
        let own = |name: &str| Receiver::Called(name.to_owned());
        assert!(source.methods.contains(&("Desk".into(), "a".into())));
        for (receiver, method) in [
            (Receiver::Itself("Desk".into()), "b"),
            (own("journal"), "c"),
            (own("desk"), "d"),
            (Receiver::Other, "e"),
            (own("desk"), "h"),
        ] {
            assert!(
                source.calls.contains(&(receiver, method.into())),
                "{method}"
            );
        }
    }
}
