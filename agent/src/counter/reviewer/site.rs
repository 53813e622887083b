//! What every request of a reviewer needs.

use std::sync::Arc;

use pharmacy_protocol::term::{StaffId, TillNumber};
use tokio::sync::watch;

use crate::counter::office::visit::Office;
use crate::door::policy::Policy;
use crate::door::session::Sessions;

#[derive(Clone)]
pub(super) struct Site {
    pub(super) office: Office,
    /// Each with who signed in. It opens pages; it signs nothing, which takes the PIN each time.
    pub(super) sessions: Arc<Sessions<StaffId>>,
    pub(super) policy: Arc<Policy>,
    /// The till in whose name the desk is asked: the agent's own.
    pub(super) till: TillNumber,
    pub(super) stop: watch::Receiver<bool>,
}
