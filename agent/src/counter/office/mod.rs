//! The pages beside the counter page: reviews, purchase lists, figures, questions, staff, standing;
//! and the way in for reviewers at other PCs.
//!
//! In scope: what these pages show and take. Out of scope: who may open them at a till (the counter
//! page's own session), what an action means (the desk).
//!
//! ```text
//! GET  /counter/reviews                     prescriptions, those that wait first
//! GET  /counter/reviews/{id}                one of them, with images, lines and both decisions
//! GET  /counter/reviews/{id}/images/{n}     an image
//! POST /counter/reviews/{id}/approvals      by pharmacist and PIN
//! POST /counter/reviews/{id}/rejections     the same, with a reason
//! GET  /counter/lists                       purchase lists, those not confirmed first
//! POST /counter/lists/scans                 confirms lists by scanned slips
//! GET  /counter/lists/{sale}                one of them, with a pad to sign on
//! GET  /counter/lists/{sale}/print          the same for paper
//! POST /counter/lists/{sale}/signatures     what was drawn
//! POST /counter/lists/{sale}/slips          prints its slip
//! GET  /counter/figures                     today's figures
//! GET  /counter/find                        an inspector's question; POST answers it
//! POST /counter/find/answers.json           the answer as a file
//! GET  /counter/staff                       the register
//! POST /counter/staff/sign-ins, sign-outs   begins and ends a shift
//! GET  /counter/standing                    the store's standing with the bureau
//! ```
//!
//! Each page works without script, but for the pad, which has paper as its other way. The script
//! sends forms without leaving the page, and swaps in what changed.

mod drawing;
mod figure;
mod find;
mod form;
mod list;
mod review;
mod reviewer;
mod shell;
mod staff;
mod standing;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Extension, Request};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use pharmacy_protocol::term::StaffId;

pub use reviewer::{ReviewError, ReviewServer};

use super::Counter;
use super::guard::Seat;
use super::language::{self, Language};
use super::notice::Notice;
use super::route::cookie;
use pharmacy_desk::{Caller, Place};

/// What a page answers.
type Answered = Result<Response, Notice>;

/// What every page needs.
#[derive(Clone)]
struct Office {
    counter: Arc<dyn Counter>,
}

/// Who looks at a page, and from where.
#[derive(Clone)]
struct Visitor {
    caller: Caller,
    place: Place,
    /// Who signed in at another PC; nobody at a till, where whoever acts says so.
    reviewer: Option<StaffId>,
}

/// All pages, for tills. Sessions are checked by whoever merges them.
pub(super) fn router<S: Clone + Send + Sync + 'static>(counter: Arc<dyn Counter>) -> Router<S> {
    assets()
        .merge(review::routes())
        .merge(list::routes())
        .merge(figure::routes())
        .merge(find::routes())
        .merge(staff::routes())
        .merge(standing::routes())
        .layer(middleware::from_fn(switch_language))
        .layer(middleware::from_fn(sit_down))
        .with_state(Office { counter })
}

fn assets() -> Router<Office> {
    Router::new()
        .route("/counter/office.css", get(style))
        .route("/counter/office.js", get(script))
}

async fn style() -> impl IntoResponse {
    let content_type = [(header::CONTENT_TYPE, "text/css; charset=utf-8")];
    (content_type, include_str!("asset/office.css"))
}

async fn script() -> impl IntoResponse {
    let content_type = [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")];
    (content_type, include_str!("asset/office.js"))
}

/// Whoever has the seat of a till visits from there.
async fn sit_down(Extension(seat): Extension<Seat>, mut request: Request, next: Next) -> Response {
    request.extensions_mut().insert(Visitor {
        caller: seat.caller,
        place: Place::Till,
        reviewer: None,
    });
    next.run(request).await
}

/// `?lang=en` on any page switches the language and leads back to it.
async fn switch_language(request: Request, next: Next) -> Response {
    const YEAR: &str = "; Max-Age=31536000";
    let query = request.uri().query().unwrap_or_default();
    let wanted = query.strip_prefix("lang=").and_then(Language::parse);
    let Some(language) = wanted.filter(|_| request.method() == Method::GET) else {
        return next.run(request).await;
    };
    match HeaderValue::try_from(cookie(language::COOKIE, language.tag(), YEAR)) {
        Ok(cookie) => {
            let path = Redirect::to(request.uri().path());
            ([(header::SET_COOKIE, cookie)], path).into_response()
        }
        Err(_) => wrong_form().into_response(),
    }
}

fn wrong_form() -> Notice {
    unprocessable("counter.form")
}

fn unprocessable(code: &'static str) -> Notice {
    Notice::new(StatusCode::UNPROCESSABLE_ENTITY, code)
}

fn not_found(code: &'static str) -> Notice {
    Notice::new(StatusCode::NOT_FOUND, code)
}
