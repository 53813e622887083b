//! The database file: rows in, rows out.
//!
//! In scope: opening and making the file, its schema, one typed function per statement. This is the
//! only module that names the database library; callers hold a [`Transaction`] or a [`Reader`] and
//! never see SQL. Statements are in `query/<verb>_<noun>.sql`.
//! Out of scope: what a row means, keys (rows come sealed), the order of a commit (`journal`).
//!
//! One file in write-ahead mode, `synchronous=FULL`: a commit that returned is on the disk. Only
//! [`Store::create`] makes a file; a store that is missing is an error, never an empty log.

mod entry;
mod error;
mod figure;
mod group;
mod mapping;
mod mark;
mod no_code;
mod outbox;
mod pack;
mod part;
mod prescription;
mod purchase_list;
mod register;
mod relayed;
mod request;
mod row;
mod sale;
mod schema;
mod scope;
mod setting;
mod supply;
mod token;

use std::cell::RefCell;
use std::fs;
use std::ops::Deref;
use std::path::Path;
use std::str::FromStr;
use std::thread;
use std::time::{Duration, Instant};

use pharmacy_protocol::digest::sha256;
use pharmacy_protocol::history::{Digest, Rows};
use rusqlite::config::DbConfig;
use rusqlite::types::Type;
use rusqlite::{Connection, OpenFlags, OptionalExtension, Params, Row, TransactionBehavior};

pub use entry::{HeadRow, LogRow};
pub use error::{DatabaseError, Fault, StoreError};
pub use figure::FigureRow;
pub use mapping::MappingRow;
pub use mark::{Mark, MarkDigest, Marked, Span, TopRow};
pub use no_code::NoCodeMove;
pub use outbox::OutboxItem;
pub use pack::{PackChange, PackDigest, PackEvent};
pub use part::{MAX_PARTS, MonthKeyId, PartRow};
pub use pharmacy_protocol::history::word::{
    DueKind, FigureKind, ListState, MappingSource, MarkKind, NameKind, PackEventKind, PackStatus,
    Phase, PrescriptionNameKind, PrescriptionStatus, RegisterKind,
};
pub use pharmacy_protocol::history::{NoCodeGoods, NoCodeRow, NoCodeStock, PackRow};
pub use prescription::{MAX_PRESCRIPTIONS, PrescriptionRow};
pub use purchase_list::ListRow;
pub use register::RegisterRow;
pub use relayed::{NameDigest, RelayedRow};
pub use request::{Answer, RequestKey};
pub use row::{Column, Opener};
pub use sale::SaleRow;
use scope::{Backlog, Scope};
pub use supply::SupplyRow;
pub use token::{TokenDigest, TokenRow};

/// How long a statement waits for another process before it gives up.
pub const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Pause between attempts to copy back while another process does.
const COPY_BACK_PAUSE: Duration = Duration::from_millis(10);

/// Statements kept prepared: more than there are, so that none is ever prepared twice.
const STATEMENTS: usize = 192;

/// Page cache in KiB. The whole process has 40 MB; the upper levels of every tree fit into this.
const CACHE_KIB: i64 = 4096;

/// The write-ahead file is cut back to this after a checkpoint.
const WAL_LIMIT: i64 = 8 * 1024 * 1024;

/// Bytes that the journal sealed under the store's keys. A row that could name somebody takes
/// nothing else.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Sealed(Vec<u8>);

impl Sealed {
    /// Takes bytes that are sealed already; only the journal's keys may call this.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// By what an entry names the bytes as they are sealed.
    pub(crate) fn digest(&self) -> Digest {
        Digest(sha256(&self.0))
    }
}

/// An open database file.
#[derive(Debug)]
pub struct Store {
    connection: Connection,
    backlog: Backlog,
}

/// Reads rows.
#[derive(Debug)]
pub struct Reader<'c> {
    connection: &'c Connection,
}

/// Reads and changes rows; nothing lasts unless it is committed.
#[derive(Debug)]
pub struct Transaction<'c> {
    reader: Reader<'c>,
    /// What was changed so far, as the entry will say it.
    told: RefCell<Rows>,
    scope: Scope<'c>,
}

