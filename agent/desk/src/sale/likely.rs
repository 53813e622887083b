//! Likely doubles: the same goods for the same person while an attempt is in doubt, or minutes after it
//! settled, whatever message id, serials, time or order of lines they come with.
//!
//! ```text
//! shares an article with one in doubt      ─► refused: ask the platform first
//! is one that settled minutes ago, or more ─► refused with its number, until somebody of the staff
//!                                             says on the page that it is another purchase
//! ```
//! LAW: R19. What is in doubt is found in the index of sales under way, what settled by the mark of its
//! holder: both are rows, so that a restart forgets nothing and no history is read.
//! Out of scope: what tells two baskets apart (`core::double`), doubles that packs prove (`proven`) and fee
//! lines (the gate's `double`).

use pharmacy_decision::facts::Tender;
use pharmacy_decision::pack::TraceDuty;
use pharmacy_protocol::Secret;
use pharmacy_protocol::term::EntryIndex;

use crate::core::basket::BasketLine;
use crate::core::double::{Goods, LIKELY, LIKELY_HERE, PACK_SOLD, Turned, contain, gather, share};
use crate::core::sale::Sale;
use crate::list::record::{AFTER_ALL, mark};
use crate::{Desk, DeskError};
use pharmacy_journal::store::MarkKind;

/// Most settlements of a person that are looked at, the newest first.
const MAX_RECENT: u32 = 8;

/// Most settlements of the store that are looked at where a call names nobody.
const MAX_RECENT_OF_ALL: u32 = 32;

impl Desk {
    /// The settlement without outcome that this one may repeat.
    pub(crate) fn in_doubt_before(&self, sale: &Sale) -> Result<Option<Turned>, DeskError> {
        let rows = self.journal.reader().in_doubt_sales()?;
        let own = sale.id.counter();
        let mut goods = None;
        for row in rows.iter().filter(|row| row.counter != own) {
            let (other, _) = self.open_row(row)?;
            let may_be_theirs = is_same_buyer(sale, &other);
            let Some(double) = other
                .double()
                .filter(|_| may_be_theirs && other.has_open_settlement())
            else {
                continue;
            };
            let goods = match &mut goods {
                Some(goods) => goods,
                none => none.insert(self.goods_of(sale)?),
            };
            if share(goods, &self.goods_of(&other)?) {
                return Ok(Some(Turned::by(sale, &other, double)));
            }
        }
        Ok(None)
    }

    /// The settlement of minutes ago that this one is likely to repeat.
    pub(crate) fn settled_before(
        &self,
        sale: &Sale,
        person: Option<&Secret<String>>,
    ) -> Result<Option<Turned>, DeskError> {
        let (region, today) = (&self.setup.store.region, self.clock.today());
        let Some(likely_ms) = self.pack.doubles(region, today).likely_ms else {
            return Ok(None);
        };
        if sale.is_another() {
            return Ok(None);
        }
        let mut goods = None;
        for (counter, entry) in self.recent_of(sale, person)? {
            if counter == sale.id.counter() || self.age_of(entry)? > likely_ms {
                continue;
            }
            let Some(other) = self.load_counter(counter)? else {
                continue;
            };
            let Some(settled) = other.settlement().filter(|_| is_same_buyer(sale, &other)) else {
                continue;
            };
            let goods = match &mut goods {
                Some(goods) => goods,
                none => none.insert(self.goods_of(sale)?),
            };
            if contain(goods, &self.goods_of(&other)?) {
                let (code, named) = match sale.is_same_person(&other) {
                    true => (LIKELY, settled.settlement.clone()),
                    // One of both names nobody: the number may be another customer's.
                    false => (LIKELY_HERE, String::new()),
                };
                let sale = None;
                return Ok(Some(Turned { sale, code, named }));
            }
        }
        Ok(None)
    }

    /// What a sale of the local API would double, whatever the rules say of it. A pack of somebody else is a
    /// matter for the rules.
    pub(crate) fn proven_before(&self, sale: &Sale) -> Result<Option<Turned>, DeskError> {
        let double = self.pack_double(sale)?;
        match double.filter(|turned| turned.code != PACK_SOLD) {
            None => self.in_doubt_before(sale),
            double => Ok(double),
        }
    }

    /// What a sale of the local API, of which nobody tells the insurer's number, would double or is likely to.
    pub(crate) fn double_before(&self, sale: &Sale) -> Result<Option<Turned>, DeskError> {
        match self.proven_before(sale)? {
            Some(turned) => Ok(Some(turned)),
            None => self.settled_before(sale, None),
        }
    }

    /// Settlements of a sale's person, the newest first, with their entries; of the whole store where
    /// nobody is named.
    fn recent_of(
        &self,
        sale: &Sale,
        person: Option<&Secret<String>>,
    ) -> Result<Vec<(u64, EntryIndex)>, DeskError> {
        let (keys, reader) = (self.journal.keys(), self.journal.reader());
        let mut references = Vec::new();
        references.extend(sale.roles.holder.reference.known().cloned());
        // Whom 1101 named meanwhile was known by the insurer's number alone before.
        references.extend(person.map(|person| keys.insured_ref(person)));
        references.dedup();
        if references.is_empty() {
            let lists = reader.newest_lists(MAX_RECENT_OF_ALL)?;
            return Ok(lists.iter().map(|list| (list.sale, list.entry)).collect());
        }
        let mut recent = Vec::new();
        for reference in references {
            let mark = mark(keys, MarkKind::Holder, reference.as_str());
            let found = reader.marked(mark, (i64::MIN, AFTER_ALL), MAX_RECENT)?;
            recent.extend(found.iter().map(|found| (found.sale, found.entry)));
        }
        Ok(recent)
    }

    /// What the insurance is to pay of a sale's basket, by article.
    fn goods_of(&self, sale: &Sale) -> Result<Vec<Goods>, DeskError> {
        let lines = sale.basket.lines().iter();
        let insured = lines.filter(|line| line.tender == Tender::Insurance);
        let goods: Vec<_> = insured
            .map(|line| self.goods(line))
            .collect::<Result<_, _>>()?;
        Ok(gather(goods))
    }

    fn goods(&self, line: &BasketLine) -> Result<Goods, DeskError> {
        let known = self.known_line(line)?;
        let offered = &line.offered;
        let code = offered.code.clone().or(known.code);
        let (region, today) = (&self.setup.store.region, self.clock.today());
        let duty = code.as_ref();
        let duty = duty.and_then(|code| self.pack.trace_duty(code.class(), region, today));
        Ok(Goods {
            sku: offered.sku.clone().or(known.sku),
            code,
            name: offered.name.clone(),
            amount: line.amount,
            lines: 1,
            needs_codes: matches!(duty, Some(TraceDuty::Code(_))),
            is_coded: !line.packs.is_empty() && !line.lacks_packs(),
            packs: line.packs.clone(),
        })
    }
}

/// May two sales be one person's? Where one of them names nobody, the same till speaks for it.
fn is_same_buyer(one: &Sale, other: &Sale) -> bool {
    match (one.is_named(), other.is_named()) {
        (true, true) => one.is_same_person(other),
        _ => one.till == other.till,
    }
}
