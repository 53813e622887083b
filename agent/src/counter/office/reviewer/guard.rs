//! Who may call from another PC: under a name of ours, from our own page, and signed in.

use std::net::SocketAddr;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use pharmacy_protocol::term::StaffId;

use super::{Site, may_review, place_of, route};
use crate::counter::guard::{self, REQUEST_TIMEOUT};
use crate::counter::notice::{self, Notice};
use crate::counter::office::Visitor;
use pharmacy_desk::Caller;

/// As what the desk knows whoever calls from here.
const CLIENT: &str = "review";

/// Under which names, and how, the listener is called.
pub(super) struct Names {
    hosts: Vec<String>,
    is_secure: bool,
}

impl Names {
    /// The names of a listener at `address`, and those that an operator gave it, with or without
    /// port.
    pub(super) fn new(address: SocketAddr, is_secure: bool, more: &[String]) -> Self {
        let port = address.port();
        let own_port = if is_secure { 443 } else { 80 };
        let ip = match address {
            SocketAddr::V4(v4) => v4.ip().to_string(),
            SocketAddr::V6(v6) => format!("[{}]", v6.ip()),
        };
        let own = ["127.0.0.1", "localhost", "[::1]", &ip].map(str::to_owned);
        let mut hosts = more.to_vec();
        for name in own.iter().chain(more) {
            hosts.push(format!("{name}:{port}"));
            if port == own_port {
                hosts.push(name.clone());
            }
        }
        Self { hosts, is_secure }
    }

    fn scheme(&self) -> &'static str {
        match self.is_secure {
            true => "https://",
            false => "http://",
        }
    }

    /// What a cookie says besides.
    pub(super) fn cookie_end(&self) -> &'static str {
        match self.is_secure {
            true => "; Secure",
            false => "",
        }
    }
}

/// Refuses foreign hosts and pages, bounds every request in time, and says on every answer what a
/// browser may do with it.
pub(super) async fn check_origin(
    State(site): State<Site>,
    request: Request,
    next: Next,
) -> Response {
    let names = &site.names;
    let parts = (request.method(), request.uri(), request.headers());
    let mut response = match guard::check_from(names.scheme(), &names.hosts, parts) {
        Ok(()) => match tokio::time::timeout(REQUEST_TIMEOUT, next.run(request)).await {
            Ok(response) => response,
            Err(_) => Notice::new(StatusCode::SERVICE_UNAVAILABLE, "busy").into_response(),
        },
        Err(notice) => notice.into_response(),
    };
    guard::protect(response.headers_mut());
    response
}

/// Finds out who signed in; everybody else is asked who they are, and told nothing.
pub(super) async fn check_session(
    State(site): State<Site>,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(staff) = site.sessions.find(request.headers()) else {
        return route::ask(request.headers(), StatusCode::UNAUTHORIZED, None);
    };
    match visitor(&site, &staff).await {
        Ok(Some(visitor)) => {
            request.extensions_mut().insert::<Visitor>(visitor);
            next.run(request).await
        }
        Ok(None) => {
            site.sessions.end(request.headers());
            route::ask(request.headers(), StatusCode::UNAUTHORIZED, None)
        }
        Err(notice) => notice.into_response(),
    }
}

/// Somebody on the register who may review; looked up every time, so that whoever leaves the store
/// is out at once.
pub(super) async fn visitor(site: &Site, staff: &StaffId) -> Result<Option<Visitor>, Notice> {
    let register = site.office.counter.staff().await;
    let register = register.map_err(|error| notice::fault(&error))?;
    let found = register.iter().find(|one| one.staff == *staff);
    Ok(found.filter(|one| may_review(one)).map(|one| Visitor {
        caller: Caller {
            client: CLIENT.to_owned(),
            till: site.till.clone(),
        },
        place: place_of(one),
        reviewer: Some(one.staff.clone()),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_is_called_by_its_own_names_alone() {
        let names = Names::new(
            "192.168.1.10:7482".parse().unwrap(),
            true,
            &["pharmacy.example".to_owned()],
        );
        for ours in [
            "192.168.1.10:7482",
            "localhost:7482",
            "pharmacy.example:7482",
            "pharmacy.example",
        ] {
            assert!(names.hosts.iter().any(|host| host == ours), "{ours}");
        }
        assert!(!names.hosts.iter().any(|host| host == "192.168.1.10"));
        let usual = Names::new("[::1]:443".parse().unwrap(), true, &[]);
        assert!(usual.hosts.iter().any(|host| host == "[::1]"));
    }
}
