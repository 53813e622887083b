//! What is wrong with a row, and telling it to the person who exported the file.
//!
//! A bad row names its line, its column and a permanent code; the cell's content is never repeated.

use std::fmt;
use std::io::Write;

use pharmacy_decision::verdict::Text;
use pharmacy_protocol::term::BarcodeError;

use super::column::Field;
use super::table::{CellFault, MAX_CELL_BYTES};
use pharmacy_base::text;

/// Most bad rows that are told one by one; the others are counted.
pub const MAX_TOLD: usize = 200;

/// What is wrong with a row.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fault {
    /// The barcode's check digit or form is wrong.
    Barcode(BarcodeError),
    /// A cell cannot be read.
    Cell(CellFault),
    /// The insurance code has no form that such a code can have.
    Code,
    /// Filled cells stand beyond the last heading.
    ColumnsExtra,
    /// The number of days is no number from 1 to 3,660.
    Days,
    /// The prescription class is none of the known words.
    Dispensing,
    /// The article has no name.
    NameEmpty,
    /// The price is no amount from 0 up.
    Price,
    /// A code stands in scientific notation, so digits are lost already.
    Scientific,
    /// An earlier row has the same article number.
    SkuDuplicate {
        /// The line of the earlier row.
        first: u64,
    },
    /// The article has no number.
    SkuEmpty,
    /// The article number has more than 150 bytes or a control character.
    SkuMalformed,
    /// The mark for split packs is neither yes nor no.
    Split,
    /// A trace prefix is not 7 or 14 digits.
    TracePrefix,
}

impl Fault {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Barcode(BarcodeError::CheckDigit) => "catalogue.barcode-check-digit",
            Self::Barcode(BarcodeError::Malformed) => "catalogue.barcode-malformed",
            Self::Cell(CellFault::Date) => "catalogue.cell-date",
            Self::Cell(CellFault::Error) => "catalogue.cell-error",
            Self::Cell(CellFault::LineBreak) => "catalogue.cell-line-break",
            Self::Cell(CellFault::Precision) => "catalogue.cell-digits-lost",
            Self::Cell(CellFault::TooLong) => "catalogue.cell-too-long",
            Self::Cell(CellFault::Undecodable) => "catalogue.cell-undecodable",
            Self::Code => "catalogue.insurance-code-malformed",
            Self::ColumnsExtra => "catalogue.columns-extra",
            Self::Days => "catalogue.days-malformed",
            Self::Dispensing => "catalogue.dispensing-unknown",
            Self::NameEmpty => "catalogue.name-empty",
            Self::Price => "catalogue.price-malformed",
            Self::Scientific => "catalogue.scientific-notation",
            Self::SkuDuplicate { .. } => "catalogue.sku-duplicate",
            Self::SkuEmpty => "catalogue.sku-empty",
            Self::SkuMalformed => "catalogue.sku-malformed",
            Self::Split => "catalogue.split-unknown",
            Self::TracePrefix => "catalogue.trace-prefix-malformed",
        }
    }

    /// What is wrong and what to do, for the shop.
    pub fn text(self) -> Text {
        // The figure in the catalogue's text.
        const { assert!(MAX_CELL_BYTES == 4096) };
        let message = text::message(self.code());
        let (zh, en) = (message.zh.to_owned(), message.en.to_owned());
        match self {
            Self::SkuDuplicate { first } => Text {
                zh: format!("{zh}（第 {first} 行）"),
                en: format!("{en} (line {first})"),
            },
            _ => Text { zh, en },
        }
    }
}

/// One thing wrong in one row.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BadRow {
    /// The line of the text file, or of the sheet.
    pub line: u64,
    /// The field concerned, where it is one.
    pub field: Option<Field>,
    /// The column's heading as written, where it is one.
    pub heading: Option<String>,
    pub fault: Fault,
}

impl fmt::Display for BadRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.fault.text();
        write!(f, "第 {} 行", self.line)?;
        if let Some(heading) = &self.heading {
            write!(f, "「{heading}」")?;
        }
        write!(f, "：{} / line {}: ", text.zh, self.line)?;
        write!(f, "{} [{}]", text.en, self.fault.code())
    }
}

/// The bad rows of a file: the first ones told, all of them counted.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct BadRows {
    told: Vec<BadRow>,
    total: u64,
}

impl BadRows {
    /// The first [`MAX_TOLD`], in the order of the file.
    pub fn told(&self) -> &[BadRow] {
        &self.told
    }

    /// How many faults there are in all.
    pub fn total(&self) -> u64 {
        self.total
    }

    pub(super) fn push(&mut self, bad: BadRow) {
        self.total += 1;
        if self.told.len() < MAX_TOLD {
            self.told.push(bad);
        }
    }

    /// Writes the faults that are told as a table that Excel opens.
    pub fn write_report(&self, out: impl Write) -> Result<(), ReportError> {
        let mut out = out;
        // Without the mark Excel takes the file for GBK.
        out.write_all("\u{feff}".as_bytes())
            .map_err(|source| ReportError::Write(source.into()))?;
        let mut table = csv::Writer::from_writer(out);
        table
            .write_record(["行号", "列", "代码", "原因", "reason"])
            .map_err(ReportError::Write)?;
        for bad in &self.told {
            let text = bad.fault.text();
            table
                .write_record([
                    bad.line.to_string().as_str(),
                    bad.heading.as_deref().unwrap_or_default(),
                    bad.fault.code(),
                    &text.zh,
                    &text.en,
                ])
                .map_err(ReportError::Write)?;
        }
        table
            .flush()
            .map_err(|source| ReportError::Write(source.into()))
    }
}

/// A report that could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    #[error("writing the report of bad rows failed")]
    Write(#[source] csv::Error),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bad(line: u64) -> BadRow {
        BadRow {
            line,
            field: Some(Field::Barcode),
            heading: Some("条形码".to_owned()),
            fault: Fault::Barcode(BarcodeError::CheckDigit),
        }
    }

    #[test]
    fn tells_line_column_reason_and_code() {
        assert_eq!(
            bad(7).to_string(),
            "第 7 行「条形码」：条形码校验位错误，请对照包装核对 / \
             line 7: barcode check digit is wrong; compare with the pack \
             [catalogue.barcode-check-digit]"
        );
    }

    #[test]
    fn tells_the_first_and_counts_all() {
        let mut rows = BadRows::default();
        for line in 1..=1000 {
            rows.push(bad(line));
        }
        assert_eq!((rows.told().len(), rows.total()), (MAX_TOLD, 1000));
        let mut report = Vec::new();
        rows.write_report(&mut report).unwrap();
        let report = String::from_utf8(report).unwrap();
        assert!(report.starts_with("\u{feff}行号,列,代码,原因,reason\n1,条形码,catalogue."));
        assert_eq!(report.lines().count(), MAX_TOLD + 1);
    }
}
