//! What arrived at the platform and what it answered, byte for byte, for tests to compare.

use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use super::wire::Arrived;

/// How long a test waits for something to arrive; machines that build are slow.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// One request and what became of it.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// Which connection it came on, counted from 0.
    pub connection: usize,
    /// The request.
    pub request: Arrived,
    /// The call, by body or path.
    pub infno: Option<String>,
    /// The sender's message id.
    pub msgid: Option<String>,
    /// How far it came.
    pub stage: Stage,
    /// The answer as it was made, head and body; of a file the head only.
    pub answer: Option<Vec<u8>>,
}

/// How far a request came, in that order.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Stage {
    /// All of it was read.
    Read,
    /// It was carried out.
    Acted,
    /// The whole answer was handed to the system.
    Answered,
    /// The answer was not given, or not whole.
    Broken,
}

/// Every exchange of a platform, in the order in which the requests were read.
#[derive(Clone, Debug, Default)]
pub struct Record(Arc<(Mutex<Vec<Exchange>>, Condvar)>);

impl Record {
    /// All exchanges up to now.
    pub fn all(&self) -> Vec<Exchange> {
        self.0.0.lock().unwrap().clone()
    }

    /// Waits until the exchanges are as described, or fails the test saying what was awaited.
    #[track_caller]
    pub fn wait_for(&self, what: &str, is_so: impl Fn(&[Exchange]) -> bool) -> Vec<Exchange> {
        let (exchanges, changed) = &*self.0;
        let deadline = Instant::now() + PATIENCE;
        let mut exchanges = exchanges.lock().unwrap();
        while !is_so(&exchanges) {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "waited in vain: {what}");
            exchanges = changed.wait_timeout(exchanges, left).unwrap().0;
        }
        exchanges.clone()
    }

    /// Enters a request that was read; returns its place.
    pub(super) fn enter(&self, exchange: Exchange) -> usize {
        let (exchanges, changed) = &*self.0;
        let mut exchanges = exchanges.lock().unwrap();
        exchanges.push(exchange);
        changed.notify_all();
        exchanges.len() - 1
    }

    /// Notes how far a request came.
    pub(super) fn note(&self, place: usize, stage: Stage, answer: Option<Vec<u8>>) {
        let (exchanges, changed) = &*self.0;
        let mut exchanges = exchanges.lock().unwrap();
        exchanges[place].stage = stage;
        if answer.is_some() {
            exchanges[place].answer = answer;
        }
        changed.notify_all();
    }
}
