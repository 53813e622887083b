//! A wrong box scanned, put right after the settlement (R13): which code of which sale is another one.
//!
//! The box that was recorded can be sold again, the one that was handed over is sold. The list stays as it was
//! recorded; entry, sale and page say what became of it. Of a split pack the pieces go back to the one and are
//! taken from the other, as far as it holds them. Out of scope: the platform's record, which the till
//! corrects by 3506 and 3505: it is reminded.

use pharmacy_decision::Fact;
use pharmacy_decision::facts::PackProduct;
use pharmacy_protocol::act::ActKind;
use pharmacy_protocol::record::sale::CorrectedPack;
use pharmacy_protocol::term::{Fen, Quantity, SaleId, TraceCode};

use crate::core::correction::{Correction, CorrectionError, check_day};
use crate::core::sale::Sale;
use crate::core::staff::{Duty, StaffError};
use crate::list::record::marked;
use crate::staff::{Act, Post, SignedAct};
use crate::step::{At, Step, Write};
use crate::{Caller, Credentials, Desk, DeskError, DeskHandle, Done, Place};
use pharmacy_base::clock::day_of;
use pharmacy_journal::store::{
    Mark, MarkKind, PackChange, PackDigest, PackEvent, PackEventKind, PackStatus,
};

/// What is put right.
#[derive(Clone, Debug)]
pub struct WrongBox {
    pub sale: SaleId,
    /// What was scanned.
    pub wrong: TraceCode,
    /// What was handed over.
    pub right: TraceCode,
}

/// What is exchanged, and in which sale.
struct Exchange {
    sale: Sale,
    line: u32,
    settlement: String,
    /// How much of a pack: one, or pieces.
    quantity: Quantity,
    /// What becomes of the one that was handed over.
    kind: PackEventKind,
}

impl Desk {
    /// The sale, its line and its settlement, if the box can be put right.
    fn find_wrong_box(&mut self, it: &WrongBox) -> Result<Exchange, DeskError> {
        self.refresh_catalogue()?;
        if it.sale.log() != self.journal.keys().log() {
            return Err(DeskError::UnknownSale);
        }
        let sale = self.load_counter(it.sale.counter())?;
        let sale = sale.ok_or(DeskError::UnknownSale)?;
        let settled = sale.settlement().ok_or(CorrectionError::TakenBack)?;
        let settlement = settled.settlement.clone();
        let lines = sale.basket.lines();
        let has = |code: &TraceCode| {
            let mut lines = lines.iter();
            lines.find(|line| line.packs.contains(code))
        };
        let line = has(&it.wrong).filter(|_| has(&it.right).is_none());
        let line = line.ok_or(CorrectionError::NoSuchCode)?;
        self.demand_in_time(&sale, line)?;
        let keys = self.journal.keys();
        let reader = self.journal.reader();
        let (wrong, right) = (keys.trace_digest(&it.wrong), keys.trace_digest(&it.right));
        let sold = self.sold(&sale)?;
        let taken = sold.taken(line.number, &wrong);
        let taken = taken.ok_or(CorrectionError::NoSuchCode)?;
        let held = reader.pack(&wrong)?;
        // Of a split pack, the next customer's basket.
        if held.is_some_and(|row| row.status == PackStatus::Claimed) {
            return Err(CorrectionError::Sold.into());
        }
        if !held.is_some_and(|row| taken.is_of(&row, sale.id.counter())) {
            return Err(CorrectionError::NoSuchCode.into());
        }
        let kind = taken.exchanged(reader.pack(&right)?)?;
        if !self.is_same_article(line, &it.right)? {
            return Err(CorrectionError::OtherArticle.into());
        }
        Ok(Exchange {
            line: line.number,
            settlement,
            quantity: taken.quantity(),
            kind,
            sale,
        })
    }

    fn demand_in_time(
        &self,
        sale: &Sale,
        line: &crate::core::basket::BasketLine,
    ) -> Result<(), DeskError> {
        let entry = sale.list.ok_or(DeskError::NoList)?;
        let row = self.journal.reader().find_list(sale.id.counter(), entry)?;
        let settled = day_of(row.ok_or(DeskError::NoList)?.settled_ms);
        let code = match &line.offered.code {
            Some(code) => Some(code.clone()),
            None => self.known_line(line)?.code,
        };
        let today = self.clock.today();
        let region = &self.setup.store.region;
        let terms = code.and_then(|code| self.pack.trace_terms(code.class(), region, today));
        let days = terms.map_or(0, |terms| terms.correct_days);
        Ok(check_day(settled, days, today)?)
    }

    /// Is a box surely of a line's article? By its prefix, which only makers' own codes lack: one of those
    /// names no article.
    fn is_same_article(
        &self,
        line: &crate::core::basket::BasketLine,
        code: &TraceCode,
    ) -> Result<bool, DeskError> {
        let Some(prefix) = code.prefix() else {
            return Ok(false);
        };
        let found = self.find_article(&line.offered)?;
        let sku = match &found {
            Some(found) => Some(found.sku.clone()),
            None => line.offered.sku.clone(),
        };
        let article = found.as_ref().map(|found| &found.article);
        let product = self.product(&prefix, sku.as_ref(), article)?;
        Ok(product == Fact::Known(PackProduct::Same))
    }

