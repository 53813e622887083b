//! Importing catalogues as shops export them, and looking articles up.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test says what failed by failing; the large import prints its figures"
)]

use std::fs;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Instant;

use encoding_rs::GB18030;
use pharmacy_catalogue::column::{Field, HeadingError};
use pharmacy_catalogue::fault::{BadRows, Fault};
use pharmacy_catalogue::file::Catalogue;
use pharmacy_catalogue::table::{self, CellFault, TableError};
use pharmacy_catalogue::{self, Built, ImportError, ImportOptions, Phase, Progress, ShopArticle};
use pharmacy_decision::fact::Fact;
use pharmacy_decision::facts::{Dispensing, Split};
use pharmacy_protocol::term::BarcodeError;
use proptest::prelude::*;
use rust_xlsxwriter::{Format, Workbook};
use tempfile::TempDir;

/// A small export: title row, ornaments, an unknown column, a total.
const EXPORT: &str = "\
某某大药房商品资料,,,,,,,,,
*商品编码,商品名称,规 格,批准文号,条形码,国家医保编码,处方药标志,零售价(元),备注,追溯码前缀
00101,板蓝根颗粒,10g*20袋,国药准字Z37021178,6901234567892,,否,19.10,\"甲,乙\",8123456

00102,阿奇霉素片,0.25g*6片,国药准字H10960167,,XJ01FAA012A001010100001,是,36,,8123457
00103,名乐牙刷,,,6922052685858,,,9.9,,
合计,,,,,,,65,,
";

struct Shop {
    dir: TempDir,
}

impl Shop {
    fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
        }
    }

    fn file(&self, bytes: &[u8]) -> PathBuf {
        let path = self.dir.path().join("export");
        fs::write(&path, bytes).unwrap();
        path
    }

    fn store(&self) -> PathBuf {
        let path = self.dir.path().join("store");
        fs::create_dir_all(&path).unwrap();
        path
    }

    fn import(&self, bytes: &[u8], options: &ImportOptions) -> Result<Built, ImportError> {
        let source = self.file(bytes);
        pharmacy_catalogue::build(&source, options, &self.store(), &mut |_| {
            ControlFlow::Continue(())
        })
    }

    /// The database files there are, drafts included.
    fn databases(&self) -> Vec<String> {
        fs::read_dir(self.store())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != "catalogue.lock")
            .collect()
    }
}

fn import(bytes: &[u8]) -> Result<(Shop, Built), ImportError> {
    let shop = Shop::new();
    let built = shop.import(bytes, &ImportOptions::default())?;
    Ok((shop, built))
}

fn find(catalogue: &Catalogue, sku: &str) -> ShopArticle {
    catalogue.by_sku(&sku.parse().unwrap()).unwrap().unwrap()
}

/// The import's bad rows as (line, heading, fault); nothing may be left in the store.
fn faults(bytes: &[u8]) -> Vec<(u64, String, Fault)> {
    let shop = Shop::new();
    let bad = bad_rows(shop.import(bytes, &ImportOptions::default()));
    assert_eq!(shop.databases(), Vec::<String>::new());
    bad.told()
        .iter()
        .map(|bad| (bad.line, bad.heading.clone().unwrap_or_default(), bad.fault))
        .collect()
}

fn bad_rows(outcome: Result<Built, ImportError>) -> BadRows {
    match outcome {
        Err(ImportError::BadRows(bad)) => bad,
        other => panic!("no bad rows: {other:?}"),
    }
}

