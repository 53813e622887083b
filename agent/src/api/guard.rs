//! Who may call: loopback is no boundary, any program and any web page on the till can reach it.
//!
//! Three checks before anything else: the Host names us (a DNS name rebound to 127.0.0.1 does not),
//! no browser speaks unless its origin is listed, and the token is that of an enrolled client.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Api;
use super::problem::Problem;
use pharmacy_desk::Caller;

/// Refuses foreign hosts and browsers.
pub(super) async fn check_origin(State(api): State<Api>, request: Request, next: Next) -> Response {
    if !is_our_host(&api, request.headers(), request.uri()) {
        return Problem::new(StatusCode::FORBIDDEN, "api.host").into_response();
    }
    if !is_allowed_origin(&api, request.headers()) {
        return Problem::new(StatusCode::FORBIDDEN, "api.origin").into_response();
    }
    next.run(request).await
}

fn is_our_host(api: &Api, headers: &HeaderMap, uri: &Uri) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    let named = match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.to_str().ok(),
        (None, None) => uri.authority().map(|authority| authority.as_str()),
        _ => None,
    };
    named.is_some_and(|host| api.hosts.iter().any(|ours| ours.eq_ignore_ascii_case(host)))
}

fn is_allowed_origin(api: &Api, headers: &HeaderMap) -> bool {
    if let Some(origin) = headers.get(header::ORIGIN) {
        return origin
            .to_str()
            .is_ok_and(|origin| api.origins.iter().any(|listed| listed == origin));
    }
    // A browser that sends no Origin (a link, an image) still says what it is.
    match headers.get("sec-fetch-site").map(|site| site.as_bytes()) {
        None => true,
        Some(site) => site == b"same-origin" || site == b"none",
    }
}

/// Finds the caller by token.
pub(super) async fn check_token(
    State(api): State<Api>,
    mut request: Request,
    next: Next,
) -> Response {
    let token = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim().to_owned());
    let Some(token) = token else {
        return unauthorised("api.token-missing");
    };
    match api.desk.authenticate(token) {
        Ok(Some(caller)) => {
            request.extensions_mut().insert::<Caller>(caller);
            next.run(request).await
        }
        Ok(None) => unauthorised("api.token-wrong"),
        Err(error) => super::fault(&error).into_response(),
    }
}

fn unauthorised(code: &str) -> Response {
    let mut response = Problem::new(StatusCode::UNAUTHORIZED, code).into_response();
    response.headers_mut().insert(
        header::WWW_AUTHENTICATE,
        header::HeaderValue::from_static("Bearer"),
    );
    response
}
