//! What can go wrong between the agent and its database file, and whose fault it is.

use rusqlite::ErrorCode;

/// Whose fault an error is; each edge maps it to its own status and exit codes.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Fault {
    /// Whoever called asked for something that cannot be.
    CallerMistake,
    /// The disk, the file system, the clock or the operator's handling of the files.
    Environment,
    Invariant,
}

/// What the database library said; opaque, so that only this module names the library.
///
/// It carries names of tables and columns, never a value of a row.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct DatabaseError(rusqlite::Error);

/// A store that could not be opened, read or changed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A row would break a rule of the schema.
    #[error("a row breaks a rule of the schema")]
    Constraint(#[source] DatabaseError),
    /// The file is not what was written: foreign bytes, a missing end, a broken page.
    #[error("database file is damaged")]
    Damaged(#[source] Option<DatabaseError>),
    /// Something is where a new store was to be made.
    #[error("a store exists here already")]
    Exists,
    /// A database that is not ours.
    #[error("the file is a database of another program")]
    Foreign,
    /// No space, or a quota.
    #[error("disk is full")]
    Full(#[source] DatabaseError),
    /// Reading, writing or syncing failed.
    #[error("reading or writing the database file failed")]
    Io(#[source] DatabaseError),
    /// Another process held the store for longer than we wait.
    #[error("store is locked by another process")]
    Locked(#[source] Option<DatabaseError>),
    /// There is no store here, and only `init` makes one.
    #[error("there is no store here")]
    Missing,
    /// A number that does not fit into a column.
    #[error("`{what}` is out of range")]
    OutOfRange { what: &'static str },
    /// A stored row that does not read as what it should be.
    #[error("a stored row does not read as what it should be")]
    Row(#[source] Option<DatabaseError>),
    /// Written by a newer agent.
    #[error("store has schema {found}, this agent knows up to {known}")]
    Schema {
        found: i64,
        /// The newest that this agent knows.
        known: i64,
    },
    /// A statement that the database refuses.
    #[error("database refused a statement")]
    Statement(#[source] DatabaseError),
}

impl StoreError {
    /// The stable code of the error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Constraint(_) => "store.constraint",
            Self::Damaged(_) => "store.damaged",
            Self::Exists => "store.exists",
            Self::Foreign => "store.foreign",
            Self::Full(_) => "store.full",
            Self::Io(_) => "store.io",
            Self::Locked(_) => "store.locked",
            Self::Missing => "store.missing",
            Self::OutOfRange { .. } => "store.out-of-range",
            Self::Row(_) => "store.row",
            Self::Schema { .. } => "store.schema",
            Self::Statement(_) => "store.statement",
        }
    }

    /// Whose fault it is.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Damaged(_) | Self::Full(_) | Self::Io(_) | Self::Locked(_) => Fault::Environment,
            Self::Exists | Self::Foreign | Self::Missing | Self::Schema { .. } => {
                Fault::CallerMistake
            }
            Self::Constraint(_) | Self::OutOfRange { .. } | Self::Row(_) | Self::Statement(_) => {
                Fault::Invariant
            }
        }
    }

    /// May the disk no longer hold what was written to it? Then this process writes no more.
    pub fn is_fatal(&self) -> bool {
        match self {
            Self::Damaged(_) | Self::Full(_) | Self::Io(_) => true,
            Self::Constraint(_)
            | Self::Exists
            | Self::Foreign
            | Self::Locked(_)
            | Self::Missing
            | Self::OutOfRange { .. }
            | Self::Row(_)
            | Self::Schema { .. }
            | Self::Statement(_) => false,
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::Error as E;
        let row = matches!(
            error,
            E::FromSqlConversionFailure(..)
                | E::IntegralValueOutOfRange(..)
                | E::InvalidColumnType(..)
                | E::QueryReturnedNoRows
                | E::QueryReturnedMoreThanOneRow
                | E::Utf8Error(..)
        );
        let code = error.sqlite_error_code();
        let cause = DatabaseError(error);
        if row {
            return Self::Row(Some(cause));
        }
        match code {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                Self::Damaged(Some(cause))
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked(Some(cause)),
            Some(ErrorCode::DiskFull) => Self::Full(cause),
            Some(
                ErrorCode::CannotOpen
                | ErrorCode::FileLockingProtocolFailed
                | ErrorCode::NoLargeFileSupport
                | ErrorCode::OutOfMemory
                | ErrorCode::PermissionDenied
                | ErrorCode::ReadOnly
                | ErrorCode::SystemIoFailure,
            ) => Self::Io(cause),
            Some(ErrorCode::ConstraintViolation) => Self::Constraint(cause),
            _ => Self::Statement(cause),
        }
    }
}
