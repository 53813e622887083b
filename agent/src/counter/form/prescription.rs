//! Prescriptions: what stands on one, which one is meant, and what the pharmacist says of it.

use jiff::civil::{Date, Time};
use pharmacy_decision::Fact;
use pharmacy_decision::facts::{PrescribedDrug, PrescriptionForm};
use pharmacy_protocol::Secret;
use pharmacy_protocol::term::Quantity;

use super::field::{FieldError, Fields, FormError, MAX_NAME, MAX_REASON, is_line};
use super::staff::credentials;
use pharmacy_desk::{Action, PatientTold, PersonInput, PrescriptionAction, PrescriptionTold};

/// Most drugs of a prescription.
// LAW: 处方管理办法, art. 6 (7): five to a sheet; several sheets may be taken in at once.
const MAX_DRUGS: usize = 20;
/// Longest number of a prescription.
const MAX_NUMBER: usize = 64;
/// Most times that one may be dispensed.
const MAX_REPEATS: u32 = 12;

pub(super) fn add(fields: &Fields) -> Result<Action, FieldError> {
    let name = |field| Ok::<_, FieldError>(fields.name(field)?.map(str::to_owned));
    let (institution_code, institution_name) = code_or_name(name("institution")?, 'H', 11);
    let (physician_code, physician_name) = code_or_name(name("physician")?, 'D', 12);
    let issued = fields.date("issued")?;
    let told = PrescriptionTold {
        number: number(fields)?,
        form: Some(fields.chosen("form-of")?.unwrap_or(PrescriptionForm::Paper)),
        patient: patient(fields)?,
        institution_code,
        institution_name,
        institution: fields.chosen("standing")?,
        level: fields.chosen("level")?,
        setting: fields.chosen("setting")?,
        physician_code,
        physician_name,
        diagnosis: diagnosis(fields)?,
        issued_ms: issued_ms(fields, issued)?,
        issued,
        valid_until: fields.date("valid-until")?,
        repeats: repeats(fields)?,
        interval: None,
        drugs: drugs(fields)?,
    };
    Ok(Action::Prescription(PrescriptionAction::Add {
        told: Box::new(told),
        images: Vec::new(),
    }))
}

fn number(fields: &Fields) -> Result<Option<String>, FieldError> {
    let told = fields.text("prescription-number");
    match told.is_none_or(|told| is_line(told, MAX_NUMBER)) {
        true => Ok(told.map(str::to_owned)),
        false => Err(FormError::Name.at("prescription-number")),
    }
}

type CodeOrName = (Option<String>, Option<String>);

/// One field for both: a national code is told from a name by its form.
// SPEC: H and 11 digits for a designated institution, D and 12 for a physician of the insurance.
pub(in crate::counter) fn code_or_name(
    told: Option<String>,
    letter: char,
    digits: usize,
) -> CodeOrName {
    let Some(told) = told else {
        return (None, None);
    };
    let upper = told.to_ascii_uppercase();
    let is_code = upper.strip_prefix(letter).is_some_and(|rest| {
        rest.len() == digits && rest.bytes().all(|letter| letter.is_ascii_digit())
    });
    match is_code {
        true => (Some(upper), None),
        false => (None, Some(told)),
    }
}

fn patient(fields: &Fields) -> Result<PatientTold, FieldError> {
    match fields.text("patient") {
        Some("same") => Ok(PatientTold::SameAsSale),
        Some("unknown") => Ok(PatientTold::Unknown),
        Some("other") => {
            let number = fields.parsed("patient-number", FormError::Number)?;
            let name = fields.name("patient-name")?;
            let name = name.ok_or(FormError::Missing.at("patient-name"))?;
            Ok(PatientTold::Person(PersonInput {
                number,
                name: Some(Secret::new(name.to_owned())),
                sex: None,
                birth: None,
            }))
        }
        _ => Err(FormError::Choice.at("patient")),
    }
}

fn diagnosis(fields: &Fields) -> Result<Option<Secret<String>>, FieldError> {
    let told = fields.text("diagnosis");
    match told.is_none_or(|told| is_line(told, MAX_REASON)) {
        true => Ok(told.map(|told| Secret::new(told.to_owned()))),
        false => Err(FormError::Name.at("diagnosis")),
    }
}

