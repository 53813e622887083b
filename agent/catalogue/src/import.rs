//! Importing a catalogue: all of a file, or nothing.
//!
//! ```text
//! 1 survey    digest and encoding of the source
//! 2 headings  which column is what
//! 3 rows      each one judged; good ones into the draft, bad ones told; one bad row fails the import
//! 4 again     digest of the source: it is the file that was read, from its first to its last byte
//! 5 publish   sync, rename
//! ```
//!
//! In scope: building the catalogue file. Out of scope: making it the active one, the entry in the
//! log (both the desk's), removing files that no entry names any more.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::article::{self, Defect, Reading, Tolerable};
use super::column::{ColumnOverrides, Columns, Field, HEADING_SEARCH_ROWS, HeadingError};
use super::digest::Digest;
use super::fault::{BadRow, BadRows, Fault};
use super::table::{self, Encoding, MAX_FILE_BYTES, Permille, Row, Survey, TableError};
use crate::file::{CatalogueError, Draft, Insertion};

/// Rows between two reports of progress, unless a hundredth of the file comes first.
const PROGRESS_ROWS: u64 = 5_000;
/// What a draft's name ends in.
const DRAFT_END: &str = ".db.tmp";
/// Held while a catalogue is built in a directory.
const LOCK_NAME: &str = "catalogue.lock";

/// How the shop's exports are to be read; `[catalogue]` of the configuration.
#[derive(Clone, Debug, Default, Eq, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct ImportOptions {
    /// The shop's own headings.
    pub columns: ColumnOverrides,
    /// The encoding of text files, where the survey shall not tell it.
    pub encoding: Option<Encoding>,
    /// The workbook's sheet, else the first with a filled row.
    pub sheet: Option<String>,
    /// Fields whose bad cells are emptied and counted.
    pub tolerate: Vec<Tolerable>,
}

/// What the import is doing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Phase {
    /// Rows are read and judged.
    Reading,
    /// Every row is in; indexes and checks.
    Completing,
}

/// How far an import is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Progress {
    /// What it is doing.
    pub phase: Phase,
    /// How much of the file was read.
    pub done: Permille,
    /// How many rows were read.
    pub rows: u64,
    /// How many faults were found so far.
    pub bad: u64,
}

/// Hears of progress; a break cancels the import.
pub type Listener<'a> = dyn FnMut(Progress) -> ControlFlow<()> + 'a;

/// What was imported, in numbers.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Counts {
    /// Rows under the headings that were not empty.
    pub rows: u64,
    /// Articles in the catalogue.
    pub articles: u64,
    /// Rows passed over: totals and repeated headings.
    pub passed_over: u64,
    /// Articles with an approval number.
    pub approvals: u64,
    /// Articles with a barcode.
    pub barcodes: u64,
    /// Articles with an insurance code.
    pub codes: u64,
    /// Articles with a prescription class.
    pub dispensings: u64,
    /// Articles with a trace prefix.
    pub trace_prefixes: u64,
    /// Tolerated bad cells that were emptied, by field.
    pub emptied: BTreeMap<Field, u64>,
}

/// A finished catalogue file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Built {
    pub path: PathBuf,
    /// SHA-256 of the file that was imported.
    pub digest: Digest,
    /// SHA-256 of the catalogue file, by which it can be known again.
    pub file_digest: Digest,
    pub counts: Counts,
}