fn check_export(bytes: &[u8]) {
    let (_shop, built) = import(bytes).unwrap();
    let counts = &built.counts;
    assert_eq!(
        (counts.rows, counts.articles, counts.passed_over),
        (4, 3, 1)
    );
    assert_eq!((counts.approvals, counts.barcodes, counts.codes), (2, 2, 1));
    assert_eq!((counts.dispensings, counts.trace_prefixes), (1, 2));
    let catalogue = Catalogue::open(&built.path).unwrap();
    catalogue.check().unwrap();
    assert_eq!((catalogue.count(), catalogue.digest()), (3, built.digest));

    let granules = find(&catalogue, "00101");
    assert_eq!(granules.article.name, "板蓝根颗粒");
    assert_eq!(granules.article.spec, "10g*20袋");
    assert_eq!(granules.article.approval, "国药准字Z37021178");
    assert_eq!(granules.price, Some("19.1".parse().unwrap()));
    let tablets = find(&catalogue, "00102");
    assert_eq!(
        tablets.article.dispensing,
        Fact::Known(Dispensing::Prescription)
    );
    let barcode = "6922052685858".parse().unwrap();
    let by_barcode = catalogue.by_barcode(&barcode).unwrap();
    assert_eq!(by_barcode[0].article.name, "名乐牙刷");
    let by_code = catalogue.by_code(tablets.article.code.as_ref().unwrap());
    assert_eq!(by_code.unwrap(), [tablets]);
    let by_prefix = catalogue.by_prefix(&"8123456".parse().unwrap()).unwrap();
    assert_eq!(by_prefix, ["00101".parse().unwrap()]);
}

fn utf16<const N: usize>(text: &str, encode: fn(u16) -> [u8; N]) -> Vec<u8> {
    format!("\u{feff}{text}")
        .encode_utf16()
        .flat_map(encode)
        .collect()
}

#[test]
fn reads_every_encoding_and_delimiter_of_the_trade() {
    let tabbed = EXPORT.replace("\"甲,乙\"", "甲").replace(',', "\t");
    check_export(EXPORT.as_bytes());
    check_export(format!("\u{feff}{EXPORT}").as_bytes());
    check_export(&GB18030.encode(EXPORT).0);
    check_export(&utf16(&tabbed, u16::to_le_bytes));
    check_export(&utf16(&tabbed, u16::to_be_bytes));
    check_export(EXPORT.replace('\n', "\r\n").as_bytes());
    check_export(EXPORT.trim_end().as_bytes());
    let semicolons = EXPORT.replace("\"甲,乙\"", "甲").replace(',', ";");
    check_export(&GB18030.encode(&semicolons).0);
}

#[test]
fn reads_a_workbook_digit_by_digit() {
    let mut workbook = Workbook::new();
    workbook.add_worksheet().set_name("说明").unwrap();
    let sheet = workbook.add_worksheet().set_name("商品资料").unwrap();
    let zeros = Format::new().set_num_format("00000");
    sheet.write(0, 0, "商品资料").unwrap();
    let headings = ["货号", "品名", "条码", "单价", "追溯码前缀", "拆零"];
    for (column, heading) in (0..).zip(headings) {
        sheet.write(2, column, heading).unwrap();
    }
    sheet.write_with_format(3, 0, 101, &zeros).unwrap();
    sheet.write(3, 1, "板蓝根\n颗粒").unwrap();
    sheet.write(3, 2, 6_901_234_567_892.0).unwrap();
    sheet.write(3, 3, 0.1 + 0.2).unwrap();
    sheet.write(3, 4, 8_123_456).unwrap();
    sheet.write(3, 5, true).unwrap();
    // A row between with formats and no values, as spreadsheets leave them.
    sheet.write_blank(4, 2, &zeros).unwrap();
    sheet.write(5, 0, "B-7").unwrap();
    sheet.write(5, 1, "牙刷").unwrap();
    sheet.write(5, 9, "beside the table").unwrap();
    let bytes = workbook.save_to_buffer().unwrap();
    let extra = (6, String::new(), Fault::ColumnsExtra);
    assert_eq!(faults(&bytes), [extra]);

    let sheet = workbook.worksheet_from_name("商品资料").unwrap();
    sheet.write(2, 9, "备注").unwrap();
    let bytes = workbook.save_to_buffer().unwrap();
    let (_shop, built) = import(&bytes).unwrap();
    let catalogue = Catalogue::open(&built.path).unwrap();
    assert_eq!(catalogue.count(), 2);
    let granules = find(&catalogue, "00101");
    assert_eq!(granules.article.name, "板蓝根 颗粒");
    let barcode = granules.article.barcode.unwrap();
    assert_eq!(barcode.as_str(), "6901234567892");
    assert_eq!(granules.price, Some("0.3".parse().unwrap()));
    assert_eq!(granules.article.split, Split::Allowed);
    assert_eq!(find(&catalogue, "B-7").article.name, "牙刷");
}

