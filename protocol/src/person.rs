//! Persons as the counter knows them: certificate numbers, sex, and references that name nobody.
//!
//! ```text
//! resident, 18      6 area | 8 birth | 3 sequence (odd = male) | check, MOD 11-2     GB 11643-1999
//! resident, 15      6 area | 6 birth | 3 sequence                                     GB 11643-1989
//! permit, 18        as resident, area 810000 | 820000 | 830000      HK / Macau / Taiwan residents
//! foreigner, 15     3 country | 4 area | 6 birth | 1 sequence | check, 7-3-1 mod 10     2017 card
//! foreigner, 18     9 | 2 province | 3 country | 8 birth | 3 sequence | check MOD 11-2  2023 card
//! ```
//! Out of scope: whether the area still exists (codes are abolished over time) and whether a birth
//! lies in the future (there is no clock here; see [`IdentityNumber::birth`]).

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use ring::hmac;
use serde::{Deserialize, Serialize};

use crate::Secret;
use crate::digest::hex;

/// Sex as GB/T 2261.1 codes it.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sex {
    /// 2.
    Female,
    /// 1.
    Male,
    /// 9.
    NotStated,
    /// 0.
    Unknown,
}

/// Which certificate a number belongs to.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CertificateKind {
    /// Foreigner's permanent residence card.
    Foreigner,
    /// Residence permit of Hong Kong, Macau and Taiwan residents.
    Permit,
    /// Resident identity card.
    Resident,
}

/// A person as a list may show them.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Masked {
    /// The name, most of it hidden.
    pub name: Option<String>,
    /// The certificate's number, most of it hidden.
    pub number: Option<String>,
}

/// A certificate number with correct check digit and possible birth date. Prints masked only.
#[derive(Clone, Eq, PartialEq)]
pub struct IdentityNumber {
    text: Secret<String>,
    kind: CertificateKind,
    birth: Date,
    sex: Sex,
}

/// A number that no certificate bears. Carries no part of the number.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum IdentityNumberError {
    /// The last character does not fit the others.
    #[error("check digit is wrong")]
    CheckDigit,
    /// The birth digits are no date.
    #[error("birth date in the number does not exist")]
    ImpossibleBirth,
    /// Neither 15 nor 18 characters of the kinds known.
    #[error("number has neither form: 15 or 18 characters")]
    Malformed,
}

/// Nobody alive was born before.
const EARLIEST_BIRTH_YEAR: i16 = 1850;

impl IdentityNumber {
    /// The whole number. Every call site is a place where it could leak.
    pub fn expose(&self) -> &str {
        self.text.expose()
    }

    /// Which certificate bears it.
    pub fn kind(&self) -> CertificateKind {
        self.kind
    }

    /// The birth date in the number.
    pub fn birth(&self) -> Date {
        self.birth
    }

    /// The sex that the sequence tells.
    pub fn sex(&self) -> Sex {
        self.sex
    }

    /// The number with all but the first and the last two characters starred.
    pub fn masked(&self) -> String {
        mask_number(self.expose())
    }

    /// The 18-character form of an old 15-digit resident number; other numbers unchanged.
    ///
    /// One person, one text: history under the old number is found under the new.
    pub fn canonical(&self) -> Secret<String> {
        let text = self.expose();
        if self.kind != CertificateKind::Resident || text.len() != 15 {
            return self.text.clone();
        }
        let (area, rest) = text.split_at_checked(6).unwrap_or((text, ""));
        let (_, sequence) = rest.split_at_checked(6).unwrap_or((rest, ""));
        let birth = self.birth.strftime("%Y%m%d");
        let body = format!("{area}{birth}{sequence}");
        let check = mod_11_2(&body).unwrap_or('?');
        Secret::new(format!("{body}{check}"))
    }
}

/// Stars all but the first and the last two characters.
pub fn mask_number(text: &str) -> String {
    let length = text.chars().count();
    text.chars()
        .enumerate()
        .map(|(at, c)| {
            if at == 0 || at.saturating_add(2) >= length {
                c
            } else {
                '*'
            }
        })
        .collect()
}

