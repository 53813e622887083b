//! What every request to a till's pages needs.

use std::sync::Arc;

use pharmacy_protocol::Secret;
use tokio::sync::watch;

use super::desk::Counter;
use crate::door::policy::Policy;
use crate::door::session::Sessions;

#[derive(Clone)]
pub(super) struct Site {
    pub(super) counter: Arc<dyn Counter>,
    pub(super) policy: Arc<Policy>,
    /// Each with the till's secret behind it, with which every request is authenticated anew.
    pub(super) sessions: Arc<Sessions<Secret<String>>>,
    pub(super) stop: watch::Receiver<bool>,
}
