//! Calls that left and were not answered yet.

use std::collections::VecDeque;
use std::sync::Arc;

use pharmacy_decision::pack::Call as InterfaceCall;
use pharmacy_protocol::record::finding::UnreadShape;
use pharmacy_protocol::term::{EntryIndex, Infno, TillNumber};

use serde::{Deserialize, Serialize};

use crate::DeskError;
use pharmacy_interface::Request;
use pharmacy_journal::store::{NameDigest, RelayedRow};

/// Which call is waited for: two tills may give two calls one message id, and so may one till a
/// calculation and its settlement.
#[derive(Clone, Eq, Hash, PartialEq)]
pub(crate) struct PendingKey {
    pub(crate) sale: u64,
    pub(crate) msgid: String,
    pub(crate) moves_money: bool,
}

/// What is remembered of a call that left, until its answer.
pub(crate) struct Pending {
    pub(crate) request: Arc<Request>,
    pub(crate) table: InterfaceCall,
    /// Its path, in one spelling.
    pub(crate) path: String,
    pub(crate) key: NameDigest,
    pub(crate) row: RelayedRow,
    /// What the answer's `warn_msg` is to say.
    pub(crate) warning: Option<String>,
}

/// Most numbers of [`EarlyNumber`] that are kept; of more the oldest is forgotten.
pub(crate) const MOST_EARLY: usize = 256;

/// A settlement's number that a calculation's answer brought and that nobody knows: the settlement may follow.
pub(crate) struct EarlyNumber {
    pub(crate) till: TillNumber,
    pub(crate) infno: Infno,
    pub(crate) settlement: String,
    pub(crate) msgid: Option<String>,
    /// When it came, by the clock that only runs forward.
    pub(crate) since_mono_ms: u64,
}

/// Most settlements that are waited for although they could not be read; of more the oldest is judged by what
/// can be told of it afterwards.
const MOST_UNREAD: usize = 256;

/// The setting that keeps them: one that is killed in between leaves a trace.
pub(crate) const PASSING_SETTING: &str = "unread-passing";

/// Settlements on their way that could not be read, by till and SHA-256 of the body.
#[derive(Default, Deserialize, Serialize)]
pub(crate) struct Passing(VecDeque<(TillNumber, [u8; 32], Let)>);

/// A settlement that was let through.
#[derive(Clone, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Let {
    pub(crate) shape: UnreadShape,
    /// The entry that opened its shape again, where it needed one.
    pub(crate) reopened: Option<EntryIndex>,
    /// When it left, by the clock that only runs forward.
    #[serde(skip)]
    pub(crate) since_mono_ms: u64,
}

impl Passing {
    pub(crate) fn parse(kept: &str) -> Result<Self, DeskError> {
        Ok(serde_json::from_str(kept)?)
    }

    pub(crate) fn serialize(&self) -> Result<String, DeskError> {
        Ok(serde_json::to_string(self)?)
    }

    /// Takes the one that left first.
    pub(crate) fn take_first(&mut self) -> Option<(TillNumber, Let)> {
        self.0.pop_front().map(|(till, _, passes)| (till, passes))
    }

    pub(crate) fn add(&mut self, till: &TillNumber, body: [u8; 32], passes: Let) {
        if self.0.len() >= MOST_UNREAD {
            let _ = self.0.pop_front();
        }
        self.0.push_back((till.clone(), body, passes));
    }

    pub(crate) fn take(&mut self, till: &TillNumber, body: &[u8; 32]) -> Option<Let> {
        let mut all = self.0.iter();
        let at = all.position(|(at, known, _)| at == till && known == body)?;
        self.0.remove(at).map(|(_, _, passes)| passes)
    }

    /// How many are on their way that an entry let through; one that nobody heard of for this long is none.
    pub(crate) fn let_by(&self, entry: EntryIndex, now_mono_ms: u64) -> usize {
        const LOST_MS: u64 = 10 * 60 * 1000;
        let all = self.0.iter();
        all.filter(|(_, _, passes)| {
            let age_ms = now_mono_ms.saturating_sub(passes.since_mono_ms);
            passes.reopened == Some(entry) && age_ms < LOST_MS
        })
        .count()
    }
}
