//! Who may call: a till by the secret in its path, under a name of ours, and no browser.
//!
//! ```text
//! POST /t/<secret>/rest?query      relayed as   POST <base>/rest?query
//! POST /rest?query                 likewise, at the port of one till
//! ```
//! A till that takes only an address and a port has one of its own, where nothing names it but the port.
//! Loopback is no boundary: any program and any web page on the till reaches it. The secret is taken
//! out before anything leaves and stands in no log line; nothing here prints a path.

use hyper::header::{self, HeaderMap, HeaderName};

use crate::door::policy::{Denial, Nameless, Names, Origin, Policy, Visits};

/// What stands before the secret.
const PREFIX: &str = "/t/";

/// Without the secret of an enrolled till.
pub(super) const UNKNOWN_TILL: &str = "gateway.till-unknown";

/// A policy for a listener under these names, which pages of these origins may call.
pub(super) fn policy(names: Names, origins: Vec<String>) -> Policy {
    Policy {
        names,
        nameless: Nameless::OldClients,
        origin: Origin::Listed {
            origins,
            visits: Visits::Refused,
        },
    }
}

/// A policy for a till's own port, which no page may call.
pub(super) fn own_policy(names: Names) -> Policy {
    Policy {
        names,
        nameless: Nameless::OldClients,
        origin: Origin::Nowhere,
    }
}

/// The stable code for what looks like a browser at a till's own port.
pub(super) const BROWSER_AT_OWN_PORT: &str = "gateway.browser-own-port";

/// The stable code for whoever is denied.
pub(super) fn code(denial: Denial) -> &'static str {
    match denial {
        Denial::Host => "gateway.host",
        Denial::Origin => "gateway.browser",
    }
}

/// Does a program call that says of itself what browsers say? The `fetch` of Node names a mode and nothing
/// else; a browser names a site with it, or the page's origin.
pub(super) fn is_fetch_of_a_program(headers: &HeaderMap) -> bool {
    let mut said = headers
        .keys()
        .map(HeaderName::as_str)
        .filter(|name| name.starts_with("sec-fetch-"));
    !headers.contains_key(header::ORIGIN) && said.all(|name| name == "sec-fetch-mode")
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

    #[test]
    fn node_is_told_from_a_browser() {
        let is_program = |fields: &[(&'static str, &'static str)]| {
            let fields = fields.iter().map(|(name, value)| {
                let value = hyper::header::HeaderValue::from_static(value);
                (HeaderName::from_static(name), value)
            });
            is_fetch_of_a_program(&fields.collect())
        };
        let (mode, site) = (("sec-fetch-mode", "cors"), ("sec-fetch-site", "none"));
        assert!(is_program(&[mode]));
        assert!(!is_program(&[mode, site]));
        assert!(!is_program(&[site]));
        assert!(!is_program(&[mode, ("sec-fetch-dest", "empty")]));
        assert!(!is_program(&[mode, ("origin", "http://127.0.0.1:3000")]));
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
