//! Sessions of reviewers: who signed in at another PC, for a shift at most.
//!
//! The cookie names a session that lives in this process only. It opens pages; it signs nothing,
//! which takes the PIN each time.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::HeaderMap;
use pharmacy_protocol::term::StaffId;
use ring::digest::SHA256_OUTPUT_LEN;

use crate::counter::session::cookie;
use pharmacy_base::clock::Clock;
use pharmacy_protocol::digest::{hex, sha256};

/// The cookie that names a session.
pub(super) const COOKIE: &str = "pharmacy-review";
/// Longest session in seconds: the longest shift that a store has.
pub(super) const LONGEST_S: i64 = 12 * 60 * 60;
/// Most sessions at once. The oldest makes room.
const MAX_SESSIONS: usize = 64;

/// The open sessions.
pub(super) struct Sessions {
    clock: Arc<dyn Clock>,
    open: Mutex<VecDeque<Session>>,
}

struct Session {
    /// Digest of the name: comparing digests tells nothing about names by the time that it takes.
    name: [u8; SHA256_OUTPUT_LEN],
    staff: StaffId,
    opened_ms: i64,
}

impl Sessions {
    /// No sessions yet.
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            open: Mutex::default(),
        }
    }

    /// Opens a session and names it; nothing where the system has no random bytes.
    pub(super) fn open(&self, staff: StaffId) -> Option<String> {
        let mut bytes = [0_u8; 32];
        getrandom::fill(&mut bytes).ok()?;
        let name = hex(&bytes);
        let session = Session {
            name: sha256(name.as_bytes()),
            staff,
            opened_ms: self.clock.now_ms(),
        };
        let mut open = self.lock();
        if open.len() >= MAX_SESSIONS {
            open.pop_front();
        }
        open.push_back(session);
        Some(name)
    }

    /// Who is behind the session that a request names.
    pub(super) fn find(&self, headers: &HeaderMap) -> Option<StaffId> {
        let name = sha256(cookie(headers, COOKIE)?.as_bytes());
        let now_ms = self.clock.now_ms();
        let mut open = self.lock();
        // A clock that was set back ends a session as well: nobody knows how long it lasted.
        open.retain(|session| {
            let age_ms = now_ms.saturating_sub(session.opened_ms);
            (0..LONGEST_S * 1000).contains(&age_ms)
        });
        let session = open.iter().find(|session| session.name == name)?;
        Some(session.staff.clone())
    }

    /// Ends the session that a request names.
    pub(super) fn end(&self, headers: &HeaderMap) {
        if let Some(name) = cookie(headers, COOKIE) {
            let name = sha256(name.as_bytes());
            self.lock().retain(|session| session.name != name);
        }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Session>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::header;

    use super::*;
    use pharmacy_base::clock::TestClock;

    fn naming(name: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let line = format!("{COOKIE}={name}");
        headers.insert(header::COOKIE, line.parse().unwrap());
        headers
    }

    #[test]
    fn a_session_lasts_a_shift_and_ends_when_told() {
        let clock = TestClock::new(1_000_000);
        let sessions = Sessions::new(Arc::new(clock.clone()));
        let [first, second] = ["ph1", "ph2"].map(|staff| {
            let name = sessions.open(staff.parse().unwrap());
            naming(&name.unwrap())
        });
        clock.set(1_000_000 + LONGEST_S * 1000 - 1);
        assert_eq!(sessions.find(&first), Some("ph1".parse().unwrap()));
        sessions.end(&first);
        assert_eq!(sessions.find(&first), None);
        assert_eq!(sessions.find(&second), Some("ph2".parse().unwrap()));
        clock.set(1_000_000 + LONGEST_S * 1000);
        assert_eq!(sessions.find(&second), None);
    }

    #[test]
    fn a_clock_that_is_set_back_ends_sessions() {
        let clock = TestClock::new(1_000_000);
        let sessions = Sessions::new(Arc::new(clock.clone()));
        let name = naming(&sessions.open("ph1".parse().unwrap()).unwrap());
        clock.set(999_999);
        assert_eq!(sessions.find(&name), None);
        clock.set(1_000_000);
        assert_eq!(sessions.find(&name), None, "and does not bring them back");
        assert_eq!(sessions.find(&naming("0000")), None);
    }
}
