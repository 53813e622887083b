//! Presence: somebody who may use this credential stands at this till now.
//!
//! In scope: whether the evidence suffices (a table of the pack says which combination does), and
//! whom it shows. Out of scope: the proxy's papers (`proxy`), how evidence is gathered.

use pharmacy_protocol::person::PersonRef;

use crate::fact::Fact;
use crate::facts::{Buyer, Credential, Evidence, EvidenceKind, Listing, Patient, Payer, Transport};
use crate::pack::Combination;
use crate::rule::{Missing, Seen, Truth, Word};
use crate::scene::Scene;

/// The holder or the recorded proxy is shown by fresh and sufficient evidence.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Presence {}

/// No evidence shows somebody who has no part in this sale.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OtherPerson {}

impl Presence {
    pub(crate) fn judge(&self, scene: &Scene<'_>) -> Truth {
        let people = &scene.facts.people;
        let mut expected = vec![&people.holder.reference];
        match &people.buyer {
            Buyer::Holder => {}
            // LAW: 002 annex 3 §2: neither the insured *nor* the buyer on the spot is the breach;
            // either of them will do.
            Buyer::Proxy { person, .. } => expected.push(&person.reference),
            Buyer::Institution {
                listed: Fact::Known(Listing::Listed),
            } => return Truth::Holds,
            Buyer::Institution {
                listed: Fact::Known(Listing::NotListed),
            } => {}
            Buyer::Institution {
                listed: Fact::Missing(_),
            } => {
                return Truth::Undetermined(Missing::InstitutionListing);
            }
        }
        let combinations = scene
            .knowledge
            .evidence(&scene.facts.store.region, scene.facts.today);
        let suffices = |counts: &dyn Fn(&Evidence) -> bool| {
            let evidence: Vec<&Evidence> = scene
                .facts
                .evidence
                .iter()
                .filter(|item| counts(item))
                .collect();
            combinations
                .iter()
                .any(|combination| combination.is_met(&evidence))
        };
        let shows =
            |person: &PersonRef| suffices(&|item: &Evidence| item.person.known() == Some(person));
        if expected
            .iter()
            .filter_map(|person| person.known())
            .any(shows)
        {
            return Truth::Holds;
        }
        let is_unnamed = expected.iter().any(|person| person.known().is_none());
        let could_be = |item: &Evidence| {
            is_unnamed || item.person.known().is_none() || expected.contains(&&item.person)
        };
        if suffices(&could_be) {
            return Truth::Undetermined(Missing::EvidencePerson);
        }
        Truth::broken(what_is_there(scene, &combinations), Word::EvidenceRequired)
    }
}

/// Names the nearest thing to evidence that there is, so that the counter sees what to mend.
fn what_is_there(scene: &Scene<'_>, combinations: &[&Combination]) -> Seen {
    let evidence: Vec<&Evidence> = scene.facts.evidence.iter().collect();
    let typed = |item: &&Evidence| {
        matches!(
            item.kind,
            EvidenceKind::AssertedByTill
                | EvidenceKind::CredentialAccepted {
                    credential: Credential::IdNumber
                }
        )
    };
    let untrusted = |item: &&Evidence| {
        let EvidenceKind::CardRead { transport, .. } = &item.kind else {
            return false;
        };
        matches!(transport, Transport::Loopback | Transport::Simulated)
    };
    let word = if evidence.is_empty() {
        Word::EvidenceNone
    } else if combinations
        .iter()
        .any(|combination| combination.is_met(&evidence))
    {
        Word::EvidenceOther
    } else if combinations
        .iter()
        .any(|combination| combination.is_met_ignoring_age(&evidence))
    {
        Word::EvidenceStale
    } else if evidence.iter().any(untrusted) {
        Word::EvidenceUntrusted
    } else if evidence.iter().all(typed) {
        Word::EvidenceTyped
    } else {
        Word::EvidenceInsufficient
    };
    Seen::Word(word)
}

