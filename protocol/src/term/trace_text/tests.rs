use proptest::prelude::*;

use super::super::trace_code::{Barcode, TraceCode};
use super::*;

const ONE: &str = "81234567890123456789";
const TWO: &str = "81234567890123456780";
const PACK: &str = "(01)06901234567892(21)S1";

/// A text's codes as they are printed, and what else stands there.
fn told(text: &str) -> (Vec<String>, Vec<NoCode>) {
    let read = TraceText::read(text, None);
    let packs = read.packs.iter().map(|pack| pack.code.to_string());
    (packs.collect(), read.others)
}

fn hint(text: &str) -> Option<TraceHint> {
    TraceText::read(text, None).hint
}

fn reads(text: &str, codes: &[&str]) {
    let wanted: Vec<String> = codes.iter().map(ToString::to_string).collect();
    assert_eq!(told(text), (wanted, Vec::new()), "{text:?}");
}

fn none(text: &str, other: NoCode) {
    assert_eq!(told(text), (Vec::new(), vec![other]), "{text:?}");
}

fn barcode() -> Barcode {
    "6901234567892".parse().unwrap()
}

#[test]
fn twenty_digits_are_read_in_every_spelling() {
    for text in [
        ONE,
        " 81234567890123456789\r\n",
        "\u{feff}81234567890123456789\0",
        "8123 4567 8901 2345 6789",
        "8123-4567-8901-2345-6789",
        "8123\u{2013}4567\u{2013}8901\u{2013}2345\u{2013}6789",
        "81234 56789 01234 56789",
        "8 1234567 890123456789",
        "8123\u{a0}4567\u{3000}8901 2345  6789",
        "８１２３４５６７８９０１２３４５６７８９",
        "８１２３－４５６７－８９０１－２３４５－６７８９",
        "\"81234567890123456789\"",
        "'81234567890123456789'",
        "]C081234567890123456789",
        "]C181234567890123456789",
        "]Q181234567890123456789",
        "药品追溯码：81234567890123456789",
        "追溯码: 8123 4567 8901 2345 6789",
        "https://example.cn/?c=81234567890123456789",
        "HTTPS://EXAMPLE.CN/81234567890123456789/1",
        "www.example.cn/t/81234567890123456789",
        "https://example.cn/t?c=81234567890123456789&v=81234567890123456789",
    ] {
        reads(text, &[ONE]);
    }
    // No known platform gives these out; they are twenty digits all the same.
    reads("91234567890123456789", &["91234567890123456789"]);
    reads("9123 4567 8901 2345 6789", &["91234567890123456789"]);
    reads("01069012345678932112", &["01069012345678932112"]);
}

#[test]
fn several_codes_of_one_text_are_several() {
    for between in [
        ",", "，", ", ", ";", "；", "、", "\n", "\r\n", "\t", " ", "  ", ",,", "|",
    ] {
        reads(&format!("{ONE}{between}{TWO}"), &[ONE, TWO]);
    }
    reads(
        "8123 4567 8901 2345 6789 8123 4567 8901 2345 6780",
        &[ONE, TWO],
    );
    reads(&format!("{ONE},"), &[ONE]);
    // One that stands twice was scanned twice.
    reads(&format!("{ONE};{ONE}"), &[ONE, ONE]);
    reads(&format!("盒1:{ONE} 盒2:{TWO}"), &[ONE, TWO]);
    reads(
        &format!("{PACK},(01)06901234567892(21)S2"),
        &[PACK, "(01)06901234567892(21)S2"],
    );
    reads(
        &format!("{PACK}(01)06901234567892(21)S2"),
        &[PACK, "(01)06901234567892(21)S2"],
    );
    reads(
        "010690123456789221S1 010690123456789221S2",
        &[PACK, "(01)06901234567892(21)S2"],
    );
    // Beside the product's barcode, which is scanned with it.
    let both = told(&format!("6901234567892 {ONE}"));
    assert_eq!(both, (vec![ONE.into()], vec![NoCode::Product(barcode())]));
}

