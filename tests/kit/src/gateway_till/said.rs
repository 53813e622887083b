//! What one side of a relay said, less what may differ on the other.
//!
//! What may differ, and nothing else: `Host`, which names who is called; headers that concern one
//! connection only (RFC 9110, 7.6.1) and with them how a body's end is told; and `Expect`, which is
//! answered by whoever it reaches first (RFC 9110, 10.1.1).

use std::collections::BTreeSet;
use std::fmt;

use crate::http::Response;
use crate::platform::Arrived;

/// Headers that are not the message's but the connection's, and `Host`.
const OF_THE_HOP: [&str; 10] = [
    "connection",
    "expect",
    "host",
    "keep-alive",
    "proxy-authenticate",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// What was said, less what may differ.
#[derive(Clone, Eq, PartialEq)]
pub struct Said {
    /// Request line or status line, without the version.
    first: String,
    headers: BTreeSet<(String, String)>,
    body: Vec<u8>,
}

impl fmt::Debug for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = String::from_utf8_lossy(&self.body[..self.body.len().min(2000)]);
        write!(f, "{}\n{:#?}\n{body}", self.first, self.headers)
    }
}

impl Said {
    /// A request as the platform saw it.
    pub fn request(arrived: &Arrived) -> Self {
        let first = format!("{} {}", arrived.method, arrived.target);
        Self::new(first, &arrived.headers, &arrived.body)
    }

    /// An answer as the till saw it.
    pub fn answer(response: &Response) -> Self {
        let head = String::from_utf8_lossy(&response.head);
        let line = head.lines().next().unwrap_or_default();
        // Each connection has a version of its own: a till of HTTP/1.0 is answered in it.
        let first = line.split_once(' ').map_or(line, |(_, status)| status);
        Self::new(first.to_owned(), &response.headers, &response.body)
    }

    /// What was said in these words.
    pub fn new(first: String, headers: &[(String, String)], body: &[u8]) -> Self {
        let has = |name: &str| {
            headers
                .iter()
                .any(|(key, _)| key.eq_ignore_ascii_case(name))
        };
        let is_chunked = has("transfer-encoding");
        let is_of_the_hop = |name: &str| {
            let name = name.to_ascii_lowercase();
            // A length is compared where both gave one; see `without_length`.
            OF_THE_HOP.contains(&name.as_str()) || (is_chunked && name == "content-length")
        };
        let headers = headers
            .iter()
            .filter(|(name, _)| !is_of_the_hop(name))
            .cloned();
        let (headers, body) = (headers.collect(), body.to_vec());
        Self {
            first,
            headers,
            body,
        }
    }

    fn has_length(&self) -> bool {
        let mut names = self.headers.iter().map(|(name, _)| name);
        names.any(|name| name.eq_ignore_ascii_case("content-length"))
    }

    /// How a body's end is told is the connection's business: compared without where only one has it.
    fn without_length(mut self) -> Self {
        self.headers
            .retain(|(name, _)| !name.eq_ignore_ascii_case("content-length"));
        self
    }
}

/// Fails the test unless both said the same.
#[track_caller]
pub fn assert_same(what: &str, direct: Said, relayed: Said) {
    let (direct, relayed) = if direct.has_length() == relayed.has_length() {
        (direct, relayed)
    } else {
        (direct.without_length(), relayed.without_length())
    };
    assert_eq!(direct, relayed, "{what}");
}