/// Keeps the family name's first character and stars the rest.
pub fn mask_name(name: &str) -> String {
    name.trim()
        .chars()
        .enumerate()
        .map(|(at, c)| if at == 0 { c } else { '*' })
        .collect()
}

impl fmt::Debug for IdentityNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IdentityNumber({:?}, [secret])", self.kind)
    }
}

impl FromStr for IdentityNumber {
    type Err = IdentityNumberError;
    fn from_str(text: &str) -> Result<Self, IdentityNumberError> {
        if !text.is_ascii() {
            return Err(IdentityNumberError::Malformed);
        }
        // Readers and keyboards deliver both x and X; the standard writes X.
        let text = text.to_ascii_uppercase();
        match (text.len(), text.as_bytes().first()) {
            (18, Some(b'9')) => parse_18(text, CertificateKind::Foreigner, 6),
            (18, Some(b'8')) => parse_18(text, CertificateKind::Permit, 6),
            (18, Some(b'1'..=b'7')) => parse_18(text, CertificateKind::Resident, 6),
            (15, Some(b'1'..=b'9')) => parse_resident_15(text),
            (15, Some(b'A'..=b'Z')) => parse_foreigner_15(text),
            _ => Err(IdentityNumberError::Malformed),
        }
    }
}

fn parse_18(
    text: String,
    kind: CertificateKind,
    birth_at: usize,
) -> Result<IdentityNumber, IdentityNumberError> {
    let (body, check) = text
        .split_at_checked(17)
        .ok_or(IdentityNumberError::Malformed)?;
    if !body.bytes().all(|b| b.is_ascii_digit()) {
        return Err(IdentityNumberError::Malformed);
    }
    let is_permit_area = ["810000", "820000", "830000"]
        .iter()
        .any(|area| body.starts_with(area));
    if kind == CertificateKind::Permit && !is_permit_area {
        return Err(IdentityNumberError::Malformed);
    }
    let birth = parse_date(slice(body, birth_at, 8)?)?;
    if mod_11_2(body) != check.chars().next() {
        return Err(IdentityNumberError::CheckDigit);
    }
    let sex = sex_of(body.as_bytes().last().copied());
    Ok(IdentityNumber {
        text: Secret::new(text),
        kind,
        birth,
        sex,
    })
}

fn parse_resident_15(text: String) -> Result<IdentityNumber, IdentityNumberError> {
    if !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(IdentityNumberError::Malformed);
    }
    // Sequences 996 to 999 marked people who were over a hundred when numbered.
    let century = if slice(&text, 12, 3)? >= "996" {
        "18"
    } else {
        "19"
    };
    let birth = parse_date(&format!("{century}{}", slice(&text, 6, 6)?))?;
    let sex = sex_of(text.as_bytes().last().copied());
    Ok(IdentityNumber {
        text: Secret::new(text),
        kind: CertificateKind::Resident,
        birth,
        sex,
    })
}

fn parse_foreigner_15(text: String) -> Result<IdentityNumber, IdentityNumberError> {
    let letters = slice(&text, 0, 3)?;
    let digits = slice(&text, 3, 12)?;
    if !letters.bytes().all(|b| b.is_ascii_uppercase())
        || !digits.bytes().all(|b| b.is_ascii_digit())
    {
        return Err(IdentityNumberError::Malformed);
    }
    let body = slice(&text, 0, 14)?;
    let check = text.bytes().last().map(|b| u32::from(b.wrapping_sub(b'0')));
    if check != Some(icao_731(body)) {
        return Err(IdentityNumberError::CheckDigit);
    }
    // Two-digit year: the card began in 2004, so nobody numbered under it was born after 2023.
    let short_year: i16 = slice(&text, 7, 2)?
        .parse()
        .map_err(|_| IdentityNumberError::Malformed)?;
    let century = if short_year <= 23 { "20" } else { "19" };
    let birth = parse_date(&format!("{century}{}", slice(&text, 7, 6)?))?;
    let sex = sex_of(body.as_bytes().last().copied());
    Ok(IdentityNumber {
        text: Secret::new(text),
        kind: CertificateKind::Foreigner,
        birth,
        sex,
    })
}

