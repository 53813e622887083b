//! Goods of a sale: what a settlement hands over, what a reversal takes back, what the list shows.

use jiff::ToSpan;
use pharmacy_decision::facts::{Tender, content_of};
use pharmacy_protocol::person::PersonRef;
use pharmacy_protocol::term::{
    EntryIndex, Fen, InsuranceCode, Quantity, Sku, StaffId, TraceCode, TracePrefix,
};

use crate::core::attempt::Settled;
use crate::core::correction::CorrectionError;
use crate::core::sale::Sale;
use crate::list::record::marked;
use crate::list::{ListLine, PurchaseList};
use crate::prescription::told::patient_of;
use crate::step::{At, Write};
use crate::{Desk, DeskError};
use pharmacy_journal::store::{
    MappingRow, MappingSource, Mark, MarkKind, PackDigest, PackEvent, PackEventKind, PackRow,
    PackStatus, StoreError, SupplyRow, Transaction,
};

/// Supplies are kept as long as the longest payment course can look back, and a margin.
const SUPPLY_DAYS: i32 = 800;

/// Goods that a settlement handed over, or a reversal takes back.
pub(crate) struct Sold {
    patient: Option<PersonRef>,
    lines: Vec<SoldLine>,
}

struct SoldLine {
    number: u32,
    sku: Option<Sku>,
    code: Option<InsuranceCode>,
    tender: Tender,
    quantity: Quantity,
    days: Option<u32>,
    packs: Vec<(PackDigest, Option<TracePrefix>)>,
    /// Whether the quantity counts pieces of split packs.
    split: Option<bool>,
    /// How many pieces a pack holds.
    content: Option<Quantity>,
}

impl Desk {
    /// The goods of a sale, as rows will have them.
    pub(crate) fn sold(&self, sale: &Sale) -> Result<Sold, DeskError> {
        let mut lines = Vec::with_capacity(sale.basket.lines().len());
        for line in sale.basket.lines() {
            let known = self.known_line(line)?;
            let mut packs = Vec::with_capacity(line.packs.len());
            for code in &line.packs {
                let digest = self.journal.keys().trace_digest(code);
                packs.push((digest, self.unknown_prefix(code)?));
            }
            lines.push(SoldLine {
                number: line.number,
                days: line.supply_days(&known).known().copied(),
                sku: line.offered.sku.clone().or(known.sku),
                code: line.offered.code.clone(),
                tender: line.tender,
                quantity: line.quantity,
                packs,
                split: line.split,
                content: content_of(&known.spec),
            });
        }
        Ok(Sold {
            patient: patient_of(sale).0.known().cloned(),
            lines,
        })
    }

    /// The prefix of a pack where nobody knows whose it is: it belongs to what is sold under it.
    pub(crate) fn unknown_prefix(
        &self,
        code: &TraceCode,
    ) -> Result<Option<TracePrefix>, DeskError> {
        let Some(prefix) = code.prefix() else {
            return Ok(None);
        };
        let product = self.product(&prefix, None, None)?;
        Ok(product.known().is_none().then_some(prefix))
    }

    /// The purchase list of a settlement.
    pub(crate) fn purchase(
        &self,
        sale: &Sale,
        settled: &Settled,
        msgid: &str,
        verdict: Option<EntryIndex>,
    ) -> Result<PurchaseList, DeskError> {
        let mut lines = Vec::with_capacity(sale.basket.lines().len());
        for line in sale.basket.lines() {
            let name = self.line_name(line)?;
            let known = self.known_line(line)?;
            lines.push(ListLine {
                number: line.number,
                sku: line.offered.sku.clone().or(known.sku),
                code: line.offered.code.clone().or(known.code),
                name,
                spec: known.spec,
                lot: line.lot().map(ToOwned::to_owned),
                last_day: line.last_day(),
                trace_codes: line.packs.clone(),
                quantity: line.quantity,
                price: line.price,
                amount: line.amount,
                tender: line.tender,
            });
        }
        let total = Fen::checked_sum(lines.iter().map(|line| line.amount)).unwrap_or_default();
        Ok(PurchaseList {
            sale: sale.id.clone(),
            store: self.setup.store.code.clone(),
            store_name: self.setup.store.name.clone(),
            till: sale.till.clone(),
            operator: sale.operator.clone(),
            pharmacists: self.reviewers_of(sale)?,
            receipt: sale.receipt.clone(),
            settled_ms: self.clock.now_ms(),
            fund: sale.fund,
            holder: sale.roles.holder_shown.clone(),
            patient: sale.roles.patient_shown.clone(),
            buyer: sale.roles.buyer_shown.clone(),
            lines,
            total,
            insurance: settled.insurance,
            cash: settled.cash,
            settlement: settled.settlement.clone(),
            msgid: msgid.to_owned(),
            origin: self.journal.origin().to_string(),
            verdict,
        })
    }
}

