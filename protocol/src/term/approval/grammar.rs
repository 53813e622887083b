//! The forms of the numbers, as data.
//!
//! A form is a small pattern; the scanner matches it and emits the canonical text:
//!
//! ```text
//! %    a province's short name or 国      &   up to three characters of a place
//! ~    准, 进 or 许                       ^   one Chinese character
//! @    letters, one of the form's list    #   digits, count per the form's list
//! !x   x may be missing and is emitted    |   from here on a mismatch is a broken number
//! ```
//! Anything else stands for itself.

use super::{ApprovalFamily, Flaw};

/// One form of number.
pub(super) struct Form {
    pub(super) family: ApprovalFamily,
    pub(super) pattern: &'static str,
    pub(super) letters: &'static [&'static str],
    /// Permitted counts of each group of digits, least and most.
    pub(super) digits: &'static [(usize, usize)],
    pub(super) check: Check,
    pub(super) words: Words,
}

/// What becomes of the form's own words.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Words {
    /// No words at all: a code that only its letters tell, see [`Flaw::Context`].
    Bare,
    /// Part of the canonical text.
    Kept,
    /// Not part of it, the check supplies what belongs before the code.
    Dropped,
    /// As `Dropped`, and only where the field begins with them: `准字H…` after a cut-off 国药.
    DroppedAtStart,
}

/// The parts of a number that a check looks at.
pub(super) struct Parts<'a> {
    pub(super) area: Option<char>,
    pub(super) kind: Option<char>,
    pub(super) letters: &'a str,
    pub(super) digits: &'a [String],
}

/// Says which family and which words belong before the code, or why it cannot be right.
pub(super) type Check = fn(ApprovalFamily, &Parts<'_>) -> Result<Granted, Flaw>;

/// What a check grants.
pub(super) struct Granted {
    pub(super) family: ApprovalFamily,
    pub(super) prefix: &'static str,
}

const PROVINCES: &str = "京津冀晋蒙内辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵黔云滇藏陕秦甘青宁新兵";

/// Is `c` the short name of a province, or 国?
pub(super) fn is_area(c: char) -> bool {
    c == '国' || PROVINCES.contains(c)
}

/// Latest year taken for possible. There is no clock here: the bound only tells typing errors.
const LAST_YEAR: u32 = 2049;

const EIGHT: &[(usize, usize)] = &[(8, 8)];
const TEN: &[(usize, usize)] = &[(10, 10)];
/// Year in brackets, then a serial number.
const YEAR_SERIAL: &[(usize, usize)] = &[(4, 4), (1, 5)];
const OLD_DEVICE: &[(usize, usize)] = &[(4, 4), (6, 7)];
// SPEC: H chemical, Z Chinese patent, S biological, B former health drug, T reagent, F excipient,
// J import repacked; since 2020 a second letter C (HK, Macao, Taiwan) or J (abroad).
const DRUG_LETTERS: &[&str] = &[
    "H", "Z", "S", "B", "T", "F", "J", "HC", "HJ", "ZC", "ZJ", "SC", "SJ",
];
// A bare T or F is not read: too many other codes begin so.
const BARE_LETTERS: &[&str] = &[
    "H", "Z", "S", "B", "J", "BH", "BZ", "BS", "HC", "HJ", "ZC", "ZJ", "SC", "SJ",
];

const fn form(family: ApprovalFamily, pattern: &'static str) -> Form {
    Form {
        family,
        pattern,
        letters: &[],
        digits: EIGHT,
        check: year_first,
        words: Words::Kept,
    }
}

const fn drug(pattern: &'static str, words: Words) -> Form {
    Form {
        letters: DRUG_LETTERS,
        check: drug_number,
        words,
        ..form(ApprovalFamily::Drug, pattern)
    }
}

const fn certificate(pattern: &'static str, words: Words) -> Form {
    Form {
        letters: BARE_LETTERS,
        check: bare_code,
        words,
        ..form(ApprovalFamily::DrugCertificate, pattern)
    }
}

const fn lettered(
    family: ApprovalFamily,
    pattern: &'static str,
    letters: &'static [&'static str],
    digits: &'static [(usize, usize)],
) -> Form {
    Form {
        letters,
        digits,
        ..form(family, pattern)
    }
}

const fn year_serial(family: ApprovalFamily, pattern: &'static str) -> Form {
    Form {
        digits: YEAR_SERIAL,
        ..form(family, pattern)
    }
}

const fn counted(
    family: ApprovalFamily,
    pattern: &'static str,
    digits: &'static [(usize, usize)],
    check: Check,
) -> Form {
    Form {
        digits,
        check,
        ..form(family, pattern)
    }
}

const fn obsolete(pattern: &'static str) -> Form {
    Form {
        check: always_obsolete,
        ..counted(ApprovalFamily::Drug, pattern, &[], always_obsolete)
    }
}

use ApprovalFamily as F;

