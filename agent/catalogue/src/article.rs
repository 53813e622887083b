//! One row judged: an article of the shop, or everything that is wrong with it.
//!
//! Nothing is repaired: a code whose check digit is wrong, or that lost digits in a spreadsheet, is
//! told to the shop. Approval numbers are kept as written; eligibility judges them.

use pharmacy_decision::fact::Fact;
use pharmacy_decision::facts::{Article, Dispensing, Posted, Split};
use pharmacy_protocol::term::{Barcode, InsuranceCode, Sku, TracePrefix, UnitPrice};
use serde::Deserialize;

use super::column::{Columns, Field};
use super::fault::Fault;
use super::table::{CellFault, Row};
use super::word;

/// Most days that one pack is believed to last.
pub const MAX_DAYS: u32 = 3660;

/// An article as the shop's catalogue has it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ShopArticle {
    pub sku: Sku,
    /// What the decision judges.
    pub article: Article,
    /// Generic name; empty where the shop gives none.
    pub generic: String,
    /// Dosage form; empty where the shop gives none.
    pub form: String,
    /// Maker; empty where the shop gives none.
    pub maker: String,
    /// Unit of sale; empty where the shop gives none.
    pub unit: String,
    /// Posted price of one unit.
    pub price: Option<UnitPrice>,
    /// How many days one pack lasts.
    pub days: Option<u32>,
}

impl ShopArticle {
    /// What the shop posts for it, as the decision judges it.
    pub fn posted(&self) -> Option<Posted> {
        let unit = || self.unit.clone();
        self.price.map(|price| Posted {
            price,
            unit: unit(),
        })
    }
}

/// A field whose bad cells may be emptied and counted instead of failing the import.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tolerable {
    Barcode,
    CashPrice,
    Code,
    /// The days that a pack lasts.
    Days,
    Dispensing,
    Price,
    TracePrefix,
}

impl Tolerable {
    pub const fn field(self) -> Field {
        match self {
            Self::Barcode => Field::Barcode,
            Self::CashPrice => Field::CashPrice,
            Self::Code => Field::Code,
            Self::Days => Field::Days,
            Self::Dispensing => Field::Dispensing,
            Self::Price => Field::Price,
            Self::TracePrefix => Field::TracePrefix,
        }
    }
}

/// One thing wrong with a row, and the field concerned.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Defect {
    /// The field, where it is one.
    pub field: Option<Field>,
    pub fault: Fault,
}

/// A good row.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reading {
    pub article: ShopArticle,
    /// Fields whose bad cells were emptied.
    pub emptied: Vec<Field>,
}

/// Reads a row as an article, or tells everything that is wrong with it.
pub fn read(row: &Row, columns: &Columns, tolerate: &[Tolerable]) -> Result<Reading, Vec<Defect>> {
    let mut cells = Cells {
        row,
        columns,
        tolerate,
        emptied: Vec::new(),
        defects: Vec::new(),
    };
    cells.check_shape();
    let sku = cells.sku();
    let name = cells.label(Field::Name);
    if name.is_empty() {
        cells.note(Field::Name, Fault::NameEmpty);
    }
    let article = Article {
        name,
        spec: cells.label(Field::Spec),
        approval: cells.label(Field::Approval),
        barcode: cells.value(Field::Barcode, |text| {
            text.parse::<Barcode>().map_err(Fault::Barcode)
        }),
        code: cells.value(Field::Code, |text| {
            text.parse::<InsuranceCode>().map_err(|_| Fault::Code)
        }),
        dispensing: Fact::from_option(cells.dispensing()),
        trace_prefixes: cells
            .value(Field::TracePrefix, read_prefixes)
            .unwrap_or_default(),
        no_code_stock: false,
        split: cells.value(Field::Split, read_split).unwrap_or_default(),
        // Beside the article, with its unit: see [`ShopArticle::posted`].
        posted: None,
        cash_price: cells.value(Field::CashPrice, read_price),
    };
    let generic = cells.label(Field::Generic);
    let form = cells.label(Field::Form);
    let maker = cells.label(Field::Maker);
    let unit = cells.label(Field::Unit);
    // Where the insurance's own price is not told, it is everybody's.
    let price = cells.value(Field::Price, read_price);
    let price = price.or(article.cash_price);
    let days = cells.value(Field::Days, read_days);
    match sku {
        Some(sku) if cells.defects.is_empty() => Ok(Reading {
            article: ShopArticle {
                sku,
                article,
                generic,
                form,
                maker,
                unit,
                price,
                days,
            },
            emptied: cells.emptied,
        }),
        _ => Err(cells.defects),
    }
}

