//! Delimited text, record by record in bounded memory.
//!
//! Cells are split before they are decoded: in GB18030 no byte of a character is a delimiter, a
//! quotation mark or a line feed, so a cell that cannot be decoded damages no other cell.

use std::fs::File;
use std::io::{BufRead, BufReader, Seek, SeekFrom};

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use super::encoding::{Encoding, Input};
use super::{
    CellFault, MAX_CELL_BYTES, MAX_COLUMNS, MAX_ROW_BYTES, Permille, Row, TableError, Visitor,
};

/// Bytes buffered; also what the delimiter is told by.
const BUFFER: usize = 64 * 1024;
/// Lines that the delimiter is told by.
const SNIFFED_LINES: usize = 20;
/// Delimiters looked for; the first wins a draw.
const DELIMITERS: [u8; 4] = [b',', b'\t', b';', b'|'];
const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";

pub(super) fn for_each_row(
    file: File,
    encoding: Encoding,
    visit: &mut Visitor<'_>,
) -> Result<(), TableError> {
    let mut text = Text::open(file, encoding)?;
    let mut row = Row::default();
    while text.read_record()? {
        text.fill(&mut row);
        if visit(&row, text.done()).is_break() {
            break;
        }
    }
    Ok(())
}

struct Text {
    input: BufReader<Input>,
    encoding: Encoding,
    length: u64,
    core: Reader,
    line: u64,
    bytes: Vec<u8>,
    ends: Vec<usize>,
    columns: usize,
    room: String,
}

impl Text {
    fn open(mut file: File, encoding: Encoding) -> Result<Self, TableError> {
        let length = file.seek(SeekFrom::End(0)).map_err(TableError::Read)?;
        file.rewind().map_err(TableError::Read)?;
        let mut input = BufReader::with_capacity(BUFFER, Input::new(file, encoding));
        let mut head = input.fill_buf().map_err(TableError::Read)?;
        if head.starts_with(UTF8_MARK) {
            input.consume(UTF8_MARK.len());
            head = input.fill_buf().map_err(TableError::Read)?;
        }
        if head.contains(&0) {
            return Err(TableError::NotText);
        }
        if head.trim_ascii_start().starts_with(b"<") {
            return Err(TableError::Markup);
        }
        let core = ReaderBuilder::new().delimiter(sniff(head)).build();
        Ok(Self {
            input,
            encoding,
            length,
            core,
            line: 1,
            bytes: vec![0; MAX_CELL_BYTES],
            // One more than allowed, so that a row of just the allowed length is told apart.
            ends: vec![0; MAX_COLUMNS + 1],
            columns: 0,
            room: String::new(),
        })
    }

    fn done(&self) -> Permille {
        Permille::of(self.input.get_ref().bytes_read(), self.length)
    }

    /// Passes over empty lines, so that the line of the record is the one that it begins on.
    fn skip_empty_lines(&mut self) -> Result<bool, TableError> {
        loop {
            let ahead = self.input.fill_buf().map_err(TableError::Read)?;
            let Some(first) = ahead.first() else {
                return Ok(false);
            };
            match first {
                b'\n' => self.core.set_line(self.core.line() + 1),
                b'\r' => {}
                _ => return Ok(true),
            }
            self.input.consume(1);
        }
    }

