//! Reading a call, and answering it here where no rule has to be asked.

use std::sync::Arc;

use pharmacy_decision::pack::{Call as InterfaceCall, CallRole};
use pharmacy_protocol::record::finding::Finding;
use pharmacy_protocol::term::{Infno, TraceCode};

use super::call::{Arriving, local};
use crate::memory::Staged;
use crate::seat::Said;
use crate::{Desk, DeskError, Gated, WireCall};
use pharmacy_base::text;
use pharmacy_interface::refusal::Envelope;
use pharmacy_interface::{Request, ViewError, is_same_call};
use pharmacy_journal::store::{NameDigest, NameKind};
use pharmacy_protocol::digest::{hex, sha256};

/// The message id was used with another body.
pub(super) const MSGID_REUSED: &str = "gateway.msgid-reused";

impl Desk {
    pub(crate) fn interface_call(&self, infno: &Infno) -> Option<InterfaceCall> {
        let today = self.clock.today();
        self.pack
            .call(infno, &self.setup.store.region, today)
            .cloned()
    }

    pub(crate) fn read(&self, call: WireCall, table: InterfaceCall) -> Result<Arriving, ViewError> {
        let mut request = Request::parse_named(&call.body, &call.infno)?;
        let is_other = |path: &Infno| !is_same_call(path, &request.infno);
        if call.path.as_ref().is_some_and(is_other) {
            // The path names one call, the body another: nobody knows which the platform reads.
            return Err(ViewError::Ambiguous("infno"));
        }
        request.manner = call.manner.clone();
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

    /// What cannot be read cannot be judged. A settlement passes only as long as this till's are not known
    /// to be readable; what takes money back is never held up.
    pub(crate) fn pass_unreadable(
        &mut self,
        call: &WireCall,
        role: CallRole,
        error: ViewError,
    ) -> Result<Gated, DeskError> {
        match role {
            CallRole::Settlement | CallRole::SettlementIfLines => {
                self.gate_unread(call, role, &error)
            }
            CallRole::Reversal | CallRole::Undo => {
                self.report_unreadable(call, error)?;
                Ok(Gated::Pass)
            }
            CallRole::FeeLines
            | CallRole::Insured
            | CallRole::Mapping
            | CallRole::Prescription
            | CallRole::PreSettlement
            | CallRole::Query
            | CallRole::SignIn
            | CallRole::SignOut
            | CallRole::Stock => Ok(Gated::Pass),
        }
    }

    /// An envelope of ours for a call.
    pub(crate) fn envelope<'a>(
        &mut self,
        request: &'a Request,
        table: &InterfaceCall,
    ) -> Envelope<'a> {
        self.memory.serial = self.memory.serial.wrapping_add(1);
        Envelope {
            request: Some(request),
            form: table.form,
            manner: request.manner.clone(),
            now_ms: self.clock.now_ms(),
            serial: self.memory.serial,
        }
    }

    /// Turns a call away for a reason that no rule states, and keeps that answer for a repetition.
    pub(crate) fn turn_away(
        &mut self,
        arriving: &Arriving,
        sale: Option<u64>,
        code: &'static str,
        named: &str,
        adopted: &[TraceCode],
    ) -> Result<Gated, DeskError> {
        let message = format!("{}{named}", text::message(code).zh);
        let envelope = self.envelope(&arriving.request, &arriving.table);
        let answer = local(envelope.refuse(arriving.table.refusal, &message));
        let answer = self.as_before(arriving, answer)?;
        let sealed = self.seal_answer(&arriving.key, &answer)?;
        let message_name = self.message_name(&arriving.msgid);
        let finding = Finding::Call {
            finding: code.to_owned(),
            infno: arriving.call.infno.clone(),
            msgid: arriving.msgid.clone(),
            body: hex(&arriving.body_digest),
        };
        let (till, counter) = (arriving.till().clone(), sale.unwrap_or(0));
        let adopted = adopted.to_vec();
        self.record_finding(arriving.till(), &finding, |transaction, entry| {
            // A message id that was used before stays the name of the call that used it.
            if code != MSGID_REUSED {
                let row = arriving.row(counter, entry, Some(sealed));
                transaction.put_relayed_call(&arriving.key, &row)?;
                transaction.put_sale_name(NameKind::Message, &message_name, counter)?;
            }
            Ok(Staged::new(()).then(move |memory| {
                memory.seats.adopted(&till, None, &adopted);
                memory.seats.show(&till, counter, Said::Turned(code));
            }))
        })?;
        Ok(Gated::Answer(answer))
    }

    pub(crate) fn message_name(&self, msgid: &str) -> NameDigest {
        self.name(NameKind::Message, msgid)
    }
}
