//! The fold: rows as they follow from what the entries say, one entry after the other.

mod apply;
mod no_code;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::civil::Date;
use serde_json::value::RawValue;

use super::carried::{Carried, CarryReason};
use super::cell::{Cell, Digest, Key, Row, short_digest};
use super::table::Table;
use crate::term::EntryIndex;

/// Which rows are folded: a share at a time keeps the memory of a long history small.
#[derive(Clone, Debug)]
pub enum Scope {
    /// Every row.
    All,
    /// The rows with these keys.
    Only(BTreeSet<Key>),
    /// One of several shares of about the same size.
    Share {
        /// Which, from 0.
        which: u32,
        /// How many there are.
        of: u32,
    },
}

/// What is kept of a row: enough to compare it, or all, to write it anew.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Keep {
    /// A digest of what is large.
    Digests,
    /// Every column.
    Rows,
}

/// How a row stands against the fold.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[must_use]
pub enum Check {
    /// As the log says.
    Same,
    /// Not as the entry says that changed it last.
    Differs(EntryIndex),
    /// No entry says that there is such a row.
    Unexplained,
    /// Not in scope.
    Skipped,
}

/// A change that the row before it does not allow.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Impossible {
    /// The row's table.
    pub table: Table,
    /// Its key.
    pub key: Key,
    /// The entry that says so.
    pub entry: EntryIndex,
}

/// A row that should be there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Missing {
    /// Its table.
    pub table: Table,
    /// Its key.
    pub key: Key,
    /// The entry that changed it last.
    pub entry: EntryIndex,
}

/// A text, or a digest of it.
#[derive(Clone, Debug)]
enum Told {
    Short([u8; 16]),
    Text(Box<RawValue>),
}

#[derive(Clone, Debug)]
enum Values {
    Cells(Vec<Cell>),
    Short([u8; 16]),
    /// Columns before the state, and the state by member.
    Sale(Vec<Cell>, BTreeMap<Box<str>, Told>),
}

#[derive(Clone, Debug)]
struct Held {
    table: Table,
    entry: EntryIndex,
    /// Only where rows are kept.
    key: Vec<Cell>,
    values: Values,
}

/// Rows as they follow from entries.
#[derive(Debug)]
pub struct Fold {
    scope: Scope,
    keep: Keep,
    rows: HashMap<Key, Held>,
    /// Rows that go together: a sale's lists, a person's supplies of a sale.
    groups: HashMap<Key, Vec<Key>>,
    /// Rows that are forgotten by age.
    ages: BTreeSet<(Table, i64, Key)>,
    impossible: Vec<Impossible>,
    /// State on its way.
    carrying: Option<Carrying>,
    /// Did an entry tell of rows?
    is_told: bool,
    /// The first entry that was left out because what it says is gone.
    gap: Option<EntryIndex>,
}

/// Carried state that is not complete yet.
#[derive(Debug)]
struct Carrying {
    next: u32,
    /// Is everything before it known? Then it is compared.
    is_known: bool,
    fresh: Box<Fold>,
    seen: BTreeSet<Key>,
}

impl Fold {
    /// Nothing yet.
    pub fn new(scope: Scope, keep: Keep) -> Self {
        Self {
            scope,
            keep,
            rows: HashMap::new(),
            groups: HashMap::new(),
            ages: BTreeSet::new(),
            impossible: Vec::new(),
            carrying: None,
            is_told: false,
            gap: None,
        }
    }

    /// Notes that what an entry said is gone: what follows is known from the next carried state on.
    pub fn skip(&mut self, entry: EntryIndex) {
        self.gap.get_or_insert(entry);
    }

    /// The first entry since the last carried state of which it is not known what it said. Nothing can be
    /// compared with such a fold.
    pub fn gap(&self) -> Option<EntryIndex> {
        self.gap
    }

    /// How many rows follow from what was applied.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether none does.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Changes that the rows before them did not allow.
    pub fn impossible(&self) -> &[Impossible] {
        &self.impossible
    }

