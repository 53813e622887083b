//! Who may call: loopback is no boundary, and a browser carries our cookie for any page that asks.
//!
//! The Host names us (a DNS name rebound to 127.0.0.1 does not). A browser says where a request
//! comes from: from our own page or from a person, never from another page, not even from one on
//! another port of this machine, which counts as the same *site* and would be sent our cookie.
//! What changes something comes from our own page and says so.
//!
//! Out of reach: a cookie knows no port. A program of this machine that a person opens in the same
//! browser under `/counter` on another port is shown the session's name by the browser. The address
//! that opens the page holds the till's secret: it lies in the shop's shortcut and may lie in the
//! browser's history. Such a secret is a token of its own, revoked like any other.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use pharmacy_protocol::Secret;

use super::Site;
use super::notice::{self, Notice};
use super::till::CARD_WAIT;
use pharmacy_desk::Caller;

/// A request whose answer has not begun by then is given up; a stream of events begins at once.
/// Waiting for a card counts.
pub(super) const REQUEST_TIMEOUT: Duration = CARD_WAIT.saturating_add(Duration::from_secs(10));

/// What the page may load and where it may send: its own files, itself.
const CONTENT: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
                       connect-src 'self'; img-src 'self'; form-action 'self'; \
                       frame-ancestors 'none'; base-uri 'none'";

/// A till at the page, and the secret by which it was found.
#[derive(Clone)]
pub(super) struct Seat {
    /// The till.
    pub caller: Caller,
    /// Its secret.
    pub token: Secret<String>,
}

/// The hosts under which a listener is called.
pub(super) fn hosts(address: SocketAddr) -> Arc<[String]> {
    let port = address.port();
    [
        address.to_string(),
        format!("127.0.0.1:{port}"),
        format!("localhost:{port}"),
        format!("[::1]:{port}"),
    ]
    .into()
}

/// Refuses foreign hosts and pages, bounds every request in time, and says on every answer what a browser may do with it.
pub(super) async fn check_origin(
    State(site): State<Site>,
    request: Request,
    next: Next,
) -> Response {
    let checked = check(
        &site.hosts,
        request.method(),
        request.uri(),
        request.headers(),
    );
    let mut response = match checked {
        Ok(()) => match tokio::time::timeout(REQUEST_TIMEOUT, next.run(request)).await {
            Ok(response) => response,
            Err(_) => Notice::new(StatusCode::SERVICE_UNAVAILABLE, "busy").into_response(),
        },
        Err(notice) => notice.into_response(),
    };
    protect(response.headers_mut());
    response
}

/// Says on an answer what a browser may do with it, where the answer does not say so itself.
pub(super) fn protect(headers: &mut HeaderMap) {
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, CONTENT),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::CACHE_CONTROL, "no-store"),
        // Our own forms need an Origin, which `no-referrer` would make `null`.
        (header::REFERRER_POLICY, "same-origin"),
    ] {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
}

fn check(hosts: &[String], method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(), Notice> {
    check_from("http://", hosts, (method, uri, headers))
}

/// Checks a request to a listener of this scheme and under these names.
pub(super) fn check_from(
    scheme: &str,
    hosts: &[String],
    (method, uri, headers): (&Method, &Uri, &HeaderMap),
) -> Result<(), Notice> {
    let host = single(headers, header::HOST.as_str())
        .or_else(|| uri.authority().map(|authority| authority.as_str()))
        .filter(|host| hosts.iter().any(|ours| ours.eq_ignore_ascii_case(host)))
        .ok_or(Notice::new(StatusCode::FORBIDDEN, "api.host"))?;
    let changes_something = method != Method::GET && method != Method::HEAD;
    let is_ours = match headers.contains_key(header::ORIGIN) {
        true => single(headers, header::ORIGIN.as_str())
            .and_then(|origin| origin.strip_prefix(scheme))
            .is_some_and(|origin| origin.eq_ignore_ascii_case(host)),
        false => !changes_something,
    };
    let is_sent_by_us = match headers.get("sec-fetch-site").map(HeaderValue::as_bytes) {
        // An old browser, or no browser.
        None | Some(b"same-origin") => true,
        Some(b"none") => !changes_something,
        Some(_) => false,
    };
    match is_ours && is_sent_by_us {
        true => Ok(()),
        false => Err(Notice::new(StatusCode::FORBIDDEN, "counter.origin")),
    }
}

/// The value of a header that stands exactly once.
fn single<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}