impl OtherPerson {
    pub(crate) fn judge(&self, scene: &Scene<'_>) -> Truth {
        let people = &scene.facts.people;
        let mut parties = vec![&people.holder.reference];
        if let Buyer::Proxy { person, .. } = &people.buyer {
            parties.push(&person.reference);
        }
        if let Patient::Family { person, .. } = &people.patient {
            parties.push(&person.reference);
        }
        if let Payer::Family { person, .. } = &people.payer {
            parties.push(&person.reference);
        }
        // Evidence that names nobody shows nobody else: an unreadable card removes that evidence,
        // never the sale.
        let is_stranger =
            |item: &&Evidence| item.person.known().is_some() && !parties.contains(&&item.person);
        if !scene.facts.evidence.iter().any(|item| is_stranger(&item)) {
            return Truth::Holds;
        }
        if parties.iter().any(|person| person.known().is_none()) {
            return Truth::Undetermined(Missing::HolderReference);
        }
        Truth::broken(Word::EvidenceOther, Word::EvidenceRequired)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::facts::Person;
    use crate::rule::testing::{code_scanned, facts, on_scene, person};
    use crate::{Facts, Why};
    use pharmacy_protocol::person::CertificateKind;

    fn presence(facts: &Facts) -> Truth {
        on_scene(facts, |scene| Presence {}.judge(scene))
    }

    fn other(facts: &Facts) -> Truth {
        on_scene(facts, |scene| OtherPerson {}.judge(scene))
    }

    fn card(person: Fact<PersonRef>, transport: Transport) -> Evidence {
        Evidence {
            person,
            kind: EvidenceKind::CardRead {
                certificate: CertificateKind::Resident,
                sam: None,
                transport,
            },
            age_s: 5,
        }
    }

    fn proxy() -> Buyer {
        Buyer::Proxy {
            person: Person {
                reference: Fact::Known(person('b')),
                ..Person::default()
            },
            holder_document: Fact::Missing(Why::NotAsked),
            proxy_document: Fact::Missing(Why::NotAsked),
            reason: Fact::Missing(Why::NotAsked),
        }
    }

    #[test]
    fn the_holder_s_scanned_code_suffices() {
        let facts = facts();
        assert_eq!(presence(&facts), Truth::Holds);
        assert_eq!(other(&facts), Truth::Holds);
    }

    #[test]
    fn a_typed_number_alone_does_not_suffice() {
        let mut facts = facts();
        facts.evidence = vec![Evidence {
            person: Fact::Known(person('a')),
            kind: EvidenceKind::CredentialAccepted {
                credential: Credential::IdNumber,
            },
            age_s: 1,
        }];
        assert_eq!(
            presence(&facts),
            Truth::broken(Word::EvidenceTyped, Word::EvidenceRequired)
        );
    }

    #[test]
    fn a_simulated_reader_counts_only_in_the_demo() {
        let mut facts = facts();
        facts.evidence = vec![card(Fact::Known(person('a')), Transport::Simulated)];
        let refused = Truth::broken(Word::EvidenceUntrusted, Word::EvidenceRequired);
        assert_eq!(presence(&facts), refused);
        let demo = crate::rule::testing::pack().with_dangerous_demo_evidence();
        let scene = Scene::new(&facts, demo.knowledge(), &|_| {
            crate::rule::testing::payable()
        });
        assert_eq!(Presence {}.judge(&scene), Truth::Holds);
    }

    #[test]
    fn stale_evidence_is_named_as_stale() {
        let mut facts = facts();
        facts.evidence = vec![Evidence {
            age_s: 86_400,
            ..code_scanned('a')
        }];
        assert_eq!(
            presence(&facts),
            Truth::broken(Word::EvidenceStale, Word::EvidenceRequired)
        );
    }

    #[test]
    fn a_stranger_s_card_is_refused_until_the_stranger_is_recorded_as_proxy() {
        let mut facts = facts();
        facts
            .evidence
            .push(card(Fact::Known(person('b')), Transport::Serial));
        assert_eq!(
            other(&facts),
            Truth::broken(Word::EvidenceOther, Word::EvidenceRequired)
        );
        facts.people.buyer = proxy();
        assert_eq!(other(&facts), Truth::Holds);
        facts.evidence.remove(0);
        assert_eq!(presence(&facts), Truth::Holds);
    }

    #[test]
    fn evidence_without_a_name_is_undetermined_not_absent() {
        let mut facts = facts();
        facts.evidence = vec![card(Fact::Missing(Why::NotKnown), Transport::Serial)];
        assert_eq!(
            presence(&facts),
            Truth::Undetermined(Missing::EvidencePerson)
        );
        assert_eq!(other(&facts), Truth::Holds);
    }

    #[test]
    fn a_listed_care_home_shops_for_many() {
        let mut facts = facts();
        facts.evidence.clear();
        let listed = |listed| Buyer::Institution { listed };
        facts.people.buyer = listed(Fact::Known(Listing::Listed));
        assert_eq!(presence(&facts), Truth::Holds);
        facts.people.buyer = listed(Fact::Known(Listing::NotListed));
        assert!(matches!(presence(&facts), Truth::Broken(_)));
        facts.people.buyer = listed(Fact::Missing(Why::NotAsked));
        assert_eq!(
            presence(&facts),
            Truth::Undetermined(Missing::InstitutionListing)
        );
    }

    proptest! {
        /// More evidence never makes anybody less present.
        #[test]
        fn more_evidence_never_takes_presence_away(age_s in 0_u32..2_000, known in any::<bool>(),
            who in prop::sample::select(vec!['a', 'b']),
            transport in prop::sample::select(vec![Transport::Serial, Transport::Simulated])) {
            let before = facts();
            let mut after = before.clone();
            let who = if known { Fact::Known(person(who)) } else { Fact::Missing(Why::NotKnown) };
            after.evidence.push(Evidence { age_s, ..card(who, transport) });
            prop_assert_eq!(presence(&before), Truth::Holds);
            prop_assert_eq!(presence(&after), Truth::Holds);
        }
    }
}
