//! Whom the platform named (1101), kept sealed for a day: a settlement says only the insurer's number.

use pharmacy_decision::Fact;
use pharmacy_decision::facts::{Credential, Document, EvidenceKind, Insurance};
use pharmacy_decision::record::evidence::EvidenceStep;
use pharmacy_protocol::Secret;
use pharmacy_protocol::person::{IdentityNumber, Sex};
use pharmacy_protocol::record::identity::PersonRole;
use pharmacy_protocol::term::{EntryIndex, TillNumber};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::WireCall;
use crate::core::presence::HeldEvidence;
use crate::core::sale::{Relay, Sale};
use crate::name::naming;
use crate::people::identity_part;
use crate::sale::witnessed::Presented;
use crate::step::{self, At, Step};
use crate::{Caller, Desk, DeskError, PersonInput};
use pharmacy_interface::{Answer, Insured, InsuredQuery, Request};
use pharmacy_journal::RowName;
use pharmacy_journal::store::NameKind;

/// An insured person, as sealed. Numbers and names in full.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Kept {
    number: Option<Zeroizing<String>>,
    name: Option<Zeroizing<String>>,
    sex: Option<Sex>,
    birth: Option<jiff::civil::Date>,
    insurance: Option<Insurance>,
    credential: Option<Credential>,
    till: TillNumber,
    at_ms: i64,
}

impl Kept {
    fn person(&self) -> PersonInput {
        let number = self.number.as_ref().and_then(|text| text.parse().ok());
        PersonInput {
            number,
            name: self.name.as_ref().map(|name| Secret::new((**name).clone())),
            sex: self.sex,
            birth: self.birth,
        }
    }

    /// Was a code or card presented, and not only a number typed?
    fn is_shown(&self) -> bool {
        self.credential
            .is_some_and(|credential| credential != Credential::IdNumber)
    }

    /// The same person asked for again: what was presented now replaces what was typed before. A code
    /// or card that the platform accepted was there, whatever is asked after it.
    fn renew(&self, mut sale: Sale) -> Result<(Sale, Step), DeskError> {
        sale.reopen()?;
        let typed = EvidenceKind::CredentialAccepted {
            credential: Credential::IdNumber,
        };
        sale.evidence.retain(|held| match held.kind {
            EvidenceKind::AssertedByTill => false,
            EvidenceKind::CredentialAccepted { credential } => {
                held.kind != typed && Some(credential) != self.credential
            }
            _ => true,
        });
        let kind = match self.credential {
            Some(credential) => EvidenceKind::CredentialAccepted { credential },
            None => EvidenceKind::AssertedByTill,
        };
        let held = HeldEvidence {
            person: sale.roles.holder.reference.clone(),
            kind,
            at_ms: self.at_ms,
            entry: sale.entry,
        };
        let record = EvidenceStep::Evidence {
            evidence: held.clone(),
        };
        sale.evidence.push(held);
        sale.touch(self.at_ms);
        let step = Step::telling(&record)?.then(|sale, index| {
            if let Some(held) = sale.evidence.last_mut() {
                held.entry = index;
            }
        });
        Ok((sale, step))
    }
}

impl Desk {
    /// Puts the insured into a new sale, with the evidence that this till's 1101 gave, and says whom
    /// the sale's first entry names.
    pub(super) fn meet(
        &self,
        sale: &mut Sale,
        person: &Secret<String>,
    ) -> Result<Option<PersonInput>, DeskError> {
        let told = self.recall(sale, person)?;
        let name = self.insured_name(person.expose()).as_text();
        self.go_on_with_visit(sale, &name, self.clock.now_ms())?;
        Ok(told)
    }

