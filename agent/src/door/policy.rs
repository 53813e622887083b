//! Who may speak at all, before anybody asks who they are: loopback is no boundary, any program and
//! any web page on the machine reaches it.
//!
//! The Host names us (a DNS name rebound to 127.0.0.1 does not), and a browser says where a request
//! comes from: the pages that an operator listed, or our own. Out of scope: secrets and sessions,
//! which each edge checks, and what it answers to whoever is denied.

use std::net::SocketAddr;

use hyper::header::{self, HeaderMap, HeaderValue};
use hyper::{Method, Request, Version};

/// How a listener is spoken to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Scheme {
    Http,
    Https,
}

impl Scheme {
    fn prefix(self) -> &'static str {
        match self {
            Self::Http => "http://",
            Self::Https => "https://",
        }
    }

    /// The port that no name has to say.
    fn own_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// The names under which a listener is called.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    hosts: Vec<String>,
    scheme: Scheme,
}

impl Names {
    /// The names of a listener at `address`, and those that an operator gave it, with or without
    /// port.
    pub(crate) fn new(address: SocketAddr, scheme: Scheme, more: &[String]) -> Self {
        let port = address.port();
        let ip = match address {
            SocketAddr::V4(v4) => v4.ip().to_string(),
            SocketAddr::V6(v6) => format!("[{}]", v6.ip()),
        };
        let own = ["127.0.0.1", "localhost", "[::1]", &ip].map(str::to_owned);
        let mut hosts = more.to_vec();
        for name in own.iter().chain(more) {
            hosts.push(format!("{name}:{port}"));
            if port == scheme.own_port() {
                hosts.push(name.clone());
            }
        }
        Self { hosts, scheme }
    }

    /// How the listener is spoken to.
    pub(crate) fn scheme(&self) -> Scheme {
        self.scheme
    }

    fn has(&self, host: &str) -> bool {
        let mut hosts = self.hosts.iter();
        hosts.any(|ours| ours.eq_ignore_ascii_case(host))
    }

    /// Is this one of the names, said without the port that belongs to it?
    fn has_portless(&self, host: &str) -> bool {
        let mut hosts = self.hosts.iter();
        hosts.any(|ours| {
            let parts = ours.rsplit_once(':');
            let parts = parts.filter(|(_, port)| port.parse::<u16>().is_ok());
            parts.is_some_and(|(name, _)| name.eq_ignore_ascii_case(host))
        })
    }

    /// Is this the origin of the pages that we serve under this name?
    fn is_origin(&self, origin: &str, host: &str) -> bool {
        let named = origin.strip_prefix(self.scheme.prefix());
        named.is_some_and(|named| named.eq_ignore_ascii_case(host))
    }
}

/// From which pages a browser may send something.
#[derive(Clone, Debug)]
pub(crate) enum Origin {
    /// From the listed ones. Programs, which name no origin, may; people who open an address may where
    /// `visits` says so.
    Listed {
        origins: Vec<String>,
        visits: Visits,
    },
    /// From our own. Whoever changes something comes from there and says so; a page on another port
    /// of this machine counts as the same *site* and would be sent our cookie, but is another origin.
    Own,
    /// From none: whoever shows any sign of a browser, of today or of ten years ago, is refused.
    Nowhere,
}

/// May a person open an address in a browser?
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Visits {
    Allowed,
    Refused,
}

/// What names the listener where a request has no Host.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Nameless {
    /// The request's own address.
    Address,
    /// Nothing, for a client of 1996. A browser, whose name for us could be rebound, has a Host. Simple
    /// clients leave out the port as well, which no browser does.
    OldClients,
}

/// Why a request is not taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Denial {
    /// To a name that is not ours.
    Host,
    /// From a page that may not.
    Origin,
}

/// Who may speak at a listener.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    pub(crate) names: Names,
    pub(crate) nameless: Nameless,
    pub(crate) origin: Origin,
}

impl Policy {
    /// Checks name and origin.
    pub(crate) fn check<B>(&self, request: &Request<B>) -> Result<(), Denial> {
        let host = self.host(request)?;
        let headers = request.headers();
        let is_allowed = match &self.origin {
            Origin::Listed { origins, visits } => is_listed(headers, origins, *visits),
            Origin::Nowhere => !is_browser(headers),
            Origin::Own => {
                let changes = !matches!(*request.method(), Method::GET | Method::HEAD);
                is_from_us(headers, changes)
                    && match headers.contains_key(header::ORIGIN) {
                        true => single(headers, header::ORIGIN.as_str())
                            .is_some_and(|origin| self.names.is_origin(origin, host)),
                        false => !changes,
                    }
            }
        };
        is_allowed.then_some(()).ok_or(Denial::Origin)
    }