/// Reads many rows as they stood at one moment.
#[derive(Debug)]
pub struct Snapshot<'c> {
    reader: Reader<'c>,
    /// None within a group, which stands by itself.
    _inner: Option<rusqlite::Transaction<'c>>,
}

/// What a connection may do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Access {
    Read,
    Write,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum CopyBack {
    Busy,
    Done,
}

impl Store {
    /// Makes a new file with the newest schema; the only place that may.
    pub fn create(path: &Path) -> Result<Self, StoreError> {
        if path.exists() {
            return Err(StoreError::Exists);
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        schema::mark(&connection)?;
        let mut store = Self {
            connection,
            backlog: Backlog::default(),
        };
        store.configure()?;
        store.count_backlog()?;
        schema::migrate(&store.connection)?;
        Ok(store)
    }

    /// Opens a file that exists, is ours, and has a schema that this agent knows.
    ///
    /// Nothing is changed until all of that is checked.
    pub fn open(path: &Path, access: Access) -> Result<Self, StoreError> {
        match fs::metadata(path) {
            Ok(file) if !file.is_file() => return Err(StoreError::Missing),
            // To the database an empty file is as good as a new one.
            Ok(file) if file.len() == 0 => return Err(StoreError::Damaged(None)),
            Ok(_) => {}
            Err(_) => return Err(StoreError::Missing),
        }
        let access_flag = match access {
            Access::Read => OpenFlags::SQLITE_OPEN_READ_ONLY,
            Access::Write => OpenFlags::SQLITE_OPEN_READ_WRITE,
        };
        let flags = access_flag | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut store = Self {
            backlog: Backlog::default(),
            connection: Connection::open_with_flags(path, flags)?,
        };
        store.connection.busy_timeout(BUSY_TIMEOUT)?;
        store.leave_files_alone();
        schema::check(&store.connection)?;
        store.configure()?;
        if access == Access::Write {
            store.count_backlog()?;
            schema::migrate(&store.connection)?;
            store
                .connection
                .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
        }
        Ok(store)
    }

    fn configure(&self) -> Result<(), StoreError> {
        let connection = &self.connection;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        // Without it a statement with a range is planned anew for every value that is bound to it.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        // A row is written before the entry of the same commit that it names, whose index the journal gives.
        // To defer the check, the database would look through every table at every entry; a row that names
        // another entry is found by the fold.
        connection.pragma_update(None, "foreign_keys", false)?;
        connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
        connection.pragma_update(None, "temp_store", "MEMORY")?;
        connection.pragma_update(None, "trusted_schema", false)?;
        connection.pragma_update(None, "cell_size_check", true)?;
        // An erased part must not live on in a free page.
        connection.pragma_update(None, "secure_delete", true)?;
        connection.query_row(
            &format!("PRAGMA journal_size_limit = {WAL_LIMIT}"),
            [],
            |_| Ok(()),
        )?;
        Ok(())
    }

    /// Makes closing write nothing: after a failed sync the files are evidence for the next process.
    pub fn leave_files_alone(&self) {
        // A refusal leaves the default, under which closing copies pages; recovery copes with both.
        let _ = self
            .connection
            .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
    }

    /// Copies all of the write-ahead file into the database, syncs both and empties it.
    ///
    /// Waits for other processes: the database's own waiting does not cover a checkpoint that
    /// another one is just doing.
    pub fn copy_back(&self) -> Result<(), StoreError> {
        let since = Instant::now();
        while self.try_copy_back()? == CopyBack::Busy {
            if since.elapsed() > BUSY_TIMEOUT {
                return Err(StoreError::Locked(None));
            }
            thread::sleep(COPY_BACK_PAUSE);
        }
        Ok(())
    }

    fn try_copy_back(&self) -> Result<CopyBack, StoreError> {
        let statement = "PRAGMA wal_checkpoint(TRUNCATE)";
        let busy: i64 = self.connection.query_row(statement, [], |row| row.get(0))?;
        Ok(if busy == 0 {
            CopyBack::Done
        } else {
            CopyBack::Busy
        })
    }

    /// Looks through every page for damage; takes as long as reading the file.
    pub fn check_pages(&self) -> Result<(), StoreError> {
        let answer: String = self
            .connection
            .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        if answer == "ok" {
            Ok(())
        } else {
            Err(StoreError::Damaged(None))
        }
    }

    /// Reads rows, each as it is at that moment.
    pub fn reader(&self) -> Reader<'_> {
        Reader {
            connection: &self.connection,
        }
    }

