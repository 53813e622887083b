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

mod back;
mod basket;
mod call;
mod codes;
mod conclude;
mod dispute;
mod double;
mod early;
mod electronic;
mod insured;
mod kept;
mod name;
mod observe;
mod opaque;
mod purchase;
mod report;
mod send;
mod settle;
mod stock;
mod turn;
mod unread;
mod wrapping;

use pharmacy_decision::pack::{Call as InterfaceCall, CallRole};
use pharmacy_protocol::term::Infno;

use crate::{Caller, Desk, DeskError, DeskHandle};
use pharmacy_interface::ViewError;
use pharmacy_journal::Recorded;

pub use self::call::{
    Concluded, Departure, Fate, Gated, Opaque, OpaqueCall, PlatformAnswer, WireCall,
};
pub(crate) use self::insured::INSURED_MS;
pub(crate) use self::report::EARLY_MS;
pub use self::wrapping::Wrapping;

impl Desk {
    fn gate(&mut self, call: WireCall) -> Result<Gated, DeskError> {
        let Some(table) = self.interface_call(&call.infno) else {
            return Ok(Gated::Pass);
        };
        let role = table.role;
        let arriving = match self.read(call.clone(), table) {
            Ok(arriving) => arriving,
            Err(error @ ViewError::Ambiguous(_)) => return self.refuse_disputed(&call, error),
            Err(error) => return self.pass_unreadable(&call, role, error),
        };
        match role {
            CallRole::FeeLines | CallRole::PreSettlement => self.gate_early(&arriving),
            CallRole::Reversal => self.gate_reversal(&arriving),
            CallRole::Settlement | CallRole::SettlementIfLines => self.gate_settlement(&arriving),
            CallRole::Undo => self.gate_undo(&arriving),
            CallRole::Insured
            | CallRole::Mapping
            | CallRole::Prescription
            | CallRole::Query
            | CallRole::SignIn
            | CallRole::SignOut
            | CallRole::Stock => Ok(Gated::Pass),
        }
    }
}

impl DeskHandle {
    /// What a call is for here and today; none of a call that does not concern the agent.
    pub fn interface_call(&self, infno: &Infno) -> Option<InterfaceCall> {
        let today = self.clock.today();
        self.pack.call(infno, &self.region, today).cloned()
    }

    /// Judges a gated call; waits for its turn at the desk, however long the queue.
    pub async fn gate(&self, call: WireCall) -> Result<Gated, DeskError> {
        self.run_in_turn(move |desk| desk.gate(call)).await
    }

    /// Records what became of a call that left, and says what the till is to hear of it.
    pub async fn conclude(
        &self,
        departure: Recorded<Departure>,
        fate: Fate,
    ) -> Result<Concluded, DeskError> {
        let departure = departure.into_value();
        self.run_in_turn(move |desk| desk.conclude_call(&departure, fate))
            .await
    }

    /// Takes note of a call that passed; `answer` is none where it did not come, was too long to
    /// keep, or was no text.
    ///
    /// Queued before the answer's last byte goes to the till, so that the till's next call finds
    /// what this one taught. Returns once it is queued.
    pub async fn observe(&self, call: WireCall, answer: Option<Vec<u8>>) -> Result<(), DeskError> {
        self.queue(move |desk| desk.observe(&call, answer.as_deref()))
            .await
    }

    /// Rules on a call that names no number and cannot be read.
    pub async fn gate_opaque(&self, call: OpaqueCall) -> Result<Opaque, DeskError> {
        self.run_in_turn(move |desk| desk.gate_opaque(&call)).await
    }

    /// Takes note of such a call that passed. Returns once it is queued.
    pub async fn observe_opaque(
        &self,
        call: OpaqueCall,
        answer: Option<Vec<u8>>,
    ) -> Result<(), DeskError> {
        self.queue(move |desk| desk.observe_opaque(&call, answer.as_deref()))
            .await
    }

    /// Takes note of an answer that could not be searched for a settlement.
    pub async fn report_unsearched(
        &self,
        caller: Caller,
        infno: Option<Infno>,
    ) -> Result<(), DeskError> {
        self.queue(move |desk| desk.note_unsearched(&caller.till, infno.as_ref()))
            .await
    }

    /// Takes note of an answer that tells of a settlement although the call was not gated, not
    /// even known; `infno` is none where the call does not say.
    pub async fn report_ungated(
        &self,
        caller: Caller,
        infno: Option<Infno>,
        answer: Vec<u8>,
    ) -> Result<(), DeskError> {
        self.queue(move |desk| desk.observe_ungated(&caller, infno.as_ref(), &answer))
            .await
    }
}
