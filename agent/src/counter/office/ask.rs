//! The page that asks a reviewer at another PC who they are.

use askama::Template;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use super::shell::Shell;

#[derive(Template)]
#[template(path = "office/sign_in.html")]
struct SignInPage {
    shell: Shell,
}

/// Asks who somebody is, and says what was wrong with the last answer.
pub(in crate::counter) fn ask(
    headers: &HeaderMap,
    status: StatusCode,
    wrong: Option<&'static str>,
) -> Response {
    let shell = Shell::for_stranger(headers, "office.sign-in", "/counter/sign-ins");
    let shell = shell.refused(wrong);
    (status, Shell::page(&SignInPage { shell })).into_response()
}