impl Desk {
    /// Who reviewed what a sale rests on, each once.
    fn reviewers_of(&self, sale: &Sale) -> Result<Vec<StaffId>, DeskError> {
        let mut reviewers: Vec<StaffId> = Vec::new();
        for (reviewer, _) in self.reviews_of(sale)? {
            if !reviewers.contains(&reviewer) {
                reviewers.push(reviewer);
            }
        }
        Ok(reviewers)
    }
}

/// Packs that a step takes or lets go.
///
/// A refusal of the pack table (sold before, held elsewhere) is a fact that the verdict named; the row
/// stays as it was, and what the till reports is recorded all the same.
struct Packs {
    released: Vec<PackDigest>,
    claimed: Vec<PackDigest>,
}

impl Write for Packs {
    fn write(self: Box<Self>, at: &At<'_>) -> Result<(), DeskError> {
        let counter = at.sale.id.counter();
        for pack in &self.released {
            let _ = at.transaction.release_pack(pack, counter, at.index)?;
        }
        for pack in &self.claimed {
            let _ = at.transaction.claim_pack(pack, counter, at.index)?;
        }
        Ok(())
    }
}

/// Packs that left the basket are let go, those in it are held.
pub(crate) fn reclaiming(mut before: Vec<PackDigest>, after: Vec<PackDigest>) -> impl Write {
    before.retain(|pack| !after.contains(pack));
    Packs {
        released: before,
        claimed: after,
    }
}

/// Lets go of packs that the sale holds.
pub(crate) fn releasing(packs: Vec<PackDigest>) -> impl Write {
    Packs {
        released: packs,
        claimed: Vec::new(),
    }
}

/// Hands goods over.
pub(crate) fn selling(sold: Sold) -> impl Write {
    move |at: &At<'_>| {
        sold.sell(at)?;
        // After a reversal that was itself undone the goods are sold again, and so they stand.
        at.transaction.restore_lists(at.sale.id.counter())?;
        sold.mark_packs(at.transaction, at.sale)?;
        Ok(())
    }
}

/// Takes goods back.
pub(crate) fn returning(returned: Sold) -> impl Write {
    move |at: &At<'_>| {
        let counter = at.sale.id.counter();
        returned.take_back(at.transaction, counter, at.index)?;
        at.transaction.take_lists_back(counter, at.index)?;
        Ok(())
    }
}

impl SoldLine {
    /// How much of a scanned pack the line takes: all of it, or a part of a split one (拆零). Of several split
    /// packs all but the last are used up, as far as it is known how much they hold.
    fn share(&self, place: usize) -> Quantity {
        if self.split != Some(true) {
            let is_whole = self.split == Some(false) || self.quantity.as_whole().is_some();
            return if is_whole {
                Quantity::whole(1)
            } else {
                self.quantity
            };
        }
        let is_last = place.saturating_add(1) >= self.packs.len();
        let content = self.content.unwrap_or_default().units();
        let before = content.saturating_mul(i64::try_from(place).unwrap_or(i64::MAX));
        let left = self.quantity.units().saturating_sub(before).max(0);
        match is_last || content == 0 {
            true => Quantity::new(left),
            false => Quantity::new(left.min(content)),
        }
    }

    /// What becomes of a pack of which so much was sold before.
    fn event(&self, place: usize, before: Quantity) -> PackEventKind {
        let is_part = match self.split {
            Some(is_split) => is_split,
            None => self.quantity.as_whole().is_none(),
        };
        let sold = before.units().saturating_add(self.share(place).units());
        let is_used_up = self.content.is_some_and(|content| sold >= content.units());
        if is_part && !(self.split == Some(true) && is_used_up) {
            PackEventKind::PartSold
        } else {
            PackEventKind::Sold
        }
    }
}

/// What a line took of one of its packs.
pub(crate) struct Taken<'s> {
    line: &'s SoldLine,
    place: usize,
}

