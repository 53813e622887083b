//! Jobs of the desk: what each has to tell is told when it is on the disk.

use pharmacy_journal::JournalError;
use tokio::sync::oneshot;

use crate::{Desk, DeskError};

/// A job of the desk.
pub(crate) type Job = Box<dyn FnOnce(&mut Desk) -> Telling + Send>;

/// What is done when a job's group is on the disk, or is not.
pub(crate) type Telling = Box<dyn FnOnce(Landed)>;

/// What became of a group.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Landed {
    /// Nobody knows whether it is on the disk.
    InDoubt,
    OnDisk,
}

/// A job whose answer somebody waits for. A caller that has gone away does not undo what was recorded.
pub(crate) fn answered<T: Send + 'static>(
    job: impl FnOnce(&mut Desk) -> Result<T, DeskError> + Send + 'static,
    reply: oneshot::Sender<Result<T, DeskError>>,
) -> Job {
    Box::new(move |desk| {
        let answer = job(desk);
        Box::new(move |landed| {
            let answer = match landed {
                Landed::InDoubt => answer.and(Err(JournalError::Closed.into())),
                Landed::OnDisk => answer,
            };
            let _ = reply.send(answer);
        })
    })
}
