//! Paths of the listener for reviewers. What is not here, is not served.

use axum::Router;
use axum::extract::{DefaultBodyLimit, Extension, FromRequest as _, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};

use super::guard;
use super::site::Site;
use crate::counter::notice::{Notice, no_such_page};
use crate::counter::office::ask::ask;
use crate::counter::office::form::Fields;
use crate::counter::office::review;
use crate::counter::office::visit::Visitor;
use crate::counter::switch::switch_language;
use crate::counter::{asset, event};
use crate::door::policy::Scheme;
use crate::door::stay::{BODY_DEADLINE, vouch};
use pharmacy_desk::{Action, ShiftAction};

/// What a reviewer sees first.
const HOME: &str = "/counter/reviews";
/// Largest form: a match for each of many drugs.
const MAX_FORM: usize = 16 * 1024;

/// Longest session in seconds: the longest shift that a store has.
pub(super) const LONGEST_S: i64 = 12 * 60 * 60;

pub(super) fn router(site: Site) -> Router {
    let signed_in = review::routes()
        .with_state(site.office.clone())
        .route("/counter/events", get(events))
        .route("/counter/sign-outs", post(sign_out))
        .layer(middleware::from_fn(switch_language))
        .layer(middleware::from_fn_with_state(
            site.clone(),
            guard::check_session,
        ));
    Router::new()
        .merge(signed_in)
        .merge(asset::office())
        .merge(asset::every_page())
        .route("/", get(|| async { Redirect::to(HOME) }))
        .route("/counter/", get(|| async { Redirect::to(HOME) }))
        .route("/counter/sign-ins", get(show).post(sign_in))
        .fallback(no_such_page)
        .layer(DefaultBodyLimit::max(MAX_FORM))
        .layer(middleware::from_fn(switch_language))
        .layer(middleware::from_fn_with_state(
            site.clone(),
            guard::check_origin,
        ))
        .with_state(site)
}

async fn show(headers: HeaderMap) -> Response {
    ask(&headers, StatusCode::OK, None)
}

async fn sign_in(State(site): State<Site>, headers: HeaderMap, request: Request) -> Response {
    match try_sign_in(&site, request).await {
        Ok(response) => response,
        Err(notice) => ask(&headers, notice.status, Some(notice.code)),
    }
}

async fn try_sign_in(site: &Site, request: Request) -> Result<Response, Notice> {
    let sender = request.extensions().clone();
    // Nobody knows yet from whom it is.
    let read = Fields::from_request(request, &site.office);
    let read = tokio::time::timeout(BODY_DEADLINE, read).await;
    let by = read
        .map_err(|_| Notice::new(StatusCode::REQUEST_TIMEOUT, "body.timeout"))??
        .credentials()?;
    let refused = Notice::new(StatusCode::FORBIDDEN, "review.refused");
    // Before the PIN is tried: who may not review has none to be guessed here, and the derivation
    // that a guess costs is bounded by the lock-outs of those who may.
    let visitor = guard::visitor(site, &by.staff).await?.ok_or(refused)?;
    let staff = by.staff.clone();
    let action = Action::Shift(ShiftAction::SignIn { by });
    let counter = &site.office.counter;
    let _ = counter.act(visitor.caller, visitor.place, action).await?;
    vouch(&sender);
    let no_random = Notice::new(StatusCode::SERVICE_UNAVAILABLE, "journal.random");
    let name = site.sessions.open(staff).ok_or(no_random)?;
    with_cookie(site, &name, LONGEST_S)
}

async fn sign_out(
    State(site): State<Site>,
    Extension(visitor): Extension<Visitor>,
    headers: HeaderMap,
) -> Result<Response, Notice> {
    site.sessions.end(&headers);
    if let Some(staff) = visitor.reviewer {
        let action = Action::Shift(ShiftAction::SignOut { staff });
        let counter = &site.office.counter;
        let _ = counter.act(visitor.caller, visitor.place, action).await?;
    }
    with_cookie(&site, "", 0)
}

/// Gives the session's cookie for so many seconds, and leads to the reviews.
fn with_cookie(site: &Site, value: &str, seconds: i64) -> Result<Response, Notice> {
    let secure = match site.policy.names.scheme() {
        Scheme::Https => "; Secure",
        Scheme::Http => "",
    };
    let more = format!("; Max-Age={seconds}{secure}");
    let line = site.sessions.cookie().line(value, &more);
    let line = line.map_err(|_| Notice::new(StatusCode::INTERNAL_SERVER_ERROR, "counter.form"))?;
    Ok(([(header::SET_COOKIE, line)], Redirect::to(HOME)).into_response())
}

async fn events(State(site): State<Site>, headers: HeaderMap) -> Response {
    let (changes, stop) = (site.office.counter.changes(), site.stop.clone());
    event::stream(changes, stop, move || {
        site.sessions.find(&headers).is_some()
    })
}