/// The moment of issue where the prescription tells the minute, by the clock of China.
fn issued_ms(fields: &Fields, on: Option<Date>) -> Result<Option<i64>, FieldError> {
    let Some(time) = fields.parsed::<Time>("issued-time", FormError::Date)? else {
        return Ok(None);
    };
    let on = on.ok_or(FormError::Missing.at("issued"))?;
    let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(8));
    let at = on.to_datetime(time).to_zoned(zone);
    let at = at.map_err(|_| FormError::Date.at("issued-time"))?;
    Ok(Some(at.timestamp().as_millisecond()))
}

fn repeats(fields: &Fields) -> Result<Option<u32>, FieldError> {
    let told = fields.parsed("repeats", FormError::Quantity)?;
    match told.is_none_or(|told| (1..=MAX_REPEATS).contains(&told)) {
        true => Ok(told),
        false => Err(FormError::Quantity.at("repeats")),
    }
}

/// The rows of drugs; a row without a name is none.
fn drugs(fields: &Fields) -> Result<Vec<PrescribedDrug>, FieldError> {
    let rows = fields.all("drug").zip(fields.all("quantity"));
    let rows = rows.zip(fields.all("days"));
    let named = rows.filter(|((name, _), _)| !name.is_empty());
    let drugs: Vec<_> = named
        .map(|((name, quantity), days)| drug(name, quantity, days))
        .collect::<Result<_, _>>()?;
    match drugs.len() {
        0 => Err(FormError::Missing.at("drug")),
        1..=MAX_DRUGS => Ok(drugs),
        _ => Err(FormError::TooLarge.at("drug")),
    }
}

fn drug(name: &str, quantity: &str, days: &str) -> Result<PrescribedDrug, FieldError> {
    if !is_line(name, MAX_NAME) {
        return Err(FormError::Name.at("drug"));
    }
    let quantity = match quantity {
        "" => Fact::default(),
        told => {
            let told: Option<Quantity> = told.parse().ok();
            let told = told.filter(|told| told.is_positive());
            Fact::Known(told.ok_or(FormError::Quantity.at("quantity"))?)
        }
    };
    let days = match days {
        "" => Fact::default(),
        told => {
            let told: Option<u32> = told.parse().ok();
            let told = told.filter(|told| (1..=366).contains(told));
            Fact::Known(told.ok_or(FormError::Days.at("days"))?)
        }
    };
    Ok(PrescribedDrug {
        code: None,
        name: name.to_owned(),
        quantity,
        days,
        dispensed: Quantity::whole(0),
        matched_by: None,
    })
}

/// The number in this store of the prescription that is meant.
fn kept(fields: &Fields) -> Result<u64, FieldError> {
    let kept = fields.parsed("prescription", FormError::Choice)?;
    kept.ok_or(FormError::Choice.at("prescription"))
}

pub(super) fn attach(fields: &Fields) -> Result<Action, FieldError> {
    let prescription = kept(fields)?;
    Ok(Action::Prescription(PrescriptionAction::Attach {
        prescription,
    }))
}

pub(super) fn doubt(fields: &Fields) -> Result<Action, FieldError> {
    let prescription = kept(fields)?;
    Ok(Action::Prescription(PrescriptionAction::Doubt {
        prescription,
    }))
}

pub(super) fn review(fields: &Fields) -> Result<Action, FieldError> {
    let prescription = kept(fields)?;
    match fields.text("decision") {
        // Enter in a field presses the first button, which approves.
        Some("approve") | None => Ok(Action::Prescription(PrescriptionAction::Approve {
            prescription,
            matches: matches(fields)?,
            by: credentials(fields)?,
        })),
        Some("reject") => Ok(Action::Prescription(PrescriptionAction::Reject {
            prescription,
            reason: fields.reason()?,
            by: credentials(fields)?,
        })),
        Some(_) => Err(FormError::Choice.at("decision")),
    }
}

/// Which line a drug is, where its name differs from the line's: one field for each drug.
fn matches(fields: &Fields) -> Result<Vec<(usize, u32)>, FieldError> {
    let told = fields.all("match").enumerate();
    let chosen = told.filter(|(_, line)| !line.is_empty());
    let read = |(drug, line): (usize, &str)| {
        let line = line.parse().map_err(|_| FormError::Choice.at("match"))?;
        Ok((drug, line))
    };
    chosen.map(read).collect()
}