fn slice(text: &str, at: usize, length: usize) -> Result<&str, IdentityNumberError> {
    text.get(at..at.saturating_add(length))
        .ok_or(IdentityNumberError::Malformed)
}

fn parse_date(digits: &str) -> Result<Date, IdentityNumberError> {
    let number = |at: usize, length: usize| {
        digits
            .get(at..at.saturating_add(length))
            .and_then(|part| part.parse::<i16>().ok())
    };
    let (year, month, day) = (number(0, 4), number(4, 2), number(6, 2));
    let date = year.zip(month).zip(day).and_then(|((year, month), day)| {
        Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
    });
    date.filter(|date| date.year() >= EARLIEST_BIRTH_YEAR)
        .ok_or(IdentityNumberError::ImpossibleBirth)
}

fn sex_of(sequence_end: Option<u8>) -> Sex {
    match sequence_end {
        Some(byte) if byte.is_ascii_digit() && byte % 2 == 1 => Sex::Male,
        Some(byte) if byte.is_ascii_digit() => Sex::Female,
        _ => Sex::Unknown,
    }
}

/// SPEC: GB 11643-1999, ISO 7064 MOD 11-2.
fn mod_11_2(body: &str) -> Option<char> {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const CHECKS: &str = "10X98765432";
    if body.len() != WEIGHTS.len() {
        return None;
    }
    let sum: u32 = body
        .bytes()
        .zip(WEIGHTS)
        .map(|(byte, w)| u32::from(byte.wrapping_sub(b'0')) * w)
        .sum();
    CHECKS.chars().nth(usize::try_from(sum % 11).ok()?)
}

/// SPEC: ICAO 9303, weights 7-3-1, letters from A = 10, mod 10.
fn icao_731(body: &str) -> u32 {
    let value = |byte: u8| match byte {
        b'0'..=b'9' => u32::from(byte - b'0'),
        _ => u32::from(byte.wrapping_sub(b'A')) + 10,
    };
    body.bytes()
        .zip([7, 3, 1].into_iter().cycle())
        .map(|(b, w)| value(b) * w)
        .sum::<u32>()
        % 10
}

/// Stands for a person in facts, rows and findings; means nothing without the store's key.
#[derive(Clone, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct PersonRef(Box<str>);

/// Length of a person reference in hexadecimal digits.
const PERSON_REF_DIGITS: usize = 32;

impl PersonRef {
    /// Derives the reference under the store's key.
    ///
    /// Keyed, because eighteen digits are few enough to try them all.
    pub fn derive(key: &Secret<[u8; 32]>, number: &IdentityNumber) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key.expose());
        Self::from_tag(&hmac::sign(&key, number.canonical().expose().as_bytes()))
    }

    /// Derives the reference of somebody whom only the insurer's number tells (`psn_no`): who bears
    /// a certificate of another kind than [`IdentityNumber`] knows.
    ///
    /// The text that is tagged cannot be a certificate's number, so the two never meet.
    pub fn derive_insured(key: &Secret<[u8; 32]>, insured: &Secret<String>) -> Self {
        let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key.expose()));
        context.update(b"insured/");
        context.update(insured.expose().as_bytes());
        Self::from_tag(&context.sign())
    }

    fn from_tag(tag: &hmac::Tag) -> Self {
        let mut digits = hex(tag.as_ref());
        digits.truncate(PERSON_REF_DIGITS);
        Self(digits.into())
    }

    /// The reference as hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PersonRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PersonRef({}…)", self.0.get(..6).unwrap_or_default())
    }
}

/// Text that is not a person reference.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("person reference must be 32 lower-case hexadecimal digits")]
pub struct PersonRefError;

impl TryFrom<String> for PersonRef {
    type Error = PersonRefError;
    fn try_from(text: String) -> Result<Self, PersonRefError> {
        let is_reference = text.len() == PERSON_REF_DIGITS
            && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if is_reference {
            Ok(Self(text.into()))
        } else {
            Err(PersonRefError)
        }
    }
}

