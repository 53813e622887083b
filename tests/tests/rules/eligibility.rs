//! Eligibility against real products, invented traps, and products with other products' numbers.

use std::collections::BTreeMap;
use std::path::PathBuf;

use pharmacy_decision::eligibility::{Eligibility, ItemEvidence, Lexicon, weigh};
use pharmacy_decision::facts::Mapping;
use pharmacy_decision::verdict::EligibilityAnswer;
use pharmacy_protocol::term::{Approval, InsuranceCode, Reading};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn lexicon() -> Lexicon {
    let table = std::fs::read_to_string(root().join("config/rules/lexicon.csv")).unwrap();
    Lexicon::parse(&table).unwrap()
}

type Row = BTreeMap<String, String>;

fn rows(file: &str) -> Vec<Row> {
    let path = root().join("tests/data").join(file);
    let mut reader = csv::Reader::from_path(path).unwrap();
    reader.deserialize().map(Result::unwrap).collect()
}

fn word(answer: EligibilityAnswer) -> &'static str {
    match answer {
        EligibilityAnswer::NotPayable => "no",
        EligibilityAnswer::Payable => "yes",
        EligibilityAnswer::Review => "review",
    }
}

fn weigh_row(row: &Row, lexicon: &Lexicon) -> Eligibility {
    weigh_with(row, &row["name"], &row["approval_no"], lexicon)
}

fn weigh_with(row: &Row, name: &str, approval: &str, lexicon: &Lexicon) -> Eligibility {
    let item = ItemEvidence {
        name,
        spec: &row["spec"],
        approval,
        barcode: &row["barcode"],
        ..ItemEvidence::default()
    };
    weigh(&item, lexicon)
}

/// What one kind of difficulty scored.
#[derive(Default)]
struct Score {
    rows: usize,
    to_decide: usize,
    decided: usize,
    unsafe_approvals: usize,
    wrong_refusals: usize,
    undecided_though_plain: usize,
}

impl Score {
    fn count(&mut self, truth: &str, also: &str, answer: &str) {
        self.rows += 1;
        self.to_decide += usize::from(truth != "review");
        self.decided += usize::from(truth != "review" && answer != "review");
        self.unsafe_approvals += usize::from(truth != "yes" && answer == "yes");
        self.wrong_refusals += usize::from(truth == "yes" && answer == "no");
        self.undecided_though_plain += usize::from(also.is_empty() && answer != truth);
    }
}

#[test]
fn decides_the_public_sample_safely() {
    let lexicon = lexicon();
    let mut scores: BTreeMap<String, Score> = BTreeMap::new();
    let mut total = Score::default();
    for row in rows("items_public.csv") {
        let answer = word(weigh_row(&row, &lexicon).answer);
        let (truth, also) = (row["payable"].as_str(), row["also_acceptable"].as_str());
        let score = scores.entry(row["difficulty"].clone()).or_default();
        score.count(truth, also, answer);
        total.count(truth, also, answer);
        if answer != truth && (also.is_empty() || answer != also) {
            println!("{} {}: {answer}, truth {truth}", row["id"], row["name"]);
        }
    }
    println!("rows  decided  unsafe yes  wrong no  missed  difficulty");
    for (difficulty, score) in scores.iter().chain([(&"all".to_owned(), &total)]) {
        let percent = 100.0 * score.decided as f64 / score.to_decide.max(1) as f64;
        println!(
            "{:4}  {percent:6.1}%  {:10}  {:8}  {:6}  {difficulty}",
            score.rows, score.unsafe_approvals, score.wrong_refusals, score.undecided_though_plain,
        );
    }
    assert_eq!(total.rows, 431);
    assert_eq!(total.unsafe_approvals, 0);
    assert_eq!(total.wrong_refusals, 0);
    assert_eq!(total.undecided_though_plain, 0);
    assert!(
        total.decided * 100 >= total.to_decide * 92,
        "{}",
        total.decided
    );
}

