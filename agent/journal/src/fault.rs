//! The steps of the commit protocol, and a seam through which tests make them fail.
//!
//! Only our own tests put a hook in; without one every step just runs. It is compiled always: a
//! program built for tests only is another program than the one that the shop runs.

use super::JournalError;

/// A step of recording or publishing, in its order.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Step {
    /// Take the write lock.
    Begin,
    /// Read the head and compare it with what this process knows.
    ReadHead,
    /// Write the caller's rows.
    Change,
    /// Seal the parts and write their rows.
    WriteParts,
    /// Write the entry's bytes.
    WriteEntry,
    /// Write the leaf and the nodes that it completes.
    WriteHashes,
    /// Sign the new checkpoint and move the head.
    MoveHead,
    /// Make it all durable.
    Commit,
    /// Write and sync the checkpoint's temporary file.
    WriteCheckpoint,
    /// Put it in place of the published one.
    RenameCheckpoint,
}

impl Step {
    /// All steps in their order.
    pub const ALL: [Self; 10] = [
        Self::Begin,
        Self::ReadHead,
        Self::Change,
        Self::WriteParts,
        Self::WriteEntry,
        Self::WriteHashes,
        Self::MoveHead,
        Self::Commit,
        Self::WriteCheckpoint,
        Self::RenameCheckpoint,
    ];
}

/// On which side of a step a test interferes.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Moment {
    /// The step was done; failing now is "failed but landed".
    After,
    /// The step is about to be done.
    Before,
}

/// What a test wants to happen.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Injection {
    Fail,
    Pass,
}

/// Decides, at each moment of each step, what happens; may also end the process.
pub type DangerousHook = Box<dyn Fn(Step, Moment) -> Injection + Send>;

/// The seam.
#[derive(Default)]
pub(super) struct Faults {
    pub(super) hook: Option<DangerousHook>,
}

impl std::fmt::Debug for Faults {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Faults")
    }
}

impl Faults {
    /// Does a step, unless a test interferes.
    pub(super) fn step<T, E: Into<JournalError>>(
        &self,
        step: Step,
        act: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, JournalError> {
        self.reach(step, Moment::Before)?;
        let done = act().map_err(Into::into)?;
        self.reach(step, Moment::After)?;
        Ok(done)
    }

    /// Where the step's own error is not ours.
    pub(super) fn reach(&self, step: Step, moment: Moment) -> Result<(), JournalError> {
        match self.hook.as_ref().map(|hook| hook(step, moment)) {
            Some(Injection::Fail) => Err(JournalError::Io {
                doing: "an injected step",
                source: std::io::Error::other("injected"),
            }),
            Some(Injection::Pass) | None => Ok(()),
        }
    }
}
