//! Rows as cells, whatever their table: to be compared with what the log says, carried, and made anew.

use pharmacy_protocol::digest::sha256;
use pharmacy_protocol::history::{
    CallChange, Cell, Digest, InsuredChange, RequestChange, Row, Table,
};
use pharmacy_protocol::term::EntryIndex;
use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{ToSql, params_from_iter};

use super::setting::is_beside_the_log;
use super::{Reader, Sealed, StoreError, Transaction};

/// Opens the sealed state of a row that is otherwise read.
pub trait Opener {
    /// The state as an entry tells it; none where it does not open.
    fn open(&self, table: Table, key: &[Cell], state: &Sealed) -> Option<String>;
}

/// A cell to be written.
pub enum Column {
    Cell(Cell),
    Sealed(Sealed),
}

impl ToSql for Column {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Sealed(sealed) => ToSqlOutput::from(sealed.as_bytes()),
            Self::Cell(cell) => match cell {
                Cell::Null(()) => ToSqlOutput::Owned(Value::Null),
                Cell::Number(number) => ToSqlOutput::from(*number),
                Cell::Text(text) => ToSqlOutput::from(text.as_ref()),
                Cell::Digest { digest } => ToSqlOutput::from(digest.0.as_slice()),
            },
        })
    }
}

/// Is the state of a table's rows told opened, as against by its digest?
fn is_told(table: Table) -> bool {
    matches!(table, Table::Prescription | Table::Register | Table::Sale)
}

impl Reader<'_> {
    /// How many rows a table has.
    pub fn count_rows(&self, table: Table) -> Result<u64, StoreError> {
        self.count(&format!("SELECT count(*) FROM {}", table.name()))
    }

    /// Looks at every row of a table as the log would say it. Rows that are beside the log are left out.
    pub fn visit_rows<E: From<StoreError>>(
        &self,
        table: Table,
        opener: &dyn Opener,
        mut each: impl FnMut(Row) -> Result<(), E>,
    ) -> Result<(), E> {
        let (key, values) = table.columns();
        let columns: Vec<&str> = key.iter().chain(values).copied().collect();
        let statement = format!("SELECT {} FROM {}", columns.join(", "), table.name());
        let prepared = self.connection.prepare(&statement);
        let mut prepared = prepared.map_err(StoreError::from)?;
        let mut rows = prepared.query([]).map_err(StoreError::from)?;
        while let Some(row) = rows.next().map_err(StoreError::from)? {
            let mut cells: Vec<Cell> = Vec::with_capacity(columns.len());
            for place in 0..columns.len() {
                let value = row.get_ref(place).map_err(StoreError::from)?;
                let cell = match value {
                    ValueRef::Blob(bytes) if is_told(table) => {
                        let sealed = Sealed::new(bytes.to_vec());
                        let told =
                            opener.open(table, cells.get(..key.len()).unwrap_or(&[]), &sealed);
                        told.map_or_else(|| Cell::digest(sha256(bytes)), Cell::text)
                    }
                    value => plain(value),
                };
                cells.push(cell);
            }
            let values = cells.split_off(key.len());
            if let (Table::Setting, [Cell::Text(name)]) = (table, cells.as_slice())
                && is_beside_the_log(name)
            {
                continue;
            }
            each(Row {
                table,
                key: cells,
                values,
            })?;
        }
        Ok(())
    }

    /// The sealed column of a row, where it has one.
    pub fn sealed_column(
        &self,
        table: Table,
        key: &[Cell],
        column: &'static str,
    ) -> Result<Option<Sealed>, StoreError> {
        let statement = format!(
            "SELECT {column} FROM {} WHERE {}",
            table.name(),
            key_is(table)
        );
        let found = self.one(&statement, params_from_iter(columns(key)), |row| {
            row.get::<_, Option<Vec<u8>>>(0)
        })?;
        Ok(found.flatten().map(Sealed::new))
    }
}

fn plain(value: ValueRef<'_>) -> Cell {
    match value {
        ValueRef::Null => Cell::NULL,
        ValueRef::Integer(number) => Cell::Number(number),
        // No table has such a column; whatever it is, no entry says it.
        ValueRef::Real(number) => Cell::text(number.to_string()),
        ValueRef::Text(text) => Cell::text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Cell::Digest {
            digest: Digest(bytes.try_into().unwrap_or_else(|_| sha256(bytes))),
        },
    }
}

fn counted(cell: &Cell) -> u64 {
    match cell {
        Cell::Number(number) => u64::try_from(*number).unwrap_or(0),
        _ => 0,
    }
}

fn key_is(table: Table) -> String {
    let (key, _) = table.columns();
    let conditions: Vec<String> = key
        .iter()
        .zip(1_usize..)
        .map(|(column, place)| format!("{column} IS ?{place}"))
        .collect();
    conditions.join(" AND ")
}

fn columns(cells: &[Cell]) -> impl Iterator<Item = Column> {
    cells.iter().cloned().map(Column::Cell)
}

impl Transaction<'_> {
    /// Removes a row. No entry is told: the log says already that there is none.
    pub fn remove_row(&self, table: Table, key: &[Cell]) -> Result<(), StoreError> {
        let statement = format!("DELETE FROM {} WHERE {}", table.name(), key_is(table));
        self.change(&statement, params_from_iter(columns(key)))?;
        Ok(())
    }

    /// Gives up what of a row its digest alone is known of, and tells it. An answer is forgotten; whom the
    /// platform named, and the answer to a request, go whole.
    pub fn lose_row(&self, row: &Row) -> Result<(), StoreError> {
        match (row.table, row.key.as_slice(), row.values.as_slice()) {
            (Table::Insured, [Cell::Digest { digest: person }], _) => {
                self.remove_row(row.table, &row.key)?;
                let person = *person;
                self.tell(|rows| rows.insured.push(InsuredChange::Lost { person }));
            }
            (Table::Request, [Cell::Text(client), sale, Cell::Text(key)], _) => {
                self.remove_row(row.table, &row.key)?;
                let (client, sale, key) = (client.clone(), counted(sale), key.clone());
                let lost = RequestChange::Lost { client, sale, key };
                self.tell(|rows| rows.requests.push(lost));
            }
            (
                Table::RelayedCall,
                [Cell::Digest { digest: call }],
                [
                    Cell::Digest { digest: body },
                    sale,
                    entry,
                    Cell::Number(at),
                    _,
                ],
            ) => {
                let mut values = row.values.clone();
                values.pop();
                values.push(Cell::NULL);
                self.put_row(row.table, &row.key, columns(&values).collect())?;
                let lost = CallChange::Kept {
                    call: *call,
                    body: *body,
                    sale: counted(sale),
                    entry: Some(EntryIndex::new(counted(entry))),
                    at: *at,
                    answer: None,
                };
                self.tell(|rows| rows.calls.push(lost));
            }
            _ => return Err(StoreError::Row(None)),
        }
        Ok(())
    }

    /// Writes a row as the log says it already.
    pub fn put_row(
        &self,
        table: Table,
        key: &[Cell],
        values: Vec<Column>,
    ) -> Result<(), StoreError> {
        self.remove_row(table, key)?;
        let (key_columns, value_columns) = table.columns();
        let names: Vec<&str> = key_columns.iter().chain(value_columns).copied().collect();
        let places: Vec<String> = (1..=names.len()).map(|place| format!("?{place}")).collect();
        let statement = format!(
            "INSERT INTO {} ({}) VALUES ({})",
            table.name(),
            names.join(", "),
            places.join(", ")
        );
        self.change(&statement, params_from_iter(columns(key).chain(values)))?;
        Ok(())
    }
}
