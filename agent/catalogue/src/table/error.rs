//! What a table may hold at most, and why a file cannot be read as one.

use std::io;

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
    Disordered { line: u64 },
    /// No sheet has a filled cell.
    #[error("the file has no filled row")]
    Empty,
    /// A web page or XML under a table's name.
    #[error("the file is a web page or XML, not a table; save it as XLSX or CSV")]
    Markup,
    /// Neither text nor a workbook.
    #[error("the file is neither text nor a workbook")]
    NotText,
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
