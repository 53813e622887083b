//! Which column is what: headings of till exports to the fields of an article.
//!
//! In scope: finding the heading row under title rows, synonyms, the operator's own headings.
//! Out of scope: what a cell may hold ([`super::article`]).

use std::collections::BTreeMap;
use std::fmt;

use pharmacy_protocol::words;
use serde::Deserialize;

use super::table::Row;
use super::word::fold;

/// Rows from the top in which the heading row is looked for.
pub const HEADING_SEARCH_ROWS: usize = 20;
/// Most headings repeated in an error.
const MAX_LISTED: usize = 40;
/// Longest heading repeated, in characters.
const MAX_HEADING: usize = 40;

words! {
    /// A field of an article, with its key in `[catalogue.columns]`.
    #[derive(Deserialize)]
    #[serde(rename_all = "kebab-case")]
    pub enum Field as key {
        /// Approval, registration or filing number.
        Approval = "approval",
        Barcode = "barcode",
        /// What who pays without insurance is charged for one unit.
        CashPrice = "cash-price",
        Code = "code",
        /// How many days one pack lasts.
        Days = "days",
        Dispensing = "dispensing",
        Form = "form",
        Generic = "generic",
        Maker = "maker",
        Name = "name",
        Price = "price",
        Sku = "sku",
        Spec = "spec",
        /// May packs be split?
        Split = "split",
        /// What trace codes begin with.
        TracePrefix = "trace-prefix",
        Unit = "unit",
    }
}

/// Headings that mean the posted price before any other: what the insurance is charged. A plain price beside
/// one of them is what the others pay.
const INSURED_PRICE: [&str; 4] = ["医保价", "医保零售价", "医保销售价", "医保单价"];

/// Headings that mean the article number where no better one stands.
const PLAIN_NUMBER: [&str; 3] = ["编码", "编号", "代码"];

impl Field {
    /// Headings that mean this field, without white space, in lower case, half-width.
    pub fn synonyms(self) -> impl Iterator<Item = &'static str> {
        let words = match self {
            Self::Approval => {
                "批准文号 批准文号/注册证号 国药准字 国药准字号 药品批准文号 注册证号 注册证编号 注册证/备案号 医疗器械注册证号 \
                 备案号 备案凭证号 备案编号 批文 approval approvalno"
            }
            Self::Barcode => {
                "条形码 条码 国际条码 商品条码 商品条形码 国际条形码 69码 barcode ean ean13 gtin"
            }
            Self::CashPrice => {
                "现金价 现金零售价 现金售价 现金销售价 自费价 自费零售价 非医保价 非医保零售价 cashprice"
            }
            Self::Code => {
                "医保编码 国家医保编码 医保代码 国家医保代码 医保目录编码 医疗目录编码 医保国家编码 国家医保码 医保药品编码 \
                 med_list_codg insurancecode"
            }
            Self::Days => "每盒天数 用药天数 可用天数 每盒用药天数 单盒天数 疗程天数 days",
            Self::Dispensing => {
                "处方类别 处方类型 处方分类 处方药标志 处方药 处方标志 是否处方药 是否处方 处方药类别 处方药类型 otc otc标志 \
                 otc类别 otc分类 是否otc 非处方药标志 rx/otc rx_flag rxflag dispensing"
            }
            Self::Form => "剂型 药品剂型 剂型名称 form dosageform",
            Self::Generic => "通用名 通用名称 药品通用名 药品通用名称 generic genericname",
            Self::Maker => {
                "生产企业 生产厂家 生产厂商 生产单位 厂家 厂商 生产商 制造商 上市许可持有人 产地/厂家 maker \
                 manufacturer"
            }
            Self::Name => {
                "商品名称 商品名 品名 药品名称 药品名 货品名称 产品名称 物品名称 品名称 名称 商品全名 name \
                 productname"
            }
            Self::Price => {
                "零售价 零售价格 售价 单价 销售价 销售单价 零售单价 标价 价格 医保价 医保零售价 医保销售价 \
                 医保单价 price"
            }
            Self::Sku => {
                "商品编码 商品编号 商品代码 货号 药品编码 药品编号 货品编码 货品编号 货品id 商品id 产品编码 产品编号 品号 \
                 内部编码 自编码 店内码 sku sku编码 skuid medins_list_codg"
            }
            Self::Spec => "规格 包装规格 商品规格 药品规格 规格型号 型号规格 规格/型号 spec",
            Self::Split => "拆零 可拆零 是否拆零 是否可拆零 拆零标志 允许拆零 trdn_flag split",
            Self::TracePrefix => {
                "追溯码前缀 药品标识码 追溯码前7位 追溯码前七位 追溯标识码 追溯码标识 药品追溯码前缀 traceprefix"
            }
            Self::Unit => "单位 包装单位 销售单位 计量单位 零售单位 unit",
        };
        words.split_whitespace()
    }
}

