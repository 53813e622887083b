//! Wrong secrets are slowed: whoever tries one after the other waits ever longer for the next no.
//!
//! A secret has 32 random bytes, and no number of tries finds one. What this ends is the load of trying and
//! its lines in the log; an honest till with an old secret waits a second or two longer for its refusal.
//! Good secrets never wait, and whoever waits is a stranger: where strangers' places run out, they go first.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep};

/// Wrong secrets that cost nothing: a technician mistypes.
const FREE: u32 = 3;
/// How long the first one after those waits for its answer; each further one waits twice as long.
const FIRST: Duration = Duration::from_millis(250);
/// The longest wait: shorter than what any till waits for an answer.
const LONGEST: Duration = Duration::from_secs(4);
/// After so long without a wrong one, all are forgotten.
const FORGOTTEN: Duration = Duration::from_secs(60);

/// The wrong secrets that came to a door.
#[derive(Debug, Default)]
pub(crate) struct Slow(Mutex<Option<Wrong>>);

#[derive(Clone, Copy, Debug)]
struct Wrong {
    count: u32,
    last: Instant,
}

impl Slow {
    /// Counts a wrong secret, and returns when it may be answered.
    pub(crate) async fn wait(&self) {
        sleep(self.count(Instant::now())).await;
    }

    fn count(&self, now: Instant) -> Duration {
        let mut wrong = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = wrong.filter(|wrong| now.duration_since(wrong.last) < FORGOTTEN);
        let count = before.map_or(0, |wrong| wrong.count).saturating_add(1);
        *wrong = Some(Wrong { count, last: now });
        let Some(doublings) = count.checked_sub(FREE + 1) else {
            return Duration::ZERO;
        };
        let factor = 1_u32.checked_shl(doublings.min(16)).unwrap_or(u32::MAX);
        FIRST.saturating_mul(factor).min(LONGEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wrong_secret_waits_longer_and_quiet_forgives() {
        let slow = Slow::default();
        let begin = Instant::now();
        let waits: Vec<_> = (0..10).map(|_| slow.count(begin).as_millis()).collect();
        assert_eq!(waits, [0, 0, 0, 250, 500, 1000, 2000, 4000, 4000, 4000]);
        assert_eq!(slow.count(begin + FORGOTTEN), Duration::ZERO);
        for _ in 0..100 {
            assert!(slow.count(begin + FORGOTTEN) <= LONGEST);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_answer_waits_as_long() {
        let slow = Slow::default();
        let begin = Instant::now();
        for _ in 0..5 {
            slow.wait().await;
        }
        assert!(begin.elapsed() >= Duration::from_millis(750));
    }
}
