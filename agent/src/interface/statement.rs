//! 5203, 5204 and 3202: what the platform says was settled.

use pharmacy_protocol::Secret;
use pharmacy_protocol::term::Fen;

use super::answer::Answer;
use super::request::Request;

/// A settlement that the platform, or the till's own statement (3202), names.
#[derive(Clone, Debug)]
pub struct StatementRow {
    /// `setl_id`.
    pub settlement: String,
    /// `mdtrt_id`.
    pub visit: Option<String>,
    /// `medins_setl_id` or `msgid`.
    pub msgid: Option<String>,
    /// `psn_no`.
    pub person: Option<Secret<String>>,
    /// What the account paid.
    pub account: Option<Fen>,
    /// What the pooled funds paid.
    pub fund: Option<Fen>,
    /// What was paid in cash.
    pub cash: Option<Fen>,
    /// Was it taken back (`refd_setl_flag` 1, or negative amounts)?
    pub is_refund: bool,
    /// Whose medicine the settlement is of another institution (`fixmedins_code` differs from the
    /// envelope's).
    pub is_elsewhere: bool,
}

impl StatementRow {
    /// All settlements that an answer names; 5203 `setlinfo`, object or array.
    pub fn read(_request: &Request, _answer: &Answer) -> Vec<Self> {
        todo!()
    }
}
