//! Members parsed, or named: no answer repeats a value.

use axum::http::StatusCode;

use crate::api::problem::Problem;

/// Longest free text of a member.
const MAX_TEXT: usize = 200;

pub(super) type Parsed<T> = Result<T, Problem>;

pub(super) fn wrong(field: &str) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "body.value").at_field(field)
}

pub(super) fn parse<T: std::str::FromStr>(field: &str, text: &str) -> Parsed<T> {
    text.parse().map_err(|_| wrong(field))
}

pub(super) fn parse_some<T: std::str::FromStr>(
    field: &str,
    text: Option<&String>,
) -> Parsed<Option<T>> {
    // Tills send empty strings for what they do not have.
    text.filter(|text| !text.is_empty())
        .map(|text| parse(field, text))
        .transpose()
}

/// Parses every one of a list.
pub(super) fn each<T, P>(list: Vec<T>, parse: impl Fn(T) -> Parsed<P>) -> Parsed<Vec<P>> {
    list.into_iter().map(parse).collect()
}

pub(super) fn text(field: &str, text: &str) -> Parsed<String> {
    let is_text = !text.trim().is_empty()
        && text.chars().count() <= MAX_TEXT
        && !text.chars().any(char::is_control);
    if is_text {
        Ok(text.trim().to_owned())
    } else {
        Err(wrong(field))
    }
}

pub(super) fn text_some(field: &str, value: Option<&String>) -> Parsed<Option<String>> {
    value
        .filter(|value| !value.is_empty())
        .map(|value| text(field, value))
        .transpose()
}
