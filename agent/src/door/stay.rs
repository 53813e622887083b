//! A connection's stay: how long a stranger may take, and how a request's policy vouches for them.
//!
//! Whoever did not show a valid secret has [`HEAD_DEADLINE`] from being accepted, TLS included, until the
//! head of their first request is whole, and as long from when one is answered to the next. While a
//! policy looks at a request, its own deadlines count ([`BODY_DEADLINE`] for what it reads). For whoever is
//! known, those of the protocol do.

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use hyper::http::Extensions;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, sleep_until};

use super::room::Room;

/// How long a stranger may be silent or slow: a handshake is two round trips, and a head is a packet or two.
pub(crate) const HEAD_DEADLINE: Duration = Duration::from_secs(10);
/// How long a body may take that is read before anybody knows from whom it is, or that is short.
pub(crate) const BODY_DEADLINE: Duration = Duration::from_secs(10);

/// A connection, as the door sees it.
pub(super) struct Stay {
    room: Arc<Room>,
    number: u64,
    leave: Arc<Notify>,
    is_known: AtomicBool,
    /// When the next head is due; none while a request is looked at.
    due: Mutex<Option<Instant>>,
}

impl Stay {
    pub(super) fn begin(room: &Arc<Room>, peer: IpAddr) -> Arc<Self> {
        let leave = Arc::new(Notify::new());
        Arc::new(Self {
            number: room.enter(peer, Arc::clone(&leave)),
            room: Arc::clone(room),
            leave,
            is_known: AtomicBool::new(false),
            due: Mutex::new(Some(Instant::now() + HEAD_DEADLINE)),
        })
    }

    /// Waits until the connection has to end: others need its place, or it is overdue.
    pub(super) async fn over(&self) {
        tokio::select! {
            () = self.leave.notified() => {}
            () = self.overdue() => {}
        }
    }

    async fn overdue(&self) {
        while !self.is_known.load(Ordering::Relaxed) {
            match self.due() {
                Some(due) if due <= Instant::now() => return,
                Some(due) => sleep_until(due).await,
                None => sleep(HEAD_DEADLINE).await,
            }
        }
        std::future::pending().await
    }

    fn due(&self) -> Option<Instant> {
        *self.due.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn expect_head(&self, due: Option<Instant>) {
        *self.due.lock().unwrap_or_else(PoisonError::into_inner) = due;
    }

    fn vouch(&self) {
        if !self.is_known.load(Ordering::Relaxed) {
            let is_known = self.room.know(self.number);
            self.is_known.store(is_known, Ordering::Relaxed);
        }
    }

    /// A request came whole: it is looked at until the turn is dropped.
    pub(super) fn turn(self: &Arc<Self>, extensions: &mut Extensions) -> Turn {
        self.expect_head(None);
        self.room.at_work(self.number);
        extensions.insert(Sender(Arc::downgrade(self)));
        Turn(Arc::clone(self))
    }
}

impl Drop for Stay {
    fn drop(&mut self) {
        self.room.leave(self.number);
    }
}

/// A request that is being answered.
pub(super) struct Turn(Arc<Stay>);

impl Turn {
    /// The answer begins: from now on a stranger has to take it.
    pub(super) fn answered(&self) {
        self.0.expect_head(Some(Instant::now() + HEAD_DEADLINE));
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.answered();
        self.0.room.idle(self.0.number);
    }
}

/// From whom a request is. A request that outlives its connection does not keep its place.
#[derive(Clone)]
struct Sender(Weak<Stay>);

/// Says that whoever sent the request with these extensions showed a valid secret.
pub(crate) fn vouch(extensions: &Extensions) {
    let sender = extensions.get::<Sender>();
    if let Some(stay) = sender.and_then(|Sender(stay)| stay.upgrade()) {
        stay.vouch();
    }
}
