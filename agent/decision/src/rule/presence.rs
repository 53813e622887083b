//! Presence: somebody who may use this credential stands at this till now.
//!
//! In scope: whether the evidence suffices (a table of the pack says which combination does), whom it
//! shows, whether it is this visit's, and whether somebody said who is here where a code alone does not
//! tell. Out of scope: the proxy's papers (`proxy`), how evidence is gathered.

use pharmacy_protocol::person::PersonRef;
use pharmacy_protocol::term::Fen;

use crate::fact::Fact;
use crate::facts::{
    Buyer, Credential, Evidence, EvidenceKind, Fund, Listing, Patient, Payer, Tender, Transport,
};
use crate::pack::{Closely, Combination};
use crate::rule::{Missing, Seen, Truth, Word};
use crate::scene::Scene;

/// The holder or the recorded proxy is shown by fresh and sufficient evidence.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Presence {}

/// What shows the holder or the proxy still carries a settlement: one look serves one visit.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OneVisit {}

/// Somebody said who is here, where a code or card alone does not tell it for so much money.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Confirmed {}

/// What shows the holder or the proxy was seen here, and not only told by a program.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Witnessed {}

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
        let shown = Shown::of(scene);
        let mut named = expected.iter().filter_map(|person| person.known());
        if named
            .clone()
            .any(|person| shown.is_shown(person, Closely::Fresh))
        {
            return Truth::Holds;
        }
        if named.any(|person| shown.is_shown(person, Closely::ByAnyReader)) {
            return Truth::Undetermined(Missing::CardReader);
        }
        let is_unnamed = expected.iter().any(|person| person.known().is_none());
        let could_be = |item: &Evidence| {
            is_unnamed || item.person.known().is_none() || expected.contains(&&item.person)
        };
        if shown.suffices(could_be, Closely::Fresh) {
            return Truth::Undetermined(Missing::EvidencePerson);
        }
        Truth::broken(
            what_is_there(scene, &shown.combinations),
            Word::EvidenceRequired,
        )
    }
}

/// The evidence of a sale, and what of it suffices here and today.
struct Shown<'s> {
    evidence: &'s [Evidence],
    combinations: Vec<&'s Combination>,
}

impl<'s> Shown<'s> {
    fn of(scene: &Scene<'s>) -> Self {
        let facts = scene.facts;
        Self {
            evidence: &facts.evidence,
            combinations: scene.knowledge.evidence(&facts.store.region, facts.today),
        }
    }

    /// The combinations that such evidence meets.
    fn met(
        &self,
        counts: impl Fn(&Evidence) -> bool,
        closely: Closely<'_>,
    ) -> impl Iterator<Item = &'s Combination> {
        let evidence = self.evidence.iter().filter(|item| counts(item));
        let evidence: Vec<&Evidence> = evidence.collect();
        let is_met = |combination: &&Combination| combination.is_met(&evidence, closely);
        let met: Vec<_> = self.combinations.iter().copied().filter(is_met).collect();
        met.into_iter()
    }

    fn suffices(&self, counts: impl Fn(&Evidence) -> bool, closely: Closely<'_>) -> bool {
        self.met(counts, closely).next().is_some()
    }

    fn is_shown(&self, person: &PersonRef, closely: Closely<'_>) -> bool {
        self.suffices(|item| item.person.known() == Some(person), closely)
    }

    /// Of holder and proxy those whom evidence shows by name; `Presence` asks for the others. Who shops for
    /// a home has no visit of one person.
    fn who_is_here(&self, scene: &Scene<'s>) -> Vec<&'s PersonRef> {
        let people = &scene.facts.people;
        let proxy = match &people.buyer {
            Buyer::Holder => None,
            Buyer::Proxy { person, .. } => Some(&person.reference),
            Buyer::Institution { .. } => return Vec::new(),
        };
        let parties = [Some(&people.holder.reference), proxy];
        let named = parties.into_iter().flatten().filter_map(Fact::known);
        named
            .filter(|person| self.is_shown(person, Closely::Fresh))
            .collect()
    }
}

impl OneVisit {
    pub(crate) fn judge(&self, scene: &Scene<'_>) -> Truth {
        let shown = Shown::of(scene);
        let here = shown.who_is_here(scene);
        let closely = Closely::ForThis(&scene.facts.fund);
        if here.is_empty() || here.iter().any(|person| shown.is_shown(person, closely)) {
            return Truth::Holds;
        }
        Truth::broken(Word::EvidenceReused, Word::EvidenceRequired)
    }
}

