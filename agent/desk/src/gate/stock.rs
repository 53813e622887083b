//! Inventory calls (3501 to 3507): claims of the till on stock, kept with what the platform said, and
//! trace codes that come after the settlement.

use std::collections::{BTreeSet, HashMap};

use pharmacy_decision::pack::Call;
use pharmacy_protocol::record::sale::{ScannedPack, ScannedPacks};
use pharmacy_protocol::record::stock::Claim;
use pharmacy_protocol::term::{Sku, TracePrefix};

use super::WireCall;
use super::report::about_settlement;
use crate::core::sale::Sale;
use crate::memory::Staged;
use crate::sale::cash::CashReturns;
use crate::sale::goods::selling;
use crate::step::{At, Step};
use crate::{Desk, DeskError};
use pharmacy_interface::{Answer, Request, StockKind, StockRecord, StockReport};
use pharmacy_journal::Draft;
use pharmacy_journal::store::DueKind;

impl Desk {
    pub(super) fn observe_stock(
        &mut self,
        call: &WireCall,
        request: &Request,
        table: &Call,
        answer: Option<&Answer>,
    ) -> Result<(), DeskError> {
        let till = call.caller.till.clone();
        let report = match StockReport::read(request, table) {
            Ok(report) => report,
            Err(error) => return self.report_unreadable(call, error),
        };
        let record = Claim::Stock {
            infno: call.infno.clone(),
            kind: report.kind,
            accepted: answer.map(|answer| answer.is_success),
            records: report.records.clone(),
        };
        let is_accepted = answer.is_some_and(|answer| answer.is_success);
        let sold = match (report.kind, is_accepted) {
            (StockKind::Sale, true) => self.cash_sales(&report.records),
            _ => Vec::new(),
        };
        let returned = match (report.kind, is_accepted) {
            (StockKind::SaleReturn, true) => self.cash_returns(&report.records)?,
            _ => CashReturns::default(),
        };
        let learnt = match (report.kind, is_accepted) {
            (StockKind::Purchase | StockKind::Count, true) => self.new_prefixes(&report.records)?,
            _ => BTreeSet::new(),
        };
        let _ = self.record(Draft::of(&record)?.at(&till), |transaction, index| {
            for (prefix, sku) in &learnt {
                transaction.put_trace_prefix(prefix, sku)?;
            }
            for sale in &sold {
                sale.sell(transaction, index)?;
            }
            returned.take_back(transaction, index)?;
            Ok(Staged::new(()))
        })?;
        if !is_accepted {
            return Ok(());
        }
        match report.kind {
            StockKind::Sale => self.join_trace_codes(&report.records),
            StockKind::SaleReturn => self.check_returns(&report.records),
            StockKind::Change
            | StockKind::Count
            | StockKind::Deletion
            | StockKind::Purchase
            | StockKind::PurchaseReturn => Ok(()),
        }
    }

    /// Whose packs goods that came in are, by prefixes that were nobody's so far.
    fn new_prefixes(
        &self,
        records: &[StockRecord],
    ) -> Result<BTreeSet<(TracePrefix, Sku)>, DeskError> {
        let mut asked = HashMap::new();
        let mut learnt = BTreeSet::new();
        for record in records {
            let Some(sku) = &record.sku else { continue };
            for code in &record.packs {
                let Some(prefix) = code.prefix() else {
                    continue;
                };
                let is_new = match asked.get(&prefix) {
                    Some(is_new) => *is_new,
                    None => {
                        let is_new = self.unknown_prefix(code)?.is_some();
                        asked.insert(prefix.clone(), is_new);
                        is_new
                    }
                };
                if is_new {
                    learnt.insert((prefix, sku.clone()));
                }
            }
        }
        Ok(learnt)
    }

    /// Codes of a settled sale that come in 3505 (R13).
    fn join_trace_codes(&mut self, records: &[StockRecord]) -> Result<(), DeskError> {
        let mut settlements: Vec<&str> = records
            .iter()
            .filter_map(|record| record.settlement.as_deref())
            .collect();
        settlements.sort_unstable();
        settlements.dedup();
        for settlement in settlements {
            let sale = self.sale_settled_as(settlement)?;
            let stands = |sale: &Sale| {
                let standing = sale.settlement();
                standing.is_some_and(|settled| settled.settlement == settlement)
            };
            // Taken back meanwhile: its packs are for sale again.
            let Some(mut sale) = sale.filter(stands) else {
                continue;
            };
            let of = |record: &&StockRecord| record.settlement.as_deref() == Some(settlement);
            let mut added = Vec::new();
            for record in records.iter().filter(of) {
                add_codes(&mut sale, record, &mut added);
            }
            if added.is_empty() {
                continue;
            }
            let is_complete = !self.awaits_trace_codes(&sale)?;
            let sold = self.sold(&sale)?;
            let mut step = Step::telling(&ScannedPacks { packs: added })?.writing(selling(sold));
            if is_complete {
                step = step.writing(|at: &At<'_>| {
                    let counter = at.sale.id.counter();
                    Ok(at.transaction.remove_due(DueKind::TraceCodes, counter)?)
                });
            }
            let _ = self.record_step(sale, step)?;
        }
        Ok(())
    }

    /// Goods came back while their settlement stands: the account's part can only have gone back some
    /// other way (R20).
    fn check_returns(&mut self, records: &[StockRecord]) -> Result<(), DeskError> {
        for record in records {
            let Some(settlement) = record.settlement.as_deref() else {
                continue;
            };
            let sale = self.sale_settled_as(settlement)?;
            if let Some(sale) = sale.filter(|sale| sale.settlement().is_some()) {
                let finding = "gateway.returned-without-reversal";
                self.report_about(&sale.till, finding, settlement, None)?;
            }
        }
        Ok(())
    }

    /// Names sales whose codes did not come in time.
    pub(crate) fn report_overdue(&mut self) -> Result<(), DeskError> {
        self.report_cash_overdue()?;
        let now_ms = self.clock.now_ms();
        let overdue = self.journal.reader().overdue(DueKind::TraceCodes, now_ms)?;
        for counter in overdue {
            let sale = self.load_counter(counter)?;
            let standing = sale.as_ref().and_then(Sale::settlement).cloned();
            let (Some(sale), Some(settled)) = (sale, standing) else {
                continue;
            };
            if self.cover_overdue(&sale)? {
                continue;
            }
            let finding = "gateway.trace-codes-overdue";
            let record = about_settlement(finding, &settled.settlement, None);
            self.record_finding(&sale.till, &record, |transaction, _| {
                transaction.remove_due(DueKind::TraceCodes, counter)?;
                Ok(Staged::new(()))
            })?;
        }
        Ok(())
    }
}

/// Puts a record's codes into the lines of its article, up to their quantity.
fn add_codes(sale: &mut Sale, record: &StockRecord, added: &mut Vec<ScannedPack>) {
    for code in &record.packs {
        let lines = sale.basket.lines().iter();
        let is_known = lines.clone().any(|line| line.packs.contains(code));
        let mut fitting = lines.filter(|line| {
            let same_sku = record.sku.is_some() && line.offered.sku == record.sku;
            let same_code = record.code.is_some() && line.offered.code == record.code;
            (same_sku || same_code) && line.lacks_packs()
        });
        let Some(number) = fitting.next().map(|line| line.number).filter(|_| !is_known) else {
            continue;
        };
        if let Ok(basket) = sale.basket.with_pack(number, code.clone()) {
            sale.basket = basket;
            added.push(ScannedPack {
                line: number,
                code: code.clone(),
            });
        }
    }
}
