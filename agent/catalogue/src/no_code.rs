//! A list of goods from before the duty to scan (无码库), as shops keep it in a table: CSV or workbook.
//!
//! In scope: which column is what, what a cell may hold; every bad row is named. Out of scope: whether such
//! goods may be entered (the desk).

use std::fs::File;
use std::ops::ControlFlow;
use std::path::Path;

use jiff::civil::Date;
use pharmacy_protocol::history::NoCodeGoods;
use pharmacy_protocol::record::stock::NoCodeLot;

use super::digest::Digest;
use super::import::ImportError;
use super::table::{self, MAX_FILE_BYTES, Permille, Row, Survey};
use super::word::fold;

/// Rows from the top in which the headings are looked for.
const HEADING_ROWS: usize = 20;

/// Most bad rows that are named.
const MAX_NAMED: usize = 50;

/// The columns, in the order of [`Places`], with the headings that mean them.
const HEADINGS: [(&str, &str); 6] = [
    (
        "商品编码",
        "商品编码 商品编号 商品代码 货号 药品编码 药品编号 货品编码 sku medins_list_codg",
    ),
    ("批号", "批号 生产批号 产品批号 lot manu_lotnum"),
    (
        "有效期至",
        "有效期至 有效期 失效日期 有效期截止 有效期限 expiry expy_end",
    ),
    (
        "无码数量",
        "无码数量 数量 库存数量 库存 实盘数量 结存数量 quantity",
    ),
    (
        "单据号",
        "单据号 来源单据 随货同行单号 随货同行单 入库单号 采购单号 发票号 单号 document",
    ),
    (
        "购进日期",
        "购进日期 单据日期 入库日期 采购日期 购入日期 bought",
    ),
];

/// Where each column stands.
type Places = [usize; 6];

/// A row that is none.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BadLot {
    /// The line of the file.
    pub line: u64,
    /// The heading of the cell that cannot be read.
    pub heading: &'static str,
}

/// What was read, with the line of each lot.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct NoCodeTable {
    pub lots: Vec<NoCodeLot>,
    /// The line of each.
    pub lines: Vec<u64>,
    /// Rows that cannot be read, the first ones.
    pub bad: Vec<BadLot>,
}

/// Reads the list from a file; none where no row has all headings.
pub fn read_no_code(source: &Path) -> Result<Option<NoCodeTable>, ImportError> {
    let mut file = File::open(source).map_err(ImportError::Source)?;
    let found = file.metadata().map_err(ImportError::Source)?.len();
    if found > MAX_FILE_BYTES {
        return Err(ImportError::TooLarge { found });
    }
    let mut survey = Survey::default();
    let _ = Digest::of(&mut file, &mut |bytes| survey.look(bytes)).map_err(ImportError::Source)?;
    let mut places: Option<Places> = None;
    let mut looked = 0_usize;
    let mut read = NoCodeTable::default();
    let mut take = |row: &Row, _: Permille| match places {
        None => {
            places = find_headings(row);
            looked = looked.saturating_add(1);
            match places.is_none() && looked >= HEADING_ROWS {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        }
        Some(places) => {
            match read_lot(row, &places) {
                Ok(lot) => {
                    read.lots.push(lot);
                    read.lines.push(row.line());
                }
                Err(heading) if read.bad.len() < MAX_NAMED => read.bad.push(BadLot {
                    line: row.line(),
                    heading,
                }),
                Err(_) => {}
            }
            ControlFlow::Continue(())
        }
    };
    table::for_each_row(file, survey.conclude(), None, &mut take)?;
    Ok(places.map(|_| read))
}

fn find_headings(row: &Row) -> Option<Places> {
    let found: Vec<String> = row.cells().map(|cell| fold(cell.unwrap_or(""))).collect();
    let place = |synonyms: &str| {
        // The order of the synonyms counts: 无码数量 beside 数量 is the one that is meant.
        let mut words = synonyms.split_whitespace();
        words.find_map(|word| found.iter().position(|heading| heading == word))
    };
    let mut places: Places = [0; 6];
    for (at, (_, synonyms)) in places.iter_mut().zip(HEADINGS) {
        *at = place(synonyms)?;
    }
    Some(places)
}

/// A lot; the heading of the first cell that cannot be read.
fn read_lot(row: &Row, places: &Places) -> Result<NoCodeLot, &'static str> {
    let [sku, lot, last_day, quantity, paper, bought] = *places;
    let [sku_of, lot_of, last_of, quantity_of, paper_of, bought_of] =
        HEADINGS.map(|(name, _)| name);
    let cell = |at: usize, name: &'static str| row.cell(at).map_err(|_| name);
    Ok(NoCodeLot {
        goods: NoCodeGoods {
            sku: cell(sku, sku_of)?.parse().map_err(|_| sku_of)?,
            lot: cell(lot, lot_of)?.parse().map_err(|_| lot_of)?,
            paper: cell(paper, paper_of)?.parse().map_err(|_| paper_of)?,
        },
        bought: day(cell(bought, bought_of)?).ok_or(bought_of)?,
        last_day: day(cell(last_day, last_of)?).ok_or(last_of)?,
        quantity: cell(quantity, quantity_of)?
            .parse()
            .map_err(|_| quantity_of)?,
    })
}

