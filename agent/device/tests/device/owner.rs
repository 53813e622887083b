//! A port's owner by a timer and workers that are handed in: hours pass and the test does not wait.
#![expect(clippy::unwrap_used, reason = "an integration test may")]

use std::io;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use pharmacy_base::machine::Machine;
use pharmacy_base::timer::Timer;
use pharmacy_base::worker::{SystemWorkers, Worker, Workers};
use pharmacy_decision::facts::Transport;
use pharmacy_device::owner::State;
use pharmacy_device::port::{OpenError, Opener, Port, PortError};
use pharmacy_device::scanner::{Scanner, Settings};

/// Moves on as soon as somebody waits.
#[derive(Clone)]
struct LeapingTimer(Arc<Mutex<Instant>>);

impl LeapingTimer {
    fn leap(&self, until: Instant) {
        let mut now = self.0.lock().unwrap();
        *now = until.max(*now);
        // Whoever looks on gets a turn.
        std::thread::yield_now();
    }
}

impl Timer for LeapingTimer {
    fn now(&self) -> Instant {
        *self.0.lock().unwrap()
    }

    fn wait(&self, until: Instant, look: &mut dyn FnMut(Duration) -> ControlFlow<()>) {
        if look(Duration::ZERO).is_continue() {
            self.leap(until);
        }
    }
}

/// Remembers whom it started.
#[derive(Clone, Default)]
struct CountedWorkers(Arc<Mutex<Vec<&'static str>>>);

impl Workers for CountedWorkers {
    fn start(&self, name: &'static str, work: Box<dyn FnOnce() + Send>) -> io::Result<Worker> {
        self.0.lock().unwrap().push(name);
        SystemWorkers.start(name, work)
    }
}

/// A scanner that is absent for some attempts, and then silent for ever.
struct LateScanner {
    absent: usize,
    timer: LeapingTimer,
    attempts: Arc<Mutex<Vec<Instant>>>,
}

impl Opener for LateScanner {
    fn open(&mut self, _: Duration) -> Result<Box<dyn Port>, OpenError> {
        let mut attempts = self.attempts.lock().unwrap();
        attempts.push(self.timer.now());
        if attempts.len() <= self.absent {
            return Err(OpenError::Connect(io::ErrorKind::ConnectionRefused.into()));
        }
        Ok(Box::new(SilentPort(self.timer.clone())))
    }
}

struct SilentPort(LeapingTimer);

impl Port for SilentPort {
    fn read(&mut self, _: &mut [u8], deadline: Instant) -> Result<usize, PortError> {
        self.0.leap(deadline);
        Err(PortError::Late)
    }

    fn write_all(&mut self, _: &[u8], _: Instant) -> Result<(), PortError> {
        Ok(())
    }

    fn discard_input(&mut self) -> Result<(), PortError> {
        Ok(())
    }

    fn transport(&self) -> Transport {
        Transport::Simulated
    }

    fn wire_time(&self, _: usize) -> Duration {
        Duration::ZERO
    }
}

#[test]
fn an_owner_runs_by_the_timer_and_the_workers_that_are_handed_in() {
    let begun = Instant::now();
    let leaping = LeapingTimer(Arc::new(Mutex::new(begun)));
    let attempts = Arc::default();
    let opener = LateScanner {
        absent: 6,
        timer: leaping.clone(),
        attempts: Arc::clone(&attempts),
    };
    let workers = CountedWorkers::default();
    let machine = Machine {
        timer: Arc::new(leaping),
        workers: Arc::new(workers.clone()),
        ..Machine::default()
    };
    let started = Scanner::start(Box::new(opener), Settings::default(), &machine);
    let (scanner, _scans) = started.unwrap();
    assert_eq!(*workers.0.lock().unwrap(), ["scanner"]);
    let handle = scanner.handle();
    while handle.snapshot().state != State::Ready {
        assert!(begun.elapsed() < Duration::from_secs(20));
        std::thread::yield_now();
    }
    // Ten minutes of another program's are over as soon as they begin.
    handle
        .lend(Duration::from_secs(600))
        .blocking_recv()
        .unwrap();
    while handle.snapshot().generation < 2 {
        assert!(begun.elapsed() < Duration::from_secs(20));
        std::thread::yield_now();
    }
    scanner.shut_down();
    let attempts = attempts.lock().unwrap();
    let waits = attempts.windows(2).map(|pair| pair[1] - pair[0]);
    for (wait, seconds) in waits.zip([0.5, 1.0, 2.0, 5.0, 10.0, 10.0]) {
        let wait = wait.as_secs_f64();
        assert!(
            (seconds * 0.79..=seconds * 1.21).contains(&wait),
            "{seconds}: {wait}"
        );
    }
    assert_eq!(attempts.len(), 8);
    assert!(attempts[7] - attempts[6] >= Duration::from_secs(600));
    assert!(begun.elapsed() < Duration::from_secs(20));
}