#[test]
fn names_the_category_of_the_public_sample() {
    let lexicon = lexicon();
    let (mut right, mut all) = (0, 0);
    for row in rows("items_public.csv") {
        let found = weigh_row(&row, &lexicon).category.name();
        all += 1;
        right += usize::from(found == row["category"]);
        if found != row["category"] {
            println!(
                "{} {}: {found}, truth {}",
                row["id"], row["name"], row["category"]
            );
        }
    }
    println!("category right: {right} of {all}");
    assert!(right * 100 >= all * 95, "{right} of {all}");
}

fn mapping(text: &str) -> Option<Mapping> {
    match text {
        "agrees" => Some(Mapping::Agrees),
        "differs" => Some(Mapping::Differs),
        "none" => Some(Mapping::None),
        _ => None,
    }
}

#[test]
fn withstands_invented_traps() {
    let lexicon = lexicon();
    let rows = rows("items_adversarial.csv");
    assert!(rows.len() >= 150);
    let mut failed = 0;
    for row in &rows {
        let code: Option<InsuranceCode> = row["code"].parse().ok();
        assert_eq!(code.is_some(), !row["code"].is_empty(), "{}", row["id"]);
        let item = ItemEvidence {
            name: &row["name"],
            spec: &row["spec"],
            approval: &row["approval_no"],
            barcode: &row["barcode"],
            code: code.as_ref(),
            mapping: mapping(&row["mapping"]),
        };
        let eligibility = weigh(&item, &lexicon);
        let answer = word(eligibility.answer);
        if !row["expected"]
            .split('|')
            .any(|expected| expected == answer)
        {
            failed += 1;
            println!(
                "{} {} ({}): {answer}, expected {}: {:?}",
                row["id"], row["name"], row["approval_no"], row["expected"], eligibility.findings
            );
        }
    }
    assert_eq!(failed, 0, "of {}", rows.len());
}

/// Kinds of goods, not rows of the sample.
const NO_DRUG: [&str; 40] = [
    "儿童软毛牙刷",
    "云南白药牙膏",
    "去屑洗发水",
    "玫瑰沐浴露",
    "烧烤味薯片",
    "红烧牛肉面",
    "纯牛奶",
    "夹心饼干",
    "古法红糖",
    "阿胶糕",
    "枸杞红枣茶",
    "冰红茶",
    "蜂蜜柚子茶",
    "五香瓜子",
    "水果软糖",
    "婴儿奶粉",
    "蛋白粉",
    "深海鱼油软胶囊",
    "褪黑素片",
    "葡萄籽胶囊",
    "蜂胶软胶囊",
    "补水面膜",
    "美白精华液",
    "护手霜",
    "口红",
    "防晒霜",
    "花露水",
    "痱子粉",
    "洗衣液",
    "香皂",
    "抽纸",
    "卫生巾",
    "纸尿裤",
    "保温杯",
    "不锈钢剪刀",
    "圆珠笔",
    "毛巾",
    "电蚊香液",
    "84消毒液",
    "抑菌乳膏",
];

fn payable_numbers() -> Vec<Row> {
    let mut rows = rows("items_public.csv");
    rows.retain(|row| row["payable"] == "yes" && !row["approval_no"].is_empty());
    rows
}

#[test]
fn no_drug_number_makes_other_goods_payable() {
    let lexicon = lexicon();
    let mut tried = 0;
    for row in payable_numbers() {
        for name in NO_DRUG {
            let eligibility = weigh_with(&row, name, &row["approval_no"], &lexicon);
            assert_ne!(
                eligibility.answer,
                EligibilityAnswer::Payable,
                "{name} under {}: {:?}",
                row["approval_no"],
                eligibility.findings
            );
            tried += 1;
        }
    }
    println!("{tried} names under other goods' numbers, none payable");
    assert!(tried > 5_000);
}

#[test]
fn no_name_of_the_sample_that_is_not_payable_becomes_so_by_a_number() {
    let lexicon = lexicon();
    let numbers = payable_numbers();
    let mut tried = 0;
    let mut wrong: Vec<String> = Vec::new();
    for row in rows("items_public.csv") {
        if row["payable"] == "yes" {
            continue;
        }
        for number in &numbers {
            let number = &number["approval_no"];
            tried += 1;
            if weigh_with(&row, &row["name"], number, &lexicon).answer == EligibilityAnswer::Payable
            {
                wrong.push(format!("{} under {number}", row["name"]));
            }
        }
    }
    println!("{tried} names under moved numbers, {} payable", wrong.len());
    assert!(wrong.is_empty(), "{:?}", &wrong[..wrong.len().min(20)]);
}

