//! Persons and documents: who is here, who buys, who takes the medicine.

use pharmacy_decision::Fact;
use pharmacy_decision::facts::{
    Buyer, Credential, Document, EvidenceKind, Patient, Person, ProxyReason,
};
use pharmacy_decision::record::evidence::EvidenceStep;
use pharmacy_protocol::person::PersonRef;
use pharmacy_protocol::record::identity::PersonRole;
use pharmacy_protocol::term::EntryIndex;

use crate::core::presence::HeldEvidence;
use crate::core::sale::Sale;
use crate::counter::remedy::proxy::Lasting;
use crate::people::{self, identity_part};
use crate::step::Step;
use crate::{
    BuyerInput, Caller, Desk, DeskError, Done, EvidenceInput, PatientInput, PersonInput, ReadCard,
    RemedyError, Role, RolesInput,
};

impl Desk {
    /// A card that the till's reader read and checked.
    pub(crate) fn take_card(
        &mut self,
        caller: &Caller,
        role: Role,
        card: ReadCard,
    ) -> Result<Done, DeskError> {
        let mut sale = self.seated_sale(caller)?;
        let input = EvidenceInput::of_card(role, card);
        if let (Role::Holder, Some(person)) = (role, &input.person) {
            self.know_holder(&mut sale, person)?;
        }
        let fetcher = input.person.clone().filter(|_| role == Role::Proxy);
        if let Some(told) = fetcher.filter(|_| sale.awaits_fetcher()) {
            return self.take_fetcher_s_card(caller, sale, &told, input);
        }
        let step = self.attach(&mut sale, input)?;
        self.record_remedy(caller, sale, step)?;
        Ok(Done::new("counter.card-taken"))
    }

    /// Who fetches for the insured, by their own card: nothing else is left to ask.
    fn take_fetcher_s_card(
        &mut self,
        caller: &Caller,
        mut sale: Sale,
        told: &PersonInput,
        input: EvidenceInput,
    ) -> Result<Done, DeskError> {
        sale.reopen()?;
        let proxy = numbered(self, told)?;
        if sale.roles.holder.reference.known() == Some(&proxy) {
            return Err(RemedyError::ProxyIsHolder.into());
        }
        sale.fetched_by(told, self.journal.keys(), Document::Read);
        let read = HeldEvidence {
            person: Fact::Known(proxy),
            kind: input.kind,
            at_ms: self.clock.now_ms(),
            entry: EntryIndex::new(0),
        };
        let record = EvidenceStep::Roles {
            roles: Box::new(sale.roles.clone()),
            evidence: Some(read.clone()),
        };
        let identity = identity_part([(PersonRole::Buyer, told)])?;
        let step = self.supplied(caller, &record)?.naming(identity);
        let step = with_evidence(&mut sale, Some(read), step);
        self.record_remedy(caller, sale, step)?;
        Ok(Done::new("counter.proxy-set"))
    }

    /// One touch: it is the insured who is here (本人). A code shows a credential, never a person.
    pub(crate) fn confirm_holder(&mut self, caller: &Caller) -> Result<Done, DeskError> {
        let mut sale = self.seated_sale(caller)?;
        sale.reopen()?;
        let staff = self.attesting(caller)?;
        let input = RolesInput::buyer(BuyerInput::Holder);
        people::apply(&mut sale.roles, input, self.journal.keys());
        let word = HeldEvidence {
            person: sale.roles.holder.reference.clone(),
            kind: EvidenceKind::PersonConfirmed { staff },
            at_ms: self.clock.now_ms(),
            entry: EntryIndex::new(0),
        };
        let record = EvidenceStep::Roles {
            roles: Box::new(sale.roles.clone()),
            evidence: Some(word.clone()),
        };
        let step = self.supplied(caller, &record)?;
        let step = with_evidence(&mut sale, Some(word), step);
        // The visit's next sale may be another one: tills open it where their lines come.
        let visit = self.resting_on_looks(&sale, self.clock.now_ms())?;
        self.record_remedy(caller, sale, step.writing(visit))?;
        Ok(Done::new("counter.holder-confirmed"))
    }

