//! Answers that are made here: problems for whoever may not call, envelopes for tills.

use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};
use pharmacy_decision::pack::{Call as InterfaceCall, CodeForm, Refusal};
use serde::Serialize;

use super::body::AnswerBody;
use super::cors::Own;
use pharmacy_base::clock::{Clock, SystemClock};
use pharmacy_base::text;
use pharmacy_interface::refusal;
use pharmacy_interface::{Manner, Request as Envelope};

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
    let kind = HeaderValue::from_static("application/problem+json");
    respond(status, code, kind, body)
}

/// A call that is refused here.
pub(super) struct Refused<'a> {
    /// What it is for, where that is known.
    pub(super) call: Option<&'a InterfaceCall>,
    pub(super) body: &'a [u8],
    /// How the answer is to look.
    pub(super) manner: Manner,
    /// Tells answers that are made here apart.
    pub(super) serial: u64,
}

/// A refusal in the platform's own shape, so that the till shows it.
pub(super) fn refuse(
    status: StatusCode,
    refused: Refused<'_>,
    code: &'static str,
) -> Response<AnswerBody> {
    let Refused { call, body, .. } = refused;
    let request = Envelope::parse(body).ok();
    let envelope = refusal::Envelope {
        request: request.as_ref(),
        form: call.map_or(CodeForm::Number, |call| call.form),
        manner: refused.manner,
        now_ms: SystemClock.now_ms(),
        serial: refused.serial,
    };
    let kind = call.map_or(Refusal::MinusOne, |call| call.refusal);
    let message = format!("{}（代码 {code}）", text::message(code).zh);
    let written = envelope.refuse(kind, &message);
    let kind = HeaderValue::from_str(&written.content_type());
    let kind = kind.unwrap_or(HeaderValue::from_static("application/json"));
    respond(status, code, kind, written.body)
}

fn respond(
    status: StatusCode,
    code: &'static str,
    content_type: HeaderValue,
    body: Vec<u8>,
) -> Response<AnswerBody> {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, content_type);
    headers.insert(MARK, HeaderValue::from_static(code));
    let mut response = Response::new(AnswerBody::sized(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response.extensions_mut().insert(Own);
    response
}
