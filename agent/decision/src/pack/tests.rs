//! The shipped pack compiles, and a pack with a fault is refused with the place of the fault.

use pharmacy_protocol::Unverified;

use super::*;
use crate::rule::testing;
use crate::verdict::Text;

/// The shipped pack with one file changed, for the tests of other modules.
pub(crate) fn with_for_test(file: &str, change: impl Fn(&str) -> String) -> Pack {
    with(file, change).unwrap()
}

/// The shipped pack with one file changed; believed, as a test may.
fn with(file: &str, change: impl Fn(&str) -> String) -> Result<Pack, PackError> {
    let mut source = shipped_source().unwrap().get().clone();
    let text = String::from_utf8(source.files[file].clone()).unwrap();
    source
        .files
        .insert(file.to_owned(), change(&text).into_bytes());
    compile_unpinned(source)
}

fn compile_unpinned(source: PackSource) -> Result<Pack, PackError> {
    let digest = source.digest();
    let archive = Unverified::new(source.archive())
        .match_digest(&digest)
        .unwrap();
    Pack::compile(&archive.try_map(|bytes| PackSource::parse(&bytes)).unwrap())
}

/// The error and its causes, as the edge prints them.
fn fault(pack: Result<Pack, PackError>) -> String {
    let error = pack.unwrap_err();
    let cause = std::error::Error::source(&error).map(ToString::to_string);
    [Some(error.to_string()), cause]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(": ")
}

#[test]
fn the_shipped_pack_holds_the_whole_national_table() {
    let pack = testing::pack();
    let limits: usize = pack
        .limited_codes()
        .map(|code| pack.limits(code).len())
        .sum();
    assert_eq!((pack.limited_codes().count(), limits), (13_738, 13_827));
    assert!(pack.rules().iter().all(|rule| !rule.basis().is_empty()));
}

#[test]
fn every_refusal_names_a_way_out_and_fits_a_till() {
    for rule in testing::pack().rules() {
        let filling = Filling {
            item: Text {
                zh: "阿莫西林胶囊".to_owned(),
                en: "amoxicillin".to_owned(),
            },
            found: Text {
                zh: "3".to_owned(),
                en: "3".to_owned(),
            },
            allowed: Text {
                zh: "2".to_owned(),
                en: "2".to_owned(),
            },
        };
        let (message, remedy) = (rule.message.fill(&filling), rule.remedy.fill(&filling));
        let both = message
            .zh
            .chars()
            .count()
            .saturating_add(remedy.zh.chars().count());
        assert!(
            both <= 48,
            "{}: {both} characters: {}。{}",
            rule.id(),
            message.zh,
            remedy.zh
        );
        assert!(!remedy.en.is_empty());
    }
}

#[test]
fn questions_fit_a_till_too() {
    let texts = testing::pack();
    let item = Text {
        zh: "阿莫西林胶囊".to_owned(),
        en: "amoxicillin".to_owned(),
    };
    let filling = Filling {
        item,
        found: Text::default(),
        allowed: Text::default(),
    };
    for missing in crate::rule::Missing::ALL {
        let question = texts.texts().question(*missing).unwrap();
        let (message, remedy) = (
            question.message.fill(&filling),
            question.remedy.fill(&filling),
        );
        let both = format!("{}。{}", message.zh, remedy.zh);
        assert!(both.chars().count() <= 48, "{}: {both}", missing.key());
    }
}

#[test]
fn a_rule_is_found_by_its_id() {
    let pack = testing::pack();
    let rule = pack.rule("prescription.reviewer").unwrap();
    assert_eq!(rule.kind().name(), "审方药师");
    assert_eq!(rule.id(), "prescription.reviewer");
    assert!(pack.rule("prescription").is_none());
}

#[test]
fn faults_are_named_by_file_row_and_column() {
    let first_rule = |from: &'static str, to: &'static str| {
        fault(with(file::RULES, |text| text.replacen(from, to, 1)))
    };
    for (found, expected) in [
        (
            first_rule("store.licence", "store.agreement"),
            "`rules.csv` row 3: `store.agreement` stands there already",
        ),
        (
            first_rule("store.agreement", "Store Agreement"),
            "`rules.csv` row 2, column `规则编号`: expected a dotted id like `item.not-payable`",
        ),
        (
            first_rule(",协议,", ",协定,"),
            "`rules.csv` row 2: kind and parameters do not fit: no such kind of rule",
        ),
        (
            first_rule("工作日=30", "工作日=三十"),
            "`rules.csv` row 7: kind and parameters do not fit: parameters must be written \
             `name=number`, once each, separated by `;`",
        ),
        (
            first_rule("拦截,拒绝", "拦截,禁止"),
            "`rules.csv` row 2, column `账户支付时`: expected 不适用, 记录, 提醒, 询问 or 拒绝",
        ),
        (
            first_rule("规则编号", "编号"),
            "`rules.csv` has no column `编号` in its format",
        ),
        (
            first_rule("规则编号,种类", "种类,种类"),
            "`rules.csv` must have the column `规则编号` once",
        ),
        (
            first_rule("医保协议{found}", "医保协议{what}"),
            "`rules.csv` row 2, column `提示(中文)`: expected a text with no places but {item}, \
             {found}, {allowed}",
        ),
    ] {
        assert_eq!(found, expected);
    }
}

