//! What every call needs on its way: the desk, the platform, and how long an answer may take.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::background::Background;
use super::manner::Manners;
use super::upstream::Upstream;

pub(super) struct Way<G> {
    pub(super) gate: Arc<G>,
    pub(super) upstream: Upstream,
    pub(super) answer: Duration,
    pub(super) background: Background,
    pub(super) manners: Manners,
    serial: AtomicU64,
}

impl<G> Way<G> {
    pub(super) fn new(gate: G, upstream: Upstream, answer: Duration) -> Self {
        Self {
            gate: Arc::new(gate),
            upstream,
            answer,
            background: Background::default(),
            manners: Manners::default(),
            serial: AtomicU64::new(0),
        }
    }

    /// Tells answers that are made here apart.
    pub(super) fn next_serial(&self) -> u64 {
        // At most ten digits.
        self.serial.fetch_add(1, Ordering::Relaxed) % 10_000_000_000
    }
}