impl Witnessed {
    pub(crate) fn judge(&self, scene: &Scene<'_>) -> Truth {
        let shown = Shown::of(scene);
        let here = shown.who_is_here(scene);
        let is_seen = |person: &&PersonRef| {
            let is_theirs = |item: &Evidence| item.person.known() == Some(*person);
            let mut met = shown.met(is_theirs, Closely::Fresh);
            met.any(|combination| !combination.is_told())
        };
        if here.is_empty() || here.iter().any(is_seen) {
            return Truth::Holds;
        }
        Truth::broken(Word::EvidenceTold, Word::EvidenceWitnessed)
    }
}

impl Confirmed {
    pub(crate) fn judge(&self, scene: &Scene<'_>) -> Truth {
        let facts = scene.facts;
        // Recorded before anybody asked: such facts are decided as they were.
        if facts.spent_today == Fact::default() {
            return Truth::Holds;
        }
        // Who fetches for somebody else is said already, with papers (R02).
        let (Buyer::Holder, Some(holder)) =
            (&facts.people.buyer, facts.people.holder.reference.known())
        else {
            return Truth::Holds;
        };
        let shown = Shown::of(scene);
        let is_holder = |item: &Evidence| item.person.known() == Some(holder);
        let met: Vec<_> = shown.met(is_holder, Closely::Fresh).collect();
        let limits: Option<Vec<Fen>> = met.iter().map(|met| met.unconfirmed()).collect();
        // Whoever is not shown, `Presence` asks for; a document is compared by whoever looks at it.
        let Some(limit) = limits.and_then(|limits| limits.into_iter().max()) else {
            return Truth::Holds;
        };
        let is_word = |item: &&Evidence| {
            is_holder(item) && matches!(item.kind, EvidenceKind::PersonConfirmed { .. })
        };
        let is_confirmed = |word: &Evidence| met.iter().any(|met| met.upholds(word, &facts.fund));
        if facts.evidence.iter().filter(is_word).any(is_confirmed) {
            return Truth::Holds;
        }
        match facts.fund {
            Fact::Known(Fund::Account) if spent(scene) <= limit => Truth::Holds,
            _ => Truth::broken(Word::EvidenceUnconfirmed, Word::EvidenceConfirmed),
        }
    }
}