/// Every text that differs from `number` by one character left out, doubled or exchanged.
fn damaged(number: &str) -> Vec<String> {
    let chars: Vec<char> = number.chars().collect();
    let mut all = Vec::new();
    for at in 0..chars.len() {
        let (before, after) = (&chars[..at], &chars[at + 1..]);
        let put = |middle: &str| -> String {
            let (before, after): (String, String) =
                (before.iter().collect(), after.iter().collect());
            format!("{before}{middle}{after}")
        };
        all.push(put(""));
        all.push(put(&format!("{0}{0}", chars[at])));
        all.extend(["O", "X", "7", "品"].map(put));
    }
    all
}

#[test]
fn a_damaged_number_is_never_a_yes() {
    let lexicon = lexicon();
    let (mut tried, mut still_valid) = (0, 0);
    for row in payable_numbers() {
        for number in damaged(&row["approval_no"]) {
            let readings = Approval::read(&number).readings;
            let is_valid = !readings.is_empty()
                && readings
                    .iter()
                    .all(|reading| matches!(reading, Reading::Number(_)));
            let answer = weigh_with(&row, &row["name"], &number, &lexicon).answer;
            tried += 1;
            still_valid += usize::from(is_valid);
            assert!(
                is_valid || answer != EligibilityAnswer::Payable,
                "{} under {number}",
                row["name"]
            );
        }
    }
    println!("{tried} damaged numbers, {still_valid} of them still of a right form");
    assert!(still_valid * 4 < tried, "{still_valid} of {tried}");
}

/// How often each kind of goods got each answer under one number.
fn answers(kind: &str, approval: &str, lexicon: &Lexicon) -> (usize, usize, usize) {
    let (mut yes, mut no, mut review) = (0, 0, 0);
    for row in rows("goods_held_out.csv")
        .iter()
        .filter(|row| row["kind"] == kind)
    {
        let item = ItemEvidence {
            name: &row["name"],
            approval,
            ..ItemEvidence::default()
        };
        let counter = match weigh(&item, lexicon).answer {
            EligibilityAnswer::NotPayable => &mut no,
            EligibilityAnswer::Payable => &mut yes,
            EligibilityAnswer::Review => &mut review,
        };
        *counter += 1;
    }
    println!("{kind:6} under `{approval}`: yes {yes}, no {no}, review {review}");
    (yes, no, review)
}

#[test]
fn goods_of_the_trade_stay_on_their_side() {
    let lexicon = lexicon();
    let (drug, device) = ("国药准字H20040317", "粤械注准20172640123");
    for number in [drug, device, ""] {
        let (yes, no, review) = answers("other", number, &lexicon);
        assert_eq!(yes, 0, "other goods under {number}");
        assert!(!number.is_empty() || no > review, "{no} of {}", no + review);
    }
    for (kind, own) in [("drug", drug), ("device", device)] {
        let (yes, no, review) = answers(kind, own, &lexicon);
        assert_eq!(no, 0, "{kind} refused under its own number");
        assert!(yes * 100 >= (yes + review) * 95, "{kind}: {yes}");
        let (yes, no, _) = answers(kind, "", &lexicon);
        assert_eq!((yes, no), (0, 0), "{kind} without a number");
    }
}

#[test]
fn every_answer_says_why() {
    let lexicon = lexicon();
    for row in rows("items_public.csv") {
        let eligibility = weigh_row(&row, &lexicon);
        let codes: Vec<&str> = eligibility
            .findings
            .iter()
            .map(|finding| finding.code)
            .collect();
        assert!(
            codes.iter().any(|code| code.starts_with("approval.")),
            "{codes:?}"
        );
        assert!(
            codes.iter().any(|code| code.starts_with("name.")),
            "{codes:?}"
        );
        assert_eq!(weigh_row(&row, &lexicon), eligibility);
    }
}
