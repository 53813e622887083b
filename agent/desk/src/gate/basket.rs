//! The basket of a relayed sale: lines from messages, packs from scans, and what of an earlier basket
//! stays good.

use pharmacy_decision::Fact;
use pharmacy_decision::facts::{Offered, SupplyException};
use pharmacy_decision::pack::Join;
use pharmacy_protocol::term::{Fen, Quantity, TraceCode};

use super::call::Arriving;
use super::name::Asked;
use crate::core::basket::{Basket, BasketLine, Label, MAX_PACKS};
use crate::core::release::HeldRelease;
use crate::core::sale::Sale;
use crate::{Desk, DeskError};
use pharmacy_interface::{FeeLine, Settlement, UnreadLine, ViewError};
use pharmacy_journal::store::NameKind;

impl Desk {
    /// The lines of the sale with this message in it; none where the message adds none.
    ///
    /// A visit's lines come in several uploads, and an upload may be repeated: what `known` bears
    /// already is not added again.
    pub(super) fn basket_lines(
        &self,
        sale: &mut Sale,
        asked: &Asked<'_>,
        known: u64,
    ) -> Result<Option<Vec<BasketLine>>, DeskError> {
        let settlement = asked.settlement;
        let is_visit = asked.arriving.table.join == Join::Visit;
        let mut fresh = Vec::with_capacity(settlement.lines.len());
        for line in &settlement.lines {
            let name = self.fee_line_name(line, asked.person());
            let is_uploaded = match name.filter(|_| is_visit && known != 0) {
                Some(name) => self.bearer(NameKind::FeeLine, &name)? == Some(known),
                None => false,
            };
            if !is_uploaded {
                fresh.push(line);
            }
        }
        if fresh.is_empty() {
            return Ok(None);
        }
        let Some(relay) = &mut sale.relay else {
            return Ok(None);
        };
        let is_resettled = relay.follows.is_some();
        let mut lines = Vec::new();
        let mut before = 0;
        if is_visit {
            lines.extend_from_slice(sale.basket.lines());
            before = lines.iter().map(|line| line.number).max().unwrap_or(0);
        } else {
            relay.serials.clear();
        }
        for line in fresh {
            // As the message counts: a line that cannot be read keeps its place.
            let number = before.saturating_add(line.number);
            lines.push(basket_line(line, number, is_resettled));
            let serial = line.serial.iter().map(|serial| (number, serial.clone()));
            relay.serials.extend(serial);
        }
        let rest = remaining(settlement);
        let unread = settlement.unread.iter();
        lines.extend(unread.map(|line| {
            let number = before.saturating_add(line.number);
            unread_line(line, number, rest)
        }));
        lines.sort_by_key(|line| line.number);
        Ok(Some(lines))
    }

    /// Puts a basket into the sale, with the codes that were scanned for it before it came, and says
    /// which codes it holds.
    pub(super) fn refill(
        &mut self,
        sale: &mut Sale,
        basket: Basket,
        arriving: &Arriving,
    ) -> Result<Vec<TraceCode>, DeskError> {
        let print = basket.fingerprint();
        let before = std::mem::take(&mut sale.basket);
        let is_same = sale
            .relay
            .as_ref()
            .is_some_and(|relay| relay.fingerprint == print);
        if !is_same {
            sale.prescriptions.clear();
            // What was released of a line was released of that line; one that says what for is asked for
            // it whenever the sale is judged.
            let is_told = |held: &HeldRelease| held.line.is_none() || held.covers.is_some();
            sale.releases.retain(is_told);
            if let Some(relay) = &mut sale.relay {
                relay.calculated = None;
            }
        }
        let mut lines = basket.lines().to_vec();
        take_photos_over(&before, &mut lines);
        for line in &mut lines {
            let known = before.lines().iter();
            let mut known = known.filter(|known| known.offered == line.offered);
            if let (true, Some(known)) = (is_same, known.next()) {
                line.registration = known.registration.clone();
                line.class = known.class.clone();
                line.exception = line.exception.or(known.exception);
                line.days = match &line.days {
                    Fact::Known(days) => Fact::Known(*days),
                    Fact::Missing(_) => known.days.clone(),
                };
            }
        }
        let scanned = before.lines().iter().flat_map(|line| line.packs.clone());
        let mut loose: Vec<TraceCode> = scanned.collect();
        let (seats, counter) = (&mut self.memory.seats, sale.id.counter());
        let waiting = seats.waiting_for(arriving.till(), counter, arriving.now_ms);
        loose.extend(waiting.iter().map(|pack| pack.code.clone()));
        let labels = before.lines().iter().flat_map(|line| line.labels.clone());
        let labels: Vec<Label> = labels.chain(waiting).filter(Label::says_more).collect();
        // A code that the message itself names for a line is no other line's.
        let named = lines.iter().flat_map(|line| line.packs.clone());
        let mut used: Vec<TraceCode> = named.collect();
        for line in &mut lines {
            self.adopt(line, &loose, &mut used)?;
            let known = labels
                .iter()
                .filter(|label| line.packs.contains(&label.code));
            line.labels = known.cloned().collect();
        }
        sale.basket = Basket::relayed(lines)?;
        if let Some(relay) = &mut sale.relay {
            relay.fingerprint = print;
            relay.touched_ms = arriving.now_ms;
        }
        Ok(used)
    }