    /// The name under which we are called; empty where none is needed.
    fn host<'r, B>(&self, request: &'r Request<B>) -> Result<&'r str, Denial> {
        let headers = request.headers();
        let named = match headers.contains_key(header::HOST) {
            true => single(headers, header::HOST.as_str()),
            false => match self.nameless {
                Nameless::Address => request.uri().authority().map(|host| host.as_str()),
                Nameless::OldClients if request.version() == Version::HTTP_10 => return Ok(""),
                Nameless::OldClients => None,
            },
        };
        let is_portless_taken = self.nameless == Nameless::OldClients;
        named
            .filter(|host| {
                self.names.has(host) || (is_portless_taken && self.names.has_portless(host))
            })
            .ok_or(Denial::Host)
    }
}

fn is_listed(headers: &HeaderMap, origins: &[String], visits: Visits) -> bool {
    let mut named = headers.get_all(header::ORIGIN).iter().peekable();
    if named.peek().is_some() {
        let is_listed = |origin: &str| origins.iter().any(|listed| listed == origin);
        return named.all(|origin| origin.to_str().is_ok_and(is_listed));
    }
    // A browser that sends no Origin (a link, an image) still says what it is.
    match visits {
        Visits::Allowed => matches!(
            sec_fetch_site(headers),
            None | Some(b"same-origin" | b"none")
        ),
        Visits::Refused => !headers
            .keys()
            .any(|name| name.as_str().starts_with("sec-fetch-")),
    }
}

/// What only browsers send, and what they send of themselves: pages of theirs reach every port of the
/// machine. Stacks that till software is built on (WinHTTP, WinINet, Indy, .NET, Java, curl) send none of it; a
/// cookie is none of it: a platform behind a balancer sets one, and programs send it back.
fn is_browser(headers: &HeaderMap) -> bool {
    let tells = |name: &str| {
        let starts = ["sec-", "access-control-", "x-requested-with"];
        starts.iter().any(|start| name.starts_with(start))
            || ["origin", "referer", "upgrade-insecure-requests", "dnt"].contains(&name)
    };
    // Internet Explorer 11 sends a page's form with no other sign of itself.
    let agents = headers.get_all(header::USER_AGENT).iter();
    let mut agents = agents.map(HeaderValue::as_bytes);
    headers.keys().any(|name| tells(name.as_str()))
        || agents.any(|agent| agent.starts_with(b"Mozilla/5.0"))
}

fn is_from_us(headers: &HeaderMap, changes: bool) -> bool {
    match sec_fetch_site(headers) {
        // An old browser, or no browser.
        None | Some(b"same-origin") => true,
        Some(b"none") => !changes,
        Some(_) => false,
    }
}

fn sec_fetch_site(headers: &HeaderMap) -> Option<&[u8]> {
    headers.get("sec-fetch-site").map(HeaderValue::as_bytes)
}