    /// Reads the next record's bytes; `false` at the end.
    fn read_record(&mut self) -> Result<bool, TableError> {
        if !self.skip_empty_lines()? {
            return Ok(false);
        }
        self.line = self.core.line();
        let line = self.line;
        let (mut length, mut columns) = (0, 0);
        loop {
            let ahead = self.input.fill_buf().map_err(TableError::Read)?;
            let is_at_end = ahead.is_empty();
            // A line feed after the last byte ends every record but one inside quotation marks. The
            // parser alone would take the rest of the file for a cell and say nothing.
            let ahead = if is_at_end { b"\n" } else { ahead };
            let (result, taken, written, ended) = self.core.read_record(
                ahead,
                self.bytes.get_mut(length..).unwrap_or_default(),
                self.ends.get_mut(columns..).unwrap_or_default(),
            );
            if !is_at_end {
                self.input.consume(taken);
            }
            length += written;
            columns += ended;
            match result {
                ReadRecordResult::InputEmpty if is_at_end => {
                    return Err(TableError::UnclosedQuote { line });
                }
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull if self.bytes.len() >= MAX_ROW_BYTES => {
                    return Err(TableError::RowTooLong { line });
                }
                ReadRecordResult::OutputFull => self.bytes.resize(self.bytes.len() * 2, 0),
                ReadRecordResult::OutputEndsFull => {
                    return Err(TableError::TooManyColumns { line });
                }
                ReadRecordResult::Record if columns > MAX_COLUMNS => {
                    return Err(TableError::TooManyColumns { line });
                }
                ReadRecordResult::Record => {
                    self.columns = columns;
                    return Ok(true);
                }
                ReadRecordResult::End => return Ok(false),
            }
        }
    }

    /// Decodes the record into `row`.
    fn fill(&mut self, row: &mut Row) {
        row.begin(self.line);
        let mut start = 0;
        for end in self.ends.iter().take(self.columns) {
            let bytes = self.bytes.get(start..*end).unwrap_or_default();
            start = *end;
            match self.encoding.decode(bytes, &mut self.room) {
                None => row.push_fault(CellFault::Undecodable),
                Some(text) if text.trim().contains(['\n', '\r']) => {
                    row.push_fault(CellFault::LineBreak);
                }
                Some(text) => row.push(unwrap_formula(text)),
            }
        }
    }
}

/// The text in `="00123"`, the way in which a till keeps Excel from reading a code as a number.
fn unwrap_formula(text: &str) -> &str {
    text.trim()
        .strip_prefix("=\"")
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap_or(text)
}

/// The delimiter that most lines agree on, weighed by the number of columns it makes.
fn sniff(head: &[u8]) -> u8 {
    let weigh = |delimiter: u8| {
        let mut counts: Vec<usize> = head
            .split(|byte| *byte == b'\n')
            .take(SNIFFED_LINES)
            .map(|line| count_outside_quotes(line, delimiter))
            .filter(|count| *count > 0)
            .collect();
        counts.sort_unstable();
        counts
            .chunk_by(|a, b| a == b)
            .map(|same| same.len() * same.first().copied().unwrap_or(0))
            .max()
            .unwrap_or(0)
    };
    let mut best = (0, b',');
    for delimiter in DELIMITERS {
        let weight = weigh(delimiter);
        if weight > best.0 {
            best = (weight, delimiter);
        }
    }
    best.1
}

fn count_outside_quotes(line: &[u8], delimiter: u8) -> usize {
    let mut is_quoted = false;
    let mut count = 0;
    for byte in line {
        match *byte {
            b'"' => is_quoted = !is_quoted,
            byte if byte == delimiter && !is_quoted => count += 1,
            _ => {}
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_the_delimiter() {
        for (text, delimiter) in [
            ("a,b,c\n1,2,3\n", b','),
            ("a\tb\tc\n1\tx,y,z,w\t3\n2\tx\t3\n", b'\t'),
            ("a;b\n\"x,y,z\";2\n", b';'),
            ("a|b\n1|2\n", b'|'),
            ("药店商品表\na,b\n", b','),
            ("", b','),
        ] {
            assert_eq!(sniff(text.as_bytes()), delimiter, "{text}");
        }
    }

    #[test]
    fn unwraps_codes_kept_from_excel() {
        assert_eq!(unwrap_formula("=\"00123\""), "00123");
        assert_eq!(unwrap_formula("=A1"), "=A1");
        assert_eq!(unwrap_formula("="), "=");
    }
}
