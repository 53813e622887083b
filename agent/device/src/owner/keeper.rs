//! The thread, and the phases of its port.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use pharmacy_base::machine::Machine;
use pharmacy_base::pace::Pace;
use pharmacy_base::worker::Worker;
use tokio::sync::watch;

use super::driver::{Driver, Fault, Post, Want};
use super::handle::Handle;
use super::snapshot::{Snapshot, State};
use super::told::{Loan, Told};
use crate::back_off;
use crate::port::Opener;

/// How an owner treats its port.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Opening {
    /// How long an attempt to open may take.
    pub limit: Duration,
    /// Waits between attempts; the last one repeats.
    pub back_off: Vec<Duration>,
}

/// Nobody waits longer at once; then they look again.
const LONG: Duration = Duration::from_secs(3600);

/// An owner. Dropping it stops the thread and closes the port.
pub struct Owner<D: Driver> {
    handle: Handle<D>,
    stop: Arc<AtomicBool>,
    worker: Option<Worker>,
}

impl<D: Driver> Owner<D> {
    pub(crate) fn own(
        driver: D,
        opener: Box<dyn Opener>,
        opening: Opening,
        machine: &Machine,
    ) -> io::Result<Self> {
        let (told, waiting) = mpsc::sync_channel(D::QUEUE);
        let snapshot = Snapshot {
            state: match D::FIRST {
                Want::Now => State::Opening,
                Want::InTime | Want::WhenAsked => State::Closed,
            },
            ..Snapshot::default()
        };
        let handle = Handle {
            told,
            shown: Arc::new(watch::Sender::new(snapshot)),
            timer: Arc::clone(&machine.timer),
        };
        let stop = Arc::new(AtomicBool::new(false));
        let post = Post {
            waiting,
            loan: None,
            stop: Arc::clone(&stop),
            shown: Arc::clone(&handle.shown),
            timer: Arc::clone(&machine.timer),
        };
        let keeper = Keeper {
            driver,
            opener,
            opening,
            post,
            failures: 0,
            told: BTreeMap::new(),
        };
        let worker = machine
            .workers
            .start(D::NAME, Box::new(move || keeper.run()))?;
        Ok(Self {
            handle,
            stop,
            worker: Some(worker),
        })
    }

    /// A handle to ask it with.
    pub fn handle(&self) -> Handle<D> {
        self.handle.clone()
    }

    /// Stops the thread and waits until the port is closed.
    pub fn shut_down(self) {
        drop(self);
    }
}

impl<D: Driver> Drop for Owner<D> {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // If the queue is full the thread is about to wake by itself.
        self.handle.tell(Told::Wake);
        if let Some(worker) = self.worker.take()
            && let Err(error) = worker.join()
        {
            tracing::error!(device = D::NAME, "{error}");
        }
    }
}

/// Each phase owns what it needs; a port exists in `Ready` only.
enum Phase<S> {
    /// Until a moment, or until something is asked.
    Closed(State, Option<Instant>),
    Opening,
    Ready(S),
}

/// The thread.
struct Keeper<D: Driver> {
    driver: D,
    opener: Box<dyn Opener>,
    opening: Opening,
    post: Post<D>,
    /// Failures in a row, for the back-off.
    failures: usize,
    /// What the log has been told of, by code.
    told: BTreeMap<&'static str, Pace>,
}

impl<D: Driver> Keeper<D> {
    fn run(mut self) {
        let mut phase = match D::FIRST {
            Want::Now => Phase::Opening,
            Want::InTime | Want::WhenAsked => Phase::Closed(State::Closed, None),
        };
        while !self.post.is_stopped() {
            phase = match phase {
                Phase::Closed(state, until) => self.wait(state, until),
                Phase::Opening => self.open(),
                Phase::Ready(session) => self.serve(session),
            };
        }
        if let Phase::Ready(session) = phase {
            let _ = self.driver.end(session, &mut self.post);
        }
        self.driver.stop(&mut self.post);
        self.post.show_state(State::Stopped);
    }

    /// No port: waits for the time to open it, or for somebody who asks.
    fn wait(&mut self, state: State, until: Option<Instant>) -> Phase<D::Session> {
        let moment = until.unwrap_or_else(|| self.post.now() + LONG);
        match self.post.timer.receive(&self.post.waiting, moment) {
            Ok(Told::Asked(request)) => match self.driver.ask(request, &mut self.post) {
                Want::Now => Phase::Opening,
                Want::InTime | Want::WhenAsked => Phase::Closed(state, until),
            },
            Ok(Told::Lend(loan)) => self.lend(loan),
            Ok(Told::Resume) => Phase::Opening,
            Err(RecvTimeoutError::Timeout) if until.is_some() => Phase::Opening,
            Ok(Told::Wake) | Err(RecvTimeoutError::Timeout) => Phase::Closed(state, until),
            Err(RecvTimeoutError::Disconnected) => {
                self.post.stop();
                Phase::Closed(state, until)
            }
        }
    }

    fn open(&mut self) -> Phase<D::Session> {
        self.post.show_state(State::Opening);
        let port = match self.opener.open(self.opening.limit) {
            Ok(port) => port,
            Err(error) => return self.closed_after(State::Absent, error.into()),
        };
        let transport = port.transport();
        match self.driver.begin(port, &mut self.post) {
            Ok(session) => {
                self.post.show(|snapshot| {
                    snapshot.state = State::Ready;
                    snapshot.transport = Some(transport);
                    snapshot.generation += 1;
                });
                Phase::Ready(session)
            }
            Err(error) => self.closed_after(State::Faulted, error),
        }
    }

    fn serve(&mut self, mut session: D::Session) -> Phase<D::Session> {
        let served = self.driver.serve(&mut session, &mut self.post);
        let loan = self.post.loan.take();
        if let (Ok(Want::Now), None) = (&served, &loan) {
            return Phase::Ready(session);
        }
        if self.driver.end(session, &mut self.post) {
            self.failures = 0;
        }
        let phase = match served {
            Ok(_) => {
                self.post.show_state(State::Closed);
                Phase::Closed(State::Closed, None)
            }
            Err(error) => self.closed_after(State::Faulted, error),
        };
        loan.map_or(phase, |loan| self.lend(loan))
    }

    fn closed_after(&mut self, state: State, error: D::Error) -> Phase<D::Session> {
        let code = error.code();
        self.post.show(|snapshot| {
            snapshot.state = state;
            snapshot.problem = Some(code);
        });
        let wait = back_off::wait_after(self.failures, &self.opening.back_off);
        self.failures = self.failures.saturating_add(1);
        let now = self.post.now();
        // One line for each kind of trouble; a device that comes and goes all day is counted.
        if let Some(times) = self.told.entry(code).or_default().happened(now) {
            tracing::warn!(device = D::NAME, code, ?wait, times, "device is not usable");
        }
        let again = now + wait;
        match self.driver.failed(error, again, &mut self.post) {
            Want::InTime => Phase::Closed(state, Some(again)),
            Want::Now => {
                self.failures = 0;
                Phase::Opening
            }
            Want::WhenAsked => {
                self.failures = 0;
                Phase::Closed(state, None)
            }
        }
    }

    fn lend(&self, loan: Loan) -> Phase<D::Session> {
        self.post.show(|snapshot| {
            snapshot.state = State::Lent;
            snapshot.problem = D::LENT;
        });
        if loan.closed.send(()).is_err() {
            tracing::debug!(device = D::NAME, "nobody waits for the port any more");
        }
        Phase::Closed(State::Lent, Some(self.post.now() + loan.duration))
    }
}
