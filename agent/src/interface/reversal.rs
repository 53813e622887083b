//! 2103, 2208 and 2601: taking back.

use pharmacy_protocol::Secret;
use pharmacy_protocol::term::Infno;

use super::node::ViewError;
use super::request::Request;

/// Takes a settlement back by its number (2103, 2208).
#[derive(Clone, Debug)]
pub struct Reversal {
    /// `setl_id`.
    pub settlement: String,
    /// `mdtrt_id`.
    pub visit: Option<String>,
    /// `psn_no`.
    pub person: Option<Secret<String>>,
}

/// Takes a call back by its message id (2601).
#[derive(Clone, Debug)]
pub struct Undo {
    /// `omsgid`.
    pub msgid: String,
    /// `oinfno`.
    pub infno: Option<Infno>,
    /// `psn_no`.
    pub person: Option<Secret<String>>,
}

impl Reversal {
    /// Reads a request.
    pub fn read(_request: &Request) -> Result<Self, ViewError> {
        todo!()
    }
}

impl Undo {
    /// Reads a request.
    pub fn read(_request: &Request) -> Result<Self, ViewError> {
        todo!()
    }
}
