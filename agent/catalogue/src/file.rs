//! A catalogue file: written once by an import, then only read.
//!
//! ```text
//! catalogue-<first 16 hex of the source's SHA-256>-<n>.db.tmp   Draft: nobody reads it
//!   1 rows, one transaction, no journal     crash: the temporary file is left, swept by the next import
//!   2 indexes, head row, integrity check    crash: the same
//!   3 fsync of the file                     crash: the same
//! catalogue-<first 16 hex of the source's SHA-256>-<n>.db       Catalogue: nobody writes it
//!   4 rename, fsync of the directory        crash: either name, the content is whole
//! ```
//!
//! In scope: this file's form, writing and look-ups. Out of scope: what a row may hold
//! (`crate`), which file is the active one (the desk records it).

mod draft;

use std::fs;
use std::io;
use std::path::Path;

use pharmacy_decision::fact::Fact;
use pharmacy_decision::facts::{Article, Dispensing, Split};
use pharmacy_protocol::term::{Barcode, InsuranceCode, Sku, TracePrefix, UnitPrice};
use rusqlite::config::DbConfig;
use rusqlite::types::FromSql;
use rusqlite::{Connection, ErrorCode, OpenFlags, Row};

pub use self::draft::{Draft, Insertion};
use crate::{Digest, ShopArticle};

/// The form of the file, in `user_version`.
pub const FORM: i32 = 1;
/// Marks the file as a catalogue, in `application_id`: `PhCt`.
const APPLICATION_ID: i32 = 0x5068_4374;
/// Most memory that look-ups keep of the file.
const READ_CACHE_KIB: i32 = 2048;
/// Most articles that one look-up returns; a basket needs to know "one" from "several".
pub const MAX_MATCHES: usize = 100;

