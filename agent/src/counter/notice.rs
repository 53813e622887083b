//! What the page says instead of a board: one message, in both languages, with its code.
//!
//! The text comes from the catalogue by code, never from an error: an error may know a person.

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

use super::page;
use pharmacy_base::text;
use pharmacy_desk::{DeskError, Fault, Mistake};

/// A request that the page does not carry out.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Notice {
    pub status: StatusCode,
    /// The key of the text catalogue.
    pub code: &'static str,
}

impl Notice {
    /// The notice of a code.
    pub(super) fn new(status: StatusCode, code: &'static str) -> Self {
        Self { status, code }
    }
}

/// What was sent cannot be carried out as it is.
pub(super) fn unprocessable(code: &'static str) -> Notice {
    Notice::new(StatusCode::UNPROCESSABLE_ENTITY, code)
}

/// A form that is none of ours.
pub(super) fn wrong_form() -> Notice {
    unprocessable("counter.form")
}

pub(super) fn not_found(code: &'static str) -> Notice {
    Notice::new(StatusCode::NOT_FOUND, code)
}

/// What a page answers.
pub(super) type Answered = Result<Response, Notice>;

/// No page of ours.
pub(super) async fn no_such_page() -> Notice {
    not_found("counter.no-such-page")
}

impl IntoResponse for Notice {
    fn into_response(self) -> Response {
        let body = page::notice(self.code, text::message(self.code));
        (self.status, Html(body)).into_response()
    }
}

/// The chain of causes goes to the agent's log.
impl From<DeskError> for Notice {
    fn from(error: DeskError) -> Self {
        Self::new(status(&error), error.code())
    }
}

/// The HTTP status of a desk's error, which is logged on the way.
pub(super) fn status(error: &DeskError) -> StatusCode {
    let status = match error.fault() {
        Fault::CallerMistake(Mistake::Conflict) => StatusCode::CONFLICT,
        Fault::CallerMistake(Mistake::NoSuchThing) => StatusCode::NOT_FOUND,
        Fault::CallerMistake(Mistake::Unprocessable) => StatusCode::UNPROCESSABLE_ENTITY,
        Fault::Environment => StatusCode::SERVICE_UNAVAILABLE,
        Fault::Invariant => StatusCode::INTERNAL_SERVER_ERROR,
    };
    match error.fault() {
        Fault::CallerMistake(_) => tracing::info!(code = error.code(), "counter page refused"),
        Fault::Environment | Fault::Invariant => {
            tracing::error!(code = error.code(), "{}", text::chain(error));
        }
    }
    status
}
