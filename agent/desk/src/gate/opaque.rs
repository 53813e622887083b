//! Calls that name no number and cannot be read. On a path on which something settled, they are settlements
//! that nobody reads; elsewhere they are, once an answer brings a new settlement.

use pharmacy_protocol::record::finding::UnreadShape;

use super::unread::{UNREAD, amount_of, heard};
use super::{Opaque, OpaqueCall};
use crate::pending::Let;
use crate::{Desk, DeskError};
use pharmacy_interface::Answer;
use pharmacy_journal::store::NameKind;

impl Desk {
    /// Does anything of this store settle on a call's path?
    fn is_settling(&self, call: &OpaqueCall) -> bool {
        let mut seats = self.memory.seats.iter();
        seats.any(|(_, seat)| seat.understood.settles_at(call.wrapping.path()))
    }

    pub(super) fn gate_opaque(&mut self, call: &OpaqueCall) -> Result<Opaque, DeskError> {
        if !self.is_settling(call) {
            return Ok(Opaque::Foreign);
        }
        let (till, shape) = (&call.caller.till, shape_of(call));
        let path = call.wrapping.path();
        let is_known = self.is_readable_at(till, |known| known.is_known_path(path));
        let reopened = is_known.then(|| self.permit(&shape));
        if reopened == Some(None) {
            self.shut(till, shape)?;
            return Ok(Opaque::Refuse(UNREAD));
        }
        let passes = Let {
            shape,
            reopened: reopened.flatten(),
            since_mono_ms: self.clock.mono_ms(),
        };
        self.let_pass(till, call.body, passes)?;
        Ok(Opaque::Pass)
    }

    pub(super) fn observe_opaque(
        &mut self,
        call: &OpaqueCall,
        answer: Option<&[u8]>,
    ) -> Result<(), DeskError> {
        let till = &call.caller.till;
        let passed = self.memory.unread.take(till, &call.body);
        let was_kept = passed.is_some();
        let answer = answer.and_then(|bytes| Answer::parse(bytes).ok());
        let settled = answer.as_ref().filter(|answer| answer.is_success);
        let settled = settled.and_then(Answer::settled);
        let number = settled
            .as_ref()
            .and_then(|settled| settled.settlement.as_ref());
        let is_new = match number {
            Some(number) => {
                let name = self.name(NameKind::Settlement, number);
                self.bearer(NameKind::Settlement, &name)?.is_none()
            }
            None => false,
        };
        if let Some(settled) = &settled {
            self.report_unjudged(till, None, settled)?;
        }
        // An answer that can be read and names no new settlement tells of none.
        let says_none = answer.as_ref().is_some_and(|answer| answer.is_success) && !is_new;
        let is_settling = !says_none && (is_new || was_kept);
        let Some(heard) = heard(answer.as_ref()).filter(|_| is_settling) else {
            return match was_kept {
                true => self.keep_passing(),
                false => Ok(()),
            };
        };
        let passed = passed.unwrap_or_else(|| Let {
            shape: shape_of(call),
            reopened: None,
            since_mono_ms: 0,
        });
        self.report_unread(till, passed, (heard, answer.as_ref().and_then(amount_of)))
    }
}

fn shape_of(call: &OpaqueCall) -> UnreadShape {
    UnreadShape {
        infno: None,
        path: call.wrapping.path().to_owned(),
        media: call.wrapping.media().to_owned(),
        coding: call.wrapping.coding().to_owned(),
        reason: "no number, and nothing that can be read".to_owned(),
    }
}
