//! Taking back: by settlement number (2103, 2208) and by message id (2601).
//!
//! Nothing here is refused: a customer's money is never held up. What the agent does not know passes
//! and is noted; what it knows never left is answered here.

use pharmacy_protocol::record::finding::Finding;
use pharmacy_protocol::record::outcome::Attempts;

use super::Gated;
use super::call::{Arriving, local};
use super::send::Sending;
use crate::core::attempt::{AttemptState, Direction};
use crate::core::sale::Sale;
use crate::memory::Staged;
use crate::step::Step;
use crate::{Desk, DeskError};
use pharmacy_base::text;
use pharmacy_interface::{Reversal, Undo};
use pharmacy_journal::store::NameKind;

impl Desk {
    pub(super) fn gate_reversal(&mut self, arriving: &Arriving) -> Result<Gated, DeskError> {
        if let Some(gated) = self.repeated_call(arriving)? {
            return Ok(gated);
        }
        let reversal = match Reversal::read(&arriving.request) {
            Ok(reversal) => reversal,
            Err(error) => {
                return self.pass_unreadable(&arriving.call, arriving.table.role, error);
            }
        };
        let Some(sale) = self.sale_settled_as(&reversal.settlement)? else {
            return Ok(Gated::Pass);
        };
        let settled = sale.attempts.iter().find(|attempt| {
            matches!(&attempt.state, AttemptState::Settled(settled)
                if settled.settlement == reversal.settlement
                    && attempt.direction == Direction::Settlement)
        });
        let Some(of) = settled.map(|attempt| attempt.msgid.clone()) else {
            return Ok(Gated::Pass);
        };
        self.depart_back(arriving, sale, Direction::Reversal { of })
    }

    pub(super) fn gate_undo(&mut self, arriving: &Arriving) -> Result<Gated, DeskError> {
        let undo = match Undo::read(&arriving.request) {
            Ok(undo) => undo,
            Err(error) => {
                return self.pass_unreadable(&arriving.call, arriving.table.role, error);
            }
        };
        let known = self.journal.reader().relayed_call(&arriving.key)?;
        let is_answered = known.is_some_and(|row| row.answer.is_some());
        // In doubt never blocks an undo: only one that has its answer is a repetition.
        if is_answered && let Some(gated) = self.repeated_call(arriving)? {
            return Ok(gated);
        }
        let name = self.message_name(&undo.msgid);
        let Some(counter) = self.bearer(NameKind::Message, &name)? else {
            return Ok(Gated::Pass);
        };
        let sale = self.load_counter(counter)?;
        let state = sale.as_ref().and_then(|sale| sale.attempt(&undo.msgid));
        let state = state.map(|attempt| attempt.state.clone());
        match (sale, state) {
            (_, None | Some(AttemptState::NotSent)) => self.undo_here(arriving, counter, &undo),
            (Some(sale), Some(_)) => {
                self.depart_back(arriving, sale, Direction::Undo { of: undo.msgid })
            }
            (None, Some(_)) => Ok(Gated::Pass),
        }
    }

    /// The sale that the platform settled under a number.
    pub(super) fn sale_settled_as(&self, settlement: &str) -> Result<Option<Sale>, DeskError> {
        let name = self.name(NameKind::Settlement, settlement);
        self.sale_called(NameKind::Settlement, &name)
    }

    fn depart_back(
        &mut self,
        arriving: &Arriving,
        mut sale: Sale,
        direction: Direction,
    ) -> Result<Gated, DeskError> {
        // Taken back already: the platform knows what to say to that.
        if sale
            .depart(&arriving.msgid, direction, arriving.now_ms)
            .is_err()
        {
            return Ok(Gated::Pass);
        }
        let step = Step::telling(&Attempts {
            attempts: sale.attempts.clone(),
        })?;
        self.send(arriving, Sending::Money, sale, step)
    }

    /// Answers an undo of a call that never left.
    fn undo_here(
        &mut self,
        arriving: &Arriving,
        counter: u64,
        undo: &Undo,
    ) -> Result<Gated, DeskError> {
        let message = text::message("gateway.undone-here").zh;
        let envelope = self.envelope(&arriving.request, &arriving.table);
        let answer = local(envelope.accept(message));
        let answer = self.as_before(arriving, answer)?;
        let sealed = self.seal_answer(&arriving.key, &answer)?;
        let record = Finding::Undo {
            finding: "gateway.undone-here".to_owned(),
            msgid: arriving.msgid.clone(),
            undoes: undo.msgid.clone(),
        };
        self.record_finding(arriving.till(), &record, |transaction, entry| {
            let row = arriving.row(counter, entry, Some(sealed));
            transaction.put_relayed_call(&arriving.key, &row)?;
            Ok(Staged::new(()))
        })?;
        Ok(Gated::Answer(answer))
    }
}
