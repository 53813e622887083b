//! The messages that the agent writes itself: refusals, local answers, warnings.

use pharmacy_decision::pack::{CodeForm, Refusal};
use pharmacy_decision::verdict::Reason;

use super::request::Request;

/// Longest `err_msg` in characters (the interface's own limit, `err_msg` 200).
pub const MAX_MESSAGE: usize = 200;

/// What a cashier reads first: tills cut `err_msg` after about this many characters.
pub const SEEN: usize = 40;

/// Says in the words of `err_msg` why not and what to do: at most two reasons, item and remedy
/// within the first [`SEEN`] characters.
pub fn words(_reasons: &[&Reason], _item: impl Fn(u32) -> Option<String>) -> String {
    todo!()
}

/// The platform's envelope with this outcome; `now_ms` gives its times, `serial` its number.
pub struct Envelope<'a> {
    /// The request that is answered, where it could be read.
    pub request: Option<&'a Request>,
    /// How the region writes `infcode`.
    pub form: CodeForm,
    /// When.
    pub now_ms: i64,
    /// A number that differs from call to call, at most ten digits.
    pub serial: u64,
}

impl Envelope<'_> {
    /// A refusal.
    pub fn refuse(&self, _refusal: Refusal, _message: &str) -> Vec<u8> {
        todo!()
    }

    /// A success without output.
    pub fn accept(&self, _message: &str) -> Vec<u8> {
        todo!()
    }
}

/// The answer with this text in its `warn_msg`, every other byte as it was; none where the answer
/// has no place for it (not a JSON object, compressed, a warning of another form).
pub fn with_warning(_answer: &[u8], _text: &str) -> Option<Vec<u8>> {
    todo!()
}
