//! Prescriptions that the store keeps: a few columns and digests to find them by, the rest sealed.

use jiff::civil::Date;
use pharmacy_protocol::term::EntryIndex;
use rusqlite::Row;

use pharmacy_protocol::history::word::{PrescriptionNameKind, PrescriptionStatus};
use pharmacy_protocol::history::{Digest, PrescriptionChange};
use serde_json::value::RawValue;

use super::{
    NameDigest, Reader, Sealed, StoreError, Transaction, column, parsed, parsed_option, unsigned,
};

/// Most prescriptions that one question brings back; a store has some dozens under way.
pub const MAX_PRESCRIPTIONS: usize = 500;

/// A prescription's row.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PrescriptionRow {
    /// Its number in this store.
    pub id: u64,
    pub status: PrescriptionStatus,
    /// Last day of validity, where known. Set when it is added, and never changed.
    pub valid_until: Option<Date>,
    /// When it was taken in.
    pub received_ms: i64,
    /// When it last changed.
    pub updated_ms: i64,
    pub state: Sealed,
    /// The entry of its last change.
    pub entry: EntryIndex,
}

fn read_prescription(row: &Row<'_>) -> rusqlite::Result<PrescriptionRow> {
    Ok(PrescriptionRow {
        id: unsigned(row, 0)?,
        status: parsed(row, 1)?,
        valid_until: parsed_option(row, 2)?,
        received_ms: row.get(3)?,
        updated_ms: row.get(4)?,
        state: Sealed::new(row.get(5)?),
        entry: EntryIndex::new(unsigned(row, 6)?),
    })
}

/// A row limit as a column holds it.
fn limited(most: usize) -> i64 {
    i64::try_from(most.min(MAX_PRESCRIPTIONS)).unwrap_or(0)
}

impl Reader<'_> {
    /// A prescription by its number in this store.
    pub fn prescription(&self, id: u64) -> Result<Option<PrescriptionRow>, StoreError> {
        // What a caller names may be any number.
        let Ok(id) = column("prescription", id) else {
            return Ok(None);
        };
        let statement = include_str!("query/find_prescription.sql");
        self.one(statement, [id], read_prescription)
    }

    /// Prescriptions under way that stand somewhere, the newest first.
    pub fn prescriptions_at(
        &self,
        status: PrescriptionStatus,
        most: usize,
    ) -> Result<Vec<PrescriptionRow>, StoreError> {
        let values = (status.as_str(), limited(most));
        let statement = include_str!("query/list_prescriptions.sql");
        self.many(statement, values, read_prescription)
    }

    /// Prescriptions that stand somewhere and whose last day is before a day or not known, the oldest
    /// first.
    pub fn ended_prescriptions(
        &self,
        (status, day): (PrescriptionStatus, Date),
        most: usize,
    ) -> Result<Vec<PrescriptionRow>, StoreError> {
        let values = (status.as_str(), day.to_string(), limited(most));
        let statement = include_str!("query/list_ended_prescriptions.sql");
        self.many(statement, values, read_prescription)
    }

    /// How many prescriptions under way stand somewhere.
    pub fn count_prescriptions(&self, status: PrescriptionStatus) -> Result<u64, StoreError> {
        let statement = include_str!("query/count_prescriptions.sql");
        let count = self.one(statement, [status.as_str()], |row| unsigned(row, 0))?;
        Ok(count.unwrap_or(0))
    }

    /// Prescriptions that bear a name, with the moment that goes with it, the newest first.
    pub fn prescriptions_named(
        &self,
        kind: PrescriptionNameKind,
        name: &NameDigest,
        most: usize,
    ) -> Result<Vec<(u64, i64)>, StoreError> {
        let values = (kind.as_str(), name.as_bytes(), limited(most));
        let statement = include_str!("query/list_prescriptions_named.sql");
        self.many(statement, values, |row| {
            Ok((unsigned(row, 0)?, row.get(1)?))
        })
    }
}

impl Transaction<'_> {
    /// Adds a prescription, or replaces status, time, state and entry of the one with this number.
    /// `told` is its state as the entry tells it.
    pub fn put_prescription(
        &self,
        row: &PrescriptionRow,
        told: Box<RawValue>,
    ) -> Result<(), StoreError> {
        let values = (
            column("prescription", row.id)?,
            row.status.as_str(),
            row.valid_until.map(|day| day.to_string()),
            row.received_ms,
            row.updated_ms,
            row.state.as_bytes(),
            column("entry", row.entry.value())?,
        );
        self.change(include_str!("query/put_prescription.sql"), values)?;
        self.tell(|rows| {
            rows.prescriptions.push(PrescriptionChange::Kept {
                prescription: row.id,
                status: row.status,
                valid_until: row.valid_until,
                received: row.received_ms,
                at: row.updated_ms,
                state: told,
            });
        });
        Ok(())
    }

    /// Names a prescription; many may bear one name.
    pub fn put_prescription_name(
        &self,
        kind: PrescriptionNameKind,
        name: &NameDigest,
        (prescription, at_ms): (u64, i64),
    ) -> Result<(), StoreError> {
        let id = column("prescription", prescription)?;
        let values = (kind.as_str(), name.as_bytes(), id, at_ms);
        self.change(include_str!("query/put_prescription_name.sql"), values)?;
        let name = Digest(*name.as_bytes());
        self.tell(|rows| {
            rows.prescriptions.push(PrescriptionChange::Named {
                prescription,
                kind,
                name,
                at: at_ms,
            });
        });
        Ok(())
    }

    /// Takes a name from a prescription.
    pub fn remove_prescription_name(
        &self,
        kind: PrescriptionNameKind,
        name: &NameDigest,
        prescription: u64,
    ) -> Result<(), StoreError> {
        let id = column("prescription", prescription)?;
        let values = (kind.as_str(), name.as_bytes(), id);
        let statement = include_str!("query/remove_prescription_name.sql");
        if self.change(statement, values)? > 0 {
            let name = Digest(*name.as_bytes());
            self.tell(|rows| {
                rows.prescriptions.push(PrescriptionChange::Unnamed {
                    prescription,
                    kind,
                    name,
                });
            });
        }
        Ok(())
    }
}