/// Is this row no article but part of the printed page: the headings again, or a total?
pub fn is_page_furniture(row: &Row, columns: &Columns) -> bool {
    let cell = |field| {
        columns
            .place(field)
            .map(|place| (row.cell(place.column).unwrap_or(""), place.heading.as_str()))
    };
    let (Some((sku, sku_heading)), Some((name, name_heading))) =
        (cell(Field::Sku), cell(Field::Name))
    else {
        return false;
    };
    if sku == sku_heading && name == name_heading {
        return true;
    }
    let first = row
        .cells()
        .filter_map(Result::ok)
        .find(|text| !text.is_empty())
        .unwrap_or("");
    name.is_empty()
        && ["合计", "总计", "共计", "小计"]
            .iter()
            .any(|word| first.starts_with(word))
}

/// A row's cells by field, and what was found wrong so far.
struct Cells<'a> {
    row: &'a Row,
    columns: &'a Columns,
    tolerate: &'a [Tolerable],
    emptied: Vec<Field>,
    defects: Vec<Defect>,
}

impl<'a> Cells<'a> {
    /// Looks at what no field's own reading sees: columns nobody asked for, cells beyond the last.
    fn check_shape(&mut self) {
        let is_mapped = |column| self.columns.places().any(|place| place.column == column);
        let mut found = None;
        for (column, cell) in self.row.cells().enumerate() {
            match cell {
                Ok("") => {}
                Ok(_) if column >= self.columns.width() => found = Some(Fault::ColumnsExtra),
                // These two say that the file was misread from here on, whatever the column.
                Err(fault @ (CellFault::TooLong | CellFault::Undecodable))
                    if !is_mapped(column) =>
                {
                    found = Some(Fault::Cell(fault));
                }
                Ok(_) | Err(_) => {}
            }
        }
        self.defects
            .extend(found.map(|fault| Defect { field: None, fault }));
    }

    fn note(&mut self, field: Field, fault: Fault) {
        // A cell that could not be read was told already; that it is empty follows from it.
        if self
            .defects
            .iter()
            .all(|defect| defect.field != Some(field))
        {
            self.defects.push(Defect {
                field: Some(field),
                fault,
            });
        }
    }

    /// The cell's text, empty without such a column.
    fn text(&self, field: Field) -> Result<&'a str, Fault> {
        match self.columns.place(field) {
            None => Ok(""),
            Some(place) => self.row.cell(place.column).map_err(Fault::Cell),
        }
    }

    /// Text for people, its white space made single.
    fn label(&mut self, field: Field) -> String {
        match self.text(field) {
            Ok(text) => single_spaced(text),
            Err(fault) => {
                self.note(field, fault);
                String::new()
            }
        }
    }

    fn sku(&mut self) -> Option<Sku> {
        let sku = self.text(Field::Sku).and_then(|text| {
            let text = without_text_mark(text);
            if text.is_empty() {
                return Err(Fault::SkuEmpty);
            }
            if is_scientific(text) {
                return Err(Fault::Scientific);
            }
            text.parse().map_err(|_| Fault::SkuMalformed)
        });
        sku.map_err(|fault| self.note(Field::Sku, fault)).ok()
    }

    /// A code, number or mark; `None` when the cell is empty or bad.
    fn value<T>(
        &mut self,
        field: Field,
        parse: impl FnOnce(&'a str) -> Result<T, Fault>,
    ) -> Option<T> {
        let read = self.text(field).and_then(|text| {
            let text = without_text_mark(text);
            if text.is_empty() || word::is_nothing(text) {
                return Ok(None);
            }
            if is_scientific(text) {
                return Err(Fault::Scientific);
            }
            parse(text).map(Some)
        });
        match read {
            Ok(value) => value,
            Err(_)
                if self
                    .tolerate
                    .iter()
                    .any(|tolerable| tolerable.field() == field) =>
            {
                self.emptied.push(field);
                None
            }
            Err(fault) => {
                self.note(field, fault);
                None
            }
        }
    }

    fn dispensing(&mut self) -> Option<Dispensing> {
        let heading = self
            .columns
            .place(Field::Dispensing)
            .map_or("", |place| place.heading.as_str());
        self.value(Field::Dispensing, |text| {
            word::read_dispensing(text, heading).ok_or(Fault::Dispensing)
        })
        .flatten()
    }
}

fn single_spaced(text: &str) -> String {
    let mut words = text.split(|c: char| c.is_whitespace() || c.is_control());
    let mut label = words.next().unwrap_or_default().to_owned();
    for word in words.filter(|word| !word.is_empty()) {
        label.push(' ');
        label.push_str(word);
    }
    label
}

