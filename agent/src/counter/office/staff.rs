//! The register of staff: who is on duty, beginning and ending a shift (R03, R32).

use askama::Template;
use axum::Router;
use axum::extract::{Extension, State};
use axum::http::HeaderMap;
use axum::routing::{get, post};

use super::form::Fields;
use super::shell::{Shell, moment};
use super::visit::{Office, Visitor};
use crate::counter::notice;
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

async fn page(
    office: &Office,
    visitor: &Visitor,
    headers: &HeaderMap,
    done: Option<&Done>,
) -> Answered {
    let staff = office.counter.staff().await;
    let mut staff = staff.map_err(|error| notice::fault(&error))?;
    staff.sort_by_key(|one| one.on_duty_since_ms.is_none());
    let shell = Shell::new(visitor, headers, "office.staff", "/counter/staff");
    Ok(Shell::page(&StaffPage {
        shell: shell.after(done),
        staff: &staff,
    }))
}

async fn show(
    State(office): State<Office>,
    Extension(visitor): Extension<Visitor>,
    headers: HeaderMap,
) -> Answered {
    page(&office, &visitor, &headers, None).await
}

async fn sign_in(
    State(office): State<Office>,
    Extension(visitor): Extension<Visitor>,
    headers: HeaderMap,
    mut fields: Fields,
) -> Answered {
    let by = fields.credentials()?;
    act(
        &office,
        &visitor,
        &headers,
        Action::Shift(ShiftAction::SignIn { by }),
    )
    .await
}

async fn sign_out(
    State(office): State<Office>,
    Extension(visitor): Extension<Visitor>,
    headers: HeaderMap,
    mut fields: Fields,
) -> Answered {
    let staff = fields.parse("staff", "counter.form")?;
    let staff = staff.ok_or_else(wrong_form)?;
    act(
        &office,
        &visitor,
        &headers,
        Action::Shift(ShiftAction::SignOut { staff }),
    )
    .await
}

async fn act(office: &Office, visitor: &Visitor, headers: &HeaderMap, action: Action) -> Answered {
    let caller = visitor.caller.clone();
    let done = office.counter.act(caller, visitor.place, action).await;
    let done = done.map_err(|error| notice::fault(&error))?;
    page(office, visitor, headers, Some(&done)).await
}
