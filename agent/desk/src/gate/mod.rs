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
mod conclude;
mod double;
mod early;
mod insured;
mod name;
mod observe;
mod purchase;
mod report;
mod settle;
mod stock;

use std::sync::Arc;

use pharmacy_decision::pack::{Call as InterfaceCall, CallRole};
use pharmacy_protocol::term::{Infno, SaleId};

pub(super) use self::basket::packs_needed;
pub(super) use self::conclude::Told;
pub(super) use self::purchase::is_continued;
use super::{Caller, Desk, DeskError, DeskHandle};
use pharmacy_base::text;
use pharmacy_interface::refusal::Envelope;
use pharmacy_interface::{Request, ViewError};
pub use pharmacy_journal::Recorded;
use pharmacy_journal::store::{NameDigest, NameKind, RelayedRow, Transaction};
use pharmacy_protocol::digest::{hex, sha256};

/// A call as the gateway took it in.
#[derive(Clone)]
pub struct WireCall {
    /// The till, by the secret in its path.
    pub caller: Caller,
    /// Which call, by body or path.
    pub infno: Infno,
    /// The body as it can be read: without its content coding.
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

impl PlatformAnswer {
    /// The answer, parsed; none where it cannot be read.
    fn view(&self) -> Option<pharmacy_interface::Answer> {
        let codings = self.headers.iter();
        let codings = codings.filter(|(name, _)| name.eq_ignore_ascii_case("content-encoding"));
        let codings: Vec<&[u8]> = codings.map(|(_, value)| value.as_slice()).collect();
        let body = pharmacy_interface::coding::unpack(&codings, &self.body)?;
        pharmacy_interface::Answer::parse(&body).ok()
    }
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

/// A call that can be read, on its way through the gate.
struct Arriving {
    call: WireCall,
    table: InterfaceCall,
    request: Arc<Request>,
    msgid: String,
    /// Under what its first answer is kept: its message id, whatever the call.
    key: NameDigest,
    body_digest: [u8; 32],
    now_ms: i64,
}

/// Which call is waited for: two tills may give two calls one message id, and so may one till a
/// calculation and its settlement.
#[derive(Clone, Eq, Hash, PartialEq)]
pub(super) struct PendingKey {
    sale: u64,
    msgid: String,
    moves_money: bool,
}

impl From<&Departure> for PendingKey {
    fn from(departure: &Departure) -> Self {
        Self {
            sale: departure.sale.counter(),
            msgid: departure.msgid.clone(),
            moves_money: departure.moves_money,
        }
    }
}

/// What is remembered of a call that left, until its answer.
pub(super) struct Pending {
    request: Arc<Request>,
    table: InterfaceCall,
    key: NameDigest,
    row: RelayedRow,
    /// What the answer's `warn_msg` is to say.
    warning: Option<String>,
}

impl Desk {
    fn gate(&mut self, call: WireCall) -> Result<Gated, DeskError> {
        let Some(table) = self.interface_call(&call.infno) else {
            return Ok(Gated::Pass);
        };
        let role = table.role;
        let arriving = match self.read(call.clone(), table) {
            Ok(arriving) => arriving,
            Err(error) => return self.pass_unreadable(&call, role, error),
        };
        let gated = match role {
            CallRole::FeeLines | CallRole::PreSettlement => self.gate_early(&arriving),
            CallRole::Reversal => self.gate_reversal(&arriving),
            CallRole::Settlement | CallRole::SettlementIfLines => self.gate_settlement(&arriving),
            CallRole::Undo => self.gate_undo(&arriving),
            CallRole::Insured
            | CallRole::Mapping
            | CallRole::Query
            | CallRole::SignIn
            | CallRole::SignOut
            | CallRole::Stock => Ok(Gated::Pass),
        };
        self.counter.tell();
        gated
    }

    fn interface_call(&self, infno: &Infno) -> Option<InterfaceCall> {
        let today = self.clock.today();
        self.pack
            .call(infno, &self.setup.store.region, today)
            .cloned()
    }

    fn read(&self, call: WireCall, table: InterfaceCall) -> Result<Arriving, ViewError> {
        let request = Request::parse(&call.body)?;
        if request.infno != call.infno {
            // The path names one call, the body another: nobody knows which the platform reads.
            return Err(ViewError::Ambiguous("infno"));
        }
        let msgid = request.msgid.clone().ok_or(ViewError::Member("msgid"))?;
        let keys = self.journal.keys();
        Ok(Arriving {
            key: keys.name_digest("call", &msgid),
            body_digest: sha256(&call.body),
            now_ms: self.clock.now_ms(),
            call,
            table,
            request: Arc::new(request),
            msgid,
        })
    }

