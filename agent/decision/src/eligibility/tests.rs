use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;

fn lexicon() -> &'static Lexicon {
    static SHIPPED: LazyLock<Lexicon> = LazyLock::new(|| {
        Lexicon::parse(include_str!("../../../../config/rules/lexicon.csv")).unwrap()
    });
    &SHIPPED
}

fn small(rows: &str) -> Lexicon {
    Lexicon::parse(&format!("词,类别,位置,权重,说明\n{rows}")).unwrap()
}

fn item<'a>(name: &'a str, approval: &'a str) -> ItemEvidence<'a> {
    ItemEvidence {
        name,
        approval,
        ..ItemEvidence::default()
    }
}

fn codes(eligibility: &Eligibility) -> Vec<&'static str> {
    eligibility
        .findings
        .iter()
        .map(|finding| finding.code)
        .collect()
}

#[test]
fn number_and_name_together_make_a_yes() {
    let lexicon = lexicon();
    for (name, approval, answer, category) in [
        (
            "缬沙坦胶囊",
            "国药准字H20040217",
            EligibilityAnswer::Payable,
            Category::Drug,
        ),
        (
            "创口贴",
            "浙温械备20140027号",
            EligibilityAnswer::Payable,
            Category::Device,
        ),
        (
            "缬沙坦胶囊",
            "国食健注G20120011",
            EligibilityAnswer::NotPayable,
            Category::HealthFood,
        ),
        (
            "缬沙坦胶囊",
            "国药准字H2004021",
            EligibilityAnswer::Review,
            Category::Drug,
        ),
        ("缬沙坦胶囊", "", EligibilityAnswer::Review, Category::Drug),
        (
            "软毛牙刷",
            "国药准字H20040217",
            EligibilityAnswer::NotPayable,
            Category::DailyGoods,
        ),
        (
            "软毛牙刷",
            "",
            EligibilityAnswer::NotPayable,
            Category::DailyGoods,
        ),
        (
            "某某",
            "国药准字H20040217",
            EligibilityAnswer::Review,
            Category::Drug,
        ),
    ] {
        let found = weigh(&item(name, approval), lexicon);
        assert_eq!(
            (found.answer, found.category),
            (answer, category),
            "{name} {approval}"
        );
    }
}

#[test]
fn a_moved_number_is_a_disagreement_and_says_both_sides() {
    let found = weigh(&item("软毛牙刷", "国药准字H20040217"), lexicon());
    assert_eq!(
        codes(&found),
        ["sources.disagree", "approval.drug", "name.daily-goods"]
    );
    assert_eq!(found.findings[1].seen, "国药准字H20040217");
    assert_eq!(found.findings[2].seen, "牙刷");
}

#[test]
fn a_mapping_stands_in_for_a_number_unless_the_name_contradicts() {
    let lexicon = lexicon();
    let drug: InsuranceCode = "XA01ABD075A002010100483".parse().unwrap();
    for (name, mapping, answer) in [
        (
            "蒙脱石散",
            Some(Mapping::Agrees),
            EligibilityAnswer::Payable,
        ),
        ("某某", Some(Mapping::Agrees), EligibilityAnswer::Payable),
        (
            "蒙脱石散",
            Some(Mapping::Differs),
            EligibilityAnswer::Review,
        ),
        ("蒙脱石散", Some(Mapping::None), EligibilityAnswer::Review),
        ("蒙脱石散", None, EligibilityAnswer::Review),
        (
            "电子血压计",
            Some(Mapping::Agrees),
            EligibilityAnswer::Review,
        ),
        (
            "软毛牙刷",
            Some(Mapping::Agrees),
            EligibilityAnswer::NotPayable,
        ),
    ] {
        let evidence = ItemEvidence {
            code: Some(&drug),
            mapping,
            ..item(name, "")
        };
        assert_eq!(
            weigh(&evidence, lexicon).answer,
            answer,
            "{name} {mapping:?}"
        );
    }
}

#[test]
fn a_piece_needs_its_code_and_its_name() {
    let lexicon = lexicon();
    let piece: InsuranceCode = "T001700368".parse().unwrap();
    for (name, answer) in [
        ("炒酸枣仁", EligibilityAnswer::Payable),
        ("黄芪(饮片)", EligibilityAnswer::Payable),
        ("阿莫西林胶囊", EligibilityAnswer::Review),
        ("某某", EligibilityAnswer::Review),
        ("软毛牙刷", EligibilityAnswer::NotPayable),
    ] {
        let evidence = ItemEvidence {
            code: Some(&piece),
            ..item(name, "")
        };
        assert_eq!(weigh(&evidence, lexicon).answer, answer, "{name}");
    }
    assert_eq!(
        weigh(&item("炒酸枣仁", ""), lexicon).answer,
        EligibilityAnswer::Review
    );
}