    /// Reads rows as they stand now, whatever is written meanwhile.
    pub fn snapshot(&self) -> Result<Snapshot<'_>, StoreError> {
        let inner = match self.is_gathering() {
            true => None,
            false => Some(rusqlite::Transaction::new_unchecked(
                &self.connection,
                TransactionBehavior::Deferred,
            )?),
        };
        Ok(Snapshot {
            reader: self.reader(),
            _inner: inner,
        })
    }

    /// Begins a transaction and takes the write lock at once, so that what it reads stays true; within a
    /// group, a part of it that can be taken back alone.
    pub fn begin(&mut self) -> Result<Transaction<'_>, StoreError> {
        Ok(Transaction {
            reader: self.reader(),
            told: RefCell::default(),
            scope: Scope::begin(&self.connection)?,
        })
    }
}

impl<'c> Deref for Transaction<'c> {
    type Target = Reader<'c>;
    fn deref(&self) -> &Reader<'c> {
        &self.reader
    }
}

impl<'c> Deref for Snapshot<'c> {
    type Target = Reader<'c>;
    fn deref(&self) -> &Reader<'c> {
        &self.reader
    }
}

impl Transaction<'_> {
    /// Makes the changes last, or part of the group. After an error it is unknown whether they do.
    pub fn commit(self) -> Result<(), StoreError> {
        self.scope.commit()
    }

    /// Notes a change of rows.
    fn tell(&self, change: impl FnOnce(&mut Rows)) {
        change(&mut self.told.borrow_mut());
    }

    /// What was changed since this was asked last.
    pub fn take_told(&self) -> Rows {
        self.told.take()
    }

    /// Runs a statement that changes rows, and counts them.
    fn change(&self, statement: &str, values: impl Params) -> Result<usize, StoreError> {
        let connection = self.reader.connection;
        Ok(connection.prepare_cached(statement)?.execute(values)?)
    }
}

impl Reader<'_> {
    /// The row that a statement finds, if any.
    fn one<T>(
        &self,
        statement: &str,
        values: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, StoreError> {
        Ok(self
            .connection
            .prepare_cached(statement)?
            .query_row(values, read)
            .optional()?)
    }

    /// All rows that a statement finds.
    fn many<T>(
        &self,
        statement: &str,
        values: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        let mut prepared = self.connection.prepare_cached(statement)?;
        let rows = prepared.query_map(values, read)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

/// A number as a column holds it.
fn column(what: &'static str, number: u64) -> Result<i64, StoreError> {
    i64::try_from(number).map_err(|_| StoreError::OutOfRange { what })
}

/// Reads a column that is never negative.
fn unsigned(row: &Row<'_>, at: usize) -> rusqlite::Result<u64> {
    let number: i64 = row.get(at)?;
    u64::try_from(number).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(at, number))
}

/// A stored text that does not parse. Says nothing of the text: it could be anybody's.
#[derive(Debug, thiserror::Error)]
#[error("stored text has lost its form")]
struct LostForm;

/// Reads a text column as a value with a checked form.
fn parsed<T: FromStr>(row: &Row<'_>, at: usize) -> rusqlite::Result<T> {
    let text = row.get_ref(at)?.as_str()?;
    text.parse().map_err(|_| unreadable(at))
}

/// Reads a text column that may be empty.
fn parsed_option<T: FromStr>(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<T>> {
    match row.get_ref(at)?.as_str_or_null()? {
        None => Ok(None),
        Some(text) => text.parse().map(Some).map_err(|_| unreadable(at)),
    }
}

fn unreadable(at: usize) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(at, Type::Text, Box::new(LostForm))
}