impl Taken<'_> {
    /// How much: one pack, or pieces.
    pub(crate) fn quantity(&self) -> Quantity {
        self.line.share(self.place)
    }

    fn is_pieces(&self) -> bool {
        self.line.split == Some(true)
    }

    /// Is that in a pack's row? Of a split pack others may have had a part since; one that was sold whole
    /// is not counted in pieces.
    pub(crate) fn is_of(&self, row: &PackRow, sale: u64) -> bool {
        let is_sold = row.status == PackStatus::Sold;
        if !self.is_pieces() {
            return is_sold && row.quantity == Quantity::whole(1) && row.sale == Some(sale);
        }
        let is_used_up = self
            .line
            .content
            .is_some_and(|content| row.quantity >= content);
        let is_counted = row.status == PackStatus::PartSold || (is_sold && is_used_up);
        is_counted && row.quantity >= self.quantity()
    }

    /// What becomes of another pack of which as much is taken instead.
    pub(crate) fn exchanged(&self, row: Option<PackRow>) -> Result<PackEventKind, CorrectionError> {
        let before = match row {
            None => Quantity::default(),
            Some(row) if row.status == PackStatus::Available => Quantity::default(),
            Some(row) if row.status == PackStatus::PartSold && self.is_pieces() => row.quantity,
            Some(_) => return Err(CorrectionError::Sold),
        };
        let sum = before.units().saturating_add(self.quantity().units());
        let content = self.line.content.filter(|_| self.is_pieces());
        match content.is_some_and(|content| sum > content.units()) {
            true => Err(CorrectionError::TooFewPieces),
            false => Ok(self.line.event(self.place, before)),
        }
    }
}

impl Sold {
    /// What a line took of one of its packs.
    pub(crate) fn taken(&self, line: u32, pack: &PackDigest) -> Option<Taken<'_>> {
        let line = self.lines.iter().find(|sold| sold.number == line)?;
        let place = line.packs.iter().position(|(digest, _)| digest == pack)?;
        Some(Taken { line, place })
    }

    /// Leads from each pack to the list, also from packs whose codes come after the settlement (R13).
    fn mark_packs(&self, transaction: &Transaction<'_>, sale: &Sale) -> Result<(), StoreError> {
        let counter = sale.id.counter();
        let list = match sale.list {
            Some(entry) => transaction.find_list(counter, entry)?,
            None => None,
        };
        let Some(list) = list.map(|row| marked(&row)) else {
            return Ok(());
        };
        let packs = self.lines.iter().flat_map(|line| &line.packs);
        for (pack, _) in packs {
            let mark = Mark {
                kind: MarkKind::Trace,
                digest: (*pack).into(),
            };
            transaction.add_mark(mark, list, Fen::ZERO)?;
        }
        Ok(())
    }

    fn sell(&self, at: &At<'_>) -> Result<(), StoreError> {
        let (transaction, sale) = (at.transaction, at.sale.id.counter());
        let (entry, today) = (at.index, at.today);
        // A sale that is settled twice handed its goods over once.
        if let Some(patient) = &self.patient {
            transaction.remove_supplies(patient, sale)?;
        }
        for line in &self.lines {
            for (place, (pack, prefix)) in line.packs.iter().enumerate() {
                let before = transaction.pack(pack)?.map(|row| row.quantity);
                let event = PackEvent {
                    kind: line.event(place, before.unwrap_or_default()),
                    sale,
                    entry,
                    quantity: line.share(place),
                };
                let _ = transaction.sell_pack(pack, &event)?;
                if let (Some(prefix), Some(sku)) = (prefix, &line.sku) {
                    transaction.put_trace_prefix(prefix, sku)?;
                }
            }
            if let (Tender::Insurance, Some(sku), Some(code)) = (line.tender, &line.sku, &line.code)
            {
                let mapping = MappingRow {
                    code: code.clone(),
                    source: MappingSource::Settled,
                };
                transaction.put_mapping(sku, &mapping)?;
            }
            let Some(patient) = &self.patient else {
                continue;
            };
            let supply = SupplyRow {
                on: today,
                sale,
                line: line.number,
                code: line.code.clone(),
                sku: line.sku.clone(),
                quantity: line.quantity,
                days: line.days,
                entry,
                erase_after: today.checked_add(SUPPLY_DAYS.days()).unwrap_or(today),
            };
            transaction.add_supply(patient, &supply)?;
        }
        Ok(())
    }

    fn take_back(
        &self,
        transaction: &Transaction<'_>,
        sale: u64,
        entry: EntryIndex,
    ) -> Result<(), StoreError> {
        for line in &self.lines {
            for (place, (pack, _)) in line.packs.iter().enumerate() {
                let _ = transaction.return_pack(pack, sale, entry, line.share(place))?;
            }
        }
        if let Some(patient) = &self.patient {
            transaction.remove_supplies(patient, sale)?;
        }
        Ok(())
    }
}
