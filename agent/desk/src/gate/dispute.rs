//! Calls that say two things: path and body name different calls, or a member stands twice with
//! different values. Parsers disagree on which one counts, and the platform's may read what was not judged.

use pharmacy_protocol::digest::{hex, sha256};
use pharmacy_protocol::record::finding::Finding;

use super::WireCall;
use super::call::local;
use crate::seat::Said;
use crate::{Desk, DeskError, Gated};
use pharmacy_base::text;
use pharmacy_decision::pack::{CodeForm, Refusal};
use pharmacy_interface::ViewError;
use pharmacy_interface::refusal::Envelope;

/// Which of two values counts is not known.
const DISPUTED: &str = "interface.disputed";

impl Desk {
    /// Refuses such a call, whatever it is for. No software of the field sends one; nothing is kept of the
    /// answer, so that the same message id may come again in one voice. Recorded once a day, however often
    /// the till sends it.
    pub(super) fn refuse_disputed(
        &mut self,
        call: &WireCall,
        error: ViewError,
    ) -> Result<Gated, DeskError> {
        let body = hex(&sha256(&call.body));
        let record = Finding::Unreadable {
            finding: DISPUTED.to_owned(),
            infno: call.infno.clone(),
            reason: error.to_string(),
            body: body.clone(),
        };
        let (till, day) = (&call.caller.till, self.clock.today());
        self.note_finding_once(till, &format!("{DISPUTED}/{till}/{body}/{day}"), &record)?;
        self.memory.touch();
        self.memory.seats.show(till, 0, Said::Turned(DISPUTED));
        let table = self.interface_call(&call.infno);
        self.memory.serial = self.memory.serial.wrapping_add(1);
        let envelope = Envelope {
            request: None,
            form: table.as_ref().map_or(CodeForm::Number, |table| table.form),
            manner: call.manner.clone(),
            now_ms: self.clock.now_ms(),
            serial: self.memory.serial,
        };
        let refusal = table.map_or(Refusal::MinusOne, |table| table.refusal);
        let refused = envelope.refuse(refusal, text::message(DISPUTED).zh);
        Ok(Gated::Answer(local(refused)))
    }
}
