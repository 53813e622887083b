//! Who is who: documents, proxy, family member, holder, buyer of what is registered.

use pharmacy_protocol::Secret;

use super::field::{FieldError, Fields, FormError};
use super::staff::credentials;
use pharmacy_desk::{Action, Lasting, PersonInput, Role, Sign, Supply};

/// Nobody in particular: whoever the sale knows already.
const NOBODY_NEW: PersonInput = PersonInput {
    number: None,
    name: None,
    sex: None,
    birth: None,
};

/// Which of a document's two facts have to be there.
#[derive(Clone, Copy)]
enum Needs {
    Name,
    NameAndNumber,
}

/// The person whom the fields `name` and `number` tell.
fn person(fields: &Fields, needs: Needs) -> Result<PersonInput, FieldError> {
    let number = fields.parsed("number", FormError::Number)?;
    if matches!(needs, Needs::NameAndNumber) && number.is_none() {
        return Err(FormError::Missing.at("number"));
    }
    let name = fields.name("name")?.ok_or(FormError::Missing.at("name"))?;
    Ok(PersonInput {
        number,
        name: Some(Secret::new(name.to_owned())),
        ..NOBODY_NEW
    })
}

/// Whose presence; the holder's unless told.
fn role(fields: &Fields) -> Result<Role, FieldError> {
    Ok(fields.chosen("role")?.unwrap_or_default())
}

pub(super) fn read_card(fields: &Fields) -> Result<Action, FieldError> {
    let role = role(fields)?;
    Ok(Action::ReadCard { role })
}

pub(super) fn see_document(fields: &Fields) -> Result<Action, FieldError> {
    Ok(Action::Supply(Supply::SeeDocument {
        role: role(fields)?,
        person: person(fields, Needs::NameAndNumber)?,
    }))
}

pub(super) fn set_proxy(fields: &Fields) -> Result<Action, FieldError> {
    Ok(Action::Supply(Supply::SetProxy {
        person: person(fields, Needs::NameAndNumber)?,
        holder_document: fields.choice("holder-document")?,
        proxy_document: fields.choice("proxy-document")?,
        reason: fields.choice("why")?,
        lasts: fields.chosen("lasts")?.unwrap_or(Lasting::ThisSale),
    }))
}

pub(super) fn enrol_reader(fields: &Fields) -> Result<Action, FieldError> {
    let by = credentials(fields)?;
    Ok(Action::Sign(Sign::EnrolReader { by }))
}

pub(super) fn set_patient(fields: &Fields) -> Result<Action, FieldError> {
    // A newborn has a name before a number.
    Ok(Action::Supply(Supply::SetPatient {
        relation: fields.choice("relation")?,
        person: person(fields, Needs::Name)?,
    }))
}

pub(super) fn name_holder(fields: &Fields) -> Result<Action, FieldError> {
    let person = person(fields, Needs::NameAndNumber)?;
    Ok(Action::Supply(Supply::NameHolder { person }))
}

// LAW: who buys a preparation with ephedrine is registered by name and number; who refuses is not
// sold to (国家药监局、公安部、卫生部 2012).
pub(super) fn register(fields: &Fields) -> Result<Action, FieldError> {
    let buyer = match fields.text("who") {
        Some("same") => Some(NOBODY_NEW),
        Some("other") => Some(person(fields, Needs::NameAndNumber)?),
        Some("refused") => None,
        _ => return Err(FormError::Choice.at("who")),
    };
    let line = fields.line()?;
    Ok(Action::Supply(Supply::Register { line, buyer }))
}
