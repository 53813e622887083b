//! What stands on a prescription: held against its limits, and completed by what follows from it.

use jiff::ToSpan;
use jiff::civil::Date;
use pharmacy_decision::Fact;
use pharmacy_decision::facts::PrescriptionForm;
use pharmacy_decision::pack::PrescriptionTerms;
use pharmacy_decision::record::prescription::Written;
use pharmacy_protocol::term::Quantity;

use super::PrescriptionError;

/// Longest text of a prescription, characters.
pub const MAX_TEXT: usize = 200;
/// Longest diagnosis, characters.
pub const MAX_DIAGNOSIS: usize = 500;
/// Longest number of a prescription, characters; the national interface has 40 (`rxno`).
pub const MAX_NUMBER: usize = 64;
/// Most drugs of a prescription.
pub const MAX_DRUGS: usize = 50;
/// Most times that a prescription may be dispensed.
pub const MAX_REPEATS: u32 = 99;
/// Most days that a drug of it lasts.
pub const MAX_DAYS: u32 = 366;

/// A text whose form is not the national one. Provinces differ, so it is kept and asked about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OddForm {
    /// Not H and 11 digits.
    InstitutionCode,
    /// Not D and 12 digits.
    PhysicianCode,
}

impl OddForm {
    pub fn member(self) -> &'static str {
        match self {
            Self::InstitutionCode => "institution_code",
            Self::PhysicianCode => "physician_code",
        }
    }
}

/// A text without control characters and not too long; empty is none.
pub fn checked_text(
    member: &'static str,
    text: Option<String>,
    most: usize,
) -> Result<Option<String>, PrescriptionError> {
    let Some(text) = text else { return Ok(None) };
    let trimmed = text.trim();
    if trimmed.chars().count() > most || trimmed.chars().any(char::is_control) {
        return Err(PrescriptionError::OutOfBounds { member });
    }
    Ok((!trimmed.is_empty()).then(|| trimmed.to_owned()))
}

/// Holds everything against its limits, and completes what follows from the rest.
pub fn checked(mut written: Written) -> Result<Written, PrescriptionError> {
    let out_of_bounds = |member| Err(PrescriptionError::OutOfBounds { member });
    let code = |text: Option<String>| text.map(|text| text.to_ascii_uppercase());
    written.number = numbered(checked_text("number", written.number, MAX_NUMBER)?);
    written.institution_code = code(checked_text(
        "institution_code",
        written.institution_code,
        MAX_NUMBER,
    )?);
    written.institution_name =
        checked_text("institution_name", written.institution_name, MAX_TEXT)?;
    written.physician_code = code(checked_text(
        "physician_code",
        written.physician_code,
        MAX_NUMBER,
    )?);
    written.physician_name = checked_text("physician_name", written.physician_name, MAX_TEXT)?;
    if written.repeats == 0 || written.repeats > MAX_REPEATS {
        return out_of_bounds("repeats");
    }
    if written.interval.is_some_and(|days| days > MAX_DAYS) {
        return out_of_bounds("interval");
    }
    if written.drugs.len() > MAX_DRUGS {
        return out_of_bounds("drugs");
    }
    for drug in &mut written.drugs {
        let name = std::mem::take(&mut drug.name);
        drug.name = checked_text("drugs", Some(name), MAX_TEXT)?.unwrap_or_default();
        if drug.name.is_empty() && drug.code.is_none() {
            return out_of_bounds("drugs");
        }
        let is_negative = |quantity: &Quantity| quantity.units() < 0;
        if drug.quantity.known().is_some_and(is_negative) || is_negative(&drug.dispensed) {
            return out_of_bounds("quantity");
        }
        if drug.days.known().is_some_and(|days| *days > MAX_DAYS) {
            return out_of_bounds("days");
        }
        drug.matched_by = None;
    }
    Ok(written)
}

/// Completes the last day, and refuses one whose days cannot be right: written after the day on which it
/// serves, or over by then.
///
/// LAW: 处方管理办法 art. 18 (待核实): good on the day of issue, unless the physician writes a later day,
/// at most three days on. Long prescriptions for chronic diseases and electronic ones say their day
/// themselves; so does one whose days of supply nobody told, which may be a long one.
pub fn dated(
    mut written: Written,
    terms: &PrescriptionTerms,
    on: Date,
) -> Result<Written, PrescriptionError> {
    let Some(issued) = written.issued else {
        return match written.valid_until {
            Some(until) if until < on => Err(PrescriptionError::Expired { until }),
            Some(_) | None => Ok(written),
        };
    };
    if issued > on {
        return Err(PrescriptionError::Future { issued });
    }
    let last = |days: Option<u32>| {
        let later = i64::from(days?.checked_sub(1)?);
        issued.checked_add(later.days()).ok()
    };
    let until = written.valid_until.or_else(|| last(terms.days));
    let until = until.unwrap_or(issued);
    let is_ordinary = terms
        .ordinary_supply
        .is_some_and(|most| is_ordinary(&written, most));
    let until = match last(terms.days_at_most).filter(|_| is_ordinary) {
        Some(latest) => until.min(latest),
        None => until,
    };
    if until < on || until < issued {
        return Err(PrescriptionError::Expired { until });
    }
    written.valid_until = Some(until);
    Ok(written)
}

/// On paper, dispensed once, and every drug of it known to last no longer than an ordinary supply.
fn is_ordinary(written: &Written, most: u32) -> bool {
    let is_short = |days: &Fact<u32>| days.known().is_some_and(|days| *days <= most);
    written.form == PrescriptionForm::Paper
        && written.repeats == 1
        && !written.drugs.is_empty()
        && written.drugs.iter().all(|drug| is_short(&drug.days))
}

/// What is written where a number belongs and there is none.
const NO_NUMBER: [&str; 6] = ["无", "没有", "N/A", "NA", "NONE", "NULL"];

/// A number of a prescription that is one.
fn numbered(number: Option<String>) -> Option<String> {
    number.filter(|number| {
        let is_letter = |letter: char| letter.is_alphanumeric() && letter != '0' && letter != '０';
        let is_word = NO_NUMBER.contains(&number.to_ascii_uppercase().as_str());
        !is_word && number.chars().any(is_letter)
    })
}

/// Codes that do not have the national form.
///
/// SPEC: institutions H and 11 digits, physicians D and 12 digits; not every province writes so.
pub fn odd_forms(written: &Written) -> Vec<OddForm> {
    let is_odd = |code: &Option<String>, letter: char, digits: usize| {
        code.as_deref().is_some_and(|code| {
            let number = code.strip_prefix(letter);
            !number.is_some_and(|number| {
                number.len() == digits && number.bytes().all(|byte| byte.is_ascii_digit())
            })
        })
    };
    let mut odd = Vec::new();
    if is_odd(&written.institution_code, 'H', 11) {
        odd.push(OddForm::InstitutionCode);
    }
    if is_odd(&written.physician_code, 'D', 12) {
        odd.push(OddForm::PhysicianCode);
    }
    odd
}
