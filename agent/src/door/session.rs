//! Sessions: what a browser holds instead of a secret.
//!
//! A browser's profile is copied, synchronised and searched; a secret in it would outlive the page.
//! The cookie names a session that lives in this process only, and the session knows who is behind
//! it. A restart of the agent ends every session.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hyper::header::{self, HeaderMap, HeaderValue, InvalidHeaderValue};
use ring::digest::SHA256_OUTPUT_LEN;

use pharmacy_base::clock::Clock;
use pharmacy_base::random;
use pharmacy_protocol::digest::{hex, sha256};

/// Most sessions at once. The oldest makes room.
pub(crate) const MAX_SESSIONS: usize = 64;

/// A cookie for our own pages below a path.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cookie {
    pub(crate) name: &'static str,
    /// Below which path it is sent back.
    pub(crate) path: &'static str,
}

impl Cookie {
    /// Its value in a request.
    pub(crate) fn of<'h>(&self, headers: &'h HeaderMap) -> Option<&'h str> {
        headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(key, _)| *key == self.name)
            .map(|(_, value)| value)
    }

    /// The line that sets it, with further attributes.
    pub(crate) fn line(&self, value: &str, more: &str) -> Result<HeaderValue, InvalidHeaderValue> {
        let Self { name, path } = self;
        HeaderValue::try_from(format!(
            "{name}={value}; Path={path}; HttpOnly; SameSite=Strict{more}"
        ))
    }
}

/// How long a session lasts, and by whose clock.
pub(crate) struct Longest {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ms: i64,
}

/// The open sessions, each with whoever is behind it.
pub(crate) struct Sessions<T> {
    cookie: Cookie,
    longest: Option<Longest>,
    open: Mutex<VecDeque<Session<T>>>,
}

struct Session<T> {
    /// Digest of the name: comparing digests tells nothing about names by the time that it takes.
    name: [u8; SHA256_OUTPUT_LEN],
    bearer: T,
    opened_ms: i64,
}

impl<T: Clone> Sessions<T> {
    pub(crate) fn new(cookie: Cookie, longest: Option<Longest>) -> Self {
        Self {
            cookie,
            longest,
            open: Mutex::default(),
        }
    }

    /// The cookie that names a session.
    pub(crate) fn cookie(&self) -> &Cookie {
        &self.cookie
    }

    /// Opens a session and names it; nothing where the system has no random bytes.
    pub(crate) fn open(&self, bearer: T) -> Option<String> {
        let mut bytes = [0_u8; 32];
        random::fill(&mut bytes).ok()?;
        let name = hex(&bytes);
        let session = Session {
            name: sha256(name.as_bytes()),
            bearer,
            opened_ms: self.now_ms(),
        };
        let mut open = self.lock();
        if open.len() >= MAX_SESSIONS {
            open.pop_front();
        }
        open.push_back(session);
        Some(name)
    }

    /// Who is behind the session that a request names.
    pub(crate) fn find(&self, headers: &HeaderMap) -> Option<T> {
        let name = self.digest(headers)?;
        let now_ms = self.now_ms();
        let mut open = self.lock();
        if let Some(Longest { ms, .. }) = self.longest {
            // A clock that was set back ends a session as well: nobody knows how long it lasted.
            let ages = 0..ms;
            open.retain(|session| ages.contains(&now_ms.saturating_sub(session.opened_ms)));
        }
        let session = open.iter().find(|session| session.name == name)?;
        Some(session.bearer.clone())
    }

    /// Ends the session that a request names.
    pub(crate) fn end(&self, headers: &HeaderMap) {
        if let Some(name) = self.digest(headers) {
            self.lock().retain(|session| session.name != name);
        }
    }

    /// Ends every session whose bearer is no longer good.
    pub(crate) fn end_all(&self, is_over: impl Fn(&T) -> bool) {
        self.lock().retain(|session| !is_over(&session.bearer));
    }

    fn digest(&self, headers: &HeaderMap) -> Option<[u8; SHA256_OUTPUT_LEN]> {
        Some(sha256(self.cookie.of(headers)?.as_bytes()))
    }

    fn now_ms(&self) -> i64 {
        let longest = self.longest.as_ref();
        longest.map_or(0, |longest| longest.clock.now_ms())
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Session<T>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pharmacy_base::clock::TestClock;

    const COOKIE: Cookie = Cookie {
        name: "pharmacy-test",
        path: "/test",
    };
    const LONGEST_MS: i64 = 1_000;

    fn naming(name: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let line = format!("a=b; {}={name}; c=d", COOKIE.name);
        headers.insert(header::COOKIE, line.parse().unwrap());
        headers
    }

    fn endless() -> Sessions<&'static str> {
        Sessions::new(COOKIE, None)
    }

    fn limited(clock: &TestClock) -> Sessions<&'static str> {
        let clock = Arc::new(clock.clone());
        let ms = LONGEST_MS;
        Sessions::new(COOKIE, Some(Longest { clock, ms }))
    }

    #[test]
    fn a_cookie_is_for_our_own_pages_alone() {
        let line = COOKIE.line("b", "; Secure").unwrap();
        assert_eq!(
            line,
            "pharmacy-test=b; Path=/test; HttpOnly; SameSite=Strict; Secure"
        );
    }

    #[test]
    fn a_session_leads_to_its_bearer_and_is_not_made_of_it() {
        let sessions = endless();
        let first = sessions.open("one").unwrap();
        let second = sessions.open("one").unwrap();
        assert_eq!((first.len(), first == second), (64, false));
        assert_eq!(sessions.find(&naming(&first)), Some("one"));
        assert_eq!(sessions.find(&naming(&first[1..])), None);
        assert_eq!(sessions.find(&HeaderMap::new()), None);
    }

    #[test]
    fn a_bearer_that_ends_takes_all_its_sessions_with_it() {
        let sessions = endless();
        let names = ["one", "two", "one"].map(|bearer| sessions.open(bearer).unwrap());
        sessions.end_all(|bearer| *bearer == "one");
        let left = names.map(|name| sessions.find(&naming(&name)));
        assert_eq!(left, [None, Some("two"), None]);
    }

    #[test]
    fn the_oldest_session_makes_room() {
        let sessions = endless();
        let names: Vec<_> = (0..=MAX_SESSIONS)
            .map(|_| sessions.open("one").unwrap())
            .collect();
        let known = |name: &String| sessions.find(&naming(name)).is_some();
        assert!(!known(&names[0]) && names[1..].iter().all(known));
    }

    #[test]
    fn a_session_lasts_its_time_and_ends_when_told() {
        let clock = TestClock::new(1_000_000);
        let sessions = limited(&clock);
        let [first, second] = ["ph1", "ph2"].map(|bearer| naming(&sessions.open(bearer).unwrap()));
        clock.set(1_000_000 + LONGEST_MS - 1);
        assert_eq!(sessions.find(&first), Some("ph1"));
        sessions.end(&first);
        assert_eq!(sessions.find(&first), None);
        assert_eq!(sessions.find(&second), Some("ph2"));
        clock.set(1_000_000 + LONGEST_MS);
        assert_eq!(sessions.find(&second), None);
    }

    #[test]
    fn a_clock_that_is_set_back_ends_sessions() {
        let clock = TestClock::new(1_000_000);
        let sessions = limited(&clock);
        let name = naming(&sessions.open("ph1").unwrap());
        clock.set(999_999);
        assert_eq!(sessions.find(&name), None);
        clock.set(1_000_000);
        assert_eq!(sessions.find(&name), None, "and does not bring them back");
        assert_eq!(sessions.find(&naming("0000")), None);
    }
}