// Headings as till programs of several vendors export them.
#[test]
fn reads_what_cash_is_charged_beside_what_the_insurance_is() {
    let export = "\
        商品编码,商品名称,规格,单位,进价,零售价,医保价,会员价,医保编码\n\
        00101,板蓝根颗粒,10g*20袋,盒,8.20,18.50,19.10,17.80,\n\
        00102,阿奇霉素片,0.25g*6片,盒,20,36,,35,\n";
    let (_shop, built) = import(export.as_bytes()).unwrap();
    let catalogue = Catalogue::open(&built.path).unwrap();
    let prices = |sku| {
        let shop = find(&catalogue, sku);
        (shop.price, shop.article.cash_price)
    };
    let price = |text: &str| Some(text.parse().unwrap());
    assert_eq!(prices("00101"), (price("19.1"), price("18.5")));
    assert_eq!(prices("00102"), (price("36"), price("36")));

    let own = "货号,品名,零售价,现金价\n1,牙刷,9.9,￥9.5\n2,漱口水,20,贵\n";
    let told = faults(own.as_bytes());
    assert_eq!(told, [(3, "现金价".to_owned(), Fault::Price)]);
    let (_shop, without) = import(EXPORT.as_bytes()).unwrap();
    let catalogue = Catalogue::open(&without.path).unwrap();
    assert_eq!(find(&catalogue, "00101").article.cash_price, None);
}

#[test]
fn tells_what_a_spreadsheet_destroyed() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for (column, heading) in (0..).zip(["货号", "品名", "医保编码", "备注"]) {
        sheet.write(0, column, heading).unwrap();
    }
    let date = Format::new().set_num_format("yyyy-mm-dd");
    sheet.write(1, 0, 81_234_567_890_123_456_789.0).unwrap();
    sheet.write(1, 1, "长号").unwrap();
    sheet.write_with_format(2, 0, 45_000, &date).unwrap();
    sheet.write(2, 1, "日期").unwrap();
    sheet.write(3, 0, "6.90123E+12").unwrap();
    sheet.write(3, 1, "科学计数").unwrap();
    // In a column that is not used, a date does no harm.
    sheet.write(4, 0, "1").unwrap();
    sheet.write(4, 1, "好").unwrap();
    sheet.write_with_format(4, 3, 45_000, &date).unwrap();
    let bytes = workbook.save_to_buffer().unwrap();
    let sku = |line, fault| (line, "货号".to_owned(), fault);
    assert_eq!(
        faults(&bytes),
        [
            sku(2, Fault::Cell(CellFault::Precision)),
            sku(3, Fault::Cell(CellFault::Date)),
            sku(4, Fault::Scientific),
        ]
    );
}

/// One record of a BIFF8 stream. SPEC: [MS-XLS] 2.1.4.
fn record(kind: u16, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).unwrap();
    [&kind.to_le_bytes(), &length.to_le_bytes(), data].concat()
}

/// A cell's row, column and format, before its value.
fn place(row: u16, column: u16) -> Vec<u8> {
    [row, column, 0]
        .into_iter()
        .flat_map(u16::to_le_bytes)
        .collect()
}

fn label(row: u16, column: u16, text: &str) -> Vec<u8> {
    let units: Vec<u16> = text.encode_utf16().collect();
    let mut data = place(row, column);
    data.extend(u16::try_from(units.len()).unwrap().to_le_bytes());
    data.push(1);
    data.extend(units.into_iter().flat_map(u16::to_le_bytes));
    record(0x0204, &data)
}

fn number(row: u16, column: u16, value: f64) -> Vec<u8> {
    record(
        0x0203,
        &[&place(row, column)[..], &value.to_le_bytes()].concat(),
    )
}

/// A workbook of BIFF8 with one sheet of these cells. SPEC: [MS-XLS] 2.1.7.
fn biff8(cells: &[Vec<u8>]) -> Vec<u8> {
    let begin = |kind: u16| {
        let mut data = [0x0600_u16.to_le_bytes(), kind.to_le_bytes()].concat();
        data.resize(16, 0);
        record(0x0809, &data)
    };
    let sheet = |position: u32| {
        let name = [0, 0, 1, 0, b'S'];
        record(0x0085, &[&position.to_le_bytes()[..], &name].concat())
    };
    let globals = |position| [begin(5), sheet(position), record(0x000A, &[])].concat();
    let position = u32::try_from(globals(0).len()).unwrap();
    [
        globals(position),
        begin(0x10),
        cells.concat(),
        record(0x000A, &[]),
    ]
    .concat()
}