/// All forms; of two that begin alike, the more particular stands first.
pub(super) static FORMS: &[Form] = &[
    drug("国药准字|@#", Words::Kept),
    drug("药准字|@#", Words::DroppedAtStart),
    drug("准字|@#", Words::DroppedAtStart),
    certificate("进口药品注册证|@#", Words::Dropped),
    certificate("医药产品注册证|@#", Words::Dropped),
    counted(F::DeviceRegistration, "%械注|~#", &[(11, 11)], device),
    form(F::DeviceFiling, "%&械备|#"),
    counted(
        F::DeviceRegistrationOld,
        "%&食药监械|!(~!)!字#!第#!号",
        OLD_DEVICE,
        old_device,
    ),
    counted(
        F::DeviceRegistrationOld,
        "%&药监械|!(~!)!字#!第#!号",
        OLD_DEVICE,
        old_device,
    ),
    counted(
        F::DeviceRegistrationOld,
        "%&药管械|!(~!)!字#!第#!号",
        OLD_DEVICE,
        old_device,
    ),
    lettered(F::HealthFoodRegistration, "国食健注|@#", &["G", "J"], EIGHT),
    lettered(F::HealthFoodLegacy, "国食健字|@#", &["G", "J"], EIGHT),
    lettered(F::HealthFoodFiling, "食健备|@#", &["G", "J"], &[(12, 12)]),
    year_serial(F::HealthFoodLegacy, "卫食健字|!(#!)!第#!号"),
    year_serial(F::HealthFoodLegacy, "卫食健进字|!(#!)!第#!号"),
    year_serial(F::HealthFoodLegacy, "卫进食健字|!(#!)!第#!号"),
    counted(F::CosmeticFiling, "%G妆网备字|#", TEN, year_first),
    counted(F::CosmeticFiling, "国妆网备进字|!(^!)#", TEN, year_first),
    lettered(F::CosmeticFiling, "国妆备进字|@#", &["J", ""], &[(8, 10)]),
    lettered(F::CosmeticSpecial, "国妆特字|@#", &["G", ""], EIGHT),
    lettered(F::CosmeticSpecial, "国妆特进字|@#", &["J", ""], EIGHT),
    lettered(F::CosmeticSpecial, "国妆特制字|@#", &["G", ""], EIGHT),
    year_serial(F::CosmeticSpecial, "卫妆特字|!(#!)!第#!号"),
    year_serial(F::CosmeticSpecial, "卫妆特进字|!(#!)!第#!号"),
    year_serial(F::CosmeticFiling, "卫妆备进字|!(#!)!第#!号"),
    form(F::CosmeticPlant, "%妆|#"),
    counted(F::ToothpasteFiling, "%国牙膏网备字|#", TEN, year_first),
    counted(
        F::ToothpasteFiling,
        "国牙膏网备进字|!(^!)#",
        TEN,
        year_first,
    ),
    lettered(
        F::DisinfectantPlant,
        "%卫消证字|!(#!)!第@#!号",
        &[
            "", "A", "B", "C", "D", "E", "F", "G", "H", "K", "N", "P", "S", "W", "X", "Y", "Z",
        ],
        &[(4, 4), (3, 5)],
    ),
    year_serial(F::DisinfectantProduct, "%卫消字|!(#!)!第#!号"),
    year_serial(F::DisinfectantProduct, "%卫消备字|!(#!)!第#!号"),
    year_serial(F::DisinfectantProduct, "%卫消进字|!(#!)!第#!号"),
    year_serial(F::DisinfectantProduct, "卫消字|!(#!)!第#!号"),
    year_serial(F::DisinfectantProduct, "卫消备字|!(#!)!第#!号"),
    year_serial(F::DisinfectantProduct, "卫消进字|!(#!)!第#!号"),
    form(F::Fsmp, "国食注字TY|#"),
    form(F::InfantFormula, "国食注字YP|#"),
    lettered(
        F::HospitalPreparation,
        "%药制字|@#",
        &["H", "Z", "S"],
        EIGHT,
    ),
    counted(F::FoodLicence, "SC#", &[(14, 14)], food_licence),
    counted(F::FoodLicenceOld, "QS|#", &[(12, 12)], any),
    Form {
        words: Words::Bare,
        ..lettered(F::Pesticide, "@|#", &["WP", "WL", "PD"], EIGHT)
    },
    obsolete("国药试字|"),
    obsolete("国药证字|"),
    obsolete("卫药准字|"),
    obsolete("卫药健字|"),
    certificate("@|#", Words::Bare),
];

fn granted(family: ApprovalFamily) -> Result<Granted, Flaw> {
    Ok(Granted { family, prefix: "" })
}

fn any(family: ApprovalFamily, _: &Parts<'_>) -> Result<Granted, Flaw> {
    granted(family)
}

fn always_obsolete(_: ApprovalFamily, _: &Parts<'_>) -> Result<Granted, Flaw> {
    Err(Flaw::Obsolete)
}

/// The number in `digits[from..to]`, 0 when there is none.
fn part(digits: &str, from: usize, to: usize) -> u32 {
    digits
        .get(from..to)
        .and_then(|part| part.parse().ok())
        .unwrap_or(0)
}

