//! Doubles: what was settled, or may have been, is not settled again.

use pharmacy_decision::facts::{Split, Stage};
use pharmacy_decision::pack::Join;

use super::Gated;
use super::call::{Arriving, local};
use super::purchase::Purchase;
use super::turn::MSGID_REUSED;
use crate::core::attempt::AttemptState;
use crate::core::double::Double;
use crate::core::sale::Sale;
use crate::{Desk, DeskError};
use pharmacy_base::text;
use pharmacy_interface::Settlement;
use pharmacy_journal::store::{NameKind, PackStatus};

impl Desk {
    /// What a call that came before is answered; none where it is to be judged afresh.
    ///
    /// Same message id and same body: the first answer, byte for byte. A refusal holds until somebody
    /// does what it asked: then the same message is a new question. So is one that never left.
    pub(super) fn repeated_call(
        &mut self,
        arriving: &Arriving,
    ) -> Result<Option<Gated>, DeskError> {
        let Some(row) = self.journal.reader().relayed_call(&arriving.key)? else {
            return self.sent_long_ago(arriving);
        };
        if row.body_digest != arriving.body_digest {
            let turned = self.turn_away(arriving, Some(row.sale), MSGID_REUSED, "", &[]);
            return turned.map(Some);
        }
        let sale = self.load_counter(row.sale)?;
        let attempt = sale.as_ref().and_then(|sale| sale.attempt(&arriving.msgid));
        let state = attempt.map(|attempt| attempt.state.clone());
        if state == Some(AttemptState::NotSent) {
            // It never left: this is its first time.
            return Ok(None);
        }
        if let Some(sealed) = &row.answer {
            // What somebody did since (a scan, a mapping, a reversal) is an entry: order is the
            // index, not the clock.
            let since = row.entry.value().saturating_add(1);
            if state.is_none() && self.journal.size()? > since {
                return Ok(None);
            }
            let answer = self.open_answer(&arriving.key, sealed)?;
            return Ok(Some(Gated::Answer(answer)));
        }
        Ok(Some(self.tell_state(arriving, state)))
    }

    /// A message whose answer is no longer kept, but whose attempt is: it does not leave again.
    fn sent_long_ago(&mut self, arriving: &Arriving) -> Result<Option<Gated>, DeskError> {
        let name = self.message_name(&arriving.msgid);
        let sale = self.sale_called(NameKind::Message, &name)?;
        let attempt = sale.as_ref().and_then(|sale| sale.attempt(&arriving.msgid));
        let state = attempt.map(|attempt| attempt.state.clone());
        Ok(state.map(|state| self.tell_state(arriving, Some(state))))
    }

    /// Says what is known of a message that was sent. Nothing is kept: the answer changes when the
    /// platform says what became of it.
    fn tell_state(&mut self, arriving: &Arriving, state: Option<AttemptState>) -> Gated {
        let said = match state {
            Some(AttemptState::Settled(settled)) => ("gateway.settled-before", settled.settlement),
            Some(AttemptState::Declined | AttemptState::NotSent) => {
                ("gateway.undone-before", String::new())
            }
            Some(AttemptState::InDoubt | AttemptState::Intended) | None => {
                ("gateway.in-doubt", String::new())
            }
        };
        let message = format!("{}{}", text::message(said.0).zh, said.1);
        let envelope = self.envelope(&arriving.request, &arriving.table);
        Gated::Answer(local(envelope.refuse(arriving.table.refusal, &message)))
    }

    /// The settlement that this one would double: same fee lines or same packs as one that is under
    /// way, in doubt, or settled and not taken back.
    pub(super) fn double_of(
        &self,
        purchase: &Purchase,
    ) -> Result<Option<(u64, Double)>, DeskError> {
        let own = purchase.sale.id.counter();
        for name in &purchase.names.taken {
            if let Some(counter) = self.bearer(NameKind::FeeLine, name)?
                && let Some(double) = self.live(counter)?
            {
                return Ok(Some((counter, double)));
            }
        }
        let is_operating = self.stage(self.clock.now_ms()) == Stage::Operating;
        for line in purchase.sale.basket.lines() {
            for code in &line.packs {
                let digest = self.journal.keys().trace_digest(code);
                let Some(row) = self.journal.reader().pack(&digest)? else {
                    continue;
                };
                let is_taken = matches!(row.status, PackStatus::Claimed | PackStatus::Sold);
                let other = row.sale.filter(|sale| is_taken && *sale != own);
                let Some(counter) = other else {
                    continue;
                };
                let article = self.find_article(&line.offered)?;
                let is_split = article.is_some_and(|found| found.article.split == Split::Allowed);
                // While a store is commissioned, another person's pack is a matter for the rules,
                // which warn: a counter where one box is scanned for ten is to learn, not to close.
                let other = self.load_counter(counter)?.filter(|other| {
                    !is_split && (is_operating || other.is_same_person(&purchase.sale))
                });
                if let Some(double) = other.as_ref().and_then(Sale::double) {
                    return Ok(Some((counter, double)));
                }
            }
        }
        Ok(None)
    }

    /// A sale whose settlement is under way, in doubt, or stands.
    pub(super) fn live(&self, counter: u64) -> Result<Option<Double>, DeskError> {
        Ok(self.load_counter(counter)?.as_ref().and_then(Sale::double))
    }
}

impl Desk {
    /// The live sale that a settlement of this visit would double.
    pub(super) fn visit_settled(
        &self,
        arriving: &Arriving,
        settlement: &Settlement,
    ) -> Result<Option<(u64, Double)>, DeskError> {
        let visit = self.visit_name(settlement);
        let Some(visit) = visit.filter(|_| arriving.table.join == Join::Visit) else {
            return Ok(None);
        };
        let Some(counter) = self.bearer(NameKind::Visit, &visit)? else {
            return Ok(None);
        };
        Ok(self.live(counter)?.map(|double| (counter, double)))
    }
}
