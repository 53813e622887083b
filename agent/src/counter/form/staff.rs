//! Who acts: staff number and PIN.

use super::field::{FieldError, Fields, FormError};
use pharmacy_desk::{Action, Credentials, ShiftAction};

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

pub(super) fn sign_out(fields: &Fields) -> Result<Action, FieldError> {
    let staff = fields.parsed("staff", FormError::Staff)?;
    let staff = staff.ok_or(FormError::Missing.at("staff"))?;
    Ok(Action::Shift(ShiftAction::SignOut { staff }))
}
