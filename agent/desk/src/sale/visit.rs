//! A visit to the counter: what one look at a credential or card carried, and what of it goes on to the
//! customer's next bill.
//!
//! ```text
//! looked at ─► sale 1 ─► departs: the look is kept with the sale's number ─► sale 2 rests on it as well
//! ```
//! In scope: the row that holds a person's looks, sealed, for a day (R08). Whether a settlement stands is
//! asked of its sale each time: what was declined, not sent or taken back carried nothing. Out of scope:
//! how many one look carries, and for how long (the pack).

use pharmacy_decision::Fact;
use pharmacy_decision::fact::Why;
use pharmacy_decision::facts::{Buyer, Carried, Evidence, EvidenceKind, Fund};
use pharmacy_protocol::term::{Fen, TillNumber};
use serde::{Deserialize, Serialize};

use crate::core::presence::HeldEvidence;
use crate::core::sale::{Masked, Sale, is_fresh};
use crate::list::record::{AFTER_ALL, mark};
use crate::step::{self, At, Write};
use crate::{Desk, DeskError};
use pharmacy_journal::RowName;
use pharmacy_journal::store::{MarkKind, NameDigest};

/// Looks older than this are of another visit, whatever the pack says; the next look is then a new one
/// also where a till asks nobody before it calculates.
const VISIT_MS: i64 = 2 * 60 * 60 * 1000;

/// Most looks that are kept of a person, the newest.
const MAX_LOOKS: usize = 16;

/// Most settlements of a person's day that are added up: beyond, the sum is beyond any limit.
const MAX_OF_DAY: u32 = 50;

/// What is kept of a person's visits, before it is sealed. References only.
#[derive(Clone, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Visits {
    looks: Vec<Look>,
    /// Who fetched for them last, and when that was said.
    fetched: Option<Fetched>,
}

/// A piece of evidence, and the sales that rested on it when their settlement left.
#[derive(Clone, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Look {
    till: TillNumber,
    evidence: HeldEvidence,
    sales: Vec<u64>,
}

/// Who fetched for somebody.
#[derive(Clone, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Fetched {
    till: TillNumber,
    buyer: Buyer,
    shown: Option<Masked>,
    at_ms: i64,
}

impl Look {
    /// Is it this piece of evidence? Whom it shows may have been learnt better since.
    fn is(&self, held: &HeldEvidence) -> bool {
        (&self.evidence.kind, self.evidence.at_ms) == (&held.kind, held.at_ms)
    }
}

impl Desk {
    fn visit_key(&self, person: &str) -> NameDigest {
        self.journal.keys().name_digest("visit", person)
    }

    /// A person's visits; `person` is the digest of the insurer's number.
    fn visits(&self, person: &str) -> Result<Visits, DeskError> {
        let key = self.visit_key(person);
        let Some((sealed, _)) = self.journal.reader().insured(&key)? else {
            return Ok(Visits::default());
        };
        let name = key.as_text();
        let bytes = self
            .journal
            .keys()
            .open_row(&RowName::Other("insured", &name), &sealed)?;
        Ok(serde_json::from_slice(&bytes)?)
    }

    /// The evidence of a sale as facts, each with what else it carried.
    pub(crate) fn evidence_of(&self, sale: &Sale, now_ms: i64) -> Result<Vec<Evidence>, DeskError> {
        let visits = match sale.insured() {
            Some(person) => self.visits(person)?,
            None => Visits::default(),
        };
        let mut evidence = Vec::with_capacity(sale.evidence.len());
        for held in &sale.evidence {
            let look = visits.looks.iter().find(|look| look.is(held));
            let carried = match look {
                Some(look) => self.carried(look, sale.id.counter())?,
                None => Carried::default(),
            };
            let mut fact = held.at((sale.opened_ms, now_ms), carried);
            if let EvidenceKind::CardRead { sam, .. } = &held.kind {
                fact.reader = Fact::Known(self.reader_standing(sam.as_deref())?);
            }
            evidence.push(fact);
        }
        Ok(evidence)
    }

    /// The other settlements that a look carried and that stand, are under way or in doubt.
    fn carried(&self, look: &Look, own: u64) -> Result<Carried, DeskError> {
        let mut carried = Carried::default();
        for counter in look.sales.iter().filter(|sale| **sale != own) {
            let sale = self.load_counter(*counter)?;
            if let Some(sale) = sale.filter(|sale| sale.double().is_some()) {
                carried.count(sale.fund);
            }
        }
        Ok(carried)
    }

    /// Takes over what was shown at this till for the same visit.
    pub(crate) fn go_on_with_visit(
        &self,
        sale: &mut Sale,
        person: &str,
        now_ms: i64,
    ) -> Result<(), DeskError> {
        let visits = self.visits(person)?;
        let fetched = visits
            .fetched
            .filter(|fetched| fetched.till == sale.till && is_fresh(fetched.at_ms, now_ms));
        if let Some(fetched) = fetched {
            sale.roles.buyer = fetched.buyer;
            sale.roles.buyer_shown = fetched.shown;
        }
        let mut parties = vec![sale.roles.holder.reference.clone()];
        if let Buyer::Proxy { person, .. } = &sale.roles.buyer {
            parties.push(person.reference.clone());
        }
        let till = sale.till.clone();
        let is_here = |look: &&Look| {
            let age_ms = now_ms.saturating_sub(look.evidence.at_ms);
            let is_recent = look.till == till && (0..=VISIT_MS).contains(&age_ms);
            // What showed somebody else shows nobody here.
            is_recent && parties.contains(&look.evidence.person)
        };
        for look in visits.looks.iter().filter(is_here) {
            let same = |held: &HeldEvidence| {
                (&held.kind, &held.person) == (&look.evidence.kind, &look.evidence.person)
            };
            let is_newer = |held: &HeldEvidence| same(held) && held.at_ms >= look.evidence.at_ms;
            if sale.evidence.iter().any(is_newer) {
                continue;
            }
            sale.evidence.retain(|held| !same(held));
            sale.evidence.push(look.evidence.clone());
        }
        Ok(())
    }

