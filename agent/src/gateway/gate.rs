//! What the gateway asks of the desk, and the proof that lets a call leave.

use std::future::Future;

use pharmacy_decision::pack::Call as InterfaceCall;
use pharmacy_protocol::term::Infno;

use crate::door::pass::Pass;
use pharmacy_desk::{
    Caller, Concluded, Departure, DeskError, DeskHandle, Fate, Gated, Opaque, OpaqueCall,
    PlatformAnswer, Recorded, WireCall,
};

/// What may become of a gated call; `P` proves that verdict and attempt are on the disk.
pub enum Ruling<P> {
    /// Answered here; nothing leaves.
    Answer(PlatformAnswer),
    Pass,
    Send(P),
}

/// The desk, as the gateway knows it.
pub trait Gate: Send + Sync + 'static {
    /// Without one of these nothing gated leaves. In the product only the journal makes it.
    type Proof: Send + Sync + 'static;

    /// What the proof is of.
    fn departure(proof: &Self::Proof) -> &Departure;

    /// Finds the till of a secret.
    fn authenticate(&self, secret: String) -> Result<Option<Caller>, DeskError>;

    /// What a call is for here and today; none of a call that does not concern the agent.
    fn interface_call(&self, infno: &Infno) -> Option<InterfaceCall>;

    /// Judges a gated call.
    fn gate(
        &self,
        call: WireCall,
    ) -> impl Future<Output = Result<Ruling<Self::Proof>, DeskError>> + Send;

    /// Records what became of a call that left, and says what the till is to hear of it.
    fn conclude(
        &self,
        proof: Self::Proof,
        fate: Fate,
    ) -> impl Future<Output = Result<Concluded, DeskError>> + Send;

    /// Takes note of a call that passed; returns once it is queued.
    fn observe(
        &self,
        call: WireCall,
        answer: Option<Vec<u8>>,
    ) -> impl Future<Output = Result<(), DeskError>> + Send;

    /// Rules on a call that names no number and cannot be read.
    fn gate_opaque(
        &self,
        call: OpaqueCall,
    ) -> impl Future<Output = Result<Opaque, DeskError>> + Send;

    /// Takes note of such a call that passed; returns once it is queued.
    fn observe_opaque(
        &self,
        call: OpaqueCall,
        answer: Option<Vec<u8>>,
    ) -> impl Future<Output = Result<(), DeskError>> + Send;

    /// Takes note of an answer that could not be searched for a settlement.
    fn report_unsearched(
        &self,
        caller: Caller,
        infno: Option<Infno>,
    ) -> impl Future<Output = Result<(), DeskError>> + Send;

    /// Takes note of a settlement in the answer to a call that was not gated.
    fn report_ungated(
        &self,
        caller: Caller,
        infno: Option<Infno>,
        answer: Vec<u8>,
    ) -> impl Future<Output = Result<(), DeskError>> + Send;
}

impl Gate for DeskHandle {
    type Proof = Recorded<Departure>;

    fn departure(proof: &Self::Proof) -> &Departure {
        proof.value()
    }

    fn authenticate(&self, secret: String) -> Result<Option<Caller>, DeskError> {
        match Pass::Gateway.is_for(&secret) {
            true => DeskHandle::authenticate(self, secret),
            false => Ok(None),
        }
    }

    fn interface_call(&self, infno: &Infno) -> Option<InterfaceCall> {
        DeskHandle::interface_call(self, infno)
    }

    async fn gate(&self, call: WireCall) -> Result<Ruling<Self::Proof>, DeskError> {
        DeskHandle::gate(self, call).await.map(|gated| match gated {
            Gated::Answer(answer) => Ruling::Answer(answer),
            Gated::Pass => Ruling::Pass,
            Gated::Send(departure) => Ruling::Send(departure),
        })
    }

    async fn conclude(&self, proof: Self::Proof, fate: Fate) -> Result<Concluded, DeskError> {
        DeskHandle::conclude(self, proof, fate).await
    }

    async fn observe(&self, call: WireCall, answer: Option<Vec<u8>>) -> Result<(), DeskError> {
        DeskHandle::observe(self, call, answer).await
    }

    async fn gate_opaque(&self, call: OpaqueCall) -> Result<Opaque, DeskError> {
        DeskHandle::gate_opaque(self, call).await
    }

    async fn observe_opaque(
        &self,
        call: OpaqueCall,
        answer: Option<Vec<u8>>,
    ) -> Result<(), DeskError> {
        DeskHandle::observe_opaque(self, call, answer).await
    }

    async fn report_unsearched(
        &self,
        caller: Caller,
        infno: Option<Infno>,
    ) -> Result<(), DeskError> {
        DeskHandle::report_unsearched(self, caller, infno).await
    }

    async fn report_ungated(
        &self,
        caller: Caller,
        infno: Option<Infno>,
        answer: Vec<u8>,
    ) -> Result<(), DeskError> {
        DeskHandle::report_ungated(self, caller, infno, answer).await
    }
}