    /// Takes up state that was carried. Where everything before it is known it must be what was folded, and
    /// changes nothing; else the last part of it replaces what was folded before.
    ///
    /// INVARIANT: once an entry has told of rows, no carried state replaces them that has another reason than
    /// parts that are gone.
    pub fn carry(&mut self, entry: EntryIndex, carried: &Carried) {
        if carried.chunk == 0 {
            let is_first = !self.is_told && carried.reason == CarryReason::Migration;
            self.carrying = Some(Carrying {
                next: 0,
                is_known: self.gap.is_none() && !is_first,
                fresh: Box::new(Self::new(self.scope.clone(), self.keep)),
                seen: BTreeSet::new(),
            });
        }
        let carrying = self.carrying.take();
        let Some(mut carrying) = carrying.filter(|carrying| carrying.next == carried.chunk) else {
            return;
        };
        for row in &carried.rows {
            let row = Row {
                table: row.table,
                key: row.key.clone(),
                values: row.values.clone(),
            };
            if carrying.is_known {
                self.compare_carried(entry, &row, &mut carrying.seen);
            } else {
                carrying.fresh.take(entry, row.table, row.key, row.values);
            }
        }
        carrying.next = carrying.next.saturating_add(1);
        if !carried.last {
            self.carrying = Some(carrying);
        } else if carrying.is_known {
            let left = self.rows.iter();
            let left = left.filter(|(key, _)| !carrying.seen.contains(key));
            self.impossible.extend(left.map(|(key, held)| Impossible {
                table: held.table,
                key: *key,
                entry,
            }));
        } else {
            *self = *carrying.fresh;
            self.is_told = true;
        }
    }

    fn compare_carried(&mut self, entry: EntryIndex, row: &Row, seen: &mut BTreeSet<Key>) {
        let (table, key) = (row.table, Key::of(row.table, &row.key));
        if !self.is_in_scope(key) {
            return;
        }
        seen.insert(key);
        if !self.rows.get(&key).is_some_and(|held| held.is_as(row)) {
            self.impossible.push(Impossible { table, key, entry });
        }
    }

    /// Compares a row, which is then accounted for.
    pub fn check(&mut self, row: &Row) -> Check {
        let key = Key::of(row.table, &row.key);
        if !self.is_in_scope(key) {
            return Check::Skipped;
        }
        let Some(held) = self.rows.remove(&key) else {
            return Check::Unexplained;
        };
        if held.is_as(row) {
            Check::Same
        } else {
            Check::Differs(held.entry)
        }
    }

    /// What of the fold no row was compared with.
    pub fn missing(&self) -> Vec<Missing> {
        let missing = self.rows.iter().map(|(key, held)| Missing {
            table: held.table,
            key: *key,
            entry: held.entry,
        });
        let mut missing: Vec<Missing> = missing.collect();
        missing.sort_by_key(|row| (row.entry, row.key));
        missing
    }

    /// A row as it should be; only where rows are kept.
    pub fn row(&self, key: Key) -> Option<Row> {
        self.rows.get(&key)?.row()
    }

    /// All rows as they should be, by key; only where rows are kept.
    pub fn all_rows(&self) -> BTreeMap<Key, Row> {
        let rows = self.rows.iter();
        rows.filter_map(|(key, held)| Some((*key, held.row()?)))
            .collect()
    }

    fn is_in_scope(&self, key: Key) -> bool {
        match &self.scope {
            Scope::All => true,
            Scope::Only(keys) => keys.contains(&key),
            Scope::Share { which, of } => key.share(*of) == *which,
        }
    }

    /// Takes a row as it is.
    fn take(&mut self, entry: EntryIndex, table: Table, key: Vec<Cell>, values: Vec<Cell>) {
        let name = Key::of(table, &key);
        if !self.is_in_scope(name) {
            return;
        }
        if let Some(group) = group_of(table, &key) {
            let members = self.groups.entry(group).or_default();
            if !members.contains(&name) {
                members.push(name);
            }
        }
        let before = self.rows.get(&name);
        let old = before.and_then(|held| age_of(table, &key, held.cells()));
        if let Some(old) = old {
            self.ages.remove(&(table, old, name));
        }
        if let Some(age) = age_of(table, &key, &values) {
            self.ages.insert((table, age, name));
        }
        let key = match self.keep {
            Keep::Digests => Vec::new(),
            Keep::Rows => key,
        };
        let values = match (table, self.keep) {
            (Table::Sale, _) => sale_values(values, self.keep),
            (table, Keep::Digests) if !is_read_again(table) => {
                Values::Short(short_digest(b"row", &values))
            }
            _ => Values::Cells(values),
        };
        let held = Held {
            table,
            entry,
            key,
            values,
        };
        self.rows.insert(name, held);
    }

    fn drop_older(&mut self, table: Table, before: i64) {
        let old: Vec<(Table, i64, Key)> = self
            .ages
            .range((table, i64::MIN, Key::LOWEST)..(table, before, Key::LOWEST))
            .copied()
            .collect();
        for item in old {
            self.ages.remove(&item);
            self.rows.remove(&item.2);
        }
    }
}

