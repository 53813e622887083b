//! What comes with a request, within limits, and how the desk's answer leaves.

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::de::{DeserializeOwned, IgnoredAny};

use crate::api::fault;
use crate::api::problem::Problem;
use crate::door::stay::BODY_DEADLINE;
use pharmacy_desk::{Call, Caller, DeskError, Idempotency, Reply};
use pharmacy_protocol::digest::sha256;

/// Longest idempotency key.
const MAX_KEY: usize = 100;

pub(super) type Answer = Result<Response, Problem>;

/// Reads a JSON body within the limits, and the idempotency key beside it.
pub(super) async fn read<T: DeserializeOwned>(
    caller: Caller,
    request: Request,
) -> Result<(Call, T), Problem> {
    let (parts, body) = request.into_parts();
    let bytes = read_bytes(Request::from_parts(parts.clone(), body)).await?;
    let idempotency = idempotency(&parts.method, parts.uri.path(), &parts.headers, &bytes)?;
    // An empty body means "nothing to add", not a mistake.
    let text: &[u8] = if bytes.is_empty() { b"{}" } else { &bytes };
    let body = serde_json::from_slice(text).map_err(|error| body_problem(&error, text))?;
    Ok((
        Call {
            caller,
            idempotency,
        },
        body,
    ))
}

pub(super) async fn read_bytes(request: Request<Body>) -> Result<Bytes, Problem> {
    use axum::extract::FromRequest;
    let read = tokio::time::timeout(BODY_DEADLINE, Bytes::from_request(request, &())).await;
    match read {
        Err(_) => Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "body.timeout")),
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(BytesRejection::FailedToBufferBody(rejection)))
            if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE =>
        {
            Err(Problem::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "body.too-large",
            ))
        }
        Ok(Err(_)) => Err(Problem::new(StatusCode::BAD_REQUEST, "body.unreadable")),
    }
}

/// The parser's own words can repeat a value, and a value can be a name: only the place is told.
fn body_problem(error: &serde_json::Error, text: &[u8]) -> Problem {
    let place = format!("line {} column {}", error.line(), error.column());
    // The parser calls a number where a word belongs bad syntax; whether it is JSON is asked anew.
    let is_json = || {
        std::str::from_utf8(text).is_ok_and(|text| serde_json::from_str::<IgnoredAny>(text).is_ok())
    };
    if error.is_data() || is_json() {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "body.members").at_field(&place)
    } else {
        Problem::new(StatusCode::BAD_REQUEST, "body.not-json").at_field(&place)
    }
}

pub(super) fn idempotency(
    method: &Method,
    path: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Option<Idempotency>, Problem> {
    let Some(value) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    let key = value
        .to_str()
        .ok()
        .filter(|key| (1..=MAX_KEY).contains(&key.len()))
        .ok_or_else(|| Problem::new(StatusCode::BAD_REQUEST, "idempotency.key"))?;
    let mut bytes = Vec::with_capacity(path.len() + body.len() + 16);
    bytes.extend_from_slice(method.as_str().as_bytes());
    bytes.push(0);
    bytes.extend_from_slice(path.as_bytes());
    bytes.push(0);
    bytes.extend_from_slice(body);
    Ok(Some(Idempotency {
        key: key.to_owned(),
        digest: sha256(&bytes),
    }))
}

pub(super) fn answer(reply: Result<Reply, DeskError>) -> Answer {
    let reply = reply.map_err(|error| fault(&error))?;
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::OK);
    let mut response = (status, reply.body).into_response();
    let content_type = HeaderValue::from_static(reply.content_type);
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, content_type);
    Ok(response)
}