/// A day as tables have it: 2026-12-31, 2026/12/31, 2026.12.31, 20261231, 2026年12月31日.
fn day(text: &str) -> Option<Date> {
    let text = fold(text);
    let numbers: Vec<&str> = text
        .split(|character: char| !character.is_ascii_digit())
        .filter(|number| !number.is_empty())
        .collect();
    let (year, month, day) = match numbers.as_slice() {
        [year, month, day] if year.len() == 4 => (*year, *month, *day),
        [all] if all.len() == 8 => (all.get(..4)?, all.get(4..6)?, all.get(6..)?),
        _ => return None,
    };
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn read(text: &str) -> Option<NoCodeTable> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        read_no_code(file.path()).unwrap()
    }

    #[test]
    fn a_list_is_read_under_a_title_with_the_shops_own_headings() {
        let table = read(
            "某某大药房无码药品清单,,,,,,\n\
             货号,品名,生产批号,有效期至,数量,无码数量,随货同行单号,入库日期\n\
             100057,板蓝根颗粒,b2024-01,2026/12/31,20,12.5,D20250301,2025年3月1日\n\
             100030,阿莫西林,A1,20260630,8,8,D2,2025.02.01\n",
        )
        .unwrap();
        assert_eq!((table.lots.len(), table.bad.len()), (2, 0));
        assert_eq!(table.lines, [3, 4]);
        let first = &table.lots[0];
        assert_eq!(first.goods.lot.as_str(), "B2024-01");
        assert_eq!(first.quantity, "12.5".parse().unwrap());
        assert_eq!(first.bought, jiff::civil::date(2025, 3, 1));
        assert_eq!(table.lots[1].last_day, jiff::civil::date(2026, 6, 30));
    }

    #[test]
    fn every_bad_row_is_named_and_a_table_without_headings_is_none() {
        let head = "商品编码,批号,有效期至,数量,单据号,购进日期\n";
        for (row, heading) in [
            (",B1,2026-12-31,1,D1,2025-03-01", "商品编码"),
            ("A1,,2026-12-31,1,D1,2025-03-01", "批号"),
            ("A1,B1,2026-13-31,1,D1,2025-03-01", "有效期至"),
            ("A1,B1,2026-12,1,D1,2025-03-01", "有效期至"),
            ("A1,B1,2026-12-31,一盒,D1,2025-03-01", "无码数量"),
            ("A1,B1,2026-12-31,1,,2025-03-01", "单据号"),
            ("A1,B1,2026-12-31,1,D1,", "购进日期"),
        ] {
            let table = read(&format!("{head}{row}\n")).unwrap();
            let bad = BadLot { line: 2, heading };
            assert_eq!((table.lots.len(), table.bad), (0, vec![bad]), "{row}");
        }
        assert_eq!(read("商品编码,批号,数量\nA1,B1,1\n"), None);
    }
}
