//! Calls that left and were not answered yet.

use std::sync::Arc;

use pharmacy_decision::pack::Call as InterfaceCall;

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
    pub(crate) key: NameDigest,
    pub(crate) row: RelayedRow,
    /// What the answer's `warn_msg` is to say.
    pub(crate) warning: Option<String>,
}