/// An import that built nothing.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Another import is running in the same directory.
    #[error("another import is running")]
    AlreadyRunning,
    /// Rows are bad; nothing was imported.
    #[error("{} faults in the file, nothing was imported", .0.total())]
    BadRows(BadRows),
    /// The listener stopped it.
    #[error("the import was cancelled, nothing was imported")]
    Cancelled,
    /// The directory for catalogues cannot be used.
    #[error("the directory for catalogues cannot be used")]
    Directory(#[source] io::Error),
    /// The columns cannot be told.
    #[error("the columns cannot be told from the headings")]
    Heading(#[from] HeadingError),
    /// Headings, and nothing under them.
    #[error("the file has no article")]
    NoArticle,
    /// The file cannot be opened or read.
    #[error("the file to import cannot be read")]
    Source(#[source] io::Error),
    /// The file was written to while it was read.
    #[error("the file changed while it was read; close it in other programs and import again")]
    SourceChanged,
    /// The catalogue file cannot be written.
    #[error("the catalogue file cannot be written")]
    Store(#[from] CatalogueError),
    /// The file is no table that can be read.
    #[error("the file cannot be read as a table")]
    Table(#[from] TableError),
    /// The file is larger than any catalogue.
    #[error("the file has {found} bytes, more than {MAX_FILE_BYTES}")]
    TooLarge { found: u64 },
}

/// Builds a catalogue file in `dir` from `source`, or leaves nothing.
pub fn build(
    source: &Path,
    options: &ImportOptions,
    dir: &Path,
    listener: &mut Listener<'_>,
) -> Result<Built, ImportError> {
    let mut file = File::open(source).map_err(ImportError::Source)?;
    let found = file.metadata().map_err(ImportError::Source)?.len();
    if found > MAX_FILE_BYTES {
        return Err(ImportError::TooLarge { found });
    }
    let mut survey = Survey::default();
    let digest =
        Digest::of(&mut file, &mut |bytes| survey.look(bytes)).map_err(ImportError::Source)?;
    let encoding = options.encoding.unwrap_or(survey.conclude());

    let _lock = lock(dir)?;
    sweep(dir).map_err(ImportError::Directory)?;
    let path = free_name(dir, &digest).map_err(ImportError::Directory)?;
    let mut intake = Intake {
        options,
        listener,
        draft: Draft::create(&draft_name(&path))?,
        stage: Stage::Headings(Vec::new()),
        bad: BadRows::default(),
        counts: Counts::default(),
        told: Told::default(),
    };
    intake.read(&file, encoding)?;
    intake.complete(&digest)?;
    if Digest::of_file(&mut file).map_err(ImportError::Source)? != digest {
        return Err(ImportError::SourceChanged);
    }
    let Intake { draft, counts, .. } = intake;
    let file_digest = draft.publish(&path)?;
    Ok(Built {
        path,
        digest,
        file_digest,
        counts,
    })
}

/// Lets one import at a time work in `dir`; the lock ends with the process, however it ends.
fn lock(dir: &Path) -> Result<File, ImportError> {
    let file = File::options()
        .write(true)
        .create(true)
        .truncate(false)
        .open(dir.join(LOCK_NAME))
        .map_err(ImportError::Directory)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(ImportError::AlreadyRunning),
        Err(TryLockError::Error(error)) => Err(ImportError::Directory(error)),
    }
}

/// Removes what imports left behind that were killed.
fn sweep(dir: &Path) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let name = entry?.file_name();
        let is_draft = name
            .to_str()
            .is_some_and(|name| name.starts_with("catalogue-") && name.ends_with(DRAFT_END));
        if is_draft {
            fs::remove_file(dir.join(name))?;
        }
    }
    Ok(())
}

/// The first name that no earlier import of the same source took; the live file is never touched.
fn free_name(dir: &Path, digest: &Digest) -> io::Result<PathBuf> {
    let digest = digest.to_string();
    let short = digest.get(..16).unwrap_or(&digest);
    let mut number = 1_u32;
    loop {
        let path = dir.join(format!("catalogue-{short}-{number}.db"));
        if !path.try_exists()? {
            return Ok(path);
        }
        number = number
            .checked_add(1)
            .ok_or_else(|| io::Error::from(io::ErrorKind::AlreadyExists))?;
    }
}

fn draft_name(path: &Path) -> PathBuf {
    path.with_extension(DRAFT_END.trim_start_matches('.'))
}

/// Where in the table the reading is.
enum Stage {
    /// Rows from the top, until the heading row is among them.
    Headings(Vec<Row>),
    /// Rows under the headings.
    Rows(Box<Columns>),
}

/// What the listener heard last.
#[derive(Default)]
struct Told {
    percent: u16,
    rows: u64,
}

/// One import under way.
struct Intake<'a, 'l> {
    options: &'a ImportOptions,
    listener: &'a mut Listener<'l>,
    draft: Draft,
    stage: Stage,
    bad: BadRows,
    counts: Counts,
    told: Told,
}

impl Intake<'_, '_> {
    /// Reads the whole table into the draft.
    fn read(&mut self, file: &File, encoding: Encoding) -> Result<(), ImportError> {
        let options = self.options;
        let file = file.try_clone().map_err(ImportError::Source)?;
        let mut outcome = Ok(());
        table::for_each_row(
            file,
            encoding,
            options.sheet.as_deref(),
            &mut |row, done| match self.take(row, done) {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => {
                    outcome = Err(error);
                    ControlFlow::Break(())
                }
            },
        )?;
        outcome?;
        if matches!(self.stage, Stage::Headings(_)) {
            self.find_headings(Permille::ALL)?;
        }
        match (self.bad.total(), self.counts.articles) {
            (0, 0) => Err(ImportError::NoArticle),
            (0, _) => Ok(()),
            _ => Err(ImportError::BadRows(std::mem::take(&mut self.bad))),
        }
    }

    fn complete(&mut self, digest: &Digest) -> Result<(), ImportError> {
        self.tell(Phase::Completing, Permille::ALL)?;
        Ok(self.draft.complete(digest)?)
    }

    /// Takes the next row of the table.
    fn take(&mut self, row: &Row, done: Permille) -> Result<(), ImportError> {
        match &mut self.stage {
            Stage::Rows(_) => self.take_article(row, done),
            Stage::Headings(rows) => {
                rows.push(row.clone());
                match rows.len() < HEADING_SEARCH_ROWS {
                    true => Ok(()),
                    false => self.find_headings(done),
                }
            }
        }
    }

    /// Finds the headings among the first rows and takes the rows under them.
    fn find_headings(&mut self, done: Permille) -> Result<(), ImportError> {
        let Stage::Headings(rows) = &mut self.stage else {
            return Ok(());
        };
        let rows = std::mem::take(rows);
        let (columns, heading) = Columns::find(&rows, &self.options.columns)?;
        self.stage = Stage::Rows(Box::new(columns));
        rows.iter()
            .skip(heading + 1)
            .try_for_each(|row| self.take_article(row, done))
    }

    fn take_article(&mut self, row: &Row, done: Permille) -> Result<(), ImportError> {
        let Stage::Rows(columns) = &self.stage else {
            return Ok(());
        };
        self.counts.rows += 1;
        if article::is_page_furniture(row, columns) {
            self.counts.passed_over += 1;
        } else {
            match article::read(row, columns, &self.options.tolerate) {
                Ok(reading) => self.keep(row.line(), &reading)?,
                Err(defects) => defects
                    .into_iter()
                    .for_each(|defect| self.refuse(row.line(), defect)),
            }
        }
        let is_due = done.value() / 10 != self.told.percent
            || self.counts.rows.saturating_sub(self.told.rows) >= PROGRESS_ROWS;
        if is_due {
            self.tell(Phase::Reading, done)?;
        }
        Ok(())
    }

    fn keep(&mut self, line: u64, reading: &Reading) -> Result<(), ImportError> {
        match self.draft.insert(line, &reading.article)? {
            Insertion::New => self.counts.add(reading),
            Insertion::Duplicate { first } => self.refuse(
                line,
                Defect {
                    field: Some(Field::Sku),
                    fault: Fault::SkuDuplicate { first },
                },
            ),
        }
        Ok(())
    }

    fn refuse(&mut self, line: u64, defect: Defect) {
        let heading = match (&self.stage, defect.field) {
            (Stage::Rows(columns), Some(field)) => {
                columns.place(field).map(|place| place.heading.clone())
            }
            _ => None,
        };
        self.bad.push(BadRow {
            line,
            field: defect.field,
            heading,
            fault: defect.fault,
        });
    }

    fn tell(&mut self, phase: Phase, done: Permille) -> Result<(), ImportError> {
        self.told = Told {
            percent: done.value() / 10,
            rows: self.counts.rows,
        };
        let progress = Progress {
            phase,
            done,
            rows: self.counts.rows,
            bad: self.bad.total(),
        };
        match (self.listener)(progress) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(ImportError::Cancelled),
        }
    }
}

impl Counts {
    fn add(&mut self, reading: &Reading) {
        let article = &reading.article.article;
        self.articles += 1;
        self.approvals += u64::from(!article.approval.is_empty());
        self.barcodes += u64::from(article.barcode.is_some());
        self.codes += u64::from(article.code.is_some());
        self.dispensings += u64::from(article.dispensing.known().is_some());
        self.trace_prefixes += u64::from(!article.trace_prefixes.is_empty());
        for field in &reading.emptied {
            *self.emptied.entry(*field).or_default() += 1;
        }
    }
}
