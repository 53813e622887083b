//! Paths below `/counter` and what they ask of the desk.

mod act;
mod resolve;
mod show;

use axum::Router;
use axum::extract::rejection::FormRejection;
use axum::extract::{DefaultBodyLimit, Extension, Form, Path, Query, State};
use axum::http::{Extensions, HeaderMap, StatusCode, header};
use axum::middleware;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use pharmacy_protocol::Secret;
use serde::Deserialize;
use zeroize::Zeroizing;

use self::show::{Told, drawn, whole};
use super::form::MAX_UPLOAD;
use super::guard::{self, Seat};
use super::language::Language;
use super::notice::{Answered, Notice, no_such_page, wrong_form};
use super::page::{self, Answer, Reload};
use super::site::Site;
use super::switch::remember;
use super::view::View;
use super::{asset, event, office};
use crate::door::stay::vouch;
use pharmacy_desk::{ScanKind, Scanned};

/// The page.
const HOME: &str = "/counter/";
/// Largest form; the longest scan has some hundred characters.
const MAX_FORM: usize = 4 * 1024;
/// All paths below `/counter`.
pub(super) fn router(site: Site) -> Router {
    let seated = Router::new()
        .route("/counter/", get(show))
        .route("/counter/board", get(board))
        .route("/counter/events", get(events))
        .route("/counter/scans", post(take_scan))
        .route("/counter/resolutions", post(resolve::resolve))
        .route("/counter/actions/{form}", post(act::act))
        .route(
            "/counter/prescriptions",
            post(act::add_prescription).layer(DefaultBodyLimit::max(MAX_UPLOAD)),
        )
        .route(
            "/counter/photos",
            post(act::photograph_code).layer(DefaultBodyLimit::max(MAX_UPLOAD)),
        )
        .merge(office::router(site.counter.clone()))
        .layer(middleware::from_fn_with_state(
            site.clone(),
            guard::check_session,
        ));
    Router::new()
        .merge(seated)
        .route("/counter", get(|| async { Redirect::to(HOME) }))
        .route("/counter/open/{secret}", get(open))
        .merge(asset::every_page())
        .merge(asset::counter_page())
        .route("/counter/{*path}", get(no_such_page))
        .layer(DefaultBodyLimit::max(MAX_FORM))
        .layer(middleware::from_fn_with_state(
            site.clone(),
            guard::check_origin,
        ))
        .with_state(site)
}

/// Opens a session and leads to the page, so that no secret stays in the address.
async fn open(
    State(site): State<Site>,
    Path(secret): Path<String>,
    extensions: Extensions,
) -> Answered {
    let token = Secret::new(secret);
    if let Err(unknown) = guard::caller(&site, &token) {
        site.slow.wait().await;
        return Err(unknown);
    }
    let no_random = Notice::new(StatusCode::SERVICE_UNAVAILABLE, "journal.random");
    let name = site.sessions.open(token).ok_or(no_random)?;
    vouch(&extensions);
    let line = site.sessions.cookie().line(&name, "");
    let cookie = [(header::SET_COOKIE, line.map_err(|_| wrong_form())?)];
    let policy = [(header::REFERRER_POLICY, "no-referrer")];
    Ok((cookie, policy, Redirect::to(HOME)).into_response())
}

/// `?lang=en`, `?reload=never`
#[derive(Deserialize)]
struct Switch {
    lang: Option<String>,
    reload: Option<String>,
}

async fn show(
    State(site): State<Site>,
    Extension(seat): Extension<Seat>,
    Query(switch): Query<Switch>,
    headers: HeaderMap,
) -> Answered {
    if let Some(language) = switch.lang.as_deref().and_then(Language::parse) {
        return Ok(remember(language, HOME));
    }
    let reload = match switch.reload {
        Some(_) => Reload::Never,
        None => Reload::Always,
    };
    let told = Told {
        reload,
        ..Told::default()
    };
    whole(&site, seat, Language::of(&headers), told).await
}

async fn board(
    State(site): State<Site>,
    Extension(seat): Extension<Seat>,
    headers: HeaderMap,
) -> Answered {
    let lang = Language::of(&headers);
    let draw = |view: &View<'_>| page::parts(lang, view);
    let body = drawn(&site, seat, lang, None, draw).await?;
    Ok(Html(body).into_response())
}

async fn events(State(site): State<Site>, Extension(seat): Extension<Seat>) -> Response {
    let (changes, stop) = (site.counter.changes(), site.stop.clone());
    // It ends when the till's secret is revoked.
    event::stream(changes, stop, move || {
        guard::caller(&site, &seat.token).is_ok()
    })
}

#[derive(Deserialize)]
struct ScanForm {
    /// As a scanner types it. It may be a credential.
    code: Zeroizing<String>,
}

async fn take_scan(
    State(site): State<Site>,
    Extension(seat): Extension<Seat>,
    headers: HeaderMap,
    form: Result<Form<ScanForm>, FormRejection>,
) -> Answered {
    let Form(form) = form.map_err(|_| wrong_form())?;
    let lang = Language::of(&headers);
    let scan = ScanKind::of(form.code.as_bytes(), None);
    let taken = site.counter.take_scan(seat.caller.clone(), scan).await;
    let answer = match taken? {
        Scanned::Line { line, .. } => Answer::good(lang, "counter.scan-line", Some(line.into())),
        Scanned::Waiting => Answer::good(lang, "counter.scan-waiting", None),
        Scanned::Badge { code } => Answer::good(lang, &code, None),
        Scanned::Refused { code } => Answer::bad(lang, &code),
    };
    whole(&site, seat, lang, answer.into()).await
}
