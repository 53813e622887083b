//! Scans at the counter: to the open sale of a till, or kept until a line for them comes.

use pharmacy_protocol::record::sale::ScannedPacks;
use pharmacy_protocol::term::{EntryIndex, TraceCode, TraceHint};
use serde::{Deserialize, Serialize};

use crate::core::basket::{BasketLine, Label};
use crate::core::sale::Sale;
use crate::sale::goods::reclaiming;
use crate::step::Step;
use crate::{Caller, Desk, DeskError, DeskHandle};
use pharmacy_device::badge::{Badge, Here};
use pharmacy_device::scan::{Kind, Pack};
use pharmacy_journal::Keys;
use pharmacy_journal::store::PackStatus;

/// Where a pack belongs.
struct Place {
    line: u32,
    /// The pack that it replaces.
    instead_of: Option<TraceCode>,
}

impl Desk {
    /// Takes a scan to the open sale of a till, or keeps it until a line for it comes. Of several codes
    /// in one text, the first that cannot be taken ends it.
    pub(crate) fn take_scan(&mut self, caller: &Caller, scan: Kind) -> Result<Scanned, DeskError> {
        if let Kind::Badge(badge) = &scan {
            return self.take_badge(caller, badge);
        }
        if let Kind::Unknown(unread) = &scan
            && let Some(code) = unread.own_code()
            && self.place_of(caller, &code)?.is_some()
        {
            // A line's article has packs with codes of this form.
            let (lot, last_day) = (None, None);
            return self.take_pack(
                caller,
                Label {
                    code,
                    lot,
                    last_day,
                },
            );
        }
        let (packs, hint) = match labels_of(scan) {
            Ok(read) => read,
            Err(problem) => return Ok(self.refuse_scan(caller, problem)),
        };
        let mut told = Scanned::Waiting;
        for pack in packs {
            told = self.take_pack(caller, pack)?;
            if matches!(told, Scanned::Refused { .. }) {
                return Ok(told);
            }
        }
        if let Some(hint) = hint {
            self.memory.touch();
            self.memory.seats.seat(&caller.till).scan_problem = Some(hint.key().to_owned());
        }
        Ok(told)
    }

    fn take_pack(&mut self, caller: &Caller, pack: Label) -> Result<Scanned, DeskError> {
        let now_ms = self.clock.now_ms();
        let Some((mut sale, place)) = self.place_of(caller, &pack.code)? else {
            let of = self
                .find_seated(&caller.till)?
                .map(|sale| sale.id.counter());
            if !self.memory.seats.wait(&caller.till, pack, of, now_ms) {
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
        let step = Step::telling(&ScannedPacks::one(line, pack.code.clone()))?;
        sale.basket = match basket.with_labelled(line, pack) {
            Ok(basket) => basket,
            Err(error) => return Ok(self.refuse_scan(caller, error.code())),
        };
        sale.touch(now_ms);
        let after = self.digests(&sale.basket);
        let step = step
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

    /// A badge counts as the touch of whoever is signed in at the till.
    fn take_badge(&mut self, caller: &Caller, badge: &Badge) -> Result<Scanned, DeskError> {
        if self.badge(badge.here).as_ref() != Some(badge) {
            return Ok(self.refuse_scan(caller, "scanner.badge-other"));
        }
        let touched = match badge.here {
            Here::Holder => self.confirm_holder(caller),
            Here::Proxy => self.confirm_proxy(caller),
        };
        match touched {
            Ok(done) => {
                self.memory.seats.seat(&caller.till).scan_problem = None;
                Ok(Scanned::Badge {
                    code: done.code.to_owned(),
                })
            }
            Err(error @ (DeskError::Remedy(_) | DeskError::Sale(_))) => {
                Ok(self.refuse_scan(caller, error.code()))
            }
            Err(error) => Err(error),
        }
    }

    /// The store's own badge.
    fn badge(&self, here: Here) -> Option<Badge> {
        badge_of(self.journal.keys(), here)
    }

    fn refuse_scan(&mut self, caller: &Caller, code: &str) -> Scanned {
        self.memory.touch();
        self.memory.seats.seat(&caller.till).scan_problem = Some(code.to_owned());
        Scanned::Refused {
            code: code.to_owned(),
        }
    }
}

/// The badge of a store, by its keys.
pub fn badge_of(keys: &Keys, here: Here) -> Option<Badge> {
    Badge::new(here, &keys.name_digest("badge", here.letter()).as_text())
}

/// The packs that a scan names and what to change at the scanner, or why it names none, as a key of the
/// text catalogue.
fn labels_of(scan: Kind) -> Result<(Vec<Label>, Option<TraceHint>), &'static str> {
    let label = |pack: Pack| Label {
        last_day: pack.last_day(),
        code: pack.code,
        lot: pack.lot,
    };
    match scan {
        Kind::Trace(pack) => {
            let hint = pack.hint;
            Ok((vec![label(pack)], hint))
        }
        Kind::Traces(packs) => {
            let hint = packs.iter().find_map(|pack| pack.hint);
            Ok((packs.into_iter().map(label).collect(), hint))
        }
        Kind::Badge(_) | Kind::InsuredCode | Kind::PaymentCode(_) => Err("scanner.credential"),
        Kind::Product(_) => Err("scan.product-barcode"),
        Kind::Ambiguous => Err("scanner.ambiguous"),
        Kind::Unknown(unread) => Err(unread.key()),
    }
}

/// What a scan at the counter turned out to be.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Scanned {
    /// A badge of the till: what it said was taken; a key of the text catalogue.
    Badge { code: String },
    /// A trace code of a line of the open sale.
    Line {
        line: u32,
        /// The entry that records it.
        entry: EntryIndex,
    },
    /// A trace code that waits for its line: it came before the settlement.
    Waiting,
    /// Not a trace code, or one that cannot be taken; a key of the text catalogue.
    Refused { code: String },
}

impl DeskHandle {
    /// Takes a scan at the caller's till, or shows there why it is not taken.
    pub async fn take_scan(&self, caller: Caller, scan: Kind) -> Result<Scanned, DeskError> {
        self.run(move |desk| desk.take_scan(&caller, scan)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_names_no_pack_has_a_code_with_a_text() {
        for (text, code) in [
            ("134567890123456789", "scanner.credential"),
            ("4241234567890123456799330000", "scanner.credential"),
            ("6901234567892", "scan.product-barcode"),
            ("010690123456789210A1B221S0001", "scanner.ambiguous"),
            ("member 0001", "scanner.unknown"),
            ("ZYF-2026-000017", "scan.own-code"),
            ("8123456789012345678", "scan.length"),
            ("8.9E+19", "scan.rounded"),
            ("0", "scan.placeholder"),
            ("国药准字H20123456", "scan.approval-number"),
            ("XA01ABD075A002010104570", "scan.insurance-code"),
            ("11010519491231002X", "scan.id-number"),
            ("88888888888888888888", "scan.same-digits"),
            ("https://example.cn/about", "scan.address"),
            ("(01)06901234567893(21)S1", "scan.broken-symbol"),
        ] {
            let kind = Kind::of(text.as_bytes(), None);
            assert_eq!(labels_of(kind), Err(code), "{text}");
            assert!(pharmacy_base::text::has_message(code));
        }
    }
}
