//! Goods without code in a sale: what its lines take of the list, and when that follows.
//!
//! In scope: sales on their way and settled. Out of scope: the list itself (`stock`).

use std::collections::BTreeMap;

use pharmacy_decision::facts::{Line, NoCodeLot, Split, in_packs, uncoded};
use pharmacy_decision::record::sale::SaleStep;
use pharmacy_protocol::term::{Quantity, Sku};

use crate::core::attempt::{AttemptState, Direction};
use crate::core::basket::{BasketLine, Known};
use crate::core::sale::Sale;
use crate::step::{At, Step};
use crate::stock::{Allotment, Shares, Uncoded, giving_back, taking};
use crate::{Desk, DeskError};
use pharmacy_journal::store::DueKind;

/// What a line lacks, and what of it the list has.
struct Lack {
    sku: Sku,
    quantity: Quantity,
    shares: Vec<NoCodeLot>,
}

impl Lack {
    fn is_covered(&self) -> bool {
        let shares = self.shares.iter().map(|share| share.quantity.units());
        shares.fold(0_i64, i64::saturating_add) >= self.quantity.units()
    }
}

impl Desk {
    /// What a line would take of goods from before the duty to scan.
    pub(super) fn take_no_code(
        &self,
        allotment: &mut Allotment,
        fact: &Line,
        (line, known): (&BasketLine, &Known),
    ) -> Result<Vec<NoCodeLot>, DeskError> {
        self.allot_line(allotment, (line, known), fact.uncoded())
    }

    fn allot_line(
        &self,
        allotment: &mut Allotment,
        (line, known): (&BasketLine, &Known),
        quantity: Quantity,
    ) -> Result<Vec<NoCodeLot>, DeskError> {
        let sku = known.sku.as_ref().or(line.offered.sku.as_ref());
        let code = line.offered.code.as_ref().or(known.code.as_ref());
        let (Some(sku), Some(code)) = (sku, code) else {
            return Ok(Vec::new());
        };
        let uncoded = Uncoded {
            sku,
            code,
            tender: line.tender,
            quantity,
            lot: line.lot(),
        };
        self.allot(allotment, &uncoded)
    }

    /// What the lines of a sale lack, with what of it the list has. Nothing is looked up of a line that has
    /// its codes.
    fn lacks(&self, sale: &Sale, mut allotment: Allotment) -> Result<Vec<Lack>, DeskError> {
        let mut lacks = Vec::new();
        for line in sale.basket.lines().iter().filter(|line| line.lacks_packs()) {
            let known = self.known_line(line)?;
            let found = self.find_article(&line.offered)?;
            let split = found.map(|found| found.article.split);
            let quantity = match line.split {
                Some(true) if line.coded() == 0 => in_packs(line.quantity, Some(&known.spec)),
                Some(true) => uncoded(line.quantity, line.coded(), Some(Split::Allowed)),
                Some(false) => uncoded(line.quantity, line.coded(), Some(Split::Whole)),
                None => uncoded(line.quantity, line.coded(), split),
            };
            let sku = known.sku.clone().or_else(|| line.offered.sku.clone());
            let (Some(sku), true) = (sku, quantity.is_positive()) else {
                continue;
            };
            lacks.push(Lack {
                shares: self.allot_line(&mut allotment, (line, &known), quantity)?,
                sku,
                quantity,
            });
        }
        Ok(lacks)
    }

    /// What a sale that is about to leave, or settled, takes of the list.
    pub(crate) fn no_code_shares(&self, sale: &Sale) -> Result<Shares, DeskError> {
        let lacks = self.lacks(sale, Allotment::new(self.clock.today()))?;
        Ok(Shares::of_lots(lacks.iter().flat_map(|lack| &lack.shares)))
    }

    /// What a report of an attempt means for goods without code: a settlement that stands has taken its
    /// share, one that neither stands nor may stand gives it back.
    pub(super) fn follow_no_code(
        &self,
        sale: &Sale,
        stood: bool,
        step: Step,
    ) -> Result<Step, DeskError> {
        let is_under_way = sale.attempts.iter().any(|attempt| {
            attempt.direction == Direction::Settlement
                && matches!(
                    attempt.state,
                    AttemptState::InDoubt | AttemptState::Intended
                )
        });
        let stands = sale.settlement().is_some();
        if !stands && !is_under_way {
            return Ok(step.writing(giving_back()));
        }
        let counter = sale.id.counter();
        if !stands || stood || !self.journal.reader().no_code_taken(counter)?.is_empty() {
            return Ok(step);
        }
        let shares = self.no_code_shares(sale)?;
        Ok(match shares.is_empty() {
            true => step,
            false => step.writing(taking(shares)),
        })
    }

    /// Whether what a settled sale still lacks in codes is of the list, now that none came: then nothing is
    /// overdue. What the list has for it is taken.
    pub(crate) fn cover_overdue(&mut self, sale: &Sale) -> Result<bool, DeskError> {
        let counter = sale.id.counter();
        let mut taken: BTreeMap<Sku, i64> = BTreeMap::new();
        for (goods, quantity) in self.journal.reader().no_code_taken(counter)? {
            let sum = taken.entry(goods.sku).or_default();
            *sum = sum.saturating_add(quantity.units());
        }
        let lacks = self.lacks(sale, Allotment::overdue(self.clock.today()))?;
        if lacks.is_empty() {
            return Ok(false);
        }
        let mut wanted: BTreeMap<&Sku, i64> = BTreeMap::new();
        for lack in &lacks {
            let sum = wanted.entry(&lack.sku).or_default();
            *sum = sum.saturating_add(lack.quantity.units());
        }
        let is_taken = wanted
            .iter()
            .all(|(sku, wanted)| taken.get(*sku).is_some_and(|taken| taken >= wanted));
        let mut step = Step::telling(&SaleStep::NoCodeUsed {})?;
        if !is_taken {
            if !lacks.iter().all(Lack::is_covered) {
                return Ok(false);
            }
            let shares = Shares::of_lots(lacks.iter().flat_map(|lack| &lack.shares));
            step = step.writing(taking(shares));
        }
        let step = step.writing(move |at: &At<'_>| {
            Ok(at.transaction.remove_due(DueKind::TraceCodes, counter)?)
        });
        let _ = self.record_step(sale.clone(), step)?;
        Ok(true)
    }
}
