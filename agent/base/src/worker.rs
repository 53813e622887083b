//! Threads, as a thing that is passed in.
//!
//! In scope: starting a named thread that lives long, and waiting for its end. A simulator hands in
//! workers that run by its order. Out of scope: tasks and what is moved off them for a moment, which
//! are their runtime's.

use std::{fmt, io, thread};

/// Starts threads.
pub trait Workers: Send + Sync {
    /// Starts a thread with a name.
    fn start(&self, name: &'static str, work: Box<dyn FnOnce() + Send>) -> io::Result<Worker>;
}

/// A thread that was started.
pub struct Worker(Box<dyn FnOnce() -> Result<(), Panicked> + Send + Sync>);

/// A thread ended by a panic.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a thread ended by a panic")]
pub struct Panicked;

impl Worker {
    /// A thread whose end is waited for like this.
    pub fn new(join: impl FnOnce() -> Result<(), Panicked> + Send + Sync + 'static) -> Self {
        Self(Box::new(join))
    }

    /// Waits for its end.
    pub fn join(self) -> Result<(), Panicked> {
        (self.0)()
    }
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Worker")
    }
}

/// The operating system's threads.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemWorkers;

impl Workers for SystemWorkers {
    fn start(&self, name: &'static str, work: Box<dyn FnOnce() + Send>) -> io::Result<Worker> {
        let thread = thread::Builder::new().name(name.to_owned()).spawn(work)?;
        Ok(Worker::new(|| thread.join().map_err(|_| Panicked)))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn a_worker_has_its_name_and_its_end_is_waited_for() {
        let (sender, receiver) = mpsc::channel();
        let work = move || {
            let name = thread::current().name().map(ToOwned::to_owned);
            sender.send(name).unwrap();
        };
        let worker = SystemWorkers.start("printer", Box::new(work)).unwrap();
        assert_eq!(worker.join(), Ok(()));
        assert_eq!(receiver.try_recv().unwrap().as_deref(), Some("printer"));
        let worker = SystemWorkers.start("printer", Box::new(|| panic!("meant")));
        assert_eq!(worker.unwrap().join(), Err(Panicked));
    }
}