    /// Somebody showed their code anew: one that a clock that stands still cannot tell from it is
    /// another look all the same.
    pub(crate) fn looked_anew(&self, person: &str, at_ms: i64) -> Result<KeptVisit, DeskError> {
        let mut visits = self.visits(person)?;
        let before = visits.looks.len();
        visits.looks.retain(|look| {
            let is_code = matches!(look.evidence.kind, EvidenceKind::CredentialAccepted { .. });
            !is_code || look.evidence.at_ms != at_ms
        });
        Ok(KeptVisit((visits.looks.len() < before).then(|| Kept {
            key: self.visit_key(person),
            resting: Vec::new(),
            visits,
        })))
    }

    /// Keeps with a settlement that leaves what it rests on.
    pub(crate) fn resting_on_looks(
        &self,
        sale: &Sale,
        now_ms: i64,
    ) -> Result<KeptVisit, DeskError> {
        let Some(person) = sale.insured() else {
            return Ok(KeptVisit(None));
        };
        let mut visits = self.visits(person)?;
        visits
            .looks
            .retain(|look| now_ms.saturating_sub(look.evidence.at_ms) <= VISIT_MS);
        for held in sale.evidence.iter().filter(|held| is_look(held)) {
            if !visits.looks.iter().any(|look| look.is(held)) {
                visits.looks.push(Look {
                    till: sale.till.clone(),
                    evidence: held.clone(),
                    sales: Vec::new(),
                });
            }
        }
        let excess = visits.looks.len().saturating_sub(MAX_LOOKS);
        visits.looks.drain(..excess);
        visits.fetched = match &sale.roles.buyer {
            buyer @ Buyer::Proxy { .. } => Some(Fetched {
                till: sale.till.clone(),
                buyer: buyer.clone(),
                shown: sale.roles.buyer_shown.clone(),
                at_ms: now_ms,
            }),
            Buyer::Holder | Buyer::Institution { .. } => None,
        };
        let resting = sale
            .evidence
            .iter()
            .map(|held| (held.kind.clone(), held.at_ms));
        Ok(KeptVisit(Some(Kept {
            key: self.visit_key(person),
            resting: resting.collect(),
            visits,
        })))
    }

    /// Account money that the holder spent here today: settled, less what was taken back.
    ///
    /// Each settlement is asked of its own sale; marks lead there, so no scan.
    pub(crate) fn spent_today(&self, sale: &Sale, now_ms: i64) -> Result<Fact<Fen>, DeskError> {
        let Some(holder) = sale.roles.holder.reference.known() else {
            return Ok(Fact::Missing(Why::NotKnown));
        };
        let keys = self.journal.keys();
        let holder = mark(keys, MarkKind::Holder, holder.as_str());
        let since_ms = pharmacy_base::clock::midnight_ms(now_ms);
        let reader = self.journal.reader();
        let marked = reader.marked(holder, (since_ms, AFTER_ALL), MAX_OF_DAY)?;
        let mut counters: Vec<u64> = marked.iter().map(|found| found.sale).collect();
        counters.sort_unstable();
        counters.dedup();
        let mut spent = Fen::ZERO;
        for counter in counters.into_iter().filter(|of| *of != sale.id.counter()) {
            let other = self.load_counter(counter)?;
            let other = other.filter(|other| other.fund == Fund::Account);
            let settled = other.as_ref().and_then(Sale::settlement);
            let amount = settled.map_or(Fen::ZERO, |settled| settled.insurance);
            spent = spent.checked_add(amount).unwrap_or(Fen::new(i64::MAX));
        }
        Ok(Fact::Known(spent))
    }
}

/// A word of the till's is no look at anything.
fn is_look(held: &HeldEvidence) -> bool {
    held.kind != EvidenceKind::AssertedByTill
}

/// A person's visits with what leaves now.
pub(crate) struct KeptVisit(Option<Kept>);

struct Kept {
    key: NameDigest,
    /// What the sale rests on, by kind and moment.
    resting: Vec<(EvidenceKind, i64)>,
    visits: Visits,
}

impl Write for KeptVisit {
    fn write(self: Box<Self>, at: &At<'_>) -> Result<(), DeskError> {
        let Some(mut kept) = self.0 else {
            return Ok(());
        };
        let counter = at.sale.id.counter();
        for look in &mut kept.visits.looks {
            let evidence = &look.evidence;
            let rests = |(kind, at_ms): &(EvidenceKind, i64)| {
                (kind, *at_ms) == (&evidence.kind, evidence.at_ms)
            };
            if kept.resting.iter().any(rests) && !look.sales.contains(&counter) {
                look.sales.push(counter);
            }
        }
        let name = kept.key.as_text();
        let bytes = step::bytes(&kept.visits)?;
        let sealed = at
            .keys
            .seal_row(&RowName::Other("insured", &name), &bytes)?;
        Ok(at.transaction.put_insured(&kept.key, &sealed, at.now_ms)?)
    }
}