#[test]
fn element_strings_are_read_in_every_spelling() {
    for text in [
        PACK,
        "(01) 06901234567892 (21) S1",
        "（０１）０６９０１２３４５６７８９２（２１）Ｓ１",
        "[01]06901234567892[21]S1",
        "【01】06901234567892【21】S1",
        "(01)06901234567892(17)261231(10)L1(21)S1",
        "(17)261231(10)L1(01)06901234567892(21)S1",
        "010690123456789221S1",
        "]d2010690123456789221S1",
        "]C1010690123456789221S1",
        "]Q3010690123456789221S1",
        "]d2 (01)06901234567892(21)S1",
        "\u{1d}010690123456789221S1",
        "\u{1d}010690123456789221S1\u{1d}10L1\u{1d}",
        "01069012345678921726123110L1\u{1d}21S1",
        "10L1\u{1d}21S1\u{1d}0106901234567892",
        "17261231010690123456789221S1",
        "1126010117261231010690123456789221S1",
        "https://id.gs1.org/01/06901234567892/21/S1?17=261231&10=L1",
        "https://example.cn/01/6901234567892/21/S1",
        "https://example.cn/q?c=(01)06901234567892(21)S1",
        "https://example.cn/q?c=%2801%2906901234567892%2821%29S1",
        "https://example.cn/q/010690123456789221S1",
    ] {
        reads(text, &[PACK]);
    }
    let read = TraceText::read("01069012345678921726120010L1\u{1d}21S1", None);
    assert_eq!(read.packs[0].lot.as_deref(), Some("L1"));
    assert_eq!(read.packs[0].expiry.as_deref(), Some("261200"));
}

#[test]
fn a_separator_that_became_printable_is_put_back_and_said() {
    for mark in [
        "~", "^]", "{GS}", "{gs}", "<GS>", "[GS]", "\\F", "|", "#", "␝", "\\x1d", "\\u001D",
        "{FNC1}", "<FNC1>",
    ] {
        let text = format!("01069012345678921726123110L1{mark}21S1");
        reads(&text, &[PACK]);
        let led = format!("{mark}01069012345678921726123110L1{mark}21S1{mark}");
        reads(&led, &[PACK]);
        assert_eq!(hint(&text), Some(TraceHint::Separators), "{text}");
        // Something else with such a character stays what it is.
        none(&format!("AB{mark}12"), NoCode::Unknown);
    }
    assert_eq!(hint("01069012345678921726123110L1\u{1d}21S1"), None);
}

#[test]
fn what_can_be_read_in_two_ways_is_never_guessed() {
    for text in [
        // A separator was dropped.
        "01069012345678921726123110L121S1",
        "01069012345678921726123110L1 21S1",
        "010690123456789221S110L1",
        "0106901234567892240ZZ21S1",
        // Several codes without anything between them.
        "8123456789012345678981234567890123456780",
        // A product's number and a lot make twenty digits together.
        "6901234567892 1234567",
        "https://example.cn/81234567890123456789?c=81234567890123456780",
    ] {
        none(text, NoCode::Ambiguous);
    }
    // The scanner vouches for separators by the symbol's id.
    reads(
        "]d2010690123456789221S110L1",
        &["(01)06901234567892(21)S110L1"],
    );
    // A serial may hold what stands between codes: then nobody knows where it ends.
    let (packs, others) = told(&format!("{PACK},7"));
    assert!(packs.is_empty() && others.contains(&NoCode::Ambiguous));
}

#[test]
fn what_is_no_code_is_named_as_what_it_is() {
    for (text, other) in [
        ("0", NoCode::Placeholder),
        ("00000000000000000000", NoCode::Placeholder),
        ("-", NoCode::Placeholder),
        ("null", NoCode::Placeholder),
        ("NULL", NoCode::Placeholder),
        ("undefined", NoCode::Placeholder),
        ("无", NoCode::Placeholder),
        ("无码", NoCode::Placeholder),
        ("ABC", NoCode::Unknown),
        ("A", NoCode::Unknown),
        ("1", NoCode::Length),
        ("8123456789012345678", NoCode::Length),
        ("812345678901234567890", NoCode::Length),
        ("8123-4567-8901-2345-678", NoCode::Length),
        ("8.9E+19", NoCode::Rounded),
        ("8.12345678901235E19", NoCode::Rounded),
        ("81234567890123456789.0", NoCode::Rounded),
        ("88888888888888888888", NoCode::SameDigits),
        ("6901234567892", NoCode::Product(barcode())),
        ("690 1234 567892", NoCode::Product(barcode())),
        ("6901234567893", NoCode::Length),
        ("国药准字H20123456", NoCode::Approval),
        ("H20123456", NoCode::Approval),
        ("国械注准20173640001", NoCode::Approval),
        ("XA01ABD075A002010104570", NoCode::InsuranceCode),
        ("T001700368", NoCode::InsuranceCode),
        ("4241234567890123456799330000", NoCode::Insured),
        ("]Q14241234567890123456799330000", NoCode::Insured),
        ("134567890123456789", NoCode::Payment(Wallet::WeChat)),
        ("28123456789012345678", NoCode::Payment(Wallet::Alipay)),
        ("11010519491231002X", NoCode::IdNumber),
        ("440105194912310021", NoCode::IdNumber),
        ("(01)06901234567893(21)S1", NoCode::BrokenSymbol),
        (
            "0106901234567892XX-81234567890123456789",
            NoCode::BrokenSymbol,
        ),
        ("https://example.cn/about", NoCode::Address),
        (
            "https://example.cn/?c=812345678901234567890",
            NoCode::Address,
        ),
        ("追溯", NoCode::Unknown),
    ] {
        none(text, other);
    }
    let product = NoCode::NoSerial("06901234567892".parse().unwrap());
    none("0106901234567892", product.clone());
    none("(01)06901234567892(17)261231", product);
    none(&"9".repeat(101), NoCode::TooLong);
    for text in ["", " ", "\0", "\u{feff}"] {
        reads(text, &[]);
    }
}

