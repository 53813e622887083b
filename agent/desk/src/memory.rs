//! What is going on at the tills between requests: seats, calls on their way, slips. Nothing of it is a
//! record, and a restart begins without it.
//!
//! ```text
//! in the transaction   Staged<T>    what was written, and what memory is to learn of it
//! after the commit     Recorded<T>  memory has learnt it; only now it may leave
//! ```
//! INVARIANT: what a step changes here takes effect when the step's commit has returned. Until then the
//! disk may take the step back, alone or together with others that share its commit.

use std::collections::{BTreeSet, HashMap, VecDeque};

use pharmacy_decision::facts::Stage;
use pharmacy_protocol::Secret;
use pharmacy_protocol::term::TillNumber;

use crate::PersonInput;
use crate::looks::Looks;
use crate::new_reader::NewReaders;
use crate::pending::{EarlyNumber, Passing, Pending, PendingKey};
use crate::reopened::Reopenings;
use crate::seat::Seats;
use crate::slips::Slips;

/// Everything that the desk holds beside the log.
#[derive(Default)]
pub(crate) struct Memory {
    pub(crate) seats: Seats,
    /// Calls that left and were not answered yet.
    pub(crate) pending: HashMap<PendingKey, Pending>,
    /// Settlements that were let through although they could not be read, and were not answered yet.
    pub(crate) unread: Passing,
    /// Settlements that calculations named, the oldest first.
    pub(crate) early: VecDeque<EarlyNumber>,
    /// What is let through for a while although it cannot be read.
    pub(crate) reopened: Reopenings,
    /// New card readers, by till.
    pub(crate) readers: NewReaders,
    pub(crate) slips: Slips,
    pub(crate) looks: Looks,
    /// Whose electronic prescriptions a token opens, the newest last; kept nowhere else.
    pub(crate) tokens: Vec<(Secret<String>, PersonInput)>,
    /// When prescriptions were opened for a review that is not signed yet, milliseconds since 1970.
    pub(crate) opened_reviews: HashMap<u64, i64>,
    /// What was found beside the log that is not as the log says, as keys of the text catalogue.
    pub(crate) tampered: BTreeSet<&'static str>,
    /// The stage that was recorded last.
    pub(crate) stage_on_record: Option<Stage>,
    /// The share of the rows that is compared next.
    pub(crate) next_share: u32,
    /// When it was last looked at what nobody touches, milliseconds since 1970.
    pub(crate) looked_idle_ms: i64,
    /// Differs from one answer of ours to the next.
    pub(crate) serial: u64,
    stirred: Stirred,
}

/// What a job stirred up, to be seen to when it is done.
#[derive(Default)]
pub(crate) struct Stirred {
    /// The page may have something else to show.
    pub(crate) page: bool,
    /// Sales in front of a cashier of which the rules may say something else.
    pub(crate) sales: Vec<(TillNumber, u64)>,
    /// So may they of every such sale.
    pub(crate) all: bool,
}

impl Memory {
    /// The page may have something else to show.
    pub(crate) fn touch(&mut self) {
        self.stirred.page = true;
    }

    /// Shows a sale at a till, as the rules see it then.
    pub(crate) fn judge_again(&mut self, till: &TillNumber, sale: u64) {
        self.stirred.sales.push((till.clone(), sale));
    }

    /// Shows every open sale as the rules see it then: a prescription may be any patient's.
    pub(crate) fn judge_all_again(&mut self) {
        self.stirred.all = true;
    }

    pub(crate) fn take_stirred(&mut self) -> Stirred {
        std::mem::take(&mut self.stirred)
    }
}

type Effect = Box<dyn FnOnce(&mut Memory)>;

/// What a change made within its transaction, and what memory is to learn of it.
#[must_use]
pub(crate) struct Staged<T> {
    value: T,
    effects: Vec<Effect>,
}

impl<T> Staged<T> {
    pub(crate) fn new(value: T) -> Self {
        Self {
            value,
            effects: Vec::new(),
        }
    }

    /// Memory learns this, too.
    pub(crate) fn then(mut self, effect: impl FnOnce(&mut Memory) + 'static) -> Self {
        self.effects.push(Box::new(effect));
        self
    }

    /// The commit has returned.
    pub(crate) fn take_effect(self, memory: &mut Memory) -> T {
        for effect in self.effects {
            effect(memory);
        }
        self.value
    }
}
