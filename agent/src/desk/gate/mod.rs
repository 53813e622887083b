//! The gate: what the desk does with calls of the national interface that pass through the gateway.
//!
//! ```text
//! gate(call) ─► Answer   refused, or answered before: nothing leaves
//!            ─► Pass     does not concern the agent, or cannot be read: it passes, and is watched
//!            ─► Send     judged and recorded: leaves once, then conclude(departure, fate)
//! observe(call, answer)  what passed, for what it teaches
//! ```
//! In scope: verdict, attempt and outcome of a relayed call, doubles, what is learnt. Out of scope:
//! sockets (the gateway), reading messages (`interface`).

use std::sync::Arc;

use pharmacy_decision::pack::Call as InterfaceCall;
use pharmacy_protocol::term::{Infno, SaleId};

use super::{Caller, DeskError, DeskHandle};
pub use crate::journal::Recorded;

/// A call as the gateway took it in.
#[derive(Clone)]
pub struct WireCall {
    /// The till, by the secret in its path.
    pub caller: Caller,
    /// Which call, by body or path.
    pub infno: Infno,
    /// The body, byte for byte.
    pub body: Arc<[u8]>,
}

/// An answer of the platform, as it came.
#[derive(Clone)]
pub struct PlatformAnswer {
    /// HTTP status.
    pub status: u16,
    /// Headers as they came: names with their case.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body, byte for byte.
    pub body: Vec<u8>,
}

/// What may become of a gated call.
pub enum Gated {
    /// Answered here; nothing leaves.
    Answer(PlatformAnswer),
    /// Passes unjudged.
    Pass,
    /// May leave, once: verdict and attempt are on the disk.
    Send(Recorded<Departure>),
}

/// A call that may leave.
#[derive(Clone, Debug)]
pub struct Departure {
    /// The sale.
    pub sale: SaleId,
    /// Under which message id the attempt stands.
    pub msgid: String,
    /// Does it move money? Then it goes on a connection of its own, without retries.
    pub moves_money: bool,
}

/// What became of a call that left.
pub enum Fate {
    /// The platform answered.
    Answered(PlatformAnswer),
    /// It may have arrived: a time-out, or a connection that was cut after it was made.
    InDoubt,
    /// No connection was made: it never left.
    NotSent,
}

impl DeskHandle {
    /// What a call is for here and today; none of a call that does not concern the agent.
    pub fn interface_call(&self, _infno: &Infno) -> Option<InterfaceCall> {
        todo!()
    }

    /// Judges a gated call; waits for its turn at the desk, however long the queue.
    pub async fn gate(&self, _call: WireCall) -> Result<Gated, DeskError> {
        todo!()
    }

    /// Records what became of a call that left, and says what the till is to hear of it: the
    /// platform's answer as it came (2101: with a warning in it), a local answer where nothing was
    /// sent, nothing at all where nobody knows.
    pub async fn conclude(
        &self,
        _departure: Recorded<Departure>,
        _fate: Fate,
    ) -> Result<Option<PlatformAnswer>, DeskError> {
        todo!()
    }

    /// Takes note of a call that passed; `answer` is none where it did not come, was too long to
    /// keep, or was no text.
    ///
    /// Queued before the answer's last byte goes to the till, so that the till's next call finds
    /// what this one taught. Returns once it is queued.
    pub async fn observe(
        &self,
        _call: WireCall,
        _answer: Option<Vec<u8>>,
    ) -> Result<(), DeskError> {
        todo!()
    }

    /// Takes note of an answer that tells of a settlement although the call was not gated, not
    /// even known; `infno` is none where the call does not say.
    pub async fn report_ungated(
        &self,
        _caller: Caller,
        _infno: Option<Infno>,
        _answer: Vec<u8>,
    ) -> Result<(), DeskError> {
        todo!()
    }
}