/// A compound file with one stream named `Workbook`. SPEC: [MS-CFB] 2.2 to 2.6.
fn compound(mut stream: Vec<u8>) -> Vec<u8> {
    const FREE: u32 = 0xFFFF_FFFF;
    const END: u32 = 0xFFFF_FFFE;
    const FAT: u32 = 0xFFFF_FFFD;
    // Streams shorter than 4,096 bytes would stand elsewhere.
    stream.resize(stream.len().max(4096).next_multiple_of(512), 0);
    let length = u32::try_from(stream.len()).unwrap();
    let last = 1 + length / 512;
    let words =
        |words: &[u32]| -> Vec<u8> { words.iter().flat_map(|word| word.to_le_bytes()).collect() };

    let mut header = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec();
    header.resize(24, 0);
    for half in [0x3E_u16, 3, 0xFFFE, 9, 6, 0, 0, 0] {
        header.extend(half.to_le_bytes());
    }
    header.extend(words(&[0, 1, 1, 0, 4096, END, 0, END, 0, 0]));
    header.resize(512, 0xFF);

    let mut fat = vec![FAT, END];
    fat.extend((2..last).map(|sector| sector + 1));
    fat.push(END);
    fat.resize(128, FREE);

    let entry = |name: &str, kind: u8, start: u32, length: u32| {
        let mut entry: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let name_length = u16::try_from(entry.len() + 2).unwrap();
        entry.resize(64, 0);
        entry.extend(name_length.to_le_bytes());
        entry.extend([kind, 1]);
        entry.extend(words(&[FREE, FREE, FREE]));
        entry.resize(116, 0);
        entry.extend(words(&[start, length, 0]));
        entry
    };
    let mut directory = entry("Root Entry", 5, END, 0);
    directory.extend(entry("Workbook", 2, 2, length));
    directory.resize(512, 0);
    [header, words(&fat), directory, stream].concat()
}

#[test]
fn reads_an_old_workbook() {
    let mut cells = vec![
        label(1, 2, "货号"),
        label(1, 3, "品名"),
        label(1, 4, "条码"),
    ];
    cells.push(number(2, 2, 101.0));
    cells.push(label(2, 3, "板蓝根颗粒"));
    cells.push(number(2, 4, 6_901_234_567_892.0));
    let (_shop, built) = import(&compound(biff8(&cells))).unwrap();
    let catalogue = Catalogue::open(&built.path).unwrap();
    assert_eq!(catalogue.count(), 1);
    let article = find(&catalogue, "101").article;
    assert_eq!(article.name, "板蓝根颗粒");
    assert_eq!(article.barcode.unwrap().as_str(), "6901234567892");

    // Lines are the sheet's, though its filled part begins lower and further right.
    cells.push(number(6, 2, 102.0));
    let bytes = compound(biff8(&cells));
    let nameless = (7, "品名".to_owned(), Fault::NameEmpty);
    assert_eq!(faults(&bytes), [nameless]);
}

#[test]
fn a_sheet_is_chosen_by_name() {
    let mut workbook = Workbook::new();
    for (name, sku) in [("旧", "1"), ("新", "2")] {
        let sheet = workbook.add_worksheet().set_name(name).unwrap();
        sheet.write(0, 0, "货号").unwrap();
        sheet.write(0, 1, "品名").unwrap();
        sheet.write(1, 0, sku).unwrap();
        sheet.write(1, 1, "牙刷").unwrap();
    }
    let bytes = workbook.save_to_buffer().unwrap();
    let shop = Shop::new();
    let of_sheet = |name: &str| {
        let options = toml::from_str(&format!("sheet = \"{name}\"")).unwrap();
        shop.import(&bytes, &options)
    };
    let catalogue = Catalogue::open(&of_sheet("新").unwrap().path).unwrap();
    assert!(catalogue.by_sku(&"2".parse().unwrap()).unwrap().is_some());
    assert!(matches!(
        of_sheet("没有"),
        Err(ImportError::Table(TableError::SheetMissing { found, .. })) if found == "旧, 新"
    ));
}

