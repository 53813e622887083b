//! Who holds packs, and how long: a sale with which nobody goes on must not keep a box from the next customer.
//!
//! ```text
//! nobody touches it for minutes ─► given up                     (the gateway's sales)
//! another sale has its box      ─► given up, or lets it go       (see [`Desk::free_wanted`])
//! ```
//! In scope: sales before settlement. Out of scope: attempts under way or in doubt, which hold what they hold;
//! closing a sale at the page (`counter::close`).

use pharmacy_decision::record::sale::{SaleStep, Why};

use super::goods::releasing;
use crate::core::sale::Sale;
use crate::step::Step;
use crate::{Desk, DeskError};
use pharmacy_journal::store::{PackStatus, SaleRow};

/// How often it is looked at what nobody touches.
const LOOK_MS: i64 = 60 * 1000;

impl Desk {
    /// Frees packs of a sale that others hold with which nobody goes on: its time is over, its customer went
    /// to another till, or the box lies before the cashier again, under another bill.
    ///
    /// A sale that loses its packs so can still settle: its next verdict says what became of them.
    pub(crate) fn free_wanted(&mut self, sale: &Sale, now_ms: i64) -> Result<(), DeskError> {
        for digest in self.digests(&sale.basket) {
            let row = self.journal.reader().pack(&digest)?;
            let held = row.filter(|row| row.status == PackStatus::Claimed);
            let holder = held.and_then(|row| row.sale);
            let Some(counter) = holder.filter(|holder| *holder != sale.id.counter()) else {
                continue;
            };
            let Some(row) = self.journal.reader().load_sale(counter)? else {
                continue;
            };
            let (other, _) = self.open_row(&row)?;
            if !other.is_open() || other.has_open_attempt() {
                continue;
            }
            match &other.relay {
                Some(_) if !other.is_continued(now_ms) || other.is_same_person(sale) => {
                    self.give_up(other, Why::Lapsed)?;
                }
                Some(_) if other.till == sale.till => self.let_go(other)?,
                // A sale of the local API is its program's to close: it may come back to it.
                None if self.is_idle(&row, now_ms) => self.let_go(other)?,
                Some(_) | None => {}
            }
        }
        Ok(())
    }

    /// Lets go of what a sale holds; it may be gone on with, judged anew.
    fn let_go(&mut self, mut sale: Sale) -> Result<(), DeskError> {
        sale.reopen()?;
        let packs = releasing(self.digests(&sale.basket));
        let step = Step::telling(&SaleStep::LetGo {})?.writing(packs);
        let _ = self.record_step(sale, step)?;
        Ok(())
    }

    fn is_idle(&self, row: &SaleRow, now_ms: i64) -> bool {
        now_ms.saturating_sub(row.updated_ms) >= self.setup.trace.hold_ms()
    }

    /// Gives up what came through the gateway and nobody touched for minutes.
    pub(crate) fn give_up_idle(&mut self) -> Result<(), DeskError> {
        let now_ms = self.clock.now_ms();
        let since = now_ms.saturating_sub(self.memory.looked_idle_ms);
        if (0..LOOK_MS).contains(&since) {
            return Ok(());
        }
        self.memory.looked_idle_ms = now_ms;
        for row in self.journal.reader().open_sales()? {
            if !self.is_idle(&row, now_ms) {
                continue;
            }
            let (sale, _) = self.open_row(&row)?;
            if sale.is_idle_relay() && !sale.is_continued(now_ms) {
                self.give_up(sale, Why::Forgotten)?;
            }
        }
        Ok(())
    }
}