    /// One touch: somebody fetches for the insured (代购). A standing proxy is known already; anybody
    /// else shows a code or card of their own once.
    pub(crate) fn confirm_proxy(&mut self, caller: &Caller) -> Result<Done, DeskError> {
        let mut sale = self.seated_sale(caller)?;
        sale.reopen()?;
        let _ = self.attesting(caller)?;
        let is_told_by_platform = sale.roles.holder.birth.known().is_some()
            && sale.evidence.iter().any(|held| {
                matches!(held.kind, EvidenceKind::CredentialAccepted { credential }
                    if credential != Credential::IdNumber)
            });
        let standing = match sale.roles.holder.reference.known() {
            Some(holder) => self.standing_proxy(holder)?,
            None => None,
        };
        let code = match standing {
            Some(standing) => {
                sale.roles.buyer_shown = Some(standing.shown);
                sale.roles.buyer = Buyer::Proxy {
                    person: standing.person,
                    holder_document: Fact::Known(Document::Seen),
                    proxy_document: Fact::Known(Document::Seen),
                    reason: Fact::Known(standing.reason),
                };
                "counter.proxy-set"
            }
            None => {
                let (holder_document, reason) = match is_told_by_platform {
                    true => (
                        Fact::Known(Document::Platform),
                        Fact::Known(ProxyReason::FamilyAccount),
                    ),
                    false => (Fact::default(), Fact::default()),
                };
                sale.roles.buyer_shown = None;
                sale.roles.buyer = Buyer::Proxy {
                    person: Person::default(),
                    holder_document,
                    proxy_document: Fact::default(),
                    reason,
                };
                "counter.proxy-awaited"
            }
        };
        sale.evidence
            .retain(|held| !matches!(held.kind, EvidenceKind::PersonConfirmed { .. }));
        let step = self.supplied(caller, &sale.roles_told())?;
        let visit = self.resting_on_looks(&sale, self.clock.now_ms())?;
        self.record_remedy(caller, sale, step.writing(visit))?;
        Ok(Done::new(code))
    }

    /// A document that whoever is signed in saw and attests.
    pub(crate) fn see_document(
        &mut self,
        caller: &Caller,
        role: Role,
        person: PersonInput,
    ) -> Result<Done, DeskError> {
        let mut sale = self.seated_sale(caller)?;
        let staff = self.attesting(caller)?;
        let _ = numbered(self, &person)?;
        if role == Role::Holder {
            self.know_holder(&mut sale, &person)?;
        }
        let input = EvidenceInput {
            role,
            kind: EvidenceKind::DocumentSeen { staff },
            person: Some(person),
        };
        let step = self.attach(&mut sale, input)?;
        self.record_remedy(caller, sale, step)?;
        Ok(Done::new("counter.document-seen"))
    }

    /// Who the insured is, where no reader told.
    pub(crate) fn name_holder(
        &mut self,
        caller: &Caller,
        person: PersonInput,
    ) -> Result<Done, DeskError> {
        let mut sale = self.seated_sale(caller)?;
        sale.reopen()?;
        let _ = numbered(self, &person)?;
        self.know_holder(&mut sale, &person)?;
        let identity = identity_part([(PersonRole::Holder, &person)])?;
        let step = self.supplied(caller, &sale.roles_told())?.naming(identity);
        self.record_remedy(caller, sale, step)?;
        Ok(Done::new("counter.holder-named"))
    }

    /// Takes the insured's certificate number into a sale that knows them by the insurer's number
    /// only. A number that contradicts what is known is refused: it is another person's.
    fn know_holder(&self, sale: &mut Sale, person: &PersonInput) -> Result<(), DeskError> {
        let told = person.person(self.journal.keys());
        let Some(number) = told.reference.known().cloned() else {
            return Ok(());
        };
        let known = sale.roles.holder.reference.known().cloned();
        if known.as_ref() == Some(&number) {
            return Ok(());
        }
        // The platform told sex and birth with the number; by the insurer's number alone, neither.
        let is_certified = sale.roles.holder.birth.known().is_some();
        if known.is_some() && is_certified {
            return match person.number {
                // A card of somebody else is evidence of that, and judged as such.
                Some(_) if sale.relay.is_none() => Ok(()),
                _ => Err(RemedyError::HolderDiffers.into()),
            };
        }
        for held in &mut sale.evidence {
            if held.person.known() == known.as_ref() {
                held.person = Fact::Known(number.clone());
            }
        }
        sale.roles.holder = told;
        sale.roles.holder_shown = Some(person.masked());
        Ok(())
    }

