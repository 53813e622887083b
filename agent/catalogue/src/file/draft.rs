//! Writing a catalogue file: complete and under its name, or not there at all.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use pharmacy_decision::facts::Split;
use pharmacy_protocol::term::{Barcode, InsuranceCode, UnitPrice};
use rusqlite::{Connection, OpenFlags, params};

use super::{APPLICATION_ID, CatalogueError, FORM, dispensing_word};
use crate::{Digest, ShopArticle};

/// Most memory that writing keeps of the file.
const WRITE_CACHE_KIB: i32 = 16 * 1024;

/// Whether an article was taken into a draft.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[must_use]
pub enum Insertion {
    /// An earlier line has the same article number.
    Duplicate {
        first: u64,
    },
    New,
}

/// A catalogue being written; dropped before it is published, it leaves nothing behind.
#[derive(Debug)]
pub struct Draft {
    // Dropped in this order: Windows does not remove a file that is open.
    pub(super) connection: Connection,
    file: Unpublished,
}

/// A file that is removed when dropped, whatever cut its making short.
#[derive(Debug)]
struct Unpublished(PathBuf);

impl Drop for Unpublished {
    fn drop(&mut self) {
        // After the rename there is no such name. A file that stays is swept by the next import.
        let _ = fs::remove_file(&self.0);
    }
}

impl Draft {
    /// Begins a draft in a new file at `path`.
    pub fn create(path: &Path) -> Result<Self, CatalogueError> {
        File::create_new(path).map_err(CatalogueError::Create)?;
        let file = Unpublished(path.to_owned());
        let connection = begin(path).map_err(CatalogueError::Write)?;
        Ok(Self { connection, file })
    }

    /// Takes an article in, unless its number is there already.
    pub fn insert(
        &mut self,
        line: u64,
        article: &ShopArticle,
    ) -> Result<Insertion, CatalogueError> {
        insert(&self.connection, line, article).map_err(CatalogueError::Write)
    }

    /// Completes the draft: indexes, head row, integrity check.
    pub fn complete(&mut self, source: &Digest) -> Result<(), CatalogueError> {
        let connection = &self.connection;
        let finish = || -> rusqlite::Result<String> {
            connection.execute(
                include_str!("../query/insert_catalogue.sql"),
                params![source.as_bytes().as_slice()],
            )?;
            connection.execute_batch(include_str!("../query/index_article.sql"))?;
            connection.execute_batch("COMMIT")?;
            connection.pragma_query_value(None, "quick_check", |row| row.get(0))
        };
        match finish().map_err(CatalogueError::Write)?.as_str() {
            "ok" => Ok(()),
            // The disk gave back something else than was written to it.
            _ => Err(CatalogueError::Damaged(None)),
        }
    }

    /// Makes the completed draft durable and gives it its name; returns the digest of its bytes.
    pub fn publish(self, path: &Path) -> Result<Digest, CatalogueError> {
        let Self { connection, file } = self;
        connection
            .close()
            .map_err(|(_, error)| CatalogueError::Write(error))?;
        publish(&file.0, path).map_err(CatalogueError::Publish)
    }
}

fn begin(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    // A draft that is cut short is thrown away, so it needs no journal; the file is synced once,
    // before it gets its name.
    connection.pragma_update(None, "journal_mode", "off")?;
    connection.pragma_update(None, "synchronous", "off")?;
    connection.pragma_update(None, "locking_mode", "exclusive")?;
    connection.pragma_update(None, "cache_size", -WRITE_CACHE_KIB)?;
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    connection.pragma_update(None, "user_version", FORM)?;
    connection.execute_batch(include_str!("../query/create_catalogue.sql"))?;
    connection.execute_batch("BEGIN")?;
    Ok(connection)
}

fn publish(draft: &Path, path: &Path) -> io::Result<Digest> {
    // Windows syncs only what was opened for writing.
    let mut file = File::options().read(true).write(true).open(draft)?;
    file.sync_all()?;
    let digest = Digest::of_file(&mut file)?;
    drop(file);
    fs::rename(draft, path)?;
    sync_directory(path)?;
    Ok(digest)
}

/// Makes a new name in a directory durable.
#[cfg(unix)]
fn sync_directory(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) if parent != Path::new("") => File::open(parent)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}

/// Windows has no such call; NTFS journals the rename itself.
#[cfg(not(unix))]
fn sync_directory(_path: &Path) -> io::Result<()> {
    Ok(())
}

fn insert(connection: &Connection, line: u64, shop: &ShopArticle) -> rusqlite::Result<Insertion> {
    let article = &shop.article;
    let line = i64::try_from(line).unwrap_or(i64::MAX);
    let inserted = connection
        .prepare_cached(include_str!("../query/insert_article.sql"))?
        .execute(params![
            shop.sku.as_str(),
            line,
            article.name,
            article.spec,
            article.approval,
            article.barcode.as_ref().map(Barcode::as_str),
            article.code.as_ref().map(InsuranceCode::as_str),
            article.dispensing.known().copied().map(dispensing_word),
            false,
            article.split == Split::Allowed,
            shop.generic,
            shop.form,
            shop.maker,
            shop.unit,
            shop.price.map(UnitPrice::units),
            shop.days,
        ])?;
    if inserted == 0 {
        let first: i64 = connection
            .prepare_cached(include_str!("../query/select_article_line.sql"))?
            .query_row([shop.sku.as_str()], |row| row.get(0))?;
        let first = u64::try_from(first).unwrap_or_default();
        return Ok(Insertion::Duplicate { first });
    }
    let id = connection.last_insert_rowid();
    if let Some(price) = article.cash_price {
        connection
            .prepare_cached(include_str!("../query/insert_cash_price.sql"))?
            .execute(params![shop.sku.as_str(), price.units()])?;
    }
    for prefix in &article.trace_prefixes {
        connection
            .prepare_cached(include_str!("../query/insert_article_prefix.sql"))?
            .execute(params![id, prefix.as_str()])?;
    }
    Ok(Insertion::New)
}