/// Finds the till by its session.
pub(super) async fn check_session(
    State(site): State<Site>,
    mut request: Request,
    next: Next,
) -> Response {
    match seat(&site, request.headers()) {
        Ok(seat) => {
            request.extensions_mut().insert::<Seat>(seat);
            next.run(request).await
        }
        Err(notice) => notice.into_response(),
    }
}

fn seat(site: &Site, headers: &HeaderMap) -> Result<Seat, Notice> {
    let token = site.sessions.token(headers).ok_or_else(no_session)?;
    let caller = caller(site, &token)?;
    Ok(Seat { caller, token })
}

/// The till of a secret; a secret that is no longer good loses its sessions.
pub(super) fn caller(site: &Site, token: &Secret<String>) -> Result<Caller, Notice> {
    let found = site.counter.authenticate(token.expose().clone());
    let found = found.map_err(|error| notice::fault(&error))?;
    if found.is_none() {
        site.sessions.end(token);
    }
    found.ok_or_else(no_session)
}

fn no_session() -> Notice {
    Notice::new(StatusCode::UNAUTHORIZED, "counter.no-session")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks a request to 127.0.0.1:7480 with the given further headers.
    fn is_let_in(method: Method, host: &str, more: &[(&'static str, &str)]) -> bool {
        let address = "127.0.0.1:7480".parse().unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        for (name, value) in more {
            headers.append(*name, value.parse().unwrap());
        }
        check(
            &hosts(address),
            &method,
            &"/counter/".parse().unwrap(),
            &headers,
        )
        .is_ok()
    }

    #[test]
    fn only_our_own_names_are_hosts() {
        for ours in [
            "127.0.0.1:7480",
            "localhost:7480",
            "LOCALHOST:7480",
            "[::1]:7480",
        ] {
            assert!(is_let_in(Method::GET, ours, &[]), "{ours}");
        }
        for foreign in [
            "evil.example:7480",
            "127.0.0.1",
            "127.0.0.1:7481",
            "localhost",
        ] {
            assert!(!is_let_in(Method::GET, foreign, &[]), "{foreign}");
        }
        let twice = [("host", "127.0.0.1:7480")];
        assert!(!is_let_in(Method::GET, "127.0.0.1:7480", &twice));
    }

    #[test]
    fn reading_is_for_people_and_our_own_page() {
        let cases: [(&[(&str, &str)], bool); 8] = [
            (&[], true),
            (&[("sec-fetch-site", "none")], true),
            (&[("sec-fetch-site", "same-origin")], true),
            (&[("sec-fetch-site", "same-site")], false),
            (&[("sec-fetch-site", "cross-site")], false),
            (&[("origin", "http://127.0.0.1:7480")], true),
            (&[("origin", "http://127.0.0.1:8080")], false),
            (&[("origin", "null")], false),
        ];
        for (headers, expected) in cases {
            let found = is_let_in(Method::GET, "127.0.0.1:7480", headers);
            assert_eq!(found, expected, "{headers:?}");
        }
    }

    #[test]
    fn changing_is_for_our_own_page_alone() {
        let ours = ("origin", "http://127.0.0.1:7480");
        let cases: [(&[(&str, &str)], bool); 9] = [
            (&[ours], true),
            (&[ours, ("sec-fetch-site", "same-origin")], true),
            (&[], false),
            (&[("sec-fetch-site", "same-origin")], false),
            (&[ours, ("sec-fetch-site", "none")], false),
            (&[ours, ("sec-fetch-site", "same-site")], false),
            (&[("origin", "https://127.0.0.1:7480")], false),
            // A name of ours, but not the one that this request was sent to.
            (&[("origin", "http://localhost:7480")], false),
            (&[ours, ("origin", "http://evil.example")], false),
        ];
        for (headers, expected) in cases {
            let found = is_let_in(Method::POST, "127.0.0.1:7480", headers);
            assert_eq!(found, expected, "{headers:?}");
        }
    }
}
