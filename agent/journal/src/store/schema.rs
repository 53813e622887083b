//! The schema's versions and the marks by which a file is known as ours.

use rusqlite::{Connection, TransactionBehavior};

use super::StoreError;

/// `PHAR` in the file's header: tells our files from other programs' databases.
const APPLICATION_ID: i64 = 0x5048_4152;

/// Frozen: the nth script leads from schema n to n + 1. A released script is never edited.
const MIGRATIONS: &[&str] = &[
    include_str!("query/create_schema_1.sql"),
    include_str!("query/create_schema_2.sql"),
    include_str!("query/create_schema_3.sql"),
    include_str!("query/create_schema_4.sql"),
    include_str!("query/create_schema_5.sql"),
];

fn newest() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

fn version(connection: &Connection) -> Result<i64, StoreError> {
    Ok(connection.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

/// Marks an empty file as ours; page size and journal mode can only be set now.
pub(super) fn mark(connection: &Connection) -> Result<(), StoreError> {
    connection.pragma_update(None, "page_size", 4096)?;
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    Ok(())
}

/// Is the file ours, and of a schema that this agent knows?
pub(super) fn check(connection: &Connection) -> Result<(), StoreError> {
    let mark: i64 = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    if mark != APPLICATION_ID {
        return Err(StoreError::Foreign);
    }
    let found = version(connection)?;
    if found > newest() {
        return Err(StoreError::Schema {
            found,
            known: newest(),
        });
    }
    if found < 1 {
        return Err(StoreError::Damaged(None));
    }
    Ok(())
}

/// Brings the file to the newest schema, one transaction for each step.
pub(super) fn migrate(connection: &Connection) -> Result<(), StoreError> {
    loop {
        // Looked up inside the lock as well: another process may be migrating.
        if version(connection)? >= newest() {
            return Ok(());
        }
        let step =
            rusqlite::Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
        let found = version(&step)?;
        let script = usize::try_from(found)
            .ok()
            .and_then(|at| MIGRATIONS.get(at));
        if let Some(script) = script {
            step.execute_batch(script)?;
            step.pragma_update(None, "user_version", found.saturating_add(1))?;
        }
        step.commit()?;
    }
}

#[cfg(test)]
mod tests {
    use ring::digest::{SHA256, digest};

    use super::*;

    /// A released script is never edited: stores that ran it would not have what it says now.
    #[test]
    fn migrations_are_frozen() {
        let frozen = [
            "0fc5b58240b2ecf40948fe23cb57b29ce80af50b37b7452dbed72fe8649c38c6",
            "972459803caa957aee03a7ff37f6bf4f11521b25907c9f4551da5d65883add73",
            "13ee6b7613d5a324793af88c3c2938de5ca93736a204d34ad2a73b6fb45f7379",
            "ad0510501b77ddffec6b7109a7a8afa9668449ca067477849382dec29c637550",
            "97d974487180202ea91d7e45fc5b396c8ee317a07060b87a27f86c24f65dfec7",
        ];
        let digests = MIGRATIONS.iter().map(|script| {
            // Git may check the script out with other line ends.
            let script = script.replace("\r\n", "\n");
            let digest = digest(&SHA256, script.as_bytes());
            digest
                .as_ref()
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect::<String>()
        });
        assert_eq!(digests.collect::<Vec<_>>(), frozen);
    }
}