    /// Who the insured is by this till's 1101, and what was presented with it.
    fn recall(
        &self,
        sale: &mut Sale,
        person: &Secret<String>,
    ) -> Result<Option<PersonInput>, DeskError> {
        let digest = self.insured_name(person.expose());
        let name = digest.as_text();
        sale.roles.holder.reference = Fact::Known(self.journal.keys().insured_ref(person));
        let Some((sealed, seen_ms)) = self.journal.reader().insured(&digest)? else {
            return Ok(None);
        };
        let now_ms = self.clock.now_ms();
        if now_ms.saturating_sub(seen_ms) > INSURED_MS {
            return Ok(None);
        }
        let row = RowName::Other("insured", &name);
        let bytes = self.journal.keys().open_row(&row, &sealed)?;
        let kept: Kept = serde_json::from_slice(&bytes)?;
        let told = kept.person();
        let mut holder = told.person(self.journal.keys());
        if holder.reference.known().is_none() {
            holder.reference = sale.roles.holder.reference.clone();
        }
        sale.roles.holder = holder;
        sale.roles.holder_shown = Some(told.masked());
        sale.insurance = sale.insurance.or(kept.insurance);
        if let Some(credential) = kept.credential.filter(|_| kept.till == sale.till) {
            sale.evidence.push(HeldEvidence {
                person: sale.roles.holder.reference.clone(),
                kind: EvidenceKind::CredentialAccepted { credential },
                at_ms: kept.at_ms,
                entry: EntryIndex::new(0),
            });
        }
        Ok(Some(told))
    }