#[test]
fn a_makers_own_code_is_read_as_what_may_be_one() {
    for text in [
        "ZYF-2026-000017",
        "AB12345678CD90123456",
        "1234567890123456",
        "QX20260001Z",
    ] {
        let read = TraceText::read(text, None);
        assert_eq!(read.packs[0].form, TraceForm::Own, "{text}");
        reads(text, &[text]);
        // It may as well be the number of a member's card.
        assert!(!format!("{read:?}").contains(text));
    }
    // Not out of a sentence.
    assert!(told("order QX20260001Z please").0.is_empty());
}

#[test]
fn full_width_characters_are_read_and_said() {
    assert_eq!(
        hint("８１２３４５６７８９０１２３４５６７８９"),
        Some(TraceHint::FullWidth)
    );
    assert_eq!(hint(&format!("{ONE}，{TWO}")), None);
    assert_eq!(hint(ONE), None);
}

/// Codes as they come into being: printed, they are read as themselves.
fn codes() -> impl Strategy<Value = String> {
    prop_oneof![
        "[0-9]{20}",
        "01069012345678[0-9]{2}21[A-Z0-9]{1,20}",
        "010690123456789221[A-Za-z0-9/._-]{1,20}",
        "(\\][A-Za-z][0-9])?(01|\\(01\\)|424|opc|28|8)?[0-9A-Z()\u{1d}/:.-]{1,60}",
        "[A-Z0-9-]{8,40}",
        "https?://[a-z.]{1,9}/[0-9A-Za-z/?=&%#]{0,60}",
        "[ -~\u{1d}\u{3000}０-９]{0,80}",
        "\\PC{0,80}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn what_is_printed_is_read_as_the_same_code(text in codes(), id in "[CdEeQJ][0-3]") {
        let id = Symbology::of([b']', id.as_bytes()[0], id.as_bytes()[1]]);
        for symbology in [None, id] {
            for pack in TraceText::read(&text, symbology).packs {
                let printed = pack.code.to_string();
                prop_assert_eq!(printed.parse::<TraceCode>(), Ok(pack.code.clone()));
                let again = TraceText::read(&printed, None);
                prop_assert_eq!(&again.others, &[]);
                prop_assert_eq!(again.packs.len(), 1, "{}", printed);
                prop_assert_eq!(&again.packs[0].code, &pack.code);
            }
        }
    }

    #[test]
    fn a_list_holds_what_its_parts_hold(
        codes in prop::collection::vec("8[0-9]{19}|010690123456789221[A-Z]{1,8}", 1..6),
        between in "[,;、，；\n]",
    ) {
        let whole = TraceText::read(&codes.join(&between), None);
        let parts = codes.iter().flat_map(|code| TraceText::read(code, None).packs);
        prop_assert_eq!(whole.packs, parts.collect::<Vec<_>>());
    }

    #[test]
    fn a_code_that_lost_or_gained_digits_is_none(digits in "8[0-9]{11,17}|8[0-9]{20,22}") {
        prop_assert!(TraceText::read(&digits, None).packs.iter().all(|pack| pack.form == TraceForm::Own));
    }
}
