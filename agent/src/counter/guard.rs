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

use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use pharmacy_protocol::Secret;

use super::notice::Notice;
use super::site::Site;
use crate::door::policy::{Denial, Nameless, Names, Origin, Policy};
use crate::door::stay::vouch;
use pharmacy_desk::CARD_WAIT;
use pharmacy_desk::Caller;

/// A request whose answer has not begun by then is given up; a stream of events begins at once.
/// Waiting for a card counts.
const REQUEST_TIMEOUT: Duration = CARD_WAIT.saturating_add(Duration::from_secs(10));

/// What the page may load and where it may send: its own files, itself.
const CONTENT: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
                       connect-src 'self'; img-src 'self'; form-action 'self'; \
                       frame-ancestors 'none'; base-uri 'none'";

/// A till at the page, and the secret by which it was found.
#[derive(Clone)]
pub(super) struct Seat {
    pub caller: Caller,
    pub token: Secret<String>,
}

/// Who may speak to pages under these names: people, and the pages themselves.
pub(super) fn policy(names: Names) -> Policy {
    Policy {
        names,
        nameless: Nameless::Address,
        origin: Origin::Own,
    }
}

pub(super) async fn check_origin(
    State(site): State<Site>,
    request: Request,
    next: Next,
) -> Response {
    admit(&site.policy, request, next).await
}

/// Refuses foreign hosts and pages, bounds every request in time, and says on every answer what a
/// browser may do with it.
pub(super) async fn admit(policy: &Policy, request: Request, next: Next) -> Response {
    let denied = |code| Notice::new(StatusCode::FORBIDDEN, code).into_response();
    let mut response = match policy.check(&request) {
        Ok(()) => match tokio::time::timeout(REQUEST_TIMEOUT, next.run(request)).await {
            Ok(response) => response,
            Err(_) => Notice::new(StatusCode::SERVICE_UNAVAILABLE, "busy").into_response(),
        },
        Err(Denial::Host) => denied("api.host"),
        Err(Denial::Origin) => denied("counter.origin"),
    };
    protect(response.headers_mut());
    response
}

/// Says on an answer what a browser may do with it, where the answer does not say so itself.
fn protect(headers: &mut HeaderMap) {
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

/// Finds the till by its session.
pub(super) async fn check_session(
    State(site): State<Site>,
    mut request: Request,
    next: Next,
) -> Response {
    match seat(&site, request.headers()) {
        Ok(seat) => {
            vouch(request.extensions());
            request.extensions_mut().insert::<Seat>(seat);
            next.run(request).await
        }
        Err(notice) => notice.into_response(),
    }
}

fn seat(site: &Site, headers: &HeaderMap) -> Result<Seat, Notice> {
    let token = site.sessions.find(headers).ok_or_else(no_session)?;
    let caller = caller(site, &token)?;
    Ok(Seat { caller, token })
}

/// The till of a secret; a secret that is no longer good loses its sessions.
pub(super) fn caller(site: &Site, token: &Secret<String>) -> Result<Caller, Notice> {
    let found = site.counter.authenticate(token.expose().clone())?;
    if found.is_none() {
        site.sessions.end_all(|open| open == token);
    }
    found.ok_or_else(no_session)
}

fn no_session() -> Notice {
    Notice::new(StatusCode::UNAUTHORIZED, "counter.no-session")
}
