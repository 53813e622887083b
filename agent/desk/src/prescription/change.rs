//! Steps in the life of a kept prescription: what each records, with or without a sale.

use pharmacy_decision::record::prescription::PrescriptionStep;
use pharmacy_protocol::term::{EntryIndex, SaleId, TillNumber};

use super::row::KeptRow;
use crate::core::prescription::{Kept, MAX_ATTACHED, OddForm, PrescriptionError};
use crate::core::sale::Sale;
use crate::memory::{Memory, Staged};
use crate::step::Step;
use crate::{Desk, DeskError};
use pharmacy_journal::store::Transaction;
use pharmacy_journal::{Draft, DraftPart, Recorded};

/// What a change of a prescription means for the open sale.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Bond {
    /// It is attached to the sale.
    Attach,
    /// The sale stays good for longer, and is judged anew.
    Touch,
}

/// A prescription that was taken in.
pub(crate) struct Added {
    pub(crate) id: u64,
    pub(crate) odd: Vec<OddForm>,
}

/// A step to be recorded.
pub(crate) struct Change {
    pub(crate) row: KeptRow,
    pub(crate) draft: Draft,
}

impl Change {
    /// A step that one record tells.
    pub(crate) fn new(row: KeptRow, record: &PrescriptionStep) -> Result<Self, DeskError> {
        let draft = Draft::of(record)?;
        Ok(Self { row, draft })
    }

    pub(crate) fn with(mut self, part: DraftPart) -> Self {
        self.draft = self.draft.with(part);
        self
    }

    pub(crate) fn resting_on(mut self, entries: impl IntoIterator<Item = EntryIndex>) -> Self {
        self.draft = self.draft.resting_on(entries);
        self
    }
}

impl Desk {
    /// The sale that waits for a prescription, if it can still change; else the one in front of the
    /// cashier.
    pub(crate) fn sale_concerned(
        &self,
        till: &TillNumber,
        waiting: Option<&SaleId>,
    ) -> Result<Option<Sale>, DeskError> {
        let now_ms = self.clock.now_ms();
        let waiting = match waiting {
            Some(sale) => self.load_counter(sale.counter())?,
            None => None,
        };
        match waiting.filter(|sale| sale.is_continued(now_ms)) {
            Some(sale) => Ok(Some(sale)),
            None => self.find_seated(till),
        }
    }

    /// Records a step in a prescription's life, with the sale that it concerns.
    pub(crate) fn record_kept(
        &mut self,
        till: &TillNumber,
        sale: Option<(Sale, Bond)>,
        change: Change,
    ) -> Result<EntryIndex, DeskError> {
        Ok(match sale {
            Some((mut sale, bond)) => {
                let step = self.bound_step(&mut sale, bond, change)?;
                self.record_step(sale, step)?.index()
            }
            None => self.record_alone(till, change, |_, _| Ok(()))?.index(),
        })
    }

    /// The step of a sale that goes with a step in a prescription's life.
    pub(crate) fn bound_step(
        &self,
        sale: &mut Sale,
        bond: Bond,
        change: Change,
    ) -> Result<Step, DeskError> {
        sale.reopen()?;
        if bond == Bond::Attach && sale.attached.len() >= MAX_ATTACHED {
            return Err(PrescriptionError::OutOfBounds { member: "attached" }.into());
        }
        sale.touch(self.clock.now_ms());
        let known = change.row.id();
        let step = Step::of(change.draft).then(move |sale, index| {
            let id = known.unwrap_or(index.value());
            if bond == Bond::Attach && !sale.attached.contains(&id) {
                sale.attached.push(id);
            }
        });
        Ok(step
            .writing(change.row)
            .staging(|memory, _, _| memory.judge_all_again()))
    }

    pub(crate) fn record_alone<T>(
        &mut self,
        till: &TillNumber,
        change: Change,
        finish: impl FnOnce(&Transaction<'_>, &Kept) -> Result<T, DeskError>,
    ) -> Result<Recorded<T>, DeskError> {
        let now_ms = self.clock.now_ms();
        let keys = self.journal.keys().clone();
        self.record(change.draft.at(till), |transaction, index| {
            let kept = change.row.put(transaction, &keys, index, now_ms)?;
            let value = finish(transaction, &kept)?;
            Ok(Staged::new(value).then(Memory::judge_all_again))
        })
    }
}

/// Runs what would hold up the desk beside its thread.
pub(crate) async fn beside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, PrescriptionError> + Send + 'static,
) -> Result<T, DeskError> {
    let done = tokio::task::spawn_blocking(work).await;
    Ok(done.map_err(|_| DeskError::Busy)??)
}
