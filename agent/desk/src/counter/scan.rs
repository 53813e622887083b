//! Scans at the counter: to the open sale of a till, or kept until a line for them comes.

use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::part::PartClass;
use pharmacy_protocol::term::{EntryIndex, TraceCode};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::core::basket::BasketLine;
use crate::core::sale::Sale;
use crate::sale::goods::reclaiming;
use crate::step::{self, Step};
use crate::{Caller, Desk, DeskError, DeskHandle};
use pharmacy_device::scan::Kind;
use pharmacy_journal::store::PackStatus;

/// Where a pack belongs.
struct Place {
    line: u32,
    /// The pack that it replaces.
    instead_of: Option<TraceCode>,
}

impl Desk {
    /// Takes a scan to the open sale of a till, or keeps it until a line for it comes.
    pub(crate) fn take_scan(&mut self, caller: &Caller, text: &str) -> Result<Scanned, DeskError> {
        let code = match pack_code(text) {
            Ok(code) => code,
            Err(problem) => return Ok(self.refuse_scan(caller, problem)),
        };
        let now_ms = self.clock.now_ms();
        let Some((mut sale, place)) = self.place_of(caller, &code)? else {
            if !self.memory.seats.wait(&caller.till, code, now_ms) {
                return Ok(self.refuse_scan(caller, "basket.duplicate-pack"));
            }
            self.memory.touch();
            return Ok(Scanned::Waiting);
        };
        if sale.reopen().is_err() {
            return Ok(self.refuse_scan(caller, "sale.over"));
        }
        let line = place.line;
        let held = self.digests(&sale.basket);
        let basket = match &place.instead_of {
            Some(old) => sale.basket.without_pack(line, old),
            None => sale.basket.clone(),
        };
        sale.basket = match basket.with_pack(line, code.clone()) {
            Ok(basket) => basket,
            Err(error) => return Ok(self.refuse_scan(caller, error.code())),
        };
        sale.touch(now_ms);
        let record = step::part(PartClass::Goods, &(line, &code))?;
        let after = self.digests(&sale.basket);
        let step = Step::new(EntryKind::Sale, record)
            .writing(reclaiming(held, after))
            .staging(|memory, sale, _| {
                memory.seats.seat(&sale.till).scan_problem = None;
                memory.judge_again(&sale.till, sale.id.counter());
            });
        let entry = self.record_step(sale, step)?.index();
        Ok(Scanned::Line { line, entry })
    }

    /// The open sale in front of the cashier, and where in it a pack belongs: the first line of its
    /// article that lacks one, else one whose pack cannot be sold.
    fn place_of(
        &mut self,
        caller: &Caller,
        code: &TraceCode,
    ) -> Result<Option<(Sale, Place)>, DeskError> {
        // A sale that is over, or another till's, may be shown; scans are for the next one.
        let Some(sale) = self.find_seated(&caller.till)? else {
            return Ok(None);
        };
        let mut spare = None;
        for line in sale.basket.lines() {
            let is_fitting = match self.find_article(&line.offered)? {
                Some(found) => self.is_pack_of(&found, code)?,
                None => false,
            };
            // Scanned already: the basket says so.
            if line.packs.contains(code) || is_fitting && line.lacks_packs() {
                let place = Place {
                    line: line.number,
                    instead_of: None,
                };
                return Ok(Some((sale, place)));
            }
            if is_fitting && spare.is_none() {
                let old = self.unsaleable(&sale, line)?;
                spare = old.map(|old| Place {
                    line: line.number,
                    instead_of: Some(old),
                });
            }
        }
        Ok(spare.map(|place| (sale, place)))
    }

    /// A pack of a line that was sold before, or that another sale holds: the remedy is to scan
    /// another one.
    fn unsaleable(&self, sale: &Sale, line: &BasketLine) -> Result<Option<TraceCode>, DeskError> {
        for code in &line.packs {
            let digest = self.journal.keys().trace_digest(code);
            let row = self.journal.reader().pack(&digest)?;
            let is_taken = row.is_some_and(|row| match row.status {
                PackStatus::Sold => true,
                PackStatus::Claimed => row.sale != Some(sale.id.counter()),
                PackStatus::Available | PackStatus::PartSold => false,
            });
            if is_taken {
                return Ok(Some(code.clone()));
            }
        }
        Ok(None)
    }

    pub(crate) fn refuse_scan(&mut self, caller: &Caller, code: &str) -> Scanned {
        self.memory.touch();
        self.memory.seats.seat(&caller.till).scan_problem = Some(code.to_owned());
        Scanned::Refused {
            code: code.to_owned(),
        }
    }
}

/// The pack that a scanned text names, or why it names none, as a key of the text catalogue. What
/// lets somebody pay or act for a person is told apart first, and goes nowhere.
fn pack_code(text: &str) -> Result<TraceCode, &'static str> {
    match Kind::of(text.as_bytes(), None) {
        Kind::Trace(pack) => Ok(pack.code),
        Kind::InsuredCode | Kind::PaymentCode(_) => Err("scanner.credential"),
        Kind::Product(_) => Err("scan.product-barcode"),
        Kind::Ambiguous => Err("scanner.ambiguous"),
        // GS1 elements as people write them, and as the scanner's own driver hands them on.
        Kind::Unknown(_) if text.starts_with("(01)") => text.parse().map_err(|_| "scanner.unknown"),
        Kind::Unknown(_) => Err("scanner.unknown"),
    }
}

/// What a scan at the counter turned out to be.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Scanned {
    /// A trace code of a line of the open sale.
    Line {
        /// The line.
        line: u32,
        /// The entry that records it.
        entry: EntryIndex,
    },
    /// A trace code that waits for its line: it came before the settlement.
    Waiting,
    /// Not a trace code, or one that cannot be taken; a key of the text catalogue.
    Refused {
        /// The key.
        code: String,
    },
}

impl DeskHandle {
    /// Takes a scan at the caller's till: keyboard wedge, serial scanner.
    pub async fn take_scan(&self, caller: Caller, text: String) -> Result<Scanned, DeskError> {
        let text = Zeroizing::new(text);
        self.run(move |desk| desk.take_scan(&caller, &text)).await
    }

    /// Shows at the caller's till why a scan was not taken; a key of the text catalogue.
    pub async fn refuse_scan(&self, caller: Caller, code: &'static str) -> Result<(), DeskError> {
        self.run(move |desk| {
            let _ = desk.refuse_scan(&caller, code);
            Ok(())
        })
        .await
    }
}