#[test]
fn a_word_inside_a_longer_word_is_not_heard() {
    let lexicon = small("糖,食品,词尾,8,x\n葡萄糖,中性,任意,0,x\n牙刷,日用品,任意,8,x\n");
    let answer = |name| weigh(&item(name, ""), &lexicon).answer;
    assert_eq!(answer("水果糖"), EligibilityAnswer::NotPayable);
    assert_eq!(answer("葡萄糖"), EligibilityAnswer::Review);
}

#[test]
fn the_end_of_a_name_is_before_brackets_sizes_and_models() {
    let lexicon = small("糖,食品,词尾,8,x\n");
    let answer = |name| weigh(&item(name, ""), &lexicon).answer;
    for name in [
        "水果糖",
        "水果糖(草莓)",
        "水果糖【草莓】500g",
        "水果糖24片",
        "水果糖500g*2袋",
        "水 果 糖",
        "水果糖Ⅱ",
        "水果糖（500克）",
        "水果糖24粒装",
    ] {
        assert_eq!(answer(name), EligibilityAnswer::NotPayable, "{name}");
    }
    assert_eq!(answer("糖盒"), EligibilityAnswer::Review);
    assert_eq!(answer("(水果糖)盒"), EligibilityAnswer::Review);
}

#[test]
fn an_empty_lexicon_never_says_yes_without_a_mapping() {
    let lexicon = Lexicon::default();
    for approval in ["国药准字H20040217", "国械注准20163400955", ""] {
        let found = weigh(&item("缬沙坦胶囊", approval), &lexicon);
        assert_eq!(found.answer, EligibilityAnswer::Review);
    }
}

#[test]
fn refuses_a_table_that_is_not_the_lexicon() {
    let parse = |table: &str| Lexicon::parse(table).err().map(|error| error.to_string());
    assert!(parse("word,category\n").unwrap().contains("does not begin"));
    for row in [
        "牙刷,日用品,任意,8",
        "牙刷,日用品,任意,99,x",
        "牙刷,日用品,任意,0,x",
        "牙刷,中性,任意,3,x",
        "牙刷,日用,任意,8,x",
        "牙刷,日用品,中间,8,x",
        ",日用品,任意,8,x",
    ] {
        let table = format!("词,类别,位置,权重,说明\n糖,食品,词尾,8,x\n{row}\n");
        assert_eq!(
            parse(&table).unwrap(),
            "lexicon row 2 is not of the table's form",
            "{row}"
        );
    }
    let twice = "词,类别,位置,权重,说明\n牙刷,日用品,任意,8,x\n牙刷,日用品,任意,3,x\n";
    assert_eq!(
        parse(twice).unwrap(),
        "lexicon row 2 repeats an earlier row"
    );
}

#[test]
fn every_finding_code_is_dotted_and_every_category_has_one_name() {
    let mut names: Vec<&str> = Category::ALL
        .iter()
        .map(|category| category.name())
        .collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Category::ALL.len());
    for category in Category::ALL {
        assert!(category.name_finding().starts_with("name."));
    }
}

proptest! {
    #[test]
    fn weighs_anything_without_a_panic_and_without_a_yes_from_nothing(
        name in "[牙刷片胶囊糖沙坦医用口罩()0-9a-zA-ZＲ®【】 ]{0,30}|\\PC{0,80}",
        approval in "\\PC{0,40}",
    ) {
        let lexicon = small("片,药品,词尾,3,x\n牙刷,日用品,任意,8,x\n口罩,医疗器械,任意,3,x\n");
        let found = weigh(&item(&name, &approval), &lexicon);
        let has_number = Approval::read(&approval).numbers().next().is_some();
        prop_assert!(has_number || found.answer != EligibilityAnswer::Payable);
        prop_assert!(!found.findings.is_empty());
    }

    #[test]
    fn a_clear_word_more_never_makes_a_yes(
        name in "(阿莫西林|缬沙坦|布洛芬)(胶囊|片|颗粒)",
        word in "牙刷|洗发水|面膜|饼干|牙膏|抑菌膏",
    ) {
        let lexicon = lexicon();
        let mixed = format!("{word}{name}");
        let found = weigh(&item(&mixed, "国药准字H20040217"), lexicon);
        prop_assert_ne!(found.answer, EligibilityAnswer::Payable);
    }
}
