//! What each change that an entry says does to the rows.

use std::collections::BTreeMap;

use super::{Fold, Held, Impossible, Keep, Told, Values, day_number};
use crate::history::cell::{Cell, Key};
use crate::history::change::{
    CallChange, Counted, DueChange, InsuredChange, ListChange, MappingChange, Marked, PackChange,
    PrescriptionChange, RequestChange, Rows, SaleChange, SaleKept, SupplyChange, TokenChange,
};
use crate::history::pack::{PackRow, Refused};
use crate::history::table::Table;
use crate::history::word::{ListState, PackStatus, Phase};
use crate::term::{EntryIndex, Quantity};

impl Fold {
    /// Applies what an entry says.
    pub fn apply(&mut self, entry: EntryIndex, rows: &Rows) {
        self.is_told = true;
        let mut at = At { fold: self, entry };
        at.goods(rows);
        at.people(rows);
        at.store(rows);
    }
}

impl At<'_> {
    /// Sales, and what they move.
    fn goods(&mut self, rows: &Rows) {
        for change in &rows.sales {
            self.sale(change);
        }
        for change in &rows.packs {
            self.pack(change);
        }
        for change in &rows.no_code {
            self.no_code(change);
        }
        for change in &rows.supplies {
            self.supply(change);
        }
        for change in &rows.mappings {
            self.mapping(change);
        }
        for change in &rows.prefixes {
            let key = [
                Cell::text(change.prefix.as_str()),
                Cell::text(change.sku.as_str()),
            ];
            self.put(Table::TracePrefix, key, []);
        }
        for change in &rows.names {
            let key = [Cell::text(change.kind.as_str()), change.name.into()];
            self.put(Table::SaleName, key, [Cell::count(change.sale)]);
        }
        for change in &rows.calls {
            self.call(change);
        }
    }

    /// What is known of persons, lists and prescriptions.
    fn people(&mut self, rows: &Rows) {
        for change in &rows.insured {
            self.insured(change);
        }
        for change in &rows.dues {
            self.due(change);
        }
        for change in &rows.lists {
            self.list(change);
        }
        for change in &rows.marks {
            self.marks(change);
        }
        for gone in &rows.marks_gone {
            self.fold.drop_older(Table::Mark, gone.before);
        }
        for change in &rows.figures {
            self.figure(change);
        }
        for change in &rows.prescriptions {
            self.prescription(change);
        }
    }

    /// What the store keeps of itself.
    fn store(&mut self, rows: &Rows) {
        for change in &rows.registers {
            let key = [
                Cell::text(change.kind.as_str()),
                Cell::text(change.name.clone()),
            ];
            let named = change.entry.unwrap_or(self.entry);
            let state = Cell::text(change.state.get());
            self.put(Table::Register, key, [Cell::count(named.value()), state]);
        }
        for change in &rows.tokens {
            self.token(change);
        }
        for change in &rows.settings {
            let key = [Cell::text(change.name.clone())];
            self.put(Table::Setting, key, [Cell::text(change.value.clone())]);
        }
        for change in &rows.requests {
            self.request(change);
        }
    }
}

/// The fold at an entry.
pub(super) struct At<'f> {
    fold: &'f mut Fold,
    entry: EntryIndex,
}

impl At<'_> {
    pub(super) fn entry(&self) -> EntryIndex {
        self.entry
    }

    pub(super) fn put<const K: usize, const V: usize>(
        &mut self,
        table: Table,
        key: [Cell; K],
        values: [Cell; V],
    ) {
        self.fold.take(self.entry, table, key.into(), values.into());
    }

    pub(super) fn remove(&mut self, table: Table, key: &[Cell]) {
        self.fold.rows.remove(&Key::of(table, key));
    }

    /// The columns of a row as it stands; none where there is none or it is not in scope.
    pub(super) fn known(&self, table: Table, key: &[Cell]) -> Option<Vec<Cell>> {
        let held = self.fold.rows.get(&Key::of(table, key))?;
        Some(held.cells().to_vec())
    }

    pub(super) fn is_in_scope(&self, table: Table, key: &[Cell]) -> bool {
        self.fold.is_in_scope(Key::of(table, key))
    }

    pub(super) fn impossible(&mut self, table: Table, key: &[Cell]) {
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
            InsuredChange::Lost { person } => {
                self.remove(Table::Insured, &[Cell::from(*person)]);
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
            RequestChange::Lost { client, sale, key } => {
                let key = [
                    Cell::text(client.clone()),
                    Cell::count(*sale),
                    Cell::text(key.clone()),
                ];
                self.remove(Table::Request, &key);
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
