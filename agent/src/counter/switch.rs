//! Switching the language of a page: a cookie, and back to the page.

use axum::extract::Request;
use axum::http::{Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};

use super::cookie::LANGUAGE;
use super::language::Language;
use super::notice::wrong_form;

/// `?lang=en` on any page switches the language and leads back to it.
pub(super) async fn switch_language(request: Request, next: Next) -> Response {
    let query = request.uri().query().unwrap_or_default();
    let wanted = query.strip_prefix("lang=").and_then(Language::parse);
    match wanted.filter(|_| request.method() == Method::GET) {
        Some(language) => remember(language, request.uri().path()),
        None => next.run(request).await,
    }
}

/// Sets the cookie and leads to a page.
pub(super) fn remember(language: Language, path: &str) -> Response {
    const YEAR: &str = "; Max-Age=31536000";
    match LANGUAGE.line(language.tag(), YEAR) {
        Ok(line) => ([(header::SET_COOKIE, line)], Redirect::to(path)).into_response(),
        Err(_) => wrong_form().into_response(),
    }
}