#[test]
fn tells_bad_rows_by_line_and_imports_nothing() {
    let text = "\
货号,品名,条码,单价

1,好,6901234567892,1.00
,无号,,
3,坏码,6901234567893,面议
1,重复,,2
4,\"两
行\",,
5,,,
6,多余,,,,x
";
    let cell = |line, heading: &str, fault| (line, heading.to_owned(), fault);
    assert_eq!(
        faults(text.as_bytes()),
        [
            cell(4, "货号", Fault::SkuEmpty),
            cell(5, "条码", Fault::Barcode(BarcodeError::CheckDigit)),
            cell(5, "单价", Fault::Price),
            cell(6, "货号", Fault::SkuDuplicate { first: 3 }),
            cell(7, "品名", Fault::Cell(CellFault::LineBreak)),
            cell(9, "品名", Fault::NameEmpty),
            cell(10, "", Fault::ColumnsExtra),
        ]
    );
}

#[test]
fn bytes_that_do_not_decode_are_told_by_line() {
    let undecodable = Fault::Cell(CellFault::Undecodable);
    let mut text = "货号,品名,备注\n1,板蓝根,好\n2,阿奇".as_bytes().to_vec();
    text.extend_from_slice(b"\xff,x\n3,\xe7\x89\x99,\xe5\n");
    assert_eq!(
        faults(&text),
        [
            (3, "品名".to_owned(), undecodable),
            (4, String::new(), undecodable)
        ]
    );

    let mut text = GB18030
        .encode("货号,品名\n1,板蓝根\n2,阿奇霉素\n")
        .0
        .into_owned();
    text.extend_from_slice(b"3,\xb0\xe5\xff\n");
    assert_eq!(faults(&text), [(4, "品名".to_owned(), undecodable)]);

    let mut text = utf16("货号\t品名\n1\t牙刷\n2\t", u16::to_le_bytes);
    text.extend_from_slice(b"\x00\xd8\n\x00");
    assert_eq!(faults(&text), [(3, "品名".to_owned(), undecodable)]);
}

#[test]
fn tolerated_fields_are_emptied_and_counted() {
    let text = "货号,品名,条码,单价\n1,牙刷,100234,1\n2,牙膏,6901234567893,1\n";
    let options = toml::from_str("tolerate = [\"barcode\"]").unwrap();
    let built = Shop::new().import(text.as_bytes(), &options).unwrap();
    assert_eq!(built.counts.articles, 2);
    assert_eq!(built.counts.barcodes, 0);
    assert_eq!(built.counts.emptied.get(&Field::Barcode), Some(&2));
    assert_eq!(faults(text.as_bytes()).len(), 2);
    assert!(toml::from_str::<ImportOptions>("tolerate = [\"sku\"]").is_err());
    assert!(toml::from_str::<ImportOptions>("unknown = 1").is_err());
}

#[test]
fn the_operators_headings_win() {
    let text = "我的货号,商品编码,商品名称\n1,9,牙刷\n";
    let options = toml::from_str("[columns]\nsku = \"我的货号\"").unwrap();
    let shop = Shop::new();
    let built = shop.import(text.as_bytes(), &options).unwrap();
    let catalogue = Catalogue::open(&built.path).unwrap();
    assert_eq!(find(&catalogue, "1").article.name, "牙刷");
}

fn refused(bytes: &[u8]) -> ImportError {
    match import(bytes) {
        Ok((_, built)) => panic!("imported {built:?}"),
        Err(error) => error,
    }
}

fn refused_table(bytes: &[u8]) -> TableError {
    match refused(bytes) {
        ImportError::Table(error) => error,
        other => panic!("{other}"),
    }
}

