//! Rows out of the files that tills export.
//!
//! ```text
//! zip magic            XLSX    streamed, the shared strings apart
//! compound-file magic  XLS     read whole (65,536 rows at most)
//! anything else        text    CSV; UTF-8 ± BOM, UTF-16 with BOM, GB18030; `,` `;` tab or `|`
//! ```
//!
//! In scope: text of cells by line, and what makes a cell unreadable. Out of scope: what a column
//! means ([`super::column`]). The file's name is not trusted: tills name web pages `.xls`.

mod delimited;
mod encoding;
mod row;
mod workbook;

use std::fs::File;
use std::io::{self, Read, Seek};
use std::ops::ControlFlow;

pub use encoding::{Encoding, Survey};
pub use row::{CellFault, Row};

/// Largest file read.
pub const MAX_FILE_BYTES: u64 = 512 * 1024 * 1024;
/// Most bytes that the parts of a workbook may unpack to.
pub const MAX_UNPACKED_BYTES: u64 = 4 * 1024 * 1024 * 1024;
/// Longest cell, in bytes of UTF-8.
pub const MAX_CELL_BYTES: usize = 4 * 1024;
/// Most columns of a row.
pub const MAX_COLUMNS: usize = 256;
/// Longest row of a text file, in bytes.
pub const MAX_ROW_BYTES: usize = MAX_CELL_BYTES * MAX_COLUMNS;
/// Most rows, title and empty ones included.
pub const MAX_ROWS: u64 = 2_000_000;

/// A file that cannot be read as a table.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The zip container of a workbook is broken.
    #[error("the workbook's container cannot be read")]
    Container(#[source] zip::result::ZipError),
    /// A sheet's cells do not stand from left to right.
    #[error("line {line}: the cells of the sheet are out of order")]
    Disordered {
        /// The row.
        line: u64,
    },
    /// No sheet has a filled cell.
    #[error("the file has no filled row")]
    Empty,
    /// A web page or XML under a table's name.
    #[error("the file is a web page or XML, not a table; save it as XLSX or CSV")]
    Markup,
    /// Neither text nor a workbook.
    #[error("the file is neither text nor a workbook")]
    NotText,
    /// Reading failed.
    #[error("reading the file failed")]
    Read(#[source] io::Error),
    /// One row is longer than any row may be.
    #[error("line {line}: row is longer than {MAX_ROW_BYTES} bytes")]
    RowTooLong {
        /// Where the row begins.
        line: u64,
    },
    /// The named sheet is not in the workbook.
    #[error("sheet `{wanted}` is not in the workbook; it has {found}")]
    SheetMissing {
        /// The name asked for.
        wanted: String,
        /// The names there are.
        found: String,
    },
    /// More columns than a table may have.
    #[error("line {line}: more than {MAX_COLUMNS} columns")]
    TooManyColumns {
        /// Where the row begins.
        line: u64,
    },
    /// More rows than a table may have.
    #[error("more than {MAX_ROWS} rows")]
    TooManyRows,
    /// A quoted cell has no end.
    #[error("line {line}: a quotation mark in the row beginning here is never closed")]
    UnclosedQuote {
        /// Where the row begins.
        line: u64,
    },
    /// The workbook would unpack to more than it may.
    #[error("the workbook unpacks to more than {MAX_UNPACKED_BYTES} bytes")]
    UnpacksTooLarge,
    /// An XLS workbook is broken or protected by a password.
    #[error("the XLS workbook cannot be read")]
    Xls(#[source] calamine::XlsError),
    /// An XLSX workbook is broken or protected by a password.
    #[error("the XLSX workbook cannot be read")]
    Xlsx(#[source] calamine::XlsxError),
}

/// What a file turned out to be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Form {
    Text,
    Xls,
    Xlsx,
}

/// How far the reading is, in thousandths of the file.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct Permille(u16);

impl Permille {
    /// All of it.
    pub const ALL: Self = Self(1000);

    /// `done` of `whole`, never more than all.
    pub fn of(done: u64, whole: u64) -> Self {
        let share = done.saturating_mul(1000).checked_div(whole).unwrap_or(1000);
        Self(u16::try_from(share.min(1000)).unwrap_or(1000))
    }

    /// The number of thousandths.
    pub const fn value(self) -> u16 {
        self.0
    }
}

/// Takes one row after the other; a break ends the reading.
pub type Visitor<'a> = dyn FnMut(&Row, Permille) -> ControlFlow<()> + 'a;

/// Lends every row of the file to `visit`, from the top; rows without any text are left out.
///
/// `encoding` is that of a text file; `sheet` names a workbook's sheet, else the first that has a
/// filled row is read.
pub fn for_each_row(
    mut file: File,
    encoding: Encoding,
    sheet: Option<&str>,
    visit: &mut Visitor<'_>,
) -> Result<(), TableError> {
    let mut rows = 0_u64;
    let mut is_too_long = false;
    let mut counted = |row: &Row, done: Permille| {
        if row.is_blank() {
            return ControlFlow::Continue(());
        }
        rows += 1;
        is_too_long = row.line() > MAX_ROWS || rows > MAX_ROWS;
        if is_too_long {
            return ControlFlow::Break(());
        }
        visit(row, done)
    };
    match recognise(&mut file)? {
        Form::Text => delimited::for_each_row(file, encoding, &mut counted)?,
        Form::Xls => workbook::for_each_xls_row(file, sheet, &mut counted)?,
        Form::Xlsx => workbook::for_each_xlsx_row(file, sheet, &mut counted)?,
    }
    match (is_too_long, rows) {
        (true, _) => Err(TableError::TooManyRows),
        (false, 0) => Err(TableError::Empty),
        (false, _) => Ok(()),
    }
}

/// Tells a file's form by its first bytes, and goes back to its start.
fn recognise(file: &mut File) -> Result<Form, TableError> {
    let mut magic = Vec::new();
    file.rewind().map_err(TableError::Read)?;
    (&*file)
        .take(8)
        .read_to_end(&mut magic)
        .map_err(TableError::Read)?;
    file.rewind().map_err(TableError::Read)?;
    Ok(match magic.as_slice() {
        [b'P', b'K', 3, 4, ..] => Form::Xlsx,
        // SPEC: [MS-CFB] 2.2, header signature.
        [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1] => Form::Xls,
        _ => Form::Text,
    })
}
