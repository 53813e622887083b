//! What a caller hears when something is wrong: RFC 9457 problem documents with a stable code.
//!
//! The text comes from the catalogue by code, never from an error: an error may know a person.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use pharmacy_base::{random, text};
use pharmacy_protocol::digest::hex;

/// A problem, boxed: results that carry one stay small.
#[derive(Clone, Debug)]
pub struct Problem(Box<Document>);

/// A problem document.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Problem)]
pub(super) struct Document {
    /// `urn:pharmacy-agent:problem:<code>`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The Chinese message.
    pub title: String,
    /// HTTP status.
    pub status: u16,
    /// Stable code.
    pub code: String,
    /// The English message.
    pub detail: String,
    /// The basket line concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// The member of the body that is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Finds the chain of causes in the agent's own log.
    pub request: String,
}

impl Problem {
    /// The problem of a code.
    pub fn new(status: StatusCode, code: &str) -> Self {
        let message = text::message(code);
        Self(Box::new(Document {
            kind: format!("urn:pharmacy-agent:problem:{code}"),
            title: message.zh.to_owned(),
            status: status.as_u16(),
            code: code.to_owned(),
            detail: message.en.to_owned(),
            line: None,
            field: None,
            request: request_id(),
        }))
    }

    /// HTTP status.
    pub(super) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Joins the answer to the agent's log.
    pub(super) fn request(&self) -> &str {
        &self.0.request
    }

    /// Names the line concerned.
    pub fn at_line(mut self, line: Option<u32>) -> Self {
        self.0.line = line;
        self
    }

    /// Names the member concerned.
    pub fn at_field(mut self, field: &str) -> Self {
        self.0.field = Some(field.to_owned());
        self
    }
}

/// A short random id: it joins a problem to a log line, nothing more.
fn request_id() -> String {
    let mut bytes = [0_u8; 6];
    match random::fill(&mut bytes) {
        Ok(()) => hex(&bytes),
        Err(_) => "unknown".to_owned(),
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status();
        let body = serde_json::to_vec(&self.0).unwrap_or_default();
        let content_type = [(header::CONTENT_TYPE, "application/problem+json")];
        let retry_after = match status {
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => {
                Some([(header::RETRY_AFTER, "1")])
            }
            _ => None,
        };
        (status, content_type, retry_after, body).into_response()
    }
}
