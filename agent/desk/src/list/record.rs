//! What a step leaves for later questions: marks (R68), the purchase list's row (R40), figures (R07).
//!
//! All of it is written in the transaction of the step's entry. Out of scope: asking ([`crate::find`]).

use pharmacy_decision::facts::{Buyer, Patient, Person};
use pharmacy_decision::verdict::{Outcome, Reason};
use pharmacy_decision::{Decision, Verdict};
use pharmacy_protocol::term::{EntryIndex, Fen, InsuranceCode, Sku};

use super::{ListLine, PurchaseList};
use crate::core::sale::Sale;
use crate::step::{At, Step, Write, part};
use crate::{Desk, DeskError};
use pharmacy_journal::Keys;
use pharmacy_journal::store::{FigureKind, ListRow, ListState, Mark, MarkDigest, MarkKind, Marked};

pub(crate) use pharmacy_protocol::record::outcome::Rests;

/// Most releases of one sale that its settlement refers to.
const MAX_RELEASES: u32 = 100;

/// Behind every mark, from which the newest is found first.
pub(crate) const AFTER_ALL: Marked = Marked {
    at_ms: i64::MAX,
    entry: EntryIndex::new(0),
    sale: 0,
};

/// Rows for later questions.
#[derive(Default)]
pub(crate) struct Records {
    listed: Option<Listed>,
    figures: Vec<(FigureKind, String, Fen)>,
    released: Option<Mark>,
}

/// A purchase list, and what leads to it.
struct Listed {
    settled_ms: i64,
    marks: Vec<(Mark, Fen)>,
}

/// Where a list's row stands among the marks.
pub(crate) fn marked(row: &ListRow) -> Marked {
    Marked {
        at_ms: row.settled_ms,
        entry: row.entry,
        sale: row.sale,
    }
}

/// The mark of a kind and the text that names it.
pub(crate) fn mark(keys: &Keys, kind: MarkKind, text: &str) -> Mark {
    Mark {
        kind,
        digest: keys.name_digest(kind.name_kind(), text).into(),
    }
}

/// The mark under which a sale's releases are found.
fn released_mark(keys: &Keys, sale: &Sale) -> Mark {
    mark(keys, MarkKind::Released, &sale.id.to_string())
}

/// By what an article is known on a list.
pub(crate) fn article_text(line: &ListLine) -> String {
    article_name(line.sku.as_ref(), line.code.as_ref(), &line.name)
}

/// By what an article is known: its number, else its code, else its name.
pub(crate) fn article_name(sku: Option<&Sku>, code: Option<&InsuranceCode>, name: &str) -> String {
    match (sku, code) {
        (Some(sku), _) => sku.to_string(),
        (None, Some(code)) => code.to_string(),
        (None, None) => name.to_owned(),
    }
}

impl Write for Records {
    fn write(self: Box<Self>, at: &At<'_>) -> Result<(), DeskError> {
        let (transaction, sale) = (at.transaction, at.sale);
        let (entry, today) = (at.index, at.today);
        let counter = sale.id.counter();
        if let Some(listed) = &self.listed {
            let row = ListRow {
                sale: counter,
                entry,
                settled_ms: listed.settled_ms,
                state: ListState::Open,
                confirmation: None,
                taken_back: None,
            };
            transaction.add_list(&row)?;
            for (mark, amount) in &listed.marks {
                transaction.add_mark(*mark, marked(&row), *amount)?;
            }
        }
        if let Some(mark) = self.released {
            let release = Marked {
                at_ms: sale.opened_ms,
                entry,
                sale: counter,
            };
            transaction.add_mark(mark, release, Fen::ZERO)?;
        }
        for (kind, rule, amount) in &self.figures {
            transaction.bump_figure(today, *kind, rule, *amount)?;
        }
        Ok(())
    }
}

impl Desk {
    /// Adds to a settlement's step what its list is found by, what it rests on, and its figures.
    pub(crate) fn list_step(
        &self,
        sale: &Sale,
        list: &PurchaseList,
        step: Step,
    ) -> Result<Step, DeskError> {
        let rests = Rests {
            receipt: sale.receipt.clone(),
            reviews: self.reviews_of(sale)?,
            releases: self.releases_of(sale)?,
        };
        let listed = Listed {
            settled_ms: list.settled_ms,
            marks: self.marks(sale, list, &rests),
        };
        let records = Records {
            listed: Some(listed),
            figures: vec![(FigureKind::Sale, String::new(), list.total)],
            released: None,
        };
        let reviews = rests.reviews.iter().map(|(_, entry)| *entry);
        let step = step
            .resting_on(reviews.chain(rests.releases.iter().copied()))
            .writing(records);
        Ok(match rests.is_empty() {
            true => step,
            false => step.with(part(&rests)?),
        })
    }

    /// Entries in which a reason of a sale was released, oldest first.
    pub(crate) fn releases_of(&self, sale: &Sale) -> Result<Vec<EntryIndex>, DeskError> {
        let mark = released_mark(self.journal.keys(), sale);
        let reader = self.journal.reader();
        let found = reader.marked(mark, (i64::MIN, AFTER_ALL), MAX_RELEASES)?;
        Ok(found.iter().rev().map(|found| found.entry).collect())
    }