#[test]
fn files_that_are_no_table_are_refused() {
    for (bytes, is_told) in [
        (
            &b""[..],
            (|e| matches!(e, TableError::Empty)) as fn(TableError) -> bool,
        ),
        (b"\n\r\n\n", |e| matches!(e, TableError::Empty)),
        (b" <html><table>", |e| matches!(e, TableError::Markup)),
        (b"MZ\x00\x01\x02", |e| matches!(e, TableError::NotText)),
        (b"PK\x03\x04rubbish", |e| {
            matches!(e, TableError::Container(_))
        }),
        (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1x", |e| {
            matches!(e, TableError::Xls(_))
        }),
        (b"sku,name\n1,a\n2,\"b\n3,c\n", |e| {
            matches!(e, TableError::UnclosedQuote { line: 3 })
        }),
    ] {
        assert!(is_told(refused_table(bytes)), "{bytes:?}");
    }
    assert!(matches!(
        refused("货号,品名\n".as_bytes()),
        ImportError::NoArticle
    ));
    assert!(matches!(
        refused("名,称\n1,2\n".as_bytes()),
        ImportError::Heading(HeadingError::RequiredMissing { .. })
    ));
}

#[test]
fn limits_hold() {
    let wide = ",".repeat(table::MAX_COLUMNS);
    assert!(matches!(
        refused_table(wide.as_bytes()),
        TableError::TooManyColumns { line: 1 }
    ));
    let long = format!("sku,name\n1,{}\n", "x".repeat(table::MAX_ROW_BYTES));
    assert!(matches!(
        refused_table(long.as_bytes()),
        TableError::RowTooLong { line: 2 }
    ));
    let cell = format!("sku,name\n1,{}\n", "x".repeat(table::MAX_CELL_BYTES + 1));
    let too_long = Fault::Cell(CellFault::TooLong);
    assert_eq!(faults(cell.as_bytes()), [(2, "name".to_owned(), too_long)]);
    let just = format!("sku,name\n1,{}\n", "x".repeat(table::MAX_CELL_BYTES));
    assert!(import(just.as_bytes()).is_ok());

    // Never read: the length alone refuses it. A file of holes takes no space.
    let shop = Shop::new();
    let source = shop.file(b"");
    let file = fs::File::options().write(true).open(&source).unwrap();
    file.set_len(table::MAX_FILE_BYTES + 1).unwrap();
    let outcome = pharmacy_catalogue::build(
        &source,
        &ImportOptions::default(),
        &shop.store(),
        &mut |_| ControlFlow::Continue(()),
    );
    assert!(matches!(outcome, Err(ImportError::TooLarge { .. })));
}

#[test]
fn a_cancelled_import_leaves_nothing() {
    for stop in [Phase::Reading, Phase::Completing] {
        let shop = Shop::new();
        let source = shop.file(&generated(6_000));
        let outcome = pharmacy_catalogue::build(
            &source,
            &ImportOptions::default(),
            &shop.store(),
            &mut |progress| match progress.phase == stop {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            },
        );
        assert!(matches!(outcome, Err(ImportError::Cancelled)));
        assert_eq!(shop.databases(), Vec::<String>::new());
    }
}

#[test]
fn a_panic_in_the_listener_leaves_nothing() {
    let shop = Shop::new();
    let source = shop.file(EXPORT.as_bytes());
    let store = shop.store();
    let outcome = std::panic::catch_unwind(|| {
        pharmacy_catalogue::build(&source, &ImportOptions::default(), &store, &mut |_| {
            panic!("the listener failed")
        })
    });
    assert!(outcome.is_err());
    assert_eq!(shop.databases(), Vec::<String>::new());
}

#[test]
fn what_a_killed_import_left_is_swept_and_the_live_file_is_not_touched() {
    let shop = Shop::new();
    let options = ImportOptions::default();
    let first = shop.import(EXPORT.as_bytes(), &options).unwrap();
    let live = Catalogue::open(&first.path).unwrap();
    let bytes = fs::read(&first.path).unwrap();
    let left = shop.store().join("catalogue-0123456789abcdef-1.db.tmp");
    fs::write(&left, b"half a catalogue").unwrap();

    let second = shop.import(EXPORT.as_bytes(), &options).unwrap();
    assert!(!left.exists());
    assert_ne!(first.path, second.path);
    assert_eq!(first.digest, second.digest);
    assert_eq!(fs::read(&first.path).unwrap(), bytes);
    assert_eq!(find(&live, "00101").article.name, "板蓝根颗粒");
    let name = first.path.file_name().unwrap().to_str().unwrap();
    let short = &first.digest.to_string()[..16];
    assert_eq!(name, format!("catalogue-{short}-1.db"));
}

