//! Proxy: who shops for somebody else shows both documents and says why.
//!
//! In scope: the papers. Out of scope: whether the proxy stands here (`presence`).

use crate::fact::{Fact, Why};
use crate::facts::{Buyer, Listing};
use crate::rule::{Missing, Truth, Word};
use crate::scene::Scene;

/// Both documents and the reason are recorded, or the buyer is a listed institution.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Proxy {}

impl Proxy {
    pub(crate) fn judge(&self, scene: &Scene<'_>) -> Truth {
        match &scene.facts.people.buyer {
            Buyer::Holder => Truth::Holds,
            Buyer::Institution {
                listed: Fact::Known(Listing::Listed),
            } => Truth::Holds,
            Buyer::Institution {
                listed: Fact::Known(Listing::NotListed),
            } => Truth::broken(Word::InstitutionNotListed, Word::InstitutionListed),
            Buyer::Institution {
                listed: Fact::Missing(_),
            } => Truth::Undetermined(Missing::InstitutionListing),
            // LAW: 条例 art. 17: identity of both the one who sends and the one who is sent.
            Buyer::Proxy {
                person,
                holder_document,
                proxy_document,
                reason,
            } => shown(holder_document, Word::NoHolderDocument)
                .or_worse(|| shown(proxy_document, Word::NoProxyDocument))
                .or_worse(|| shown(reason, Word::NoProxyReason))
                .or_worse(|| match &person.reference {
                    Fact::Known(_) => Truth::Holds,
                    Fact::Missing(_) => Truth::Undetermined(Missing::ProxyDocuments),
                }),
        }
    }
}

/// Asked for and not there is a breach; not asked for, or unreadable, is a question.
fn shown<T>(paper: &Fact<T>, lacking: Word) -> Truth {
    match paper {
        Fact::Known(_) => Truth::Holds,
        Fact::Missing(Why::NotKnown) => Truth::broken(lacking, Word::BothDocuments),
        Fact::Missing(Why::NotAsked | Why::Unreadable) => {
            Truth::Undetermined(Missing::ProxyDocuments)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{Document, Person, ProxyReason};
    use crate::rule::testing::{facts, on_scene, person};

    fn judged(holder: Fact<Document>, proxy: Fact<Document>, reason: Fact<ProxyReason>) -> Truth {
        let mut facts = facts();
        facts.people.buyer = Buyer::Proxy {
            person: Person {
                reference: Fact::Known(person('b')),
                ..Person::default()
            },
            holder_document: holder,
            proxy_document: proxy,
            reason,
        };
        on_scene(&facts, |scene| Proxy {}.judge(scene))
    }

    #[test]
    fn both_documents_and_a_reason_hold() {
        let read = || Fact::Known(Document::Read);
        let seen = Fact::Known(Document::Seen);
        assert_eq!(
            judged(read(), seen, Fact::Known(ProxyReason::Age)),
            Truth::Holds
        );
        let unasked = judged(read(), read(), Fact::Missing(Why::NotAsked));
        assert_eq!(unasked, Truth::Undetermined(Missing::ProxyDocuments));
    }

    #[test]
    fn a_document_that_was_asked_for_and_not_shown_is_a_breach() {
        let missing = judged(
            Fact::Missing(Why::NotAsked),
            Fact::Missing(Why::NotKnown),
            Fact::Known(ProxyReason::Illness),
        );
        assert_eq!(
            missing,
            Truth::broken(Word::NoProxyDocument, Word::BothDocuments)
        );
    }

    #[test]
    fn an_unreadable_document_is_asked_for_again() {
        let unreadable = judged(
            Fact::Missing(Why::Unreadable),
            Fact::Known(Document::Read),
            Fact::Known(ProxyReason::Illness),
        );
        assert_eq!(unreadable, Truth::Undetermined(Missing::ProxyDocuments));
    }
}
