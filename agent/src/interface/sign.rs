//! 9001 and 9002: an operator signs in and out.

use super::answer::Answer;
use super::request::Request;

/// A sign-in or sign-out.
#[derive(Clone, Debug)]
pub struct SignIn {
    /// `opter_no`, else the envelope's `opter`.
    pub operator: Option<String>,
    /// `sign_no`, from the answer to 9001 or the request of 9002.
    pub sign_no: Option<String>,
}

impl SignIn {
    /// Reads a request and, where there is one, its answer.
    pub fn read(_request: &Request, _answer: Option<&Answer>) -> Self {
        todo!()
    }
}
