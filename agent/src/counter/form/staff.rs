//! Who acts: staff number and PIN.

use super::field::{FieldError, Fields, FormError};
use pharmacy_desk::{Action, Credentials, ShiftAction, Sign};

/// The member of staff whom the fields name, and their PIN.
pub(super) fn credentials(fields: &Fields) -> Result<Credentials, FieldError> {
    let staff = fields.parsed("staff", FormError::Staff)?;
    Ok(Credentials {
        staff: staff.ok_or(FormError::Missing.at("staff"))?,
        pin: fields.pin()?,
    })
}

pub(super) fn sign_in(fields: &Fields) -> Result<Action, FieldError> {
    let by = credentials(fields)?;
    Ok(Action::Shift(ShiftAction::SignIn { by }))
}

/// The name of a shape, as the form carried it.
const SHAPE_DIGITS: usize = 16;

pub(super) fn reopen(fields: &Fields) -> Result<Action, FieldError> {
    let is_shape = |shape: &&str| {
        shape.len() == SHAPE_DIGITS && shape.bytes().all(|digit| digit.is_ascii_hexdigit())
    };
    let shape = fields.text("shape").filter(is_shape);
    let shape = shape.ok_or(FormError::Unreadable.at("shape"))?;
    Ok(Action::Sign(Sign::Reopen {
        shape: shape.to_owned(),
        reason: fields.reason()?,
        by: credentials(fields)?,
    }))
}

pub(super) fn sign_out(fields: &Fields) -> Result<Action, FieldError> {
    let staff = fields.parsed("staff", FormError::Staff)?;
    let staff = staff.ok_or(FormError::Missing.at("staff"))?;
    Ok(Action::Shift(ShiftAction::SignOut { staff }))
}
