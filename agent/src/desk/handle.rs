//! The way to the desk: a bounded queue of jobs for the one thread that owns it.
//!
//! One thread, because there is one head of the log; bounded, because a till that waits is better
//! served by "busy, again in a second" than by a queue that nobody sees.

use std::thread::JoinHandle;

use tokio::sync::{mpsc, oneshot};

use super::{Desk, DeskError};

/// Most requests waiting at once.
const QUEUE: usize = 64;

type Job = Box<dyn FnOnce(&mut Desk) + Send>;

/// A way to the desk; cheap to clone.
#[derive(Clone)]
pub struct DeskHandle {
    jobs: mpsc::Sender<Job>,
}

impl DeskHandle {
    /// Starts the desk's thread. It ends when every handle is dropped, and gives the desk back.
    pub fn start(mut desk: Desk) -> std::io::Result<(Self, JoinHandle<Desk>)> {
        let (jobs, mut queue) = mpsc::channel::<Job>(QUEUE);
        let thread = std::thread::Builder::new()
            .name("desk".into())
            .spawn(move || {
                while let Some(job) = queue.blocking_recv() {
                    job(&mut desk);
                }
                desk
            })?;
        Ok((Self { jobs }, thread))
    }

    /// Runs a job at the desk and waits for what it returns.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Desk) -> Result<T, DeskError> + Send + 'static,
    ) -> Result<T, DeskError> {
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move |desk| {
            // A caller that has gone away does not undo what was recorded.
            let _ = reply.send(job(desk));
        });
        self.jobs.try_send(job).map_err(|_| DeskError::Busy)?;
        answer.await.map_err(|_| DeskError::Busy)?
    }
}