/// The text after the apostrophe by which spreadsheets mark digits as text.
fn without_text_mark(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if rest.starts_with(|c: char| c.is_ascii_digit()) => rest,
        _ => text,
    }
}

/// Is it a number as a spreadsheet shortens it: `6.90123E+12`?
///
/// Only with the sign: `12E5` may well be a shop's own number.
fn is_scientific(text: &str) -> bool {
    text.split_once(['E', 'e'])
        .and_then(|(mantissa, exponent)| Some((mantissa, exponent.strip_prefix('+')?)))
        .is_some_and(|(mantissa, exponent)| {
            let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
            let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
            !whole.is_empty()
                && !exponent.is_empty()
                && is_digits(whole)
                && is_digits(fraction)
                && is_digits(exponent)
        })
}

/// One cell may hold several prefixes: packs of one article come from several codes.
fn read_prefixes(text: &str) -> Result<Vec<TracePrefix>, Fault> {
    let mut prefixes = text
        .split([',', ';', '|', '/', '、', '，', '；', ' ', '\u{3000}'])
        .filter(|part| !part.is_empty())
        .map(|part| part.parse().map_err(|_| Fault::TracePrefix))
        .collect::<Result<Vec<TracePrefix>, Fault>>()?;
    prefixes.sort_unstable();
    prefixes.dedup();
    Ok(prefixes)
}

fn read_split(text: &str) -> Result<Split, Fault> {
    match word::read_split(text).ok_or(Fault::Split)? {
        true => Ok(Split::Allowed),
        false => Ok(Split::Whole),
    }
}

/// Reads a price with or without the yuan's sign; `.5` is how several databases write `0.5`.
fn read_price(text: &str) -> Result<UnitPrice, Fault> {
    let bare = text.trim_start_matches(['¥', '￥']).trim();
    let bare = bare.strip_suffix('元').unwrap_or(bare).trim();
    let parsed = match bare.strip_prefix('.') {
        Some(fraction) => format!("0.{fraction}").parse(),
        None => bare.parse(),
    };
    parsed
        .ok()
        .filter(|price: &UnitPrice| price.units() >= 0)
        .ok_or(Fault::Price)
}

fn read_days(text: &str) -> Result<u32, Fault> {
    text.strip_suffix(['天', '日'])
        .unwrap_or(text)
        .trim()
        .parse()
        .ok()
        .filter(|days| (1..=MAX_DAYS).contains(days))
        .ok_or(Fault::Days)
}

#[cfg(test)]
mod tests {
    use pharmacy_decision::fact::Why;
    use pharmacy_protocol::term::BarcodeError;

    use super::super::column::ColumnOverrides;
    use super::*;

    const HEADINGS: [&str; 16] = [
        "商品编码",
        "商品名称",
        "规格",
        "批准文号",
        "条形码",
        "医保编码",
        "处方类别",
        "追溯码前缀",
        "无码库",
        "可拆零",
        "零售价",
        "用药天数",
        "通用名",
        "剂型",
        "生产企业",
        "单位",
    ];

    fn row(cells: &[&str]) -> Row {
        let mut row = Row::default();
        row.begin(2);
        cells.iter().for_each(|cell| row.push(cell));
        row
    }

    fn columns() -> Columns {
        let mut headings = Row::default();
        headings.begin(1);
        HEADINGS.iter().for_each(|cell| headings.push(cell));
        Columns::find(&[headings], &ColumnOverrides::default())
            .unwrap()
            .0
    }

    /// A good row with one cell replaced.
    fn with(heading: &str, text: &str) -> Result<Reading, Vec<Defect>> {
        with_tolerance(heading, text, &[])
    }

    fn with_tolerance(
        heading: &str,
        text: &str,
        tolerate: &[Tolerable],
    ) -> Result<Reading, Vec<Defect>> {
        let mut cells = [
            "A1",
            "安宫止血颗粒",
            "4g*9袋",
            "国药准字Z20010112",
            "6901234567892",
            "ZD01CAA0063010104080",
            "处方药",
            "8123456",
            "否",
            "否",
            "36.5",
            "3",
            "",
            "颗粒剂",
            "",
            "盒",
        ];
        let at = HEADINGS.iter().position(|other| *other == heading).unwrap();
        cells[at] = text;
        read(&row(&cells), &columns(), tolerate)
    }