#[test]
fn one_import_at_a_time() {
    let shop = Shop::new();
    let source = shop.file(EXPORT.as_bytes());
    let store = shop.store();
    let options = ImportOptions::default();
    let mut inner = None;
    let outer =
        pharmacy_catalogue::build(&source, &options, &store, &mut |_| {
            inner.get_or_insert_with(|| {
                pharmacy_catalogue::build(&source, &options, &store, &mut |_| {
                    ControlFlow::Continue(())
                })
            });
            ControlFlow::Continue(())
        });
    assert!(outer.is_ok());
    assert!(matches!(inner, Some(Err(ImportError::AlreadyRunning))));
}

#[test]
fn a_file_that_changes_under_the_import_is_refused() {
    let shop = Shop::new();
    let source = shop.file(EXPORT.as_bytes());
    let mut append = |_: Progress| {
        let mut file = fs::File::options().append(true).open(&source).unwrap();
        file.write_all("00104,后来,,,,,,1,,\n".as_bytes()).unwrap();
        ControlFlow::Continue(())
    };
    let options = ImportOptions::default();
    let outcome = pharmacy_catalogue::build(&source, &options, &shop.store(), &mut append);
    assert!(matches!(outcome, Err(ImportError::SourceChanged)));
    assert_eq!(shop.databases(), Vec::<String>::new());
}

#[test]
fn missing_source_and_directory_are_told_apart() {
    let shop = Shop::new();
    let quiet = &mut |_: Progress| ControlFlow::Continue(());
    let options = ImportOptions::default();
    let nowhere = shop.dir.path().join("nowhere");
    assert!(matches!(
        pharmacy_catalogue::build(&nowhere, &options, &shop.store(), quiet),
        Err(ImportError::Source(_))
    ));
    let source = shop.file(EXPORT.as_bytes());
    assert!(matches!(
        pharmacy_catalogue::build(&source, &options, &nowhere, quiet),
        Err(ImportError::Directory(_))
    ));
}

#[test]
fn the_sample_is_imported_whole() {
    let (_shop, built) = import(include_bytes!("../../../config/catalogue/sample.csv")).unwrap();
    let counts = &built.counts;
    assert_eq!(
        (counts.rows, counts.articles, counts.passed_over),
        (433, 433, 0)
    );
    assert_eq!(counts.trace_prefixes, 238);
    assert!(counts.emptied.is_empty());
    let catalogue = Catalogue::open(&built.path).unwrap();
    let women_only = find(&catalogue, "100253");
    assert_eq!(women_only.article.name, "安宫止血颗粒");
    let code = women_only.article.code.as_ref().unwrap();
    assert_eq!(code.as_str(), "ZD01CAA0063010104080");
    assert_eq!(find(&catalogue, "100112").article.name, "名乐牙刷");
    assert_eq!(find(&catalogue, "100020").article.split, Split::Allowed);
    // A mark of an article is not the list by lot.
    assert!(!find(&catalogue, "100034").article.no_code_stock);
    for (sku, class) in [
        ("100057", Dispensing::OverTheCounter),
        ("100235", Dispensing::Prescription),
        ("900001", Dispensing::OverTheCounter),
    ] {
        let article = find(&catalogue, sku).article;
        assert_eq!(article.dispensing, Fact::Known(class), "{sku}");
        // One drug, one prefix.
        let skus = catalogue.by_prefix(&article.trace_prefixes[0]).unwrap();
        assert_eq!(skus, [sku.parse().unwrap()]);
    }
}

const GENERATED_HEADINGS: &str = "商品编码,商品名称,规格,批准文号,条形码,医保编码,处方类别,追溯码前缀,零售价,生产企业,剂型,单位\n";

/// An export of `rows` articles with every look-up key.
fn generated(rows: u32) -> Vec<u8> {
    let mut text = String::from(GENERATED_HEADINGS);
    for number in 0..rows {
        let body = (690_000_000_000_u64 + u64::from(number)).to_string();
        let sum: u32 = (0..)
            .zip(body.chars().rev())
            .map(|(place, digit)| digit.to_digit(10).unwrap() * if place % 2 == 0 { 3 } else { 1 })
            .sum();
        let (check, price) = ((10 - sum % 10) % 10, number % 900 + 1);
        text.push_str(&format!(
            "S{number:07},复方测试颗粒第{number}号,10g*12袋/盒,国药准字Z{number:08},{body}{check},\
             ZA01AAA{number:013},非处方药,8{number:06},{price}.50,某某制药有限公司,颗粒剂,盒\n"
        ));
    }
    text.into_bytes()
}

