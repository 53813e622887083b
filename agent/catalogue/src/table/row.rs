//! One row of a table: its line and the text of its cells.

use super::MAX_CELL_BYTES;

/// Why a cell's text cannot be had.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum CellFault {
    /// The workbook holds a date where text or a number was meant.
    Date,
    /// The workbook holds an error such as `#N/A`.
    Error,
    /// A text file's cell goes over several lines, as after a stray quotation mark.
    LineBreak,
    /// The workbook holds a number of more than 15 digits, so digits are lost already.
    Precision,
    /// Longer than a cell may be.
    TooLong,
    /// Bytes that are no text in the file's encoding.
    Undecodable,
}

#[derive(Clone, Copy, Debug)]
struct Cell {
    end: usize,
    fault: Option<CellFault>,
}

/// A row; its buffers are kept from one row to the next.
#[derive(Clone, Debug, Default)]
pub struct Row {
    line: u64,
    text: String,
    cells: Vec<Cell>,
}

impl Row {
    /// The line it begins on, from 1: of the text file, or of the sheet.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// How many cells it has.
    pub(crate) fn len(&self) -> usize {
        self.cells.len()
    }

    /// Has it neither text nor fault in any cell?
    pub fn is_blank(&self) -> bool {
        self.text.trim().is_empty() && self.cells.iter().all(|cell| cell.fault.is_none())
    }

    /// The text of the cell in column `index`, without white space at its ends; empty beyond the
    /// last cell.
    pub fn cell(&self, index: usize) -> Result<&str, CellFault> {
        let Some(cell) = self.cells.get(index) else {
            return Ok("");
        };
        let start = index
            .checked_sub(1)
            .and_then(|before| self.cells.get(before))
            .map_or(0, |before| before.end);
        match cell.fault {
            Some(fault) => Err(fault),
            None => Ok(self.text.get(start..cell.end).unwrap_or_default().trim()),
        }
    }

    /// Every cell from the left.
    pub fn cells(&self) -> impl Iterator<Item = Result<&str, CellFault>> {
        (0..self.cells.len()).map(|index| self.cell(index))
    }

    /// Forgets the last row and begins one on `line`.
    pub(crate) fn begin(&mut self, line: u64) {
        self.line = line;
        self.text.clear();
        self.cells.clear();
    }

    /// Adds empty cells until the next one is column `index`.
    pub(crate) fn pad_to(&mut self, index: usize) {
        while self.cells.len() < index {
            self.push("");
        }
    }

    pub(crate) fn push(&mut self, text: &str) {
        if text.len() > MAX_CELL_BYTES {
            return self.push_fault(CellFault::TooLong);
        }
        // Some program before us replaced what it could not read; the name it stood for is lost.
        if text.contains(char::REPLACEMENT_CHARACTER) {
            return self.push_fault(CellFault::Undecodable);
        }
        self.text.push_str(text);
        self.end_cell(None);
    }

    /// Adds a cell that cannot be read.
    pub(crate) fn push_fault(&mut self, fault: CellFault) {
        self.end_cell(Some(fault));
    }

    fn end_cell(&mut self, fault: Option<CellFault>) {
        self.cells.push(Cell {
            end: self.text.len(),
            fault,
        });
    }
}