/// The operator's own headings, `[catalogue.columns]`; a heading here replaces the synonyms.
#[derive(Clone, Debug, Default, Eq, PartialEq, Deserialize)]
pub struct ColumnOverrides(BTreeMap<Field, String>);

impl ColumnOverrides {
    /// The operator's heading for `field`.
    pub fn heading(&self, field: Field) -> Option<&str> {
        self.0.get(&field).map(String::as_str)
    }
}

/// Headings repeated in an error, shortened.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Headings(Vec<String>);

impl fmt::Display for Headings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, heading) in self.0.iter().take(MAX_LISTED).enumerate() {
            let comma = if number == 0 { "" } else { ", " };
            write!(f, "{comma}`{heading}`")?;
        }
        match self.0.len().checked_sub(MAX_LISTED) {
            None | Some(0) => Ok(()),
            Some(more) => write!(f, " and {more} more"),
        }
    }
}

/// A table whose headings do not tell what its columns are.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum HeadingError {
    /// Two columns mean the same field.
    #[error(
        "line {line}: columns `{first}` and `{second}` both mean `{}`; name one of them in \
         `[catalogue.columns]`", .field.key()
    )]
    Ambiguous {
        line: u64,
        field: Field,
        /// The left column's heading.
        first: String,
        /// The right column's heading.
        second: String,
    },
    /// A heading named in the configuration is not in the table.
    #[error(
        "line {line}: the heading `{wanted}` configured for `{}` is not in the table; it has \
         {found}", .field.key()
    )]
    OverrideMissing {
        line: u64,
        field: Field,
        /// The heading that the configuration names.
        wanted: String,
        /// The headings there are.
        found: Headings,
    },
    /// No row has a heading for a field that every table needs.
    #[error(
        "no heading for `{}` in the first {HEADING_SEARCH_ROWS} rows; tried {tried}; the best row \
         (line {line}) has {found}", .field.key()
    )]
    RequiredMissing {
        /// The row that looks most like headings.
        line: u64,
        field: Field,
        /// The headings that would have meant it.
        tried: Headings,
        /// The headings there are.
        found: Headings,
    },
}

/// Where a field stands.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Place {
    /// The column, from 0.
    pub column: usize,
    /// Its heading as written.
    pub heading: String,
}

/// Which column is what.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Columns {
    line: u64,
    width: usize,
    places: BTreeMap<Field, Place>,
}

