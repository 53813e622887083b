//! The envelope of an answer, and what a settlement's answer says.

use pharmacy_protocol::Secret;
use pharmacy_protocol::term::Fen;

use super::node::{Node, ViewError};

/// An answer, parsed.
#[derive(Clone, Debug)]
pub struct Answer {
    /// `infcode` 0, and no second-level `retRslt` that says otherwise.
    pub is_success: bool,
    /// `inf_refmsgid`.
    pub reference: Option<String>,
    /// `respond_time`, milliseconds since 1970, read as the store's own time.
    pub responded_ms: Option<i64>,
    /// `output`, unwrapped where it came as a string.
    pub output: Node,
}

/// What an answer says was settled or taken back (`setlinfo`).
#[derive(Clone, Debug)]
pub struct Settled {
    /// `setl_id`; none in the answer to a calculation.
    pub settlement: Option<String>,
    /// `mdtrt_id`.
    pub visit: Option<String>,
    /// `psn_no`.
    pub person: Option<Secret<String>>,
    /// The sender's message id (`medins_setl_id`).
    pub msgid: Option<String>,
    /// `medfee_sumamt`.
    pub total: Option<Fen>,
    /// What the account paid (`acct_pay`), of its owner and by mutual aid (`acct_mulaid_pay`).
    pub account: Option<Fen>,
    /// What the pooled funds paid (`fund_pay_sumamt`), without the account where the province
    /// counts it in.
    pub fund: Option<Fen>,
    /// What was paid in cash (`psn_cash_pay`, `cash_payamt`).
    pub cash: Option<Fen>,
}

impl Answer {
    /// Reads a body.
    pub fn parse(_body: &[u8]) -> Result<Self, ViewError> {
        todo!()
    }

    /// The settlement that the answer tells of; of any call, known or not.
    pub fn settled(&self) -> Option<Settled> {
        todo!()
    }
}
