//! Doubles that packs prove: a pack of a sale is in a settlement that is under way, in doubt, or stands.
//!
//! LAW: R13, R19. The own settlement comes first, whoever else's packs are in the basket: what was paid is not paid
//! again with another box. Out of scope: doubles without such a pack (`likely`).

use pharmacy_decision::facts::{Split, Stage, Tender};
use pharmacy_protocol::term::TraceCode;

use crate::core::basket::BasketLine;
use crate::core::double::{Double, PACK_SOLD, Turned};
use crate::core::sale::Sale;
use crate::{Desk, DeskError};
use pharmacy_journal::store::PackStatus;

impl Desk {
    /// The settlement that packs of a sale prove that it doubles, or whose pack is another customer's.
    pub(crate) fn pack_double(&self, sale: &Sale) -> Result<Option<Turned>, DeskError> {
        // While a store is commissioned, another person's pack is a matter for the rules, which warn: a
        // counter where one box is scanned for ten is to learn, not to close.
        let is_operating = self.stage(self.clock.now_ms()) == Stage::Operating;
        let mut sold = None;
        for line in sale.basket.lines() {
            let codes = line.packs.iter();
            for code in codes.filter(|_| line.tender == Tender::Insurance) {
                let Some((other, double)) = self.settled_with(sale, line, code)? else {
                    continue;
                };
                if other.is_same_person(sale) {
                    return Ok(Some(Turned::at(&other, double)));
                }
                if is_operating && sold.is_none() {
                    sold = Some(Turned {
                        sale: None,
                        code: PACK_SOLD,
                        named: self.line_name(line)?,
                    });
                }
            }
        }
        Ok(sold)
    }

    /// The live sale that has a pack of a line, which is not sold in pieces.
    fn settled_with(
        &self,
        sale: &Sale,
        line: &BasketLine,
        code: &TraceCode,
    ) -> Result<Option<(Sale, Double)>, DeskError> {
        let digest = self.journal.keys().trace_digest(code);
        let row = self.journal.reader().pack(&digest)?;
        let taken = row.filter(|row| matches!(row.status, PackStatus::Claimed | PackStatus::Sold));
        let other = taken.and_then(|row| row.sale);
        let Some(counter) = other.filter(|other| *other != sale.id.counter()) else {
            return Ok(None);
        };
        let article = self.find_article(&line.offered)?;
        let is_split = line.split == Some(true)
            || article.is_some_and(|found| found.article.split == Split::Allowed);
        match is_split {
            true => Ok(None),
            false => self.live(counter),
        }
    }

    /// A sale whose settlement is under way, in doubt, or stands.
    pub(crate) fn live(&self, counter: u64) -> Result<Option<(Sale, Double)>, DeskError> {
        let sale = self.load_counter(counter)?;
        Ok(sale.and_then(|sale| sale.double().map(|double| (sale, double))))
    }
}