/// Memory of this process that is resident, where the system tells.
fn resident_kib() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

fn import_generated(source: &Path, store: &Path) -> Built {
    let (mut reports, mut last) = (0, 0);
    let begin = Instant::now();
    let mut listener = |progress: Progress| {
        assert!(progress.rows >= last && progress.bad == 0);
        last = progress.rows;
        reports += 1;
        ControlFlow::Continue(())
    };
    let built =
        pharmacy_catalogue::build(source, &ImportOptions::default(), store, &mut listener).unwrap();
    assert!(reports >= 50, "{reports}");
    let took = begin.elapsed().as_secs_f64();
    let speed = built.counts.articles as f64 / took;
    println!("import: {took:.2} s, {speed:.0} rows/s");
    built
}

/// With optimisation this is the measurement of DESIGN §8; without, a tenth of it.
#[test]
fn a_large_catalogue_is_imported_and_found_again() {
    let rows: u32 = if cfg!(debug_assertions) {
        20_000
    } else {
        200_000
    };
    let shop = Shop::new();
    let source = shop.file(&generated(rows));
    let built = import_generated(&source, &shop.store());
    assert_eq!(built.counts.articles, u64::from(rows));

    let before = resident_kib();
    let begin = Instant::now();
    let catalogue = Catalogue::open(&built.path).unwrap();
    println!("open: {:?}", begin.elapsed());
    // A stride that is prime to the number of rows touches all of it, in no order.
    let picked = || (0..rows).map(|number| number * 7919 % rows);
    let begin = Instant::now();
    for number in picked() {
        let article = find(&catalogue, &format!("S{number:07}"));
        let price = i64::from(number % 900 + 1) * 1_000_000 + 500_000;
        assert_eq!(article.price.unwrap().units(), price);
    }
    println!("by number: {:?} each", begin.elapsed() / rows);
    let begin = Instant::now();
    for number in picked() {
        let prefix = format!("8{number:06}").parse().unwrap();
        let sku = format!("S{number:07}").parse().unwrap();
        assert_eq!(catalogue.by_prefix(&prefix).unwrap(), [sku]);
    }
    println!("by prefix: {:?} each", begin.elapsed() / rows);
    let begin = Instant::now();
    for number in picked() {
        let code = format!("ZA01AAA{number:013}").parse().unwrap();
        assert_eq!(catalogue.by_code(&code).unwrap().len(), 1);
    }
    println!("by code: {:?} each", begin.elapsed() / rows);
    println!(
        "resident: {before:?} KiB before, {:?} KiB after",
        resident_kib()
    );
}

fn foreign_bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..400),
        "(货号|品名|规格|\"|,|\t|;|\r|\n|[0-9]|＝|\u{fffd}){0,80}".prop_map(String::into_bytes),
        ("[ -~]{0,20}", prop::collection::vec(any::<u8>(), 0..200)).prop_map(|(row, tail)| {
            let mut bytes = "货号,品名,条码,单价\n1,好,,\n".as_bytes().to_vec();
            bytes.extend_from_slice(row.as_bytes());
            bytes.extend_from_slice(&tail);
            bytes
        }),
        prop::collection::vec(any::<u16>(), 0..100).prop_map(|units| {
            let marked = [0xfeff].into_iter().chain(units);
            marked.flat_map(u16::to_le_bytes).collect()
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever the bytes, the import ends with an answer, and with one file or none.
    #[test]
    fn any_bytes_are_imported_or_refused(bytes in foreign_bytes()) {
        let shop = Shop::new();
        let files = match shop.import(&bytes, &ImportOptions::default()) {
            Ok(built) => {
                let catalogue = Catalogue::open(&built.path).unwrap();
                prop_assert_eq!(catalogue.count(), built.counts.articles);
                1
            }
            Err(_) => 0,
        };
        prop_assert_eq!(shop.databases().len(), files);
    }
}
