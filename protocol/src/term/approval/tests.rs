use proptest::prelude::*;

use super::*;

fn one(text: &str) -> (ApprovalFamily, String) {
    let approval = Approval::read(text);
    match approval.readings.as_slice() {
        [Reading::Number(number)] => (number.family(), number.to_string()),
        readings => panic!("{text}: {readings:?}"),
    }
}

fn flaw(text: &str) -> Flaw {
    let approval = Approval::read(text);
    match approval.flaw() {
        Some((_, flaw)) => flaw,
        None => panic!("{text}: {approval:?}"),
    }
}

use ApprovalFamily as F;

/// As written, register, canonical.
const FORMS: &[(&str, F, &str)] = &[
    ("国药准字H20040317", F::Drug, "国药准字H20040317"),
    ("国药准字Z12020025", F::Drug, "国药准字Z12020025"),
    ("国药准字S10980086", F::Drug, "国药准字S10980086"),
    ("国药准字H19990342", F::Drug, "国药准字H19990342"),
    ("国药准字HJ20140344", F::Drug, "国药准字HJ20140344"),
    ("国药准字F20000012", F::Excipient, "国药准字F20000012"),
    ("H20140739", F::DrugCertificate, "H20140739"),
    ("BH20140001", F::DrugCertificate, "BH20140001"),
    ("H11020898", F::Drug, "国药准字H11020898"),
    ("J20100150", F::Drug, "国药准字J20100150"),
    ("HC20160037", F::DrugCertificateHkMoTw, "HC20160037"),
    (
        "医药产品注册证号:ZC20160005",
        F::DrugCertificateHkMoTw,
        "ZC20160005",
    ),
    ("SC20171234", F::DrugCertificateHkMoTw, "SC20171234"),
    ("进口药品注册证H20140288", F::DrugCertificate, "H20140288"),
    ("进口药品注册证号H20150110", F::DrugCertificate, "H20150110"),
    (
        "国械注准20163400955",
        F::DeviceRegistration,
        "国械注准20163400955",
    ),
    (
        "国械注进20162705149",
        F::DeviceRegistration,
        "国械注进20162705149",
    ),
    (
        "粤械注准20142210280",
        F::DeviceRegistration,
        "粤械注准20142210280",
    ),
    ("浙温械备20140027号", F::DeviceFiling, "浙温械备20140027"),
    ("国械备20151134号", F::DeviceFiling, "国械备20151134"),
    (
        "浙食药监械(准)字2013第240089",
        F::DeviceRegistrationOld,
        "浙食药监械(准)字2013第240089号",
    ),
    (
        "国食药监械（准）字2014第3460441号",
        F::DeviceRegistrationOld,
        "国食药监械(准)字2014第3460441号",
    ),
    (
        "国药管械(准)字2003第3460441号",
        F::DeviceRegistrationOld,
        "国药管械(准)字2003第3460441号",
    ),
    (
        "国食健注G20120011",
        F::HealthFoodRegistration,
        "国食健注G20120011",
    ),
    (
        "食健备G201934001524",
        F::HealthFoodFiling,
        "食健备G201934001524",
    ),
    (
        "国食健字G20151027",
        F::HealthFoodLegacy,
        "国食健字G20151027",
    ),
    (
        "卫食健字(2002)第0605号",
        F::HealthFoodLegacy,
        "卫食健字(2002)第0605号",
    ),
    (
        "粤G妆网备字2022324124",
        F::CosmeticFiling,
        "粤G妆网备字2022324124",
    ),
    (
        "国妆网备进字（沪）2026004059",
        F::CosmeticFiling,
        "国妆网备进字(沪)2026004059",
    ),
    (
        "国妆备进字J20153255",
        F::CosmeticFiling,
        "国妆备进字J20153255",
    ),
    ("国妆特字G20170937", F::CosmeticSpecial, "国妆特字G20170937"),
    ("国妆特字20211234", F::CosmeticSpecial, "国妆特字20211234"),
    (
        "国妆特进字J20190153",
        F::CosmeticSpecial,
        "国妆特进字J20190153",
    ),
    ("粤妆20160123", F::CosmeticPlant, "粤妆20160123"),
    (
        "粤国牙膏网备字2023404589",
        F::ToothpasteFiling,
        "粤国牙膏网备字2023404589",
    ),
    (
        "鲁卫消证字(2002)第0059号",
        F::DisinfectantPlant,
        "鲁卫消证字(2002)第0059号",
    ),
    (
        "皖卫消证字【2020】第S0058号",
        F::DisinfectantPlant,
        "皖卫消证字(2020)第S0058号",
    ),
    (
        "卫消字(2008)第0123号",
        F::DisinfectantProduct,
        "卫消字(2008)第0123号",
    ),
    (
        "鲁卫消字[2008]第0123号",
        F::DisinfectantProduct,
        "鲁卫消字(2008)第0123号",
    ),
    ("国食注字TY20175001", F::Fsmp, "国食注字TY20175001"),
    ("国食注字YP20170001", F::InfantFormula, "国食注字YP20170001"),
    ("SC12744040400094", F::FoodLicence, "SC12744040400094"),
    ("QS440006010001", F::FoodLicenceOld, "QS440006010001"),
    (
        "京药制字Z20053412",
        F::HospitalPreparation,
        "京药制字Z20053412",
    ),
    ("农药登记证号WP20080123", F::Pesticide, "WP20080123"),
    ("86900594000342", F::DrugStandardCode, "86900594000342"),
];

