//! Time that passes, as a thing that is passed in: moments that only move forward, and waiting.
//!
//! In scope: what threads of the agent wait with. A simulator hands in a timer of its own, which
//! moves on when everybody waits. Out of scope: the time of day ([`crate::clock`]), deadlines that
//! the operating system keeps for a socket or a serial port, tasks, whose timer is their runtime's.

use std::ops::ControlFlow;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

/// Lets time pass.
pub trait Timer: Send + Sync {
    fn now(&self) -> Instant;

    /// Waits for something until a moment. `look` looks for it at least once, blocks no longer than
    /// it is told, and breaks when it is there.
    ///
    /// The one way to wait, so that a timer that is no real one may look without blocking.
    fn wait(&self, until: Instant, look: &mut dyn FnMut(Duration) -> ControlFlow<()>);
}

impl dyn Timer + '_ {
    /// Lets a time pass.
    pub fn sleep(&self, duration: Duration) {
        self.wait(self.now() + duration, &mut |left| {
            std::thread::sleep(left);
            ControlFlow::Continue(())
        });
    }

    /// Takes what comes over a channel until a moment.
    pub fn receive<T>(&self, from: &Receiver<T>, until: Instant) -> Result<T, RecvTimeoutError> {
        let mut received = Err(RecvTimeoutError::Timeout);
        self.wait(until, &mut |left| {
            received = from.recv_timeout(left);
            match received {
                Err(RecvTimeoutError::Timeout) => ControlFlow::Continue(()),
                Ok(_) | Err(RecvTimeoutError::Disconnected) => ControlFlow::Break(()),
            }
        });
        received
    }
}

/// The machine's own time.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemTimer;

impl Timer for SystemTimer {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn wait(&self, until: Instant, look: &mut dyn FnMut(Duration) -> ControlFlow<()>) {
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if look(left).is_break() || left.is_zero() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::mpsc;

    use super::*;

    /// Moves on by itself whenever somebody waits: nothing here takes real time.
    struct LeapingTimer(Mutex<Instant>);

    impl Timer for LeapingTimer {
        fn now(&self) -> Instant {
            *self.0.lock().unwrap()
        }

        fn wait(&self, until: Instant, look: &mut dyn FnMut(Duration) -> ControlFlow<()>) {
            if look(Duration::ZERO).is_continue() {
                let mut now = self.0.lock().unwrap();
                *now = until.max(*now);
            }
        }
    }

    #[test]
    fn an_hour_of_a_timer_that_is_handed_in_takes_no_time() {
        const HOUR: Duration = Duration::from_secs(3600);
        let begun = Instant::now();
        let timer: &dyn Timer = &LeapingTimer(Mutex::new(begun));
        timer.sleep(HOUR);
        let (sender, receiver) = mpsc::channel();
        let until = begun + HOUR * 2;
        assert_eq!(
            timer.receive(&receiver, until),
            Err(RecvTimeoutError::Timeout)
        );
        assert_eq!(timer.now(), until);
        sender.send(7).unwrap();
        assert_eq!(timer.receive(&receiver, until + HOUR), Ok(7));
        assert_eq!(timer.now(), until);
        assert!(begun.elapsed() < HOUR);
    }

    #[test]
    fn the_machines_timer_ends_a_wait_at_its_moment_and_looks_once_at_least() {
        let timer: &dyn Timer = &SystemTimer;
        let (sender, receiver) = mpsc::channel();
        let begun = timer.now();
        let wait = Duration::from_millis(20);
        assert_eq!(
            timer.receive(&receiver, begun + wait),
            Err(RecvTimeoutError::Timeout)
        );
        assert!(begun.elapsed() >= wait);
        sender.send(7).unwrap();
        assert_eq!(timer.receive(&receiver, begun), Ok(7));
        drop(sender);
        let long = timer.now() + Duration::from_secs(3600);
        assert_eq!(
            timer.receive(&receiver, long),
            Err(RecvTimeoutError::Disconnected)
        );
    }
}