impl Columns {
    /// Finds the heading row among the first rows of a table, and what its columns are. The second
    /// value is the heading row's place among `rows`.
    pub fn find(rows: &[Row], overrides: &ColumnOverrides) -> Result<(Self, usize), HeadingError> {
        let mut best: Option<(usize, &Row, Result<Self, HeadingError>)> = None;
        for (number, row) in rows.iter().take(HEADING_SEARCH_ROWS).enumerate() {
            let headings = folded(row);
            let read = Self::read(row, &headings, overrides);
            if is_heading(&headings, overrides) {
                return read.map(|columns| (columns, number));
            }
            let score = Field::ALL
                .iter()
                .filter(|field| !places_of(**field, &headings, overrides).is_empty())
                .count();
            if best.as_ref().is_none_or(|(most, ..)| score > *most) {
                best = Some((score, row, read));
            }
        }
        match best {
            Some((_, _, Err(error))) => Err(error),
            // Unreachable in substance: a row that reads without error has both required fields.
            Some((_, row, Ok(_))) => Err(missing(Field::Sku, row, overrides)),
            None => Err(missing(Field::Sku, &Row::default(), overrides)),
        }
    }

    /// Where `field` stands, if the table has it.
    pub fn place(&self, field: Field) -> Option<&Place> {
        self.places.get(&field)
    }

    /// Where those stand that the table has.
    pub(super) fn places(&self) -> impl Iterator<Item = &Place> {
        self.places.values()
    }

    /// The line of the headings.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// How many columns have a heading, counted from the left to the last one.
    pub fn width(&self) -> usize {
        self.width
    }

    fn read(
        row: &Row,
        headings: &[String],
        overrides: &ColumnOverrides,
    ) -> Result<Self, HeadingError> {
        let mut places = BTreeMap::new();
        for &field in Field::ALL {
            match *places_of(field, headings, overrides) {
                [] => check_absence(field, row, overrides)?,
                [column] => {
                    let heading = heading_at(row, column);
                    places.insert(field, Place { column, heading });
                }
                [first, second, ..] => {
                    return Err(HeadingError::Ambiguous {
                        line: row.line(),
                        field,
                        first: heading_at(row, first),
                        second: heading_at(row, second),
                    });
                }
            }
        }
        Ok(Self {
            line: row.line(),
            width: headings
                .iter()
                .rposition(|heading| !heading.is_empty())
                .map_or(0, |last| last + 1),
            places,
        })
    }
}

/// May a table be without `field`?
fn check_absence(field: Field, row: &Row, overrides: &ColumnOverrides) -> Result<(), HeadingError> {
    match (overrides.heading(field), field) {
        (Some(wanted), _) => Err(HeadingError::OverrideMissing {
            line: row.line(),
            field,
            wanted: wanted.to_owned(),
            found: listed(row),
        }),
        (None, Field::Sku | Field::Name) => Err(missing(field, row, overrides)),
        (None, _) => Ok(()),
    }
}

/// A heading row is one that has both required fields.
fn is_heading(headings: &[String], overrides: &ColumnOverrides) -> bool {
    [Field::Sku, Field::Name]
        .into_iter()
        .all(|field| !places_of(field, headings, overrides).is_empty())
}

/// The columns that mean `field`.
fn places_of(field: Field, headings: &[String], overrides: &ColumnOverrides) -> Vec<usize> {
    let matching = |wanted: &dyn Fn(&str) -> bool| -> Vec<usize> {
        headings
            .iter()
            .enumerate()
            .filter(|(_, heading)| !heading.is_empty() && wanted(heading))
            .map(|(column, _)| column)
            .collect()
    };
    if let Some(own) = overrides.heading(field) {
        let own = fold(own);
        return matching(&|heading| heading == own);
    }
    let synonyms = |field: Field| {
        matching(&|heading| {
            field
                .synonyms()
                .any(|synonym| synonym == heading || synonym == bare(heading))
        })
    };
    let found = synonyms(field);
    let insured = || matching(&|heading| INSURED_PRICE.contains(&bare(heading)));
    match field {
        Field::CashPrice if found.is_empty() && overrides.heading(Field::Price).is_none() => {
            match insured().as_slice() {
                [] => found,
                insured => {
                    let mut others = synonyms(Field::Price);
                    others.retain(|column| !insured.contains(column));
                    others
                }
            }
        }
        Field::Price if found.len() > 1 && !insured().is_empty() => insured(),
        // Many exports have a generic name only; it is then the name.
        Field::Name if found.is_empty() => synonyms(Field::Generic),
        // Beside a 商品编码 these may be anybody's number; alone they are the article's.
        Field::Sku if found.is_empty() => {
            matching(&|heading| PLAIN_NUMBER.contains(&bare(heading)))
        }
        _ => found,
    }
}