#[test]
fn tells_the_register_of_each_form() {
    for (text, family, canonical) in FORMS {
        assert_eq!(one(text), (*family, (*canonical).to_owned()), "{text}");
    }
    for family in ALL {
        assert!(
            FORMS.iter().any(|(_, known, _)| *known == family),
            "{family:?}"
        );
    }
}

#[test]
fn folds_what_carries_no_meaning() {
    for text in [
        "国药准字Ｈ２００４０３１７",
        "国药准字 H20040317",
        "国药准字h20040317",
        "国药准字H2004 0317",
        "国药准字：H20040317",
        "国药准字(H20040317)",
        "国药准字【H20040317】",
        "国药准字第H20040317号",
        "國藥準字H20040317",
        "批准文号：国药准字H20040317(OTC)",
        "国药准字H20040317OTC甲类",
        "准字H20040317",
        "药准字H20040317",
        "国 药 准 字 H20040317",
    ] {
        assert_eq!(one(text).1, "国药准字H20040317", "{text}");
    }
    for text in [
        "国械注准 2016 3400 955",
        "国械注准:20163400955",
        "（国械注准２０１６３４００９５５）",
    ] {
        assert_eq!(one(text).1, "国械注准20163400955", "{text}");
    }
}

#[test]
fn never_mends_a_number() {
    for (text, expected) in [
        ("国药准字H2004031", Flaw::DigitCount),
        ("国药准字H200403178", Flaw::DigitCount),
        ("国药准字H2004031 7片", Flaw::DigitCount),
        ("国药准字H2OO40317", Flaw::DigitCount),
        ("国药准字H2004O317", Flaw::DigitCount),
        ("国药准字", Flaw::Letter),
        ("国药准字20040317", Flaw::Letter),
        ("国药准字G20040317", Flaw::Letter),
        ("国药准字Н20040317", Flaw::Letter),
        ("国药准字H20990317", Flaw::Year),
        ("国药准字H19970317", Flaw::Year),
        ("国药准字H77020317", Flaw::Year),
        ("国药淮字H20040317", Flaw::Context),
        ("型号H20140739", Flaw::Context),
        ("国械注准20161400955", Flaw::DeviceClass),
        ("粤械注准20163400955", Flaw::DeviceClass),
        ("粤械注进20162400955", Flaw::Area),
        ("国械注准2016340095", Flaw::DigitCount),
        ("国械准字20163400955", Flaw::Unread),
        ("SC12744040400095", Flaw::CheckDigit),
        ("卫药准字(1995)第0123号", Flaw::Obsolete),
        ("国食健注H20120011", Flaw::Letter),
        ("20040317123", Flaw::Unread),
        ("Q/ABC 0001S-2020", Flaw::Unread),
    ] {
        assert_eq!(flaw(text), expected, "{text}");
    }
}

