//! Who may call: a till by the secret in its path, under a name of ours, and no browser.
//!
//! ```text
//! POST /t/<secret>/rest?query      relayed as   POST <base>/rest?query
//! ```
//! Loopback is no boundary: any program and any web page on the till reaches it. The secret is taken
//! out before anything leaves and stands in no log line; nothing here prints a path.

use std::net::SocketAddr;

use hyper::header::{self, HeaderMap};
use hyper::{Request, Version};

/// What stands before the secret.
const PREFIX: &str = "/t/";

/// Why a request is not taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Denial {
    /// From a browser whose origin is not listed.
    Browser,
    /// To a name that is not ours.
    Host,
    /// Without the secret of an enrolled till.
    Till,
}

impl Denial {
    /// Stable code.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Browser => "gateway.browser",
            Self::Host => "gateway.host",
            Self::Till => "gateway.till-unknown",
        }
    }
}

/// The names under which tills reach this listener, and the origins that may call.
pub(super) struct Guard {
    hosts: Vec<String>,
    origins: Vec<String>,
}

impl Guard {
    /// A guard for a listener at `address`, whose scheme has this port as its own.
    pub(super) fn new(
        address: SocketAddr,
        scheme_port: u16,
        hosts: &[String],
        origins: Vec<String>,
    ) -> Self {
        let port = address.port();
        let ip = match address {
            SocketAddr::V4(v4) => v4.ip().to_string(),
            SocketAddr::V6(v6) => format!("[{}]", v6.ip()),
        };
        let own = ["127.0.0.1", "localhost", "[::1]", &ip].map(str::to_owned);
        let mut names = hosts.to_vec();
        for name in own.iter().chain(hosts) {
            names.push(format!("{name}:{port}"));
            if port == scheme_port {
                names.push(name.clone());
            }
        }
        Self {
            hosts: names,
            origins,
        }
    }

    /// Checks host and origin.
    pub(super) fn check<B>(&self, request: &Request<B>) -> Result<(), Denial> {
        if !self.is_ours(request) {
            return Err(Denial::Host);
        }
        if !self.is_no_foreign_browser(request.headers()) {
            return Err(Denial::Browser);
        }
        Ok(())
    }

    fn is_ours<B>(&self, request: &Request<B>) -> bool {
        let mut hosts = request.headers().get_all(header::HOST).iter();
        let named = match (hosts.next(), hosts.next()) {
            (Some(host), None) => host.to_str().ok(),
            // A client of 1996 names no host. A browser, whose name for us could be rebound, does.
            (None, None) => return request.version() == Version::HTTP_10,
            _ => None,
        };
        named.is_some_and(|host| {
            self.hosts
                .iter()
                .any(|ours| ours.eq_ignore_ascii_case(host))
        })
    }

    fn is_no_foreign_browser(&self, headers: &HeaderMap) -> bool {
        let mut origins = headers.get_all(header::ORIGIN).iter().peekable();
        if origins.peek().is_some() {
            let is_listed = |origin: &str| self.origins.iter().any(|listed| listed == origin);
            return origins.all(|origin| origin.to_str().is_ok_and(is_listed));
        }
        // A browser that sends no Origin (a link, an image) still says what it is.
        !headers
            .keys()
            .any(|name| name.as_str().starts_with("sec-fetch-"))
    }
}

/// The secret in a path, and what follows it: path and query as they came.
pub(super) fn split(target: &str) -> Option<(&str, &str)> {
    let rest = target.strip_prefix(PREFIX)?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (secret, rest) = rest.split_at_checked(end)?;
    (!secret.is_empty()).then_some((secret, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard() -> Guard {
        let address = SocketAddr::from(([192, 168, 1, 10], 7481));
        let hosts = ["till-server".to_owned(), "Shop.example:9000".to_owned()];
        Guard::new(
            address,
            443,
            &hosts,
            vec!["http://127.0.0.1:3000".to_owned()],
        )
    }

    fn request(version: Version, headers: &[(&str, &str)]) -> Request<()> {
        let mut request = Request::builder().version(version);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap()
    }

    #[test]
    fn only_names_of_ours_are_taken() {
        let cases = [
            (&["127.0.0.1:7481"][..], true),
            (&["LOCALHOST:7481"], true),
            (&["[::1]:7481"], true),
            (&["192.168.1.10:7481"], true),
            (&["till-server:7481"], true),
            (&["till-server"], true),
            (&["shop.example:9000"], true),
            (&["127.0.0.1"], false),
            (&["127.0.0.1:7480"], false),
            (&["rebound.example:7481"], false),
            (&["127.0.0.1:7481", "127.0.0.1:7481"], false),
            (&[], false),
        ];
        for (hosts, taken) in cases {
            let headers: Vec<_> = hosts.iter().map(|host| ("host", *host)).collect();
            let checked = guard().check(&request(Version::HTTP_11, &headers));
            assert_eq!(checked.is_ok(), taken, "{hosts:?}");
        }
        assert!(guard().check(&request(Version::HTTP_10, &[])).is_ok());
        let foreign = [("host", "rebound.example:7481")];
        assert_eq!(
            guard().check(&request(Version::HTTP_10, &foreign)),
            Err(Denial::Host)
        );
    }

    #[test]
    fn browsers_are_refused_unless_listed() {
        let host = ("host", "127.0.0.1:7481");
        let cases = [
            (vec![host], true),
            (vec![host, ("origin", "http://127.0.0.1:3000")], true),
            (
                vec![
                    host,
                    ("origin", "http://127.0.0.1:3000"),
                    ("sec-fetch-site", "cross-site"),
                ],
                true,
            ),
            (vec![host, ("origin", "https://evil.example")], false),
            (vec![host, ("origin", "null")], false),
            (vec![host, ("sec-fetch-mode", "navigate")], false),
        ];
        for (headers, taken) in cases {
            let checked = guard().check(&request(Version::HTTP_11, &headers));
            assert_eq!(checked.is_ok(), taken, "{headers:?}");
        }
    }

    #[test]
    fn the_secret_is_cut_out_and_nothing_else() {
        let cases = [
            (
                "/t/abc/fsi/api?x=%20&&y",
                Some(("abc", "/fsi/api?x=%20&&y")),
            ),
            ("/t/abc", Some(("abc", ""))),
            ("/t/abc?x=/t/", Some(("abc", "?x=/t/"))),
            ("/t/abc//a/../b", Some(("abc", "//a/../b"))),
            ("/t//fsi", None),
            ("/t/", None),
            ("/fsi/t/abc", None),
            ("*", None),
        ];
        for (target, parts) in cases {
            assert_eq!(split(target), parts, "{target}");
        }
    }
}