impl From<PersonRef> for String {
    fn from(person: PersonRef) -> String {
        person.0.into()
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_every_kind_of_number() {
        for (text, kind, birth, sex) in [
            (
                "11010519491231002X",
                CertificateKind::Resident,
                date(1949, 12, 31),
                Sex::Female,
            ),
            (
                "11010519491231002x",
                CertificateKind::Resident,
                date(1949, 12, 31),
                Sex::Female,
            ),
            (
                "440524188001010014",
                CertificateKind::Resident,
                date(1880, 1, 1),
                Sex::Male,
            ),
            (
                "110105491231002",
                CertificateKind::Resident,
                date(1949, 12, 31),
                Sex::Female,
            ),
            (
                "810000188001010015",
                CertificateKind::Permit,
                date(1880, 1, 1),
                Sex::Male,
            ),
            (
                "830000188001010019",
                CertificateKind::Permit,
                date(1880, 1, 1),
                Sex::Male,
            ),
            (
                "KAZ110090123105",
                CertificateKind::Foreigner,
                date(1990, 12, 31),
                Sex::Female,
            ),
            (
                "931586198001010028",
                CertificateKind::Foreigner,
                date(1980, 1, 1),
                Sex::Female,
            ),
        ] {
            let number: IdentityNumber = text.parse().unwrap();
            assert_eq!(
                (number.kind(), number.birth(), number.sex()),
                (kind, birth, sex),
                "{text}"
            );
        }
    }

    #[test]
    fn refuses_what_no_certificate_bears() {
        for (text, error) in [
            ("110105194912310021", IdentityNumberError::CheckDigit),
            ("11010519490231002X", IdentityNumberError::ImpossibleBirth),
            ("110105184912310021", IdentityNumberError::ImpossibleBirth),
            ("850000188001010015", IdentityNumberError::Malformed),
            ("KAZ110090123106", IdentityNumberError::CheckDigit),
            ("1101051949123100X2", IdentityNumberError::Malformed),
            ("", IdentityNumberError::Malformed),
            ("１１０１０５", IdentityNumberError::Malformed),
        ] {
            assert_eq!(text.parse::<IdentityNumber>().unwrap_err(), error, "{text}");
        }
    }

    #[test]
    fn an_old_number_is_the_same_person() {
        let old: IdentityNumber = "110105491231002".parse().unwrap();
        let new: IdentityNumber = "11010519491231002X".parse().unwrap();
        let key = Secret::new([7; 32]);
        assert_eq!(PersonRef::derive(&key, &old), PersonRef::derive(&key, &new));
        assert_ne!(
            PersonRef::derive(&key, &new),
            PersonRef::derive(&Secret::new([8; 32]), &new)
        );
    }

    #[test]
    fn never_prints_the_number() {
        let number: IdentityNumber = "11010519491231002X".parse().unwrap();
        assert_eq!(number.masked(), "1***************2X");
        assert!(!format!("{number:?}").contains("1949"));
        assert_eq!(mask_name("欧阳测试"), "欧***");
    }

    proptest! {
        #[test]
        fn residents_round_trip(
            area in 110_000_u32..660_000,
            year in 1900_i16..2026, month in 1_i8..=12, day in 1_i8..=28, sequence in 0_u16..1000,
        ) {
            let body = format!("{area}{year}{month:02}{day:02}{sequence:03}");
            let text = format!("{body}{}", mod_11_2(&body).unwrap());
            let number: IdentityNumber = text.parse().unwrap();
            prop_assert_eq!(number.expose(), &text);
            prop_assert_eq!(number.birth(), date(year, month, day));
            prop_assert_eq!(number.sex() == Sex::Male, sequence % 2 == 1);
        }

        #[test]
        fn one_changed_digit_is_noticed(at in 0_usize..17, shift in 1_u8..10) {
            let mut bytes = *b"11010519491231002X";
            bytes[at] = b'0' + (bytes[at] - b'0' + shift) % 10;
            let text = String::from_utf8(bytes.to_vec()).unwrap();
            prop_assert!(text.parse::<IdentityNumber>().is_err());
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,20}") {
            if let Ok(number) = text.parse::<IdentityNumber>() {
                prop_assert_eq!(number.expose(), &text.to_ascii_uppercase());
            }
        }
    }
}