#[test]
fn rows_of_the_lists_are_read_strictly() {
    let row =
        |file: &'static str, row: &'static str| fault(with(file, |text| format!("{text}{row}\n")));
    for (found, expected) in [
        (
            row(file::INSTITUTIONS, "h1,甲,定点,,,全国,测试"),
            "`institutions.csv` row 2, column `机构代码`: expected a code of capitals and digits",
        ),
        (
            row(file::INSTITUTIONS, "H1,甲,名单完整,,,全国,测试"),
            "`institutions.csv` row 2, column `状态`: expected 定点, 非定点 or 黑名单",
        ),
        (
            row(file::INSTITUTIONS, ",,定点,,,全国,测试"),
            "`institutions.csv` row 2, column `状态`: expected 名单完整, without a code",
        ),
        (
            row(file::PHYSICIANS, "D1,,2026-02-01,2026-01-31,44,测试"),
            "`physicians.csv` row 2: the last day lies before the first",
        ),
        (
            row(file::PHYSICIANS, "D1,,2026-02-01,,44,"),
            "`physicians.csv` row 2, column `依据`: expected a text",
        ),
        (
            row(file::REVIEWS, "44,,,待定,测试"),
            "`reviews.csv` row 3, column `远程审方`: expected 允许 or 不允许",
        ),
    ] {
        assert_eq!(found, expected);
    }
}

#[test]
fn a_text_that_is_missing_fails_the_pack() {
    let words = with(file::WORDS, |text| text.replace("sex.male,男,male\n", ""));
    assert_eq!(fault(words), "`words.csv` has no text for `sex.male`");
    let unknown = with(file::WORDS, |text| text.replace("sex.male", "sex.third"));
    assert!(fault(unknown).contains("a key that the decision knows"));
}

#[test]
fn ranges_that_end_before_they_begin_are_refused() {
    let head = with(file::HEAD, |text| {
        text.replace(
            "effective-from",
            "effective-until = \"2019-12-31\"\neffective-from",
        )
    });
    assert_eq!(
        fault(head),
        "`pack.toml` row 0: the last day lies before the first"
    );
    let row = with(file::RELATIONS, |text| {
        text.replacen("2021-04-22,", "2021-04-22,2021-04-21", 1)
    });
    assert_eq!(
        fault(row),
        "`relations.csv` row 2: the last day lies before the first"
    );
}

#[test]
fn files_that_no_pack_has_and_files_that_are_missing_are_refused() {
    let mut source = shipped_source().unwrap().get().clone();
    source.files.insert("extra.csv".to_owned(), Vec::new());
    assert_eq!(
        fault(compile_unpinned(source.clone())),
        "`extra.csv` is not a file of a rule pack"
    );
    source.files.remove("extra.csv");
    source.files.remove(file::TRACE);
    assert_eq!(
        fault(compile_unpinned(source)),
        "file `trace.csv` is missing"
    );
}

#[test]
fn no_pack_can_name_a_simulated_reader() {
    let pack = with(file::EVIDENCE, |text| {
        text.replacen("串口 网络", "串口 模拟", 1)
    });
    assert!(fault(pack).contains("column `连接`"));
}

#[test]
fn the_demo_says_in_every_verdict_that_it_is_one() {
    let pack = testing::pack();
    let demo = pack.with_dangerous_demo_evidence();
    assert_eq!(demo.version().id, "national+dangerous-demo");
    assert_eq!(demo.version().digest, pack.version().digest);
    assert_eq!(pack.version().id, "national");
}

#[test]
fn spreadsheet_marks_and_column_order_do_no_harm() {
    let pack = with(file::RELATIONS, |text| {
        let swap = |line: &str| {
            let cells: Vec<&str> = line.split(',').collect();
            [cells[4], cells[3], cells[2], cells[1], cells[0]].join(",")
        };
        let lines: Vec<String> = text.lines().map(swap).collect();
        format!("\u{feff}{}\r\n", lines.join("\r\n"))
    });
    assert!(pack.is_ok());
}
