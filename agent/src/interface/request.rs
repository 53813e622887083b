//! The envelope of a request.

use pharmacy_protocol::Secret;
use pharmacy_protocol::term::Infno;

use super::node::{Node, ViewError};

/// A request, parsed.
#[derive(Clone, Debug)]
pub struct Request {
    /// The call.
    pub infno: Infno,
    /// The sender's message id; none where it is missing or longer than 60 characters.
    pub msgid: Option<String>,
    /// The institution that calls (`fixmedins_code`), as written.
    pub store: Option<String>,
    /// Where it is (`mdtrtarea_admvs`), as written.
    pub area: Option<String>,
    /// Who operates the till.
    pub operator: Option<Operator>,
    /// The sign-in under which it is sent.
    pub sign_no: Option<String>,
    /// `input`, unwrapped where it came as a string.
    pub input: Node,
}

/// Who operates a till, as the till says.
#[derive(Clone, Debug)]
pub struct Operator {
    /// `opter`.
    pub code: String,
    /// `opter_name`.
    pub name: Option<Secret<String>>,
}

impl Request {
    /// Reads a body. UTF-8 with or without a byte-order mark; GB18030 where it is not UTF-8.
    pub fn parse(_body: &[u8]) -> Result<Self, ViewError> {
        todo!()
    }
}

/// The call that a body names, even where the rest of it cannot be read or is cut off: the top
/// level's member `infno`, found without parsing what stands around it.
pub fn infno_of(_body: &[u8]) -> Option<Infno> {
    todo!()
}
