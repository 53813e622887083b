//! Answers that are made here: problems for whoever may not call, envelopes for tills.

use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};
use pharmacy_decision::pack::{Call as InterfaceCall, CodeForm, Refusal};
use serde::Serialize;

use super::body::AnswerBody;
use pharmacy_base::clock::{Clock, SystemClock};
use pharmacy_base::text;
use pharmacy_interface::Request as Envelope;
use pharmacy_interface::refusal;

/// Says with which code an answer was made here; the platform's answers have no such field.
const MARK: HeaderName = HeaderName::from_static("x-pharmacy-agent");

/// RFC 9457.
#[derive(Serialize)]
struct Problem<'a> {
    #[serde(rename = "type")]
    kind: String,
    title: &'a str,
    status: u16,
    code: &'a str,
    detail: &'a str,
}

/// What a caller hears that is no till of ours.
pub(super) fn problem(status: StatusCode, code: &'static str) -> Response<AnswerBody> {
    let message = text::message(code);
    let problem = Problem {
        kind: format!("urn:pharmacy-agent:problem:{code}"),
        title: message.zh,
        status: status.as_u16(),
        code,
        detail: message.en,
    };
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    respond(status, code, "application/problem+json", body)
}

/// A refusal in the platform's own shape, so that the till shows it.
pub(super) fn refuse(
    status: StatusCode,
    call: Option<&InterfaceCall>,
    body: &[u8],
    serial: u64,
    code: &'static str,
) -> Response<AnswerBody> {
    let request = Envelope::parse(body).ok();
    let envelope = refusal::Envelope {
        request: request.as_ref(),
        form: call.map_or(CodeForm::Number, |call| call.form),
        now_ms: SystemClock.now_ms(),
        serial,
    };
    let kind = call.map_or(Refusal::MinusOne, |call| call.refusal);
    let message = format!("{}（代码 {code}）", text::message(code).zh);
    let body = envelope.refuse(kind, &message);
    respond(status, code, "application/json;charset=UTF-8", body)
}

fn respond(
    status: StatusCode,
    code: &'static str,
    content_type: &'static str,
    body: Vec<u8>,
) -> Response<AnswerBody> {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(MARK, HeaderValue::from_static(code));
    let mut response = Response::new(AnswerBody::sized(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}
