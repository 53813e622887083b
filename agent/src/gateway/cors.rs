//! Answers that are made here, for pages that may call: a browser shows a page nothing of an answer that
//! does not name its origin, a refusal no more than another.
//!
//! In scope: listed origins, and the question that a browser asks before a call. Out of scope: the
//! platform's answers, which pass as they are.

use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};

use super::body::AnswerBody;
use crate::door::policy::{Origin, Policy};

/// Stands in an answer that is not the platform's.
#[derive(Clone, Copy)]
pub(super) struct Own;

/// A browser asks whether a page of the network may call a program of this machine.
const PRIVATE_NETWORK: HeaderName =
    HeaderName::from_static("access-control-request-private-network");
const ALLOW_PRIVATE_NETWORK: HeaderName =
    HeaderName::from_static("access-control-allow-private-network");

/// Seconds for which a browser need not ask again.
const ASKED_AGAIN: HeaderValue = HeaderValue::from_static("600");

/// The page that calls, if it is one that may.
pub(super) fn page(policy: &Policy, headers: &HeaderMap) -> Option<HeaderValue> {
    let Origin::Listed { origins, .. } = &policy.origin else {
        return None;
    };
    let named = headers.get(header::ORIGIN)?;
    let is_listed = origins
        .iter()
        .any(|listed| listed.as_bytes() == named.as_bytes());
    is_listed.then(|| named.clone())
}

/// Lets a page read an answer of ours.
pub(super) fn show(response: &mut Response<AnswerBody>, page: HeaderValue) {
    let is_own = response.extensions().get::<Own>().is_some();
    let headers = response.headers_mut();
    if is_own && !headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN) {
        let yes = HeaderValue::from_static("true");
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, page);
        headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, yes);
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
    }
}

/// Is it a browser's question before a call?
pub(super) fn is_question<B>(request: &Request<B>) -> bool {
    let headers = request.headers();
    request.method() == Method::OPTIONS
        && headers.contains_key(header::ORIGIN)
        && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// Yes: this page may call, as it wants to.
pub(super) fn yes(asked: &HeaderMap) -> Response<AnswerBody> {
    let mut response = Response::new(AnswerBody::sized(Vec::new()));
    *response.status_mut() = StatusCode::NO_CONTENT;
    response.extensions_mut().insert(Own);
    let headers = response.headers_mut();
    let pairs = [
        (
            header::ACCESS_CONTROL_REQUEST_METHOD,
            header::ACCESS_CONTROL_ALLOW_METHODS,
        ),
        (
            header::ACCESS_CONTROL_REQUEST_HEADERS,
            header::ACCESS_CONTROL_ALLOW_HEADERS,
        ),
        (PRIVATE_NETWORK, ALLOW_PRIVATE_NETWORK),
    ];
    for (question, answer) in pairs {
        if let Some(value) = asked.get(question) {
            headers.insert(answer, value.clone());
        }
    }
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, ASKED_AGAIN);
    response
}
