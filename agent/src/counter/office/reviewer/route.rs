//! Paths of the listener for reviewers. What is not here, is not served.

use askama::Template;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Extension, FromRequest as _, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};

use super::session::{COOKIE, LONGEST_S};
use super::{Site, guard};
use crate::counter::event;
use crate::counter::notice::{self, Notice};
use crate::counter::office::form::Fields;
use crate::counter::office::shell::Shell;
use crate::counter::office::{Visitor, assets, review, switch_language};
use crate::counter::route::{cookie, icon, style};
use pharmacy_desk::Action;

/// What a reviewer sees first.
const HOME: &str = "/counter/reviews";
/// Largest form: a match for each of many drugs.
const MAX_FORM: usize = 16 * 1024;

#[derive(Template)]
#[template(path = "office/sign_in.html")]
struct SignInPage {
    shell: Shell,
}

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
        .merge(assets().with_state(site.office.clone()))
        .route("/", get(|| async { Redirect::to(HOME) }))
        .route("/counter/", get(|| async { Redirect::to(HOME) }))
        .route("/counter/sign-ins", get(show).post(sign_in))
        .route("/counter/counter.css", get(style))
        .route("/counter/icon.svg", get(icon))
        .fallback(no_such_page)
        .layer(DefaultBodyLimit::max(MAX_FORM))
        .layer(middleware::from_fn(switch_language))
        .layer(middleware::from_fn_with_state(
            site.clone(),
            guard::check_origin,
        ))
        .with_state(site)
}

async fn no_such_page() -> Notice {
    Notice::new(StatusCode::NOT_FOUND, "counter.no-such-page")
}

/// Asks who somebody is, and says what was wrong with the last answer.
pub(super) fn ask(
    headers: &HeaderMap,
    status: StatusCode,
    wrong: Option<&'static str>,
) -> Response {
    let shell = Shell::for_stranger(headers, "office.sign-in", "/counter/sign-ins");
    let shell = shell.refused(wrong);
    (status, Shell::page(&SignInPage { shell })).into_response()
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
    let by = Fields::from_request(request, &site.office)
        .await?
        .credentials()?;
    let refused = Notice::new(StatusCode::FORBIDDEN, "review.refused");
    // Before the PIN is tried: who may not review has none to be guessed here, and the derivation
    // that a guess costs is bounded by the lock-outs of those who may.
    let visitor = guard::visitor(site, &by.staff).await?.ok_or(refused)?;
    let staff = by.staff.clone();
    let action = Action::SignIn { by };
    let done = site
        .office
        .counter
        .act(visitor.caller, visitor.place, action)
        .await;
    done.map_err(|error| notice::fault(&error))?;
    let no_random = Notice::new(StatusCode::SERVICE_UNAVAILABLE, "journal.random");
    let name = site.sessions.open(staff).ok_or(no_random)?;
    let more = format!("; Max-Age={LONGEST_S}{}", site.names.cookie_end());
    with_cookie(&name, &more)
}

async fn sign_out(
    State(site): State<Site>,
    Extension(visitor): Extension<Visitor>,
    headers: HeaderMap,
) -> Result<Response, Notice> {
    site.sessions.end(&headers);
    if let Some(staff) = visitor.reviewer {
        let action = Action::SignOut { staff };
        let done = site
            .office
            .counter
            .act(visitor.caller, visitor.place, action)
            .await;
        done.map_err(|error| notice::fault(&error))?;
    }
    with_cookie("", &format!("; Max-Age=0{}", site.names.cookie_end()))
}

/// Gives the session's cookie, and leads to the reviews.
fn with_cookie(value: &str, more: &str) -> Result<Response, Notice> {
    let line = HeaderValue::try_from(cookie(COOKIE, value, more));
    let line = line.map_err(|_| Notice::new(StatusCode::INTERNAL_SERVER_ERROR, "counter.form"))?;
    Ok(([(header::SET_COOKIE, line)], Redirect::to(HOME)).into_response())
}

async fn events(State(site): State<Site>, headers: HeaderMap) -> Response {
    let (changes, stop) = (site.office.counter.changes(), site.stop.clone());
    event::stream_while(changes, stop, move || {
        site.sessions.find(&headers).is_some()
    })
}
