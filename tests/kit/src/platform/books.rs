//! The platform's books, and a message as it is written into them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::clock::Clock;
use super::fee::{Line, Sums};
use super::manner::Manner;
use super::person::Insured;

/// What a call was answered: `output`, or `err_msg`.
pub(super) type Output = Result<Value, String>;

/// The platform's books.
#[derive(Clone, Debug)]
pub(super) struct State {
    pub(super) manner: Manner,
    pub(super) clock: Clock,
    pub(super) persons: Vec<Insured>,
    pub(super) settlements: Vec<Settlement>,
    pub(super) uploads: Vec<Upload>,
    pub(super) mapped: BTreeMap<String, String>,
    pub(super) stock: Vec<StockRecord>,
    pub(super) files: BTreeMap<String, u64>,
    /// Sign-in number and whether it still holds.
    pub(super) signed_in: BTreeMap<String, bool>,
    pub(super) ids: u64,
}

/// An envelope, taken apart.
#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) infno: String,
    pub(super) msgid: String,
    pub(super) store: String,
    pub(super) input: Value,
}

/// A settlement or a reversal, as it stands in the platform's books.
#[derive(Clone, Debug)]
pub struct Settlement {
    /// `setl_id`.
    pub setl_id: String,
    /// `mdtrt_id`.
    pub mdtrt_id: String,
    /// `psn_no`.
    pub psn_no: String,
    /// The sender's message id.
    pub msgid: String,
    /// The call.
    pub infno: String,
    /// Who paid what.
    pub sums: Sums,
    /// The settlement that this one takes back.
    pub reverses: Option<String>,
    /// What became of it.
    pub standing: Standing,
    pub(super) set: Visit,
    pub(super) at: String,
    pub(super) split: Vec<Value>,
}

/// What became of a settlement or a reversal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Standing {
    /// Taken back by a reversal (2103, 2208).
    Reversed,
    /// It counts.
    Stands,
    /// Taken back by its message id (2601).
    Undone,
}

/// Fee lines that were sent before their settlement (2204).
#[derive(Clone, Debug)]
pub(super) struct Upload {
    pub(super) psn_no: String,
    pub(super) mdtrt_id: String,
    pub(super) batch: String,
    pub(super) lines: Vec<Line>,
}

/// One record of a stock call, as the platform keeps it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StockRecord {
    /// The call, without its `A`.
    pub infno: String,
    /// `fixmedins_bchno`.
    pub batch: String,
    /// `fixmedins_hilist_id`.
    pub sku: String,
    /// Trace codes.
    pub packs: Vec<String>,
}

/// What a settlement's head says beside the person.
#[derive(Clone, Debug)]
pub(super) struct Visit {
    pub(super) certificate: String,
    pub(super) insurance: String,
    pub(super) med_type: String,
    pub(super) uses_account: bool,
}

impl State {
    pub(super) fn new(manner: Manner, persons: Vec<Insured>) -> Self {
        Self {
            manner,
            clock: Clock::default(),
            persons,
            settlements: Vec::new(),
            uploads: Vec::new(),
            mapped: BTreeMap::new(),
            stock: Vec::new(),
            files: BTreeMap::new(),
            signed_in: BTreeMap::new(),
            ids: 0,
        }
    }

    /// A number that nothing else has.
    pub(super) fn next_id(&mut self, prefix: &str) -> String {
        self.ids += 1;
        format!("{prefix}{}{:012}", self.manner.area(), self.ids)
    }
}
