//! Events that share a commit: whoever waits anyway waits for one sync.
//!
//! ```text
//! gather ─► record, change, …  each undone alone where it fails ─► land ─► all of it may be told
//! ```
//! INVARIANT: nothing of a group is acknowledged, sent or shown before [`Journal::land`] has returned. Where it
//! fails, nobody knows whether the group is on the disk, and the journal is closed.

use super::edge::{Edge, Group};
use super::fault::Step;
use super::record::{current_edge, move_head, sign};
use super::{Journal, JournalError};
use pharmacy_protocol::term::EntryIndex;

impl Journal {
    /// From now on what is recorded shares a commit, until [`Self::land`].
    pub fn gather(&mut self) {
        self.group = Some(Group::default());
    }

    /// Commits what was recorded since [`Self::gather`].
    pub fn land(&mut self) -> Result<(), JournalError> {
        let landed = self.flush();
        let is_lost = self.group.take().is_some_and(|group| group.is_lost);
        landed?;
        match is_lost {
            true => Err(JournalError::Closed),
            false => {
                self.publish_if_long_ago();
                Ok(())
            }
        }
    }

    /// Does something whose events have commits of their own.
    pub fn apart<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> Result<T, JournalError> {
        self.flush()?;
        let group = self.group.take();
        let done = work(self);
        self.group = group;
        Ok(done)
    }

    /// How many entries there are, those of the group among them.
    pub fn size(&self) -> Result<u64, JournalError> {
        match self.gathered() {
            Some(edge) => Ok(edge.head.size),
            None => self.view.size(),
        }
    }

    /// Copies back what has gathered in the write-ahead file; called when nobody waits for an answer.
    pub fn tidy(&mut self) -> Result<(), JournalError> {
        match self.closed {
            true => Ok(()),
            false => {
                let copied = self.view.store.copy_back_backlog();
                copied.map_err(|error| self.close_if_fatal(JournalError::from(error)))
            }
        }
    }

    /// The tree as the group has grown it.
    pub(super) fn gathered(&self) -> Option<&Edge> {
        self.group.as_ref()?.edge.as_ref()
    }