    /// 1101 was answered: keeps whom it named, and opens their sale at this till.
    pub(super) fn observe_insured(
        &mut self,
        call: &WireCall,
        request: &Request,
        answer: &Answer,
    ) -> Result<(), DeskError> {
        let Ok(insured) = Insured::read(answer) else {
            return Ok(());
        };
        let query = InsuredQuery::read(request).ok();
        let now_ms = self.clock.now_ms();
        let kept = Kept {
            number: insured.number.as_ref().map(own_number),
            name: insured
                .name
                .as_ref()
                .map(|name| Zeroizing::new(name.expose().clone())),
            sex: insured.sex,
            birth: insured.birth,
            insurance: insured.insurance,
            credential: query.and_then(|query| query.credential),
            till: call.caller.till.clone(),
            at_ms: now_ms,
        };
        let digest = self.insured_name(insured.person.expose());
        let name = digest.as_text();
        let bytes = step::bytes(&kept)?;
        let row = RowName::Other("insured", &name);
        let sealed = self.journal.keys().seal_row(&row, &bytes)?;
        let open = self.open_name(&call.caller.till, &name);
        let found = self.sale_called(NameKind::Open, &open)?;
        let continued = found.filter(|sale| sale.is_continued(now_ms));
        if continued.is_none() && self.fetches(&kept, &call.caller.till)? {
            return self.take_fetcher(&call.caller, &kept, &insured.person);
        }
        let (sale, step) = match continued {
            Some(sale) => kept.renew(sale)?,
            None => {
                let (sale, step) = self.open_for(call, request, &insured, &kept, &name)?;
                (sale, step.writing(naming(NameKind::Open, open)))
            }
        };
        let anew = self.looked_anew(&name, now_ms)?;
        let step = match (sale.roles.holder.reference.known(), kept.credential) {
            (Some(holder), Some(credential)) => {
                let person = name.clone();
                let presented = Presented {
                    credential,
                    person,
                    at_ms: now_ms,
                };
                step.writing(self.keep_presented(&sale.till, holder, &presented)?)
            }
            _ => step,
        };
        let visitor = name.clone();
        let step = step
            .staging(move |memory, sale, _| {
                memory.seats.seat(&sale.till).visitor = Some(visitor);
            })
            .writing(move |at: &At<'_>| Ok(at.transaction.put_insured(&digest, &sealed, now_ms)?))
            .writing(anew)
            .staging(|memory, sale, _| memory.judge_again(&sale.till, sale.id.counter()));
        let _ = self.record_step(sale, step)?;
        Ok(())
    }

    /// Is this somebody who fetches for the customer in front of the cashier, and shows who they are by
    /// their own code? Of whom a number was typed nothing was shown.
    fn fetches(&mut self, kept: &Kept, till: &TillNumber) -> Result<bool, DeskError> {
        if !kept.is_shown() || kept.number.is_none() {
            return Ok(false);
        }
        let sale = self.find_seated(till)?;
        Ok(sale.is_some_and(|sale| sale.awaits_fetcher()))
    }

    /// Takes in who fetches, by the code that the platform accepted of them.
    fn take_fetcher(
        &mut self,
        caller: &Caller,
        kept: &Kept,
        person: &Secret<String>,
    ) -> Result<(), DeskError> {
        let digest = self.insured_name(person.expose());
        let name = digest.as_text();
        let bytes = step::bytes(kept)?;
        let row = RowName::Other("insured", &name);
        let sealed = self.journal.keys().seal_row(&row, &bytes)?;
        let Some(mut sale) = self.find_seated(&caller.till)? else {
            return Ok(());
        };
        sale.reopen()?;
        let told = kept.person();
        let held = HeldEvidence {
            person: told.person(self.journal.keys()).reference,
            kind: EvidenceKind::CredentialAccepted {
                credential: kept.credential.unwrap_or(Credential::InsuranceCode),
            },
            at_ms: kept.at_ms,
            entry: sale.entry,
        };
        sale.fetched_by(&told, self.journal.keys(), Document::Platform);
        let record = EvidenceStep::Roles {
            roles: Box::new(sale.roles.clone()),
            evidence: Some(held.clone()),
        };
        sale.evidence.push(held);
        sale.touch(kept.at_ms);
        let at_ms = kept.at_ms;
        let step = Step::telling(&record)?
            .naming(identity_part([(PersonRole::Buyer, &told)])?)
            .writing(move |at: &At<'_>| Ok(at.transaction.put_insured(&digest, &sealed, at_ms)?))
            .staging(|memory, sale, _| memory.judge_again(&sale.till, sale.id.counter()))
            .then(|sale, index| {
                if let Some(held) = sale.evidence.last_mut() {
                    held.entry = index;
                }
            });
        let _ = self.record_step(sale, step)?;
        Ok(())
    }

    /// A sale of whom the platform named, and the step that opens it.
    fn open_for(
        &self,
        call: &WireCall,
        request: &Request,
        insured: &Insured,
        kept: &Kept,
        name: &str,
    ) -> Result<(Sale, Step), DeskError> {
        let told = kept.person();
        let mut sale = self.new_sale(&call.caller);
        let operator = request.operator.as_ref();
        sale.operator = operator.map(|operator| operator.code.clone());
        sale.insurance = insured.insurance;
        sale.roles.holder = told.person(self.journal.keys());
        sale.roles.holder_shown = Some(told.masked());
        if sale.roles.holder.reference.known().is_none() {
            let reference = self.journal.keys().insured_ref(&insured.person);
            sale.roles.holder.reference = Fact::Known(reference);
        }
        let accepted = kept.credential.map(|credential| HeldEvidence {
            person: sale.roles.holder.reference.clone(),
            kind: EvidenceKind::CredentialAccepted { credential },
            at_ms: kept.at_ms,
            entry: EntryIndex::new(0),
        });
        sale.evidence.extend(accepted);
        // A number that is typed for whoever left shows nobody.
        if kept.is_shown() || self.is_still_here(&sale.till, name) {
            self.go_on_with_visit(&mut sale, name, kept.at_ms)?;
        }
        sale.relay = Some(Relay {
            person: Some(name.to_owned()),
            touched_ms: kept.at_ms,
            ..Relay::default()
        });
        let identity = identity_part([(PersonRole::Holder, &told)])?;
        let step = Step::telling(&sale.opened())?
            .naming(identity)
            .then(|sale, index| {
                sale.entry = index;
                for held in &mut sale.evidence {
                    held.entry = index;
                }
            });
        Ok((sale, step))
    }
}

fn own_number(number: &IdentityNumber) -> Zeroizing<String> {
    Zeroizing::new(number.expose().to_owned())
}

/// The platform's word on a person is kept for this long: a shift, and a margin.
pub(crate) const INSURED_MS: i64 = 24 * 60 * 60 * 1000;