    #[test]
    fn a_good_row_becomes_an_article() {
        let reading = with("单位", "盒").unwrap();
        let ShopArticle {
            sku,
            article,
            price,
            days,
            form,
            ..
        } = reading.article;
        assert_eq!(sku.as_str(), "A1");
        assert_eq!(article.approval, "国药准字Z20010112");
        assert_eq!(article.barcode.unwrap().as_str(), "6901234567892");
        assert_eq!(article.code.unwrap().as_str(), "ZD01CAA0063010104080");
        assert_eq!(article.dispensing, Fact::Known(Dispensing::Prescription));
        assert_eq!(article.trace_prefixes, ["8123456".parse().unwrap()]);
        assert_eq!(article.split, Split::Whole);
        assert_eq!(
            (price, days, form.as_str()),
            (Some(UnitPrice::new(36_500_000)), Some(3), "颗粒剂")
        );
    }

    #[test]
    fn bad_cells_have_their_own_reasons() {
        for (heading, text, fault) in [
            ("商品编码", "", Fault::SkuEmpty),
            ("商品编码", "6.90123E+12", Fault::Scientific),
            ("商品编码", &"长".repeat(51), Fault::SkuMalformed),
            ("商品名称", "", Fault::NameEmpty),
            (
                "商品名称",
                "板\u{fffd}根",
                Fault::Cell(CellFault::Undecodable),
            ),
            (
                "条形码",
                "6901234567893",
                Fault::Barcode(BarcodeError::CheckDigit),
            ),
            ("条形码", "12345", Fault::Barcode(BarcodeError::Malformed)),
            (
                "条形码",
                "６９０１２３４５６７８９２",
                Fault::Barcode(BarcodeError::Malformed),
            ),
            ("条形码", "6.90123E+12", Fault::Scientific),
            ("医保编码", "ZD01CAA006301010408", Fault::Code),
            ("医保编码", "zd01caa0063010104080", Fault::Code),
            ("处方类别", "急救药", Fault::Dispensing),
            ("追溯码前缀", "812345", Fault::TracePrefix),
            ("追溯码前缀", "8123456,81x", Fault::TracePrefix),
            ("可拆零", "也许", Fault::Split),
            ("零售价", "面议", Fault::Price),
            ("零售价", "-1", Fault::Price),
            ("零售价", "1.2345678", Fault::Price),
            ("用药天数", "0", Fault::Days),
            ("用药天数", "一周", Fault::Days),
        ] {
            let defects = with(heading, text).unwrap_err();
            assert_eq!(defects.len(), 1, "{heading} {text}");
            assert_eq!(defects[0].fault, fault, "{heading} {text}");
        }
    }

    #[test]
    fn empty_and_nothing_are_not_wrong() {
        for text in ["", "无", "-", "／", "NULL"] {
            let article = with("条形码", text).unwrap().article.article;
            assert_eq!(article.barcode, None, "{text}");
        }
        let article = with("处方类别", "").unwrap().article.article;
        assert_eq!(article.dispensing, Fact::Missing(Why::NotKnown));
        assert_eq!(
            with("批准文号", "无").unwrap().article.article.approval,
            "无"
        );
    }

    #[test]
    fn forms_of_the_trade_are_read() {
        for (heading, text) in [
            ("条形码", "'6901234567892"),
            ("零售价", "￥36.50元"),
            ("零售价", ".5"),
            ("用药天数", "7天"),
            ("追溯码前缀", "8123456、8123457"),
        ] {
            assert!(with(heading, text).is_ok(), "{heading} {text}");
        }
        assert_eq!(
            with("商品编码", "12E5").unwrap().article.sku.as_str(),
            "12E5"
        );
    }

    #[test]
    fn tolerated_cells_are_emptied_and_counted() {
        let reading = with_tolerance("条形码", "12345", &[Tolerable::Barcode]).unwrap();
        assert_eq!(reading.article.article.barcode, None);
        assert_eq!(reading.emptied, [Field::Barcode]);
        assert!(with_tolerance("医保编码", "x", &[Tolerable::Barcode]).is_err());
    }

    #[test]
    fn all_faults_of_a_row_are_told() {
        let mut cells = [""; 17];
        cells[4] = "1";
        cells[16] = "stray";
        let faults: Vec<Fault> = read(&row(&cells), &columns(), &[])
            .unwrap_err()
            .into_iter()
            .map(|defect| defect.fault)
            .collect();
        assert_eq!(
            faults,
            [
                Fault::ColumnsExtra,
                Fault::SkuEmpty,
                Fault::NameEmpty,
                Fault::Barcode(BarcodeError::Malformed)
            ]
        );
    }

    #[test]
    fn totals_and_repeated_headings_are_no_articles() {
        assert!(is_page_furniture(&row(&HEADINGS), &columns()));
        assert!(is_page_furniture(&row(&["合计：", "", "12"]), &columns()));
        assert!(!is_page_furniture(&row(&["合计", "一种药"]), &columns()));
        assert!(!is_page_furniture(&row(&["A1", ""]), &columns()));
    }
}
