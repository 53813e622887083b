//! Goods from before the duty to scan (无码库, R25): entering, lowering, listing, and what sales take of them.
//!
//! ```text
//! person in charge, PIN ─► entered, once ─► taken when a settlement leaves ─► settled: gone
//!                                                    ▲── given back: declined, not sent, reversed
//! ```
//! What left and was not answered has taken its share: two tills at once cannot sell one box. In scope: what
//! is recorded and which rows follow. Out of scope: what may be entered (`core::no_code`), what a row may
//! become (`pharmacy_protocol::history`), which rule asks (`pharmacy_decision`).

mod enter;

use std::collections::BTreeMap;

use jiff::civil::Date;
use pharmacy_decision::facts::{Arrival, Facts, NoCodeLot};
use pharmacy_decision::pack::TraceDuty;
use pharmacy_protocol::term::{InsuranceCode, Lot, Quantity, Sku, Tender};

use crate::core::no_code::allot;
use crate::step::{At, Write};
use crate::{Desk, DeskError, DeskHandle};
use pharmacy_journal::LogView;
use pharmacy_journal::store::{NoCodeGoods, NoCodeStock};

pub use self::enter::{Entering, NewLot, SignedStep, record_signed_step};

/// Goods without code as pages and commands show them.
#[derive(Clone, Debug)]
pub struct NoCodeItem {
    pub goods: NoCodeGoods,
    /// The article's name, where the catalogue has it.
    pub name: String,
    pub last_day: Date,
    pub entered: Quantity,
    pub left: Quantity,
    /// Who entered them.
    pub staff: String,
    /// When, milliseconds since 1970.
    pub at_ms: i64,
}

/// All goods without code, the earliest last day of an article first.
pub fn no_code_stock(view: &LogView) -> Result<Vec<NoCodeStock>, DeskError> {
    Ok(view.reader().no_code_stock()?)
}

/// What the lines of a sale take of goods without code.
pub(crate) struct Shares(Vec<(NoCodeGoods, Quantity)>);

impl Shares {
    /// What a verdict's facts say.
    pub(crate) fn of(facts: &Facts) -> Self {
        Self::of_lots(facts.lines.iter().flat_map(|line| &line.no_code))
    }

    pub(crate) fn of_lots<'a>(lots: impl IntoIterator<Item = &'a NoCodeLot>) -> Self {
        let mut shares: BTreeMap<NoCodeGoods, Quantity> = BTreeMap::new();
        for lot in lots {
            let sum = shares.entry(lot.goods.clone()).or_default();
            *sum = sum.checked_add(lot.quantity).unwrap_or(*sum);
        }
        Self(shares.into_iter().collect())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A sale takes its share; what it took before, it gives back first. What is not there any more is not
/// taken: the sale was judged by what was.
pub(crate) fn taking(shares: Shares) -> impl Write {
    move |at: &At<'_>| {
        let sale = at.sale.id.counter();
        at.transaction.give_back_no_code(sale)?;
        for (goods, quantity) in &shares.0 {
            let _ = at
                .transaction
                .take_no_code(goods, (sale, *quantity), at.index)?;
        }
        Ok(())
    }
}

/// A sale gives back what it took.
pub(crate) fn giving_back() -> impl Write {
    |at: &At<'_>| Ok(at.transaction.give_back_no_code(at.sale.id.counter())?)
}

/// What the lines of one sale would take, one after the other.
pub(crate) struct Allotment {
    today: Date,
    /// Is it too late for codes that follow the settlement?
    is_overdue: bool,
    stock: BTreeMap<Sku, Vec<NoCodeStock>>,
}

impl Allotment {
    pub(crate) fn new(today: Date) -> Self {
        Self {
            today,
            is_overdue: false,
            stock: BTreeMap::new(),
        }
    }

    /// The same when codes that follow the settlement did not come in time.
    pub(crate) fn overdue(today: Date) -> Self {
        Self {
            is_overdue: true,
            ..Self::new(today)
        }
    }
}

/// A line that has goods without a code, as far as that concerns their list.
pub(crate) struct Uncoded<'a> {
    pub(crate) sku: &'a Sku,
    pub(crate) code: &'a InsuranceCode,
    pub(crate) tender: Tender,
    pub(crate) quantity: Quantity,
    /// The lot, where the call names it.
    pub(crate) lot: Option<&'a str>,
}

impl Desk {
    /// What a line takes of goods without code: nothing where no code is due, where it is paid in cash, or
    /// after the region's last day.
    pub(crate) fn allot(
        &self,
        allotment: &mut Allotment,
        line: &Uncoded<'_>,
    ) -> Result<Vec<NoCodeLot>, DeskError> {
        let region = &self.setup.store.region;
        let terms = self
            .pack
            .trace_terms(line.code.class(), region, allotment.today);
        // Where codes follow the settlement, what lacks one now may get it within minutes.
        let is_due = |duty| match duty {
            TraceDuty::Exempt => false,
            TraceDuty::Code(arrival) => {
                let arrival = self.setup.trace.arrives.unwrap_or(arrival);
                arrival != Arrival::After || allotment.is_overdue
            }
        };
        let is_usable = terms.is_some_and(|terms| {
            is_due(terms.duty) && terms.use_until.is_none_or(|last| allotment.today <= last)
        });
        if !is_usable || line.tender != Tender::Insurance || !line.quantity.is_positive() {
            return Ok(Vec::new());
        }
        // A lot that has no form is none of the list.
        let lot = match line.lot.map(str::parse::<Lot>) {
            Some(Err(_)) => return Ok(Vec::new()),
            Some(Ok(lot)) => Some(lot),
            None => None,
        };
        if !allotment.stock.contains_key(line.sku) {
            let held = self.journal.reader().no_code_stock_of(line.sku)?;
            allotment.stock.insert(line.sku.clone(), held);
        }
        let today = allotment.today;
        let held = allotment.stock.get_mut(line.sku);
        Ok(held.map_or_else(Vec::new, |held| {
            allot(held, line.quantity, lot.as_ref(), today)
        }))
    }

    fn no_code_items(&mut self) -> Result<Vec<NoCodeItem>, DeskError> {
        self.refresh_catalogue()?;
        let stock = self.journal.reader().no_code_stock()?;
        let mut items = Vec::with_capacity(stock.len());
        for NoCodeStock { goods, row } in stock {
            let found = match &self.catalogue {
                Some(catalogue) => catalogue.by_sku(&goods.sku)?,
                None => None,
            };
            items.push(NoCodeItem {
                name: found.map_or_else(String::new, |found| found.article.name),
                goods,
                last_day: row.last_day,
                entered: row.entered,
                left: row.left,
                staff: row.staff.to_string(),
                at_ms: row.at_ms,
            });
        }
        Ok(items)
    }
}

impl DeskHandle {
    /// Goods from before the duty to scan, as the page shows them.
    pub async fn no_code(&self) -> Result<Vec<NoCodeItem>, DeskError> {
        self.run(|desk| desk.no_code_items()).await
    }
}
