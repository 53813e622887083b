//! What is wrong with a row, and telling it to the person who exported the file.
//!
//! A bad row names its line, its column and a permanent code; the cell's content is never repeated.

use std::fmt;
use std::io::Write;

use pharmacy_decision::verdict::Text;
use pharmacy_protocol::term::BarcodeError;

use super::column::Field;
use super::table::{CellFault, MAX_CELL_BYTES};

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
    /// The no-code mark is neither yes nor no.
    NoCodeStock,
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
    /// Its permanent code.
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
            Self::NoCodeStock => "catalogue.no-code-stock-unknown",
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
        let (zh, en) = match self {
            Self::Cell(fault) => cell_text(fault),
            Self::SkuDuplicate { first } => {
                return Text {
                    zh: format!("商品编码与第 {first} 行重复，请保留一行"),
                    en: format!("article number repeats line {first}; keep one of the two"),
                };
            }
            other => other.fixed_text(),
        };
        Text {
            zh: zh.to_owned(),
            en: en.to_owned(),
        }
    }

    const fn fixed_text(self) -> (&'static str, &'static str) {
        match self {
            Self::Barcode(BarcodeError::CheckDigit) => (
                "条形码校验位错误，请对照包装核对",
                "barcode check digit is wrong; compare with the pack",
            ),
            Self::Barcode(BarcodeError::Malformed) => (
                "条形码应为 8、12、13 或 14 位数字，没有条形码请留空",
                "barcode must be 8, 12, 13 or 14 digits; leave it empty if there is none",
            ),
            Self::Cell(fault) => cell_text(fault),
            Self::Code => (
                "医保编码格式错误（X、Z、T、C 开头的国家编码），没有请留空",
                "not a national insurance code (X, Z, T or C); leave it empty if there is none",
            ),
            Self::ColumnsExtra => (
                "内容多于表头的列数，请检查是否多了分隔符",
                "more cells than headings; look for a stray delimiter",
            ),
            Self::Days => (
                "用药天数应为 1 至 3660 的整数",
                "days must be a whole number from 1 to 3660",
            ),
            Self::Dispensing => (
                "处方类别无法识别，请填处方药、非处方药或双跨",
                "unknown prescription class; write 处方药, 非处方药 or 双跨",
            ),
            Self::NameEmpty => ("商品名称为空", "name is empty"),
            Self::NoCodeStock => (
                "无码库应填是或否",
                "no-code mark must be yes (是) or no (否)",
            ),
            Self::Price => (
                "零售价不是有效金额",
                "price must be an amount with at most 6 decimals",
            ),
            Self::Scientific => (
                "编码被显示成科学计数法，数字已丢失，请把该列设为文本后重新导出",
                "code is in scientific notation and has lost digits; export the column as text",
            ),
            Self::SkuDuplicate { .. } => ("商品编码重复", "article number repeats"),
            Self::SkuEmpty => ("商品编码为空", "article number is empty"),
            Self::SkuMalformed => (
                "商品编码过长（最多 150 字节）或含控制字符",
                "article number exceeds 150 bytes or has a control character",
            ),
            Self::Split => (
                "可拆零应填是或否",
                "mark for split packs must be yes (是) or no (否)",
            ),
            Self::TracePrefix => (
                "追溯码前缀应为 7 位药品标识码或 14 位 GTIN",
                "trace prefix must be 7 digits or a GTIN of 14",
            ),
        }
    }
}

const fn cell_text(fault: CellFault) -> (&'static str, &'static str) {
    // The figure in the text below.
    const { assert!(MAX_CELL_BYTES == 4096) };
    match fault {
        CellFault::Date => (
            "单元格是日期，应为文本，请把该列设为文本后重新填写",
            "the cell is a date; make the column text and enter it again",
        ),
        CellFault::Error => (
            "单元格是错误值（如 #N/A）",
            "the cell is an error value such as #N/A",
        ),
        CellFault::LineBreak => (
            "单元格内有换行，可能是多余的引号",
            "the cell goes over several lines; look for a stray quotation mark",
        ),
        CellFault::Precision => (
            "数字超过 15 位，表格软件已丢失末尾数字，请把该列设为文本后重新填写",
            "more than 15 digits stored as a number; the last are lost, enter it again as text",
        ),
        CellFault::TooLong => (
            "单元格内容超过 4096 字节，可能是多余的引号",
            "the cell is longer than 4096 bytes; look for a stray quotation mark",
        ),
        CellFault::Undecodable => (
            "单元格内有无法识别的字符，请用正确的编码重新导出",
            "the cell has characters that cannot be decoded; export again in one encoding",
        ),
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
    /// What is wrong.
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
    /// Writing failed.
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