/// A heading without the mark of a required column and without what stands in brackets at its end.
fn bare(heading: &str) -> &str {
    let heading = heading.trim_matches('*');
    match heading.find(['(', '[', '【']) {
        Some(start) if start > 0 => heading.get(..start).unwrap_or(heading),
        _ => heading,
    }
}

fn folded(row: &Row) -> Vec<String> {
    row.cells().map(|cell| fold(cell.unwrap_or(""))).collect()
}

fn heading_at(row: &Row, column: usize) -> String {
    row.cell(column)
        .unwrap_or("")
        .chars()
        .take(MAX_HEADING)
        .collect()
}

fn listed(row: &Row) -> Headings {
    Headings(
        (0..row.len())
            .map(|column| heading_at(row, column))
            .filter(|heading| !heading.is_empty())
            .collect(),
    )
}

fn missing(field: Field, row: &Row, overrides: &ColumnOverrides) -> HeadingError {
    let tried = match overrides.heading(field) {
        Some(own) => vec![own.to_owned()],
        None => field.synonyms().map(str::to_owned).collect(),
    };
    HeadingError::RequiredMissing {
        line: row.line(),
        field,
        tried: Headings(tried),
        found: listed(row),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn row(line: u64, cells: &[&str]) -> Row {
        let mut row = Row::default();
        row.begin(line);
        for cell in cells {
            row.push(cell);
        }
        row
    }

    fn find(rows: &[Row], overrides: &ColumnOverrides) -> Result<(Columns, usize), HeadingError> {
        Columns::find(rows, overrides)
    }

    #[test]
    fn every_synonym_is_folded_and_means_one_field() {
        let mut seen = HashMap::new();
        for &field in Field::ALL {
            for synonym in field.synonyms() {
                assert_eq!(fold(synonym), synonym);
                assert_eq!(seen.insert(synonym, field), None, "{synonym}");
            }
        }
    }

    #[test]
    fn every_field_is_found_by_every_synonym() {
        for &field in Field::ALL {
            for synonym in field.synonyms() {
                let cells: &[&str] = match field {
                    Field::Sku => &[synonym, "商品名称"],
                    Field::Name => &[synonym, "商品编码"],
                    _ => &[synonym, "商品编码", "商品名称"],
                };
                let (columns, _) = find(&[row(1, cells)], &ColumnOverrides::default()).unwrap();
                assert_eq!(columns.place(field).unwrap().column, 0, "{synonym}");
            }
        }
    }

    #[test]
    fn headings_stand_under_title_rows_and_carry_ornaments() {
        let rows = [
            row(1, &["某某大药房商品资料"]),
            row(3, &["制表日期", "2026-01-01"]),
            row(4, &["*商品编码", " 品 名 ", "零售价（元）", "ＯＴＣ"]),
            row(5, &["1", "板蓝根", "9.9", "甲"]),
        ];
        let (columns, at) = find(&rows, &ColumnOverrides::default()).unwrap();
        assert_eq!((at, columns.line(), columns.width()), (2, 4, 4));
        for (field, column) in [
            (Field::Sku, 0),
            (Field::Name, 1),
            (Field::Price, 2),
            (Field::Dispensing, 3),
        ] {
            assert_eq!(columns.place(field).unwrap().column, column);
        }
        assert_eq!(columns.place(Field::Barcode), None);
    }

    #[test]
    fn a_missing_column_is_told_with_what_was_tried_and_found() {
        let rows = [
            row(1, &["商品资料"]),
            row(2, &["我的号", "商品名称", "规格"]),
        ];
        let error = find(&rows, &ColumnOverrides::default())
            .unwrap_err()
            .to_string();
        for part in ["`sku`", "`货号`", "line 2", "`我的号`, `商品名称`, `规格`"] {
            assert!(error.contains(part), "{part} is not in {error}");
        }
    }

    #[test]
    fn two_columns_for_one_field_need_the_operators_word() {
        let rows = [row(1, &["商品编码", "商品名称", "药品名称"])];
        let error = find(&rows, &ColumnOverrides::default()).unwrap_err();
        assert_eq!(
            error,
            HeadingError::Ambiguous {
                line: 1,
                field: Field::Name,
                first: "商品名称".to_owned(),
                second: "药品名称".to_owned(),
            }
        );
        let overrides: ColumnOverrides = toml::from_str("name = \"药品名称\"").unwrap();
        let (columns, _) = find(&rows, &overrides).unwrap();
        assert_eq!(columns.place(Field::Name).unwrap().column, 2);
    }

    #[test]
    fn one_column_may_be_two_fields_by_the_operators_word() {
        let rows = [row(1, &["条形码", "商品名称"])];
        let overrides: ColumnOverrides = toml::from_str("sku = \"条形码\"").unwrap();
        let (columns, _) = find(&rows, &overrides).unwrap();
        assert_eq!(columns.place(Field::Sku).unwrap().column, 0);
        assert_eq!(columns.place(Field::Barcode).unwrap().column, 0);
    }

    #[test]
    fn a_configured_heading_must_be_there() {
        let rows = [row(1, &["商品编码", "商品名称"])];
        let overrides: ColumnOverrides = toml::from_str("barcode = \"69码号\"").unwrap();
        assert!(matches!(
            find(&rows, &overrides),
            Err(HeadingError::OverrideMissing {
                field: Field::Barcode,
                ..
            })
        ));
        assert!(toml::from_str::<ColumnOverrides>("bar-code = \"x\"").is_err());
    }

    #[test]
    fn beside_an_insured_price_the_plain_one_is_what_others_pay() {
        let prices = |cells: &[&str], overrides: &str| {
            let cells = [&["商品编码", "商品名称"], cells].concat();
            let overrides = toml::from_str(overrides).unwrap();
            let (columns, _) = find(&[row(1, &cells)], &overrides).unwrap();
            let at = |field| columns.place(field).map(|place| place.column);
            (at(Field::Price), at(Field::CashPrice))
        };
        for (cells, overrides, expected) in [
            (&["零售价"][..], "", (Some(2), None)),
            (&["医保价"], "", (Some(2), None)),
            (&["零售价", "医保价(元)"], "", (Some(3), Some(2))),
            (&["零售价", "现金价"], "", (Some(2), Some(3))),
            (&["零售价", "医保价", "现金价"], "", (Some(3), Some(4))),
            // The operator's word stands alone.
            (
                &["零售价", "售价", "医保价"],
                "price = \"售价\"",
                (Some(3), None),
            ),
            (
                &["零售价", "特价"],
                "cash-price = \"特价\"",
                (Some(2), Some(3)),
            ),
        ] {
            assert_eq!(prices(cells, overrides), expected, "{cells:?}");
        }
    }

    #[test]
    fn generic_name_and_plain_number_serve_where_nothing_better_stands() {
        let (columns, _) = find(
            &[row(1, &["编码", "通用名称"])],
            &ColumnOverrides::default(),
        )
        .unwrap();
        assert_eq!(columns.place(Field::Sku).unwrap().column, 0);
        assert_eq!(columns.place(Field::Name).unwrap().column, 1);
        let (columns, _) = find(
            &[row(1, &["编码", "商品编码", "通用名称", "商品名称"])],
            &ColumnOverrides::default(),
        )
        .unwrap();
        assert_eq!(columns.place(Field::Sku).unwrap().column, 1);
        assert_eq!(columns.place(Field::Name).unwrap().column, 3);
        assert_eq!(columns.place(Field::Generic).unwrap().column, 2);
    }
}
