//! Paths below `/counter` and what they ask of the desk.

mod act;

use axum::Router;
use axum::extract::rejection::FormRejection;
use axum::extract::{DefaultBodyLimit, Extension, Form, Path, Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use pharmacy_protocol::Secret;
use pharmacy_protocol::term::SaleId;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::form::MAX_UPLOAD;
use super::guard::{self, Seat};
use super::language::{self, Language};
use super::notice::{self, Notice};
use super::page::{self, Answer, Reload};
use super::panel::{Scene, Typed};
use super::view::View;
use super::{Site, event, office, session};
use pharmacy_desk::{Board, Credentials, DeskError, Remedy, Resolution, ScanKind, Scanned, today};

/// The page.
const HOME: &str = "/counter/";
/// Largest form; the longest scan has some hundred characters.
const MAX_FORM: usize = 4 * 1024;
/// Longest message id and settlement id of the national interface.
// SPEC: `msgid` and `setl_id` are 30 characters; some provinces write a few more.
const MAX_NUMBER: usize = 64;

type Answered = Result<Response, Notice>;

/// All paths below `/counter`.
pub(super) fn router(site: Site) -> Router {
    let seated = Router::new()
        .route("/counter/", get(show))
        .route("/counter/board", get(board))
        .route("/counter/events", get(events))
        .route("/counter/scans", post(take_scan))
        .route("/counter/resolutions", post(resolve))
        .route("/counter/actions/{form}", post(act::act))
        .route(
            "/counter/prescriptions",
            post(act::add_prescription).layer(DefaultBodyLimit::max(MAX_UPLOAD)),
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
        .route("/counter/counter.css", get(style))
        .route("/counter/counter.js", get(script))
        .route("/counter/icon.svg", get(icon))
        .route("/counter/{*path}", get(no_such_page))
        .layer(DefaultBodyLimit::max(MAX_FORM))
        .layer(middleware::from_fn_with_state(
            site.clone(),
            guard::check_origin,
        ))
        .with_state(site)
}

async fn no_such_page() -> Notice {
    Notice::new(StatusCode::NOT_FOUND, "counter.no-such-page")
}

fn asset(content_type: &'static str, text: &'static str) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, content_type)], text)
}

pub(super) async fn style() -> impl IntoResponse {
    asset(
        "text/css; charset=utf-8",
        include_str!("../asset/counter.css"),
    )
}

async fn script() -> impl IntoResponse {
    asset(
        "text/javascript; charset=utf-8",
        include_str!("../asset/counter.js"),
    )
}

pub(super) async fn icon() -> impl IntoResponse {
    asset("image/svg+xml", include_str!("../asset/icon.svg"))
}

/// A cookie for our own pages alone.
pub(super) fn cookie(name: &str, value: &str, more: &str) -> String {
    format!("{name}={value}; Path=/counter; HttpOnly; SameSite=Strict{more}")
}

/// Opens a session and leads to the page, so that no secret stays in the address.
async fn open(State(site): State<Site>, Path(secret): Path<String>) -> Answered {
    let token = Secret::new(secret);
    guard::caller(&site, &token)?;
    let name = site.sessions.open(token).ok_or(Notice::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "journal.random",
    ))?;
    let headers: [(HeaderName, HeaderValue); 2] = [
        (
            header::SET_COOKIE,
            header_value(cookie(session::COOKIE, &name, ""))?,
        ),
        (
            header::REFERRER_POLICY,
            HeaderValue::from_static("no-referrer"),
        ),
    ];
    Ok((headers, Redirect::to(HOME)).into_response())
}

fn header_value(text: String) -> Result<HeaderValue, Notice> {
    HeaderValue::try_from(text).map_err(|_| wrong_form())
}