/// Account money of the day, this sale's included. Where the holder is not known, their day is not
/// either: who they are, is then asked first.
fn spent(scene: &Scene<'_>) -> Fen {
    let lines = scene.facts.lines.iter();
    let insured = lines.filter(|line| line.tender == Tender::Insurance);
    let earlier = scene.facts.spent_today.known().copied();
    let all = insured.map(|line| line.amount).chain(earlier);
    Fen::checked_sum(all).unwrap_or(Fen::new(i64::MAX))
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
                | EvidenceKind::CredentialTold {
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
        .any(|combination| combination.is_met(&evidence, Closely::Fresh))
    {
        Word::EvidenceOther
    } else if combinations
        .iter()
        .any(|combination| combination.is_met(&evidence, Closely::AtAll))
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
    use crate::facts::{Carried, Enrolment, Person};
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
            held_s: 0,
            carried: Carried::default(),
            reader: Fact::default(),
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
            ..code_scanned('a')
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

    fn reused(facts: &Facts) -> Truth {
        on_scene(facts, |scene| OneVisit {}.judge(scene))
    }

    fn confirmed(facts: &Facts) -> Truth {
        on_scene(facts, |scene| Confirmed {}.judge(scene))
    }

    fn carrying(account: u32, pooled: u32) -> Evidence {
        Evidence {
            carried: Carried { account, pooled },
            ..code_scanned('a')
        }
    }

    // R08: two of each fund, four in all.
    #[test]
    fn one_look_carries_one_visit() {
        let used_up = Truth::broken(Word::EvidenceReused, Word::EvidenceRequired);
        for (fund, account, pooled, expected) in [
            (Fund::Account, 0, 0, Truth::Holds),
            (Fund::Account, 1, 2, Truth::Holds),
            (Fund::Account, 2, 0, used_up.clone()),
            (Fund::Chronic, 2, 1, Truth::Holds),
            (Fund::Pooled, 0, 2, used_up.clone()),
            (Fund::Pooled, 3, 1, used_up),
        ] {
            let mut facts = facts();
            facts.fund = Fact::Known(fund);
            facts.evidence = vec![carrying(account, pooled)];
            assert_eq!(reused(&facts), expected, "{fund:?} {account} {pooled}");
            assert_eq!(presence(&facts), Truth::Holds);
            facts
                .evidence
                .push(card(Fact::Known(person('a')), Transport::Serial));
            assert_eq!(
                reused(&facts),
                Truth::Holds,
                "a fresh look is a visit of its own"
            );
        }
        let mut facts = facts();
        facts.evidence = vec![carrying(4, 4)];
        facts
            .evidence
            .push(card(Fact::Known(person('b')), Transport::Serial));
        assert!(
            matches!(reused(&facts), Truth::Broken(_)),
            "another person's card"
        );
        facts.evidence.clear();
        assert_eq!(reused(&facts), Truth::Holds, "presence asks for that");
    }

    #[test]
    fn a_code_alone_carries_account_money_up_to_the_region_s_sum_of_the_day() {
        let asked = Truth::broken(Word::EvidenceUnconfirmed, Word::EvidenceConfirmed);
        let mut facts = facts();
        facts.lines[0].amount = Fen::new(20_000);
        for (earlier, expected) in [
            (Fact::default(), Truth::Holds),
            (Fact::Known(Fen::new(30_000)), Truth::Holds),
            (Fact::Known(Fen::new(30_001)), asked.clone()),
        ] {
            facts.spent_today = earlier;
            assert_eq!(confirmed(&facts), expected);
        }
        facts.lines[0].tender = Tender::Cash;
        assert_eq!(confirmed(&facts), Truth::Holds);
        facts.lines[0].tender = Tender::Insurance;
        let word = |who, carried| Evidence {
            person: Fact::Known(person(who)),
            kind: EvidenceKind::PersonConfirmed {
                staff: "s-1".parse().unwrap(),
            },
            ..carried
        };
        facts.evidence.push(word('b', carrying(0, 0)));
        assert_eq!(confirmed(&facts), asked, "a word on somebody else");
        facts.evidence.push(word('a', carrying(2, 2)));
        assert_eq!(confirmed(&facts), asked, "a word of an earlier visit");
        facts.evidence.push(word('a', carrying(0, 0)));
        assert_eq!(confirmed(&facts), Truth::Holds);
        facts.evidence.remove(0);
        assert!(
            matches!(presence(&facts), Truth::Broken(_)),
            "a word alone shows nobody"
        );
    }

    #[test]
    fn pooled_money_needs_a_word_or_a_document_that_was_compared() {
        let mut facts = facts();
        facts.fund = Fact::Known(Fund::Pooled);
        assert_eq!(confirmed(&facts), Truth::Holds, "facts of before");
        facts.spent_today = Fact::Known(Fen::ZERO);
        assert!(matches!(confirmed(&facts), Truth::Broken(_)));
        let mut by_proxy = facts.clone();
        by_proxy.people.buyer = proxy();
        assert_eq!(confirmed(&by_proxy), Truth::Holds, "who fetches was said");
        facts
            .evidence
            .push(card(Fact::Known(person('a')), Transport::Serial));
        assert_eq!(confirmed(&facts), Truth::Holds);
    }

    #[test]
    fn what_only_a_program_says_is_told_until_something_is_seen() {
        let witnessed = |facts: &Facts| on_scene(facts, |scene| Witnessed {}.judge(scene));
        let mut facts = facts();
        assert_eq!(witnessed(&facts), Truth::Holds);
        facts.evidence[0].kind = EvidenceKind::CredentialTold {
            credential: Credential::InsuranceCode,
        };
        let told = Truth::broken(Word::EvidenceTold, Word::EvidenceWitnessed);
        assert_eq!((presence(&facts), witnessed(&facts)), (Truth::Holds, told));
        // Somebody else's card shows nobody here; the proxy's does.
        let card = card(Fact::Known(person('b')), Transport::Serial);
        facts.evidence.push(card);
        assert!(matches!(witnessed(&facts), Truth::Broken(_)));
        facts.people.buyer = proxy();
        assert_eq!(witnessed(&facts), Truth::Holds);
        facts.evidence.clear();
        assert_eq!(witnessed(&facts), Truth::Holds, "presence asks for that");
    }

    #[test]
    fn a_reader_that_nobody_enrolled_is_a_question() {
        let mut facts = facts();
        let read = |reader| Evidence {
            reader,
            ..card(Fact::Known(person('a')), Transport::Serial)
        };
        facts.evidence = vec![read(Fact::Known(Enrolment::NotEnrolled))];
        assert_eq!(presence(&facts), Truth::Undetermined(Missing::CardReader));
        let demo = crate::rule::testing::pack().with_dangerous_demo_evidence();
        let scene = Scene::new(&facts, demo.knowledge(), &|_| {
            crate::rule::testing::payable()
        });
        assert_eq!(Presence {}.judge(&scene), Truth::Holds);
        for known in [Fact::Known(Enrolment::Enrolled), Fact::default()] {
            facts.evidence = vec![read(known)];
            assert_eq!(presence(&facts), Truth::Holds);
        }
    }

    #[test]
    fn a_sale_does_not_rest_on_one_look_for_ever() {
        let mut facts = facts();
        facts.evidence[0].held_s = 7_200;
        assert_eq!(presence(&facts), Truth::Holds);
        facts.evidence[0].held_s = 7_201;
        let stale = Truth::broken(Word::EvidenceStale, Word::EvidenceRequired);
        assert_eq!(presence(&facts), stale);
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
