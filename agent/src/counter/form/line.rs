//! What is said of one line or one reason, and what is asked of a settled sale.

use super::field::{FieldError, Fields, FormError};
use super::staff::credentials;
use pharmacy_desk::{Action, ListAction, NewLot, Sign, Supply};
use pharmacy_protocol::term::{TraceCode, TraceText};

/// Most days that a line lasts.
const MAX_DAYS: u32 = 366;
/// Longest number of a receipt (`rtal_docno`).
const MAX_RECEIPT: usize = 40;
/// Longest id of a rule that is taken to the desk.
const MAX_RULE: usize = 64;

pub(super) fn except(fields: &Fields) -> Result<Action, FieldError> {
    Ok(Action::Supply(Supply::Except {
        line: fields.line()?,
        exception: fields.choice("exception")?,
    }))
}

pub(super) fn set_days(fields: &Fields) -> Result<Action, FieldError> {
    let days: Option<u32> = fields.parsed("days", FormError::Days)?;
    let is_possible = |days: &u32| (1..=MAX_DAYS).contains(days);
    let days = days.filter(is_possible).ok_or(FormError::Days.at("days"))?;
    let line = fields.line()?;
    Ok(Action::Supply(Supply::SetDays { line, days }))
}

pub(super) fn set_class(fields: &Fields) -> Result<Action, FieldError> {
    Ok(Action::Sign(Sign::SetClass {
        line: fields.line()?,
        class: fields.choice("class")?,
        by: credentials(fields)?,
    }))
}

pub(super) fn learn_prefix(fields: &Fields) -> Result<Action, FieldError> {
    Ok(Action::Supply(Supply::LearnPrefix {
        line: fields.line()?,
        code: code(fields)?,
    }))
}

/// The photo is read beside the fields.
pub(super) fn photograph_code(fields: &Fields) -> Result<Action, FieldError> {
    Ok(Action::PhotographCode {
        line: fields.line()?,
        images: Vec::new(),
    })
}

pub(super) fn enter_no_code(fields: &Fields) -> Result<Action, FieldError> {
    let missing = |name| FormError::Missing.at(name);
    let quantity = fields.parsed("quantity", FormError::Quantity)?;
    let lot = NewLot {
        line: fields.line()?,
        lot: fields
            .parsed("lot", FormError::Unreadable)?
            .ok_or(missing("lot"))?,
        paper: fields
            .parsed("paper", FormError::Unreadable)?
            .ok_or(missing("paper"))?,
        bought: fields.date("bought")?.ok_or(missing("bought"))?,
        last_day: fields.date("last-day")?.ok_or(missing("last-day"))?,
        quantity: quantity.ok_or(missing("quantity"))?,
    };
    Ok(Action::Sign(Sign::EnterNoCode {
        lot: Box::new(lot),
        by: credentials(fields)?,
    }))
}

pub(super) fn confirm_form(fields: &Fields) -> Result<Action, FieldError> {
    Ok(Action::Sign(Sign::ConfirmForm {
        line: fields.line()?,
        code: code(fields)?,
        by: credentials(fields)?,
    }))
}

pub(super) fn return_cash(fields: &Fields) -> Result<Action, FieldError> {
    let receipt = fields.text("receipt").map(str::trim);
    let is_receipt = |receipt: &&str| (1..=MAX_RECEIPT).contains(&receipt.chars().count());
    let receipt = receipt.filter(is_receipt);
    Ok(Action::Sign(Sign::ReturnCash {
        line: fields.line()?,
        receipt: receipt.ok_or(FormError::Missing.at("receipt"))?.to_owned(),
        by: credentials(fields)?,
    }))
}

/// The one trace code of a field, as every edge reads it.
fn code(fields: &Fields) -> Result<TraceCode, FieldError> {
    let text = fields.text("code").ok_or(FormError::Missing.at("code"))?;
    let one = TraceText::read(text, None).into_one();
    one.map(|pack| pack.code)
        .map_err(|_| FormError::TraceCode.at("code"))
}

/// The rule of a reason, and its line where it has one.
fn reason(fields: &Fields) -> Result<(String, Option<u32>), FieldError> {
    let is_rule =
        |rule: &&str| rule.len() <= MAX_RULE && rule.bytes().all(|c| c.is_ascii_graphic());
    let rule = fields.text("rule").filter(is_rule);
    let rule = rule.ok_or(FormError::Unreadable.at("rule"))?;
    let line = fields.parsed("line", FormError::Unreadable)?;
    Ok((rule.to_owned(), line))
}

pub(super) fn release(fields: &Fields) -> Result<Action, FieldError> {
    let (rule, line) = reason(fields)?;
    Ok(Action::Sign(Sign::Release {
        rule,
        line,
        reason: fields.reason()?,
        by: credentials(fields)?,
    }))
}

pub(super) fn mark_wrong(fields: &Fields) -> Result<Action, FieldError> {
    let (rule, line) = reason(fields)?;
    Ok(Action::Supply(Supply::MarkWrong {
        rule,
        line,
        reason: fields.reason()?,
    }))
}

pub(super) fn print_slip(fields: &Fields) -> Result<Action, FieldError> {
    let sale = fields.parsed("sale", FormError::Unreadable)?;
    let sale = sale.ok_or(FormError::Unreadable.at("sale"))?;
    Ok(Action::List(ListAction::PrintSlip { sale }))
}
