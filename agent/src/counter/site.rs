//! What every request to a till's pages needs.

use std::sync::Arc;

use pharmacy_protocol::Secret;
use tokio::sync::watch;

use super::desk::Counter;
use crate::door::policy::Policy;
use crate::door::session::Sessions;
use crate::door::slow::Slow;

#[derive(Clone)]
pub(super) struct Site {
    pub(super) counter: Arc<dyn Counter>,
    pub(super) policy: Arc<Policy>,
    /// Each with the till's secret behind it, with which every request is authenticated anew.
    pub(super) sessions: Arc<Sessions<Secret<String>>>,
    /// For secrets in addresses; sessions are named at random, and end by themselves.
    pub(super) slow: Arc<Slow>,
    pub(super) stop: watch::Receiver<bool>,
}
