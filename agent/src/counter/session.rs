//! Sessions: what a browser holds instead of the till's secret.
//!
//! A browser's profile is copied, synchronised and searched; a secret in it would outlive the page.
//! The cookie names a session that lives in this process only, and the session knows the secret,
//! with which every request is authenticated anew. A restart of the agent ends every session.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::http::{HeaderMap, header};
use pharmacy_protocol::Secret;
use ring::digest::SHA256_OUTPUT_LEN;

use pharmacy_protocol::digest::{hex, sha256};

/// The cookie that names a session.
pub(super) const COOKIE: &str = "pharmacy-counter";

/// Most sessions at once; a till needs one. The oldest makes room.
const MAX_SESSIONS: usize = 64;

/// The open sessions.
#[derive(Default)]
pub(super) struct Sessions {
    open: Mutex<VecDeque<Session>>,
}

struct Session {
    /// Digest of the name: comparing digests tells nothing about names by the time that it takes.
    name: [u8; SHA256_OUTPUT_LEN],
    token: Secret<String>,
}

impl Sessions {
    /// Opens a session and names it; nothing where the system has no random bytes.
    pub(super) fn open(&self, token: Secret<String>) -> Option<String> {
        let mut bytes = [0_u8; 32];
        getrandom::fill(&mut bytes).ok()?;
        let name: String = hex(&bytes);
        let session = Session {
            name: sha256(name.as_bytes()),
            token,
        };
        let mut open = self.lock();
        if open.len() >= MAX_SESSIONS {
            open.pop_front();
        }
        open.push_back(session);
        Some(name)
    }

    /// The secret behind the session that a request names.
    pub(super) fn token(&self, headers: &HeaderMap) -> Option<Secret<String>> {
        let name = sha256(cookie(headers, COOKIE)?.as_bytes());
        let open = self.lock();
        let session = open.iter().find(|session| session.name == name)?;
        Some(session.token.clone())
    }

    /// Ends every session of a secret that is no longer good.
    pub(super) fn end(&self, token: &Secret<String>) {
        self.lock().retain(|session| session.token != *token);
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Session>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The value of a cookie of a request.
pub(super) fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn naming(name: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let line = format!("a=b; {COOKIE}={name}; c=d");
        headers.insert(header::COOKIE, line.parse().unwrap());
        headers
    }

    fn secret(text: &str) -> Secret<String> {
        Secret::new(text.to_owned())
    }

    #[test]
    fn a_session_leads_to_its_secret_and_is_not_made_of_it() {
        let sessions = Sessions::default();
        let first = sessions.open(secret("one")).unwrap();
        let second = sessions.open(secret("one")).unwrap();
        assert_eq!((first.len(), first == second), (64, false));
        assert_eq!(sessions.token(&naming(&first)), Some(secret("one")));
        assert_eq!(sessions.token(&naming(&first[1..])), None);
        assert_eq!(sessions.token(&HeaderMap::new()), None);
    }

    #[test]
    fn a_secret_that_ends_takes_all_its_sessions_with_it() {
        let sessions = Sessions::default();
        let names = ["one", "two", "one"].map(|text| sessions.open(secret(text)).unwrap());
        sessions.end(&secret("one"));
        let left = names.map(|name| sessions.token(&naming(&name)));
        assert_eq!(left, [None, Some(secret("two")), None]);
    }

    #[test]
    fn the_oldest_session_makes_room() {
        let sessions = Sessions::default();
        let names: Vec<_> = (0..=MAX_SESSIONS)
            .map(|_| sessions.open(secret("one")).unwrap())
            .collect();
        let known = |name: &String| sessions.token(&naming(name)).is_some();
        assert!(!known(&names[0]) && names[1..].iter().all(known));
    }
}
