//! Workbooks: XLSX cell by cell, XLS whole.
//!
//! A number comes back as the digits that the sheet shows: `6901234567892.0` as `6901234567892`,
//! `123` in a cell of format `00000` as `00123`. A whole number of 16 digits or more was rounded by
//! the spreadsheet and is refused, never guessed.

use std::fs::File;
use std::io::{BufReader, Seek};
use std::ops::ControlFlow;

use calamine::{Data, DataRef, Reader, Style, Xls, Xlsx, XlsxError};
use zip::ZipArchive;

use super::{CellFault, MAX_COLUMNS, MAX_UNPACKED_BYTES, Permille, Row, TableError, Visitor};

/// A whole number from here on has more than the 15 digits that a spreadsheet keeps.
/// SPEC: [MS-OI29500] "Excel specifications and limits": number precision 15 digits.
const FIRST_INEXACT: f64 = 1e15;

pub(super) fn for_each_xlsx_row(
    file: File,
    sheet: Option<&str>,
    visit: &mut Visitor<'_>,
) -> Result<(), TableError> {
    let file = check_unpacked_size(file)?;
    let mut workbook = Xlsx::new(BufReader::new(file)).map_err(TableError::Xlsx)?;
    for name in choose(workbook.sheet_names(), sheet)? {
        match read_xlsx_sheet(&mut workbook, &name, visit) {
            // A chart has no cells; it is no reason to refuse the table beside it.
            Err(TableError::Xlsx(XlsxError::NotAWorksheet(_))) if sheet.is_none() => {}
            Ok(Filled::No) => {}
            Ok(Filled::Yes) => return Ok(()),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

pub(super) fn for_each_xls_row(
    file: File,
    sheet: Option<&str>,
    visit: &mut Visitor<'_>,
) -> Result<(), TableError> {
    let mut workbook = Xls::new(BufReader::new(file)).map_err(TableError::Xls)?;
    for name in choose(workbook.sheet_names(), sheet)? {
        let range = workbook.worksheet_range(&name).map_err(TableError::Xls)?;
        let Some((first, left)) = range.start() else {
            continue;
        };
        let mut sheet = Sheet::new(u64::try_from(range.height()).unwrap_or(u64::MAX), visit);
        for (row, column, cell) in range.used_cells() {
            // `used_cells` counts from the corner of the filled part.
            let row = u64::try_from(row).unwrap_or(u64::MAX);
            let place = (u64::from(first).saturating_add(row), index(left) + column);
            if sheet.take(place, Value::of(cell))?.is_break() {
                return Ok(());
            }
        }
        if sheet.finish() == Filled::Yes {
            return Ok(());
        }
    }
    Ok(())
}

/// Refuses a container whose parts would unpack to more than is allowed.
fn check_unpacked_size(file: File) -> Result<File, TableError> {
    let mut container = ZipArchive::new(file).map_err(TableError::Container)?;
    let mut size = 0_u64;
    for part in 0..container.len() {
        let part = container
            .by_index_raw(part)
            .map_err(TableError::Container)?;
        size = size.saturating_add(part.size());
    }
    if size > MAX_UNPACKED_BYTES {
        return Err(TableError::UnpacksTooLarge);
    }
    let mut file = container.into_inner();
    file.rewind().map_err(TableError::Read)?;
    Ok(file)
}

/// The sheets to try, in order.
fn choose(names: Vec<String>, wanted: Option<&str>) -> Result<Vec<String>, TableError> {
    match wanted {
        None => Ok(names),
        Some(wanted) if names.iter().any(|name| name == wanted) => Ok(vec![wanted.to_owned()]),
        Some(wanted) => Err(TableError::SheetMissing {
            wanted: wanted.to_owned(),
            found: names.join(", "),
        }),
    }
}

fn read_xlsx_sheet(
    workbook: &mut Xlsx<BufReader<File>>,
    name: &str,
    visit: &mut Visitor<'_>,
) -> Result<Filled, TableError> {
    let mut cells = workbook
        .worksheet_cells_reader(name)
        .map_err(TableError::Xlsx)?;
    let widths: Vec<usize> = cells.styles().iter().map(shown_digits).collect();
    let rows = u64::from(cells.dimensions().end.0).saturating_add(1);
    let mut sheet = Sheet::new(rows, visit);
    while let Some((cell, style)) = cells.next_cell_with_style_id().map_err(TableError::Xlsx)? {
        let (row, column) = cell.get_position();
        let width = widths.get(style).copied().unwrap_or(0);
        let value = Value::of_ref(cell.get_value(), width);
        if sheet
            .take((u64::from(row), index(column)), value)?
            .is_break()
        {
            return Ok(Filled::Yes);
        }
    }
    Ok(sheet.finish())
}

fn index(column: u32) -> usize {
    usize::try_from(column).unwrap_or(usize::MAX)
}

/// How many digits a format of zeros only (`00000`) shows at least.
fn shown_digits(style: &Style) -> usize {
    style
        .number_format
        .as_ref()
        .map(|format| format.format_code.as_str())
        .filter(|code| code.len() <= 20 && code.bytes().all(|byte| byte == b'0'))
        .map_or(0, str::len)
}

/// Has a sheet any filled row?
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Filled {
    No,
    Yes,
}

/// A cell's value as text.
enum Value<'a> {
    Empty,
    Fault(CellFault),
    Shown(String),
    Text(&'a str),
}

impl<'a> Value<'a> {
    fn of(cell: &'a Data) -> Self {
        match cell {
            Data::Bool(value) => Self::Shown(value.to_string()),
            Data::DateTime(_) | Data::DateTimeIso(_) | Data::DurationIso(_) => {
                Self::Fault(CellFault::Date)
            }
            Data::Empty => Self::Empty,
            Data::Error(_) => Self::Fault(CellFault::Error),
            Data::Float(value) => Self::number(*value, 0),
            Data::Int(value) => Self::Shown(value.to_string()),
            Data::String(text) => Self::Text(text),
        }
    }

    fn of_ref(cell: &'a DataRef<'_>, width: usize) -> Self {
        match cell {
            DataRef::Bool(value) => Self::Shown(value.to_string()),
            DataRef::DateTime(_) | DataRef::DateTimeIso(_) | DataRef::DurationIso(_) => {
                Self::Fault(CellFault::Date)
            }
            DataRef::Empty => Self::Empty,
            DataRef::Error(_) => Self::Fault(CellFault::Error),
            DataRef::Float(value) => Self::number(*value, width),
            DataRef::Int(value) => Self::Shown(format!("{value:0width$}")),
            DataRef::SharedString(text) => Self::Text(text),
            DataRef::String(text) => Self::Text(text),
        }
    }

    fn number(value: f64, width: usize) -> Self {
        match digits(value, width) {
            Ok(digits) => Self::Shown(digits),
            Err(fault) => Self::Fault(fault),
        }
    }
}

/// The digits of a number as a sheet shows them, to 15 significant ones.
fn digits(value: f64, width: usize) -> Result<String, CellFault> {
    if !value.is_finite() {
        return Err(CellFault::Error);
    }
    if value.abs() >= FIRST_INEXACT {
        return Err(CellFault::Precision);
    }
    if value.fract() == 0.0 {
        return Ok(format!("{value:0width$.0}"));
    }
    // A sum that the sheet shows as 0.3 is stored as 0.30000000000000004.
    let shown: f64 = format!("{value:.14e}").parse().unwrap_or(value);
    Ok(shown.to_string())
}

/// Gathers cells into rows.
struct Sheet<'v, 'c> {
    row: Row,
    number: Option<u64>,
    rows: u64,
    filled: Filled,
    visit: &'v mut Visitor<'c>,
}

impl<'v, 'c> Sheet<'v, 'c> {
    fn new(rows: u64, visit: &'v mut Visitor<'c>) -> Self {
        Self {
            row: Row::default(),
            number: None,
            rows,
            filled: Filled::No,
            visit,
        }
    }

    /// Takes the cell at `(row, column)`, both from 0.
    fn take(
        &mut self,
        (row, column): (u64, usize),
        value: Value<'_>,
    ) -> Result<ControlFlow<()>, TableError> {
        if matches!(value, Value::Empty) {
            return Ok(ControlFlow::Continue(()));
        }
        let line = row.saturating_add(1);
        if column >= MAX_COLUMNS {
            return Err(TableError::TooManyColumns { line });
        }
        if self.number != Some(row) {
            if self.flush().is_break() {
                return Ok(ControlFlow::Break(()));
            }
            self.number = Some(row);
            self.row.begin(line);
        }
        if column < self.row.len() {
            return Err(TableError::Disordered { line });
        }
        self.row.pad_to(column);
        match value {
            Value::Empty => {}
            Value::Fault(fault) => self.row.push_fault(fault),
            Value::Shown(text) => self.row.push(&text),
            Value::Text(text) if text.contains(['\n', '\r']) => {
                self.row.push(&text.replace(['\n', '\r'], " "));
            }
            Value::Text(text) => self.row.push(text),
        }
        Ok(ControlFlow::Continue(()))
    }

    fn flush(&mut self) -> ControlFlow<()> {
        let Some(number) = self.number else {
            return ControlFlow::Continue(());
        };
        if self.row.is_blank() {
            return ControlFlow::Continue(());
        }
        self.filled = Filled::Yes;
        (self.visit)(&self.row, Permille::of(number, self.rows))
    }

    fn finish(mut self) -> Filled {
        // The last row has nothing after it that a break could keep from being read.
        let _ = self.flush();
        self.filled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_as_the_sheet_shows_them() {
        for (value, width, text) in [
            (6_901_234_567_892.0, 0, "6901234567892"),
            (123.0, 5, "00123"),
            (12.5, 0, "12.5"),
            (0.1 + 0.2, 0, "0.3"),
            (-3.0, 0, "-3"),
            (0.0, 0, "0"),
            (1e-7, 0, "0.0000001"),
        ] {
            assert_eq!(digits(value, width).as_deref(), Ok(text));
        }
    }

    #[test]
    fn a_number_that_lost_digits_is_refused() {
        assert_eq!(
            digits(8.123_456_789_012_346e19, 0),
            Err(CellFault::Precision)
        );
        assert_eq!(digits(f64::NAN, 0), Err(CellFault::Error));
    }
}
