//! Persons and documents: who is here, who buys, who takes the medicine.

use pharmacy_decision::Fact;
use pharmacy_decision::facts::{Buyer, Document, EvidenceKind, Patient, ProxyReason};
use pharmacy_decision::record::evidence::EvidenceStep;
use pharmacy_protocol::person::PersonRef;
use pharmacy_protocol::record::identity::PersonRole;
use pharmacy_protocol::term::EntryIndex;

use crate::core::presence::HeldEvidence;
use crate::core::sale::Sale;
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
        let step = self.attach(&mut sale, input)?;
        self.record_remedy(caller, sale, step)?;
        Ok(Done::new("counter.card-taken"))
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
        holder_document: Document,
        proxy_document: Document,
        reason: ProxyReason,
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
            Document::Read | Document::Seen => Document::Seen,
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
        let step = self.supplied(caller, &record)?.naming(identity);
        let step = with_evidence(&mut sale, seen, step);
        self.record_remedy(caller, sale, step)?;
        Ok(Done::new("counter.proxy-set"))
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
