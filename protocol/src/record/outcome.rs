//! Attempts to move money, and what became of them.

use serde::{Deserialize, Serialize};

use crate::term::{EntryIndex, Fen, SaleId, StaffId};

/// One attempt to move money, keyed by the till's message id.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Attempt {
    /// The message id (`msgid`) under which the platform knows it.
    pub msgid: String,
    /// Which way the money goes.
    pub direction: Direction,
    /// What became of it.
    pub state: AttemptState,
    /// When it left or was told of, milliseconds since 1970.
    #[serde(default)]
    pub at_ms: i64,
    /// How often the platform said that it knows no such transaction.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unknown: u32,
}

impl Attempt {
    /// Does nobody know yet what became of it?
    pub fn is_open(&self) -> bool {
        matches!(self.state, AttemptState::InDoubt | AttemptState::Intended)
    }
}

fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// Which way the money goes.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Direction {
    /// Undoes the settlement of another attempt.
    Reversal {
        /// That attempt's message id.
        of: String,
    },
    /// To the store.
    Settlement,
    /// Undoes another attempt, whatever became of it (冲正, 2601).
    Undo {
        /// That attempt's message id.
        of: String,
    },
}

impl Direction {
    /// The message id of the attempt that it takes back.
    pub fn takes_back(&self) -> Option<&str> {
        match self {
            Self::Reversal { of } | Self::Undo { of } => Some(of),
            Self::Settlement => None,
        }
    }
}

/// What became of an attempt.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AttemptState {
    /// The platform said no.
    Declined,
    /// No answer came; it may have been settled.
    InDoubt,
    /// About to be sent.
    Intended,
    /// It never left.
    NotSent,
    /// The platform said yes.
    Settled(Settled),
}

/// A settlement that the platform confirmed.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Settled {
    /// The platform's settlement id (`setl_id`).
    pub settlement: String,
    /// What the insurance paid.
    pub insurance: Fen,
    /// What was paid in cash.
    pub cash: Fen,
}

/// The sale's attempts when one of them is about to leave.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Attempts {
    /// Every attempt of the sale, the oldest first.
    pub attempts: Vec<Attempt>,
}

/// Something in a report that must not pass unnoticed. It is recorded, never refused: what
/// happened, happened.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReportFinding {
    /// The amounts differ from the verdict's.
    AmountsDiffer,
    /// Settled although the standing verdict was not `allow`.
    SettledAgainstVerdict,
    /// Settled a second time without a reversal between.
    SettledTwice,
    /// Settled without any standing verdict.
    SettledWithoutVerdict,
    /// Settled under the number of another sale.
    SettlementOfAnother,
}

/// What became of an attempt, or of money without one.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case",
    deny_unknown_fields,
    tag = "outcome"
)]
pub enum Outcome {
    /// An attempt was reported of.
    Concluded {
        /// The attempt as it stands now.
        attempt: Option<Attempt>,
        /// What the report contradicts.
        findings: Vec<ReportFinding>,
    },
    /// The agent began, and nobody knows whether announced attempts left.
    Doubted {
        /// Every attempt of the sale, the oldest first.
        attempts: Vec<Attempt>,
    },
    /// A part of what was paid in cash was given back as cash (R20).
    Refunded {
        /// The sale.
        sale: SaleId,
        /// How much.
        amount: Fen,
    },
    /// The platform said of an attempt that it knows no such transaction. That alone ends no doubt.
    Unknown {
        /// The attempt's message id.
        msgid: String,
        /// How often it said so.
        times: u32,
    },
}

/// What a settlement rests on besides its verdict.
#[derive(Clone, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Rests {
    /// The till's receipt number.
    pub receipt: Option<String>,
    /// Who reviewed its prescriptions, and in which entries.
    pub reviews: Vec<(StaffId, EntryIndex)>,
    /// Entries that released a reason.
    pub releases: Vec<EntryIndex>,
}

impl Rests {
    /// Does it rest on nothing else?
    pub fn is_empty(&self) -> bool {
        self.receipt.is_none() && self.reviews.is_empty() && self.releases.is_empty()
    }
}
