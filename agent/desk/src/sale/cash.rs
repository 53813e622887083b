//! Packs that a till reports as sold for cash: 3505 without a settlement.
//!
//! ```text
//! 3505, no settlement ─► sold ─┬─ 3506 ─────────────────────────────► for sale again
//!                              └─ receipt's number, signed (退现改医保) ─► settled ─► 3506 due in time
//! ```
//! LAW: R11, R13: a pack that was paid in cash is not settled a second time. Who paid in cash and then
//! finds the card may have it settled: the cash goes back, and the till reports that.
//!
//! Such a sale has a counter and no row: nobody asked the agent about it.
//!
//! Out of scope: 3505 that brings codes of a settlement (`stock`).

use pharmacy_protocol::history::word::PackEventKind;
use pharmacy_protocol::record::finding::Finding;
use pharmacy_protocol::record::stock::StockRecord;
use pharmacy_protocol::term::{EntryIndex, Quantity, SaleId, TraceCode};

use crate::memory::Staged;
use crate::{Desk, DeskError};
use pharmacy_journal::store::{
    DueKind, NameDigest, NameKind, PackChange, PackDigest, PackEvent, PackStatus, StoreError,
    Transaction,
};

/// A receipt of goods that were paid in cash.
pub(crate) struct CashSale {
    receipt: Option<NameDigest>,
    packs: Vec<CashPack>,
}

struct CashPack {
    digest: PackDigest,
    name: NameDigest,
    kind: PackEventKind,
    quantity: Quantity,
}

/// Packs of sales for cash that came back, and the sales.
#[derive(Default)]
pub(crate) struct CashReturns {
    packs: Vec<(PackDigest, u64, Quantity)>,
    sales: Vec<u64>,
}

/// A pack of a sale for cash, to be settled instead.
pub(crate) struct CashReturned {
    pub(crate) pack: PackDigest,
    pub(crate) sale: u64,
    pub(crate) quantity: Quantity,
}

/// Whether a record is of a sale that no insurance paid. Tills of old versions say nothing of who pays:
/// what names no settlement then is none.
fn is_cash(record: &StockRecord) -> bool {
    record.self_pay.unwrap_or(record.settlement.is_none())
}

impl Desk {
    /// What a 3505 that the platform took says of goods that were paid in cash, receipt by receipt.
    pub(crate) fn cash_sales(&self, records: &[StockRecord]) -> Vec<CashSale> {
        let mut sales: Vec<CashSale> = Vec::new();
        for record in records.iter().filter(|record| is_cash(record)) {
            let receipt = record.receipt.as_deref();
            let receipt = receipt.map(|receipt| self.receipt_name(receipt));
            let packs = record.packs.iter().map(|code| self.cash_pack(record, code));
            let same = |sale: &&mut CashSale| receipt.is_some() && sale.receipt == receipt;
            match sales.iter_mut().find(same) {
                Some(sale) => sale.packs.extend(packs),
                None => sales.push(CashSale {
                    packs: packs.collect(),
                    receipt,
                }),
            }
        }
        sales.retain(|sale| !sale.packs.is_empty());
        sales
    }

    fn cash_pack(&self, record: &StockRecord, code: &TraceCode) -> CashPack {
        let part = record.quantity.filter(|_| record.split == Some(true));
        CashPack {
            digest: self.journal.keys().trace_digest(code),
            name: self.name(NameKind::CashSale, &code.to_string()),
            kind: match part {
                Some(_) => PackEventKind::PartSold,
                None => PackEventKind::Sold,
            },
            quantity: part.unwrap_or(Quantity::whole(1)),
        }
    }