    fn marks(&self, sale: &Sale, list: &PurchaseList, rests: &Rests) -> Vec<(Mark, Fen)> {
        let keys = self.journal.keys();
        let all = |kind| Mark {
            kind,
            digest: MarkDigest::ZERO,
        };
        let named = |kind, text: &str| (mark(keys, kind, text), list.total);
        let mut marks = vec![
            (all(MarkKind::Moment), list.total),
            named(MarkKind::Settlement, &list.settlement),
            named(MarkKind::Receipt, &list.msgid),
        ];
        let receipt = sale.receipt.as_ref();
        let receipt = receipt.filter(|receipt| **receipt != list.msgid);
        marks.extend(receipt.map(|receipt| named(MarkKind::Receipt, receipt)));
        let operator = list.operator.as_ref();
        marks.extend(operator.map(|operator| named(MarkKind::Operator, operator)));
        for (kind, person) in persons(sale) {
            let reference = person.reference.known();
            marks.extend(reference.map(|reference| named(kind, reference.as_str())));
        }
        for line in &list.lines {
            let article = mark(keys, MarkKind::Article, &article_text(line));
            marks.push((article, line.amount));
            let code = line.code.as_ref();
            let code = code.map(|code| mark(keys, MarkKind::Code, code.as_str()));
            marks.extend(code.map(|code| (code, line.amount)));
        }
        let mut pharmacists: Vec<_> = rests.reviews.iter().map(|(staff, _)| staff).collect();
        pharmacists.sort_unstable_by_key(|staff| staff.as_str());
        pharmacists.dedup();
        for staff in pharmacists {
            marks.push(named(MarkKind::Pharmacist, staff.as_str()));
        }
        if !rests.releases.is_empty() || !sale.releases.is_empty() {
            marks.push((all(MarkKind::Release), list.total));
        }
        marks
    }

    /// What the release of a reason leaves: it is counted, and its sale's settlement will refer to it.
    pub(crate) fn release_records(&self, sale: &Sale, rule: &str, line: Option<u32>) -> Records {
        let mut records = self.wrong_records(sale, rule, line);
        for (kind, _, _) in &mut records.figures {
            *kind = FigureKind::Release;
        }
        records.released = Some(released_mark(self.journal.keys(), sale));
        records
    }

    /// What marking a refusal as wrong leaves: it is counted.
    pub(crate) fn wrong_records(&self, sale: &Sale, rule: &str, line: Option<u32>) -> Records {
        let amount = amount_of(sale, line);
        let figures = ["", rule].map(|rule| (FigureKind::Wrong, rule.to_owned(), amount));
        Records {
            figures: figures.into(),
            ..Records::default()
        }
    }

    /// What a verdict leaves that holds a sale up. Counted once for each sale and rule: a till that
    /// asks again is not held up again.
    pub(crate) fn verdict_records(&self, sale: &mut Sale, decision: &Decision) -> Records {
        let (kind, reasons): (FigureKind, Vec<&Reason>) = match &decision.verdict {
            Verdict::Allow { .. } => return Records::default(),
            Verdict::Ask { questions, .. } => (FigureKind::Question, questions.iter().collect()),
            Verdict::Refuse { reasons, .. } => {
                let refusing = |reason: &&Reason| reason.outcome == Outcome::Refuse;
                (
                    FigureKind::Refusal,
                    reasons.iter().filter(refusing).collect(),
                )
            }
        };
        let of_rules = reasons
            .iter()
            .map(|reason| (reason.rule.as_str(), reason.line));
        let mut figures = Vec::new();
        for (rule, line) in std::iter::once(("", None)).chain(of_rules) {
            let counted = (kind.as_str().to_owned(), rule.to_owned());
            if !sale.counted.contains(&counted) {
                figures.push((kind, rule.to_owned(), amount_of(sale, line)));
                sale.counted.push(counted);
            }
        }
        Records {
            figures,
            ..Records::default()
        }
    }
}

/// What a reason is about: its line, else the whole basket.
fn amount_of(sale: &Sale, line: Option<u32>) -> Fen {
    let lines = sale.basket.lines().iter();
    let concerned = lines.filter(|held| line.is_none_or(|line| held.number == line));
    Fen::checked_sum(concerned.map(|line| line.amount)).unwrap_or(Fen::ZERO)
}

/// Who is who, as marks tell them apart.
fn persons(sale: &Sale) -> Vec<(MarkKind, &Person)> {
    let roles = &sale.roles;
    let mut persons = vec![(MarkKind::Holder, &roles.holder)];
    if let Patient::Family { person, .. } = &roles.patient {
        persons.push((MarkKind::Patient, person));
    }
    if let Buyer::Proxy { person, .. } = &roles.buyer {
        persons.push((MarkKind::Buyer, person));
    }
    persons
}
