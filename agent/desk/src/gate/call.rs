//! Calls of the national interface as the gateway and the desk hand them to each other.

use std::sync::Arc;

use pharmacy_decision::pack::Call as InterfaceCall;
use pharmacy_protocol::term::{EntryIndex, Infno, SaleId, TillNumber};

use super::wrapping::Wrapping;
use crate::pending::PendingKey;
use crate::step::At;
use crate::{Caller, DeskError};
use pharmacy_interface::{Manner, Request, Written};
use pharmacy_journal::Recorded;
use pharmacy_journal::store::{NameDigest, NameKind, RelayedRow, Sealed};

/// A call as the gateway took it in.
#[derive(Clone)]
pub struct WireCall {
    /// The till, by the secret in its path.
    pub caller: Caller,
    /// Which call, by body or path.
    pub infno: Infno,
    /// The body as it can be read: without its content coding.
    pub body: Arc<[u8]>,
    /// How it looks from outside.
    pub wrapping: Wrapping,
    /// The call that its path names, where that is one that the agent knows.
    pub path: Option<Infno>,
    /// How an answer to it is to be written.
    pub manner: Manner,
}

/// A call that names no number, and of which nothing can be read.
#[derive(Clone)]
pub struct OpaqueCall {
    /// The till, by the secret in its path.
    pub caller: Caller,
    /// How it looks from outside.
    pub wrapping: Wrapping,
    /// SHA-256 of its body.
    pub body: [u8; 32],
}

/// What may become of it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Opaque {
    /// Nothing settles on its path: it passes, and its answer is searched.
    Foreign,
    /// Something does: it passes, and is watched.
    Pass,
    /// It is answered here, with this code.
    Refuse(&'static str),
}

/// An answer of the platform, as it came.
#[derive(Clone)]
pub struct PlatformAnswer {
    pub status: u16,
    /// Headers as they came; the case of their names does not count.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body, byte for byte.
    pub body: Vec<u8>,
}

impl PlatformAnswer {
    /// The answer, parsed; none where it cannot be read.
    pub(super) fn view(&self) -> Option<pharmacy_interface::Answer> {
        let codings = self.headers.iter();
        let codings = codings.filter(|(name, _)| name.eq_ignore_ascii_case("content-encoding"));
        let codings: Vec<&[u8]> = codings.map(|(_, value)| value.as_slice()).collect();
        let body = pharmacy_interface::coding::unpack(&codings, &self.body).whole()?;
        pharmacy_interface::Answer::parse(&body).ok()
    }
}

/// What may become of a gated call.
pub enum Gated {
    /// Answered here; nothing leaves.
    Answer(PlatformAnswer),
    Pass,
    /// May leave, once: verdict and attempt are on the disk.
    Send(Recorded<Departure>),
}

/// A call that may leave.
#[derive(Clone, Debug)]
pub struct Departure {
    pub sale: SaleId,
    /// Under which message id the attempt stands.
    pub msgid: String,
    /// Does it move money? Then it goes on a connection of its own, without retries.
    pub moves_money: bool,
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

/// What became of a call that left.
pub enum Fate {
    Answered(PlatformAnswer),
    /// It may have arrived: a time-out, or a connection that was cut after it was made.
    InDoubt,
    /// No connection was made: it never left.
    NotSent,
}

/// What the till is to hear of a call that left.
pub enum Concluded {
    /// The platform's answer, as it came.
    AsItCame,
    /// An answer of ours: it never left.
    Instead(PlatformAnswer),
    Nothing,
    /// The platform's answer with this body: a warning stands in it.
    Warned(Vec<u8>),
}

/// A call that can be read, on its way through the gate.
pub(crate) struct Arriving {
    pub(super) call: WireCall,
    pub(super) table: InterfaceCall,
    pub(super) request: Arc<Request>,
    pub(super) msgid: String,
    /// Under what its first answer is kept: its message id, whatever the call.
    pub(super) key: NameDigest,
    pub(super) body_digest: [u8; 32],
    pub(super) now_ms: i64,
}

impl Arriving {
    pub(super) fn till(&self) -> &TillNumber {
        &self.call.caller.till
    }

    /// Was this very message kept? Its envelope does not count; a row of before holds its bytes' digest.
    pub(super) fn is_kept_as(&self, row: &RelayedRow) -> bool {
        [self.request.digest, self.body_digest].contains(&row.body_digest)
    }

    pub(super) fn row(&self, sale: u64, entry: EntryIndex, answer: Option<Sealed>) -> RelayedRow {
        RelayedRow {
            body_digest: self.request.digest,
            sale,
            entry,
            answer,
            created_ms: self.now_ms,
        }
    }

    /// Notes the call and its message id in the transaction that decides it.
    pub(super) fn keep(&self, at: &At<'_>, answer: Option<Sealed>) -> Result<(), DeskError> {
        let (kind, sale) = (NameKind::Message, at.sale.id.counter());
        let row = self.row(sale, at.index, answer);
        at.transaction.put_relayed_call(&self.key, &row)?;
        let name = at.keys.name_digest(kind.as_str(), &self.msgid);
        Ok(at.transaction.put_sale_name(kind, &name, sale)?)
    }
}

/// An answer that the agent wrote itself.
pub(crate) fn local(written: Written) -> PlatformAnswer {
    let kind = written.content_type().into_bytes();
    PlatformAnswer {
        status: 200,
        headers: vec![("Content-Type".to_owned(), kind)],
        body: written.body,
    }
}
