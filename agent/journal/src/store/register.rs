//! Registers that people keep: the staff by id, the store's standing. Rows come sealed.

use pharmacy_protocol::term::EntryIndex;
use rusqlite::Row;

use pharmacy_protocol::history::RegisterKept;
use pharmacy_protocol::history::word::RegisterKind;
use serde_json::value::RawValue;

use super::{Reader, Sealed, StoreError, Transaction, column, unsigned};

/// A row of a register.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RegisterRow {
    /// What it is known by.
    pub name: String,
    pub state: Sealed,
    /// The entry of its latest recorded change.
    pub entry: EntryIndex,
}

fn read_register(row: &Row<'_>) -> rusqlite::Result<RegisterRow> {
    Ok(RegisterRow {
        name: row.get(0)?,
        state: Sealed::new(row.get(1)?),
        entry: EntryIndex::new(unsigned(row, 2)?),
    })
}

impl Reader<'_> {
    /// One row of a register.
    pub fn register(
        &self,
        kind: RegisterKind,
        name: &str,
    ) -> Result<Option<RegisterRow>, StoreError> {
        let values = (kind.as_str(), name);
        self.one(
            include_str!("query/find_register.sql"),
            values,
            read_register,
        )
    }

    /// All rows of a register, by name.
    pub fn registers(&self, kind: RegisterKind) -> Result<Vec<RegisterRow>, StoreError> {
        let statement = include_str!("query/list_registers.sql");
        self.many(statement, [kind.as_str()], read_register)
    }
}

impl Transaction<'_> {
    /// Keeps a row of a register; the one before goes. `told` is its state as an entry tells it, none
    /// where that is as before.
    pub fn put_register(
        &self,
        kind: RegisterKind,
        row: &RegisterRow,
        told: Option<Box<RawValue>>,
    ) -> Result<(), StoreError> {
        let entry = column("entry", row.entry.value())?;
        let values = (kind.as_str(), &row.name, row.state.as_bytes(), entry);
        self.change(include_str!("query/put_register.sql"), values)?;
        if let Some(state) = told {
            self.tell(|rows| {
                rows.registers.push(RegisterKept {
                    kind,
                    name: row.name.as_str().into(),
                    entry: Some(row.entry),
                    state,
                });
            });
        }
        Ok(())
    }
}