    /// As what somebody on duty signs: in charge, else as a pharmacist.
    fn signing_duty(&self, by: &Credentials) -> Result<Duty, DeskError> {
        let on_duty = self.on_duty()?;
        let mut here = on_duty.iter().filter(|one| one.staff == by.staff);
        let one = here.next().ok_or(StaffError::OffDuty)?;
        match (one.is_in_charge, one.is_pharmacist) {
            (true, _) => Ok(Duty::InCharge),
            (false, true) => Ok(Duty::Pharmacist),
            (false, false) => Err(StaffError::Duty(Duty::Pharmacist).into()),
        }
    }

    fn record_correction(&mut self, it: &WrongBox, signed: SignedAct) -> Result<Done, DeskError> {
        // Looked at again: another till may have sold the box while the PIN was tried.
        let Exchange {
            mut sale,
            line: number,
            settlement,
            quantity,
            kind,
        } = self.find_wrong_box(it)?;
        let record = CorrectedPack {
            line: number,
            wrong: it.wrong.clone(),
            right: it.right.clone(),
            settlement,
        };
        let keys = self.journal.keys();
        let (wrong, right) = (keys.trace_digest(&it.wrong), keys.trace_digest(&it.right));
        sale.basket = sale.basket.with_line(number, |line| {
            line.labels.retain(|label| label.code != it.wrong);
            for pack in &mut line.packs {
                if *pack == it.wrong {
                    *pack = it.right.clone();
                }
            }
        })?;
        sale.corrected.push(Correction {
            line: number,
            wrong: it.wrong.clone(),
            right: it.right.clone(),
            by: signed.staff,
            entry: sale.entry,
        });
        let list = sale.list;
        let step = Step::telling(&record)?
            .with(signed.part)
            .resting_on(list)
            .then(|sale, index| {
                if let Some(correction) = sale.corrected.last_mut() {
                    correction.entry = index;
                }
            })
            .writing(exchanging(wrong, right, (kind, quantity)));
        let _ = self.record_step(sale, step)?;
        Ok(Done::new("counter.box-corrected"))
    }

    fn corrections(&self, id: &SaleId) -> Result<Vec<Correction>, DeskError> {
        if id.log() != self.journal.keys().log() {
            return Err(DeskError::UnknownSale);
        }
        let sale = self.load_counter(id.counter())?;
        Ok(sale.map_or_else(Vec::new, |sale| sale.corrected))
    }
}

/// One pack comes back, the other one is sold; both, or neither.
fn exchanging(
    wrong: PackDigest,
    right: PackDigest,
    (kind, quantity): (PackEventKind, Quantity),
) -> impl Write {
    move |at: &At<'_>| {
        let (transaction, counter) = (at.transaction, at.sale.id.counter());
        let returned = transaction.return_pack(&wrong, counter, at.index, quantity)?;
        let event = PackEvent {
            kind,
            sale: counter,
            entry: at.index,
            quantity,
        };
        let sold = transaction.sell_pack(&right, &event)?;
        if (returned, sold) != (PackChange::Done, PackChange::Done) {
            return Err(CorrectionError::Sold.into());
        }
        if let Some(entry) = at.sale.list
            && let Some(row) = transaction.find_list(counter, entry)?
        {
            let mark = Mark {
                kind: MarkKind::Trace,
                digest: right.into(),
            };
            transaction.add_mark(mark, marked(&row), Fen::ZERO)?;
        }
        Ok(())
    }
}

impl DeskHandle {
    /// Puts a wrong box right, signed by the person in charge or a pharmacist who is signed in.
    pub(crate) async fn correct_box(
        &self,
        caller: Caller,
        place: Place,
        it: WrongBox,
        by: Credentials,
    ) -> Result<Done, DeskError> {
        let (looked, who) = (it.clone(), by.clone());
        let found = self.run(move |desk| {
            let found = desk.find_wrong_box(&looked)?;
            Ok((desk.signing_duty(&who)?, found))
        });
        let (duty, found) = found.await?;
        let (sale, line, settlement) = (found.sale, found.line, found.settlement);
        let mut about = vec![sale.entry];
        about.extend(sale.list);
        let act = Act {
            kind: ActKind::Correct,
            sale: Some(sale.id.clone()),
            about,
            what: serde_json::json!({
                "line": line, "wrong": it.wrong, "right": it.right, "settlement": settlement,
            }),
            reason: None,
        };
        let post = Post::new(&caller, place);
        let signed = self.sign(post, duty, by, act).await?;
        self.run(move |desk| desk.record_correction(&it, signed))
            .await
    }

    /// Boxes of a sale that were put right, the oldest first.
    pub async fn corrections(&self, sale: SaleId) -> Result<Vec<Correction>, DeskError> {
        self.run(move |desk| desk.corrections(&sale)).await
    }
}
