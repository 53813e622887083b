//! What comes with a request, within limits, and how the desk's answer leaves.

use axum::RequestExt as _;
use axum::body::{Body, Bytes};
use axum::extract::{Extension, FromRequest, Request};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::de::{DeserializeOwned, IgnoredAny};

use crate::api::Api;
use crate::api::problem::Problem;
use crate::door::stay::BODY_DEADLINE;
use pharmacy_desk::{Call, Caller, DeskError, Idempotency, Reply};
use pharmacy_protocol::digest::sha256;

/// Longest idempotency key.
const MAX_KEY: usize = 100;

pub(super) type Answer = Result<Response, Problem>;

/// Who asks, and what a JSON body says: it is read last, when the path is known to name something.
pub(super) struct Told<T>(pub(super) Call, pub(super) T);

impl<T: DeserializeOwned> FromRequest<Api> for Told<T> {
    type Rejection = Response;

    async fn from_request(mut request: Request, _: &Api) -> Result<Self, Response> {
        let caller = request.extract_parts::<Extension<Caller>>().await;
        let Extension(caller) = caller.map_err(IntoResponse::into_response)?;
        let told = read(caller, request).await;
        let (call, body) = told.map_err(IntoResponse::into_response)?;
        Ok(Self(call, body))
    }
}

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
    let call = Call {
        caller,
        idempotency,
    };
    Ok((call, body))
}

pub(super) async fn read_bytes(request: Request<Body>) -> Result<Bytes, Problem> {
    let read = tokio::time::timeout(BODY_DEADLINE, Bytes::from_request(request, &())).await;
    match read {
        Err(_) => Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "body.timeout")),
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(rejection)) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            Err(Problem::new(rejection.status(), "body.too-large"))
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
    let reply = reply?;
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::OK);
    let content_type = [(header::CONTENT_TYPE, reply.content_type)];
    Ok((status, content_type, reply.body).into_response())
}