    /// What a 3506 that the platform took says of such goods.
    pub(crate) fn cash_returns(&self, records: &[StockRecord]) -> Result<CashReturns, DeskError> {
        let mut returns = CashReturns::default();
        for record in records {
            let receipt = record.receipt.as_deref();
            let mut names: Vec<NameDigest> = receipt
                .map(|receipt| self.receipt_name(receipt))
                .into_iter()
                .collect();
            for code in &record.packs {
                names.push(self.name(NameKind::CashSale, &code.to_string()));
            }
            let mut sales = Vec::new();
            for name in names {
                sales.extend(self.bearer(NameKind::CashSale, &name)?);
            }
            for code in &record.packs {
                let pack = self.journal.keys().trace_digest(code);
                let row = self.journal.reader().pack(&pack)?;
                let sold = row.filter(|row| {
                    matches!(row.status, PackStatus::Sold | PackStatus::PartSold)
                        && row.sale.is_some_and(|sale| sales.contains(&sale))
                });
                if let Some((row, sale)) = sold.and_then(|row| Some((row, row.sale?))) {
                    returns.packs.push((pack, sale, row.quantity));
                }
            }
            returns.sales.append(&mut sales);
        }
        Ok(returns)
    }

    /// The packs of a line that were sold for cash on this receipt.
    pub(crate) fn paid_in_cash(
        &self,
        packs: &[TraceCode],
        receipt: &str,
    ) -> Result<Vec<CashReturned>, DeskError> {
        let Some(sale) = self.bearer(NameKind::CashSale, &self.receipt_name(receipt))? else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        for code in packs {
            let pack = self.journal.keys().trace_digest(code);
            let row = self.journal.reader().pack(&pack)?;
            let is_its = |status| matches!(status, PackStatus::Sold | PackStatus::PartSold);
            let row = row.filter(|row| is_its(row.status) && row.sale == Some(sale));
            found.extend(row.map(|row| CashReturned {
                pack,
                sale,
                quantity: row.quantity,
            }));
        }
        Ok(found)
    }

    fn receipt_name(&self, receipt: &str) -> NameDigest {
        // No pack's code begins like this.
        self.name(NameKind::CashSale, &format!("receipt {}", receipt.trim()))
    }

    /// Names sales for cash of which the till did not report in time that the goods came back.
    pub(crate) fn report_cash_overdue(&mut self) -> Result<(), DeskError> {
        let now_ms = self.clock.now_ms();
        let overdue = self.journal.reader().overdue(DueKind::CashReturn, now_ms)?;
        for counter in overdue {
            let record = Finding::Sale {
                finding: "gateway.cash-return-missing".to_owned(),
                sale: SaleId::new(self.journal.keys().log().clone(), counter),
            };
            let till = self.setup.till.number.clone();
            self.record_finding(&till, &record, |transaction, _| {
                transaction.remove_due(DueKind::CashReturn, counter)?;
                Ok(Staged::new(()))
            })?;
        }
        Ok(())
    }
}

impl CashSale {
    /// Marks its packs as sold. What an open sale holds, or what is sold already, stays as it is.
    pub(crate) fn sell(
        &self,
        transaction: &Transaction<'_>,
        entry: EntryIndex,
    ) -> Result<(), StoreError> {
        let sale = transaction.next_sale_counter()?;
        let mut is_sold = false;
        for pack in &self.packs {
            let event = PackEvent {
                kind: pack.kind,
                sale,
                entry,
                quantity: pack.quantity,
            };
            if transaction.sell_pack(&pack.digest, &event)? == PackChange::Done {
                transaction.put_sale_name(NameKind::CashSale, &pack.name, sale)?;
                is_sold = true;
            }
        }
        if let Some(receipt) = self.receipt.filter(|_| is_sold) {
            transaction.put_sale_name(NameKind::CashSale, &receipt, sale)?;
        }
        Ok(())
    }
}

impl CashReturns {
    /// Marks its packs as for sale again; nothing is due of its sales any more.
    pub(crate) fn take_back(
        &self,
        transaction: &Transaction<'_>,
        entry: EntryIndex,
    ) -> Result<(), StoreError> {
        for (pack, sale, quantity) in &self.packs {
            let _ = transaction.return_pack(pack, *sale, entry, *quantity)?;
        }
        for sale in &self.sales {
            transaction.remove_due(DueKind::CashReturn, *sale)?;
        }
        Ok(())
    }
}
