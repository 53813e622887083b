//! What is going on at each till between requests: the sale in front of the cashier, scans that wait
//! for their line, how many settlements could be read.
//!
//! Kept in memory only: nothing here is a record. After a restart a till begins with an empty seat,
//! and its next call fills it again; how well it was read is taken up from where it is kept.

use std::collections::HashMap;

use pharmacy_decision::Decision;
use pharmacy_protocol::record::finding::UnreadShape;
use pharmacy_protocol::term::{TillNumber, TraceCode};
use serde::{Deserialize, Serialize};

use crate::core::basket::Label;
use crate::core::sale::{Sale, is_fresh};
use crate::understood::Understood;

/// Most scans that wait at a till.
const MAX_WAITING: usize = 500;

/// All tills.
#[derive(Default)]
pub(crate) struct Seats(HashMap<TillNumber, Seat>);

/// One till.
#[derive(Default)]
pub(crate) struct Seat {
    /// The sale in front of the cashier.
    pub(crate) sale: Option<Seated>,
    /// Packs that were scanned before their line came.
    pub(crate) waiting: Vec<WaitingScan>,
    /// Whom the platform named here last: with the next customer the visit of the one before is over.
    pub(crate) visitor: Option<String>,
    /// The last scan that was not taken, or what to change for the next ones, as a key of the text
    /// catalogue.
    pub(crate) scan_problem: Option<String>,
    /// How many settlements could be read.
    pub(crate) tally: Tally,
    /// What follows from those that were.
    pub(crate) understood: Understood,
    /// The last settlement that was refused because it could not be read, until one is.
    pub(crate) shut: Option<UnreadShape>,
}

/// A pack that was scanned before its line came.
pub(crate) struct WaitingScan {
    pack: Label,
    at_ms: i64,
    /// The sale that stood in front of the cashier then: whatever becomes of its basket, the scan is no
    /// other customer's. None where nothing stood there: the next basket takes it.
    of: Option<u64>,
}

/// A sale in front of the cashier, and what was said of it last.
#[derive(Clone)]
pub(crate) struct Seated {
    pub(crate) counter: u64,
    pub(crate) said: Said,
}

/// What was said last.
#[derive(Clone)]
pub(crate) enum Said {
    /// A verdict, on the way to settlement or early.
    Judged(Box<Decision>),
    /// It is settled, since this moment: what is left is to confirm its list.
    Settled(i64),
    /// A refusal that no rule made: a double, another store. A key of the text catalogue.
    Turned(&'static str),
}

/// How many settlements of a till the platform accepted, by whether they could be read.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", default)]
pub(crate) struct Tally {
    pub(crate) readable: u64,
    pub(crate) unreadable: u64,
    /// Could the newest one not be read?
    pub(crate) is_last_unread: bool,
    /// Has it changed since it was kept?
    #[serde(skip)]
    pub(crate) is_changed: bool,
}

impl Tally {
    pub(crate) fn count(&mut self, is_readable: bool) {
        let sum = match is_readable {
            true => &mut self.readable,
            false => &mut self.unreadable,
        };
        *sum = sum.saturating_add(1);
        self.is_last_unread = !is_readable;
        self.is_changed = true;
    }
}

impl Seats {
    pub(crate) fn seat(&mut self, till: &TillNumber) -> &mut Seat {
        self.0.entry(till.clone()).or_default()
    }