    /// Takes the write lock for the group when its first event comes.
    pub(super) fn join(&mut self) -> Result<(), JournalError> {
        self.close_if_lost();
        if self.closed {
            return Err(JournalError::Closed);
        }
        let (store, faults) = (&self.view.store, &self.faults);
        match &mut self.group {
            Some(group) if group.edge.is_none() => {
                faults.step(Step::Begin, || store.gather())?;
                let edge = faults.step(Step::ReadHead, || {
                    current_edge(&store.reader(), &self.edge, &self.view.verifier)
                });
                match edge {
                    Ok(edge) => group.edge = Some(edge),
                    Err(error) => {
                        store.scatter();
                        return Err(error);
                    }
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// With an event that failed, the database may have taken back the whole group.
    pub(super) fn close_if_lost(&mut self) {
        if self.gathered().is_some() && !self.view.store.is_gathering() {
            self.closed = true;
        }
    }

    /// Commits what was gathered so far. Where nothing was, nothing is in doubt, even in a closed journal.
    pub(super) fn flush(&mut self) -> Result<(), JournalError> {
        let edge = self.group.as_mut().and_then(|group| group.edge.take());
        let Some(edge) = edge else {
            self.view.store.scatter();
            return Ok(());
        };
        let landed = match self.closed {
            true => Err(JournalError::Closed),
            false => self.commit_group(&edge),
        };
        if landed.is_err() {
            // Memory has learnt of it already.
            self.closed = true;
            self.view.store.leave_files_alone();
            self.view.store.scatter();
            if let Some(group) = &mut self.group {
                group.is_lost = true;
            }
        }
        landed?;
        self.edge = edge;
        Ok(())
    }

    fn commit_group(&mut self, edge: &Edge) -> Result<(), JournalError> {
        let (store, faults) = (&mut self.view.store, &self.faults);
        let before = EntryIndex::new(self.edge.head.size);
        if edge.head.size > before.value() {
            faults.step(Step::MoveHead, || {
                let note = sign(&self.view.origin, edge.head, &self.signer)?;
                let transaction = store.begin()?;
                move_head(&transaction, before, edge.head, note)?;
                Ok::<_, JournalError>(transaction.commit()?)
            })?;
        }
        faults.step(Step::Commit, || store.land())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::{Injection, Moment};
    use crate::record::ATTESTED;
    use crate::tests::{append, code, draft, fresh, reopen};
    use pharmacy_protocol::part::PartClass;

    fn record(journal: &mut Journal, setting: &str) -> Result<(), JournalError> {
        let draft = draft(&[PartClass::Goods]);
        let recorded = journal.record(draft, |transaction, _| {
            transaction.put_setting(setting, "yes")?;
            match setting {
                "refused" => Err(JournalError::Untold),
                _ => Ok(()),
            }
        });
        recorded.map(drop)
    }

    fn has(journal: &Journal, setting: &str) -> bool {
        journal.reader().setting(setting).unwrap().is_some()
    }

    #[test]
    fn a_group_is_seen_by_others_when_it_has_landed_and_not_before() {
        let (_data, mut journal) = fresh();
        let beside = journal.another().unwrap();
        journal.gather();
        append(&mut journal, 3);
        journal.attest(7).unwrap();
        assert_eq!((journal.size().unwrap(), beside.size().unwrap()), (4, 1));
        assert!(has(&journal, ATTESTED));
        assert!(beside.reader().setting(ATTESTED).unwrap().is_none());
        // Many reads as of one moment, within it.
        assert!(journal.snapshot().unwrap().find_head().unwrap().is_some());
        journal.land().unwrap();
        assert_eq!((journal.size().unwrap(), beside.size().unwrap()), (4, 4));
        assert!(beside.reader().setting(ATTESTED).unwrap().is_some());
        append(&mut journal, 1);
        assert_eq!(journal.verify().unwrap().findings.len(), 0);
        assert_eq!(beside.size().unwrap(), 5);
    }

    #[test]
    fn an_event_that_is_refused_leaves_nothing_and_the_others_land() {
        let (data, mut journal) = fresh();
        journal.gather();
        record(&mut journal, "first").unwrap();
        assert_eq!(code(record(&mut journal, "refused")), "journal.untold");
        record(&mut journal, "last").unwrap();
        journal.land().unwrap();
        drop(journal);
        let journal = reopen(data.path()).unwrap();
        assert_eq!(journal.size().unwrap(), 3);
        let found = ["first", "refused", "last"].map(|setting| has(&journal, setting));
        assert_eq!(found, [true, false, true]);
    }

    #[test]
    fn what_leaves_in_the_middle_is_on_the_disk_first() {
        let (_data, mut journal) = fresh();
        let beside = journal.another().unwrap();
        journal.gather();
        append(&mut journal, 1);
        journal.publish().unwrap();
        assert_eq!((beside.size().unwrap(), journal.published_size()), (2, 2));
        append(&mut journal, 1);
        assert_eq!(beside.size().unwrap(), 2);
        journal.apart(|journal| append(journal, 1)).unwrap();
        assert_eq!(beside.size().unwrap(), 4);
        journal.land().unwrap();
    }

    /// Wherever the disk fails, nothing of the group is told; what is found again is all of it or none.
    #[test]
    fn a_group_of_which_one_step_fails_is_in_doubt_as_a_whole() {
        let steps = &Step::ALL[..8];
        for (step, moment) in steps
            .iter()
            .flat_map(|step| [(*step, Moment::Before), (*step, Moment::After)])
        {
            let (data, mut journal) = fresh();
            journal.gather();
            let is_shared = matches!(step, Step::Begin | Step::ReadHead);
            if !is_shared {
                record(&mut journal, "first").unwrap();
            }
            journal.dangerous_fail_at(Box::new(move |at, side| {
                match (at, side) == (step, moment) {
                    true => Injection::Fail,
                    false => Injection::Pass,
                }
            }));
            let second = record(&mut journal, "second");
            let is_of_commit = matches!(step, Step::MoveHead | Step::Commit);
            assert_eq!(second.is_ok(), is_of_commit, "{step:?}");
            assert_eq!(journal.land().is_ok(), is_shared, "{step:?} {moment:?}");
            assert!(journal.is_closed());
            assert_eq!(code(record(&mut journal, "later")), "journal.closed");
            drop(journal);
            let journal = reopen(data.path()).unwrap();
            let has_landed = (step, moment) == (Step::Commit, Moment::After);
            let found = ["first", "second", "later"].map(|setting| has(&journal, setting));
            assert_eq!(
                found,
                [has_landed, has_landed, false],
                "{step:?} {moment:?}"
            );
        }
    }

    /// A failing disk in the middle is not forgotten because what came after it needed no disk.
    #[test]
    fn a_group_that_was_lost_in_the_middle_does_not_land() {
        let (_data, mut journal) = fresh();
        journal.gather();
        record(&mut journal, "first").unwrap();
        journal.dangerous_fail_at(Box::new(|at, _| match at {
            Step::Commit => Injection::Fail,
            _ => Injection::Pass,
        }));
        assert_eq!(code(journal.publish()), "store.io");
        assert_eq!(code(journal.land()), "journal.closed");
        // Who only reads is told nothing of it.
        journal.gather();
        assert!(!has(&journal, "first"));
        assert_eq!(code(journal.land()), "ok");
    }

    #[test]
    fn a_group_that_the_database_took_back_is_not_carried_on() {
        let (data, mut journal) = fresh();
        journal.gather();
        record(&mut journal, "first").unwrap();
        journal.view.store.scatter();
        assert_eq!(code(record(&mut journal, "second")), "journal.closed");
        assert_eq!(code(journal.land()), "journal.closed");
        drop(journal);
        let journal = reopen(data.path()).unwrap();
        assert_eq!(journal.size().unwrap(), 1);
        assert!(!has(&journal, "first") && !has(&journal, "second"));
    }
}