impl Held {
    fn row(&self) -> Option<Row> {
        if self.key.is_empty() {
            return None;
        }
        let values = match &self.values {
            Values::Cells(cells) => cells.clone(),
            Values::Short(_) => return None,
            Values::Sale(cells, members) => {
                let mut cells = cells.clone();
                cells.push(Cell::text(spelt(members)?));
                cells
            }
        };
        Some(Row {
            table: self.table,
            key: self.key.clone(),
            values,
        })
    }

    fn cells(&self) -> &[Cell] {
        match &self.values {
            Values::Cells(cells) | Values::Sale(cells, _) => cells,
            Values::Short(_) => &[],
        }
    }

    fn is_as(&self, row: &Row) -> bool {
        match &self.values {
            Values::Cells(cells) => *cells == row.values,
            Values::Short(short) => *short == short_digest(b"row", &row.values),
            Values::Sale(cells, members) => {
                let Some((Cell::Text(state), columns)) = row.values.split_last() else {
                    return false;
                };
                let told: Result<BTreeMap<&str, &RawValue>, _> = serde_json::from_str(state);
                let is_same = |told: BTreeMap<&str, &RawValue>| {
                    told.len() == members.len()
                        && told.iter().all(|(name, value)| {
                            members.get(*name).is_some_and(|known| known.is(value))
                        })
                };
                columns == cells.as_slice() && told.is_ok_and(is_same)
            }
        }
    }
}

impl Told {
    fn of(value: &RawValue, keep: Keep) -> Self {
        match keep {
            Keep::Digests => Self::Short(short_text(value)),
            Keep::Rows => Self::Text(value.to_owned()),
        }
    }

    fn is(&self, value: &RawValue) -> bool {
        match self {
            Self::Short(short) => *short == short_text(value),
            Self::Text(text) => text.get() == value.get(),
        }
    }
}

fn short_text(value: &RawValue) -> [u8; 16] {
    short_digest(b"member", &[Cell::text(value.get())])
}

/// A state as one object; none where only digests are known.
fn spelt(members: &BTreeMap<Box<str>, Told>) -> Option<String> {
    let texts = members.iter().map(|(name, told)| match told {
        Told::Text(text) => Some((name, text)),
        Told::Short(_) => None,
    });
    let texts: Option<BTreeMap<_, _>> = texts.collect();
    serde_json::to_string(&texts?).ok()
}

fn sale_values(mut values: Vec<Cell>, keep: Keep) -> Values {
    let state = values.pop();
    let members = match &state {
        Some(Cell::Text(text)) => serde_json::from_str(text).unwrap_or_default(),
        _ => BTreeMap::<&str, &RawValue>::new(),
    };
    let told = members
        .into_iter()
        .map(|(name, value)| (Box::from(name), Told::of(value, keep)));
    let told = told.collect();
    Values::Sale(values, told)
}

/// Tables whose later rows follow from earlier ones, column by column.
fn is_read_again(table: Table) -> bool {
    matches!(
        table,
        Table::Counter
            | Table::Figure
            | Table::Insured
            | Table::Mark
            | Table::NoCodeStock
            | Table::NoCodeUse
            | Table::Pack
            | Table::Prescription
            | Table::PurchaseList
            | Table::RelayedCall
            | Table::Request
            | Table::Token
    )
}

/// Rows that change together.
fn group_of(table: Table, key: &[Cell]) -> Option<Key> {
    match (table, key) {
        (Table::PurchaseList, [sale, ..]) => Some(Key::of(table, std::slice::from_ref(sale))),
        (Table::Supply, [person, _, sale, _]) => {
            Some(Key::of(table, &[person.clone(), sale.clone()]))
        }
        _ => None,
    }
}

/// By what a row is forgotten.
fn age_of(table: Table, key: &[Cell], values: &[Cell]) -> Option<i64> {
    if let (Table::Mark, [_, _, Cell::Number(settled), ..]) = (table, key) {
        return Some(*settled);
    }
    match (table, values) {
        (Table::Insured, [Cell::Number(seen), ..]) => Some(*seen),
        (Table::RelayedCall, [_, _, _, Cell::Number(created), _])
        | (Table::Request, [_, _, Cell::Number(created), _]) => Some(*created),
        (Table::Supply, [.., Cell::Text(until)]) => Some(day_number(until.parse().ok()?)),
        _ => None,
    }
}

fn day_number(day: Date) -> i64 {
    let since = day.duration_since(Date::constant(1970, 1, 1));
    since.as_hours() / 24
}

impl From<Digest> for Cell {
    fn from(digest: Digest) -> Self {
        Self::Digest { digest }
    }
}
