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
mod error;
mod progress;
mod row;
mod workbook;

use std::fs::File;
use std::io::{Read, Seek};
use std::ops::ControlFlow;

pub use encoding::{Encoding, Survey};
pub use error::{
    MAX_CELL_BYTES, MAX_COLUMNS, MAX_FILE_BYTES, MAX_ROW_BYTES, MAX_ROWS, MAX_UNPACKED_BYTES,
    TableError,
};
pub use progress::{Permille, Visitor};
pub use row::{CellFault, Row};

/// What a file turned out to be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Form {
    Text,
    Xls,
    Xlsx,
}

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
