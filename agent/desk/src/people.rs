//! From persons as told to persons as recorded: references for facts, masks for lists, and the
//! full identity only inside a sealed part.

use pharmacy_decision::Fact;
use pharmacy_decision::facts::{Buyer, Document, Patient, Payer, Person};
use pharmacy_protocol::person::{IdentityNumber, mask_name};
use pharmacy_protocol::record::identity::{NamedPerson, PersonRole, Persons};
use zeroize::Zeroizing;

use crate::core::sale::{Masked, Roles, Sale};
use crate::input::{BuyerInput, PatientInput, PayerInput, PersonInput, RolesInput};
use pharmacy_journal::{DraftPart, Keys};

impl PersonInput {
    /// What facts may hold of the person.
    pub(crate) fn person(&self, keys: &Keys) -> Person {
        let number = self.number.as_ref();
        let sex = self.sex.or_else(|| number.map(IdentityNumber::sex));
        let birth = self.birth.or_else(|| number.map(IdentityNumber::birth));
        Person {
            reference: Fact::from_option(number.map(|number| keys.person_ref(number))),
            sex: Fact::from_option(sex),
            birth: Fact::from_option(birth),
        }
    }

    /// What lists may show of the person.
    pub(crate) fn masked(&self) -> Masked {
        Masked {
            name: self.name.as_ref().map(|name| mask_name(name.expose())),
            number: self.number.as_ref().map(IdentityNumber::masked),
        }
    }
}

impl Sale {
    /// Was it said that somebody fetches for the insured, and not yet who?
    pub(crate) fn awaits_fetcher(&self) -> bool {
        matches!(&self.roles.buyer, Buyer::Proxy { person, .. } if person.reference.known().is_none())
    }

    /// Takes in who fetches, by what showed them.
    pub(crate) fn fetched_by(&mut self, told: &PersonInput, keys: &Keys, shown: Document) {
        if let Buyer::Proxy {
            person,
            proxy_document,
            ..
        } = &mut self.roles.buyer
        {
            *person = told.person(keys);
            *proxy_document = Fact::Known(shown);
            self.roles.buyer_shown = Some(told.masked());
        }
    }
}

/// The `identity` part: who the persons of a step are, in full; none if nobody is named.
pub(crate) fn identity_part<'a>(
    persons: impl IntoIterator<Item = (PersonRole, &'a PersonInput)>,
) -> Result<Option<DraftPart>, serde_json::Error> {
    let text = |text: &str| Zeroizing::new(text.to_owned());
    let persons: Vec<_> = persons
        .into_iter()
        .map(|(role, person)| NamedPerson {
            role,
            certificate: person.number.as_ref().map(IdentityNumber::kind),
            number: person.number.as_ref().map(|number| text(number.expose())),
            name: person.name.as_ref().map(|name| text(name.expose())),
        })
        .collect();
    if persons.is_empty() {
        return Ok(None);
    }
    DraftPart::of(&Persons(persons)).map(Some)
}

/// The persons that a change of roles names.
pub(crate) fn named(roles: &RolesInput) -> Vec<(PersonRole, &PersonInput)> {
    let mut persons = Vec::new();
    if let Some(holder) = &roles.holder {
        persons.push((PersonRole::Holder, holder));
    }
    if let Some(PatientInput::Family { person, .. }) = &roles.patient {
        persons.push((PersonRole::Patient, person));
    }
    if let Some(BuyerInput::Proxy { person, .. }) = &roles.buyer {
        persons.push((PersonRole::Buyer, person));
    }
    if let Some(PayerInput::Family { person, .. }) = &roles.payer {
        persons.push((PersonRole::Payer, person));
    }
    persons
}

/// Applies a change of roles.
pub(crate) fn apply(roles: &mut Roles, input: RolesInput, keys: &Keys) {
    if let Some(holder) = input.holder {
        roles.holder = holder.person(keys);
        roles.holder_shown = Some(holder.masked());
    }
    match input.patient {
        None => {}
        Some(PatientInput::Holder) => {
            roles.patient = Patient::Holder;
            roles.patient_shown = None;
        }
        Some(PatientInput::Family { relation, person }) => {
            roles.patient_shown = Some(person.masked());
            roles.patient = Patient::Family {
                relation,
                person: person.person(keys),
            };
        }
    }
    match input.buyer {
        None => {}
        Some(BuyerInput::Holder) => {
            roles.buyer = Buyer::Holder;
            roles.buyer_shown = None;
        }
        Some(BuyerInput::Institution { listed }) => {
            roles.buyer = Buyer::Institution {
                listed: Fact::from_option(listed),
            };
            roles.buyer_shown = None;
        }
        Some(BuyerInput::Proxy {
            person,
            holder_document,
            proxy_document,
            reason,
        }) => {
            roles.buyer_shown = Some(person.masked());
            roles.buyer = Buyer::Proxy {
                person: person.person(keys),
                holder_document: Fact::from_option(holder_document),
                proxy_document: Fact::from_option(proxy_document),
                reason: Fact::from_option(reason),
            };
        }
    }
    match input.payer {
        None => {}
        Some(PayerInput::Holder) => roles.payer = Payer::Holder,
        Some(PayerInput::Family { relation, person }) => {
            roles.payer = Payer::Family {
                relation,
                person: person.person(keys),
            };
        }
    }
}