    /// A proxy with both documents and the reason.
    ///
    /// LAW: R02, R03; the proxy's document was read by chip only if this sale holds that evidence.
    pub(crate) fn set_proxy(
        &mut self,
        caller: &Caller,
        person: PersonInput,
        (holder_document, proxy_document): (Document, Document),
        (reason, lasts): (ProxyReason, Lasting),
    ) -> Result<Done, DeskError> {
        let mut sale = self.seated_sale(caller)?;
        sale.reopen()?;
        let proxy = numbered(self, &person)?;
        let holder = sale.roles.holder.reference.known().cloned();
        if holder.as_ref() == Some(&proxy) {
            return Err(RemedyError::ProxyIsHolder.into());
        }
        let read = |person: Option<&PersonRef>, told| match told {
            Document::Read if person.is_some_and(|person| is_read(&sale, person)) => Document::Read,
            Document::Platform | Document::Read | Document::Seen => Document::Seen,
        };
        let holder_document = read(holder.as_ref(), holder_document);
        let proxy_document = read(Some(&proxy), proxy_document);
        let mut seen = None;
        if proxy_document == Document::Seen {
            let staff = self.attesting(caller)?;
            seen = Some(HeldEvidence {
                person: Fact::Known(proxy),
                kind: EvidenceKind::DocumentSeen { staff },
                at_ms: self.clock.now_ms(),
                entry: EntryIndex::new(0),
            });
        }
        let identity = identity_part([(PersonRole::Buyer, &person)])?;
        let buyer = BuyerInput::Proxy {
            person,
            holder_document: Some(holder_document),
            proxy_document: Some(proxy_document),
            reason: Some(reason),
        };
        people::apply(
            &mut sale.roles,
            RolesInput::buyer(buyer),
            self.journal.keys(),
        );
        let record = EvidenceStep::Roles {
            roles: Box::new(sale.roles.clone()),
            evidence: seen.clone(),
        };
        let mut step = self.supplied(caller, &record)?.naming(identity);
        if lasts == Lasting::AYear {
            // Whoever looks at both papers answers for the year by name.
            let _ = self.attesting(caller)?;
            step = step.writing(self.standing_for(&sale)?);
        }
        let step = with_evidence(&mut sale, seen, step);
        self.record_remedy(caller, sale, step)?;
        Ok(Done::new("counter.proxy-set"))
    }

    /// The insured's standing proxy fetches no longer (代购备案 ends).
    pub(crate) fn end_standing_proxy(&mut self, caller: &Caller) -> Result<Done, DeskError> {
        let mut sale = self.seated_sale(caller)?;
        sale.reopen()?;
        let _ = self.attesting(caller)?;
        let input = RolesInput::buyer(BuyerInput::Holder);
        people::apply(&mut sale.roles, input, self.journal.keys());
        let ended = self.standing_ended(&sale)?;
        let step = self.supplied(caller, &sale.roles_told())?.writing(ended);
        self.record_remedy(caller, sale, step)?;
        Ok(Done::new("counter.standing-proxy-ended"))
    }

    /// The insured buys in person after all.
    pub(crate) fn clear_proxy(&mut self, caller: &Caller) -> Result<Done, DeskError> {
        let mut sale = self.seated_sale(caller)?;
        sale.reopen()?;
        if let Buyer::Proxy { person, .. } = &sale.roles.buyer {
            let gone = person.reference.clone();
            sale.evidence
                .retain(|held| held.person.known().is_none() || held.person != gone);
        }
        let input = RolesInput::buyer(BuyerInput::Holder);
        people::apply(&mut sale.roles, input, self.journal.keys());
        let step = self.supplied(caller, &sale.roles_told())?;
        self.record_remedy(caller, sale, step)?;
        Ok(Done::new("counter.proxy-cleared"))
    }

    /// Who takes the medicine (R05, R06).
    pub(crate) fn set_patient(
        &mut self,
        caller: &Caller,
        patient: PatientInput,
    ) -> Result<Done, DeskError> {
        let mut sale = self.seated_sale(caller)?;
        sale.reopen()?;
        let (identity, code) = match &patient {
            PatientInput::Family { person, .. } => {
                let reference = numbered(self, person)?;
                if sale.roles.holder.reference.known() == Some(&reference) {
                    return Err(RemedyError::PatientIsHolder.into());
                }
                let identity = identity_part([(PersonRole::Patient, person)])?;
                (identity, "counter.patient-set")
            }
            PatientInput::Holder => (None, "counter.patient-cleared"),
        };
        people::apply(
            &mut sale.roles,
            RolesInput::patient(patient),
            self.journal.keys(),
        );
        if matches!(sale.roles.patient, Patient::Holder) {
            sale.roles.patient_shown = None;
        }
        let step = self.supplied(caller, &sale.roles_told())?.naming(identity);
        self.record_remedy(caller, sale, step)?;
        Ok(Done::new(code))
    }
}

/// Adds evidence that bears the index of the entry which records it.
fn with_evidence(sale: &mut Sale, seen: Option<HeldEvidence>, step: Step) -> Step {
    let Some(seen) = seen else { return step };
    sale.evidence.push(seen);
    step.then(|sale, index| {
        if let Some(held) = sale.evidence.last_mut() {
            held.entry = index;
        }
    })
}

/// Was this person's card read for this sale?
fn is_read(sale: &Sale, person: &PersonRef) -> bool {
    let mut evidence = sale.evidence.iter();
    evidence.any(|held| {
        matches!(held.kind, EvidenceKind::CardRead { .. }) && held.person.known() == Some(person)
    })
}

/// The reference of a person whose number was given.
fn numbered(desk: &Desk, person: &PersonInput) -> Result<PersonRef, DeskError> {
    let number = person.number.as_ref().ok_or(RemedyError::NoNumber)?;
    Ok(desk.journal.keys().person_ref(number))
}