    pub(crate) fn find_seat(&self, till: &TillNumber) -> Option<&Seat> {
        self.0.get(till)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&TillNumber, &Seat)> {
        self.0.iter()
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (&TillNumber, &mut Seat)> {
        self.0.iter_mut()
    }

    /// Puts a sale in front of the cashier.
    pub(crate) fn show(&mut self, till: &TillNumber, counter: u64, said: Said) {
        self.seat(till).sale = Some(Seated { counter, said });
    }

    /// Takes a sale that is over from in front of the cashier. A settled one is shown where it stood, or
    /// where nothing else does.
    pub(crate) fn leave_if_over(&mut self, sale: &Sale, now_ms: i64) {
        let counter = sale.id.counter();
        if sale.settlement().is_some() {
            self.settle(&sale.till, counter, now_ms);
        } else if !sale.is_open() {
            self.clear(counter);
        }
    }

    fn settle(&mut self, till: &TillNumber, counter: u64, now_ms: i64) {
        let seat = self.seat(till);
        let is_other = |sale: &Seated| sale.counter != counter;
        if seat
            .sale
            .as_ref()
            .is_none_or(|sale| !is_other(sale) || matches!(sale.said, Said::Settled(_)))
        {
            seat.scan_problem = None;
            seat.waiting.retain(|scan| scan.of != Some(counter));
            seat.sale = Some(Seated {
                counter,
                said: Said::Settled(now_ms),
            });
        }
    }

    /// Takes a sale away from wherever it stands.
    pub(crate) fn clear(&mut self, counter: u64) {
        for seat in self.0.values_mut() {
            seat.waiting.retain(|scan| scan.of != Some(counter));
            if seat
                .sale
                .as_ref()
                .is_some_and(|sale| sale.counter == counter)
            {
                seat.sale = None;
                seat.scan_problem = None;
            }
        }
    }

    /// How many scans of a till still wait for their line.
    pub(crate) fn count_waiting(&mut self, till: &TillNumber, now_ms: i64) -> usize {
        self.fresh(till, now_ms).waiting.len()
    }

    /// Scans of a till that wait for a line of this sale: made while it stood there, or while nothing
    /// did. A sale that was never recorded has no counter yet.
    pub(crate) fn waiting_for(
        &mut self,
        till: &TillNumber,
        counter: u64,
        now_ms: i64,
    ) -> Vec<Label> {
        let is_its = |scan: &&WaitingScan| scan.of.is_none_or(|of| of == counter);
        let waiting = &self.fresh(till, now_ms).waiting;
        let its = waiting.iter().filter(is_its);
        its.map(|scan| scan.pack.clone()).collect()
    }

    /// A seat without scans that lapsed. A clock that was set back makes them lapse.
    fn fresh(&mut self, till: &TillNumber, now_ms: i64) -> &mut Seat {
        let seat = self.seat(till);
        seat.waiting.retain(|scan| is_fresh(scan.at_ms, now_ms));
        seat
    }

    /// Keeps a scan until its line comes. Says whether it was new.
    pub(crate) fn wait(
        &mut self,
        till: &TillNumber,
        pack: Label,
        of: Option<u64>,
        now_ms: i64,
    ) -> bool {
        let seat = self.fresh(till, now_ms);
        let known = seat
            .waiting
            .iter_mut()
            .find(|scan| scan.pack.code == pack.code);
        match known {
            Some(known) if known.of == of => return false,
            // Scanned for another customer before: it is on the counter again.
            Some(known) => {
                *known = WaitingScan {
                    pack,
                    at_ms: now_ms,
                    of,
                }
            }
            None => {
                if seat.waiting.len() >= MAX_WAITING {
                    seat.waiting.remove(0);
                }
                seat.waiting.push(WaitingScan {
                    pack,
                    at_ms: now_ms,
                    of,
                });
            }
        }
        seat.scan_problem = None;
        true
    }

    /// Scans that went into a sale's basket wait no longer; those that did not are that sale's from now
    /// on: its basket was the next one. None for a basket that became no sale.
    pub(crate) fn adopted(&mut self, till: &TillNumber, of: Option<u64>, codes: &[TraceCode]) {
        let seat = self.seat(till);
        seat.waiting.retain(|scan| !codes.contains(&scan.pack.code));
        for scan in &mut seat.waiting {
            scan.of = scan.of.or(of);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::sale::REMEDY_MS;

    #[test]
    fn a_waiting_scan_lapses_and_is_not_kept_twice() {
        let mut seats = Seats::default();
        let till: TillNumber = "01".parse().unwrap();
        let pack = Label {
            code: "81234567890123456789".parse().unwrap(),
            lot: None,
            last_day: None,
        };
        assert!(seats.wait(&till, pack.clone(), None, 0));
        assert!(!seats.wait(&till, pack.clone(), None, 1));
        assert!(seats.wait(&till, pack, None, REMEDY_MS + 1));
        assert_eq!(seats.seat(&till).waiting.len(), 1);
    }

    #[test]
    fn a_scan_is_for_the_sale_that_stood_there_or_for_the_next_one() {
        let mut seats = Seats::default();
        let till: TillNumber = "01".parse().unwrap();
        let pack = |serial: u64| Label {
            code: format!("8{serial:019}").parse().unwrap(),
            lot: None,
            last_day: None,
        };
        let waiting = |seats: &mut Seats, counter| seats.waiting_for(&till, counter, 9).len();
        assert!(seats.wait(&till, pack(1), None, 0));
        assert!(seats.wait(&till, pack(2), Some(7), 0));
        assert_eq!((waiting(&mut seats, 7), waiting(&mut seats, 8)), (2, 1));
        // The first basket that comes is the one for which nothing stood there yet.
        seats.adopted(&till, Some(7), &[]);
        assert_eq!((waiting(&mut seats, 7), waiting(&mut seats, 8)), (2, 0));
        // On the counter again, for the next customer.
        assert!(seats.wait(&till, pack(2), Some(8), 1));
        assert_eq!((waiting(&mut seats, 7), waiting(&mut seats, 8)), (1, 1));
        seats.clear(8);
        assert_eq!(seats.count_waiting(&till, 9), 1);
    }
}