    /// What cannot be read cannot be judged. A settlement passes with an alarm: an upgrade of the
    /// till's software must not close the counter.
    fn pass_unreadable(
        &mut self,
        call: &WireCall,
        role: CallRole,
        error: ViewError,
    ) -> Result<Gated, DeskError> {
        let is_settlement = role == CallRole::Settlement;
        if is_settlement {
            self.count_settlement(&call.caller.till, false);
        }
        if is_settlement || role == CallRole::Reversal || role == CallRole::Undo {
            self.report_unreadable(call, error)?;
        }
        self.counter.tell();
        Ok(Gated::Pass)
    }

    /// An envelope of ours for a call.
    fn envelope<'a>(&mut self, request: &'a Request, table: &InterfaceCall) -> Envelope<'a> {
        self.counter.serial = self.counter.serial.wrapping_add(1);
        Envelope {
            request: Some(request),
            form: table.form,
            now_ms: self.clock.now_ms(),
            serial: self.counter.serial,
        }
    }

    /// Turns a call away for a reason that no rule states, and keeps that answer for a repetition.
    fn turn_away(
        &mut self,
        arriving: &Arriving,
        sale: Option<u64>,
        (code, named): (&'static str, &str),
    ) -> Result<Gated, DeskError> {
        let message = format!("{}{named}", text::message(code).zh);
        let envelope = self.envelope(&arriving.request, &arriving.table);
        let answer = local(envelope.refuse(arriving.table.refusal, &message));
        let answer = self.as_before(arriving, answer)?;
        let sealed = self.seal_answer(&arriving.key, &answer)?;
        let message_name = self.message_name(&arriving.msgid);
        let finding = report::Turned {
            finding: code,
            infno: arriving.call.infno.as_str(),
            msgid: &arriving.msgid,
            body: hex(&arriving.body_digest),
        };
        self.record_finding(
            &arriving.call.caller.till,
            &finding,
            |transaction, entry| {
                let row = arriving.row(sale.unwrap_or(0), entry, Some(sealed));
                // A message id that was used before stays the name of the call that used it.
                if code != double::MSGID_REUSED {
                    transaction.put_relayed_call(&arriving.key, &row)?;
                    transaction.put_sale_name(NameKind::Message, &message_name, row.sale)?;
                }
                Ok(())
            },
        )?;
        let counter = sale.unwrap_or(0);
        let till = arriving.call.caller.till.clone();
        self.counter
            .show(&till, counter, super::seat::Said::Turned(code));
        Ok(Gated::Answer(answer))
    }

    fn message_name(&self, msgid: &str) -> NameDigest {
        self.name(NameKind::Message, msgid)
    }
}

impl Arriving {
    fn row(
        &self,
        sale: u64,
        entry: pharmacy_protocol::term::EntryIndex,
        answer: Option<pharmacy_journal::store::Sealed>,
    ) -> RelayedRow {
        RelayedRow {
            body_digest: self.body_digest,
            sale,
            entry,
            answer,
            created_ms: self.now_ms,
        }
    }

    /// Notes the call and its message id in the transaction that decides it.
    fn keep(
        &self,
        transaction: &Transaction<'_>,
        (message, row): (&NameDigest, &RelayedRow),
    ) -> Result<(), DeskError> {
        transaction.put_relayed_call(&self.key, row)?;
        transaction.put_sale_name(NameKind::Message, message, row.sale)?;
        Ok(())
    }
}

/// An answer that the agent wrote itself.
fn local(body: Vec<u8>) -> PlatformAnswer {
    let kind = b"application/json;charset=UTF-8".to_vec();
    PlatformAnswer {
        status: 200,
        headers: vec![("Content-Type".to_owned(), kind)],
        body,
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

    /// Records what became of a call that left, and says what the till is to hear of it: the
    /// platform's answer as it came (2101: with a warning in it), a local answer where nothing was
    /// sent, nothing at all where nobody knows.
    pub async fn conclude(
        &self,
        departure: Recorded<Departure>,
        fate: Fate,
    ) -> Result<Option<PlatformAnswer>, DeskError> {
        let departure = departure.into_value();
        self.run_in_turn(move |desk| {
            let heard = desk.conclude_call(&departure, fate);
            desk.counter.tell();
            heard
        })
        .await
    }

    /// Takes note of a call that passed; `answer` is none where it did not come, was too long to
    /// keep, or was no text.
    ///
    /// Queued before the answer's last byte goes to the till, so that the till's next call finds
    /// what this one taught. Returns once it is queued.
    pub async fn observe(&self, call: WireCall, answer: Option<Vec<u8>>) -> Result<(), DeskError> {
        self.queue(move |desk| {
            let noted = desk.observe(&call, answer.as_deref());
            desk.counter.tell();
            noted
        })
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
