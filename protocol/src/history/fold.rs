//! The fold: rows as they follow from what the entries say, one entry after the other.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::civil::Date;
use serde_json::value::RawValue;

use super::carried::{Carried, CarryReason};
use super::cell::{Cell, Digest, Key, Row, short_digest};
use super::change::{
    CallChange, Counted, DueChange, InsuredChange, ListChange, MappingChange, Marked, PackChange,
    PrescriptionChange, RequestChange, Rows, SaleChange, SaleKept, SupplyChange, TokenChange,
};
use super::pack::{PackRow, Refused};
use super::table::Table;
use super::word::{ListState, PackStatus, Phase};
use crate::term::{EntryIndex, Quantity};

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
    carried: Option<(u32, Box<Fold>)>,
    /// Was an entry left out whose part is gone?
    has_gap: bool,
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
            carried: None,
            has_gap: false,
        }
    }

    /// Notes that what an entry said is gone: what follows is known from the next carried state on.
    pub fn skip(&mut self) {
        self.has_gap = true;
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

    /// Applies what an entry says.
    pub fn apply(&mut self, entry: EntryIndex, rows: &Rows) {
        let mut at = At { fold: self, entry };
        for change in &rows.sales {
            at.sale(change);
        }
        for change in &rows.packs {
            at.pack(change);
        }
        for change in &rows.supplies {
            at.supply(change);
        }
        for change in &rows.mappings {
            at.mapping(change);
        }
        for change in &rows.prefixes {
            let key = [
                Cell::text(change.prefix.as_str()),
                Cell::text(change.sku.as_str()),
            ];
            at.put(Table::TracePrefix, key, []);
        }
        for change in &rows.names {
            let key = [Cell::text(change.kind.as_str()), change.name.into()];
            at.put(Table::SaleName, key, [Cell::count(change.sale)]);
        }
        for change in &rows.calls {
            at.call(change);
        }
        for change in &rows.insured {
            at.insured(change);
        }
        for change in &rows.dues {
            at.due(change);
        }
        for change in &rows.lists {
            at.list(change);
        }
        for change in &rows.marks {
            at.marks(change);
        }
        for gone in &rows.marks_gone {
            at.fold.drop_older(Table::Mark, gone.before);
        }
        for change in &rows.figures {
            at.figure(change);
        }
        for change in &rows.prescriptions {
            at.prescription(change);
        }
        for change in &rows.registers {
            let key = [
                Cell::text(change.kind.as_str()),
                Cell::text(change.name.clone()),
            ];
            let named = change.entry.unwrap_or(entry);
            let state = Cell::text(change.state.get());
            at.put(Table::Register, key, [Cell::count(named.value()), state]);
        }
        for change in &rows.tokens {
            at.token(change);
        }
        for change in &rows.settings {
            let key = [Cell::text(change.name.clone())];
            at.put(Table::Setting, key, [Cell::text(change.value.clone())]);
        }
        for change in &rows.requests {
            at.request(change);
        }
    }

    /// Takes up state that was carried; the last part of it replaces what was folded before.
    pub fn carry(&mut self, entry: EntryIndex, carried: &Carried) {
        if carried.chunk == 0 {
            let fresh = Self::new(self.scope.clone(), self.keep);
            self.carried = Some((0, Box::new(fresh)));
        }
        let Some((next, mut fold)) = self
            .carried
            .take()
            .filter(|(next, _)| *next == carried.chunk)
        else {
            return;
        };
        // Rows of before cannot be compared where what they follow from is gone, or was never said.
        let is_known = !self.has_gap && carried.reason != CarryReason::Migration;
        for row in &carried.rows {
            let row = Row {
                table: row.table,
                key: row.key.clone(),
                values: row.values.clone(),
            };
            let (table, key) = (row.table, Key::of(row.table, &row.key));
            if is_known && !matches!(self.check(&row), Check::Same | Check::Skipped) {
                fold.impossible.push(Impossible { table, key, entry });
            }
            fold.take(entry, row.table, row.key, row.values);
        }
        let next = next.saturating_add(1);
        if next < carried.of {
            self.carried = Some((next, fold));
            return;
        }
        let left = if is_known { self.missing() } else { Vec::new() };
        fold.impossible.extend(left.iter().map(|row| Impossible {
            table: row.table,
            key: row.key,
            entry,
        }));
        if is_known {
            fold.impossible.append(&mut self.impossible);
        }
        *self = *fold;
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

/// The fold at an entry.
struct At<'f> {
    fold: &'f mut Fold,
    entry: EntryIndex,
}

impl At<'_> {
    fn put<const K: usize, const V: usize>(
        &mut self,
        table: Table,
        key: [Cell; K],
        values: [Cell; V],
    ) {
        self.fold.take(self.entry, table, key.into(), values.into());
    }

    fn remove(&mut self, table: Table, key: &[Cell]) {
        self.fold.rows.remove(&Key::of(table, key));
    }

    /// The columns of a row as it stands; none where there is none or it is not in scope.
    fn known(&self, table: Table, key: &[Cell]) -> Option<Vec<Cell>> {
        let held = self.fold.rows.get(&Key::of(table, key))?;
        Some(held.cells().to_vec())
    }

    fn is_in_scope(&self, table: Table, key: &[Cell]) -> bool {
        self.fold.is_in_scope(Key::of(table, key))
    }

    fn impossible(&mut self, table: Table, key: &[Cell]) {
        let (key, entry) = (Key::of(table, key), self.entry);
        if self.fold.is_in_scope(key) {
            self.fold.impossible.push(Impossible { table, key, entry });
        }
    }

    fn sale(&mut self, change: &SaleChange) {
        match change {
            SaleChange::Kept(kept) => self.keep_sale(kept),
            SaleChange::Gone(gone) => {
                let is_gone = |held: &Held| {
                    let [Cell::Text(phase), _, _, _, Cell::Number(updated)] = held.cells() else {
                        return false;
                    };
                    let over = [Phase::Abandoned.as_str(), Phase::Closed.as_str()];
                    held.table == Table::Sale && over.contains(&&**phase) && *updated < gone.before
                };
                self.fold.rows.retain(|_, held| !is_gone(held));
            }
        }
    }

    fn keep_sale(&mut self, kept: &SaleKept) {
        let counter = Cell::count(kept.sale);
        let series = [Cell::text("sale")];
        let given = match self.known(Table::Counter, &series).as_deref() {
            Some([Cell::Number(given)]) => *given,
            _ => 0,
        };
        if let (Cell::Number(number), true) = (&counter, kept.made.is_some()) {
            self.put(Table::Counter, series, [Cell::Number(given.max(*number))]);
        }
        let key = [counter];
        let name = Key::of(Table::Sale, &key);
        if !self.fold.is_in_scope(name) {
            return;
        }
        let keep = self.fold.keep;
        let before = self.fold.rows.remove(&name).map(|held| held.values);
        let (mut columns, mut members) = match before {
            Some(Values::Sale(columns, members)) => (columns, members),
            _ => (Vec::new(), BTreeMap::new()),
        };
        let made = kept.made.as_ref().map(|made| {
            [
                Cell::text(made.till.as_str()),
                Cell::text(made.client.clone()),
                Cell::Number(made.at),
            ]
        });
        let fixed = match (made, columns.as_slice()) {
            (_, [_, till, client, created, _]) => [till.clone(), client.clone(), created.clone()],
            (Some(made), _) => made,
            (None, _) => {
                self.impossible(Table::Sale, &key);
                return;
            }
        };
        columns = vec![Cell::text(kept.phase.as_str())];
        columns.extend(fixed);
        columns.push(Cell::Number(kept.at));
        for (member, value) in &kept.state {
            members.insert(member.clone(), Told::of(value, keep));
        }
        for member in &kept.without {
            members.remove(member);
        }
        let held = Held {
            table: Table::Sale,
            entry: self.entry,
            key: match keep {
                Keep::Digests => Vec::new(),
                Keep::Rows => key.into(),
            },
            values: Values::Sale(columns, members),
        };
        self.fold.rows.insert(name, held);
    }

    fn pack(&mut self, change: &PackChange) {
        let key = [Cell::from(change.pack)];
        if !self.is_in_scope(Table::Pack, &key) {
            return;
        }
        let before = self.known(Table::Pack, &key);
        let before = before.as_deref().and_then(pack_row);
        let after = PackRow::after(
            before,
            change.event,
            change.sale,
            change.quantity,
            self.entry,
        );
        match after {
            Ok(row) => self.put(Table::Pack, key, pack_cells(&row)),
            Err(Refused) => self.impossible(Table::Pack, &key),
        }
    }

    fn supply(&mut self, change: &SupplyChange) {
        match change {
            SupplyChange::Supplied {
                person,
                on,
                sale,
                line,
                code,
                sku,
                quantity,
                days,
                until,
            } => {
                let key = [
                    Cell::text(person.as_str()),
                    Cell::text(on.to_string()),
                    Cell::count(*sale),
                    Cell::count(u64::from(*line)),
                ];
                let values = [
                    Cell::text_or_null(code.as_ref().map(|code| code.as_str())),
                    Cell::text_or_null(sku.as_ref().map(|sku| sku.as_str())),
                    Cell::Number(quantity.units()),
                    Cell::count_or_null(days.map(u64::from)),
                    Cell::count(self.entry.value()),
                    Cell::text(until.to_string()),
                ];
                self.put(Table::Supply, key, values);
            }
            SupplyChange::TakenBack { person, sale } => {
                let group = [Cell::text(person.as_str()), Cell::count(*sale)];
                let group = Key::of(Table::Supply, &group);
                for key in self.fold.groups.remove(&group).unwrap_or_default() {
                    self.fold.rows.remove(&key);
                }
            }
            SupplyChange::Gone { before } => {
                self.fold.drop_older(Table::Supply, day_number(*before));
            }
        }
    }

    fn mapping(&mut self, change: &MappingChange) {
        match change {
            MappingChange::Learnt { sku, code, source } => {
                let values = [Cell::text(code.as_str()), Cell::text(source.as_str())];
                self.put(Table::Mapping, [Cell::text(sku.as_str())], values);
            }
            MappingChange::Forgotten { sku } => {
                self.remove(Table::Mapping, &[Cell::text(sku.as_str())]);
            }
        }
    }

    fn call(&mut self, change: &CallChange) {
        match change {
            CallChange::Kept {
                call,
                body,
                sale,
                entry,
                at,
                answer,
            } => {
                let key = [Cell::from(*call)];
                let known = self.known(Table::RelayedCall, &key);
                let (body, at) = match known.as_deref() {
                    Some([body, _, _, at, _]) => (body.clone(), at.clone()),
                    _ => (Cell::from(*body), Cell::Number(*at)),
                };
                let values = [
                    body,
                    Cell::count(*sale),
                    Cell::count(entry.unwrap_or(self.entry).value()),
                    at,
                    answer.map_or(Cell::NULL, Cell::from),
                ];
                self.put(Table::RelayedCall, key, values);
            }
            CallChange::Gone { before } => self.fold.drop_older(Table::RelayedCall, *before),
        }
    }

    fn insured(&mut self, change: &InsuredChange) {
        match change {
            InsuredChange::Kept { person, state, at } => {
                let values = [Cell::Number(*at), Cell::from(*state)];
                self.put(Table::Insured, [Cell::from(*person)], values);
            }
            InsuredChange::Gone { before } => self.fold.drop_older(Table::Insured, *before),
        }
    }

    fn due(&mut self, change: &DueChange) {
        match change {
            DueChange::Due { kind, sale, until } => {
                let key = [Cell::text(kind.as_str()), Cell::count(*sale)];
                self.put(Table::Due, key, [Cell::Number(*until)]);
            }
            DueChange::Over { kind, sale } => {
                let key = [Cell::text(kind.as_str()), Cell::count(*sale)];
                self.remove(Table::Due, &key);
            }
        }
    }

    fn list(&mut self, change: &ListChange) {
        let open = || Cell::text(ListState::Open.as_str());
        match change {
            ListChange::Listed { sale, settled } => {
                let key = [Cell::count(*sale), Cell::count(self.entry.value())];
                let values = [Cell::Number(*settled), open(), Cell::NULL, Cell::NULL];
                self.put(Table::PurchaseList, key, values);
            }
            ListChange::Confirmed { sale, list, how } => {
                let key = [Cell::count(*sale), Cell::count(list.value())];
                let by = Cell::count(self.entry.value());
                match self.known(Table::PurchaseList, &key).as_deref() {
                    Some([settled, _, _, back @ Cell::Null(())]) => {
                        let values = [settled.clone(), Cell::text(how.as_str()), by, back.clone()];
                        self.put(Table::PurchaseList, key, values);
                    }
                    _ => self.impossible(Table::PurchaseList, &key),
                }
            }
            ListChange::TakenBack { sale } => {
                let by = Cell::count(self.entry.value());
                self.lists_of(*sale, |back| matches!(back, Cell::Null(())), &by);
            }
            ListChange::Restored { sale } => {
                self.lists_of(*sale, |back| !matches!(back, Cell::Null(())), &Cell::NULL);
            }
        }
    }

    /// Says of a sale's lists what took them back.
    fn lists_of(&mut self, sale: u64, concerns: impl Fn(&Cell) -> bool, by: &Cell) {
        let group = Key::of(Table::PurchaseList, &[Cell::count(sale)]);
        let lists = self.fold.groups.get(&group).cloned().unwrap_or_default();
        for key in lists {
            let Some(held) = self.fold.rows.get_mut(&key) else {
                continue;
            };
            if let Values::Cells(cells) = &mut held.values
                && let Some(back) = cells.last_mut().filter(|back| concerns(back))
            {
                *back = by.clone();
                held.entry = self.entry;
            }
        }
    }

    fn marks(&mut self, change: &Marked) {
        let list = change.list.unwrap_or(self.entry);
        for (kind, marks) in &change.by {
            for (digest, amount) in marks {
                let key = [
                    Cell::text(kind.as_str()),
                    Cell::from(*digest),
                    Cell::Number(change.at),
                    Cell::count(list.value()),
                    Cell::count(change.sale),
                ];
                if !self.is_in_scope(Table::Mark, &key) {
                    continue;
                }
                let known = match self.known(Table::Mark, &key).as_deref() {
                    Some([Cell::Number(known)]) => *known,
                    _ => 0,
                };
                let sum = known.saturating_add(amount.units());
                self.put(Table::Mark, key, [Cell::Number(sum)]);
            }
        }
    }

    fn figure(&mut self, change: &Counted) {
        let key = [
            Cell::text(change.day.to_string()),
            Cell::text(change.kind.as_str()),
            Cell::text(change.rule.clone()),
        ];
        let (count, amount) = match self.known(Table::Figure, &key).as_deref() {
            Some([Cell::Number(count), Cell::Number(amount)]) => (*count, *amount),
            _ => (0, 0),
        };
        let values = [
            Cell::Number(count.saturating_add(1)),
            Cell::Number(amount.saturating_add(change.amount.units())),
        ];
        self.put(Table::Figure, key, values);
    }

    fn prescription(&mut self, change: &PrescriptionChange) {
        match change {
            PrescriptionChange::Kept {
                prescription,
                status,
                valid_until,
                received,
                at,
                state,
            } => {
                let key = [Cell::count(*prescription)];
                let known = self.known(Table::Prescription, &key);
                let (valid, received) = match known.as_deref() {
                    Some([_, valid, received, ..]) => (valid.clone(), received.clone()),
                    _ => (
                        Cell::text_or_null(valid_until.map(|day| day.to_string())),
                        Cell::Number(*received),
                    ),
                };
                let values = [
                    Cell::text(status.as_str()),
                    valid,
                    received,
                    Cell::Number(*at),
                    Cell::count(self.entry.value()),
                    Cell::text(state.get()),
                ];
                self.put(Table::Prescription, key, values);
            }
            PrescriptionChange::Named {
                prescription,
                kind,
                name,
                at,
            } => {
                let key = [
                    Cell::text(kind.as_str()),
                    Cell::from(*name),
                    Cell::count(*prescription),
                ];
                self.put(Table::PrescriptionName, key, [Cell::Number(*at)]);
            }
            PrescriptionChange::Unnamed {
                prescription,
                kind,
                name,
            } => {
                let key = [
                    Cell::text(kind.as_str()),
                    Cell::from(*name),
                    Cell::count(*prescription),
                ];
                self.remove(Table::PrescriptionName, &key);
            }
        }
    }

    fn token(&mut self, change: &TokenChange) {
        match change {
            TokenChange::Issued {
                id,
                client,
                till,
                token,
                at,
            } => {
                let values = [
                    Cell::text(client.clone()),
                    Cell::text(till.as_str()),
                    Cell::from(*token),
                    Cell::Number(*at),
                    Cell::NULL,
                ];
                self.put(Table::Token, [Cell::Number(*id)], values);
            }
            TokenChange::Revoked { id, at } => {
                let key = [Cell::Number(*id)];
                match self.known(Table::Token, &key).as_deref() {
                    Some([client, till, token, made, Cell::Null(())]) => {
                        let values = [
                            client.clone(),
                            till.clone(),
                            token.clone(),
                            made.clone(),
                            Cell::Number(*at),
                        ];
                        self.put(Table::Token, key, values);
                    }
                    _ => self.impossible(Table::Token, &key),
                }
            }
        }
    }

    fn request(&mut self, change: &RequestChange) {
        match change {
            RequestChange::Kept {
                client,
                sale,
                key,
                body,
                status,
                response,
                at,
            } => {
                let key = [
                    Cell::text(client.clone()),
                    Cell::count(*sale),
                    Cell::text(key.clone()),
                ];
                let values = [
                    Cell::from(*body),
                    Cell::count(u64::from(*status)),
                    Cell::Number(*at),
                    Cell::from(*response),
                ];
                self.put(Table::Request, key, values);
            }
            RequestChange::Gone { before } => self.fold.drop_older(Table::Request, *before),
        }
    }
}

fn pack_row(cells: &[Cell]) -> Option<PackRow> {
    let [
        Cell::Text(status),
        sale,
        Cell::Number(entry),
        Cell::Number(quantity),
    ] = cells
    else {
        return None;
    };
    let sale = match sale {
        Cell::Number(sale) => u64::try_from(*sale).ok(),
        _ => None,
    };
    Some(PackRow {
        status: status.parse::<PackStatus>().ok()?,
        sale,
        entry: EntryIndex::new(u64::try_from(*entry).ok()?),
        quantity: Quantity::new(*quantity),
    })
}

fn pack_cells(row: &PackRow) -> [Cell; 4] {
    [
        Cell::text(row.status.as_str()),
        Cell::count_or_null(row.sale),
        Cell::count(row.entry.value()),
        Cell::Number(row.quantity.units()),
    ]
}