    /// Gives a line the loose codes that are its article's and no other line's, up to its quantity;
    /// what the message itself carries comes first.
    fn adopt(
        &self,
        line: &mut BasketLine,
        loose: &[TraceCode],
        used: &mut Vec<TraceCode>,
    ) -> Result<(), DeskError> {
        let needed = line.packs_needed().saturating_sub(line.photos.len());
        let needed = needed.min(MAX_PACKS);
        if loose.is_empty() || line.packs.len() >= needed {
            return Ok(());
        }
        let Some(found) = self.find_article(&line.offered)? else {
            return Ok(());
        };
        for code in loose {
            if line.packs.len() >= needed {
                break;
            }
            if !used.contains(code) && self.is_pack_of(&found, code)? {
                line.packs.push(code.clone());
                used.push(code.clone());
            }
        }
        Ok(())
    }
}

/// The photo of a box goes with its article, whatever else of the basket changed: the box is the same one.
fn take_photos_over(before: &Basket, lines: &mut [BasketLine]) {
    for known in before.lines().iter().filter(|line| !line.photos.is_empty()) {
        let same = |line: &&mut BasketLine| line.offered == known.offered && line.photos.is_empty();
        if let Some(line) = lines.iter_mut().find(same) {
            line.photos.clone_from(&known.photos);
            line.photos.truncate(line.packs_needed());
        }
    }
}

/// Gives lines of another call the codes that this message names for them.
pub(super) fn join_loose(sale: &Sale, lines: &mut [BasketLine], settlement: &Settlement) {
    let Some(relay) = &sale.relay else { return };
    for loose in &settlement.loose_packs {
        let named = relay.serials.iter();
        let mut named = named.filter(|(_, serial)| Some(serial) == loose.serial.as_ref());
        let number = named.next().map(|(number, _)| *number);
        let Some(line) = lines.iter_mut().find(|line| Some(line.number) == number) else {
            continue;
        };
        for code in &loose.packs {
            if !line.packs.contains(code) && line.packs.len() < MAX_PACKS {
                line.packs.push(code.clone());
            }
        }
    }
}

pub(super) fn offered(line: &FeeLine) -> Offered {
    Offered {
        sku: line.sku.clone(),
        code: line.code.clone(),
        name: line.name.clone(),
        barcode: None,
    }
}

fn basket_line(line: &FeeLine, number: u32, is_resettled: bool) -> BasketLine {
    let sums = (line.quantity, line.price, line.amount);
    BasketLine {
        packs: line.packs.clone(),
        days: line.days.map_or_else(Fact::default, Fact::Known),
        exception: is_resettled.then_some(SupplyException::Resettlement),
        split: line.split,
        ..BasketLine::new(number, offered(line), sums)
    }
}

/// What of a bill's whole is left for the only line whose amount is not read.
fn remaining(settlement: &Settlement) -> Option<Fen> {
    let unread = settlement.unread.iter();
    let without = unread.filter(|line| line.amount.is_none()).count();
    let known = settlement.unread.iter().filter_map(|line| line.amount);
    let amounts = settlement.lines.iter().map(|line| line.amount).chain(known);
    let left = settlement.total?.checked_sub(Fen::checked_sum(amounts)?)?;
    (without == 1 && left >= Fen::ZERO).then_some(left)
}

/// A line that could not be read: nobody knows what it is, so nobody can say that it may be paid. It says
/// no article, whatever it named.
fn unread_line(line: &UnreadLine, number: u32, rest: Option<Fen>) -> BasketLine {
    let quantity = line.quantity.filter(|quantity| quantity.is_positive());
    let sums = (
        quantity.unwrap_or(Quantity::whole(1)),
        line.price.unwrap_or_default(),
        line.amount.or(rest).unwrap_or_default(),
    );
    BasketLine::new(number, Offered::default(), sums)
}

/// Whether there are lines to judge: those of a visit came in other calls. Whether they make the total
/// is for the rules to say.
pub(crate) fn is_complete(basket: &Basket) -> Result<(), ViewError> {
    match basket.lines() {
        [] => Err(ViewError::Member("lines")),
        [..] => Ok(()),
    }
}