/// A catalogue file that cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// The draft's file could not be made.
    #[error("making the catalogue file failed")]
    Create(#[source] io::Error),
    /// The file's content is not what was written.
    #[error("the catalogue file is damaged; import the catalogue again")]
    Damaged(#[source] Option<rusqlite::Error>),
    /// The file was written by another version of the agent.
    #[error("the catalogue file has form {found}, this agent reads {FORM}; import it again")]
    Form { found: i32 },
    /// There is no file.
    #[error("the catalogue file is missing; import the catalogue again")]
    Missing,
    /// The file is a database of something else.
    #[error("the file is not a catalogue")]
    NotACatalogue,
    /// The finished file could not be given its name.
    #[error("publishing the catalogue file failed")]
    Publish(#[source] io::Error),
    /// The file could not be read.
    #[error("reading the catalogue file failed")]
    Read(#[source] rusqlite::Error),
    /// The file could not be looked at.
    #[error("opening the catalogue file failed")]
    Stat(#[source] io::Error),
    /// The path cannot be given to the database.
    #[error("the catalogue file's path is not text")]
    UnreadablePath,
    /// The file could not be written.
    #[error("writing the catalogue file failed")]
    Write(#[source] rusqlite::Error),
}

fn read_error(error: rusqlite::Error) -> CatalogueError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            CatalogueError::Damaged(Some(error))
        }
        _ => CatalogueError::Read(error),
    }
}

const fn dispensing_word(dispensing: Dispensing) -> &'static str {
    match dispensing {
        Dispensing::Dual => "dual",
        Dispensing::OverTheCounter => "over-the-counter",
        Dispensing::Prescription => "prescription",
    }
}

fn dispensing_of(word: &str) -> Option<Dispensing> {
    [
        Dispensing::Dual,
        Dispensing::OverTheCounter,
        Dispensing::Prescription,
    ]
    .into_iter()
    .find(|dispensing| dispensing_word(*dispensing) == word)
}

/// A catalogue, read from its file with at most 2 MiB of it in memory.
#[derive(Debug)]
pub struct Catalogue {
    connection: Connection,
    digest: [u8; 32],
    articles: u64,
    /// Does any article have a cash price? Files from before there were any have no place for one.
    has_cash_prices: bool,
}

impl Catalogue {
    /// Opens the file; it is never written, and nobody else writes it.
    pub fn open(path: &Path) -> Result<Self, CatalogueError> {
        let length = match fs::metadata(path) {
            Ok(metadata) if metadata.is_file() => metadata.len(),
            Ok(_) => return Err(CatalogueError::NotACatalogue),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(CatalogueError::Missing);
            }
            Err(error) => return Err(CatalogueError::Stat(error)),
        };
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
            | OpenFlags::SQLITE_OPEN_NO_MUTEX
            | OpenFlags::SQLITE_OPEN_URI;
        let connection =
            Connection::open_with_flags(immutable_uri(path)?, flags).map_err(read_error)?;
        // Without it a statement is planned anew for every value it is asked for.
        connection
            .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
            .map_err(read_error)?;
        check_form(&connection)?;
        check_length(&connection, length)?;
        let (digest, articles) = connection
            .query_row(include_str!("query/select_catalogue.sql"), [], |row| {
                Ok((row.get(0)?, row.get::<_, i64>(1)?))
            })
            .map_err(read_error)?;
        let articles = u64::try_from(articles).map_err(|_| CatalogueError::Damaged(None))?;
        let has = |query| connection.query_row(query, [], |row| row.get::<_, bool>(0));
        let has_cash_prices = has(include_str!("query/has_cash_price_table.sql"))
            .and_then(|has_table| match has_table {
                true => has(include_str!("query/has_cash_price.sql")),
                false => Ok(false),
            })
            .map_err(read_error)?;
        Ok(Self {
            connection,
            digest,
            articles,
            has_cash_prices,
        })
    }

    /// How many articles there are.
    pub fn count(&self) -> u64 {
        self.articles
    }

    /// SHA-256 of the file that was imported.
    pub fn digest(&self) -> Digest {
        Digest::from(self.digest)
    }

    /// The article with this number.
    pub fn by_sku(&self, sku: &Sku) -> Result<Option<ShopArticle>, CatalogueError> {
        let query = include_str!("query/select_article_by_sku.sql");
        let found = self.articles(query, sku.as_str())?;
        Ok(found.into_iter().next())
    }

    /// The articles with this barcode. An EAN-13 and its GTIN-14 (a zero before it) are one.
    pub fn by_barcode(&self, barcode: &Barcode) -> Result<Vec<ShopArticle>, CatalogueError> {
        let query = include_str!("query/select_article_by_barcode.sql");
        self.articles(query, barcode.as_str())
    }

    /// The articles under this insurance code.
    pub fn by_code(&self, code: &InsuranceCode) -> Result<Vec<ShopArticle>, CatalogueError> {
        let query = include_str!("query/select_article_by_code.sql");
        self.articles(query, code.as_str())
    }

    /// The articles whose packs' codes begin so. A GTIN also names the article with that barcode.
    pub fn by_prefix(&self, prefix: &TracePrefix) -> Result<Vec<Sku>, CatalogueError> {
        let query = include_str!("query/list_article_by_prefix.sql");
        self.select(query, prefix.as_str(), |row| parse_text(row, 0))
    }

    /// Reads the whole file and checks that every part of it fits the others.
    pub fn check(&self) -> Result<(), CatalogueError> {
        let verdict: String = pragma(&self.connection, "integrity_check")?;
        let counted: i64 = self
            .connection
            .query_row(include_str!("query/count_article.sql"), [], |row| {
                row.get(0)
            })
            .map_err(read_error)?;
        if verdict == "ok" && u64::try_from(counted) == Ok(self.articles) {
            Ok(())
        } else {
            Err(CatalogueError::Damaged(None))
        }
    }

    /// Articles with what else is kept of them.
    fn articles(&self, query: &str, key: &str) -> Result<Vec<ShopArticle>, CatalogueError> {
        let mut found = self.select(query, key, article_of)?;
        if self.has_cash_prices {
            let query = include_str!("query/select_cash_price.sql");
            for shop in &mut found {
                let price = self.select(query, shop.sku.as_str(), |row| {
                    row.get(0).map_err(read_error)
                })?;
                shop.article.cash_price = price.first().copied().map(UnitPrice::new);
            }
        }
        Ok(found)
    }

    fn select<T>(
        &self,
        query: &str,
        key: &str,
        read: impl Fn(&Row<'_>) -> Result<T, CatalogueError>,
    ) -> Result<Vec<T>, CatalogueError> {
        let mut statement = self.connection.prepare_cached(query).map_err(read_error)?;
        let mut rows = statement.query([key]).map_err(read_error)?;
        let mut found = Vec::new();
        while let Some(row) = rows.next().map_err(read_error)? {
            found.push(read(row)?);
        }
        Ok(found)
    }
}

/// What the database says of itself.
fn pragma<T: FromSql>(connection: &Connection, name: &str) -> Result<T, CatalogueError> {
    let value = connection.pragma_query_value(None, name, |row| row.get(0));
    value.map_err(read_error)
}

/// Refuses databases of something else, and other versions' files.
fn check_form(connection: &Connection) -> Result<(), CatalogueError> {
    for (name, value) in [
        ("query_only", 1),
        ("cache_size", -READ_CACHE_KIB),
        ("mmap_size", 0),
    ] {
        connection
            .pragma_update(None, name, value)
            .map_err(read_error)?;
    }
    if pragma::<i32>(connection, "application_id")? != APPLICATION_ID {
        return Err(CatalogueError::NotACatalogue);
    }
    match pragma(connection, "user_version")? {
        FORM => Ok(()),
        found => Err(CatalogueError::Form { found }),
    }
}

/// A file that was cut short or grew is found without reading it whole.
fn check_length(connection: &Connection, length: u64) -> Result<(), CatalogueError> {
    let pages: i64 = pragma(connection, "page_count")?;
    let expected = pages.saturating_mul(pragma(connection, "page_size")?);
    if u64::try_from(expected) == Ok(length) {
        Ok(())
    } else {
        Err(CatalogueError::Damaged(None))
    }
}

/// The file as a URI that tells SQLite that nobody changes it: no locks, no side files.
/// SPEC: sqlite.org/uri.html.
fn immutable_uri(path: &Path) -> Result<String, CatalogueError> {
    let path = std::path::absolute(path).map_err(CatalogueError::Stat)?;
    let text = path.to_str().ok_or(CatalogueError::UnreadablePath)?;
    let mut uri = String::from("file:");
    #[cfg(windows)]
    let text = &{
        let plain = text
            .strip_prefix(r"\\?\")
            .unwrap_or(text)
            .replace('\\', "/");
        // A drive's path begins with a slash in a URI, a share's with two of its own after two.
        match plain.strip_prefix("//") {
            Some(share) => format!("////{share}"),
            None => format!("/{plain}"),
        }
    };
    for byte in text.bytes() {
        match byte {
            b'/' | b':' | b'-' | b'_' | b'.' | b'~' => uri.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => uri.push(char::from(byte)),
            byte => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri.push_str("?immutable=1");
    Ok(uri)
}

/// Reads a column as text, or finds the file damaged: what was written had its form.
fn parse_text<T: std::str::FromStr>(row: &Row<'_>, column: usize) -> Result<T, CatalogueError> {
    row.get_ref(column)
        .map_err(read_error)?
        .as_str()
        .ok()
        .and_then(|text| text.parse().ok())
        .ok_or(CatalogueError::Damaged(None))
}

fn parse_optional<T: std::str::FromStr>(
    row: &Row<'_>,
    column: usize,
) -> Result<Option<T>, CatalogueError> {
    match row.get_ref(column).map_err(read_error)? {
        rusqlite::types::ValueRef::Null => Ok(None),
        _ => parse_text(row, column).map(Some),
    }
}

/// Reads the columns of `select_article_by_….sql`.
fn article_of(row: &Row<'_>) -> Result<ShopArticle, CatalogueError> {
    let text = |column| row.get::<_, String>(column).map_err(read_error);
    let dispensing = row
        .get::<_, Option<String>>(6)
        .map_err(read_error)?
        .map(|word| dispensing_of(&word).ok_or(CatalogueError::Damaged(None)))
        .transpose()?;
    let is_split: bool = row.get(8).map_err(read_error)?;
    let price: Option<i64> = row.get(13).map_err(read_error)?;
    Ok(ShopArticle {
        sku: parse_text(row, 0)?,
        article: Article {
            name: text(1)?,
            spec: text(2)?,
            approval: text(3)?,
            barcode: parse_optional(row, 4)?,
            code: parse_optional(row, 5)?,
            dispensing: Fact::from_option(dispensing),
            trace_prefixes: prefixes_of(row.get(15).map_err(read_error)?)?,
            // Column 7 is a mark of before there was a list by lot: it counts for nothing.
            no_code_stock: false,
            split: if is_split {
                Split::Allowed
            } else {
                Split::Whole
            },
            posted: None,
            cash_price: None,
        },
        generic: text(9)?,
        form: text(10)?,
        maker: text(11)?,
        unit: text(12)?,
        price: price.map(UnitPrice::new),
        days: row.get(14).map_err(read_error)?,
    })
}

fn prefixes_of(joined: Option<String>) -> Result<Vec<TracePrefix>, CatalogueError> {
    joined
        .unwrap_or_default()
        .split_terminator(' ')
        .map(|prefix| prefix.parse().map_err(|_| CatalogueError::Damaged(None)))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use rusqlite::StatementStatus;

    use super::*;

    fn article(sku: &str) -> ShopArticle {
        ShopArticle {
            sku: sku.parse().unwrap(),
            article: Article {
                name: "板蓝根颗粒".to_owned(),
                spec: "10g*20袋".to_owned(),
                approval: "国药准字Z37021178".to_owned(),
                barcode: Some("6901234567892".parse().unwrap()),
                code: Some("ZD01CAA0063010104080".parse().unwrap()),
                dispensing: Fact::Known(Dispensing::OverTheCounter),
                trace_prefixes: vec!["8123456".parse().unwrap(), "8123457".parse().unwrap()],
                no_code_stock: false,
                split: Split::Allowed,
                posted: None,
                cash_price: Some(UnitPrice::new(18_900_000)),
            },
            generic: "板蓝根颗粒".to_owned(),
            form: "颗粒剂".to_owned(),
            maker: "某厂".to_owned(),
            unit: "盒".to_owned(),
            price: Some(UnitPrice::new(19_100_000)),
            days: Some(7),
        }
    }

    fn bare(sku: &str) -> ShopArticle {
        ShopArticle {
            sku: sku.parse().unwrap(),
            article: Article {
                name: "牙刷".to_owned(),
                dispensing: Fact::from_option(None),
                ..Article::default()
            },
            generic: String::new(),
            form: String::new(),
            maker: String::new(),
            unit: String::new(),
            price: None,
            days: None,
        }
    }

    fn source() -> Digest {
        Digest::from([7; 32])
    }

    /// Writes the articles into `name` of `dir`.
    fn written(dir: &Path, name: &str, articles: &[ShopArticle]) -> PathBuf {
        let mut draft = Draft::create(&dir.join("draft.db.tmp")).unwrap();
        for (line, article) in (2..).zip(articles) {
            assert_eq!(draft.insert(line, article).unwrap(), Insertion::New);
        }
        draft.complete(&source()).unwrap();
        let path = dir.join(name);
        draft.publish(&path).unwrap();
        path
    }

    fn names(dir: &Path) -> Vec<String> {
        fs::read_dir(dir)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    // A catalogue that was imported before there were cash prices stays in use.
    #[test]
    fn a_file_without_cash_prices_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let mut draft = Draft::create(&dir.path().join("draft.db.tmp")).unwrap();
        assert_eq!(draft.insert(2, &bare("B1")).unwrap(), Insertion::New);
        draft
            .connection
            .execute_batch("DROP TABLE cash_price")
            .unwrap();
        draft.complete(&source()).unwrap();
        let path = dir.path().join("before.db");
        draft.publish(&path).unwrap();
        let catalogue = Catalogue::open(&path).unwrap();
        let found = catalogue.by_sku(&"B1".parse().unwrap()).unwrap();
        assert_eq!(found, Some(bare("B1")));
    }

    #[test]
    fn what_was_written_is_found_by_every_key() {
        let dir = tempfile::tempdir().unwrap();
        // A name that a URI would read otherwise.
        let path = written(dir.path(), "目录 50% #1?.db", &[article("A1"), bare("B1")]);
        assert_eq!(names(dir.path()).len(), 1);
        let catalogue = Catalogue::open(&path).unwrap();
        catalogue.check().unwrap();
        assert_eq!((catalogue.count(), catalogue.digest()), (2, source()));

        let sku = |text: &str| text.parse::<Sku>().unwrap();
        assert_eq!(catalogue.by_sku(&sku("A1")).unwrap(), Some(article("A1")));
        assert_eq!(catalogue.by_sku(&sku("B1")).unwrap(), Some(bare("B1")));
        assert_eq!(catalogue.by_sku(&sku("a1")).unwrap(), None);
        let code = "ZD01CAA0063010104080".parse().unwrap();
        assert_eq!(catalogue.by_code(&code).unwrap(), [article("A1")]);
        for barcode in ["6901234567892", "06901234567892"] {
            let barcode = barcode.parse().unwrap();
            assert_eq!(catalogue.by_barcode(&barcode).unwrap(), [article("A1")]);
        }
        assert_eq!(
            catalogue.by_barcode(&"96385074".parse().unwrap()).unwrap(),
            []
        );
        for (prefix, found) in [
            ("8123456", vec![sku("A1")]),
            ("8123457", vec![sku("A1")]),
            ("06901234567892", vec![sku("A1")]),
            ("8123458", vec![]),
        ] {
            assert_eq!(
                catalogue.by_prefix(&prefix.parse().unwrap()).unwrap(),
                found
            );
        }
    }

    #[test]
    fn look_ups_use_an_index() {
        let dir = tempfile::tempdir().unwrap();
        let path = written(dir.path(), "c.db", &[article("A1")]);
        let catalogue = Catalogue::open(&path).unwrap();
        for query in [
            include_str!("query/select_article_by_sku.sql"),
            include_str!("query/select_article_by_barcode.sql"),
            include_str!("query/select_article_by_code.sql"),
            include_str!("query/list_article_by_prefix.sql"),
        ] {
            let mut statement = catalogue
                .connection
                .prepare(&format!("EXPLAIN QUERY PLAN {query}"))
                .unwrap();
            let plan: Vec<String> = statement
                .query_map(["06901234567892"], |row| row.get(3))
                .unwrap()
                .map(Result::unwrap)
                .collect();
            let scans = plan.iter().any(|step| step.starts_with("SCAN"));
            assert!(!scans, "{plan:?}");
        }
    }

    #[test]
    fn look_ups_are_planned_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = written(dir.path(), "c.db", &[article("A1")]);
        let catalogue = Catalogue::open(&path).unwrap();
        for number in 0..10 {
            let code = format!("ZA01AAA{number:013}").parse().unwrap();
            catalogue.by_code(&code).unwrap();
            let prefix = format!("812345{number}").parse().unwrap();
            catalogue.by_prefix(&prefix).unwrap();
        }
        for query in [
            include_str!("query/select_article_by_code.sql"),
            include_str!("query/list_article_by_prefix.sql"),
        ] {
            let statement = catalogue.connection.prepare_cached(query).unwrap();
            assert!(statement.get_status(StatementStatus::Run) >= 10);
            assert_eq!(statement.get_status(StatementStatus::RePrepare), 0);
        }
    }

    #[test]
    fn a_look_up_returns_a_bounded_number() {
        let dir = tempfile::tempdir().unwrap();
        let many: Vec<_> = (0..MAX_MATCHES + 1)
            .map(|number| article(&number.to_string()))
            .collect();
        let catalogue = Catalogue::open(&written(dir.path(), "c.db", &many)).unwrap();
        let barcode = "6901234567892".parse().unwrap();
        assert_eq!(catalogue.by_barcode(&barcode).unwrap().len(), MAX_MATCHES);
        let prefix = "8123456".parse().unwrap();
        assert_eq!(catalogue.by_prefix(&prefix).unwrap().len(), MAX_MATCHES);
    }

    #[test]
    fn the_second_of_two_equal_numbers_is_refused_with_the_line_of_the_first() {
        let dir = tempfile::tempdir().unwrap();
        let mut draft = Draft::create(&dir.path().join("draft.db.tmp")).unwrap();
        assert_eq!(draft.insert(2, &article("A1")).unwrap(), Insertion::New);
        assert_eq!(
            draft.insert(9, &bare("A1")).unwrap(),
            Insertion::Duplicate { first: 2 }
        );
    }

    #[test]
    fn a_full_disk_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let mut draft = Draft::create(&dir.path().join("draft.db.tmp")).unwrap();
        draft
            .connection
            .pragma_update(None, "max_page_count", 16)
            .unwrap();
        let failed = (0..10_000)
            .find_map(|number| draft.insert(number, &article(&number.to_string())).err())
            .unwrap();
        assert!(matches!(
            failed,
            CatalogueError::Write(error)
                if error.sqlite_error_code() == Some(ErrorCode::DiskFull)
        ));
        drop(draft);
        assert_eq!(names(dir.path()), Vec::<String>::new());
    }

    #[test]
    fn a_draft_that_cannot_be_renamed_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let mut draft = Draft::create(&dir.path().join("draft.db.tmp")).unwrap();
        draft.complete(&source()).unwrap();
        let nowhere = dir.path().join("no such directory").join("c.db");
        assert!(matches!(
            draft.publish(&nowhere),
            Err(CatalogueError::Publish(_))
        ));
        assert_eq!(names(dir.path()), Vec::<String>::new());
    }

    #[test]
    fn another_file_is_refused_by_what_is_wrong_with_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("c.db");
        let open = || Catalogue::open(&path).map(|_| ()).unwrap_err();
        assert!(matches!(open(), CatalogueError::Missing));

        fs::write(&path, b"").unwrap();
        assert!(matches!(open(), CatalogueError::NotACatalogue));
        fs::write(&path, [b'x'; 8192]).unwrap();
        assert!(matches!(open(), CatalogueError::Damaged(Some(_))));
        fs::remove_file(&path).unwrap();

        let other = Connection::open(&path).unwrap();
        other.execute_batch("CREATE TABLE t (a)").unwrap();
        assert!(matches!(open(), CatalogueError::NotACatalogue));
        other
            .pragma_update(None, "application_id", APPLICATION_ID)
            .unwrap();
        other.pragma_update(None, "user_version", FORM + 1).unwrap();
        drop(other);
        assert!(matches!(open(), CatalogueError::Form { found } if found == FORM + 1));
        assert!(matches!(
            Catalogue::open(dir.path()),
            Err(CatalogueError::NotACatalogue)
        ));
    }

    #[test]
    fn a_damaged_file_is_found() {
        let dir = tempfile::tempdir().unwrap();
        let many: Vec<_> = (0..500)
            .map(|number| article(&number.to_string()))
            .collect();
        let path = written(dir.path(), "c.db", &many);
        let whole = fs::read(&path).unwrap();

        fs::write(&path, &whole[..whole.len() - 4096]).unwrap();
        assert!(matches!(
            Catalogue::open(&path),
            Err(CatalogueError::Damaged(_))
        ));
        fs::write(&path, [&whole[..], &[0; 4096]].concat()).unwrap();
        assert!(matches!(
            Catalogue::open(&path),
            Err(CatalogueError::Damaged(_))
        ));

        // A page in the middle becomes noise: the file opens, and no look-up panics or invents.
        let mut noisy = whole.clone();
        for page in 1..whole.len() / 4096 {
            noisy.copy_from_slice(&whole);
            noisy[page * 4096..(page + 1) * 4096].fill(0xA5);
            fs::write(&path, &noisy).unwrap();
            let Ok(catalogue) = Catalogue::open(&path) else {
                continue;
            };
            assert!(catalogue.check().is_err(), "page {page}");
            for number in 0..500 {
                let sku = number.to_string();
                if let Ok(Some(found)) = catalogue.by_sku(&sku.parse().unwrap()) {
                    assert_eq!(found.sku.as_str(), sku);
                }
            }
        }
    }
}