/// The value of a header that stands exactly once.
fn single<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Headers<'a> = &'a [(&'a str, &'a str)];

    /// The page's policy at 127.0.0.1:7480.
    fn pages() -> Policy {
        let address = "127.0.0.1:7480".parse().unwrap();
        Policy {
            names: Names::new(address, Scheme::Http, &[]),
            nameless: Nameless::Address,
            origin: Origin::Own,
        }
    }

    /// A policy for programs, in the shop's network and over TLS.
    fn programs(visits: Visits, nameless: Nameless) -> Policy {
        let address = "192.168.1.10:7481".parse().unwrap();
        let more = ["till-server".to_owned(), "Shop.example:9000".to_owned()];
        Policy {
            names: Names::new(address, Scheme::Https, &more),
            nameless,
            origin: Origin::Listed {
                origins: vec!["http://127.0.0.1:3000".to_owned()],
                visits,
            },
        }
    }

    fn request(method: Method, version: Version, headers: Headers<'_>) -> Request<()> {
        let mut request = Request::builder().method(method).version(version);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap()
    }

    /// Checks a request to the page.
    fn is_let_in(method: Method, host: &str, more: Headers<'_>) -> bool {
        let headers = [&[("host", host)], more].concat();
        pages()
            .check(&request(method, Version::HTTP_11, &headers))
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
        let cases: [(Headers<'_>, bool); 8] = [
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
        let cases: [(Headers<'_>, bool); 9] = [
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

    #[test]
    fn only_names_that_an_operator_gave_are_taken_from_the_network() {
        let policy = programs(Visits::Refused, Nameless::OldClients);
        let cases = [
            (&["127.0.0.1:7481"][..], true),
            (&["LOCALHOST:7481"], true),
            (&["[::1]:7481"], true),
            (&["192.168.1.10:7481"], true),
            (&["till-server:7481"], true),
            (&["till-server"], true),
            (&["shop.example:9000"], true),
            (&["127.0.0.1"], true),
            (&["localhost"], true),
            (&["[::1]"], true),
            (&["shop.example"], true),
            (&["127.0.0.1:7480"], false),
            (&["192.168.1.10"], true),
            (&["192.168.1.11"], false),
            (&["rebound.example"], false),
            (&[""], false),
            (&["[:"], false),
            (&["rebound.example:7481"], false),
            (&["127.0.0.1:7481", "127.0.0.1:7481"], false),
            (&[], false),
        ];
        for (hosts, taken) in cases {
            let headers: Vec<_> = hosts.iter().map(|host| ("host", *host)).collect();
            let checked = policy.check(&request(Method::POST, Version::HTTP_11, &headers));
            assert_eq!(checked.is_ok(), taken, "{hosts:?}");
        }
    }

    #[test]
    fn a_request_without_host_is_an_old_clients_or_names_us_in_its_address() {
        let nameless = |uri: &str, version| {
            let request = Request::builder().uri(uri).version(version);
            request.body(()).unwrap()
        };
        let old = programs(Visits::Refused, Nameless::OldClients);
        assert_eq!(old.check(&nameless("/t/x", Version::HTTP_10)), Ok(()));
        let foreign = [("host", "rebound.example:7481")];
        let foreign = request(Method::POST, Version::HTTP_10, &foreign);
        assert_eq!(old.check(&foreign), Err(Denial::Host));
        let ours = nameless("http://127.0.0.1:7480/counter/", Version::HTTP_11);
        assert_eq!(pages().check(&ours), Ok(()));
        let foreign = nameless("http://evil.example:7480/counter/", Version::HTTP_11);
        assert_eq!(pages().check(&foreign), Err(Denial::Host));
    }

    #[test]
    fn a_listener_at_its_schemes_own_port_is_called_without_it() {
        let usual = Names::new("[::1]:443".parse().unwrap(), Scheme::Https, &[]);
        assert!(usual.has("[::1]") && usual.has("localhost:443"));
        let other = Names::new("127.0.0.1:443".parse().unwrap(), Scheme::Http, &[]);
        assert!(!other.has("localhost"));
    }

    #[test]
    fn no_browser_comes_in_by_a_tills_own_port() {
        let own = Policy {
            origin: Origin::Nowhere,
            ..programs(Visits::Refused, Nameless::OldClients)
        };
        let signs = [
            ("origin", "http://127.0.0.1:3000"),
            ("origin", "null"),
            ("referer", "http://evil.example/"),
            ("sec-fetch-mode", "no-cors"),
            ("sec-ch-ua", "\"Chromium\""),
            ("access-control-request-method", "POST"),
            ("upgrade-insecure-requests", "1"),
            ("x-requested-with", "XMLHttpRequest"),
            (
                "user-agent",
                "Mozilla/5.0 (Windows NT 6.1; Trident/7.0; rv:11.0) like Gecko",
            ),
        ];
        let let_in = |more| {
            let headers = [("host", "localhost:7481"), more];
            own.check(&request(Method::POST, Version::HTTP_11, &headers))
        };
        for sign in signs {
            assert_eq!(let_in(sign), Err(Denial::Origin), "{sign:?}");
        }
        let tills = [
            "Mozilla/3.0 (compatible; Indy Library)",
            "Mozilla/4.0 (compatible; Win32; WinHttp.WinHttpRequest.5)",
            "Apache-HttpClient/4.5.13 (Java/1.8.0_202)",
        ];
        for agent in tills {
            assert_eq!(let_in(("user-agent", agent)), Ok(()), "{agent}");
        }
        assert_eq!(let_in(("cookie", "route=a")), Ok(()));
    }

    #[test]
    fn browsers_are_refused_unless_listed() {
        let host = ("host", "127.0.0.1:7481");
        let listed = ("origin", "http://127.0.0.1:3000");
        let cases: [(Headers<'_>, bool, bool); 8] = [
            (&[host], true, true),
            (&[host, listed], true, true),
            (
                &[host, listed, ("sec-fetch-site", "cross-site")],
                true,
                true,
            ),
            (&[host, ("origin", "https://evil.example")], false, false),
            (
                &[host, listed, ("origin", "https://evil.example")],
                false,
                false,
            ),
            (&[host, ("origin", "null")], false, false),
            (&[host, ("sec-fetch-site", "cross-site")], false, false),
            // A person who opens an address.
            (&[host, ("sec-fetch-site", "none")], true, false),
        ];
        for (headers, is_visit_allowed, is_program_allowed) in cases {
            let request = request(Method::GET, Version::HTTP_11, headers);
            let is_taken = |visits| {
                let policy = programs(visits, Nameless::Address);
                policy.check(&request) == Ok(())
            };
            assert_eq!(is_taken(Visits::Allowed), is_visit_allowed, "{headers:?}");
            assert_eq!(is_taken(Visits::Refused), is_program_allowed, "{headers:?}");
        }
    }
}
