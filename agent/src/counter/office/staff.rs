//! The register of staff: who is on duty, beginning and ending a shift (R03, R32).

use askama::Template;
use axum::Router;
use axum::routing::{get, post};

use super::form::Fields;
use super::shell::{Shell, moment};
use super::visit::{Office, Visit};
use crate::counter::notice::{Answered, wrong_form};
use pharmacy_desk::{Action, Done, ShiftAction, StaffItem};

pub(super) fn routes() -> Router<Office> {
    Router::new()
        .route("/counter/staff", get(show))
        .route("/counter/staff/sign-ins", post(sign_in))
        .route("/counter/staff/sign-outs", post(sign_out))
}

#[derive(Template)]
#[template(path = "office/staff.html")]
struct StaffPage<'a> {
    shell: Shell,
    staff: &'a [StaffItem],
}

/// The word for a duty of the register.
fn duty(shell: &Shell, duty: &str) -> &'static str {
    shell.say(match duty {
        "in-charge" => "office.duty-in-charge",
        "insurance-manager" => "office.duty-insurance-manager",
        "pharmacist" => "office.duty-pharmacist",
        "remote-pharmacist" => "office.duty-remote-pharmacist",
        _ => "office.duty-cashier",
    })
}

async fn page(visit: &Visit, done: Option<&Done>) -> Answered {
    let mut staff = visit.counter.staff().await?;
    staff.sort_by_key(|one| one.on_duty_since_ms.is_none());
    let shell = Shell::new(visit, "office.staff", "/counter/staff");
    Ok(Shell::page(&StaffPage {
        shell: shell.after(done),
        staff: &staff,
    }))
}

async fn show(visit: Visit) -> Answered {
    page(&visit, None).await
}

async fn sign_in(visit: Visit, mut fields: Fields) -> Answered {
    let by = fields.credentials()?;
    act(&visit, Action::Shift(ShiftAction::SignIn { by })).await
}

async fn sign_out(visit: Visit, mut fields: Fields) -> Answered {
    let staff = fields.parse("staff", "counter.form")?;
    let staff = staff.ok_or_else(wrong_form)?;
    act(&visit, Action::Shift(ShiftAction::SignOut { staff })).await
}

async fn act(visit: &Visit, action: Action) -> Answered {
    let done = visit.act(action).await?;
    page(visit, Some(&done)).await
}
