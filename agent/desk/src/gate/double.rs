//! Doubles: what was settled, or may have been, is not settled again.

use pharmacy_decision::pack::Join;

use super::Gated;
use super::call::{Arriving, local};
use super::purchase::Purchase;
use super::turn::MSGID_REUSED;
use crate::core::attempt::AttemptState;
use crate::core::double::Turned;
use crate::core::sale::Sale;
use crate::{Desk, DeskError};
use pharmacy_base::text;
use pharmacy_interface::{Reversal, Settlement};
use pharmacy_journal::store::NameKind;

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
        if !arriving.is_kept_as(&row) {
            // Whose message that was is nobody's business at this till.
            let turned = self.turn_away(arriving, None, MSGID_REUSED, "", &[]);
            return turned.map(Some);
        }
        let sale = self.load_counter(row.sale)?;
        let attempt = sale.as_ref().and_then(|sale| sale.attempt(&arriving.msgid));
        let state = attempt.map(|attempt| attempt.state.clone());
        if sale.is_some_and(|sale| sale.may_leave_again(&arriving.msgid)) {
            // It never left, or was not taken: it is tried like the first time.
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
        let Some(sale) = self.sale_called(NameKind::Message, &name)? else {
            return Ok(None);
        };
        let attempt = sale.attempt(&arriving.msgid);
        let state = attempt.map(|attempt| attempt.state.clone());
        if sale.may_leave_again(&arriving.msgid) {
            return Ok(None);
        }
        let is_theirs = self.is_of_person_in(&sale, arriving);
        Ok(state.map(|state| match state {
            // Ids meet: the number is shown to nobody but its own customer.
            AttemptState::Settled(_) if !is_theirs => {
                self.answer_here(arriving, "gateway.settled-elsewhere", "")
            }
            state => self.tell_state(arriving, Some(state)),
        }))
    }

    /// Does a call name the very person of a sale?
    fn is_of_person_in(&self, sale: &Sale, arriving: &Arriving) -> bool {
        let settlement = Settlement::read(&arriving.request, &arriving.table);
        let person = settlement.ok().and_then(|settlement| settlement.person);
        let reversal = Reversal::read(&arriving.request);
        let person = person.or(reversal.ok().and_then(|reversal| reversal.person));
        let name = person.map(|person| self.insured_name(person.expose()).as_text());
        let relay = sale.relay.as_ref();
        let known = relay.and_then(|relay| relay.person.as_ref());
        name.is_some() && name.as_ref() == known
    }

    /// An answer of ours that is not kept.
    fn answer_here(&mut self, arriving: &Arriving, code: &str, named: &str) -> Gated {
        let message = format!("{}{named}", text::message(code).zh);
        let envelope = self.envelope(&arriving.request, &arriving.table);
        Gated::Answer(local(envelope.refuse(arriving.table.refusal, &message)))
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
        self.answer_here(arriving, said.0, &said.1)
    }

    /// The settlement that this one doubles, whatever the rules say of it.
    pub(super) fn proven_double(&self, purchase: &Purchase) -> Result<Option<Turned>, DeskError> {
        match self.double_of(purchase)? {
            None => self.in_doubt_before(&purchase.sale),
            double => Ok(double),
        }
    }

    /// The settlement that this one would double: same fee lines or same packs as one that is under
    /// way, in doubt, or settled and not taken back.
    fn double_of(&self, purchase: &Purchase) -> Result<Option<Turned>, DeskError> {
        for name in &purchase.names.taken {
            if let Some(counter) = self.bearer(NameKind::FeeLine, name)?
                && let Some((other, double)) = self.live(counter)?
            {
                return Ok(Some(Turned::by(&purchase.sale, &other, double)));
            }
        }
        self.pack_double(&purchase.sale)
    }

    /// The live sale that a settlement of this visit would double.
    pub(super) fn visit_settled(
        &self,
        arriving: &Arriving,
        settlement: &Settlement,
    ) -> Result<Option<Turned>, DeskError> {
        let visit = self.visit_name(settlement);
        let Some(visit) = visit.filter(|_| arriving.table.join == Join::Visit) else {
            return Ok(None);
        };
        let Some(counter) = self.bearer(NameKind::Visit, &visit)? else {
            return Ok(None);
        };
        let asked = self.asked(arriving, settlement);
        let live = self.live(counter)?;
        // A visit is one person's; where a call names somebody else, it hears nothing of it.
        Ok(
            live.map(|(other, double)| match other.is_of(asked.person()) {
                true => Turned::at(&other, double),
                false => Turned::elsewhere(&double),
            }),
        )
    }
}
