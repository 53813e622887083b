//! The way to the desk: a bounded queue of jobs for the one thread that owns it.
//!
//! One thread, because there is one head of the log; bounded, because a till that waits is better
//! served by "busy, again in a second" than by a queue that nobody sees.
//!
//! Who calls is looked up beside that thread, on a connection that only reads: a second trip to the
//! desk would cost every request two changes of thread, and a wrong token a place in the queue.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use pharmacy_decision::pack::Pack;
use pharmacy_decision::verdict::Text;
use pharmacy_protocol::Secret;
use pharmacy_protocol::term::RegionCode;
use tokio::sync::{mpsc, oneshot, watch};

use crate::job::{Job, answered};
use crate::{Caller, Desk, DeskError};
use pharmacy_base::clock::Clock;
use pharmacy_journal::{Journal, LogView};

/// Most requests waiting at once.
const QUEUE: usize = 64;

/// A way to the desk; cheap to clone.
#[derive(Clone)]
pub struct DeskHandle {
    /// Before `jobs`: it is closed before the desk learns that nobody is left, so that the desk's
    /// connection is the last one and tidies up.
    door: Arc<Mutex<LogView>>,
    jobs: mpsc::Sender<Job>,
    pub(crate) pack: Arc<Pack>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) region: RegionCode,
    pub(crate) changed: watch::Receiver<u64>,
    /// The program that reads scanned pages in a process of its own; none reads them in this one.
    pub(crate) page_reader: Option<Arc<Path>>,
}

impl DeskHandle {
    /// A way to a desk, and its other end: the jobs that come along it, and whom to tell when the page
    /// may have something else to show.
    pub(crate) fn to(
        desk: &Desk,
    ) -> std::io::Result<(Self, mpsc::Receiver<Job>, watch::Sender<u64>)> {
        let door = desk.journal.another().map_err(std::io::Error::other)?;
        let (jobs, queue) = mpsc::channel(QUEUE);
        let (tell, changed) = watch::channel(0);
        let handle = Self {
            door: Arc::new(Mutex::new(door)),
            jobs,
            pack: Arc::clone(&desk.pack),
            clock: Arc::clone(&desk.clock),
            region: desk.setup.store.region.clone(),
            changed,
            page_reader: None,
        };
        Ok((handle, queue, tell))
    }

    /// Has scanned pages read by a program of their own, which knows [`pharmacy_device::paper::COMMAND`].
    #[must_use]
    pub fn with_page_reader(mut self, program: &Path) -> Self {
        self.page_reader = Some(program.into());
        self
    }

    /// Finds the caller of a token. Looked up every time: a revoked token ends at once.
    pub fn authenticate(&self, token: String) -> Result<Option<Caller>, DeskError> {
        let door = self.door.lock().unwrap_or_else(PoisonError::into_inner);
        let digest = door.keys().token_digest(&Secret::new(token));
        let row = door.reader().find_token(&digest)?;
        Ok(row
            .filter(|row| row.revoked_ms.is_none())
            .map(|row| Caller {
                client: row.client,
                till: row.till,
            }))
    }

    /// Runs a job that only reads on a connection of its own, beside the desk's thread.
    pub(crate) async fn beside<T: Send + 'static>(
        &self,
        job: impl FnOnce(&LogView) -> Result<T, DeskError> + Send + 'static,
    ) -> Result<T, DeskError> {
        let door = Arc::clone(&self.door);
        let ran = tokio::task::spawn_blocking(move || {
            // Whoever calls at the door meanwhile does not wait for the answer.
            let view = {
                let door = door.lock().unwrap_or_else(PoisonError::into_inner);
                door.another()?
            };
            job(&view)
        });
        ran.await.map_err(|_| DeskError::Busy)?
    }

    /// What a rule of the pack says to the till, with its places left open.
    pub fn rule_words(&self, rule: &str) -> Option<Text> {
        let mut rules = self.pack.rules().iter();
        let rule = rules.find(|known| known.id() == rule)?;
        Some(rule.words())
    }

    /// Runs a job when its turn comes, however long the queue, and waits for what it returns. For
    /// calls that cannot be sent away: a till that settles does not ask again.
    pub(crate) async fn run_in_turn<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Desk) -> Result<T, DeskError> + Send + 'static,
    ) -> Result<T, DeskError> {
        let (reply, answer) = oneshot::channel();
        let job = answered(job, reply);
        self.jobs.send(job).await.map_err(|_| DeskError::Busy)?;
        answer.await.map_err(|_| DeskError::Busy)?
    }

    /// Lends the journal, in turn, for what a command asks to be recorded; pages look again afterwards.
    pub async fn lend_journal<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Journal) -> T + Send + 'static,
    ) -> Result<T, DeskError> {
        self.run_in_turn(move |desk| {
            desk.memory.touch();
            // A command may remove files when it has recorded: not before that is on the disk.
            Ok(desk.journal.apart(job)?)
        })
        .await
    }

    /// Like [`Self::run_in_turn`], from a thread that may wait, as one that derives a key.
    pub(crate) fn run_blocking<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Desk) -> Result<T, DeskError> + Send + 'static,
    ) -> Result<T, DeskError> {
        let (reply, answer) = oneshot::channel();
        let job = answered(job, reply);
        self.jobs.blocking_send(job).map_err(|_| DeskError::Busy)?;
        answer.blocking_recv().map_err(|_| DeskError::Busy)?
    }

    /// Queues a job whose answer nobody waits for; an error goes to the log, by code.
    pub(crate) async fn queue(
        &self,
        job: impl FnOnce(&mut Desk) -> Result<(), DeskError> + Send + 'static,
    ) -> Result<(), DeskError> {
        let job: Job = Box::new(move |desk| {
            if let Err(error) = job(desk) {
                tracing::error!(
                    code = error.code(),
                    "{}",
                    pharmacy_base::text::chain(&error)
                );
            }
            Box::new(|_| ())
        });
        self.jobs.send(job).await.map_err(|_| DeskError::Busy)
    }

    /// Runs a job at the desk and waits for what it returns.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Desk) -> Result<T, DeskError> + Send + 'static,
    ) -> Result<T, DeskError> {
        let (reply, answer) = oneshot::channel();
        let job = answered(job, reply);
        self.jobs.try_send(job).map_err(|_| DeskError::Busy)?;
        answer.await.map_err(|_| DeskError::Busy)?
    }
}