#[test]
fn reads_several_numbers_of_one_field() {
    for (text, expected) in [
        (
            "进口药品注册证J20130052(H20130063)",
            ["国药准字J20130052", "H20130063"],
        ),
        (
            "国药准字H20040317/国药准字H20040318",
            ["国药准字H20040317", "国药准字H20040318"],
        ),
        (
            "国食健注G20120011 国药准字H20040318",
            ["国食健注G20120011", "国药准字H20040318"],
        ),
        (
            "鲁卫消证字(2020)第1350号鲁青械备20150027号",
            ["鲁卫消证字(2020)第1350号", "鲁青械备20150027"],
        ),
    ] {
        let approval = Approval::read(text);
        let found: Vec<&str> = approval.numbers().map(ApprovalNumber::as_str).collect();
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn a_barcode_is_no_approval_number() {
    let approval = Approval::read("6901339905216");
    assert!(matches!(
        approval.readings.as_slice(),
        [Reading::Barcode(_)]
    ));
    assert_eq!(approval.flaw(), None);
}

#[test]
fn an_empty_field_is_empty_however_it_is_written() {
    for text in ["", "  ", "无", "/", "-", "——", "N/A", "null", "批准文号："] {
        assert_eq!(Approval::read(text).readings, [], "{text}");
    }
}

const CANONICAL: &str = "国药准字(H|Z|S|B|T|J|HJ|ZC|SJ)(199[89]|20[0-4][0-9])[0-9]{4}\
    |国药准字[HZS](10[5-9][0-9]|1[1-5]02|4[1-6]02|6[1-5]02)[0-9]{4}\
    |[HZS](199[89]|20[0-4][0-9])[0-9]{4}|[HZS]C20[0-4][0-9][0-9]{4}\
    |国械注(准20[2-4][0-9]3|进20[2-4][0-9][23])[0-9]{6}|[粤京沪兵]械注准20[2-4][0-9]2[0-9]{6}\
    |(国|粤穗|浙温|京|湘湘西)械备20[2-4][0-9][0-9]{4}\
    |[国浙]食药监械\\([准进]\\)字20(0[0-9]|1[0-6])第[123][0-9]{5,6}号\
    |国食健[注字][GJ]20[0-4][0-9][0-9]{4}|食健备[GJ]20[0-4][0-9][0-9]{8}\
    |卫食健字\\(200[0-3]\\)第[0-9]{4}号|[粤沪]G妆网备字20[12][0-9][0-9]{6}\
    |国妆网备进字\\([沪津]\\)20[12][0-9][0-9]{6}|国妆特字G?20[0-4][0-9][0-9]{4}\
    |粤国牙膏网备字20[2-4][0-9][0-9]{6}|[鲁苏]卫消证字\\(20[0-2][0-9]\\)第[A-H]?[0-9]{4}号\
    |国食注字(TY|YP)20[12][0-9][0-9]{4}|QS[0-9]{12}|869[0-9]{11}|[粤京]妆20[12][0-9][0-9]{4}";

proptest! {
    #[test]
    fn canonical_text_round_trips(text in CANONICAL) {
        let (family, canonical) = one(&text);
        prop_assert_eq!(&canonical, &text);
        prop_assert_eq!(one(&canonical), (family, text));
    }

    #[test]
    fn full_width_and_spaces_change_nothing(text in CANONICAL) {
        let wide: String = text
            .chars()
            .map(|c| match c {
                '!'..='~' => char::from_u32(u32::from(c).wrapping_add(0xfee0)).unwrap(),
                c => c,
            })
            .collect();
        prop_assert_eq!(one(&wide), one(&text));
        let padded = format!(" \u{3000}{text}\u{200b} ");
        prop_assert_eq!(one(&padded), one(&text));
    }

    #[test]
    fn one_digit_more_or_less_is_never_read(
        text in "国药准字[HZS]20[0-4][0-9][0-9]{4}|国械注准20[2-4][0-9]3[0-9]{6}|粤G妆网备字20[12][0-9][0-9]{6}",
        digit in 0..10_u8,
    ) {
        let longer = format!("{text}{digit}");
        prop_assert!(Approval::read(&longer).flaw().is_some());
        let mut shorter = text;
        shorter.pop();
        prop_assert!(Approval::read(&shorter).flaw().is_some());
    }

    #[test]
    fn reads_anything_without_a_panic(text in "[国药准字械注备粤HZSJC0-9() 第号,-]{0,40}|\\PC{0,60}") {
        let approval = Approval::read(&text);
        for number in approval.numbers() {
            prop_assert_eq!(one(number.as_str()).1, number.as_str());
        }
    }
}

const ALL: [F; 23] = [
    F::CosmeticFiling,
    F::CosmeticPlant,
    F::CosmeticSpecial,
    F::DeviceFiling,
    F::DeviceRegistration,
    F::DeviceRegistrationOld,
    F::DisinfectantPlant,
    F::DisinfectantProduct,
    F::Drug,
    F::DrugCertificate,
    F::DrugCertificateHkMoTw,
    F::DrugStandardCode,
    F::Excipient,
    F::FoodLicence,
    F::FoodLicenceOld,
    F::Fsmp,
    F::HealthFoodFiling,
    F::HealthFoodLegacy,
    F::HealthFoodRegistration,
    F::HospitalPreparation,
    F::InfantFormula,
    F::Pesticide,
    F::ToothpasteFiling,
];