fn wrong_form() -> Notice {
    Notice::new(StatusCode::UNPROCESSABLE_ENTITY, "counter.form")
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
        const YEAR: &str = "; Max-Age=31536000";
        let cookie = header_value(cookie(language::COOKIE, language.tag(), YEAR))?;
        let headers = [(header::SET_COOKIE, cookie)];
        return Ok((headers, Redirect::to(HOME)).into_response());
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

/// What a page says beside the board.
struct Told {
    /// What came of the last request.
    answer: Option<Answer>,
    /// A form that was not carried out.
    typed: Option<Typed>,
    /// Does it look again by itself, where there is no script?
    reload: Reload,
    /// The HTTP status.
    status: StatusCode,
}

impl Default for Told {
    fn default() -> Self {
        Self {
            answer: None,
            typed: None,
            reload: Reload::Always,
            status: StatusCode::OK,
        }
    }
}

impl From<Answer> for Told {
    fn from(answer: Answer) -> Self {
        Self {
            answer: Some(answer),
            ..Self::default()
        }
    }
}

/// The whole page.
async fn whole(site: &Site, seat: Seat, lang: Language, told: Told) -> Answered {
    let (answer, reload) = (told.answer.as_ref(), told.reload);
    let draw = |view: &View<'_>| page::whole(lang, view, answer, reload);
    let body = drawn(site, seat, (lang, told.typed.as_ref()), draw).await;
    let body = body.map_err(|error| notice::fault(&error))?;
    Ok((told.status, Html(body)).into_response())
}

async fn board(
    State(site): State<Site>,
    Extension(seat): Extension<Seat>,
    headers: HeaderMap,
) -> Answered {
    let lang = Language::of(&headers);
    let draw = |view: &View<'_>| page::parts(lang, view);
    let body = drawn(&site, seat, (lang, None), draw).await;
    let body = body.map_err(|error| notice::fault(&error))?;
    Ok(Html(body).into_response())
}

/// Draws the board of a till, with what its forms have to know.
async fn drawn(
    site: &Site,
    seat: Seat,
    (lang, typed): (Language, Option<&Typed>),
    draw: impl FnOnce(&View<'_>) -> String,
) -> Result<String, DeskError> {
    let board = site.counter.board(seat.caller).await?;
    let (mut shelf, mut files) = (Vec::new(), Vec::new());
    if asks_for_prescription(&board) {
        shelf = site.counter.prescriptions().await?;
        files = site.counter.scans().await?;
    }
    let scene = Scene {
        board: &board,
        shelf: &shelf,
        files: &files,
        typed,
        today: today(),
        lang,
    };
    Ok(draw(&View::of(&scene)))
}

/// A plain sale looks for no prescriptions.
fn asks_for_prescription(board: &Board) -> bool {
    let mut reasons = board.sale.iter().flat_map(|sale| &sale.reasons);
    reasons.any(|reason| reason.remedies.contains(&Remedy::Prescription))
}

async fn events(State(site): State<Site>, Extension(seat): Extension<Seat>) -> Response {
    event::stream(site, seat)
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
    let answer = match taken.map_err(|error| notice::fault(&error))? {
        Scanned::Line { line, .. } => Answer::good(lang, "counter.scan-line", Some(line.into())),
        Scanned::Waiting => Answer::good(lang, "counter.scan-waiting", None),
        Scanned::Refused { code } => Answer::bad(lang, &code),
    };
    whole(&site, seat, lang, answer.into()).await
}

#[derive(Deserialize)]
struct ResolutionForm {
    sale: SaleId,
    msgid: String,
    outcome: Outcome,
    #[serde(default)]
    settlement: String,
    #[serde(default)]
    confirmed: String,
    /// Who is in charge and signs; empty while nobody is registered.
    #[serde(default)]
    staff: String,
    #[serde(default)]
    pin: Zeroizing<String>,
}

#[derive(Clone, Copy, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
enum Outcome {
    NotSettled,
    Settled,
}

impl ResolutionForm {
    /// What the person in charge says, if it is whole.
    fn resolution(&self) -> Result<Resolution, Notice> {
        let refused = |code| Err(Notice::new(StatusCode::UNPROCESSABLE_ENTITY, code));
        if !is_number(&self.msgid) {
            return refused("counter.form");
        }
        if self.confirmed != "yes" {
            return refused("counter.not-confirmed");
        }
        let settlement = self.settlement.trim();
        match self.outcome {
            // A number beside "the platform does not know it" is a contradiction, not a detail.
            Outcome::NotSettled if !settlement.is_empty() => refused("counter.contradiction"),
            Outcome::NotSettled => Ok(Resolution::NotSettled),
            Outcome::Settled if !is_number(settlement) => refused("counter.settlement"),
            Outcome::Settled => Ok(Resolution::Settled {
                settlement: settlement.to_owned(),
            }),
        }
    }
}

impl ResolutionForm {
    /// Who signs, if anybody says so.
    fn by(&self) -> Result<Option<Credentials>, Notice> {
        let staff = self.staff.trim();
        if staff.is_empty() {
            return Ok(None);
        }
        Ok(Some(Credentials {
            staff: staff.parse().map_err(|_| wrong_form())?,
            pin: Secret::new(self.pin.to_string()),
        }))
    }
}

/// May the text be a number of the platform's?
fn is_number(text: &str) -> bool {
    (1..=MAX_NUMBER).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

async fn resolve(
    State(site): State<Site>,
    Extension(seat): Extension<Seat>,
    headers: HeaderMap,
    form: Result<Form<ResolutionForm>, FormRejection>,
) -> Answered {
    let Form(form) = form.map_err(|_| wrong_form())?;
    let resolution = form.resolution()?;
    let by = form.by()?;
    let attempt = (form.sale, form.msgid);
    let resolved = site
        .counter
        .resolve(seat.caller.clone(), attempt, resolution, by)
        .await;
    resolved.map_err(|error| notice::fault(&error))?;
    let lang = Language::of(&headers);
    let answer = Answer::good(lang, "counter.resolved", None);
    whole(&site, seat, lang, answer.into()).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(outcome: Outcome, settlement: &str, confirmed: &str) -> ResolutionForm {
        ResolutionForm {
            sale: "0123456789abcdef-1".parse().unwrap(),
            msgid: "M1".into(),
            outcome,
            settlement: settlement.into(),
            confirmed: confirmed.into(),
            staff: String::new(),
            pin: Zeroizing::default(),
        }
    }

    #[test]
    fn a_resolution_is_confirmed_and_whole() {
        let refused = |form: ResolutionForm| form.resolution().unwrap_err().code;
        let settled = form(Outcome::Settled, " S1 ", "yes").resolution();
        let expected = Resolution::Settled {
            settlement: "S1".into(),
        };
        assert_eq!(settled, Ok(expected));
        let not_settled = form(Outcome::NotSettled, "", "yes").resolution();
        assert_eq!(not_settled, Ok(Resolution::NotSettled));
        let cases = [
            (form(Outcome::Settled, "S1", ""), "counter.not-confirmed"),
            (form(Outcome::Settled, "", "yes"), "counter.settlement"),
            (form(Outcome::Settled, "S 1", "yes"), "counter.settlement"),
            (
                form(Outcome::Settled, &"9".repeat(65), "yes"),
                "counter.settlement",
            ),
            (
                form(Outcome::NotSettled, "S1", "yes"),
                "counter.contradiction",
            ),
        ];
        for (form, expected) in cases {
            assert_eq!(refused(form), expected);
        }
    }

    #[test]
    fn a_cookie_is_for_our_own_pages_alone() {
        let line = cookie("a", "b", "");
        assert_eq!(line, "a=b; Path=/counter; HttpOnly; SameSite=Strict");
    }
}
