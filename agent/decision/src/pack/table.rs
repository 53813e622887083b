//! Tables of a pack: CSV with a heading, cells read by heading, faults named by row and column.

use std::collections::HashSet;

use jiff::civil::Date;

use crate::pack::error::PackError;
use crate::pack::scope::{Regional, Scope};
use crate::pack::source::PackSource;

/// Headings of the scope columns that several tables share.
pub(crate) const REGION: &str = "地区";
pub(crate) const FROM: &str = "生效";
pub(crate) const UNTIL: &str = "失效";

/// A table with its headings checked.
pub(crate) struct Table {
    file: &'static str,
    columns: &'static [&'static str],
    /// Where each column stands in the file.
    places: Vec<usize>,
    rows: Vec<csv::StringRecord>,
}

/// One row of a table.
pub(crate) struct Row<'t> {
    table: &'t Table,
    /// As a spreadsheet counts; the heading is 1.
    pub(crate) number: usize,
    cells: &'t csv::StringRecord,
}

impl Table {
    /// Reads a table that has exactly these columns, in any order.
    pub(crate) fn read(
        source: &PackSource,
        file: &'static str,
        columns: &'static [&'static str],
    ) -> Result<Self, PackError> {
        let text = source.text(file)?;
        let mut reader = csv::ReaderBuilder::new().from_reader(text.as_bytes());
        let wrap = |source| PackError::Csv { file, source };
        let headings = reader.headers().map_err(wrap)?.clone();
        for heading in &headings {
            if !columns.contains(&heading) {
                return Err(PackError::UnknownColumn {
                    file,
                    column: heading.to_owned(),
                });
            }
        }
        let place = |column: &&'static str| {
            let mut places = headings
                .iter()
                .enumerate()
                .filter(|(_, name)| name == column);
            match (places.next(), places.next()) {
                (Some((at, _)), None) => Ok(at),
                _ => Err(PackError::MissingColumn { file, column }),
            }
        };
        let places = columns.iter().map(place).collect::<Result<_, _>>()?;
        let rows = reader
            .into_records()
            .collect::<Result<_, _>>()
            .map_err(wrap)?;
        Ok(Self {
            file,
            columns,
            places,
            rows,
        })
    }

    pub(crate) fn file(&self) -> &'static str {
        self.file
    }

    /// Every row as what it says and where.
    pub(crate) fn regional<T>(
        &self,
        read: impl Fn(Row<'_>) -> Result<(Scope, T), PackError>,
    ) -> Result<Regional<T>, PackError> {
        let rows = self.rows().map(read).collect::<Result<_, _>>();
        rows.map(Regional::new)
    }

    pub(crate) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        (2..).zip(&self.rows).map(|(number, cells)| Row {
            table: self,
            number,
            cells,
        })
    }
}

impl<'t> Row<'t> {
    /// The trimmed text of a cell.
    pub(crate) fn cell(&self, column: &'static str) -> &'t str {
        let at = self.table.columns.iter().position(|name| *name == column);
        let place = at.and_then(|at| self.table.places.get(at));
        place
            .and_then(|place| self.cells.get(*place))
            .unwrap_or_default()
            .trim()
    }

    /// A cell that `read` understands.
    pub(crate) fn parse<T>(
        &self,
        column: &'static str,
        expected: &'static str,
        read: impl FnOnce(&'t str) -> Option<T>,
    ) -> Result<T, PackError> {
        read(self.cell(column)).ok_or(PackError::Cell {
            file: self.table.file,
            row: self.number,
            column,
            expected,
        })
    }

    /// A cell with one of the words of a closed list.
    pub(crate) fn word<T: Copy>(
        &self,
        column: &'static str,
        expected: &'static str,
        words: &[(&str, T)],
    ) -> Result<T, PackError> {
        self.parse(column, expected, |text| {
            words
                .iter()
                .find(|(word, _)| *word == text)
                .map(|(_, value)| *value)
        })
    }

    /// A cell that must not be empty.
    pub(crate) fn text(&self, column: &'static str) -> Result<&'t str, PackError> {
        self.parse(column, "a text", |text| (!text.is_empty()).then_some(text))
    }

    /// A day, or nothing.
    pub(crate) fn date(&self, column: &'static str) -> Result<Option<Date>, PackError> {
        self.parse(column, "a day like 2026-01-31, or nothing", |text| {
            if text.is_empty() {
                Some(None)
            } else {
                text.parse().ok().map(Some)
            }
        })
    }

    /// Region and days of a row with the three scope columns.
    pub(crate) fn scope(&self) -> Result<Scope, PackError> {
        self.scope_between(FROM, UNTIL)
    }

    /// Region and days of a row whose days stand under headings of its own.
    pub(crate) fn scope_between(
        &self,
        from: &'static str,
        until: &'static str,
    ) -> Result<Scope, PackError> {
        self.parse(
            REGION,
            "`全国` or the first digits of a region code",
            |region| Scope::is_region(region).then_some(()),
        )?;
        let (from, until) = (self.date(from)?, self.date(until)?);
        Scope::new(self.cell(REGION), from, until).ok_or(self.inverted())
    }

    pub(crate) fn inverted(&self) -> PackError {
        PackError::InvertedDates {
            file: self.table.file,
            row: self.number,
        }
    }

    /// Remembers a key and refuses it the second time.
    pub(crate) fn once(&self, key: &str, seen: &mut HashSet<String>) -> Result<(), PackError> {
        if seen.insert(key.to_owned()) {
            return Ok(());
        }
        Err(PackError::Duplicate {
            file: self.table.file,
            row: self.number,
            key: key.to_owned(),
        })
    }

    pub(crate) fn file(&self) -> &'static str {
        self.table.file
    }
}