fn first<'a>(parts: &Parts<'a>) -> &'a str {
    parts.digits.first().map_or("", String::as_str)
}

/// The registers of food, cosmetics and devices began in the nineties.
fn year_first(family: ApprovalFamily, parts: &Parts<'_>) -> Result<Granted, Flaw> {
    if !(1990..=LAST_YEAR).contains(&part(first(parts), 0, 4)) {
        return Err(Flaw::Year);
    }
    if family == ApprovalFamily::DeviceFiling && part(first(parts), 0, 4) < 2014 {
        return Err(Flaw::Year);
    }
    granted(family)
}

/// Domestic numbers: either the year and a serial number, or, for approvals from before 2002, a
/// code of who granted it (10 the ministry, 11–65 the province) and two digits of a year.
fn drug_number(_: ApprovalFamily, parts: &Parts<'_>) -> Result<Granted, Flaw> {
    if !is_drug_year(first(parts)) && (parts.letters.len() > 1 || !is_before_2002(first(parts))) {
        return Err(Flaw::Year);
    }
    let family = if parts.letters == "F" {
        ApprovalFamily::Excipient
    } else {
        ApprovalFamily::Drug
    };
    Ok(Granted {
        family,
        prefix: "国药准字",
    })
}

/// The state authority was founded in 1998.
fn is_drug_year(digits: &str) -> bool {
    (1998..=LAST_YEAR).contains(&part(digits, 0, 4))
}

/// SPEC: 10 = ministry of health, with the year of the approval; else GB/T 2260 province, with the
/// year of the renewal (2001–2003 in the main, a few years around it kept).
fn is_before_2002(digits: &str) -> bool {
    let year = part(digits, 2, 4);
    match part(digits, 0, 2) {
        10 => year >= 50,
        11..=15 | 21..=23 | 31..=37 | 41..=46 | 50..=54 | 61..=65 => year >= 80 || year <= 6,
        _ => false,
    }
}

/// A code without 国药准字: a certificate, or a domestic number whose words were lost.
fn bare_code(_: ApprovalFamily, parts: &Parts<'_>) -> Result<Granted, Flaw> {
    let digits = first(parts);
    match parts.letters {
        // These letters exist only after 国药准字, so nothing is guessed by putting it back.
        "J" | "B" | "HJ" | "ZJ" | "SJ" => drug_number(ApprovalFamily::Drug, parts),
        "HC" | "ZC" | "SC" if is_drug_year(digits) => {
            granted(ApprovalFamily::DrugCertificateHkMoTw)
        }
        "H" | "Z" | "S" if !is_drug_year(digits) => drug_number(ApprovalFamily::Drug, parts),
        _ if is_drug_year(digits) => granted(ApprovalFamily::DrugCertificate),
        _ => Err(Flaw::Year),
    }
}

/// SPEC: 医疗器械注册与备案管理办法 (2021) art. 115: year, class, two digits of kind, serial number;
/// the state registers class III and everything from abroad, a province class II.
fn device(family: ApprovalFamily, parts: &Parts<'_>) -> Result<Granted, Flaw> {
    let digits = first(parts);
    if !(2014..=LAST_YEAR).contains(&part(digits, 0, 4)) {
        return Err(Flaw::Year);
    }
    match (parts.area, parts.kind, part(digits, 4, 5)) {
        (Some('国'), Some('准'), 3) | (Some('国'), Some('进' | '许'), 2 | 3) => {
            granted(family)
        }
        (Some('国'), _, _) => Err(Flaw::DeviceClass),
        (_, Some('准'), 2) => granted(family),
        (_, Some('准'), _) => Err(Flaw::DeviceClass),
        _ => Err(Flaw::Area),
    }
}

fn old_device(family: ApprovalFamily, parts: &Parts<'_>) -> Result<Granted, Flaw> {
    if !(1996..=2016).contains(&part(first(parts), 0, 4)) {
        return Err(Flaw::Year);
    }
    let serial = parts.digits.get(1).map_or("", String::as_str);
    if (1..=3).contains(&part(serial, 0, 1)) {
        granted(family)
    } else {
        Err(Flaw::DeviceClass)
    }
}

/// SPEC: ISO 7064 MOD 11,10 over all fourteen digits.
fn food_licence(family: ApprovalFamily, parts: &Parts<'_>) -> Result<Granted, Flaw> {
    let mut digits = first(parts)
        .bytes()
        .map(|byte| u32::from(byte.wrapping_sub(b'0')));
    let last = digits.next_back().unwrap_or(0);
    let product = digits.fold(10_u32, |product, digit| {
        let sum = match product.wrapping_add(digit).wrapping_rem(10) {
            0 => 10,
            sum => sum,
        };
        sum.wrapping_mul(2).wrapping_rem(11)
    });
    if product.wrapping_add(last).wrapping_rem(10) == 1 {
        granted(family)
    } else {
        Err(Flaw::CheckDigit)
    }
}
