//! Doubles: what was settled, or may have been, is not settled again.

use pharmacy_decision::facts::{Split, Stage};

use super::purchase::Purchase;
use super::{Arriving, Gated, PlatformAnswer, local};
use crate::core::attempt::{AttemptState, Direction};
use crate::core::sale::Sale;
use crate::{Desk, DeskError};
use pharmacy_base::text;
use pharmacy_journal::RowName;
use pharmacy_journal::store::{NameDigest, NameKind, PackStatus, Sealed};

/// The message id was used with another body.
pub(super) const MSGID_REUSED: &str = "gateway.msgid-reused";

/// The sale that an attempt would double.
pub(super) struct Double {
    code: &'static str,
    settlement: String,
}

impl Double {
    /// The key of the text catalogue, and what it names.
    pub(super) fn as_pair(&self) -> (&'static str, &str) {
        (self.code, &self.settlement)
    }
}

/// How the head of an answer is kept: status and headers. Its length, four bytes, stands before it,
/// and the body as it came behind it: written as JSON, a byte would take four.
type KeptHead = (u16, Vec<(String, Vec<u8>)>);

fn pack(answer: &PlatformAnswer) -> Result<Vec<u8>, DeskError> {
    let head = serde_json::to_vec(&(answer.status, &answer.headers))?;
    let length = u32::try_from(head.len()).unwrap_or(u32::MAX);
    Ok([&length.to_be_bytes(), head.as_slice(), &answer.body].concat())
}

fn unpack(kept: &[u8]) -> Result<PlatformAnswer, DeskError> {
    let (length, rest) = kept.split_first_chunk().unwrap_or((&[0; 4], &[]));
    let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
    let (head, body) = rest.split_at_checked(length).unwrap_or_default();
    let (status, headers): KeptHead = serde_json::from_slice(head)?;
    Ok(PlatformAnswer {
        status,
        headers,
        body: body.to_vec(),
    })
}

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
            let code = (MSGID_REUSED, "");
            return self.turn_away(arriving, Some(row.sale), code).map(Some);
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

    /// The answer that this message got before where it says the same: a repetition gets the same
    /// bytes although it was judged afresh.
    pub(super) fn as_before(
        &self,
        arriving: &Arriving,
        answer: PlatformAnswer,
    ) -> Result<PlatformAnswer, DeskError> {
        let row = self.journal.reader().relayed_call(&arriving.key)?;
        let row = row.filter(|row| row.body_digest == arriving.body_digest);
        let Some(sealed) = row.and_then(|row| row.answer) else {
            return Ok(answer);
        };
        let before = self.open_answer(&arriving.key, &sealed)?;
        let is_same = said(&before).is_some() && said(&before) == said(&answer);
        Ok(if is_same { before } else { answer })
    }

    pub(super) fn seal_answer(
        &self,
        key: &NameDigest,
        answer: &PlatformAnswer,
    ) -> Result<Sealed, DeskError> {
        let kept = pack(answer)?;
        let name = key.as_text();
        Ok(self
            .journal
            .keys()
            .seal_row(&RowName::Other("relayed_call", &name), &kept)?)
    }

    fn open_answer(&self, key: &NameDigest, sealed: &Sealed) -> Result<PlatformAnswer, DeskError> {
        let name = key.as_text();
        let keys = self.journal.keys();
        let kept = keys.open_row(&RowName::Other("relayed_call", &name), sealed)?;
        unpack(&kept)
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
                    !is_split && (is_operating || is_same_person(other, &purchase.sale))
                });
                if let Some(double) = other.as_ref().and_then(double_in) {
                    return Ok(Some((counter, double)));
                }
            }
        }
        Ok(None)
    }

    /// A sale whose settlement is under way, in doubt, or stands.
    pub(super) fn live(&self, counter: u64) -> Result<Option<Double>, DeskError> {
        Ok(self.load_counter(counter)?.as_ref().and_then(double_in))
    }
}

fn is_same_person(one: &Sale, other: &Sale) -> bool {
    fn person(sale: &Sale) -> Option<&String> {
        sale.relay.as_ref().and_then(|relay| relay.person.as_ref())
    }
    person(one).is_some() && person(one) == person(other)
}

/// What a settlement for the same goods would double: a settlement of this sale that is under way, in
/// doubt, or stands.
pub(super) fn double_in(sale: &Sale) -> Option<Double> {
    if let Some(settled) = sale.settlement() {
        let code = "gateway.duplicate";
        let settlement = settled.settlement.clone();
        return Some(Double { code, settlement });
    }
    let is_open = sale.attempts.iter().any(|attempt| {
        attempt.direction == Direction::Settlement
            && matches!(
                attempt.state,
                AttemptState::InDoubt | AttemptState::Intended
            )
    });
    is_open.then(|| Double {
        code: "gateway.duplicate-in-doubt",
        settlement: String::new(),
    })
}

/// Outcome and words of an envelope, without its times and numbers.
fn said(answer: &PlatformAnswer) -> Option<[serde_json::Value; 3]> {
    let mut envelope: serde_json::Value = serde_json::from_slice(&answer.body).ok()?;
    let mut member = |name| envelope.get_mut(name).map(serde_json::Value::take);
    Some([member("infcode")?, member("err_msg")?, member("warn_msg")?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_kept_byte_for_byte() {
        let header = |name: &str, value: &[u8]| (name.to_owned(), value.to_vec());
        for body in [&b""[..], b"{\"infcode\":0}", b"\x1f\x8b\xff\0"] {
            let answer = PlatformAnswer {
                status: 203,
                headers: vec![header("X-TiF", b"a"), header("x-tif", b"\xff")],
                body: body.to_vec(),
            };
            let kept = unpack(&pack(&answer).unwrap()).unwrap();
            assert_eq!(kept.status, answer.status);
            assert_eq!(kept.headers, answer.headers);
            assert_eq!(kept.body, answer.body);
        }
    }

    #[test]
    fn what_was_not_kept_so_is_no_answer() {
        for kept in [&b""[..], b"\0", b"\0\0\0\x09{}", b"\0\0\0\x02{}"] {
            assert!(unpack(kept).is_err());
        }
    }
}
